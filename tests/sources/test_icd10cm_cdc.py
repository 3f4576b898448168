from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources.files import package_data
from kgpaths.sources.icd10cm import read_icd10cm
from kgpaths.sources.tables import SourceTables
from tests.sources.rows import FIXTURES, counts, node, targets

CDC = FIXTURES / "icd_cdc"
ORDER, TABULAR = "icd10cm_order_2031.txt", "icd10cm_tabular_2031.xml"
ROW = "00001 A00     0 Green fever                                                  Green fever"


def copied(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copy(CDC / name, folder)
    return folder


def parents(source: SourceTables) -> dict[str, str]:
    return dict(source.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").rows())


def test_the_release_of_cdc_has_chapters_notes_and_the_codes_of_its_order_file() -> None:
    source = read_icd10cm(CDC)
    assert source.info.release == "2031 (2031)"
    assert list(source.info.files) == [TABULAR, ORDER]
    seen = [(r[0].removeprefix("ICD10CM:"), r[2], r[4], r[5]) for r in source.nodes.rows()]
    assert seen == [
        ("A00-B99", "Invented fevers", ["chapter"], True),
        ("A00-A09", "Plain fevers", ["block"], True),
        ("A00", "Green fever", ["category"], True),
        ("A00.0", "Green fever of the nose", ["subcategory", "billable"], True),
        ("A02", "Blue fever", ["category"], True),
        ("A02.XXXA", 'Blue fever, initial "visit"; | by CDC', ["extended", "billable"], False),
        ("A02.8", "Other blue fever", ["subcategory", "billable"], True),  # the tabular list lacks it
    ]
    assert parents(source)["ICD10CM:A02.XXXA"] == parents(source)["ICD10CM:A02.8"] == "ICD10CM:A02"
    assert parents(source)["ICD10CM:A00-A09"] == "ICD10CM:A00-B99"
    assert targets(source, "ICD10CM:A00", "icd_excludes1") == ["ICD10CM:A02"]
    assert source.rejected.height == 0


def test_short_titles_are_exact_synonyms_where_they_differ() -> None:
    source = read_icd10cm(CDC)
    assert source.aliases.filter(pl.col("scope") != "label").rows() == [
        ("ICD10CM:A00", "Greenish ague", "narrow", "inclusion_term"),
        ("ICD10CM:A00.0", "Green fever of nose", "exact", "short_title"),
        ("ICD10CM:A02.XXXA", "Blue fever, init", "exact", "short_title"),
        ("ICD10CM:A02.8", "Oth blue fever", "exact", "short_title"),
    ]


@pytest.mark.parametrize("whole_folder", [True, False])
def test_the_order_file_alone_gives_codes_titles_and_their_hierarchy(tmp_path: Path, whole_folder: bool) -> None:
    copied(tmp_path, ORDER)
    source = read_icd10cm(tmp_path if whole_folder else tmp_path / ORDER)
    assert source.info.release == "2031"
    assert source.nodes.select("id", "name").rows() == [
        ("ICD10CM:A00", "Green fever"),
        ("ICD10CM:A00.0", "Green fever of the nose"),
        ("ICD10CM:A02", "Blue fever"),
        ("ICD10CM:A02.XXXA", 'Blue fever, initial "visit"; | by CDC'),
        ("ICD10CM:A02.8", "Other blue fever"),
    ]
    assert parents(source) == {"ICD10CM:A00.0": "ICD10CM:A00", "ICD10CM:A02.XXXA": "ICD10CM:A02", "ICD10CM:A02.8": "ICD10CM:A02"}
    assert source.edges["predicate"].unique().to_list() == ["subclass_of"]


def test_unpacked_archives_and_other_separators_are_found(tmp_path: Path) -> None:
    (tmp_path / "Table and Index").mkdir()
    shutil.copy(CDC / TABULAR, tmp_path / "Table and Index" / "icd10cm-tabular-2031.xml")
    shutil.copy(CDC / ORDER, tmp_path / "icd10cm-order-April-2031.txt")
    source = read_icd10cm(tmp_path)
    assert (source.info.release, source.nodes.height) == ("2031 (April-2031)", 7)


def test_a_release_may_be_told_and_a_dry_run_reads_the_beginning_of_each_file() -> None:
    source = read_icd10cm(CDC, release="FY31", limit=3)
    assert source.info.release == "FY31"
    assert source.nodes["id"].to_list() == ["ICD10CM:A00-B99", "ICD10CM:A00-A09", "ICD10CM:A00", "ICD10CM:A00.0", "ICD10CM:A02"]
    assert read_icd10cm(FIXTURES / "icd", limit=4).nodes.height == 4  # the package's form


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x" + ROW[1:], f"{ORDER}, row 1, field order number: is none: 'x0001'"),
        (ROW.replace("A00     0", "A-0     0"), f"{ORDER}, row 1, field code: is none: 'A-0    '"),
        (ROW.replace("A00     0", "A00     2"), f"{ORDER}, row 1, field header flag: is none: '2'"),
        (ROW[:40], f"{ORDER}, row 1, field short title: is none: 'Green fever"),
        (ROW[:77], f"{ORDER}, row 1, field long title: is none: ''"),
        (ROW.replace("A00     0", "A00\t    0"), f"{ORDER}, row 1, field code: is none"),
        (ROW.replace("A00     0", "A00XXXXX0"), f"{ORDER}, row 1, field header flag: is none: '0'"),  # a code of eight characters
        (f"{ROW}\n{ROW}", f"{ORDER}, row 2: code A00 stands twice"),
        (f"{ROW}\n\xff", "row 2: is not UTF-8 text"),
    ],
)
def test_a_bad_line_of_the_order_file_is_named(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / ORDER).write_bytes(row.encode("latin-1"))
    with pytest.raises(InputError) as error:
        read_icd10cm(tmp_path)
    assert message in str(error.value)


def test_files_of_two_releases_are_refused(tmp_path: Path) -> None:
    copied(tmp_path, TABULAR)
    shutil.copy(CDC / ORDER, tmp_path / "icd10cm_order_2030.txt")
    with pytest.raises(InputError, match=r"icd10cm_order_2030\.txt: is of 2030, the tabular list of 2031"):
        read_icd10cm(tmp_path)
    copied(tmp_path, ORDER)
    with pytest.raises(InputError, match=r"more than one file lists the codes: icd10cm_order_2030\.txt, icd10cm_order_2031\.txt"):
        read_icd10cm(tmp_path)


def test_a_tabular_list_alone_and_a_file_of_another_name_are_refused(tmp_path: Path) -> None:
    copied(tmp_path, TABULAR)
    with pytest.raises(InputError, match=r"0 files match code-list-\*\.txt or icd10cm\[-_\]order"):
        read_icd10cm(tmp_path)
    with pytest.raises(InputError, match="is no order file by its name"):
        read_icd10cm(tmp_path / TABULAR)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<ICD10CM.tabular>", '<!DOCTYPE x [<!ENTITY a "ha">]><ICD10CM.tabular>', f"{TABULAR}, row 2: declares entities or attributes of its own"),
        ("</chapter>", "", f"{TABULAR}, row 23: is no XML"),
        ("<name>A02</name>", "<name>A00</name>", f"{TABULAR}: category A00 stands twice"),
        ("<name>A02</name>", "", "a code below A00-A09 is none: ''"),
        ("<chapter>", "<chapter>" + "<x>" * 100 + "</x>" * 100, f"{TABULAR}: is nested more than 64 deep"),
        ("chapter>", "part>", f"{TABULAR}: holds no chapter"),
    ],
)
def test_a_hostile_tabular_list_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    copied(tmp_path, ORDER, TABULAR)
    text = (tmp_path / TABULAR).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / TABULAR).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_icd10cm(tmp_path)
    assert message in str(error.value)


# --- the installed release, written as CDC writes it


def test_real_codes_read_the_same_from_an_order_file(icd: SourceTables, tmp_path: Path) -> None:
    kinds = icd.nodes.with_columns(kind=pl.col("semantic_types").list.get(0), code=pl.col("id").str.slice(8).str.replace(".", "", literal=True))
    codes = kinds.filter(~pl.col("kind").is_in(["chapter", "block"])).select("code", "name").rows()
    lines = [f"{i:05} {code:<7} 1 {name[:60]:<60} {name}" for i, (code, name) in enumerate(codes, start=1)]
    (tmp_path / "icd10cm_order_2026.txt").write_text("\n".join(lines), encoding="utf-8")
    alone = read_icd10cm(tmp_path)
    assert alone.nodes.height == 98_186
    assert counts(alone.nodes.with_columns(kind=pl.col("semantic_types").list.get(0)), "kind") == {
        "category": 1918,
        "subcategory": 44963 - 180,
        "extended": 51305 + 180,  # seven characters, of which the tabular list has 180 as codes of their own: C44.1021
    }
    tabular = next(package_data("simple_icd_10_cm").glob("icd10c-tabular-*.xml"))
    (tmp_path / "icd10cm_tabular_2026.xml").symlink_to(tabular)
    both = read_icd10cm(tmp_path)
    assert both.nodes.drop("semantic_types").equals(icd.nodes.drop("semantic_types"))  # 22 chapters, 297 blocks, 98,186 codes
    assert both.edges.drop("evidence").equals(icd.edges.drop("evidence"))
    own = alone.edges.select("subject", "object").rows()
    assert set(own) <= set(icd.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").rows())
    assert len(own) == 44963 + 51305
    assert node(both, "ICD10CM:A00")["semantic_types"] == ["category", "billable"]
