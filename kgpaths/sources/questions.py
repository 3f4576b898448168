"""Read questions from files: JSONL, JSON, CSV and Parquet, plain or ``.gz``, in any of the formats of ``question_formats``.

A bad row is yielded as such, with file, row and field, so that the good rows around it can still be used.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from kgpaths.errors import InputError
from kgpaths.model import Question
from kgpaths.sources.benchmarks import split_of
from kgpaths.sources.files import read_bytes, read_text, where
from kgpaths.sources.question_fields import Bad
from kgpaths.sources.question_formats import MMLU_FIELDS, parse_row

JSON_LINES = "write one JSON object a line"
_MMLU_FILE = re.compile(r"(\w+)_(?:test|dev|val)\.csv")


@dataclass(frozen=True)
class BadRow:
    """A row no question could be made of: its 1-based line, a short code, and the error to show or raise."""

    row: int
    code: str
    error: InputError


def read_questions(path: Path) -> Iterator[Question | BadRow]:
    """Yield the questions of a file in order, and a BadRow for each row that is none; empty lines are passed over.

    Rows are numbered by line, in JSON, CSV and Parquet by record. A question whose row states no split is of the split its file is named
    for. Raises InputError where the file itself cannot be read.
    """
    seen: dict[str, int] = {}
    split = split_of(path)
    for number, row in rows(path):
        try:
            if isinstance(row, Bad):
                raise row
            question = parse_row(row, split)
            if question.id in seen:
                raise Bad("duplicate_id", "id", f"{question.id} stands in row {seen[question.id]} already")
        except Bad as bad:
            yield BadRow(number, bad.code, InputError(bad.what, where=where(path, number, bad.field), mend=bad.mend))
        else:
            seen[question.id] = number
            yield question


def rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Bad]]:
    """Yield number and content of each record, by what the file's name ends in."""
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        return parquet_rows(path)
    if kind == "csv":
        return csv_rows(path)
    return json_rows(path) if kind == "json" else json_lines(path)


def json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Bad]]:
    for number, line in enumerate(read_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            try:
                yield number, checked(load(line))
            except Bad as bad:
                yield number, bad


def json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Bad]]:
    """Yield the records of a JSON list, or of an object of records by id, as PubMedQA's files are. One object a line is read, too."""
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    try:
        whole = load(content)
    except Bad as bad:
        if content.count(b"\n{"):
            yield from json_lines(path)
            return
        raise InputError(bad.what, where=str(path), mend="a JSON list of questions, or one object a line in a .jsonl file") from None
    if isinstance(whole, dict) and whole and all(isinstance(row, dict) for row in whole.values()):
        whole = [{"pubid": key, **row} for key, row in whole.items()]
    for number, row in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        try:
            yield number, checked(row)
        except Bad as bad:
            yield number, bad


def csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Bad]]:
    """Yield the records of a CSV file with a header, or of one of MMLU's, without; what is written as a JSON list or object is read as one."""
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    records: Iterator[list[str]] = (line for line in lines if line)
    try:
        header = next(records, [])
        given: dict[str, str] = {}
        if is_mmlu(header):
            records, header, given = chain([header], records), list(MMLU_FIELDS), mmlu_subject(path)
        for number, record in enumerate(records, start=1):
            if len(record) != len(header):
                yield number, Bad("bad_field", "", f"has {len(record)} fields, not the {len(header)} of the header")
            else:
                named = {field: value for field, value in zip(header, record, strict=True) if value != ""}
                yield number, named | given if given else {field: unfolded(value) for field, value in named.items()}
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", where=where(path, lines.line_num)) from None


def is_mmlu(first: Sequence[str]) -> bool:
    """Return whether the first record of a CSV file is a question of MMLU's: no header, but text, four choices and a letter."""
    return len(first) == len(MMLU_FIELDS) and first[-1] in ("A", "B", "C", "D") and "question" not in (field.strip().lower() for field in first)


def mmlu_subject(path: Path) -> dict[str, str]:
    """Return the subject that MMLU names a file for: anatomy_test.csv."""
    found = _MMLU_FILE.match(path.name)
    return {"subject": found[1] if found else ""}


def parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Bad]]:
    try:
        frame = pl.read_parquet(io.BytesIO(read_bytes(path)))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"is not Parquet: {str(error).splitlines()[0]}", where=str(path)) from None
    yield from enumerate(frame.iter_rows(named=True), start=1)


def load(content: bytes) -> Any:
    """Return what JSON text holds. Raises Bad where it holds none."""
    try:
        return json.loads(content)
    except UnicodeDecodeError:
        raise Bad("not_json", "", "is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise Bad("not_json", "", f"is not JSON: {error.msg} at character {error.pos + 1}", JSON_LINES) from None
    except (ValueError, RecursionError):
        raise Bad("not_json", "", "holds a number too long or brackets too deep to be read", JSON_LINES) from None


def checked(row: Any) -> Mapping[str, Any]:
    """Return a record that is an object of whole characters. Raises Bad where it is not."""
    if not isinstance(row, dict):
        raise Bad("not_object", "", f"is a JSON {type(row).__name__}, not an object", JSON_LINES)
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Bad("not_json", "", "holds half a character, a lone surrogate") from None
    return row


def unfolded(value: str) -> Any:
    """Return a CSV field's JSON list or object, else the field as it stands."""
    if value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
