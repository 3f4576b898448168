"""Form: a draft's steps are in order, readable and free of what is no prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgpaths.model import Flaw
from kgpaths.validate.context import Case, flaw

ORDER = ("finding", "inference", "elimination", "conclusion")
LONGEST_STEP = 1500  # characters
IDENTIFIER = re.compile(r"\b[A-Z][A-Za-z0-9.]{1,15}:[A-Z]?\d{2,}\b|\b[0-9a-f]{16,}\b|\bKGPATHS:")
MARKUP = re.compile(r"</?[a-z][^>]*>|```|\*\*|\{\{|\}\}|\\u[0-9a-f]{4}|&[a-z]+;", re.I)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd\ud800-\udfff]")


def check(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the shape of the draft."""
    steps = case.draft.steps
    if [step.index for step in steps] != list(range(len(steps))):
        yield flaw("form", "step_order", "step indices are not 0, 1, 2, ...")
    ranks = [ORDER.index(step.kind) for step in steps]
    if ranks != sorted(ranks):
        yield flaw("form", "step_order", "kinds are not in the order finding, inference, elimination, conclusion")
    if [step.kind for step in steps].count("conclusion") != 1:
        yield flaw("form", "conclusion_count", "a draft has exactly one conclusion")
    keys = {option.key for option in case.draft.question.options}
    for step in steps:
        if not step.text.strip() or len(step.text) > LONGEST_STEP:
            yield flaw("form", "length", f"a step has 1 to {LONGEST_STEP} characters", step.index)
        for code, pattern in (("identifier", IDENTIFIER), ("markup", MARKUP), ("control_character", CONTROL)):
            if (found := pattern.search(step.text[: LONGEST_STEP + 1])) and found[0] not in case.draft.question.text:
                yield flaw("form", code, f"{found[0]!r} is no prose", step.index, found.span())
        if step.option and step.option not in keys:
            yield flaw("form", "option_unknown", f"there is no option {step.option!r}", step.index)
        if step.kind == "elimination" and step.option in ("", case.draft.conclusion):
            yield flaw("form", "elimination_option", "an elimination speaks of one option other than the conclusion", step.index)
