"""Look up every alias of the graph in a text: all n-grams at once, by hash, held against the alias itself.

An alias is the polynomial hash of its tokens' hashes in one sorted array, so a text of T tokens costs at most
``longest alias`` vector operations of length T, and the index is a handful of memory-mapped arrays. A hit is verified by
folding the alias again, so a hash collision can never make a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgpaths.graph.files import seal_derived
from kgpaths.link.text import Tokens, tokenize

MAX_TOKENS = 10  # longer aliases are definitions or coding titles; nobody writes them in a vignette
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # odd, so multiplication loses nothing modulo 2**64
_FILES = ("hashes", "first", "concept", "scope", "form", "use", "offset", "letters")

SCOPES = ("label", "exact", "narrow", "broad", "related")
FOLDED, EXACT, INVERTED = 0, 1, 2
IN_TEXT, IN_OPTION, WHOLE_OPTION = 1, 2, 4  # bits of where an alias may be linked

_CAPITALS = re.compile(r"\S+[A-Z]\S*$")  # one word with capitals inside

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to find a concept: ``form`` says how ``alias`` is folded, ``use`` where it may be linked."""

    concept: int
    alias: str
    scope: str
    form: int
    use: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A concept that an alias found in the text names."""

    concept: int
    alias: str
    scope: str
    use: int


@dataclass(frozen=True, slots=True)
class Match:
    """Tokens ``first`` to ``last`` (included) of a text, what they may name, and the method that says so."""

    first: int
    last: int
    candidates: tuple[Candidate, ...]
    method: str = "dictionary"


def entry_keys(alias: str, form: int) -> tuple[str, ...]:
    """Return the tokens an alias is looked up by in one of its forms."""
    if form == EXACT:
        return tokenize(alias).exact
    if form == INVERTED:  # "carcinoma, renal cell" is also written "renal cell carcinoma"
        head, _, tail = alias.partition(", ")
        return tokenize(tail).keys + tokenize(head).keys
    return tokenize(alias).keys


@lru_cache(maxsize=200_000)
def _token_hash(key: str, exact: bool) -> int:
    data = ("=" + key if exact else key).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def _hashes(keys: Iterable[str], exact: bool) -> Hashes:
    return np.array([_token_hash(key, exact) for key in keys], dtype=np.uint64)


def phrase_hash(keys: tuple[str, ...], exact: bool) -> np.uint64:
    """Return the hash of a phrase: each token's hash added to the running one times an odd constant."""
    value = 0
    for key in keys:
        value = (value * int(_PRIME) + _token_hash(key, exact)) & 0xFFFFFFFFFFFFFFFF
    return np.uint64(value)


class AliasIndex:
    """The aliases of a graph, opened from a folder of arrays."""

    def __init__(self, folder: Path) -> None:
        """Open the arrays of ``folder`` without reading them. Raises FileNotFoundError where one is missing."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray) for name in _FILES}
        self._hashes: Hashes = arrays["hashes"]
        self._first = arrays["first"]
        self._concept = arrays["concept"]
        self._scope = arrays["scope"]
        self._form = arrays["form"]
        self._use = arrays["use"]
        self._offset = arrays["offset"]
        self._letters = arrays["letters"]
        longest = np.load(folder / "longest.npy", allow_pickle=False)
        self._longest = (int(longest[0]), int(longest[1]))  # tokens, folded and exact

    def __len__(self) -> int:
        return len(self._concept)

    def alias(self, row: int) -> str:
        """Return the alias of a row as its source writes it."""
        return bytes(self._letters[self._offset[row] : self._offset[row + 1]]).decode("utf-8", "surrogatepass")

    def matches(self, tokens: Tokens) -> list[Match]:
        """Return every stretch of tokens that is an alias, overlapping ones too, by first token and then length."""
        if not len(self._hashes) or not len(tokens):
            return []
        opens = ~np.array(tokens.glued, dtype=bool)
        closes = np.append(opens[1:], True)
        parts = np.cumsum(np.array(tokens.broken, dtype=bool))
        found: dict[tuple[int, int], dict[tuple[int, str], Candidate]] = {}
        for exact, longest in ((False, self._longest[0]), (True, self._longest[1])):
            token_hashes = _hashes(tokens.exact if exact else tokens.keys, exact)
            for first, length, slot in self._hits(token_hashes, longest, opens, closes, parts):
                for candidate in self._verified(tokens, first, length, slot, exact):
                    found.setdefault((first, first + length - 1), {}).setdefault((candidate.concept, candidate.alias), candidate)
        return [Match(first, last, tuple(found[first, last].values())) for first, last in sorted(found)]

    def lookup(self, phrase: str) -> tuple[Candidate, ...]:
        """Return what a whole phrase names."""
        tokens = tokenize(phrase)
        return next((m.candidates for m in self.matches(tokens) if m.first == 0 and m.last == len(tokens) - 1), ())

    def _hits(
        self, token_hashes: Hashes, longest: int, opens: NDArray[np.bool_], closes: NDArray[np.bool_], parts: NDArray[np.int64]
    ) -> Iterator[tuple[int, int, int]]:
        """Yield first token, length and slot of every n-gram whose hash is in the index and that no full stop or bracket cuts."""
        running = np.zeros(len(token_hashes), dtype=np.uint64)
        for length in range(1, min(longest, len(token_hashes)) + 1):
            count = len(token_hashes) - length + 1
            running = running[:count] * _PRIME + token_hashes[length - 1 :]
            slots = np.searchsorted(self._hashes, running)
            slots[slots == len(self._hashes)] = 0
            good = (self._hashes[slots] == running) & opens[:count] & closes[length - 1 :] & (parts[:count] == parts[length - 1 :])
            for first in np.nonzero(good)[0].tolist():
                yield first, length, int(slots[first])

    def _verified(self, tokens: Tokens, first: int, length: int, slot: int, exact: bool) -> Iterator[Candidate]:
        """Yield the rows of a slot whose alias really folds to these tokens.

        A comma in the text must be one in the alias, and "ache" is not "AChE".
        """
        wanted = (tokens.exact if exact else tokens.keys)[first : first + length]
        listed = length > 1 and "," in tokens.text[tokens.ends[first] : tokens.starts[first + length - 1]]
        plain = tokens.text[tokens.starts[first] + 1 : tokens.ends[first + length - 1]].islower()
        for row in range(int(self._first[slot]), int(self._first[slot + 1])):
            form = int(self._form[row])
            alias = self.alias(row)
            if (form == EXACT) != exact or (listed and "," not in alias) or (plain and _CAPITALS.match(alias)):
                continue
            if _entry_keys(alias, form) == wanted:
                yield Candidate(int(self._concept[row]), alias, SCOPES[self._scope[row]], int(self._use[row]))


_entry_keys = lru_cache(maxsize=50_000)(entry_keys)


def build_index(entries: Iterable[Entry], folder: Path) -> None:
    """Write the index of ``entries`` to ``folder``, all or nothing: a half-written folder is never seen under its name."""
    rows, longest = _rows(entries)
    rows.sort(key=lambda row: (row[0], row[1].concept, SCOPES.index(row[1].scope), row[1].alias))
    hashes = np.array([row[0] for row in rows], dtype=np.uint64)
    unique, first = np.unique(hashes, return_index=True)
    letters = [row[1].alias.encode("utf-8", "surrogatepass") for row in rows]
    arrays: dict[str, NDArray[Any]] = {
        "hashes": unique,
        "first": np.append(first, len(rows)).astype(np.int32),
        "concept": np.array([row[1].concept for row in rows], dtype=np.int32),
        "scope": np.array([SCOPES.index(row[1].scope) for row in rows], dtype=np.uint8),
        "form": np.array([row[1].form for row in rows], dtype=np.uint8),
        "use": np.array([row[1].use for row in rows], dtype=np.uint8),
        "offset": np.cumsum([0, *map(len, letters)], dtype=np.int64),
        "letters": np.frombuffer(b"".join(letters), dtype=np.uint8),
        "longest": np.array(longest, dtype=np.int32),
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
    try:
        for name, array in arrays.items():
            np.save(half / f"{name}.npy", array, allow_pickle=False)
        seal_derived(half)
        with contextlib.suppress(OSError):  # another process was first: its index is the same
            half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _rows(entries: Iterable[Entry]) -> tuple[list[tuple[int, Entry]], tuple[int, int]]:
    """Return hash and entry of all that can be looked up, one per hash and concept (the best scope), and the longest lengths."""
    best: dict[tuple[int, int], Entry] = {}
    longest = [0, 0]
    for entry in entries:
        keys = entry_keys(entry.alias, entry.form)
        if not keys or len(keys) > MAX_TOKENS:
            continue
        exact = entry.form == EXACT
        longest[exact] = max(longest[exact], len(keys))
        place = (int(phrase_hash(keys, exact)), entry.concept)
        rival = best.get(place)
        if rival is None or SCOPES.index(entry.scope) < SCOPES.index(rival.scope):
            best[place] = entry
    return [(place[0], entry) for place, entry in best.items()], (longest[0], longest[1])
