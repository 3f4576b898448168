"""Answer: the conclusion names the gold option and only it, and nothing leaks the key before it is reasoned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgpaths.model import Flaw, Question, Step
from kgpaths.validate.context import Case, flaw
from kgpaths.validate.lexicon import NEGATORS

LEAK = re.compile(
    r"\b((given|gold|provided|known|stated|marked|supplied) (answer|key|option)|answer key"
    r"|(correct|right) (answer|option|choice) (is|was) (given|known|provided|stated)"
    r"|(provided|given|supplied) paths?|knowledge graph|edge (number|id)|path \d|edge \d|as (the )?(key|answer) says)\b",
    re.I,
)
SETTLED = re.compile(
    r"\b((answer|(correct|right) (option|choice)) (is|must be|will be|has to be|should be)"
    r"|is the (right|correct) (one|answer|option|choice|diagnosis|treatment|drug|organism))\b",
    re.I,
)
REFUSAL = re.compile(rf"{NEGATORS.pattern}|\b(?:least|except|wrong|incorrect|ruled out|rather than)\b", re.I)
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def plain(text: str) -> str:
    """Return words and signs alone, in lower case: what two ways of setting one option's text have in common."""
    return re.sub(r"[^\w+↑↓<>=%]+|_", " ", text.casefold()).strip()


def check(case: Case) -> Iterator[Flaw]:
    """Yield a wrong, double or unnamed conclusion, a letter that disagrees with its text, and leaks."""
    draft, question = case.draft, case.draft.question
    if draft.conclusion not in question.answer_keys:
        index = next((step.index for step in draft.steps if step.kind == "conclusion"), -1)
        yield flaw("answer", "not_gold", f"the conclusion {draft.conclusion!r} is not the key", index)
    for step in draft.steps:
        if found := LEAK.search(step.text):
            yield flaw("answer", "leak", f"{found[0]!r} speaks of the key", step.index, found.span())
        if step.kind == "conclusion":
            yield from check_conclusion(case, step)
        else:
            yield from check_early(case, step)


def letters(question: Question, text: str) -> set[str]:
    """Return the option keys that a text names as keys: in brackets, or after "option", "choice" or "answer"."""
    keys = "|".join(re.escape(option.key) for option in sorted(question.options, key=lambda o: -len(o.key)) if option.key)
    if not keys:
        return set()
    pattern = rf"\(({keys})\)|\b(?i:option|choice|answer|letter)(?: is|:)? \(?({keys})\b"
    return {first or second for first, second in re.findall(pattern, text)}


def check_conclusion(case: Case, step: Step) -> Iterator[Flaw]:
    """Yield where the last step does not name the concluded option and only it, or refuses it."""
    draft, question, text = case.draft, case.draft.question, step.text
    own = next((option.text for option in question.options if option.key == draft.conclusion), "")
    bare = re.sub(re.escape(own), " ", text, flags=re.I) if own else text
    said = letters(question, bare)
    if said - {draft.conclusion}:
        yield flaw("answer", "letter", "the letter is not the conclusion's", step.index)
    named, rest = options_named(question, text)
    if draft.conclusion not in named:
        yield flaw("answer", "not_named", "the conclusion does not name its option", step.index)
    alike = {option.key for option in question.options if plain(option.text) == plain(own)}
    if len(alike) > 1 and draft.conclusion not in said:
        yield flaw("answer", "not_named", f"options {sorted(alike)} have one text, and the letter is not said", step.index)
    asked = plain(question.text)
    for option in question.options:
        if option.key in named and option.key not in alike and f" {plain(option.text)} " not in f" {asked} ":
            yield flaw("answer", "double", f"the conclusion also names option {option.key}", step.index)
    asked_last = lead_in(question).lower()
    if refused := next((found for found in REFUSAL.finditer(rest) if not re.search(rf"\b{re.escape(found[0])}\b", asked_last)), None):
        yield flaw("answer", "refused", f"{refused[0]!r} denies the option that is concluded", step.index)


def lead_in(question: Question) -> str:
    """Return the question's last sentence, which a conclusion takes its words from."""
    return SENTENCE.split(question.text.strip())[-1]


def options_named(question: Question, text: str) -> tuple[set[str], str]:
    """Return the keys of the options whose text stands in ``text``, the longest first so that none is found in another, and the rest."""
    said, named = f" {plain(text)} ", set()
    for option in sorted(question.options, key=lambda option: -len(plain(option.text))):
        words = f" {plain(option.text)} "
        if words.strip() and (words in said or any(plain(option.text) == plain(other.text) for other in question.options if other.key in named)):
            named.add(option.key)
            said = said.replace(words, " _ ")
    return named, said


def check_early(case: Case, step: Step) -> Iterator[Flaw]:
    """Yield where a step before the last says which answer is right, or the findings name it although the question does not."""
    question = case.draft.question
    if found := SETTLED.search(step.text):
        yield flaw("answer", "early", f"{found[0]!r} settles the answer before the conclusion", step.index, found.span())
    if step.kind == "elimination":
        return
    gold = case.draft.conclusion
    if gold in letters(question, step.text) and f"({gold})" not in question.text:
        yield flaw("answer", "early", "the answer's letter is said before the conclusion", step.index)
    if step.kind == "finding":
        own = next((plain(o.text) for o in question.options if o.key == gold), "")
        if own and f" {own} " in f" {plain(step.text)} " and own not in plain(question.text):
            yield flaw("answer", "early", "the findings already name the answer", step.index)
