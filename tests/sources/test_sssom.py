from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.errors import InputError
from kgpaths.sources.sssom import read_sssom, sssom_info
from tests.sources.rows import FIXTURES

TINY = FIXTURES / "sssom" / "tiny.sssom.tsv"


def test_predicates_and_ids_are_ours_and_denied_mappings_stay_out() -> None:
    assert read_sssom(TINY).rows() == [
        ("MONDO:0000108", "ORPHA:12", "exact_match"),
        ("MONDO:0000108", "MESH:D016470", "exact_match"),
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
