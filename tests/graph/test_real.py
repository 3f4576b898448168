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
