"""What Hetionet's kinds and metaedges mean: from its published definitions and the notebook that integrates it.

Licences are those that notebook gives the edges of a metaedge; where it gives several or none, the source's own words stand.
"""

from __future__ import annotations

import re
from typing import NamedTuple

URL = "https://het.io"
LICENCE = "mixed: original content CC0 1.0; SIDER's edges CC BY-NC-SA 4.0, DrugBank's CC BY-NC 4.0, see https://github.com/hetio/hetionet"
CC0, CC_BY = "CC0 1.0", "CC BY 4.0"


class Kind(NamedTuple):
    """A kind of node: its category, and how its id becomes a CURIE."""

    category: str
    id: re.Pattern[str]
    prefix: str = ""  # empty where the id has one already
    linkable: bool = True

    def curie(self, identifier: str) -> tuple[str, str]:
        """Return the CURIE, empty where the id is none of this kind, and that of one version of it, mostly empty."""
        found = self.id.fullmatch(identifier)
        if not found:
            return "", ""
        if revised := _WIKIPATHWAYS.fullmatch(identifier):
            return f"WIKIPATHWAYS:{revised.group(1)}", f"HETIONET:{identifier}"
        return (f"{self.prefix}:{identifier}" if self.prefix else identifier), ""


_WIKIPATHWAYS = re.compile("(WP[0-9]+)_r[0-9]+")  # a revision of a pathway
_GO = re.compile("GO:[0-9]{7}")

KINDS = {
    "Gene": Kind("Gene", re.compile("[1-9][0-9]*"), "NCBIGene"),
    "Compound": Kind("Drug", re.compile("DB[0-9]{5}"), "DRUGBANK"),
    "Disease": Kind("Disease", re.compile("DOID:[0-9]+")),
    "Anatomy": Kind("AnatomicalEntity", re.compile("UBERON:[0-9]{7}")),
    "Symptom": Kind("PhenotypicFeature", re.compile("D[0-9]{6,9}"), "MESH"),
    "Side Effect": Kind("DiseaseOrPhenotypicFeature", re.compile("C[0-9]{7}"), "UMLS"),  # findings and diseases
    "Biological Process": Kind("BiologicalProcess", _GO),
    "Cellular Component": Kind("CellularComponent", _GO),
    "Molecular Function": Kind("MolecularActivity", _GO),
    # WikiPathways' own numbers; those of Reactome and the Pathway Interaction Database are Hetionet's (PC7_1)
    "Pathway": Kind("Pathway", re.compile("PC7_[0-9]+|WP[0-9]+_r[0-9]+"), "HETIONET"),
    # chemical groups, mechanisms and effects alike; "Decreased Blood Pressure" in a text is a finding, not the drugs that do it
    "Pharmacologic Class": Kind("NamedThing", re.compile("N[0-9]{10}"), "NDFRT", linkable=False),
}
"""Kind -> what it is. Each has a prefix of its own, or shares one (GO) in which an id is of one kind."""


class Metaedge(NamedTuple):
    """One type of edge: what it says here, and why."""

    name: str
    source: str
    target: str
    predicate: str
    resource: str
    why: str
    licence: str = LICENCE
    turned: bool = False  # the target is the subject
    qualifiers: tuple[tuple[str, str], ...] = ()


def _expression(direction: str) -> tuple[tuple[str, str], ...]:
    return ("anatomical_context_qualifier", "cell lines"), ("object_aspect_qualifier", "expression"), ("object_direction_qualifier", direction)


def _basis(text: str) -> tuple[tuple[str, str], ...]:
    """Return the qualifier of what rests on too little to be told as a fact: it keeps the edge from being walked and told."""
    return (("association_basis_qualifier", text),)


_BGEE = "over- or under-expressed there against other anatomies: Biolink's word for what is more or less than in a sibling"
_STARGEO = "the disease goes with more or less expression in a meta-analysis: a correlation, neither cause nor marker"
_L1000 = "expression in cells exposed to the compound, consensus of LINCS L1000"
_COOCCURRENCE = "inferred from common MEDLINE abstracts, and noisy: never a fact about the disease"

METAEDGES = (
    Metaedge("CtD", "Compound", "Disease", "treats", "PharmacotherapyDB", "disease-modifying indication, by physicians", CC0),
    Metaedge(
        "CpD",
        "Compound",
        "Disease",
        "ameliorates_condition",
        "PharmacotherapyDB",
        "relieves a symptom, does not modify the disease",
        CC0,
        qualifiers=(("object_context_qualifier", "a symptom of the disease"),),
    ),
    Metaedge(
        "CcSE",
        "Compound",
        "Side Effect",
        "has_adverse_event",
        "SIDER 4.1",
        "on a label, whether or not caused by the drug, indications among them",
        "CC BY-NC-SA 4.0 (SIDER)",
        qualifiers=_basis("a drug label, by text mining; whether the drug causes it is not assessed"),
    ),
    Metaedge(
        "CbG",
        "Compound",
        "Gene",
        "physically_interacts_with",
        "BindingDB, DrugBank, DrugCentral",
        "binds the gene's product; what it does to it is not in the file",
        "CC BY-NC 4.0 (DrugBank), CC BY-SA 3.0 (BindingDB) or CC BY 4.0 (DrugCentral)",
    ),
    Metaedge("CuG", "Compound", "Gene", "affects", "LINCS L1000", _L1000, qualifiers=_expression("increased")),
    Metaedge("CdG", "Compound", "Gene", "affects", "LINCS L1000", _L1000, qualifiers=_expression("decreased")),
    Metaedge("CrC", "Compound", "Compound", "chemically_similar_to", "Dice similarity of ECFPs", "of fingerprints, at least 0.5", CC0),
    Metaedge(
        "PCiC", "Pharmacologic Class", "Compound", "member_of", "DrugCentral", "classes of effects too: a drug is no kind of an effect", CC_BY, True
    ),
    Metaedge(
        "DaG",
        "Disease",
        "Gene",
        "gene_associated_with_condition",
        "GWAS Catalog, DISEASES, DisGeNET, DOAF",
        "of any kind; text mining among them, which the file does not tell apart",
        turned=True,
        qualifiers=_basis("curation, GWAS or text mining"),
    ),
    Metaedge("DuG", "Disease", "Gene", "positively_correlated_with", "STARGEO", _STARGEO, CC0),
    Metaedge("DdG", "Disease", "Gene", "negatively_correlated_with", "STARGEO", _STARGEO, CC0),
    Metaedge("DpS", "Disease", "Symptom", "occurs_together_in_literature_with", "MEDLINE cooccurrence", _COOCCURRENCE, CC0),
    Metaedge("DlA", "Disease", "Anatomy", "occurs_together_in_literature_with", "MEDLINE cooccurrence", _COOCCURRENCE, CC0),
    Metaedge("DrD", "Disease", "Disease", "occurs_together_in_literature_with", "MEDLINE cooccurrence", _COOCCURRENCE, CC0),
    Metaedge("AeG", "Anatomy", "Gene", "expressed_in", "Bgee, TISSUES", "present there", turned=True),
    Metaedge("AuG", "Anatomy", "Gene", "has_increased_amount", "Bgee", _BGEE),
    Metaedge("AdG", "Anatomy", "Gene", "has_decreased_amount", "Bgee", _BGEE),
    Metaedge("GiG", "Gene", "Gene", "physically_interacts_with", "human interactome maps", "the products bind each other"),
    Metaedge(
        "GcG", "Gene", "Gene", "correlated_with", "Evolutionary Rate Covariation", "rates of evolution covary in mammals; says nothing of expression"
    ),
    Metaedge(
        "Gr>G",
        "Gene",
        "Gene",
        "regulates",
        "LINCS L1000",
        "knockdown or over-expression of the one changes the other; which and how is not in the file",
    ),
    Metaedge("GpBP", "Gene", "Biological Process", "has_participant", "NCBI gene2go", "in the process or a part of it", CC_BY, True),
    Metaedge("GpMF", "Gene", "Molecular Function", "has_participant", "NCBI gene2go", "enables or contributes to is not in the file", CC_BY, True),
    Metaedge("GpCC", "Gene", "Cellular Component", "located_in", "NCBI gene2go", "located, active or part of a complex there", CC_BY),
    Metaedge(
        "GpPW", "Gene", "Pathway", "has_participant", "WikiPathways, Reactome, Pathway Interaction Database", "annotated to the pathway", turned=True
    ),
)
"""The 24 metaedges of version 1.0."""
