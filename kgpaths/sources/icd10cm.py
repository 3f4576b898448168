"""Read ICD-10-CM from the files the ``simple-icd-10-cm`` package ships: the tabular list (XML) and the list of codes.

Chapters and blocks are named by their range (``ICD10CM:I00-I99``, ``ICD10CM:B99-B99``), so that a block of one category
never shares the category's id. Seventh-character codes stand in the code list only; their titles come from the
extensions the tabular list defines. They exist, but no mention is linked to them: a text never names one.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import icd_notes, tables
from kgpaths.sources.files import package_data, read_bytes, read_text
from kgpaths.sources.tables import SourceInfo, SourceTables

NAME = "ICD-10-CM"
LICENCE = "public domain (US government work of CDC/NCHS)"
URL = "https://www.cdc.gov/nchs/icd/icd-10-cm/"
CATEGORY = "InformationContentEntity"

_RANGE = re.compile(r"\s*\(([A-Z]\w{2})(?:-([A-Z]\w{2}))?\)\s*$")  # at the end of a chapter's or block's title
_NOTES = ("excludes1", "excludes2", "codeFirst", "useAdditionalCode", "codeAlso")


@dataclass
class Entry:
    """One chapter, block or code. ``code`` is as printed, a chapter's or block's is its range ("A01.0", "B99-B99")."""

    code: str
    title: str
    kind: str  # chapter, block, category, subcategory, or extended (seventh character)
    parent: str
    inclusions: list[str] = field(default_factory=list)
    notes: list[tuple[str, list[str]]] = field(default_factory=list)  # (XML tag, its notes in order)
    extensions: dict[str, str] = field(default_factory=dict)  # seventh character -> its title, inherited


def read_icd10cm(folder: Path | None = None) -> SourceTables:
    """Read chapters, blocks, codes, inclusion terms, hierarchy and coding notes, by default from the installed package.

    Raises InputError where a file is missing, is no XML, or list and tabular disagree.
    """
    folder = folder or package_data("simple_icd_10_cm")
    tabular, listing = only(folder, "icd10c-tabular-*.xml"), only(folder, "code-list-*.txt")
    try:
        root = ET.fromstring(read_bytes(tabular))
    except ET.ParseError as error:
        raise InputError(f"is no XML: {error}", where=str(tabular)) from None
    release = f"{root.findtext('version', '')} ({listing.stem.removeprefix('code-list-')})"
    info = SourceInfo(NAME, release, LICENCE, URL, {p.name: tables.sha256(p) for p in (tabular, listing)})
    entries = {entry.code: entry for entry in walk(root)}
    add_extended(entries, listing)
    edges, rejected = icd_notes.note_edges(entries, info, tabular.name)
    hierarchy = [(curie(e.code), curie(e.parent)) for e in entries.values() if e.parent]
    return SourceTables(
        info,
        nodes=node_frame(entries),
        edges=pl.concat([subclass_edges(hierarchy, info), edges]),
        aliases=alias_frame(entries),
        xrefs=tables.empty(tables.XREFS),
        rejected=rejected,
    )


def curie(code: str) -> str:
    """Return the CURIE of a code as printed."""
    return f"ICD10CM:{code}"


def only(folder: Path, pattern: str) -> Path:
    """Return the one file of ``folder`` that matches; its name carries the release and so is not fixed."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise InputError(f"{len(found)} files match {pattern}, one is needed", where=str(folder), mend="reinstall simple-icd-10-cm")
    return found[0]


def walk(root: ET.Element) -> Iterator[Entry]:
    """Yield the entries of the tabular list in document order, parents before children."""
    for chapter in root.iter("chapter"):
        top = heading(chapter, "chapter", "")
        yield top
        outer: list[str] = []  # blocks of blocks, wide before narrow
        for section in chapter.iter("section"):
            block = heading(section, "block", top.code)
            block.parent = next((code for code in reversed(outer) if holds(code, block.code)), top.code)
            if section.find("diag") is None:
                outer.append(block.code)
            yield block
            for diag in section.findall("diag"):
                yield from codes(diag, block.code, {})


def heading(element: ET.Element, kind: str, parent: str) -> Entry:
    """Return a chapter or block, named by the range that ends its title."""
    text = " ".join((element.findtext("desc") or "").split())
    found = _RANGE.search(text)
    if not found:
        raise InputError(f"the title of a {kind} ends in no range: {text!r}", where="ICD-10-CM tabular list")
    first, last = found.group(1), found.group(2) or found.group(1)
    return with_text(Entry(f"{first}-{last}", text[: found.start()], kind, parent), element)


def holds(outer: str, inner: str) -> bool:
    """Tell whether the range of one block lies within that of another."""
    first, last = outer.split("-")
    return outer != inner and first <= inner.split("-")[0] and inner.split("-")[1] <= last


def codes(diag: ET.Element, parent: str, extensions: dict[str, str]) -> Iterator[Entry]:
    """Yield a code and those below it; seventh-character extensions hold for all below."""
    code = diag.findtext("name", "").strip()
    kind = "category" if len(code) == 3 else "subcategory"
    entry = with_text(Entry(code, " ".join(diag.findtext("desc", "").split()), kind, parent), diag)
    entry.extensions = seventh(diag) or extensions
    yield entry
    for child in diag.findall("diag"):
        yield from codes(child, code, entry.extensions)


def with_text(entry: Entry, element: ET.Element) -> Entry:
    """Add an element's inclusion terms and coding notes to its entry."""
    for child in element:
        texts = [" ".join(note.text.split()) for note in child.findall("note") if note.text and note.text.strip()]
        if child.tag == "inclusionTerm":
            entry.inclusions += continued(texts)
        elif child.tag in _NOTES:
            entry.notes.append((child.tag, texts))
    return entry


def continued(terms: list[str]) -> list[str]:
    """Return inclusion terms with the header they continue: "Angiostrongyliasis due to:" and "Parastrongylus cantonensis"."""
    header, joined = "", []
    for term in terms:
        if term.endswith(":"):
            header = term.removesuffix(":")
        else:
            joined.append(f"{header} {term}".strip())
    return joined


def seventh(diag: ET.Element) -> dict[str, str]:
    """Return the seventh characters an element defines; a note after one adds to its title."""
    defined: dict[str, str] = {}
    last = ""
    for element in diag.findall("sevenChrDef/*"):
        text = " ".join((element.text or "").split())
        if element.tag == "extension":
            last = element.attrib["char"]
            defined[last] = text
        elif element.tag == "note" and last:
            defined[last] += f"/{text}"
    return defined


def add_extended(entries: dict[str, Entry], listing: Path) -> None:
    """Add the codes that only the code list has: a tabular code, filled with X, and a seventh character.

    The list says which combinations exist. Raises InputError for a line that neither the tabular list nor its
    extensions explain.
    """
    plain = {code.replace(".", "") for code in entries}
    plain |= {str(number) for number in range(1, 23)}  # the list numbers the chapters
    plain |= {code.split("-")[0] for code in entries if "-" in code and code.split("-")[0] == code.split("-")[1]}
    parents = {e.code.replace(".", "").ljust(6, "X"): e for e in entries.values() if e.extensions and "-" not in e.code}
    for number, line in enumerate(read_text(listing).split("\n"), start=1):
        code = line.strip()
        if code in plain or not code:
            continue
        parent = parents.get(code[:-1])
        if len(code) != 7 or parent is None or code[-1] not in parent.extensions:
            raise InputError(f"code {code} is not explained by the tabular list", where=f"{listing}, row {number}")
        dotted = f"{code[:3]}.{code[3:]}"
        entries[dotted] = Entry(dotted, f"{parent.title}, {parent.extensions[code[-1]]}", "extended", parent.code)


def node_frame(entries: dict[str, Entry]) -> pl.DataFrame:
    """Return the entries as nodes. A block of one category is not linkable: it bears the category's own title."""
    rows = []
    for e in entries.values():
        twin = e.kind == "block" and e.code.split("-")[0] == e.code.split("-")[1]
        rows.append((curie(e.code), CATEGORY, e.title, "", [e.kind], e.kind != "extended" and not twin))
    return pl.DataFrame(rows, schema=tables.NODES, orient="row")


def alias_frame(entries: dict[str, Entry]) -> pl.DataFrame:
    """Return titles as labels, and inclusion terms as narrow synonyms: each is coded here, few are the whole code."""
    rows = []
    for e in entries.values():
        rows.append((curie(e.code), e.title, "label", ""))
        rows += [(curie(e.code), text, "narrow", "inclusion_term") for text in e.inclusions]
    return pl.DataFrame(rows, schema=tables.ALIASES, orient="row").unique(maintain_order=True)


def subclass_edges(hierarchy: list[tuple[str, str]], info: SourceInfo) -> pl.DataFrame:
    """Return the hierarchy as ``subclass_of`` edges."""
    frame = pl.DataFrame(hierarchy, schema={"subject": pl.String, "object": pl.String}, orient="row")
    return frame.select(
        "subject", pl.lit("subclass_of").alias("predicate"), "object", **tables.plain_edge(), evidence=pl.concat_list(tables.evidence(info))
    )
