from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.sources import inheritance
from kgpaths.sources.files import read_tsv
from kgpaths.sources.hpo import read_hpo
from kgpaths.sources.inheritance import COLUMNS, MENDELIAN, MULTIFACTORIAL, REASONS, TABLE, Verdict, doubt, doubts, is_susceptibility
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import TOLD_QUALIFIERS
from tests.sources.rows import FIXTURES, edge

DOMINANT, RECESSIVE, SPORADIC, DIGENIC, POLYGENIC = "HP:0000006", "HP:0000007", "HP:0003745", "HP:0010984", "HP:0010982"
PENETRANCE = "HP:0003829"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Gout, susceptibility to", True),
        ("GOUT, SUSCEPTIBILITY TO, 1", True),
        ("Autism susceptibility 1", True),
        ("Autism susceptibility, X-linked 3", True),
        ("Atherosclerosis susceptibility", True),
        ("Immunodeficiency 65, susceptibility to viral infections", True),
        ("Parkinson disease 11, autosomal dominant, susceptibility to", True),
        ("Body mass index quantitative trait locus 20", True),
        ("D-lactic aciduria with susceptibility to gout", False),
        ("monocytopenia with susceptibility to infections", False),
        ("Mendelian susceptibility to mycobacterial diseases due to complete IL12B deficiency", False),
        ("Tumor predisposition syndrome 2", False),
    ],
)
def test_a_susceptibility_is_known_by_its_name(name: str, found: bool) -> None:
    assert is_susceptibility(name) is found


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"OMIM:1": Verdict(False, "complex"), "OMIM:2": Verdict(True, "mendelian")}
    monkeypatch.setattr(inheritance, "verdicts", lambda: known)


@pytest.mark.usefixtures("few")
def test_a_verdict_comes_before_the_name_and_the_name_before_other_modes() -> None:
    modes = {
        "OMIM:1": [DOMINANT, PENETRANCE, SPORADIC, POLYGENIC],
        "OMIM:2": [DOMINANT, POLYGENIC],
        "OMIM:3": [DOMINANT, POLYGENIC],
        "OMIM:4": [RECESSIVE, DIGENIC],
        "OMIM:5": [RECESSIVE, POLYGENIC, SPORADIC],
    }
    names = {"OMIM:2": ["itch, susceptibility to"], "OMIM:3": ["ache", "ache susceptibility 1"], "OMIM:4": ["deafness"], "OMIM:5": ["hernia"]}
    assert doubts(modes, names) == {
        ("OMIM:1", DOMINANT): REASONS["complex"],
        ("OMIM:1", PENETRANCE): REASONS["complex"],
        ("OMIM:2", POLYGENIC): REASONS["mendelian"],
        ("OMIM:3", DOMINANT): REASONS["susceptibility"],
        ("OMIM:5", RECESSIVE): REASONS["contradicted"],
    }
    assert doubt("OMIM:9", (), DOMINANT, [DOMINANT]) == ""


def test_the_table_gives_each_disease_one_verdict_with_its_source() -> None:
    rows = read_tsv(TABLE, COLUMNS).rows
    assert rows.filter(~pl.col("disease").str.contains(r"^OMIM:\d{6}$") | ~pl.col("mondo").str.contains(r"^(MONDO:\d{7})?$")).height == 0
    assert rows["disease"].is_unique().all() and rows.filter(pl.col("mondo") != "")["mondo"].is_unique().all()
    assert rows.filter(pl.col("source") == "").height == 0
    assert set(rows.select("told", "reason").unique().rows()) == {
        ("true", "mendelian"),
        *(("false", reason) for reason in ("complex", "acquired", "somatic", "susceptibility")),
    }


def test_a_mode_that_is_no_truth_about_the_disease_bears_it_as_a_qualifier(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "hpo", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "phenotype.hpoa"
    text = path.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if "\tI\t" in line)
    more = [
        row.replace("OMIM:100001\tFit syndrome", "OMIM:181500\tSchizophrenia"),
        row.replace("OMIM:100001\tFit syndrome", "OMIM:999999\tFits, susceptibility to, 3"),
    ]
    path.write_text(text + "".join(f"{line}\n" for line in more), encoding="utf-8")
    source = read_hpo(tmp_path)
    assert edge(source, "OMIM:100001", "has_mode_of_inheritance", DOMINANT)["qualifiers"] == []
    for disease, reason in (("OMIM:181500", "complex"), ("OMIM:999999", "susceptibility")):
        found = edge(source, disease, "has_mode_of_inheritance", DOMINANT)
        assert found["qualifiers"] == [{"key": "association_basis_qualifier", "value": REASONS[reason]}]
        assert found["evidence"][0]["publications"] == ["PMID:11"]  # kept as it is
    assert "association_basis_qualifier" not in TOLD_QUALIFIERS


# --- the installed release


def test_the_terms_are_those_of_hpo(hpo: SourceTables) -> None:
    children: dict[str, list[str]] = {}
    for child, parent in hpo.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").iter_rows():
        children.setdefault(parent, []).append(child)

    def below(term: str) -> set[str]:
        return {term}.union(*(below(child) for child in children.get(term, ())))

    name = dict(hpo.nodes.select("id", "name").rows())
    complete = {term for term, text in name.items() if text == "Typified by complete penetrance"}
    assert below("HP:0034345") | below(PENETRANCE) | complete == MENDELIAN
    assert {name[term] for term in MULTIFACTORIAL} == {"Non-Mendelian inheritance", "Polygenic inheritance"}


def test_the_table_names_real_diseases_that_have_such_a_mode(hpo: SourceTables) -> None:
    inherited = hpo.edges.filter(pl.col("predicate") == "has_mode_of_inheritance", pl.col("object").is_in(list(MENDELIAN)))
    name = dict(hpo.nodes.select("id", "name").rows())
    with_mode = set(inherited["subject"])
    for row in read_tsv(TABLE, COLUMNS).rows.iter_rows(named=True):
        assert row["disease"] in with_mode and row["name"].lower() == name[row["disease"]].lower(), row


def test_real_common_diseases_have_no_mendelian_mode_that_is_told(hpo: SourceTables) -> None:
    found = hpo.edges.filter(pl.col("predicate") == "has_mode_of_inheritance").with_columns(untold=pl.col("qualifiers").list.len() > 0)
    assert found.height == 8854 and found.filter("untold").height == 637
    told = set(found.filter(~pl.col("untold")).select("subject", "object").iter_rows())
    told_mendelian = {disease for disease, mode in told if mode in MENDELIAN}
    name = {text: curie for curie, text in hpo.nodes.select("id", "name").rows() if curie.startswith("OMIM:")}
    common = ("Schizophrenia", "Diabetes mellitus, noninsulin-dependent", "Parkinson disease, late-onset", "Breast cancer", "Alzheimer disease")
    assert not told_mendelian & {name[one] for one in (*common, "OBESITY")}
    mendelian = ("Huntington disease", "Malignant hyperthermia, susceptibility to, 1", "Breast-Ovarian cancer, familial, susceptibility to, 1")
    assert told_mendelian > {name[one] for one in mendelian}
    assert (name["OBESITY"], POLYGENIC) in told
