"""Contrast: the stored paths and scores are the graph's, and it does not prefer another option by more than the margin."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Flaw, Path
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
    for support in draft.supports:
        for path in support.paths:
            yield from check_path(case, path)
    if draft.conclusion in keys:
        yield from check_preference(case)


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
        edge = case.graph.edge_by_id(hop.edge.id)
        if edge is None or edge.content_hash != hop.edge.content_hash:
            yield flaw("contrast", "path_edge", f"edge {hop.edge.id} of a path is not the graph's")
            return
        if hop.source != place or edge.negated:
            yield flaw("contrast", "path_broken", f"a path does not go on from {place}")
            return
        place = hop.target
    if place != path.end:
        yield flaw("contrast", "path_broken", f"a path ends at {place}, not at {path.end}")
    elif path.hops and abs(path_score(case.graph, path.hops)[0] - path.score) > TOLERANCE:
        yield flaw("contrast", "score", f"a path from {path.start} to {path.end} is not scored {path.score}")
