"""Concepts, names and codes of UMLS and RxNorm, how their files lie in a folder, and what is wrong with them."""

from __future__ import annotations

import csv
import gzip
import importlib.util
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources.curies import is_known, normalise
from kgpaths.sources.tables import ALIASES, XREFS, SourceTables, whole
from kgpaths.sources.umls import read_umls
from kgpaths.sources.umls.meaning import semantic_types
from kgpaths.sources.umls.names import CODES, code_curie
from kgpaths.sources.umls.relations import NOTHING, counted_name, listed
from kgpaths.vocabulary import CATEGORIES, is_predicate, stored_as

from .rows import node
from .umls_rows import (
    DEGREE,
    DRUG,
    FEVER,
    FEVERS,
    GENE,
    INFLAMMATION,
    META,
    RASH,
    RRF,
    SKIN,
    TABLET,
    TRIAL,
    UNTYPED,
    VESPER,
    VIRUS,
    aliases,
    copy,
    copy_without,
    left_out,
    rejected,
    rewrite,
    told,
)


@pytest.fixture(scope="module")
def umls() -> SourceTables:
    return read_umls(META)


# ---- concepts, names, codes


def test_concepts(umls: SourceTables) -> None:
    assert node(umls, FEVER) == {
        "id": FEVER,
        "category": "Disease",
        "name": "Brindle fever",
        "definition": "A drawn fever of the flank; no one has it.",  # MeSH's before NCI's
        "semantic_types": ["Disease or Syndrome"],
        "linkable": True,
    }
    assert dict(umls.nodes.select("id", "category").iter_rows()) == {
        FEVER: "Disease",
        RASH: "PhenotypicFeature",
        DRUG: "Drug",  # an organic chemical, too
        TABLET: "Drug",
        VIRUS: "Virus",
        SKIN: "GrossAnatomicalStructure",
        GENE: "Gene",
        FEVERS: "Disease",
        DEGREE: "InformationContentEntity",
        VESPER: "Disease",
        UNTYPED: "NamedThing",
        INFLAMMATION: "DiseaseOrPhenotypicFeature",
        TRIAL: "Activity",
    }
    assert node(umls, RASH)["semantic_types"] == ["Sign or Symptom", "Finding"]
    assert umls.nodes.filter(~pl.col("linkable"))["id"].to_list() == [DEGREE]
    assert (umls.info.release, umls.info.restricted) == ("2099AA", True)
    assert sorted(umls.info.files) == sorted(p.name for p in META.iterdir())
    assert node(read_umls(META, release="mine"), FEVER) == node(umls, FEVER)


def test_names(umls: SourceTables) -> None:
    assert aliases(umls, FEVER) == [
        ("Brindle fever", "label", ""),
        ("Brindle fever (disorder)", "exact", ""),
        ("BF", "exact", "abbreviation"),  # NCI has it as a synonym, too
        ('Fever, "brindle"; of the flank', "exact", ""),
    ]
    assert aliases(umls, DRUG) == [("vexomycin", "label", ""), ("Vexomycin", "exact", ""), ("Vexo\tmax", "exact", "")]
    assert aliases(umls, GENE)[1] == ("BRND1", "exact", "abbreviation")
    out = {k: v for k, v in left_out(umls).items() if k.startswith(("name_", "concept_", "definition_", "code_", "retired_"))}
    assert out == {
        "name_of_a_vocabulary": 1,
        "name_other_language": 2,
        "name_repeated": 2,
        "name_suppressed": 2,
        "concept_without_name_asked_for": 3,
        "definition_beside_another": 1,
        "definition_of_concept_left_out": 1,
        "definition_other_language": 1,
        "definition_suppressed": 1,
        "code_is_no_id": 1,
        "retired_for_concept_not_read": 1,
        "retired_for_several": 2,
        "retired_id_in_use": 1,
        "retired_without_equal": 2,
    }
    named = sum(out[k] for k in out if k.startswith("name_"))
    assert whole(umls.aliases, ALIASES).height + named == len((META / "MRCONSO.RRF").read_text().splitlines())


def test_codes_become_cross_references(umls: SourceTables) -> None:
    assert umls.xrefs.filter(pl.col("id").is_in([FEVER, RASH, VESPER])).sort("id", "xref").rows() == [
        (FEVER, "ICD10CM:B99.1", "xref"),
        (FEVER, "MESH:D990001", "xref"),
        (FEVER, "NCIT:C990001", "xref"),
        (FEVER, "SNOMEDCT:990000013", "xref"),
        (FEVER, "UMLS:C9000091", "alt_id"),
        (RASH, "HP:9990002", "xref"),  # OMIM's MTHU990002 is no id
        (VESPER, "ICD10CM:B99.1", "close_match"),  # only filed under the code, as an entry term
        (VESPER, "SNOMEDCT:990000133", "xref"),
    ]
    for xref in umls.xrefs["xref"]:
        assert normalise(xref) == xref
        assert is_known(xref)


def test_languages() -> None:
    spanish = read_umls(META, languages=["SPA", "ENG"])
    assert node(spanish, FEVER)["name"] == "Fiebre brindle"
    assert node(spanish, "UMLS:C9000010")["name"] == "Solo en castellano"
    assert ("Brindle fever", "exact", "") in aliases(spanish, FEVER)
    assert read_umls(META, languages=["SPA"]).nodes["definition"].to_list()[0] == "Una fiebre inventada."
    with pytest.raises(InputError, match="has no names of the language 'SPAN'"):
        read_umls(META, languages=["SPAN"])
    with pytest.raises(InputError, match="names no language"):
        read_umls(META, languages=[])


def test_vocabularies() -> None:
    snomed = read_umls(META, vocabularies=["SNOMEDCT_US"])
    assert aliases(snomed, FEVER) == [("Brindle fever (disorder)", "exact", ""), ("Brindle fever", "label", "")]
    assert {edge[3] for edge in told(snomed)} == {"SNOMEDCT_US"}
    assert node(snomed, FEVER)["definition"] == ""
    without = read_umls(META, leave_out_vocabularies=["SNOMEDCT_US", "ICD10CM"])
    assert "SNOMEDCT_US" not in {edge[3] for edge in told(without)}
    assert not without.xrefs["xref"].str.starts_with("SNOMEDCT").any()
    assert left_out(without)["name_other_vocabulary"] == 8 + 3
    sources = read_umls(META, vocabularies=["SRC"])
    assert sources.nodes["name"].to_list() == ["Taxonomy of drawn things"]
    with pytest.raises(InputError, match=r"has no names of the vocabulary 'SNOMED' \(it has .*SNOMEDCT_US, SRC\)"):
        read_umls(META, vocabularies=["SNOMED"])
    with pytest.raises(InputError, match=r"has no names of the vocabulary 'NOPE' \(it has .*SNOMEDCT_US, SRC\)"):
        read_umls(META, leave_out_vocabularies=["NOPE"])


def test_suppressed_rows_on_request() -> None:
    everything = read_umls(META, suppressible=True)
    assert ("Brindle ague", "exact", "") in aliases(everything, FEVER)
    assert node(everything, "UMLS:C9000011")["name"] == "Ague of old"
    assert set(told(everything)) - set(told(read_umls(META))) == {
        (FEVER, "UMLS:cause_of", VIRUS, "SNOMEDCT_US", "cause_of")  # a virus is no condition to be caused
    }


def test_semantic_types_are_chosen_by_number_tree_or_name() -> None:
    for asked in (["T047"], ["disease or syndrome"], ["B2.2.1.2.1"]):
        assert read_umls(META, semantic_types=asked).nodes["id"].to_list() == [FEVER, FEVERS, VESPER]
    pathologic = read_umls(META, semantic_types=["B2.2.1.2"])  # diseases stand below
    assert pathologic.nodes["id"].to_list() == [FEVER, FEVERS, VESPER, INFLAMMATION]
    assert left_out(pathologic)["concept_other_semantic_type"] == 9
    assert all({s, o} <= {FEVER, FEVERS, VESPER, INFLAMMATION} for s, _, o, _, _ in told(pathologic))
    nowhere = read_umls(META, semantic_types=["Geographic Area"])
    assert (nowhere.nodes.height, nowhere.xrefs.height, told(nowhere), rejected(nowhere)["MRSTY.RRF", "unknown_concept"]) == (0, 0, [], 1)
    with pytest.raises(InputError, match="is no semantic type: 'T47'"):
        read_umls(META, semantic_types=["T47"])


def test_a_name_is_chosen_by_rank_where_the_marks_do_not_tell(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    names = [line for line in (folder / "MRCONSO.RRF").read_text().splitlines(keepends=True) if line.startswith("C9000003|") and "exo" in line]
    unmarked = ["|".join([*row[:2], "", row[3], "", row[5], "", *row[7:]]) for row in (line.split("|") for line in names)]
    rewrite(folder / "MRCONSO.RRF", lambda lines: [*(line for line in lines if line not in names), *unmarked])
    assert node(read_umls(folder), DRUG)["name"] == "vexomycin"  # MRRANK 29 against 28
    rewrite(folder / "MRRANK.RRF", lambda lines: [line.replace("0029|RXNORM|IN", "0027|RXNORM|IN") for line in lines])
    assert node(read_umls(folder), DRUG)["name"] == "Vexomycin"
    (folder / "MRRANK.RRF").unlink()
    assert node(read_umls(folder), DRUG)["name"] == "Vexo\tmax"  # nothing tells: the first in order of text


def test_limit_reads_the_first_rows_of_each_file() -> None:
    dry = read_umls(META, limit=3)
    assert dry.nodes["id"].to_list() == [FEVER]
    assert dry.info.files == {}
    assert told(dry) == []
    assert rejected(dry)["MRREL.RRF", "unknown_concept"] == 3


# ---- RxNorm


def test_rxnorm_reads_through_the_same_reader() -> None:
    source = read_umls(RRF)
    assert dict(source.nodes.select("id", "name").iter_rows()) == {
        "RXNORM:9990003": "vexomycin",
        "RXNORM:9990004": "vexomycin 20 MG Oral Tablet",  # not the prescribable name
        "RXNORM:9990005": "Vexomax",
        "RXNORM:9990007": "VEXOMYCIN 20MG TAB",
    }
    assert sorted(told(source)) == [
        ("RXNORM:9990003", "UMLS:has_tradename", "RXNORM:9990005", "RXNORM", "has_tradename"),
        ("RXNORM:9990004", "UMLS:has_ingredient", "RXNORM:9990003", "RXNORM", "has_ingredient"),
        ("RXNORM:9990007", "UMLS:mapped_to", "RXNORM:9990004", "VANDF", "mapped_to"),  # stated between atoms
    ]
    assert source.xrefs.rows() == [("RXNORM:9990003", "MESH:C990003", "xref"), ("RXNORM:9990003", "RXNORM:9990090", "alt_id")]
    assert (source.info.name, source.info.release) == ("RxNorm", "20AA_990101F")
    assert rejected(source) == {("RXNREL.RRF", "unknown_concept"): 1}
    assert left_out(source)["relation_of_concept_left_out"] == 1
    assert told(read_umls(RRF.parent / "rrf")) == told(source)


# ---- how files lie in a folder


def test_packed_and_split_files_and_the_folder_above_read_alike(umls: SourceTables, tmp_path: Path) -> None:
    folder = tmp_path / "2099AA" / "META"
    folder.mkdir(parents=True)
    for path in META.iterdir():
        lines = path.read_bytes().splitlines(keepends=True)
        if path.name in ("MRCONSO.RRF", "MRREL.RRF"):
            for name, part in (("aa", lines[:11]), ("ab", lines[11:12]), ("ac", lines[12:])):
                (folder / f"{path.name}.{name}.gz").write_bytes(gzip.compress(b"".join(part)))
        else:
            (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    source = read_umls(folder.parent)
    assert source.nodes.equals(umls.nodes)
    assert source.xrefs.sort(*XREFS).equals(umls.xrefs.sort(*XREFS))
    assert set(told(source)) == set(told(umls))  # a row repeated in another part is an edge twice, and pooled by the graph
    assert whole(source.aliases, ALIASES).unique().sort(*ALIASES).equals(whole(umls.aliases, ALIASES).sort(*ALIASES))
    assert {"MRREL.RRF.aa.gz", "MRREL.RRF.ac.gz", "MRSTY.RRF.gz"} <= source.info.files.keys()


@pytest.mark.parametrize("packed", [False, True])
def test_parts_may_be_cut_within_a_row(umls: SourceTables, tmp_path: Path, packed: bool) -> None:
    folder = copy(tmp_path / "META")
    for name in ("MRCONSO.RRF", "MRREL.RRF"):
        content = gzip.compress((folder / name).read_bytes()) if packed else (folder / name).read_bytes()
        for number, begin in enumerate(range(0, len(content), 701)):  # split -b 701
            letters = f"a{chr(97 + number)}"
            if packed:
                (folder / f"{name}.gz.{letters}").write_bytes(content[begin : begin + 701])
            else:
                (folder / f"{name}.{letters}.gz").write_bytes(gzip.compress(content[begin : begin + 701]))
        (folder / name).unlink()
    source = read_umls(folder)
    assert source.nodes.equals(umls.nodes) and set(told(source)) == set(told(umls))
    first = folder / ("MRREL.RRF.gz.aa" if packed else "MRREL.RRF.aa.gz")
    first.unlink()
    with pytest.raises(InputError, match=r"MRREL\.RRF: lacks its part \.aa"):
        read_umls(folder)


def test_a_last_part_that_is_missing_shows_in_the_number_of_rows(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    rewrite(folder / "MRFILES.RRF", lambda lines: [line.replace("|16|0|0|", "|16|56|0|") for line in lines])
    assert len(told(read_umls(folder))) == len(told(read_umls(META)))
    rewrite(folder / "MRREL.RRF", lambda lines: lines[:40])
    (folder / "MRREL.RRF").rename(folder / "MRREL.RRF.aa")
    assert told(read_umls(folder, limit=50))
    with pytest.raises(InputError, match=r"MRREL\.RRF: has 40 rows, 56 by MRFILES\.RRF \(it is cut off, or its last part is missing"):
        told(read_umls(folder))


def test_columns_come_from_mrfiles(umls: SourceTables, tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")

    def turn(name: str) -> None:
        rewrite(folder / name, lambda lines: ["|".join(reversed(line.removesuffix("|\n").split("|"))) + "|\n" for line in lines])

    for name in ("MRCONSO.RRF", "MRREL.RRF", "MRSTY.RRF"):
        turn(name)
    rewrite(
        folder / "MRFILES.RRF",
        lambda lines: [
            "|".join([row[0], row[1], ",".join(reversed(row[2].split(","))), *row[3:]])
            if row[0] in ("MRCONSO.RRF", "MRREL.RRF", "MRSTY.RRF")
            else "|".join(row)
            for row in (line.split("|") for line in lines)
        ],
    )
    source = read_umls(folder)
    assert source.nodes.equals(umls.nodes)
    assert told(source) == told(umls)
    (folder / "MRFILES.RRF").unlink()
    with pytest.raises(InputError):
        told(read_umls(folder))
    assert told(read_umls(copy_without(META, tmp_path / "plain", "MRFILES.RRF"))) == told(umls)


@pytest.mark.parametrize("name", ["MRDEF.RRF", "MRSAB.RRF", "MRRANK.RRF", "MRCUI.RRF", "MRMAP.RRF", "MRSAT.RRF"])
def test_files_that_may_be_absent(umls: SourceTables, tmp_path: Path, name: str) -> None:
    source = read_umls(copy_without(META, tmp_path / "META", name))
    assert source.nodes["name"].equals(umls.nodes["name"])
    mapped = {"MRMAP.RRF": 5, "MRSAT.RRF": 4}.get(name, 0)  # without MRSAT only mappings between concepts are known
    assert len(told(source)) == len(told(umls)) - mapped


# ---- faults


@pytest.mark.parametrize("name", ["MRCONSO.RRF", "MRSTY.RRF", "MRREL.RRF"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        read_umls(copy_without(META, tmp_path / "META", name))


def test_a_row_that_is_cut_off_is_named(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    whole_file = (folder / "MRREL.RRF").read_bytes()
    (folder / "MRREL.RRF").write_bytes(whole_file[:-20])
    with pytest.raises(InputError, match=r"MRREL\.RRF, row 56: has \d+ fields, 16 are needed"):
        told(read_umls(folder))


def test_another_encoding_is_named(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    text = (folder / "MRCONSO.RRF").read_bytes()
    (folder / "MRCONSO.RRF").write_bytes(text.replace(b"Skin of flank", b"Skin of fl\xe4nk"))
    with pytest.raises(InputError, match=r"MRCONSO\.RRF, row 16: is not UTF-8"):
        read_umls(folder)


def test_a_damaged_archive_and_a_missing_column_are_named(tmp_path: Path) -> None:
    folder = copy_without(META, tmp_path / "META", "MRSTY.RRF")
    (folder / "MRSTY.RRF.gz").write_bytes(gzip.compress((META / "MRSTY.RRF").read_bytes())[:-12])
    with pytest.raises(InputError, match=r"MRSTY\.RRF\.gz: cannot be read"):
        read_umls(folder)
    folder = copy(tmp_path / "other")
    rewrite(folder / "MRFILES.RRF", lambda lines: [line.replace(",RELA,", ",RELATION,") for line in lines])
    with pytest.raises(InputError, match="column 'RELA' is missing"):
        told(read_umls(folder))


def test_an_empty_release_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    (folder / "MRCONSO.RRF").write_text("")
    with pytest.raises(InputError, match="holds no names"):
        read_umls(folder)
    with pytest.raises(InputError, match=r"holds no MRCONSO\.RRF and no RXNCONSO\.RRF"):
        read_umls(tmp_path / "nowhere")


def test_odd_names_survive_and_bad_ids_are_written_down(tmp_path: Path) -> None:
    folder = copy(tmp_path / "META")
    odd = ['"', "a;b,c", "tab\there", "nul\x00byte", "fi\u00e8vre \U0001f912", "x" * 10_000, "a\u2028b", "\u00a0 padded"]
    row = (folder / "MRCONSO.RRF").read_text().splitlines()[3].split("|")
    lines = ["|".join([*row[:14], text, *row[15:]]) + "\n" for text in odd]
    bad = ["|".join([cui, *row[1:]]) + "\n" for cui in ("C900001", "c9000001", "C+900001", "", "CL0900001")] + [
        "|".join([*row[:14], " ", *row[15:]]) + "\n"
    ]
    with (folder / "MRCONSO.RRF").open("a", encoding="utf-8", newline="") as stream:
        stream.writelines([*lines, *bad])
    source = read_umls(folder)
    assert set(odd) <= {alias for alias, _, _ in aliases(source, FEVER)}
    found = rejected(source)
    assert (found["MRCONSO.RRF", "no_concept_id"], found["MRCONSO.RRF", "no_name"]) == (5, 1)


# ---- tables of ours


def test_relations_of_our_table_are_sound() -> None:
    inverses, tellings = listed()
    assert all(inverses[inverse] == name for name, inverse in inverses.items())
    for name, several in tellings.items():
        assert counted_name(name, inverses) == (name, False)
        for one in several:
            assert one.predicate == NOTHING or (is_predicate(one.predicate) and stored_as(one.predicate) == (one.predicate, False))
            assert all(c.removeprefix("!") in CATEGORIES for c in (*one.subject, *one.object))
            assert one.predicate == NOTHING or any(one.holds(a, b) for a in CATEGORIES for b in CATEGORIES), name


def test_semantic_types_are_the_semantic_network_s(shared: Path) -> None:
    lines = (shared / "umls_fixtures/semantic_network/SRDEF").read_text().splitlines()
    network = {tuple(line.split("|")[n] for n in (1, 3, 2)) for line in lines if line.startswith("STY|")}
    assert len(network) == 127
    assert {(t.tui, t.stn, t.name) for t in semantic_types()} == network
    assert len(semantic_types()) == 127


def test_categories_are_biolink_s_own_or_say_why() -> None:
    """Biolink maps the semantic types itself; where we differ, the table gives the reason."""
    yaml = pytest.importorskip("yaml")
    spec = importlib.util.find_spec("biolink_model")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("biolink-model is not installed")
    model = yaml.load(
        (Path(spec.submodule_search_locations[0]) / "schema/biolink_model.yaml").read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    biolink: dict[str, set[str]] = {}
    for name, body in model["classes"].items():
        for kind in ("exact_mappings", "narrow_mappings", "broad_mappings", "close_mappings", "related_mappings"):
            for mapping in body.get(kind) or []:
                if mapping.startswith("STY:"):
                    biolink.setdefault(mapping.removeprefix("STY:"), set()).add("".join(w[0].upper() + w[1:] for w in name.split()))
    text = (Path(__file__).parents[2] / "kgpaths/sources/umls/types.tsv").read_text()
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        assert row["category"] in CATEGORIES
        assert (row["category"] in biolink.get(row["tui"], set())) != row["why"].startswith("by hand"), row


def test_codes_are_spelt_as_ours() -> None:
    frame = pl.DataFrame({"c": ["HP:0000118", "GO:0008150", "HGNC:5", "E11.9", "250.00", "25.1", "V10.0", "LP14885-5", "10048-3", "MTHU000123"]})

    def curies(sab: str) -> list[str]:
        return frame.select(code_curie(sab, "c")).to_series().drop_nulls().to_list()

    assert curies("HPO") == ["HP:0000118"]
    assert curies("GO") == ["GO:0008150"]
    assert curies("HGNC") == ["HGNC:5"]
    assert curies("ICD10CM") == ["ICD10CM:E11.9", "ICD10CM:V10.0"]
    assert curies("ICD9CM") == ["ICD9CM:250.00", "ICD9PCS:25.1", "ICD9CM:V10.0"]  # volume 3 are procedures
    assert curies("LNC") == ["LOINC:LP14885-5", "LOINC:10048-3"]
    assert all(is_known(f"{prefix}:1") for several in CODES.values() for prefix, _ in several)


def test_the_page_counts_our_relations_as_they_are() -> None:
    tellings = listed()[1].values()
    told_as = [any(one.predicate != NOTHING for one in several) for several in tellings]
    dropped = [any(one.predicate == NOTHING for one in several) for several in tellings]
    page = (Path(__file__).parents[2] / "docs/graphs.md").read_text(encoding="utf-8")
    assert f"{sum(told_as)} relations that state a clinical fact or a hierarchy get their\nBiolink predicate, {sum(dropped)} that say nothing" in page
