"""What is told of graphs in Neo4j: counts of what is complete, names that stay on their line, where to look first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kgpaths.errors import KgpathsError, ServerError
from kgpaths.neo4j import cypher, cypher_saved
from kgpaths.neo4j.connection import Server
from kgpaths.neo4j.finder import Neo4jFinder
from kgpaths.neo4j.load import listed, load, unload
from kgpaths.neo4j.queries import look
from tests.graphs import graph_of, line
from tests.neo4j.places import without
from tests.neo4j.small_run import Cut
from tests.neo4j.test_load import hub


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    """A name that no other test has; what is loaded under it is gone afterwards."""
    given = f"told {uuid4().hex[:8]}"
    yield given
    without(server, given)


@pytest.fixture
def other(server: Server) -> Iterator[str]:
    given = f"told other {uuid4().hex[:8]}"
    yield given
    without(server, given)


def test_only_a_complete_graph_tells_its_counts(tmp_path: Path, server: Server, name: str) -> None:
    def about() -> dict[str, Any]:
        return next(row for row in listed(server) if row["name"] == name)

    def shown() -> dict[str, Any]:
        return next(row for row in server.read(cypher_saved.SAVED_GRAPHS) if row["graph"] == name)

    with pytest.raises(ServerError, match="cut"):
        load(hub(tmp_path, 4), Cut(server, len(cypher.SCHEMA) + 4, arrives=True), name=name)
    assert about()["state"] == "loading" and not about().keys() & {"concepts", "edges"}
    load(hub(tmp_path, 4), server, name=name)
    assert (shown()["state"], shown()["concepts"], shown()["edges"]) == ("complete", 6, 4)
    with pytest.raises(ServerError, match="cut"):
        unload(Cut(server, 2, arrives=True), name)
    assert about()["state"] == "being removed" and not about().keys() & {"concepts", "edges"}
    assert (shown()["concepts"], shown()["edges"]) == (None, None)
    unload(server, name)
    assert name not in [row["name"] for row in listed(server)]


def test_an_error_stays_on_its_line_whatever_graphs_are_called(tmp_path: Path, server: Server, name: str) -> None:
    hostile = f"{name}, two\nlines, \x1b[31mred"
    graph = graph_of(tmp_path, line("a", "treats", "b"))
    try:
        load(graph, server, name=hostile)
        for wrong in (
            lambda: unload(server, "nobody"),
            lambda: Neo4jFinder(server, "nobody").all_paths("X:a", "X:b"),
            lambda: Neo4jFinder(server, hostile).all_paths("X:a", "X:nobody"),
        ):
            with pytest.raises(KgpathsError) as caught:
                wrong()
            assert repr(hostile) in str(caught.value) and str(caught.value).isprintable()
        server.write(cypher.MARK_GRAPH, graph=hostile, properties={"state": "loading"})
        with pytest.raises(ServerError, match="in part only") as caught:
            Neo4jFinder(server, hostile).all_paths("X:a", "X:b")
        assert str(caught.value).isprintable()
    finally:
        without(server, hostile)


def test_the_first_look_is_at_one_graph_and_not_at_what_was_pushed(tmp_path: Path, server: Server, name: str, other: str) -> None:
    hostile = f"{name}' OR\n1=1 \x1b //"
    try:
        load(hub(tmp_path, 4), server, name=hostile)
        load(hub(tmp_path, 9), server, name=other)
        ends = "MATCH (a:Concept {graph: $graph, curie: 'X:hub'}) MATCH (b:Concept {graph: $graph, curie: 'X:spoke-1'}) "
        server.write(ends + "MERGE (a)-[:HOP {run: 'r', path: 'p', order: 0}]->(b)", graph=hostile)
        assert look(hostile).isprintable()
        found = [row["p"].relationships[0] for row in server.driver.execute_query(look(hostile)).records]
        assert [(edge.type, edge["graph"]) for edge in found] == [("has_phenotype", hostile)] * 4
    finally:
        without(server, hostile)
