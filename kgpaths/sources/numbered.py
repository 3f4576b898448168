"""Edges as pairs of numbered concepts: eight bytes each, until their texts are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.sources import tables

Keys = NDArray[np.int64]
"""Pairs of numbers: the subject's in the upper half, the object's in the lower."""


@dataclass(frozen=True)
class Segment:
    """Edges that differ in nothing but their ends."""

    predicate: str
    keys: Keys
    evidence: Mapping[str, str]
    negated: bool = False
    qualifiers: Sequence[tuple[str, str]] = ()  # sorted by key


def packed(subject: NDArray[np.int32], object: NDArray[np.int32]) -> Keys:
    """Return pairs of numbers as keys."""
    return subject.astype(np.int64) << 32 | object


def subjects(keys: Keys) -> NDArray[np.int64]:
    """Return the numbers of the subjects."""
    return keys >> 32


def objects(keys: Keys) -> NDArray[np.int64]:
    """Return the numbers of the objects."""
    return keys & 0xFFFFFFFF


def distinct(parts: Sequence[Keys]) -> Keys:
    """Return each key of the parts once, in order."""
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


def without(keys: Keys, others: Iterable[Keys]) -> Keys:
    """Return the keys that are none of the others, in order."""
    return keys[~np.isin(keys, np.concatenate([np.empty(0, dtype=np.int64), *others]))]


def edge_frames(segments: Sequence[Segment], curies: pl.Series, *, negated: bool = False, qualified: bool = False) -> Iterator[pl.DataFrame]:
    """Yield the edges as text, in frames that say the same of all their edges: with the columns the source uses."""
    for segment in segments:
        own = [pl.lit(segment.predicate).alias("predicate")]
        if negated:
            own.append(pl.lit(segment.negated).alias("negated"))
        if qualified:
            pairs = [{"key": key, "value": value} for key, value in segment.qualifiers]
            own.append(pl.lit(pl.Series([pairs], dtype=tables.EDGES["qualifiers"])).first().alias("qualifiers"))
        own.append(pl.struct([pl.lit(text).alias(name) for name, text in segment.evidence.items()]).alias("evidence"))
        for begin in range(0, len(segment.keys), tables.BATCH):
            keys = segment.keys[begin : begin + tables.BATCH]
            yield pl.DataFrame({"subject": curies.gather(subjects(keys)), "object": curies.gather(objects(keys))}).with_columns(own)
