"""The arcs that may be walked, with their prices: one table per graph, made once and shared by all searches.

An edge gives two arcs, one each way. Walked are positive edges of clinical predicates, is_a, and exact or close matches;
never a NOT edge, a coding note or a broad match, nor a phenotype inferred for a gene, which only repeats what the gene's
diseases say. Predicates that speak against (contraindicated_in, exacerbates_condition) are in the table; the intent of a
question decides whether they may be used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from kgpaths.model import Hop
from kgpaths.search import score
from kgpaths.search.information import Ints, Longs, descendant_pairs, information, ragged, surprise
from kgpaths.search.shapes import EFFECT, HUBS, Kind, may_follow_apart, rule_table
from kgpaths.vocabulary import PREDICATES, TOLD_QUALIFIERS, predicate_of

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

GIVEN_FOR = frozenset(("first_line_treatment_for", "treats", "ameliorates_condition", "preventative_for_condition"))
GENES = frozenset(("Gene", "Protein"))


def walkable(predicate: str) -> bool:
    """Tell whether positive edges of this predicate may be hops."""
    known = PREDICATES.get(predicate)
    if known is None:
        return False
    return known.role in ("clinical", "taxonomy") or predicate in score.MAPPING_COST


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arcs grouped by the node they leave: ``indptr[i]:middle[i]`` are its is_a and mapping arcs, ``middle[i]:indptr[i+1]`` the clinical ones.

    ``kind`` indexes ``kinds``; ``kind ^ 1`` is the same edge walked the other way. ``cost`` is walking the arc, ``back`` walking its
    edge the other way, ``near`` the part of ``cost`` that is damping by the degree at the node it leaves; in ``score.UNIT``.
    """

    kinds: tuple[Kind, ...]
    indptr: Longs
    middle: Longs
    neighbour: Ints
    edge: Ints
    kind: NDArray[np.uint8]
    cost: Ints
    back: Ints
    near: Ints
    content: NDArray[np.float32]  # [n] information content by is_a, 0 to 1
    surprise: Ints  # [n] -ln of how informative a finding is, see score.informativeness
    drug: NDArray[np.bool_]  # [n]
    hub: NDArray[np.bool_]  # [n] may end a path, never carry one
    rules: NDArray[np.bool_]  # [k+1, k+1] shapes.may_follow; index k is "no kind yet"
    apart: NDArray[np.bool_]  # [k+1, k+1] shapes.may_follow_apart
    clinical: NDArray[np.bool_]  # [k+1] by kind
    taxonomy: NDArray[np.bool_]  # [k+1]
    downward: NDArray[np.bool_]  # [k+1] of these, walked from a concept to a kind of it
    mapping: NDArray[np.bool_]  # [k+1]
    manifest: NDArray[np.bool_]  # [k+1] walked from an effect to what has or causes it
    given: NDArray[np.bool_]  # [k+1] walked from a remedy to what it is given for
    denied: dict[int, tuple[int, ...]]  # node -> rows of the NOT edges at it

    @property
    def none(self) -> int:
        """The kind index that stands for "no kind yet"."""
        return len(self.kinds)

    def source(self, position: int) -> int:
        """Return the node an arc leaves."""
        return int(np.searchsorted(self.indptr, position, side="right")) - 1

    def closure(self, nodes: Iterable[int], *, up: bool) -> frozenset[int]:
        """Return what ``nodes`` are kinds of (``up``), or all kinds of them, by is_a; the nodes themselves included."""
        seen = set(nodes)
        kind = Kind("subclass_of", not up)
        level = sorted(seen) if kind in self.kinds else []
        wanted = self.kinds.index(kind) if level else -1
        while level:
            here = np.array(level, dtype=np.int64)
            _, place = ragged(here, self.indptr[here], self.middle[here])
            level = sorted(set(self.neighbour[place[self.kind[place] == wanted]].tolist()) - seen)
            seen.update(level)
        return frozenset(seen)

    def degree(self, node: int, kind: int) -> int:
        """Count the walkable edges of ``node`` in this kind: its predicate, in this direction."""
        return int((self.kind[self.indptr[node] : self.indptr[node + 1]] == kind).sum())

    def find(self, graph: Graph, hop: Hop) -> int | None:
        """Return the position of the arc that a hop walks, or None where no path may walk it."""
        kind = Kind(hop.edge.predicate, hop.inverted)
        if kind not in self.kinds or hop.source not in graph or hop.target not in graph:
            return None
        node, target, wanted = graph.index(hop.source), graph.index(hop.target), self.kinds.index(kind)
        low, high = int(self.indptr[node]), int(self.indptr[node + 1])
        hits = np.flatnonzero((self.neighbour[low:high] == target) & (self.kind[low:high] == wanted)) + low
        return next((int(p) for p in hits if graph.edge(int(self.edge[p])).id == hop.edge.id), None)

    def parts(self, graph: Graph, position: int) -> dict[str, int]:
        """Return the cost of an arc by term, in ``score.UNIT``; the values sum to ``cost[position]``."""
        number, node, target = int(self.kind[position]), self.source(position), int(self.neighbour[position])
        predicate, inverted = self.kinds[number]
        if self.mapping[number]:
            return {"mapping": int(score.fixed(score.MAPPING_COST[predicate]))}
        if self.taxonomy[number]:
            parent = node if inverted else target
            return {"taxonomy": int(score.fixed(score.taxonomy_cost(float(self.content[parent]), not inverted)))}
        ends = (node, number), (target, number ^ 1)
        degrees = [self.degree(end, kind) for end, kind in ends if not (predicate in score.ONE_OF_FEW and self.kinds[kind].inverted)]
        parts = {
            "predicate": int(score.fixed(score.PREDICATE_COST.get(predicate, score.OTHER_PREDICATE_COST))),
            "degree": sum(int(score.fixed(score.degree_cost(degree, 1))) for degree in degrees),
        }
        if predicate in score.WITH_FREQUENCY:
            parts["frequency"] = int(score.fixed(score.frequency_cost(float(graph.edge_frequency[self.edge[position]]))))
        return parts


_TABLES: WeakKeyDictionary[Graph, Arcs] = WeakKeyDictionary()


def arcs_of(graph: Graph) -> Arcs:
    """Return the graph's arcs, made at the first call."""
    if graph not in _TABLES:
        _TABLES[graph] = build_arcs(graph)
    return _TABLES[graph]


def build_arcs(graph: Graph) -> Arcs:
    """Select the walkable edges and price them both ways."""
    predicates = [p for p in graph.predicates if walkable(p)]
    kinds = tuple(Kind(p, inverted) for p in predicates for inverted in (False, True))
    n = graph.n_concepts
    categories = [graph.category(i) for i in range(n)]
    rows, subject, object_, number = walkable_edges(graph, predicates, np.array([c in GENES for c in categories], dtype=np.bool_))
    is_a, bears = (number == index_of(predicates, name) for name in ("subclass_of", "has_phenotype"))
    pairs = descendant_pairs(n, subject[is_a], object_[is_a])
    content = information(n, pairs)
    out, back, near = edge_costs(graph, predicates, rows, subject, object_, number, content)
    source = np.concatenate([subject, object_])
    kind = np.concatenate([number * 2, number * 2 + 1]).astype(np.uint8)
    clinical = np.array([k.role == "clinical" for k in kinds] + [False])
    order = np.argsort(source.astype(np.int64) * 2 + clinical[kind], kind="stable")
    indptr = np.searchsorted(source[order], np.arange(n + 1)).astype(np.int64)
    return Arcs(
        kinds=kinds,
        indptr=indptr,
        middle=indptr[:-1] + np.bincount(source[~clinical[kind]], minlength=n),
        neighbour=np.concatenate([object_, subject])[order],
        edge=np.concatenate([rows, rows]).astype(np.int32)[order],
        kind=kind[order],
        cost=np.concatenate([out, back])[order],
        back=np.concatenate([back, out])[order],
        near=near.reshape(-1)[order],
        content=content,
        surprise=surprise(n, subject[bears], object_[bears], pairs),
        drug=np.array([c == "Drug" for c in categories], dtype=np.bool_),
        hub=np.array([c in HUBS for c in categories], dtype=np.bool_),
        rules=rule_table(kinds),
        apart=rule_table(kinds, may_follow_apart),
        clinical=clinical,
        taxonomy=np.array([k.role == "taxonomy" for k in kinds] + [False]),
        downward=np.array([k.role == "taxonomy" and k.inverted for k in kinds] + [False]),
        mapping=np.array([k.role == "mapping" for k in kinds] + [False]),
        manifest=np.array([k.inverted and k.predicate in EFFECT for k in kinds] + [False]),
        given=np.array([not k.inverted and k.predicate in GIVEN_FOR for k in kinds] + [False]),
        denied=denied_rows(graph),
    )


def walkable_edges(graph: Graph, predicates: list[str], genes: NDArray[np.bool_]) -> tuple[Longs, Ints, Ints, Longs]:
    """Return row, subject, object and predicate number of the edges that may be walked, by row. Self-loops lead nowhere."""
    numbers = np.full(max(len(graph.predicates), 1), -1, dtype=np.int64)
    for name in predicates:
        numbers[graph.predicates.index(name)] = predicates.index(name)
    subject, object_ = np.asarray(graph.edge_subject, dtype=np.int32), np.asarray(graph.edge_object, dtype=np.int32)
    number = numbers[np.asarray(graph.edge_predicate)]
    keep = (number >= 0) & (np.asarray(graph.edge_negated) == 0) & (subject != object_) & told_in_full(graph)
    keep &= ~(genes[subject] & (number == index_of(predicates, "has_phenotype")))
    rows = np.flatnonzero(keep)
    return rows, subject[rows], object_[rows], number[rows]


def told_in_full(graph: Graph) -> NDArray[np.bool_]:
    """Tell of each edge whether all its qualifiers can be put into words."""
    sets = np.array([keys <= set(TOLD_QUALIFIERS) for keys in graph.qualifier_keys()], dtype=np.bool_)
    told: NDArray[np.bool_] = sets[np.asarray(graph.edge_qualifiers)]
    return told


def index_of(predicates: list[str], name: str) -> int:
    return predicates.index(name) if name in predicates else -2  # -2 equals no number


def denied_rows(graph: Graph) -> dict[int, tuple[int, ...]]:
    """Index the NOT edges by the concepts at their ends."""
    rows: dict[int, list[int]] = {}
    for row in np.flatnonzero((np.asarray(graph.edge_negated) != 0) & told_in_full(graph)).tolist():
        for node in {int(graph.edge_subject[row]), int(graph.edge_object[row])}:
            rows.setdefault(node, []).append(row)
    return {node: tuple(sorted(found)) for node, found in sorted(rows.items())}


def edge_costs(
    graph: Graph, predicates: list[str], rows: Longs, subject: Ints, object_: Ints, number: Longs, content: NDArray[np.float32]
) -> tuple[Ints, Ints, Ints]:
    """Return what walking every edge costs, from subject to object and back, by the formula of ``score``, and [2, e] the damping at its ends."""
    out = np.zeros(len(rows), dtype=np.int64)
    back = np.zeros(len(rows), dtype=np.int64)
    near = np.zeros((2, len(rows)), dtype=np.int64)
    for index, name in enumerate(predicates):
        mine = np.flatnonzero(number == index)
        if predicate_of(name).role == "taxonomy":
            parent = content[object_[mine]].astype(np.float64)
            out[mine], back[mine] = score.fixed(score.taxonomy_cost(parent, True)), score.fixed(score.taxonomy_cost(parent, False))
            continue
        if name in score.MAPPING_COST:
            cost = score.fixed(np.full(len(mine), score.MAPPING_COST[name]))
        else:
            cost = score.fixed(np.full(len(mine), score.PREDICATE_COST.get(name, score.OTHER_PREDICATE_COST)))
            for side, ends in enumerate((subject[mine], object_[mine])):
                if side == 0 or name not in score.ONE_OF_FEW:
                    near[side, mine] = score.fixed(score.degree_cost(np.bincount(ends)[ends], 1))
            cost += near[0, mine] + near[1, mine]
            if name in score.WITH_FREQUENCY:
                cost += score.fixed(score.frequency_cost(np.asarray(graph.edge_frequency)[rows[mine]].astype(np.float64)))
        out[mine] = back[mine] = cost
    return out.astype(np.int32), back.astype(np.int32), near.astype(np.int32)
