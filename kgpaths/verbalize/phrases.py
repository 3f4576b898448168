"""How each predicate reads in English, per direction walked, asserted, denied by the source, and missing from the graph.

``{S}`` and ``{O}`` stand for subject and object, brackets hold the words that become the relation's anchor. Verbs
({is}, {has}, {its}, {does}, "cause/s", "{is a:kind}") agree with the end named last before them; {both} stands where it
lists two things. A phrase walked from the object begins with the object wherever English allows, so that a sentence starts
with what the reader knows. Sources that record co-occurrence are read as records; only ``causes`` says "causes".
"""

from __future__ import annotations

from dataclasses import dataclass

from kgpaths.vocabulary import predicate_of

Patterns = tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """The phrases of one predicate. ``forward`` is walked from subject to object, ``inverted`` from object to subject."""

    forward: Patterns
    inverted: Patterns
    denied: Patterns  # a NOT edge
    absent: Patterns  # no edge at all
    occasion: str = "finding"  # what a frequency counts


_KIND = ("{S} [{is a:kind} of] {O}", "{S} [{is a:form} of] {O}", "{S} [{is a:type} of] {O}")
_SAME = "used here for the same thing as"
_EXACT = (_SAME, "identical to", "another name for")
_CLOSE = (_SAME, "the same condition here as", "understood here as")


def _recorded(what: str) -> Reading:
    """Return the reading of HPO's other aspects, which are records of the disease like its findings."""
    return Reading(
        forward=(
            f"{{S}} [{{has}} the recorded {what}] {{O}}",
            f"{{S}} [{{has}} been recorded with the {what}] {{O}}",
            f"{{S}} [{{is}} recorded with the {what}] {{O}}",
        ),
        inverted=(
            f"{{O}} [{{is}} the {what} recorded for] {{S}}",
            f"{{O}} [{{is a:recorded {what}}} of] {{S}}",
            f"{{O}} [{{is a:{what}}} recorded for] {{S}}",
        ),
        denied=(f"{{O}} [{{is}} recorded as not being the {what} of] {{S}}",),
        absent=(f"{{O}} [{{is}} not recorded as {what} for] {{S}}", f"{{O}} [{{is not a:recorded {what}}} of] {{S}}"),
    )


def _matching(words: Patterns) -> Reading:
    """Return the reading of a mapping, which says the same in both directions."""
    return Reading(
        forward=tuple(f"{{S}} [{{is}} {same}] {{O}}" for same in words),
        inverted=tuple(f"{{O}} [{{is}} {same}] {{S}}" for same in words),
        denied=(f"{{S}} [{{is}} not {words[1]}] {{O}}",),
        absent=(f"{{S}} [{{is}} not recorded as {words[1]}] {{O}}",),
    )


READINGS: dict[str, Reading] = {
    "subclass_of": Reading(
        forward=_KIND,
        inverted=_KIND,
        denied=("{S} [{is} not a kind of] {O}",),
        absent=("{S} [{is} not recorded as a kind of] {O}",),
    ),
    "has_phenotype": Reading(
        forward=("{S} [{has} been recorded with] {O}", "{S} [{is} recorded with] {O}", "{S} [present/s with] {O}"),
        inverted=(
            "{O} [{is}{both} recorded for] {S}",
            "{O} [{has}{both} been recorded in] {S}",
            "{O} [{is a:recorded finding} of] {S}",
            "{O} [belong/s to the recorded findings of] {S}",
        ),
        denied=("{O} [{is} recorded as absent in] {S}", "{O} [{is} not a finding of] {S}"),
        absent=("{O} [{is} not recorded for] {S}", "{O} [{has} not been recorded in] {S}", "{O} [{is not a:recorded finding} of] {S}"),
    ),
    "causes": Reading(
        forward=("{S} [cause/s] {O}", "{S} [{is a:cause} of] {O}", "{S} [lead/s to] {O}"),
        inverted=("{O} [{is} caused by] {S}", "{O} [result/s from] {S}", "{O} [can be caused by] {S}"),
        denied=("{S} [{does} not cause] {O}", "{S} [{is} not a cause of] {O}"),
        absent=("{S} [{is} not recorded as a cause of] {O}", "{O} [{is} not recorded as caused by] {S}"),
    ),
    "disease_has_basis_in": Reading(
        forward=("{S} [{has} {its} basis in] {O}", "{S} [rest/s on] {O}", "{S} [result/s from] {O}"),
        inverted=("{O} [underlie/s] {S}", "{O} [{is} the basis of] {S}", "{O} [{is} the mechanism behind] {S}"),
        denied=("{S} [{does} not have its basis in] {O}",),
        absent=("{O} [{is} not recorded as the basis of] {S}", "{O} [{is} not recorded as underlying] {S}"),
    ),
    "associated_with_increased_likelihood_of": Reading(
        forward=("{S} [predispose/s to] {O}", "{S} [increase/s the likelihood of] {O}", "{S} [{is a:risk factor} for] {O}"),
        inverted=("{O} [{is} made more likely by] {S}", "{O} [{is} more common with] {S}", "{O} [{is} more likely with] {S}"),
        denied=("{S} [{does} not increase the likelihood of] {O}",),
        absent=("{S} [{is not a:recorded risk factor} for] {O}", "{S} [{is} not recorded to increase the likelihood of] {O}"),
    ),
    "disease_has_location": Reading(
        forward=("{S} [{is} located in] {O}", "{S} [{is a:disease} of] {O}", "{S} [involve/s] {O}"),
        inverted=("{O} [{is} the site of] {S}", "{O} [{is} the seat of] {S}", "{O} [{is} involved in] {S}"),
        denied=("{S} [{is} not located in] {O}",),
        absent=("{O} [{is} not recorded as a site of] {S}",),
    ),
    "has_mode_of_inheritance": Reading(  # the writer names the object without the word: "autosomal recessive"
        forward=("{S} [follow/s] {O} inheritance", "{S} [show/s] {O} inheritance", "{S} [{has}] {O} inheritance"),
        inverted=(
            "{O} inheritance [{is} recorded for] {S}",
            "{O} inheritance [{is} the mode of inheritance of] {S}",
            "{O} inheritance [{is} described for] {S}",
        ),
        denied=("{O} inheritance [{is} not the mode of inheritance of] {S}",),
        absent=("{O} inheritance [{is} not recorded for] {S}", "{O} inheritance [{is} not described for] {S}"),
    ),
    "gene_associated_with_condition": Reading(
        forward=("{S} [{is} associated with] {O}", "{S} [{is} linked to] {O}", "The gene {S} [{is} associated with] {O}"),
        inverted=("{O} [{is} associated with] {S}", "{O} [{is} associated with the gene] {S}", "{O} [{is} linked to] {S}"),
        denied=("{S} [{is} not associated with] {O}",),
        absent=("{S} [{is} not recorded as associated with] {O}",),
    ),
    "biomarker_for": Reading(
        forward=("{S} [{is a:biomarker} for] {O}", "{S} [{is a:marker} of] {O}", "{S} [serve/s as a marker of] {O}"),
        inverted=("{O} [{has} the biomarker] {S}", "{O} [{has} the marker] {S}", "{O} [{is} marked by] {S}"),
        denied=("{S} [{is} not a biomarker for] {O}",),
        absent=("{S} [{is not a:recorded biomarker} for] {O}", "{S} [{is not a:recorded marker} of] {O}"),
    ),
    "diagnoses": Reading(
        forward=("{S} [diagnose/s] {O}", "{S} [{is} used to diagnose] {O}", "{S} [establish/es the diagnosis of] {O}"),
        inverted=("{O} [{is} diagnosed by] {S}", "{O} [{is} diagnosed with] {S}", "{O} [{is} confirmed by] {S}"),
        denied=("{S} [{does} not diagnose] {O}",),
        absent=("{S} [{is} not recorded as a test for] {O}", "{S} [{is} not recorded to diagnose] {O}"),
    ),
    "treats": Reading(
        forward=("{S} [treat/s] {O}", "{S} [{is a:treatment} for] {O}", "{S} [{is} used to treat] {O}"),
        inverted=("{O} [{is} treated with] {S}", "{O} [can be treated with] {S}", "{O} [{is} managed with] {S}"),
        denied=("{S} [{does} not treat] {O}", "{S} [{is} not a treatment for] {O}"),
        absent=("{S} [{is} not recorded as a treatment for] {O}", "{S} [{is} not recorded to treat] {O}"),
    ),
    "first_line_treatment_for": Reading(
        forward=(
            "{S} [{is} first-line treatment for] {O}",
            "{S} [{is} the treatment of first choice for] {O}",
            "{S} [{is} the first-line choice for] {O}",
        ),
        inverted=("{O} [{is} treated first-line with] {S}", "For {O}, {S} [{is} first-line treatment]", "{O} [{has} the first-line treatment] {S}"),
        denied=("{S} [{is} not first-line treatment for] {O}",),
        absent=("{S} [{is} not recorded as first-line treatment for] {O}", "{S} [{is} not recorded as the first-line treatment for] {O}"),
    ),
    "ameliorates_condition": Reading(
        forward=("{S} [relieve/s] {O}", "{S} [{is} used to relieve] {O}", "{S} [ease/s] {O}"),
        inverted=("{O} [{is} relieved by] {S}", "{O} [{is} eased by] {S}", "{O} [{is} alleviated by] {S}"),
        denied=("{S} [{does} not relieve] {O}",),
        absent=("{S} [{is} not recorded to relieve] {O}",),
    ),
    "preventative_for_condition": Reading(
        forward=("{S} [prevent/s] {O}", "{S} [{is} used to prevent] {O}", "{S} [protect/s against] {O}"),
        inverted=("{O} [{is} prevented by] {S}", "{O} [can be prevented by] {S}", "{O} [can be averted with] {S}"),
        denied=("{S} [{does} not prevent] {O}",),
        absent=("{S} [{is} not recorded to prevent] {O}", "{S} [{is} not recorded as preventive for] {O}"),
    ),
    "contraindicated_in": Reading(
        forward=("{S} [{is} contraindicated in] {O}", "{S} [must not be used in] {O}", "{S} [should not be given in] {O}"),
        inverted=("{O} [contraindicate/s] {S}", "{O} [{is a:contraindication} to] {S}", "{O} [preclude/s the use of] {S}"),
        denied=("{S} [{is} not contraindicated in] {O}",),
        absent=("{S} [{is} not recorded as contraindicated in] {O}", "{O} [{is not a:recorded contraindication} to] {S}"),
    ),
    "exacerbates_condition": Reading(
        forward=("{S} [worsen/s] {O}", "{S} [exacerbate/s] {O}", "{S} [aggravate/s] {O}"),
        inverted=("{O} [{is} worsened by] {S}", "{O} [{is} exacerbated by] {S}", "{O} [{is} aggravated by] {S}"),
        denied=("{S} [{does} not worsen] {O}",),
        absent=("{S} [{is} not recorded to worsen] {O}",),
    ),
    "has_adverse_event": Reading(
        forward=("{S} [{has} the recognized adverse effect] {O}", "{S} [{is} known to cause] {O}", "{S} [can cause] {O}"),
        inverted=(
            "{O} [{is a:recognized adverse effect} of] {S}",
            "{O} [{is a:adverse effect} of] {S}",
            "{O} [can be caused by] {S}",
        ),
        denied=("{O} [{is} not an adverse effect of] {S}",),
        absent=("{O} [{is not a:recorded adverse effect} of] {S}", "{O} [{is} not recorded among the adverse effects of] {S}"),
        occasion="effect",
    ),
    "pharmacologically_interacts_with": Reading(
        forward=("{S} [interact/s with] {O}", "{S} [{has} a drug interaction with] {O}", "{S} [{is} known to interact with] {O}"),
        inverted=("{O} [interact/s with] {S}", "{O} [{has} a drug interaction with] {S}", "{O} [{is} known to interact with] {S}"),
        denied=("{S} [{does} not interact with] {O}",),
        absent=("{S} [{is} not recorded to interact with] {O}",),
    ),
    "affects": Reading(
        forward=("{S} [affect/s] {O}", "{S} [act/s on] {O}", "{S} [target/s] {O}"),
        inverted=("{O} [{is} affected by] {S}", "{S} [affect/s] {O}", "{S} [act/s on] {O}"),
        denied=("{S} [{does} not affect] {O}",),
        absent=("{S} [{is} not recorded to act on] {O}", "{O} [{is} not recorded as affected by] {S}"),
    ),
    "produces": Reading(
        forward=("{S} [produce/s] {O}", "{S} [make/s] {O}", "{S} [{is a:source} of] {O}"),
        inverted=("{O} [{is} produced by] {S}", "{O} [{is} made by] {S}", "{O} [{is} released by] {S}"),
        denied=("{S} [{does} not produce] {O}",),
        absent=("{S} [{is} not recorded to produce] {O}",),
    ),
    "has_complication": Reading(
        forward=("{S} [{has} the complication] {O}", "{S} [{is} known to be complicated by] {O}", "{S} [can be complicated by] {O}"),
        inverted=("{O} [{is a:complication} of] {S}", "{O} [{is a:recognized complication} of] {S}", "{O} [can complicate] {S}"),
        denied=("{O} [{is} not a complication of] {S}",),
        absent=("{O} [{is not a:recorded complication} of] {S}", "{O} [{is} not recorded among the complications of] {S}"),
    ),
    "caused_by_deficiency_of": Reading(
        forward=("{S} [{is} caused by deficiency of] {O}", "{S} [result/s from a lack of] {O}", "{S} [{is} due to deficiency of] {O}"),
        inverted=("{S} [{is} caused by deficiency of] {O}", "{S} [result/s from a lack of] {O}", "{S} [{is} due to deficiency of] {O}"),
        denied=("{S} [{is} not caused by deficiency of] {O}",),
        absent=("{S} [{is} not recorded as caused by deficiency of] {O}",),
    ),
    "antidote_for": Reading(
        forward=("{S} [{is} the antidote for] {O}", "{S} [{is} an antidote to] {O}", "{S} [{is} the recognized antidote for] {O}"),
        inverted=("{O} [{has} the antidote] {S}", "{S} [{is} an antidote to] {O}", "{S} [{is} the antidote for] {O}"),
        denied=("{S} [{is} not an antidote for] {O}",),
        absent=("{S} [{is} not recorded as an antidote for] {O}",),
    ),
    "transmitted_by": Reading(
        forward=("{S} [{is} transmitted by] {O}", "{S} [{is} acquired through] {O}", "{S} [{is} spread by] {O}"),
        inverted=("{O} [transmit/s] {S}", "{O} [can transmit] {S}", "{O} [spread/s] {S}"),
        denied=("{S} [{is} not transmitted by] {O}",),
        absent=("{S} [{is} not recorded as transmitted by] {O}",),
    ),
    "has_clinical_course": _recorded("clinical course"),
    "has_clinical_modifier": _recorded("clinical modifier"),
    "has_past_medical_history": _recorded("past history"),
    "exact_match": _matching(_EXACT),
    "close_match": _matching(_CLOSE),
    "broad_match": Reading(
        forward=("{S} [{is} narrower than] {O}", "{S} [{is} a narrower term than] {O}", "{S} [fall/s under] {O}"),
        inverted=("{O} [{is} broader than] {S}", "{O} [include/s] {S}", "{O} [take/s in] {S}"),
        denied=("{S} [{is} not narrower than] {O}",),
        absent=("{S} [{is} not recorded as narrower than] {O}",),
    ),
}


def reading(predicate: str) -> Reading:
    """Return the phrases of ``predicate``; one without phrases of its own, such as a coding rule, is read by its short form."""
    if predicate in READINGS:
        return READINGS[predicate]
    short = predicate_of(predicate)
    return Reading(
        forward=(f"{{S}} [{short.reads}] {{O}}",),
        inverted=(f"{{O}} [{short.reads_inverse}] {{S}}",),
        denied=(f"It is not so that {{S}} [{short.reads}] {{O}}",),
        absent=(f"It is not recorded that {{S}} [{short.reads}] {{O}}",),
    )


# what ``affects`` says when its mechanism alone tells aspect and direction: active verbs, passive verbs, the direction implied
MECHANISMS: dict[str, tuple[Patterns, Patterns, str]] = {
    "inhibition": (("inhibit/s", "{is a:inhibitor} of", "block/s"), ("{is} inhibited by", "{is} blocked by"), "decreased"),
    "activation": (("activate/s", "{is a:activator} of", "stimulate/s"), ("{is} activated by", "{is} stimulated by"), "increased"),
    "agonism": (("{is a:agonist} at", "stimulate/s", "{is a:agonist} of"), ("{is} stimulated by",), "increased"),
    "antagonism": (("{is a:antagonist} at", "antagonize/s", "block/s"), ("{is} blocked by", "{is} antagonized by"), "decreased"),
    "partial_agonism": (("{is a:partial agonist} at", "{is a:partial agonist} of"), (), "increased"),
    "inverse_agonism": (("{is a:inverse agonist} at", "{is a:inverse agonist} of"), (), "decreased"),
    "molecular_channel_blockage": (("block/s", "{is a:blocker} of", "inhibit/s"), ("{is} blocked by", "{is} inhibited by"), "decreased"),
    "molecular_channel_opening": (("open/s", "activate/s"), ("{is} opened by", "{is} activated by"), "increased"),
    "potentiation": (("potentiate/s", "enhance/s the action of"), ("{is} potentiated by",), "increased"),
    "stimulation": (("stimulate/s", "activate/s"), ("{is} stimulated by", "{is} activated by"), "increased"),
    "inducer": (("induce/s", "{is a:inducer} of"), ("{is} induced by",), "increased"),
    "binding": (("bind/s to", "bind/s"), (), ""),
}
DIRECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "increased": (("increase/s", "increased"), ("raise/s", "raised"), ("enhance/s", "enhanced")),
    "decreased": (("decrease/s", "decreased"), ("reduce/s", "reduced"), ("lower/s", "lowered")),
    "upregulated": (("upregulate/s", "upregulated"),),
    "downregulated": (("downregulate/s", "downregulated"),),
}
ASPECTS: dict[str, str] = {"activity_or_abundance": "activity or amount", "abundance": "amount"}
