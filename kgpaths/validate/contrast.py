"""Contrast: the stored paths and scores are the graph's, and it does not prefer another option by more than the margin."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Flaw, Hop, OptionSupport, Path
from kgpaths.search.contrast import contrast
from kgpaths.search.score import path_score
from kgpaths.validate.context import Case, flaw

TOLERANCE = 1e-6


def check(case: Case) -> Iterator[Flaw]:
    """Yield paths the graph does not have, scores that are not theirs, and a gold option the graph ranks too low."""
    draft = case.draft
    keys = [support.option for support in draft.supports]
    if keys != [option.key for option in draft.question.options]:
        yield flaw("contrast", "options_missing", "the supports are not those of the options, in order")
        return
    sound = True
    for support in draft.supports:
        for found in check_support(case, support):
            sound = sound and found.code != "score"
            yield found
    if draft.conclusion in keys and sound:
        yield from check_preference(case)


def check_support(case: Case, support: OptionSupport) -> Iterator[Flaw]:
    """Yield where a support is not of its option's concepts, not from what the patient has, or scored beyond its paths."""
    if set(support.curies) != case.option_curies(support.option):
        yield flaw("contrast", "option_concepts", f"the support of option {support.option!r} is not of the concepts it is linked to")
    if not 0 <= support.score <= 1 or (support.score > 0) != bool(support.paths):
        yield flaw("contrast", "score", f"the support of option {support.option!r} cannot be {support.score}")
    for path in support.paths:
        if path.start not in case.grounds or path.end not in support.curies:
            yield flaw("contrast", "path_ends", f"a path from {path.start!r} to {path.end!r} joins no finding to option {support.option!r}")
        yield from check_path(case, path)
    for hop in support.contradicted:
        if not is_graphs(case, hop):
            yield flaw("contrast", "path_edge", f"edge {hop.edge.id!r} against option {support.option!r} is not the graph's")
    if not set(support.missing) <= case.present - {path.start for path in support.paths}:
        yield flaw("contrast", "missing_forged", f"what option {support.option!r} is said not to explain is explained, or no finding")


def is_graphs(case: Case, hop: Hop) -> bool:
    """Tell whether a hop's edge is the graph's edge of that id, with all it says."""
    edge = case.graph.edge_by_id(hop.edge.id)
    said = hop.edge
    return (
        edge is not None
        and (edge.content_hash, edge.subject, edge.predicate, edge.object, edge.negated)
        == (said.content_hash, said.subject, said.predicate, said.object, said.negated)
        and set(edge.qualifiers) == set(said.qualifiers)
    )


def check_preference(case: Case) -> Iterator[Flaw]:
    """Yield where the gold option's support is too small to mean anything, another's is greater, or others tie with it."""
    draft = case.draft
    gold = next(support.score for support in draft.supports if support.option == draft.conclusion)
    others = [support for support in draft.supports if support.option != draft.conclusion]
    best = max(others, key=lambda support: support.score, default=None)
    standing = contrast(draft.supports, draft.conclusion)
    if best and standing.margin < -case.settings.margin:
        yield flaw("contrast", "graph_prefers_other", f"the graph supports option {best.option} more, margin {standing.margin:.3f}")
    elif best and best.score == gold:
        yield flaw("contrast", "undecided", f"the graph supports option {best.option} just as much")
    if gold < case.settings.support:
        yield flaw("contrast", "support_too_low", f"the graph hardly leads to option {draft.conclusion}: support {gold:.4f}")


def check_path(case: Case, path: Path) -> Iterator[Flaw]:
    """Yield where a path is broken, rests on another edge than the graph's, or is scored otherwise."""
    place = path.start
    for hop in path.hops:
        if not is_graphs(case, hop):
            yield flaw("contrast", "path_edge", f"edge {hop.edge.id!r} of a path is not the graph's")
            return
        if hop.source != place or hop.edge.negated:
            yield flaw("contrast", "path_broken", f"a path does not go on from {place!r}")
            return
        place = hop.target
    if place != path.end or len(set(path.concepts)) != len(path.concepts):
        yield flaw("contrast", "path_broken", f"a path ends at {place!r}, not at {path.end!r}, or comes by a concept twice")
        return
    score, parts = path_score(case.graph, path.hops)
    same = len(parts) == len(path.parts) and all(a.name == b.name and close(a.value, b.value) for a, b in zip(parts, path.parts, strict=True))
    if not close(score, path.score) or not same:
        yield flaw("contrast", "score", f"a path from {path.start} to {path.end} is not scored {path.score}")


def close(a: float, b: float) -> bool:
    """Tell whether two numbers are the same but for rounding; nothing is close to what is no number."""
    return abs(a - b) <= TOLERANCE
