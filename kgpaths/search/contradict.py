"""What the graph says against an option: NOT edges, what the patient lacks, and contraindications in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgpaths.search.arcs import Arcs
from kgpaths.search.intent import Intent
from kgpaths.search.shapes import Kind

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

NOT_EDGE = 0.5  # what remains of the support where the graph denies what the patient has
CONTRAINDICATED = 0.4
EXACERBATED = 0.6
ABSENT = 0.6  # what an obligate phenotype takes away when the patient lacks it; rarer ones take that times their frequency
ABSENT_UNKNOWN = 0.2  # what a phenotype of unknown frequency takes away
OFTEN = 0.3  # a phenotype rarer than this says nothing by its absence


class Against(NamedTuple):
    """An edge that speaks against an option, as read from the option or its hypothesis, and what remains of the support."""

    row: int
    inverted: bool
    remains: float


class Patient:
    """What the patient has and lacks, each with the concepts that follow from it."""

    def __init__(self, arcs: Arcs, present: Sequence[int], absent: Sequence[int]) -> None:
        # who has X has what X is a kind of; who lacks X lacks every kind of X
        self.present = frozenset(present)
        self.has = arcs.closure(present, up=True)
        self.lacks = {kind: node for node in absent if node not in self.has for kind in arcs.closure([node], up=False) - self.has}


def against(graph: Graph, arcs: Arcs, patient: Patient, concept: int, hypothesis: int, intent: Intent) -> tuple[Against, ...]:
    """Return what speaks against an option's concept, and against the hypothesis that leads to it, strongest first."""
    found: dict[int, Against] = {}
    for node in dict.fromkeys((concept, hypothesis)):
        for item in (*denied(graph, arcs, patient, node), *lacked(graph, arcs, patient, node)):
            found.setdefault(item.row, item)
    if intent.harm:
        for node in sorted(arcs.closure([concept], up=True)):
            for item in harmful(arcs, patient, node, intent):
                found.setdefault(item.row, item)
    return tuple(sorted(found.values(), key=lambda item: (item.remains, item.row)))


def denied(graph: Graph, arcs: Arcs, patient: Patient, node: int) -> list[Against]:
    """Return the NOT edges between ``node`` and what the patient has: who is denied Y is denied every kind of Y."""
    found = []
    for row in arcs.denied.get(node, ()):
        subject, object_ = int(graph.edge_subject[row]), int(graph.edge_object[row])
        if subject == node and object_ in patient.has:
            found.append(Against(row, False, NOT_EDGE))
        elif object_ == node and subject in patient.present:
            found.append(Against(row, True, NOT_EDGE))
    return found


def lacked(graph: Graph, arcs: Arcs, patient: Patient, node: int) -> list[Against]:
    """Return the phenotypes of ``node``, often seen or of unknown frequency, that the patient lacks."""
    strongest: dict[int, Against] = {}  # by what the patient is said to lack: its kinds are lacked with it and count once
    for position in of_kind(arcs, node, "has_phenotype") if patient.lacks else ():
        said = patient.lacks.get(int(arcs.neighbour[position]))
        if said is not None:
            frequency = float(graph.edge_frequency[arcs.edge[position]])
            taken = ABSENT_UNKNOWN if isnan(frequency) else ABSENT * frequency if frequency >= OFTEN else 0.0
            if taken > 0 and (said not in strongest or 1.0 - taken < strongest[said].remains):
                strongest[said] = Against(int(arcs.edge[position]), False, 1.0 - taken)
    return list(strongest.values())


def harmful(arcs: Arcs, patient: Patient, node: int, intent: Intent) -> list[Against]:
    """Return what the patient has that the remedy, or its class, is contraindicated in or makes worse."""
    remains = {"contraindicated_in": CONTRAINDICATED, "exacerbates_condition": EXACERBATED}
    return [
        Against(int(arcs.edge[position]), False, value)
        for predicate, value in remains.items()
        if predicate not in intent.opposing
        for position in of_kind(arcs, node, predicate)
        if int(arcs.neighbour[position]) in patient.has
    ]


def of_kind(arcs: Arcs, node: int, predicate: str) -> list[int]:
    """Return the positions of the arcs that leave ``node`` as subject of this predicate."""
    kind = Kind(predicate)
    if kind not in arcs.kinds:
        return []
    low, high = int(arcs.indptr[node]), int(arcs.indptr[node + 1])
    return [int(place) + low for place in np.flatnonzero(arcs.kind[low:high] == arcs.kinds.index(kind))]
