"""Number the distinct rows of text columns over any number of frames: a large file repeats few ends in many rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

EMPTY = -1


class Distinct:
    """The distinct rows of some text columns, numbered from 0 in the order they come.

    A hash table in columns, so that a row seen before costs some twenty nanoseconds and no Python. A hash only says where
    to look; rows are the same where all their texts are. Rows that come are copied, so that none keeps its frame alive.
    """

    def __init__(self, columns: Sequence[str], slots: int = 1 << 20) -> None:
        self.columns = list(columns)
        self.rows = pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String))
        self._hashes = np.empty(0, dtype=np.uint64)
        self._slots = np.full(slots, EMPTY, dtype=np.int32)  # number of the row that is held there; a power of two of them

    def numbers(self, frame: pl.DataFrame) -> NDArray[np.int32]:
        """Return the number of each row of a frame that has just these columns, in their order."""
        hashes = frame.hash_rows().to_numpy()
        number = self._find(frame, hashes)
        new = np.flatnonzero(number == EMPTY)
        if new.size:
            rows = frame[new]
            self._add(rows.unique(maintain_order=True))
            number[new] = self._find(rows, hashes[new])
        return number

    def _find(self, frame: pl.DataFrame, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the number of each row, ``EMPTY`` where it is new: look from the hash's slot on, up to an empty one."""
        number = np.full(frame.height, EMPTY, dtype=np.int32)
        left = np.arange(frame.height)
        place = hashes & np.uint64(self._slots.size - 1)
        while left.size:
            held = self._slots[place]
            full = held != EMPTY
            left, held, place = left[full], held[full], place[full]
            seen = frame if left.size == frame.height else frame[left]
            known = self.rows[held]
            same = np.ones(left.size, dtype=bool)
            for column in self.columns:
                same &= (seen[column] == known[column]).to_numpy()
            number[left[same]] = held[same]
            left = left[~same]
            place = (place[~same] + np.uint64(1)) & np.uint64(self._slots.size - 1)
        return number

    def _add(self, rows: pl.DataFrame) -> None:
        """Add rows that are new and distinct."""
        copy = pl.DataFrame(rows.to_dict(as_series=False), schema=self.rows.schema)
        hashes = copy.hash_rows().to_numpy()
        first = self.rows.height
        self.rows = pl.concat([self.rows, copy]).rechunk()
        self._hashes = np.concatenate([self._hashes, hashes])
        if 4 * self.rows.height > self._slots.size:
            first = 0
            self._slots = np.full(1 << (4 * self.rows.height).bit_length(), EMPTY, dtype=np.int32)
        last = self._slots.size - 1
        for number, place in enumerate((self._hashes[first:] & np.uint64(last)).tolist(), first):
            while self._slots[place] != EMPTY:
                place = (place + 1) & last
            self._slots[place] = number
