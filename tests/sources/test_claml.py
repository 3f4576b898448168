from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources import claml, files
from kgpaths.sources.claml import read_claml
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import is_predicate, stored_as
from tests.sources.rows import FIXTURES, counts, node, targets

FILE = FIXTURES / "claml" / "invented.xml"
TEXT = FILE.read_text(encoding="utf-8")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE ClaML SYSTEM "ClaML.dtd">\n<ClaML version="2.0.0">'


@pytest.fixture(scope="module")
def tiny() -> SourceTables:
    return read_claml(FILE)


def small(folder: Path, *classes: str, version: str = "2.0.0") -> Path:
    """Write a file of a few classes."""
    path = folder / "small.xml"
    path.write_text(f'<ClaML version="{version}">{"".join(classes)}</ClaML>', encoding="utf-8")
    return path


def one(code: str, title: str = "", more: str = "", kind: str = "category") -> str:
    """Return a class as XML, named "title of CODE" unless told."""
    name = title or f"title of {code}"
    return f'<Class code="{code}" kind="{kind}">{more}<Rubric kind="preferred"><Label xml:lang="en">{name}</Label></Rubric></Class>'


def parents(source: SourceTables) -> dict[str, str]:
    rows = source.edges.filter(pl.col("predicate") == "subclass_of").select("subject", "object").rows()
    return {a.removeprefix("ICD10:"): b.removeprefix("ICD10:") for a, b in rows}


def test_source(tiny: SourceTables) -> None:
    assert (tiny.info.name, tiny.info.release) == ("ICD-10-INVENTED", "2031 (2031-04-01)")
    assert tiny.info.licence == "copyright World Health Organization; use under the licence it was downloaded with; nobody"
    assert list(tiny.info.files) == ["invented.xml"]
    assert read_claml(FILE, release="mine").info.release == "mine"


def test_kinds_titles_and_linkable(tiny: SourceTables) -> None:
    assert [(r[0].removeprefix("ICD10:"), r[2], r[4], r[5]) for r in tiny.nodes.rows()] == [
        ("I", "Invented fevers", ["chapter"], True),
        ("A00-A09", "Plain fevers", ["block"], True),
        ("A00", "Green fever", ["category"], True),
        ("A00.0", "Green fever: Hard nose", ["subcategory"], True),  # the long title
        ("A00.01", "Green fever: Hard nose: right", ["extended", "modified"], False),  # the one valid character
        ("A00.9", "Green fever, unspecified", ["subcategory"], True),
        ("A01", "Red fever with rash", ["category", "dagger"], True),  # and no "(B21)"
        ("A02", "White fever", ["category"], True),  # no A020 and no A02.X0: its fourth place is not filled
        ("A10-A14", "Spotted fevers", ["block"], True),
        ("A10", "Blue fever", ["category"], True),
        ("A10.0", "Blue fever: With blue spots", ["subcategory", "dagger", "modified"], True),
        ("A10.00", "Blue fever: With blue spots: left", ["extended", "modified"], False),
        ("A10.01", "Blue fever: With blue spots: right", ["extended", "modified"], False),
        ("A10.1", "Blue fever: Without spots", ["subcategory", "modified"], True),
        ("A10.11", "Blue fever: Without spots: right", ["extended", "modified"], False),  # "left" does not follow .1
        ("A11", "Violet fever", ["category"], True),
        ("A11.0", "Violet fever: With blue spots", ["subcategory", "dagger", "modified"], True),  # the block's modifier
        ("A11.1", "Violet fever, told by its own class", ["subcategory"], True),
        ("A12", "Colourless fever", ["category"], True),  # it excludes the block's modifier
        ("II", "Invented rashes", ["chapter"], True),
        ("B20-B21", "Rashes", ["block"], True),
        ("B20", "Rash in fevers classified elsewhere", ["category", "asterisk"], True),
        ("B20.0", "Rash in green fever", ["subcategory", "asterisk"], True),
        ("B21", "Stripes", ["category", "asterisk"], True),
        ("B99-B99", "Other rashes", ["block"], False),  # one category's twin
        ("B99", 'Other "rashes" & spots', ["category"], True),
    ]
    assert node(tiny, "ICD10:A00")["definition"] == "A fever that is green."
    assert set(tiny.nodes["category"]) == {"InformationContentEntity"}


def test_hierarchy(tiny: SourceTables) -> None:
    up = parents(tiny)
    assert len(up) == 24
    assert [up[code] for code in ("A00-A09", "A00", "A00.0", "A00.01")] == ["I", "A00-A09", "A00", "A00.0"]
    assert (up["A10.11"], up["A10.1"], up["B20-B21"]) == ("A10.1", "A10", "II")  # the last by its chapter's SubClass


def test_terms(tiny: SourceTables) -> None:
    assert tiny.aliases.filter(pl.col("scope") != "label").rows() == [
        ("ICD10:A00.0", "Hard nose", "related", "short_title"),
        ("ICD10:A00.0", "Vitamin B12 fever", "narrow", "inclusion_term"),
        ("ICD10:A00.0", "Green ague without chill", "narrow", "inclusion_term"),
    ]
    assert tiny.aliases.filter(pl.col("scope") == "label").height == 26


def test_what_a_class_excludes_keeps_its_own_predicate(tiny: SourceTables) -> None:
    assert targets(tiny, "ICD10:A00", "ICD10:excludes") == ["ICD10:A10.0", "ICD10:A11.0", "ICD10:B20-B21"]  # A10-A11 with .0
    rashes = tiny.edges.filter((pl.col("subject") == "ICD10:A00") & (pl.col("object") == "ICD10:B20-B21"))
    assert rashes["evidence"].to_list() == [{"code": "exclusion", "note": "rashes (B20-B21)"}]
    assert targets(tiny, "ICD10:A10.1", "ICD10:excludes") == ["ICD10:B20"]  # said of the modifier's character
    assert set(tiny.edges["predicate"]) == {"subclass_of", "ICD10:excludes", "icd_use_additional", "ICD10:has_asterisk_code", "ICD10:refers_to"}
    assert all(is_predicate(name) and stored_as(name) == (name, False) for name in set(tiny.edges["predicate"]))


def test_use_additional_code_means_what_it_means_in_icd10cm(tiny: SourceTables) -> None:
    assert targets(tiny, "ICD10:I", "icd_use_additional") == ["ICD10:B20-B21"]  # in parentheses, not marked up


def test_dagger_codes_have_asterisk_codes_whichever_side_says_so(tiny: SourceTables) -> None:
    pairs = tiny.edges.filter(pl.col("predicate") == "ICD10:has_asterisk_code").select("subject", "object").rows()
    assert pairs == [
        ("ICD10:A01", "ICD10:B21"),
        ("ICD10:A10.0", "ICD10:B20.0"),
        ("ICD10:A11.0", "ICD10:B20.0"),
        ("ICD10:A00", "ICD10:B20.0"),
    ]


def test_other_references(tiny: SourceTables) -> None:
    rows = tiny.edges.filter(pl.col("predicate") == "ICD10:refers_to").select("subject", "object").rows()
    assert rows == [("ICD10:A00.0", "ICD10:A01"), ("ICD10:A00.0", "ICD10:A02"), ("ICD10:A02", "ICD10:A01")]


def test_what_is_put_aside_is_counted(tiny: SourceTables) -> None:
    assert tiny.left_out == {
        "inclusion_is_no_name": 2,
        "inclusion_of_a_group": 2,
        "inclusion_of_a_modifier": 2,
        "label_in_another_language": 1,
        "note_rubric": 1,
        "supplementary_character": 1,  # of A02
    }


def test_what_cannot_be_used_says_why(tiny: SourceTables) -> None:
    assert tiny.rejected.rows() == [
        ("invented.xml", None, "unknown_subclass", "B99 lists B99.1"),
        ("invented.xml", None, "names_no_code", "I exclusion: cold diseases - see the chapters of the body"),
        ("invented.xml", None, "names_itself", "A00.9 exclusion: green fever (A00.9)"),
        ("invented.xml", None, "unknown_code", "A00.9 exclusion: grey fever (Z99.9)"),
    ]


def test_another_prefix_and_language() -> None:
    source = read_claml(FILE, prefix="ICD10GM", language="xx")
    assert node(source, "ICD10GM:A00.9")["name"] == "Verda febro"
    assert node(source, "ICD10GM:A01")["name"] == "Red fever with rash"  # it has a title in no other
    assert "ICD10GM:A00" in set(source.nodes["id"])
    with pytest.raises(InputError, match=r"invented\.xml: has no label in language 'de' \(its labels are in: en, xx\)"):
        read_claml(FILE, language="de")
    with pytest.raises(InputError, match="is no prefix of a CURIE: 'ICD 10'"):
        read_claml(FILE, prefix="ICD 10")
    assert set(read_claml(FILE, prefix="icd-10").nodes["id"]) == set(read_claml(FILE).nodes["id"])


def test_a_dry_run_reads_the_first_classes() -> None:
    source = read_claml(FILE, limit=3)
    assert source.nodes["id"].to_list() == ["ICD10:I", "ICD10:A00-A09", "ICD10:A00"]
    assert "unknown_subclass" not in set(source.rejected["reason"])


def test_reading_twice_packed_and_as_version_3_in_a_namespace_gives_the_same(tiny: SourceTables, tmp_path: Path) -> None:
    packed, archive, third = tmp_path / "invented.xml.gz", tmp_path / "invented.zip", tmp_path / "third.xml"
    packed.write_bytes(gzip.compress(FILE.read_bytes()))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("claml/ClaML.dtd", "not read")
        zipped.writestr("claml/icd.xml", FILE.read_bytes())
    third.write_text(TEXT.replace('version="2.0.0"', 'version="3.0.0" xmlns="urn:x"'), encoding="utf-8")
    for path in (FILE, packed, archive, third):
        again = read_claml(path)
        for name in ("nodes", "edges", "aliases", "xrefs"):
            assert getattr(again, name).equals(getattr(tiny, name)), (path, name)


def test_names_survive(tmp_path: Path) -> None:
    name = 'A "quoted"; piped | name ☤ ' + "x" * 10_000
    source = read_claml(small(tmp_path, one("A00", name.replace('"', "&quot;"))))
    assert node(source, "ICD10:A00")["name"] == name


def test_of_two_parents_both_count_and_a_class_without_title_is_named_by_its_code(tmp_path: Path) -> None:
    titleless = '<Class code="A02" kind="category"><SuperClass code="A00"/><SuperClass code="A01"/><SuperClass code="A03"/></Class>'
    source = read_claml(small(tmp_path, one("A00"), one("A01"), titleless, one("A00", "again")))
    assert source.edges.select("subject", "object").rows() == [("ICD10:A02", "ICD10:A00"), ("ICD10:A02", "ICD10:A01")]
    assert (node(source, "ICD10:A02")["name"], node(source, "ICD10:A02")["linkable"]) == ("A02", False)
    assert source.left_out == {"class_without_title": 1}
    assert source.rejected["reason"].to_list() == ["duplicate_class", "unknown_superclass"]


def test_a_reference_that_covers_too_much_or_an_empty_block_is_no_edge(tmp_path: Path) -> None:
    flat = [one(f"{letter}{number:02}") for letter in "AB" for number in range(60)]
    rules = "".join(
        f'<Rubric kind="exclusion"><Label>all (<Reference>{text}</Reference>)</Label></Rubric>' for text in ("A00-B59", "A00-A04", "C00-C09 with .1")
    )
    source = read_claml(small(tmp_path, *flat, one("C00-C09", kind="block"), one("C50", more=rules)))
    assert targets(source, "ICD10:C50", "ICD10:excludes") == [*(f"ICD10:A0{n}" for n in range(5)), "ICD10:C00-C09"]
    assert source.rejected.select("reason", "detail").rows() == [("names_too_many_codes", "C50 exclusion: all (A00-B59)")]


# --- hostile files

BOMB = '<!DOCTYPE ClaML [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


CIRCLE = one("A", more='<SuperClass code="B"/>') + one("B", more='<SuperClass code="A"/>')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB + '<ClaML version="2.0"><Title name="&c;"/></ClaML>', "x.xml, row 1: declares entities or attributes of its own: not read"),
        ('<!DOCTYPE ClaML [<!ENTITY a SYSTEM "file:///etc/passwd">]><ClaML version="2.0">&a;</ClaML>', "row 1: declares entities"),
        ('<!DOCTYPE ClaML [<!ENTITY % a "b">]>\n<ClaML version="2.0"/>', "row 1: declares entities"),
        ('<!DOCTYPE ClaML [\n<!ATTLIST Class kind CDATA "category">]><ClaML version="2.0"/>', "row 2: declares entities or attributes"),
        (HEAD + "<Title>&a;</Title></ClaML>", "row 3: is no XML: undefined entity &a;"),
        (TEXT[: len(TEXT) // 2], "is no XML: no element found"),
        (TEXT.replace("</Class>", "", 1), "is no XML: mismatched tag"),
        ("", "row 1: is no XML: no element found"),
        ("code;title\nA00;Green fever", "row 1: is no XML: not well-formed"),
        ("<icd/>", "x.xml: is no ClaML 2 or 3: it begins <icd version=''>"),
        ('<ClaML version="1.0"/>', "is no ClaML 2 or 3: it begins <ClaML version='1.0'>"),
        ('<ClaML version="2.0"><Title name="x"/></ClaML>', "x.xml: holds no Class"),
        ('<ClaML version="2.0"><Class code="A 0"/></ClaML>', "a Class has no usable code: 'A 0'"),
        ('<ClaML version="2.0"><ModifierClass modifier="M"/></ClaML>', "a ModifierClass has no usable code: ''"),
        ('<ClaML version="2.0">' + "<x>" * 100 + "</x>" * 100 + "</ClaML>", "x.xml: is nested more than 64 deep"),
        (f'<ClaML version="2.0">{CIRCLE}</ClaML>', "class A is above itself"),
        ('<?xml version="1.0" encoding="utf-7"?><ClaML version="2.0"/>', "x.xml, row 1: cannot be read: multi-byte encodings are not supported"),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.xml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_claml(tmp_path / "x.xml")
    assert message in str(error.value)


def test_text_of_another_encoding_is_named_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(TEXT.replace("Green fever", "Gr\u00fcn").encode("latin-1"))
    with pytest.raises(InputError, match=r"x\.xml, row 5\d: is no XML: not well-formed"):
        read_claml(tmp_path / "x.xml")
    (tmp_path / "x.xml").write_bytes(TEXT.replace("UTF-8", "ISO-8859-1").replace("Green fever", "Gr\u00fcn").encode("latin-1"))
    assert node(read_claml(tmp_path / "x.xml"), "ICD10:A00")["name"] == "Grün"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (("../claml.xml",), "names a file outside its folder: '../claml.xml'"),
        (("/etc/claml.xml",), "names a file outside its folder: '/etc/claml.xml'"),
        (("a.xml", "b.xml"), "x.zip: holds 2 XML files, one is needed"),
        (("readme.txt",), "x.zip: holds 0 XML files, one is needed"),
    ],
)
def test_an_archive_holds_one_file_of_an_honest_name(tmp_path: Path, members: tuple[str, ...], message: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for member in members:
            archive.writestr(member, TEXT)
    with pytest.raises(InputError) as error:
        read_claml(tmp_path / "x.zip")
    assert message in str(error.value)


def test_a_damaged_or_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.zip: no such file"):
        read_claml(tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("icd.xml", TEXT)
    whole = (tmp_path / "x.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[:200])
    with pytest.raises(InputError, match=r"x\.zip: cannot be read: File is not a zip file"):
        read_claml(tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes(whole[:100] + bytes(50) + whole[150:])
    with pytest.raises(InputError, match=r"x\.zip: cannot be read"):
        read_claml(tmp_path / "x.zip")


def test_a_zip_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_BYTES", 1 << 20)
    monkeypatch.setattr(files, "BLOCK", 1 << 18)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("icd.xml", HEAD + " " * (8 << 20) + one("A00") + "</ClaML>")
    with pytest.raises(InputError, match=r"x\.zip: unpacks to more than 250 times its size"):
        read_claml(tmp_path / "x.zip")


def test_modifiers_cannot_multiply_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claml, "MADE", 100)
    characters = "".join(f'<ModifierClass code=".{n}" modifier="M"/>' for n in range(60))
    use = '<ModifiedBy code="M"/>'
    assert counts(read_claml(small(tmp_path, characters, one("A00", more=use))).nodes, "linkable") == {True: 61}
    with pytest.raises(InputError, match="modifiers make more than 100 codes"):
        read_claml(small(tmp_path, characters, one("A00", more=use), one("A01", more=use)))


def test_a_fifth_character_needs_a_code_without_subclasses(tmp_path: Path) -> None:
    characters = '<ModifierClass code="1" modifier="M"/>'
    use = '<ModifiedBy code="M"/><SuperClass code="A00"/>'
    below = one("A00.11", more='<ModifiedBy code="M"/><SuperClass code="A00.1"/>')  # its fifth place is filled
    source = read_claml(small(tmp_path, characters, one("A00"), one("A00.1", more=use), below, one("A00.2", more=use)))
    assert source.nodes["id"].to_list() == ["ICD10:A00", "ICD10:A00.1", "ICD10:A00.11", "ICD10:A00.2", "ICD10:A00.21"]
    assert node(source, "ICD10:A00.11")["name"] == "title of A00.11"
    assert node(source, "ICD10:A00.21")["name"] == "title of A00.2: 1"  # a character without title
    assert source.left_out == {"supplementary_character": 2}


def test_the_language_itself_comes_before_its_dialects(tmp_path: Path) -> None:
    labels = "".join(f'<Label xml:lang="{lang}">{lang} name</Label>' for lang in ("fr", "en-GB", "en"))
    path = small(tmp_path, f'<Class code="A00" kind="category"><Rubric kind="preferred">{labels}</Rubric></Class>')
    names = {asked: read_claml(path, language=asked).nodes["name"].item() for asked in ("", "en", "en-GB", "en-US", "FR")}
    assert names == {"": "fr name", "en": "en name", "en-GB": "en-GB name", "en-US": "en-GB name", "FR": "fr name"}


def test_a_modifier_without_characters_is_reported(tmp_path: Path) -> None:
    source = read_claml(small(tmp_path, one("A00", more='<ModifiedBy code="M"/>')))
    assert source.rejected.select("reason", "detail").rows() == [("unknown_modifier", "A00 is modified by M, which has no such characters")]
