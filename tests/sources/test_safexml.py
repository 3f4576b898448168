from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgpaths.errors import InputError
from kgpaths.sources import safexml

X = Path("x.xml")


def test_children_come_one_by_one_and_are_forgotten() -> None:
    seen, held = [], []
    elements = safexml.children(X, [b'<a xmlns="urn:x" k="1"><b n="1"><c/></b>', b'<b n="2"/>', b"<d>text</d></a>"])
    root = next(elements)
    assert (root.tag, root.attrib) == ("a", {"k": "1"})
    for element in elements:
        seen.append((element.tag, element.get("n"), element.text, [child.tag for child in element]))
        held.append(len(root))
    assert seen == [("b", "1", None, ["c"]), ("b", "2", None, []), ("d", None, "text", [])]
    assert held[2] <= 2  # those that came before are gone


def test_reading_stops_where_it_is_left() -> None:
    def endless() -> Iterator[bytes]:
        yield b"<a>"
        while True:
            yield b"<b/>" * 1000

    elements = safexml.children(X, endless())
    assert [next(elements).tag for _ in range(5)] == ["a", "b", "b", "b", "b"]


def test_a_declaration_after_a_long_comment_is_seen() -> None:
    comment = b"<!--" + b"x" * (3 * safexml.PIECE) + b"-->"
    text = comment + b'<!DOCTYPE a [<!ENTITY e "ha">]><a>&e;</a>'
    for read in (lambda: safexml.tree(X, text), lambda: list(safexml.children(X, [text[:100], text[100:]]))):
        with pytest.raises(InputError, match=r"x\.xml, row 1: declares entities or attributes of its own"):
            read()


def test_an_external_dtd_is_named_and_not_read() -> None:
    text = b'<!DOCTYPE a SYSTEM "file:///nowhere/a.dtd"><a><b/></a>'
    assert [child.tag for child in safexml.tree(X, text)] == ["b"]
    assert [element.tag for element in safexml.children(X, [text])] == ["a", "b"]


@pytest.mark.parametrize("text", [b"", b"<a>", b"<a></b>", b"<a/><a/>", b"<a>\x00</a>", b"<a>&e;</a>", b"\xff\xfe<"])
def test_what_is_no_xml_is_named(text: bytes) -> None:
    for read in (lambda: safexml.tree(X, text), lambda: list(safexml.children(X, [text]))):
        with pytest.raises(InputError, match=r"x\.xml, row 1: is no XML: "):
            read()


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> bytes:
        return b"<a>" * depth + b"</a>" * depth

    assert safexml.tree(X, nested(safexml.DEPTH)).tag == "a"
    for depth in (safexml.DEPTH + 1, 100_000):
        for read in (lambda text: safexml.tree(X, text), lambda text: list(safexml.children(X, [text]))):
            with pytest.raises(InputError, match="is nested more than 64 deep"):
                read(nested(depth))
