"""What ontologies mean in our words: categories, relations, and how exact a cross-reference is. Authored, and conservative.

A relation is named as Biolink names it where Biolink maps the very relation, or RO says that it is a kind of one that
Biolink maps. The rest keeps its own name: a wrong edge is worse than one that is not walked.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kgpaths.sources import hpo


class Kind(NamedTuple):
    """What is known of an ontology by the prefix of its terms."""

    name: str
    category: str  # of its terms, where no branch and no namespace says more
    licence: str
    url: str


KINDS: dict[str, Kind] = {
    "HP": Kind(hpo.NAME, "", hpo.LICENCE, hpo.URL),
    "MONDO": Kind("MONDO", "Disease", "CC-BY-4.0", "https://mondo.monarchinitiative.org/"),
    "DOID": Kind("Disease Ontology", "Disease", "CC0-1.0", "https://disease-ontology.org/"),
    "UBERON": Kind("UBERON", "AnatomicalEntity", "CC-BY-3.0", "https://obophenotype.github.io/uberon/"),
    "CL": Kind("Cell Ontology", "Cell", "CC-BY-4.0", "https://obophenotype.github.io/cell-ontology/"),
    "GO": Kind("Gene Ontology", "", "CC-BY-4.0", "https://geneontology.org/"),
    "CHEBI": Kind("ChEBI", "ChemicalEntity", "CC-BY-4.0", "https://www.ebi.ac.uk/chebi/"),
}
SEE_PUBLISHER = "see the publisher"

NAMESPACES = {"biological_process": "BiologicalProcess", "molecular_function": "MolecularActivity", "cellular_component": "CellularComponent"}
"""GO's namespace of a term -> category."""

BRANCHES: dict[str, dict[str, tuple[str, bool]]] = {
    "HP": hpo.BRANCHES,
    "CHEBI": {"CHEBI:50906": ("ChemicalRole", True)},  # "antibacterial agent" is no substance
}
"""Prefix -> root of a branch -> category and whether texts name its terms; the first root a term descends from counts."""

LICENCES = {
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "creativecommons.org/licenses/by/4.0": "CC-BY-4.0",
    "creativecommons.org/licenses/by/3.0": "CC-BY-3.0",
    "hpo.jax.org/app/license": hpo.LICENCE,
}
"""Address of a licence, without scheme and final slash -> its short name."""

# relation -> its name in files that give no CURIE, the predicate, and the direction that qualifies it
RELATIONS: dict[str, tuple[str, str, str]] = {
    "BFO:0000050": ("part_of", "part_of", ""),
    "BFO:0000051": ("has_part", "has_part", ""),
    "BFO:0000062": ("preceded_by", "preceded_by", ""),
    "BFO:0000063": ("precedes", "precedes", ""),
    "BFO:0000066": ("occurs_in", "occurs_in", ""),
    "RO:0000056": ("participates_in", "participates_in", ""),
    "RO:0000057": ("has_participant", "has_participant", ""),
    "RO:0000087": ("has_role", "has_chemical_role", ""),  # of ChEBI; elsewhere a role is another thing
    "RO:0001000": ("derives_from", "derives_from", ""),
    "RO:0001015": ("location_of", "location_of", ""),
    "RO:0001025": ("located_in", "located_in", ""),
    "RO:0002131": ("overlaps", "overlaps", ""),
    "RO:0002162": ("in_taxon", "in_taxon", ""),
    "RO:0002200": ("has_phenotype", "has_phenotype", ""),
    "RO:0002202": ("develops_from", "develops_from", ""),
    "RO:0002211": ("regulates", "regulates", ""),
    "RO:0002212": ("negatively_regulates", "regulates", "downregulated"),
    "RO:0002213": ("positively_regulates", "regulates", "upregulated"),
    "RO:0002215": ("capable_of", "capable_of", ""),
    "RO:0002233": ("has_input", "has_input", ""),
    "RO:0002234": ("has_output", "has_output", ""),
    "RO:0002350": ("member_of", "member_of", ""),
    "RO:0002351": ("has_member", "has_member", ""),
    "RO:0002451": ("transmitted_by", "transmitted_by", ""),
    "RO:0002452": ("has_symptom", "has_phenotype", ""),
    "RO:0002473": ("composed_primarily_of", "composed_primarily_of", ""),
    "RO:0003000": ("produces", "produces", ""),
    "RO:0003001": ("produced_by", "produced_by", ""),
    # a gene's mutation is the material basis of the condition: less is said, that the two are associated
    "RO:0004000": ("condition_has_genetic_basis_in", "condition_associated_with_gene", ""),
    "RO:0004001": ("has_material_basis_in_gain_of_function_germline_mutation_in", "condition_associated_with_gene", ""),
    "RO:0004002": ("has_material_basis_in_loss_of_function_germline_mutation_in", "condition_associated_with_gene", ""),
    "RO:0004003": ("has_material_basis_in_germline_mutation_in", "condition_associated_with_gene", ""),
    "RO:0004004": ("has_material_basis_in_somatic_mutation_in", "condition_associated_with_gene", ""),
    "RO:0004019": ("disease_has_basis_in", "disease_has_basis_in", ""),
    "RO:0004026": ("disease_has_location", "disease_has_location", ""),
    "RO:0004027": ("disease_has_inflammation_site", "disease_has_location", ""),  # in RO a kind of location
    "RO:0004029": ("disease_has_feature", "has_phenotype", ""),  # where the feature is a phenotype; it may be a disease
}

OBJECTS: dict[str, frozenset[str]] = {
    "RO:0000087": frozenset({"CHEBI"}),
    "RO:0002200": frozenset({"HP", "MP", "SYMP", "UPHENO"}),
    "RO:0002452": frozenset({"HP", "MP", "SYMP", "UPHENO"}),
    "RO:0004000": frozenset({"HGNC", "NCBIGene", "ENSEMBL"}),
    "RO:0004001": frozenset({"HGNC", "NCBIGene", "ENSEMBL"}),
    "RO:0004002": frozenset({"HGNC", "NCBIGene", "ENSEMBL"}),
    "RO:0004003": frozenset({"HGNC", "NCBIGene", "ENSEMBL"}),
    "RO:0004004": frozenset({"HGNC", "NCBIGene", "ENSEMBL"}),
    "RO:0004029": frozenset({"HP", "MP", "SYMP", "UPHENO"}),
}
"""Where a relation means its predicate for some objects only: their prefixes. For others it keeps its own name."""

MATCHES = {
    "exactMatch": "exact_match",
    "closeMatch": "close_match",
    "broadMatch": "broad_match",
    "narrowMatch": "narrow_match",
    "relatedMatch": "denied",  # associated, and by SKOS disjoint with an exact match
}

QUALIFIED: dict[str, str] = {
    # said to be another thing
    "MONDO:directSiblingOf": "denied",
    "MONDO:otherRelationship": "denied",
    "MONDO:relatedTo": "denied",
    # a slip: no cross-reference at all
    "MONDO:typo": "",
    "MONDO:notFoundInDiseaseSubset": "",
    # the same as what is no longer in use: "we want to avoid making an equivalence axiom here"
    "MONDO:equivalentObsolete": "close_match",
    "MONDO:obsoleteEquivalent": "close_match",
    "MONDO:obsoleteEquivalentObsolete": "close_match",
    # wider or narrower
    "MONDO:mondoIsNarrowerThanSource": "broad_match",
    "MONDO:subClassOf": "broad_match",
    "MONDO:mondoIsBroaderThanSource": "narrow_match",
    "MONDO:superClassOf": "narrow_match",
    "MONDO:equivalentTo": "exact_match",
}
"""What MONDO's editors say of a cross-reference in ``source=``; where several are said, the first of this order holds."""

NO_CONCEPT = frozenset(
    {
        *("PMID", "PMC", "PMCID", "DOI", "ISBN", "ISBN-10", "ISBN-13", "ISSN", "AGRICOLA", "CITEXPLORE", "PATENT"),
        *("HTTP", "HTTPS", "URL", "FTP", "WIKIPEDIA", "WIKIPEDIAVERSIONED", "ORCID", "GOC", "GITHUB"),
    }
)
"""Prefixes, in capitals, of what is a paper, a page or a person rather than a concept."""


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def is_concept(curie: str | None) -> bool:
    """Tell whether a cross-reference can be the id of a concept."""
    return curie is not None and curie.split(":", 1)[0].upper() not in NO_CONCEPT and not curie.split(":", 1)[1].startswith("//")


def short_licence(stated: str) -> str:
    """Return the short name of a licence given by its address, or the address itself."""
    return LICENCES.get(stated.split("://")[-1].removeprefix("www.").rstrip("/"), stated)


def stated_release(version: str) -> str:
    """Return the day within a version, ``doid/releases/2026-07-31/doid.obo``, else the version as it is."""
    days = _DAY.findall(version)
    return days[0] if days else version.strip()
