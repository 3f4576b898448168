"""How relations are worded in English, for reading: which phrase may state which predicate, and in which direction.

This lexicon is the validator's own. It is written from how clinicians write, not from how our writers phrase things, so
that a writer's slip cannot be excused by the same slip here. A phrase must be the whole of the relation's words, after
number, tense, adverbs and "recorded as" are set aside: a "has" somewhere in a phrase states nothing.
"""

from __future__ import annotations

import re
from functools import cache

_RECORDED = r"(?:recorded|reported|described|documented|listed|noted|known|recogni[sz]ed|accepted|established)"
_ADVERBS = "also|likewise|both|all|again|too|often|commonly|typically|sometimes|occasionally|usually|frequently|itself|directly|clearly|mainly"
_REDUCED = (
    (rf"\b(?:{_ADVERBS})\b", " "),
    (r"\s+", " "),
    (r"\b(?:has|have) (not |never )?been\b", r"is \1"),
    (r"\b(?:are|was|were|be|being)\b", "is"),
    (r"\bhave\b", "has"),
    (r"\b(?:does|do|did) not have\b", "not has"),
    (r"\b(?:does|do|did)\b", ""),
    (r"\b(its|their|an|a|the|any)\b", ""),
    (r"\s+", " "),
    (rf"\bis (not )?{_RECORDED} (?:as|to) (?=\w+ing\b|\w+)", r"is \1as "),
    (rf"\b{_RECORDED} (?=\w+)(?!for\b|in\b|with\b|of\b|as\b|to\b|by\b)", ""),
    (r"\s+", " "),
)
"""What is set aside before a phrase is looked up. "Is recorded as a cause of" and "is a known cause of" are "is cause of"."""

# predicate -> phrasings whose edge subject stands to the left of the phrase, and those whose edge object does
SUBJECT_LEFT: dict[str, tuple[str, ...]] = {
    "subclass_of": (r"is (?:as )?(?:one )?(?:kind|form|type|subtype|variety|sort|instance)s? of", r"belongs? to", r"is among", r"counts? as"),
    "has_phenotype": (
        r"is (?:recorded|described|reported) with",
        r"has among (?:recorded )?(?:findings|signs|symptoms|features)",
        r"(?:can |may )?(?:presents?|manifests?) (?:with|as)",
        r"is (?:characteri[sz]ed|accompanied|marked) by",
        r"(?:shows?|features?|includes?|has)(?: (?:finding|sign|symptom)s?)?",
    ),
    "causes": (r"causes?", r"is (?:\w+ )?causes? of", r"(?:leads? to|results? in|brings? about)", r"is responsible for", r"gives? rise to"),
    "disease_has_basis_in": (
        r"has basis in",
        r"rests? on",
        r"(?:arises?|results?|stems?|comes?) from",
        r"is (?:due|owing) to",
        r"is driven by",
        r"reflects?",
    ),
    "associated_with_increased_likelihood_of": (
        r"(?:is as )?(?:increases?|raises?) (?:likelihood|risk|chances?|odds) of",
        r"is (?:as )?(?:\w+ )?risk factors? for",
        r"predisposes?(?: patients?| people)? to",
        r"is (?:linked|associated) with (?:increased|higher|greater) (?:likelihood|risk) of",
        r"favou?rs?",
    ),
    "disease_has_location": (r"(?:involves?|strikes?)", r"is located in", r"is diseases? of", r"(?:arises?|occurs?|sits?) in"),
    "has_mode_of_inheritance": (r"(?:follows?|shows?|has)", r"is inherited(?: in| as| through| by| with)?", r"runs? in families as"),
    "gene_associated_with_condition": (r"is (?:as )?(?:associated|linked|connected) (?:with|to)", r"is genes? (?:associated|linked) (?:with|to)"),
    "biomarker_for": (r"is (?:as )?(?:\w+ )?(?:bio)?markers? (?:for|of)", r"serves? as (?:bio)?markers? (?:for|of)", r"(?:points? to|marks?)"),
    "diagnoses": (
        r"(?:is as )?(?:diagnoses?|confirms?|establish(?:es)?|identif(?:y|ies)|detects?)(?: diagnosis of)?",
        r"is used (?:to|for) (?:diagnose|diagnosing|confirm|confirming)",
        r"is (?:as )?(?:\w+ )?tests? (?:for|of)",
    ),
    "treats": (r"(?:is as )?treats?", r"is (?:as )?(?:treatment|therapy)s?(?: for| of| in)", r"is used (?:to treat|against|for|in)"),
    "first_line_treatment_for": (
        r"is (?:as )?first-line(?: (?:treatment|therapy|drug|choice|agent|option))?(?: for| in| against| of)?",
        r"is (?:as )?(?:preferred|initial|first) (?:treatment|therapy|choice)(?: for| in| of)?",
        r"is (?:as )?(?:drug|treatment|therapy|agent) of (?:first )?choice (?:for|in|against)",
    ),
    "ameliorates_condition": (
        r"(?:is as )?(?:relieves?|eases?|improves?|ameliorates?|lessens?|soothes?|alleviates?)(?: symptoms of)?",
        r"is used to (?:relieve|ease)",
        r"gives? relief (?:from|of|in)",
    ),
    "preventative_for_condition": (
        r"(?:is as )?(?:prevents?|averts?|protects? against)",
        r"is used to prevent",
        r"is (?:as )?(?:prophylaxis|prophylactic|preventive|preventative) (?:against|for|of)",
    ),
    "contraindicated_in": (
        r"is (?:as )?contraindicated (?:in|for|with|during|by)",
        r"(?:must|should) not is (?:used|given) (?:in|during|with|for)",
        r"(?:must|should) is avoided (?:in|during|with)",
    ),
    "exacerbates_condition": (r"(?:is as )?(?:can |may )?(?:worsens?|aggravates?|exacerbates?)",),
    "has_adverse_event": (
        r"has (?:\w+ )?(?:adverse|side|unwanted|toxic) (?:effects?|events?|reactions?)(?: of)?",
        r"(?:can|may|is as) (?:cause|produce|lead to|induce|provoke|result in)",
    ),
    "pharmacologically_interacts_with": (r"(?:is as )?interacts? with", r"has (?:\w+ )?interactions? with", r"(?:must|should) not is combined with"),
    "affects": (r"(?:is as )?(?:affects?|acts? on|targets?|binds?(?: to)?)",),
    "produces": (r"(?:is as )?(?:produces?|secretes?|makes?|releases?|elaborates?|forms?)", r"is sources? of"),
    "has_complication": (
        r"has complications?(?: of)?",
        r"(?:can|may|is as) (?:is complicated by|lead to|progress to|result in)",
        r"is complicated by",
    ),
    "caused_by_deficiency_of": (
        r"is (?:as )?(?:caused|brought about|explained|produced) by (?:deficiency|lack|deficit|shortage) (?:of|in)",
        r"(?:results?|arises?|stems?|comes?) from (?:deficiency|lack|deficit|shortage) (?:of|in)",
        r"is due to (?:deficiency|lack|deficit|shortage) (?:of|in)",
    ),
    "antidote_for": (
        r"is (?:as |used as )?(?:\w+ )?antidotes? (?:for|to|against|in)",
        r"(?:reverses?|counteracts?|neutrali[sz]es?)(?: (?:effects?|toxicity) of)?",
    ),
    "transmitted_by": (
        r"is (?:as )?(?:transmitted|spread|carried|passed on|acquired|conveyed)(?: to humans)? (?:by|through|from|via|with)",
        r"spreads? (?:by|through|via)",
    ),
    "has_clinical_course": (r"(?:has|is recorded with|follows?) clinical course", r"is recorded with clinical course"),
    "has_clinical_modifier": (r"(?:has|is recorded with) clinical modifier",),
    "has_past_medical_history": (r"(?:has|is recorded with) past history",),
    "exact_match": (r"is (?:as )?(?:same(?: thing)? as|another name for|identical to|synonymous with|used here for same thing as)",),
    "close_match": (
        r"closely matches",
        r"is (?:as )?(?:closely related to|nearly same as|same condition here as|understood here as|used here for same thing as)",
    ),
    "broad_match": (r"is (?:as )?narrower (?:term )?than", r"falls? under", r"is more specific than"),
}
OBJECT_LEFT: dict[str, tuple[str, ...]] = {
    "subclass_of": (r"includes?",),
    "has_phenotype": (
        r"is (?:recorded|reported|described|documented|listed|noted|seen|found|observed) (?:for|in)",
        r"is (?:as )?(?:\w+ )?(?:findings?|signs?|symptoms?|features?|manifestations?|phenotypes?) (?:of|in|for)",
        r"is as absent in",  # polarity is judged apart
        r"(?:occurs?|appears?) in",
        r"belongs? to (?:findings|features|signs|picture) of",
    ),
    "causes": (r"(?:is|can is|may is) (?:as )?(?:caused|brought about) by", r"(?:results?|arises?|stems?) from", r"is due to"),
    "disease_has_basis_in": (r"underl(?:ies?|y)", r"is as underlying", r"is (?:as )?(?:basis|mechanism) (?:of|behind)", r"(?:explains?|drives?)"),
    "associated_with_increased_likelihood_of": (
        r"is (?:made )?more (?:likely|common) (?:with|in|after|by)",
        r"is favou?red by",
        r"has (?:\w+ )?risk factors?",
    ),
    "disease_has_location": (r"is (?:as )?(?:sites?|seats?) of", r"is involved (?:by|in)"),
    "has_mode_of_inheritance": (r"is (?:as )?(?:mode|pattern)s? of inheritance (?:of|for)", r"is (?:recorded|reported|described) for"),
    "gene_associated_with_condition": (r"is (?:as )?(?:associated|linked|connected) (?:with|to)(?: gene| changes in| variants in| variants of)?",),
    "biomarker_for": (r"has (?:bio)?markers?", r"is marked by"),
    "diagnoses": (r"is (?:diagnosed|confirmed|established|identified|detected) (?:by|with|through|on)",),
    "treats": (r"(?:is|can is|may is) (?:treated|managed) (?:with|by)",),
    "first_line_treatment_for": (
        r"is (?:treated|managed) (?:first-line|initially) (?:with|by)",
        r"has first-line (?:treatment|therapy)",
        r"is first treated with",
    ),
    "ameliorates_condition": (r"is (?:relieved|eased|improved|ameliorated|lessened|alleviated|soothed) (?:by|with)",),
    "preventative_for_condition": (r"(?:is|can is|may is) (?:prevented|averted) (?:by|with)",),
    "contraindicated_in": (r"(?:contraindicates?|forbids?|precludes?)(?: use of)?", r"is (?:as )?(?:absolute )?contraindications? (?:to|for)"),
    "exacerbates_condition": (r"(?:is|can is) (?:worsened|aggravated|exacerbated) by",),
    "has_adverse_event": (
        r"is (?:as |among )?(?:\w+ )?(?:adverse|side|unwanted|toxic) (?:effects?|events?|reactions?) (?:of|with|for)",
        r"(?:can|may) is (?:caused|induced|provoked) by",
        r"can follow",
    ),
    "pharmacologically_interacts_with": (r"(?:is as )?interacts? with", r"has (?:\w+ )?interactions? with", r"(?:must|should) not is combined with"),
    "affects": (r"is (?:as )?(?:affected|targeted|bound) by",),
    "produces": (r"is (?:as )?(?:produced|secreted|made|released|elaborated|formed) by",),
    "has_complication": (r"is (?:as |among )?(?:\w+ )?complications? (?:of|for)", r"(?:can |may )?complicates?"),
    "caused_by_deficiency_of": (r"deficiency (?:causes|leads to|results in|produces|underlies)",),
    "antidote_for": (r"has antidotes?", r"is (?:reversed|counteracted|neutrali[sz]ed) (?:by|with)"),
    "transmitted_by": (r"(?:can )?(?:transmits?|spreads?|carr(?:y|ies)|passes on)",),
    "has_clinical_course": (r"is (?:as )?(?:is )?clinical courses? (?:of|for|recorded for)",),
    "has_clinical_modifier": (r"is (?:as )?(?:is )?clinical modifiers? (?:of|for|recorded for)",),
    "has_past_medical_history": (r"is (?:as )?(?:is )?past histor(?:y|ies) (?:of|for|recorded for)",),
    "exact_match": (r"is (?:as )?(?:same(?: thing)? as|another name for|identical to|synonymous with|used here for same thing as)",),
    "close_match": (
        r"closely matches",
        r"is (?:as )?(?:closely related to|nearly same as|same condition here as|understood here as|used here for same thing as)",
    ),
    "broad_match": (r"is (?:as )?broader than", r"takes? in", r"includes?"),
}

_ASPECT = "activity|amount|action|production|synthesis|secretion|release|transport|expression|degradation|breakdown|levels?"
_OF = rf"(?: (?:{_ASPECT})(?: or \w+)? of)?"
_DOWN = r"inhibit|block|antagoni[sz]e|lower|reduce|decrease|suppress|diminish|impair|inactivate|deplete|downregulate|prevent|slow"
_UP = r"activate|stimulate|raise|increase|enhance|augment|promote|boost|potentiate|restore|induce|open|upregulate|agoni[sz]e"
_PAST = r"inhibited|blocked|antagoni[sz]ed|lowered|reduced|decreased|suppressed|diminished|impaired|inactivated|depleted|downregulated|slowed"
_PAST_UP = r"activated|stimulated|raised|increased|enhanced|augmented|promoted|boosted|potentiated|restored|induced|opened|upregulated"
ACTIONS = {  # direction of ``affects`` -> phrasings with the subject left, and with the object left
    "decreased": (
        (rf"(?:{_DOWN})(?:e?s)?{_OF}", r"is (?:[\w-]+ )*(?:inhibitor|antagonist|blocker|inverse agonist)s? (?:of|at)"),
        (rf"(?:activity |amount )?is (?:{_PAST}) by",),
    ),
    "increased": (
        (rf"(?:{_UP})(?:e?s)?{_OF}", r"is (?:[\w-]+ )*(?<!inverse )(?:agonist|activator|stimulator|inducer|opener)s? (?:of|at)"),
        (rf"(?:activity |amount )?is (?:{_PAST_UP}) by",),
    ),
}
ACTIONS |= {"downregulated": ACTIONS["decreased"], "upregulated": ACTIONS["increased"]}

NEGATORS = re.compile(
    r"\b(not|no|never|neither|nor|none|without|cannot|absent|absence|lacks?|lacking|denies|denied|fails?|excludes?|excluded"
    r"|isn't|aren't|doesn't|don't|hardly|unrecorded|unreported|unlikely)\b",
    re.I,
)
INHERENT = re.compile(r"(must|should) not be (used|given|combined)|(from|by|to) (a |the )?lack of|lacking in", re.I)
"""Phrases whose negator belongs to the relation itself, such as "must not be given in" for a contraindication."""
ASPECTS = {
    "activity": ("activity", "action"),
    "abundance": ("amount", "level", "levels"),
    "synthesis": ("production", "synthesis"),
    "secretion": ("secretion", "release"),
    "degradation": ("degradation", "breakdown"),
    "transport": ("transport",),
    "expression": ("expression",),
}
"""How the aspect of what is affected is worded; "activity_or_abundance" is either."""
OF_RECORD = re.compile(r"\b(?:un)?(?:recorded|reported|described|documented|listed|noted)\b", re.I)
IMPOSSIBLE = re.compile(
    r"\b(cannot|can not|can't|could not|impossible|incompatible|never occurs?"
    r"|rul(?:es?|ing|ed) (?:\w+ ){0,4}out|exclud(?:es?|ed|ing)|disprove[sn]?)\b",
    re.I,
)


@cache
def compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases), re.I)


def negated(words: str) -> bool:
    """Tell whether ``words`` carry an odd number of negators, those inherent in a relation aside."""
    return len(NEGATORS.findall(INHERENT.sub(" ", words))) % 2 == 1


@cache
def reduced(words: str) -> str:
    """Return the relation's words without what does not change what is related: number, tense, adverbs, "recorded as"."""
    words = words.lower()
    if not INHERENT.search(words):
        words = NEGATORS.sub(lambda m: m[0] if m[0] == "absent" else " ", words)
    for pattern, replacement in _REDUCED:
        words = re.sub(pattern, replacement, words)
    return words.strip()


def sides(predicate: str, words: str, direction: str = "") -> frozenset[str]:
    """Return which ends of an edge may stand left of the relation ``words``: "subject", "object", both, or none.

    ``direction`` is the object direction qualifier ("increased", "decreased" or empty), which decides the verbs of
    ``affects``. Polarity is not judged here. An empty answer means that the words do not state the predicate.
    """
    phrase = reduced(words)
    active, passive = SUBJECT_LEFT.get(predicate, ()), OBJECT_LEFT.get(predicate, ())
    if predicate == "affects" and direction in ACTIONS:
        active, passive = ((*exact, *wide) for exact, wide in zip(ACTIONS[direction], (active, passive), strict=True))
    found = {side for side, phrases in (("subject", active), ("object", passive)) if phrases and compiled(phrases).fullmatch(phrase)}
    return frozenset(found)


def fits_aspect(words: str, aspect: str) -> bool:
    """Tell whether the relation's words speak of no other aspect of the object than the edge: secretion is not synthesis."""
    every = {word for ways in ASPECTS.values() for word in ways}
    said = every & set(re.findall(r"[a-z]+", words.lower()))
    allowed = {word for name, ways in ASPECTS.items() if name in (aspect or "activity").split("_or_") for word in ways}
    return said <= (allowed | {aspect})
