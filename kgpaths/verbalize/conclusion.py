"""The last step: the question's own lead-in turned into a statement that names the option and its letter."""

from __future__ import annotations

import re

from kgpaths.model import Question
from kgpaths.search.intent import intent_of, lead_in
from kgpaths.verbalize.casing import ORGANISMS
from kgpaths.verbalize.english import is_plural
from kgpaths.verbalize.phrasing import Chooser

_WHICH = re.compile(
    r"(?:^|[,;] )(?:which|what)(?: one)? of the following(?P<kind>(?: [\w-]+){0,4}?) "
    r"(?P<verb>is|are|was|best|most|should|must|would|will|can|could|explains|describes|accounts)\b(?P<rest>[^?]*)\?",
    re.I,
)
_WHAT_IS = re.compile(
    r"(?:^|[,;] )what (?:is|are|was) (?P<rest>the (?:single )?(?:most|best|next|likely|initial|first|underlying|primary|mode|mechanism)[^?]*)\?", re.I
)
_REVERSED = re.compile(r"\bexcept\b|\bnot\b|\bleast\b|\bunlikely\b|\bfalse\b|\bincorrect\b", re.I)
_INVERTED = re.compile(r"^ (?:you|we|one|this|that|he|she|they|it|the patient|his|her|these|be the)\b", re.I)
_SUPERLATIVE = re.compile(r"^ (?P<what>the (?:single )?(?:most|best|next|primary|underlying|likeliest|first)\b[^?]*)$", re.I)

FALLBACK: dict[str, tuple[str, ...]] = {
    "diagnosis": ("the most likely diagnosis is {}", "the findings best fit {}"),
    "treatment": ("the best treatment is {}", "treatment with {} fits best"),
    "management": ("the best next step is {}",),
    "prophylaxis": ("the best prevention is {}",),
    "antidote": ("the antidote to give is {}",),
    "contraindication": ("what must be avoided is {}",),
    "adverse_effect": ("what fits best is {}",),
    "mechanism": ("the mechanism is best described as {}",),
    "pathogen": ("the most likely organism is {}",),
    "laboratory_finding": ("the finding to expect is {}",),
    "diagnostic_test": ("the test to choose is {}",),
    "inheritance": ("the most likely inheritance is {}",),
}
CONDITIONS = frozenset(("Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "PathologicalProcess", "InformationContentEntity"))
FITTING = {"diagnosis": CONDITIONS, "pathogen": ORGANISMS, "inheritance": frozenset({"GeneticInheritance"})}
"""Categories of what may be concluded by the words of an intent; of the others everything may."""
_OPENINGS = ("", "taken together, ", "on balance, ", "all in all, ", "so ")


def conclude(question: Question, option: str, key: str, chooser: Chooser, category: str = "") -> str:
    """Return the concluding sentence without its full stop; ``option`` is the option's text as written in mid-sentence.

    ``category`` is its concept's: only a condition is called a diagnosis, only an organism one.
    """
    named = f"{option} ({key})"
    statement = stated(lead_in(question.text), option, named)
    if statement is None:
        intent = intent_of(question).name
        fitting = not category or category in FITTING.get(intent, {category})
        patterns = FALLBACK[intent] if intent in FALLBACK and fitting else ("what fits best is {}",)
        statement = chooser.choose(patterns).format(named)
    return chooser.choose(_OPENINGS) + statement


def stated(asked: str, option: str, named: str) -> str | None:
    """Return the lead-in as a statement about the option, or None where it asks in another way or for an exception."""
    asked = re.sub(r"\s+", " ", asked)
    if _REVERSED.search(asked):
        return None
    if found := _WHAT_IS.search(asked):
        return f"{found['rest'].strip()} {'are' if is_plural(option) and found['rest'].split()[-1].endswith('s') else 'is'} {named}"
    found = _WHICH.search(asked)
    if not found or _INVERTED.match(found["rest"]) or found["rest"].strip() == "":
        return None
    verb, rest = found["verb"].lower(), found["rest"].rstrip()
    superlative = _SUPERLATIVE.match(rest)
    if verb in ("is", "are", "was") and superlative and "," not in rest:
        return f"{superlative['what']} {'was' if verb == 'was' else 'is'} {named}"
    if verb in ("is", "are"):
        verb = "are" if is_plural(option) else "is"
    elif verb in ("best", "most"):
        rest = agree(rest, plural=is_plural(option))
    return f"{named} {verb}{rest}"


def agree(rest: str, *, plural: bool) -> str:
    """Return words whose first is a verb in the singular, put into the plural where asked: " describes" to " describe"."""
    words = rest.strip().split(" ")
    for i, word in enumerate(words[:2]):
        if plural and word.endswith("s") and word not in ("is", "this"):
            words[i] = word[:-1]
            break
    return " " + " ".join(words)
