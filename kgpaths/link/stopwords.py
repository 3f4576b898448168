"""Words that name a concept somewhere in a graph but nothing of the patient in a question.

Authored in ``tables/stopwords.txt``. Aliases are held against these by their folded keys, whole: "mass" is stopped,
"abdominal mass" is not. What is stopped may still be the whole of an option ("Lead").
"""

from __future__ import annotations

from kgpaths.link.text import tokenize
from kgpaths.link.wordlists import sections

_SECTIONS = dict(sections("stopwords.txt"))


def _words(head: str) -> frozenset[str]:
    return frozenset(" ".join(_SECTIONS[head]).split())


def _folded(words: frozenset[str]) -> frozenset[str]:
    return frozenset(key for word in words for key in tokenize(word).keys)


ORDINARY = frozenset(keys for phrase in "|".join(_SECTIONS["ordinary"]).split("|") if (keys := tokenize(phrase).keys))
"""Folded keys of ordinary English and of words too general to be a finding."""

SYMBOLS = _words("symbols")
"""Gene symbols and abbreviations that are words, or that a clinician reads as something else than the gene."""

LEAD_IN = _folded(_words("lead in"))
"""Folded words a lead-in asks with. A mention made of these alone says nothing of the patient."""

ROUTES = _folded(_words("routes"))
"""Folded words before or after an option's name that change nothing of what it names."""
