"""Find, open and split the files sources come in, so that a fault always names file, row and field.

A file lies in its folder plain, packed, or in parts. A packed one that grows out of all proportion is refused before it
fills the memory.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from glob import escape
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import IO, TYPE_CHECKING

import polars as pl

from kgpaths.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ROW = "_row"  # 1-based line of the file, beside the file's own columns

BLOCK = 8 << 20  # bytes read at a time: from 32 MB on the allocator gives every block new pages, which costs more than parsing it
BOMB_RATIO, BOMB_BYTES = 250, 256 << 20
"""A ``.gz`` may unpack to 250 times its size; text rarely reaches 50. Smaller than 256 MB is never a bomb."""

_PART = re.compile(r"(\.gz)?\.([a-z]{2})(\.gz)?$")  # what a part's name has behind that of the whole: .aa, .aa.gz, .gz.aa
_SPLIT_GZ = re.compile(r"\.gz\.[a-z]{2}$")


def where(path: Path, row: int | None = None, field: str = "") -> str:
    """Return a place in a file as errors name it."""
    return ", ".join([str(path), *([f"row {row}"] if row is not None else []), *([f"field {field}"] if field else [])])


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file that another file names. Raises InputError where it would lie outside ``folder``."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        what = f"names a file outside its folder: {name!r}"
        raise InputError(what, where=str(folder), mend="name files by their place within it; copy a linked one there")
    return path


def package_data(package: str) -> Path:
    """Return the ``data`` folder of an installed package without importing it, as importing these takes seconds."""
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise InputError(f"the package {package} is not installed", mend=f"pip install {package.replace('_', '-')}")
    return Path(folders[0]) / "data"


def parts(path: Path) -> tuple[Path, ...]:
    """Return a file as it lies in its folder: itself, ``.gz``, or split into ``.aa``, ``.ab`` ... (``.gz`` each, or a split ``.gz``).

    Raises InputError where there is none, and where parts are missing before the last.
    """
    found = found_parts(path)
    if not found:
        raise InputError("no such file", where=str(path), mend="plain, .gz, or split as .aa.gz, .ab.gz")
    return found


def found_parts(path: Path) -> tuple[Path, ...]:
    """Return what ``parts`` does; nothing where there is no file."""
    for found in (path, path.with_name(f"{path.name}.gz")):
        if found.is_file():
            return (found,)
    named: dict[str, Path] = {}
    for part in sorted(path.parent.glob(f"{escape(path.name)}.*")):
        found_part = _PART.fullmatch(part.name.removeprefix(path.name))
        if found_part and part.is_file() and (other := named.setdefault(found_part.group(2), part)) != part:
            raise InputError(f"lies there twice: {other.name} and {part.name}", where=str(path), mend="keep the parts of one copy")
    letters = ("".join(pair) for pair in product(ascii_lowercase, repeat=2))
    for (name, part), expected in zip(sorted(named.items()), letters, strict=False):
        if name != expected:
            raise InputError(f"lacks its part .{expected}", where=str(path), mend=f"put it beside {part.name}")
    return tuple(part for _, part in sorted(named.items()))


def whole(paths: Sequence[Path]) -> Path:
    """Return the file that several are the parts of; a single one is itself."""
    return paths[0].with_name(_PART.sub("", paths[0].name)) if len(paths) > 1 else paths[0]


class _Joined(io.RawIOBase):
    """Files as one stream of bytes, one after the other."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.waiting = iter(paths)
        self.stream: IO[bytes] = io.BytesIO()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer)
        while not (piece := self.stream.read(len(room))):
            self.stream.close()
            following = next(self.waiting, None)
            self.stream = following.open("rb") if following else io.BytesIO()
            if following is None:
                return 0
        room[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self.stream.close()
        super().close()


def chunks(*paths: Path) -> Iterator[bytes]:
    """Yield the bytes of a file or of its parts, unpacked where they are ``.gz``. Raises InputError for what cannot be read, and a bomb."""
    split_gz = bool(_SPLIT_GZ.search(paths[0].name))
    for path, of in [(whole(paths), paths)] if split_gz else [(path, (path,)) for path in paths]:
        packed = split_gz or path.suffix == ".gz"
        try:
            allowed = max(BOMB_BYTES, BOMB_RATIO * sum(one.stat().st_size for one in of))
            total = 0
            opened = io.BufferedReader(_Joined(of)) if len(of) > 1 else of[0].open("rb")
            with opened as raw, gzip.open(raw) if packed else nullcontext(raw) as stream:
                while chunk := stream.read(BLOCK):
                    total += len(chunk)
                    if packed and total > allowed:
                        raise InputError(
                            f"unpacks to more than {BOMB_RATIO} times its size: not read any further",
                            where=str(path),
                            mend="unpack it yourself if it is sound",
                        )
                    yield chunk
        except FileNotFoundError:
            raise InputError("no such file", where=str(path)) from None
        except (EOFError, zlib.error, OSError) as error:
            raise InputError(f"cannot be read: {error}", where=str(path), mend="is it complete?") from error


def read_bytes(path: Path) -> bytes:
    """Return a file's content, unpacked where its name ends in ``.gz``. Raises InputError where it cannot be read, and for a bomb."""
    return b"".join(chunks(path))


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
