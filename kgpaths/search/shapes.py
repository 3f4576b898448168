"""Which chains of edges make an argument: rules on consecutive hops, on the concept between them, and on is_a runs.

Rules hold inside the search, not after it, or the k best would be lost among chains nobody would draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgpaths.vocabulary import Role, predicate_of

MAX_TAXONOMY_RUN = 2
HUBS = frozenset(
    (
        *("GeneticInheritance", "ClinicalCourse", "ClinicalModifier", "AnatomicalEntity", "Cell", "LifeStage", "PopulationOfIndividualOrganisms"),
        "InformationContentEntity",
    )
)
"""Categories that may end a path and never carry one: what two diseases of the liver share is the liver, and a code sorts."""

REMEDY = frozenset(
    (
        "first_line_treatment_for",
        "treats",
        "ameliorates_condition",
        "preventative_for_condition",
        "contraindicated_in",
        "exacerbates_condition",
    )
)
EFFECT = frozenset(("has_phenotype", "has_adverse_event", "causes", "has_complication", "associated_with_increased_likelihood_of"))
SHARING_FORKS = frozenset(("has_phenotype", "causes", "has_complication", "produces", "disease_has_basis_in"))
"""Two things that one concept has in this way do speak for each other: two phenotypes of a disease, two diseases of a germ."""


class Kind(NamedTuple):
    """A predicate with the way it is walked; ``inverted`` is from object to subject."""

    predicate: str
    inverted: bool = False

    def __str__(self) -> str:
        """Spell the kind, a tilde before what is walked against its direction."""
        return f"~{self.predicate}" if self.inverted else self.predicate

    @property
    def role(self) -> Role:
        return predicate_of(self.predicate).role


def family(predicate: str) -> str:
    """Return the name of the predicates that this one collides with: remedies, effects, or itself alone."""
    return "remedy" if predicate in REMEDY else "effect" if predicate in EFFECT else predicate


def may_follow(first: Kind, second: Kind) -> bool:
    """Tell whether ``second`` may be walked out of the concept that ``first`` led into.

    Refused: a sibling detour (up then down, or down then up); a collider (two causes of one effect, two diseases with one
    phenotype, two remedies of one condition); a fork that says nothing (two diseases of one drug, gene or risk factor, two
    adverse events of one drug); and from an adverse event through the drug to what the drug treats.
    """
    if first.role == "taxonomy" and second.role == "taxonomy":
        return first.inverted == second.inverted
    if first.role != "clinical" or second.role != "clinical":
        return True
    symmetric = predicate_of(first.predicate).symmetric or predicate_of(second.predicate).symmetric
    if symmetric and first.predicate == second.predicate:
        return False
    same = family(first.predicate) == family(second.predicate)
    if not first.inverted and second.inverted:  # the concept between is object of both: a collider
        return not same
    if first.inverted and not second.inverted:  # it is subject of both: a fork
        if first.predicate == "has_adverse_event" and second.predicate in REMEDY:
            return False
        return not same or (first.predicate in SHARING_FORKS and second.predicate in SHARING_FORKS)
    return True


def may_follow_apart(first: Kind, second: Kind) -> bool:
    """Tell whether ``second`` may be walked after ``first`` with is_a steps between, where it may without.

    Refused: from an effect to what has it, to a kind of that, and on to what has or causes this kind. That immune
    thrombocytopenia has petechiae and is a thrombocytopenia does not give petechiae to every disease with thrombocytopenia.
    """
    return not (first.inverted and first.predicate in EFFECT and second.inverted and second.predicate in EFFECT)


class State(NamedTuple):
    """What the rules remember of a chain: its last kind but for mappings, its last clinical kind, the length of its is_a run,
    and whether a mapping came last."""

    last: Kind | None = None
    relation: Kind | None = None
    run: int = 0
    mapped: bool = False


def step(state: State, kind: Kind) -> State | None:
    """Return the state after walking ``kind``, or None where the rules refuse it.

    A mapping is transparent and never walked twice in a row. Is_a steps are transparent between clinical kinds: two
    diseases with kinds of one phenotype collide as they would at the phenotype itself.
    """
    if kind.role == "mapping":
        return None if state.mapped else state._replace(mapped=True)
    if any(before is not None and not may_follow(before, kind) for before in (state.last, state.relation)):
        return None
    if kind.role == "clinical":
        apart = state.run > 0 and state.relation is not None and not may_follow_apart(state.relation, kind)
        return None if apart else State(kind, kind)
    run = state.run + 1
    return None if run > MAX_TAXONOMY_RUN else State(kind, state.relation, run)


def allowed(kinds: Sequence[Kind], middles: Sequence[str]) -> bool:
    """Tell whether a whole chain keeps the rules; ``middles`` are the categories of the concepts between its ends."""
    if any(category in HUBS for category in middles):
        return False
    state: State | None = State()
    for kind in kinds:
        state = step(state, kind) if state is not None else None
    return state is not None


def rule_table(kinds: Sequence[Kind], rule: Callable[[Kind, Kind], bool] = may_follow) -> NDArray[np.bool_]:
    """Return a rule on every two kinds as a square table, with a last row and column, all true, for "no kind yet"."""
    table = np.ones((len(kinds) + 1, len(kinds) + 1), dtype=np.bool_)
    for i, first in enumerate(kinds):
        for j, second in enumerate(kinds):
            table[i, j] = rule(first, second)
    return table
