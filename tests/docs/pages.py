"""Read the pages of the documentation: their fenced blocks, their links and their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
LINKED = (*PAGES, ROOT / "CHANGELOG.md", ROOT / "outputs" / "README.md", *sorted(DOCS.glob("*.ipynb")))

FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]\[]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line it begins on."""

    language: str
    text: str
    line: int

    def commands(self) -> str:
        """Return the shell's part of a block: all of a ``sh`` block, the lines after ``$`` of a ``console`` block."""
        if self.language != "console":
            return self.text
        return "".join(line.removeprefix("$ ") + "\n" for line in self.text.splitlines() if line.startswith("$ "))


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(found[1].strip(), found[2], text.count("\n", 0, found.start()) + 1)


def links(page: Path) -> list[str]:
    """Return the targets of a page's links, those in fenced blocks aside."""
    return LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


@cache
def make_tables() -> ModuleType:
    """Return ``docs/make_tables.py`` as a module."""
    spec = spec_from_file_location("make_tables", DOCS / "make_tables.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
