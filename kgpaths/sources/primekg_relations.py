"""What PrimeKG's types and relations mean: read from the notebook and the scripts that build it, as the file does not say.

``display_relation`` is no guide: every pair of interacting drugs is a "synergistic interaction", and "parent-child" of two
exposures is a stressor and what was measured for it. Where a relation claims more than its resource, the weaker is kept.
"""

from __future__ import annotations

import re
from typing import NamedTuple

URL = "https://doi.org/10.7910/DVN/IXA7BM"
LICENCE = (
    f"CC0-1.0 as deposited; its data under the terms of the 20 resources it joins; DrugBank, SIDER and DisGeNET are for non-commercial use, see {URL}"
)
DRUGBANK = "CC BY-NC 4.0 (DrugBank)"
DISGENET = "CC BY-NC-SA 4.0 (DisGeNET)"
SIDER = "CC BY-NC-SA 4.0 (SIDER)"

GROUP = "PRIMEKG.GROUP"
"""Prefix of a group of diseases that PrimeKG joined by the likeness of their names: what is said of it holds for at least one of them."""
LABEL = "a drug label, by text mining; whether the drug causes it is not assessed"
GROUP_NOTE = "of a group of diseases that PrimeKG joined: holds for at least one of them"


class Kind(NamedTuple):
    """A type of end from one resource: what it is here, and how its id gets prefix and leading zeros back."""

    type: str
    source: str
    category: str
    prefix: str
    id: re.Pattern[str]
    digits: int = 0


NUMBER = re.compile("[0-9]{1,7}")
KINDS = (
    Kind("gene/protein", "NCBI", "Gene", "NCBIGene", re.compile("[1-9][0-9]*")),
    Kind("drug", "DrugBank", "Drug", "DRUGBANK", re.compile("DB[0-9]{5}")),
    Kind("disease", "MONDO", "Disease", "MONDO", NUMBER, 7),
    Kind("disease", "MONDO_grouped", "Disease", GROUP, re.compile("[0-9]{1,7}(_[0-9]{1,7})+")),
    Kind("effect/phenotype", "HPO", "PhenotypicFeature", "HP", NUMBER, 7),
    Kind("anatomy", "UBERON", "AnatomicalEntity", "UBERON", NUMBER, 7),
    Kind("biological_process", "GO", "BiologicalProcess", "GO", NUMBER, 7),
    Kind("molecular_function", "GO", "MolecularActivity", "GO", NUMBER, 7),
    Kind("cellular_component", "GO", "CellularComponent", "GO", NUMBER, 7),
    Kind("pathway", "REACTOME", "Pathway", "REACT", re.compile("R-[A-Z]{3}-[0-9]+")),
    Kind("exposure", "CTD", "ChemicalEntity", "MESH", re.compile("[CD][0-9]{6,9}")),  # CTD's stressors are its chemicals
)
TYPES = tuple(dict.fromkeys(kind.type for kind in KINDS))


class Relation(NamedTuple):
    """One pair of labels: the edge it makes from ``subject`` to ``object``, and why this one."""

    relation: str
    display: str
    subject: str
    object: str
    predicate: str
    resource: str
    why: str
    licence: str = LICENCE
    negated: bool = False
    basis: str = ""  # on what the statement rests, where that is too little to tell it as a fact

    @property
    def code(self) -> str:
        """Return both labels, as the evidence of each edge keeps them."""
        return f"{self.relation}: {self.display}"


HIERARCHIES = {"subclass_of": True, "has_part": False}
"""Predicate from child to parent, or from parent to child."""
UNDIRECTED = "related_to_at_concept_level"
"""A pair of parent and child of which no hierarchy says which is which."""

_GENE, _DRUG, _DISEASE, _PHENOTYPE, _ANATOMY = "gene/protein", "drug", "disease", "effect/phenotype", "anatomy"
_PROCESS, _FUNCTION, _COMPONENT, _PATHWAY, _EXPOSURE = "biological_process", "molecular_function", "cellular_component", "pathway", "exposure"
_TARGET = "one of DrugBank's four roles; what the drug does to it is not in the file, and many targets have no known action"
_CTD = "CTD reports what a study looked for with its outcome, which may be none: the outcome is not in the file"
_IS_A = "the resource's is_a; which end is the child is lost"

_SPREAD = "a term that PrimeKG joined with the labelled one by a shared code"
"""PrimeKG puts what DrugCentral and DisGeNET say of one term to every MONDO term that shares any code with it: of ICD-10's G20 eleven. Of 60
indications and contraindications that two readers sampled, a sixth and the half were not what any label says."""
_ANY_KIND = "an association of any kind, a marker's too"
"""DisGeNET's genes of a finding: TNF, SOD2 and CXCL8 "associated with" pulmonary arterial hypertension."""

RELATIONS = (
    Relation("indication", "indication", _DRUG, _DISEASE, "treats", "DrugCentral", "approved use of the labelled term", basis=_SPREAD),
    Relation(
        "contraindication",
        "contraindication",
        _DRUG,
        _DISEASE,
        "contraindicated_in",
        "DrugCentral",
        "of any strength: labels, and for older drugs warnings of OMOP's vocabulary",
        basis=_SPREAD,
    ),
    Relation(
        "off-label use", "off-label use", _DRUG, _DISEASE, "applied_to_treat", "DrugCentral", "given for it without approval: Biolink's word for use"
    ),
    Relation(
        "drug_effect",
        "side effect",
        _DRUG,
        _PHENOTYPE,
        "has_adverse_event",
        "SIDER",
        "on a label, whether or not caused by the drug, indications among them",
        SIDER,
        basis=LABEL,
    ),
    Relation(
        "drug_drug",
        "synergistic interaction",
        _DRUG,
        _DRUG,
        "pharmacologically_interacts_with",
        "DrugBank",
        "DrugBank states an interaction; that it is synergistic is the label of every row, also of those that weaken",
        DRUGBANK,
    ),
    Relation("drug_protein", "target", _DRUG, _GENE, "PRIMEKG:has_target", "DrugBank", _TARGET, DRUGBANK),
    Relation("drug_protein", "enzyme", _DRUG, _GENE, "PRIMEKG:has_enzyme", "DrugBank", _TARGET, DRUGBANK),
    Relation("drug_protein", "carrier", _DRUG, _GENE, "PRIMEKG:has_carrier", "DrugBank", _TARGET, DRUGBANK),
    Relation("drug_protein", "transporter", _DRUG, _GENE, "PRIMEKG:has_transporter", "DrugBank", _TARGET, DRUGBANK),
    Relation("disease_phenotype_positive", "phenotype present", _DISEASE, _PHENOTYPE, "has_phenotype", "HPO annotations", "see ASPECTS"),
    Relation(
        "disease_phenotype_negative", "phenotype absent", _DISEASE, _PHENOTYPE, "has_phenotype", "HPO annotations", "qualifier NOT", negated=True
    ),
    Relation(
        "disease_protein",
        "associated with",
        _GENE,
        _DISEASE,
        "gene_associated_with_condition",
        "DisGeNET",
        "curated, of any kind",
        DISGENET,
        basis=_SPREAD,
    ),
    Relation(
        "phenotype_protein",
        "associated with",
        _GENE,
        _PHENOTYPE,
        "gene_associated_with_condition",
        "DisGeNET",
        "curated, of any kind",
        DISGENET,
        basis=_ANY_KIND,
    ),
    Relation("protein_protein", "ppi", _GENE, _GENE, "interacts_with", "BioGRID, STRING, HuRI, Menche et al.", "physical or functional"),
    Relation("anatomy_protein_present", "expression present", _GENE, _ANATOMY, "expressed_in", "Bgee", "call of gold quality"),
    Relation("anatomy_protein_absent", "expression absent", _GENE, _ANATOMY, "expressed_in", "Bgee", "call of gold quality", negated=True),
    Relation(
        "bioprocess_protein",
        "interacts with",
        _PROCESS,
        _GENE,
        "has_participant",
        "NCBI gene2go",
        "involved in or acting upstream is not in the file",
    ),
    Relation(
        "molfunc_protein", "interacts with", _FUNCTION, _GENE, "has_participant", "NCBI gene2go", "enables or contributes to is not in the file"
    ),
    Relation("cellcomp_protein", "interacts with", _GENE, _COMPONENT, "located_in", "NCBI gene2go", "located, active or part of a complex there"),
    Relation("pathway_protein", "interacts with", _PATHWAY, _GENE, "has_participant", "Reactome", "annotated to the pathway"),
    Relation("exposure_disease", "linked to", _EXPOSURE, _DISEASE, "related_to", "CTD", _CTD),
    Relation("exposure_protein", "interacts with", _EXPOSURE, _GENE, "related_to", "CTD", _CTD),
    Relation("exposure_bioprocess", "interacts with", _EXPOSURE, _PROCESS, "related_to", "CTD", _CTD),
    Relation("exposure_molfunc", "interacts with", _EXPOSURE, _FUNCTION, "related_to", "CTD", _CTD),
    Relation("exposure_cellcomp", "interacts with", _EXPOSURE, _COMPONENT, "related_to", "CTD", _CTD),
    Relation("exposure_exposure", "parent-child", _EXPOSURE, _EXPOSURE, "related_to", "CTD", "a stressor and a marker measured for it, no hierarchy"),
    Relation("disease_disease", "parent-child", _DISEASE, _DISEASE, "subclass_of", "MONDO", _IS_A),
    Relation("phenotype_phenotype", "parent-child", _PHENOTYPE, _PHENOTYPE, "subclass_of", "HPO", _IS_A),
    Relation("anatomy_anatomy", "parent-child", _ANATOMY, _ANATOMY, "subclass_of", "Uberon", _IS_A),
    Relation("bioprocess_bioprocess", "parent-child", _PROCESS, _PROCESS, "subclass_of", "Gene Ontology", _IS_A),
    Relation("molfunc_molfunc", "parent-child", _FUNCTION, _FUNCTION, "subclass_of", "Gene Ontology", _IS_A),
    Relation("cellcomp_cellcomp", "parent-child", _COMPONENT, _COMPONENT, "subclass_of", "Gene Ontology", _IS_A),
    Relation(
        "pathway_pathway",
        "parent-child",
        _PATHWAY,
        _PATHWAY,
        "has_part",
        "Reactome",
        "a pathway of Reactome is an event within another, not a kind of it",
    ),
)
"""The 30 relations of the file, drug_protein in its four meanings; predicates of two ends of one type are symmetric or a hierarchy."""

ASPECTS = {
    "HP:0000005": "has_mode_of_inheritance",
    "HP:0031797": "has_clinical_course",
    "HP:0012823": "has_clinical_modifier",
    "HP:0040279": "has_clinical_modifier",
    "HP:0032443": "has_past_medical_history",
}
"""Branch of HPO -> what an annotation to it says: PrimeKG took annotations of all aspects as phenotypes, modes of inheritance too."""
