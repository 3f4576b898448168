"""What of a text Neo4j can hold, and what stands for the rest, and how names and numbers stand in a line of ours.

The same here and there, so that a question is found by its id.
"""

from __future__ import annotations

import re

from kgpaths.model import digest

LONGEST_ID, KEPT = 2_000, 200  # bytes of a question's id in an index; characters of one that is longer
REPLACED = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")


def halved(text: str) -> bool:
    """Tell whether a text holds half of a character pair, a lone surrogate: no bytes stand for it."""
    return _SURROGATE.search(text) is not None


def whole(text: str) -> str:
    """Return a text with � for each half of a character pair."""
    return _SURROGATE.sub(REPLACED, text)


def stored_id(id: str) -> str:
    """Return a question's id as it is in Neo4j: itself, or its beginning with a hash where an index would not take it."""
    id = whole(id)
    return id if len(id.encode()) <= LONGEST_ID else f"{id[:KEPT]}…{digest(id, 16)}"


def readable(text: str) -> str:
    """Return a text that stays on its line and is obeyed by no terminal: a name may hold line ends and control characters."""
    return text if text.isprintable() else repr(text)


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: "1 edge", "2,000 edges"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
