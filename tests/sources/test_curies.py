from __future__ import annotations

import json
from importlib.resources import files

import polars as pl
import pytest

from kgpaths.sources.curies import PREFIXES, converter, is_known, normalise, normalised

SPELLINGS = {
    "hp:0000001": "HP:0000001",
    "MSH:D000001": "MESH:D000001",
    "mesh:D000001": "MESH:D000001",
    "Orphanet:12": "ORPHA:12",
    "orphanet:12": "ORPHA:12",
    "ORDO:12": "ORPHA:12",
    "ORDO:Orphanet_12": "ORPHA:12",
    "UMLS_CUI:C0000001": "UMLS:C0000001",
    "MIM:100001": "OMIM:100001",
    "OMIMPS:100001": "OMIM.PS:100001",
    "OMIM:PS100001": "OMIM.PS:100001",
    "NCI:C1": "NCIT:C1",
    "SCTID:5": "SNOMEDCT:5",
    "SNOMEDCT_US:5": "SNOMEDCT:5",
    "SNOMEDCT_US_2025_09_01:5": "SNOMEDCT:5",
    "SNOMEDCT_US_2031_03_01:5": "SNOMEDCT:5",
    "DrugBank:DB00001": "DRUGBANK:DB00001",
    "ICD-10:Q21.1": "ICD10:Q21.1",  # the WHO's, never ICD10CM
    "ICD10CM:B99-B99": "ICD10CM:B99-B99",
    "KGPATHS:wilson-disease": "KGPATHS:wilson-disease",
    "  DOID:4 ": "DOID:4",
    "unheard:1": "unheard:1",
    "no curie": None,
    "": None,
    "HP:": None,
}


@pytest.mark.parametrize(("given", "wanted"), SPELLINGS.items())
def test_normalise(given: str, wanted: str | None) -> None:
    assert normalise(given) == wanted


def test_the_column_form_says_the_same() -> None:
    frame = pl.DataFrame({"id": list(SPELLINGS)}).select(normalised("id"))
    assert frame["id"].to_list() == list(SPELLINGS.values())


def test_uris_are_compressed() -> None:
    assert normalise("http://purl.obolibrary.org/obo/HP_0000001") == "HP:0000001"
    assert normalise("http://www.orpha.net/ORDO/Orphanet_12") == "ORPHA:12"
    assert normalise("https://example.org/x") is None


def test_known_means_the_preferred_spelling() -> None:
    assert is_known("MESH:D1") and not is_known("mesh:D1") and not is_known("unheard:1")


def test_the_converter_knows_every_spelling() -> None:
    assert converter().standardize_curie("SNOMEDCT_US_2025_09_01:5") == "SNOMEDCT:5"
    assert {record.prefix for record in converter().records} == set(PREFIXES)


# what the bioregistry does not have, and why we do
OURS = {"HETIONET", "ICD9PCS", "KGPATHS", "PRIMEKG.GROUP"}  # the procedures of ICD-9-CM have no record of their own
UNREGISTERED = {"MDR"}  # UMLS's source abbreviation
OTHER_RECORD = {"ORDO": "orphanet.ordo"}  # the same numbers with a local prefix, which normalise strips
OTHER_URI = {"ICD9", "OMIM.PS"}  # Biolink's URIs, which the bioregistry does not list


def test_the_map_agrees_with_the_bioregistry() -> None:
    bioregistry = pytest.importorskip("bioregistry", reason="the development extra bioregistry is not installed")
    assert {prefix for prefix in PREFIXES if bioregistry.normalize_prefix(prefix) is None} == OURS
    for prefix, (uri, names) in PREFIXES.items():
        if prefix in OURS:
            continue
        record = bioregistry.normalize_prefix(prefix)
        for name in names:
            wanted = None if name in UNREGISTERED else OTHER_RECORD.get(name, record)
            assert bioregistry.normalize_prefix(name) == wanted, name
        example = bioregistry.get_example(record)
        if prefix not in OTHER_URI:
            assert bioregistry.parse_iri(uri + example)[0] == record, uri
        assert normalise(f"{record}:{example}") == f"{prefix}:{example}" or prefix == "PMID"
    assert bioregistry.normalize_prefix("PMID") == "pubmed"


def test_the_spelling_is_biolinks_where_biolink_has_one() -> None:
    pytest.importorskip("biolink_model", reason="the development extra biolink-model is not installed")
    file = files("biolink_model") / "prefixmaps" / "biolink_model_prefix_map.json"
    known = set(json.loads(file.read_text(encoding="utf-8")))
    assert {prefix for prefix in PREFIXES if prefix not in known} == OURS | {"DECIPHER", "ICD10CM", "ICD10PCS", "ICD9CM", "NDFRT", "ORPHA"}
