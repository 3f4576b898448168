"""The links a build refused: counts by reason, and the names of what they would have joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.errors import GraphError, InputError
from kgpaths.graph.conflicts import Refused, conflict_counts, refused_links
from kgpaths.graph.store import Graph
from tests.graphs import Thing, graph_of, line

NODES = {
    "flu": Thing("Disease", id="OMIM:1", xrefs=(("MONDO:9", "exact_match"),)),
    "influenza": Thing("Disease", id="OMIM:2", xrefs=(("MONDO:9", "exact_match"), ("HP:1", "exact_match"))),
    "fever": Thing("PhenotypicFeature", id="HP:1"),
}


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return graph_of(tmp_path, line("flu", "has_phenotype", "fever"), nodes=NODES)


def test_counts_and_links_with_names(graph: Graph) -> None:
    assert conflict_counts(graph) == {"category": 1, "same_prefix": 1}
    prefix = Refused("OMIM:2", "influenza", "MONDO:9", "flu", "same_prefix", "test exact_match: OMIM:2 and OMIM:1")
    assert list(refused_links(graph, "same_prefix")) in ([prefix], [Refused("OMIM:2", "influenza", "MONDO:9", "flu", "same_prefix", prefix.via)])
    assert {(link.a, link.a_name, link.b, link.b_name) for link in refused_links(graph, "category")} == {("OMIM:2", "influenza", "HP:1", "fever")}
    assert len(list(refused_links(graph))) == 2 and len(list(refused_links(graph, limit=1))) == 1 and not list(refused_links(graph, limit=0))


def test_an_id_that_is_no_concept_has_no_name(tmp_path: Path) -> None:
    nodes = {"flu": Thing("Disease", id="OMIM:1", xrefs=(("UMLS:1", "exact_match"), ("UMLS:2", "exact_match")))}
    graph = graph_of(tmp_path, line("flu", "has_phenotype", "fever"), nodes=nodes)
    (link,) = refused_links(graph)
    assert (link.a, link.a_name, link.b, link.b_name, link.reason) == ("OMIM:1", "flu", "UMLS:2", "", "same_prefix")


def test_an_unknown_reason_names_those_there_are(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no link was refused for 'other' \(there are category, same_prefix\)"):
        list(refused_links(graph, "other"))
    none = graph_of(tmp_path, line("flu", "has_phenotype", "fever"), folder="none")
    assert conflict_counts(none) == {} and list(refused_links(none)) == []
    with pytest.raises(InputError, match="there are none at all"):
        list(refused_links(none, "category"))


def test_a_missing_or_damaged_table_is_said_in_one_line(graph: Graph) -> None:
    file = graph.path / "conflicts.parquet"
    file.write_bytes(b"PAR1 no more")
    with pytest.raises(GraphError, match=r"conflicts\.parquet: is damaged"):
        conflict_counts(graph)
    file.unlink()
    with pytest.raises(GraphError, match=r"conflicts\.parquet: is missing"):
        list(refused_links(graph))
