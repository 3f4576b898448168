"""Checking, comparing and the refused links, as a user meets them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.graph.store import Graph
from tests.cli.test_cli import fault, kgpaths
from tests.graphs import Thing, graph_of, line
from tests.small import small_graph

OMIM = {"flu": Thing("Disease", id="OMIM:1")}
MONDO = {
    "flu": Thing("Disease", id="OMIM:1", xrefs=(("MONDO:1", "exact_match"), ("HP:7", "exact_match"))),
    "flu-like": Thing("PhenotypicFeature", id="HP:7"),
}
LINES = (line("flu", "has_phenotype", "fever"), line("flu", "has_phenotype", "cough"), line("drug", "treats", "flu"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """An older graph, and a newer one that merged a disease, has a phenotype more and lacks an edge."""
    folder = tmp_path_factory.mktemp("two")
    newer = (LINES[0], LINES[2], line("flu", "has_phenotype", "flu-like"))
    return str(graph_of(folder, *LINES, nodes=OMIM, folder="a").path), str(graph_of(folder, *newer, nodes=MONDO, folder="b").path)


def test_a_sound_graph_is_said_to_be_sound(small: Graph) -> None:
    done = kgpaths("kg", "verify", str(small.path))
    assert (done.returncode, done.stdout) == (0, f"sound: {small.n_concepts} concepts, {small.n_edges} edges, hash {small.hash}\n")
    assert "hashing files" in done.stderr and "checking edges" in done.stderr
    quiet = kgpaths("kg", "verify", "-q", str(small.path))
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_the_embedded_graph_is_checked_where_it_lies(embedded: Graph) -> None:
    done = kgpaths("kg", "verify", "-q")
    assert done.returncode == 0 and done.stdout.endswith(f"hash {embedded.hash}\n"), done.stderr


def test_a_damaged_embedded_graph_is_told_not_built_again(embedded: Graph, tmp_path: Path) -> None:
    import os

    from kgpaths.graph.embedded import default_graph_path

    copy = tmp_path / "graphs" / default_graph_path().name
    shutil.copytree(embedded.path, copy)
    (copy / "arrays" / "edge_id.npy").unlink()
    done = kgpaths("kg", "verify", "-q", "embedded", env=os.environ | {"KGPATHS_HOME": str(tmp_path)})
    assert done.returncode == 1 and "arrays/edge_id.npy: is missing" in done.stderr
    assert not (copy / "arrays" / "edge_id.npy").exists()


def test_problems_are_lines_on_stderr_and_the_exit_code_is_1(small: Graph, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small.path, tmp_path / "graph"))
    data = bytearray((folder / "arrays" / "edge_id.npy").read_bytes())
    data[-1] ^= 1
    (folder / "arrays" / "edge_id.npy").write_bytes(bytes(data))
    done = kgpaths("kg", "verify", "-q", str(folder))
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("arrays/edge_id.npy: has changed since the build")
    assert f"arrays/edge_id.npy: the id is not that of what the edge says: first in row {small.n_edges - 1}" in done.stderr
    assert all(text.endswith(")") for text in lines) and "Traceback" not in done.stderr
    assert f"{tmp_path / 'none'}: no graph folder here" in fault("kg", "verify", str(tmp_path / "none"))


def test_diff_counts_and_shows_each_kind(two: tuple[str, str]) -> None:
    done = kgpaths("kg", "diff", *two)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    numbers = {" ".join(text.split()[:2]): int(text.split()[2]) for text in lines if not text.startswith((" ", "a  ", "b  "))}
    edges = {"edges added": 2, "edges removed": 1, "edges changed": 0, "edges renamed": 2, "edges merged": 0}  # added: two about flu-like
    assert numbers == edges | {"concepts added": 1, "concepts removed": 1, "concepts renamed": 1, "concepts relabelled": 0}
    assert "    MONDO:1 (flu) [Disease], was OMIM:1 (flu) [Disease]" in lines
    assert "… and" not in done.stdout
    assert "    … and 1 more" in kgpaths("kg", "diff", *two, "--limit", "1").stdout
    assert len(kgpaths("kg", "diff", *two, "--limit", "0").stdout.splitlines()) == 11
    same = kgpaths("kg", "diff", two[0], two[0]).stdout
    assert same.count(" 0  ") == 9


def test_diff_writes_all_of_it_and_speaks_json(two: tuple[str, str], tmp_path: Path) -> None:
    done = kgpaths("kg", "diff", *two, "--out", str(tmp_path / "diff"), "--json", "--limit", "1")
    found = json.loads(done.stdout)
    assert found["summary"]["edges_renamed"] == 2 and len(found["edges_renamed"]) == 1
    assert found["edges_removed"][0]["object"] == "X:cough" and found["b"]["path"] == two[1]
    assert pl.read_parquet(tmp_path / "diff" / "edges_renamed.parquet").height == 2
    assert kgpaths("kg", "diff", *two, "--out", str(tmp_path / "diff")).stdout.endswith(f"all of it is in {tmp_path / 'diff'}\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("words")
    assert "is in the way: holds thesis.txt" in fault("kg", "diff", *two, "--out", str(tmp_path / "mine"))
    assert "no graph folder here" in fault("kg", "diff", two[0], str(tmp_path / "none"))


def test_conflicts_are_counted_by_reason_and_shown_with_names(two: tuple[str, str]) -> None:
    shown = kgpaths("kg", "conflicts", two[1]).stdout
    assert "  category                1  between two kinds of things" in shown
    assert "category: OMIM:1 (flu) and HP:7 (flu-like), by test exact_match: Disease and PhenotypicFeature" in shown
    assert "no link was refused" in kgpaths("kg", "conflicts", two[0]).stdout
    assert kgpaths("kg", "conflicts", two[1], "--limit", "0").stdout.count("HP:7") == 0
    found = json.loads(kgpaths("kg", "conflicts", two[1], "--json", "--reason", "category").stdout)
    assert found["counts"] == {"category": 1} and found["links"][0]["b_name"] == "flu-like"
    assert "no link was refused for 'nonsense' (there are category)" in fault("kg", "conflicts", two[1], "--reason", "nonsense")


def test_stats_show_figures_in_rows_and_as_json(two: tuple[str, str]) -> None:
    shown = kgpaths("kg", "stats", two[0]).stdout.splitlines()
    assert "  degree    min 1, median 1, mean 1.50, max 3" in [text.replace(", p99 2.94", "") for text in shown]
    assert "  hub       OMIM:1 (flu)" in shown and "  component number 1, largest 4" in shown
    assert "  evidence            3 edges  test" in shown and "  licence             3 edges  CC0-1.0" in shown
    assert "  isolated            0" in shown
    found = json.loads(kgpaths("kg", "stats", two[0], "--json").stdout)
    assert found["figures"]["degree"]["max"] == 3 and found["edges"] == 3
