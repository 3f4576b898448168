"""Read OBO term stanzas: the few tags the graph needs, quickly. A full parser of the format takes ten times as long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kgpaths.sources.files import read_text

_QUOTED = re.compile(r'^"((?:[^"\\]|\\.)*)"\s*(.*)$')
_ESCAPE = re.compile(r"\\(.)")
_NAMED = {"n": "\n", "t": "\t", "W": " "}


@dataclass
class Term:
    """One ``[Term]`` stanza: tag values verbatim, in file order, with the line its id stands on."""

    id: str
    line: int
    tags: dict[str, list[str]] = field(default_factory=dict)

    def first(self, tag: str) -> str:
        """Return the tag's first value without escapes, or an empty string."""
        return unescape(self.tags[tag][0]) if tag in self.tags else ""

    def ids(self, tag: str) -> list[str]:
        """Return the ids a tag names, without trailing comments, qualifiers or descriptions."""
        return [value.split(" ", 1)[0] for value in self.tags.get(tag, ())]

    @property
    def obsolete(self) -> bool:
        return self.tags.get("is_obsolete") == ["true"]

    @property
    def definition(self) -> str:
        found = _QUOTED.match(self.tags["def"][0]) if "def" in self.tags else None
        return unescape(found.group(1)) if found else ""

    def synonyms(self) -> Iterator[tuple[str, str, str]]:
        """Yield text, scope in lower case, and type (empty where untyped) of each synonym."""
        for value in self.tags.get("synonym", ()):
            found = _QUOTED.match(value)
            if found:
                words = found.group(2).split("[", 1)[0].split()
                yield unescape(found.group(1)), words[0].lower() if words else "related", words[1] if len(words) > 1 else ""


def unescape(text: str) -> str:
    """Return OBO text without its backslash escapes."""
    return _ESCAPE.sub(lambda m: _NAMED.get(m.group(1), m.group(1)), text) if "\\" in text else text


def read_obo(path: Path) -> tuple[dict[str, str], list[Term]]:
    """Return the header (first value of each tag) and the terms in file order; other stanzas are skipped."""
    header: dict[str, str] = {}
    terms: list[Term] = []
    stanza, current = "", None
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.startswith("["):
            stanza, current = line.strip(), None
            continue
        tag, colon, value = line.partition(": ")
        if not colon:
            continue
        if not stanza:
            header.setdefault(tag, value)
        elif stanza == "[Term]":
            if tag == "id":
                current = Term(value.strip(), number)
                terms.append(current)
            elif current is not None:
                current.tags.setdefault(tag, []).append(value.strip())
    return header, terms
