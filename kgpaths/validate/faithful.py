"""Faithful: what a step says of the patient is what the question says, and as the question says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kgpaths.model import Citation, Flaw, Link, Step
from kgpaths.validate.context import Case, ends_of, flaw

CLAUSE = re.compile(r"[.;!?](?:\s|$)|\bbut\b|\bhowever\b", re.I)
DENIES_WHAT_FOLLOWS = re.compile(
    r"\b(no|not|never|without|denies|denied|lacks?|neither|nor|free of|negative for|absence of|none of|rules? out)\b|n't\b", re.I
)
DENIES_WHAT_PRECEDES = re.compile(r"\b(?:is|are|was|were|be|been) (?:both |all )?(?:absent|denied|lacking|excluded|negative|missing|not \w+)\b", re.I)
OF_PATIENT = re.compile(r"\b(?:patient|present|absent|here|has it|has them)\b", re.I)
DENIES = re.compile(r"\b(?:no|not|never|without|neither|none|absent|lacks?|cannot)\b|n't\b", re.I)
LACKS = re.compile(r"\b(?:no|without|denies|lacks?|absence of|free of|(?:does|do|did) not have)\s+(?:\w+\s+){0,2}$", re.I)
CUES = {
    "family": re.compile(
        r"\b(?:famil\w+|relatives?|mother|father|parents?|brothers?|sisters?|siblings?|sons?|daughters?|uncles?|aunts?|cousins?|grand\w+|"
        r"maternal|paternal)\b",
        re.I,
    ),
    "historical": re.compile(r"\b(?:histor\w+|past|prior|previous\w*|former\w*|earlier|ago|once|had|childhood|status post|treated for)\b", re.I),
    "hypothetical": re.compile(r"\b(?:risk|if|would|could|may|might|should|concern\w*|vaccin\w+|screen\w*|prevent\w*|prophyla\w*)\b", re.I),
    "possible": re.compile(
        r"\b(?:possibl\w+|suspect\w*|suspicion|may|might|could|probabl\w+|likely|apparent\w*|suggest\w*|question\w*|concern\w*)\b", re.I
    ),
}
"""Words without which a finding of a relative, of the past or only thought of is not to be spoken of."""
AGE = re.compile(r"\b(\d{1,3})[- ](year|month|week|day|hour)s?[- ]old\b", re.I)
SEXES = {"male": re.compile(r"\b(?:man|boy|male|gentleman|he|his)\b", re.I), "female": re.compile(r"\b(?:woman|girl|female|lady|she|her)\b", re.I)}
NAME = "faithful"


class Said(NamedTuple):
    """A cited mention with where the step names it; no place where it does not."""

    citation: Citation
    link: Link
    places: tuple[tuple[int, int], ...]


def check(case: Case) -> Iterator[Flaw]:
    """Yield findings that are unsaid, invented, reversed or another person's, and an age or sex that is not the patient's."""
    for step in case.draft.steps:
        said = [Said(c, link, places(case, step, c.subject)) for c in step.citations if c.kind == "mention" and (link := case.cited_link(c))]
        blank = blanked(step.text, [(named.start, named.end) for named in case.namer.found(step.text)])
        for one in said:
            yield from check_experiencer(step, blank, one)
        if step.kind == "finding":
            yield from check_findings(case, step, blank, said)
        elif step.kind != "conclusion":
            yield from check_patient_clauses(case, step, blank, said)
            yield from check_denials(case, step, blank)
        yield from check_person(case, step)


def places(case: Case, step: Step, curie: str) -> tuple[tuple[int, int], ...]:
    """Return where a step's text names a concept."""
    return tuple((named.start, named.end) for named in case.namer.found(step.text) if curie in named.curies)


def check_experiencer(step: Step, blank: str, one: Said) -> Iterator[Flaw]:
    """Yield a finding of a relative, of the past or only thought of that is spoken of as the patient's own, and the reverse."""
    assertion, clause = one.link.mention.assertion, clause_at(blank, one.places)
    if assertion in CUES and not CUES[assertion].search(clause):
        yield flaw(NAME, "experiencer", f"{one.link.mention.text!r} is {assertion} in the question", step.index)
    elif assertion not in CUES and step.kind == "finding" and one.places and CUES["family"].search(clause):
        yield flaw(NAME, "experiencer", f"{one.link.mention.text!r} is the patient's in the question", step.index)


def clause_at(text: str, named: tuple[tuple[int, int], ...]) -> str:
    """Return the clause that stands around the first place; the whole text where there is no place."""
    if not named:
        return text
    start, end = named[0]
    begins = max((m.end() for m in CLAUSE.finditer(text, 0, start)), default=0)
    return text[begins : next((m.start() for m in CLAUSE.finditer(text, end)), len(text))]


def check_findings(case: Case, step: Step, blank: str, said: list[Said]) -> Iterator[Flaw]:
    """Yield cited findings that the step does not name or names the other way, and findings it names without citing them."""
    cited = {one.citation.subject for one in said} | ends_of(step)
    named = case.namer.found(step.text)
    for one in said:
        if not one.places and not case.namer.loosely(step.text, one.citation.subject):
            yield flaw(NAME, "unsaid", f"{one.link.mention.text!r} is cited and not named", step.index)
        elif one.places and denied_at(blank, one.places[0]) != (one.citation.stance == "denied"):
            yield flaw(NAME, "polarity", f"{one.link.mention.text!r} is {one.link.mention.assertion} in the question", step.index, one.places[0])
    for words in named:
        if not words.curies & cited:
            text = step.text[words.start : words.end]
            yield flaw(NAME, "uncited_finding", f"{text!r} is named and not cited", step.index, (words.start, words.end))


def blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """Return ``text`` with some stretches blanked, at the same length: names may hold a "no" or "family" of their own."""
    for start, end in spans:
        text = text[:start] + "_" * (end - start) + text[end:]
    return text


def denied_at(text: str, place: tuple[int, int]) -> bool:
    """Tell whether a clause denies what it names at ``place``: by a word before it, or by "is absent" after it."""
    begins = max((m.end() for m in CLAUSE.finditer(text, 0, place[0])), default=0)
    ends = next((m.start() for m in CLAUSE.finditer(text, place[1])), len(text))
    before = len(DENIES_WHAT_FOLLOWS.findall(text[begins : place[0]]))
    return (before + len(DENIES_WHAT_PRECEDES.findall(text[place[1] : ends]))) % 2 == 1


def check_patient_clauses(case: Case, step: Step, blank: str, said: list[Said]) -> Iterator[Flaw]:
    """Yield where a step's clause on the patient says that a cited finding is there and it is not, or the reverse."""
    if not said:
        return
    kin = ends_of(step).union(*(case.wider(end) for end in ends_of(step)))
    for one in said:
        if not one.places and one.citation.subject not in kin:
            yield flaw(NAME, "unsaid", f"{one.link.mention.text!r} is cited and not named", step.index)
    stances = {one.citation.stance == "denied" for one in said}
    spans = [span for c in step.citations if c.anchors for span in (c.anchors.subject, c.anchors.object, c.anchors.relation)]
    text = blanked(blank, [(span.start, span.end) for span in spans if 0 <= span.start <= span.end <= len(blank)])
    clauses = [clause for clause in re.split(r"[,;.]", text) if OF_PATIENT.search(clause)]
    if len(stances) == 1:
        denied = stances.pop()
        if any(bool(DENIES.search(clause)) != denied for clause in clauses) or (denied and not clauses):
            yield flaw(NAME, "polarity", f"the question {'denies' if denied else 'states'} what is cited here", step.index)


def check_denials(case: Case, step: Step, blank: str) -> Iterator[Flaw]:
    """Yield where a step denies, outside what it cites, a finding that the question says the patient has."""
    anchors = [span for c in step.citations if c.anchors for span in (c.anchors.subject, c.anchors.object)]
    for named in case.namer.found(step.text):
        free = not any(span.start < named.end and named.start < span.end for span in anchors)
        if free and named.curies & case.present and not named.curies & case.absent and LACKS.search(blank[: named.start]):
            words = step.text[named.start : named.end]
            yield flaw(NAME, "polarity", f"the patient does have {words!r}", step.index, (named.start, named.end))


def check_person(case: Case, step: Step) -> Iterator[Flaw]:
    """Yield an age that is not the patient's, and in the findings a sex that is not."""
    facts = case.draft.facts
    ages = {(fact.value, fact.unit.rstrip("s")) for fact in facts if fact.kind == "age"}
    for found in AGE.finditer(step.text):
        if (found[1], found[2].lower()) not in ages and found[0] not in case.draft.question.text:
            yield flaw(NAME, "age", f"{found[0]!r} is not the patient's age", step.index, found.span())
    if step.kind == "finding":
        sexes = {fact.value for fact in facts if fact.kind == "sex"}
        for sex, words in SEXES.items():
            if (found_sex := words.search(step.text)) and sex not in sexes and (sexes or not words.search(case.draft.question.text)):
                yield flaw(NAME, "sex", f"{found_sex[0]!r} is not the patient", step.index, found_sex.span())
