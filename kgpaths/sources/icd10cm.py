"""Read ICD-10-CM: the tabular list (XML) with the list of codes that ``simple-icd-10-cm`` ships, or CDC's own release.

CDC publishes the tabular list and an order file (fixed width: every code with its titles); the order file alone will do,
without chapters, blocks and notes. Chapters and blocks are named by their range (``ICD10CM:I00-I99``,
``ICD10CM:B99-B99``), so that a block of one category never shares the category's id. Seventh-character codes stand in the
list of codes only; their titles come from the order file, else from the extensions the tabular list defines. They exist,
but no mention is linked to them: a text never names one.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import icd_notes, safexml, tables
from kgpaths.sources.files import package_data, read_bytes, read_text, where
from kgpaths.sources.tables import SourceInfo, SourceTables

NAME = "ICD-10-CM"
LICENCE = "public domain (US government work of CDC/NCHS)"
URL = "https://www.cdc.gov/nchs/icd/icd-10-cm/"
CATEGORY = "InformationContentEntity"
TABULAR = ("icd10c-tabular-*.xml", "icd10cm[-_]tabular[-_]*.xml")
LISTS = ("code-list-*.txt",)
ORDERS = ("icd10cm[-_]order[-_]*.txt",)
"""File names: the package's first, then CDC's, whose separators differ from year to year."""

COLUMNS = (
    ("order number", 0, 5, re.compile(r"\d{5}")),
    ("code", 6, 13, re.compile(r"[A-Z][0-9A-Z]{2,6} *")),
    ("header flag", 14, 15, re.compile("[01]")),  # 0 for a header, 1 for a code that is valid for a claim
    ("short title", 16, 76, re.compile(".{60}")),
    ("long title", 77, None, re.compile(r".*\S.*")),
)
"""The columns of an order file, each after a blank."""

_PRINTED = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?")
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
    short: str = ""  # the order file's abbreviated title
    billable: bool = False  # the order file says that it is valid for a claim, no header


def read_icd10cm(folder: Path | None = None, *, release: str = "", limit: int | None = None) -> SourceTables:
    """Read chapters, blocks, codes, inclusion terms, hierarchy and coding notes, by default from the installed package.

    ``folder`` holds the package's files or those of a release of CDC, or is itself an order file. Raises InputError where
    a file is missing, is no XML, or list and tabular disagree.
    """
    tabular, listing = release_files(folder or package_data("simple_icd_10_cm"))
    entries: dict[str, Entry] = {}
    version = ""
    if tabular:
        root = safexml.tree(tabular, read_bytes(tabular))
        version = root.findtext("version", "").strip()
        entries = tabular_entries(root, tabular, limit)
    if matches(listing, LISTS):
        add_extended(entries, listing, limit)
    else:
        same_year(version, listing)
        add_ordered(entries, listing, limit)
    files = [p for p in (tabular, listing) if p]
    info = SourceInfo(NAME, release or stated_release(version, listing), LICENCE, URL, {p.name: tables.sha256(p) for p in files})
    edges, rejected = icd_notes.note_edges(entries, info, files[0].name)
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


def release_files(folder: Path) -> tuple[Path | None, Path]:
    """Return the tabular list, if any, and the list of codes or order file. Raises InputError where they are not to be told."""
    if folder.is_file():
        if not matches(folder, ORDERS):
            raise InputError("is no order file by its name", where=str(folder), mend=f"name it {ORDERS[0]}, or give the folder")
        return None, folder
    orders, lists = files_like(folder, ORDERS), files_like(folder, LISTS)
    if len(orders) + len(lists) > 1:
        names = ", ".join(path.name for path in orders + lists)
        raise InputError(f"more than one file lists the codes: {names}", where=str(folder), mend="keep one release in a folder")
    tabular = files_like(folder, TABULAR)
    if orders and not tabular:
        return None, orders[0]
    for found, patterns in ((tabular, TABULAR), (orders + lists, LISTS + ORDERS)):
        if len(found) != 1:
            raise InputError(f"{len(found)} files match {' or '.join(patterns)}, one is needed", where=str(folder), mend="give a release of CDC")
    return tabular[0], (orders + lists)[0]


def files_like(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """Return the files that match, in the folder or, where CDC's archives unpack to folders, in one of its own."""
    return sorted(path for pattern in ("*", "*/*") for path in folder.glob(pattern) if matches(path, patterns) and path.is_file())


def matches(path: Path, patterns: tuple[str, ...]) -> bool:
    """Tell whether a file's name matches, case aside; lists of what changed (addenda) never do."""
    return any(fnmatch(path.name.lower(), pattern) for pattern in patterns) and "addenda" not in path.name.lower()


def same_year(version: str, order: Path) -> None:
    """Raise InputError where tabular list and order file name different years: their codes and titles would be mixed."""
    stated, named = re.search(r"20\d\d", version), re.search(r"20\d\d", order.name)
    if stated and named and stated.group() != named.group():
        raise InputError(f"is of {named.group()}, the tabular list of {stated.group()}", where=str(order), mend="take both from one release")


def stated_release(version: str, listing: Path) -> str:
    """Return the release as the tabular list and the name of the list of codes state it: "2026 (April-2026)"."""
    named = re.sub(r"(?i)^(code-list|icd10cm[-_]order)[-_]", "", listing.stem)
    return f"{version} ({named})" if version else named


def tabular_entries(root: ET.Element, tabular: Path, limit: int | None) -> dict[str, Entry]:
    """Return the entries of the tabular list by code. Raises InputError for none, and for a code that stands twice."""
    entries: dict[str, Entry] = {}
    for entry in islice(walk(root), limit):
        if entry.code in entries:
            raise InputError(f"{entry.kind} {entry.code} stands twice", where=str(tabular))
        entries[entry.code] = entry
    if not entries:
        raise InputError("holds no chapter", where=str(tabular), mend="give the tabular list of ICD-10-CM")
    return entries


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
    if not _PRINTED.fullmatch(code):
        raise InputError(f"a code below {parent} is none: {code!r}", where="ICD-10-CM tabular list")
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
            last = element.get("char", "")
            defined[last] = text
        elif element.tag == "note" and last:
            defined[last] += f"/{text}"
    return defined


def add_extended(entries: dict[str, Entry], listing: Path, limit: int | None) -> None:
    """Add the codes that only the code list has: a tabular code, filled with X, and a seventh character.

    The list says which combinations exist. Raises InputError for a line that neither the tabular list nor its
    extensions explain.
    """
    plain = {code.replace(".", "") for code in entries}
    plain |= {str(number) for number in range(1, 23)}  # the list numbers the chapters
    plain |= {code.split("-")[0] for code in entries if "-" in code and code.split("-")[0] == code.split("-")[1]}
    parents = {e.code.replace(".", "").ljust(6, "X"): e for e in entries.values() if e.extensions and "-" not in e.code}
    for number, line in enumerate(read_text(listing).split("\n")[:limit], start=1):
        code = line.strip()
        if code in plain or not code:
            continue
        parent = parents.get(code[:-1])
        if len(code) != 7 or parent is None or code[-1] not in parent.extensions:
            raise InputError(f"code {code} is not explained by the tabular list", where=f"{listing}, row {number}")
        dotted = with_dot(code)
        entries[dotted] = Entry(dotted, f"{parent.title}, {parent.extensions[code[-1]]}", "extended", parent.code)


def with_dot(code: str) -> str:
    """Return a code as printed: "A010" is "A01.0"."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def add_ordered(entries: dict[str, Entry], order: Path, limit: int | None) -> None:
    """Add what the order file has: codes the tabular list lacks, below the longest code they begin with, and short titles.

    A code of seven characters that the tabular list lacks counts as extended; without that list so do some 180 that are not.
    """
    seen: set[str] = set()
    for number, code, billable, short, title in ordered(order, limit):
        if code in seen:
            raise InputError(f"code {code} stands twice", where=where(order, number))
        seen.add(code)
        dotted = with_dot(code)
        if dotted not in entries:
            kind = "category" if len(code) == 3 else "extended" if len(code) == 7 else "subcategory"
            shorter = (with_dot(code[:length]) for length in range(len(code) - 1, 2, -1))
            entries[dotted] = Entry(dotted, title, kind, next((prefix for prefix in shorter if prefix in entries), ""))
        entries[dotted].short, entries[dotted].billable = short, billable


def ordered(order: Path, limit: int | None) -> Iterator[tuple[int, str, bool, str, str]]:
    """Yield row, code, whether it is billable, short and long title of an order file's lines."""
    for number, line in enumerate(read_text(order).split("\n")[:limit], start=1):
        if not line.strip():
            continue
        for name, start, end, pattern in COLUMNS:
            if not pattern.fullmatch(line[start:end]) or (start and line[start - 1] != " "):
                columns = ", ".join(f"{name} {start + 1}-{end or ''}" for name, start, end, _ in COLUMNS)
                raise InputError(f"is none: {line[start:end]!r}", where=where(order, number, name), mend=f"an order file has columns {columns}")
        _, code, flag, short, title = (line[start:end].strip() for _, start, end, _ in COLUMNS)
        yield number, code, flag == "1", short, title


def node_frame(entries: dict[str, Entry]) -> pl.DataFrame:
    """Return the entries as nodes. A block of one category is not linkable: it bears the category's own title."""
    rows = []
    for e in entries.values():
        twin = e.kind == "block" and e.code.split("-")[0] == e.code.split("-")[1]
        rows.append((curie(e.code), CATEGORY, e.title, "", [e.kind] + ["billable"] * e.billable, e.kind != "extended" and not twin))
    return pl.DataFrame(rows, schema=tables.NODES, orient="row")


def alias_frame(entries: dict[str, Entry]) -> pl.DataFrame:
    """Return titles as labels, and inclusion terms as narrow synonyms: each is coded here, few are the whole code."""
    rows = []
    for e in entries.values():
        rows.append((curie(e.code), e.title, "label", ""))
        if e.short not in ("", e.title):
            rows.append((curie(e.code), e.short, "exact", "short_title"))
        rows += [(curie(e.code), text, "narrow", "inclusion_term") for text in e.inclusions]
    return pl.DataFrame(rows, schema=tables.ALIASES, orient="row").unique(maintain_order=True)


def subclass_edges(hierarchy: list[tuple[str, str]], info: SourceInfo) -> pl.DataFrame:
    """Return the hierarchy as ``subclass_of`` edges."""
    frame = pl.DataFrame(hierarchy, schema={"subject": pl.String, "object": pl.String}, orient="row")
    return frame.select(
        "subject", pl.lit("subclass_of").alias("predicate"), "object", **tables.plain_edge(), evidence=pl.concat_list(tables.evidence(info))
    )
