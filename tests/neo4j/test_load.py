"""Graphs in Neo4j, on the real server: what is read back is what the store has, however the load went."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from kgpaths.errors import ConfigError, ServerError
from kgpaths.graph.as_neo4j import edges, mark
from kgpaths.graph.store import Graph
from kgpaths.model import Edge
from kgpaths.neo4j import cypher
from kgpaths.neo4j import load as loading
from kgpaths.neo4j.connection import Address, Server
from kgpaths.neo4j.load import Loaded, listed, load, unload
from tests.graphs import Thing, graph_of, line
from tests.neo4j.places import snapshot, without

SAMPLE = 400

ALL_EDGES = "MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL MATCH (c)-[r]->(d:Concept {graph: $graph}) WHERE r.graph = $graph"


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    """A name that no other test has; what is loaded under it is gone afterwards."""
    given = f"load {uuid4().hex[:8]}"
    yield given
    without(server, given)


@pytest.fixture
def other(server: Server) -> Iterator[str]:
    given = f"load other {uuid4().hex[:8]}"
    yield given
    without(server, given)


def whole(server: Server, graph: Graph, name: str) -> bool:
    """Tell whether all of a graph is there, once, and nothing else under its name."""
    curies = [row["curie"] for row in server.read("MATCH (c:Concept {graph: $graph}) RETURN c.curie AS curie", graph=name)]
    ids = [row["id"] for row in server.read(f"{ALL_EDGES} RETURN r.id AS id", graph=name)]
    there = {edge[2] for part in edges(graph, 10_000) for edge in part.edges}
    return sorted(curies) == [graph.curie(i) for i in range(graph.n_concepts)] and len(ids) == graph.n_edges and set(ids) == there


# the embedded graph


@pytest.fixture(scope="module")
def loaded(embedded: Graph, server: Server) -> Iterator[Loaded]:
    """The embedded graph, loaded once for the tests that read it back."""
    name = f"embedded {uuid4().hex[:8]}"
    try:
        yield load(embedded, server, name=name)
    finally:
        unload(server, name)


def test_the_embedded_graph_is_there_whole(embedded: Graph, server: Server, loaded: Loaded) -> None:
    assert (loaded.concepts, loaded.edges) == (loaded.concepts_written, loaded.edges_written) == (embedded.n_concepts, embedded.n_edges)
    assert loaded.odd == []
    labels = server.read(
        "MATCH (c:Concept {graph: $graph}) UNWIND labels(c) AS label RETURN label, count(*) AS n, sum(toInteger(c.linkable)) AS linkable",
        graph=loaded.graph,
    )
    assert {row["label"]: row["n"] for row in labels} == {"Concept": embedded.n_concepts, **embedded.manifest.categories}
    assert next(row["linkable"] for row in labels if row["label"] == "Concept") == sum(map(embedded.linkable, range(embedded.n_concepts)))
    types = server.read(f"{ALL_EDGES} RETURN type(r) AS type, count(*) AS n", graph=loaded.graph)
    assert {row["type"]: row["n"] for row in types} == embedded.manifest.predicates


def test_negations_frequencies_publications_and_evidence_add_up(embedded: Graph, server: Server, loaded: Loaded) -> None:
    """Every edge is summed up on both sides; the sample below looks at single ones."""
    found = server.read(
        f"""{ALL_EDGES} RETURN count(DISTINCT r.id) AS ids, count(DISTINCT r.content_hash) AS hashes,
        sum(toInteger(r.negated)) AS negated, count(r.frequency) AS stated, sum(r.frequency) AS often,
        sum(size(r.evidence)) AS evidence, sum(size(r.publications)) AS publications, count(r.publications) AS published""",
        graph=loaded.graph,
    )[0]
    known = embedded.edge_frequency[~np.isnan(embedded.edge_frequency)].astype(float)
    cited = [[p for p in one if p] for one in embedded._evidence["publications"].to_pylist()]
    begin, of = embedded._evidence_indptr.tolist(), embedded._evidence_of.tolist()
    published = [{p for row in of[low:high] for p in cited[row]} for low, high in pairwise(begin)]
    assert found["ids"] == embedded.n_edges
    assert found["hashes"] == len({embedded._edge_hash[i].tobytes() for i in range(embedded.n_edges)})
    assert found["negated"] == int(embedded.edge_negated.sum()) > 2_000
    assert found["stated"] == len(known) > 100_000
    assert found["often"] == pytest.approx(known.sum(), rel=1e-9)
    assert found["evidence"] == int(embedded._evidence_indptr[-1])
    assert found["publications"] == sum(map(len, published))
    assert found["published"] == sum(map(bool, published)) > 50_000


def test_edges_say_what_the_store_says(embedded: Graph, server: Server, loaded: Loaded) -> None:
    rng = random.Random(5)
    negated = np.flatnonzero(embedded.edge_negated).tolist()
    frequent = np.flatnonzero(~np.isnan(embedded.edge_frequency)).tolist()
    rows = [*rng.sample(range(embedded.n_edges), SAMPLE), *rng.sample(negated, SAMPLE), *rng.sample(frequent, SAMPLE)]
    wanted = {embedded.edge(row).id: row for row in rows}
    found = server.read(
        """UNWIND $rows AS row MATCH (a:Concept {graph: $graph, curie: row[0]})-[r]->(b:Concept {graph: $graph, curie: row[1]}) WHERE r.id = row[2]
        RETURN a.curie AS subject, type(r) AS predicate, b.curie AS object, properties(r) AS properties""",
        rows=[[e.subject, e.object, e.id] for e in map(embedded.edge, wanted.values())],
        graph=loaded.graph,
    )
    assert len(found) == len(wanted) > 2 * SAMPLE
    for row in found:
        number = wanted[row["properties"]["id"]]
        edge = embedded.edge(number)
        assert (row["subject"], row["predicate"], row["object"]) == (edge.subject, edge.predicate, edge.object)
        properties = {**row["properties"], "evidence": [json.loads(text) for text in row["properties"]["evidence"]]}
        frequency = float(embedded.edge_frequency[number])
        stated = {} if np.isnan(frequency) else {"frequency": frequency}
        assert properties == {**said(edge), **stated, "graph": loaded.graph, "load": mark(embedded.manifest)}


def said(edge: Edge) -> dict[str, Any]:
    """Return what a relationship is to say of an edge, made from the model alone."""
    qualifiers: dict[str, list[str]] = {}
    for q in edge.qualifiers:
        qualifiers.setdefault(q.key, []).append(q.value)
    return filled(
        {
            "id": edge.id,
            "content_hash": edge.content_hash,
            "negated": edge.negated,
            **{key: "|".join(values) for key, values in qualifiers.items()},
            "frequency_stated": list(edge.frequency.texts) if edge.frequency else [],
            "sources": list(dict.fromkeys(e.source for e in edge.evidence)),
            "publications": list(dict.fromkeys(p for e in edge.evidence for p in e.publications)),
            "evidence": [filled(e.model_dump(mode="json")) for e in edge.evidence],
        }
    )


def filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def test_concepts_say_what_the_store_says(embedded: Graph, server: Server, loaded: Loaded) -> None:
    numbers = random.Random(6).sample(range(embedded.n_concepts), SAMPLE)
    found = server.read(
        "UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) RETURN labels(c) AS labels, properties(c) AS properties",
        curies=[embedded.curie(number) for number in numbers],
        graph=loaded.graph,
    )
    assert len(found) == SAMPLE
    for number, row in zip(numbers, found, strict=True):
        concept = embedded.concept(embedded.curie(number))
        assert sorted(row["labels"]) == sorted({"Concept", concept.category})
        assert row["properties"] == {
            **filled({field: getattr(concept, field) for field in ("curie", "name", "definition")}),
            **filled({field: list(getattr(concept, field)) for field in ("semantic_types", "xrefs")}),
            **filled({"synonyms": [s.text for s in concept.synonyms], "synonym_scopes": [s.scope for s in concept.synonyms]}),
            "linkable": embedded.linkable(number),
            "graph": loaded.graph,
            "load": mark(embedded.manifest),
        }


def test_names_and_synonyms_are_found_by_words(server: Server, loaded: Loaded) -> None:
    query = "CALL db.index.fulltext.queryNodes('kgpaths_names', $words) YIELD node WHERE node.graph = $graph RETURN node.name AS name"
    assert [row["name"] for row in server.read(query, words='"spoon-shaped nails"', graph=loaded.graph)] == ["Concave nail"]


def test_a_second_load_of_the_embedded_graph_changes_nothing(embedded: Graph, server: Server, loaded: Loaded) -> None:
    for check in (False, True):
        again = load(embedded, server, name=loaded.graph, check=check)
        assert not again.changed
        assert (again.concepts, again.edges) == (embedded.n_concepts, embedded.n_edges)


# small graphs


def hub(folder: Path, edges: int = 30) -> Graph:
    """A graph of one hub with ``edges`` edges, and one concept that none of them names."""
    spokes = (line("hub", "has_phenotype", f"spoke {i}", publications=(f"PMID:{i}",)) for i in range(edges))
    return graph_of(folder, *spokes, nodes={"alone": "Disease"}, name="hub", folder=f"hub{edges}")


def test_a_graph_says_what_it_is(tmp_path: Path, server: Server, name: str) -> None:
    graph = graph_of(tmp_path, line("a", "treats", "b"))
    load(graph, server, name=name)
    about = next(row for row in listed(server) if row["name"] == name)
    assert (about["state"], about["hash"], about["concepts"], about["edges"]) == ("complete", graph.hash, 2, 1)
    assert about["licences"] == ["test: CC0-1.0"]
    assert server.read("MATCH (g:Graph {name: $graph})-[r]-() RETURN r", graph=name) == []


def test_a_second_load_changes_nothing_at_all(tmp_path: Path, server: Server, name: str) -> None:
    graph = hub(tmp_path)
    assert load(graph, server, name=name).edges_written == 30
    before = snapshot(server, name)
    for check in (False, True):
        assert not load(graph, server, name=name, check=check).changed
        assert snapshot(server, name) == before


def test_a_hub_larger_than_a_transaction_is_there_whole(tmp_path: Path, server: Server, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "EDGES", 7)
    monkeypatch.setattr(loading, "CONCEPTS", 5)
    graph = hub(tmp_path)
    load(graph, server, name=name)
    assert whole(server, graph, name)
    server.write("MATCH (c:Concept {graph: $graph})-[r]->() WITH r LIMIT 11 DELETE r", graph=name)
    again = load(graph, server, name=name)
    assert again.edges_written == 11
    assert whole(server, graph, name)
    load(hub(tmp_path, 3), server, name=name)
    assert whole(server, hub(tmp_path, 3), name)


def test_counts_that_are_off_are_mended_without_being_asked(tmp_path: Path, server: Server, name: str) -> None:
    graph = hub(tmp_path)
    load(graph, server, name=name)
    server.write("MATCH (c:Concept {graph: $graph, curie: 'X:spoke-3'}) DETACH DELETE c", graph=name)
    again = load(graph, server, name=name)
    assert (again.concepts_written, again.edges_written) == (1, 1)
    assert whole(server, graph, name)


def test_what_is_there_twice_is_told(tmp_path: Path, server: Server, name: str) -> None:
    graph = graph_of(tmp_path, line("a", "treats", "b"))
    load(graph, server, name=name)
    server.write("MATCH (a:Concept {graph: $graph})-[r]->(b) CREATE (a)-[twin:treats]->(b) SET twin = properties(r)", graph=name)
    with pytest.raises(ServerError, match=r"holds 2 concepts and 2 edges of .*, not 2 and 1 .*--remove"):
        load(graph, server, name=name)
    unload(server, name)
    assert load(graph, server, name=name).edges == 1


def test_a_newer_build_sets_what_changed_and_takes_out_what_is_gone(tmp_path: Path, server: Server, name: str) -> None:
    old = graph_of(
        tmp_path,
        line("drug", "treats", "disease", publications=("PMID:1",)),
        line("disease", "has_phenotype", "cough"),
        line("disease", "has_phenotype", "gone sign"),
        nodes={"disease": Thing("Disease", synonyms=("old word",), definition="old"), "odd one": "Disease"},
        folder="old",
    )
    new = graph_of(
        tmp_path,
        line("drug", "treats", "disease", publications=("PMID:1", "PMID:2")),
        line("disease", "has_phenotype", "cough", negated=True),
        line("disease", "has_phenotype", "new sign"),
        nodes={"disease": Thing("Disease", synonyms=("new word",)), "odd one": "Gene"},
        folder="new",
    )
    load(old, server, name=name)
    done = load(new, server, name=name)
    assert (done.concepts_removed, done.edges_removed) == (1, 2)
    assert whole(server, new, name)
    updated = snapshot(server, name)
    unload(server, name)
    load(new, server, name=name)
    assert snapshot(server, name) == updated


def test_a_concept_that_a_run_shows_is_retired_and_comes_back_as_itself(tmp_path: Path, server: Server, name: str) -> None:
    old = graph_of(tmp_path, line("a", "treats", "b"), line("a", "treats", "c"), folder="old")
    new = graph_of(tmp_path, line("a", "treats", "b"), folder="new")
    load(old, server, name=name)
    server.write("MATCH (c:Concept {graph: $graph, curie: 'X:c'}) MERGE (:ThinkingPath {id: $graph, run: $graph})-[:STARTS_AT]->(c)", graph=name)
    shown = "MATCH (:ThinkingPath {id: $graph})-->(c) RETURN labels(c) AS labels, elementId(c) AS id, c.name AS name"
    before = server.read(shown, graph=name)[0]
    try:
        done = load(new, server, name=name)
        assert (done.concepts_retired, done.concepts_removed, done.edges_removed) == (1, 0, 1)
        assert whole(server, new, name)
        retired = server.read(shown, graph=name)[0]
        assert "Retired" in retired["labels"] and "Concept" not in retired["labels"] and retired["name"] == "c"
        load(old, server, name=name)
        assert whole(server, old, name)
        assert server.read(shown, graph=name) == [{**before, "labels": before["labels"]}]
        load(new, server, name=name)
    finally:
        server.write("MATCH (t:ThinkingPath {run: $graph}) DETACH DELETE t", graph=name)
    unload(server, name)
    assert server.read("MATCH (c:Retired {graph: $graph}) RETURN c", graph=name) == []


def test_graphs_live_side_by_side(tmp_path: Path, server: Server, name: str, other: str) -> None:
    old, new = hub(tmp_path, 9), hub(tmp_path, 4)
    load(old, server, name=name)
    load(old, server, name=other)
    before = snapshot(server, other)
    load(new, server, name=name)
    assert whole(server, new, name) and whole(server, old, other) and snapshot(server, other) == before
    done = unload(server, name)
    assert (done.concepts_removed, done.edges_removed) == (new.n_concepts, new.n_edges)
    assert snapshot(server, name) == [] and snapshot(server, other) == before
    assert name not in [row["name"] for row in listed(server)]


def test_a_graph_that_is_not_there_cannot_be_taken_out(server: Server, name: str) -> None:
    with pytest.raises(ServerError, match="has no graph"):
        unload(server, name)


@pytest.mark.parametrize("wrong", ["n" * 101, "half \ud800"])
def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path, server: Server, wrong: str) -> None:
    with pytest.raises(ConfigError, match="the graph's name"):
        load(graph_of(tmp_path, line("a", "treats", "b")), server, name=wrong)


# loads that are cut off

SLOW = """
import sys
from kgpaths.graph.store import Graph
from kgpaths.neo4j import load
from kgpaths.neo4j.connection import Address, connected
load.CONCEPTS = load.EDGES = 50
with connected(Address.of()) as server:
    load.load(Graph.open(sys.argv[1]), server, name=sys.argv[2])
"""


def many(folder: Path, edges: int = 6_000) -> Graph:
    """A graph of many edges, some of them negated, at a few hubs."""
    lines = (line(f"drug {i % 60}", "treats", f"disease {i // 60}", negated=i % 11 == 0) for i in range(edges))
    return graph_of(folder, *lines, folder="many")


def begun(graph: Graph, name: str, address: Address) -> subprocess.Popen[bytes]:
    """Begin a load in small transactions, in a process of its own."""
    environment = os.environ | {"NEO4J_URI": address.uri, "NEO4J_USERNAME": address.user, "NEO4J_PASSWORD": address.password}
    return subprocess.Popen([sys.executable, "-c", SLOW, str(graph.path), name], env=environment)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_load_goes_on_where_it_stopped(tmp_path: Path, server: Server, server_address: Address, name: str, sign: signal.Signals) -> None:
    graph = many(tmp_path)
    process = begun(graph, name, server_address)
    deadline = time.monotonic() + 120
    count = f"{ALL_EDGES} RETURN count(r) AS n"
    while server.read(count, graph=name)[0]["n"] < 300:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(sign)
    assert process.wait(30) != 0
    at = server.read(count, graph=name)[0]["n"]
    assert 300 <= at < graph.n_edges
    assert next(row["state"] for row in listed(server) if row["name"] == name) == "loading"
    done = load(graph, server, name=name)
    assert 0 < done.edges_written <= graph.n_edges - at
    assert whole(server, graph, name)
    assert not load(graph, server, name=name, check=True).changed


def test_two_loads_at_once_write_nothing_twice(tmp_path: Path, server: Server, server_address: Address, name: str) -> None:
    graph = many(tmp_path, 2_000)
    processes = [begun(graph, name, server_address) for _ in range(2)]
    assert [process.wait(120) for process in processes].count(0) >= 1
    load(graph, server, name=name)
    assert whole(server, graph, name)


def test_edges_are_merged_by_looking_at_their_ends(tmp_path: Path, server: Server, name: str) -> None:
    """A plan that scans all relationships for each row would make a large load last for hours."""
    plans: Counter[str] = Counter()

    def explain(what: str, done: int, total: int) -> None:
        if what == "loading concepts":
            with server.driver.session() as session:
                plan = session.run("EXPLAIN " + cypher.MERGE_EDGES, graph=name, edges=[], alike=[]).consume().plan
                plans.update(operators(plan))

    load(graph_of(tmp_path, line("a", "treats", "b")), server, name=name, progress=explain)
    assert any(operator.startswith("Expand(Into)") for operator in plans)
    assert not any("RelationshipsScan" in operator for operator in plans)


def operators(plan: Any) -> Iterator[str]:
    yield plan["operatorType"]
    for child in plan.get("children", ()):
        yield from operators(child)
