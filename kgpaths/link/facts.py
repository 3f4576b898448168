"""Read age and sex from a vignette: facts of the patient that are no concept, with their place in the text."""

from __future__ import annotations

import re

from kgpaths.model import Fact, Question

_UNIT = r"(?:year|yr|month|mo|week|wk|day|hour|hr)"
_AGE = re.compile(
    rf"\b(\d{{1,3}})[\s-]*({_UNIT})s?[\s-]*old\b|\b(\d{{1,3}})\s?(y)[./]?o\b|\b(?:aged?|age of)\s+(\d{{1,3}})\b(?:\s*({_UNIT})s?\b)?", re.IGNORECASE
)
_SEX = re.compile(r"\b(?:(woman|girl|female|lady|primigravida?|multigravida)|(man|boy|male|gentleman))\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:(she|her)|(he|his|him))\b", re.IGNORECASE)
_UNITS = {"y": "year", "yr": "year", "mo": "month", "wk": "week", "hr": "hour"}
_NEAR = 2000  # the patient is introduced at the start; later ages and sexes are of others


def facts(text: str, where: str = "text") -> tuple[Fact, ...]:
    """Return the patient's age and sex, each at most once, in text order."""
    found = [fact for fact in (_age(text, where), _sex(text, where)) if fact]
    return tuple(sorted(found, key=lambda fact: fact.start))


def patient_facts(question: Question) -> tuple[Fact, ...]:
    """Return age and sex as the context states them, then those only the text states."""
    found = {fact.kind: fact for fact in facts(question.text, "text")}
    found.update({fact.kind: fact for fact in facts(question.context, "context")})
    return tuple(sorted(found.values(), key=lambda fact: (fact.where, fact.start)))


def _age(text: str, where: str) -> Fact | None:
    match = _AGE.search(text, 0, _NEAR)
    if not match:
        return None
    value, unit = next(pair for pair in (match.group(1, 2), match.group(3, 4), match.group(5, 6)) if pair[0])
    unit = (unit or "year").lower()
    return Fact(kind="age", value=value, unit=_UNITS.get(unit, unit), where=where, start=match.start(), end=match.end(), text=match.group())


def _sex(text: str, where: str) -> Fact | None:
    """Return the sex by the first word that names it; by the pronouns where none does and they agree."""
    match = _SEX.search(text, 0, _NEAR)
    if not match:
        pronouns = list(_PRONOUN.finditer(text, 0, _NEAR))
        if not pronouns or len({bool(p.group(1)) for p in pronouns}) > 1:
            return None
        match = pronouns[0]
    value = "female" if match.group(1) else "male"
    return Fact(kind="sex", value=value, where=where, start=match.start(), end=match.end(), text=match.group())
