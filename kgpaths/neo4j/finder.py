"""Find paths in a graph that is in Neo4j: the twin of ``kgpaths.search.finder``, with the same answers to the last path.

This is for looking at a graph that is nowhere else, not for searching thousands of pairs: a search within a few hops takes
milliseconds to seconds here. Only edges of the complete load are walked, never what a push has drawn.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kgpaths.errors import ConfigError, ServerError, StoppedShort
from kgpaths.graph.as_neo4j import EDGE_PROPERTIES, LABEL
from kgpaths.graph.walk import LIMIT, MOST_HOPS, USUAL, Leg, Names, Route, Walk, check_bounds, unknown_concept
from kgpaths.neo4j import cypher
from kgpaths.neo4j.load import COMPLETE, NUL, SHOWN_NUL
from kgpaths.neo4j.texts import readable, whole
from kgpaths.vocabulary import TOLD_QUALIFIERS

if TYPE_CHECKING:
    from kgpaths.neo4j.connection import Row, Server

SECONDS = 30.0
"""Limit of one search, unless another is given. The server looks at its clock now and then, so it may take half as long again."""

TOLD = sorted(EDGE_PROPERTIES.union(TOLD_QUALIFIERS))
"""The properties that an edge may have to be walked: any other is a qualifier that is never put into words."""


class Neo4jFinder:
    """The paths of a graph in a server. See ``kgpaths.search.finder.PathFinder``."""

    def __init__(self, server: Server, graph: str, *, seconds: float = SECONDS) -> None:
        """Search the graph that is loaded under the name ``graph``, each search within ``seconds``. Raises ConfigError where these are none."""
        if not seconds > 0:
            raise ConfigError(f"a time limit of {seconds} seconds", mend="give a number above 0")
        self.server, self.graph, self.seconds = server, whole(graph), seconds

    def all_paths(self, source: str, target: str, walk: Walk = USUAL, *, max_hops: int = 3, limit: int = LIMIT) -> tuple[Route, ...]:
        """Return the first ``limit`` paths of at most ``max_hops`` hops that repeat no concept: by hops, then node ids, then edge ids.

        All paths of a length are found before the first of them are known. Raises InputError where an id is no concept's or a
        bound is out of range, StoppedShort where time or memory do not suffice, ServerError where the graph is not there whole.
        """
        search = Search(self, source, target, walk, max_hops, limit)
        found = list(search.at_once)
        for hops in search.lengths:
            if len(found) == limit:
                break
            found += search.all_routes(hops, limit - len(found))
        return tuple(found)

    def shortest_paths(self, source: str, target: str, walk: Walk = USUAL, *, max_hops: int = 4, limit: int = LIMIT) -> tuple[Route, ...]:
        """Return the first ``limit`` of the paths with the fewest hops. Raises as ``all_paths`` does."""
        search = Search(self, source, target, walk, max_hops, limit)
        if search.at_once or not search.lengths:
            return search.at_once
        if not walk.pattern and way(walk.leg).how != "mixed":
            return tuple(search.shortest_routes(max_hops, limit))
        found = (tuple(search.all_routes(hops, limit)) for hops in search.lengths)
        return next(filter(None, found), ())

    def names(self, curies: Iterable[str]) -> dict[str, str]:
        """Return the names of concepts by their ids."""
        rows = self.server.read(cypher.NAMES_OF, seconds=self.seconds, graph=self.graph, curies=sorted(curies))
        return {row["curie"]: row["name"] for row in rows}


class Search:
    """One search: what can be told from the ends alone, and the queries for the rest, all within one time limit."""

    def __init__(self, finder: Neo4jFinder, source: str, target: str, walk: Walk, max_hops: int, limit: int) -> None:
        check_bounds(max_hops, limit)
        lengths = walk.lengths(max_hops)
        self.server, self.walk, self.seconds = finder.server, walk, finder.seconds
        self.until = time.monotonic() + finder.seconds
        self.values: dict[str, Any] = {"graph": finder.graph, "source": source, "target": target, "told": TOLD}
        ends = self.ends()
        self.values["load"] = ends["load"]
        self.nearer_source = ends["from_source"] <= ends["from_target"]
        self.at_once = (Route((source,)),) if source == target and not walk.pattern else ()
        fit = source != target and walk.starts_at(category(ends["source"])) and walk.ends_at(category(ends["target"]))
        self.lengths = lengths if fit else ()

    def ends(self) -> Row:
        """Return what the server has of the graph and both ends. Raises ServerError where the graph is not there whole, InputError for no concept."""
        where, graph = self.server.address.uri, self.values["graph"]
        found = self.read(cypher.ENDS, **{name: whole(self.values[name]) for name in ("source", "target")})[0]
        if found["load"] is None:
            there = ", ".join(map(readable, found["graphs"])) or "none"
            raise ServerError(f"holds no graph named {graph!r}; it has {there}", where=where, mend="load it: kgpaths neo4j load")
        if found["state"] != COMPLETE:
            half = f"holds {readable(graph)} in part only: its load is not finished"
            raise ServerError(half, where=where, mend="load it again: kgpaths neo4j load")
        for end in ("source", "target"):
            if found[end] is None or whole(self.values[end]) != self.values[end]:
                raise unknown_concept(self.values[end], f"{readable(graph)} in {where}")
        return found

    def all_routes(self, hops: int, limit: int) -> Iterator[Route]:
        """Yield the routes of exactly this many hops."""
        legs = self.walk.legs(hops)
        meet = (hops + 1) // 2 if self.nearer_source else hops // 2  # the end with fewer edges is expanded further
        query = cypher.all_routes([way(leg) for leg in legs], meet, MOST_HOPS)
        names = {name: value for h, leg in enumerate(legs, 1) for name, value in parameters(leg, h).items()}
        return map(route, self.read(query, limit=limit, **names))

    def shortest_routes(self, max_hops: int, limit: int) -> Iterator[Route]:
        """Yield the routes with the fewest hops, where there is no pattern."""
        leg = self.walk.leg
        return map(route, self.read(cypher.shortest_routes(way(leg), max_hops, MOST_HOPS), limit=limit, **parameters(leg, 1)))

    def read(self, query: str, **values: Any) -> list[Row]:
        """Return the rows of a query within what is left of the time. Raises StoppedShort where that is nothing."""
        left = self.until - time.monotonic()
        if left <= 0:
            what = f"stopped short: the search took longer than its limit of {self.seconds:g} s"
            raise StoppedShort(what, where=self.server.address.uri, mend="give it more time, or ask for less")
        return self.server.read(query, seconds=max(left, 0.001), **{**self.values, **values})  # a limit of 0 would be none


def way(leg: Leg) -> cypher.Way:
    """Return how a hop is written in Cypher."""
    if leg.along == leg.against:
        how = "either"
    elif leg.along is not None and not leg.along:
        how = "against"
    elif leg.against is not None and not leg.against:
        how = "along"
    else:
        how = "mixed"
    return cypher.Way(how, leg.to is not None)


def parameters(leg: Leg, hop: int) -> dict[str, list[str] | None]:
    """Return what a hop is asked for, as the parameters of a query."""
    return {f"{name}{hop}": listed(names) for name, names in (("along", leg.along), ("against", leg.against), ("to", leg.to))}


def listed(names: Names) -> list[str] | None:
    """Return names as the server has them."""
    return None if names is None else sorted(whole(name).replace(NUL, SHOWN_NUL) for name in names)


def category(labels: list[str]) -> str:
    """Return the category among the labels of a concept."""
    return next((label for label in labels if label != LABEL), "")


def route(row: Row) -> Route:
    """Return a row as a route."""
    return Route(*(tuple(row[name]) for name in ("nodes", "edges", "predicates", "inverted")))
