"""Whether the graph has nothing where a step says that nothing is recorded."""

from __future__ import annotations

import numpy as np

from kgpaths.graph.store import Graph
from kgpaths.vocabulary import TOLD_QUALIFIERS, predicate_of

WIDEST = 500  # concepts that the narrower end of an absence may stand for: of a whole chapter nobody can say what it lacks
SAYS_TOO: dict[str, tuple[str, ...]] = {
    "treats": ("first_line_treatment_for",),
    "ameliorates_condition": ("treats", "first_line_treatment_for"),
    "associated_with_increased_likelihood_of": ("causes",),
    "has_complication": ("causes",),
    "has_phenotype": ("has_complication", "causes"),
}
"""Relations that make a predicate's absence untrue: what is a first-line treatment is not "not recorded as a treatment"."""

UNTOLD = ("context", "other")
"""Roles of relations that no writer tells. Whatever they say of two concepts makes every absence between them untrue."""


def recorded(graph: Graph, subject: str, predicate: str, object_: str) -> str | None:
    """Return a positive edge that makes an absence false, as words; None where there is none.

    Each end counts with its kinds and with what is mapped onto it as the same: what is recorded for a kind is recorded.
    An edge that no writer tells, for its relation or a qualifier, makes every absence between its ends untrue.
    Raises KeyError for an unknown concept.
    """
    subjects, objects = kinds(graph, subject), kinds(graph, object_)
    untold = tuple(name for name in graph.predicates if predicate_of(name).role in UNTOLD)
    found = _between(graph, subjects, objects, (predicate, *SAYS_TOO.get(predicate, ()), *untold))
    if found is None:
        found = _between(graph, objects, subjects, (*((predicate,) if predicate_of(predicate).symmetric else ()), *untold))
    if found is None:
        return None
    edge = graph.edge(found)
    return f"{edge.subject} {edge.predicate} {edge.object}"


def too_wide(graph: Graph, subject: str, object_: str) -> bool:
    """Tell whether both ends have so many kinds that nothing can be said to be missing between them."""
    return min(len(graph.descendants(graph.index(end))) for end in (subject, object_)) > WIDEST


def kinds(graph: Graph, curie: str) -> frozenset[int]:
    """Return a concept with those mapped onto it as the same, and the kinds of all."""
    own = graph.index(curie)
    same = {own}
    if "exact_match" in graph.predicates:
        code = graph.predicates.index("exact_match")
        for side in (graph.out, graph.inn):
            span = side.span(own)
            same.update(side.neighbour[span][side.predicate[span] == code].tolist())
    return frozenset(same).union(*(graph.descendants(i) for i in same))


def _between(graph: Graph, subjects: frozenset[int], objects: frozenset[int], predicates: tuple[str, ...]) -> int | None:
    """Return the row of a positive edge from one set to the other, walking the smaller; None where there is none."""
    codes = [code for code, name in enumerate(graph.predicates) if name in predicates]
    untold = [number for number, keys in enumerate(graph.qualifier_keys()) if not keys <= set(TOLD_QUALIFIERS)]
    side, small, large = (graph.out, subjects, objects) if len(subjects) <= len(objects) else (graph.inn, objects, subjects)
    wanted = np.fromiter(large, dtype=np.int32, count=len(large))
    for node in sorted(small):
        span = side.span(node)
        hit = np.isin(side.predicate[span], codes)
        if untold:
            hit |= np.isin(graph.edge_qualifiers[side.edge[span]], untold)
        hit &= np.isin(side.neighbour[span], wanted)
        for row in side.edge[span][hit].tolist():
            if not graph.edge_negated[row]:
                return int(row)
    return None
