"""What a question asks for: which relation should join an option to the patient, from its category or its lead-in sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kgpaths.model import Question

STATED_COST = 1.5  # of an option reached with no clinical relation: it, or a kind of it, is already said of the patient
OFF_INTENT_COST = 1.5  # of a last relation the question does not ask for


@dataclass(frozen=True)
class Intent:
    """A kind of question: what the last clinical relation at the option costs, in nats, and whether it must be one of these.

    Relations are spelled as walked towards the option: ``has_phenotype`` ends at an option that is a phenotype, ``~has_phenotype`` at
    one that has the phenotype. ``via`` lists relations that may stand before the last one on the way from a hypothesis: disease, its
    drug, the drug's target. ``from_stated`` lists last relations that may leave only what is stated of the patient: a diagnosis explains
    the findings; it is neither an effect of a disease that was only guessed from them nor what such a disease complicates.
    ``opposing`` names predicates that speak against elsewhere and are what is asked here. ``family`` lets a
    relative's condition support, weakly. With ``harm``, a contraindication in the patient speaks against the option.
    """

    name: str
    last: Mapping[str, float] = field(default_factory=dict)
    required: bool = False
    via: tuple[str, ...] = ()
    from_stated: tuple[str, ...] = ()
    opposing: tuple[str, ...] = ()
    family: bool = False
    harm: bool = False


TREATING = {"~first_line_treatment_for": 0.0, "~antidote_for": 0.0, "~treats": 0.5, "~ameliorates_condition": 1.0}
THROUGH_ITS_DRUG = ("~first_line_treatment_for", "~treats", "~ameliorates_condition")
EXPLAINING = {
    "~has_phenotype": 0.0,
    "~causes": 0.0,
    "biomarker_for": 0.0,
    "~caused_by_deficiency_of": 0.0,
    "causes": 0.2,
    "gene_associated_with_condition": 0.2,
    "~has_complication": 0.2,
    "associated_with_increased_likelihood_of": 0.3,
    "~disease_has_basis_in": 0.3,
    "has_phenotype": 1.0,
    "has_complication": 0.5,
    "has_adverse_event": 0.5,
    "~has_adverse_event": 0.5,
    "disease_has_basis_in": 0.5,
    "diagnoses": 0.5,
    "~disease_has_location": 0.5,
    "~produces": 0.5,
    "~has_mode_of_inheritance": 0.5,
    "~has_clinical_course": 0.5,
    "~has_past_medical_history": 0.5,
}
GUESSED = ("has_phenotype", "has_complication", "~has_complication", "causes", "associated_with_increased_likelihood_of")

_INTENTS = (
    Intent("general", from_stated=GUESSED, harm=True),
    Intent("diagnosis", EXPLAINING, from_stated=GUESSED),
    Intent("treatment", TREATING, required=True, harm=True),
    Intent("management", {**TREATING, "~diagnoses": 0.3, "~preventative_for_condition": 0.8}, required=True, harm=True),
    Intent("prophylaxis", {"~preventative_for_condition": 0.0, "~first_line_treatment_for": 0.8, "~treats": 1.2}, required=True, harm=True),
    Intent("antidote", {"~antidote_for": 0.0, "~first_line_treatment_for": 0.3, "~treats": 0.8}, required=True, via=("~causes",), harm=True),
    Intent(
        "contraindication",
        {
            "~contraindicated_in": 0.0,
            "contraindicated_in": 0.3,
            "~exacerbates_condition": 0.5,
            "pharmacologically_interacts_with": 0.5,
            "~pharmacologically_interacts_with": 0.5,
        },
        required=True,
        opposing=("contraindicated_in", "exacerbates_condition", "pharmacologically_interacts_with"),
    ),
    Intent(
        "adverse_effect",
        {"~has_adverse_event": 0.0, "has_adverse_event": 0.0, "~causes": 0.3, "causes": 0.3, "~exacerbates_condition": 0.5},
        required=True,
        via=THROUGH_ITS_DRUG,
        opposing=("exacerbates_condition",),
    ),
    Intent(
        "mechanism",
        {"affects": 0.0, "disease_has_basis_in": 0.2, "caused_by_deficiency_of": 0.3, "produces": 0.5, "causes": 0.5, "~causes": 0.5},
        via=THROUGH_ITS_DRUG,
    ),
    Intent("pathogen", {"~causes": 0.0, "~transmitted_by": 0.0, "~produces": 0.3}),
    Intent("vector", {"transmitted_by": 0.0}),
    Intent(
        "laboratory_finding",
        {"has_phenotype": 0.0, "~biomarker_for": 0.0, "has_complication": 0.5, "causes": 0.5, "produces": 0.5, "has_adverse_event": 0.5},
    ),
    Intent("diagnostic_test", {"~diagnoses": 0.0, "~biomarker_for": 0.3}, required=True),
    Intent("risk_factor", {"~associated_with_increased_likelihood_of": 0.0, "~causes": 0.3, "~has_complication": 0.5}),
    Intent("complication", {"has_complication": 0.0, "associated_with_increased_likelihood_of": 0.2, "causes": 0.2, "has_phenotype": 0.5}),
    Intent("deficiency", {"caused_by_deficiency_of": 0.0, "affects": 0.5, "~biomarker_for": 0.5}),
    Intent("inheritance", {"has_mode_of_inheritance": 0.0}, required=True, family=True),
)
INTENTS = {intent.name: intent for intent in _INTENTS}

CATEGORIES = {"rare_disease": "diagnosis", **{name: name for name in INTENTS}}
"""A question's own category -> intent."""

# (intent, words of the lead-in); the first that matches decides, so the narrow stand before the broad
_PATTERNS = (
    ("contraindication", r"contraindicat|should be avoided|should not be (given|used|administered|prescribed|started)"),
    ("antidote", r"\bantidote|reverse the effects?\b|antagonize the (toxic|effect)"),
    ("adverse_effect", r"adverse (effect|event|reaction|drug)|side[- ]effect|complication of (this|the) (drug|medication|therapy|treatment)"),
    ("adverse_effect", r"\b(drugs?|medications?|agents?|medicines?)\b.*\b(caused|responsible|likely cause|led to|precipitated)"),
    ("adverse_effect", r"caused by which of the following (drugs|medications)"),
    ("inheritance", r"(mode|pattern) of inheritance|inheritance pattern|inherited in"),
    ("mechanism", r"mechanisms? (of action|by which|of the therapeutic)|inhibits? which|\b(acts?|works?) by|molecular target"),
    ("vector", r"\bvector\b|\btransmitted\b|mode of transmission"),
    ("pathogen", r"\b(micro)?organisms?\b|\bpathogens?\b|(infectious|causative|etiologic) agent|cause of (this|the) infection"),
    ("pathogen", r"which of the following (bacteri\w+|virus(es)?|fung\w+|parasites?)\b"),
    ("deficiency", r"deficien(cy|t)|lack of which"),
    ("prophylaxis", r"\bprophyla|\bvaccin|(could|would|might) (most likely )?have prevented|to (have )?prevent(ed)?\b"),
    ("diagnostic_test", r"(diagnostic|confirmatory|laboratory|imaging) (test|stud|modalit|procedure|evaluation)|best test"),
    ("diagnostic_test", r"\btests?\b.*\b(confirm|diagnos|appropriate|helpful)|(confirm|establish) the diagnosis"),
    ("diagnostic_test", r"step in (diagnos|establishing|(the )?(diagnosis|evaluation|workup))|next diagnostic"),
    ("risk_factor", r"risk factor|predispos|increase[sd]? (the|this patient's|his|her) risk"),
    ("complication", r"\bcomplications?\b|(increased|greatest|highest|high|at) risk (of|for)|sequela"),
    ("laboratory_finding", r"(laboratory|lab|biopsy|serum|histolog\w+|microscop\w+|x-ray|radiograph|smear) (\w+ ){0,2}(finding|abnormalit|result)"),
    ("laboratory_finding", r"(examination|physical|additional|associated) (\w+ ){0,2}finding|electrolyte abnormalit|autoantibod"),
    ("laboratory_finding", r"most likely (to )?(show|reveal|be (seen|found|elevated|increased|decreased|present|observed|positive))"),
    ("treatment", r"\btreat(ment|ed|ing)?\b|\btherap(y|ies)\b|pharmacotherap"),
    ("treatment", r"\b(drug|medication|agent|antibiotic)s?\b.*\b(choice|given|started|indicated|appropriate|administered|effective|initiated)"),
    ("treatment", r"most appropriate (\w+ ){0,2}(drug|medication|antibiotic|agent|antimicrobial)"),
    ("management", r"next (best )?step|(best|initial|appropriate) (\w+ )?(step|action|course)|\bmanagement\b|\bintervention\b"),
    ("mechanism", r"\bmechanism|pathophysiolog|pathogenesis"),
    ("diagnosis", r"diagnos[ie]s|(explanation|etiology|underlying|cause) (for|of|is)|\b(condition|disease|disorder|syndrome)s?\b"),
)
PATTERNS = tuple((name, re.compile(words, re.I)) for name, words in _PATTERNS)

_EXCEPTION = re.compile(
    r"\bexcept\b(?! for\b)|\bleast (?:likely|appropriate|helpful|useful|consistent|effective)\b|\bof the following\b[^?]{0,80}\bnot\b", re.I
)

REFINED = {"treatment": ("antidote", "prophylaxis")}
"""What a stated category may be narrowed to by the lead-in."""


def lead_in(text: str) -> str:
    """Return the sentence that asks: the last one with a question mark, else the last."""
    sentences = [s for s in re.split(r"(?<=[.?!:])\s+", text.strip().strip('"')) if s]
    asking = [s for s in sentences if "?" in s]
    return (asking or sentences or [""])[-1]


def asks_for_exception(question: Question) -> bool:
    """Tell whether the option that does not fit is asked for: "all of the following except". What must not be given is an intent of its own."""
    return bool(_EXCEPTION.search(lead_in(question.text))) and intent_of(question).name != "contraindication"


def intent_of(question: Question) -> Intent:
    """Return the intent a question states by its category, else the one its lead-in betrays, else the general one."""
    asked = lead_in(question.text)
    derived = next((name for name, pattern in PATTERNS if pattern.search(asked)), "general")
    stated = CATEGORIES.get(question.category)
    if stated is None:
        return INTENTS[derived]
    return INTENTS[derived if derived in REFINED.get(stated, ()) else stated]
