from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources import archive, kgx_rows, tables
from kgpaths.sources.kgx import read_kgx
from kgpaths.sources.kgx_edges import SCHEMA, stored_predicate
from kgpaths.sources.kgx_nodes import RENAMED, most_specific
from kgpaths.sources.tables import ALIASES, Batches, SourceTables, whole
from kgpaths.vocabulary import CATEGORIES, QUALIFIERS, TOLD_QUALIFIERS, is_predicate
from tests.sources.rows import FIXTURES, edge, edges, node

KGX = FIXTURES / "kgx"
WILSON, ATP7B, HEADACHE, SEIZURE, RING, DRUG = "MONDO:0010200", "HGNC:870", "HP:0002315", "HP:0001250", "HP:0200032", "CHEBI:7959"
REJECTED = [
    ("nodes", 10, "id_no_curie", "no curie x"),
    ("nodes", 2, "xref_no_curie", "MONDO:0010200 not an id"),
    ("nodes", 11, "repeated_id", "MONDO:0010200 Wilson's again"),
    ("edges", 22, "subject_no_curie", "biolink:treats MONDO:0010200"),
    ("edges", 23, "object_no_curie", "CHEBI:7959 biolink:treats Wilson disease"),
    ("edges", 24, "no_predicate", "CHEBI:7959  MONDO:0010200"),
    ("edges", 25, "bad_negated", "CHEBI:7959 biolink:treats MONDO:0010200"),
    ("edges", 26, "bad_frequency", "MONDO:0010200 biolink:has_phenotype HP:0001250 7/5"),
    ("edges", 27, "bad_frequency", "MONDO:0010200 biolink:has_phenotype HP:0001250 often"),
    ("edges", 28, "unknown_qualifier", "CHEBI:7959 biolink:treats MONDO:0010200  mood_qualifier=grim"),
]


def gone_through(source: SourceTables) -> SourceTables:
    """Return a source with its edges, and what was rejected of them, as frames."""
    found = tables.whole(source.edges, SCHEMA)
    return replace(source, edges=found, rejected=tables.whole(source.rejected, tables.REJECTED))


def graph(folder: Path, nodes: list[dict[str, Any]], edge_rows: list[dict[str, Any]], **options: Any) -> SourceTables:
    """Return a graph of records, read from JSON Lines."""
    for name, records in (("nodes", nodes), ("edges", edge_rows)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return gone_through(read_kgx(folder, **options))


def line(subject: str = "A:1", predicate: str = "biolink:treats", object: str = "B:1", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "predicate": predicate, "object": object, **more}


@pytest.fixture(scope="module")
def monarch() -> SourceTables:
    return gone_through(read_kgx(KGX / "monarch", release="2025-09", licence="CC-BY-4.0", url="https://monarchinitiative.org"))


def test_the_source_is_named_after_its_files(monarch: SourceTables) -> None:
    assert (monarch.info.name, monarch.info.release, monarch.info.licence) == ("monarch-kg", "2025-09", "CC-BY-4.0")
    assert list(monarch.info.files) == ["monarch-kg_edges.tsv", "monarch-kg_nodes.tsv"]
    assert read_kgx(KGX / "translator").info.name == "translator"
    assert read_kgx(KGX / "kg2c", name="RTX-KG2").info.name == "RTX-KG2"


def test_nodes_take_the_most_specific_category_they_name(monarch: SourceTables) -> None:
    assert monarch.nodes.select("id", "category", "name", "linkable").rows() == [
        (WILSON, "Disease", "Wilson disease", True),
        (ATP7B, "Gene", "ATP7B", True),
        (HEADACHE, "PhenotypicFeature", "Headache 🤕", True),
        (RING, "PhenotypicFeature", "Kayser-Fleischer ring", True),
        (SEIZURE, "PhenotypicFeature", "Seizure", True),
        (DRUG, "ChemicalEntity", "D-penicillamine", True),  # ChemicalSubstance of an older Biolink
        ("NCBIGene:1", "NamedThing", "NCBIGene:1", False),  # a class that never was, and no name
        ("MONDO:0000002", "Disease", "obsolete 46,XX sex reversal", False),
    ]
    assert node(monarch, WILSON)["definition"] == 'Copper "accumulates"; in liver, brain and eye.'


def test_synonyms_without_a_scope_are_related_and_typed_ones_keep_theirs(monarch: SourceTables) -> None:
    assert monarch.aliases.filter(pl.col("id") == WILSON).drop("id").rows() == [
        ("Wilson disease", "label", ""),
        ("WD", "exact", ""),
        ("hepatolenticular degeneration", "related", ""),
        ("copper storage", "related", ""),
    ]
    assert monarch.aliases.filter(pl.col("id") == ATP7B).drop("id").rows() == [
        ("ATP7B", "label", ""),
        ("ATPase copper transporting beta", "exact", ""),
        ("WND", "related", ""),
    ]
    exact = read_kgx(KGX / "monarch", synonyms="exact").aliases
    assert exact.filter(pl.col("alias") == "copper storage")["scope"].to_list() == ["exact"]
    with pytest.raises(InputError, match="synonyms: 'close' is no scope"):
        read_kgx(KGX / "monarch", synonyms="close")


def test_cross_references_are_normalised_and_exact_where_the_file_or_the_user_says_so(monarch: SourceTables) -> None:
    assert monarch.xrefs.rows() == [
        (WILSON, "DOID:893", "exact_match"),
        (WILSON, "OMIM:277900", "xref"),
        (WILSON, "UMLS:C0019202", "xref"),
        (WILSON, "ORPHA:905", "xref"),
        (ATP7B, "ENSEMBL:ENSG00000123191", "xref"),
    ]
    found = read_kgx(KGX / "monarch", exact=("MIM",)).xrefs
    assert found.filter(pl.col("predicate") == "exact_match")["xref"].to_list() == ["DOID:893", "OMIM:277900"]


def test_frequency_onset_sex_and_provenance_are_evidence(monarch: SourceTables) -> None:
    ring = edge(monarch, WILSON, "has_phenotype", RING)
    assert ring["frequency"] == {"n": 8, "m": 10, "lower": None, "upper": None, "texts": ["8/10"]}
    assert ring["evidence"] == {
        "citation": "infores:hpo-annotations via infores:monarchinitiative",
        "publications": ["PMID:1", "PMID:2"],
        "code": "knowledge_assertion; manual_agent; ECO:0000304",
        "frequency": "8/10",
        "onset": "HP:0003577",
        "sex": "PATO:0000384",
        "modifiers": ["HP:0012828"],
        "note": "",
        "inferred_from": "",
        "confidence": None,
        "date": "",
    }
    assert edge(monarch, WILSON, "has_phenotype", SEIZURE)["frequency"] == {
        "n": None,
        "m": None,
        "lower": 0.05,
        "upper": 0.29,
        "texts": ["HP:0040283"],
    }


def test_what_is_never_seen_is_negated(monarch: SourceTables) -> None:
    looked_for, denied = edges(monarch, WILSON, "has_phenotype", HEADACHE)
    assert (looked_for["negated"], looked_for["frequency"]["n"], looked_for["frequency"]["m"]) == (True, 0, 5)
    assert (denied["negated"], denied["frequency"]["upper"], denied["evidence"]["frequency"]) == (True, 0.125, "12.5%")


def test_a_predicate_is_stored_in_its_direction_with_the_qualifiers_of_its_ends(monarch: SourceTables) -> None:
    treats = edges(monarch, DRUG, "treats", WILSON)[0]["evidence"]
    assert (treats["citation"], treats["confidence"], treats["date"]) == ("infores:maxo-annotations", 0.75, "2025-03-01")
    decreases, increases, _ = edges(monarch, DRUG, "affects", ATP7B)
    assert decreases["qualifiers"] == [
        {"key": "object_aspect_qualifier", "value": "activity"},
        {"key": "object_direction_qualifier", "value": "decreased"},
    ]  # and in humans, as all that names no species
    assert increases["qualifiers"] == [  # the file says: the gene's abundance is affected by the drug
        {"key": "object_aspect_qualifier", "value": "abundance"},
        {"key": "object_direction_qualifier", "value": "increased"},
    ]
    assert edge(monarch, "MONDO:0000001", "has_part", WILSON)["qualifiers"] == []
    assert edge(monarch, WILSON, "subclass_of", "MONDO:9999999")["negated"] is False  # its subject was a URI


def test_an_edge_that_cannot_be_told_whole_is_not_walked(monarch: SourceTables) -> None:
    context = [{"key": "disease_context_qualifier", "value": WILSON}]
    assert edge(monarch, ATP7B, "has_phenotype", HEADACHE)["qualifiers"] == context  # which the graph does not walk
    contributes = [e["qualifiers"] for e in edges(monarch, DRUG, "affects", ATP7B)][2]
    assert contributes == [{"key": "qualified_predicate", "value": "contributes_to"}, {"key": "subject_direction_qualifier", "value": "decreased"}]
    predicted, severe = sorted(edges(monarch, DRUG, "KGX:treats", WILSON), key=lambda e: len(e["qualifiers"]))
    assert (predicted["evidence"]["code"], predicted["evidence"]["note"]) == ("prediction; computational_model", "confidence: 900, high")
    assert [q["key"] for q in severe["qualifiers"]] == ["severity_qualifier", "stage_qualifier"]  # the severity is an id, no word
    assert [e["qualifiers"] for e in edges(monarch, DRUG, "treats", WILSON)] == [[], [{"key": "stage_qualifier", "value": "acute"}]]
    assert monarch.left_out == {
        "category_unknown_kept_as_named_thing": 1,
        "kept_but_not_walked_qualified": 3,
        "kept_but_not_walked_doubtful": 1,
    }


def test_what_a_disease_entails_of_its_gene_rests_on_the_disease(monarch: SourceTables) -> None:
    inferred = edge(monarch, ATP7B, "has_phenotype", SEIZURE)
    assert (inferred["evidence"]["inferred_from"], inferred["qualifiers"]) == (WILSON, [])


def test_predicates_outside_the_vocabulary_keep_their_name(monarch: SourceTables) -> None:
    expressed = edge(monarch, ATP7B, "expressed_in", "UBERON:0002107")["qualifiers"]
    assert expressed == [{"key": "anatomical_context_qualifier", "value": "UBERON:1|UBERON:9"}, {"key": "qualifiers", "value": "GO:1|GO:2"}]
    for predicate in ("treats_or_applied_or_studied_to_treat", "biolink:increases_activity_of", "KGX:interacts_strangely_with", "RO:0002434"):
        assert len(edges(monarch, DRUG, predicate, ATP7B if "treat" not in predicate else WILSON)) == 1, predicate


def test_every_row_is_an_edge_or_rejected(monarch: SourceTables) -> None:
    places = {"nodes": "monarch-kg_nodes.tsv", "edges": "monarch-kg_edges.tsv"}
    assert monarch.rejected.rows() == [(places[file], *rest) for file, *rest in REJECTED]
    assert monarch.edges.height + 7 == len((KGX / "monarch/monarch-kg_edges.tsv").read_text("utf-8").splitlines()) - 1


def test_json_lines_give_the_same_tables(monarch: SourceTables) -> None:
    other = gone_through(read_kgx(KGX / "jsonl"))
    for name in ("nodes", "edges", "aliases", "xrefs"):
        assert getattr(other, name).equals(getattr(monarch, name)), name
    assert other.left_out == monarch.left_out
    places = {"nodes": "monarch-kg_nodes.jsonl", "edges": "monarch-kg_edges.jsonl"}
    assert other.rejected.rows() == [(places[file], row - 1, *rest) for file, row, *rest in REJECTED]


@pytest.mark.parametrize("folder", ["jsonl", "kg2c", "translator"])
def test_line_by_line_gives_what_polars_gives(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = gone_through(read_kgx(KGX / folder))
    monkeypatch.setattr(kgx_rows, "_fast", lambda *_: None)
    slow = gone_through(read_kgx(KGX / folder))
    for name in ("nodes", "edges", "aliases", "xrefs", "rejected"):
        assert getattr(quick, name).equals(getattr(slow, name)), name


def test_polars_reads_what_is_of_one_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way line by line is five times slower: whole files must not go it unnoticed."""
    monkeypatch.setattr(kgx_rows, "_slow", lambda *_: pytest.fail("read line by line"))
    gone_through(read_kgx(KGX / "jsonl"))


def test_rtx_kg2_has_its_own_names_for_some_fields() -> None:
    source = gone_through(read_kgx(KGX / "kg2c"))
    assert node(source, "CHEMBL.COMPOUND:CHEMBL941")["category"] == "Drug"  # category before all_categories
    assert edge(source, "CHEMBL.COMPOUND:CHEMBL941", "affects", "NCBIGene:25")["qualifiers"] == [
        {"key": "object_aspect_qualifier", "value": "activity"},
        {"key": "object_direction_qualifier", "value": "decreased"},
    ]
    assert source.xrefs.rows() == [("CHEMBL.COMPOUND:CHEMBL941", "DRUGBANK:DB00619", "xref")]
    assert source.aliases.filter(pl.col("id") == "NCBIGene:25")["alias"].to_list() == ["[ABL1]", "ABL1", 'back\\slash "quoted"']
    assert source.left_out == {"domain_range_exclusion": 1, "kept_but_not_walked_doubtful": 1}
    trusting = gone_through(read_kgx(KGX / "kg2c", doubtful=()))
    assert edge(trusting, "CHEMBL.COMPOUND:CHEMBL941", "treats", "MONDO:0011996")["evidence"]["code"] == "not_provided; text_mining_agent"


def test_what_the_translator_nests_and_prefixes_is_read() -> None:
    source = gone_through(read_kgx(KGX / "translator"))
    drug = "PUBCHEM.COMPOUND:3009304"
    plain, nested = (edge(source, drug, "affects", f"NCBIGene:{n}") for n in (239, 240))
    assert plain["evidence"]["citation"] == "infores:gtopdb via infores:automat"
    assert [q["value"] for q in plain["qualifiers"]] == ["activity", "decreased"]
    assert nested["evidence"]["citation"] == "infores:ctd via infores:robokop"
    assert nested["qualifiers"] == [{"key": "object_direction_qualifier", "value": "increased"}]
    assert edge(source, drug, "KGX:treats", "MONDO:1")["evidence"]["citation"] == "infores:ctd"


def test_what_our_own_export_says_of_ids_is_read(tmp_path: Path) -> None:
    kinds = ("alt_id", "exact_match", "close_match", "broad_match", "narrow_match", "xref")
    node_row = {"id": "A:1", "category": ["Gene"], "name": "a", **{kind: [f"B:{kind}"] for kind in kinds}}
    found = graph(tmp_path, [node_row], []).xrefs
    assert sorted(found.select("xref", "predicate").rows()) == sorted((f"B:{kind}", kind) for kind in kinds)


def test_predicates_the_user_leaves_out_are_counted() -> None:
    source = gone_through(read_kgx(KGX / "kg2c", leave_out_predicates=("biolink:affects", "related_to")))
    assert source.edges["predicate"].to_list() == ["KGX:treats"]
    assert source.left_out["left_out_predicate"] == 2


def test_counts_are_those_of_the_last_going_through() -> None:
    source = read_kgx(KGX / "monarch")
    first, again = gone_through(source), gone_through(source)
    assert (first.edges.equals(again.edges), again.rejected.height, source.left_out["kept_but_not_walked_qualified"]) == (True, 10, 3)


def test_a_limit_is_of_rows_of_each_file() -> None:
    for folder in ("monarch", "jsonl"):
        source = gone_through(read_kgx(KGX / folder, limit=3))
        assert (source.nodes.height, source.edges.height) == (3, 3)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("biolink:treated_by", ("treats", True)),
        ("treats", ("treats", False)),
        ("kgpaths:antidote_for", ("antidote_for", False)),
        ("kgpaths:has_antidote", ("antidote_for", True)),
        ("biolink:has_attribute", ("biolink:has_attribute", False)),  # a slot of Biolink's, but no predicate
        ("related to", ("related_to", False)),
        ("may treat\tperhaps", ("OWN:may_treat_perhaps", False)),
        ("UMLS:may_treat", ("UMLS:may_treat", False)),
        ("biolink:", ("", False)),
        (":treats", ("treats", False)),
        ("::odd::", ("OWN:odd", False)),
        ("my words:may treat", ("my_words:may_treat", False)),
    ],
)
def test_stored_predicates(text: str, stored: tuple[str, bool]) -> None:
    assert stored_predicate(text, "OWN") == stored
    assert is_predicate(stored[0]) or not stored[0]


@pytest.mark.parametrize(
    ("names", "category"),
    [
        ((("biolink:NamedThing", "biolink:Gene", "biolink:OntologyClass"),), "Gene"),
        ((("biolink:PhysicalEssence", "biolink:SmallMolecule", "biolink:ChemicalEntity"),), "SmallMolecule"),
        ((("biolink:OntologyClass", "biolink:NamedThing"),), "NamedThing"),
        ((("Protein", "Gene"),), "Protein"),  # a normaliser's union of both: the first named
        ((("",), ("biolink:Drug", "biolink:SmallMolecule")), "Drug"),
        ((("biolink:Nonsense",),), ""),
    ],
)
def test_most_specific_category(names: tuple[tuple[str, ...], ...], category: str) -> None:
    assert most_specific(names) == category


def test_renamed_classes_are_classes_now() -> None:
    assert set(RENAMED.values()) <= CATEGORIES.keys() and not set(RENAMED) & CATEGORIES.keys()


def test_every_qualifier_is_kept_and_counted_where_it_is_not_told(tmp_path: Path) -> None:
    records = [line("A:1", "biolink:affects", f"B:{i}", **{key: ["word"] if key == "qualifiers" else "word"}) for i, key in enumerate(QUALIFIERS)]
    source = graph(tmp_path, [], records)
    assert [row["qualifiers"] for row in source.edges.to_dicts()] == [[{"key": key, "value": "word"}] for key in QUALIFIERS]
    assert source.left_out == {"kept_but_not_walked_qualified": len(QUALIFIERS) - len(TOLD_QUALIFIERS)}


@pytest.mark.parametrize(
    ("fields", "predicate"),
    [
        ({}, "treats"),
        ({"primary_knowledge_source": "infores:semmeddb"}, "KGX:treats"),  # older releases state no agent type
        ({"primary_knowledge_source": ["infores:drugcentral"], "aggregator_knowledge_source": "infores:drugbank"}, "treats"),
        ({"primary_knowledge_source": ["infores:drugcentral"], "aggregator_knowledge_source": "infores:semmeddb"}, "KGX:treats"),
        ({"primary_knowledge_source": "infores:drugcentral", "provided_by": ["x", "SEMMEDDB:"]}, "KGX:treats"),
        ({"knowledge_source": "SemMedDB"}, "KGX:treats"),
        ({"original_knowledge_source": "infores:text-mining-provider-targeted"}, "KGX:treats"),
        ({"agent_type": "text_mining_agent"}, "KGX:treats"),
        ({"knowledge_level": "statistical_association"}, "KGX:treats"),
        ({"knowledge_level": "biolink:prediction"}, "KGX:treats"),
        ({"knowledge_level": "Prediction"}, "KGX:treats"),
        ({"agent_type": "biolink:Text Mining Agent"}, "KGX:treats"),
        ({"knowledge_level": "observation"}, "KGX:treats"),
        ({"knowledge_level": "not_provided"}, "KGX:treats"),
        ({"knowledge_level": "knowledge_assertion", "agent_type": "not_provided"}, "treats"),
        ({"agent_type": "data_analysis_pipeline"}, "KGX:treats"),
        ({"primary_knowledge_source": "infores:ctd"}, "KGX:treats"),
        ({"primary_knowledge_source": "infores:ctd", "knowledge_level": "knowledge_assertion"}, "treats"),
        ({"predicate": "biolink:contraindicated_in", "primary_knowledge_source": "infores:drugcentral"}, "KGX:contraindicated_in"),
        ({"predicate": "biolink:contraindicated_in", "primary_knowledge_source": "infores:drugbank"}, "contraindicated_in"),
        ({"clinical_approval_status": "biolink:not_approved_for_condition"}, "KGX:treats"),
        ({"clinical_approval_status": "off_label_use"}, "KGX:treats"),
        ({"clinical_approval_status": "fda_approved_for_condition", "max_research_phase": "clinical_trial_phase_4"}, "treats"),
        ({"predicate": "biolink:preventative_for_condition", "max_research_phase": 2.0}, "KGX:preventative_for_condition"),
        ({"max_research_phase": "clinical_trial_phase_2_to_3"}, "KGX:treats"),
        ({"max_research_phase": "pre_clinical_research_phase"}, "KGX:treats"),
        ({"max_research_phase": "Phase III"}, "treats"),
        ({"max_research_phase": "not_provided"}, "treats"),
        ({"predicate": "biolink:contraindicated_in", "max_research_phase": "clinical_trial_phase_1"}, "contraindicated_in"),
        ({"has_confidence_score": 0.49}, "KGX:treats"),
        ({"confidence": "0.2"}, "KGX:treats"),
        ({"has_confidence_score": 0.5, "confidence": "low"}, "treats"),
        *(
            ({"predicate": "biolink:subclass_of", "primary_knowledge_source": source}, "KGX:subclass_of")
            for source in ("infores:mesh", "infores:umls-metathesaurus", "infores:ncit-umls", "infores:drugbank", "infores:drugcentral")
        ),
        ({"predicate": "biolink:subclass_of", "primary_knowledge_source": "infores:mondo"}, "subclass_of"),
        ({"predicate": "biolink:associated_with_increased_likelihood_of"}, "KGX:associated_with_increased_likelihood_of"),
        (
            {"predicate": "biolink:associated_with_increased_likelihood_of", "knowledge_level": "biolink:knowledge_assertion"},
            "associated_with_increased_likelihood_of",
        ),
        ({"stage_qualifier": "acute|HP:1"}, "KGX:treats"),
        ({"disease_context_qualifier": "MONDO:1", "knowledge_level": "prediction"}, "KGX:treats"),
    ],
)
def test_what_no_one_has_looked_at_is_not_walked(tmp_path: Path, fields: dict[str, Any], predicate: str) -> None:
    assert graph(tmp_path, [], [line(**fields)]).edges["predicate"].to_list() == [predicate]


ENDS = [
    {"id": f"{kind}:1", "name": kind, "category": [f"biolink:{kind}"]}
    for kind in ("Drug", "Disease", "Gene", "Case", "PhenotypicFeature", "NamedThing")
]


@pytest.mark.parametrize(
    ("subject", "object", "predicate"),
    [
        ("Drug:1", "Disease:1", "treats"),
        ("Drug:1", "Gene:1", "KGX:treats"),
        ("Gene:1", "Disease:1", "KGX:treats"),
        ("Drug:1", "NamedThing:1", "KGX:treats"),
        ("Drug:1", "UNKNOWN:1", "treats"),  # another source may know what it is
        ("UNKNOWN:1", "Gene:1", "KGX:treats"),
    ],
)
def test_an_edge_between_things_that_its_predicate_does_not_relate_is_not_walked(tmp_path: Path, subject: str, object: str, predicate: str) -> None:
    source = graph(tmp_path, ENDS, [line(subject, "biolink:treats", object), line(object, "biolink:treated_by", subject)])
    assert source.edges.select("subject", "predicate", "object").rows() == [(subject, predicate, object)] * 2
    assert source.left_out == ({} if predicate == "treats" else {"kept_but_not_walked_ends_do_not_fit": 2})


@pytest.mark.parametrize(
    ("subject", "object", "fields", "predicate"),
    [
        ("Disease:1", "HP:1", {}, "has_phenotype"),
        ("PhenotypicFeature:1", "HP:1", {}, "has_phenotype"),
        ("UNKNOWN:1", "HP:1", {}, "has_phenotype"),
        ("Gene:1", "HP:1", {}, "KGX:has_phenotype"),
        ("Case:1", "HP:1", {}, "KGX:has_phenotype"),
        ("Gene:1", "HP:1", {"disease_context_qualifier": "Disease:1"}, "has_phenotype"),
        ("Gene:1", "HP:1", {"disease_context_qualifier": "Disease:1", "knowledge_level": "logical_entailment"}, "has_phenotype"),
        ("Disease:1", "MP:1", {}, "KGX:has_phenotype"),
        ("UNKNOWN:1", "zp:1", {}, "KGX:has_phenotype"),
    ],
)
def test_a_phenotype_is_told_of_patients_alone(tmp_path: Path, subject: str, object: str, fields: dict[str, Any], predicate: str) -> None:
    assert graph(tmp_path, ENDS, [line(subject, "biolink:has_phenotype", object, **fields)]).edges["predicate"].to_list() == [predicate]


def test_aspect_and_direction_are_said_of_affects_alone(tmp_path: Path) -> None:
    found = graph(tmp_path, [], [line("A:1", "biolink:causes", "B:1", object_direction_qualifier="decreased")]).edges
    assert found["predicate"].to_list() == ["KGX:causes"]


@pytest.mark.parametrize(
    ("fields", "frequency", "negated"),
    [
        ({"has_count": 3.0, "has_total": "10"}, (3, 10, None, None, "3/10"), False),
        ({"has_quotient": 0.25, "frequency_qualifier": "HP:0040283"}, (None, None, 0.25, 0.25, "0.25"), False),
        ({"has_percentage": 0.0000001}, (None, None, 1e-9, 1e-9, None), False),  # rare is not never
        ({"has_percentage": 0}, (None, None, 0.0, 0.0, "0%"), True),
        ({"frequency_qualifier": "HP:0040285"}, (None, None, 0.0, 0.0, "HP:0040285"), True),
        ({"has_count": 3}, None, False),
    ],
)
def test_frequencies(tmp_path: Path, fields: dict[str, Any], frequency: tuple[Any, ...] | None, negated: bool) -> None:
    found = graph(tmp_path, [], [line("A:1", "biolink:has_phenotype", "HP:0000001", **fields)]).edges.row(0, named=True)
    assert found["negated"] is negated
    if frequency is None:
        assert found["frequency"] is None
        return
    n, m, lower, upper, text = frequency
    assert (found["frequency"]["n"], found["frequency"]["m"]) == (n, m)
    assert (found["frequency"]["lower"], found["frequency"]["upper"]) == pytest.approx((lower, upper)) if lower is not None else (None, None)
    assert text is None or found["frequency"]["texts"] == [text]


@pytest.mark.parametrize(
    "fields", [{"has_count": 5, "has_total": 3}, {"has_percentage": 150}, {"has_quotient": "some"}, {"has_count": "a", "has_total": 2}]
)
def test_a_frequency_that_is_none_rejects_its_row(tmp_path: Path, fields: dict[str, Any]) -> None:
    source = graph(tmp_path, [], [line("A:1", "biolink:has_phenotype", "HP:0000001", **fields)])
    assert (source.edges.height, source.rejected["reason"].to_list()) == (0, ["bad_frequency"])


NAMES = [
    '"quoted" | piped; semi',
    "tab\tline\nend",
    "nul\x00",
    "\U0001f489 emoji \U0001f1e9\U0001f1ea",
    "x" * 10_000,
    '["not", "a list"]',
    "[3H]-drug",
    "{}",
]


def test_odd_names_survive(tmp_path: Path) -> None:
    nodes = [{"id": f"A:{i}", "category": ["biolink:Drug"], "name": name, "synonym": [f"~{name}~"]} for i, name in enumerate(NAMES)]
    source = graph(tmp_path, nodes, [])
    assert source.nodes["name"].to_list() == NAMES
    assert source.aliases.filter(pl.col("scope") == "related")["alias"].to_list() == [f"~{name}~" for name in NAMES]


def test_shapes_that_change_within_a_file_are_read(tmp_path: Path) -> None:
    records = [line("A:1", object=f"B:{i}", publications=["PMID:1"], primary_knowledge_source="infores:x") for i in range(30)]
    records[25] |= {"publications": "PMID:2", "primary_knowledge_source": ["infores:y"], "negated": "True"}
    records[26] |= {"publications": None, "negated": True, "knowledge_level": 5, "sources": "odd"}
    found = graph(tmp_path, [], records).edges.to_dicts()
    assert [found[i]["evidence"]["publications"] for i in (24, 25, 26)] == [["PMID:1"], ["PMID:2"], []]
    assert [found[i]["evidence"]["citation"] for i in (24, 25)] == ["infores:x", "infores:y"]
    assert [found[i]["negated"] for i in (24, 25, 26)] == [False, True, True]


def test_a_repeated_key_a_nan_and_blank_lines_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "nodes.jsonl").write_text('\ufeff{"id":"A:1","id":"A:2","category":["biolink:Drug"],"name":"n"}\n\n', encoding="utf-8")
    (tmp_path / "edges.jsonl").write_text(
        '{"subject":"A:1","predicate":"treats","object":"B:1","has_total":NaN}\n\n{"subject":""}\n', encoding="utf-8"
    )
    source = gone_through(read_kgx(tmp_path))
    assert source.nodes["id"].to_list() == ["A:1"]
    assert source.edges.height == 1 and source.rejected.select("row", "reason").rows() == [(3, "no_predicate")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"id":"A:1"}\n{"id":', "nodes.jsonl, row 2: is no JSON"),
        (b'{"id":"A:1"}\n[1]\n', "nodes.jsonl, row 2: is no JSON object"),
        (b'{"id":"A:1"}\n{"id":"\xff"}\n', "nodes.jsonl, row 2: is not UTF-8 text"),
        (b'{"id":"A:1","name":"\\ud83d"}\n', "nodes.jsonl, row 1, field name: holds half a character"),
        (b'{"id":' + b"[" * 100_000, "nodes.jsonl, row 1: is no JSON"),
        (b"{" + b",".join(b'"q%d_qualifier":"x"' % i for i in range(200)) + b"}", "has more than 100 fields that end in _qualifier"),
    ],
)
def test_a_line_that_is_no_json_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "nodes.jsonl").write_bytes(content)
    (tmp_path / "edges.jsonl").write_bytes(b"")
    with pytest.raises(InputError) as error:
        read_kgx(tmp_path)
    assert message in str(error.value)


def test_an_unknown_qualifier_with_an_odd_name_only_rejects_its_row(tmp_path: Path) -> None:
    source = graph(tmp_path, [], [line(**{"{}\n_qualifier": "x"}), line(object="B:2")])
    assert source.edges["object"].to_list() == ["B:2"]
    assert source.rejected["reason"].to_list() == ["unknown_qualifier"]


def monarch_copy(folder: Path) -> None:
    for file in (KGX / "monarch").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("monarch-kg_nodes.tsv", "id\tcategory", "id\tkind", "monarch-kg_nodes.tsv, row 1: column 'category' is missing"),
        ("monarch-kg_edges.tsv", "\tpredicate\t", "\trelation\t", "monarch-kg_edges.tsv, row 1: column 'predicate' is missing"),
        ("monarch-kg_nodes.tsv", "HGNC:870\t", "HGNC:870\t\t", "monarch-kg_nodes.tsv, row 3: has 14 fields, 13 are needed"),
    ],
)
def test_a_fault_of_the_format_shows_before_the_build(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    monarch_copy(tmp_path)
    text = (tmp_path / file).read_text("utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError) as error:
        read_kgx(tmp_path)
    assert message in str(error.value)


def test_quotation_marks_quote_only_where_asked(tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text('id\tcategory\tname\nA:1\tbiolink:Drug\t"a ""b""\tc"\nA:2\tbiolink:Drug\td\n')
    (tmp_path / "edges.tsv").write_text("subject\tpredicate\tobject\nA:1\ttreats\tA:2\n")
    assert read_kgx(tmp_path, quoted=True).nodes["name"].to_list() == ['a "b"\tc', "d"]
    with pytest.raises(InputError, match="row 2: has 4 fields, 3 are needed"):
        read_kgx(tmp_path)


def test_the_two_files_are_found_or_named(tmp_path: Path) -> None:
    monarch_copy(tmp_path)
    edge_file = tmp_path / "monarch-kg_edges.tsv"
    (tmp_path / "monarch-kg_edges.tsv.gz").write_bytes(gzip.compress(edge_file.read_bytes()))
    assert next(iter(read_kgx(tmp_path).info.files)) == "monarch-kg_edges.tsv"  # the plain one first
    edge_file.unlink()
    assert next(iter(read_kgx(tmp_path).info.files)) == "monarch-kg_edges.tsv.gz"
    (tmp_path / "other_nodes.tsv").write_bytes((tmp_path / "monarch-kg_nodes.tsv").read_bytes())
    with pytest.raises(InputError, match=r"has several files of nodes: monarch-kg_nodes.tsv, other_nodes.tsv \(name it with nodes="):
        read_kgx(tmp_path)
    assert read_kgx(tmp_path, nodes="other_nodes.tsv").info.name == "other"
    with pytest.raises(InputError, match=r"has no file 'x_nodes.tsv'"):
        read_kgx(tmp_path, nodes="x_nodes.tsv")
    with pytest.raises(InputError, match="names a file outside its folder"):
        read_kgx(tmp_path, nodes="../nodes.tsv")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "x_nodes.tsv").symlink_to("/etc/passwd")
    (tmp_path / "linked" / "x_edges.tsv").symlink_to(edge_file)
    for options in ({}, {"nodes": "x_nodes.tsv"}):
        with pytest.raises(InputError, match=r"linked: names a file outside its folder: 'x_nodes\.tsv'.*copy a linked one there"):
            read_kgx(tmp_path / "linked", **options)
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(InputError, match=r"'a.parquet' is neither .tsv nor .jsonl"):
        read_kgx(tmp_path, nodes="a.parquet")
    with pytest.raises(InputError, match="has no file of nodes"):
        read_kgx(KGX)
    with pytest.raises(InputError, match="no such file or folder"):
        read_kgx(tmp_path / "absent")
    with pytest.raises(InputError, match=r"is neither a folder nor a .tar.gz"):
        read_kgx(tmp_path / "other_nodes.tsv")


def packed(path: Path, *names: str, mode: str = "w:gz") -> Path:
    """Pack the Monarch fixture, each file under the names given."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name in names:
            content = (KGX / "monarch" / name.rpartition("/")[2]).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize(("name", "mode"), [("monarch-kg.tar.gz", "w:gz"), ("kg.tgz", "w:gz"), ("kg.tar", "w")])
def test_an_archive_is_read_where_it_lies(tmp_path: Path, monarch: SourceTables, name: str, mode: str) -> None:
    path = packed(tmp_path / name, "../../evil/monarch-kg_edges.tsv", "/monarch-kg_nodes.tsv", mode=mode)
    source = gone_through(read_kgx(path))
    assert source.nodes.equals(monarch.nodes) and source.edges.equals(monarch.edges)
    assert (source.info.name, list(source.info.files)) == ("monarch-kg", [name])
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_links_and_damage_in_an_archive(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar.gz", "monarch-kg_edges.tsv")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("nodes.tsv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(InputError, match="has no file of nodes"):
        read_kgx(tmp_path / "b.tar.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cannot be read: Compressed file ended"):
        read_kgx(path)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"a\.tar\.gz: cannot be read"):
        read_kgx(path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BOMB_BYTES", 1 << 20)
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("nodes.tsv")
        entry.size = 8 << 20
        tar.addfile(entry, io.BytesIO(bytes(8 << 20)))
    with pytest.raises(InputError, match="unpacks to more than 250 times its size"):
        read_kgx(path)


def test_edges_come_in_batches() -> None:
    source = read_kgx(KGX / "monarch")
    assert isinstance(source.edges, Batches)
    assert all(dict(frame.schema) == dict(SCHEMA) for frame in source.edges)


def test_what_a_table_cannot_hold_is_read_as_our_export_writes_it(tmp_path: Path) -> None:
    (tmp_path / "x_nodes.tsv").write_text(
        "id\tcategory\tname\tsynonym\nMONDO:1\tbiolink:Disease\ta&#10;b &#38;#10; &amp; &#x\tone&#124;two|three&#9;four\n", encoding="utf-8"
    )
    (tmp_path / "x_edges.tsv").write_text("subject\tpredicate\tobject\n", encoding="utf-8")
    found = read_kgx(tmp_path)
    assert found.nodes["name"].to_list() == ["a\nb &#10; &amp; &#x"]
    assert whole(found.aliases, ALIASES)["alias"].to_list()[1:] == ["one|two", "three\tfour"]
