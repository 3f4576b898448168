"""Find the mentions of a text: aliases as they stand, and abbreviations for what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kgpaths.link import abbreviations
from kgpaths.link.dictionary import AliasIndex, Candidate, Match
from kgpaths.link.text import Tokens, tokenize

Expansions = Mapping[tuple[str, ...], tuple[Candidate, ...]]
"""Abbreviation, as cased tokens, to what its long form names; nothing where the graph lacks it."""


class MentionFinder:
    """Match texts against an alias index and the table of abbreviations."""

    def __init__(self, index: AliasIndex) -> None:
        self._index = index
        self._table: dict[tuple[str, ...], tuple[Candidate, ...]] = {}
        self._lengths: dict[str, set[int]] = {}
        for short, long in abbreviations.table().items():
            self._lengths.setdefault(short[0], set()).add(len(short))
            self._table[short] = self._expand(long)

    def defined(self, definitions: Mapping[str, str]) -> Expansions:
        """Return the abbreviations a text defines, looked up. They go before the table's."""
        return {tokenize(short).exact: self._expand((long,)) for short, long in definitions.items()}

    def find(self, tokens: Tokens, defined: Expansions) -> tuple[Match, ...]:
        """Return all matches, overlapping ones too, in text order. What an abbreviation stands for replaces what its letters name."""
        found = {(m.first, m.last): m for m in self._index.matches(tokens)}
        found.update({(m.first, m.last): m for m in self._abbreviated(tokens, defined)})
        return tuple(found[place] for place in sorted(found))

    def _abbreviated(self, tokens: Tokens, defined: Expansions) -> Iterator[Match]:
        own = {len(short) for short in defined}
        for i, word in enumerate(tokens.exact):
            if not own and word not in self._lengths:
                continue
            for length in sorted(own | self._lengths.get(word, set())):
                end = i + length
                if end > len(tokens) or tokens.glued[i] or (end < len(tokens) and tokens.glued[end]):
                    continue
                short = tokens.exact[i:end]
                if short in defined or short in self._table:
                    yield Match(i, end - 1, defined[short] if short in defined else self._table[short], "abbreviation")

    def _expand(self, expansions: Sequence[str]) -> tuple[Candidate, ...]:
        return next((found for long in expansions if (found := self._index.lookup(long))), ())


def usable(matches: Sequence[Match], use: int) -> tuple[Match, ...]:
    """Return the matches with the candidates that may be linked in this place; one without any is left out, unless it never had one."""
    kept = (Match(m.first, m.last, tuple(c for c in m.candidates if c.use & use), m.method) for m in matches)
    return tuple(k for k, m in zip(kept, matches, strict=True) if k.candidates or not m.candidates)


def longest(tokens: Tokens, matches: Sequence[Match]) -> list[Match]:
    """Return matches that do not overlap, in text order: the longest first, then the leftmost."""
    taken = bytearray(len(tokens))
    found: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.first - m.last, tokens.starts[m.first] - tokens.ends[m.last], m.first)):
        if not any(taken[match.first : match.last + 1]):
            taken[match.first : match.last + 1] = b"\x01" * (match.last - match.first + 1)
            found.append(match)
    return sorted(found, key=lambda m: m.first)
