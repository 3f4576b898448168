"""Read the authored word lists of this room, ``tables/*.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_TABLES = Path(__file__).parent / "tables"


def table_text(name: str) -> str:
    """Return a table as it stands, so that what is built with it can carry its hash."""
    return (_TABLES / name).read_text(encoding="utf-8")


def sections(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield head and lines of each section of a table; blank lines and lines that begin with "#" are left out."""
    head, lines = "", list[str]()
    for line in table_text(name).splitlines():
        if line.startswith("["):
            if head:
                yield head, lines
            head, lines = line.strip("[] "), []
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    yield head, lines
