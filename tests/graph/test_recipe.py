"""A recipe names sources and their options; what is wrong in it is told with its place, and unchanged sources are read once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kgpaths.errors import ConfigError, GraphError, InputError, KgpathsError
from kgpaths.graph import cache
from kgpaths.graph.build import silent
from kgpaths.graph.cache import cached
from kgpaths.graph.recipe import READERS, Recipe, build, look, read_recipe, reader, single
from kgpaths.graph.store import Graph
from kgpaths.sources.tables import EDGES, SourceTables, whole

FIXTURES = Path(__file__).parent.parent / "sources" / "fixtures"
RECIPE = """
name: tiny
release: "1"
sources:
  - type: core
    path: core
    exact: [MONDO]
mappings:
  - type: sssom
    path: core/../own.sssom.tsv
"""
SSSOM = "# license: https://creativecommons.org/publicdomain/zero/1.0/\nsubject_id\tpredicate_id\tobject_id\nMONDO:0010200\tskos:exactMatch\tUMLS:C0019202\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES / "core", tmp_path / "core")
    (tmp_path / "own.sssom.tsv").write_text(SSSOM, encoding="utf-8")
    (tmp_path / "graph.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def recipe(folder: Path, text: str) -> Recipe:
    (folder / "graph.yaml").write_text(text, encoding="utf-8")
    return read_recipe(folder / "graph.yaml")


def test_sources_and_mappings_become_one_graph(folder: Path) -> None:
    manifest = build(read_recipe(folder / "graph.yaml"), folder / "out", progress=silent)
    assert (manifest.name, manifest.release) == ("tiny", "1")
    graph = Graph.open(folder / "out")
    assert graph.concept("UMLS:C0019202").name == "Wilson disease"
    assert graph.concept("KGPATHS:wilson-disease").curie == "MONDO:0010200"


def test_the_resolved_recipe_enters_the_manifest_with_every_option(folder: Path) -> None:
    manifest = build(read_recipe(folder / "graph.yaml"), folder / "out", progress=silent)
    first, second = manifest.recipe["sources"]
    assert first["type"] == "core" and first["exact"] == ["MONDO"]
    assert second["type"] == "sssom" and second["release"] == ""
    assert Graph.open(folder / "out").manifest.recipe == manifest.recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sources: [{type: coer}]", "sources 1: unknown type 'coer' (did you mean core?)"),
        ("sources: [{path: core}]", "sources 1: has no type"),
        ("sources: [core]", "sources 1: has no type"),
        ("sources: [{type: core, exakt: [MONDO]}]", "unknown option 'exakt' of core (did you mean exact?)"),
        ("sources: [{type: core}, {type: sssom}]", "sources 2: sssom needs the option 'path'"),
        ("sources: [{type: core, exact: {HP: 1}}]", "sources 1, exact: has the wrong form"),
        ("sources: [{type: core, path: [a, b]}]", "sources 1, path: has the wrong form"),
        ("sources: [{type: [core]}]", "unknown type ['core']"),
        ("sources: []\nsources: [{type: core}]", "row 2: is no YAML: key 'sources' stands twice"),
        ("sources: " + "[" * 3000, "is no YAML: nested too deeply"),
        ("sorces: []", "unknown key 'sorces' (did you mean sources?)"),
        ("sources: core", "sources has the wrong form"),
        ("name: x", "names no source"),
        ("- core", "is not a mapping"),
        ("sources: [", "is no YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: Path, text: str, message: str) -> None:
    with pytest.raises(KgpathsError) as caught:
        recipe(folder, text)
    assert message in str(caught.value)
    assert "graph.yaml" in str(caught.value)


def test_a_missing_recipe_and_a_missing_source_are_told(folder: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_recipe(folder / "absent.yaml")
    with pytest.raises(InputError, match=r"absent\.tsv"):
        build(recipe(folder, "sources: [{type: core, path: core}, {type: sssom, path: absent.tsv}]"), folder / "out", progress=silent)
    assert not (folder / "out").exists()


def test_a_single_source_needs_no_file(folder: Path) -> None:
    plan = single("core", str(folder / "core"), {"exact": "MONDO"})
    assert plan.sources[0].options["exact"] == ("MONDO",)
    assert build(plan, folder / "out", progress=silent).name == "core"
    with pytest.raises(ConfigError, match="unknown option 'limit'"):
        single("hpo", "", {"limit": 5})


def test_every_type_has_a_reader_whose_options_a_recipe_can_give() -> None:
    for kind in READERS:
        assert callable(reader(kind))
    for kind in ("hpo", "icd10cm", "core"):  # they come with the package
        assert single(kind, "", {}).sources[0].options


def test_a_dry_run_shows_counts_prefixes_and_rejects(folder: Path) -> None:
    found = look(read_recipe(folder / "graph.yaml").sources[0])
    assert found.prefixes == {"KGPATHS": 3}
    assert found.unknown == ()
    assert found.counts["nodes"] == 3 and found.counts["edges"] > 0
    mapping = look(read_recipe(folder / "graph.yaml").sources[1])
    assert (mapping.prefixes, mapping.references) == ({}, {"MONDO": 1, "UMLS": 1})
    (folder / "own.sssom.tsv").write_text(SSSOM.replace("MONDO:", "MODNO:"), encoding="utf-8")
    assert look(read_recipe(folder / "graph.yaml").sources[1]).unknown == ("MODNO",)


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the readings of sources."""
    found: list[str] = []
    store = cache.store

    def counted(tables: SourceTables, entry: Path) -> None:
        found.append(tables.info.name)
        store(tables, entry)

    monkeypatch.setattr(cache, "store", counted)
    return found


def test_an_unchanged_source_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reads(monkeypatch)
    plan = read_recipe(folder / "graph.yaml")
    first = build(plan, folder / "a", cache=folder / "cache", progress=silent)
    assert len(read) == 2
    assert build(plan, folder / "b", cache=folder / "cache", progress=silent) == first
    assert len(read) == 2
    assert build(plan, folder / "c", progress=silent) == first
    nodes = folder / "core" / "nodes.tsv"
    nodes.write_text(nodes.read_text(encoding="utf-8").replace("Copper accumulates.", "Copper builds up."), encoding="utf-8")
    assert build(plan, folder / "d", cache=folder / "cache", progress=silent).content_hash != first.content_hash
    assert read[2:] == [read[0]]


def test_another_option_is_another_entry(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reads(monkeypatch)
    for exact in ("MONDO", "OMIM", "MONDO"):
        cached(single("core", str(folder / "core"), {"exact": [exact]}).sources[0], folder / "cache")
    assert len(read) == 2


def test_a_damaged_entry_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = single("core", str(folder / "core"), {}).sources[0]
    expected = whole(cached(source, folder / "cache").edges, EDGES)
    read = reads(monkeypatch)
    (entry,) = (folder / "cache").iterdir()
    (entry / "nodes.parquet").write_bytes(b"PAR1 no more")
    assert whole(cached(source, folder / "cache").edges, EDGES).equals(expected)
    assert len(read) == 1


def test_a_release_is_taken_as_it_is_written(folder: Path) -> None:
    for release in ("2026.10", "2026-11-01", "NO"):
        (folder / "r.yaml").write_text(f"release: {release}\nsources: [{{type: core, path: core}}]", encoding="utf-8")
        assert read_recipe(folder / "r.yaml").release == release


def test_the_recipe_in_the_manifest_is_a_recipe(folder: Path) -> None:
    first = build(read_recipe(folder / "graph.yaml"), folder / "a", progress=silent)
    (folder / "again.yaml").write_text(json.dumps(first.recipe), encoding="utf-8")
    assert build(read_recipe(folder / "again.yaml"), folder / "b", progress=silent).content_hash == first.content_hash


def test_where_no_graph_can_be_put_is_told_before_anything_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reads(monkeypatch)
    (folder / "thesis.txt").touch()
    for out in (folder, folder / "thesis.txt", folder / "thesis.txt" / "g", Path("/proc/kgpaths")):
        with pytest.raises(GraphError):
            build(read_recipe(folder / "graph.yaml"), out, cache=folder / "cache", progress=silent)
    assert read == []


@pytest.mark.parametrize("harm", ["lost", "flipped", "cut"])
def test_an_entry_that_is_not_as_it_was_written_is_read_again(folder: Path, harm: str) -> None:
    source = single("core", str(folder / "core"), {}).sources[0]
    expected = whole(cached(source, folder / "cache").edges, EDGES)
    (file,) = (folder / "cache").glob("*/edges-*.parquet")
    content = file.read_bytes()
    if harm == "lost":
        file.unlink()
    else:
        file.write_bytes(content[:-9] if harm == "cut" else content[:20] + bytes([content[20] ^ 1]) + content[21:])
    assert whole(cached(source, folder / "cache").edges, EDGES).equals(expected)
    assert file.read_bytes() == content


def test_a_cache_that_cannot_be_written_does_not_stop_a_build(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    (folder / "cache").write_text("no folder")
    plan = read_recipe(folder / "graph.yaml")
    assert build(plan, folder / "a", cache=folder / "cache", progress=steps.append) == build(plan, folder / "b", progress=silent)
    assert any(step.startswith("the cache cannot be written, core is used without it: ") for step in steps)


def test_a_table_is_known_by_the_files_its_yaml_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by what else lies beside it, the graph that was just built among it, nor by how the YAML is called."""
    (folder / "edges.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    ends = "subject: {name: a, category: Drug}\n  predicate: treats\n  object: {name: b, category: Disease}"
    (folder / "own.txt").write_text(f"name: own\nlicence: none\nprefix: LOCAL\nedges:\n  file: edges.csv\n  {ends}\n", encoding="utf-8")
    read = reads(monkeypatch)
    plan = single("csv", str(folder / "own.txt"), {})
    for out in ("a", "b"):
        build(plan, folder / out, cache=folder / "cache", progress=silent)
    assert len(read) == 1
    for number in range(4):
        with (folder / "edges.csv").open("a", encoding="utf-8") as stream:
            stream.write(f"x,z{number}\n")
        assert build(plan, folder / "c", cache=folder / "cache", progress=silent).edges == number + 2
    assert len(list((folder / "cache").iterdir())) == cache.KEPT


def test_data_of_packages_is_part_of_what_a_source_is_known_by(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = single("core", str(folder / "core"), {}).sources[0]
    before = cache.signature(source)
    monkeypatch.setattr(cache, "package_files", lambda: [folder / "graph.yaml"])
    assert cache.signature(source) != before
