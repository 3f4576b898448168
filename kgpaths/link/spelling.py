"""Spelling that no rule gives: irregular plurals, British words, Greek letters, Roman numerals. Authored in ``tables/spelling.txt``."""

from __future__ import annotations

from kgpaths.link.wordlists import sections

_SECTIONS = {head: " ".join(lines).split() for head, lines in sections("spelling.txt")}


def _pairs(head: str) -> dict[str, str]:
    return {left: right for left, _, right in (pair.partition(":") for pair in _SECTIONS[head])}


IRREGULAR_PLURALS = _pairs("plurals")
LATIN_PLURALS = tuple(_pairs("endings").items())
EPITHETS = frozenset(_SECTIONS["epithets"])
OUR_WORDS = tuple(_SECTIONS["our"])
BRITISH = _pairs("british")
GREEK = _pairs("greek")
ROMAN = _pairs("roman")
ROMAN_BEFORE = frozenset(_SECTIONS["roman before"])
