"""Make a source's heading readable: "Anemia, iron deficiency" becomes "iron deficiency anemia".

Catalogues invert names so that they sort well. The words stay the same and are only put back into speaking order; what
says nothing ("unspecified", "NOS") goes.
"""

from __future__ import annotations

import re

_EMPTY = frozenset({"unspecified", "nos", "not otherwise specified", "unspecified type", "type unspecified", "included", "other"})
_ADDED = re.compile(r"^(?:with|without|due to|and|or|in|of|caused by|associated with|by|not|during|from|following)\b", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:type |grade |stage )?(?:\d{1,3}[A-Z]?|[IVX]+[A-Z]?|type [\w-]+)$")
_TRAILING_NUMBER = re.compile(r"^(.*\D) (\d{1,3}[A-Z]?)$")


def readable(label: str) -> str:
    """Return a heading in speaking order, without empty words, brackets of the catalogue or abbreviations after a semicolon."""
    text = re.sub(r"\s*\[[^\]]*\]|\s*\((?:disorder|finding|disease|morphologic abnormality|procedure|substance)\)", "", label.split(";")[0]).strip()
    text = re.sub(r"\s+NOS$", "", text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    parts = [parts[0], *(part for part in parts[1:] if part.lower() not in _EMPTY)] if parts else [label]
    if len(parts) == 1:
        return parts[0]
    if len(parts) > 3 or any(re.search(r"\b(?:and|or)\b", part) for part in parts[1:-1]) or parts[-1].lower().startswith(("and ", "or ")):
        return ", ".join(parts)  # a list, not an inversion
    return _in_order(parts)


def _in_order(parts: list[str]) -> str:
    base = parts[0]
    before: list[str] = []
    after: list[str] = []
    for part in parts[1:]:
        trailing = _TRAILING_NUMBER.match(part)
        if part.lower().startswith("susceptibility to"):
            base = f"susceptibility to {base}"
        elif _ADDED.match(part) or _NUMBER.match(part):
            after.append(part)
        elif trailing:
            before.insert(0, trailing.group(1))
            after.append(trailing.group(2))
        else:
            before.insert(0, part)
    words = [*before, base[0].lower() + base[1:] if before and base[1:2].islower() and not _eponymic(base) else base, *after]
    return " ".join(words)


def _eponymic(base: str) -> bool:
    """A base of two words such as "Alzheimer disease" keeps its capital when it moves behind."""
    return bool(re.match(r"^[A-Z][\w'’-]+ (?:disease|syndrome)\b", base))
