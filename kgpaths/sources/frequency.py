"""How often a finding is seen, as sources write it: ``3/10``, ``45%``, ``HP:0040282``, ``very frequent``."""

from __future__ import annotations

import polars as pl

from kgpaths.sources.tables import FREQUENCY

# HPO frequency term -> name, lower, upper; a test holds them against the definitions in hp.obo
TERMS: dict[str, tuple[str, float, float]] = {
    "HP:0040280": ("obligate", 1.0, 1.0),
    "HP:0040281": ("very frequent", 0.80, 0.99),
    "HP:0040282": ("frequent", 0.30, 0.79),
    "HP:0040283": ("occasional", 0.05, 0.29),
    "HP:0040284": ("very rare", 0.01, 0.04),
    "HP:0040285": ("excluded", 0.0, 0.0),
}

_COUNT = r"^(\d+)/(\d+)$"
_PERCENT = r"^(\d+(?:\.\d+)?)%$"


def parsed(column: str) -> list[pl.Expr]:
    """Return the parts of a frequency column: n, m, lower, upper, each null where the text does not state it.

    ``1/1`` is one patient of one and gets no bounds: it never says "all patients".
    """
    text = pl.col(column)
    key = text.str.to_lowercase().str.replace_all("_", " ")
    lower = {k: low for term, (name, low, _) in TERMS.items() for k in (term.lower(), name)}
    upper = {k: high for term, (name, _, high) in TERMS.items() for k in (term.lower(), name)}
    percent = text.str.extract(_PERCENT, 1).cast(pl.Float64) / 100
    return [
        text.str.extract(_COUNT, 1).cast(pl.Int64).alias("n"),
        text.str.extract(_COUNT, 2).cast(pl.Int64).alias("m"),
        pl.coalesce(key.replace_strict(lower, default=None, return_dtype=pl.Float64), percent).alias("lower"),
        pl.coalesce(key.replace_strict(upper, default=None, return_dtype=pl.Float64), percent).alias("upper"),
    ]


def is_valid() -> pl.Expr:
    """Tell whether the parsed parts are a frequency: counts with n of at most m and m above 0, or bounds within 0 to 1."""
    counted = pl.col("m").is_not_null() & (pl.col("m") > 0) & (pl.col("n") <= pl.col("m"))
    return (counted | pl.col("upper").is_between(0.0, 1.0)).fill_null(False)


def is_absent() -> pl.Expr:
    """Tell whether a frequency says "looked for and not seen": 0/n, 0 % or HPO's Excluded."""
    return ((pl.col("n") == 0) | (pl.col("upper") == 0.0)).fill_null(False)


def pooled(text: str) -> list[pl.Expr]:
    """Return the aggregates of a group of rows: counts summed, stated ranges as their envelope, texts verbatim."""
    return [
        *(pl.when(pl.col(part).is_not_null().any()).then(pl.col(part).sum()).alias(part) for part in ("n", "m")),
        pl.col("lower").min(),
        pl.col("upper").max(),
        pl.col(text).filter(pl.col(text) != "").alias("texts"),
    ]


def assembled() -> pl.Expr:
    """Return the pooled parts as a frequency struct, null where a group states none."""
    parts = pl.struct("n", "m", "lower", "upper", "texts").cast(FREQUENCY)
    return pl.when(pl.col("m").is_not_null() | pl.col("upper").is_not_null()).then(parts).alias("frequency")
