"""The alias index finds every alias where it stands, and nothing that only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.link.aliases import forms, is_abbreviation, is_vague_code
from kgpaths.link.dictionary import EXACT, FOLDED, INVERTED, AliasIndex, Entry, build_index
from kgpaths.link.text import tokenize

ALIASES = (
    (0, "Fever", "label", FOLDED),
    (0, "Pyrexia", "exact", FOLDED),
    (1, "Renal cell carcinoma", "label", FOLDED),
    (2, "Carcinoma", "label", FOLDED),
    (3, "Diabetes mellitus, type 2", "label", INVERTED),
    (4, "CAT", "label", EXACT),
    (5, "CD4", "label", EXACT),
    (6, "AChE", "exact", FOLDED),
    (7, "Hand, foot and mouth disease", "label", FOLDED),
    (8, "Fever", "related", FOLDED),
)


@pytest.fixture
def index(tmp_path: Path) -> AliasIndex:
    build_index((Entry(concept, alias, scope, form, 7) for concept, alias, scope, form in ALIASES), tmp_path / "aliases")
    return AliasIndex(tmp_path / "aliases")


def found(index: AliasIndex, text: str) -> list[tuple[str, int, str]]:
    tokens = tokenize(text)
    return [(text[tokens.starts[m.first] : tokens.ends[m.last]], c.concept, c.scope) for m in index.matches(tokens) for c in m.candidates]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("High FEVERS today", [("FEVERS", 0, "label"), ("FEVERS", 8, "related")]),
        ("pyrexia", [("pyrexia", 0, "exact")]),
        ("renal-cell carcinomas", [("renal-cell carcinomas", 1, "label"), ("carcinomas", 2, "label")]),
        ("type II diabetes mellitus", [("type II diabetes mellitus", 3, "label")]),
        ("a cat and a CAT", [("CAT", 4, "label")]),
        ("CD4 but not CD40", [("CD4", 5, "label")]),
        ("an ache", []),
        ("AChE inhibitors", [("AChE", 6, "exact")]),
        ("hand, foot, and mouth disease", [("hand, foot, and mouth disease", 7, "label")]),
        ("renal cell, carcinoma", [("carcinoma", 2, "label")]),
        ("renal cell. Carcinoma", [("Carcinoma", 2, "label")]),
        ("", []),
    ],
)
def test_matches(index: AliasIndex, text: str, expected: list[tuple[str, int, str]]) -> None:
    assert found(index, text) == expected


def test_lookup_takes_whole_phrases_only(index: AliasIndex) -> None:
    assert [c.concept for c in index.lookup("Renal Cell Carcinoma")] == [1]
    assert index.lookup("the carcinoma cell") == ()
    assert [c.alias for c in index.lookup("renal cell carcinomas")] == ["Renal cell carcinoma"]


def test_building_again_gives_the_same_bytes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    entries = [Entry(concept, alias, scope, form, 7) for concept, alias, scope, form in ALIASES]
    build_index(entries, tmp_path / "a")
    build_index(reversed(entries), tmp_path / "b")
    build_index(entries, tmp_path / "a")  # another process was first
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    build_index([], tmp_path / "aliases")
    assert AliasIndex(tmp_path / "aliases").matches(tokenize("fever")) == []


@pytest.mark.parametrize(
    ("alias", "category", "expected"),
    [
        ("Fever", "PhenotypicFeature", (FOLDED,)),
        ("Leukemia, chronic lymphocytic", "Disease", (FOLDED, INVERTED)),
        ("COPD", "Disease", (EXACT,)),
        ("MS", "Disease", ()),  # two letters say too little
        ("FBN1", "Gene", (EXACT,)),
        ("WAS", "Gene", ()),  # a word
        ("C9orf72", "Gene", (EXACT,)),
        ("OBESITY", "Disease", (FOLDED,)),  # a title in capitals
        ("MARFAN SYNDROME", "Disease", (FOLDED,)),
        ("II", "Disease", ()),
        ("in the", "Disease", ()),
    ],
)
def test_forms(alias: str, category: str, expected: tuple[int, ...]) -> None:
    assert forms(alias, category) == expected


@pytest.mark.parametrize(("alias", "expected"), [("NSAIDs", True), ("HIV AIDS", True), ("Sle", False), ("ASTHMATIC", False), ("123", False)])
def test_is_abbreviation(alias: str, expected: bool) -> None:
    assert is_abbreviation(alias) is expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Other specified diabetes mellitus", True),
        ("Asthma, unspecified", True),
        ("Cauda equina syndrome", False),
        ("Pressure-induced deep tissue damage of contiguous site of back, buttock and hip", True),
    ],
)
def test_vague_codes(title: str, expected: bool) -> None:
    assert is_vague_code(title) is expected
