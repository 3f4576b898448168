"""Read delimited text of any size in frames: RRF, TSV, CSV, plain or ``.gz``, whole or split into parts.

Text is cut into blocks of whole rows, each checked for its number of fields and parsed by polars. A fault names file and
line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from kgpaths.errors import InputError
from kgpaths.sources.files import ROW, where, whole
from kgpaths.sources.files import chunks as chunks
from kgpaths.sources.files import parts as parts


@dataclass(frozen=True)
class Delimited:
    """A table in text. ``header`` names the columns where the file does not; ``ends`` says that every row ends in a separator (RRF)."""

    paths: tuple[Path, ...]  # the parts of one file, in order; a row may begin in one and end in the next
    separator: str = "\t"
    header: tuple[str, ...] = ()
    quoted: bool = False  # "a, b" is one field, "" a quotation mark; else a quotation mark is a character like any other
    comment: str = ""  # leading lines that begin so are skipped
    ends: bool = False

    @property
    def path(self) -> Path:
        """The file itself; of parts, what they are parts of: lines are counted through all of them."""
        return whole(self.paths)

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns. Raises InputError where the file has no header line."""
        return self.header or self._first()[0]

    def batches(self, columns: Sequence[str], *, optional: Sequence[str] = (), limit: int | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows as text columns, empty fields as empty strings, and ``ROW``, their 1-based line.

        Absent optional columns come as empty strings. Raises InputError for a missing file or column, a row of another
        number of fields, text that is not UTF-8, and a damaged or suspiciously packed file.
        """
        names, skip = (self.header, 0) if self.header else self._first()
        for column in columns:
            if column not in names:
                raise InputError(
                    f"column {column!r} is missing",
                    where=where(self.path, skip or 1),
                    mend=f"it has {', '.join(n or '(no name)' for n in names)}",
                )
        present = [c for c in dict.fromkeys((*columns, *optional)) if c in names]
        absent = [pl.lit("").alias(c) for c in optional if c not in names]
        left = limit
        for line, block in blocks(*self.paths, quoted=self.quoted):
            if line <= skip:
                line, block = dropped(line, block, skip)
            frame = self._parsed(line, block, names)
            frame = frame.select(*(pl.col(c).fill_null("") for c in present), *absent, ROW)
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield frame
            if left == 0:
                return

    def _first(self) -> tuple[tuple[str, ...], int]:
        """Return the header's names and its line."""
        for line, block in blocks(*self.paths, quoted=self.quoted):
            for number, text in enumerate(block.split(b"\n"), line):
                if self.comment and text.startswith(self.comment.encode()):
                    continue
                decoded = decode(self.path, number, text).removeprefix("\ufeff")
                names = tuple(n.strip('"').strip() if self.quoted else n for n in decoded.split(self.separator))
                if repeated := sorted({n for n in names if names.count(n) > 1}):
                    raise InputError(f"column {repeated[0]!r} stands twice", where=where(self.path, number))
                return names, number
        raise InputError("has no header and no rows", where=str(self.path))

    def _parsed(self, line: int, block: bytes, names: Sequence[str]) -> pl.DataFrame:
        """Return one block as a frame with ``ROW``, empty fields as nulls. It is checked when parsed: the number of rows says where they begin."""
        if not block:
            return pl.DataFrame(schema={**dict.fromkeys(names, pl.String), ROW: pl.Int64})
        width = len(names) + self.ends
        quoted = self.quoted and b'"' in block
        try:
            frame = pl.read_csv(
                block,
                has_header=False,
                new_columns=[*names, *(["_end"] if self.ends else [])],
                separator=self.separator,
                quote_char='"' if self.quoted else None,
                infer_schema=False,
            )
            rows = row_starts(block, quoted, frame.height)
            if frame.width != width or frame.height != rows.size:
                raise PolarsError("ragged")
            if separators(block, self.separator, quoted) != rows.size * (width - 1):  # polars fills what is missing with nulls
                raise PolarsError("ragged")
        except PolarsError as error:
            self._blame(line, block, width)
            raise InputError(f"cannot be read: {str(error).splitlines()[0]}", where=where(self.path, line)) from error
        return frame.insert_column(frame.width, pl.Series(ROW, rows + line))

    def _blame(self, line: int, block: bytes, width: int) -> None:
        """Raise InputError for the first row at fault."""
        for number, text in records(block, quoted=self.quoted):
            decode(self.path, line + number, text)
            found = separators(text, self.separator, self.quoted and b'"' in text) + 1
            if found != width:
                more = " and a separator at the end" if self.ends else ""
                raise InputError(
                    f"has {found - self.ends if text else 0} fields, {width - self.ends} are needed{more}", where=where(self.path, line + number)
                )


def delimited(path: Path, separator: str, **how: object) -> Delimited:
    """Return the file at ``path``, packed or split into parts where it is not there itself (``parts``)."""
    return Delimited(parts(path), separator, **how)  # type: ignore[arg-type]


def blocks(*paths: Path, quoted: bool = False) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of whole rows of a file or of its parts, without their last line end, each with the line it begins on.

    The ``\\r\\n`` that ends a row becomes ``\\n``; within quotation marks it is text.
    """
    line, rest = 1, b""
    for chunk in chunks(*paths):
        cut = last_end(chunk, quoted, quoted and rest.count(b'"') % 2 == 1)
        if cut < 0:
            rest += chunk
            continue
        block = plain_ends(b"".join((rest, memoryview(chunk)[:cut])), quoted)
        rest = chunk[cut + 1 :]
        yield line, block
        line += occurrences(block, "\n") + 1
    if rest:
        if quoted and rest.count(b'"') % 2:
            raise InputError(
                "a quotation mark is not closed", where=where(whole(paths), line), mend="the file is cut off, or a field's mark is not doubled"
            )
        yield line, plain_ends(rest, quoted)


def plain_ends(block: bytes, quoted: bool) -> bytes:
    """Return a block with plain line ends; it comes without its last line feed."""
    if b"\r" not in block:  # found in a tenth of the time that both characters take
        return block
    block = block.removesuffix(b"\r")
    if not (quoted and b'"' in block):
        return block.replace(b"\r\n", b"\n")
    text = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero((text[:-1] == ord("\r")) & (text[1:] == ord("\n")))
    marks = np.flatnonzero(text == ord('"'))
    return np.delete(text, ends[np.searchsorted(marks, ends) % 2 == 0]).tobytes()


def last_end(chunk: bytes, quoted: bool, inside: bool = False) -> int:
    """Return where the last row ends that is whole, -1 where none is; ``inside``: the chunk begins within quotation marks."""
    cut = chunk.rfind(b"\n")
    if not quoted:
        return cut
    marks = occurrences(memoryview(chunk)[: cut + 1], '"') + inside
    while cut >= 0 and marks % 2:  # within quotation marks: an earlier line end
        before = chunk.rfind(b"\n", 0, cut)
        marks -= chunk.count(b'"', before + 1, cut + 1)
        cut = before
    return cut


def row_ends(block: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the line ends of a quoted block are, and which of them end a row: those outside quotation marks."""
    text = np.frombuffer(block, dtype=np.uint8)
    lines = np.flatnonzero(text == ord("\n"))
    marks = np.flatnonzero(text == ord('"'))
    return lines, lines[np.searchsorted(marks, lines) % 2 == 0]


def row_starts(block: bytes, quoted: bool, height: int) -> NDArray[np.int64]:
    """Return for each row how many lines come before it. ``height`` rows were parsed: as many as lines if none is within quotation marks."""
    count = occurrences(block, "\n") + 1
    if not quoted or count == height:
        return np.arange(count, dtype=np.int64)
    lines, ends = row_ends(block)
    return np.concatenate([[0], np.searchsorted(lines, ends) + 1]).astype(np.int64)


def separators(block: bytes, separator: str, quoted: bool) -> int:
    """Return how many separators a block has outside quotation marks."""
    found = occurrences(block, separator)
    if not quoted:
        return found
    text = np.frombuffer(block, dtype=np.uint8)
    marks = np.flatnonzero(text == ord('"')).astype(np.int32)
    first, end = marks[::2], np.append(marks[1::2], np.int32(text.size))[: (marks.size + 1) // 2]
    sizes = end - first
    inside = np.arange(sizes.sum(), dtype=np.int32) + np.repeat(end - np.cumsum(sizes, dtype=np.int32), sizes)
    return found - int(np.count_nonzero(text[inside] == ord(separator)))


def occurrences(block: bytes | memoryview, character: str) -> int:
    """Return how often a character comes, in a fifth of the time that ``bytes.count`` takes for a frequent one."""
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == ord(character)))


def records(block: bytes, *, quoted: bool) -> Iterator[tuple[int, bytes]]:
    """Yield each row of a block with how many lines come before it."""
    if not (quoted and b'"' in block):
        yield from enumerate(block.split(b"\n"))
        return
    begin = line = 0
    for end in [*row_ends(block)[1].tolist(), len(block)]:
        yield line, block[begin:end]
        line += block.count(b"\n", begin, end) + 1
        begin = end + 1


def dropped(line: int, block: bytes, skip: int) -> tuple[int, bytes]:
    """Return a block without the lines up to ``skip``."""
    while line <= skip:
        _, _, block = block.partition(b"\n")
        line += 1
    return line, block


def decode(path: Path, line: int, text: bytes) -> str:
    """Return a line's text. Raises InputError where it is not UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=where(path, line), mend="save it as UTF-8") from None
