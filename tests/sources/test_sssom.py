from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources.sssom import DENIABLE, PREDICATES, RELATED, read_sssom, read_sssom_source, sssom_info
from kgpaths.sources.tables import XREF_PREDICATES
from tests.sources.rows import FIXTURES, counts, node

WIDE = FIXTURES / "sssom" / "wide.sssom.tsv"
TINY = FIXTURES / "sssom" / "tiny.sssom.tsv"


def test_predicates_and_ids_are_ours() -> None:
    assert read_sssom(TINY).rows() == [
        ("MONDO:0000108", "ORPHA:12", "exact_match"),
        ("MONDO:0000108", "MESH:D016470", "exact_match"),
        ("MONDO:0000108", "DOID:1", "denied"),
        ("MONDO:0000109", "ICD10CM:A41.9", "broad_match"),
        ("MONDO:0000109", "SNOMEDCT:5", "xref"),
    ]


def test_the_header_gives_licence_and_release() -> None:
    info = sssom_info(TINY)
    assert (info.name, info.release, info.licence) == ("tiny", "2026-08-04", "CC0-1.0")
    assert info.url == "http://purl.obolibrary.org/obo/mondo/mappings/tiny.sssom.tsv"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("skos:broadMatch", "skos:wideMatch", "row 10, field predicate_id: is no mapping predicate we know: 'skos:wideMatch'"),
        ("SCTID:5", "5", "row 11, field object_id: is no CURIE: '5'"),
        ("\tNot\t", "\tnever\t", "row 9, field predicate_modifier: is neither empty nor Not: 'never'"),
        ("subject_id", "subject", "row 6: column 'subject_id' is missing"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "x.sssom.tsv"
    path.write_text(TINY.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_sssom(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("file", "prefix", "rows"),
    [
        ("exactmatch_doid", "DOID", 11966),
        ("exactmatch_umls", "UMLS", 21660),
        ("exactmatch_omim", "OMIM", 10045),
        ("exactmatch_orphanet", "ORPHA", 9785),
        ("exactmatch_sctid", "SNOMEDCT", 9120),
        ("exactmatch_mesh", "MESH", 8181),
        ("exactmatch_icd10cm", "ICD10CM", 2038),
        ("broadmatch_icd10cm", "ICD10CM", 79),
    ],
)
def test_mondos_own_mappings(shared: Path, file: str, prefix: str, rows: int) -> None:
    path = shared / "mondo" / f"mondo_{file}.sssom.tsv.gz"
    found = read_sssom(path)
    assert found.height == rows
    assert set(found["predicate"]) == {"broad_match" if "broad" in file else "exact_match"}
    assert {curie.split(":")[0] for curie in found["xref"]} == {prefix}
    assert sssom_info(path).licence == "CC0-1.0"


# --- a set of anybody's as a source


def test_a_source_has_cross_references_alone() -> None:
    found = read_sssom_source(WIDE)
    assert (found.info.name, found.info.release, found.info.licence) == ("wide", "2026-08-04", "CC-BY-4.0")
    assert found.nodes.height == found.aliases.height == found.edges.height == 0
    assert found.xrefs.drop("justification", "confidence").rows() == [
        ("MONDO:0000108", "ORPHA:12", "exact_match"),
        ("MONDO:0000108", "ORPHA:12", "exact_match"),  # held for two reasons
        ("MONDO:0000109", "ICD10CM:A41.9", "broad_match"),
        ("MONDO:0000109", "SNOMEDCT:5", "denied"),  # a related match
        ("MONDO:0000110", "DOID:7", "broad_match"),  # rdfs:subClassOf
        ("MONDO:0000108", "DOID:1", "denied"),
    ]


def test_every_row_is_used_counted_or_rejected() -> None:
    found = read_sssom_source(WIDE)
    assert found.left_out == {"no_term_found": 1, "obsolete_term": 2}
    assert found.rejected.rows() == [
        ("wide.sssom.tsv", 13, "bad_id", "MONDO:0000109  skos:exactMatch bacteremia"),
        ("wide.sssom.tsv", 14, "unknown_predicate", "MONDO:0000109  semapv:crossSpeciesExactMatch MP:5"),
        ("wide.sssom.tsv", 15, "unknown_modifier", "MONDO:0000109 maybe skos:exactMatch MESH:D5"),
    ]
    assert found.xrefs.height + sum(found.left_out.values()) + found.rejected.height == 12


def test_a_denial_forbids_unless_it_is_of_what_is_not_the_same_anyway(tmp_path: Path) -> None:
    path = tmp_path / "x.sssom.tsv"
    rows = [f"MONDO:1\t{predicate}\tDOID:{n}\tNot" for n, predicate in enumerate([*PREDICATES, RELATED, "skos:wideMatch"])]
    path.write_text("\n".join(["subject_id\tpredicate_id\tobject_id\tpredicate_modifier", *rows, ""]), encoding="utf-8")
    found = read_sssom_source(path)
    assert found.xrefs["predicate"].to_list() == ["denied"] * 5
    assert found.xrefs["xref"].to_list() == [f"DOID:{list(PREDICATES).index(p)}" for p in DENIABLE]
    assert found.left_out == {"other_denial": 4} and found.rejected["reason"].to_list() == ["unknown_predicate"]


def test_subjects_can_be_nodes() -> None:
    found = read_sssom_source(WIDE, subjects_category="Disease")
    assert found.nodes.select("id", "category", "name", "linkable").rows() == [
        ("MONDO:0000108", "Disease", "bacteremia", True),
        ("MONDO:0000109", "Disease", 'a "narrower" one', True),
    ]
    assert found.aliases.rows() == [
        ("MONDO:0000108", "bacteremia", "label", ""),
        ("MONDO:0000109", 'a "narrower" one', "label", ""),
    ]
    with pytest.raises(InputError, match="'Illness' is no category of Biolink"):
        read_sssom_source(WIDE, subjects_category="Illness")


def test_obsolete_terms_on_request() -> None:
    found = read_sssom_source(WIDE, obsolete=True, subjects_category="Disease")
    assert node(found, "MONDO:0000111")["name"] == "obsolete sepsis"
    assert "obsolete_term" not in found.left_out and found.xrefs.height == 8


def test_justification_and_confidence_are_kept() -> None:
    kept = read_sssom_source(WIDE).xrefs
    assert kept.rows()[:3] == [
        ("MONDO:0000108", "ORPHA:12", "exact_match", "semapv:ManualMappingCuration", 1.0),
        ("MONDO:0000108", "ORPHA:12", "exact_match", "semapv:LexicalMatching", 0.75),
        ("MONDO:0000109", "ICD10CM:A41.9", "broad_match", "semapv:ManualMappingCuration", None),
    ]


def test_limit_and_release() -> None:
    found = read_sssom_source(WIDE, limit=3, release="mine")
    assert found.info.release == "mine" and found.xrefs.height == 3 and found.left_out == {}


def test_predicates_are_ours() -> None:
    assert set(PREDICATES.values()) <= set(XREF_PREDICATES)
    assert RELATED not in PREDICATES  # an association is no mapping


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no header and no rows"),
        (b"# only: comments\n", "has no header and no rows"),
        (b"subject_id\tpredicate_id\nMONDO:1\tskos:exactMatch\n", "row 1: column 'object_id' is missing"),
        (b"subject_id\tpredicate_id\tobject_id\nMONDO:1\tskos:exactMatch\n", "row 2: has 2 fields, 3 are needed"),
        (b"subject_id\tpredicate_id\tobject_id\nMONDO:1\t\xe9\tDOID:1\n", "row 2: is not UTF-8 text"),
    ],
)
def test_a_broken_set_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.sssom.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_sssom_source(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("file", "nodes", "rows", "obsolete"),
    [
        ("exactmatch_doid", 11692, 11966, 155),
        ("exactmatch_umls", 21658, 21660, 2),
        ("exactmatch_omim", 9768, 10045, 272),
        ("exactmatch_orphanet", 8413, 9785, 1328),
        ("exactmatch_sctid", 8874, 9120, 143),
        ("exactmatch_mesh", 7990, 8181, 120),
        ("exactmatch_icd10cm", 2004, 2038, 15),
        ("broadmatch_icd10cm", 66, 79, 13),
    ],
)
def test_mondos_own_mappings_as_a_source(shared: Path, file: str, nodes: int, rows: int, obsolete: int) -> None:
    path = shared / "mondo" / f"mondo_{file}.sssom.tsv.gz"
    found = read_sssom_source(path, subjects_category="Disease")
    assert found.left_out == {"obsolete_term": obsolete} and found.rejected.height == 0
    assert (found.nodes.height, found.xrefs.height) == (nodes, rows - obsolete)
    assert found.info.release == "2026-08-04"
    assert not found.nodes["name"].str.contains("(?i)^obsolete").any()
    everything = read_sssom_source(path, obsolete=True)
    assert everything.xrefs.drop("justification", "confidence").sort(pl.all()).equals(read_sssom(path).sort(pl.all())) and everything.left_out == {}
    assert counts(everything.xrefs, "justification", "confidence") == {("semapv:ManualMappingCuration", None): rows}
