"""The tables every source is read into: one shape for all, so that the graph is built without knowing formats."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from kgpaths.errors import InputError

Schema = Mapping[str, DataType | DataTypeClass]

BATCH = 1 << 20
"""Rows of a frame of ``Batches``: some hundred megabytes at most."""

QUALIFIER = pl.Struct({"key": pl.String, "value": pl.String})
FREQUENCY = pl.Struct({"n": pl.Int64, "m": pl.Int64, "lower": pl.Float64, "upper": pl.Float64, "texts": pl.List(pl.String)})
EVIDENCE = pl.Struct(
    {
        "source": pl.String,
        "release": pl.String,
        "licence": pl.String,
        "citation": pl.String,
        "publications": pl.List(pl.String),
        "code": pl.String,
        "frequency": pl.String,
        "onset": pl.String,
        "sex": pl.String,
        "modifiers": pl.List(pl.String),
        "note": pl.String,
        "inferred_from": pl.String,
        "confidence": pl.Float64,
        "date": pl.String,
    }
)
"""The fields of ``model.Evidence`` in its order; a test holds the two together. An ``edges`` frame may state fewer."""

NODES: dict[str, DataType | DataTypeClass] = {
    "id": pl.String,
    "category": pl.String,  # a key of vocabulary.CATEGORIES, as specific as the source knows
    "name": pl.String,
    "definition": pl.String,
    "semantic_types": pl.List(pl.String),
    "linkable": pl.Boolean,  # False: the concept exists, but no mention of a text is linked to it
}
EDGES: dict[str, DataType | DataTypeClass] = {
    "subject": pl.String,
    "predicate": pl.String,  # vocabulary.is_predicate, in the direction of vocabulary.stored_as
    "object": pl.String,
    "negated": pl.Boolean,
    "qualifiers": pl.List(QUALIFIER),  # sorted by key; a meaning-bearing qualifier makes another edge
    "frequency": FREQUENCY,  # null where the source states none
    "evidence": pl.List(EVIDENCE),
}
"""The columns of an edges frame in full.

What a source never says may be left out: ``negated``, ``qualifiers`` and ``frequency`` as columns, and fields of
``evidence``. ``evidence`` is a struct, one statement a row, or a list of structs; rows that state one edge are pooled by
the graph. Source, release and licence come from the source's info where they are left out.
"""
ALIASES: dict[str, DataType | DataTypeClass] = {
    "id": pl.String,
    "alias": pl.String,
    "scope": pl.String,  # one of SCOPES
    "kind": pl.String,  # "layperson", "abbreviation", ... or empty
}
XREFS: dict[str, DataType | DataTypeClass] = {
    "id": pl.String,
    "xref": pl.String,
    "predicate": pl.String,  # one of XREF_PREDICATES
}
"""A frame of cross-references may have ``JUSTIFIED`` as well."""

JUSTIFIED: dict[str, DataType | DataTypeClass] = {"justification": pl.String, "confidence": pl.Float64}
"""Why a mapping is held to be right (``semapv:ManualMappingCuration``), and how sure its source is, 0 to 1."""

REJECTED: dict[str, DataType | DataTypeClass] = {
    "file": pl.String,
    "row": pl.Int64,  # 1-based line of the file, null where the format has no lines (XML)
    "reason": pl.String,  # a short code, e.g. "obsolete_term"
    "detail": pl.String,
}

SCOPES = ("label", "exact", "narrow", "broad", "related")
XREF_PREDICATES = ("exact_match", "xref", "close_match", "broad_match", "narrow_match", "alt_id", "denied")
"""How an id relates to its cross-reference: typed matches where the source types them, ``xref`` where it does not, and
``alt_id`` for a replaced or secondary id of the same source. ``broad_match``: the xref is the broader of the two. ``denied``:
the source says that they are not the same, whatever another one says; no cross-reference joins them, and the graph keeps none of it."""


@dataclass(frozen=True)
class SourceInfo:
    """What a source is and under which terms it comes: enough to cite it and to know it again."""

    name: str
    release: str
    licence: str
    url: str
    files: Mapping[str, str] = field(default_factory=dict)  # file name -> SHA-256, hex
    restricted: bool = False  # its terms or its owner do not let it be sent to others, a language model's server among them


class Batches:
    """A table too large to hold: frames of one schema, one after the other, made anew each time they are asked for."""

    def __init__(self, make: Callable[[], Iterator[pl.DataFrame]]) -> None:
        self.make = make

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return self.make()


Table = pl.DataFrame | Batches


def batches(table: Table, rows: int = BATCH) -> Iterator[pl.DataFrame]:
    """Yield a table in frames of at most some ``rows`` rows; the frames of ``Batches`` as they come, empty ones left out."""
    for frame in table.iter_slices(rows) if isinstance(table, pl.DataFrame) else table:
        if frame.height:
            yield frame


def gathered(table: Table, rows: int = BATCH) -> Iterator[pl.DataFrame]:
    """Yield a table in frames of at least ``rows`` rows, but the last: for work whose cost is by the frame."""
    waiting: list[pl.DataFrame] = []
    height = 0
    for frame in batches(table, rows):
        waiting.append(frame)
        height += frame.height
        if height >= rows:
            yield pl.concat(waiting)
            waiting, height = [], 0
    if waiting:
        yield pl.concat(waiting)


def whole(table: Table, schema: Schema) -> pl.DataFrame:
    """Return a table as one frame."""
    return table if isinstance(table, pl.DataFrame) else pl.concat([pl.DataFrame(schema=schema), *table])


@dataclass(frozen=True)
class SourceTables:
    """One source as polars frames of the schemas above, all ids normalised by ``curies.normalise``.

    Large tables may come as ``Batches``. What a reader finds out while it goes through one (rejected rows, ``left_out``)
    is complete once that table has been gone through; who reads a source takes ``rejected`` and ``left_out`` last.
    ``left_out`` counts, by reason, rows that the user's options or the source's own marks (suppressed, obsolete) put aside.
    ``settled``: the source is a graph whose untyped cross-references were judged when it was built; they join nothing any more.
    """

    info: SourceInfo
    nodes: pl.DataFrame
    edges: Table
    aliases: Table
    xrefs: pl.DataFrame
    rejected: Table
    left_out: Mapping[str, int] = field(default_factory=dict)
    settled: bool = False

    def __post_init__(self) -> None:
        """Hold every frame to its schema, so that a reader's slip shows where it was made."""
        for name, schema in (("nodes", NODES), ("edges", EDGES), ("aliases", ALIASES), ("xrefs", XREFS), ("rejected", REJECTED)):
            table = getattr(self, name)
            if isinstance(table, pl.DataFrame):
                self.check(name, table, schema)

    def check(self, name: str, frame: pl.DataFrame, schema: Schema) -> None:
        """Raise TypeError where a frame is not of its schema."""
        found = dict(frame.schema)
        if name == "edges":
            absent = {"negated", "qualifiers", "frequency"} - found.keys()
            schema = {column: dtype for column, dtype in schema.items() if column not in absent}
            stated: object = found.get("evidence")
            stated = stated.inner if isinstance(stated, pl.List) else stated
            fields = {f.name: f.dtype for f in EVIDENCE.fields}
            if isinstance(stated, pl.Struct) and all(fields.get(f.name) == f.dtype for f in stated.fields):
                schema = {**schema, "evidence": found["evidence"]}
        if name == "xrefs" and "justification" in found:
            schema = {**schema, **JUSTIFIED}
        if found != dict(schema):
            raise TypeError(f"{self.info.name}: {name} has schema {found}, not {dict(schema)}")


def empty(schema: Schema) -> pl.DataFrame:
    """Return a frame without rows, for tables a source does not have."""
    return pl.DataFrame(schema=schema)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hex, read in pieces. Raises InputError where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def evidence(info: SourceInfo, **given: pl.Expr) -> pl.Expr:
    """Return an evidence struct per row: the source's own fields, those given, and the rest empty as in ``model.Evidence``."""
    own = {"source": pl.lit(info.name), "release": pl.lit(info.release), "licence": pl.lit(info.licence)}
    if unknown := given.keys() - {f.name for f in EVIDENCE.fields}:
        raise TypeError(f"evidence has no field {', '.join(sorted(unknown))}")
    return pl.struct((given.get(f.name, own.get(f.name, empty_value(f.dtype))).cast(f.dtype)).alias(f.name) for f in EVIDENCE.fields).alias(
        "evidence"
    )


def empty_value(dtype: DataType | DataTypeClass) -> pl.Expr:
    """Return the empty value of an evidence field: an empty text, an empty list, or null for a number."""
    if dtype == pl.String:
        return pl.lit("")
    return pl.lit([], dtype=dtype) if isinstance(dtype, pl.List) else pl.lit(None)


def plain_edge() -> dict[str, pl.Expr]:
    """Return the columns of an edge that says no more than its triple: not negated, unqualified, without frequency."""
    return {
        "negated": pl.lit(False),
        "qualifiers": pl.lit([], dtype=EDGES["qualifiers"]),
        "frequency": pl.lit(None, dtype=FREQUENCY),
    }
