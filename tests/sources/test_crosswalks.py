from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from kgpaths.errors import InputError
from kgpaths.sources.crosswalks import read_table
from kgpaths.sources.tables import SourceTables
from tests.sources.rows import FIXTURES, counts

TINY = FIXTURES / "crosswalks"


def triples(source: SourceTables) -> list[tuple[str, str, str]]:
    return source.edges.select("subject", "predicate", "object").rows()


def test_cross_references_with_names() -> None:
    found = read_table(TINY / "xrefs.tsv", id_column="id", name_column="label", category="Disease", xref_column="xref", name="DO", licence="CC0-1.0")
    assert (found.info.name, found.info.licence, list(found.info.files)) == ("DO", "CC0-1.0", ["xrefs.tsv"])
    assert found.nodes.select("id", "category", "name").rows() == [
        ("DOID:1", "Disease", 'island "fever"'),
        ("DOID:2", "Disease", "sea\nsickness; a | b"),
    ]
    assert found.aliases.rows() == [
        ("DOID:1", 'island "fever"', "label", ""),
        ("DOID:1", "fever of islands", "exact", ""),
        ("DOID:2", "sea\nsickness; a | b", "label", ""),
    ]
    assert found.xrefs.rows() == [
        ("DOID:1", "OMIM:100010", "xref"),
        ("DOID:1", "ORPHA:10", "xref"),
        ("DOID:2", "SNOMEDCT:20", "xref"),
        ("DOID:2", "ICD10:A00", "xref"),  # the WHO's, not ICD10CM's
    ]
    assert found.rejected.rows() == [
        ("xrefs.tsv", 10, "bad_id", "2"),
        ("xrefs.tsv", 6, "bad_xref", "DOID:2 PMID:20"),
        ("xrefs.tsv", 11, "bad_xref", "DOID:2 none"),
    ]
    assert found.left_out == {"no_xref": 1, "repeated_row": 1}
    assert found.xrefs.height + found.rejected.height + sum(found.left_out.values()) == 9


def test_bare_ids_get_their_prefix_from_a_column() -> None:
    found = read_table(
        TINY / "references.csv",
        id_column="mondo_id",
        id_prefix="MONDO",
        xref_column="ontology_id",
        xref_prefix_column="ontology",
        predicate="exact_match",
        separator="comma",
    )
    assert found.xrefs.rows() == [
        ("MONDO:0000001", "EFO:0000408", "exact_match"),
        ("MONDO:0000001", "ORPHA:377788", "exact_match"),
        ("MONDO:0000001", "ICD10:C85,7", "exact_match"),
        ("MONDO:0000003", "OMIM.PS:203655", "exact_match"),
        ("MONDO:0000003", "SNOMEDCT:5", "exact_match"),
    ]
    assert found.rejected.rows() == [
        ("references.csv", 7, "bad_xref", "MONDO:0000003 https //en.wikipedia.org/wiki/X"),
        ("references.csv", 8, "bad_xref", "MONDO:0000003 Wikipedia X"),
    ]
    assert (found.info.name, found.info.licence) == ("references", "see the publisher")


def test_one_prefix_for_all(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("mondo|mesh|parents\n1|D1;D2|\n2|D3|1; 3\n", encoding="utf-8")
    found = read_table(
        path,
        id_column="mondo",
        id_prefix="MONDO",
        xref_column="mesh",
        xref_prefix="MSH",
        parent_column="parents",
        parent_prefix="MONDO",
        split=";",
        separator="pipe",
    )
    assert found.xrefs.rows() == [("MONDO:1", "MESH:D1", "xref"), ("MONDO:1", "MESH:D2", "xref"), ("MONDO:2", "MESH:D3", "xref")]
    assert triples(found) == [("MONDO:2", "subclass_of", "MONDO:1"), ("MONDO:2", "subclass_of", "MONDO:3")]
    assert found.left_out == {"no_parent": 1}


def test_quotation_marks_are_seen_or_said(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text('id\tlabel\n"DOID:1"\t"a"\n', encoding="utf-8")
    assert read_table(path, id_column="id", name_column="label", category="Disease").nodes["name"].to_list() == ["a"]
    path.write_text('id\tlabel\nDOID:1\t5" lesion\n', encoding="utf-8")
    assert read_table(path, id_column="id", name_column="label", category="Disease").nodes["name"].to_list() == ['5" lesion']
    with pytest.raises(InputError, match="a quotation mark is not closed"):
        read_table(path, id_column="id", name_column="label", category="Disease", quoted=True)


def test_limit_reads_the_first_rows() -> None:
    found = read_table(TINY / "xrefs.tsv", id_column="id", xref_column="xref", limit=2, release="r")
    assert found.xrefs.height == 2 and found.info.release == "r"
    assert found.nodes.height == found.edges.height == found.aliases.height == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no column is named that says anything (name_column, parent_column or xref_column)"),
        ({"name_column": "label"}, "name_column and category go together"),
        ({"xref_column": "xref", "category": "Disease"}, "name_column and category go together"),
        ({"name_column": "label", "category": "Illness"}, "'Illness' is no category of Biolink"),
        ({"xref_column": "xref", "predicate": "same_as"}, "'same_as' is no predicate of a cross-reference (one of exact_match, xref,"),
        ({"xref_column": "xref", "separator": "tabs"}, "'tabs' is no separator (one of tab, comma, semicolon, pipe, or one character)"),
        ({"xref_column": "ref"}, "xrefs.tsv, row 1: column 'ref' is missing (it has id, label, xref)"),
        ({"xref_column": "xref", "separator": "comma"}, "xrefs.tsv, row 1: column 'id' is missing"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        read_table(TINY / "xrefs.tsv", id_column="id", **options)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.tsv", b"", "x.tsv: has no header and no rows"),
        ("x.tsv", b"id\txref\nDOID:1\tMESH:D1\textra\n", "x.tsv, row 2: has 3 fields, 2 are needed"),
        ("x.tsv", b"id\txref\nDOID:1\tMESH:D1\nDOID:2\tMESH:\xe9\n", "x.tsv, row 3: is not UTF-8 text"),
        ("x.tsv.gz", gzip.compress(b"id\txref\n" + b"DOID:1\tMESH:D1\n" * 9999)[:-15], "x.tsv.gz: cannot be read"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_table(path, id_column="id", xref_column="xref")
    assert message in str(error.value)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.tsv: no such file"):
        read_table(tmp_path / "x.tsv", id_column="id", xref_column="xref")


# --- the real tables, every row accounted for


def rows(source: SourceTables, used: int) -> int:
    return used + source.rejected.height + sum(source.left_out.values())


def test_the_hierarchy_of_the_disease_ontology(shared: Path) -> None:
    found = read_table(shared / "disease_ontology" / "doid_is_a.tsv", id_column="child", parent_column="parent")
    assert found.edges.height == 12_296 and rows(found, 0) == 0
    assert found.edges.select("subject", "object").unique().height == 12_296
    assert ("DOID:0014667", "subclass_of", "DOID:4") in triples(found)


def test_the_names_of_the_disease_ontology(shared: Path) -> None:
    found = read_table(shared / "disease_ontology" / "HumanDO.tsv", id_column="id", name_column="label", category="Disease")
    assert found.nodes.height == found.aliases.height == 12_246 and found.rejected.height == 0  # 50 rows tell of a second parent
    parents = read_table(shared / "disease_ontology" / "doid_is_a.tsv", id_column="child", parent_column="parent")
    ids = set(found.nodes["id"])
    assert set(parents.edges["subject"]) <= ids and set(parents.edges["object"]) - ids == {"DOID:4"}


def test_the_cross_references_of_the_disease_ontology(shared: Path) -> None:
    found = read_table(shared / "disease_ontology" / "allXREFinDO.tsv.gz", id_column="id", xref_column="xref")
    assert (found.xrefs.height, found.left_out, rows(found, found.xrefs.height)) == (39_263, {"repeated_row": 1}, 39_264)
    prefixes = counts(found.xrefs.select(prefix=found.xrefs["xref"].str.extract("^([^:]+)")), "prefix")
    assert (prefixes["UMLS"], prefixes["OMIM"] + prefixes["OMIM.PS"], prefixes["ORPHA"], prefixes["ICD10CM"]) == (7126, 6483, 2321, 3687)
    assert "ICD10" not in prefixes


def test_the_parents_of_mondo(shared: Path) -> None:
    found = read_table(shared / "mondo" / "mondo_parent.csv.gz", id_column="mondoid", parent_column="parentid", separator="comma")
    assert (found.edges.height, found.left_out, rows(found, found.edges.height)) == (38_369, {"repeated_row": 84}, 38_453)


def test_the_references_of_mondo(shared: Path) -> None:
    found = read_table(
        shared / "mondo" / "mondo_references.csv.gz",
        id_column="mondo_id",
        id_prefix="MONDO",
        xref_column="ontology_id",
        xref_prefix_column="ontology",
        separator="comma",
    )
    assert counts(found.rejected, "reason") == {"bad_xref": 121}  # 84 pages of Wikipedia, 29 papers, 8 addresses
    assert (rows(found, found.xrefs.height), found.left_out) == (117_272, {"repeated_row": 20})  # 16 are SCTID_2010_1_31 as well
    prefixes = counts(found.xrefs.select(prefix=found.xrefs["xref"].str.extract("^([^:]+)")), "prefix")
    wanted = {"ICD10": 11_587, "ICD10CM": 11, "OMIM.PS": 514, "ORPHA": 9761, "SNOMEDCT": 17_974, "UMLS": 22_844, "HP": 566}
    assert {prefix: prefixes[prefix] for prefix in wanted} == wanted
