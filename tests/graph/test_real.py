"""Real graphs of several publishers, built by one recipe: counts are theirs, and no concept holds two ids of one prefix."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from kgpaths.graph.build import silent
from kgpaths.graph.recipe import build, read_recipe
from kgpaths.graph.store import Graph
from kgpaths.graph.verify import verify

DISEASES = """
name: diseases
sources:
  - type: hpo
  - type: icd10cm
  - {{type: table, path: {shared}/disease_ontology/HumanDO.tsv, id_column: id, name_column: label, category: Disease, name: DO, licence: CC0-1.0}}
  - {{type: table, path: {shared}/disease_ontology/doid_is_a.tsv, id_column: child, parent_column: parent, name: DO is_a, licence: CC0-1.0}}
  - {{type: table, path: {shared}/disease_ontology/allXREFinDO.tsv.gz, id_column: id, xref_column: xref, name: DO xrefs, licence: CC0-1.0}}
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_omim.sssom.tsv.gz, subjects_category: Disease}}
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_orphanet.sssom.tsv.gz, subjects_category: Disease}}
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_doid.sssom.tsv.gz, subjects_category: Disease}}
  - {{type: table, path: {shared}/mondo/mondo_parent.csv.gz, id_column: mondoid, parent_column: parentid, separator: comma, name: MONDO is_a,
     licence: CC-BY-4.0}}
mappings:
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_mesh.sssom.tsv.gz}}
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_umls.sssom.tsv.gz}}
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_sctid.sssom.tsv.gz}}
  - {{type: sssom, path: {shared}/mondo/mondo_exactmatch_icd10cm.sssom.tsv.gz}}
  - {{type: sssom, path: {shared}/mondo/mondo_broadmatch_icd10cm.sssom.tsv.gz}}
  - {{type: table, path: {shared}/mondo/mondo_references.csv.gz, id_column: mondo_id, id_prefix: MONDO, xref_column: ontology_id,
     xref_prefix_column: ontology, separator: comma, name: MONDO references, licence: CC-BY-4.0}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    folder = tmp_path_factory.mktemp("real")
    (folder / "graph.yaml").write_text(DISEASES.format(shared=shared_data), encoding="utf-8")
    build(read_recipe(folder / "graph.yaml"), folder / "graph", progress=silent)
    return folder / "graph"


def test_no_concept_holds_two_ids_of_one_prefix(folder: Path) -> None:
    merged = pl.read_parquet(folder / "xrefs.parquet").filter(pl.col("merged") & (pl.col("predicate") != "alt_id"))
    members = pl.concat([merged.select("id", member="xref"), merged.select("id", member="id").unique()])
    counted = members.with_columns(prefix=pl.col("member").str.extract("^([^:]+)")).group_by("id", "prefix").len()
    assert counted.filter(pl.col("len") > 1).rows() == []
    together = counted.filter(pl.col("prefix").is_in(["HP", "DOID", "MONDO"])).group_by("prefix").len()
    assert dict(together.rows()).keys() >= {"DOID", "MONDO"}
    graph = Graph.open(folder)
    marfan = graph.concept("OMIM:154700")
    assert marfan.curie == "MONDO:0007947" == graph.concept("DOID:14323").curie == graph.concept("ORPHA:558").curie
    assert 11_000 < sum(1 for x in merged["xref"] if x.startswith("DOID:")) < 12_300


def test_no_phenotype_has_the_id_of_a_disease_and_none_is_a_kind_of_the_other(folder: Path) -> None:
    """Terms that MONDO has given up are no nodes, but their mappings and parents are there: by way of UMLS they lead to HPO's terms."""
    category = pl.read_parquet(folder / "nodes.parquet", columns=["id", "category"])
    ids = pl.read_parquet(folder / "xrefs.parquet").filter("merged").select("id", other="xref").vstack(category.select("id", other="id"))
    prefix = ids.join(category, on="id").select("category", prefix=pl.col("other").str.extract("^([^:]+)")).unique()
    of = {kind: set(prefix.filter(pl.col("category") == kind)["prefix"]) for kind in ("Disease", "PhenotypicFeature")}
    diseases, shared = {"MONDO", "DOID", "OMIM", "ORPHA"}, {"UMLS", "SNOMEDCT", "MESH"}
    assert of["Disease"] >= diseases | shared and "HP" not in of["Disease"]
    assert of["PhenotypicFeature"] >= {"HP", "UMLS", "SNOMEDCT"} and not of["PhenotypicFeature"] & (diseases | {"DECIPHER", "HGNC"})
    edges = pl.read_parquet(folder / "edges.parquet", columns=["subject", "predicate", "object"]).filter(pl.col("predicate") == "subclass_of")
    for end in ("subject", "object"):
        edges = edges.join(category.rename({"id": end, "category": f"{end}_category"}), on=end)
    kinds = set(edges.select("subject_category", "object_category").unique().iter_rows())
    assert ("Disease", "Disease") in kinds and not kinds & {("Disease", "PhenotypicFeature"), ("PhenotypicFeature", "Disease")}


def test_every_reference_to_a_code_is_an_edge_and_only_what_says_how_alike_is_walked(folder: Path) -> None:
    graph = Graph.open(folder)
    (edge,) = graph.edges_between("DOID:0040046", "ICD10CM:L23.0")
    assert (edge.predicate, [(e.source, e.code) for e in edge.evidence]) == ("related_to_at_concept_level", [("DO xrefs", "xref")])
    conflicts = pl.read_parquet(folder / "conflicts.parquet")
    assert conflicts.filter(pl.col("a").str.starts_with("ICD10CM:") | pl.col("b").str.starts_with("ICD10CM:")).height == 0
    codes = pl.read_parquet(folder / "nodes.parquet", columns=["id"]).filter(pl.col("id").str.starts_with("ICD10CM:"))
    stated = pl.read_parquet(folder / "xrefs.parquet").join(codes, left_on="xref", right_on="id").select("id", "xref")
    ends = pl.read_parquet(folder / "edges.parquet", columns=["subject", "object"])
    both = pl.concat([ends.select(id="subject", xref="object"), ends.select(id="object", xref="subject")])
    assert stated.height > 4_000 and stated.join(both, on=["id", "xref"], how="anti").height == 0


def test_refused_links_are_reported_with_their_reason(folder: Path) -> None:
    conflicts = pl.read_parquet(folder / "conflicts.parquet")
    assert set(conflicts["reason"]) == {"same_prefix", "category", "not_one_to_one"}
    clash = conflicts.filter(pl.col("reason") == "same_prefix")
    assert clash["via"].str.contains(r": \S+:\S+ and \S+:\S+$").all()


def test_the_sources_rows_are_accounted_for(folder: Path) -> None:
    graph = Graph.open(folder)
    sources = {source.name: source for source in graph.manifest.sources}
    assert sources["DO is_a"].edges == 12_296
    assert sources["MONDO is_a"].edges + sources["MONDO is_a"].left_out["repeated_row"] == 38_453
    assert sources["DO xrefs"].xrefs + sources["DO xrefs"].left_out["repeated_row"] == 39_264
    rejected = pl.read_parquet(folder / "rejected_rows.parquet")
    assert graph.manifest.rejected_rows == rejected.height == sum(graph.manifest.rejected.values())


def test_the_graph_is_sound(folder: Path) -> None:
    assert verify(folder) == []
