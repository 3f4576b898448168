"""Exports: what each format holds, that nothing is lost on the way, and that they appear whole or not at all."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx
import pandas
import pytest

from kgpaths.errors import ConfigError, GraphError, InputError
from kgpaths.graph import columns, export_kgx
from kgpaths.graph.build import build_graph
from kgpaths.graph.export import FORMATS, LICENCES, PARTIAL, README, export
from kgpaths.graph.store import Graph
from kgpaths.sources.kgx import read_kgx
from kgpaths.vocabulary import QUALIFIERS
from tests.graph.kinds import BY_TEST, HOSTILE, NAN, kinds_graph, stated
from tests.graphs import Line, Thing, graph_of, line


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return kinds_graph(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def folder(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph in every format, each in the folder of its name."""
    out = tmp_path_factory.mktemp("out")
    for name in FORMATS:
        export(graph, name, out / name)
    return out


def rows_of(path: Path, **how: Any) -> list[dict[str, str]]:
    """Read a table as Python's csv does."""
    csv.field_size_limit(1 << 20)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, **how))


def kgx_rows(path: Path) -> list[dict[str, str]]:
    """Read a KGX table as its specification says: lines, tabs, no quotes."""
    head, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return [dict(zip(head.split("\t"), text.split("\t"), strict=True)) for text in lines]


def plain(text: str) -> str:
    """Undo the escapes as README.txt says."""
    return re.sub(r"&#(0|9|10|13|38|124);", lambda found: chr(int(found[1])), text)


def edges_of(graph: Graph) -> Iterator[Any]:
    return (graph.edge(row) for row in range(graph.n_edges))


# csv


def test_csv_is_read_by_pandas_with_every_name_as_it_is(graph: Graph, folder: Path) -> None:
    how: Any = {"keep_default_na": False, "engine": "python", "index_col": "id"}  # the default engine ends a text at a NUL
    nodes = pandas.read_csv(folder / "csv" / "nodes.csv", **how)
    edges = pandas.read_csv(folder / "csv" / "edges.csv", na_values={"frequency": [""]}, **how)
    assert [nodes.loc[graph.curie(i), "name"] for i in range(graph.n_concepts)] == [graph.concept_name(i) for i in range(graph.n_concepts)]
    assert nodes.loc["NCBIGene:1", "name"] == NAN and not nodes.loc["X:ward", "linkable"]
    assert nodes.loc["MONDO:1", "synonyms"].split("; ")[0] == "grippe|catarrh" and HOSTILE in nodes.loc["MONDO:1", "synonyms"]
    assert nodes.loc["MONDO:1", "xrefs"] == "OMIM:7; MONDO:99" and nodes.loc["X:fever", "definition"] == f"Too warm.\nVery. {HOSTILE}"
    for edge in edges_of(graph):
        row = edges.loc[edge.id]
        assert (row["subject"], row["predicate"], row["object"], row["negated"]) == (edge.subject, edge.predicate, edge.object, edge.negated)
        assert (row["subject_name"], row["object_name"]) == tuple(graph.concept(end).name for end in (edge.subject, edge.object))
        assert row["content_hash"] == edge.content_hash
        assert row["qualifiers"] == "; ".join(f"{q.key}={q.value}" for q in edge.qualifiers)
        assert row["publications"] == "; ".join(p for e in edge.evidence for p in e.publications)
    assert edges["frequency"].dropna().round(3).tolist().count(0.75) == 1  # 8 of 10


def test_csv_tells_the_evidence_in_words(graph: Graph, folder: Path) -> None:
    rows = {(row["subject"], row["object"]): row for row in rows_of(folder / "csv" / "edges.csv")}
    fever = rows["MONDO:1", "X:fever"]
    assert (fever["frequency"], fever["frequency_stated"], fever["sources"]) == ("0.75", "8/10", "test")
    assert sorted(fever["evidence"].split(" | ")) == ["test 1: PCS; test; 8/10; PMID:1; PMID:2", "test 1: test; PMID:3"]
    hostile = rows["X:hostile", "MONDO:1"]
    assert HOSTILE in hostile["evidence"] and hostile["sources"] == "another; test"
    assert rows["X:warfarin", "MONDO:1"]["evidence"] == ""


# networkx


def test_node_link_json_reads_back_equal(graph: Graph, folder: Path) -> None:
    read = networkx.node_link_graph(json.loads((folder / "networkx" / "graph.json").read_text(encoding="utf-8")), edges="edges")
    made = graph.to_networkx()
    assert type(read) is networkx.MultiDiGraph and read.graph == made.graph
    assert networkx.utils.graphs_equal(read, made)
    read.nodes["X:fever"]["name"] = "another"
    assert not networkx.utils.graphs_equal(read, made)


# neo4j-admin


def test_neo4j_headers_are_typed_and_arrays_hold_every_value(graph: Graph, folder: Path) -> None:
    nodes = {row["curie:ID"]: row for row in rows_of(folder / "neo4j-admin" / "nodes.csv")}
    edges = {row["id"]: row for row in rows_of(folder / "neo4j-admin" / "edges.csv")}
    assert " ".join(nodes["MONDO:1"]) == (
        "curie:ID :LABEL name definition linkable:boolean semantic_types:string[] synonyms:string[] synonym_scopes:string[] xrefs:string[] graph load"
    )
    assert (nodes["X:fever"][":LABEL"], nodes["X:hostile"]["name"]) == ("Concept\x1fPhenotypicFeature", HOSTILE)
    assert nodes["MONDO:1"]["synonyms:string[]"].split("\x1f") == ["grippe|catarrh", "influenza", HOSTILE]
    assert nodes["MONDO:1"]["synonym_scopes:string[]"].split("\x1f") == ["exact"] * 3
    for edge in edges_of(graph):
        row = edges[edge.id]
        assert (row[":START_ID"], row[":TYPE"], row[":END_ID"]) == (edge.subject, edge.predicate, edge.object)
        assert row["negated:boolean"] == ("true" if edge.negated else "false")
        assert {q.key: q.value for q in edge.qualifiers} == {key: row[key] for key in QUALIFIERS if row.get(key)}
        read = [json.loads(text) for text in row["evidence:string[]"].split("\x1f") if text]
        assert read == [{k: v for k, v in e.model_dump(mode="json").items() if v not in ("", [], None)} for e in edge.evidence]
    (fever,) = graph.lookup("MONDO:1", "has_phenotype", "X:fever")
    assert sorted(edges[fever.id]["publications:string[]"].split("\x1f")) == ["PMID:1", "PMID:2", "PMID:3"]
    assert (edges[fever.id]["frequency:double"], edges[fever.id]["sources:string[]"]) == ("0.75", "test")


def test_neo4j_readme_gives_the_command_that_fits_the_files(folder: Path, tmp_path: Path) -> None:
    command = "neo4j-admin database import full neo4j --nodes=nodes.csv --relationships=edges.csv --overwrite-destination --array-delimiter=U+"
    assert f"  {command}001F --multiline-fields=true --bad-tolerance=0 --id-type=string --strict --report-file=import.report\n" in (
        folder / "neo4j-admin" / README
    ).read_text(encoding="utf-8")
    nodes = {"a": Thing("Drug", ("one\x1ftwo", "semi;colon"))}
    export(graph_of(tmp_path, line("a", "treats", "b"), nodes=nodes), "neo4j-admin", tmp_path / "out")
    assert f"  {command}001E --multiline" in (tmp_path / "out" / README).read_text(encoding="utf-8")
    (row,) = (row for row in rows_of(tmp_path / "out" / "nodes.csv") if row["curie:ID"] == "X:a")
    assert row["synonyms:string[]"].split("\x1e") == ["one\x1ftwo", "semi;colon"]


# kgx


def test_kgx_nodes_bear_biolinks_names_and_every_character(graph: Graph, folder: Path) -> None:
    nodes = {row["id"]: row for row in kgx_rows(folder / "kgx" / "nodes.tsv")}
    assert len(nodes) == graph.n_concepts
    assert {curie: plain(row["name"]) for curie, row in nodes.items()} == {graph.curie(i): graph.concept_name(i) for i in range(graph.n_concepts)}
    assert plain(nodes["X:fever"]["description"]) == f"Too warm.\nVery. {HOSTILE}"
    flu = nodes["MONDO:1"]
    assert (flu["category"], flu["same_as"], flu["alt_id"], flu["xref"]) == ("biolink:Disease", "OMIM:7", "MONDO:99", "")
    assert [plain(text) for text in flu["exact_synonym"].split("|")] == ["grippe|catarrh", "influenza", HOSTILE]
    assert flu["synonym"] == flu["exact_synonym"] and flu["narrow_synonym"] == ""
    assert (nodes["X:rash"]["close_match"], nodes["X:ward"]["linkable"]) == ("UMLS:C1", "false")


def test_kgx_edges_are_statements_with_biolinks_fields(graph: Graph, folder: Path) -> None:
    rows = kgx_rows(folder / "kgx" / "edges.tsv")
    assert [row["id"].partition("-")[0] for row in rows] == [e.id for e in edges_of(graph) for _ in e.evidence or (None,)]
    assert len({row["id"] for row in rows}) == len(rows)
    of = {(row["subject"], row["object"], row["frequency"], row["negated"], row["predicate"]): row for row in rows}
    counted = of["MONDO:1", "X:fever", "8/10", "false", "biolink:has_phenotype"]
    assert (counted["has_count"], counted["has_total"], counted["publications"], counted["has_evidence"]) == ("8", "10", "PMID:1|PMID:2", "PCS")
    other = of["MONDO:1", "X:fever", "", "false", "biolink:has_phenotype"]
    assert (other["has_count"], other["publications"]) == ("", "PMID:3")  # the statement's, not the edge's
    assert of["MONDO:1", "X:rash", "0/12", "true", "biolink:has_phenotype"]["has_total"] == "12"
    assert of["X:measles", "X:fever", "45%", "false", "biolink:has_phenotype"]["has_percentage"] == "45"
    term = of["X:measles", "X:rash", "HP:0040282", "false", "biolink:has_phenotype"]
    fields = ("frequency_qualifier", "onset_qualifier", "sex_qualifier", "clinical_modifier_qualifier", "has_confidence_score", "update_date")
    assert [term[name] for name in fields] == ["HP:0040282", "HP:1", "MALE", "HP:2|HP:3", "0.75", "2020-01-01"]
    assert {row["predicate"] for row in rows} >= {"kgpaths:antidote_for", "biolink:pharmacologically_interacts_with", "UMLS:co_occurs_with"}
    inferred = of["NCBIGene:1", "X:rash", "", "false", "biolink:has_phenotype"]
    assert (inferred["disease_context_qualifier"], inferred["knowledge_level"], inferred["inferred_from"]) == (
        "MONDO:1",
        "logical_entailment",
        "MONDO:1",
    )
    qualified = next(row for row in rows if row["object_direction_qualifier"])
    assert (qualified["object_aspect_qualifier"], qualified["knowledge_level"], qualified["agent_type"]) == (
        "activity",
        "knowledge_assertion",
        "manual_agent",
    )
    assert (qualified["has_evidence"], qualified["code"]) == ("ECO:1", "knowledge_assertion; manual_agent; ECO:1")
    noted = next(row for row in rows if row["citation"] == "a guideline")
    assert plain(noted["note"]) == HOSTILE and {row["primary_knowledge_source"] for row in rows} == {"test", "another", ""}


def test_kgx_is_read_back_as_the_same_graph(graph: Graph, folder: Path, tmp_path: Path) -> None:
    again = reread(folder / "kgx", tmp_path)
    assert list(edges_of(again)) == list(edges_of(graph))
    assert [again.concept(again.curie(i)) for i in range(again.n_concepts)] == [graph.concept(graph.curie(i)) for i in range(graph.n_concepts)]
    assert again.manifest.rejected_rows == again.manifest.conflicts == 0
    assert again.hash == graph.hash
    assert again.index("OMIM:7") == again.index("MONDO:1")


def reread(kgx: Path, tmp_path: Path) -> Graph:
    build_graph([read_kgx(kgx, name="test")], [], tmp_path / "again", "again")
    return Graph.open(tmp_path / "again")


def test_kgx_frequencies_without_a_field_of_theirs_change_no_edge(tmp_path: Path) -> None:
    """A range that is no HPO term has no field in KGX; a row must not be rejected or negated for it."""
    odd = {"n": None, "m": None, "lower": 0.1, "upper": 0.6, "texts": ["some"]}
    never = {"n": 0, "m": 5, "lower": None, "upper": None, "texts": ["0/5"]}
    lines = (
        Line("a", "has_phenotype", "p", frequency=odd, evidence=(stated(frequency="some", **BY_TEST),)),
        Line("a", "has_phenotype", "q", frequency=never, evidence=(stated(frequency="0/5", **BY_TEST),)),
        Line("a", "has_phenotype", "r", evidence=(stated(frequency="9/10", **BY_TEST),)),
        Line("a", "has_phenotype", "s", frequency=odd | {"lower": 0.3, "upper": 0.79}, evidence=(stated(**BY_TEST), stated(code="IEA", **BY_TEST))),
        Line("a", "has_phenotype", "t", frequency=odd | {"lower": 0.25, "upper": 0.25}, evidence=(stated(**BY_TEST),)),
    )
    graph = graph_of(tmp_path, *lines)
    export(graph, "kgx", tmp_path / "kgx")
    rows = {row["object"]: row for row in kgx_rows(tmp_path / "kgx" / "edges.tsv")}
    assert [rows["X:s"][name] for name in ("frequency_qualifier", "has_quotient")] == ["HP:0040282", ""]
    assert [rows["X:t"][name] for name in ("frequency_qualifier", "has_quotient")] == ["", "0.25"]
    assert [rows["X:p"][name] for name in export_kgx.SHARES] == [""] * 5 == [rows["X:q"][name] for name in export_kgx.SHARES]
    assert [rows[f"X:{end}"]["frequency"] for end in "pqr"] == ["some", "0/5", "9/10"]
    again = reread(tmp_path / "kgx", tmp_path)
    assert list(edges_of(again)) == list(edges_of(graph))
    assert again.manifest.rejected_rows == 0


def test_kgx_keeps_ids_of_other_concepts_out_of_the_xrefs(tmp_path: Path) -> None:
    """Else a reader would judge again what the graph has judged: ORPHA:2, which is refused as MONDO:1 is ORPHA:1 already."""
    exact = tuple((f"ORPHA:{n}", "exact_match") for n in (1, 2, 3))
    nodes = {
        "a": Thing("Disease", id="MONDO:1", xrefs=(("ICD10CM:A1", "xref"), ("MESH:1", "xref"), *exact)),
        "b": Thing("Disease", id="MONDO:2", xrefs=(("MESH:1", "xref"),)),
        "c": Thing("Disease", id="ORPHA:2"),
        "code": Thing("InformationContentEntity", id="ICD10CM:A1"),
    }
    graph = graph_of(tmp_path, line("a", "has_phenotype", "p"), nodes=nodes)
    export(graph, "kgx", tmp_path / "kgx")
    rows = {row["id"]: row for row in kgx_rows(tmp_path / "kgx" / "nodes.tsv")}
    assert {curie: row["xref"] for curie, row in rows.items() if row["xref"]} == {"MONDO:1": "ORPHA:3|MESH:1", "MONDO:2": "MESH:1"}
    assert rows["MONDO:1"]["same_as"] == "ORPHA:1" and "exact_match" not in rows["MONDO:1"]
    again = reread(tmp_path / "kgx", tmp_path)
    assert list(edges_of(again)) == list(edges_of(graph)) and again.hash == graph.hash
    assert again.curie(again.index("ORPHA:1")) == "MONDO:1" and again.curie(again.index("ORPHA:2")) == "ORPHA:2"


def test_kgx_writes_a_qualified_predicate_with_its_vocabulary(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, line("a", "affects", "b", qualified_predicate="contributes_to"))
    export(graph, "kgx", tmp_path / "kgx")
    (row,) = kgx_rows(tmp_path / "kgx" / "edges.tsv")
    assert row["qualified_predicate"] == "biolink:contributes_to"


def test_kgx_lets_a_context_that_is_a_qualifier_stand(tmp_path: Path) -> None:
    """The column that says what an inference rests on is Biolink's for a qualifier, too: the qualifier is part of the edge's id."""
    key = "disease_context_qualifier"
    edges = (
        Line("g", "has_phenotype", "p", qualifiers=((key, "X:flu"),), evidence=(stated(inferred_from="X:cold"),)),
        Line("g", "causes", "p", evidence=(stated(inferred_from="X:cold"),)),
        Line("g", "has_phenotype", "q", evidence=(stated(inferred_from="X:cold", code="prediction"),)),
    )
    export(graph_of(tmp_path, *edges), "kgx", tmp_path / "kgx")
    rows = {(row["predicate"], row["object"]): row for row in kgx_rows(tmp_path / "kgx" / "edges.tsv")}
    assert [rows["biolink:has_phenotype", "X:p"][name] for name in (key, "knowledge_level", "inferred_from")] == ["X:flu", "", "X:cold"]
    assert [rows["biolink:causes", "X:p"][name] for name in (key, "knowledge_level", "inferred_from")] == ["", "", "X:cold"]
    assert [rows["biolink:has_phenotype", "X:q"][name] for name in (key, "knowledge_level", "inferred_from")] == ["", "prediction", "X:cold"]


def test_kgx_that_was_changed_by_hand_is_refused_in_one_line(graph: Graph, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "kgx", tmp_path / "kgx")
    edges = tmp_path / "kgx" / "edges.tsv"
    edges.write_text(edges.read_text(encoding="utf-8").replace('"upper":', '"above":', 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"^edges.tsv: edge_frequency is not as kgpaths writes it: .*above"):
        reread(tmp_path / "kgx", tmp_path)


# all formats


@pytest.mark.parametrize("format", FORMATS)
def test_every_export_says_what_it_is_and_bears_the_terms_of_every_source(graph: Graph, format: str, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    files = export(graph, format, tmp_path / "deep" / "out", progress=lambda *step: told.append(step))
    assert sorted(files) == sorted((tmp_path / "deep" / "out").iterdir())
    assert told == [("writing concepts", graph.n_concepts, graph.n_concepts), ("writing edges", graph.n_edges, graph.n_edges)]
    licences = (tmp_path / "deep" / "out" / LICENCES).read_text(encoding="utf-8")
    assert "test\n  release: 1\n  licence: CC0-1.0\n  url: not stated\n" in licences and "\nanother\n" in licences
    assert f"{format} export of the graph kinds test 1\ngraph hash {graph.hash}\n" in (tmp_path / "deep" / "out" / README).read_text(encoding="utf-8")


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_graph_gives_the_same_bytes_however_it_is_cut(
    graph: Graph, folder: Path, format: str, tmp_path: Path, cut: Callable[[int], None]
) -> None:
    cut(2)
    for file in export(graph, format, tmp_path):
        assert file.read_bytes() == (folder / format / file.name).read_bytes(), file.name


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let exports go by parts of so many rows."""

    def small(size: int) -> None:
        for name in ("concepts", "edges"):
            whole = getattr(columns.Columns, name)
            monkeypatch.setattr(columns.Columns, name, lambda self, whole=whole: whole(self, size))

    return small


@pytest.mark.parametrize("format", FORMATS)
def test_a_fault_leaves_the_earlier_export_or_nothing(graph: Graph, format: str, tmp_path: Path, cut: Callable[[int], None]) -> None:
    cut(2)
    before = {file.name: file.read_bytes() for file in export(graph, format, tmp_path / "old")}

    def stop(what: str, done: int, total: int) -> None:
        if what == "writing edges" and done > 4:
            raise KeyboardInterrupt

    for place in ("old", "new"):
        with pytest.raises(KeyboardInterrupt):
            export(graph, format, tmp_path / place, progress=stop)
    assert {file.name: file.read_bytes() for file in (tmp_path / "old").iterdir()} == before
    assert not (tmp_path / "new").exists()


def test_a_killed_export_leaves_no_file_and_the_next_one_cleans_up(graph: Graph, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from kgpaths.graph.store import Graph; from kgpaths.graph.export import export\n"
        "stop = lambda what, done, total: what == 'writing edges' and os.kill(os.getpid(), signal.SIGKILL)\n"
        "export(Graph.open(sys.argv[1]), 'csv', Path(sys.argv[2]), progress=stop)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(graph.path), str(tmp_path / "out")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [file.name for file in (tmp_path / "out").iterdir()] == [PARTIAL]
    files = export(graph, "csv", tmp_path / "out")
    assert sorted(files) == sorted((tmp_path / "out").iterdir())


def test_a_graph_that_is_built_anew_meanwhile_is_not_mixed_with_the_new_one(tmp_path: Path) -> None:
    before = graph_of(tmp_path, line("a", "treats", "b"))
    graph_of(tmp_path, line("c", "treats", "d"), line("c", "treats", "e"))
    export(before, "csv", tmp_path / "csv")
    assert [row["subject"] for row in rows_of(tmp_path / "csv" / "edges.csv")] == ["X:a"]
    graph_of(tmp_path, line("c", "treats", "d"), nodes={"c": Thing("Drug", xrefs=(("MESH:1", "xref"),))})
    with pytest.raises(GraphError, match="not that of the opened graph"):
        export(before, "csv", tmp_path / "csv")


def test_files_of_others_are_never_replaced(graph: Graph, tmp_path: Path) -> None:
    export(graph, "csv", tmp_path)
    (tmp_path / "thesis.txt").write_text("dear", encoding="utf-8")
    export(graph, "csv", tmp_path)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "dear"
    with pytest.raises(InputError, match=r"holds other files of these names: nodes.csv, edges.csv, LICENCES.txt, README.txt"):
        export(graph, "neo4j-admin", tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "edges.tsv").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds other files of these names: edges.tsv"):
        export(graph, "kgx", tmp_path / "mine")
    assert (tmp_path / "mine" / "edges.tsv").read_text(encoding="utf-8") == "dear"


def test_what_cannot_be_written_is_one_clear_error(graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(GraphError, match="cannot be written"):
        export(graph, "csv", tmp_path / "file")
    with pytest.raises(InputError, match="is a graph's folder"):
        export(graph, "csv", graph.path)
    with pytest.raises(ConfigError, match=r"no format 'rdf'.*kgx, csv, networkx, neo4j-admin"):
        export(graph, "rdf", tmp_path / "out")
    assert not (tmp_path / "out").exists()
