"""Strength: counts and frequency words are those of a cited edge, and nothing is said stronger than it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgpaths.model import Edge, Flaw, Step
from kgpaths.validate.context import Case, flaw

COUNT = re.compile(r"\b(\d+) (?:of|out of) (?:the )?(\d+)\b")
PERCENT = re.compile(r"\b(\d+(?:\.\d+)?)(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?))?\s*(?:%|percent)")
UNIVERSAL = re.compile(r"\b(always|invariably|all (?:reported |recorded )?patients|every patient|in all cases)\b", re.I)
LEAST_FOR_UNIVERSAL = 10  # patients counted before "all" may be said of n = m


def check(case: Case) -> Iterator[Flaw]:
    """Yield numbers and universal words that neither a cited edge nor the question bears out."""
    for step in case.draft.steps:
        edges = [edge for c in step.citations if c.kind == "edge" and (edge := case.graph.edge_by_id(c.edge_id))]
        for found in COUNT.finditer(step.text):
            if not any(e.frequency and (e.frequency.n, e.frequency.m) == (int(found[1]), int(found[2])) for e in edges) and not quoted(
                case, found[0]
            ):
                yield flaw("strength", "count", f"no cited edge counts {found[0]!r}", step.index, found.span())
        for found in PERCENT.finditer(step.text):
            if not any(bounds(edge, found) for edge in edges) and not quoted(case, found[0]):
                yield flaw("strength", "percent", f"no cited edge states {found[0]!r}", step.index, found.span())
        yield from check_universal(step, edges)


def quoted(case: Case, words: str) -> bool:
    """Tell whether the question or one of its options says these words."""
    question = case.draft.question
    return any(words in text for text in (question.text, question.context, *(option.text for option in question.options)))


def bounds(edge: Edge, found: re.Match[str]) -> bool:
    """Tell whether the percentages said are the edge's bounds, or one number within a rounding of its counts."""
    frequency = edge.frequency
    if frequency is None:
        return False
    low, high = float(found[1]), float(found[2] or found[1])
    if frequency.lower is not None and frequency.upper is not None:
        return abs(frequency.lower * 100 - low) < 0.51 and abs(frequency.upper * 100 - high) < 0.51
    if frequency.n is not None and frequency.m:
        return found[2] is None and abs(100 * frequency.n / frequency.m - low) < 0.51
    return False


def check_universal(step: Step, edges: list[Edge]) -> Iterator[Flaw]:
    """Yield "always" and its like where no cited edge is obligate or counted n = m in enough patients."""
    if found := UNIVERSAL.search(step.text):
        for edge in edges:
            frequency = edge.frequency
            if frequency and (
                frequency.lower == 1.0 or (frequency.n is not None and frequency.n == frequency.m and frequency.n >= LEAST_FOR_UNIVERSAL)
            ):
                return
        yield flaw("strength", "universal", f"{found[0]!r} is stronger than any cited edge", step.index, found.span())
