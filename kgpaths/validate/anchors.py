"""Whether a step's words, at the anchors of a citation, say what the cited triple says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from kgpaths.model import Anchors, Citation, Edge, Flaw, Step
from kgpaths.validate import lexicon
from kgpaths.validate.context import Case, flaw, stands
from kgpaths.vocabulary import predicate_of

CLAUSE_END = re.compile(r"[.;:!?]\s")
CLAUSE_NEXT = re.compile(r"[,.;:!?]|\b(?:but|although|though|whereas|while|which|and)\b")
PRONOUN = re.compile(r"\b(?:it|its|they|them|their|this|these|that|those|which|both)\b", re.I)
TAKEN_UP = re.compile(r"\b(?:it|they) $", re.I)
IN_THE_RELATION = ("object_aspect_qualifier", "object_direction_qualifier", "causal_mechanism_qualifier")
"""Qualifiers that the words of the relation carry. Every other one restricts the edge and has to be said."""
SMALL = frozenset({"in", "of", "with", "the", "a", "an", "and", "or", "to", "for", "at", "on", "by", "when"})
NAME = "citation"


def check_words(case: Case, step: Step, citation: Citation, edge: Edge | None, *, denied: bool) -> Iterator[Flaw]:
    """Yield where a step's anchors do not name the ends, or its words do not state predicate, direction and polarity."""
    anchors = citation.anchors
    if anchors is None:
        yield flaw(NAME, "anchors_missing", "a cited triple has no anchors", step.index)
        return
    spans = sorted((anchors.subject, anchors.object, anchors.relation), key=lambda span: span.start)
    for span in spans:
        if not stands(span.text, step.text, span.start, span.end):
            yield flaw(NAME, "anchor_not_verbatim", f"{span.text!r} does not stand there", step.index, (span.start, span.end))
            return
    if any(first.end > second.start for first, second in pairwise(spans)):
        yield flaw(NAME, "anchors_overlap", "subject, object and relation are named by the same words", step.index, (spans[0].start, spans[-1].end))
        return
    triple = (edge.subject, edge.predicate, edge.object) if edge else (citation.subject, citation.predicate, citation.object)
    for role, span, curie in (("subject", anchors.subject, triple[0]), ("object", anchors.object, triple[2])):
        if not case.namer.names(span.text, curie):
            yield flaw(NAME, "names_other", f"{span.text!r} is no known name of the {role} {curie}", step.index, (span.start, span.end))
    yield from check_relation(step, triple[1], anchors, edge, denied=denied)
    if edge:
        yield from check_qualifiers(step, edge)


def check_relation(step: Step, predicate: str, anchors: Anchors, edge: Edge | None, *, denied: bool) -> Iterator[Flaw]:
    """Yield where the relation's words state another predicate, the other direction or the other polarity."""
    relation = anchors.relation
    at = (relation.start, relation.end)
    text = without_others(step, anchors)
    if apart(text, anchors):
        yield flaw(NAME, "anchors_apart", "the relation is stated in another sentence than what it relates", step.index, at)
    clause = clause_around(text, anchors)
    if lexicon.negated(without_conditions(clause, edge)) != denied:
        says, has = ("asserts", "denies") if denied else ("denies", "asserts")
        yield flaw(NAME, "polarity", f"{clause!r} {says} what the edge {has}", step.index, at)
    qualifiers = {q.key: q.value for q in edge.qualifiers} if edge else {}
    left = lexicon.sides(predicate, relation.text, qualifiers.get("object_direction_qualifier", ""))
    if not left or not lexicon.fits_aspect(relation.text, qualifiers.get("object_aspect_qualifier", "")):
        yield flaw(NAME, "relation_other", f"{relation.text!r} does not state {predicate}", step.index, at)
    elif not predicate_of(predicate).symmetric and not left & standing_left(step.text, anchors):
        yield flaw(NAME, "direction", f"{relation.text!r} states {predicate} the other way round", step.index, at)


def standing_left(text: str, anchors: Anchors) -> frozenset[str]:
    """Return which end the sentence may make the grammatical subject of the relation: the one that stands before it.

    Where both stand on one side, the nearer one to the left of the relation is its subject, unless "it" or "they" comes
    between, which may stand for either.
    """
    subject, object_, relation = anchors.subject, anchors.object, anchors.relation
    if (subject.end <= relation.start) != (object_.end <= relation.start):
        return frozenset(("subject" if subject.end <= relation.start else "object",))
    if subject.end <= relation.start and TAKEN_UP.search(text, max(subject.end, object_.end), relation.start):
        return frozenset(("subject", "object"))
    return frozenset(("subject" if subject.start > object_.start else "object",))


def without_others(step: Step, anchors: Anchors) -> str:
    """Return the step's text with what other citations account for blanked: all names, and the other relations' words.

    Names may hold a negator of their own, as "absent thumb" does, and another relation its own denial.
    """
    text = step.text
    for other in (c.anchors for c in step.citations if c.anchors):
        spans = [other.subject, other.object]
        if other.relation.end <= anchors.relation.start or other.relation.start >= anchors.relation.end:
            spans.append(other.relation)
        for span in spans:
            if 0 <= span.start <= span.end <= len(text):
                text = text[: span.start] + "_" * (span.end - span.start) + text[span.end :]
    return text


def apart(text: str, anchors: Anchors) -> bool:
    """Tell whether a sentence ends between the anchors, and no pronoun in the relation's sentence takes up what was named."""
    spans = (anchors.subject, anchors.object, anchors.relation)
    first, last = min(span.end for span in spans), max(span.start for span in spans)
    if not CLAUSE_END.search(text, first, last):
        return False
    begins = max((m.end() for m in CLAUSE_END.finditer(text, 0, anchors.relation.start)), default=0)
    ends = next((m.start() for m in CLAUSE_END.finditer(text, anchors.relation.end)), len(text))
    return not PRONOUN.search(text, begins, ends)


def clause_around(text: str, anchors: Anchors) -> str:
    """Return the words from the start of the clause the first anchor stands in to the end of the last one's."""
    spans = (anchors.subject, anchors.object, anchors.relation)
    first, last = min(s.start for s in spans), max(s.end for s in spans)
    begins = max((m.end() for m in CLAUSE_END.finditer(text, 0, first)), default=0)
    ends = found.start() if (found := CLAUSE_NEXT.search(text, last)) else len(text)
    return text[begins:ends]


def without_conditions(clause: str, edge: Edge | None) -> str:
    """Return the clause without the negators of the edge's own conditions, such as "in outpatients without comorbidities"."""
    for qualifier in edge.qualifiers if edge else ():
        if qualifier.key not in IN_THE_RELATION:
            for found in lexicon.NEGATORS.finditer(qualifier.value):
                after = qualifier.value[found.end() :].split()[:1]
                clause = clause.replace(" ".join((found[0], *after)), "_", 1)
    return clause


def check_qualifiers(step: Step, edge: Edge) -> Iterator[Flaw]:
    """Yield each restricting qualifier that the step leaves unsaid: a treatment of one population is not one of all."""
    said = set(re.findall(r"[a-z0-9]+", step.text.lower()))
    for qualifier in edge.qualifiers:
        if qualifier.key not in IN_THE_RELATION:
            words = [word for word in re.findall(r"[a-z0-9]+", qualifier.value.lower()) if word not in SMALL]
            if not all(any(one[:5] == word[:5] for one in said) for word in words):
                yield flaw(NAME, "qualifier_unsaid", f"the edge holds only for {qualifier.value!r}", step.index)
