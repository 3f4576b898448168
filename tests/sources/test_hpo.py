from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources.hpo import FILES, read_hpo
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import CATEGORIES, PREDICATES, fits
from tests.sources.rows import FIXTURES, counts, edge, edges, node, targets


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_hpo(FIXTURES / "hpo")


def test_source(tiny: SourceTables) -> None:
    assert (tiny.info.name, tiny.info.release) == ("HPO", "2025-01-16")
    assert "https://hpo.jax.org/app/license" in tiny.info.licence
    assert tuple(tiny.info.files) == FILES


def test_terms_take_their_branchs_category(tiny: SourceTables) -> None:
    wanted = {
        "HP:0001250": ("PhenotypicFeature", True),
        "HP:0000006": ("GeneticInheritance", True),
        "HP:0003577": ("ClinicalCourse", True),  # within the clinical modifiers, but its own branch
        "HP:0012828": ("ClinicalModifier", True),
        "HP:0002686": ("PhenotypicFeature", True),
        "HP:0040282": ("ClinicalModifier", False),
        "HP:0000001": ("NamedThing", False),
        "OMIM:100001": ("Disease", True),
        "NCBIGene:10": ("Gene", True),
    }
    assert {curie: (node(tiny, curie)["category"], node(tiny, curie)["linkable"]) for curie in wanted} == wanted
    assert node(tiny, "HP:0001250")["definition"] == 'A seizure is an "intermittent" abnormality.'


def test_aliases_keep_scope_and_kind(tiny: SourceTables) -> None:
    seizure = tiny.aliases.filter(pl.col("id") == "HP:0001250").drop("id").rows()
    assert seizure == [
        ("Seizure", "label", ""),
        ("Epileptic seizure", "exact", ""),
        ("Fits", "related", "layperson"),
        ("Seizure", "exact", "layperson"),
    ]


def test_the_most_used_name_is_the_label_and_the_others_stay(tiny: SourceTables) -> None:
    names = tiny.aliases.filter(pl.col("id") == "OMIM:100001").drop("id").rows()
    assert names == [("Fit syndrome", "label", ""), ("Fits syndrome", "exact", "")]


def test_a_gene_named_nan_is_a_name(tiny: SourceTables) -> None:
    assert node(tiny, "NCBIGene:10")["name"] == "NAN"
    assert tiny.aliases.filter(pl.col("id") == "NCBIGene:10").drop("id").rows() == [("NAN", "label", "symbol")]


def test_xrefs_are_untyped_and_replaced_ids_lead_to_the_term_in_use(tiny: SourceTables) -> None:
    assert tiny.xrefs.rows() == [
        ("HP:0001250", "SNOMEDCT:91175000", "xref"),
        ("HP:0001250", "UMLS:C0036572", "xref"),
        ("HP:0001250", "MEDDRA:10039906", "xref"),
        ("HP:0001250", "HP:0001275", "alt_id"),
        ("HP:0001250", "HP:0099998", "alt_id"),  # replaced by an id that is replaced itself
        ("HP:0001250", "HP:0099999", "alt_id"),
    ]


def test_positive_and_zero_rows_pool_into_one_edge(tiny: SourceTables) -> None:
    found = edge(tiny, "OMIM:100001", "has_phenotype", "HP:0001250")  # one row names the obsolete id
    assert found["negated"] is False
    assert found["frequency"] == {"n": 3, "m": 15, "lower": None, "upper": None, "texts": ["3/10", "0/5"]}
    first, second = found["evidence"]
    assert first["publications"] == ["PMID:11", "PMID:12"]
    assert (first["onset"], first["sex"], first["modifiers"], first["code"]) == ("HP:0003577", "MALE", ["HP:0012828"], "PCS")
    assert (first["frequency"], first["date"], first["source"], first["release"]) == ("3/10", "2021-03-04", "HPO", "2025-01-16")
    assert (second["publications"], second["frequency"], second["onset"], second["modifiers"]) == (["PMID:13"], "0/5", "", [])


def test_one_of_one_stays_a_count(tiny: SourceTables) -> None:
    positive, negative = edges(tiny, "OMIM:100001", "has_phenotype", "HP:0002315")
    assert positive["frequency"] == {"n": 1, "m": 1, "lower": None, "upper": None, "texts": ["1/1"]}
    assert (positive["evidence"][0]["publications"], positive["evidence"][0]["citation"]) == ([], "OMIM:100001")
    assert negative["negated"] is True and negative["frequency"] is None  # NOT beside a positive row: both are kept
    assert negative["evidence"][0]["publications"] == ["PMID:14"]


def test_not_and_zero_are_one_negated_edge(tiny: SourceTables) -> None:
    found = edge(tiny, "ORPHA:20", "has_phenotype", "HP:0001250")
    assert found["negated"] is True and len(found["evidence"]) == 2
    assert (found["frequency"]["n"], found["frequency"]["m"]) == (0, 7)


def test_ranges_pool_to_their_envelope_and_a_duplicate_counts_once(tiny: SourceTables) -> None:
    found = edge(tiny, "ORPHA:20", "has_phenotype", "HP:0002315")
    assert found["frequency"] == {"n": None, "m": None, "lower": 0.05, "upper": 0.79, "texts": ["HP:0040282", "5%"]}
    assert [e["publications"] for e in found["evidence"]] == [[], ["ISBN-13:978"]]


def test_aspects_have_their_own_predicates(tiny: SourceTables) -> None:
    assert targets(tiny, "OMIM:100001", "has_mode_of_inheritance") == ["HP:0000006"]
    assert targets(tiny, "OMIM:100001", "has_clinical_course") == ["HP:0003577"]
    assert targets(tiny, "OMIM:100001", "has_clinical_modifier") == ["HP:0012828"]
    assert edge(tiny, "ORPHA:20", "has_past_medical_history", "HP:0002686")["negated"] is True


def test_genes_are_associated_and_only_positive_phenotypes_are_inferred(tiny: SourceTables) -> None:
    assert targets(tiny, "NCBIGene:10", "gene_associated_with_condition") == ["OMIM:100001", "ORPHA:20"]
    assert targets(tiny, "NCBIGene:10", "has_phenotype") == ["HP:0001250", "HP:0002315"]
    seizure = edge(tiny, "NCBIGene:10", "has_phenotype", "HP:0001250")
    assert [e["inferred_from"] for e in seizure["evidence"]] == ["OMIM:100001"]  # the row of ORPHA:20 is a negative one
    headache = edge(tiny, "NCBIGene:10", "has_phenotype", "HP:0002315")
    assert [e["inferred_from"] for e in headache["evidence"]] == ["OMIM:100001", "ORPHA:20"]
    assert targets(tiny, "NCBIGene:11", "has_phenotype") == ["HP:0001250"]  # stated with the obsolete id


def test_what_is_left_out_says_why(tiny: SourceTables) -> None:
    assert tiny.rejected.select("file", "row", "reason").rows() == [
        ("hp.obo", 96, "obsolete_term"),
        ("hp.obo", 102, "obsolete_term"),  # replaced by two terms: by neither
        ("hp.obo", 15, "bad_xref"),
        ("phenotype.hpoa", 10, "duplicate_row"),
        ("phenotype.hpoa", 17, "unknown_term"),
        ("phenotype.hpoa", 18, "bad_frequency"),
        ("genes_to_phenotype.txt", 3, "no_positive_phenotype"),
        ("genes_to_phenotype.txt", 6, "no_positive_phenotype"),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("phenotype.hpoa", "ORPHA:20\t", "ORPHA20\t", "phenotype.hpoa, row 8, field database_id: is no OMIM, ORPHA or DECIPHER id: 'ORPHA20'"),
        ("phenotype.hpoa", "\tNOT\t", "\tnot\t", "row 7, field qualifier: is neither empty nor NOT: 'not'"),
        ("phenotype.hpoa", "\tI\t", "\tX\t", "row 13, field aspect: is none of P, I, C, M, H: 'X'"),
        ("phenotype.hpoa", "HP:0003577\t3/10", "birth\t3/10", "row 4, field onset: is no HPO id: 'birth'"),
        ("phenotype.hpoa", "\taspect\t", "\tfacet\t", "row 3: column 'aspect' is missing"),
        ("genes_to_phenotype.txt", "11\tWAS", "x\tWAS", "row 7, field ncbi_gene_id: is no NCBI gene id: 'x'"),
        ("genes_to_phenotype.txt", "11\tWAS", "10\tWAS", "field gene_symbol: gene NCBIGene:10 has several symbols"),
        ("hp.obo", "[Term]", "[Word]", "hp.obo: holds no [Term] stanza"),
    ],
)
def test_a_broken_file_is_named_with_row_and_field(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    shutil.copytree(FIXTURES / "hpo", tmp_path, dirs_exist_ok=True)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_hpo(tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    shutil.copytree(FIXTURES / "hpo", tmp_path, dirs_exist_ok=True)
    (tmp_path / file).unlink()
    with pytest.raises(InputError, match=file):
        read_hpo(tmp_path)


def test_reading_twice_gives_the_same(tiny: SourceTables) -> None:
    again = read_hpo(FIXTURES / "hpo")
    for name in ("nodes", "edges", "aliases", "xrefs", "rejected"):
        assert getattr(again, name).equals(getattr(tiny, name)), name


# --- the installed release, held to its published counts


def test_real_terms(hpo: SourceTables) -> None:
    assert hpo.info.release == "2025-01-16"
    assert counts(hpo.nodes, "category") == {
        "PhenotypicFeature": 18659,
        "GeneticInheritance": 41,
        "ClinicalCourse": 65,
        "ClinicalModifier": 268,
        "NamedThing": 1,
        "Disease": 12687,
        "Gene": 5132,
    }
    assert hpo.nodes["id"].is_unique().all()
    assert counts(hpo.aliases.filter(pl.col("kind") == "layperson"), "scope") == {"exact": 7164, "related": 425, "broad": 338, "narrow": 166}


def test_real_xrefs(hpo: SourceTables) -> None:
    typed = counts(hpo.xrefs.with_columns(prefix=pl.col("xref").str.extract("^([^:]+):")), "predicate", "prefix")
    assert typed[("xref", "UMLS")] == 12922
    assert typed[("xref", "SNOMEDCT")] == 4624  # SNOMEDCT_US and SNOMED_CT
    assert typed[("alt_id", "HP")] == 3837
    assert ("xref", "MESH") not in typed
    assert not set(hpo.xrefs.filter(pl.col("predicate") == "alt_id")["xref"]) & set(hpo.nodes["id"])


def test_real_edges(hpo: SourceTables) -> None:
    assert counts(hpo.edges, "predicate", "negated") == {
        ("subclass_of", False): 23392,
        ("has_phenotype", False): 251381 + 243313,  # of diseases and, inferred, of genes
        ("has_phenotype", True): 2651,
        ("has_mode_of_inheritance", False): 8854,
        ("has_clinical_course", False): 8018,
        ("has_clinical_modifier", False): 77,
        ("has_past_medical_history", False): 123,
        ("has_past_medical_history", True): 7,
        ("gene_associated_with_condition", False): 12302,
    }
    key = ["subject", "predicate", "object", "negated"]
    assert hpo.edges.select(key).is_unique().all()


def test_every_real_row_is_used_or_rejected(hpo: SourceTables) -> None:
    disease = hpo.edges.filter(pl.col("subject").str.contains("^(OMIM|ORPHA|DECIPHER):"))
    evidence = disease["evidence"].list.len().sum()
    rejected = counts(hpo.rejected, "file", "reason")
    assert rejected[("phenotype.hpoa", "duplicate_row")] == 45
    assert evidence + 45 == 271_702
    inferred = hpo.edges.filter(pl.col("subject").str.starts_with("NCBIGene:") & (pl.col("predicate") == "has_phenotype"))
    assert inferred["evidence"].list.len().sum() + rejected[("genes_to_phenotype.txt", "no_positive_phenotype")] == 316_589
    assert {reason for file, reason in rejected if file == "phenotype.hpoa"} == {"duplicate_row"}


def test_real_negated_evidence_is_not_and_zero(hpo: SourceTables) -> None:
    denied = hpo.edges.filter("negated").explode("evidence")
    zero = denied["evidence"].struct.field("frequency").str.contains(r"^0/\d+$").sum()
    assert (zero, denied.height - zero) == (1947, 711)  # of 2,000 rows 0/n the other 53 stand beside positive ones
    assert denied.filter(pl.col("predicate").is_in(["has_phenotype", "has_past_medical_history"]).not_()).height == 0


def test_no_real_inferred_edge_rests_on_a_negative_row(hpo: SourceTables) -> None:
    of_disease = hpo.edges.filter((pl.col("predicate") == "has_phenotype") & ~pl.col("negated")).select(disease="subject", object="object")
    inferred = hpo.edges.filter(pl.col("subject").str.starts_with("NCBIGene:") & (pl.col("predicate") == "has_phenotype"))
    rests = inferred.explode("evidence").select("object", disease=pl.col("evidence").struct.field("inferred_from"))
    assert rests.height == 297_815
    assert rests.join(of_disease, on=["disease", "object"], how="anti").height == 0


def test_real_one_of_one_never_gets_bounds(hpo: SourceTables) -> None:
    ones = hpo.edges.filter(pl.col("frequency").struct.field("texts") == ["1/1"]).unnest("frequency")
    assert ones.height > 14_000
    assert ones.select("n", "m", "lower", "upper").unique().rows() == [(1, 1, None, None)]


def test_real_edges_lie_within_domain_and_range(hpo: SourceTables) -> None:
    assert set(hpo.nodes["category"]) <= set(CATEGORIES)
    category = hpo.nodes.select("id", "category")
    typed = hpo.edges.join(category, left_on="subject", right_on="id").join(category, left_on="object", right_on="id", suffix="_object")
    assert typed.height == hpo.edges.height  # no dangling end
    for predicate, subject, object in typed.select("predicate", "category", "category_object").unique().rows():
        assert fits(PREDICATES[predicate], subject, object), (predicate, subject, object)


def test_real_onsets_and_modifiers_are_terms_in_use(hpo: SourceTables) -> None:
    evidence = hpo.edges["evidence"].explode().struct
    named = pl.concat([evidence.field("onset"), evidence.field("modifiers").explode()]).drop_nulls().unique()
    assert set(named) - {""} <= set(hpo.nodes["id"])
