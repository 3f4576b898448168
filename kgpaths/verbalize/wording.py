"""What an edge says beyond its predicate: the verbs of ``affects``, the condition it holds under, how often it is seen."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kgpaths.model import Edge, Frequency
from kgpaths.verbalize.english import join
from kgpaths.verbalize.phrases import ASPECTS, DIRECTIONS, MECHANISMS, Patterns, reading

_OWN_WORD = re.compile(r"^(?:with|without|in|at|after|before|during|under|within|for|on|requiring|impending)\b")
_PURPOSE = re.compile(
    r"(?:control|eradication|therapy|prevention|maintenance|induction|lowering|chemotherapy|prophylaxis|modification)$|^(?:detection|consolidation)\b"
)
_ADJECTIVE = re.compile(
    r"^(?:acute|chronic|early|late|advanced|metastatic|preoperative|postoperative|localized|unresolved|untreated|active untreated|end-stage|"
    r"unresectable or metastatic)$"
)
_DEGREE = re.compile(
    r"^(?:(?:non)?severe|mild|moderate|life-threatening|refractory|treatment-resistant|uncontrolled|symptomatic|hemodynamically|decompensated|"
    r"high[- ]risk|localized|ruptured|low-risk|end-stage)\b"
)
_PEOPLE = re.compile(r"(?:children|adults|adolescents|neonates|infants|women|men|females|males|patients|contacts|people|outpatients)\b")
_STATE = re.compile(
    r"(?:pregnancy|disease|failure|deficiency|infection|allergy|cirrhosis|syndrome|fibrillation|infertility|dystrophy|poisoning|sclerosis|pancreatitis|"
    r"edema|epilepsy|migraine|stones|hypercalciuria|insufficiency|cholestasis|stenosis|acidosis|crisis|attacks?|flare|relapse|exacerbation|hyperammonemia|"
    r"hyperuricemia|bradycardia|arthritis|seizures|disorder|sleepiness|cataplexy|irritability|dyskinesia|trimester of pregnancy|stage|form|changes|"
    r"hypotension|proteinuria|albuminuria|overdose|encephalopathy|obesity|pressure|hypoxemia|requirement|athymia|calculus)\b"
)
_TERMS = ((1.0, 1.0, "obligate"), (0.80, 0.99, "very frequent"), (0.30, 0.79, "frequent"), (0.05, 0.29, "occasional"), (0.01, 0.04, "very rare"))
FEW_PATIENTS = 5  # below this, a count says nothing of how often


def qualifier(edge: Edge, key: str) -> str:
    """Return the value of a qualifier, empty where the edge has none."""
    return next((q.value for q in edge.qualifiers if q.key == key), "")


def patterns(edge: Edge, *, inverted: bool) -> Patterns:
    """Return the phrases that state a positive edge, walked from its object when ``inverted``."""
    if edge.predicate == "affects" and edge.qualifiers:
        return _action(edge, inverted=inverted)
    read = reading(edge.predicate)
    return read.inverted if inverted else read.forward


def _action(edge: Edge, *, inverted: bool) -> Patterns:
    """Return what a substance does to its target, as its aspect, direction and mechanism qualifiers say it."""
    aspect = qualifier(edge, "object_aspect_qualifier")
    direction = qualifier(edge, "object_direction_qualifier")
    mechanism = qualifier(edge, "causal_mechanism_qualifier")
    of = "" if aspect in ("", "activity") else f" the {ASPECTS.get(aspect, aspect.replace('_', ' '))} of"
    if mechanism in MECHANISMS and direction in ("", MECHANISMS[mechanism][2]) and (not of or mechanism in ("inhibition", "activation")):
        active, passive, _ = MECHANISMS[mechanism]
        if of:
            return (f"{{S}} [{active[0]}{of}] {{O}}",)
        if inverted and passive:
            return tuple(f"{{O}} [{verb}] {{S}}" for verb in passive)
        return tuple(f"{{S}} [{verb}] {{O}}" for verb in active)
    way = f" by {mechanism.replace('_', ' ')}" if mechanism else ""
    if direction in DIRECTIONS:
        of = of or " the activity of" if aspect else of
        return tuple(f"{{S}} [{verb}{of}] {{O}}{way}" for verb, _ in DIRECTIONS[direction])
    return tuple(pattern.replace("] {O}", f"{of}] {{O}}") + way for pattern in reading("affects").forward)


def condition(edge: Edge) -> str:
    """Return the population, stage and severity an edge holds for, as words to end a sentence with: " in pregnancy".

    What no rule can lead in with a preposition stands in parentheses: " (COL4A5-related)".
    """
    parts = (
        _population(_plain(qualifier(edge, "population_context_qualifier"))),
        _stage(_plain(qualifier(edge, "stage_qualifier"))),
        _severity(_plain(qualifier(edge, "severity_qualifier"))),
    )
    return "".join(f" {part}" for part in parts if part)


def _population(value: str) -> str:
    if re.match(r"with(?:out)? ", value) and not _PEOPLE.search(value):
        return f"in patients {value}"
    if not value or _OWN_WORD.match(value):
        return value
    if re.match(r"(?:younger|older|aged)\b", value):
        return f"in patients {value}"
    if re.match(r"[a-z]+ed\b", value):
        return f"when {value}"
    if not _PEOPLE.search(value) and re.search(r"(?:symptomatic|predominant|resistant|pregnant|breastfeeding)$", value):
        return f"in {value} patients"
    value = re.sub(r"^nonpregnant with", "nonpregnant patients with", value)
    return f"in {value}" if _is_noun(value) else f"({value})"


def _is_noun(value: str) -> bool:
    """Tell whether a condition is people or a state, so that "in" may lead in with it."""
    return bool(_PEOPLE.search(value) or _STATE.search(value)) and not value.startswith(("no ", "not ", "except ", "negative "))


def _stage(value: str) -> str:
    if not value or _OWN_WORD.match(value):
        return value
    if _ADJECTIVE.match(value):
        return f"in the {value} stage"
    if value.startswith(("stage", "eGFR")) or re.match(r"\d", value):
        return f"at {value}"
    if _PURPOSE.search(value):
        return f"for {value}"
    return f"in {value}" if _is_noun(value) else f"({value})"


def _severity(value: str) -> str:
    if value.startswith("with "):
        return f"in the presence of {value.removeprefix('with ')}"
    if not value or _OWN_WORD.match(value):
        return value
    if _PEOPLE.search(value):
        return f"in {value}"
    if _DEGREE.match(value) and not re.search(r"(?:disease|pressure|hypoxemia|deficiency|overload or uremia|pregnancy|attacks|fibrillation)$", value):
        return f"when {value}"
    return f"in the presence of {value}" if _STATE.search(value) else f"({value})"


def _plain(value: str) -> str:
    """Return a qualifier's value as words."""
    return value.split(":")[-1].replace("_", " ").strip()


def frequency(found: Frequency | None, occasion: str, *, plural: bool) -> str:
    """Return how often, in words to end a sentence with; empty where nothing is known.

    Counts are said as counted ("in 8 of 10 reported patients"), but not those of a few: one of one is neither everyone nor a rarity.
    """
    if found is None:
        return ""
    if found.n is not None and found.m and found.m >= FEW_PATIENTS:
        return f" in {found.n} of {found.m} reported patients"
    if found.lower is None or found.upper is None:
        return ""
    term = term_for(found)
    if term:
        return f" as {term} {occasion}s" if plural else f" as {'an' if term[0] in 'aeiou' else 'a'} {term} {occasion}"
    low, high = round(100 * found.lower), round(100 * found.upper)
    return f" in {low}% of patients" if low == high else f" in {low} to {high}% of patients"


def term_for(found: Frequency) -> str:
    """Return HPO's word for stated bounds, empty where they are no HPO term's."""
    for lower, upper, term in _TERMS:
        if found.lower is not None and found.upper is not None and abs(found.lower - lower) < 1e-6 and abs(found.upper - upper) < 1e-6:
            return term
    return ""


def in_brackets(found: Frequency | None, occasion: str) -> str:
    """Return how often, short enough to stand in brackets behind a listed finding."""
    words = frequency(found, occasion, plural=False).strip()
    return term_for(found) if found and words.startswith("as ") else words


def likely(found: Frequency | None) -> bool:
    """Tell whether a finding is common enough that its lack says something: seen in three of ten, or not counted."""
    if found is None:
        return True
    if found.n is not None and found.m:
        return found.n / found.m >= 0.3
    return found.upper is None or found.upper >= 0.3


def by_way_of(diseases: Iterable[str]) -> str:
    """Return the words that name the diseases an inferred edge stands on."""
    names = list(diseases)
    return f" by way of {join(names)}" if names else ""
