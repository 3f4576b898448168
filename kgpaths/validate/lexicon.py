"""How relations are worded in English, for reading: which phrase may state which predicate, and in which direction.

This lexicon is the validator's own. It is written from how clinicians write, not from how our writers phrase things, so
that a writer's slip cannot be excused by the same slip here.
"""

from __future__ import annotations

import re
from functools import cache

# predicate -> phrasings whose edge subject stands to the left of the phrase, and those whose edge object does
SUBJECT_LEFT: dict[str, tuple[str, ...]] = {
    "subclass_of": (r"(is|are|being)( itself)? (a|one)( \w+)? (kind|form|type|subtype|variety|sort)s? of", r"(is|are) (a|an) instance of", r"belongs? to", r"(is|are) among"),
    "has_phenotype": (
        r"(is|are|has been|have been) (recorded|reported|described|documented|known) (with|to (have|show|present with|feature))",
        r"(may |can |often |typically |commonly |sometimes |occasionally )?(present|manifest)s? (with|as)",
        r"(is|are) characteri[sz]ed by",
        r"(shows?|features?|includes?|has|have|produces?)( the (finding|sign|symptom)s?( of)?)?",
        r"(is|are) (accompanied|marked) by",
        r"lists?( the (finding|sign|symptom)s?( of)?)?",
    ),
    "causes": (r"causes?", r"(is|are) (a|the)( \w+)? causes? of", r"leads? to", r"results? in", r"brings? about", r"(is|are) responsible for", r"gives? rise to", r"produces?"),
    "disease_has_basis_in": (r"(is|are|being) (based|rooted) (in|on)", r"(has|have|having) (its|their) basis in", r"rests? on", r"(arises?|results?|stems?|comes?) from", r"(is|are) (due|owing) to", r"reflects?", r"(is|are) driven by"),
    "associated_with_increased_likelihood_of": (
        r"(increases?|raises?) the (likelihood|risk|chances?|odds) of",
        r"(is|are) (a|an)( \w+)? risk factors? for",
        r"predisposes?( a patient| patients| people)? to",
        r"makes? .{1,60} more likely",
        r"(is|are) (linked|associated) with (an increased|a higher|a greater|increased|higher) (likelihood|risk) of",
        r"favou?rs?",
    ),
    "disease_has_location": (r"affects?", r"involves?", r"(is|are) located in", r"(is|are) (a )?diseases? of", r"strikes?", r"(arises?|occurs?|sits?) in"),
    "has_mode_of_inheritance": (r"(is|are) (inherited|transmitted|passed on)( in an?| as an?| through| by| with)?", r"(follows?|shows?|has|have)( an?)?", r"runs? in families as"),
    "gene_associated_with_condition": (r"(is|are|has been|have been) (associated|linked|connected) (with|to)", r"(is|are) (a|the) genes? (associated|linked) (with|to)"),
    "biomarker_for": (r"(is|are) (a |an )?((\w+ )?bio)?(\w+ )?markers? (for|of)", r"(is|are) (a |an )?(\w+ )?biomarkers? (for|of)", r"points? to", r"marks?", r"serves? as (a )?(bio)?markers? (for|of)"),
    "diagnoses": (r"(diagnoses|diagnose|confirms?|establish(es)?|identif(y|ies)|detects?)( the diagnosis of)?", r"(is|are)( used)? (to|for) (diagnose|diagnosing|confirm|confirming)", r"(is|are) (a |the )?(\w+ )?tests? (for|of)"),
    "treats": (r"treats?", r"(is|are) (used|given|an? \w+ (treatment|therapy|drug)|an? (accepted |recogni[sz]ed |established )?(treatment|therapy)|treatments?)( (to treat|for|in|of))?", r"(is|are) used (to treat|against)"),
    "first_line_treatment_for": (
        r"(is|are) (the |a )?first[- ]line( \w+)? (for|in|against|of)",
        r"(is|are) (the |a )?first[- ]line (treatment|therapy|drug|choice|agent|option)s?( (for|in|against|of))?",
        r"(is|are) (the )?(preferred|initial|first) (treatment|therapy|choice)( (for|in|of))?",
        r"(is|are) (the )?(drug|treatment|therapy|agent) of (first )?choice (for|in|against)",
        r"treats? .{0,40}first[- ]line",
    ),
    "ameliorates_condition": (r"(relieves?|eases?|improves?|ameliorates?|lessens?|reduces?|soothes?|alleviates?)( the symptoms of)?", r"gives? (symptomatic )?relief (from|of|in)"),
    "preventative_for_condition": (r"(prevents?|protects?( \w+)? (against|from)|averts?)", r"(is|are) (used |given )?(to prevent|as prophylaxis (against|for)|prophylaxis (against|for)|prophylactic against|preventive (against|for|of))", r"(lowers?|reduces?) the risk of"),
    "contraindicated_in": (r"(is|are) contraindicated (in|for|with|during|by)", r"(must|should) (not be|never be) (used|given)( (in|during|with|for))?", r"(should|must) be avoided (in|during|with)", r"(is|are) (to be )?avoided (in|during|with)"),
    "exacerbates_condition": (r"(worsens?|aggravates?|exacerbates?)", r"makes? .{1,60} worse", r"(can|may) (worsen|aggravate|exacerbate)"),
    "has_adverse_event": (
        r"(has|have)( as)?( an?| the)?( \w+)? (adverse|side|unwanted|toxic) (effects?|events?|reactions?)( (of|such as|is|are))?",
        r"(can|may|is known to|are known to|is recognized to|are recognized to) (cause|produce|lead to|induce|provoke|result in|be complicated by)",
        r"(is|are) known to (cause|produce)",
        r"(has|have) the (recogni[sz]ed |known |recorded )?adverse (effect|event)s?( of)?",
        r"(is|are) (recorded|reported|documented|known) (as a cause of|with the adverse (effect|event)s?( of)?)",
        r"(is|are) complicated by",
        r"lists?( the)? (adverse|side) (effects?|events?)( of)?",
    ),
    "pharmacologically_interacts_with": (r"interacts?( \w+)? with", r"(has|have) a(n| known| recorded| clinically important)?( \w+)? interactions? with", r"(must|should) not be combined with"),
    "produces": (r"(produces?|secretes?|makes?|releases?|elaborates?|forms?)", r"(is|are) (a|the) sources? of"),
    "has_complication": (r"(has|have)( as)?( an?| the)?( \w+)? complications?( (of|such as))?", r"(can|may) (lead to|progress to|be complicated by|result in)", r"(is|are) complicated by", r"(is|are) known to be complicated by"),
    "caused_by_deficiency_of": (r"(is|are|being) (caused|brought about|explained|produced) by( a| an| the)? (deficiency|lack|deficit|shortage) (of|in)", r"(results?|arises?|stems?|comes?) from( a| an| the)? (deficiency|lack|deficit|shortage) (of|in)", r"(is|are) due to( a| an| the)? (deficiency|lack|deficit|shortage) (of|in)"),
    "antidote_for": (r"(is|are)( an?| the)?( \w+)? antidotes? (for|to|against|in)", r"(reverses?|counteracts?|antagoni[sz]es|neutrali[sz]es)( the (effects?|toxicity) of)?"),
    "transmitted_by": (r"(is|are) (transmitted|spread|carried|passed on|acquired|conveyed)( to humans)? (by|through|from|via|with)", r"spreads? (by|through|via)"),
    "has_clinical_course": (r"(has|have|follows?|takes?|shows?)( an?)?( clinical)?( course( of| that is)?)?", r"(is|are)"),
    "has_clinical_modifier": (r"(is|are|has|have)( described as)?",),
    "has_past_medical_history": (r"(has|have) .{0,30}past( medical)? history( of)?",),
    "exact_match": (r"(is|are) (the same( thing)? as|another name for|identical to|used here for the same thing as)", r"means? the same as", r"(is|are) synonymous with"),
    "close_match": (r"(closely )?(corresponds?|matches) (closely )?(to|with)?", r"(is|are) (closely related to|much the same as|nearly the same as|the same finding as|used here for the same thing as)", r"(is|are) (taken|understood|read) (here )?as"),
    "broad_match": (r"(is|are) (a )?(narrower|more specific)( \w+)? (than|form of)", r"falls? under", r"(is|are) (a|one) (kind|form|type) of"),
}  # fmt: skip
OBJECT_LEFT: dict[str, tuple[str, ...]] = {
    "subclass_of": (r"includes?", r"(has|have) (as )?(a )?(kinds?|forms?|subtypes?)",),
    "has_phenotype": (
        r"(is|are|has been|have been|is also|are also|is both|are both|are all|is likewise|are likewise)?( \w+)?( both| all| also)? ?(recorded|reported|described|documented|listed|noted|seen|found|observed|known)( \w+)? (for|in|with|as (a|an)? ?(\w+ )?(findings?|signs?|symptoms?|features?) (of|in))",
        r"(is|are) (a |an )?((\w+ )?)(findings?|signs?|symptoms?|features?|manifestations?|phenotypes?)( \w+)? (of|in|for|recorded for)",
        r"(occurs?|appears?)( \w+)? in",
        r"belongs? to the (recorded )?(picture|findings|features|signs) of",
        r"(fits?|is in keeping with|are in keeping with|is compatible with|are compatible with|is consistent with|are consistent with)",
    ),
    "causes": (r"(is|are|can be|may be) (caused|brought about|produced) by", r"(results?|arises?|stems?) from", r"(is|are) due to"),
    "disease_has_basis_in": (r"(underlies|underlie)", r"(is|are) (the|a) (basis|mechanism) (of|behind)", r"explains?", r"drives?"),
    "associated_with_increased_likelihood_of": (r"(is|are) (made )?more (likely|common) (with|in|after|by)", r"(is|are) favou?red by", r"(has|have)( as)? (a |an )?(\w+ )?risk factors?"),
    "disease_has_location": (r"(is|are) (the )?(sites?|seats?) of", r"(is|are) (affected|involved) (by|in)"),
    "has_mode_of_inheritance": (r"(is|are) (the|a) (mode|pattern)s? of inheritance (of|for|recorded for)", r"(inheritance )?(is|are) (recorded|described|reported) for", r"inheritance (is|applies)"),
    "gene_associated_with_condition": (r"(is|are|has been|have been) (associated|linked|connected) (with|to)( the gene| changes in| variants in| variants of)?", r"(has|have)( as)? an? (associated )?gene"),
    "biomarker_for": (r"(has|have)( as)?( an?)?( \w+)? (bio)?markers?", r"(is|are) marked by"),
    "diagnoses": (r"(is|are) (diagnosed|confirmed|established|identified|detected) (by|with|through|on)",),
    "treats": (r"(is|are|can be|may be) (treated|managed) (with|by)", r"(has|have)( as)?( an?)?( accepted)? (treatment|therapy)"),
    "first_line_treatment_for": (r"(is|are) (treated|managed)( \w+)?,? (first[- ]line|first|initially)( with| by)?", r"(has|have)( as)?( its| their| the)? ?first[- ]line (treatment|therapy)", r"calls? (first )?for", r"(is|are) first treated with"),
    "ameliorates_condition": (r"(is|are) (relieved|eased|improved|ameliorated|lessened|alleviated|soothed) (by|with)",),
    "preventative_for_condition": (r"(is|are|can be) (prevented|averted) (by|with)",),
    "contraindicated_in": (r"contraindicates?", r"(rules? out|forbids?|precludes?|argues? against)( the use of)?", r"(is|are) a(n absolute)? contraindications? (to|for)"),
    "exacerbates_condition": (r"(is|are|can be) (worsened|aggravated|exacerbated) by",),
    "has_adverse_event": (r"(is|are) (a |an )?((\w+ )+)?(adverse|side|unwanted|toxic) (effects?|events?|reactions?) (of|with|for)", r"(is|are) (recorded|reported|documented|known|recogni[sz]ed) (with|as an? (\w+ )?(adverse|side) (effect|event)s? (of|for))", r"can follow", r"(is|are|can be) (caused|induced|provoked) by"),
    "pharmacologically_interacts_with": (r"interacts?( \w+)? with", r"(has|have) a(n| known| recorded| clinically important)?( \w+)? interactions? with", r"(must|should) not be combined with"),
    "produces": (r"(is|are) (produced|secreted|made|released|elaborated|formed) by",),
    "has_complication": (r"(is|are) (a |an )?((\w+ )?)complications? (of|recorded for)", r"(can|may) complicate", r"complicates?"),
    "caused_by_deficiency_of": (r"deficiency (causes|leads to|results in|produces|underlies)", r"causes?( by its (deficiency|lack))?", r"(is|are) (deficient|lacking) in"),
    "antidote_for": (r"(has|have)( as)?( its| their| an| the)? ?antidotes?", r"(is|are) (reversed|counteracted|neutrali[sz]ed|antagoni[sz]ed) (by|with)"),
    "transmitted_by": (r"(transmits?|spreads?|carr(y|ies)|passes on)",),
    "has_clinical_course": (r"(is|are) (the )?(recorded )?(clinical )?courses? (of|for)",),
    "has_clinical_modifier": (r"(describes?|modif(y|ies)|(is|are) recorded (for|of))",),
    "has_past_medical_history": (r"(is|are) .{0,30}past( medical)? history of",),
    "exact_match": SUBJECT_LEFT["exact_match"],
    "close_match": SUBJECT_LEFT["close_match"],
    "broad_match": (r"(is|are) broader than", r"includes?", r"takes? in"),
}  # fmt: skip

ACTIONS = {
    # (direction, mechanism) of `affects` -> verbs that state it; subject left
    "decreased": (r"inhibits?", r"blocks?", r"antagoni[sz]es?", r"(lowers?|reduces?|decreases?|suppress(es)?|diminish(es)?|impairs?|inactivates?|depletes?|degrades?)", r"(is|are) (a|an)( \w+)*? (inhibitor|antagonist|blocker)s? (of|at)", r"downregulates?", r"prevents?"),
    "increased": (r"activates?", r"stimulates?", r"(raises?|increases?|enhances?|augments?|promotes?|boosts?|potentiates?|restores?|induces?|prolongs?|opens?)", r"(is|are) (a|an)( \w+)*? (agonist|activator|stimulator|inducer)s? (of|at)", r"upregulates?", r"agoni[sz]es"),
}  # fmt: skip
PASSIVE_ACTIONS = {
    "decreased": (r"(is|are) (inhibited|blocked|antagoni[sz]ed|lowered|reduced|decreased|suppressed|inactivated|impaired|depleted|diminished|degraded|downregulated) by",),
    "increased": (r"(is|are) (activated|stimulated|raised|increased|enhanced|augmented|promoted|potentiated|restored|induced|upregulated|opened|boosted) by",),
}  # fmt: skip

NEGATORS = re.compile(
    r"\b(not|no|never|neither|nor|none|without|cannot|absent|absence|lacks?|lacking|denies|denied|fails?|excludes?|excluded|isn't|aren't|doesn't|don't|hardly|un(recorded|reported|likely))\b",
    re.I,
)
INHERENT = re.compile(r"(must|should) (not be|never be) (used|given|combined)|lack of|lacking in", re.I)
"""Phrases whose negator belongs to the relation itself, such as "must not be given in" for a contraindication."""
IMPOSSIBLE = re.compile(r"\b(cannot|can not|can't|impossible|never occurs?|rules? out|excludes?)\b", re.I)


@cache
def compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")\b", re.I)


def negated(words: str) -> bool:
    """Tell whether ``words`` carry an odd number of negators, those inherent in a relation aside."""
    return len(NEGATORS.findall(INHERENT.sub(" ", words))) % 2 == 1


def positive(words: str) -> str:
    """Return ``words`` without their negators, so that the phrase under a negation can be recognised."""
    if INHERENT.search(words):
        return words
    without = NEGATORS.sub(" ", re.sub(r"\b(does|do|did|has|have) not (been )?(\w+)", r"\1 \2\3", words))
    without = re.sub(r"\b(does|do|did) (\w+)", r"\2", without)
    return re.sub(r"\s+", " ", without).strip()


def sides(predicate: str, words: str, direction: str = "") -> frozenset[str]:
    """Return which ends of an edge may stand left of the relation ``words``: "subject", "object", both, or none.

    ``direction`` is the object direction qualifier ("increased", "decreased" or empty), which decides the verbs of
    ``affects``. An empty answer means that the words do not state the predicate.
    """
    words = re.sub(r"\s+", " ", words)
    if predicate == "affects":
        active, passive = (
            ACTIONS.get(direction, (r"affects?", r"acts? on", r"binds?( to)?", r"targets?")),
            PASSIVE_ACTIONS.get(direction, (r"(is|are) affected by",)),
        )
    else:
        active, passive = SUBJECT_LEFT.get(predicate, ()), OBJECT_LEFT.get(predicate, ())
    found = set()
    if active and compiled(active).search(words):
        found.add("subject")
    if passive and compiled(passive).search(words):
        found.add("object")
    return frozenset(found)
