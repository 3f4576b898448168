"""Answer: the conclusion names the gold option and only it, and nothing leaks the key before it is reasoned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgpaths.model import Flaw
from kgpaths.validate.context import Case, flaw

LEAK = re.compile(
    r"\b((given|gold|provided|known|stated|marked|supplied) (answer|key|option)|answer key"
    r"|(correct|right) (answer|option|choice) (is|was) (given|known|provided|stated)"
    r"|(provided|given|supplied) paths?|knowledge graph|edge (number|id)|path \d|edge \d|as (the )?(key|answer) says)\b",
    re.I,
)
LETTER = re.compile(r"\(([A-Z])\)")


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9+]+", " ", text.lower()).strip()


def check(case: Case) -> Iterator[Flaw]:
    """Yield a wrong, double or unnamed conclusion, a letter that disagrees with its text, and leaks."""
    draft, question = case.draft, case.draft.question
    if draft.conclusion not in question.answer_keys:
        yield flaw("answer", "not_gold", f"the conclusion {draft.conclusion!r} is not the key")
    for step in draft.steps:
        if found := LEAK.search(step.text):
            yield flaw("answer", "leak", f"{found[0]!r} speaks of the key", step.index, found.span())
        if step.kind == "conclusion":
            yield from check_conclusion(case, step.index, step.text)
        elif step.kind == "finding":
            yield from check_early(case, step.index, step.text)


def check_conclusion(case: Case, index: int, text: str) -> Iterator[Flaw]:
    """Yield where the last step does not name the concluded option and only it."""
    draft, question = case.draft, case.draft.question
    if any(key != draft.conclusion for key in LETTER.findall(text)):
        yield flaw("answer", "letter", "the letter is not the conclusion's", index)
    own = next((plain(o.text) for o in question.options if o.key == draft.conclusion), "")
    said = f" {plain(text)} "
    if not own or f" {own} " not in said:
        yield flaw("answer", "not_named", "the conclusion does not name its option", index)
    rest = said.replace(f" {own} ", " ")
    for option in question.options:
        if option.key != draft.conclusion and f" {plain(option.text)} " in rest:
            yield flaw("answer", "double", f"the conclusion also names option {option.key}", index)


def check_early(case: Case, index: int, text: str) -> Iterator[Flaw]:
    """Yield where the first step names the gold option although the question's text does not."""
    question = case.draft.question
    own = next((plain(o.text) for o in question.options if o.key == case.draft.conclusion), "")
    if own and f" {own} " in f" {plain(text)} " and own not in plain(question.text):
        yield flaw("answer", "early", "the findings already name the answer", index)
