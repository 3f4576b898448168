"""Building a folder: pooling, hashes, what is rejected, and all or nothing."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kgpaths.errors import GraphError
from kgpaths.graph.build import build_graph
from kgpaths.graph.files import check_target, replacing_folder
from kgpaths.graph.manifest import MANIFEST
from kgpaths.graph.store import Graph
from kgpaths.model import content_hash, edge_id
from kgpaths.sources.tables import JUSTIFIED, XREFS, SourceTables
from tests.graphs import Thing, graph_of, line, tables_of


def opened(folder: Path, *sources: SourceTables) -> Graph:
    build_graph(sources, [], folder, "test")
    return Graph.open(folder)


def test_ids_and_content_hashes_are_the_models(tmp_path: Path) -> None:
    odd = 'naïve "quoted" \\ back\tslash ☃ 😀'
    graph = graph_of(
        tmp_path,
        line("drug", "affects", "enzyme", object_direction_qualifier="decreased", object_aspect_qualifier="activity"),
        line("drug", "affects", "enzyme", object_direction_qualifier=odd),
        line("flu", "has_phenotype", "fever", frequency=(8, 10), publications=("PMID:2", "PMID:1")),
        line("flu", "has_phenotype", "fever", frequency=(0.3, 0.79), publications=("PMID:3",), source=odd),
        line("flu", "has_phenotype", "rash", negated=True),
    )
    assert graph.n_edges == 4
    for row in range(graph.n_edges):
        edge = graph.edge(row)
        assert edge.id == edge_id(edge.subject, edge.predicate, edge.object, edge.negated, edge.qualifiers)
        assert edge.content_hash == content_hash(edge.id, edge.frequency, edge.evidence)
    assert [q.value for e in graph.lookup("X:drug", "affects", "X:enzyme") for q in e.qualifiers if q.key == "object_direction_qualifier"].count(
        odd
    ) == 1


def test_rows_of_one_edge_pool_all_evidence_and_the_best_documented_frequency(tmp_path: Path) -> None:
    a = tables_of(line("flu", "has_phenotype", "fever", frequency=(1, 2), publications=("PMID:1",)), source="a")
    b = tables_of(
        line("flu", "has_phenotype", "fever", frequency=(0.3, 0.79), publications=("PMID:2",), source="b"),
        line("flu", "has_phenotype", "fever", frequency=(8, 10), publications=("PMID:3",), source="b"),
        line("flu", "has_phenotype", "fever", publications=("PMID:3",), source="b"),
        line("flu", "has_phenotype", "fever", publications=("PMID:3",), source="b"),
        source="b",
    )
    graph = opened(tmp_path / "g", a, b)
    (edge,) = graph.lookup("X:flu", "has_phenotype", "X:fever")
    stated = [(e.source, e.publications[0], e.frequency) for e in edge.evidence]  # in the order of their text
    assert stated == [("b", "PMID:3", ""), ("b", "PMID:2", "0.3-0.79"), ("test", "PMID:1", "1/2"), ("b", "PMID:3", "8/10")]
    assert edge.frequency is not None and (edge.frequency.n, edge.frequency.m, edge.frequency.texts) == (8, 10, ("8/10",))
    assert graph.edge_frequency[0] == np.float32(9 / 12)


def test_one_patient_of_one_is_not_all_patients(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        line("a", "has_phenotype", "p", frequency=(1, 1)),
        line("a", "has_phenotype", "q", frequency=(0.8, 0.99)),
        line("a", "has_phenotype", "r"),
    )
    assert graph.edge_frequency[:2].tolist() == [np.float32(2 / 3), np.float32((0.8 + 0.99) / 2)]
    assert np.isnan(graph.edge_frequency[2])


def test_edges_point_to_preferred_ids_and_self_loops_of_merging_are_rejected(tmp_path: Path) -> None:
    nodes = {
        "flu": Thing("Disease", id="OMIM:1", xrefs=(("MONDO:7", "exact_match"),)),
        "influenza": Thing("Disease", id="ORPHA:1", xrefs=(("MONDO:7", "exact_match"),)),
    }
    lines = (
        line("flu", "has_phenotype", "fever"),
        line("influenza", "has_phenotype", "fever", source="other"),
        line("flu", "subclass_of", "influenza"),
    )
    graph = graph_of(tmp_path, *lines, nodes=nodes)
    assert graph.manifest.self_loops == 1 and graph.manifest.rejected == {"merged_ends": 1}
    assert pl.read_parquet(graph.path / "rejected_rows.parquet").select("source", "detail").row(0) == ("test", "OMIM:1 subclass_of ORPHA:1")
    assert graph.n_edges == 1
    edge = graph.edge(0)
    assert (edge.subject, edge.object, {e.source for e in edge.evidence}) == ("MONDO:7", "X:fever", {"test", "other"})
    concept = graph.concept("ORPHA:1")
    assert (concept.curie, concept.name, concept.xrefs) == ("MONDO:7", "flu", ("OMIM:1", "ORPHA:1"))
    assert [(s.text, s.scope) for s in concept.synonyms] == [("influenza", "exact")]


def test_our_name_names_a_merged_concept_and_every_name_is_an_alias(tmp_path: Path) -> None:
    nodes = {
        "Fever": Thing("PhenotypicFeature", ("Pyrexia",), id="HP:1"),
        "fever of any cause": Thing("PhenotypicFeature", ("high temperature",), id="KGPATHS:fever", xrefs=(("HP:1", "exact_match"),)),
    }
    graph = graph_of(tmp_path, line("flu", "has_phenotype", "Fever"), nodes=nodes)
    index = graph.index("KGPATHS:fever")
    assert (graph.curie(index), graph.concept_name(index)) == ("HP:1", "fever of any cause")
    aliases = [(a.text, a.scope) for a in graph.aliases() if a.index == index]
    assert aliases == [("fever of any cause", "label"), ("Fever", "exact"), ("Pyrexia", "exact"), ("high temperature", "exact")]


def test_identical_names_become_a_close_match_between_conditions_and_codes_only(tmp_path: Path) -> None:
    nodes = {
        "Asthma": Thing("Disease", id="OMIM:1"),
        "asthma": Thing("PhenotypicFeature", id="HP:1"),
        "ASTHMA": Thing("InformationContentEntity", id="ICD10CM:J45"),
        "asthmA": Thing("Gene", id="HGNC:1"),
        "astHma": Thing("Disease", id="OMIM:2"),
    }
    graph = graph_of(tmp_path, line("Asthma", "has_phenotype", "wheeze"), nodes=nodes)
    pairs = {(e.subject, e.object) for e in map(graph.edge, range(graph.n_edges)) if e.predicate == "close_match"}
    assert pairs == {("HP:1", "OMIM:1"), ("HP:1", "OMIM:2"), ("HP:1", "ICD10CM:J45"), ("ICD10CM:J45", "OMIM:1"), ("ICD10CM:J45", "OMIM:2")}
    (edge,) = graph.lookup("OMIM:1", "close_match", "HP:1")
    assert [(e.source, e.code, e.note) for e in edge.evidence] == [("kgpaths-lexical", "lexical", "asthma")]


def test_what_is_a_disease_or_a_finding_is_named_alike_with_either(tmp_path: Path) -> None:
    nodes = {
        "Gout": Thing("DiseaseOrPhenotypicFeature", id="UMLS:C1"),
        "gout": Thing("Disease", id="DOID:1"),
        "GOUT": Thing("PhenotypicFeature", id="MESH:D1"),
        "gouT": Thing("Drug", id="DRUGBANK:1"),
    }
    graph = graph_of(tmp_path, line("Gout", "has_phenotype", "pain"), nodes=nodes)
    pairs = {frozenset((e.subject, e.object)) for e in map(graph.edge, range(graph.n_edges)) if e.predicate == "close_match"}
    assert pairs == {frozenset(pair) for pair in (("DOID:1", "UMLS:C1"), ("MESH:D1", "UMLS:C1"), ("DOID:1", "MESH:D1"))}


def test_a_name_that_many_of_one_prefix_bear_says_nothing(tmp_path: Path) -> None:
    """Else two graphs with thousands of "uncharacterized protein" would have millions of edges by it."""
    named = {"A": 6 * ["unknown"] + 3 * ["insulin"] + ["renin"], "B": 2 * ["Unknown"] + 7 * ["Insulin"] + ["Renin"]}
    ids = {f"{prefix}:{i}": name for prefix, names in named.items() for i, name in enumerate(names)}
    source = tables_of(line("drug", "affects", "A:1"), nodes={curie: Thing("Protein", id=curie) for curie in ids})
    labels = source.nodes.with_columns(name=pl.col("id").replace(ids))
    graph = opened(tmp_path / "g", dataclasses.replace(source, nodes=labels, aliases=source.aliases.clear()))
    assert [(e.subject, e.object) for e in map(graph.edge, range(graph.n_edges)) if e.predicate == "close_match"] == [("A:9", "B:9")]
    assert graph.manifest.rejected == {"name_of_many": 2}
    assert pl.read_parquet(tmp_path / "g" / "rejected_rows.parquet").select("source", "detail").rows() == [
        ("kgpaths-lexical", "insulin: borne by 7 concepts of B"),
        ("kgpaths-lexical", "unknown: borne by 6 concepts of A"),
    ]


def test_no_hierarchy_of_hubs_makes_a_disease_a_kind_of_a_phenotype(tmp_path: Path) -> None:
    """UMLS' concepts are no nodes here: what they are is known by a cross-reference only."""
    nodes = {
        "Osteopenia": Thing("PhenotypicFeature", id="HP:1", xrefs=(("UMLS:C1", "xref"),)),
        "bone disease": Thing("Disease", id="DOID:2", xrefs=(("UMLS:C2", "xref"),)),
        "osteoporosis": Thing("Disease", id="DOID:3", xrefs=(("UMLS:C3", "xref"),)),
    }
    lines = (line("UMLS:C1", "subclass_of", "UMLS:C2"), line("UMLS:C3", "subclass_of", "UMLS:C2"), line("osteoporosis", "subclass_of", "Osteopenia"))
    source = tables_of(*lines, nodes=nodes)
    graph = opened(tmp_path / "g", dataclasses.replace(source, nodes=source.nodes.filter(~pl.col("id").str.starts_with("UMLS"))))
    found = {(e.subject, e.object) for e in map(graph.edge, range(graph.n_edges))}
    assert found == {("DOID:3", "DOID:2"), ("DOID:3", "HP:1")}  # the second as its source states it, of two nodes
    assert pl.read_parquet(tmp_path / "g" / "rejected_rows.parquet")["detail"].to_list() == ["UMLS:C1 subclass_of UMLS:C2"]
    assert graph.manifest.rejected == {"is_a_across_kinds": 1}


def test_a_loose_reference_leaves_the_close_match_of_one_name(tmp_path: Path) -> None:
    nodes = {
        "Dermatitis": Thing("Disease", id="DOID:1", xrefs=(("ICD10CM:L1", "xref"), ("ICD10CM:L2", "xref"))),
        "dermatitis": Thing("InformationContentEntity", id="ICD10CM:L1"),
        "itch": Thing("InformationContentEntity", id="ICD10CM:L2"),
    }
    graph = graph_of(tmp_path, line("Dermatitis", "has_phenotype", "rash"), nodes=nodes)
    found = [(e.predicate, e.subject, e.object, e.evidence[0].code) for e in map(graph.edge, range(graph.n_edges)) if e.predicate != "has_phenotype"]
    assert sorted(found) == [
        ("close_match", "DOID:1", "ICD10CM:L1", "lexical"),
        ("related_to_at_concept_level", "DOID:1", "ICD10CM:L1", "xref"),
        ("related_to_at_concept_level", "DOID:1", "ICD10CM:L2", "xref"),
    ]


def test_a_cross_reference_takes_the_place_of_the_lexical_match(tmp_path: Path) -> None:
    nodes = {
        "Asthma": Thing("Disease", id="OMIM:1", xrefs=(("ICD10CM:J45", "exact_match"),)),
        "asthma": Thing("InformationContentEntity", id="ICD10CM:J45"),
    }
    graph = graph_of(tmp_path, line("Asthma", "has_phenotype", "wheeze"), nodes=nodes)
    (edge,) = graph.edges_between("OMIM:1", "ICD10CM:J45")
    assert (edge.predicate, edge.evidence[0].source, edge.evidence[0].code) == ("exact_match", "test", "exact_match")
    assert graph.manifest.mapping_edges == 1


def test_a_mapping_edge_of_a_source_takes_the_place_of_the_lexical_match(tmp_path: Path) -> None:
    nodes = {
        "Asthma": Thing("Disease", id="OMIM:1"),
        "asthma": Thing("InformationContentEntity", id="ICD10CM:J45"),
        "ASTHMA": Thing("PhenotypicFeature", id="HP:1"),
    }
    lines = line("asthma", "close_match", "Asthma"), line("Asthma", "has_phenotype", "ASTHMA")
    graph = graph_of(tmp_path, *lines, nodes=nodes)
    found = {(e.subject, e.object): [e.source for e in e.evidence] for e in map(graph.edge, range(graph.n_edges)) if e.predicate == "close_match"}
    lexical = ["kgpaths-lexical"]
    assert found == {("ICD10CM:J45", "OMIM:1"): ["test"], ("HP:1", "OMIM:1"): lexical, ("HP:1", "ICD10CM:J45"): lexical}


def test_a_symmetric_edge_is_one_edge_whichever_way_it_is_written(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path, line("warfarin", "pharmacologically_interacts_with", "aspirin"), line("aspirin", "pharmacologically_interacts_with", "warfarin")
    )
    assert graph.n_edges == 1
    assert graph.lookup("X:warfarin", "pharmacologically_interacts_with", "X:aspirin") == graph.lookup(
        "X:aspirin", "pharmacologically_interacts_with", "X:warfarin"
    )
    assert len(graph.lookup("X:warfarin", "pharmacologically_interacts_with", "X:aspirin")) == 1


def test_a_bare_crosswalk_joins_sources(tmp_path: Path) -> None:
    source = tables_of(
        line("a", "has_phenotype", "p"),
        line("b", "has_phenotype", "q"),
        nodes={"a": Thing("Disease", id="OMIM:1"), "b": Thing("Disease", id="ORPHA:1")},
    )
    crosswalk = pl.DataFrame({"id": ["MONDO:1", "MONDO:1"], "xref": ["OMIM:1", "ORPHA:1"], "predicate": ["exact_match"] * 2})
    build_graph([source], [crosswalk], tmp_path / "g", "test")
    graph = Graph.open(tmp_path / "g")
    assert graph.index("OMIM:1") == graph.index("ORPHA:1") == graph.index("MONDO:1")


def test_rows_that_cannot_be_used_are_saved_with_their_reason(tmp_path: Path) -> None:
    source = tables_of(line("a", "has_phenotype", "p"), line("a", "subclass_of", "a"))
    extra = source.edges.head(1).with_columns(object=pl.lit("X:nowhere"))
    unknown = source.edges.head(1).with_columns(predicate=pl.lit("likes"))
    alias = source.aliases.head(1).with_columns(id=pl.lit("X:nowhere"))
    node = source.nodes.head(1).with_columns(id=pl.lit("X:odd"), category=pl.lit("Oddity"))
    source = dataclasses.replace(
        source,
        edges=pl.concat([source.edges, extra, unknown]),
        aliases=pl.concat([source.aliases, alias]),
        nodes=pl.concat([source.nodes, node]),
    )
    graph = opened(tmp_path / "g", source)
    rows = pl.read_parquet(graph.path / "rejected_rows.parquet").select("reason", "detail").rows()
    assert sorted(rows) == [
        ("alias_of_no_node", "X:nowhere: a"),
        ("dangling_edge", "X:a has_phenotype X:nowhere"),
        ("self_loop", "X:a subclass_of X:a"),
        ("unknown_category", "X:odd: Oddity"),
        ("unknown_predicate", "X:a likes X:p"),
    ]
    assert graph.manifest.rejected_rows == 5
    assert graph.manifest.self_loops == 0


LINES = (
    line("flu", "has_phenotype", "fever", frequency=(8, 10)),
    line("oseltamivir", "treats", "flu"),
    line("flu", "has_phenotype", "rash", negated=True),
)


def test_the_hash_depends_on_what_is_stated_not_on_order_release_or_name(tmp_path: Path) -> None:
    first = graph_of(tmp_path, *LINES, folder="a")
    again = graph_of(tmp_path, *reversed(LINES), folder="b", name="other")
    source = tables_of(*LINES)
    later = opened(tmp_path / "c", dataclasses.replace(source, info=dataclasses.replace(source.info, release="2")))
    assert first.hash == again.hash == later.hash
    assert len(first.hash) == 64
    other = {
        graph_of(tmp_path, *LINES[:2], folder="d").hash,
        graph_of(tmp_path, *LINES, nodes={"flu": Thing(synonyms=("grippe",))}, folder="e").hash,
        graph_of(tmp_path, *LINES, nodes={"flu": Thing(xrefs=(("UMLS:C1", "xref"),))}, folder="f").hash,
        graph_of(tmp_path, line("flu", "has_phenotype", "fever", frequency=(7, 10)), *LINES[1:], folder="g").hash,
    }
    assert len(other | {first.hash}) == 5


def test_two_builds_write_the_same_bytes(tmp_path: Path) -> None:
    a, b = graph_of(tmp_path, *LINES, folder="a"), graph_of(tmp_path, *LINES, folder="b")
    files = sorted(p.relative_to(a.path) for p in a.path.rglob("*") if p.is_file())
    assert Path("edges.parquet") in files and len(files) > 30
    assert [f for f in files if (a.path / f).read_bytes() != (b.path / f).read_bytes()] == []


def test_the_parquet_tables_say_the_same_as_the_graph(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, *LINES, line("drug", "affects", "enzyme", object_direction_qualifier="decreased"))
    rows = pl.read_parquet(graph.path / "edges.parquet").rows(named=True)
    for number, row in enumerate(rows):
        assert json.loads(graph.edge(number).model_dump_json()) == row
    nodes = pl.read_parquet(graph.path / "nodes.parquet")
    assert nodes["id"].to_list() == [graph.curie(i) for i in range(graph.n_concepts)] == sorted(nodes["id"])


def test_the_manifest_counts_and_names_sources(tmp_path: Path) -> None:
    manifest = graph_of(tmp_path, *LINES).manifest
    assert (manifest.name, manifest.release, manifest.concepts, manifest.edges) == ("test", "test 1", 4, 3)
    assert manifest.predicates == {"has_phenotype": 2, "treats": 1}
    assert manifest.categories == {"Disease": 1, "Drug": 1, "PhenotypicFeature": 2}
    (source,) = manifest.sources
    assert (source.name, source.release, source.licence, source.nodes, source.edges) == ("test", "1", "CC0-1.0", 4, 3)


def test_an_empty_graph_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="no source has a usable edge"):
        graph_of(tmp_path, nodes={"a": "Disease"})
    with pytest.raises(GraphError, match="no source has a usable concept"):
        graph_of(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_fails_while_writing_leaves_the_old_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = graph_of(tmp_path, *LINES)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kgpaths.graph.build.write_arrays", fail)
    with pytest.raises(KeyboardInterrupt):
        graph_of(tmp_path, LINES[0])
    assert Graph.open(tmp_path / "graph").hash == old.hash
    assert [p.name for p in tmp_path.iterdir()] == ["graph"]


def test_a_build_replaces_an_older_graph_but_nothing_else(tmp_path: Path) -> None:
    graph_of(tmp_path, *LINES)
    assert graph_of(tmp_path, LINES[0]).n_edges == 1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("words")
    with pytest.raises(GraphError, match="not a graph folder"):
        graph_of(tmp_path, *LINES, folder="mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "words"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph", "mine"]


def test_progress_names_each_step(tmp_path: Path) -> None:
    steps: list[str] = []
    build_graph([tables_of(*LINES)], [], tmp_path / "g", "test", progress=steps.append)
    assert steps == ["merging concepts", "placing the edges of test", "pooling edges", "hashing and writing edges"]


def test_where_two_builds_of_one_folder_meet_the_last_one_stays(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "g") as half:
        (half / MANIFEST).write_text("second")
        with replacing_folder(tmp_path / "g") as other:
            (other / MANIFEST).write_text("first")
            (other / "arrays").mkdir()
            (other / "edges.parquet").touch()
        assert (tmp_path / "g" / MANIFEST).read_text() == "first"
    assert (tmp_path / "g" / MANIFEST).read_text() == "second"
    assert [p.name for p in tmp_path.iterdir()] == ["g"]


KILLED = """
import os, signal, sys
from pathlib import Path
from kgpaths.graph import files

def die(*_): os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "between":
    target = Path.replace
    Path.replace = lambda self, to: (target(self, to), die())  # after the first of the two moves
with files.replacing_folder(Path(sys.argv[1])) as half:
    (half / "half.parquet").write_bytes(b"x")
    if sys.argv[2] == "writing":
        die()
"""


@pytest.mark.parametrize("when", ["writing", "between"])
def test_what_a_killed_build_left_is_taken_away_and_the_old_graph_is_there(tmp_path: Path, when: str) -> None:
    old = graph_of(tmp_path, *LINES, folder="g").hash
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "g"), when]).returncode == -signal.SIGKILL
    check_target(tmp_path / "g")
    assert Graph.open(tmp_path / "g").hash == old
    graph_of(tmp_path, *LINES, folder="g")
    assert [path.name for path in tmp_path.iterdir()] == ["g"]


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    graph_of(tmp_path, *LINES[:1], folder="v1")
    (tmp_path / "current").symlink_to("v1")
    new = graph_of(tmp_path, *LINES, folder="current").hash
    assert (tmp_path / "current").is_symlink() and Graph.open(tmp_path / "v1").hash == new


def test_a_graph_whose_manifest_is_damaged_may_be_built_again(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, *LINES, folder="g")
    (tmp_path / "g" / MANIFEST).write_text("{")
    (tmp_path / "g" / ".DS_Store").write_bytes(b"")
    assert graph_of(tmp_path, *LINES, folder="g").hash == graph.hash


def test_the_reason_of_a_mapping_is_kept(tmp_path: Path) -> None:
    """Of a merged id beside the id, of one that stays apart in the mapping edge's evidence."""
    tables = tables_of(*LINES, nodes={"MONDO": Thing("Disease", id="MONDO:1"), "code": Thing("InformationContentEntity", id="ICD10CM:A1")})
    rows = [
        ("MONDO:1", "OMIM:2", "exact_match", "semapv:ManualMappingCuration", 0.9),
        ("MONDO:1", "ICD10CM:A1", "broad_match", "semapv:LexicalMatching", None),
    ]
    crosswalk = pl.DataFrame(rows, schema={**XREFS, **JUSTIFIED}, orient="row")
    build_graph([tables], [crosswalk], tmp_path / "g", "test")
    graph = Graph.open(tmp_path / "g")
    kept = pl.read_parquet(tmp_path / "g" / "xrefs.parquet").filter(pl.col("id") == "MONDO:1")
    assert {row["xref"]: row["justification"] for row in kept.to_dicts()} == {"OMIM:2": rows[0][3], "ICD10CM:A1": rows[1][3]}
    (edge,) = graph.lookup("MONDO:1", "broad_match", "ICD10CM:A1")
    assert [(e.code, e.note, e.confidence) for e in edge.evidence] == [("broad_match", "semapv:LexicalMatching", None)]
