"""An opened graph: ids, edges in both directions, hierarchy, and clear errors for what is no graph."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kgpaths.errors import GraphError
from kgpaths.graph.store import Alias, Graph
from tests.graphs import Thing, graph_of, line

LINES = (
    line("flu", "has_phenotype", "fever", frequency=(8, 10)),
    line("flu", "has_phenotype", "rash", negated=True),
    line("measles", "has_phenotype", "rash"),
    line("swine flu", "subclass_of", "flu"),
    line("flu", "subclass_of", "viral disease"),
    line("swine flu H1N1", "subclass_of", "swine flu"),
    line("oseltamivir", "treats", "flu"),
    line("aspirin", "contraindicated_in", "flu"),
    line("aspirin", "ameliorates_condition", "flu"),
)


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return graph_of(
        tmp_path, *LINES, nodes={"flu": Thing(synonyms=("influenza",), xrefs=(("X:grippe", "alt_id"),)), "ward": Thing("Disease", linkable=False)}
    )


def test_ids_resolve_and_unknown_ones_do_not(graph: Graph) -> None:
    index = graph.index("X:flu")
    assert graph.index("X:grippe") == index and "X:grippe" in graph
    assert (graph.curie(index), graph.concept_name(index), graph.category(index)) == ("X:flu", "flu", "Disease")
    assert "X:cholera" not in graph and 3 not in graph
    with pytest.raises(KeyError, match="X:cholera"):
        graph.index("X:cholera")
    assert [graph.index(graph.curie(i)) for i in range(graph.n_concepts)] == list(range(graph.n_concepts))


def test_lookup_keeps_direction_and_shows_both_polarities(graph: Graph) -> None:
    (edge,) = graph.lookup("X:flu", "has_phenotype", "X:rash")
    assert edge.negated
    assert graph.lookup("X:rash", "has_phenotype", "X:flu") == ()
    assert graph.lookup("X:grippe", "has_phenotype", "X:rash") == (edge,)
    assert graph.lookup("X:flu", "treats", "X:rash") == graph.lookup("X:flu", "no_such", "X:rash") == graph.lookup("X:none", "treats", "X:rash") == ()


def test_lookup_returns_every_qualified_edge_of_a_triple(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        line("a", "affects", "b", object_direction_qualifier="increased"),
        line("a", "affects", "b", negated=True),
        line("a", "affects", "b"),
    )
    assert [(e.negated, len(e.qualifiers)) for e in graph.lookup("X:a", "affects", "X:b")] == [(False, 0), (False, 1), (True, 0)]


def test_edges_between_are_found_from_either_end(graph: Graph) -> None:
    assert [e.predicate for e in graph.edges_between("X:aspirin", "X:flu")] == ["ameliorates_condition", "contraindicated_in"]
    assert graph.edges_between("X:flu", "X:aspirin") == graph.edges_between("X:aspirin", "X:flu")
    assert graph.edges_between("X:flu", "X:measles") == ()


def test_an_edge_is_found_by_its_id(graph: Graph) -> None:
    for row in range(graph.n_edges):
        assert graph.edge_by_id(graph.edge(row).id) == graph.edge(row)
    known = graph.edge(0).id
    for unknown in ("0" * 20, known[:-1] + ("1" if known[-1] == "0" else "0"), known[:-2], known + "00", "", "no hex at all"):
        assert graph.edge_by_id(unknown) is None


def test_both_directions_hold_every_edge_once(graph: Graph) -> None:
    for csr, here, there in ((graph.out, graph.edge_subject, graph.edge_object), (graph.inn, graph.edge_object, graph.edge_subject)):
        assert csr.indptr[0] == 0 and csr.indptr[-1] == graph.n_edges == len(LINES)
        assert sorted(csr.edge.tolist()) == list(range(graph.n_edges))
        for index in range(graph.n_concepts):
            for place in range(int(csr.indptr[index]), int(csr.indptr[index + 1])):
                row = int(csr.edge[place])
                assert (here[row], there[row]) == (index, csr.neighbour[place])
                assert graph.predicates[int(csr.predicate[place])] == graph.edge(row).predicate
    assert {(str(a.dtype)) for a in (graph.out.neighbour, graph.inn.edge, graph.edge_subject)} == {"int32"}
    assert sorted(graph.edge(int(r)).object for r in graph.out.edges_of(graph.index("X:flu"))) == ["X:fever", "X:rash", "X:viral-disease"]


def test_edge_columns(graph: Graph) -> None:
    (negated,) = np.flatnonzero(graph.edge_negated)
    assert graph.edge(int(negated)).object == "X:rash" and graph.edge(int(negated)).subject == "X:flu"
    known = np.flatnonzero(~np.isnan(graph.edge_frequency))
    assert [graph.edge(int(r)).object for r in known] == ["X:fever"]


def test_degree_counts_one_predicate_in_one_direction(graph: Graph) -> None:
    flu, rash = graph.index("X:flu"), graph.index("X:rash")
    assert graph.degree(flu, "has_phenotype", incoming=False) == 2
    assert graph.degree(flu, "has_phenotype", incoming=True) == 0
    assert graph.degree(rash, "has_phenotype", incoming=True) == 2
    assert graph.degree(flu, "causes", incoming=True) == 0


def test_ancestors_and_descendants_nearest_first_without_itself(graph: Graph) -> None:
    def names(indices: tuple[int, ...]) -> list[str]:
        return [graph.concept_name(i) for i in indices]

    assert names(graph.ancestors(graph.index("X:swine-flu-h1n1"))) == ["swine flu", "flu", "viral disease"]
    assert names(graph.descendants(graph.index("X:viral-disease"))) == ["flu", "swine flu", "swine flu H1N1"]
    assert graph.ancestors(graph.index("X:fever")) == ()


def test_a_cycle_and_a_denied_parent_end_the_walk(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, line("a", "subclass_of", "b"), line("b", "subclass_of", "a"), line("b", "subclass_of", "c", negated=True))
    assert graph.ancestors(graph.index("X:a")) == (graph.index("X:b"),)


def test_aliases_are_of_linkable_concepts_only(graph: Graph) -> None:
    aliases = list(graph.aliases())
    flu = graph.index("X:flu")
    assert [a for a in aliases if a.index == flu] == [Alias(flu, "flu", "label", ""), Alias(flu, "influenza", "exact", "")]
    assert "ward" not in {a.text for a in aliases} and graph.concept("X:ward").name == "ward"
    assert len({a.index for a in aliases}) == graph.n_concepts - 1


def test_derived_is_inside_the_folder_and_outside_the_hash(graph: Graph) -> None:
    folder = graph.derived("aliases-1")
    assert folder == graph.path / "derived" / "aliases-1" and not folder.exists()
    folder.mkdir(parents=True)
    (folder / "x").write_text("1")
    assert Graph.open(graph.path).hash == graph.hash


def test_a_missing_or_empty_folder_is_said_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(GraphError) as error:
            Graph.open(path)
        assert "no graph" in error.value.what and "kgpaths kg build" in error.value.mend and str(path) == error.value.where
        assert "\n" not in str(error.value)


def test_a_half_built_or_damaged_folder_is_said_in_one_line(graph: Graph) -> None:
    for name in ("edge_id.npy", "nodes.arrow", "in_edge.npy"):
        file = graph.path / "arrays" / name
        whole = file.read_bytes()
        file.unlink()
        with pytest.raises(GraphError, match=f"{name} is missing"):
            Graph.open(graph.path)
        for broken in (b"", whole[: len(whole) // 2]):
            file.write_bytes(broken)
            with pytest.raises(GraphError, match=f"damaged: {name}") as error:
                Graph.open(graph.path)
            assert "\n" not in str(error.value)
        file.write_bytes(whole)
    (graph.path / "manifest.json").unlink()
    with pytest.raises(GraphError, match="half-built"):
        Graph.open(graph.path)


def test_another_version_or_other_counts_are_refused(graph: Graph) -> None:
    file = graph.path / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(GraphError, match="graph format 99"):
        Graph.open(graph.path)
    file.write_text(json.dumps(manifest | {"edges": 5}))
    with pytest.raises(GraphError, match="other lengths"):
        Graph.open(graph.path)
    file.write_text("{")
    with pytest.raises(GraphError, match="damaged"):
        Graph.open(graph.path)
    file.write_text("[]")
    with pytest.raises(GraphError, match="damaged"):
        Graph.open(graph.path)
