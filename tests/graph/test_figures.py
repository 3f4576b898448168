"""Measuring a graph: degrees, components, and what its edges rest on."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from kgpaths.graph import figures as measuring
from kgpaths.graph.build import build_graph
from kgpaths.graph.figures import components, figures
from kgpaths.graph.store import Graph
from kgpaths.model import Evidence
from tests.graphs import Line, graph_of, line, tables_of


def licensed(subject: str, object_: str, *licences: tuple[str, str]) -> Line:
    """Return an edge with evidence of these sources and licences."""
    rows = [Evidence(source=source, licence=licence, note=str(n)).model_dump() for n, (source, licence) in enumerate(licences)]
    return Line(subject, "causes", object_, evidence=tuple(row | {"publications": [], "modifiers": []} for row in rows))


def test_degrees_count_both_directions_and_negated_edges(tmp_path: Path) -> None:
    lines = [line("flu", "has_phenotype", sign) for sign in ("fever", "cough", "rash")]
    graph = graph_of(tmp_path, *lines, line("flu", "has_phenotype", "coma", negated=True), line("drug", "treats", "flu"), nodes={"ward": "Disease"})
    found = figures(graph)
    assert found["degree"] == {"min": 0, "median": 1.0, "mean": 1.43, "p99": pytest.approx(4.76), "max": 5}  # 5, 1 five times, 0: of seven concepts
    assert (found["hub"], found["isolated"], found["negated"]) == ("X:flu (flu)", 1, 1)
    assert found["component"] == {"number": 2, "largest": 6}
    assert json.loads(json.dumps(found)) == found


def test_an_edge_counts_once_for_each_source_and_licence_it_rests_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        licensed("a", "b", ("HPO", "free"), ("Orphanet", "CC-BY-4.0"), ("HPO", "free")),
        licensed("b", "c", ("HPO", "free"), ("HPO", "free"), ("DO", "CC0-1.0")),
        licensed("c", "d", ("HPO", "free"), ("DO", "")),
        licensed("d", "a", ("DO", "CC0-1.0")),
    )
    graph = graph_of(tmp_path, *lines)
    for part in (1, 3, 1000):
        monkeypatch.setattr(measuring, "slices", lambda n, part=part: (slice(i, min(i + part, n)) for i in range(0, n, part)))
        found = figures(graph)
        assert list(found["evidence"].items()) == [("DO", 3), ("HPO", 3), ("Orphanet", 1)]
        assert found["licence"] == {"free": 3, "CC0-1.0": 2, "(none named)": 1, "CC-BY-4.0": 1}
        assert list(found["licence"]) == ["free", "CC0-1.0", "(none named)", "CC-BY-4.0"]


def test_dangling_are_the_edges_whose_end_no_source_has(tmp_path: Path) -> None:
    source = tables_of(line("flu", "causes", "fever"), line("cold", "causes", "fever"))
    object.__setattr__(source, "nodes", source.nodes.filter(source.nodes["id"] != "X:cold"))
    build_graph([source], [], tmp_path / "g", "test")
    assert figures(Graph.open(tmp_path / "g"))["dangling"] == 1
    assert figures(graph_of(tmp_path, line("flu", "causes", "fever")))["dangling"] == 0


def plain_components(n: int, edges: list[tuple[int, int]]) -> list[int]:
    """Return the smallest number in each one's component, by going round until nothing changes."""
    found = list(range(n))
    while any(found[a] != found[b] for a, b in edges):
        for a, b in edges:
            found[a] = found[b] = min(found[a], found[b])
    return found


@pytest.mark.parametrize("seed", range(60))
def test_components_of_random_graphs(seed: int) -> None:
    draw = random.Random(seed)
    n = draw.randint(1, 40)
    edges = [(draw.randrange(n), draw.randrange(n)) for _ in range(draw.randint(0, n))]
    ends = np.array(edges, dtype=np.int32).reshape(-1, 2)
    assert components(n, ends[:, 0], ends[:, 1]).tolist() == plain_components(n, edges)


def test_components_of_chains_and_stars_take_few_rounds() -> None:
    """What hooks onto an arbitrary neighbour would take a round for each leaf of a star with the largest number in its middle."""
    n = 100_000
    order = np.random.default_rng(1).permutation(n).astype(np.int32)
    rest = np.arange(n - 1, dtype=np.int32)
    for a, b in ((rest, rest + 1), (rest + 1, rest), (np.full(n - 1, n - 1, dtype=np.int32), rest), (order[:-1], order[1:])):
        assert not components(n, a, b).any()


def test_the_figures_of_the_embedded_graph_agree_with_its_manifest(embedded: Graph) -> None:
    found = figures(embedded)
    assert found["degree"]["mean"] == round(2 * embedded.n_edges / embedded.n_concepts, 2)
    assert found["component"]["largest"] > 0.99 * embedded.n_concepts and found["component"]["number"] > found["isolated"] > 0
    assert found["evidence"]["HPO"] > 500_000 and sum(found["evidence"].values()) >= embedded.n_edges
    assert sum(found["licence"].values()) >= embedded.n_edges and "(none named)" not in found["licence"]
    assert found["negated"] == int(embedded.edge_negated.sum()) > 2000
