"""A graph for networkx: all attributes, the part among some concepts, and unknown ids."""

from __future__ import annotations

from pathlib import Path

import networkx
import pytest

from kgpaths.graph.store import Graph
from tests.graph.kinds import HOSTILE, kinds_graph
from tests.graphs import graph_of, line


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return kinds_graph(tmp_path_factory.mktemp("networkx"))


def test_every_node_and_edge_has_the_attributes_of_its_model(graph: Graph) -> None:
    made = graph.to_networkx()
    assert isinstance(made, networkx.MultiDiGraph)
    assert (made.number_of_nodes(), made.number_of_edges()) == (graph.n_concepts, graph.n_edges)
    for index in range(graph.n_concepts):
        concept = graph.concept(graph.curie(index)).model_dump(mode="json")
        assert made.nodes[concept.pop("curie")] == concept | {"linkable": graph.linkable(index)}
    for row in range(graph.n_edges):
        edge = graph.edge(row).model_dump(mode="json")
        ends = edge.pop("subject"), edge.pop("object")
        assert made.edges[(*ends, edge.pop("id"))] == edge
    assert made.graph == {"name": "kinds", "release": "test 1", "hash": graph.hash, "sources": [graph.manifest.sources[0].model_dump()]}


def test_direction_negation_qualifiers_and_parallel_edges_are_kept(graph: Graph) -> None:
    made = graph.to_networkx()
    assert made.has_edge("MONDO:1", "X:rash") and not made.has_edge("X:rash", "MONDO:1")
    (negated,) = made["MONDO:1"]["X:rash"].values()
    assert negated["negated"] is True and negated["frequency"]["m"] == 12
    assert sorted(len(edge["qualifiers"]) for edge in made["X:aspirin"]["X:enzyme"].values()) == [0, 2]
    assert made.nodes["X:hostile"]["name"] == HOSTILE and made.nodes["X:ward"]["linkable"] is False


def test_a_part_holds_these_concepts_and_the_edges_among_them(graph: Graph) -> None:
    part = graph.to_networkx(["OMIM:7", "X:rash", "MONDO:99", "mondo:1", "X:measles", "X:ward"])
    assert sorted(part) == ["MONDO:1", "X:measles", "X:rash", "X:ward"]
    assert sorted((a, b, data["predicate"]) for a, b, data in part.edges(data=True)) == [
        ("MONDO:1", "X:measles", "UMLS:co_occurs_with"),
        ("MONDO:1", "X:rash", "has_phenotype"),
        ("X:measles", "X:rash", "has_phenotype"),
    ]
    assert networkx.utils.graphs_equal(part, graph.to_networkx().subgraph(part.nodes).copy())


def test_no_concepts_are_no_graph_and_an_unknown_id_is_said(graph: Graph) -> None:
    assert graph.to_networkx([]).number_of_nodes() == 0
    with pytest.raises(KeyError, match=r"no concept 'X:nobody' in graph kinds"):
        graph.to_networkx(["X:rash", "X:nobody"])


def test_attributes_of_one_edge_are_not_those_of_another(tmp_path: Path) -> None:
    made = graph_of(tmp_path, line("a", "treats", "b"), line("a", "treats", "c")).to_networkx()
    made.nodes["X:a"]["synonyms"].append("x")
    for edge in made["X:a"]["X:b"].values():
        edge["qualifiers"].append("x")
        edge["evidence"].append("x")
    assert made.nodes["X:b"]["synonyms"] == []
    assert [(edge["qualifiers"], len(edge["evidence"])) for edge in made["X:a"]["X:c"].values()] == [([], 1)]
