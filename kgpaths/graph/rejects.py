"""Gather the rows that a build could not use."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

SCHEMA = {"source": pl.String, "file": pl.String, "row": pl.Int64, "reason": pl.String, "detail": pl.String}
"""Columns of ``rejected_rows.parquet``; ``row`` is the line in the source's file, null where the build itself refused."""


class Rejects:
    """What was refused so far, in order."""

    def __init__(self) -> None:
        self.frames: list[pl.DataFrame] = []
        self.height = 0

    def add(self, source: str, reason: str, details: pl.DataFrame | Iterable[str]) -> None:
        """Refuse rows for one reason; a frame's columns are written side by side as the detail."""
        if isinstance(details, pl.DataFrame):
            details = details.select(pl.concat_str(pl.all().fill_null("(none)"), separator=" ")).to_series().to_list() if details.height else ()
        rows = [(source, "", None, reason, detail) for detail in details]
        if rows:
            self.frames.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
            self.height += len(rows)

    def of_source(self, source: str, rejected: pl.DataFrame) -> None:
        """Add what a source's reader refused."""
        self.height += rejected.height
        self.frames.append(rejected.select(pl.lit(source).alias("source"), "file", "row", "reason", "detail"))

    def frame(self) -> pl.DataFrame:
        """Return all of it."""
        return pl.concat([pl.DataFrame(schema=SCHEMA), *self.frames])
