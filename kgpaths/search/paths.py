"""The k best simple paths between two concepts: forward and backward half paths, met in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgpaths.model import Hop, Path
from kgpaths.search.arcs import Arcs
from kgpaths.search.expand import Array, Reach, Walks, expand
from kgpaths.search.information import ragged
from kgpaths.search.score import path_score
from kgpaths.search.shapes import MAX_TAXONOMY_RUN

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph


class Found(NamedTuple):
    """A path in order of preference: by cost, then hops, then node ids, then edge rows."""

    cost: int
    hops: int
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    inverted: tuple[bool, ...]


def meet(arcs: Arcs, forward: Walks, f_rows: Array, backward: Walks, b_rows: Array, limit: int) -> tuple[Array, Array]:
    """Return the pairs of half paths that meet in one concept, keep the rules across it, and cost at most ``limit``.

    Whether the joined path repeats a concept is ``disjoint``'s to tell.
    """
    b_rows = b_rows[np.argsort(backward.node[b_rows], kind="stable")]
    nodes = backward.node[b_rows]
    at = forward.node[f_rows]
    f, place = ragged(f_rows, np.searchsorted(nodes, at, side="left"), np.searchsorted(nodes, at, side="right"))
    b = b_rows[place]
    keep = forward.cost[f] + backward.cost[b] <= limit
    f, b = f[keep], b[keep]
    first, second = forward.last[f], backward.last[b]
    keep = arcs.rules[first, second] & arcs.rules[forward.open[f], backward.open[b]] & ~((forward.mapped[f] > 0) & (backward.mapped[b] > 0))
    keep &= ~(arcs.taxonomy[first] & arcs.taxonomy[second]) | (forward.run[f] + backward.run[b] <= MAX_TAXONOMY_RUN)
    keep &= (forward.run[f] + backward.run[b] == 0) | arcs.apart[forward.open[f], backward.open[b]]
    keep &= ~arcs.hub[forward.node[f]] | (forward.depth[f] == 0) | (backward.depth[b] == 0)
    return f[keep], b[keep]


def disjoint(forward: Walks, f: Array, backward: Walks, b: Array) -> NDArray[np.bool_]:
    """Mark the pairs whose half paths share no concept but the one they meet in."""
    apart = np.ones(len(f), dtype=np.bool_)
    row = forward.parent[f]
    while (row >= 0).any():
        other = backward.parent[b]
        while (other >= 0).any():
            apart &= ~((row >= 0) & (other >= 0) & (forward.node[row] == backward.node[other]))
            other = np.where(other >= 0, backward.parent[other], -1)
        row = np.where(row >= 0, forward.parent[row], -1)
    return apart


def k_best(arcs: Arcs, source: int, target: int, k: int, max_hops: int, *, ceiling: int, budget: int = 10_000_000) -> tuple[Found, ...]:
    """Return the k cheapest simple, rule-keeping paths of at most ``max_hops`` hops and at most ``ceiling`` cost, best first.

    Exact unless the budget of arcs runs out. Equal ends give the one path without hops.
    """
    half = max_hops // 2
    forward = expand(arcs, [source], Reach(max_hops - half, max_hops, ceiling, budget))
    backward = expand(arcs, [target], Reach(half, max_hops, ceiling, budget), reverse=True)
    found: list[Found] = []
    limit = ceiling
    for hops in range(max_hops + 1):
        f_rows = np.flatnonzero(forward.depth == hops - hops // 2)
        b_rows = np.flatnonzero(backward.depth == hops // 2)
        f_rows, b_rows = promising(forward, f_rows, backward, b_rows, limit)
        f, b = meet(arcs, forward, f_rows, backward, b_rows, limit)
        keep = disjoint(forward, f, backward, b)
        f, b = f[keep], b[keep]
        cost = forward.cost[f] + backward.cost[b]
        if len(cost) > k:
            keep = cost <= np.partition(cost, k - 1)[k - 1]
            f, b = f[keep], b[keep]
        found = sorted([*found, *(joined(arcs, forward, int(i), backward, int(j)) for i, j in zip(f, b, strict=True))])[:k]
        if len(found) == k:
            limit = found[-1].cost
    return tuple(found)


def promising(forward: Walks, f_rows: Array, backward: Walks, b_rows: Array, limit: int) -> tuple[Array, Array]:
    """Keep the half paths that could still join within ``limit``, judged by the cheapest partner at their node."""
    for _ in range(2):
        f_rows = f_rows[forward.cost[f_rows] + cheapest(backward, b_rows, forward.node[f_rows]) <= limit]
        b_rows = b_rows[backward.cost[b_rows] + cheapest(forward, f_rows, backward.node[b_rows]) <= limit]
    return f_rows, b_rows


def cheapest(walks: Walks, rows: Array, wanted: Array) -> Array:
    """Return, for each wanted node, the least cost of the walks that end there; beyond any limit where none does."""
    far = np.iinfo(np.int64).max // 4
    if len(rows) == 0:
        return np.full(len(wanted), far)
    rows = rows[np.lexsort((walks.cost[rows], walks.node[rows]))]
    nodes, first = np.unique(walks.node[rows], return_index=True)
    place = np.minimum(np.searchsorted(nodes, wanted), len(nodes) - 1)
    return np.where(nodes[place] == wanted, walks.cost[rows[first]][place], far)


def joined(arcs: Arcs, forward: Walks, f: int, backward: Walks, b: int) -> Found:
    """Return the path that two half paths make."""
    out, back = forward.chain(f), backward.chain(b)
    positions = [arc for _, arc in out[1:]] + [arc for _, arc in reversed(back[1:])]
    # a backward step leaves the option's side, so its arc is walked against itself
    kinds = [int(arcs.kind[arc]) for _, arc in out[1:]] + [int(arcs.kind[arc]) ^ 1 for _, arc in reversed(back[1:])]
    return Found(
        cost=int(forward.cost[f] + backward.cost[b]),
        hops=len(positions),
        nodes=tuple(node for node, _ in out) + tuple(node for node, _ in reversed(back[:-1])),
        edges=tuple(int(arcs.edge[p]) for p in positions),
        inverted=tuple(bool(kind & 1) for kind in kinds),
    )


def to_path(graph: Graph, found: Found) -> Path:
    """Return a found path as the noun."""
    hops = tuple(Hop(edge=graph.edge(row), inverted=inverted) for row, inverted in zip(found.edges, found.inverted, strict=True))
    score, parts = path_score(graph, hops)
    return Path(start=graph.curie(found.nodes[0]), end=graph.curie(found.nodes[-1]), hops=hops, score=score, parts=parts)
