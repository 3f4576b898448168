"""The embedded graph as built from the real sources: islands joined, nothing lost, nothing merged that should not be."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from kgpaths.graph.build import build_graph
from kgpaths.graph.embedded import build_embedded, core_folder, default_graph_path, embedded_sources, home, open_embedded
from kgpaths.graph.export import export
from kgpaths.graph.merge import prefix_of
from kgpaths.graph.store import Graph
from kgpaths.model import content_hash, edge_id
from kgpaths.sources.kgx import read_kgx
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import fits, predicate_of


@pytest.fixture(scope="module")
def sources() -> list[SourceTables]:
    return embedded_sources()


def test_every_id_of_every_source_is_retrievable(embedded: Graph, sources: list[SourceTables]) -> None:
    for source in sources:
        missing = [curie for curie in source.nodes["id"] if curie not in embedded]
        assert missing == []
        replaced = source.xrefs.filter(pl.col("predicate") == "alt_id")["xref"]
        assert [curie for curie in replaced if curie not in embedded] == []
    assert embedded.n_concepts < sum(s.nodes.height for s in sources)


def test_no_concept_has_two_ids_of_a_prefix_and_codes_stand_alone(embedded: Graph) -> None:
    xrefs = pl.read_parquet(embedded.path / "xrefs.parquet").filter((pl.col("predicate") != "alt_id") & pl.col("merged"))
    assert xrefs.height > 20_000
    clashes = 0
    for (curie,), group in xrefs.group_by("id"):
        prefixes = [prefix_of(str(curie)), *map(prefix_of, group["xref"])]
        clashes += len(prefixes) != len(set(prefixes))
        assert "ICD10CM" not in prefixes
    assert clashes == 0


def test_the_islands_are_joined(embedded: Graph) -> None:
    marfan = embedded.concept("OMIM:154700")
    assert (marfan.curie, marfan.name, marfan.category) == ("MONDO:0007947", "Marfan syndrome", "Disease")
    assert {"OMIM:154700", "ORPHA:558"} <= set(marfan.xrefs)
    assert embedded.index("ORPHA:558") == embedded.index("OMIM:154700")
    assert [e.predicate for e in embedded.edges_between("HP:0003072", "ICD10CM:E83.52")] == ["close_match"]  # hypercalcemia
    assert "exact_match" in {e.predicate for e in embedded.edges_between("MONDO:0000989", "ICD10CM:B26")}  # mumps
    prefixes = Counter(prefix_of(x) for x in pl.read_parquet(embedded.path / "nodes.parquet")["id"])
    assert prefixes["ORPHA"] + prefixes["OMIM"] < 300  # nearly all found their MONDO id


def test_core_names_name_their_concepts(embedded: Graph, sources: list[SourceTables]) -> None:
    core = sources[0].nodes
    wrong = [(curie, name) for curie, name in core.select("id", "name").iter_rows() if embedded.concept(curie).name != name]
    assert wrong == []


def test_ids_and_content_hashes_are_the_models(embedded: Graph) -> None:
    for row in random.Random(7).sample(range(embedded.n_edges), 2000):
        edge = embedded.edge(row)
        assert edge.id == edge_id(edge.subject, edge.predicate, edge.object, edge.negated, edge.qualifiers)
        assert edge.content_hash == content_hash(edge.id, edge.frequency, edge.evidence)
        assert embedded.edge_by_id(edge.id) == edge


def test_every_statement_of_every_source_is_an_edge_or_a_rejected_row(embedded: Graph, sources: list[SourceTables]) -> None:
    rejected = pl.read_parquet(embedded.path / "rejected_rows.parquet")
    assert rejected.height == embedded.manifest.rejected_rows
    assert rejected.filter(pl.col("reason").is_in(["dangling_edge", "unknown_predicate", "unknown_category"])).height == 0
    for source in sources:
        sample = source.edges.sample(min(2000, source.edges.height), seed=1)
        for subject, predicate, object_, negated in sample.select("subject", "predicate", "object", "negated").iter_rows():
            if embedded.index(subject) != embedded.index(object_):
                assert negated in [e.negated for e in embedded.lookup(subject, predicate, object_)]


def test_edges_keep_to_their_predicates_domain_and_range(embedded: Graph) -> None:
    seen = set()
    for row in range(embedded.n_edges):
        key = (
            int(embedded.edge_predicate[row]),
            embedded.category(int(embedded.edge_subject[row])),
            embedded.category(int(embedded.edge_object[row])),
        )
        if key not in seen:
            seen.add(key)
            predicate = embedded.predicates[key[0]]
            assert fits(predicate_of(predicate), key[1], key[2]), embedded.edge(row)


def test_the_manifest_names_sources_licences_and_files(embedded: Graph) -> None:
    names = {s.name: s for s in embedded.manifest.sources}
    assert {"HPO", "ICD-10-CM", "kgpaths-core"} <= set(names)
    assert all(s.licence and all(len(h) == 64 for h in s.files.values()) and s.files for s in names.values())
    assert names["ICD-10-CM"].nodes == 98_505
    assert sum(embedded.manifest.predicates.values()) == embedded.n_edges
    assert sum(embedded.manifest.categories.values()) == embedded.n_concepts


def test_home_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KGPATHS_HOME", str(tmp_path))
    assert home() == tmp_path
    assert default_graph_path().parent == tmp_path / "graphs"
    assert default_graph_path() == default_graph_path()
    monkeypatch.delenv("KGPATHS_HOME")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert home() == tmp_path / "cache" / "kgpaths"
    monkeypatch.setattr("sys.platform", "darwin")
    assert home() == Path.home() / "Library" / "Caches" / "kgpaths"


def test_open_embedded_does_not_build_what_is_there(embedded: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgpaths.graph.embedded.build_embedded", None)
    assert open_embedded().hash == embedded.hash


def test_the_core_is_found_and_can_be_left_out(tmp_path: Path) -> None:
    assert (core_folder() / "questions.jsonl").is_file()
    steps: list[str] = []
    manifest = build_embedded(tmp_path / "g", core=False, progress=steps.append)
    assert [s.name for s in manifest.sources] == ["HPO", "ICD-10-CM"]
    assert steps[:2] == ["reading HPO", "reading ICD-10-CM"]
    assert "KGPATHS" not in {prefix_of(c) for c in pl.read_parquet(tmp_path / "g" / "nodes.parquet")["id"]}


def test_its_kgx_export_builds_the_same_graph(embedded: Graph, tmp_path: Path) -> None:
    """Edges with their evidence, concepts, names and merged ids: exported and read again they have the same hash."""
    export(embedded, "kgx", tmp_path / "kgx")
    manifest = build_graph([read_kgx(tmp_path / "kgx")], [], tmp_path / "again", "again")
    assert (manifest.content_hash, manifest.rejected_rows) == (embedded.hash, 0)
