"""Form: a draft is of a size that can be read, its steps in order, and free of what is no prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgpaths.model import Draft, Flaw, Step
from kgpaths.validate.context import Case, flaw

ORDER = ("finding", "inference", "elimination", "conclusion")
LONGEST_STEP = 1500  # characters
LONGEST_SOURCE = 100_000  # characters of the question's text or context
LONGEST_NAME = 5000  # characters of an option, a mention or an alias
MOST = {"steps": 100, "citations": 500, "links": 5000, "facts": 1000, "options": 100, "paths": 2000, "hops": 10_000}
IDENTIFIER = re.compile(r"\b[A-Z][A-Za-z0-9.]{1,15}:[A-Z]?\d{2,}\b|\b[0-9a-f]{16,}\b|\bKGPATHS:")
MARKUP = re.compile(r"</?[a-z][^<>]*>|```|\*\*|\{\{|\}\}|\\u[0-9a-f]{4}|&[a-z]+;", re.I)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffd\ud800-\udfff]")


def check(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the shape of the draft."""
    draft = case.draft
    yield from too_large(draft)
    steps = draft.steps
    if [step.index for step in steps] != list(range(len(steps))):
        yield flaw("form", "step_order", "step indices are not 0, 1, 2, ...")
    ranks = [ORDER.index(step.kind) for step in steps]
    if ranks != sorted(ranks):
        yield flaw("form", "step_order", "kinds are not in the order finding, inference, elimination, conclusion")
    if [step.kind for step in steps].count("conclusion") != 1:
        yield flaw("form", "conclusion_count", "a draft has exactly one conclusion")
    keys = [option.key for option in draft.question.options]
    if len(set(keys)) != len(keys):
        yield flaw("form", "option_twice", "two options have one key")
    for step in steps:
        yield from check_text(case, step)
        yield from check_option(draft, step, keys)
        if len(set(step.citations)) != len(step.citations):
            yield flaw("form", "citation_twice", "a step makes one citation twice", step.index)


def too_large(draft: Draft) -> Iterator[Flaw]:
    """Yield where a draft is larger than any that is meant to be read: nothing else is then checked, so that time is bounded."""
    question = draft.question
    counts = {
        "steps": len(draft.steps),
        "citations": sum(len(step.citations) for step in draft.steps),
        "links": len(draft.links),
        "facts": len(draft.facts),
        "options": len(question.options),
        "paths": sum(len(support.paths) for support in draft.supports),
        "hops": sum(len(s.contradicted) + sum(len(path.hops) for path in s.paths) for s in draft.supports),
    }
    for name, count in counts.items():
        if count > MOST[name]:
            yield flaw("form", "too_large", f"{count} {name}, at most {MOST[name]}")
    for step in draft.steps:
        if len(step.text) > LONGEST_STEP:
            yield flaw("form", "too_large", f"a step of {len(step.text)} characters, at most {LONGEST_STEP}", step.index)
    names = [option.text for option in question.options] + [text for link in draft.links for text in (link.mention.text, link.alias)]
    longest = max(map(len, names), default=0)
    if max(len(question.text), len(question.context)) > LONGEST_SOURCE or longest > LONGEST_NAME:
        yield flaw("form", "too_large", f"the question is longer than {LONGEST_SOURCE} characters, or a name in it than {LONGEST_NAME}")


def check_text(case: Case, step: Step) -> Iterator[Flaw]:
    """Yield where a step's text is empty or holds what is no prose; what the question has may be said again."""
    if not step.text.strip():
        yield flaw("form", "length", "a step has no text", step.index)
    for code, pattern in (("identifier", IDENTIFIER), ("markup", MARKUP), ("control_character", CONTROL)):
        if (found := pattern.search(step.text[: LONGEST_STEP + 1])) and found[0] not in case.draft.question.text:
            yield flaw("form", code, f"{found[0]!r} is no prose", step.index, found.span())
    for name in sorted({name for c in step.citations for name in (c.edge_id, c.subject, c.object) if ":" in name or name == c.edge_id}):
        if name and name in step.text and name not in case.draft.question.text:
            yield flaw("form", "identifier", f"{name!r} is an id, no word", step.index)


def check_option(draft: Draft, step: Step, keys: list[str]) -> Iterator[Flaw]:
    """Yield where a step speaks of an option there is not, or of another than its kind allows."""
    if step.option and step.option not in keys:
        yield flaw("form", "option_unknown", f"there is no option {step.option!r}", step.index)
    elif step.kind == "elimination" and step.option in ("", draft.conclusion):
        yield flaw("form", "elimination_option", "an elimination speaks of one option other than the conclusion", step.index)
    elif step.kind == "conclusion" and step.option not in ("", draft.conclusion):
        yield flaw("form", "conclusion_option", "the last step speaks of another option than the conclusion", step.index)
