"""Find, open and split the files sources come in, so that a fault always names file, row and field."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError

ROW = "_row"  # 1-based line of the file, beside the file's own columns


def where(path: Path, row: int | None = None, field: str = "") -> str:
    """Return a place in a file as errors name it."""
    return ", ".join([str(path), *([f"row {row}"] if row is not None else []), *([f"field {field}"] if field else [])])


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file that another file names. Raises InputError where it would lie outside ``folder``."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InputError(f"names a file outside its folder: {name!r}", where=str(folder), mend="name files by their place within the folder")
    return path


def package_data(package: str) -> Path:
    """Return the ``data`` folder of an installed package without importing it, as importing these takes seconds."""
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise InputError(f"the package {package} is not installed", mend=f"pip install {package.replace('_', '-')}")
    return Path(folders[0]) / "data"


def read_bytes(path: Path) -> bytes:
    """Return a file's content, unpacked where its name ends in ``.gz``. Raises InputError where it cannot be read."""
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except FileNotFoundError:
        raise InputError("no such file", where=str(path)) from None
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error


def read_text(path: Path) -> str:
    """Return a file's text, without byte-order mark and with plain line ends. Raises InputError where it is not UTF-8."""
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", where=where(path, content.count(b"\n", 0, error.start) + 1)) from None


@dataclass(frozen=True)
class Tsv:
    """A tab-separated file: its leading ``#`` lines and its rows, all columns text, empty fields as empty strings."""

    path: Path
    comments: tuple[str, ...]
    rows: pl.DataFrame  # the columns asked for, and ROW

    def fail_where(self, bad: pl.Expr, field: str, what: str, mend: str = "") -> None:
        """Raise InputError for the first row for which ``bad`` holds, naming its value."""
        hits = self.rows.filter(bad).head(1)
        if hits.height:
            row = hits.row(0, named=True)
            raise InputError(f"{what}: {row[field]!r}", where=where(self.path, row[ROW], field), mend=mend)


def read_tsv(path: Path, required: Sequence[str], optional: Iterable[str] = ()) -> Tsv:
    """Read a tab-separated file with a header. No quoting: a quotation mark is a character like any other.

    Leading lines that start with ``#`` are comments. Absent optional columns come as empty strings; columns not asked
    for are left out. Raises InputError for a missing file or column, text that is not UTF-8, and a row whose number of
    fields is not the header's.
    """
    text = read_text(path).rstrip("\n")
    lines = text.split("\n") if text else []
    head = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if head == len(lines):
        raise InputError("has no header and no rows", where=str(path))
    header = lines[head].split("\t")
    if repeated := sorted({column for column in header if header.count(column) > 1}):
        raise InputError(f"column {repeated[0]!r} stands twice", where=where(path, head + 1))
    for column in required:
        if column not in header:
            raise InputError(f"column {column!r} is missing", where=where(path, head + 1), mend=f"the header has {', '.join(header)}")
    for number, line in enumerate(lines[head + 1 :], start=head + 2):
        if (fields := line.count("\t") + 1) != len(header):
            raise InputError(f"has {fields if line else 0} fields, the header has {len(header)}", where=where(path, number))
    body = "\n".join(lines[head + 1 :]).encode()
    wanted = dict.fromkeys([*required, *optional])
    present = [column for column in wanted if column in header]
    frame = (
        pl.read_csv(body, has_header=False, new_columns=header, separator="\t", quote_char=None, infer_schema=False)
        if body
        else pl.DataFrame(schema=dict.fromkeys(header, pl.String))
    )
    absent = [pl.lit("").alias(column) for column in wanted if column not in header]
    rows = (
        frame.select(pl.col(present).fill_null(""))
        .with_columns(*absent)
        .select(*wanted, pl.int_range(head + 2, head + 2 + frame.height, dtype=pl.Int64).alias(ROW))
    )
    return Tsv(path, tuple(lines[:head]), rows)
