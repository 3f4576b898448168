"""Read XML of unknown origin: no entity is ever declared or expanded, no other file is fetched, and no depth is endless.

A document type may name an external DTD, as WHO's files do; nobody reads it. Entities and default attributes that a
document declares for itself can blow a kilobyte up to gigabytes, so such a document is refused before its first element.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast
from xml.parsers import expat

from kgpaths.errors import InputError
from kgpaths.sources.files import where

PIECE = 1 << 16  # bytes parsed at a time, so that few elements wait to be taken
DEPTH = 64


class Prolog:
    """Look at what comes before the first element, and refuse what a document declares there for itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.over = False
        self.parser = expat.ParserCreate()
        self.parser.EntityDeclHandler = self.refuse
        self.parser.AttlistDeclHandler = self.refuse
        self.parser.StartElementHandler = self.end

    def refuse(self, *_: object) -> None:
        """Raise InputError for a declaration."""
        raise InputError(
            "declares entities or attributes of its own: not read",
            where=where(self.path, self.parser.CurrentLineNumber),
            mend="take the file as its publisher gives it, or remove the declarations between [ and ]",
        )

    def end(self, *_: object) -> None:
        """Note that the first element has begun: nothing can be declared any more."""
        self.over = True

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes. Raises InputError for declarations, and for what is no XML."""
        if not self.over:
            try:
                self.parser.Parse(piece, False)
            except expat.ExpatError as error:
                raise InputError(f"is no XML: {error}", where=where(self.path, error.lineno)) from None
            except (ValueError, LookupError) as error:  # of the encoding it names
                raise InputError(f"cannot be read: {error}", where=where(self.path, 1), mend="save it as UTF-8") from None


def tree(path: Path, content: bytes) -> ET.Element:
    """Return a whole document. Raises InputError for what is no XML, is nested too deep, or declares entities."""
    prolog = Prolog(path)
    for start in range(0, len(content), PIECE):
        prolog.feed(content[start : start + PIECE])
        if prolog.over:
            break
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise InputError(f"is no XML: {error}", where=where(path, error.position[0])) from None
    level, depth = [root], 1
    while level := [child for element in level for child in element]:
        depth += 1
        too_deep(path, depth)
    return root


def too_deep(path: Path, depth: int) -> None:
    """Raise InputError where elements are nested deeper than any format needs, as deep ones exhaust the stack."""
    if depth > DEPTH:
        raise InputError(f"is nested more than {DEPTH} deep", where=str(path))


def children(path: Path, chunks: Iterable[bytes]) -> Iterator[ET.Element]:
    """Yield the root with its attributes, then each of its children once it is complete; each is forgotten after its turn.

    Tags come without namespace. Raises InputError for what is no XML, is nested too deep, or declares entities.
    """
    prolog = Prolog(path)
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    root: ET.Element | None = None
    depth = 0
    try:
        for chunk in chunks:
            for start in range(0, len(chunk), PIECE):
                piece = chunk[start : start + PIECE]
                prolog.feed(piece)
                parser.feed(piece)
                for event, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
                    depth += 1 if event == "start" else -1
                    if event == "start":
                        element.tag = element.tag.rpartition("}")[2]
                        too_deep(path, depth)
                    if root is None:
                        root = element
                        yield root
                    elif event == "end" and depth == 1:
                        yield element
                        root.clear()
        parser.close()
    except ET.ParseError as error:
        raise InputError(f"is no XML: {error}", where=where(path, error.position[0])) from None
