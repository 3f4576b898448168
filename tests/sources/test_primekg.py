from __future__ import annotations

import csv
import gzip
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources import files, tables
from kgpaths.sources.hierarchy import Hierarchy
from kgpaths.sources.primekg import read_primekg
from kgpaths.sources.primekg_hpo import is_kind_by_name, read_phenotypes
from kgpaths.sources.primekg_relations import GROUP_NOTE, HIERARCHIES, KINDS, LICENCE, RELATIONS, TYPES, UNDIRECTED
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import CATEGORIES, PREDICATES, TOLD_QUALIFIERS, fits, is_predicate, predicate_of, stored_as
from tests.sources.rows import FIXTURES, node

KG = FIXTURES / "primekg" / "kg.csv"
PARENTS = (FIXTURES / "primekg" / "parents.tsv", FIXTURES / "primekg" / "anatomy.obo")
ROWS = 43  # edges of the fixture; each comes twice, then 11 rows that cannot be used
GROUP = "PRIMEKG.GROUP:1200_1134_15512"


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_primekg(KG, hierarchies=PARENTS)


def edges(source: SourceTables) -> pl.DataFrame:
    return pl.concat(source.edges)


def lines(source: SourceTables) -> list[tuple[Any, ...]]:
    """Return each edge as subject, predicate, object and whether it is negated."""
    return edges(source).select("subject", "predicate", "object", "negated").rows()


def unordered(source: SourceTables) -> set[tuple[Any, ...]]:
    """Return the edges, the ends of symmetric ones in order."""
    return {(*sorted((s, o)), p, n) if predicate_of(p).symmetric else (s, o, p, n) for s, p, o, n in lines(source)}


def rewritten(tmp_path: Path, change: Any) -> Path:
    """Write the fixture's rows, header first, as ``change`` returns them."""
    with KG.open(newline="", encoding="utf-8") as stream:
        rows = change(list(csv.reader(stream)))
    out = tmp_path / "kg.csv"
    with out.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return out


# --- what each relation becomes


def test_every_relation_becomes_its_edge_in_its_true_direction(tiny: SourceTables) -> None:
    assert lines(tiny) == [
        ("DRUGBANK:DB00001", "treats", "MONDO:0005044", False),
        ("DRUGBANK:DB00001", "treats", GROUP, False),
        ("DRUGBANK:DB00001", "contraindicated_in", "MONDO:0005044", False),
        ("DRUGBANK:DB00001", "applied_to_treat", "MONDO:0005044", False),  # off-label is no approved use
        ("DRUGBANK:DB00002", "has_adverse_event", "HP:0002315", False),
        ("DRUGBANK:DB00001", "pharmacologically_interacts_with", "DRUGBANK:DB00002", False),
        ("DRUGBANK:DB00001", "PRIMEKG:has_target", "NCBIGene:7001", False),
        ("DRUGBANK:DB00001", "PRIMEKG:has_enzyme", "NCBIGene:7001", False),
        ("DRUGBANK:DB00002", "PRIMEKG:has_carrier", "NCBIGene:7002", False),
        ("DRUGBANK:DB00002", "PRIMEKG:has_transporter", "NCBIGene:7003", False),
        ("MONDO:0005044", "has_phenotype", "HP:0002315", False),
        ("MONDO:0005044", "has_mode_of_inheritance", "HP:0000006", False),  # PrimeKG calls these phenotypes too
        ("MONDO:0005044", "has_clinical_course", "HP:0003577", False),
        ("MONDO:0005044", "has_past_medical_history", "HP:0002686", False),
        ("MONDO:0005027", UNDIRECTED, "HP:0012638", False),  # the disease is HPO's "Seizure", and this its parent
        ("MONDO:0005044", "has_phenotype", "HP:0001250", True),
        (GROUP, "has_phenotype", "HP:0002315", True),
        ("NCBIGene:7001", "gene_associated_with_condition", "MONDO:0005044", False),
        ("NCBIGene:7004", "gene_associated_with_condition", "HP:0001250", False),
        ("NCBIGene:7001", "interacts_with", "NCBIGene:7003", False),
        ("NCBIGene:7001", "expressed_in", "UBERON:0000955", False),
        ("NCBIGene:7002", "expressed_in", "UBERON:0000955", True),
        ("GO:0008150", "has_participant", "NCBIGene:7004", False),
        ("GO:0003674", "has_participant", "NCBIGene:7001", False),
        ("NCBIGene:7001", "located_in", "GO:0005575", False),
        ("REACT:R-HSA-2", "has_participant", "NCBIGene:7001", False),
        ("MESH:D000082", "related_to", "MONDO:0005044", False),
        ("MESH:D000082", "related_to", "NCBIGene:7001", False),
        ("MESH:D000082", "related_to", "GO:0008150", False),
        ("MESH:D000082", "related_to", "GO:0003674", False),
        ("MESH:C014024", "related_to", "GO:0005575", False),
        ("MESH:D000082", "related_to", "MESH:C014024", False),  # a stressor and its marker, whatever "parent-child" says
        ("MONDO:0005044", "subclass_of", "MONDO:0000005", False),  # by way of a disease that the file does not have
        ("MONDO:0000005", "subclass_of", "MONDO:0000004", False),
        ("MONDO:0000004", UNDIRECTED, "MONDO:0100078", False),
        (GROUP, UNDIRECTED, "MONDO:0000004", False),  # one of its members is below, which says nothing of the others
        ("MONDO:0000004", UNDIRECTED, "PRIMEKG.GROUP:6_7", False),  # one member is above, the other below
        ("HP:0001250", "subclass_of", "HP:0012638", False),
        ("UBERON:0000955", "subclass_of", "UBERON:0000062", False),
        ("GO:0008150", UNDIRECTED, "GO:0009987", False),
        ("GO:0003674", UNDIRECTED, "GO:0005488", False),
        ("GO:0005575", UNDIRECTED, "GO:0005622", False),
        ("REACT:R-HSA-1", "has_part", "REACT:R-HSA-2", False),
    ]
    assert tiny.left_out == {"second_row_of_an_edge": ROWS}


@pytest.mark.parametrize("rows", [slice(1, 1 + ROWS), slice(1 + ROWS, 1 + 2 * ROWS)], ids=["as listed first", "reversed"])
def test_either_of_the_two_rows_makes_the_same_edge(tmp_path: Path, tiny: SourceTables, rows: slice) -> None:
    half = read_primekg(rewritten(tmp_path, lambda all_rows: [all_rows[0], *all_rows[rows]]), hierarchies=PARENTS)
    assert unordered(half) == unordered(tiny)
    assert len(lines(half)) == ROWS and half.left_out == {"second_row_of_an_edge": 0}


def test_the_pieces_the_file_is_read_in_do_not_show(monkeypatch: pytest.MonkeyPatch, tiny: SourceTables) -> None:
    monkeypatch.setattr(files, "BLOCK", 300)
    again = read_primekg(KG, hierarchies=PARENTS)
    assert unordered(again) == unordered(tiny)
    assert again.rejected.equals(tiny.rejected)
    assert again.nodes.sort("id").equals(tiny.nodes.sort("id"))


def test_without_an_index_column_nothing_changes(tmp_path: Path, tiny: SourceTables) -> None:
    path = rewritten(tmp_path, lambda rows: [row[:2] + row[3:7] + row[8:] for row in rows])
    assert lines(read_primekg(path, hierarchies=PARENTS)) == lines(tiny)


def test_without_hierarchies_parent_and_child_stay_undirected() -> None:
    source = read_primekg(KG, hpo=False)
    found = Counter(predicate for _, predicate, _, _ in lines(source))
    assert found[UNDIRECTED] == 11 and not HIERARCHIES.keys() & found.keys()
    assert found["has_phenotype"] == 7  # without HPO an annotation is what the file calls it
    assert node(source, "HP:0000006")["category"] == "PhenotypicFeature"


def test_the_order_in_a_hierarchy_decides(tmp_path: Path) -> None:
    (tmp_path / "parents.csv").write_text("MONDO:0000004,MONDO:0000005,7\n", encoding="utf-8")  # a comma, no header, one column more
    found = lines(read_primekg(KG, hierarchies=[tmp_path / "parents.csv"], hpo=False))
    assert ("MONDO:0000004", "subclass_of", "MONDO:0000005", False) in found
    assert ("MONDO:0000005", "subclass_of", "MONDO:0000004", False) not in found


# --- nodes, names, evidence


def test_ids_get_prefix_and_leading_zeros_back_and_types_their_category(tiny: SourceTables) -> None:
    assert dict(tiny.nodes.select("id", "category").rows()) == {
        "DRUGBANK:DB00001": "Drug",
        "DRUGBANK:DB00002": "Drug",
        "NCBIGene:7001": "Gene",
        "NCBIGene:7002": "Gene",
        "NCBIGene:7003": "Gene",
        "NCBIGene:7004": "Gene",
        "MONDO:0000004": "Disease",
        "MONDO:0000005": "Disease",
        "MONDO:0005027": "Disease",
        "MONDO:0005044": "Disease",
        "MONDO:0100078": "Disease",
        "PRIMEKG.GROUP:1200_1134_15512": "Disease",
        "PRIMEKG.GROUP:6_7": "Disease",
        "HP:0000006": "GeneticInheritance",
        "HP:0001250": "PhenotypicFeature",
        "HP:0002315": "PhenotypicFeature",
        "HP:0002686": "PhenotypicFeature",
        "HP:0003577": "ClinicalCourse",
        "HP:0012638": "PhenotypicFeature",
        "UBERON:0000062": "AnatomicalEntity",
        "UBERON:0000955": "AnatomicalEntity",
        "GO:0003674": "MolecularActivity",
        "GO:0005488": "MolecularActivity",
        "GO:0005575": "CellularComponent",
        "GO:0005622": "CellularComponent",
        "GO:0008150": "BiologicalProcess",
        "GO:0009987": "BiologicalProcess",
        "REACT:R-HSA-1": "Pathway",
        "REACT:R-HSA-2": "Pathway",
        "MESH:C014024": "ChemicalEntity",
        "MESH:D000082": "ChemicalEntity",
    }


def test_names_survive(tiny: SourceTables) -> None:
    named = {curie: node(tiny, curie)["name"] for curie in ("NCBIGene:7001", "NCBIGene:7002", "NCBIGene:7003", "DRUGBANK:DB00002", "REACT:R-HSA-2")}
    assert list(named.values()) == ["NAN", "nan", "null", 'Acid, so-called "strong"', "Going on\nfor two lines 🧭"]


def test_every_name_of_an_end_is_an_alias(tiny: SourceTables) -> None:
    of = {curie: tiny.aliases.filter(pl.col("id") == curie).drop("id").rows() for curie in ("NCBIGene:7004", "MONDO:0005044", GROUP)}
    assert of == {
        "NCBIGene:7004": [("MT-ONE", "label", "symbol"), ("ONE", "exact", "symbol")],
        "MONDO:0005044": [("pressure trouble (disease)", "label", ""), ("pressure trouble", "exact", "")],
        GROUP: [("high pressure", "label", "")],
    }


def test_a_group_is_a_concept_of_its_own_with_its_members_narrower(tiny: SourceTables) -> None:
    members = tiny.xrefs.filter(pl.col("id") == GROUP).drop("id").rows()
    assert members == [("MONDO:0001200", "narrow_match"), ("MONDO:0001134", "narrow_match"), ("MONDO:0015512", "narrow_match")]
    notes = edges(tiny).select("subject", "object", note=pl.col("evidence").struct.field("note"))
    of_group = pl.any_horizontal(pl.col("subject", "object").str.starts_with("PRIMEKG.GROUP:"))
    assert notes.filter(of_group)["note"].to_list() == [GROUP_NOTE] * 4
    assert notes.filter(~of_group)["note"].unique().to_list() == [""]


def test_evidence_keeps_both_labels_the_resource_and_its_licence(tiny: SourceTables) -> None:
    stated = {e["code"]: (e["citation"], e["licence"]) for e in edges(tiny)["evidence"].to_list()}
    assert stated["drug_drug: synergistic interaction"] == ("DrugBank", "CC BY-NC 4.0 (DrugBank)")
    assert stated["drug_effect: side effect"] == ("SIDER", "CC BY-NC-SA 4.0 (SIDER)")
    assert stated["disease_protein: associated with"] == ("DisGeNET", "CC BY-NC-SA 4.0 (DisGeNET)")
    assert stated["indication: indication"] == ("DrugCentral", LICENCE)
    assert len(stated) == len(RELATIONS)
    assert (tiny.info.name, tiny.info.release, tiny.info.licence, tuple(tiny.info.files)) == ("PrimeKG", "", LICENCE, ("kg.csv",))


def test_edges_can_be_asked_for_again(tiny: SourceTables) -> None:
    assert edges(tiny).equals(edges(tiny))
    for frame in tiny.edges if isinstance(tiny.edges, tables.Batches) else ():
        tiny.check("edges", frame, tables.EDGES)


# --- the table of relations


def test_predicates_are_known_and_stated_in_the_direction_they_are_stored_in() -> None:
    for relation in RELATIONS:
        assert is_predicate(relation.predicate) and stored_as(relation.predicate) == (relation.predicate, False), relation.relation
        if relation.subject == relation.object:
            assert predicate_of(relation.predicate).symmetric or relation.predicate in HIERARCHIES, relation.relation
        assert relation.why
    assert predicate_of(UNDIRECTED).symmetric and predicate_of(UNDIRECTED).role == "other"
    assert len({relation.relation for relation in RELATIONS}) == 30
    assert {kind.category for kind in KINDS} <= set(CATEGORIES) and len(TYPES) == 10


def test_what_is_told_as_truth_is_little() -> None:
    told = {r.code for r in RELATIONS if r.predicate in PREDICATES and r.predicate != "subclass_of"}
    assert told == {
        "indication: indication",
        "contraindication: contraindication",
        "drug_effect: side effect",
        "drug_drug: synergistic interaction",
        "disease_phenotype_positive: phenotype present",
        "disease_phenotype_negative: phenotype absent",
        "disease_protein: associated with",
        "phenotype_protein: associated with",
    }


def test_ends_lie_within_domain_and_range(tiny: SourceTables) -> None:
    assert_ends_fit(tiny)


def assert_ends_fit(source: SourceTables) -> None:
    category = dict(source.nodes.select("id", "category").rows())
    for subject, predicate, object, _ in set(lines(source)):
        if predicate in PREDICATES:
            assert fits(PREDICATES[predicate], category[subject], category[object]), (subject, predicate, object)


def test_what_hpo_knows_holds_for_replaced_ids_and_for_one_term_of_a_name(tmp_path: Path) -> None:
    terms = (
        "id: HP:0000118\nname: Phenotypic abnormality",
        'id: HP:0000901\nname: Ache\nis_a: HP:0000118\nalt_id: HP:0000902\nsynonym: "Pain" EXACT []\nsynonym: "Agony" BROAD []',
        'id: HP:0000903\nname: Pang\nis_a: HP:0000901\nsynonym: "Pain" EXACT []',
        "id: HP:0000904\nname: obsolete Twinge\nis_obsolete: true\nreplaced_by: HP:0000903",
    )
    (tmp_path / "hp.obo").write_text("format-version: 1.2\n\n" + "".join(f"[Term]\n{term}\n\n" for term in terms), encoding="utf-8")
    hierarchy = Hierarchy()
    known = read_phenotypes(tmp_path / "hp.obo", hierarchy)
    assert hierarchy.descends(["HP:0000904"], ["HP:0000902"])  # replaced and secondary ids
    assert known.category["HP:0000904"] == ("PhenotypicFeature", True)
    assert known.named(["ACHE (disease)"]) == "HP:0000901"
    assert known.named(["pain"]) == known.named(["agony"]) == known.named(["pang", "ache"]) == ""  # two terms, none, two names
    assert known.are_kin("HP:0000901", "HP:0000904") and known.are_kin("HP:0000903", "HP:0000902")
    assert known.are_kin("HP:0000901", "HP:0000901") and not known.are_kin("HP:0000903", "HP:0000118")


# --- rows that cannot be used, and files that are none


def test_a_row_that_cannot_be_used_is_rejected_with_its_line_and_reason(tiny: SourceTables) -> None:
    assert tiny.rejected.select("file", "row", "reason").rows() == [  # lines: two names take two each
        ("kg.csv", 92, "empty_name"),
        ("kg.csv", 93, "empty_id"),
        ("kg.csv", 94, "unknown_relation"),  # a label that indication does not have
        ("kg.csv", 95, "unknown_relation"),
        ("kg.csv", 96, "unknown_type"),
        ("kg.csv", 97, "unknown_source"),
        ("kg.csv", 98, "bad_id"),  # 5044.0
        ("kg.csv", 99, "bad_id"),
        ("kg.csv", 100, "ends_do_not_fit"),
        ("kg.csv", 101, "self_loop"),  # one gene under two names
        ("kg.csv", 102, "bad_id"),  # a group with an empty member
    ]
    assert tiny.rejected["detail"][6] == "disease_protein (associated with): gene/protein 7001 of NCBI, disease 5044.0 of MONDO"


def test_every_row_is_used_or_rejected(tiny: SourceTables) -> None:
    with KG.open(newline="", encoding="utf-8") as stream:
        rows = len(list(csv.reader(stream))) - 1
    assert len(lines(tiny)) + tiny.left_out["second_row_of_an_edge"] + tables.whole(tiny.rejected, tables.REJECTED).height == rows


def test_a_folder_and_a_packed_file_will_do(tmp_path: Path, tiny: SourceTables) -> None:
    (tmp_path / "kg.csv.gz").write_bytes(gzip.compress(KG.read_bytes()))
    for path in (tmp_path, tmp_path / "kg.csv.gz"):
        source = read_primekg(path, hierarchies=PARENTS, release="2.1")
        assert lines(source) == lines(tiny) and source.info.release == "2.1" and tuple(source.info.files) == ("kg.csv.gz",)


def test_a_limit_reads_the_first_rows() -> None:
    source = read_primekg(KG, limit=4)
    assert [line[1] for line in lines(source)] == ["treats", "treats", "contraindicated_in", "applied_to_treat"]
    assert source.nodes.height == 3


def test_a_file_of_a_header_is_a_source_without_rows(tmp_path: Path) -> None:
    source = read_primekg(rewritten(tmp_path, lambda rows: rows[:1]))
    assert source.nodes.height == 0 and list(source.edges) == [] and source.rejected.schema == tables.empty(tables.REJECTED).schema


def test_a_name_of_ten_thousand_characters_with_a_nul_survives(tmp_path: Path) -> None:
    name = "x\0\t|;" + "é" * 10_000
    change = lambda rows: [rows[0], [*rows[1][:5], name, *rows[1][6:]]]  # noqa: E731
    assert node(read_primekg(rewritten(tmp_path, change)), "DRUGBANK:DB00001")["name"] == name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"x_source,", b"x_origin,", "kg.csv, row 1: column 'x_source' is missing"),
        (b"Firstol,DrugBank", b"Firstol", "kg.csv, row 2: has 11 fields, 12 are needed"),
        (b"Firstol", b"Fir\xffstol", "kg.csv, row 2: is not UTF-8 text"),
        (b'"Smoke, cold",CTD,20', b'"Smoke, cold,CTD,20', "kg.csv, row 29: has 10 fields, 12 are needed"),
    ],
)
def test_a_broken_file_is_named_with_its_row(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    content = KG.read_bytes()
    assert old in content
    (tmp_path / "kg.csv").write_bytes(content.replace(old, new, 1))
    with pytest.raises(InputError) as error:
        read_primekg(tmp_path)
    assert message in str(error.value)


def test_a_truncated_archive_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "kg.csv.gz").write_bytes(gzip.compress(KG.read_bytes())[:-20])
    with pytest.raises(InputError, match=r"kg\.csv\.gz: cannot be read"):
        read_primekg(tmp_path)
    with pytest.raises(InputError, match=r"other\.csv: no such file"):
        read_primekg(tmp_path / "other.csv")


def test_a_hierarchy_that_is_none_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "parents.tsv"
    shutil.copy(PARENTS[0], path)
    path.write_text(path.read_text(encoding="utf-8") + "MONDO:0000008\ttrouble\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"parents\.tsv, row 9: no pair of ids: 'MONDO:0000008', 'trouble'"):
        read_primekg(KG, hierarchies=[path])
    path.write_text("MONDO:0000008\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"parents\.tsv: has one column"):
        read_primekg(KG, hierarchies=[path])


# --- findings that are the disease itself


@pytest.mark.parametrize(
    ("disease", "finding", "kind"),
    [
        ("type 2 diabetes mellitus", "Type II diabetes mellitus", True),
        ("dementia (disease)", "Dementia", True),
        ("Lewy body dementia", "Dementia", True),
        ("idiopathic and/or familial pulmonary arterial hypertension", "Pulmonary arterial hypertension", True),
        ("portal hypertension, noncirrhotic", "Portal hypertension", True),
        ("colonic varices without portal hypertension", "Colonic varices", True),
        ("growth delay due to insulin-like growth factor I resistance", "Growth delay", True),
        ("cataract 20", "Cataract", True),
        ("colonic varices without portal hypertension", "Portal hypertension", False),  # just not that
        ("frontotemporal dementia with motor neuron disease", "Frontotemporal dementia", False),  # one of two
        ("neonatal diabetes mellitus with congenital hypothyroidism", "Congenital hypothyroidism", False),
        ("frontotemporal dementia and/or amyotrophic lateral sclerosis", "Amyotrophic lateral sclerosis", False),
        ("hydrocephalus, with ataxia", "Hydrocephalus", False),
        ("ataxia-telangiectasia", "Telangiectasia", False),
        ("type 2 diabetes mellitus", "Diabetes", False),
    ],
)
def test_a_disease_is_a_kind_of_a_finding_by_its_name(disease: str, finding: str, kind: bool) -> None:
    assert is_kind_by_name(disease, finding) is kind


def test_a_finding_that_is_the_disease_by_name_is_no_annotation(tmp_path: Path) -> None:
    def renamed(rows: list[list[str]]) -> list[list[str]]:
        return [["childhood headache" if cell == named else cell for cell in row] for row in rows]

    named = node(read_primekg(KG, hierarchies=PARENTS), "MONDO:0005044")["name"]
    found = lines(read_primekg(rewritten(tmp_path, renamed), hierarchies=PARENTS))
    assert ("MONDO:0005044", UNDIRECTED, "HP:0002315", False) in found and ("MONDO:0005044", "has_phenotype", "HP:0002315", False) not in found
    assert ("MONDO:0005044", "has_phenotype", "HP:0001250", True) in found


# --- what is kept untold


def qualifiers(source: SourceTables) -> dict[tuple[str, str, str], tuple[str, ...]]:
    rows = edges(source).select("subject", "predicate", "object", "qualifiers").rows()
    return {row[:3]: tuple(q["value"] for q in row[3]) for row in rows if row[3]}


def test_what_rests_on_too_little_says_so_and_is_not_told(tiny: SourceTables) -> None:
    found = qualifiers(tiny)
    assert {predicate for (_, predicate, object), values in found.items() if object != GROUP and "at least one member" not in values} == {
        "treats", "contraindicated_in", "has_adverse_event", "gene_associated_with_condition",
    }  # fmt: skip
    assert found["NCBIGene:7004", "gene_associated_with_condition", "HP:0001250"] == ("an association of any kind, a marker's too",)
    keys = {q["key"] for row in edges(tiny)["qualifiers"].to_list() for q in row}
    assert keys == {"association_basis_qualifier", "quantifier_qualifier"} and not keys & set(TOLD_QUALIFIERS)


def test_what_is_said_of_a_group_holds_for_one_member(tiny: SourceTables) -> None:
    found = qualifiers(tiny)
    assert found[GROUP, "has_phenotype", "HP:0002315"] == ("at least one member",)
    assert found["DRUGBANK:DB00001", "treats", GROUP][1:] == ("at least one member",)


@pytest.mark.parametrize("as_stated", [False, True])
def test_a_mode_of_inheritance_that_is_no_truth_about_the_disease_is_never_told(tmp_path: Path, as_stated: bool) -> None:
    named = node(read_primekg(KG, hierarchies=PARENTS), "MONDO:0005044")["name"]
    folder = rewritten(tmp_path, lambda rows: [[f"{cell}, susceptibility to" if cell == named else cell for cell in row] for row in rows])
    found = qualifiers(read_primekg(folder, hierarchies=PARENTS, as_stated=as_stated))
    assert found["MONDO:0005044", "has_mode_of_inheritance", "HP:0000006"] == ("a susceptibility, which is no disease",)


def test_as_stated_tells_drug_uses_but_never_those_of_a_group() -> None:
    assert set(qualifiers(read_primekg(KG, hierarchies=PARENTS, as_stated=True)).values()) == {("at least one member",)}


# --- real rows


@pytest.fixture(scope="module")
def real(shared: Path) -> SourceTables:
    return read_primekg(shared / "primekg" / "kg_subset.csv.gz", hierarchies=[shared / "mondo" / "mondo_parent.csv.gz"])


def test_real_edges_are_all_accounted_for(real: SourceTables) -> None:
    found = edges(real).with_columns(relation=pl.col("evidence").struct.field("code").str.extract("^([^:]+):"))
    assert Counter(found.select("relation", "predicate", "negated").rows()) == {
        ("contraindication", "contraindicated_in", False): 11_642,
        ("indication", "treats", False): 3_445,
        ("off-label use", "applied_to_treat", False): 964,
        ("drug_effect", "has_adverse_event", False): 98,
        ("drug_protein", "PRIMEKG:has_target", False): 11_035,
        ("drug_protein", "PRIMEKG:has_enzyme", False): 3_617,
        ("drug_protein", "PRIMEKG:has_transporter", False): 2_104,
        ("drug_protein", "PRIMEKG:has_carrier", False): 573,
        ("disease_protein", "gene_associated_with_condition", False): 28_548,
        ("phenotype_protein", "gene_associated_with_condition", False): 40,
        ("disease_phenotype_positive", "has_phenotype", False): 945,
        ("disease_phenotype_positive", "has_mode_of_inheritance", False): 37,
        ("disease_phenotype_positive", "has_clinical_course", False): 20,
        ("disease_phenotype_positive", "has_past_medical_history", False): 2,
        ("disease_phenotype_positive", UNDIRECTED, False): 13,  # the disease itself, its parent or child: under its own name, or by its name
        ("disease_phenotype_negative", "has_phenotype", True): 11,
        ("disease_disease", "subclass_of", False): 85,
        ("disease_disease", UNDIRECTED, False): 95,
        ("phenotype_phenotype", "subclass_of", False): 12,
        ("exposure_disease", "related_to", False): 59,
        ("pathway_pathway", UNDIRECTED, False): 2,
        ("pathway_protein", "has_participant", False): 23,
    }
    assert found.height == 63_370 and real.rejected.height == 0 and real.left_out == {"second_row_of_an_edge": 0}
    assert found.select("subject", "predicate", "object", "negated").is_unique().all()


def test_real_modes_of_inheritance_of_complex_diseases_are_not_told(real: SourceTables) -> None:
    untold = {(s, o) for (s, p, o), values in qualifiers(real).items() if p == "has_mode_of_inheritance" and "at least one member" not in values}
    assert untold == {(f"MONDO:{number}", "HP:0000006") for number in ("0005148", "0007104", "0007488", "0010857")}  # type 2 diabetes, dementias


def test_real_nodes(real: SourceTables) -> None:
    assert Counter(real.nodes["id"].str.extract("^([^:]+):")) == {
        "NCBIGene": 7_194,
        "DRUGBANK": 4_935,
        "MONDO": 3_164,
        "PRIMEKG.GROUP": 769,
        "HP": 533,
        "MESH": 54,
        "REACT": 4,
    }
    assert real.nodes["id"].is_unique().all()
    group = "PRIMEKG.GROUP:1200_1134_15512_5080_100078"
    assert node(real, group)["name"] == "hypertension"
    assert "MONDO:0100078" in real.xrefs.filter(pl.col("id") == group)["xref"].to_list()
    assert real.aliases.filter((pl.col("id") == "NCBIGene:4508") & (pl.col("kind") == "symbol"))["alias"].sort().to_list() == ["ATP6", "MT-ATP6"]


def test_real_ends_lie_within_domain_and_range(real: SourceTables) -> None:
    assert_ends_fit(real)
