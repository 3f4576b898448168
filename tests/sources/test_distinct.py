from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from kgpaths.sources.distinct import Distinct


@pytest.mark.parametrize("slots", [2, 1 << 12])
def test_rows_are_numbered_in_the_order_they_come_over_all_frames(slots: int) -> None:
    draw = random.Random(0)
    table, known = Distinct(["a", "b"], slots), dict[tuple[str, str], int]()
    for _ in range(40):
        rows = [(draw.choice(["", "x", "nan", "é" * 40]), str(draw.randrange(400))) for _ in range(draw.randrange(200))]
        wanted = [known.setdefault(row, len(known)) for row in rows]
        frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
        assert table.numbers(frame).tolist() == wanted
        assert table.rows.rows() == list(known)
    assert len(known) > 1000  # more rows than slots: it has grown


def test_rows_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl.DataFrame, "hash_rows", lambda frame: pl.Series(np.full(frame.height, 7, dtype=np.uint64)))
    table = Distinct(["a"], 8)
    frame = pl.DataFrame({"a": ["x", "y", "x", "z", "y"]})
    assert table.numbers(frame).tolist() == [0, 1, 0, 2, 1]
    assert table.numbers(frame[::-1]).tolist() == [1, 2, 0, 1, 0]


def test_what_lies_in_two_columns_is_not_what_lies_in_one() -> None:
    table = Distinct(["a", "b"])
    frame = pl.DataFrame({"a": ["x", "xy", "x"], "b": ["yz", "z", "yz"]})
    assert table.numbers(frame).tolist() == [0, 1, 0]
