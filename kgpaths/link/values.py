"""Read measured values as findings: "serum potassium is 6.8 mEq/L" says hyperkalemia.

The limits stand in ``tables/values.tsv``, each with its population and source; a reference range that the text states behind
a value goes before them. A value without its unit, of another fluid, or of a patient no row fits says nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from kgpaths.link.wordlists import table_text
from kgpaths.model import Fact

METHOD = "value"
DIASTOLIC = 89  # mm Hg: a diastolic pressure over it is increased as a systolic one over its own limit is
FAHRENHEIT = "F"
_YEARS = {"year": 1.0, "month": 1 / 12, "week": 1 / 52, "day": 1 / 365, "hour": 1 / 8760}
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
_SPECIMEN = r"(?:(?:serum|plasma|blood|arterial|fasting|random|oral|body|resting)\s+)*"
_BETWEEN = (
    r"(?:\s+(?:level|concentration|count|activity|value)s?)?(?:\s*\([\w+ -]{1,12}\))?\s*[,:=]?\s*"
    r"(?:(?:is|was|of|are|were|at|now|only|still|measures|rises to|falls to|"
    r"(?:has |have )?(?:risen|fallen|increased|decreased|dropped)(?: from \S+)? to)\s+){0,3}"
)
_BOUND = r"(?P<bound>[<>≤≥]|less than|more than|greater than|under|over|above|below)?\s*"
_RANGE = re.compile(
    r"\s*[(\[,;]\s*(?:N|nl|normal|normal range|reference|reference range|ref)\b[\s:=,]*"
    rf"(?:(?P<low>{_NUMBER})\s*(?:-|–|—|to)\s*(?P<high>{_NUMBER})|[<≤]\s*(?P<most>{_NUMBER})|[>≥]\s*(?P<least>{_NUMBER}))",
    re.IGNORECASE,
)
_FLUIDS = (
    r"(?:urin\w+|CSF|cerebrospinal|lumbar puncture|stool|fecal|sweat|ascitic|ascites|pleural|synovial|joint fluid|peritoneal|amniotic|gastric|"
    r"lavage|thoracentesis|paracentesis|arthrocentesis|umbilical|hepatic|chylous|drain\w*)\b"
)
_OTHER_FLUID = re.compile(rf"\b{_FLUIDS}", re.IGNORECASE)
_OF_OTHER_FLUID = re.compile(rf"\s+(?:in|of|on)\s+(?:\w+\s+){{0,2}}{_FLUIDS}", re.IGNORECASE)
_BLOOD = re.compile(r"(?:serum|plasma|blood)\b", re.IGNORECASE)
_OTHER_KIND = re.compile(
    r"\b(?:ionized|free|corpuscular|fetal|fetus|glycated|glycosylated|diastolic|mean|maximal|maximum|target|venous|end-tidal|mixed|room|ambient|"
    r"water|bath|carboxy\w*|related)[\s-]+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_PREGNANT = re.compile(r"\b(?:pregnan\w+|gestation\w*|\w*gravid\w*|postpartum|antepartum|prenatal|antenatal)\b", re.IGNORECASE)
_LONGEST_SENTENCE = 500  # characters looked back to where another fluid may be named
_SENTENCE = re.compile(r"[.?!]\s")


@dataclass(frozen=True)
class Limits:
    """One population of an analyte: what lies under ``low`` or over ``high`` is the finding ``below`` or ``above``."""

    ages: tuple[float, float]
    sex: str
    pregnancy: bool  # holds in pregnancy, too
    low: float | None
    high: float | None
    below: str
    above: str


@dataclass(frozen=True)
class Analyte:
    """What is measured: how it is written with a value and unit, and its limits by population."""

    name: str
    pattern: re.Pattern[str]
    factors: dict[str, float | None]  # by unit, to the unit of the limits; None where the value is in degrees Fahrenheit
    limits: tuple[Limits, ...]


@dataclass(frozen=True)
class Value:
    """A measured value that is a finding, with its place in the text."""

    start: int
    end: int
    finding: str


def values(text: str, known: Iterable[Fact]) -> list[Value]:
    """Return the abnormal values of a text in order, none overlapping; ``known`` are the patient's age and sex."""
    stated = {fact.kind: fact for fact in known}
    age, sex = _age(stated.get("age")), stated["sex"].value if "sex" in stated else ""
    pregnant = bool(_PREGNANT.search(text))
    found = [value for analyte in analytes() for value in _of(analyte, text, age, sex, pregnant=pregnant)]
    kept: list[Value] = []
    for value in sorted(found, key=lambda v: (v.start, -v.end, v.finding)):
        if not kept or value.start >= kept[-1].end:
            kept.append(value)
    return kept


def _of(analyte: Analyte, text: str, age: float | None, sex: str, *, pregnant: bool) -> Iterator[Value]:
    for match in analyte.pattern.finditer(text):
        if _of_something_else(text, match):
            continue
        limits = _stated(analyte, text, match) or next((one for one in analyte.limits if _fits(one, age, sex, pregnant=pregnant)), None)
        if limits and (finding := _judged(analyte, match, limits)):
            yield Value(match.start(), match.end(), finding)


def _of_something_else(text: str, match: re.Match[str]) -> bool:
    """Tell whether a value is of another fluid than blood, or of what only ends like the name: "mean corpuscular hemoglobin"."""
    if _OTHER_KIND.search(text, max(0, match.start() - 40), match.start()) or _OTHER_KIND.search(text[match.start() : match.start("named")]):
        return True
    if _BLOOD.match(match[0]):
        return False
    near = max(0, match.start() - _LONGEST_SENTENCE)
    begins = max((m.end() for m in _SENTENCE.finditer(text, near, match.start())), default=near)
    return bool(_OTHER_FLUID.search(text, begins, match.start()) or _OF_OTHER_FLUID.match(text, match.end()))


def _stated(analyte: Analyte, text: str, match: re.Match[str]) -> Limits | None:
    """Return the limits that the text gives behind the value, in the value's own unit; None where it gives none."""
    found = _RANGE.match(text, match.end(), match.end() + 60)
    if not found:
        return None
    scale = analyte.factors[match["unit"]] or 1.0
    low, high = (found["low"] or found["least"], found["high"] or found["most"])
    first = analyte.limits[0]
    below, above = ({getattr(one, side) for one in analyte.limits} - {""} for side in ("below", "above"))
    return Limits(
        first.ages,
        "",
        True,
        _number(low) * scale if low else None,
        _number(high) * scale if high else None,
        min(below, default=""),
        min(above, default=""),
    )


def _judged(analyte: Analyte, match: re.Match[str], limits: Limits) -> str:
    """Return the finding a value is, empty where it is none. "Less than 0.01" can only be too low, "more than 0.01" too high."""
    factor = analyte.factors[match["unit"]]
    number = _number(match["value"])
    value = (number - 32) / 1.8 if factor is None else number * factor
    bound = match["bound"] or ""
    upper, lower = bound in ("<", "≤", "less than", "under", "below"), bound in (">", "≥", "more than", "greater than", "over", "above")
    if limits.low is not None and (value < limits.low or (upper and value == limits.low)) and not lower:
        return limits.below
    diastolic = match.groupdict().get("diastolic")
    if limits.high is not None and (value > limits.high or (diastolic and float(diastolic) > DIASTOLIC)) and not upper:
        return limits.above
    return ""


def _fits(limits: Limits, age: float | None, sex: str, *, pregnant: bool) -> bool:
    """Tell whether a population is the patient's; one of all ages fits where the age is not known."""
    if (limits.sex and limits.sex != sex) or (pregnant and not limits.pregnancy):
        return False
    if age is None:
        return limits.ages[0] <= 0
    return limits.ages[0] <= age < limits.ages[1] + 1


def _age(fact: Fact | None) -> float | None:
    """Return an age in years."""
    if fact is None or fact.unit not in _YEARS:
        return None
    try:
        return float(fact.value) * _YEARS[fact.unit]
    except ValueError:
        return None


def _number(text: str) -> float:
    return float(text.replace(",", ""))


@cache
def analytes() -> tuple[Analyte, ...]:
    """Return the table's analytes, read once."""
    lines = [line for line in table_text("values.tsv").splitlines() if line and not line.startswith("#")]
    rows: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(lines, delimiter="\t"):
        rows.setdefault(row["analyte"], []).append(row)
    return tuple(_analyte(name, found) for name, found in rows.items())


def _analyte(name: str, rows: list[dict[str, str]]) -> Analyte:
    units = dict(unit.split("=") for unit in rows[0]["units"].split("|"))
    factors = {unit: None if factor == FAHRENHEIT else float(factor) for unit, factor in units.items()}
    pressure = "(?:/(?P<diastolic>\\d{2,3}))" if name == "systolic pressure" else ""
    named = "|".join(_worded(word) for word in sorted(rows[0]["names"].split("|"), key=len, reverse=True))
    measured = "|".join(re.escape(unit) for unit in sorted(factors, key=len, reverse=True))
    before = rf"(?<![\w/-])(?i:{_SPECIMEN})(?P<named>{named})(?![\w-])(?i:{_BETWEEN})(?i:{_BOUND})"
    pattern = rf"{before}(?P<value>{_NUMBER}){pressure}\s*(?P<unit>{measured})(?![\w/])"
    return Analyte(name, re.compile(pattern), factors, tuple(map(_limits, rows)))


def _worded(word: str) -> str:
    """Return a name as a pattern: symbols as they are written, words in either case."""
    return re.escape(word) if len(word) <= 4 or not word.islower() else rf"(?i:{re.escape(word)})"


def _limits(row: dict[str, str]) -> Limits:
    first, last = row["ages"].split("-")
    return Limits(
        ages=(float(first), float(last) if last else 200.0),
        sex=row["sex"],
        pregnancy=row["pregnancy"] != "no",
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        below=row["below"],
        above=row["above"],
    )
