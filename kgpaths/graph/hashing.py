"""Ids and content hashes of many edges at once, byte for byte those of ``model.edge_id`` and ``model.content_hash``.

The models would cost a minute for a million edges; here the JSON of each distinct concept, predicate, qualifier set,
frequency and evidence is written once and the edges only join pieces.
"""

from __future__ import annotations

import hashlib
import json
from binascii import hexlify
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from kgpaths.model import EDGE_ID_LENGTH

ID_BYTES = EDGE_ID_LENGTH // 2
NOT_STATED = ("release", "date", "licence")
"""Fields of an evidence that a rebuild may change and the content hash leaves out."""

compact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""As ``model.digest`` writes."""
_spaced = json.JSONEncoder(sort_keys=True).encode
_ESCAPED = r'["\\\x00-\x1f]'  # what JSON writes otherwise than it is
CHUNK = 1 << 17  # rows spelt out at a time

Bytes = NDArray[np.uint8]
Numbers = NDArray[Any]


def stated(evidence: Mapping[str, Any]) -> str:
    """Return the part of an evidence that enters the content hash."""
    return _spaced({k: v for k, v in evidence.items() if k not in NOT_STATED})


def quoted(texts: pl.Series) -> pl.Series:
    """Return texts as ``compact`` writes them."""
    plain = pl.select('"' + texts + '"').to_series()
    special = texts.str.contains(_ESCAPED).arg_true()
    return plain.scatter(special, [compact(text) for text in texts.gather(special)]) if len(special) else plain


class Ids:
    """Compute edge ids, a stretch of edges at a time. ``qualifiers`` is each set's sorted key-value pairs as compact JSON."""

    def __init__(self, qualifiers: Sequence[str], curies: pl.Series, names: Sequence[str]) -> None:
        self.curie, self.name = quoted(curies), quoted(pl.Series(names, dtype=pl.String))
        self.sets = len(qualifiers)
        self.tail = pl.Series([f"{word},{text}]" for word in ("false", "true") for text in qualifiers], dtype=pl.String)

    def of(self, subject: Numbers, predicate: Numbers, object_: Numbers, negated: Numbers, q: Numbers) -> Bytes:
        """Return the ids of edges, one row of 10 bytes an edge."""
        tail = self.tail.gather(negated.astype(np.int64) * self.sets + q)
        return _digests(joined("[", self.curie.gather(subject), ",", self.name.gather(predicate), ",", self.curie.gather(object_), ",", tail))


class Contents:
    """Compute content hashes, a stretch of edges at a time.

    ``frequencies`` is each frequency as compact JSON, the last that of -1; ``pieces`` each evidence's ``stated`` text as
    compact JSON.
    """

    def __init__(self, frequencies: Sequence[str], pieces: Sequence[str]) -> None:
        self.frequencies, self.pieces = frequencies, pieces
        self.alone = pl.Series([f"null,[{piece}]]" for piece in pieces] or [""], dtype=pl.String)

    def of(self, ids: Bytes, frequency_of: Numbers, indptr: NDArray[np.int64], evidence: Numbers) -> Bytes:
        """Return the content hashes, one row of 10 bytes an edge; ``evidence[indptr[i]:indptr[i + 1]]`` is that of edge ``i``, in order."""
        plain = (frequency_of == -1) & (np.diff(indptr) == 1)
        first = evidence[np.minimum(indptr[:-1], len(evidence) - 1)] if len(evidence) else np.zeros(len(ids), dtype=np.int64)
        tails = self.alone.gather(np.where(plain, first, 0))
        other = np.flatnonzero(~plain)
        if len(other):
            tails = tails.scatter(other, [self.tail(frequency_of[i], evidence[indptr[i] : indptr[i + 1]].tolist()) for i in other.tolist()])
        return _digests(joined('["', hexed(ids), '",', tails))

    def tail(self, frequency: int, evidence: Sequence[int]) -> str:
        """Return what stands behind the id."""
        return f"{self.frequencies[frequency]},[{','.join([self.pieces[e] for e in evidence])}]]"


def slices(n: int) -> Iterator[slice]:
    """Yield the rows in chunks."""
    for begin in range(0, n, CHUNK):
        yield slice(begin, min(begin + CHUNK, n))


def joined(*pieces: str | pl.Series) -> list[bytes]:
    """Return the pieces side by side, row by row."""
    columns = [pl.lit(piece) for piece in pieces]
    text: pl.Series = pl.select(pl.concat_str(columns)).to_series()
    return text.cast(pl.Binary).to_list()


def _digests(texts: Sequence[bytes]) -> Bytes:
    sha256 = hashlib.sha256
    return np.frombuffer(b"".join([sha256(text).digest()[:ID_BYTES] for text in texts]), dtype=np.uint8).reshape(-1, ID_BYTES)


def hexed(digests: Bytes) -> pl.Series:
    """Return digests as hexadecimal text."""
    width = digests.shape[1] * 2
    text = hexlify(np.ascontiguousarray(digests).tobytes())
    offsets = np.arange(0, len(text) + 1, width, dtype=np.int64)
    array = pa.LargeStringArray.from_buffers(len(digests), pa.py_buffer(offsets), pa.py_buffer(text))
    series = pl.from_arrow(array)
    assert isinstance(series, pl.Series)
    return series


def key64(digests: Bytes) -> NDArray[np.uint64]:
    """Return the first 8 bytes of each digest as a number: what an id is looked up by."""
    return np.ascontiguousarray(digests[:, :8]).view(">u8").reshape(-1).astype(np.uint64)


def text_key(text: str) -> int:
    """Return the 64-bit number a name is looked up by."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def text_keys(texts: pl.Series) -> NDArray[np.uint64]:
    """Return ``text_key`` of many names."""
    blake = hashlib.blake2b
    parts = [
        np.frombuffer(b"".join([blake(text, digest_size=8).digest() for text in texts[rows].cast(pl.Binary).to_list()]), dtype=">u8")
        for rows in slices(len(texts))
    ]
    return np.concatenate([np.empty(0, dtype=np.uint64), *(part.astype(np.uint64) for part in parts)])


def hash_columns(hasher: Any, frame: pl.DataFrame) -> None:
    """Add a table to a hash, a chunk of rows at a time, each column by its values alone.

    A column of text is the rows' lengths in bytes as little-endian 64-bit numbers, then the UTF-8 bytes; of lists, the
    lengths of the lists, then their items; of numbers and truth values, the values as little-endian 64-bit numbers.
    """
    for rows in slices(frame.height):
        for column in frame[rows].iter_columns():
            _hash_column(hasher, column)


def _hash_column(hasher: Any, column: pl.Series) -> None:
    if isinstance(column.dtype, pl.List):
        hasher.update(column.list.len().to_numpy().astype("<i8").tobytes())
        column = column.explode(empty_as_null=False).drop_nulls() if column.len() else column
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if column.dtype == pl.String:
        hasher.update(column.str.len_bytes().fill_null(0).to_numpy().astype("<i8").tobytes())
        hasher.update("".join(column.fill_null("").to_list()).encode("utf-8", "surrogatepass"))
    else:
        hasher.update(column.to_numpy().astype("<i8").tobytes())
