"""Whether the graph truly has nothing between two concepts: what "is not recorded for" may claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from kgpaths.graph.store import Graph
from kgpaths.vocabulary import TOLD_QUALIFIERS, predicate_of

_TREATING = ("first_line_treatment_for", "antidote_for", "treats", "ameliorates_condition")
_OPPOSING = ("contraindicated_in", "exacerbates_condition")
_SAME = ("exact_match", "close_match")
COMMON = 250  # diseases with a finding or a kind of it: above, its absence from a record says nothing (cough: 416, hemoptysis: 166)
FEWEST_RECORDED = 4  # findings of a disease below which its record is a fragment; a higher bar makes no absence fairer (benchmarks)
BROADER = 60  # kinds of a recorded finding up to which it may have meant any of them (edema: 27, abnormal heart morphology: 800)
NEXT_TO = 15  # kinds of what two findings have in common up to which a source may have written one for the other
_BRINGS = ("has_phenotype", "has_complication", "causes")
_OPPOSITES = (("hyper", "hypo"), ("increased", "decreased"), ("elevated", "reduced"), ("elevated", "decreased"), ("high", "low"), ("tachy", "brady"))


class Absences:
    """Look for what would make an absence false, over kinds of both ends and what is mapped onto them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._untold = {number for number, keys in enumerate(graph.qualifier_keys()) if not keys <= set(TOLD_QUALIFIERS)}

    def holds(self, subject: str, predicate: str, object: str, option: str) -> bool:
        """Tell whether nothing recorded joins ``option`` (one of the two ends) to the other end.

        The other end counts with its descendants, the option with its descendants and ancestors: a finding recorded for a
        kind of a disease, or for the broader disease, must not be called missing from it. Any relation that a reader
        would take for ``predicate`` counts, so that being a treatment is not yet being the first-line one, and so does any
        edge with a qualifier that is never told.
        """
        other = object if option == subject else subject
        options = self._with_same(self.graph.index(option))
        options |= {a for i in options for a in (*self.graph.descendants(i), *self.graph.ancestors(i))}
        others = self._with_same(self.graph.index(other))
        others |= {d for i in others for d in self.graph.descendants(i)}
        if options & others:
            return False
        small, large = sorted((options, others), key=len)
        return not any(j in large and (untold or _contradicts(predicate, found)) for j, found, untold in self._edges(small))

    def telling(self, subject: str, predicate: str, object: str) -> bool:
        """Tell whether the lack of an edge says anything: sources record neither all findings nor all of a disease.

        It does where the opposite finding is recorded. Else it says nothing of a finding that so many have that it is likely to
        occur where it is not recorded; of a disease of which next to nothing is recorded; where a broader finding is recorded, or
        one next to it ("edema" speaks of periorbital edema, too), or none can be because the finding has no place among others;
        and where a complication or cause of the disease brings the finding along.
        """
        if predicate != "has_phenotype":
            return True
        disease, finding = self.graph.index(subject), self.graph.index(object)
        kinds = {finding, *self.graph.descendants(finding)}
        family = (disease, *self.graph.ancestors(disease), *self.graph.descendants(disease))
        recorded = set(self._bears(family, ("has_phenotype",)))
        if any(self._opposite(finding, other) for other in recorded):
            return True
        bearers = sum(self.graph.degree(i, predicate, True) for i in kinds)
        recorded_of = self.graph.degree(disease, predicate, False)
        if bearers > COMMON or recorded_of < FEWEST_RECORDED or not self.graph.ancestors(finding):
            return False
        if self._spoken_of(finding, recorded):
            return False
        return not any(j in kinds for j in self._bears(self._bears(family, _BRINGS), _BRINGS))

    def _spoken_of(self, finding: int, recorded: set[int]) -> bool:
        """Tell whether a disease's recorded findings hold one that is broader than ``finding``, or next to it and not its opposite."""
        for wider in self.graph.ancestors(finding):
            narrow = len(self.graph.descendants(wider))
            if wider in recorded and narrow <= BROADER:
                return True
            if narrow <= NEXT_TO and not recorded.isdisjoint(self.graph.descendants(wider)):
                return True
        return False

    def _opposite(self, a: int, b: int) -> bool:
        """Tell whether two findings deny each other as too much and too little of one thing do: their names are alike but for that."""
        names = self.graph.concept_name(a).lower(), self.graph.concept_name(b).lower()
        return any(x.replace(one, other, 1) == y for pair in _OPPOSITES for one, other in (pair, pair[::-1]) for x, y in (names,) if one in x)

    def _with_same(self, i: int) -> set[int]:
        """Return a concept with those that stand for the same thing."""
        return {i} | {j for j, predicate, _ in self._edges((i,)) if predicate in _SAME}

    def _bears(self, concepts: Iterable[int], predicates: Collection[str]) -> Iterator[int]:
        """Yield the objects of the positive edges of these predicates whose subjects are some concepts."""
        side = self.graph.out
        for i in concepts:
            for k in range(int(side.indptr[i]), int(side.indptr[i + 1])):
                if self.graph.predicates[side.predicate[k]] in predicates and not self.graph.edge_negated[side.edge[k]]:
                    yield int(side.neighbour[k])

    def _edges(self, concepts: Iterable[int]) -> Iterator[tuple[int, str, bool]]:
        """Yield the neighbour and predicate of every positive edge of some concepts, in both directions, and whether its qualifiers are untold."""
        for i in concepts:
            for side in (self.graph.out, self.graph.inn):
                for k in range(int(side.indptr[i]), int(side.indptr[i + 1])):
                    row = side.edge[k]
                    if not self.graph.edge_negated[row]:
                        yield int(side.neighbour[k]), self.graph.predicates[side.predicate[k]], int(self.graph.edge_qualifiers[row]) in self._untold


def _contradicts(absent: str, found: str) -> bool:
    """Tell whether a positive edge of predicate ``found`` makes it untrue that ``absent`` is not recorded; what is kept untold always does."""
    if found == absent or predicate_of(found).role in ("context", "other"):
        return True
    if absent in _TREATING:
        return found in _TREATING and _TREATING.index(found) < _TREATING.index(absent)
    if absent in _OPPOSING:
        return found in _OPPOSING
    known = predicate_of(found)
    return known.role == "clinical" and known.polarity == "supports" and found not in _TREATING
