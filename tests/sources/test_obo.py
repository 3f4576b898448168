from __future__ import annotations

from kgpaths.sources.obo import parse, qualifiers, quoted, read_obo, unescape
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


def test_qualifiers_stand_at_the_end() -> None:
    value = r'DOID:4 {source="MONDO:equivalentTo", source="EFO:1", note="a } b, c=\"d\""} ! disease'
    assert qualifiers(value) == [("source", "MONDO:equivalentTo"), ("source", "EFO:1"), ("note", 'a } b, c="d"')]
    assert qualifiers('"says {source=no} here" EXACT []') == []
    assert qualifiers("HP:1 ! no {braces}") == []


def test_quoted_text() -> None:
    assert quoted(r'"a \"b\"" EXACT []') == 'a "b"'
    assert quoted("bare") is None


def test_a_document_keeps_every_header_and_relation() -> None:
    document = parse("a: 1\na: 2\n\n[Term]\nid: X:1\nname: x\nname:\n! comment\nrubbish\n\n[Instance]\nid: X:2\n\n[Typedef]\nid: r\nname: rel\n")
    assert document.header == {"a": ["1", "2"]}
    assert [term.id for term in document.terms] == ["X:1"] and [typedef.id for typedef in document.typedefs] == ["r"]
    assert document.stray == [(9, "rubbish")]
