"""Relations of UMLS: the directed edges of a small closed release, pinned by hand, and every row accounted for."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources.tables import ALIASES, REJECTED, SourceTables, whole
from kgpaths.sources.umls import read_umls
from kgpaths.sources.umls.relations import counted_name, listed

from .rows import counts, node
from .umls_rows import (
    DEGREE,
    DRUG,
    FEVER,
    FEVERS,
    GENE,
    INFLAMMATION,
    META,
    RASH,
    SKIN,
    TABLET,
    TRIAL,
    VESPER,
    VIRUS,
    copy,
    left_out,
    rejected,
    rewrite,
    told,
)


@pytest.fixture(scope="module")
def umls() -> SourceTables:
    return read_umls(META)


def test_every_relation_is_one_edge_in_its_true_direction(umls: SourceTables) -> None:
    """A row (C1, REL, C2, RELA) says what C2 is to C1; pinned by hand from the meaning of each relation."""
    assert sorted(told(umls)) == sorted(
        [
            (DRUG, "treats_or_applied_or_studied_to_treat", FEVER, "MED-RT", "may_treat"),  # of any strength of evidence
            (DRUG, "contraindicated_in", VESPER, "MED-RT", "contraindicated_with_disease"),
            (DRUG, "UMLS:may_treat", DEGREE, "MED-RT", "may_treat"),  # a degree is nothing to treat
            (DRUG, "UMLS:may_treat", FEVER, "VANDF", "may_treat"),  # only MED-RT's is known to be an indication
            (FEVER, "disease_has_location", SKIN, "SNOMEDCT_US", "has_finding_site"),
            (FEVER, "causes", RASH, "SNOMEDCT_US", "cause_of"),  # stated as: rash due_to fever
            (VIRUS, "causes", FEVER, "SNOMEDCT_US", "causative_agent_of"),
            (FEVER, "disease_has_basis_in", INFLAMMATION, "SNOMEDCT_US", "has_pathological_process"),
            (FEVER, "subclass_of", FEVERS, "SNOMEDCT_US", "isa"),
            (FEVER, "subclass_of", FEVERS, "MSH", "isa"),  # stated from one end only: fevers inverse_isa fever
            (FEVER, "UMLS:CHD", FEVERS, "ICD10CM", "CHD"),  # a code falls under a code
            (VESPER, "UMLS:CHD", FEVERS, "MSH", "CHD"),  # a child in MeSH need not be a kind
            (FEVER, "has_phenotype", RASH, "OMIM", "has_manifestation"),
            (FEVER, "may_be_related_to", RASH, "NCI", "disease_may_have_finding"),
            (VESPER, "manifestation_of", FEVER, "OMIM", "has_manifestation"),  # a disease is no phenotype
            (GENE, "gene_associated_with_condition", FEVER, "NCI", "gene_associated_with_disease"),
            (TABLET, "UMLS:has_ingredient", DRUG, "RXNORM", "has_ingredient"),
            (INFLAMMATION, "UMLS:sits_beside", SKIN, "NCI", "sits_beside"),
            (FEVER, "UMLS:resembles", VESPER, "NCI", "resembles"),
            (DRUG, "UMLS:resembles", TRIAL, "NCI", "resembles"),  # stated from one end only
            (FEVER, "UMLS:RO", VESPER, "MSH", "RO"),
            (FEVERS, "UMLS:RN", INFLAMMATION, "MTH", "RN"),
            # MRMAP
            (VESPER, "broad_match", FEVERS, "SNOMEDCT_US", "mapped_to"),
            (FEVER, "broad_match", FEVERS, "SNOMEDCT_US", "RB"),
            (FEVERS, "UMLS:mapped_to", FEVER, "SNOMEDCT_US", "mapped_to"),
            (FEVERS, "close_match", VESPER, "SNOMEDCT_US", "SY"),
            (FEVER, "close_match", RASH, "MTH", "RL"),
        ]
    )


def test_either_row_of_a_relation_gives_the_same_edge(tmp_path: Path) -> None:
    """Rows whose second end, or first end, is lost: what is left says the same."""
    folder = copy(tmp_path / "META")
    both = {edge for edge in told(read_umls(folder)) if edge[4] == "has_finding_site" or edge[4] == "cause_of"}
    lines = (folder / "MRREL.RRF").read_text().splitlines(keepends=True)
    for kept in (("has_finding_site", "due_to"), ("finding_site_of", "cause_of")):
        (folder / "MRREL.RRF").write_text("".join(line for line in lines if line.split("|")[7] in kept))
        source = read_umls(folder)
        assert {edge for edge in told(source) if edge[4] in ("has_finding_site", "cause_of")} == both
        assert left_out(source).get("relation_stated_from_both_ends", 0) == 0


def test_every_row_of_mrrel_is_accounted_for(umls: SourceTables) -> None:
    edges = [edge for edge in told(umls) if edge[4] not in ("mapped_to", "RB", "SY", "RL")]
    out = {reason: n for reason, n in left_out(umls).items() if reason.startswith(("relation_", "mapping_"))}
    assert out == {
        "relation_of_concept_left_out": 2,
        "relation_repeated": 1,
        "relation_says_nothing": 6,  # siblings, qualifiers, permuted terms: both rows each
        "relation_stated_from_both_ends": 20,
        "relation_suppressed": 2,
        "relation_to_itself": 1,
        "mapping_of_an_expression": 1,
        "mapping_to_itself": 1,
        "mapping_to_nothing": 1,
        "mapping_under_a_condition": 1,
    }
    bad = rejected(umls)
    relations = sum(n for reason, n in out.items() if reason.startswith("relation_"))
    assert len(edges) + relations + bad["MRREL.RRF", "unknown_concept"] + bad["MRREL.RRF", "relation_without_inverse"] == 56
    assert len((META / "MRREL.RRF").read_text().splitlines()) == 56


def test_rows_that_cannot_be_used_are_written_down(umls: SourceTables) -> None:
    assert rejected(umls) == {
        ("MRREL.RRF", "unknown_concept"): 1,
        ("MRREL.RRF", "relation_without_inverse"): 1,
        ("MRSTY.RRF", "unknown_concept"): 1,
        ("MRSTY.RRF", "unknown_semantic_type"): 1,
        ("MRDEF.RRF", "unknown_concept"): 1,
        ("MRCUI.RRF", "no_concept_id"): 1,
        ("MRMAP.RRF", "code_of_no_single_concept"): 1,
    }
    row = whole(umls.rejected, REJECTED).row(by_predicate=(pl.col("reason") == "unknown_concept") & (pl.col("file") == "MRREL.RRF"), named=True)
    assert (row["row"], row["detail"]) == (51, "C9000001 RO due_to C9999999 SNOMEDCT_US")


def test_counts_are_the_same_when_the_tables_are_gone_through_again(umls: SourceTables) -> None:
    assert left_out(umls) == left_out(umls)
    assert rejected(umls) == rejected(umls)


def test_evidence_names_the_vocabulary_and_its_restriction_level(umls: SourceTables) -> None:
    rows = pl.concat(list(umls.edges)).unnest("evidence")
    assert counts(rows.filter(pl.col("code") == "cause_of"), "source", "licence") == {
        ("UMLS/SNOMEDCT_US", "UMLS Metathesaurus licence, restriction level 9"): 1
    }
    assert counts(rows.filter(pl.col("source") == "UMLS/VANDF"), "licence") == {"UMLS Metathesaurus licence": 1}  # MRSAB does not list it


@pytest.mark.parametrize(
    ("options", "aside"),
    [
        ({"vocabularies": ["SNOMEDCT_US", "NCI"]}, 5),  # what ICD10CM's codes name is not read
        ({"leave_out_vocabularies": ["ICD10CM"]}, 5),
        ({"semantic_types": ["T184"]}, 6),  # no disease is read
    ],
)
def test_a_mapping_to_what_the_options_put_aside_is_no_faulty_row(umls: SourceTables, options: dict[str, list[str]], aside: int) -> None:
    some = read_umls(META, **options)
    assert rejected(some)["MRMAP.RRF", "code_of_no_single_concept"] == 1 == rejected(umls)["MRMAP.RRF", "code_of_no_single_concept"]
    assert left_out(some)["mapping_of_concept_left_out"] == aside


def test_the_direction_that_counts() -> None:
    def pair(*names: str) -> dict[str, str]:
        return dict(zip(names, reversed(names), strict=True))

    assert counted_name("due_to", pair("due_to", "cause_of")) == ("cause_of", True)  # our table
    assert counted_name("scale_of", pair("scale_of", "has_scale")) == ("has_scale", True)  # has_
    assert counted_name("is_eaten_by", pair("is_eaten_by", "zests")) == ("zests", True)  # no passive
    assert counted_name("may_be_met", pair("may_be_met", "may_meet")) == ("may_meet", True)
    assert counted_name("above", pair("above", "below")) == ("above", False)  # order of text
    assert counted_name("alike", {"alike": "alike"}) == ("alike", False)
    assert counted_name("one", {"one": "two", "two": "three"}) is None  # MRDOC contradicts itself
    assert counted_name("one", {}) is None


def test_relations_may_be_named(tmp_path: Path) -> None:
    assert {edge[4] for edge in told(read_umls(META, relations=["may_be_treated_by"]))} == {"may_treat"}
    siblings = read_umls(META, relations=["SIB"])
    assert told(siblings) == [(FEVER, "UMLS:SIB", VESPER, "SNOMEDCT_US", "SIB")]
    assert left_out(siblings)["relation_not_asked_for"] == 56 - 2 - 2  # all but the siblings and the suppressed rows
    assert left_out(siblings)["mapping_not_asked_for"] == 10
    assert {edge[4] for edge in told(read_umls(META, relations=["PAR"]))} == {"isa", "CHD"}
    with pytest.raises(InputError, match="is no relation of the release: 'may_treet'"):
        read_umls(META, relations=["may_treet"])


def test_without_mrdoc_only_well_known_relations_are_read(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    (folder / "MRDOC.RRF").unlink()
    source = read_umls(folder)
    with pytest.raises(
        InputError, match=r"MRREL\.RRF, row \d+, field RELA: the inverse of '\w+' is not known.*put MRDOC\.RRF of the release beside it"
    ):
        told(source)
    with pytest.raises(InputError, match="no relation whose inverse is known without the release's MRDOC: 'resembles'"):
        read_umls(folder, relations=["resembles"])
    edges = told(read_umls(folder, relations=["may_treat", "isa"]))
    assert {edge[:3] for edge in edges} == {
        (DRUG, "treats_or_applied_or_studied_to_treat", FEVER),
        (DRUG, "UMLS:may_treat", DEGREE),
        (DRUG, "UMLS:may_treat", FEVER),
        (FEVER, "subclass_of", FEVERS),
    }


@pytest.mark.parametrize(
    ("name", "vocabulary", "subject", "object", "predicate"),
    [
        ("has_manifestation", "OMIM", "Disease", "PhenotypicFeature", "has_phenotype"),
        ("has_manifestation", "OMIM", "Disease", "ClinicalFinding", None),  # "No hepatomegaly" is one
        ("has_finding_site", "SNOMEDCT_US", "ClinicalFinding", "AnatomicalEntity", None),  # "Normal heart sounds"
        ("isa", "SNOMEDCT_US", "ClinicalFinding", "PhenotypicFeature", "subclass_of"),
        ("isa", "SNOMEDCT_US", "AnatomicalEntity", "AnatomicalEntity", None),  # a structure is the whole or any part
        ("isa", "FMA", "AnatomicalEntity", "AnatomicalEntity", "subclass_of"),
        ("isa", "ATC", "Drug", "Drug", None),  # a class of drugs is a group
        ("cause_of", "SNOMEDCT_US", "Procedure", "Disease", None),
        ("causative_agent_of", "SNOMEDCT_US", "Bacterium", "Disease", "causes"),
        ("may_diagnose", "MED-RT", "DiagnosticAid", "Disease", None),
        ("disease_has_primary_anatomic_site", "NCI", "Disease", "AnatomicalEntity", None),  # a metastasis is elsewhere
    ],
)
def test_what_could_be_untrue_is_not_told(name: str, vocabulary: str, subject: str, object: str, predicate: str | None) -> None:
    tellings = [t for t in listed()[1][name] if not t.vocabularies or vocabulary in t.vocabularies]
    assert next((t.predicate for t in tellings if t.holds(subject, object)), None) == predicate


def test_a_finding_that_hpo_has_is_a_phenotype(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    types = folder / "MRSTY.RRF"
    rash = RASH.removeprefix("UMLS:")
    lines = [line for line in types.read_text(encoding="utf-8").splitlines() if not line.startswith(rash)]
    types.write_text("\n".join([*lines, f"{rash}|T033|A2.2|Finding|AT1||", ""]), encoding="utf-8")
    assert node(read_umls(folder), RASH)["category"] == ("PhenotypicFeature" if coded_by_hpo(folder, rash) else "ClinicalFinding")
    conso = folder / "MRCONSO.RRF"
    row = next(line for line in conso.read_text(encoding="utf-8").splitlines() if line.startswith(rash) and "|ENG|P|" in line).split("|")
    row[11], row[13] = "HPO", "HP:0000988"
    with conso.open("a", encoding="utf-8") as stream:
        stream.write("|".join(row) + "\n")
    assert node(read_umls(folder), RASH)["category"] == "PhenotypicFeature"


def coded_by_hpo(folder: Path, cui: str) -> bool:
    return any(line.startswith(cui) and "|HPO|" in line for line in (folder / "MRCONSO.RRF").read_text(encoding="utf-8").splitlines())


# ---- a release of some size


def generated(to: Path, *, packed: bool = False) -> Path:
    """Write a drawn release of 330 concepts by the benchmark's generator."""
    spec = importlib.util.spec_from_file_location("umls_shaped", Path(__file__).parents[2] / "benchmarks/umls_shaped.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = module.write(to, 0.0001, 7, packed=packed)
    assert (rows["MRCONSO.RRF"], rows["MRREL.RRF"]) == (1_500, 4_000)
    return to


def test_a_drawn_release_says_what_its_rows_say(tmp_path: Path) -> None:
    """Each row is a statement and its inverse; every edge is one of them, and every pair of rows left in is an edge."""
    folder = generated(tmp_path / "META")
    assert (generated(tmp_path / "again") / "MRREL.RRF").read_bytes() == (folder / "MRREL.RRF").read_bytes()
    inverse = {
        a: b for key, a, kind, b in (line.split("|")[:4] for line in (folder / "MRDOC.RRF").read_text().splitlines()) if kind == "rela_inverse"
    }
    inverse |= {"CHD": "PAR", "PAR": "CHD", "RN": "RB", "RB": "RN", "AQ": "QB", "QB": "AQ"}
    statements: dict[frozenset[tuple[str, str, str]], int] = {}
    silent = 0
    for line in (folder / "MRREL.RRF").read_text().splitlines():
        one, _, _, rel, two, _, _, rela, _, _, sab, _, _, _, suppress, *_ = line.split("|")
        name = rela or rel
        if suppress == "O" or rel in ("SIB", "AQ", "QB") or rela in ("subset_includes_concept", "concept_in_subset"):
            silent += 1
            continue
        both = frozenset({(f"UMLS:{two}", f"{name} {sab}", f"UMLS:{one}"), (f"UMLS:{one}", f"{inverse.get(name, name)} {sab}", f"UMLS:{two}")})
        statements[both] = statements.get(both, 0) + 1
    source = read_umls(folder)
    edges = {(o, f"{code} {sab}", s) if p == "manifestation_of" else (s, f"{code} {sab}", o) for s, p, o, sab, code in told(source)}
    assert len(told(source)) == len(edges) == len(statements)
    assert all(len(statement & edges) == 1 for statement in statements)
    out = left_out(source)
    assert out["relation_says_nothing"] + out["relation_suppressed"] == silent
    assert len(edges) + out["relation_stated_from_both_ends"] + out["relation_repeated"] + silent == 4_000
    assert source.nodes.height == 330
    assert rejected(source) == {}
    assert told(read_umls(generated(tmp_path / "gz", packed=True))) == told(source)


# ---- real heads of files, which do not close


def say_no_rows(folder: Path) -> None:
    """Take the numbers of rows out of MRFILES, which are those of whole files."""
    rewrite(folder / "MRFILES.RRF", lambda lines: ["|".join([*line.split("|")[:4], "", "", "\n"]) for line in lines])


def test_heads_of_the_nci_release_are_accounted_for(shared: Path, tmp_path: Path) -> None:
    folder = shared / "umls_fixtures/nci_heads"
    shutil.copy(folder / "MRFILES.RRF", tmp_path / "MRFILES.RRF")
    for table, head in (("CONSO", 60), ("REL", 40), ("STY", 60)):
        shutil.copy(folder / f"MR{table}.head{head}.NCI.RRF", tmp_path / f"MR{table}.RRF")
    say_no_rows(tmp_path)
    with pytest.raises(InputError, match="the inverse of 'Chemotherapy_Regimen_Has_Component' is not known"):
        told(read_umls(tmp_path))
    pairs = [
        ("Chemotherapy_Regimen_Has_Component", "Is_Component_Of_Chemotherapy_Regimen"),
        ("Has_NICHD_Parent", "Parent_Is_NICHD"),
        ("Anatomic_Structure_Is_Physical_Part_Of", "Has_Physical_Part_Of_Anatomic_Structure"),
    ]
    (tmp_path / "MRDOC.RRF").write_text("".join(f"RELA|{a}|rela_inverse|{b}|\nRELA|{b}|rela_inverse|{a}|\n" for a, b in pairs))
    heads = read_umls(tmp_path)
    assert node(heads, "UMLS:C0000294")["name"] == "Mesna"
    assert node(heads, "UMLS:C0000294")["category"] == "Drug"
    assert (len(told(heads)), left_out(heads), whole(heads.aliases, ALIASES).height) == (0, {"relation_says_nothing": 15}, 60)
    assert rejected(heads) == {("MRREL.RRF", "unknown_concept"): 25, ("MRSTY.RRF", "unknown_concept"): 39}

    # with a name for every end the same 40 rows close: their directions, read off the rows by hand
    ends = {line.split("|")[n] for line in (tmp_path / "MRREL.RRF").read_text().splitlines() for n in (0, 4)}
    with (tmp_path / "MRCONSO.RRF").open("a") as stream:
        stream.writelines(f"{cui}|ENG|P|L1|PF|S1|Y|A1||X||MTH|PN|X|concept {cui}|0|N||\n" for cui in sorted(ends))
    closed = read_umls(tmp_path)
    edges = [(s.removeprefix("UMLS:"), p, o.removeprefix("UMLS:")) for s, p, o, _, _ in told(closed)]
    regimens = [edge for edge in edges if edge[1] == "UMLS:chemotherapy_regimen_has_component"]
    assert len(regimens) == 18
    assert {edge[2] for edge in regimens} == {"C0000294"}  # mesna is the component
    assert sorted(set(edges) - set(regimens)) == [
        ("C0000294", "subclass_of", "C1519837"),
        ("C0007965", "subclass_of", "C1333144"),
        ("C0008073", "UMLS:has_nichd_parent", "C0679381"),
        ("C0008073", "subclass_of", "C0679381"),
        ("C0008633", "has_part", "C0015295"),
        ("C1535926", "UMLS:has_nichd_parent", "C0008073"),
        ("C1535926", "subclass_of", "C0008073"),
    ]
    assert len(edges) + left_out(closed)["relation_says_nothing"] == 40
    assert rejected(closed) == {}


def test_heads_of_a_metathesaurus_are_read(shared: Path, tmp_path: Path) -> None:
    for path in (shared / "umls_fixtures/scispacy_umls_META").glob("*.RRF"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "MRREL.RRF").write_text("")
    with pytest.raises(InputError, match=r"MRCONSO\.RRF: has 3 rows, 21,385,114 by MRFILES\.RRF"):
        read_umls(tmp_path)
    say_no_rows(tmp_path)
    source = read_umls(tmp_path)
    assert source.nodes.select("id", "category", "name").rows() == [
        ("UMLS:C0000005", "Polypeptide", "(131)I-Macroaggregated Albumin"),
        ("UMLS:C0000039", "Drug", "1,2-Dipalmitoylphosphatidylcholine"),
    ]
    assert node(source, "UMLS:C0000039")["definition"].startswith("Synthetic phospholipid used in liposomes")
    assert whole(source.aliases, ALIASES).height == 3
    assert source.xrefs.rows() == [
        ("UMLS:C0000005", "MESH:D012711", "close_match"),  # an entry term of technetium Tc 99m aggregated albumin
        ("UMLS:C0000039", "MESH:D015060", "xref"),
    ]
    assert (told(source), rejected(source), left_out(source)) == ([], {}, {})
