from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kgpaths.errors import InputError
from kgpaths.sources.core import core_folder, read_core
from kgpaths.sources.tables import SourceInfo, SourceTables
from tests.sources.rows import FIXTURES, edge, node


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_core(FIXTURES / "core", exact=("MONDO", "OMIM"))


def test_nodes_and_names(tiny: SourceTables) -> None:
    wilson = node(tiny, "KGPATHS:wilson-disease")
    assert (wilson["category"], wilson["name"], wilson["definition"], wilson["linkable"]) == (
        "Disease",
        "Wilson disease",
        "Copper accumulates.",
        True,
    )
    assert tiny.aliases.rows() == [
        ("KGPATHS:wilson-disease", "Wilson disease", "label", ""),
        ("KGPATHS:penicillamine", "penicillamine", "label", ""),
        ("KGPATHS:copper", "copper", "label", ""),
        ("KGPATHS:wilson-disease", "hepatolenticular degeneration", "exact", ""),
        ("KGPATHS:wilson-disease", "WD", "exact", ""),
        ("KGPATHS:copper", "Cu", "exact", ""),
    ]


def test_xrefs_are_exact_where_the_reader_says_so(tiny: SourceTables) -> None:
    assert tiny.xrefs.rows() == [
        ("KGPATHS:wilson-disease", "MONDO:0010200", "exact_match"),
        ("KGPATHS:wilson-disease", "OMIM:277900", "exact_match"),
        ("KGPATHS:wilson-disease", "ICD10CM:E83.01", "xref"),
    ]
    assert set(read_core(FIXTURES / "core").xrefs["predicate"]) == {"xref"}


def test_rows_of_one_statement_are_one_edge(tiny: SourceTables) -> None:
    found = edge(tiny, "KGPATHS:penicillamine", "treats", "KGPATHS:wilson-disease")
    assert [e["citation"] for e in found["evidence"]] == ["Harrison 21, ch. 415", "DailyMed penicillamine"]
    assert {(e["source"], e["code"], e["licence"]) for e in found["evidence"]} == {("infores:kgpaths-core", "knowledge_assertion", "CC0-1.0")}
    assert (found["negated"], found["qualifiers"], found["frequency"]) == (False, [], None)


def test_predicates_qualifiers_frequency_and_negation(tiny: SourceTables) -> None:
    assert edge(tiny, "KGPATHS:penicillamine", "antidote_for", "KGPATHS:copper")["qualifiers"] == []
    assert edge(tiny, "KGPATHS:penicillamine", "affects", "KGPATHS:copper")["qualifiers"] == [
        {"key": "object_aspect_qualifier", "value": "abundance"},
        {"key": "object_direction_qualifier", "value": "decreased"},
    ]
    seizure = edge(tiny, "KGPATHS:wilson-disease", "has_phenotype", "HP:0001250")
    assert seizure["frequency"] == {"n": None, "m": None, "lower": 0.05, "upper": 0.29, "texts": ["occasional"]}
    assert edge(tiny, "KGPATHS:wilson-disease", "has_phenotype", "HP:0002315")["negated"] is True


def test_edges_that_differ_in_a_qualifier_are_two(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "core", tmp_path, dirs_exist_ok=True)
    lines = (tmp_path / "edges.tsv").read_text(encoding="utf-8").splitlines()
    fields = lines[1].split("\t")
    fields[lines[0].split("\t").index("stage_qualifier")] = "acute"
    (tmp_path / "edges.tsv").write_text("\n".join([*lines, "\t".join(fields)]) + "\n", encoding="utf-8")
    found = read_core(tmp_path).edges
    treats = [row["qualifiers"] for row in found.to_dicts() if row["predicate"] == "treats"]
    assert treats == [[], [{"key": "stage_qualifier", "value": "acute"}]]


def test_the_info_is_the_callers_with_the_files_hashes() -> None:
    info = read_core(FIXTURES / "core", SourceInfo("mine", "7", "MIT", "u")).info
    assert (info.name, info.release, info.licence, list(info.files)) == ("mine", "7", "MIT", ["nodes.tsv", "edges.tsv"])


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("nodes.tsv", "biolink:Drug", "biolink:Drugs", "nodes.tsv, row 3, field category: is no category of kgpaths.vocabulary: 'biolink:Drugs'"),
        ("nodes.tsv", "KGPATHS:copper", "copper", "nodes.tsv, row 4, field id: is no CURIE: 'copper'"),
        ("nodes.tsv", "KGPATHS:copper", "kgpaths:penicillamine", "row 4, field id: repeats an id: 'kgpaths:penicillamine'"),
        ("nodes.tsv", "\tpenicillamine", "\t", "row 3, field name: is empty: ''"),
        ("nodes.tsv", "|ICD10CM:E83.01", "|E83.01", "row 2, field xref: is no CURIE: 'E83.01'"),
        ("nodes.tsv", "\tcategory\t", "\tkind\t", "row 1: column 'category' is missing"),
        ("edges.tsv", "biolink:affects", "biolink:effects", "edges.tsv, row 5, field predicate: is no predicate of kgpaths.vocabulary"),
        ("edges.tsv", "kgpaths:antidote_for", "biolink:antidote_for", "row 4, field predicate: stands under the wrong prefix"),
        ("edges.tsv", "\toccasional\t", "\toften\t", "row 6, field frequency_qualifier: is no frequency: 'often'"),
        ("edges.tsv", "\toccasional\t", "\t0/4\t", "row 6, field frequency_qualifier: says never, but the edge is not negated"),
        ("edges.tsv", "\ttrue\t", "\tnot\t", "row 7, field negated: is neither true, false nor empty: 'not'"),
        ("edges.tsv", "hp:0001250", "seizure", "row 6, field object: is no CURIE: 'seizure'"),
    ],
)
def test_a_bad_row_is_named_with_its_field(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    shutil.copytree(FIXTURES / "core", tmp_path, dirs_exist_ok=True)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_core(tmp_path)
    assert message in str(error.value)


def test_the_core_folder_holds_the_shipped_questions() -> None:
    assert (core_folder() / "questions.jsonl").is_file()
