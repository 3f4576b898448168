"""Half paths: all simple, rule-keeping walks out of some seeds (or into them, in reverse), layer by layer and cheapest first.

All seeds of a question go through one call, so that its findings, and its options, are each expanded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from kgpaths.search.arcs import Arcs
from kgpaths.search.information import ragged
from kgpaths.search.shapes import MAX_TAXONOMY_RUN

Array = NDArray[np.int64]
FORBIDDEN = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Reach:
    """How far half paths go: hops, clinical hops among them, cost in ``score.UNIT``, and arcs looked at in all.

    Without ``narrowing`` none goes on to a kind of what a relation led to: nothing speaks for that kind among others.
    """

    hops: int
    clinical: int
    ceiling: int
    budget: int
    narrowing: bool = True


@dataclass(frozen=True)
class Walks:
    """Half paths as columns, one row each; the seeds come first, parents stand before their children.

    ``last`` is the clinical or is_a kind nearest the open end, ``open`` the clinical one, and ``relation`` the clinical kind nearest
    the option (each ``arcs.none`` where there is none). ``charge`` is what weighs a forward walk as
    evidence beside its cost: how little the seed tells, or the kind of it that the first clinical arc leaves if that tells less
    (``arcs.surprise``), less the damping by that kind's own degree.
    """

    seed: Array
    node: Array
    parent: Array  # row of the walk this one extends; -1 for a seed
    arc: Array  # position in the arc table, of the arc as it leaves the parent's node; -1 for a seed
    depth: Array
    cost: Array
    last: Array
    open: Array
    run: Array
    mapped: Array
    relation: Array
    clinical: Array
    charge: Array
    reverse: bool = False
    truncated: bool = False  # the budget ended before the walks did
    looked_at: int = 0

    def __len__(self) -> int:
        return len(self.node)

    def narrowed(self, arcs: Arcs, rows: Array) -> NDArray[np.bool_]:
        """Mark which of these walks go from a concept to a kind of it; ``rows`` hold all walks from some seeds."""
        down = np.zeros(len(self), dtype=np.bool_)
        for row in rows[self.parent[rows] >= 0].tolist():  # parents stand before their children
            down[row] = down[self.parent[row]] or arcs.downward[arcs.kind[self.arc[row]]]
        return down

    def chain(self, row: int) -> list[tuple[int, int]]:
        """Return (node, arc) of every step from the seed on; the seed's arc is -1."""
        steps = []
        while row >= 0:
            steps.append((int(self.node[row]), int(self.arc[row])))
            row = int(self.parent[row])
        return steps[::-1]


COLUMNS = tuple(f.name for f in fields(Walks))[:13]


def expand(
    arcs: Arcs,
    seeds: Sequence[int],
    reach: Reach,
    *,
    usable: NDArray[np.bool_] | None = None,
    entry: Array | None = None,
    via: NDArray[np.bool_] | None = None,
    reverse: bool = False,
) -> Walks:
    """Return the half paths from ``seeds`` (to them, where ``reverse``) within ``reach``.

    ``usable`` marks the kinds, as walked, that may be used. The other two hold in reverse only, where the option's end is known:
    ``entry`` is what each kind costs as the clinical relation at that end, ``FORBIDDEN`` where it may not be, and ``via`` marks the
    clinical kinds that may stand before it.
    """
    usable = np.ones(len(arcs.kinds), dtype=np.bool_) if usable is None else usable
    layers, looked_at, truncated = [roots(arcs, seeds)], 0, False
    for _ in range(reach.hops):
        parents, positions, cut = frontier(arcs, layers[-1], reach, reach.budget - looked_at)
        looked_at, truncated = looked_at + len(positions), truncated or cut
        if len(positions) == 0:
            break
        layers.append(grow(arcs, layers, parents, positions, reach, usable, entry, via, reverse))
    sizes = [len(layer["node"]) for layer in layers]
    columns = {name: np.concatenate([layer[name] for layer in layers]) for name in COLUMNS}
    # within a layer a parent is a row of the layer before; among all walks it is a row of them all
    columns["parent"] += np.repeat([0, *np.cumsum([0, *sizes[:-2]])][: len(sizes)], sizes)
    return Walks(**columns, reverse=reverse, truncated=truncated, looked_at=looked_at)


def roots(arcs: Arcs, seeds: Sequence[int]) -> dict[str, Array]:
    """Return the first layer: the seeds themselves."""
    count = len(seeds)
    zero = np.zeros(count, dtype=np.int64)
    none = np.full(count, arcs.none, dtype=np.int64)
    return {
        **dict.fromkeys(COLUMNS, zero),
        "seed": np.arange(count, dtype=np.int64),
        "node": np.asarray(seeds, dtype=np.int64),
        "parent": zero - 1,
        "arc": zero - 1,
        "charge": arcs.surprise[np.asarray(seeds, dtype=np.int64)].astype(np.int64),
        "last": none,
        "open": none,
        "relation": none,
    }


def frontier(arcs: Arcs, layer: dict[str, Array], reach: Reach, budget: int) -> tuple[Array, Array, bool]:
    """Return, for every arc to look at, its walk in ``layer`` and its position, and whether the budget cut any walk off.

    A walk with no clinical hop left looks at is_a and mapping arcs only; the cheapest walks are served first.
    """
    node = layer["node"]
    start = arcs.indptr[node]
    stop = np.where(layer["clinical"] < reach.clinical, arcs.indptr[node + 1], arcs.middle[node])
    stop = np.where(arcs.hub[node] & (layer["depth"] > 0), start, stop)
    order = np.arange(len(node))
    cut = False
    if int((stop - start).sum()) > budget:
        order = np.lexsort((layer["seed"], node, layer["cost"]))
        order = order[np.cumsum((stop - start)[order]) <= budget]
        cut = True
    return *ragged(order, start[order], stop[order]), cut


def grow(
    arcs: Arcs,
    layers: list[dict[str, Array]],
    parents: Array,
    positions: Array,
    reach: Reach,
    usable: NDArray[np.bool_],
    entry: Array | None,
    via: NDArray[np.bool_] | None,
    reverse: bool,
) -> dict[str, Array]:
    """Return the next layer: the looked-at arcs that keep cost, rules and simplicity."""
    layer = layers[-1]
    number = arcs.kind[positions].astype(np.int64)
    kind = number ^ 1 if reverse else number
    last, opened = layer["last"][parents], layer["open"][parents]
    rules = arcs.rules.T if reverse else arcs.rules
    keep = usable[kind] & rules[last, kind] & rules[opened, kind]
    keep &= ~(arcs.mapping[kind] & (layer["mapped"][parents] > 0))
    if not reach.narrowing:
        keep &= ~(arcs.downward[kind] & (opened != arcs.none))
    apart = arcs.apart.T if reverse else arcs.apart
    keep &= (layer["run"][parents] == 0) | apart[opened, kind]
    if via is not None:
        keep &= ~arcs.clinical[kind] | (opened == arcs.none) | via[kind]
    parents, positions, kind, last = parents[keep], positions[keep], kind[keep], last[keep]

    cost = layer["cost"][parents] + (arcs.back if reverse else arcs.cost)[positions]
    relation = layer["relation"][parents]
    clinical = arcs.clinical[kind]
    if entry is not None and reverse:
        first = clinical & (relation == arcs.none)
        cost = cost + np.where(first, entry[kind], 0)
    run = np.where(arcs.taxonomy[kind], 1 + np.where(arcs.taxonomy[last], layer["run"][parents], 0), 0)
    run = np.where(arcs.mapping[kind], layer["run"][parents], run)
    node = arcs.neighbour[positions].astype(np.int64)
    keep = (cost <= reach.ceiling) & (run <= MAX_TAXONOMY_RUN) & unvisited(layers, parents, node)
    keep &= layer["clinical"][parents] + clinical <= reach.clinical

    parents, positions, kind, last, relation, clinical = (a[keep] for a in (parents, positions, kind, last, relation, clinical))
    relation = np.where(clinical & ((relation == arcs.none) if reverse else True), kind, relation)
    told = np.maximum(arcs.surprise[layer["node"][parents]], arcs.surprise[layers[0]["node"][layer["seed"][parents]]])
    charge = told - np.where(arcs.manifest[kind], arcs.near[positions], 0)
    return {
        "seed": layer["seed"][parents],
        "node": node[keep],
        "parent": parents,
        "arc": positions,
        "depth": layer["depth"][parents] + 1,
        "cost": cost[keep],
        "last": np.where(arcs.mapping[kind], last, kind),
        "open": np.where(clinical, kind, layer["open"][parents]),
        "run": run[keep],
        "mapped": arcs.mapping[kind].astype(np.int64),
        "relation": relation,
        "clinical": layer["clinical"][parents] + clinical,
        "charge": np.where(clinical & (layer["clinical"][parents] == 0), charge, layer["charge"][parents]),
    }


def unvisited(layers: list[dict[str, Array]], parents: Array, node: Array) -> NDArray[np.bool_]:
    """Mark the nodes that their walk has not been at before."""
    fresh = np.ones(len(node), dtype=np.bool_)
    row = parents
    for layer in reversed(layers):
        fresh &= layer["node"][row] != node
        row = layer["parent"][row]
    return fresh
