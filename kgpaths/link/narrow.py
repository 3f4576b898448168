"""Words around a mention that make it mean less, more or other than its concept: "burning pain", "acetylcholine receptors"."""

from __future__ import annotations

import re

from kgpaths.link.dictionary import Match
from kgpaths.link.text import Tokens
from kgpaths.link.wordlists import sections

_WORDS = {head: frozenset(" ".join(lines).split()) for head, lines in sections("narrowing.txt")}
NEUTRAL, RESTRICTING, EXAMINATION, TURNING, LEVELS, FILLERS = (
    _WORDS[head] for head in ("neutral", "restricting", "examination", "turning", "levels", "fillers")
)
LEAST_SHARE = 1 / 3  # of an option's words that tell; what names no more of it is another thing
_WORD = re.compile(r"[a-z][a-z'’-]*")


def is_narrowed(tokens: Tokens, match: Match) -> bool:
    """Tell whether words beside a mention restrict it: who has no "burning pain in the hands" may well have pain."""
    before = tokens.raw[match.first - 1].lower() if match.first else ""
    if before and tokens.gap(match.first) in (" ", "-") and _WORD.fullmatch(before) and before not in NEUTRAL:
        return True
    after = [raw.lower() for raw in tokens.raw[match.last + 1 : match.last + 5]]
    if not after or tokens.gap(match.last + 1) != " " or after[0] not in RESTRICTING:
        return False
    return not EXAMINATION.intersection(after[1:])


def is_turned(tokens: Tokens, match: Match, *, analyte: bool) -> bool:
    """Tell whether an option names another thing with the mention's help: "5-HT3 receptor", and of an ``analyte`` "decreased cortisol"."""
    after = match.last + 1
    if after < len(tokens) and tokens.gap(after) in (" ", "-") and tokens.raw[after].lower().rstrip("s") in TURNING:
        return True
    return analyte and any(raw.lower() in LEVELS for raw in tokens.raw[: match.first])


def share_named(tokens: Tokens, matches: list[Match]) -> float:
    """Return what share of an option's words that tell is named by ``matches``; 1 where no word tells."""
    telling = {i for i, raw in enumerate(tokens.raw) if raw.lower() not in FILLERS}
    named = {i for match in matches for i in range(match.first, match.last + 1)}
    return len(telling & named) / len(telling) if telling else 1.0
