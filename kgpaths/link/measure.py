"""Tell a measured analyte from a finding: "potassium is 6.8 mEq/L" names a test, not a thing the patient has.

Reading the value (hyperkalemia) is a later stage; until then an analyte with a number after it is kept as unlinked.
"""

from __future__ import annotations

import re

from kgpaths.link.text import Tokens

ANALYTES = frozenset({"ChemicalEntity", "Protein", "Gene", "Drug", "BiologicalProcess", "PhysiologicalProcess"})
_VALUE = re.compile(
    r"[\s,:=(]*(?:(?:level|concentration|count|activity|titer|titre|ratio|gradient|saturation|"
    r"excretion|clearance|value|test|s|of|is|was|are|were|at|to|less|than|more|greater|approximately|"
    r"about|the|a|has|been|measured|fasting|elevated|increased|decreased|low|high)\b[\s,:=(]*){0,6}"
    r"[<>≤≥~]?\s*\d[\d.,]*\s*(\S*)",
    re.IGNORECASE,
)
_DOSE = re.compile(
    r"(?:mg|mcg|µg|g|units?|tablets?|days?|weeks?|months?|years?|hours?|times|doses?|pack|drinks?|cigarettes?|beers?)\b(?!\s*/)", re.IGNORECASE
)
_NORMAL = re.compile(
    r"[\s,]*(?:(?:levels?|concentrations?|counts?|and|or|activity)\b[\s,]*)*(?:is|are|was|were)\s+(?:within\b|normal\b|unchanged\b|unremarkable\b)",
    re.IGNORECASE,
)


_REAGENT = re.compile(r"(?:[\s/-]+[\w]+){0,2}[\s/-]+(?:antigens?|antibody|antibodies|serolog(?:y|ic)|vaccin\w+)\b", re.IGNORECASE)


def is_reagent(tokens: Tokens, last: int) -> bool:
    """Tell whether the mention is part of a test's name: "hepatitis" in "hepatitis B surface antigen"."""
    match = _REAGENT.match(tokens.text, tokens.ends[last], tokens.ends[last] + 60)
    return match is not None and not _JOINED.search(match.group())


_JOINED = re.compile(r"\b(?:and|or|with|by|of|has|have|had|is|are|was|were|for)\b", re.IGNORECASE)


def is_measured(tokens: Tokens, last: int) -> bool:
    """Tell whether a value, or "is normal", follows the mention that ends at token ``last``."""
    at = tokens.ends[last]
    window = tokens.text[at : at + 120]
    if _NORMAL.match(window):
        return True
    match = _VALUE.match(window)
    return bool(match) and not _DOSE.match(match.group(1) if match else "")
