"""Whether the graph truly has nothing between two concepts: what "is not recorded for" may claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgpaths.graph.store import Graph
from kgpaths.vocabulary import PREDICATES

_TREATING = ("first_line_treatment_for", "antidote_for", "treats", "ameliorates_condition")
_OPPOSING = ("contraindicated_in", "exacerbates_condition")
_SAME = ("exact_match", "close_match")
COMMON = 250  # diseases with a finding or a kind of it: above, its absence from a record says nothing (cough: 416, hemoptysis: 166)
FEWEST_RECORDED = 4  # findings of a disease below which its record is a fragment


class Absences:
    """Look for what would make an absence false, over kinds of both ends and what is mapped onto them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def holds(self, subject: str, predicate: str, object: str, option: str) -> bool:
        """Tell whether nothing recorded joins ``option`` (one of the two ends) to the other end.

        The other end counts with its descendants, the option with its descendants and ancestors: a finding recorded for a
        kind of a disease, or for the broader disease, must not be called missing from it. Any relation that a reader
        would take for ``predicate`` counts, so that being a treatment is not yet being the first-line one.
        """
        other = object if option == subject else subject
        options = self._with_same(self.graph.index(option))
        options |= {a for i in options for a in (*self.graph.descendants(i), *self.graph.ancestors(i))}
        others = self._with_same(self.graph.index(other))
        others |= {d for i in others for d in self.graph.descendants(i)}
        if options & others:
            return False
        small, large = sorted((options, others), key=len)
        return not any(j in large and _contradicts(predicate, found) for j, found in self._edges(small))

    def telling(self, subject: str, predicate: str, object: str) -> bool:
        """Tell whether the lack of an edge says anything: sources record neither all findings nor all of a disease.

        A finding that so many have is likely to occur where it is not recorded, and a disease of which next to nothing
        is recorded lacks everything.
        """
        if predicate != "has_phenotype":
            return True
        finding = self.graph.index(object)
        bearers = sum(self.graph.degree(i, predicate, True) for i in (finding, *self.graph.descendants(finding)))
        return bearers <= COMMON and self.graph.degree(self.graph.index(subject), predicate, False) >= FEWEST_RECORDED

    def _with_same(self, i: int) -> set[int]:
        """Return a concept with those that stand for the same thing."""
        return {i} | {j for j, predicate in self._edges((i,)) if predicate in _SAME}

    def _edges(self, concepts: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Yield the neighbour and predicate of every positive edge of some concepts, in both directions."""
        for i in concepts:
            for side in (self.graph.out, self.graph.inn):
                for k in range(int(side.indptr[i]), int(side.indptr[i + 1])):
                    if not self.graph.edge_negated[side.edge[k]]:
                        yield int(side.neighbour[k]), self.graph.predicates[side.predicate[k]]


def _contradicts(absent: str, found: str) -> bool:
    """Tell whether a positive edge of predicate ``found`` makes it untrue that ``absent`` is not recorded."""
    if found == absent:
        return True
    if absent in _TREATING:
        return found in _TREATING and _TREATING.index(found) < _TREATING.index(absent)
    if absent in _OPPOSING:
        return found in _OPPOSING
    known = PREDICATES[found]
    return known.role == "clinical" and known.polarity == "supports" and found not in _TREATING
