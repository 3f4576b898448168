"""Turn ICD-10-CM's coding notes into typed edges where they name codes or ranges.

They are rules for coders, no medicine: an excluded code is not contradicted, a code to be added is no finding. An edge
leaves the entry that bears the note; notes of chapters and blocks hold for all below, which the hierarchy says. The
evidence keeps the note verbatim, with the header that it continues ("code to identify:") and its conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from kgpaths.sources import tables
from kgpaths.sources.tables import SourceInfo

if TYPE_CHECKING:
    from kgpaths.sources.icd10cm import Entry

PREDICATES = {
    "excludes1": "icd_excludes1",
    "excludes2": "icd_excludes2",
    "codeFirst": "icd_code_first",
    "useAdditionalCode": "icd_use_additional",
    "codeAlso": "icd_code_also",
}
"""XML tag -> predicate."""

_CODE = r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?"
_NAMED = re.compile(rf"(?<![\w.])({_CODE})\.?-?(?:\s*(?:-|to)\s*({_CODE}))?(?![A-Za-z0-9])")  # a code, or a range's two ends
_PARENTHESIS = re.compile(r"\([^()]*\)")
_SUFFIX = re.compile(r"\bwith (?:final characters )?((?:\.\d+-?(?:[-,.\s]|or)*)+)\)")  # "(E08-E13 with .51-.52)"


class Listing:
    """The tabular list as a tree, with the leaves each entry covers, so that a range finds what it holds."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Index entries that stand parents before children; seventh-character codes are left out, no note names one."""
        listed = [e for e in entries if e.kind != "extended"]
        self.children: dict[str, list[str]] = {}
        for entry in listed:
            self.children.setdefault(entry.parent, []).append(entry.code)
        self.span: dict[str, tuple[int, int]] = {}  # code -> its first and last leaf, in document order
        leaf = 0
        for entry in listed:
            if entry.code not in self.children:
                self.span[entry.code] = (leaf, leaf)
                leaf += 1
        for entry in reversed(listed):
            below = self.children.get(entry.code)
            if below:
                self.span[entry.code] = (self.span[below[0]][0], self.span[below[-1]][1])

    def within(self, first: str, last: str) -> list[str]:
        """Return what a range stands for: its block or chapter where there is one, else the fewest entries that fill it.

        Where one end is no code, the other stands alone; a range that runs backwards stands for its two ends.
        """
        if f"{first}-{last}" in self.span:
            return [f"{first}-{last}"]
        ends = [code for code in (first, last) if code in self.span]
        if len(ends) < 2 or self.span[first][0] > self.span[last][1]:
            return ends
        found: list[str] = []
        stack = list(reversed(self.children[""]))
        low, high = self.span[first][0], self.span[last][1]
        while stack:
            code = stack.pop()
            start, end = self.span[code]
            if low <= start and end <= high:
                found.append(code)
            elif start <= high and end >= low:
                stack.extend(reversed(self.children[code]))
        return found

    def with_suffix(self, codes: Sequence[str], suffixes: Sequence[str]) -> list[str]:
        """Return the codes made of a category within ``codes`` and a suffix such as ``.42``, where they exist."""
        categories = [c for code in codes for c in (self.children[code] if "-" in code else [code])]
        return [category + suffix for category in categories for suffix in suffixes if category + suffix in self.span]

    def named(self, note: str) -> list[str]:
        """Return the codes a note names, ranges resolved.

        Codes in parentheses are what a note is about; others are taken only where it has none, as "any type in A15
        (J65)" excludes J65. A header's own codes say whom it concerns, not what to code.
        """
        parts = [p for p in _PARENTHESIS.findall(note) if _NAMED.search(p)]
        if not parts and not is_header(note):
            parts = [note]
        found: list[str] = []
        for part in parts:
            codes = [code for first, last in _NAMED.findall(part) for code in (self.within(first, last) if last else [first]) if code in self.span]
            suffix = _SUFFIX.search(part)
            exact = self.with_suffix(codes, re.findall(r"\.\d+", suffix.group(1))) if suffix else []
            found += exact or codes
        return list(dict.fromkeys(found))


def is_header(note: str) -> bool:
    """Tell whether the notes after this one continue it."""
    return note.endswith(":")


def note_edges(entries: Mapping[str, Entry], info: SourceInfo, file: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the notes as edges, one per subject, predicate and object, and those that give none as rejected rows."""
    listing = Listing(entries.values())
    rows: list[tuple[str, str, str, str]] = []
    rejected: list[tuple[str, None, str, str]] = []
    for entry in entries.values():
        for tag, notes in entry.notes:
            header = ""
            for note in notes:
                text = f"{header} {note}".strip()
                codes = listing.named(note)
                others = [code for code in codes if code != entry.code]
                rows += [(f"ICD10CM:{entry.code}", PREDICATES[tag], f"ICD10CM:{code}", text) for code in others]
                if is_header(note):
                    header = note
                elif not others:
                    reason = "names_itself" if codes else "unknown_code" if _NAMED.search(note) else "names_no_code"
                    rejected.append((file, None, reason, f"{entry.code} {tag}: {text}"))
    schema = {"subject": pl.String, "predicate": pl.String, "object": pl.String, "note": pl.String}
    stated = pl.DataFrame(rows, schema=schema, orient="row").unique(maintain_order=True)
    pooled = stated.group_by("subject", "predicate", "object", maintain_order=True).agg(tables.evidence(info, note=pl.col("note")))
    edges = pooled.with_columns(**tables.plain_edge()).select(list(tables.EDGES))
    return edges, pl.DataFrame(rejected, schema=tables.REJECTED, orient="row")
