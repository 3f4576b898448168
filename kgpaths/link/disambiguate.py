"""Choose which concept an ambiguous alias names, by category, context, and how well the graph knows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kgpaths.link.aliases import is_abbreviation
from kgpaths.link.dictionary import SCOPES, Candidate

if TYPE_CHECKING:
    from kgpaths.graph import Graph

TEXT_ORDER = (
    *("PhenotypicFeature", "Disease", "DiseaseOrPhenotypicFeature", "Drug", "Treatment"),
    *("Bacterium", "Virus", "Fungus", "OrganismTaxon", "ExposureEvent"),
    *("PhysiologicalProcess", "PathologicalProcess", "BiologicalProcess", "ChemicalEntity", "Protein", "Gene"),
)
"""What a word in a vignette names, likeliest first."""

OPTION_ORDER = ("Disease", *(c for c in TEXT_ORDER if c != "Disease"), "GeneticInheritance", "DiagnosticAid", "AnatomicalEntity", "Cell")

SCOPE_SCORES = dict(zip(SCOPES, (1.0, 0.95, 0.8, 0.6, 0.6), strict=True))
"""How far an alias of each scope speaks for its concept; a stated convention, not a probability."""

OUR_PREFIX = "KGPATHS:"


class Chooser:
    """Rank the candidates of a mention. Keeps what it has looked up of ambiguous concepts."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._authored: dict[int, bool] = {}

    def category(self, candidate: Candidate) -> str:
        return self._graph.category(candidate.concept)

    def degree(self, concept: int) -> int:
        """Return how many edges a concept has, both directions."""
        out, inn = self._graph.out.indptr, self._graph.inn.indptr
        return int(out[concept + 1] - out[concept] + inn[concept + 1] - inn[concept])

    def authored(self, concept: int) -> bool:
        """Tell whether the concept is (also) of the authored core graph."""
        if concept not in self._authored:
            found = self._graph.concept(self._graph.curie(concept))
            self._authored[concept] = found.curie.startswith(OUR_PREFIX) or any(x.startswith(OUR_PREFIX) for x in found.xrefs)
        return self._authored[concept]

    def choose(self, candidates: Iterable[Candidate], expected: Sequence[str], order: Sequence[str]) -> Candidate | None:
        """Return the best candidate: of an expected category, then authored, then one so named, then by category, alias scope and degree.

        An abbreviation that names several concepts, none of them authored and none expected, is left alone: a wrong guess
        costs more than a gap.
        """
        pool = sorted(candidates, key=lambda c: (c.concept, c.alias))
        if len(pool) <= 1:
            return pool[0] if pool else None
        wanted = [c for c in pool if self.category(c) in expected]
        known = [c for c in pool if self.authored(c.concept)]
        meant = {c.concept for c in pool if self.category(c) not in ("Gene", "InformationContentEntity")}
        if not known and not wanted and len(meant) > 1 and is_abbreviation(pool[0].alias) and not self._same_name(pool):
            return None
        return min(pool, key=lambda c: self._rank(c, expected, order))

    def ranked(self, candidates: Iterable[Candidate], order: Sequence[str]) -> list[Candidate]:
        """Return candidates, the likeliest first."""
        return sorted(sorted(candidates, key=lambda c: (c.concept, c.alias)), key=lambda c: self._rank(c, (), order))

    def _rank(self, candidate: Candidate, expected: Sequence[str], order: Sequence[str]) -> tuple[int, bool, bool, int, int, int, int]:
        category = self.category(candidate)
        place = order.index(category) if category in order else len(order)
        return (
            0 if category in expected else 1,
            not self.authored(candidate.concept),
            candidate.scope != SCOPES[0],  # "epilepsy" is the name of a disease and only a synonym of "seizure"
            place,
            SCOPES.index(candidate.scope),
            -self.degree(candidate.concept),
            candidate.concept,
        )

    def _same_name(self, pool: Sequence[Candidate]) -> bool:
        """Tell whether the concepts are one thing under several ids: their names agree."""
        return len({self._graph.concept_name(c.concept).casefold() for c in pool}) == 1
