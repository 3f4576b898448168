"""What a path is worth: a fixed-point cost per directed arc, and ``score = exp(-cost)`` in (0, 1].

Costs add along a path, in nats (``UNIT`` integer units each), so that ties are exact and any engine agrees to the last
path. The terms of one hop, each a named part of the score:

predicate   what the relation says, ``PREDICATE_COST``: a cause or a first-line treatment says more than a location.
degree      w (ln d_s + ln d_o), w = 0.4: the path-degree product. d_s counts the subject's edges of this predicate,
            d_o the object's, so that hubs say little. Himmelstein & Baranzini 2015, PLoS Comput Biol 11(7): e1004259.
            d_o = 1 for ``ONE_OF_FEW``: such an object only ends a path, and that many have it says nothing against it.
frequency   -ln f, where f is how often the phenotype or adverse event is seen; 0.5 where the source does not say.
taxonomy    up 0.3 or down 1.5, plus 2 (1 - IC(parent)), IC(c) = 1 - ln(1 + descendants) / ln(n): a step through a general
            parent says little. IC is intrinsic: Seco, Veale & Hayes 2004, ECAI. Degrees are not counted again.
mapping     0.05 for an exact, 0.3 for a close match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np

from kgpaths.model import Hop, Part

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

UNIT = 1_000_000  # fixed-point units in one nat
PARTS = ("predicate", "degree", "frequency", "taxonomy", "mapping")


@dataclass(frozen=True)
class Weights:
    """The numbers of the formula, in nats but for ``damping`` (an exponent) and the two frequencies."""

    damping: float = 0.4
    up: float = 0.3
    down: float = 1.5
    generality: float = 2.0
    unknown_frequency: float = 0.5
    least_frequency: float = 0.02  # "excluded in 0 of n" is a NOT edge, so a positive edge is never rarer than this


WEIGHTS = Weights()

PREDICATE_COST: dict[str, float] = {
    "first_line_treatment_for": 0.0,
    "antidote_for": 0.0,
    "causes": 0.1,
    "biomarker_for": 0.1,
    "caused_by_deficiency_of": 0.1,
    "contraindicated_in": 0.1,
    "has_phenotype": 0.2,
    "diagnoses": 0.2,
    "has_mode_of_inheritance": 0.2,
    "treats": 0.3,
    "affects": 0.3,
    "has_adverse_event": 0.3,
    "disease_has_basis_in": 0.3,
    "transmitted_by": 0.3,
    "gene_associated_with_condition": 0.3,
    "has_complication": 0.4,
    "associated_with_increased_likelihood_of": 0.4,
    "exacerbates_condition": 0.4,
    "pharmacologically_interacts_with": 0.4,
    "produces": 0.5,
    "preventative_for_condition": 0.6,
    "ameliorates_condition": 0.8,
    "disease_has_location": 1.0,
    "has_clinical_course": 1.0,
    "has_past_medical_history": 1.0,
    "has_clinical_modifier": 1.5,
}
OTHER_PREDICATE_COST = 1.0  # a predicate nobody has weighed
MAPPING_COST = {"exact_match": 0.05, "close_match": 0.3}
ONE_OF_FEW = ("has_mode_of_inheritance", "has_clinical_course", "has_clinical_modifier")  # one value of a handful, shared by thousands
WITH_FREQUENCY = ("has_phenotype", "has_adverse_event")


def degree_cost(subject_degree: Any, object_degree: Any) -> Any:
    """Return -ln of the path-degree product of one hop: w (ln d_s + ln d_o). Numbers or arrays; degrees are at least 1."""
    return WEIGHTS.damping * (np.log(subject_degree) + np.log(object_degree))


def frequency_cost(frequency: Any) -> Any:
    """Return -ln f for a frequency in [0, 1] or NaN where unknown, which counts as 0.5. Numbers or arrays."""
    known = np.where(np.isnan(frequency), WEIGHTS.unknown_frequency, frequency)
    return -np.log(np.clip(known, WEIGHTS.least_frequency, 1.0))


def taxonomy_cost(parent_content: Any, up: bool) -> Any:
    """Return the cost of an is_a step through a parent of this information content (0 to 1). Numbers or arrays."""
    return (WEIGHTS.up if up else WEIGHTS.down) + WEIGHTS.generality * (1.0 - parent_content)


def information_content(descendants: Any, concepts: int) -> Any:
    """Return 1 - ln(1 + descendants) / ln(concepts): 1 for a leaf, 0 for a root above all. Numbers or arrays."""
    return 1.0 - np.log1p(descendants) / np.log(max(concepts, 2))


def informativeness(bearers_of: Any, bearers: int) -> Any:
    """Return how much a phenotype tells, 0.1 to 1: 1 - ln(max(d, 1)) / ln(bearers), where d of all ``bearers`` of phenotypes have it.

    The annotation-based information content of Resnik 1995, IJCAI, divided by its greatest value. Numbers or arrays.
    """
    return np.clip(1.0 - np.log(np.maximum(bearers_of, 1)) / np.log(max(bearers, 2)), 0.1, 1.0)


def fixed(nats: Any) -> Any:
    """Return nats as fixed-point integers."""
    return np.rint(np.asarray(nats, dtype=np.float64) * UNIT).astype(np.int64)


def to_score(cost: int) -> float:
    """Return exp(-cost) for a fixed-point cost."""
    return exp(-cost / UNIT)


def path_score(graph: Graph, hops: Sequence[Hop]) -> tuple[float, tuple[Part, ...]]:
    """Return the score of a chain of hops, in (0, 1], and its parts in nats; ``score == exp(-sum(parts))``.

    It depends on the graph and the hops alone, so that anyone can compute it again. A chain with an edge that no path may
    walk (a NOT edge, a coding note, an edge the graph does not have) scores 0 and has no parts.
    """
    from kgpaths.search.arcs import arcs_of  # arcs are priced with the functions above

    arcs = arcs_of(graph)
    totals = dict.fromkeys(PARTS, 0)
    for hop in hops:
        position = arcs.find(graph, hop)
        if position is None:
            return 0.0, ()
        for name, value in arcs.parts(graph, position).items():
            totals[name] += value
    parts = tuple(Part(name=name, value=value / UNIT) for name, value in totals.items() if value)
    return to_score(sum(totals.values())), parts
