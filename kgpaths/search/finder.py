"""Find all paths, or the shortest ones, between two concepts: a small interface, and its twin over a graph folder.

Nothing is priced here and no rule of good argument applies: this is for looking, and for checking that a graph in a server
(``kgpaths.neo4j.finder``) gives the same answers. Neighbours are tried in the order of their numbers, so routes come in
their final order and the search ends at the last one that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice, product
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kgpaths.graph.walk import LIMIT, USUAL, Leg, Names, Route, Walk, check_bounds, unknown_concept
from kgpaths.search.arcs import told_in_full
from kgpaths.search.information import ragged

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

Mask = NDArray[np.bool_]


class PathFinder(Protocol):
    """What finds paths in a graph, wherever that is. Two finders of one graph give the same answers, to the last path."""

    def all_paths(self, source: str, target: str, walk: Walk = ..., *, max_hops: int = ..., limit: int = ...) -> tuple[Route, ...]:
        """Return the first ``limit`` paths of at most ``max_hops`` hops that repeat no concept: by hops, then node ids, then edge ids.

        Parallel edges make paths of their own. Equal ends give the one path without hops, a pattern none. Raises InputError
        where an id is no concept's preferred one, or a bound is out of range.
        """

    def shortest_paths(self, source: str, target: str, walk: Walk = ..., *, max_hops: int = ..., limit: int = ...) -> tuple[Route, ...]:
        """Return those of the paths that have the fewest hops."""


class Arc(NamedTuple):
    """All edges that lead from a concept to one neighbour in one hop: their rows, and whether each is walked inverted."""

    node: int
    edges: tuple[tuple[int, bool], ...]


class GraphFinder:
    """The paths of a graph folder."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.usable: Mask = (np.asarray(graph.edge_negated) == 0) & told_in_full(graph)
        self.categories = sorted(graph.manifest.categories)
        self.category = np.array([self.categories.index(graph.category(i)) for i in range(graph.n_concepts)], dtype=np.int64)
        self.fitting = lru_cache(maxsize=64)(self._fitting)
        self.named = lru_cache(maxsize=64)(self._named)

    def all_paths(self, source: str, target: str, walk: Walk = USUAL, *, max_hops: int = 3, limit: int = LIMIT) -> tuple[Route, ...]:
        """Return the first ``limit`` paths of at most ``max_hops`` hops; see ``PathFinder``."""
        return tuple(islice(chain.from_iterable(self.by_hops(source, target, walk, max_hops, limit)), limit))

    def shortest_paths(self, source: str, target: str, walk: Walk = USUAL, *, max_hops: int = 4, limit: int = LIMIT) -> tuple[Route, ...]:
        """Return the first ``limit`` of the paths with the fewest hops; see ``PathFinder``."""
        found = (tuple(islice(routes, limit)) for routes in self.by_hops(source, target, walk, max_hops, limit))
        return next(filter(None, found), ())

    def by_hops(self, source: str, target: str, walk: Walk, max_hops: int, limit: int) -> Iterator[Iterator[Route]]:
        """Return the routes of every length in turn, in order, found as they are asked for."""
        check_bounds(max_hops, limit)
        begin, end = self.number(source), self.number(target)
        lengths = walk.lengths(max_hops)
        if begin == end:
            return iter([iter(() if walk.pattern else (Route((source,)),))])
        if not walk.starts_at(self.graph.category(begin)) or not walk.ends_at(self.graph.category(end)):
            return iter(())
        return map(Search(self, walk, begin, end).routes, lengths)

    def number(self, curie: str) -> int:
        """Return the number of a concept. Raises InputError where ``curie`` is not its preferred id, which is all that a server knows."""
        if curie not in self.graph:
            raise unknown_concept(curie, self.graph.name)
        number = self.graph.index(curie)
        if (preferred := self.graph.curie(number)) != curie:
            raise unknown_concept(curie, self.graph.name, f"it is {preferred} here")
        return number

    def _fitting(self, categories: Names) -> Mask:
        """Mark the concepts that have one of these categories."""
        fits = np.array([categories is None or name in categories for name in self.categories], dtype=np.bool_)
        marked: Mask = fits[self.category]
        return marked

    def _named(self, predicates: Names) -> Mask:
        """Mark, by number, the predicates that are among these."""
        return np.array([predicates is None or name in predicates for name in self.graph.predicates], dtype=np.bool_)


class Search:
    """One search: from where the target can be reached, and every way there."""

    def __init__(self, finder: GraphFinder, walk: Walk, source: int, target: int) -> None:
        self.finder, self.graph, self.walk, self.source, self.target = finder, finder.graph, walk, source, target
        self.reach = [np.arange(self.graph.n_concepts) == target]  # by hops that are left: from where they can lead to the target
        self.known: dict[tuple[int, Leg, int], list[Arc]] = {}
        self.spelled: dict[Arc, list[tuple[str, str, bool]]] = {}

    def routes(self, hops: int) -> Iterator[Route]:
        """Yield the routes of exactly this many hops, by node ids, then edge ids."""
        legs = self.walk.legs(hops)
        for left in range(len(self.reach), hops):
            self.reach.append(self.before(self.reach[-1], legs[hops - left]))
        for chain_ in self.chains((self.source,), (), legs):
            nodes = tuple(self.graph.curie(node) for node in (self.source, *(arc.node for arc in chain_)))
            for edges in product(*map(self.spell, chain_)):
                ids, predicates, inverted = zip(*edges, strict=True)
                yield Route(nodes, ids, predicates, inverted)

    def chains(self, nodes: tuple[int, ...], done: tuple[Arc, ...], legs: tuple[Leg, ...]) -> Iterator[tuple[Arc, ...]]:
        """Yield the ways on from the last of ``nodes``, each neighbour once, in the order of their numbers."""
        left = len(legs) - len(done)
        if not left:
            yield done
            return
        for arc in self.neighbours(nodes[-1], legs[len(done)], left - 1):
            if arc.node not in nodes and (left == 1 or arc.node != self.target):
                yield from self.chains((*nodes, arc.node), (*done, arc), legs)

    def neighbours(self, node: int, leg: Leg, left: int) -> list[Arc]:
        """Return where one hop leads from a concept, if the target can be reached from there with the hops that are left."""
        if (found := self.known.get((node, leg, left))) is None:
            goal = self.reach[left] & self.finder.fitting(leg.to)
            rows: dict[int, list[tuple[int, bool]]] = {}
            for csr, names, inverted in ((self.graph.out, leg.along, False), (self.graph.inn, leg.against, True)):
                span = csr.span(node)
                keep = goal[csr.neighbour[span]] & self.finder.named(names)[csr.predicate[span]] & self.finder.usable[csr.edge[span]]
                for neighbour, row in zip(csr.neighbour[span][keep].tolist(), csr.edge[span][keep].tolist(), strict=True):
                    rows.setdefault(neighbour, []).append((row, inverted))
            found = self.known[node, leg, left] = [Arc(neighbour, tuple(rows[neighbour])) for neighbour in sorted(rows)]
        return found

    def before(self, goal: Mask, leg: Leg) -> Mask:
        """Mark the concepts from which one hop leads to where ``goal`` is."""
        at = np.flatnonzero(goal & self.finder.fitting(leg.to))
        found = np.zeros(self.graph.n_concepts, dtype=np.bool_)
        for csr, names in ((self.graph.inn, leg.along), (self.graph.out, leg.against)):
            _, place = ragged(at, csr.indptr[at], csr.indptr[at + 1])
            keep = self.finder.named(names)[csr.predicate[place]] & self.finder.usable[csr.edge[place]]
            found[csr.neighbour[place[keep]]] = True
        return found

    def spell(self, arc: Arc) -> list[tuple[str, str, bool]]:
        """Return id, predicate and inversion of the edges of an arc, by id."""
        if arc not in self.spelled:
            graph = self.graph
            self.spelled[arc] = sorted((graph.edge_id(row), graph.predicates[graph.edge_predicate[row]], inverted) for row, inverted in arc.edges)
        return self.spelled[arc]
