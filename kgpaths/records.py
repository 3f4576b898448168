"""Crash-safe JSONL and Parquet of the nouns: what is read back equals what was written.

The Arrow schema of a noun follows from its annotations alone, never from data, so that every shard of every run has
the same columns of the same types.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from types import NoneType, UnionType
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from kgpaths.errors import InputError

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

Model = TypeVar("Model", bound=BaseModel)

PARQUET_BATCH = 1000  # rows held in memory at a time


def dump_line(row: BaseModel) -> str:
    """Return ``row`` as one line of JSON, fields in the order of the model, newline included.

    Unicode line separators are escaped: some readers split lines on them.
    """
    text = json.dumps(row.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n"


@contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file that takes ``path``'s place only when the block ends well; a fault or kill leaves the old file."""
    partial = path.with_name(f".{path.name}.partial")
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
    try:
        with partial.open(mode, encoding=encoding, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_jsonl(path: Path, rows: Iterable[BaseModel]) -> int:
    """Write ``rows`` to ``path`` atomically and return how many."""
    count = 0
    with replacing(path) as stream:
        for row in rows:
            stream.write(dump_line(row))
            count += 1
    return count


def read_jsonl(path: Path, model: type[Model]) -> Iterator[Model]:
    """Yield the rows of ``path`` (gzip where it ends in .gz).

    Raises InputError naming file, row and field where a row is not a ``model``.
    """
    if not path.is_file():
        raise InputError("no such file", where=str(path), mend="check the path")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield parse_line(line, model, where=f"{path}, row {number}")


def parse_line(line: str, model: type[Model], *, where: str) -> Model:
    """Return ``line`` as a ``model``; raises InputError that begins with ``where`` and names the field."""
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(
            first["msg"], where=f"{where}, field {field}" if field else where, mend=f"expected one {model.__name__} as a JSON object a line"
        ) from None


@cache
def arrow_schema(model: type[BaseModel]) -> pa.Schema:
    """Return the Arrow schema of ``model``, derived from its annotations."""
    import pyarrow as pa

    return pa.schema([pa.field(name, arrow_type(field.annotation)) for name, field in model.model_fields.items()])


def arrow_type(annotation: Any) -> pa.DataType:
    """Return the Arrow type of a field's annotation. Raises TypeError for one that no column can hold losslessly."""
    import pyarrow as pa

    scalars = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    if annotation in scalars:
        return scalars[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return pa.string()
    if origin in (Union, UnionType):
        inner = [a for a in args if a is not NoneType]
        if len(inner) == 1:
            return arrow_type(inner[0])
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return pa.list_(arrow_type(args[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation.model_fields:
        return pa.struct([pa.field(name, arrow_type(field.annotation)) for name, field in annotation.model_fields.items()])
    raise TypeError(f"no Arrow type for {annotation!r}")


def write_parquet(path: Path, rows: Iterable[BaseModel], model: type[BaseModel]) -> int:
    """Write ``rows`` to ``path`` atomically in batches, under the noun's one schema, and return how many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, count, source = arrow_schema(model), 0, iter(rows)
    with replacing(path, "wb") as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while batch := [row.model_dump(mode="json") for row in islice(source, PARQUET_BATCH)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


def read_parquet(path: Path, model: type[Model]) -> Iterator[Model]:
    """Yield the rows of ``path`` as models. Raises InputError where it is missing or no Parquet of this noun."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError("no such file", where=str(path), mend="check the path")
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"not a Parquet file: {error}", where=str(path), mend="write it again") from None
    if file.schema_arrow.names != list(model.model_fields):
        raise InputError(f"columns are not those of {model.__name__}", where=str(path), mend="written by another version?")
    with file:
        for batch in file.iter_batches(PARQUET_BATCH):
            for row in batch.to_pylist():
                yield model.model_validate(row)


def frame(rows: Iterable[BaseModel], model: type[BaseModel]) -> pl.DataFrame:
    """Return ``rows`` as a polars frame under the noun's one schema."""
    import polars as pl
    import pyarrow as pa

    table = pa.Table.from_pylist([row.model_dump(mode="json") for row in rows], schema=arrow_schema(model))
    made = pl.from_arrow(table)
    assert isinstance(made, pl.DataFrame)
    return made


class Journal:
    """An append-only file of one JSON object a line; a torn last line, left by a kill, is dropped on opening."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists():
            whole = path.read_bytes()
            keep = whole.rfind(b"\n") + 1
            if keep < len(whole):
                with path.open("r+b") as stream:
                    stream.truncate(keep)
        self._stream = path.open("a", encoding="utf-8", newline="\n")

    def append(self, row: BaseModel) -> None:
        """Write one row and hand it to the operating system, so that a killed process loses at most the row in flight."""
        self._stream.write(dump_line(row))
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()
