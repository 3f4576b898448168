"""What the tests of UMLS share: a small release that closes, and its tables as plain values."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl

from kgpaths.sources.tables import ALIASES, REJECTED, SourceTables, whole

from .rows import FIXTURES, counts

META, RRF = FIXTURES / "umls" / "META", FIXTURES / "umls" / "rrf"
FEVER, RASH, DRUG, TABLET, VIRUS, SKIN, GENE, FEVERS, DEGREE = (f"UMLS:C900000{n}" for n in range(1, 10))
VESPER, UNTYPED, INFLAMMATION, TRIAL = "UMLS:C9000013", "UMLS:C9000014", "UMLS:C9000015", "UMLS:CL900001"

Told = tuple[str, str, str, str, str]


def told(source: SourceTables) -> list[Told]:
    """Return the edges as subject, predicate, object, the vocabulary that states them and the relation's own name."""
    rows = [row for frame in source.edges for row in frame.unnest("evidence").select("subject", "predicate", "object", "source", "code").iter_rows()]
    return [(s, p, o, by.split("/")[1], code) for s, p, o, by, code in rows]


def aliases(source: SourceTables, curie: str) -> list[tuple[str, str, str]]:
    frame = whole(source.aliases, ALIASES)
    return frame.filter(pl.col("id") == curie).select("alias", "scope", "kind").rows()


def left_out(source: SourceTables) -> dict[str, int]:
    """Go through the large tables, after which the counts are complete."""
    whole(source.aliases, ALIASES)
    told(source)
    return dict(source.left_out)


def rejected(source: SourceTables) -> dict[Any, int]:
    left_out(source)
    return counts(whole(source.rejected, REJECTED), "file", "reason")


def copy(to: Path, folder: Path = META) -> Path:
    shutil.copytree(folder, to)
    return to


def rewrite(path: Path, change: Callable[[list[str]], Iterable[str]]) -> None:
    """Rewrite a file line by line."""
    path.write_text("".join(change(path.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")


def copy_without(folder: Path, to: Path, name: str) -> Path:
    copy(to, folder)
    (to / name).unlink()
    return to
