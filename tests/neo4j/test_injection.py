"""No value becomes Cypher: names, predicates, categories, ids, qualifiers and a graph's name may hold anything, and are only read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kgpaths.errors import ConfigError, GraphError
from kgpaths.graph.as_neo4j import EDGE_PROPERTIES
from kgpaths.graph.recipe import build, single
from kgpaths.graph.store import Graph
from kgpaths.neo4j.connection import Server
from kgpaths.neo4j.load import LONGEST_CURIE, LONGEST_NAME, load, unload
from tests.graphs import Line, Thing, graph_of, line
from tests.neo4j.places import without

DELETE = "MATCH (n) DETACH DELETE n"
ATTACKS = (
    f"' {DELETE} //",
    f"'}}) {DELETE} //",
    f'" {DELETE} //',
    f'"}}) {DELETE} //',
    f"\\' {DELETE} //",
    f"` {DELETE} //",
    f"`]->() {DELETE} //",
    f"\\u0060]->() {DELETE} //",
    f"\\\\u0060]->() {DELETE} //",
    f"\\u005C\\u0060]->() {DELETE} //",
    f"\\u0027}}) {DELETE} //",
    f"``) {DELETE} //",
    f"); {DELETE}; //",
    f"*/ {DELETE} /*",
    "$(edge) {drop: true}",
    "$graph",
    "${jndi:ldap://127.0.0.1/x}",
    "[:X|Y&Z%]",
    "n]-(m) RETURN 1 UNION MATCH (n) RETURN n",
)
ODD = (
    "it's",
    'say "no"',
    "back\\slash",
    "ends in \\",
    "`",
    "``",
    "\\u0060",
    "\\u005Cu0060",
    ";",
    "two\nlines",
    "carriage\r\nreturn",
    "\ttab",
    " lead and trail ",
    "nul\0within",
    "emoji 🫀 naïve 日本語 עברית",
    "\u2028 separator",
    "{brace} [bracket] (paren) $dollar #hash &amp; %25",
    "null",
    "TRUE",
    "x" * 10_000,
    "y" * 100_000,
    "word " * 20_000,
)
HARD = (*ATTACKS, *ODD)


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    """A name of the test's own, and a canary that no load may touch."""
    given = f"injection {uuid4().hex[:8]}"
    server.write("CREATE (:Canary {name: $name})-[:SINGS]->(:Canary {name: $name})", name=given)
    yield given
    alive = server.read("MATCH (a:Canary {name: $name})-[r:SINGS]->(b:Canary {name: $name}) RETURN count(r) AS n", name=given)
    server.write("MATCH (c:Canary {name: $name}) DETACH DELETE c", name=given)
    without(server, given)
    assert alive == [{"n": 1}]


def read(server: Server, name: str) -> list[tuple[str, str, str]]:
    """Return the edges of a graph by the names of their ends, sorted."""
    query = "MATCH (a:Concept {graph: $graph})-[r]->(b:Concept) RETURN a.name AS a, type(r) AS type, b.name AS b"
    return sorted((row["a"], row["type"], row["b"]) for row in server.read(query, graph=name))


def test_names_synonyms_and_definitions_come_back_as_they_are(tmp_path: Path, server: Server, name: str) -> None:
    nodes = {text: Thing("Disease", id=f"X:{i}", synonyms=(f"also {text}",), definition=f"is {text}") for i, text in enumerate(HARD)}
    done = load(graph_of(tmp_path, line(HARD[0], "causes", HARD[1]), nodes=nodes), server, name=name)
    assert (done.concepts, done.edges, done.odd) == (len(HARD), 1, [])
    query = "MATCH (c:Concept {graph: $graph}) RETURN c.curie AS curie, c.name AS name, c.synonyms AS synonyms, c.definition AS definition"
    found = {row["curie"]: row for row in server.read(query, graph=name)}
    for i, text in enumerate(HARD):
        assert found[f"X:{i}"] == {"curie": f"X:{i}", "name": text, "synonyms": [f"also {text}"], "definition": f"is {text}"}


def test_predicates_of_any_characters_are_types(tmp_path: Path, server: Server, name: str) -> None:
    predicates = [f"X:{text}" for text in HARD]
    edges = [line("a", predicate, f"b{i}") for i, predicate in enumerate(predicates)]
    graph = graph_of(tmp_path, *edges)
    done = load(graph, server, name=name)
    assert done.edges == len(HARD)
    assert read(server, name) == sorted(("a", p.replace("\0", "␀"), f"b{i}") for i, p in enumerate(predicates))
    assert done.odd == ["predicate 'X:nul\\x00within': no label or type holds a NUL; ␀ stands for it"]
    again = load(graph, server, name=name)
    assert not again.changed and again.odd == done.odd
    assert not load(graph, server, name=name, check=True).changed


def test_ids_of_any_characters_are_curies(tmp_path: Path, server: Server, name: str) -> None:
    texts = [text for text in HARD if len(text) <= 1_000]
    nodes = {f"n{i}": Thing("Disease", id=f"X:{text}") for i, text in enumerate(texts)}
    edges = [line(f"n{i}", "causes", f"n{i + 1}") for i in range(len(texts) - 1)]
    done = load(graph_of(tmp_path, *edges, nodes=nodes), server, name=name)
    assert (done.concepts, done.edges, done.odd) == (len(texts), len(edges), [])
    curies = [row["curie"] for row in server.read("MATCH (c:Concept {graph: $graph}) RETURN c.curie AS curie", graph=name)]
    assert sorted(curies) == sorted(f"X:{text}" for text in texts)
    assert load(graph_of(tmp_path, *edges, nodes=nodes, folder="again"), server, name=name, check=True).changed is False


def test_an_id_that_no_index_takes_is_left_out_with_its_edges_and_told(tmp_path: Path, server: Server, name: str) -> None:
    most, more = "X:" + "é" * (LONGEST_CURIE // 2 - 1), "X:" + "é" * (LONGEST_CURIE // 2)
    assert (len(most.encode()), len(more.encode())) == (LONGEST_CURIE, LONGEST_CURIE + 2)
    nodes = {"most": Thing("Disease", id=most), "more": Thing("Disease", id=more)}
    graph = graph_of(tmp_path, line("most", "causes", "a"), line("more", "causes", "a"), line("a", "causes", "more"), nodes=nodes)
    given = name + "é" * ((LONGEST_NAME - len(name)) // 2)  # the longest name beside the longest id
    try:
        done = load(graph, server, name=given)
        assert (done.concepts, done.edges) == (2, 1)
        assert read(server, given) == [("most", "causes", "a")]
        assert (
            len(done.odd) == 1 and done.odd[0].startswith("concept X:é") and "8,002 bytes" in done.odd[0] and "left out with its edges" in done.odd[0]
        )
        for check in (False, True):
            again = load(graph, server, name=given, check=check)
            assert not again.changed and again.odd == done.odd
    finally:
        unload(server, given)


def test_qualifiers_of_any_characters_are_properties(tmp_path: Path, server: Server, name: str) -> None:
    texts = [text for text in HARD if len(text) <= 1_000]
    keys = [*texts, *sorted(EDGE_PROPERTIES), ""]
    edges = [Line(f"n{i}", "causes", "m", qualifiers=((key, f"value {key}"),)) for i, key in enumerate(keys)]
    done = load(graph_of(tmp_path, *edges), server, name=name)
    assert done.edges == len(keys)
    query = "MATCH (a:Concept {graph: $graph})-[r]->() RETURN a.name AS name, properties(r) AS properties"
    found = {row["name"]: row["properties"] for row in server.read(query, graph=name)}
    for i, key in enumerate(keys):
        own = {k: v for k, v in found[f"n{i}"].items() if k not in EDGE_PROPERTIES}
        stands_for = f"qualifier_{key}" if key in EDGE_PROPERTIES or not key else key.replace("\0", "␀")
        assert own == {stands_for: f"value {key}"}
        assert found[f"n{i}"]["graph"] == name and len(found[f"n{i}"]["id"]) == 20
    assert len(done.odd) == len(EDGE_PROPERTIES) + 2
    assert "qualifier 'id': no property may have this name here; it is qualifier_id" in done.odd


@pytest.mark.parametrize("text", [*(text for text in HARD if len(text.encode()) <= 80), ""])
def test_a_graph_may_have_any_name(tmp_path: Path, server: Server, name: str, text: str) -> None:
    mine = graph_of(tmp_path, line("a", "treats", "b"), name=text)
    if not text:
        with pytest.raises(ConfigError, match="name is empty"):
            load(mine, server)
        return
    load(mine, server, name=name)
    try:
        assert load(mine, server).graph == text
        assert read(server, text) == read(server, name) == [("a", "treats", "b")]
    finally:
        unload(server, text)
    assert read(server, text) == [] and read(server, name) == [("a", "treats", "b")]


def test_files_of_any_content_are_only_text(tmp_path: Path, server: Server, name: str) -> None:
    """From the user's CSV through the store to the server and back."""
    texts = [text for text in HARD if "\0" not in text and "\r" not in text and text == text.strip()]
    rows = "".join(f'n{i},"{text.replace(chr(34), chr(34) * 2)}"\n' for i, text in enumerate(texts))
    (tmp_path / "nodes.csv").write_text(f"id,name\n{rows}", encoding="utf-8", newline="")
    (tmp_path / "edges.csv").write_text("s,o\n" + "".join(f"n{i},n{i + 1}\n" for i in range(len(texts) - 1)), encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        f"name: hostile\nlicence: {json.dumps(ATTACKS[7])}\nprefix: LOCAL\n"
        "nodes: {file: nodes.csv, id: id, name: name, category: Disease}\n"
        "edges: {file: edges.csv, subject: s, predicate: subclass_of, object: o}\n",
        encoding="utf-8",
    )
    build(single("csv", str(tmp_path / "own.yaml"), {}), tmp_path / "graph", cache=tmp_path / "cache", progress=lambda step: None)
    graph = Graph.open(tmp_path / "graph")
    done = load(graph, server, name=name)
    assert (done.concepts, done.edges) == (graph.n_concepts, graph.n_edges) == (len(texts), len(texts) - 1)
    names = [row["name"] for row in server.read("MATCH (c:Concept {graph: $graph}) RETURN c.name AS name", graph=name)]
    assert sorted(names) == sorted(texts)
    assert server.read("MATCH (g:Graph {name: $graph}) RETURN g.licences AS l", graph=name) == [{"l": [f"hostile: {ATTACKS[7]}"]}]


def forged(tmp_path: Path, category: str) -> Graph:
    """A graph folder whose manifest someone has changed: no build makes such a category."""
    path = graph_of(tmp_path, line("a", "causes", "b"), nodes={"a": "Disease", "b": "Disease"}).path
    copy = tmp_path / "forged"
    shutil.copytree(path, copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["categories"] = {category: manifest["categories"]["Disease"]}
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Graph.open(copy)


@pytest.mark.parametrize("category", [text for text in HARD if len(text) < 20_000])
def test_a_forged_category_is_a_label_and_no_more(tmp_path: Path, server: Server, name: str, category: str) -> None:
    load(forged(tmp_path, category), server, name=name)
    found = server.read("MATCH (c:Concept {graph: $graph}) UNWIND labels(c) AS label RETURN DISTINCT label ORDER BY label = 'Concept'", graph=name)
    assert [row["label"] for row in found] == [category.replace("\0", "␀"), "Concept"]


@pytest.mark.parametrize("category", ["Graph", "Run", "Question", "Retired"])
def test_a_forged_category_does_not_pass_for_what_is_no_concept(tmp_path: Path, server: Server, name: str, category: str) -> None:
    done = load(forged(tmp_path, category), server, name=name)
    assert server.read(f"MATCH (c:Concept:{category} {{graph: $graph}}) RETURN c", graph=name) == []
    assert done.odd == [f"category {category!r}: this label is for something else; it is {category}_"]


@pytest.mark.parametrize("category", ["", "half \ud800"])
def test_a_category_that_is_no_text_is_refused(tmp_path: Path, server: Server, name: str, category: str) -> None:
    with pytest.raises(GraphError, match="is no text"):
        load(forged(tmp_path, category), server, name=name)
