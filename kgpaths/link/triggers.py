"""The words that turn a mention: authored phrases, one kind and direction each, in the manner of ConText.

They stand in ``tables/triggers.txt`` and ``tables/words.txt``. A longer phrase wins over a shorter one at the same word,
which is how the pseudo-trigger "not only" keeps "not" from denying.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal, cast

from kgpaths.link.wordlists import sections

Kind = Literal["absent", "possible", "family", "history", "historical", "hypothetical", "normal", "pseudo", "clause", "turn", "subject"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A phrase with what it does. ``reach`` is how many tokens it governs at most, after it or (``back``) before it."""

    words: tuple[str, ...]
    kind: Kind
    reach: int
    back: bool = False


def expand(phrase: str) -> list[tuple[str, ...]]:
    """Return the phrases a pattern with ``(a|b)`` groups stands for."""
    pieces = [piece[1:-1].split("|") if piece.startswith("(") else [piece] for piece in re.split(r"(\([^)]*\))", phrase) if piece]
    return [tuple(" ".join(choice).split()) for choice in itertools.product(*pieces)]


def _triggers() -> dict[tuple[str, ...], Trigger]:
    found: dict[tuple[str, ...], Trigger] = {}
    for head, lines in sections("triggers.txt"):
        kind, direction, reach = head.split()
        for words in itertools.chain.from_iterable(map(expand, lines)):
            found.setdefault(words, Trigger(words, cast(Kind, kind), int(reach), direction == "before"))
    return found


TRIGGERS = _triggers()
"""Phrase to trigger. A phrase listed twice counts where it is listed first."""

LENGTHS = {
    first: sorted({len(words) for words in group}, reverse=True) for first, group in itertools.groupby(sorted(TRIGGERS), lambda words: words[0])
}
"""First word to the lengths of the phrases it begins, longest first."""

_WORDS = {head: frozenset(" ".join(lines).split()) for head, lines in sections("words.txt")}
RELATIVES = _WORDS["relatives"]
RELATIVE_JOINS = _WORDS["relative joins"]
RELATIVE_AGENTS = _WORDS["relative agents"]
RELATIVE_VERBS = _WORDS["relative verbs"]
REPORTING = _WORDS["reporting"]
ONSET = _WORDS["onset"]
EVENTS = _WORDS["events"]
EVENT_ENDINGS = tuple(sorted(_WORDS["event endings"]))
UNITS = _WORDS["units"]
