"""Ids and content hashes of many edges at once, byte for byte those of ``model.edge_id`` and ``model.content_hash``.

The models would cost a minute for a million edges; here the JSON of each distinct concept, predicate, qualifier set,
frequency and evidence is written once and the edges only join pieces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgpaths.model import EDGE_ID_LENGTH

ID_BYTES = EDGE_ID_LENGTH // 2
NOT_STATED = ("release", "date", "licence")
"""Fields of an evidence that a rebuild may change and the content hash leaves out."""

compact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""As ``model.digest`` writes."""
_spaced = json.JSONEncoder(sort_keys=True).encode

Bytes = NDArray[np.uint8]


def stated(evidence: Mapping[str, Any]) -> str:
    """Return the part of an evidence that enters the content hash."""
    return _spaced({k: v for k, v in evidence.items() if k not in NOT_STATED})


def edge_ids(
    subjects: Sequence[int],
    predicates: Sequence[int],
    objects: Sequence[int],
    negated: Sequence[bool],
    qualifiers: Sequence[str],
    curies: Sequence[str],
    names: Sequence[str],
) -> Bytes:
    """Return the ids, one row of 10 bytes an edge. ``qualifiers`` is each edge's sorted key-value pairs as compact JSON."""
    curie = [compact(c) for c in curies]
    name = [compact(n) for n in names]
    word = ("false", "true")
    return _digests(
        f"[{curie[s]},{name[p]},{curie[o]},{word[n]},{q}]" for s, p, o, n, q in zip(subjects, predicates, objects, negated, qualifiers, strict=True)
    )


def content_hashes(ids: Bytes, frequencies: Iterable[str], pieces: Sequence[str], indptr: Sequence[int], evidence: Sequence[int]) -> Bytes:
    """Return the content hashes, one row of 10 bytes an edge.

    ``frequencies`` is each edge's frequency as compact JSON, ``pieces`` each distinct evidence's ``stated`` text as
    compact JSON, and ``evidence[indptr[i]:indptr[i + 1]]`` the evidence of edge ``i`` in the order of ``stated``.
    """
    return _digests(
        f'["{ids[i].tobytes().hex()}",{frequency},[{",".join([pieces[e] for e in evidence[indptr[i] : indptr[i + 1]]])}]]'
        for i, frequency in enumerate(frequencies)
    )


def _digests(texts: Iterable[str]) -> Bytes:
    sha256 = hashlib.sha256
    joined = b"".join(sha256(text.encode()).digest()[:ID_BYTES] for text in texts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, ID_BYTES)


def key64(digests: Bytes) -> NDArray[np.uint64]:
    """Return the first 8 bytes of each digest as a number: what an id is looked up by."""
    return np.ascontiguousarray(digests[:, :8]).view(">u8").reshape(-1).astype(np.uint64)


def text_key(text: str) -> int:
    """Return the 64-bit number a name is looked up by."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
