"""Concept ids as numbers: forty million rows name their concepts twice each, and numbers are looked up in an array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.sources.umls.release import RXNORM, Layout

UNKNOWN, LEFT_OUT = -1, -2
_NCI = 10_000_000  # CL412345, the NCI Metathesaurus' own concepts, are numbered from here


def coded(column: str, layout: Layout) -> pl.Expr:
    """Return a column of concept ids as numbers, null where a value is none."""
    text = pl.col(column)
    if layout is RXNORM:
        return pl.when(text.str.contains(r"^[1-9]\d{0,7}$")).then(text).cast(pl.UInt32).alias(column)
    own = pl.when(text.str.contains(r"^C\d{7}$")).then(text.str.slice(1)).cast(pl.UInt32)
    nci = pl.when(text.str.contains(r"^CL[1-9]\d{5,6}$")).then(text.str.slice(2)).cast(pl.UInt32) + _NCI
    return pl.coalesce(own, nci).alias(column)


def curies(codes: pl.Series, layout: Layout) -> pl.Series:
    """Return the CURIEs of numbered concepts."""
    code = pl.lit(codes)
    if layout is RXNORM:
        local = code.cast(pl.String)
    else:
        own, nci = pl.lit("C") + code.cast(pl.String).str.zfill(7), pl.lit("CL") + (code - _NCI).cast(pl.String)
        local = pl.when(code < _NCI).then(own).otherwise(nci)
    return pl.select(pl.concat_str([pl.lit(f"{layout.prefix}:"), local]).alias("id")).to_series()


@dataclass(frozen=True)
class Concepts:
    """The concepts of a release: which numbers there are, and at which place of ``ids`` those stand that are read."""

    ids: pl.Series  # CURIEs, in the order of the nodes
    codes: pl.Series  # their numbers
    place: NDArray[np.int32]  # number -> place, UNKNOWN, or LEFT_OUT where an option put the concept aside

    def at(self, codes: pl.Series) -> NDArray[np.int32]:
        """Return the places of numbered concepts; null is unknown, as is a number that no concept has."""
        last = len(self.place) - 1  # one more than the greatest number, always unknown
        found: NDArray[np.int32] = self.place[codes.fill_null(last).clip(upper_bound=last).to_numpy()]
        return found


def concepts(chosen: pl.Series, known: NDArray[np.uint32], layout: Layout) -> Concepts:
    """Number the chosen concepts in the order given; the other known ones are left out."""
    place = np.full(int(known.max(initial=0)) + 2, UNKNOWN, dtype=np.int32)
    place[known] = LEFT_OUT
    place[chosen.to_numpy()] = np.arange(len(chosen), dtype=np.int32)
    return Concepts(curies(chosen, layout), chosen, place)
