"""Read OBO text: the stanzas and the few tags the graph needs, quickly.

A full parser of the format takes ten times as long, gives up on files that publishers have out, and loses what follows a
value in braces, where MONDO says that a cross-reference is an exact one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kgpaths.errors import InputError
from kgpaths.sources.files import read_text, where

_QUOTED = re.compile(r'^"((?:[^"\\]|\\.)*)"\s*(.*)$')
_ESCAPE = re.compile(r"\\(.)")
_BEGIN_QUOTED = ("synonym", "def")  # tags whose value begins with a quoted text
_HOLD_QUOTED = (*_BEGIN_QUOTED, "xref", "property_value", "relationship", "synonymtypedef", "subsetdef")
_NAMED = {"n": "\n", "t": "\t", "W": " "}
_BRACES = re.compile(r'\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}\s*(?:!.*)?$')
_PAIR = re.compile(r'([^\s,="]+)="((?:[^"\\]|\\.)*)"')


@dataclass
class Term:
    """One stanza: tag values verbatim, in file order, with the line its id stands on."""

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


@dataclass
class Document:
    """A whole file: every value of each header tag, the terms, the relations, and the lines that say nothing."""

    header: dict[str, list[str]] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    typedefs: list[Term] = field(default_factory=list)
    stray: list[tuple[int, str]] = field(default_factory=list)  # lines of a term that are no "tag: value", or lack a closing mark


def unescape(text: str) -> str:
    """Return OBO text without its backslash escapes."""
    return _ESCAPE.sub(lambda m: _NAMED.get(m.group(1), m.group(1)), text) if "\\" in text else text


def qualifiers(value: str) -> list[tuple[str, str]]:
    """Return the pairs a value ends in, ``{source="MONDO:equivalentTo"}``, in their order."""
    found = _BRACES.search(value) if "{" in value else None
    return [(key, unescape(text)) for key, text in _PAIR.findall(found.group(1))] if found else []


def quoted(value: str) -> str | None:
    """Return the quoted text a value begins with, None where it begins otherwise."""
    found = _QUOTED.match(value)
    return unescape(found.group(1)) if found else None


def read_obo(path: Path) -> tuple[dict[str, str], list[Term]]:
    """Return the header (first value of each tag) and the terms in file order; other stanzas are skipped."""
    text = read_text(path)
    check_end(path, text)
    document = parse(text)
    return {tag: values[0] for tag, values in document.header.items()}, document.terms


def check_end(path: Path, text: str) -> None:
    """Raise InputError where the last line breaks off within quotation marks: the file is cut off."""
    lines = text.rstrip("\n").split("\n")
    tag, _, value = lines[-1].partition(": ")
    if tag in _HOLD_QUOTED and re.sub(r"\\.", "", value).count('"') % 2:
        what = "a quotation mark is not closed on the last line"
        raise InputError(what, where=where(path, len(lines)), mend="the file is cut off: download it again")


def parse(text: str) -> Document:
    """Return the stanzas of a file. A line that says nothing of its term is kept as ``stray``; instances are skipped."""
    document = Document()
    stanza, current = "", None
    kinds = {"[Term]": document.terms, "[Typedef]": document.typedefs}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("["):
            stanza, current = line.strip(), None
            continue
        tag, colon, value = line.partition(": ")
        if not colon:
            if stanza == "[Term]" and (bare := line.strip()) and not bare.startswith("!") and not bare.endswith(":"):
                document.stray.append((number, bare))
        elif not stanza:
            document.header.setdefault(tag, []).append(value)
        elif stanza in kinds:
            if tag == "id":
                current = Term(value.strip(), number)
                kinds[stanza].append(current)
            elif stanza == "[Term]" and tag in _BEGIN_QUOTED and quoted(value.strip()) is None:
                document.stray.append((number, line.strip()))
            elif current is not None:
                current.tags.setdefault(tag, []).append(value.strip())
            elif stanza == "[Term]":
                document.stray.append((number, line.strip()))
    return document
