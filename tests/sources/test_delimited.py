"""Delimited text is read as the csv module reads it, in blocks of any size, and a fault names file and line."""

from __future__ import annotations

import csv
import gzip
import io
import random
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources import files
from kgpaths.sources.delimited import Delimited, delimited, parts
from kgpaths.sources.files import ROW

HARD = (
    "",
    "a",
    'quote " inside',
    "pipe|semi;colon",
    "tab\tin",
    "two\nlines",
    "three\n\nlines\n",
    '"',
    '""',
    "NUL\0byte",
    "emoji 🫀 é",
    "x" * 10_000,
    " , ",
    "\\",
)


def read(path: Path, separator: str = ",", columns: tuple[str, ...] = ("a", "b"), **how: object) -> list[tuple[object, ...]]:
    frames = list(delimited(path, separator, **how).batches(columns))
    return pl.concat(frames).rows() if frames else []


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize("block", [7, 64, 1 << 20])
@pytest.mark.parametrize("seed", range(12))
def test_quoted_text_is_read_as_the_csv_module_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, block: int) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    draw = random.Random(seed)
    rows = [[draw.choice(HARD), draw.choice(HARD)] for _ in range(60)]
    path = tmp_path / "t.csv"
    write(path, [["a", "b"], *rows])
    found = read(path, quoted=True)
    assert [list(row[:2]) for row in found] == rows
    text = path.read_text(encoding="utf-8")
    starts, line = [], 2
    for row in rows:
        starts.append(line)
        line += 1 + sum(field.count("\n") for field in row)
    assert [row[2] for row in found] == starts
    assert list(csv.reader(io.StringIO(text)))[1:] == rows


@pytest.mark.parametrize("block", [5, 1 << 20])
def test_without_quoting_a_quotation_mark_is_a_character(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    path = tmp_path / "t.tsv"
    path.write_bytes(b'a\tb\n5" wound\t\n"open\tx\n\t\xf0\x9f\xab\x80\n')
    assert read(path, "\t") == [('5" wound', "", 2), ('"open', "x", 3), ("", "🫀", 4)]


@pytest.mark.parametrize("block", [3, 1 << 20])
def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4")
    assert read(path, quoted=True) == [("1", "2", 2), ("3", "4", 3)]


def test_rows_that_end_in_a_separator(tmp_path: Path) -> None:
    path = tmp_path / "MR.RRF"
    path.write_bytes(b"C1|x|\nC2||\n")
    assert read(path, "|", header=("a", "b"), ends=True) == [("C1", "x", 1), ("C2", "", 2)]


def test_packed_and_split_files_are_one(tmp_path: Path) -> None:
    for suffix, text in (("aa", b"1|2|\n"), ("ab", b"3|4|\n")):
        (tmp_path / f"M.RRF.{suffix}.gz").write_bytes(gzip.compress(text))
    (tmp_path / "M.RRF.txt").write_text("no part")
    assert [path.name for path in parts(tmp_path / "M.RRF")] == ["M.RRF.aa.gz", "M.RRF.ab.gz"]
    assert [row[:2] for row in read(tmp_path / "M.RRF", "|", header=("a", "b"), ends=True)] == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize("block", [3, 1 << 20])
@pytest.mark.parametrize("size", [3, 7, 11])
@pytest.mark.parametrize("packed", ["not", "each part", "before it was split"])
def test_parts_are_one_stream_wherever_they_were_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, block: int, packed: str) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    text = "C1|naïve|\nC2|🫀|\r\n|two|\n".encode()
    for number, begin in enumerate(range(0, len(text) if packed != "before it was split" else len(gzip.compress(text)), size)):
        name = f"M.RRF{'.gz' if packed == 'before it was split' else ''}.{'abc'[number // 26]}{chr(97 + number % 26)}"
        if packed == "each part":
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text[begin : begin + size]))
        else:
            (tmp_path / name).write_bytes((gzip.compress(text, mtime=0) if packed != "not" else text)[begin : begin + size])
    assert read(tmp_path / "M.RRF", "|", header=("a", "b"), ends=True) == [("C1", "naïve", 1), ("C2", "🫀", 2), ("", "two", 3)]


def test_a_row_at_fault_is_found_in_the_whole_file_and_a_damaged_part_by_its_name(tmp_path: Path) -> None:
    for suffix, content in (("aa", b"1|2|\n3"), ("ab", b"|4|\n5|\n")):
        (tmp_path / f"M.RRF.{suffix}.gz").write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"M\.RRF, row 3: has 1 fields"):
        read(tmp_path / "M.RRF", "|", header=("a", "b"), ends=True)
    (tmp_path / "M.RRF.ab.gz").write_bytes(gzip.compress(b"|4|\n")[:-3])
    with pytest.raises(InputError, match=r"M\.RRF\.ab\.gz: cannot be read.*is it complete"):
        read(tmp_path / "M.RRF", "|", header=("a", "b"), ends=True)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["aa.gz", "ac.gz"], r"M\.RRF: lacks its part \.ab \(put it beside M\.RRF\.ac\.gz\)"),
        (["ab.gz", "ac.gz"], r"lacks its part \.aa "),
        (["gz.aa", "gz.ac"], r"lacks its part \.ab "),
        (["aa", "ab", "aa.gz"], r"lies there twice: M\.RRF\.aa and M\.RRF\.aa\.gz"),
        (["aa.gz", "ab.gz", "gz.aa"], r"lies there twice: M\.RRF\.aa\.gz and M\.RRF\.gz\.aa"),
        (["txt"], "no such file"),
    ],
)
def test_a_part_that_is_missing_or_there_twice_is_refused(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / f"M.RRF.{name}").write_bytes(b"")
    with pytest.raises(InputError, match=message):
        parts(tmp_path / "M.RRF")


@pytest.mark.parametrize("block", [3, 5, 1 << 20])
def test_windows_line_ends_within_quotation_marks_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,b\r\n"one\r\ntwo","\r\n"\r\n3,"x"\r\n"",\r\n5,"y\r\n"\r\n')
    assert [row[:2] for row in read(path, quoted=True)] == [("one\r\ntwo", "\r\n"), ("3", "x"), ("", ""), ("5", "y\r\n")]


def test_columns_are_chosen_by_name_and_absent_optional_ones_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,b,a\n1,2,3\n")
    frame = next(Delimited((path,), ",").batches(["a", "b"], optional=["c"]))
    assert frame.to_dicts() == [{"a": "3", "b": "2", "c": "", ROW: 2}]


def test_a_limit_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 50)
    assert sum(frame.height for frame in Delimited((path,), ",").batches(["a"], limit=7)) == 7


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n3\n4,5\n", "row 3: has 1 fields, 2 are needed"),
        (b"a,b\n1,2\n3,4,5\n6\n", "row 3: has 3 fields, 2 are needed"),
        (b'a,b\n"x\ny",2\n1\n', "row 4: has 1 fields, 2 are needed"),
        (b"a,b\n1,2\n\n", "row 3: has 0 fields, 2 are needed"),
        (b"a,b\n1,2\n3,\xff\n", "row 3: is not UTF-8 text"),
        (b'a,b\n1,"2\n', "row 2: a quotation mark is not closed"),
        (b"a,c\n1,2\n", "column 'b' is missing"),
        (b"a,b,a\n1,2,3\n", "column 'a' stands twice"),
        (b"", "has no header and no rows"),
    ],
)
@pytest.mark.parametrize("block", [6, 1 << 20])
def test_a_fault_names_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str, block: int) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path, quoted=True)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_cut_off_gz_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 5000)[:-20])
    with pytest.raises(InputError, match=r"t\.csv\.gz: cannot be read: .*is it complete"):
        read(path, quoted=True)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_BYTES", 1 << 20)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 4_000_000))
    with pytest.raises(InputError, match="unpacks to more than 250 times its size"):
        read(path, quoted=True)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        delimited(tmp_path / "absent.csv", ",")
