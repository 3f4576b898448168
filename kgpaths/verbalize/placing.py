"""Find the words of a step that a citation's anchors name: a model says which words, not where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product

from kgpaths.model import Anchors, Span
from kgpaths.verbalize.replies import Cite

MOST_PLACES = 10  # of one stretch of words in one step
_SENTENCE_END = re.compile(r"[.;:!?]\s")
_PRONOUN = re.compile(
    r"(it|its|itself|they|them|their|he|him|his|she|her|this|these|that|those|which|both|one|ones|the (?:former|latter)|neither|none) ?= ?(.+)", re.I
)
_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‑": "-", "–": "-", "\xa0": " "})
Place = tuple[int, int]


def anchors_of(text: str, cite: Cite, *, turned: bool = False) -> Anchors | None:
    """Return the anchors that ``cite`` names in ``text``; None where one is missing. ``turned`` where its subject is the edge's object.

    Of several places, those are taken that do not overlap and stand closest together in one sentence. Words that stand nowhere
    become a span without a place. "it=digoxin" stands for "digoxin" where it was said last before the pronoun.
    """
    words = (cite.subject, cite.object, cite.relation)
    if not all(words):
        return None
    pronouns = [_PRONOUN.fullmatch(one) if one not in text else None for one in words]
    searched = [found[1] if found else one for found, one in zip(pronouns, words, strict=True)]
    found_places = [list(places(text, one)) for one in searched]
    best: tuple[Place | None, ...] = tuple(one[0] if one else None for one in found_places)
    if all(found_places):
        nearest: tuple[Place, ...] = min(product(*found_places), key=lambda triple: _apart(text, triple))
        best = nearest
    first, second, relation = (_span(text, place, one, found[2] if found else "") for place, one, found in zip(best, words, pronouns, strict=True))
    return Anchors(subject=second, object=first, relation=relation) if turned else Anchors(subject=first, object=second, relation=relation)


def places(text: str, words: str) -> Iterator[Place]:
    """Yield where whole ``words`` stand, letter case and the shape of quotes and hyphens aside; within words where nowhere else."""
    inside, wanted = _even(text), _even(words)
    every = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", inside)]
    whole = [start for start in every if _is_whole(inside, start, start + len(wanted))]
    for start in (whole or every)[:MOST_PLACES]:
        yield start, start + len(wanted)


def _even(text: str) -> str:
    """Return ``text`` in one case, every character one character."""
    return "".join(low if len(low := c.lower()) == 1 else c for c in text.translate(_SAME))


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start] + text[start], text[end - 1] + text[end : end + 1]
    return not (before.isalnum() and len(before) == 2) and not (after.isalnum() and len(after) == 2)


def _apart(text: str, triple: tuple[Place, ...]) -> tuple[bool, bool, int, Place]:
    """Return what makes one choice of places worse than another: overlap, a sentence's end between them, distance."""
    ordered = sorted(triple)
    overlap = any(first[1] > second[0] for first, second in pairwise(ordered))
    spread = max(end for _, end in triple) - ordered[0][0]
    return overlap, bool(_SENTENCE_END.search(text, ordered[0][1], ordered[-1][0])), spread, ordered[0]


def _span(text: str, place: Place | None, words: str, meant: str) -> Span:
    """Return the span of a place, or of the last time before it that the words were said which a pronoun stands for."""
    if place is not None and meant:
        before = [earlier for earlier in places(text, meant) if earlier[1] <= place[0]]
        place, words = (before[-1] if before else None), meant
    if place is None:
        return Span(start=-1, end=-1, text=words)
    return Span(start=place[0], end=place[1], text=text[place[0] : place[1]])
