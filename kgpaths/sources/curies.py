"""One spelling for every id: a small prefix map of ours, Biolink's spelling preferred.

Sources spell the same prefix in many ways (``MSH:``, ``mesh:``, ``MESH:``); a join on text would miss them. A test holds
the map against the bioregistry, which takes seconds to load and so is no run-time dependency.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl
from curies import Converter, Record

# preferred prefix -> URI prefix, other spellings; case does not matter
PREFIXES: dict[str, tuple[str, tuple[str, ...]]] = {
    "CHEBI": ("http://purl.obolibrary.org/obo/CHEBI_", ()),
    "CHEMBL.COMPOUND": ("http://identifiers.org/chembl.compound/", ()),
    "CL": ("http://purl.obolibrary.org/obo/CL_", ()),
    "DECIPHER": ("https://www.deciphergenomics.org/syndrome/", ()),  # not in Biolink
    "DOID": ("http://purl.obolibrary.org/obo/DOID_", ()),
    "DRUGBANK": ("http://identifiers.org/drugbank/", ()),
    "EFO": ("http://www.ebi.ac.uk/efo/EFO_", ()),
    "ENSEMBL": ("http://identifiers.org/ensembl/", ()),
    "GO": ("http://purl.obolibrary.org/obo/GO_", ()),
    "HETIONET": ("urn:kgpaths:hetionet:", ()),  # ours: pathways that Hetionet numbered itself
    "HGNC": ("http://identifiers.org/hgnc/", ()),
    "HP": ("http://purl.obolibrary.org/obo/HP_", ("HPO",)),
    "ICD10": ("https://icd.who.int/browse10/2016/en#/", ("ICD-10", "ICD10WHO")),  # the WHO's; ICD10CM is another classification
    "ICD10CM": ("http://purl.bioontology.org/ontology/ICD10CM/", ("ICD10-CM", "ICD-10-CM")),  # not in Biolink
    "ICD10PCS": ("http://purl.bioontology.org/ontology/ICD10PCS/", ("ICD10-PCS", "ICD-10-PCS")),  # not in Biolink
    "ICD9": ("http://translator.ncats.nih.gov/ICD9_", ("ICD-9",)),
    "ICD9CM": ("http://purl.bioontology.org/ontology/ICD9CM/", ("ICD9-CM", "ICD-9-CM")),  # not in Biolink
    "ICD9PCS": ("urn:kgpaths:icd9pcs:", ("ICD9-PCS", "ICD-9-PCS")),  # volume 3 of ICD-9-CM: 25.0 is a procedure there
    "KGPATHS": ("urn:kgpaths:core:", ()),  # ours: concepts of the authored core graph
    "LOINC": ("http://loinc.org/rdf/", ("LNC",)),
    "MAXO": ("http://purl.obolibrary.org/obo/MAXO_", ()),
    "MEDDRA": ("http://identifiers.org/meddra/", ("MDR",)),
    "MESH": ("http://id.nlm.nih.gov/mesh/", ("MSH",)),
    "MONDO": ("http://purl.obolibrary.org/obo/MONDO_", ()),
    "MP": ("http://purl.obolibrary.org/obo/MP_", ()),
    "MPATH": ("http://purl.obolibrary.org/obo/MPATH_", ()),
    "NCBIGene": ("http://identifiers.org/ncbigene/", ("ENTREZ", "EntrezGene", "GeneID")),
    "NCBITaxon": ("http://purl.obolibrary.org/obo/NCBITaxon_", ("taxonomy", "taxon")),
    "NCIT": ("http://purl.obolibrary.org/obo/NCIT_", ("NCI", "NCI_Thesaurus")),
    "NDFRT": ("https://ncit.nci.nih.gov/ncitbrowser/ConceptReport.jsp?dictionary=NDFRT&code=", ("NDF-RT",)),  # not in Biolink
    "OMIM": ("http://purl.obolibrary.org/obo/OMIM_", ("MIM",)),
    "OMIM.PS": ("https://www.omim.org/phenotypicSeries/", ("OMIMPS", "MIMPS")),
    "ORPHA": ("http://www.orpha.net/ORDO/Orphanet_", ("Orphanet", "ORDO")),  # Biolink has ORDO:Orphanet_1, which no source writes
    "PMID": ("http://www.ncbi.nlm.nih.gov/pubmed/", ("PubMed",)),
    "PR": ("http://purl.obolibrary.org/obo/PR_", ()),
    "PRIMEKG.GROUP": ("urn:kgpaths:primekg-group:", ()),  # ours: groups of diseases that PrimeKG joined
    "REACT": ("http://identifiers.org/reactome/", ("REACTOME",)),
    "RXNORM": ("http://purl.bioontology.org/ontology/RXNORM/", ()),
    "SNOMEDCT": (
        "http://snomed.info/id/",
        ("SNOMEDCT_US", "SNOMED_CT", "SNOMEDCT_US_2025_09_01", "SNOMEDCT_2010_1_31", "SCTID", "SCTID_2010_1_31", "SNOMED"),
    ),
    "UBERON": ("http://purl.obolibrary.org/obo/UBERON_", ()),
    "UMLS": ("http://identifiers.org/umls/", ("UMLS_CUI",)),
    "UniProtKB": ("http://purl.uniprot.org/uniprot/", ("UniProt",)),
    "WIKIPATHWAYS": ("http://identifiers.org/wikipathways/", ()),
}

_RELEASE = re.compile(r"_\d{4}_\d{2}_\d{2}$")  # SNOMEDCT_US_2025_09_01: a release in the prefix
_CURIE = re.compile(r"^([^\s:]+):(\S+)$")
# (spelling after the prefix is normalised, its pattern, what it stands for)
_LOCAL = ((re.compile(r"^OMIM:PS(\d+)$"), "OMIM.PS:$1"), (re.compile(r"^ORPHA:Orphanet_(\w+)$"), "ORPHA:$1"))


@cache
def spellings() -> dict[str, str]:
    """Return every known spelling of a prefix, in lower case, with the preferred one."""
    table: dict[str, str] = {}
    for prefix, (_, synonyms) in PREFIXES.items():
        for name in (prefix, *synonyms):
            if table.setdefault(name.lower(), prefix) != prefix:
                raise ValueError(f"{name} stands for both {table[name.lower()]} and {prefix}")
    return table


@cache
def converter() -> Converter:
    """Return the prefix map as a ``curies.Converter``, for URIs and for whatever else speaks curies."""
    return Converter(
        [
            Record(prefix=prefix, uri_prefix=uri, prefix_synonyms=sorted({s for n in (prefix, *names) for s in (n, n.lower(), n.upper())} - {prefix}))
            for prefix, (uri, names) in PREFIXES.items()
        ]
    )


def normalise(text: str) -> str | None:
    """Return a CURIE or URI in our spelling; an unknown prefix stays as it is, and None means it is no CURIE at all."""
    text = text.strip()
    if "://" in text:
        text = converter().compress(text) or ""
    found = _CURIE.match(text)
    if not found:
        return None
    prefix, local = found.groups()
    curie = f"{spellings().get(_RELEASE.sub('', prefix).lower(), prefix)}:{local}"
    for pattern, to in _LOCAL:
        curie = pattern.sub(to.replace("$", "\\"), curie)
    return curie


def is_known(curie: str) -> bool:
    """Tell whether a CURIE's prefix is one of the map, in the preferred spelling."""
    return curie.split(":", 1)[0] in PREFIXES


def normalised(column: str) -> pl.Expr:
    """Return ``normalise`` over a column of CURIEs (no URIs), null where a value is no CURIE; a test holds the two together."""
    text = pl.col(column).str.strip_chars()
    prefix = text.str.extract(_CURIE.pattern, 1)
    bare = prefix.str.replace(_RELEASE.pattern, "").str.to_lowercase()
    known = bare.replace_strict(spellings(), default=None, return_dtype=pl.String)
    curie = pl.concat_str([pl.coalesce(known, prefix), pl.lit(":"), text.str.extract(_CURIE.pattern, 2)])
    for pattern, to in _LOCAL:
        curie = curie.str.replace(pattern.pattern, to.replace("$1", "${1}"))
    return curie.alias(column)
