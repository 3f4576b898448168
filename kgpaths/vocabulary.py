"""Categories and predicates: what may relate to what, in which direction, and whether it speaks for or against.

Names are Biolink's (a test holds them against the model file of the ``biolink-model`` wheel). What Biolink lacks is
ours, with the reason. How a predicate reads in prose is the writer's affair; ``reads`` is the short form for chains.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Polarity = Literal["supports", "opposes", "neutral"]
Role = Literal["clinical", "context", "taxonomy", "mapping", "coding", "other"]
"""What a relation is for. Of ``other`` ones the graph keeps what its source says; they are neither walked nor told."""


def _biolink(name: str) -> list[dict[str, str]]:
    """Return a table that ``docs/make_biolink.py`` draws from the Biolink model."""
    text = (files("kgpaths") / "biolink" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


CATEGORIES: dict[str, tuple[str, ...]] = {row["class"]: tuple(filter(None, row["ancestors"].split("|"))) for row in _biolink("classes.tsv")}
"""Category -> its ancestors, nearest first: Biolink's named things, mixins included."""


@dataclass(frozen=True)
class Predicate:
    """One relation type. ``domain`` and ``range`` are categories; a concept fits when it or an ancestor is among them."""

    name: str
    inverse: str  # its own name where symmetric
    domain: tuple[str, ...]
    range: tuple[str, ...]
    reads: str
    reads_inverse: str
    polarity: Polarity = "supports"
    role: Role = "clinical"
    symmetric: bool = False
    transitive: bool = False
    ours: str = ""  # why Biolink's vocabulary does not do; empty for Biolink's own


ANY = ("NamedThing",)
CONDITION = ("DiseaseOrPhenotypicFeature",)
REMEDY = ("ChemicalOrDrugOrTreatment",)
MOLECULE = ("ChemicalEntityOrGeneOrGeneProduct",)
CODE = ("InformationContentEntity",)

_PREDICATES = (
    Predicate("subclass_of", "superclass_of", ANY, ANY, "is a kind of", "includes", role="taxonomy", transitive=True),
    Predicate("has_phenotype", "phenotype_of", ("BiologicalEntity",), ("PhenotypicFeature",), "has phenotype", "is a phenotype of"),
    Predicate("causes", "caused_by", ANY, ANY, "causes", "is caused by"),
    Predicate("disease_has_basis_in", "occurs_in_disease", ANY, ANY, "has its basis in", "underlies"),
    Predicate(
        "associated_with_increased_likelihood_of",
        "increased_likelihood_associated_with",
        ANY,
        ANY,
        "increases the likelihood of",
        "is made more likely by",
    ),
    Predicate("disease_has_location", "location_of_disease", ANY, ANY, "is located in", "is the site of"),
    Predicate("has_mode_of_inheritance", "mode_of_inheritance_of", CONDITION, ("GeneticInheritance",), "is inherited by", "is the inheritance of"),
    Predicate(
        "gene_associated_with_condition", "condition_associated_with_gene", ("Gene",), CONDITION, "is associated with", "is associated with gene"
    ),
    Predicate("biomarker_for", "has_biomarker", MOLECULE, CONDITION, "is a biomarker for", "has biomarker"),
    Predicate("diagnoses", "is_diagnosed_by", ("DiagnosticAid",), CONDITION, "diagnoses", "is diagnosed by"),
    Predicate("treats", "treated_by", REMEDY, CONDITION, "treats", "is treated by"),
    Predicate("ameliorates_condition", "condition_ameliorated_by", REMEDY, CONDITION, "relieves", "is relieved by"),
    Predicate("preventative_for_condition", "has_preventative_intervention", REMEDY, CONDITION, "prevents", "is prevented by"),
    Predicate(
        "contraindicated_in", "has_contraindication", REMEDY, ("BiologicalEntity",), "is contraindicated in", "contraindicates", polarity="opposes"
    ),
    Predicate("exacerbates_condition", "condition_exacerbated_by", REMEDY, CONDITION, "worsens", "is worsened by", polarity="opposes"),
    Predicate("has_adverse_event", "adverse_event_of", REMEDY, CONDITION, "has adverse event", "is an adverse event of"),
    Predicate(
        "pharmacologically_interacts_with",
        "pharmacologically_interacts_with",
        ("ChemicalEntity",),
        ("ChemicalEntity",),
        "interacts with",
        "interacts with",
        symmetric=True,
    ),
    Predicate("affects", "affected_by", ANY, ANY, "affects", "is affected by"),
    Predicate("produces", "produced_by", ANY, ANY, "produces", "is produced by"),
    # Biolink has nothing for these
    Predicate(
        "first_line_treatment_for",
        "has_first_line_treatment",
        REMEDY,
        CONDITION,
        "is first-line treatment for",
        "has first-line treatment",
        ours="Biolink's treats says nothing of the line of treatment",
    ),
    Predicate(
        "has_complication",
        "complication_of",
        CONDITION,
        CONDITION,
        "has complication",
        "is a complication of",
        ours="Biolink has no complication; causes would claim more than the sources do",
    ),
    Predicate(
        "caused_by_deficiency_of",
        "deficiency_causes",
        CONDITION,
        MOLECULE,
        "is caused by deficiency of",
        "causes by its deficiency",
        ours="Biolink can say that a thing is lacking, not that the lack causes a disease",
    ),
    Predicate(
        "antidote_for",
        "has_antidote",
        ("ChemicalEntity",),
        ("ChemicalEntity",),
        "is an antidote for",
        "has antidote",
        ours="Biolink relates treatments to conditions, not to the poison",
    ),
    Predicate(
        "transmitted_by",
        "transmits",
        ANY,
        ANY,
        "is transmitted by",
        "transmits",
        ours="Biolink has no predicate from a pathogen to its vector or route",
    ),
    Predicate(
        "has_clinical_course",
        "clinical_course_of",
        CONDITION,
        ("ClinicalCourse",),
        "has clinical course",
        "is the clinical course of",
        ours="HPO aspect C; Biolink keeps course and onset as qualifiers only",
    ),
    Predicate(
        "has_clinical_modifier",
        "clinical_modifier_of",
        CONDITION,
        ("ClinicalModifier",),
        "has clinical modifier",
        "modifies",
        ours="HPO aspect M; Biolink keeps modifiers as qualifiers only",
    ),
    Predicate(
        "has_past_medical_history",
        "past_medical_history_of",
        CONDITION,
        ("PhenotypicFeature",),
        "has in its past history",
        "is in the past history of",
        ours="HPO aspect H; a past event is no present phenotype",
    ),
    # context: never walked and never told; it only makes "is not recorded" untrue of its ends, whatever the relation
    Predicate(
        "may_be_related_to",
        "may_be_related_to",
        ANY,
        ANY,
        "may be related to",
        "may be related to",
        role="context",
        polarity="neutral",
        symmetric=True,
        ours="Biolink's related_to claims a relation; this one holds rarely, in part or under a condition, as a finding of a late stage does",
    ),
    # mappings: the ends are the same or nearly the same thing
    Predicate(
        "exact_match",
        "exact_match",
        ANY,
        ANY,
        "is the same as",
        "is the same as",
        role="mapping",
        polarity="neutral",
        symmetric=True,
        transitive=True,
    ),
    Predicate("close_match", "close_match", ANY, ANY, "closely matches", "closely matches", role="mapping", polarity="neutral", symmetric=True),
    Predicate("broad_match", "narrow_match", ANY, ANY, "is narrower than", "is broader than", role="mapping", polarity="neutral"),
    # ICD's coding rules: never support, never contradict, never a hop unless asked for
    *(
        Predicate(
            name,
            inverse,
            CODE,
            CODE,
            reads,
            reads_inverse,
            role="coding",
            polarity="neutral",
            symmetric=False,
            ours="ICD coding notes are outside Biolink",
        )
        for name, inverse, reads, reads_inverse in (
            ("icd_excludes1", "icd_excluded1_by", "excludes (type 1)", "is excluded (type 1) by"),
            ("icd_excludes2", "icd_excluded2_by", "excludes (type 2)", "is excluded (type 2) by"),
            ("icd_code_first", "icd_coded_first_for", "asks to code first", "is coded first for"),
            ("icd_use_additional", "icd_additional_for", "asks to use additionally", "is used additionally for"),
            ("icd_code_also", "icd_coded_also_for", "asks to code also", "is coded also for"),
        )
    ),
)

PREDICATES: dict[str, Predicate] = {p.name: p for p in _PREDICATES}
"""The relations we know how to walk and to tell."""

_SLOTS = {row["predicate"]: row for row in _biolink("predicates.tsv")}


@cache
def predicate_of(name: str) -> Predicate:
    """Return what is known of a predicate: ours, else Biolink's, else a foreign one with its source's prefix ("UMLS:part_of").

    Raises KeyError for a name that is none of these.
    """
    if name in PREDICATES:
        return PREDICATES[name]
    spoken = name.partition(":")[2].replace("_", " ") or name.replace("_", " ")
    if name in _SLOTS:
        slot = _SLOTS[name]
        inverse = slot["inverse"].replace("_", " ") or f"{spoken} (inverse)"
        ends = ((slot["domain"],) if slot["domain"] else ANY, (slot["range"],) if slot["range"] else ANY)
        return Predicate(name, slot["inverse"], *ends, spoken, inverse, "neutral", "other", symmetric=bool(slot["symmetric"]))
    if ":" not in name.strip(":"):
        raise KeyError(name)
    return Predicate(name, "", ANY, ANY, spoken, f"{spoken} (inverse)", "neutral", "other", ours="a source's own, kept as it stands")


def is_predicate(name: str) -> bool:
    """Tell whether edges may bear this predicate."""
    return name in PREDICATES or name in _SLOTS or ":" in name.strip(":")


@cache
def stored_as(name: str) -> tuple[str, bool]:
    """Return the name a predicate is stored under and whether its ends change places: ``treated_by`` is ``treats`` turned round."""
    if name in _INVERSES:
        return _INVERSES[name], True
    stored = _SLOTS[name]["stored_as"] if name in _SLOTS and name not in PREDICATES else name
    return stored, stored != name


_INVERSES = {p.inverse: p.name for p in _PREDICATES if not p.symmetric}

TOLD_QUALIFIERS = (
    "object_aspect_qualifier",
    "object_direction_qualifier",
    "causal_mechanism_qualifier",
    "population_context_qualifier",
    "stage_qualifier",
    "severity_qualifier",
)
"""The qualifiers that the writer puts into words. An edge with another is neither walked nor told: it would claim too much."""

QUALIFIERS = (
    *TOLD_QUALIFIERS,
    # what published graphs say beyond these
    "qualified_predicate",
    *(
        f"{end}_{slot}_qualifier"
        for end in ("subject", "object")
        for slot in ("aspect", "direction", "form_or_variant", "part", "derivative", "specialization", "context", "activity", "process")
        if (end, slot) not in (("object", "aspect"), ("object", "direction"))
    ),
    *(f"{slot}_qualifier" for slot in ("aspect", "direction", "form_or_variant", "part", "derivative", "specialization", "context", "process")),
    *(f"{slot}_context_qualifier" for slot in ("anatomical", "species", "disease", "temporal", "response", "response_target")),
    "temporal_interval_qualifier",
    "association_basis_qualifier",
    "statistical_significance_qualifier",
    "sequence_variant_qualifier",
    "quantifier_qualifier",
    "catalyst_qualifier",
    "qualifiers",
)
"""Meaning-bearing qualifiers: they enter an edge's id. Frequency, onset, sex and clinical modifiers are evidence and do not."""


def is_a(category: str, ancestor: str) -> bool:
    """Tell whether ``category`` is ``ancestor`` or one of its descendants. Raises KeyError for an unknown category."""
    return category == ancestor or ancestor in CATEGORIES[category]


def fits(predicate: Predicate, subject_category: str, object_category: str) -> bool:
    """Tell whether an edge with these ends lies within the predicate's domain and range."""
    return any(is_a(subject_category, d) for d in predicate.domain) and any(is_a(object_category, r) for r in predicate.range)
