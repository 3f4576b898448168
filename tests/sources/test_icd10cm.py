from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources.icd10cm import read_icd10cm
from kgpaths.sources.tables import SourceTables
from tests.sources.rows import FIXTURES, counts, edge, node, targets

XML, LIST = "icd10c-tabular-April-1-2026.xml", "code-list-April-2026.txt"


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_icd10cm(FIXTURES / "icd")


def notes(source: SourceTables, subject: str, predicate: str, object: str) -> list[str]:
    """Return the notes an edge rests on."""
    return [e["note"] for e in edge(source, f"ICD10CM:{subject}", predicate, f"ICD10CM:{object}")["evidence"]]


def test_kinds_titles_and_linkable(tiny: SourceTables) -> None:
    seen = [(r[0].removeprefix("ICD10CM:"), r[4][0], r[5]) for r in tiny.nodes.rows()]
    assert seen == [
        ("E00-E89", "chapter", True),
        ("E08-E13", "block", True),
        ("E08", "category", True),
        ("E08.0", "subcategory", True),
        ("E08.4", "subcategory", True),
        ("E08.42", "subcategory", True),
        ("E11", "category", True),
        ("E11.42", "subcategory", True),
        ("E13", "category", True),
        ("G00-G99", "chapter", True),
        ("G50-G99", "block", True),
        ("G60-G65", "block", True),
        ("G63", "category", True),
        ("G99-G99", "block", False),  # one category's twin
        ("G99", "category", True),
        ("G99.XXXA", "extended", False),  # and no G99.XXXD: the list does not have it
    ]
    assert node(tiny, "ICD10CM:E08-E13")["name"] == "Diabetes mellitus"
    assert node(tiny, "ICD10CM:G99.XXXA")["name"] == "Other disorders of nervous system, initial encounter/closed"


def test_hierarchy_nests_blocks_of_blocks(tiny: SourceTables) -> None:
    parents = dict(tiny.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").rows())
    chain, code = [], "ICD10CM:G99.XXXA"
    while code in parents:
        code = parents[code]
        chain.append(code.removeprefix("ICD10CM:"))
    assert chain == ["G99", "G99-G99", "G50-G99", "G00-G99"]
    assert len(parents) == 14


def test_inclusion_terms_are_narrow_and_take_their_header(tiny: SourceTables) -> None:
    terms = tiny.aliases.filter(pl.col("id") == "ICD10CM:E11").drop("id").rows()
    assert terms == [
        ("Type 2 diabetes mellitus", "label", ""),
        ("diabetes NOS", "narrow", "inclusion_term"),
        ("diabetes due to insulin resistance", "narrow", "inclusion_term"),
    ]


def test_a_conditional_range_names_the_codes_it_means(tiny: SourceTables) -> None:
    assert targets(tiny, "ICD10CM:G63", "icd_excludes1") == ["ICD10CM:E08.42", "ICD10CM:E11.42", "ICD10CM:G99"]
    assert notes(tiny, "G63", "icd_excludes1", "E11.42") == ["polyneuropathy in diabetes mellitus (E08-E13 with .42)"]


def test_codes_in_parentheses_come_before_codes_in_the_text(tiny: SourceTables) -> None:
    assert notes(tiny, "G63", "icd_excludes1", "G99") == ["pneumoconiosis, any type in E08 (G99)", "neuropathy G99.-"]


def test_a_range_without_a_block_is_filled_with_the_fewest_entries(tiny: SourceTables) -> None:
    assert targets(tiny, "ICD10CM:G63", "icd_excludes2") == ["ICD10CM:E08.4", "ICD10CM:E11"]


def test_notes_that_give_no_edge_say_why(tiny: SourceTables) -> None:
    assert tiny.rejected.select("reason", "detail").rows() == [
        ("unknown_code", "E00-E89 excludes1: transitory disorders of newborn (P70-P74)"),
        ("unknown_code", "E08 codeFirst: the underlying condition, such as: malignant neoplasm (C00-C96)"),
        ("unknown_code", "E08 codeFirst: the underlying condition, such as: pancreatitis (K85-K86.-)"),
        ("unknown_code", "E08 useAdditionalCode: code to identify control using: insulin (Z79.4)"),
        ("names_no_code", "E11 codeAlso: underlying disease, if known"),
        ("names_itself", "E11 excludes2: type 2 diabetes (E11)"),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (XML, "</ICD10CM.tabular>", "", "is no XML"),
        (XML, " (E00-E89)", "", "the title of a chapter ends in no range: 'Endocrine, nutritional and metabolic diseases'"),
        (LIST, "G99XXXA", "G99XXXB", f"{LIST}, row 16: code G99XXXB is not explained by the tabular list"),
        (LIST, "E1142", "E1143", f"{LIST}, row 8: code E1143 is not explained"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    shutil.copytree(FIXTURES / "icd", tmp_path, dirs_exist_ok=True)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_icd10cm(tmp_path)
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"0 files match icd10c-tabular-\*\.xml"):
        read_icd10cm(tmp_path)


# --- the installed release, held to its published counts


def test_real_entries(icd: SourceTables) -> None:
    kinds = counts(icd.nodes.with_columns(kind=pl.col("semantic_types").list.get(0)), "kind")
    assert kinds == {"chapter": 22, "block": 297, "category": 1918, "subcategory": 44963, "extended": 51305}
    assert kinds["category"] + kinds["subcategory"] + kinds["extended"] == 98_186
    assert icd.nodes.height == 98_505 and icd.nodes["id"].is_unique().all()
    unlinkable = icd.nodes.filter(~pl.col("linkable")).with_columns(kind=pl.col("semantic_types").list.get(0))
    assert counts(unlinkable, "kind") == {"extended": 51305, "block": 39}


def test_real_notes(icd: SourceTables) -> None:
    rules = icd.edges.filter(pl.col("predicate") != "subclass_of")
    assert counts(rules, "predicate") == {
        "icd_excludes1": 6151,
        "icd_excludes2": 3588,
        "icd_code_first": 883,
        "icd_use_additional": 1717,
        "icd_code_also": 556,
    }
    assert counts(icd.rejected, "reason") == {"names_no_code": 393, "unknown_code": 1}  # G31.90 is a slip of the source
    known = set(icd.nodes["id"])
    assert set(icd.edges["subject"]) | set(icd.edges["object"]) <= known
    assert rules.filter(pl.col("subject") == pl.col("object")).height == 0
    assert icd.edges.select("subject", "predicate", "object").is_unique().all()


@pytest.mark.parametrize(
    ("subject", "predicate", "wanted"),
    [
        ("G99.0", "icd_excludes1", ["E08.43", "E09.43", "E10.43", "E11.43", "E13.43"]),  # E08-E13 with .43
        ("L97", "icd_excludes2", ["L89", "L00-L08", "A00-B99"]),  # a chapter's range, outside parentheses
        ("F06", "icd_excludes2", ["F05", "F01", "F02", "F10-F19"]),
        ("R29.891", "icd_excludes1", ["Q68.0", "F45.8", "G24.3", "P15.8", "M43.6"]),
        ("O10.1", "icd_use_additional", ["I11"]),
    ],
)
def test_real_notes_by_hand(icd: SourceTables, subject: str, predicate: str, wanted: list[str]) -> None:
    found = targets(icd, f"ICD10CM:{subject}", predicate)
    assert [code.removeprefix("ICD10CM:") for code in found] == wanted


def test_real_continued_notes_keep_their_header(icd: SourceTables) -> None:
    assert notes(icd, "K51", "icd_use_additional", "K60.3") == ["code to identify any associated fistulas, if applicable: anal fistula (K60.3-)"]
    assert notes(icd, "D52.1", "icd_use_additional", "T36-T50") == [
        "code for adverse effect, if applicable, to identify drug (T36-T50 with fifth or sixth character 5)"
    ]


def test_real_titles_and_parents_are_the_packages_own(icd: SourceTables) -> None:
    package = pytest.importorskip("simple_icd_10_cm")
    parents = dict(icd.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").rows())
    for curie, title, kinds in icd.nodes.select("id", "name", "semantic_types").rows():
        if kinds[0] in ("category", "subcategory", "extended"):
            code = curie.removeprefix("ICD10CM:")
            assert "".join(package.get_description(code).split()) == title.replace(" ", ""), code
            if kinds[0] != "category":
                assert parents[curie] == f"ICD10CM:{package.get_parent(code)}"
