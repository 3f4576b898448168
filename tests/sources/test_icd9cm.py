from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.graph.build import build_graph
from kgpaths.graph.store import Graph
from kgpaths.sources.curies import PREFIXES
from kgpaths.sources.icd9cm import read_icd9cm
from kgpaths.sources.tables import ALIASES, EDGES, REJECTED, XREFS, SourceInfo, SourceTables, empty
from kgpaths.vocabulary import is_predicate, stored_as
from tests.sources.rows import FIXTURES, node

LONG, SHORT, I9, I10 = "CMS32_DESC_LONG_DX.txt", "CMS32_DESC_SHORT_DX.txt", "2018_I9gem.txt", "2018_I10gem.txt"


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_icd9cm(FIXTURES / "icd9")


def stated(source: SourceTables) -> list[tuple[str, str, str, str, str]]:
    """Return subject, predicate, object and the evidence's code and note of the mappings."""
    rows = source.edges.filter(pl.col("predicate") != "subclass_of").unnest("evidence")
    return rows.select("subject", "predicate", "object", "code", "note").rows()


def test_source(tiny: SourceTables) -> None:
    assert (tiny.info.name, tiny.info.release) == ("ICD-9-CM", "v32, GEM 2018")
    assert list(tiny.info.files) == [LONG, SHORT, "CMS32_DESC_LONG_SG.txt", I9, I10, "gem_i9pcs.txt"]
    assert read_icd9cm(FIXTURES / "icd9", release="last").info.release == "last"


def test_codes_get_their_dot_and_latin_1_its_letters(tiny: SourceTables) -> None:
    titled = tiny.nodes.filter(pl.col("name") != "")
    assert titled.select("id", "name", "semantic_types").rows() == [
        ("ICD9CM:001.0", "Green fever", ["diagnosis"]),
        ("ICD9CM:001.9", "Green fever, unspecified", ["diagnosis"]),
        ("ICD9CM:250", "Sweet disease", ["diagnosis"]),
        ("ICD9CM:250.00", "Sweet disease, plain", ["diagnosis"]),
        ("ICD9CM:250.01", 'Sweet disease, "quoted"; and | piped', ["diagnosis"]),
        ("ICD9CM:386.00", "Ménière's disease, unspecified", ["diagnosis"]),
        ("ICD9CM:779.6", "State without translation", ["diagnosis", "no_icd10cm_map"]),
        ("ICD9CM:E849.7", "Accident in a residence", ["diagnosis"]),
        ("ICD9CM:V12.51", "History of clots", ["diagnosis"]),
        ("ICD9CM:V12.52", "Known by its short title", ["diagnosis"]),
        ("ICD9PCS:00.01", "Ultrasound of vessels", ["procedure", "no_icd10pcs_map"]),
        ("ICD9PCS:70.50", "Repair of both", ["procedure"]),
    ]
    assert node(tiny, "ICD9CM:001.0")["category"] == "InformationContentEntity" and titled["linkable"].all()
    assert {curie.split(":")[0] for curie in tiny.nodes["id"]} <= PREFIXES.keys()


def test_short_titles_are_synonyms_where_they_differ(tiny: SourceTables) -> None:
    assert tiny.aliases.filter(pl.col("scope") != "label").rows() == [
        ("ICD9CM:250.00", "Sweet dis NOS", "exact", "short_title"),
        ("ICD9CM:386.00", "Meniere's dis NOS", "exact", "short_title"),
    ]
    assert (
        tiny.aliases.filter(pl.col("scope") == "label")
        .select("id", "alias")
        .equals(tiny.nodes.filter(pl.col("name") != "").select("id", alias="name"))
    )


def test_a_code_hangs_below_a_shorter_one_only_where_that_has_a_title(tiny: SourceTables) -> None:
    assert tiny.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").rows() == [
        ("ICD9CM:250.00", "ICD9CM:250"),
        ("ICD9CM:250.01", "ICD9CM:250"),
    ]


def test_mappings_by_hand(tiny: SourceTables) -> None:
    cluster = "approximate; combination scenario 1 choice list"
    assert stated(tiny) == [
        ("ICD9CM:001.0", "exact_match", "ICD10CM:A00.0", "I9gem 00000", "identical"),
        ("ICD9CM:001.9", "close_match", "ICD10CM:A00.9", "I9gem 10000", "approximate"),
        ("ICD9CM:250.00", "close_match", "ICD10CM:E11.9", "I9gem 10000", "approximate"),
        ("ICD9CM:250.01", "close_match", "ICD10CM:E11.9", "I9gem 00000", "identical"),  # the other file says approximate
        ("ICD9CM:E849.7", "close_match", "ICD10CM:Y92.009", "I9gem 10000", "approximate"),
        ("ICD9CM:V12.51", "close_match", "ICD10CM:Z86.718", "I9gem 10000", "approximate"),  # in lower case there
        ("ICD9CM:386.00", "close_match", "ICD10CM:H81.09", "I9gem 00000", "identical"),  # 001.9 is identical to it as well: neither is
        ("ICD9CM:001.9", "close_match", "ICD10CM:H81.09", "I9gem 00000", "identical"),
        ("ICD9CM:001.0", "exact_match", "ICD10CM:A00.0", "I10gem 00000", "identical"),
        ("ICD9CM:250.01", "close_match", "ICD10CM:E11.9", "I10gem 10000", "approximate"),
        ("ICD9PCS:70.50", "close_match", "ICD10PCS:0JQC0ZZ", "i9pcs 10000", "approximate"),
        ("ICD9CM:250.00", "ICD9CM:combination_maps_to", "ICD10CM:E11.65", "I9gem 10111", f"{cluster} 1"),
        ("ICD9CM:250.00", "ICD9CM:combination_maps_to", "ICD10CM:R73.09", "I9gem 10112", f"{cluster} 2"),
        ("ICD10CM:E11.65", "ICD9CM:combination_maps_to", "ICD9CM:250.00", "I10gem 10111", f"{cluster} 1"),  # the whole is the subject
        ("ICD10CM:E11.65", "ICD9CM:combination_maps_to", "ICD9CM:V12.52", "I10gem 10112", f"{cluster} 2"),
    ]
    predicates = tiny.edges["predicate"].unique().to_list()
    assert all(is_predicate(name) and stored_as(name) == (name, False) for name in predicates)


def test_icd_10_codes_are_bare_nodes_and_marked_where_they_have_no_translation(tiny: SourceTables) -> None:
    bare = tiny.nodes.filter(pl.col("name") == "")
    assert bare.select("id", "semantic_types").rows() == [
        *((f"ICD10CM:{code}", []) for code in ("A00.0", "A00.9", "E11.65", "E11.9", "H81.09", "R73.09", "Y92.009")),
        ("ICD10CM:Z67.40", ["no_icd9cm_map"]),
        ("ICD10CM:Z86.718", []),
        ("ICD10PCS:0JQC0ZZ", []),
    ]
    assert not bare["linkable"].any()
    assert set(tiny.edges["subject"]) | set(tiny.edges["object"]) <= set(tiny.nodes["id"])


def test_the_mappings_are_in_a_graph_of_icd_9_alone_and_of_both(tmp_path: Path, tiny: SourceTables) -> None:
    alone = build_graph([tiny], [], tmp_path / "alone", "alone")
    assert (alone.edges, alone.rejected.get("dangling_edge", 0)) == (15, 0)  # two pairs are stated both ways
    names = pl.DataFrame({"id": ["ICD10CM:Z67.40"], "name": ["Type O blood"]})
    ten = tiny.nodes.filter(pl.col("id") == "ICD10CM:Z67.40").with_columns(names["name"], semantic_types=["category"], linkable=True)
    info = SourceInfo("ICD-10-CM", "", "", "")
    icd10 = SourceTables(info, ten, *(empty(s) for s in (EDGES, ALIASES, XREFS, REJECTED)))
    for number, sources in enumerate(([tiny, icd10], [icd10, tiny])):
        build_graph(sources, [], tmp_path / str(number), "both")
        concept = Graph.open(tmp_path / str(number)).concept("ICD10CM:Z67.40")
        assert concept.name == "Type O blood" and set(concept.semantic_types) == {"category", "no_icd9cm_map"}


def test_no_combination_reads_as_a_match(tiny: SourceTables) -> None:
    clusters = tiny.edges.filter(pl.col("evidence").struct.field("note").str.contains("combination"))
    assert clusters["predicate"].unique().to_list() == ["ICD9CM:combination_maps_to"]


def test_codes_without_translation_are_counted(tiny: SourceTables) -> None:
    assert tiny.left_out == {"no_map": 3}  # two ways of ICD-9-CM, one of ICD-10-CM


def test_rows_that_cannot_be_used_say_why(tiny: SourceTables) -> None:
    assert tiny.rejected.rows() == [
        (I9, 12, "unknown_code", "9999  A000    10000"),
        (I9, 13, "bad_flags", "V1252 NoDx    10000"),
        (I9, 14, "bad_flags", "V1252 A000    10011"),
        (I9, 15, "bad_code", "V1252 A-00    10000"),
        (I9, 16, "bad_flags", "V1252 NoDx    11111"),
    ]


def test_either_file_alone_decides_for_itself(tmp_path: Path) -> None:
    for name in (LONG, SHORT, I9):
        shutil.copy(FIXTURES / "icd9" / name, tmp_path)
    assert ("ICD9CM:250.01", "exact_match", "ICD10CM:E11.9", "I9gem 00000", "identical") in stated(read_icd9cm(tmp_path))
    (tmp_path / I9).unlink()
    titles = read_icd9cm(tmp_path)
    assert titles.nodes["name"].str.len_chars().min() > 0
    assert (titles.nodes.height, titles.edges.height, titles.left_out) == (10, 2, {})


def test_bad_and_repeated_codes_of_the_titles_are_rejected(tmp_path: Path) -> None:
    (tmp_path / LONG).write_text("0010  Green fever\n0010  Again\nA00   Of another classification\n\n00100 Deep\n")
    source = read_icd9cm(tmp_path)
    assert source.nodes["id"].to_list() == ["ICD9CM:001.0", "ICD9CM:001.00"]
    assert source.rejected.rows() == [(LONG, 2, "duplicate_code", "0010  Again"), (LONG, 3, "bad_code", "A00   Of another classification")]


def test_text_saved_again_as_utf8_and_packed_is_read(tmp_path: Path) -> None:
    (tmp_path / f"{LONG}.gz").write_bytes(gzip.compress("\ufeff38600 Ménière's ☤ disease\r\n".encode()))
    assert read_icd9cm(tmp_path).nodes["name"].to_list() == ["Ménière's ☤ disease"]


def test_a_dry_run_reads_the_beginning_of_each_file() -> None:
    source = read_icd9cm(FIXTURES / "icd9", limit=1)
    assert source.nodes["id"].to_list() == ["ICD9CM:001.0", "ICD9PCS:00.01", "ICD10CM:A00.0"]
    assert len(stated(source)) == 2


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (I9, b"0010 A000 00000\n0019 A009\n", f"{I9}, row 2: has not three fields: '0019 A009'"),
        (I9, b"0010 A000 00000 x\n", f"{I9}, row 1: has not three fields"),
        (I9, b"0010 A000 20000\n", f"{I9}, row 1, field flags: has flags of another kind: '20000'"),
        (I10, b"A000 0010 0000\n", f"{I10}, row 1, field flags: has flags of another kind: '0000'"),
        (LONG, b"0010  Green fever\n0019\n", f"{LONG}, row 2: has no code and title: '0019'"),
        (LONG, b"0010  Green fever\n0019  \x81\xff\n", f"{LONG}, row 2: is neither UTF-8 nor Latin-1 text"),
        (f"{LONG}.gz", b"no gzip", f"{LONG}.gz: cannot be read"),
        ("CMS31_DESC_LONG_DX.txt", b"0010  Green fever\n", "has several files of one kind: CMS31_DESC_LONG_DX.txt, CMS32_DESC_LONG_DX.txt"),
        ("2017_I9gem.txt", b"0010 A000 00000\n", "has several files of one kind: 2017_I9gem.txt, 2018_I9gem.txt"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, file: str, content: bytes, message: str) -> None:
    shutil.copytree(FIXTURES / "icd9", tmp_path, dirs_exist_ok=True)
    if file.endswith(".gz"):
        (tmp_path / LONG).unlink()
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError) as error:
        read_icd9cm(tmp_path)
    assert message in str(error.value)


def test_missing_titles_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no CMS32_DESC_LONG_DX\.txt"):
        read_icd9cm(tmp_path)
    for name in (LONG, "gem_i9pcs.txt"):
        shutil.copy(FIXTURES / "icd9" / name, tmp_path)
    with pytest.raises(InputError, match=r"has gem_i9pcs\.txt, but no titles of procedures \(add CMS32_DESC_LONG_SG\.txt\)"):
        read_icd9cm(tmp_path)


def test_reading_twice_gives_the_same(tiny: SourceTables) -> None:
    again = read_icd9cm(FIXTURES / "icd9")
    for name in ("nodes", "edges", "aliases", "xrefs", "rejected"):
        assert getattr(again, name).equals(getattr(tiny, name)), name
