"""Names that break careless formats survive: from the user's files through the store to every export and back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from kgpaths.graph.build import silent
from kgpaths.graph.export import export
from kgpaths.graph.find import find
from kgpaths.graph.recipe import build, single
from kgpaths.graph.store import Graph
from kgpaths.graph.verify import verify

NAMES = (
    "quote \" and 'apostrophe'",
    "pipe | in; semicolons; commas, too",
    "two\nlines",
    "a\ttab",
    "null \0 byte",
    "emoji 🫀 naïve ☃ 日本語 עברית",
    "back\\slash {brace} [bracket] $dollar",
    "x" * 10_000,
    "NAN",
    "NULL",
    "1e5",
    "<b>markup</b> &amp;",
    "line separator\u2028here",
    "O'Brien -- DROP TABLE",
)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("hard")
    with (folder / "nodes.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([("id", "name"), *((f"n{i}", name) for i, name in enumerate(NAMES))])
    (folder / "edges.csv").write_text("s,o\n" + "".join(f"n{i},n{i + 1}\n" for i in range(len(NAMES) - 1)), encoding="utf-8")
    (folder / "own.yaml").write_text(
        "name: hard\nlicence: none\nprefix: LOCAL\n"
        "nodes: {file: nodes.csv, id: id, name: name, category: Disease}\n"
        "edges: {file: edges.csv, subject: s, predicate: subclass_of, object: o}\n",
        encoding="utf-8",
    )
    build(single("csv", str(folder / "own.yaml"), {}), folder / "graph", cache=folder / "cache", progress=silent)
    return Graph.open(folder / "graph")


def test_the_store_has_them(graph: Graph) -> None:
    assert [graph.concept(f"LOCAL:n{i}").name for i in range(len(NAMES))] == list(NAMES)
    assert verify(graph.path) == []


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_search_finds_them(graph: Graph, number: int) -> None:
    assert find(graph, NAMES[number], limit=1)[0].curie == f"LOCAL:n{number}"


def test_csv_and_node_link_json_have_them(graph: Graph, tmp_path: Path) -> None:
    export(graph, "csv", tmp_path / "csv")
    csv.field_size_limit(1 << 20)
    with (tmp_path / "csv" / "nodes.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["id"]: row["name"] for row in csv.DictReader(stream)}
    assert [rows[f"LOCAL:n{i}"] for i in range(len(NAMES))] == list(NAMES)
    files = export(graph, "networkx", tmp_path / "networkx")
    (file,) = (path for path in files if path.suffix == ".json")
    nodes = {node["id"]: node["name"] for node in json.loads(file.read_text(encoding="utf-8"))["nodes"]}
    assert [nodes[f"LOCAL:n{i}"] for i in range(len(NAMES))] == list(NAMES)


def test_kgx_brings_them_back(graph: Graph, tmp_path: Path) -> None:
    """Exported and built again they are the same graph, to the hash of every edge."""
    export(graph, "kgx", tmp_path / "kgx")
    build(single("kgx", str(tmp_path / "kgx"), {"name": "hard", "licence": "none"}), tmp_path / "again", progress=silent)
    again = Graph.open(tmp_path / "again")
    assert [again.concept(f"LOCAL:n{i}").name for i in range(len(NAMES))] == list(NAMES)
    assert {again.edge(row).id for row in range(again.n_edges)} == {graph.edge(row).id for row in range(graph.n_edges)}
