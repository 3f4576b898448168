"""Read frames of the sources as plain values, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from kgpaths.sources.tables import SourceTables

FIXTURES = Path(__file__).parent / "fixtures"


def edges(source: SourceTables, subject: str, predicate: str, object: str) -> list[dict[str, Any]]:
    """Return the edges of a triple, the positive one first."""
    found = (pl.col("subject") == subject) & (pl.col("predicate") == predicate) & (pl.col("object") == object)
    return source.edges.filter(found).sort("negated").to_dicts()


def edge(source: SourceTables, subject: str, predicate: str, object: str) -> dict[str, Any]:
    """Return the one edge of a triple."""
    found = edges(source, subject, predicate, object)
    assert len(found) == 1, found
    return found[0]


def targets(source: SourceTables, subject: str, predicate: str) -> list[str]:
    """Return the objects of a subject and predicate, in order."""
    return source.edges.filter((pl.col("subject") == subject) & (pl.col("predicate") == predicate))["object"].to_list()


def counts(frame: pl.DataFrame, *columns: str) -> dict[Any, int]:
    """Return how many rows have each value of the columns."""
    table = frame.group_by(*columns).len().rows()
    return {row[0] if len(columns) == 1 else row[:-1]: row[-1] for row in table}


def node(source: SourceTables, curie: str) -> dict[str, Any]:
    """Return one node's row."""
    return source.nodes.row(by_predicate=pl.col("id") == curie, named=True)
