"""Pool how often a source says a thing is seen, although the rows of one edge stand apart in a file that is read block by block.

Rows of one edge by one knowledge source are of different patients: their counts are summed, their ranges united (3/10 and 2/20
are 5/30). "Looked for and not seen" (0/n) beside a row that affirms the edge counts into its frequency; alone it denies it. A
row that says how often is therefore held back until the last block, and few rows do; of the others only the hashes of those
that affirm are kept. Two knowledge sources may have counted the same patients, so they are not pooled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.sources import frequency
from kgpaths.sources.tables import EVIDENCE

ABSENT, BY = "_absent", "_by"
"""Columns beside those of an edge: whether it is denied only as looked for and not seen, and which knowledge source says so."""

_EDGE = ["_edge", "negated"]
_WHAT = [part.name for part in EVIDENCE.fields if part.name != "date"]


@dataclass
class Counted:
    """The rows that are held back."""

    rows: list[pl.DataFrame] = field(default_factory=list)
    affirmed: list[NDArray[np.uint64]] = field(default_factory=list)  # edges that a row affirms without saying how often, by their hashes

    def without(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that do not say how often, and hold the others back."""
        hashes = rows.select("subject", "predicate", "object", "qualifiers", BY).hash_rows()
        rows = rows.drop(BY).with_columns(hashes.alias("_edge"))
        counts = rows["frequency"].is_not_null()
        if counts.any():
            held = rows.filter(counts).to_arrow(compat_level=pl.CompatLevel.oldest())  # a copy: lets go of the block
            self.rows.append(pl.DataFrame(held, schema=rows.schema))
            rows = rows.filter(~counts)
        self.affirmed.append(rows.filter(~pl.col("negated"))["_edge"].to_numpy())
        return rows.drop(ABSENT, "_edge")

    def pooled(self) -> pl.DataFrame:
        """Return what was held back, in its order, each row with the frequency of its edge."""
        rows = pl.concat(self.rows)
        affirmed = np.concatenate([*self.affirmed, rows.filter(~pl.col("negated"))["_edge"].to_numpy()])
        beside = pl.lit(pl.Series(np.isin(rows["_edge"].to_numpy(), affirmed)))
        rows = rows.with_columns(negated=pl.col("negated") & ~(pl.col(ABSENT) & beside))
        what = [pl.col("evidence").struct.field(name) for name in _WHAT if name in rows["evidence"].struct.fields]
        said = rows.select(*_EDGE, pl.col("frequency").struct.unnest(), what=pl.struct(what)).with_columns(text=pl.col("texts").list.first())
        once = said.unique(maintain_order=True)  # the same patients stated twice must not count twice
        pools = once.group_by(_EDGE, maintain_order=True).agg(frequency.pooled("text")).select(*_EDGE, frequency.assembled())
        return rows.select(pl.exclude("frequency", ABSENT)).join(pools, on=_EDGE, how="left", maintain_order="left").drop("_edge")
