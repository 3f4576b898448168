"""Strength: numbers and frequency words are those of the edge they speak of, and nothing is said stronger than it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from kgpaths.model import Citation, Edge, Flaw, Frequency, Severity, Step
from kgpaths.validate.context import Case, flaw

COUNT = re.compile(r"\b(\d{1,9}) (?:of|out of) (?:the )?(\d{1,9})\b")
PERCENT = re.compile(r"\b(\d{1,3}(?:\.\d{1,6})?)(?: ?(?:-|–|to) ?(\d{1,3}(?:\.\d{1,6})?))? ?(?:%|percent)")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")
UNIVERSAL = re.compile(
    r"\b(always|invariably|without exception|all of them"
    r"|(?:all|every|each)(?: of the| the)? (?:reported |recorded |affected )?(?:patients?|cases?|persons?|people))\b",
    re.I,
)
CERTAIN = re.compile(
    r"\b(pathognomonic|prove[sn]?|guarantees?|definitely|certainly|undoubtedly|necessarily|exclusively|without (?:a )?doubt"
    r"|obviously|only (?:in|for|with|by|there|here|possible))\b",
    re.I,
)
TERM = re.compile(
    r"\((obligate|very frequent|frequent|occasional|very rare)\)"
    r"|\b(obligate|very frequent|frequent|occasional|very rare) (?:\w+ )?"
    r"(?:finding|sign|symptom|feature|effect|event|reaction|manifestation|complication|phenotype)s?\b",
    re.I,
)
TERMS = {"obligate": (1.0, 1.0), "very frequent": (0.8, 0.99), "frequent": (0.3, 0.79), "occasional": (0.05, 0.29), "very rare": (0.01, 0.04)}
"""HPO's frequency terms with their bounds (HP:0040279 and its children)."""
LOOSE = (
    (re.compile(r"\b(usually|typically|generally|mostly|most (?:\w+ )?(?:patients|cases)|the majority)\b", re.I), (0.5, 1.0)),
    (re.compile(r"\b(often|commonly|frequently|common|typical|usual)\b", re.I), (0.3, 1.0)),
    (re.compile(r"\b(rarely|seldom|infrequently|uncommonly|rare|uncommon|exceptional)\b", re.I), (0.0, 0.3)),
)
"""Words of everyday frequency, with the share of patients they may be said of."""
BRACKET = re.compile(r" \(([^()]*)\)")
OPENING = re.compile(r" ?\([^()]{0,20}$")
SENTENCE_END = re.compile(r"[.;!?]\s")
LEAST_FOR_UNIVERSAL = 10  # patients counted before "all" may be said of n = m
ROUNDING = 0.0051
Span = tuple[int, int]


def check(case: Case) -> Iterator[Flaw]:
    """Yield numbers, frequency words and universal words that neither the edge they speak of nor the question bears out."""
    known = set(NUMBER.findall(" ".join(sources(case))))
    for step in case.draft.steps:
        edges = {c.edge_id: edge for c in step.citations if c.kind == "edge" and (edge := case.graph.edge_by_id(c.edge_id))}
        yield from check_numbers(case, step, edges, known)
        yield from check_terms(case, step, edges)
        yield from check_certainty(case, step, edges)


def check_numbers(case: Case, step: Step, edges: dict[str, Edge], known: set[str]) -> Iterator[Flaw]:
    """Yield counts and percentages that are not those of the edge they speak of, and numbers that stand nowhere."""
    covered: list[Span] = []
    for code, pattern, test in (("count", COUNT, counted), ("percent", PERCENT, bounds)):
        for found in pattern.finditer(step.text):
            covered.append(found.span())
            if not quoted(case, found[0]) and not borne(step, edges, found.start(), partial(test, found)):
                yield flaw("strength", code, f"{found[0]!r} is not what the cited edge states", step.index, found.span())
    allowed = known | own_numbers(case, step, edges)
    for found in NUMBER.finditer(step.text):
        if found[0] not in allowed and not any(start <= found.start() < end for start, end in covered):
            yield flaw("strength", "number", f"{found[0]!r} is in neither the question nor a cited edge", step.index, found.span())


def check_terms(case: Case, step: Step, edges: dict[str, Edge]) -> Iterator[Flaw]:
    """Yield frequency words that the edge does not bear out, and everyday ones where it says nothing, as a warning."""
    for found in TERM.finditer(step.text):
        term = (found[1] or found[2]).lower()
        if not quoted(case, found[0]) and not borne(step, edges, found.start(1 if found[1] else 2), partial(within, TERMS[term])):
            yield flaw("strength", "frequency", f"{found[0]!r} is not what the cited edge states", step.index, found.span())
    spans = [span for c in step.citations if c.anchors for span in (c.anchors.subject, c.anchors.object, c.anchors.relation)]
    ends = {span.end for span in spans}
    for found in BRACKET.finditer(step.text) if step.kind in ("inference", "elimination") else ():
        if found.start() in ends and not explained(case, edges, found[1]):
            yield flaw("strength", "frequency", f"{found[1]!r} is no way in which the cited edge says how often", step.index, found.span(1))
    for pattern, share in LOOSE if edges else ():
        for found in pattern.finditer(step.text):
            compared = re.search(r"(?:more|less|very|most) $", step.text[: found.start()])
            if compared or quoted(case, found[0]) or borne(step, edges, found.start(), partial(within, share)):
                continue
            silent = any(edges[c.edge_id].frequency is None for c in carriers(step, found.start()) if c.edge_id in edges)
            severity: Severity = "warning" if silent else "error"
            yield flaw("strength", "frequency", f"{found[0]!r} is not what the cited edge states", step.index, found.span(), severity)


def explained(case: Case, edges: dict[str, Edge], words: str) -> bool:
    """Tell whether what stands in brackets behind a name is a frequency that other rules judge, words of the question, or a condition."""
    conditions = " ".join(qualifier.value.replace("_", " ") for edge in edges.values() for qualifier in edge.qualifiers)
    judged = words.lower() in TERMS or COUNT.search(words) or PERCENT.search(words)
    return bool(judged) or quoted(case, words.strip("“”")) or words in conditions


def check_certainty(case: Case, step: Step, edges: dict[str, Edge]) -> Iterator[Flaw]:
    """Yield "always" and its like where the edge is not obligate or counted n = m in enough patients, and claims of proof."""
    for found in UNIVERSAL.finditer(step.text):
        if not quoted(case, found[0]) and not borne(step, edges, found.start(), everyone):
            yield flaw("strength", "universal", f"{found[0]!r} is stronger than the cited edge", step.index, found.span())
    for found in CERTAIN.finditer(step.text) if step.kind != "finding" else ():
        if not quoted(case, found[0]):
            yield flaw("strength", "certainty", f"{found[0]!r} is more than a record can say", step.index, found.span())


def sources(case: Case) -> tuple[str, ...]:
    """Return the texts of the question, whose numbers may be said again."""
    question = case.draft.question
    return question.text, question.context, *(option.text for option in question.options)


def quoted(case: Case, words: str) -> bool:
    """Tell whether the question or one of its options says these words."""
    return any(words in text for text in sources(case))


def own_numbers(case: Case, step: Step, edges: dict[str, Edge]) -> set[str]:
    """Return the numbers that a step's citations bring along: of counts, conditions and names."""
    texts: list[str] = []
    for edge in edges.values():
        texts += [qualifier.value for qualifier in edge.qualifiers]
        texts += [case.graph.concept(e.inferred_from).name for e in edge.evidence if e.inferred_from in case.graph]
        if edge.frequency:
            texts += [str(number) for number in (edge.frequency.n, edge.frequency.m) if number is not None]
    for curie in dict.fromkeys(end for c in step.citations for end in (c.subject, c.object) if end in case.graph):
        concept = case.graph.concept(curie)
        texts += [concept.name, *(synonym.text for synonym in concept.synonyms)]
    return set(NUMBER.findall(" ".join(texts)))


def borne(step: Step, edges: dict[str, Edge], at: int, test: Callable[[Frequency], bool]) -> bool:
    """Tell whether every edge that words at ``at`` speak of has a frequency that passes ``test``; false where they speak of none."""
    spoken = [edges[c.edge_id] for c in carriers(step, at) if c.edge_id in edges]
    return bool(spoken) and all(edge.frequency is not None and test(edge.frequency) for edge in spoken)


def carriers(step: Step, at: int) -> list[Citation]:
    """Return the citations that words of frequency at ``at`` speak of.

    In brackets it is the edge whose end was just named; else those of the relation last stated before them in the sentence,
    or of the first one after them.
    """
    anchored = [(c, c.anchors) for c in step.citations if c.kind == "edge" and c.anchors]
    if found := OPENING.search(step.text, max(0, at - 22), at):
        ends = found.start()
        if named := [c for c, anchors in anchored if ends in (anchors.subject.end, anchors.object.end)]:
            return named
    begins = max((m.end() for m in SENTENCE_END.finditer(step.text, 0, at)), default=0)
    ends = next((m.start() for m in SENTENCE_END.finditer(step.text, at)), len(step.text))
    before = [anchors.relation.start for _, anchors in anchored if begins <= anchors.relation.start <= at]
    after = [anchors.relation.start for _, anchors in anchored if at < anchors.relation.start < ends]
    place = max(before, default=None) if before else min(after, default=None)
    return [c for c, anchors in anchored if anchors.relation.start == place]


def counted(found: re.Match[str], frequency: Frequency) -> bool:
    """Tell whether "8 of 10" is what was counted."""
    return (frequency.n, frequency.m) == (int(found[1]), int(found[2]))


def bounds(found: re.Match[str], frequency: Frequency) -> bool:
    """Tell whether the percentages said are the bounds, or one number within a rounding of the counts; 100 needs many patients."""
    low, high = float(found[1]) / 100, float(found[2] or found[1]) / 100
    stated = frequency.lower is not None and frequency.upper is not None and (frequency.lower, frequency.upper)
    if stated and abs(stated[0] - low) < ROUNDING and abs(stated[1] - high) < ROUNDING:
        return True
    if frequency.n is None or not frequency.m or found[2] is not None:
        return False
    return abs(frequency.n / frequency.m - low) < ROUNDING and (low < 1.0 or frequency.m >= LEAST_FOR_UNIVERSAL)


def within(share: tuple[float, float], frequency: Frequency) -> bool:
    """Tell whether what was counted, or the range stated, meets a word's range."""
    ranges = [(frequency.lower, frequency.upper)] if frequency.lower is not None and frequency.upper is not None else []
    if frequency.n is not None and frequency.m:
        ranges.append((frequency.n / frequency.m,) * 2)
    return any(low <= share[1] + ROUNDING and high >= share[0] - ROUNDING for low, high in ranges)


def everyone(frequency: Frequency) -> bool:
    """Tell whether all patients have it: stated as obligate, or counted n = m in enough of them."""
    return frequency.lower == 1.0 or (frequency.n is not None and frequency.n == frequency.m and frequency.n >= LEAST_FOR_UNIVERSAL)
