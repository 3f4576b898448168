from __future__ import annotations

import gzip
import inspect
import re
import textwrap
from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.sources import own_csv, tables
from kgpaths.sources.own_csv import made_id, read_own_csv
from kgpaths.sources.own_spec import read_spec
from kgpaths.sources.tables import SourceTables
from tests.sources.rows import FIXTURES, edge, edges, node
from tests.sources.test_kgx import NAMES, gone_through

OWN = FIXTURES / "own_csv"
LEAST = "name: mine\nlicence: CC0-1.0\nprefix: LOCAL\nedges:\n  file: e.csv\n  subject: a\n  predicate: p\n  object: b\n"


def read(folder: Path, text: str = LEAST, /, **files: str) -> SourceTables:
    """Return what a YAML and its tables give; ``e_csv`` is e.csv."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8", newline="")
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return gone_through(read_own_csv(folder / "mine.yaml"))


@pytest.fixture(scope="module")
def hospital() -> SourceTables:
    return gone_through(read_own_csv(OWN / "hospital.yaml"))


def test_the_examples_of_the_docstring_are_those_read_here() -> None:
    examples = re.findall(r"::\n\n((?:    .*\n|\n)+)", inspect.getdoc(own_csv) + "\n")
    assert [textwrap.dedent(e).strip() for e in examples] == [(OWN / f"{n}.yaml").read_text("utf-8").strip() for n in ("hospital", "triples")]


def test_the_source_is_as_the_yaml_says(hospital: SourceTables) -> None:
    info = hospital.info
    assert (info.name, info.release, info.licence, info.url, info.restricted) == ("our-hospital-kg", "2026-01", "internal use only", "", True)
    assert {name: digest == tables.sha256(OWN / name) for name, digest in info.files.items()} == {
        "hospital.yaml": True,
        "nodes.csv": True,
        "edges.csv": True,
    }


def test_nothing_is_restricted_unless_it_is_said(tmp_path: Path) -> None:
    assert not read(tmp_path, e_csv="a,p,b\n1,treats,2\n").info.restricted
    with pytest.raises(InputError, match=r"mine\.yaml, restricted: must be true or false, not 'perhaps'"):
        read(tmp_path, LEAST + "restricted: perhaps\n")


def test_nodes_names_and_cross_references(hospital: SourceTables) -> None:
    assert hospital.nodes.select("id", "category", "name", "definition").rows() == [
        ("LOCAL:4711", "Disease", 'Gout, acute "podagra"', "Urate crystals\nin a joint; painful | sudden"),
        ("LOCAL:4712", "Drug", "Colchicin 💊", ""),
        ("DOID:13189", "Disease", "gout", ""),
        ("LOCAL:ward-7", "NamedThing", "Station 7", ""),
    ]
    assert hospital.aliases.filter(pl.col("id") == "LOCAL:4711").drop("id").rows() == [
        ('Gout, acute "podagra"', "label", ""),
        ("podagra", "exact", ""),
        ("gouty arthritis", "exact", ""),
        ("GA", "related", ""),
    ]
    assert hospital.xrefs.rows() == [("LOCAL:4711", "MONDO:0005393", "exact_match")]


def test_edges_with_all_they_say(hospital: SourceTables) -> None:
    acute, turned = edges(hospital, "LOCAL:4712", "treats", "LOCAL:4711")
    assert acute["qualifiers"] == [{"key": "population_context_qualifier", "value": "adults"}, {"key": "stage_qualifier", "value": "acute attack"}]
    assert acute["evidence"] == {
        "citation": "DGRh 2024; ch. 3",
        "publications": ["PMID:123", "PMID:456"],
        "code": "",
        "frequency": "",
        "onset": "",
        "sex": "",
        "modifiers": [],
        "note": "first\nline",
        "inferred_from": "",
        "confidence": 0.9,
        "date": "2025-11-02",
    }
    assert (turned["evidence"]["note"], turned["evidence"]["confidence"]) == ("confidence: high", None)
    assert edge(hospital, "LOCAL:4712", "treats", "DOID:13189")["negated"] is True  # "not treats" in the map
    seen, never = edge(hospital, "LOCAL:4711", "has_phenotype", "HP:0001369"), edge(hospital, "LOCAL:4711", "has_phenotype", "HP:0002829")
    assert (seen["frequency"]["n"], seen["frequency"]["m"], seen["evidence"]["onset"], seen["evidence"]["sex"]) == (8, 10, "HP:0003581", "male")
    assert (never["negated"], never["frequency"]["m"]) == (True, 10)
    assert edge(hospital, "LOCAL:4711", "LOCAL:referred_to", "LOCAL:ward-7")["negated"] is False
    assert hospital.edges.height == 6


def test_rows_that_cannot_be_used_have_a_reason(hospital: SourceTables) -> None:
    assert hospital.rejected.rows() == [
        ("nodes.csv", 7, "repeated_id", "LOCAL:4711 Gout again"),
        ("edges.csv", 10, "bad_frequency", "LOCAL:4711 has_phenotype HP:1 often"),
        ("edges.csv", 11, "subject_no_curie", "treats LOCAL:4711"),
        ("edges.csv", 12, "bad_negated", "LOCAL:4712 treats LOCAL:4711"),
    ]
    assert hospital.left_out == {"left_out_predicate": 1}


def test_a_table_of_names_makes_its_own_nodes() -> None:
    source = gone_through(read_own_csv(OWN / "triples.yaml"))
    assert source.nodes.select("id", "category", "name").rows() == [
        ("LOCAL:aspirin", "Drug", "aspirin"),
        ("LOCAL:Na%2B", "Drug", "Na+"),
        ("LOCAL:warfarin", "Drug", "warfarin"),
        ("LOCAL:chest-pain", "PhenotypicFeature", "chest pain"),
        ("LOCAL:Na%2FK-pump", "Protein", "Na/K pump"),
        ("LOCAL:%22cold%22-%7C-flu", "Disease", '"cold" | flu'),
        ("LOCAL:Cold", "NamedThing", "Cold"),
        ("LOCAL:chest-pain(Disease)", "Disease", "chest pain"),  # named with another category: another thing
    ]
    assert source.edges.select("subject", "predicate", "object").rows() == [
        ("LOCAL:aspirin", "treats", "LOCAL:chest-pain"),
        ("LOCAL:Na%2B", "affects", "LOCAL:Na%2FK-pump"),
        ("LOCAL:aspirin", "treats", "LOCAL:%22cold%22-%7C-flu"),
        ("LOCAL:Cold", "LOCAL:treats", "LOCAL:aspirin"),  # what treats a drug is no treatment
        ("LOCAL:warfarin", "contraindicated_in", "LOCAL:chest-pain(Disease)"),
    ]
    assert source.rejected.rows() == [("triples.tsv", 7, "no_predicate", "LOCAL:warfarin  LOCAL:chest-pain")]
    assert source.left_out == {"category_unknown_kept_as_named_thing": 1, "kept_but_not_walked_ends_do_not_fit": 1}


def test_ids_made_of_names_keep_different_names_apart() -> None:
    apart = ["Na+", "Na-", "CAT", "cat", "α", "β", "C", "C++", "100%", "a/b", "a:b", "x" * 300, "x" * 301, "é", "💉"]
    assert len({made_id(name) for name in apart}) == len(apart)
    assert made_id("  type 2\tdiabetes ") == made_id("type  2 diabetes") == "type-2-diabetes"
    assert made_id("e\u0301") == made_id("\u00e9") == "é"  # composed and not
    assert re.fullmatch(r"x{100}-[0-9a-f]{12}", made_id("x" * 10_000))


def test_ids_with_names_in_the_edge_table_keep_every_name(tmp_path: Path) -> None:
    text = LEAST.replace("subject: a", "subject: {column: a, prefix: ICD10CM, name: n, category: Disease}")
    source = read(
        tmp_path, text, e_csv="a,n,p,b\nE11,Type 2 diabetes,causes,HP:1\nE11,T2D,causes,HP:2\nICD10CM:E11,,causes,HP:3\nDOID:1,One,causes,HP:3\n"
    )
    assert source.nodes.select("id", "name").rows() == [("ICD10CM:E11", "Type 2 diabetes"), ("DOID:1", "One")]
    assert source.aliases.filter(pl.col("id") == "ICD10CM:E11").select("alias", "scope").rows() == [("Type 2 diabetes", "label"), ("T2D", "exact")]
    assert source.edges["subject"].to_list() == ["ICD10CM:E11"] * 3 + ["DOID:1"]


def test_several_tables_of_each_kind(tmp_path: Path) -> None:
    text = (
        "name: mine\nlicence: CC0-1.0\nnodes:\n"
        "- {file: n.csv, id: i, category: Gene, synonyms: [s, t]}\n- {file: m.tsv, id: i, name: n, category: c}\n"
        "edges:\n- {file: e.csv, subject: a, predicate: causes, object: b}\n- {file: f.psv, subject: a, predicate: {column: p}, object: b}\n"
    )
    source = read(
        tmp_path,
        text,
        n_csv="i,s,t\nHGNC:1,x,y\n",
        m_tsv='i\tn\tc\nDOID:1\t"q\tDisease\n',
        e_csv="a,b\nHGNC:1,DOID:1\n",
        f_psv="a|b|p\nDOID:1|HP:1|odd one\n",
    )
    assert source.nodes.select("id", "category", "name", "linkable").rows() == [
        ("HGNC:1", "Gene", "HGNC:1", False),
        ("DOID:1", "Disease", '"q', True),
    ]
    assert source.aliases["alias"].to_list() == ["x", "y", '"q']
    assert source.edges.select("subject", "predicate", "object").rows() == [("HGNC:1", "causes", "DOID:1"), ("DOID:1", "mine:odd_one", "HP:1")]


def test_a_known_word_is_a_term_before_it_is_a_column(tmp_path: Path) -> None:
    text = "name: m\nlicence: x\nprefix: L\nedges:\n  file: e.csv\n  subject: {name: Drug, category: Drug}\n  predicate: treats\n"
    text += "  object: {name: Disease, category: Disease}\n"
    source = read(tmp_path, text, e_csv="Drug,Disease,treats\naspirin,pain,no\n")
    assert source.nodes["category"].to_list() == ["Drug", "Disease"]
    assert source.edges.select("subject", "predicate").rows() == [("L:aspirin", "treats")]


def test_only_the_map_denies_or_leaves_out(tmp_path: Path) -> None:
    text = LEAST.replace("predicate: p", "predicate: {column: p, map: {x: not causes}}")
    source = read(tmp_path, text, e_csv="a,p,b\nA:1,not known,A:2\nA:1,leave out,A:3\nA:1,x,A:4\n")
    assert source.edges.select("predicate", "object", "negated").rows() == [
        ("LOCAL:not_known", "A:2", False),
        ("LOCAL:leave_out", "A:3", False),
        ("causes", "A:4", True),
    ]


def test_words_that_yaml_takes_for_truth_or_numbers_stay_words(tmp_path: Path) -> None:
    text = LEAST.replace("predicate: p", "predicate: {column: p, map: {NO: causes, 1: treats, ~: affects}}").replace("name: mine", "name: 2026-01-01")
    source = read(tmp_path, text, e_csv="a,p,b\nA:1,NO,A:2\nA:1,1,A:2\nA:1,~,A:2\n")
    assert (source.info.name, source.edges["predicate"].to_list()) == ("2026-01-01", ["causes", "treats", "affects"])


def test_odd_names_survive(tmp_path: Path) -> None:
    text = LEAST + "nodes: {file: n.csv, id: i, name: n, category: Drug, definition: d}\n"
    quoted = [name.replace('"', '""') for name in NAMES]
    body = "i,n,d\n" + "".join(f'A:{i},"{name}","{name}"\n' for i, name in enumerate(quoted))
    source = read(tmp_path, text, n_csv=body, e_csv="a,p,b\n")
    assert source.nodes["name"].to_list() == NAMES == source.nodes["definition"].to_list() == source.aliases["alias"].to_list()


def test_windows_line_ends_a_byte_order_mark_and_gz(tmp_path: Path) -> None:
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress("\ufeffa,p,b\r\nA:1,causes,A:2\r\n".encode()))
    assert read(tmp_path, "\ufeff" + LEAST.replace("\n", "\r\n")).edges.height == 1
    source = read(tmp_path, LEAST.replace("e.csv", "e.csv.gz"))
    assert (source.edges.height, list(source.info.files)) == (1, ["mine.yaml", "e.csv.gz"])


def test_a_limit_is_of_rows_of_each_file() -> None:
    source = gone_through(read_own_csv(OWN / "hospital.yaml", limit=2))
    assert (source.nodes.height, source.edges.height) == (2, 2)


def test_only_columns_that_are_named_are_read(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("a,secret,p,b\nA:1,s,causes,A:2\n")
    (tmp_path / "mine.yaml").write_text(LEAST)
    table = read_spec(tmp_path / "mine.yaml").edges[0].table
    assert [frame.columns for frame in table.blocks(None)] == [["a", "p", "b", "_row"]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("licence: CC0-1.0\n", "", "mine.yaml: key 'licence' is missing"),
        ("licence:", "license:", "mine.yaml: unknown key 'license' (did you mean 'licence'?)"),
        ("  object: b", "  objct: b", "mine.yaml, edges: unknown key 'objct' (did you mean 'object'?)"),
        ("  object: b", "  object: bb", "mine.yaml, edges.object: e.csv has no column 'bb' (did you mean 'b'?)"),
        ("predicate: p", "predicate: treets", "edges.predicate: 'treets' is neither a predicate nor a column of e.csv (did you mean 'treats'?)"),
        ("predicate: p", "predicate: {column: p, map: {x: treets}}", "edges.predicate.map: 'treets' is no predicate (did you mean 'treats'?"),
        ("predicate: p", "predicate: {column: p, map: [x]}", "edges.predicate.map: must give a predicate for each value"),
        ("predicate: p", "predicate: [p]", "edges.predicate: must have keys, not ['p']"),
        ("subject: a", "subject: {name: a, category: Diseese}", "edges.subject.category: 'Diseese' is neither a category nor a column"),
        ("subject: a", "subject: {name: a}", "edges.subject: name and category go together"),
        ("subject: a", "subject: {prefix: X}", "edges.subject: names no column"),
        ("prefix: LOCAL", "prefix: 'a b'", "mine.yaml, prefix: 'a b' is no prefix"),
        ("prefix: LOCAL\nedges:\n  file: e.csv\n  subject: a", "edges:\n  file: e.csv\n  subject: {name: a, category: Drug}", "need a prefix"),
        ("file: e.csv", "file: ../e.csv", "names a file outside its folder: '../e.csv'"),
        ("file: e.csv", "file: /etc/passwd", "names a file outside its folder: '/etc/passwd'"),
        ("file: e.csv", "file: f.csv", "f.csv: no such file"),
        ("file: e.csv", "file: e.txt", "edges.separator: what separates the columns of e.txt is not known (one of comma, tab, semicolon, pipe)"),
        ("file: e.csv", "file: e.csv\n  separator: coma", "edges.separator: 'coma' is no separator"),
        ("file: e.csv", "file: e.csv\n  quoted: perhaps", "edges.quoted: must be true or false, not 'perhaps'"),
        ("file: e.csv", "file: e.csv\n  qualifiers: {stage: a}", "edges.qualifiers: unknown key 'stage' (did you mean 'stage_qualifier'?)"),
        ("file: e.csv", "file: e.csv\n  file: e.csv", "mine.yaml, row 6: is no YAML: key 'file' stands twice"),
        ("name: mine", "name: &x mine\nurl: *x", "is no YAML: aliases (*name) are not read"),
        ("name: mine", "name: [", "is no YAML"),
        ("name: mine", "name: ''", "mine.yaml, name: must be a text, not ''"),
        (
            "edges:",
            "nodes: {file: e.csv, id: a, category: Drug, synonyms: {column: b, scope: close}}\nedges:",
            "nodes.synonyms.scope: 'close' is no scope",
        ),
        (
            "edges:",
            "nodes: {file: e.csv, id: a, category: Drug, xrefs: {column: b, separator: ''}}\nedges:",
            "nodes.xrefs.separator: '' is no separator",
        ),
    ],
)
def test_a_fault_of_the_yaml_is_named_with_the_nearest_right_word(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in LEAST
    (tmp_path / "e.txt").write_text("a p b\n")
    with pytest.raises(InputError) as error:
        read(tmp_path, LEAST.replace(old, new, 1), e_csv="a,p,b\nA:1,causes,A:2\n")
    assert message in str(error.value)


@pytest.mark.parametrize("text", ["", "- a\n", "just words\n", "a: " + "[" * 20_000, "x" * (1 << 21)])
def test_what_is_no_such_yaml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"mine\.yaml"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,p,b\nA:1,causes\n", "e.csv, row 2: has 2 fields, 3 are needed"),
        (b"a,p,b\nA:1,causes,\xff\n", "e.csv, row 2: is not UTF-8 text"),
        (b'a,p,b\nA:1,"causes,A:2\n', "a quotation mark is not closed"),
        (b"a,p,p\n", "column 'p' stands twice"),
        (b"", "has no header and no rows"),
    ],
)
def test_a_fault_of_a_table_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "e.csv").write_bytes(content)
    with pytest.raises(InputError) as error:
        read(tmp_path)
    assert message in str(error.value)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "out.csv").write_text("a,p,b\n")
    (inner / "e.csv").symlink_to(tmp_path / "out.csv")
    with pytest.raises(InputError, match="names a file outside its folder"):
        read(inner)


def test_an_id_without_a_prefix_is_rejected_where_none_is_given(tmp_path: Path) -> None:
    source = read(tmp_path, LEAST.replace("prefix: LOCAL\n", ""), e_csv="a,p,b\n4711,causes,A:2\n")
    assert source.rejected.rows() == [("e.csv", 2, "subject_no_curie", "4711 causes A:2")]


def test_a_node_of_an_earlier_table_is_not_made_again(tmp_path: Path) -> None:
    text = LEAST.replace("subject: a", "subject: {name: a, category: Drug}") + "nodes: {file: n.csv, id: i, name: n, category: Drug}\n"
    source = read(tmp_path, text, n_csv="i,n\naspirin,Aspirin\n", e_csv="a,p,b\naspirin,causes,HP:1\n")
    assert node(source, "LOCAL:aspirin")["name"] == "Aspirin" and source.nodes.height == 1 and source.rejected.height == 0


def test_one_row_says_all(tmp_path: Path) -> None:
    """Every key of an edge table reaches the edge it is named for."""
    keys = {
        "negated": "yes",
        "publications": "7",
        "confidence": "0.5",
        "date": "d",
        "citation": "c",
        "note": "n",
        "frequency": "45%",
        "onset": "o",
        "sex": "s",
    }
    text = LEAST + "".join(f"  {key}: {key}\n" for key in keys)
    source = read(tmp_path, text, e_csv=f"a,p,b,{','.join(keys)}\nA:1,causes,A:2,{','.join(keys.values())}\n")
    found = source.edges.row(0, named=True)
    assert (found["negated"], found["frequency"]["lower"]) == (True, 0.45)
    stated = {key: value for key, value in found["evidence"].items() if value}
    words = {"citation": "c", "publications": ["7"], "frequency": "45%", "onset": "o", "sex": "s", "note": "n"}
    assert stated == words | {"confidence": 0.5, "date": "d"}


def test_the_disease_ontology_from_its_own_tables(shared: Path, tmp_path: Path) -> None:
    for name in ("HumanDO.tsv", "doid_is_a.tsv", "disease-symptom.tsv"):
        (tmp_path / name).write_bytes((shared / "disease_ontology" / name).read_bytes())
    source = read(
        tmp_path,
        "name: DO\nlicence: CC0-1.0\nnodes: {file: HumanDO.tsv, quoted: true, id: id, name: label, category: Disease}\nedges:\n"
        "- {file: doid_is_a.tsv, subject: child, predicate: subclass_of, object: parent}\n"
        "- file: disease-symptom.tsv\n  subject: {column: disease_id, name: disease_label, category: Disease}\n  predicate: has_phenotype\n"
        "  object: {column: symptom_id, name: symptom_label, category: PhenotypicFeature}\n",
    )
    assert source.edges["predicate"].value_counts().sort("predicate").rows() == [("has_phenotype", 2222), ("subclass_of", 12296)]
    assert source.nodes["category"].value_counts().sort("category").rows() == [("Disease", 12251), ("PhenotypicFeature", 300)]
    assert source.rejected["reason"].value_counts().rows() == [("repeated_id", 50)]  # one row for each superclass


def test_primekg_rows_as_a_table_of_ones_own(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "kg.csv.gz").write_bytes((shared / "primekg" / "kg_subset.csv.gz").read_bytes())
    kinds = "{drug: Drug, disease: Disease, gene/protein: Gene, effect/phenotype: PhenotypicFeature}"
    ends = [f"{{name: {end}_name, category: {{column: {end}_type, map: {kinds}, default: BiologicalEntity}}}}" for end in "xy"]
    text = f"name: p\nlicence: see PrimeKG\nprefix: LOCAL\nedges:\n  file: kg.csv.gz\n  subject: {ends[0]}\n  object: {ends[1]}\n"
    source = read(tmp_path, text + "  predicate: {column: relation, map: {indication: treats}}\n")
    assert (source.edges.height, source.nodes.height, source.rejected.height) == (63370, 16662, 0)
    assert source.nodes.filter(pl.col("name") == "MCC").select("id", "category").rows() == [("LOCAL:MCC", "Drug"), ("LOCAL:MCC(Gene)", "Gene")]
    assert source.edges["predicate"].value_counts().sort("count", descending=True).head(3).rows() == [
        ("LOCAL:disease_protein", 28548),
        ("LOCAL:drug_protein", 17329),
        ("LOCAL:contraindication", 11642),
    ]
    assert source.edges.filter(pl.col("predicate") == "treats").height == 3445


def test_a_name_keeps_its_things_apart_across_tables(tmp_path: Path) -> None:
    drug, gene = (f"{{name: a, category: {kind}}}" for kind in ("Drug", "Gene"))
    text = f"name: m\nlicence: x\nprefix: L\nedges:\n- {{file: e.csv, subject: {drug}, predicate: treats, object: b}}\n"
    text += f"- {{file: f.csv, subject: {gene}, predicate: causes, object: b}}\n"
    source = read(tmp_path, text, e_csv="a,b\nMCC,D:1\n", f_csv="a,b\nMCC,D:1\nATP7B,D:2\n")
    assert source.nodes.select("id", "category").rows() == [("L:MCC", "Drug"), ("L:MCC(Gene)", "Gene"), ("L:ATP7B", "Gene")]
    assert source.edges.select("subject", "predicate").rows() == [("L:MCC", "treats"), ("L:MCC(Gene)", "causes"), ("L:ATP7B", "causes")]


def test_an_id_with_two_categories_is_named(tmp_path: Path) -> None:
    text = LEAST.replace("subject: a", "subject: {column: a, name: a, category: {column: c}}")
    source = read(tmp_path, text, e_csv="a,c,p,b\nD:1,Drug,causes,B:1\nD:1,Gene,causes,B:1\nD:2,Odd,causes,B:1\nD:2,Odder,causes,B:2\n")
    assert source.nodes.select("id", "category").rows() == [("D:1", "Drug"), ("D:2", "NamedThing")]
    assert source.rejected.rows() == [("e.csv", 3, "other_category", "D:1 D:1: Drug before, Gene here")]
    assert (source.edges.height, source.left_out) == (4, {"category_unknown_kept_as_named_thing": 1})


def test_a_users_own_edges_are_believed_where_their_ends_fit(tmp_path: Path) -> None:
    text = "name: m\nlicence: x\nprefix: L\nnodes: {file: n.csv, id: i, name: i, category: c}\n"
    text += "edges: {file: e.csv, subject: a, predicate: p, object: b, confidence: s}\n"
    nodes = "i,c\nD:1,Drug\nG:1,Gene\nH:1,PhenotypicFeature\nN:1,NamedThing\n"
    rows = "a,p,b,s\nD:1,treats,H:1,0.1\nG:1,has_phenotype,H:1,0.1\nD:1,treats,N:1,1\nD:1,treats,G:1,1\n"
    source = read(tmp_path, text, n_csv=nodes, e_csv=rows)
    assert source.edges["predicate"].to_list() == ["treats", "has_phenotype", "treats", "L:treats"]
    assert source.left_out == {"kept_but_not_walked_ends_do_not_fit": 1}
