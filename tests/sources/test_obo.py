from __future__ import annotations

from kgpaths.sources.obo import read_obo, unescape
from tests.sources.rows import FIXTURES


def test_terms_and_header() -> None:
    header, terms = read_obo(FIXTURES / "hpo" / "hp.obo")
    assert header["data-version"] == "hp/releases/2025-01-16"
    assert len(terms) == 18  # the typedef is none
    seizure = next(t for t in terms if t.id == "HP:0001250")
    assert seizure.line == 15
    assert seizure.definition == 'A seizure is an "intermittent" abnormality.'
    assert list(seizure.synonyms()) == [("Epileptic seizure", "exact", ""), ("Fits", "related", "layperson"), ("Seizure", "exact", "layperson")]
    assert seizure.ids("xref")[2] == "MEDDRA:10039906"
    assert seizure.ids("is_a") == ["HP:0000118"]
    assert not seizure.obsolete and terms[-1].obsolete


def test_unescape() -> None:
    assert unescape(r"a\"b\\c\nd\,e") == 'a"b\\c\nd,e'
