"""``kgpaths kg search`` and ``kgpaths kg export`` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgpaths.graph.store import Graph
from tests.cli.test_cli import fault, kgpaths
from tests.small import small_graph


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(tmp_path_factory.mktemp("look"))


def test_search_shows_one_concept_a_line_and_the_synonym_that_matched(graph: Graph) -> None:
    done = kgpaths("kg", "search", "TIREDNESS", "--graph", str(graph.path))
    assert (done.returncode, done.stdout) == (0, "X:fatigue  fatigue  [PhenotypicFeature]  (exact: tiredness)\n")
    done = kgpaths("kg", "search", "iron", "--graph", str(graph.path))
    assert done.stdout.splitlines() == ["X:iron-deficiency-anemia  iron deficiency anemia  [Disease]", "X:iron-overload  iron overload  [Disease]"]
    assert kgpaths("kg", "search", "iron", "--graph", str(graph.path), "--limit", "1").stdout.count("\n") == 1


def test_search_gives_json_and_keeps_a_category(graph: Graph) -> None:
    done = kgpaths("kg", "search", "iron", "--graph", str(graph.path), "--category", "Disease", "--json", "--limit", "1")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {
            "curie": "X:iron-deficiency-anemia",
            "name": "iron deficiency anemia",
            "category": "Disease",
            "alias": "iron deficiency anemia",
            "scope": "label",
        }
    ]
    assert kgpaths("kg", "search", "fatigue", "--graph", str(graph.path), "--category", "Disease").stdout == ""


def test_search_says_what_is_wrong_in_one_line(graph: Graph) -> None:
    done = kgpaths("kg", "search", "unicorn", "--graph", str(graph.path))
    assert (done.returncode, done.stdout) == (0, "") and "no name in test has these words: 'unicorn'" in done.stderr
    assert "is empty" in fault("kg", "search", " ", "--graph", str(graph.path))
    assert "no concept of category 'Potion'" in fault("kg", "search", "iron", "--graph", str(graph.path), "--category", "Potion")
    assert "no graph folder here" in fault("kg", "search", "iron", "--graph", str(graph.path / "none"))
    assert "--limit" in fault("kg", "search", "iron", "--graph", str(graph.path), "--limit", "0")


def test_export_names_its_files_and_shows_progress_unless_quiet(graph: Graph, tmp_path: Path) -> None:
    done = kgpaths("kg", "export", str(graph.path), "--format", "csv", "--out", str(tmp_path / "csv"))
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[0] for line in done.stdout.splitlines()] == [
        str(tmp_path / "csv" / name) for name in ("nodes.csv", "edges.csv", "LICENCES.txt", "README.txt")
    ]
    assert f"writing edges: {graph.n_edges}/{graph.n_edges}" in done.stderr
    assert (tmp_path / "csv" / "edges.csv").read_text(encoding="utf-8").count("\n") == graph.n_edges + 1
    assert kgpaths("kg", "export", str(graph.path), "--format", "networkx", "--out", str(tmp_path / "nx"), "-q").stderr == ""


def test_export_says_what_is_wrong_in_one_line(graph: Graph, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "out"))
    assert "one of kgx, csv, networkx, neo4j-admin" in fault("kg", "export", str(graph.path), "--format", "rdf", *out)
    assert "no graph folder here" in fault("kg", "export", str(tmp_path / "none"), "--format", "csv", *out)
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "nodes.csv").write_text("dear", encoding="utf-8")
    assert "holds other files of these names: nodes.csv" in fault("kg", "export", str(graph.path), "--format", "csv", *out)
    assert "--format" in fault("kg", "export", str(graph.path), *out)
