"""Turn a phrase of ``phrases.py`` and the words for its ends into pieces, with every verb in agreement."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from kgpaths.model import digest
from kgpaths.verbalize.english import article
from kgpaths.verbalize.prose import Noun, Piece

_VERBS = {"is": ("is", "are"), "has": ("has", "have"), "does": ("does", "do"), "its": ("its", "their")}
_COLLECTIVE = ("kind", "form", "type")  # "petechiae are a kind of purpura", but "statins are inhibitors of"
_TOKEN = re.compile(r"\{S\}|\{O\}|\[|\]|\{is (not )?a:([^}]*)\}|\{(\w+)\}|\b([a-z]+)/(e?s)\b")


class Chooser:
    """Choose among phrasings at random but seeded, never the same one twice running for the same set."""

    def __init__(self, seed: int, question_id: str) -> None:
        self._random = random.Random(digest([seed, question_id]))
        self._last: dict[tuple[str, ...], str] = {}

    def choose(self, phrases: Sequence[str]) -> str:
        """Return one of ``phrases``."""
        key = tuple(phrases)
        left = [phrase for phrase in key if phrase != self._last.get(key)] or list(key)
        self._last[key] = left[self._random.randrange(len(left))]
        return self._last[key]


def phrase(pattern: str, subject: Noun, object: Noun, relation: str) -> tuple[Piece, ...]:
    """Return the pieces of ``pattern`` with both ends filled in and the bracketed words named ``relation``."""
    pieces: list[Piece] = []
    agree, inside, at = subject, False, 0
    for token in _TOKEN.finditer(pattern):
        _add(pieces, pattern[at : token.start()], relation if inside else "")
        at = token.end()
        word = token.group()
        if word in ("{S}", "{O}"):
            agree = subject if word == "{S}" else object
            pieces += agree.pieces
        elif word in "[]":
            inside = word == "["
        else:
            _add(pieces, _agreeing(token, agree), relation if inside else "")
    _add(pieces, pattern[at:], relation if inside else "")
    return tuple(pieces)


def _add(pieces: list[Piece], text: str, name: str) -> None:
    """Add words, joining them to the last piece where both belong to the same relation."""
    if not text:
        return
    if name and pieces and pieces[-1].name == name:
        pieces[-1] = Piece(pieces[-1].text + text, name)
    else:
        pieces.append(Piece(text, name))


def _agreeing(token: re.Match[str], agree: Noun) -> str:
    no, kind, form, verb, ending = token.groups()
    if kind:
        no = no or ""
        if agree.count > 1 or (agree.plural and kind not in _COLLECTIVE):
            return f"are {no}{kind[:-1]}ies" if kind.endswith("ry") else f"are {no}{kind}s"
        return f"{'are' if agree.plural else 'is'} {no}{article(kind)} {kind}"
    if form == "both":
        return " both" if agree.count == 2 else ""
    if form:
        return _VERBS[form][agree.plural]
    return verb if agree.plural else verb + ending
