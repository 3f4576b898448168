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
from kgpaths.sources import tables
from kgpaths.sources.files import read_tsv
from kgpaths.sources.hetionet import read_hetionet
from kgpaths.sources.hetionet_doubts import INDICATION, NO_TREATMENT, OWN, REFUSED, refused
from kgpaths.sources.hetionet_relations import KINDS, LICENCE, METAEDGES
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import CATEGORIES, PREDICATES, QUALIFIERS, TOLD_QUALIFIERS, fits, is_predicate, predicate_of, stored_as
from tests.sources.rows import FIXTURES, node

FOLDER = FIXTURES / "hetionet"
LABEL = "a drug label, by text mining; whether the drug causes it is not assessed"
NODES, EDGES = "hetionet-v1.0-nodes.tsv", "hetionet-v1.0-edges.sif"


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_hetionet(FOLDER)


def edges(source: SourceTables) -> pl.DataFrame:
    return pl.concat(source.edges)


def lines(source: SourceTables) -> list[tuple[Any, ...]]:
    """Return each edge as metaedge, subject, predicate, object and the values of its qualifiers."""
    rows = edges(source).select(pl.col("evidence").struct.field("code"), "subject", "predicate", "object", "qualifiers").rows()
    return [(*row[:-1], *(q["value"] for q in row[-1])) for row in rows]


def copied(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    return tmp_path


# --- what each metaedge becomes


def test_every_metaedge_becomes_its_edge_in_its_true_direction(tiny: SourceTables) -> None:
    assert lines(tiny) == [
        ("CtD", "DRUGBANK:DB00001", "treats", "DOID:4"),
        ("CpD", "DRUGBANK:DB00001", "ameliorates_condition", "DOID:4", "a symptom of the disease"),
        ("CcSE", "DRUGBANK:DB00001", "has_adverse_event", "UMLS:C0000001", LABEL),
        ("CbG", "DRUGBANK:DB00001", "physically_interacts_with", "NCBIGene:7001"),
        ("CuG", "DRUGBANK:DB00001", "affects", "NCBIGene:7001", "cell lines", "expression", "increased"),
        ("CdG", "DRUGBANK:DB00001", "affects", "NCBIGene:7001", "cell lines", "expression", "decreased"),
        ("CrC", "DRUGBANK:DB00001", "chemically_similar_to", "DRUGBANK:DB00002"),
        ("PCiC", "DRUGBANK:DB00001", "member_of", "NDFRT:N0000000001"),
        ("DaG", "NCBIGene:7001", "gene_associated_with_condition", "DOID:4", "curation, GWAS or text mining"),
        ("DuG", "DOID:4", "positively_correlated_with", "NCBIGene:7002"),
        ("DdG", "DOID:4", "negatively_correlated_with", "NCBIGene:7001"),
        ("DpS", "DOID:4", "occurs_together_in_literature_with", "MESH:D000001"),
        ("DlA", "DOID:4", "occurs_together_in_literature_with", "UBERON:0000955"),
        ("DrD", "DOID:4", "occurs_together_in_literature_with", "DOID:7"),
        ("AeG", "NCBIGene:7001", "expressed_in", "UBERON:0000955"),
        ("AuG", "UBERON:0000955", "has_increased_amount", "NCBIGene:7002"),
        ("AdG", "UBERON:0000955", "has_decreased_amount", "NCBIGene:7001"),
        ("GiG", "NCBIGene:7001", "physically_interacts_with", "NCBIGene:7002"),  # listed both ways
        ("GcG", "NCBIGene:7001", "correlated_with", "NCBIGene:7002"),
        ("Gr>G", "NCBIGene:7001", "regulates", "NCBIGene:7002"),  # the one regulates the other, and the other the one
        ("Gr>G", "NCBIGene:7002", "regulates", "NCBIGene:7001"),
        ("GpBP", "GO:0008150", "has_participant", "NCBIGene:7001"),
        ("GpMF", "GO:0003674", "has_participant", "NCBIGene:7001"),
        ("GpCC", "NCBIGene:7001", "located_in", "GO:0005575"),
        ("GpPW", "HETIONET:PC7_12", "has_participant", "NCBIGene:7001"),
        ("GpPW", "WIKIPATHWAYS:WP1", "has_participant", "NCBIGene:7001"),
    ]
    assert tiny.left_out == {"second_row_of_an_edge": 2}


def test_qualifiers_are_ours_and_sorted(tiny: SourceTables) -> None:
    keys = {tuple(q["key"] for q in row) for row in edges(tiny)["qualifiers"].to_list() if row}
    assert set().union(*keys) <= set(QUALIFIERS) and all(list(one) == sorted(one) for one in keys)
    untold = {line[0] for line in lines(tiny) if len(line) > 4}
    assert untold == {"CpD", "CcSE", "CuG", "CdG", "DaG"}  # text mining, cell lines, labels: none is told as a fact
    assert not any(set(one) <= set(TOLD_QUALIFIERS) for one in keys)


def test_as_stated_leaves_away_what_keeps_an_edge_untold() -> None:
    found = {line[0]: line[4:] for line in lines(read_hetionet(FOLDER, as_stated=True))}
    assert found["CcSE"] == found["DaG"] == found["CpD"] == ()
    assert found["CuG"] == ("expression", "increased")


def doubted(tmp_path: Path, *, as_stated: bool) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Read a few drugs, diseases and side effects of Hetionet; return the qualifiers of each edge."""
    nodes = [
        ("Compound::DB00178", "Ramipril", "Compound"),
        ("Compound::DB00531", "Cyclophosphamide", "Compound"),
        ("Compound::DB00571", "Propranolol", "Compound"),
        ("Disease::DOID:9744", "type 1 diabetes mellitus", "Disease"),
        ("Disease::DOID:10763", "hypertension", "Disease"),
        ("Side Effect::C0020538", "Hypertension", "Side Effect"),
        ("Side Effect::C0085580", "Essential hypertension", "Side Effect"),
        ("Side Effect::C0018681", "Headache", "Side Effect"),
        ("Side Effect::C0024305", "Non-Hodgkin's lymphoma", "Side Effect"),
    ]
    found = [
        ("Compound::DB00178", "CtD", "Disease::DOID:9744"),  # refused
        ("Compound::DB00178", "CtD", "Disease::DOID:10763"),
        ("Compound::DB00571", "CpD", "Disease::DOID:10763"),
        *(
            (f"Compound::{drug}", "CcSE", f"Side Effect::{effect}")
            for drug in ("DB00178", "DB00531", "DB00571")
            for effect in ("C0020538", "C0018681")
        ),
        ("Compound::DB00178", "CcSE", "Side Effect::C0085580"),
        *((f"Compound::{drug}", "CcSE", "Side Effect::C0024305") for drug in ("DB00178", "DB00531")),
    ]
    for name, header, rows in ((NODES, ("id", "name", "kind"), nodes), (EDGES, ("source", "metaedge", "target"), found)):
        (tmp_path / name).write_text("".join("\t".join(row) + "\n" for row in (header, *rows)), encoding="utf-8")
    rows = edges(read_hetionet(tmp_path, as_stated=as_stated)).select("subject", "predicate", "object", "qualifiers").rows()
    return {(s.partition(":")[2], p, o): tuple(q["value"] for q in qualifiers) for s, p, o, qualifiers in rows}


@pytest.mark.parametrize("as_stated", [False, True])
def test_a_treatment_that_readers_refused_is_kept_and_never_told(tmp_path: Path, as_stated: bool) -> None:
    found = doubted(tmp_path, as_stated=as_stated)
    assert found["DB00178", "treats", "DOID:9744"] == (NO_TREATMENT,) and found["DB00178", "treats", "DOID:10763"] == ()
    notes = {e["note"] for e in edges(read_hetionet(tmp_path))["evidence"].to_list() if e["code"] == "CtD"}
    assert notes == {"", refused()["DRUGBANK:DB00178", "DOID:9744"]}


@pytest.mark.parametrize("as_stated", [False, True])
def test_a_side_effect_that_is_the_indication_is_never_told(tmp_path: Path, as_stated: bool) -> None:
    label = () if as_stated else (LABEL,)
    found = {(s, o): values for (s, p, o), values in doubted(tmp_path, as_stated=as_stated).items() if p == "has_adverse_event"}
    assert found == {
        ("DB00178", "UMLS:C0020538"): (INDICATION,),  # of one name with what it treats
        ("DB00571", "UMLS:C0020538"): (INDICATION,),  # or palliates
        ("DB00178", "UMLS:C0085580"): (INDICATION,),  # another name of it
        ("DB00531", "UMLS:C0024305"): (INDICATION,),  # an indication that Hetionet lacks
        ("DB00178", "UMLS:C0024305"): label,
        ("DB00531", "UMLS:C0020538"): label,
        **{(drug, "UMLS:C0018681"): label for drug in ("DB00178", "DB00531", "DB00571")},
    }


@pytest.mark.parametrize("path", [REFUSED, OWN])
def test_every_row_of_the_tables_of_doubts_says_why(path: Path) -> None:
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader((line for line in stream if not line.startswith("#")), delimiter="\t"))
    assert rows and all(row["source"] and None not in row.values() for row in rows)
    keys = [(row["drug"], row["disease"], row.get("side_effect", "")) for row in rows]
    assert len(set(keys)) == len(keys)
    if path == REFUSED:
        assert all(row["drug"] and row["disease"] and row["reason"] and row["readers"] in ("both", "second") for row in rows)
    else:
        assert all(row["side_effect"] and bool(row["drug"]) != bool(row["disease"]) for row in rows)


def test_evidence_has_the_licence_of_the_metaedge(tiny: SourceTables) -> None:
    stated = {e["code"]: (e["citation"], e["licence"]) for e in edges(tiny)["evidence"].to_list()}
    assert stated["CcSE"] == ("SIDER 4.1", "CC BY-NC-SA 4.0 (SIDER)")
    assert stated["CbG"][1].startswith("CC BY-NC 4.0 (DrugBank)")
    assert {code for code, (_, licence) in stated.items() if licence == "CC0 1.0"} == {"CtD", "CpD", "CrC", "DuG", "DdG", "DpS", "DlA", "DrD"}
    assert {code for code, (_, licence) in stated.items() if licence == "CC BY 4.0"} == {"PCiC", "GpBP", "GpMF", "GpCC"}
    assert stated["DaG"][1] == LICENCE and tiny.info.licence == LICENCE
    assert (tiny.info.name, tiny.info.release, sorted(tiny.info.files)) == ("Hetionet", "v1.0", [EDGES, NODES])
    for frame in tiny.edges:
        tiny.check("edges", frame, tables.EDGES)


# --- the tables of kinds and metaedges


def test_predicates_are_known_and_stated_in_the_direction_they_are_stored_in() -> None:
    assert len({m.name for m in METAEDGES}) == 24
    for metaedge in METAEDGES:
        assert is_predicate(metaedge.predicate) and stored_as(metaedge.predicate) == (metaedge.predicate, False), metaedge.name
        assert metaedge.why
        ends = (metaedge.target, metaedge.source) if metaedge.turned else (metaedge.source, metaedge.target)
        if metaedge.predicate in PREDICATES:
            assert fits(PREDICATES[metaedge.predicate], *(KINDS[end].category for end in ends)), metaedge.name
    assert {kind.category for kind in KINDS.values()} <= set(CATEGORIES)


def test_what_is_told_as_truth_is_little() -> None:
    assert {m.name for m in METAEDGES if m.predicate in PREDICATES} == {"CtD", "CpD", "CcSE", "CuG", "CdG", "DaG"}
    assert predicate_of("occurs_together_in_literature_with").role == "other"  # DpS, DlA and DrD are never walked


# --- nodes


def test_nodes_get_their_curie_and_category(tiny: SourceTables) -> None:
    assert tiny.nodes.select("id", "category", "name", "linkable").rows() == [
        ("UBERON:0000955", "AnatomicalEntity", "brain", True),
        ("GO:0008150", "BiologicalProcess", "living", True),
        ("GO:0005575", "CellularComponent", "place", True),
        ("GO:0003674", "MolecularActivity", "doing", True),
        ("DRUGBANK:DB00001", "Drug", 'Firstol "forte"', True),
        ("DRUGBANK:DB00002", "Drug", "Secondol", True),
        ("DOID:4", "Disease", "trouble", True),
        ("DOID:7", "Disease", "other trouble", True),
        ("NCBIGene:7001", "Gene", "NAN", True),
        ("NCBIGene:7002", "Gene", "null", True),
        ("NCBIGene:7003", "Gene", "ALONE", True),  # without an edge, and a node all the same
        ("HETIONET:PC7_12", "Pathway", "Going down", True),
        ("WIKIPATHWAYS:WP1", "Pathway", "Going on", True),
        ("NDFRT:N0000000001", "NamedThing", "Decreased Trouble", False),
        ("UMLS:C0000001", "DiseaseOrPhenotypicFeature", "ache", True),
        ("MESH:D000001", "PhenotypicFeature", "pain", True),
    ]
    assert tiny.aliases.filter(pl.col("kind") == "symbol")["alias"].to_list() == ["NAN", "null", "ALONE"]
    assert tiny.aliases["scope"].unique().to_list() == ["label"] and tiny.aliases.height == tiny.nodes.height
    assert tiny.xrefs.rows() == [("WIKIPATHWAYS:WP1", "HETIONET:WP1_r2", "alt_id")]


def test_what_cannot_be_used_is_rejected_with_its_row_and_reason(tiny: SourceTables) -> None:
    assert tiny.rejected.select("file", "row", "reason").rows() == [
        (NODES, 18, "same_node_twice"),
        (NODES, 19, "two_nodes_of_one_id"),  # another revision of a pathway
        (NODES, 20, "bad_id"),
        (NODES, 21, "empty_name"),
        (NODES, 22, "empty_id"),
        (NODES, 23, "unknown_kind"),
        (NODES, 24, "bad_id"),  # its id is of another kind
        (EDGES, 30, "unknown_metaedge"),
        (EDGES, 31, "unknown_end"),
        (EDGES, 32, "ends_do_not_fit"),
        (EDGES, 33, "self_loop"),
        (EDGES, 34, "unknown_end"),
    ]
    assert tiny.rejected["detail"][1] == "Pathway::WP1_r3 Going on, a Pathway; its id: WIKIPATHWAYS:WP1"
    assert tiny.rejected["detail"][8] == "Disease::DOID:4 DaG Gene::9999"


# --- files


def test_the_edges_may_be_packed_and_files_may_be_named(tmp_path: Path, tiny: SourceTables) -> None:
    folder = copied(tmp_path)
    (folder / "other.gz").write_bytes(gzip.compress((folder / EDGES).read_bytes()))
    (folder / EDGES).unlink()
    assert lines(read_hetionet(folder, edges="other.gz")) == lines(tiny)
    (folder / "other.gz").rename(folder / f"{EDGES}.gz")
    assert lines(read_hetionet(folder, nodes=NODES)) == lines(tiny)


def test_none_or_several_files_are_a_fault(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    shutil.copy(folder / EDGES, folder / "hetionet-v2.0-edges.sif")
    with pytest.raises(
        InputError, match=r"several files: hetionet-v1\.0-edges\.sif, hetionet-v2\.0-edges\.sif \(name the file with the option edges\)"
    ):
        read_hetionet(folder)
    assert read_hetionet(folder, edges=EDGES, release="v2.0").info.release == "v2.0"
    (folder / NODES).unlink()
    with pytest.raises(InputError, match=r"no \*nodes\.tsv or \*nodes\.tsv\.gz"):
        read_hetionet(folder, edges=EDGES)
    with pytest.raises(InputError, match="outside its folder"):
        read_hetionet(folder, nodes="../nodes.tsv")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (NODES, b"id\tname", b"id\tlabel", "nodes.tsv, row 1: column 'name' is missing"),
        (NODES, b"brain\t", b"brain", "nodes.tsv, row 2: has 2 fields, 3 are needed"),
        (NODES, b"brain", b"br\xe9in", "nodes.tsv, row 2: is not UTF-8 text"),
        (EDGES, b"metaedge", b"edge", "edges.sif, row 1: column 'metaedge' is missing"),
        (EDGES, b"AdG\t", b"AdG\t\t", "edges.sif, row 2: has 4 fields, 3 are needed"),
    ],
)
def test_a_broken_file_is_named_with_its_row(tmp_path: Path, file: str, old: bytes, new: bytes, message: str) -> None:
    folder = copied(tmp_path)
    content = (folder / file).read_bytes()
    assert old in content
    (folder / file).write_bytes(content.replace(old, new, 1))
    with pytest.raises(InputError) as error:
        read_hetionet(folder)
    assert message in str(error.value)


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / f"{EDGES}.gz").write_bytes(gzip.compress((folder / EDGES).read_bytes())[:-12])
    (folder / EDGES).unlink()
    with pytest.raises(InputError, match=r"edges\.sif\.gz: cannot be read"):
        read_hetionet(folder)


def test_a_limit_reads_the_first_edges_and_every_node(tiny: SourceTables) -> None:
    source = read_hetionet(FOLDER, limit=2)
    assert sorted(line[0] for line in lines(source)) == ["AdG", "AeG"]
    assert source.nodes.equals(tiny.nodes)


# --- the real files


@pytest.fixture(scope="module")
def real(shared: Path) -> SourceTables:
    return read_hetionet(shared / "hetionet")


def test_real_nodes_are_the_official_ones(real: SourceTables) -> None:
    assert real.nodes.height == 47_031 and real.nodes["id"].is_unique().all()
    assert real.rejected.height == 0 and real.left_out == {"second_row_of_an_edge": 0}
    assert Counter(real.nodes["id"].str.extract("^([^:]+):")) == {
        "NCBIGene": 20_945,
        "GO": 11_381 + 2_884 + 1_391,
        "UMLS": 5_734,
        "HETIONET": 1_528,
        "DRUGBANK": 1_552,
        "MESH": 438,
        "UBERON": 402,
        "NDFRT": 345,
        "WIKIPATHWAYS": 294,
        "DOID": 137,
    }
    assert node(real, "NCBIGene:9")["name"] == "NAT1"


def test_real_metaedges_have_their_counts(real: SourceTables, shared: Path) -> None:
    found = Counter(edges(real)["evidence"].struct.field("code"))
    with (shared / "hetionet" / "counts.tsv").open(encoding="utf-8") as stream:
        counts = list(csv.DictReader(stream, delimiter="\t"))
    assert found == {row["metaedge"]: int(row["built"]) for row in counts}
    complete = {row["metaedge"]: int(row["official"]) for row in counts if row["ratio"] == "1.000"}
    assert len(complete) == 20 and {name: found[name] for name in complete} == complete


def test_real_ends_lie_within_domain_and_range_and_no_edge_comes_twice(real: SourceTables) -> None:
    frame = edges(real).with_columns(pl.col("qualifiers").list.len())
    category = real.nodes.select("id", "category")
    typed = frame.join(category, left_on="subject", right_on="id").join(category, left_on="object", right_on="id", suffix="_object")
    assert typed.height == frame.height == 1_621_317
    for predicate, subject, object in typed.select("predicate", "category", "category_object").unique().rows():
        if predicate in PREDICATES:
            assert fits(PREDICATES[predicate], subject, object), (predicate, subject, object)
    affects = pl.col("predicate") == "affects"  # told apart by their qualifiers
    assert frame.filter(~affects).select("subject", "predicate", "object").is_unique().all()


def test_real_doubts_are_edges_of_hetionet_with_these_names(real: SourceTables) -> None:
    name = dict(real.nodes.select("id", "name").rows())
    found = edges(real).with_columns(pl.col("qualifiers").list.eval(pl.element().struct.field("value")).list.join(""))
    untold = found.filter(pl.col("qualifiers") == NO_TREATMENT).select("subject", "object").rows()
    assert set(untold) == set(refused()) and len(untold) == 49
    assert found.filter((pl.col("predicate") == "treats") & (pl.col("qualifiers") == "")).height == 755 - 49
    assert found.filter(pl.col("qualifiers") == INDICATION).height == 222
    for path in (REFUSED, OWN):
        for row in read_tsv(path, ("drug", "disease", "drug_name", "disease_name"), ("side_effect", "side_effect_name")).rows.iter_rows(named=True):
            for end in ("drug", "disease", "side_effect"):
                assert row[f"{end}_name"] == (name[row[end]] if row[end] else ""), row
