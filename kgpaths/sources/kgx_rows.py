"""Read KGX rows, tab-separated or JSON Lines, into frames of one shape: text columns and list columns, none of them null.

Lists stand between ``|`` in the one and are arrays in the other; what is a list in one publisher's file is a text in the
next one's. JSON Lines are read by polars where the shapes in a block agree, and line by line where they do not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from polars.exceptions import PolarsError

from kgpaths.errors import InputError
from kgpaths.sources.delimited import Delimited, blocks, decode
from kgpaths.sources.files import ROW, where

ENDINGS = (".tsv", ".jsonl", ".ndjson")
SEPARATOR = "|"
ESCAPES = {"&#9;": "\t", "&#10;": "\n", "&#13;": "\r", "&#0;": "\0", "&#124;": "|", "&#38;": "&"}
"""What a table cannot hold as it is, as our export writes it: KGX itself has no escapes."""
BIOLINK = "biolink:"
_LIST = pl.List(pl.String)
_SOURCES = pl.List(pl.Struct({"resource_id": pl.String, "resource_role": pl.String}))
_ROLES = ("primary_knowledge_source", "aggregator_knowledge_source")
_SAMPLE = 20  # lines of a block looked at for their shapes
_QUALIFIER = b'_qualifier"'
MANY = 100  # fields that end in _qualifier; Biolink has some forty
_JSON_LIKE = r'^(\[(["\[{\d\-tfn\]])|\{["}])'  # polars gives an array in a text column as JSON, not always valid JSON
_PAIRED = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_PREFIXED = re.compile(rb'"biolink:\w+"\s*:')


@dataclass(frozen=True)
class Fields:
    """The fields of a node or an edge; of others only those that end in ``_qualifier`` are read, as they restrict what an edge says."""

    required: tuple[str, ...]  # columns a table must have
    texts: tuple[str, ...]
    lists: tuple[str, ...]


def read_rows(path: Path, fields: Fields, *, quoted: bool = False, limit: int | None = None) -> Iterator[pl.DataFrame]:
    """Yield the rows of a file with ``ROW``, their 1-based line, and those of the fields' columns that it has.

    A ``biolink:`` before a field's name is left out. Raises InputError for a fault of the format.
    """
    if is_table(path):
        yield from _table_rows(path, fields, quoted, limit)
        return
    left = limit
    for line, block in blocks(path):
        frame = _json_rows(path, line, block.removeprefix(b"\xef\xbb\xbf") if line == 1 else block, fields)
        if left is not None:
            frame = frame.head(left)
            left -= frame.height
        yield frame
        if left == 0:
            return


def is_table(path: Path) -> bool:
    """Tell whether a file is tab-separated by its name."""
    return path.name.lower().removesuffix(".gz").endswith(".tsv")


def _table_rows(path: Path, fields: Fields, quoted: bool, limit: int | None) -> Iterator[pl.DataFrame]:
    """Yield the rows of a tab-separated file."""
    table = Delimited((path,), "\t", quoted=quoted)
    plain: dict[str, str] = {}  # field -> column
    for column in table.columns():
        field = column.removeprefix(BIOLINK)
        if column == field or field not in table.columns():
            plain[field] = column
    wanted = [f for f in (*fields.required, *fields.texts, *fields.lists, *(f for f in plain if f.endswith("_qualifier"))) if f in plain]
    columns = [plain.get(f, f) for f in dict.fromkeys((*fields.required, *wanted))]
    for frame in table.batches(columns, limit=limit):
        escaped = frame.select(pl.any_horizontal(pl.col(columns).str.contains("&#", literal=True)).any()).item()
        items = trimmed_and_unescaped if escaped else trimmed
        texts = (pl.col(plain[f]).str.strip_chars().alias(f) for f in dict.fromkeys(wanted) if f not in fields.lists)
        yield frame.select(
            ROW,
            *(text.str.replace_many(ESCAPES) if escaped else text for text in texts),
            *(items(pl.col(plain[f]).str.split(SEPARATOR)).alias(f) for f in fields.lists if f in plain),
        )


def trimmed_and_unescaped(items: pl.Expr) -> pl.Expr:
    """Return the items of a list as ``trimmed`` does, escaped characters restored."""
    return trimmed(items).list.eval(pl.element().str.replace_many(ESCAPES))


def trimmed(items: pl.Expr) -> pl.Expr:
    """Return the items of a list without surrounding space and without empty ones; an empty list where there is none."""
    item = pl.element().str.strip_chars()
    return items.list.eval(item.filter(item != "")).fill_null([])


def _json_rows(path: Path, line: int, block: bytes, fields: Fields) -> pl.DataFrame:
    """Return one block of JSON Lines."""
    frame = _fast(block, fields)
    if frame is None:
        return _slow(path, line, block, fields)
    return frame.with_columns(pl.int_range(line, line + frame.height, dtype=pl.Int64).alias(ROW))


def _qualifiers(block: bytes) -> list[str]:
    """Return the keys of a block that end in ``_qualifier`` as they are written, MANY and one at most."""
    found: set[bytes] = set()
    end = block.find(_QUALIFIER)
    while end >= 0 and len(found) <= MANY:
        after = end + len(_QUALIFIER)
        if block[after : after + 3].lstrip().startswith(b":"):
            found.add(block[block.rfind(b'"', 0, end) + 1 : after - 1])
        end = block.find(_QUALIFIER, after)
    return sorted(name.decode(errors="ignore") for name in found)


def _fast(block: bytes, fields: Fields) -> pl.DataFrame | None:
    """Return a block as polars reads it, None where a value is not of the shape the block's first lines have."""
    if _SURROGATE.search(block) and _SURROGATE.search(_PAIRED.sub(b"", block)):
        return None  # half a character, which polars would make a NUL
    try:
        shapes = _shapes(block)
    except (ValueError, RecursionError):
        return None
    qualifiers = _qualifiers(block)
    if dict in shapes.get("qualifiers", ()) or len(qualifiers) > MANY or any("\\" in name for name in qualifiers):
        return None
    names = list(dict.fromkeys((*fields.texts, *fields.lists, *(q.removeprefix(BIOLINK) for q in qualifiers))))
    prefixes = ("", BIOLINK) if _PREFIXED.search(block) else ("",)
    schema: dict[str, DataType | DataTypeClass] = {}
    for column in (prefix + name for name in names for prefix in prefixes):
        found = shapes.get(column, {list} if column.removeprefix(BIOLINK) in fields.lists else {str})
        schema[column] = _LIST if list in found else pl.String
    try:
        frame = pl.read_ndjson(block, schema={**schema, "sources": _SOURCES})
    except (PolarsError, UnicodeError):
        return None
    texts = [pl.col(c).explode() if t == _LIST else pl.col(c) for c, t in schema.items()]
    if frame.height != block.count(b"\n") + 1 or frame.select(pl.any_horizontal(t.str.contains(_JSON_LIKE).any() for t in texts)).item():
        return None
    return frame.select(*(_as(name, prefixes, schema, fields).alias(name) for name in names))


def _shapes(block: bytes) -> dict[str, set[type]]:
    """Return the types of the fields in a block's first lines, and ``dict`` for a list of objects."""
    shapes: dict[str, set[type]] = {}
    for text in block.split(b"\n", _SAMPLE)[:_SAMPLE]:
        record = json.loads(text) if text.strip() else {}
        for name, value in record.items() if isinstance(record, dict) else ():
            if value is not None:
                shapes.setdefault(name, set()).add(type(value))
            if isinstance(value, list):
                shapes[name] |= {dict for item in value if isinstance(item, dict)}
    return shapes


def _as(name: str, prefixes: Sequence[str], schema: Mapping[str, DataType | DataTypeClass], fields: Fields) -> pl.Expr:
    """Return a field as text or list, from the first of its spellings that has a value."""
    spelled = [(pl.col(prefix + name), schema[prefix + name] == _LIST) for prefix in prefixes]
    if name not in fields.lists:
        texts = [trimmed(column).list.join(SEPARATOR) if of_list else column.fill_null("").str.strip_chars() for column, of_list in spelled]
        return _first(texts, [text != "" for text in texts])
    lists = [trimmed(column if of_list else pl.concat_list(column)) for column, of_list in spelled]
    if name in _ROLES:
        in_role = pl.element().struct.field("resource_id").filter(pl.element().struct.field("resource_role") == name)
        lists.append(trimmed(pl.col("sources").list.eval(in_role)))
    return _first(lists, [items.list.len() > 0 for items in lists])


def _first(values: Sequence[pl.Expr], given: Sequence[pl.Expr]) -> pl.Expr:
    """Return the first value that is given, else the last."""
    found = values[-1]
    for value, there in zip(values[-2::-1], given[-2::-1], strict=True):
        found = pl.when(there).then(value).otherwise(found)
    return found


def _slow(path: Path, line: int, block: bytes, fields: Fields) -> pl.DataFrame:
    """Return a block read line by line, whatever the shapes. Raises InputError for the first line that is no JSON object."""
    records: dict[int, dict[str, Any]] = {}
    for number, text in enumerate(block.split(b"\n"), line):
        if text.strip():
            records[number] = _record(path, number, decode(path, number, text))
    qualifiers = dict.fromkeys(name for record in records.values() for name in _qualifier_names(record))
    if len(qualifiers) > MANY:
        raise InputError(f"has more than {MANY} fields that end in _qualifier", where=where(path, line), mend="is it KGX?")
    names = dict.fromkeys((*fields.texts, *fields.lists, *sorted(qualifiers)))
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for number, record in records.items():
        for name, values in columns.items():
            items = _items(record.get(name)) or _items(record.get(BIOLINK + name)) or _nested(record, name)
            if any(_HALF.search(item) for item in items):
                raise InputError(r"holds half a character (\ud800 to \udfff without its other half)", where=where(path, number, name))
            values.append(items if name in fields.lists else SEPARATOR.join(items))
    schema: dict[str, DataType | DataTypeClass] = {name: _LIST if name in fields.lists else pl.String for name in names}
    return pl.DataFrame({**columns, ROW: list(records)}, schema={**schema, ROW: pl.Int64})


def _qualifier_names(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a record's qualifiers, those that TRAPI nests among them."""
    nested = record.get("qualifiers")
    kinds = [str(item.get("qualifier_type_id")) for item in nested if isinstance(item, dict)] if isinstance(nested, list) else []
    for name in (*record, *kinds):
        if name.endswith("_qualifier"):
            yield name.removeprefix(BIOLINK)


def _record(path: Path, number: int, text: str) -> dict[str, Any]:
    """Return a line's object; of a name given twice the first counts, and a NaN of pandas is a missing value."""
    try:
        record = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {error}", where=where(path, number), mend="one object a line") from None
    if not isinstance(record, dict):
        raise InputError("is no JSON object", where=where(path, number), mend="one object a line")
    return record


def _items(value: Any) -> list[str]:
    """Return what a field holds as texts, objects left out: those are read by ``_nested``."""
    given = value if isinstance(value, list) else [value]
    texts = (
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in given if item is not None and not isinstance(item, dict)
    )
    return [text.strip() for text in texts if text.strip()]


def _nested(record: Mapping[str, Any], name: str) -> list[str]:
    """Return what TRAPI nests: a source by its role, a qualifier by its type."""
    kind, value, place = ("resource_role", "resource_id", "sources") if name in _ROLES else ("qualifier_type_id", "qualifier_value", "qualifiers")
    nested = record.get(place)
    found = [item for item in nested if isinstance(item, dict)] if isinstance(nested, list) else []
    return [text for item in found if str(item.get(kind)).removeprefix(BIOLINK) == name for text in _items(item.get(value))]
