"""Find the sentence that asks, and what kind of thing it asks for."""

from __future__ import annotations

import re

from kgpaths.link.assertion import sentences
from kgpaths.link.text import Tokens

_ASKS = re.compile(
    r"which (?:one )?of the following|which (?:of these|drug|organism|condition|diagnosis|finding|treatment|type|is|are|was)\b|"
    r"what (?:is|are|was|would|type|kind|drug|condition|should|does)\b|how (?:would|should|does)\b|"
    r"most likely|most appropriate|best (?:next|initial|describes|explains)|next (?:best )?step",
    re.IGNORECASE,
)

_CONDITION = ("Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "PathologicalProcess")
_REMEDY = ("Drug", "ChemicalEntity", "Treatment")
_ORGANISM = ("Bacterium", "Virus", "Fungus", "OrganismTaxon")
_MOLECULE = ("Protein", "Gene", "ChemicalEntity", "BiologicalProcess", "PhysiologicalProcess", "PathologicalProcess", "Drug")

_EXPECTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), categories)
    for pattern, categories in (
        (r"inherit", ("GeneticInheritance",)),
        (r"\bmechanism|mode of action|\benzyme|\breceptor|molecular target|\bprotein\b|inhibits|\bbinds?\b|second messenger|deficien", _MOLECULE),
        (r"\bgenes?\b|\bmutations?\b", ("Gene", "Protein", *_CONDITION)),
        (r"organism|pathogen|microb|bacteri|\bvirus|etiologic(?:al)? agent|infectious agent|\bvector\b", _ORGANISM),
        (r"adverse|side effect|complication|at (?:increased|greatest|highest) risk|toxicity", ("PhenotypicFeature", *_CONDITION)),
        (r"\bdrugs?\b|medication|pharmaco|antidote|antibiotic|\bagents?\b|prophyla|vaccin", _REMEDY),
        (r"next (?:best )?step|management|course of action", (*_REMEDY, "DiagnosticAid")),
        (r"treat|therap|intervention|contraindicated|\bprevent", _REMEDY),
        (r"diagnostic (?:test|study)|\btests?\b|imaging|\bstudy\b|evaluation|confirm", ("DiagnosticAid", "PhenotypicFeature", "Protein")),
        (r"finding|laborator|symptom|\bsigns?\b|abnormalit|feature", ("PhenotypicFeature", *_CONDITION, "Protein", "ChemicalEntity")),
        (r"\bnerve|arter(?:y|ies)|muscle|structure|\borgan\b|anatom|\bcells?\b", ("AnatomicalEntity", "Cell")),
        (r"risk factor|exposure", ("ExposureEvent", *_CONDITION)),
        (r"vitamin|hormone|nutrient|substance", ("ChemicalEntity", "Protein", "Drug")),
        (r"diagnos|condition|disease|disorder|syndrome|\bcause|explan", _CONDITION),
    )
)


def lead_in(tokens: Tokens) -> list[tuple[int, int]]:
    """Return the sentences that ask, as token ranges (end excluded): those with a question mark or a licensing phrase, near the end."""
    found = []
    for begin, end in sentences(tokens)[-3:]:
        after = tokens.text[tokens.ends[end - 1] : tokens.ends[end - 1] + 4]
        if "?" in after or _ASKS.search(tokens.text, tokens.starts[begin], tokens.ends[end - 1]):
            found.append((begin, end))
    return found


def expected(text: str) -> tuple[str, ...]:
    """Return the categories an answer to this lead-in should have, likeliest first; empty where it does not tell.

    The first rule whose words stand in the text decides, so the narrow ones come first.
    """
    return next((categories for pattern, categories in _EXPECTS if pattern.search(text)), ())
