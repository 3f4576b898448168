"""Checking a folder: a sound graph has no fault, and every kind of damage is told, also where the manifest was made to fit."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from kgpaths.errors import GraphError
from kgpaths.graph import mapped, verify_edges
from kgpaths.graph.build import build_graph
from kgpaths.graph.files import ARRAYS, file_hashes, load_columns
from kgpaths.graph.manifest import MANIFEST
from kgpaths.graph.store import Graph
from kgpaths.graph.verify import verify
from tests.graphs import Thing, graph_of, line, tables_of

LINES = (
    line("flu", "has_phenotype", "fever", frequency=(8, 10), publications=("PMID:1", "PMID:2")),
    line("flu", "has_phenotype", "fever", publications=("PMID:3",)),
    line("flu", "has_phenotype", "rash", negated=True),
    line("cold", "has_phenotype", "fever", frequency=(0.3, 0.79)),
    line("cold", "has_phenotype", "sneezing", source="other"),
    line("oseltamivir", "treats", "flu"),
    line("oseltamivir", "affects", "neuraminidase", object_direction_qualifier="decreased"),
    line("oseltamivir", "affects", "neuraminidase"),
    line("warfarin", "pharmacologically_interacts_with", "aspirin"),
)
NODES = {
    "flu": Thing(
        "Disease", ("influenza", "grippe"), id="OMIM:1", xrefs=(("MONDO:1", "exact_match"), ("MESH:D1", "exact_match"), ("UMLS:C1", "close_match"))
    ),
    "fever": Thing(
        "PhenotypicFeature", ("pyrexia",), id="HP:1", xrefs=(("HP:9", "alt_id"), ("SNOMEDCT:1", "exact_match")), definition="Heat\nof the body"
    ),
    "ward": Thing("Disease", linkable=False),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graph_of(tmp_path_factory.mktemp("sound"), *LINES, nodes=NODES).path


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(built, tmp_path / "graph"))


def sign(folder: Path, **changes: Any) -> None:
    """Make the manifest fit the files again, so that only what they say can tell, and change it."""
    file = folder / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | {"files": file_hashes(folder)} | changes))


def change(folder: Path, name: str, edit: Callable[[np.ndarray[Any, Any]], Any]) -> None:
    """Edit an array in place, or put what ``edit`` returns in its stead."""
    file = folder / ARRAYS / f"{name}.npy"
    array = np.load(file)
    edited = edit(array)
    np.save(file, array if edited is None else edited)
    sign(folder)


def put(at: Any, value: Any) -> Callable[[np.ndarray[Any, Any]], None]:
    def edit(array: np.ndarray[Any, Any]) -> None:
        array[at] = value

    return edit


def swap(a: int, b: int) -> Callable[[np.ndarray[Any, Any]], None]:
    def edit(array: np.ndarray[Any, Any]) -> None:
        array[[a, b]] = array[[b, a]]

    return edit


def add(at: Any, value: int) -> Callable[[np.ndarray[Any, Any]], None]:
    def edit(array: np.ndarray[Any, Any]) -> None:
        array[at] += value

    return edit


def told(folder: Path, *words: str) -> bool:
    """Tell whether one line holds all these words, and every line is one line that says how to mend."""
    problems = verify(folder)
    assert all("\n" not in p and p.endswith(")") for p in problems), problems
    return any(all(word in p for word in words) for p in problems) or pytest.fail(f"{words} not in {problems}")


def test_a_sound_graph_has_no_fault(built: Path) -> None:
    assert verify(built) == []


def test_a_sound_graph_has_none_however_small_the_parts_it_is_gone_through_in(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part, known in ((1, 0), (2, 100), (3, 2)):
        monkeypatch.setattr(verify_edges, "PART", part)
        monkeypatch.setattr(mapped, "KNOWN", known)  # evidence that stays spelt out
        assert verify(built) == []


def test_a_graph_without_cross_references_is_sound(tmp_path: Path) -> None:
    assert verify(graph_of(tmp_path, *LINES).path) == []


def test_the_embedded_graph_is_sound(embedded: Graph) -> None:
    steps: list[str] = []
    assert verify(embedded.path, progress=steps.append) == []
    assert steps[:2] == ["hashing files", "opening"] and steps[-1] == "checking content hash"


def test_what_others_derived_is_not_the_graphs(folder: Path) -> None:
    (folder / "derived" / "aliases-1").mkdir(parents=True)
    (folder / "derived" / "aliases-1" / "x.npy").write_bytes(b"1")
    assert verify(folder) == []


def test_every_file_that_is_changed_cut_or_gone_is_named(built: Path, folder: Path) -> None:
    names = sorted(file_hashes(built))
    assert len(names) > 35 and "edges.parquet" in names and "arrays/edge_id.npy" in names
    for name in names:
        file = folder / name
        whole = file.read_bytes()
        flipped = bytearray(whole)
        flipped[-len(whole) // 3] ^= 1
        for bad in (bytes(flipped), whole[: len(whole) // 2], b"", whole + b"\0"):
            file.write_bytes(bad)
            assert told(folder, f"{name}: has changed since the build")
        file.unlink()
        assert told(folder, f"{name}: is missing")
        file.write_bytes(whole)
    assert verify(folder) == []


def test_a_file_too_many_is_told(folder: Path) -> None:
    (folder / ARRAYS / "old.npy").write_bytes(b"1")
    assert verify(folder) == ["arrays/old.npy: is no file of the graph (move it elsewhere)"]


def test_where_the_graph_does_not_open_its_files_are_still_checked(folder: Path) -> None:
    (folder / ARRAYS / "edge_id.npy").unlink()
    (folder / ARRAYS / "nodes.arrow").write_bytes(b"")
    (folder / "nodes.parquet").write_bytes(b"")
    problems = verify(folder)
    for start in ("arrays/edge_id.npy: is missing", "arrays/nodes.arrow: has changed", "nodes.parquet: has changed", "the graph does not open: "):
        assert sum(p.startswith(start) for p in problems) >= 1, (start, problems)
    assert any(p.startswith("arrays/nodes.arrow: cannot be read") for p in problems)


@pytest.mark.parametrize(("text", "words"), [("{", "not JSON"), ("[]", "names no files"), ("[" * 100_000, "not JSON"), ("", "not JSON")])
def test_a_damaged_manifest_is_told(folder: Path, text: str, words: str) -> None:
    (folder / MANIFEST).write_text(text)
    assert told(folder, MANIFEST, words)


def test_a_manifest_that_is_gone_old_or_of_another_format_is_told(folder: Path) -> None:
    sign(folder, format=99)
    assert told(folder, "does not open", "graph format 99")
    sign(folder, format=2, files={})
    assert told(folder, MANIFEST, "names no files with their hashes", "an older kgpaths built it")
    (folder / MANIFEST).unlink()
    assert told(folder, MANIFEST, "cannot be read", "half-built")


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="no graph folder here"):
        verify(tmp_path / "none")


DAMAGE = {
    "an end beyond the concepts": ("edge_object", put(0, 999), "edge_object.npy: points beyond the 10 concepts: first in row 0"),
    "an end below zero": ("edge_subject", put(-1, -1), "edge_subject.npy: points beyond"),
    "a predicate beyond": ("edge_predicate", put(1, 200), "edge_predicate.npy: points beyond"),
    "evidence beyond": ("evidence_row", put(2, 99), "evidence_row.npy: points beyond"),
    "evidence below zero": ("evidence_row", put(2, -1), "evidence_row.npy: points beyond"),
    "qualifiers beyond": ("edge_qualifiers", put(2, 9), "edge_qualifiers.npy: points beyond"),
    "a frequency beyond": ("edge_frequency_row", put(0, 9), "edge_frequency_row.npy: points beyond"),
    "an edge beyond": ("in_edge", put(0, 99), "in_edge.npy: points beyond"),
    "a category beyond": ("node_category", put(0, 99), "node_category.npy: points beyond"),
    "pointers that fall": ("out_indptr", put(2, 9), "out_indptr.npy: falls where it must rise: first in row 3"),
    "pointers that end early": ("evidence_indptr", put(-1, 3), "evidence_indptr.npy: goes from 0 to 3"),
    "other pointers": ("in_indptr", add(1, 1), "in_indptr.npy: does not count the concepts of edge_object"),
    "an array cut short": ("edge_negated", lambda a: a[:-1], "edge_negated.npy: has the shape (7,), not (8,)"),
    "another type": ("edge_object", lambda a: a.astype(np.int64), "edge_object.npy: holds int64, not int32"),
    "another id": ("edge_id", put((3, 5), 7), "edge_id.npy: the id is not that of what the edge says: first in row 3"),
    "another content hash": ("edge_content_hash", put((3, 5), 7), "edge_content_hash.npy: the content hash is not that of the edge"),
    "another negation": ("edge_negated", put(0, 1), "edge_id.npy: the id is not that of what the edge says: first in row 0"),
    "another object": ("edge_object", add(0, 1), "edge_id.npy: the id is not that"),
    "another predicate": ("edge_predicate", put(0, 0), "edge_id.npy: the id is not that"),
    "other qualifiers": ("edge_qualifiers", put(0, 1), "edge_id.npy: the id is not that"),
    "other evidence": ("evidence_row", swap(0, 4), "edge_content_hash.npy: the content hash is not that"),
    "another frequency": ("edge_frequency_row", put(0, -1), "edge_content_hash.npy: the content hash is not that"),
    "another number of how often": ("edge_frequency", put(0, 0.5), "edge_frequency.npy: the number is not the middle"),
    "a number where none is known": ("edge_frequency", put(2, 0.5), "edge_frequency.npy: the number is not the middle"),
    "evidence out of order": ("evidence_row", swap(0, 1), "evidence_row.npy: the edge's evidence is not in order"),
    "evidence of another edge": ("evidence_indptr", add(1, 1), "edge_content_hash.npy: the content hash is not that"),
    "an outgoing entry for another": ("out_edge", swap(0, 1), "out_edge.npy: an entry is not the edge of its row"),
    "an incoming entry for another": ("in_edge", swap(0, -1), "in_edge.npy: an entry is not at the object of its edge"),
    "an incoming entry twice": ("in_edge", lambda a: put(1, a[0])(a), "in_edge.npy: lacks edges that the outgoing half has"),
    "another neighbour": ("in_neighbour", add(0, 1), "in_neighbour.npy: is not the edge_subject of the edge"),
    "another incoming predicate": ("in_predicate", put(0, 0), "in_predicate.npy: is not the edge_predicate of the edge"),
    "keys out of order": ("edge_key", swap(0, 1), "edge_key.npy: is not sorted"),
    "a key of no edge": ("edge_key", add(0, 1), "edge_key.npy: is not the beginning of the id"),
    "an edge that is not found": ("edge_key_row", lambda a: put(1, a[0])(a), "edge_key_row.npy: lacks edges"),
    "an id's other key": ("id_key", add(0, 1), "id_key.npy: is not the key of its id"),
    "an id at another concept": ("id_concept", swap(0, 1), "id_concept.npy: the ids are not those of the concepts"),
    "another category": ("node_category", put(0, 2), "counts 1 of category"),
    "categories swapped": ("node_category", swap(0, 1), "says the graph's hash is"),
    "another linkable": ("node_linkable", put(0, 0), "nodes.parquet: column linkable is not what the arrays say: first in row 0"),
    "a name of another concept": ("alias_indptr", add(1, 1), "aliases.parquet: column id is not what the arrays say"),
    "an xref of another concept": ("xref_indptr", add(1, 1), "xrefs.parquet: column id is not what the arrays say"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_array_is_told_by_what_it_says(folder: Path, case: str) -> None:
    name, edit, words = DAMAGE[case]
    change(folder, name, edit)
    assert told(folder, words)


def edges_in_step(folder: Path, edit: Callable[[np.ndarray[Any, Any]], Any], *more: str) -> None:
    """Edit all columns of the edges alike."""
    for name in ("subject", "predicate", "object", "negated", "qualifiers", "frequency", "frequency_row", "id", "content_hash", *more):
        change(folder, f"edge_{name}", edit)


def test_two_edges_swapped_and_an_edge_twice_are_told(built: Path, folder: Path, tmp_path: Path) -> None:
    edges_in_step(folder, swap(4, 5))
    assert told(folder, "the edge does not come after the one before it")
    again = Path(shutil.copytree(built, tmp_path / "again"))
    edges_in_step(again, lambda a: put(5, a[4])(a))
    assert told(again, "the edge does not come after the one before it", "first in row 5")
    change(again, "edge_key", lambda a: key_of(again)[1])
    change(again, "edge_key_row", lambda a: key_of(again)[0].astype(np.int32))
    assert told(again, "edge_id.npy: two edges bear one id")


def key_of(folder: Path) -> tuple[Any, Any]:
    from kgpaths.graph.hashing import key64

    key = key64(np.load(folder / ARRAYS / "edge_id.npy"))
    order = np.argsort(key, kind="stable")
    return order, key[order]


def test_an_edge_to_itself_is_told(folder: Path) -> None:
    subject = np.load(folder / ARRAYS / "edge_subject.npy")[3]
    change(folder, "edge_object", put(3, subject))
    assert told(folder, "edge_object.npy: the edge leads to its own subject: first in row 3")


def test_an_edge_without_evidence_is_told(folder: Path) -> None:
    rows = np.load(folder / ARRAYS / "evidence_row.npy")
    change(folder, "evidence_indptr", lambda a: np.where(np.arange(len(a)) == len(a) - 1, a - 1, a))
    change(folder, "evidence_row", lambda a: rows[:-1])
    assert told(folder, "evidence_row.npy: the edge has no evidence: first in row 7")


def test_an_edge_whose_evidence_names_no_licence_is_told_unless_other_evidence_does(tmp_path: Path) -> None:
    source = tables_of(*LINES)
    bare = pl.struct([pl.lit("" if name == "licence" else "x").alias(name) for name in ("source", "licence")])
    named = source.edges.with_columns(pl.concat_list("evidence"))
    nothing = tables_of(line("flu", "has_phenotype", "chills"))
    nothing = dataclasses.replace(nothing, info=dataclasses.replace(nothing.info, licence=""), edges=nothing.edges.with_columns(evidence=bare))
    again = dataclasses.replace(nothing, edges=named.head(1).with_columns(evidence=bare))
    build_graph([source, again], [], tmp_path / "both", "test")
    (edge,) = Graph.open(tmp_path / "both").lookup("X:flu", "has_phenotype", "X:fever")
    assert {e.licence for e in edge.evidence} == {"", "CC0-1.0"}
    assert verify(tmp_path / "both") == []
    build_graph([source, nothing], [], tmp_path / "one", "test")
    (problem,) = verify(tmp_path / "one")
    assert "evidence_row.npy: the edge has no evidence that names its source and its licence: first in row" in problem
    assert problem.endswith("(give the licence under the source in the recipe, and build again)")


def rewrite(folder: Path, table: str, **columns: pl.Expr) -> None:
    file = folder / f"{table}.parquet"
    pl.read_parquet(file).with_columns(**columns).write_parquet(file)
    sign(folder)


def only(row: int, column: str, value: Any) -> dict[str, pl.Expr]:
    return {column: pl.when(pl.int_range(pl.len()) == row).then(pl.lit(value)).otherwise(column)}


def turned(column: str) -> dict[str, pl.Expr]:
    return {column: pl.col(column).reverse()}


TABLES = {
    "an edge's id": ("edges", turned("id"), "edges.parquet: column id is not what the arrays say: first in row 0"),
    "a content hash": ("edges", only(5, "content_hash", "0" * 20), "edges.parquet: column content_hash is not what the arrays say: first in row 5"),
    "a subject": ("edges", turned("subject"), "edges.parquet: column subject"),
    "a negation": ("edges", {"negated": ~pl.col("negated")}, "edges.parquet: column negated"),
    "evidence": ("edges", turned("evidence"), "edges.parquet: column evidence"),
    "a frequency": ("edges", turned("frequency"), "edges.parquet: column frequency"),
    "qualifiers": ("edges", turned("qualifiers"), "edges.parquet: column qualifiers"),
    "an id": ("nodes", only(0, "id", "A:0"), "nodes.parquet: column id is not what the arrays say: first in row 0"),
    "a name": ("nodes", turned("name"), "nodes.parquet: column name"),
    "semantic types": (
        "nodes",
        only(3, "semantic_types", ["T047"]),
        "nodes.parquet: column semantic_types is not what the arrays say: first in row 3",
    ),
    "a category": ("nodes", turned("category"), "nodes.parquet: column category"),
    "a synonym": ("aliases", turned("alias"), "aliases.parquet: column alias"),
    "a scope": ("aliases", {"scope": pl.lit("exact")}, "aliases.parquet: column scope"),
    "a cross-reference": ("xrefs", turned("xref"), "xrefs.parquet: column xref"),
    "what is merged": ("xrefs", {"merged": ~pl.col("merged")}, "says the graph's hash is"),
    "what is merged, by ids": ("xrefs", {"merged": ~pl.col("merged")}, "id_concept.npy: the ids are not those of the concepts"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_says_otherwise_than_the_arrays_is_told(folder: Path, case: str) -> None:
    name, columns, words = TABLES[case]
    rewrite(folder, name, **columns)
    assert told(folder, words)


def test_a_table_of_fewer_or_more_rows_or_columns_is_told(built: Path, folder: Path) -> None:
    for name in ("edges", "nodes", "aliases", "xrefs"):
        file = folder / f"{name}.parquet"
        whole = pl.read_parquet(built / file.name)
        for table, words in ((whole[:-1], "rows"), (pl.concat([whole, whole[:1]]), "rows"), (whole.drop("id"), "id"), (whole.clear(), "rows")):
            table.write_parquet(file)
            sign(folder)
            assert told(folder, f"{name}.parquet: ", words)
        shutil.copy(built / file.name, file)


def test_two_ids_of_one_prefix_in_a_concept_are_told_replaced_ones_aside(folder: Path) -> None:
    merged = pl.read_parquet(folder / "xrefs.parquet").filter("merged")
    assert set(merged["xref"]) == {"OMIM:1", "MESH:D1", "HP:9", "SNOMEDCT:1"}  # HP:9 beside HP:1: a replaced id
    rewrite(folder, "xrefs", xref=pl.col("xref").replace("MESH:D1", "OMIM:2"))
    assert told(folder, "xrefs.parquet: 1 concepts hold two merged ids of one prefix, the first MONDO:1: two of OMIM")
    rewrite(folder, "xrefs", xref=pl.col("xref").replace("OMIM:2", "MONDO:2"))
    assert told(folder, "the first MONDO:1: two of MONDO")


def test_an_id_of_a_disease_on_a_phenotype_is_told(folder: Path) -> None:
    rewrite(folder, "xrefs", xref=pl.col("xref").replace("SNOMEDCT:1", "DOID:1"))
    assert told(folder, "xrefs.parquet: 1 ids stand for a concept of a kind that their prefix is not, the first DOID:1: HP:1 is a PhenotypicFeature")


def test_tables_of_text_are_held_to_their_form(folder: Path) -> None:
    write_arrow(folder, "xrefs", {"xref": pa.array(["a:1"] * 5, pa.large_string()), "more": pa.array([1] * 5)})
    assert told(folder, "arrays/xrefs.arrow: has the columns xref, more, not xref")
    write_arrow(folder, "xrefs", {"xref": pa.array([1] * 5)})
    assert told(folder, "arrays/xrefs.arrow: column xref has the type Int64, not String")


def test_bytes_that_break_arrows_rules_are_told_not_followed(folder: Path) -> None:
    file = folder / ARRAYS / "nodes.arrow"
    names = load_columns(folder / ARRAYS, "nodes")["name"]
    offsets = names.buffers()[1].to_pybytes()
    file.write_bytes(file.read_bytes().replace(offsets[:24], offsets[:16] + (10**9).to_bytes(8, "little"), 1))
    sign(folder)
    assert told(folder, "arrays/nodes.arrow: column name is damaged")


def write_arrow(folder: Path, name: str, columns: dict[str, Any]) -> None:
    table = pa.table(columns)
    with pa.OSFile(str(folder / ARRAYS / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    sign(folder)


def test_sets_of_qualifiers_are_sorted_and_each_once(folder: Path) -> None:
    kind = pa.large_list(pa.struct([("key", pa.large_string()), ("value", pa.large_string())]))
    one, other = {"key": "a", "value": "1"}, {"key": "b", "value": "1"}
    for sets, words in (
        ([[], [other, one]], "set 1 is not in the order"),
        ([[one], []], "does not begin with the empty set"),
        ([[], []], "holds a set twice"),
    ):
        write_arrow(folder, "qualifiers", {"qualifiers": pa.array(sets, kind)})
        assert told(folder, "arrays/qualifiers.arrow: ", words)


COUNTS = {
    "concepts": ({"concepts": 7}, "counts 7 concepts, the files 10"),
    "edges": ({"edges": 9}, "counts 9 edges, the files 8"),
    "merged ids": ({"merged_ids": 0}, "counts 0 merged ids, the files 4"),
    "mapping edges": ({"mapping_edges": 3}, "counts 3 mapping edges, the files 0"),
    "conflicts": ({"conflicts": 3}, "counts 3 conflicts, the files 0"),
    "rejected rows": ({"rejected_rows": 3}, "counts 3 rejected rows, the files 0"),
    "reasons": ({"rejected": {"self_loop": 1}}, "counts 1 of rejected rows of reason self_loop, the files 0"),
    "the hash": ({"content_hash": "0" * 64}, "says the graph's hash is 000000000000"),
}


@pytest.mark.parametrize("case", COUNTS)
def test_a_manifest_that_counts_otherwise_is_told(folder: Path, case: str) -> None:
    changes, words = COUNTS[case]
    sign(folder, **changes)
    assert told(folder, f"{MANIFEST}: {words}")


def test_other_names_or_counts_of_categories_and_predicates_are_told(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    sign(folder, predicates=manifest["predicates"] | {"treats": 2})
    assert told(folder, "counts 2 of predicate treats, the files 1")
    sign(folder, predicates={"treatz" if name == "treats" else name: n for name, n in manifest["predicates"].items()})
    assert told(folder, "edges.parquet: column predicate") and told(folder, "edge_id.npy: the id is not that")
    sign(folder, predicates={name: n for name, n in manifest["predicates"].items() if name != "treats"})
    assert told(folder, "edge_predicate.npy: points beyond the 3 predicates")
    sign(folder, predicates=manifest["predicates"], categories=manifest["categories"] | {"Drug": 7})
    assert told(folder, "counts 7 of category Drug, the files 1")


def test_whatever_byte_is_damaged_there_is_an_answer(built: Path, tmp_path: Path) -> None:
    """With a manifest that fits: bytes without a meaning go unseen, all others are told, and none brings the check down."""
    draw = random.Random(4)
    names = sorted(file_hashes(built))
    unseen = 0
    for number in range(150):
        folder = Path(shutil.copytree(built, tmp_path / str(number)))
        file = folder / draw.choice(names)
        data = bytearray(file.read_bytes())
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        file.write_bytes(bytes(data))
        sign(folder)
        unseen += not verify(folder)
        shutil.rmtree(folder)
    assert unseen < 50
