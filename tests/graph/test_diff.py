"""Comparing two graphs: what came, went, changed, and what only goes by another name."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kgpaths.errors import GraphError
from kgpaths.graph import diff as diffing
from kgpaths.graph.build import build_graph
from kgpaths.graph.diff import KINDS, Diff, diff, rows_by_id
from kgpaths.graph.hashing import key64
from kgpaths.graph.merge import compatible
from kgpaths.graph.store import Graph
from kgpaths.model import Edge, content_hash, edge_id
from kgpaths.vocabulary import predicate_of
from tests.graphs import Line, Thing, graph_of, line, tables_of

NOTHING = dict.fromkeys(KINDS, 0)


def compared(tmp_path: Path, a: tuple[Line, ...], b: tuple[Line, ...], *nodes: Mapping[str, str | Thing]) -> Diff:
    """Compare the graphs of lines ``a`` and ``b``; ``nodes`` is what is said of the concepts of each, or of both."""
    of_a, of_b = (nodes * 2)[:2] if nodes else ({}, {})
    return diff(graph_of(tmp_path, *a, nodes=of_a, folder="a"), graph_of(tmp_path, *b, nodes=of_b, folder="b"))


def counts(found: Diff) -> dict[str, int]:
    """Return what there is at all, and see that the frames hold as much."""
    assert list(found.summary()) == list(KINDS)
    assert {kind: found.frame(kind).height for kind in KINDS} == found.summary()
    return {kind: number for kind, number in found.summary().items() if number}


FLU = (line("flu", "has_phenotype", "fever", frequency=(8, 10)), line("flu", "has_phenotype", "rash", negated=True))


def test_a_graph_is_like_itself_and_like_a_later_release_with_the_same_rows(tmp_path: Path) -> None:
    source = tables_of(*FLU)
    later = dataclasses.replace(source, info=dataclasses.replace(source.info, release="2", licence="CC-BY-4.0"))
    build_graph([later], [], tmp_path / "later", "later")
    graph = graph_of(tmp_path, *FLU)
    assert diff(graph, graph).summary() == diff(graph, Graph.open(tmp_path / "later")).summary() == NOTHING


def test_edges_and_concepts_that_came_and_went(tmp_path: Path) -> None:
    found = compared(tmp_path, FLU, (FLU[0], line("cold", "has_phenotype", "fever")))
    assert counts(found) == {"edges_added": 1, "edges_removed": 1, "concepts_added": 1, "concepts_removed": 1}
    removed = found.frame("edges_removed")
    assert removed.columns == ["id", "subject", "subject_name", "predicate", "object", "object_name", "negated", "qualifiers"]
    id = edge_id("X:flu", "has_phenotype", "X:rash", True)
    assert removed.rows() == [(id, "X:flu", "flu", "has_phenotype", "X:rash", "rash", True, "")]
    assert found.frame("edges_added")["subject"].to_list() == ["X:cold"]
    assert found.frame("concepts_added").to_dicts() == [{"id": "X:cold", "name": "cold", "category": "Disease"}]
    assert found.frame("concepts_removed").to_dicts() == [{"id": "X:rash", "name": "rash", "category": "PhenotypicFeature"}]


def test_negation_and_qualifiers_make_another_edge_evidence_and_frequency_a_changed_one(tmp_path: Path) -> None:
    drug = line("drug", "affects", "enzyme", object_direction_qualifier="decreased")
    again = (
        line("flu", "has_phenotype", "fever", frequency=(7, 10)),
        line("flu", "has_phenotype", "rash"),
        line("drug", "affects", "enzyme", object_direction_qualifier="increased"),
    )
    found = compared(tmp_path, (*FLU, drug), again)
    assert counts(found) == {"edges_added": 2, "edges_removed": 2, "edges_changed": 1}
    assert found.frame("edges_added").select("negated", "qualifiers").rows() == [(False, "object_direction_qualifier=increased"), (False, "")]
    (changed,) = found.frame("edges_changed").to_dicts()
    older, newer = (Graph.open(tmp_path / name).edge_by_id(changed["id"]) for name in ("a", "b"))
    assert older and newer
    assert (changed["content_hash_before"], changed["content_hash"]) == (older.content_hash, newer.content_hash)
    assert (changed["object"], changed["evidence_before"], changed["evidence"]) == ("X:fever", 1, 1)


def test_a_merge_renames_edges_at_both_ends_and_none_vanishes(tmp_path: Path) -> None:
    lines = (*FLU, line("oseltamivir", "treats", "flu"), line("flu", "causes", "pneumonia"))
    before = {"flu": Thing("Disease", id="OMIM:1"), "pneumonia": Thing("Disease", id="OMIM:2")}
    after = {name: dataclasses.replace(thing, xrefs=((thing.id.replace("OMIM", "MONDO"), "exact_match"),)) for name, thing in before.items()}
    found = compared(tmp_path, lines, lines, before, after)
    assert counts(found) == {"edges_renamed": 4, "concepts_renamed": 2}
    rows = found.frame("edges_renamed")
    assert set(rows.select("subject_before", "subject", "object_before", "object").rows()) == {
        ("OMIM:1", "MONDO:1", "X:fever", "X:fever"),
        ("OMIM:1", "MONDO:1", "X:rash", "X:rash"),
        ("X:oseltamivir", "X:oseltamivir", "OMIM:1", "MONDO:1"),
        ("OMIM:1", "MONDO:1", "OMIM:2", "MONDO:2"),
    }
    assert rows["changed"].to_list() == [False] * 4
    older, newer = Graph.open(tmp_path / "a"), Graph.open(tmp_path / "b")
    assert all(older.edge_by_id(a) and newer.edge_by_id(b) for a, b in rows.select("id_before", "id").rows())
    assert found.frame("concepts_renamed").row(0) == ("OMIM:1", "MONDO:1", "flu", "flu", "Disease", "Disease")
    back = diff(newer, older)
    assert counts(back) == {"edges_renamed": 4, "concepts_renamed": 2}
    assert back.frame("concepts_renamed")["id"].to_list() == ["OMIM:1", "OMIM:2"]


def test_a_replaced_id_is_renamed(tmp_path: Path) -> None:
    before, after = {"fever": Thing("PhenotypicFeature", id="HP:9")}, {"fever": Thing("PhenotypicFeature", id="HP:1", xrefs=(("HP:9", "alt_id"),))}
    found = compared(tmp_path, FLU, FLU, before, after)
    assert counts(found) == {"edges_renamed": 1, "concepts_renamed": 1}


def test_two_edges_that_a_merge_pools_are_one_changed_and_one_renamed_and_changed(tmp_path: Path) -> None:
    lines = (
        line("flu", "has_phenotype", "fever", publications=("PMID:1",)),
        line("influenza", "has_phenotype", "fever", publications=("PMID:2",)),
        line("influenza", "has_phenotype", "cough"),
    )
    before = {"flu": Thing("Disease", id="MONDO:1"), "influenza": Thing("Disease", id="OMIM:1")}
    after = before | {"influenza": Thing("Disease", id="OMIM:1", xrefs=(("MONDO:1", "exact_match"),))}
    found = compared(tmp_path, lines, lines, before, after)
    assert counts(found) == {"edges_changed": 1, "edges_renamed": 2, "concepts_renamed": 1}
    (changed,) = found.frame("edges_changed").to_dicts()
    assert (changed["subject"], changed["evidence_before"], changed["evidence"]) == ("MONDO:1", 1, 2)
    assert dict(found.frame("edges_renamed").select("object", "changed").rows()) == {"X:fever": True, "X:cough": False}
    assert counts(compared(tmp_path, lines, lines, after, before)) == {
        "edges_added": 1,  # of MONDO:1 and OMIM:1 the one that the concept is called by keeps its edge; the other's is new
        "edges_changed": 1,
        "edges_renamed": 1,
        "concepts_added": 1,
    }


def test_a_renamed_symmetric_edge_is_found_whichever_way_it_now_stands(tmp_path: Path) -> None:
    lines = (line("aspirin", "pharmacologically_interacts_with", "warfarin"),)
    before = {"aspirin": Thing("Drug", id="A:1"), "warfarin": Thing("Drug", id="B:1")}
    after = before | {"aspirin": Thing("Drug", id="C:1", xrefs=(("A:1", "alt_id"),))}
    found = compared(tmp_path, lines, lines, before, after)
    assert counts(found) == {"edges_renamed": 1, "concepts_renamed": 1}
    assert found.frame("edges_renamed").select("subject_before", "subject", "object_before", "object").row(0) == ("A:1", "B:1", "B:1", "C:1")


def test_an_edge_whose_ends_became_one_is_merged_not_vanished(tmp_path: Path) -> None:
    lines = (*FLU, line("flu", "subclass_of", "influenza"))
    before = {"flu": Thing("Disease", id="OMIM:1"), "influenza": Thing("Disease", id="ORPHA:1")}
    after = {name: dataclasses.replace(thing, xrefs=(("MONDO:1", "exact_match"),)) for name, thing in before.items()}
    found = compared(tmp_path, lines, lines, before, after)
    assert counts(found) == {"edges_renamed": 2, "edges_merged": 1, "concepts_renamed": 2}
    id = edge_id("OMIM:1", "subclass_of", "ORPHA:1", False)
    assert found.frame("edges_merged").rows() == [(id, "OMIM:1", "flu", "subclass_of", "ORPHA:1", "influenza", False, "", "MONDO:1")]
    assert found.lines("edges_merged", 9) == [f"{id}  OMIM:1 (flu) subclass_of ORPHA:1 (influenza): both are MONDO:1 now"]


def test_a_cross_reference_that_moved_from_a_disease_to_a_phenotype_makes_them_no_same_thing(tmp_path: Path) -> None:
    before = {"flu": Thing("Disease", id="OMIM:1", xrefs=(("UMLS:1", "exact_match"),))}
    after = {"grippe": Thing("PhenotypicFeature", id="HP:5", xrefs=(("UMLS:1", "exact_match"),))}
    other = (line("cold", "has_phenotype", "grippe"),)
    found = compared(tmp_path, FLU[:1], (*other, line("cold", "has_phenotype", "fever")), before, after)
    assert counts(found) == {"edges_added": 2, "edges_removed": 1, "concepts_added": 2, "concepts_removed": 1}
    as_disease = {"grippe": Thing("Disease", id="MONDO:5", xrefs=(("UMLS:1", "exact_match"),))}
    found = compared(tmp_path, FLU[:1], (line("grippe", "has_phenotype", "fever", frequency=(8, 10)),), before, as_disease)
    assert counts(found) == {"edges_renamed": 1, "concepts_renamed": 1}


def test_another_name_or_category_is_relabelled(tmp_path: Path) -> None:
    before = {"flu": Thing("Disease", id="X:1"), "fever": Thing("PhenotypicFeature", id="X:2"), "rash": "PhenotypicFeature"}
    after = {"influenza": Thing("Disease", id="X:1"), "fever": Thing("Disease", id="X:2"), "rash": "PhenotypicFeature"}
    b = tuple(dataclasses.replace(one, subject="influenza") for one in FLU)
    found = compared(tmp_path, FLU, b, before, after)
    assert counts(found) == {"concepts_relabelled": 2}
    assert found.frame("concepts_relabelled").rows() == [
        ("X:1", "flu", "influenza", "Disease", "Disease"),
        ("X:2", "fever", "fever", "PhenotypicFeature", "Disease"),
    ]


def drawn(seed: int, tmp_path: Path, folder: str) -> Graph:
    """Return a random graph over few ids, so that two of them share, merge and rename much."""
    draw = random.Random(seed)
    nodes: dict[str, str | Thing] = {}
    for number in range(7):
        prefixes = ["MONDO", "OMIM", "ORPHA"]
        prefix = prefixes.pop(number % 3 if draw.random() < 0.7 else draw.randrange(3))
        other = draw.choice(prefixes)
        xrefs = (
            ((f"{other}:{draw.choice((number, number, (number + 1) % 7))}", draw.choice(("exact_match", "exact_match", "xref", "close_match"))),)
            if draw.random() < 0.6
            else ()
        )
        xrefs += ((f"{prefix}:{number}9", "alt_id"),) if draw.random() < 0.3 else ()
        nodes[f"n{number}"] = Thing(draw.choice(("Disease", "Disease", "PhenotypicFeature")), id=f"{prefix}:{number}", xrefs=xrefs)
    names = list(nodes)
    lines = [
        line(draw.choice(names), predicate, draw.choice(names), negated=draw.random() < 0.2, publications=(f"PMID:{draw.randrange(2)}",))
        for predicate in draw.choices(("causes", "related_to", "has_phenotype"), k=40)
    ]
    return graph_of(tmp_path, *lines, nodes=nodes, folder=folder)


def plainly(a: Graph, b: Graph) -> dict[str, set[tuple[str, ...]]]:
    """Compare two graphs concept by concept and edge by edge, as the words say it; of a renamed edge all that it may be now."""
    found: dict[str, set[tuple[str, ...]]] = {kind: set() for kind in KINDS}
    became = {concept: successors(a, b, concept) for concept in map(a.curie, range(a.n_concepts))}
    for curie, now in became.items():
        if not now:
            found["concepts_removed"].add((curie,))
        elif now[0] != curie:
            found["concepts_renamed"].add((curie, now[0]))
        elif (a.concept(curie).name, a.concept(curie).category) != (b.concept(curie).name, b.concept(curie).category):
            found["concepts_relabelled"].add((curie,))
    found["concepts_added"] = {(curie,) for curie in map(b.curie, range(b.n_concepts))} - {(now[0],) for now in became.values() if now}
    older, newer = ({e.id: e for e in map(graph.edge, range(graph.n_edges))} for graph in (a, b))
    for id, edge in older.items():
        if id in newer:
            if newer[id].content_hash != edge.content_hash:
                found["edges_changed"].add((id,))
            continue
        moved = {renamed(edge, s, o) for s in became[edge.subject] for o in became[edge.object] if s != o} & newer.keys()
        for now_id in moved:
            restated = content_hash(now_id, edge.frequency, edge.evidence) != newer[now_id].content_hash
            found["edges_renamed"].add((id, now_id, str(restated)))
        if not moved:
            one = set(became[edge.subject]) & set(became[edge.object])
            found["edges_merged" if one else "edges_removed"].add((id,))
    found["edges_added"] = {(id,) for id in newer.keys() - older.keys() - {now_id for _, now_id, _ in found["edges_renamed"]}}
    return found


def successors(a: Graph, b: Graph, curie: str) -> list[str]:
    """Return what ``b`` calls a concept of ``a``: by its own id first, then by its others."""
    known = [i for i in ids_of(a) if a.concept(i).curie == curie and i in b]
    others = sorted({b.concept(i).curie for i in known if compatible(a.concept(curie).category, b.concept(i).category, typed=True)})
    return list(dict.fromkeys([*([b.concept(curie).curie] if curie in b else []), *others]))


def renamed(edge: Edge, subject: str, object_: str) -> str:
    """Return the id that an edge has between other ends."""
    ends = sorted((subject, object_)) if predicate_of(edge.predicate).symmetric else (subject, object_)
    return edge_id(ends[0], edge.predicate, ends[1], edge.negated, edge.qualifiers)


def ids_of(graph: Graph) -> list[str]:
    """Return every id that stands for a concept of a graph."""
    return [i for n in range(10) for p in ("MONDO", "OMIM", "ORPHA") for i in (f"{p}:{n}", f"{p}:{n}9") if i in graph]


COLUMNS = {
    "edges_renamed": ["id_before", "id", "changed"],
    "concepts_renamed": ["id_before", "id"],
}  # of the others: id
SEEN: set[str] = set()


@pytest.mark.parametrize("seed", range(25))
def test_columns_find_what_a_plain_comparison_finds(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffing, "slices", lambda n: (slice(i, min(i + 3, n)) for i in range(0, n, 3)))
    a, b = drawn(seed, tmp_path, "a"), drawn(1000 + seed, tmp_path, "b")
    expected = plainly(a, b)
    found = diff(a, b)
    rows = {kind: {tuple(map(str, row)) for row in found.frame(kind).select(COLUMNS.get(kind, ["id"])).rows()} for kind in KINDS}
    taken = rows.pop("edges_renamed")
    possible = expected.pop("edges_renamed")
    assert taken <= possible and {id for id, *_ in taken} == {id for id, *_ in possible} and found.summary()["edges_renamed"] == len(taken)
    left = {(id,) for _, id, _ in possible - taken} - {(id,) for _, id, _ in taken}  # an edge may go by two names now: one is taken
    assert rows.pop("edges_added") - left == expected.pop("edges_added")
    assert rows == expected
    SEEN.update(kind for kind, number in found.summary().items() if number)
    assert seed < 24 or set(KINDS) == SEEN  # all of it has occurred


def test_ids_that_begin_alike_are_told_apart() -> None:
    ids = np.zeros((4, 10), dtype=np.uint8)
    ids[:, 9] = [7, 3, 5, 1]
    ids[3, 0] = 1
    order = np.argsort(key64(ids), kind="stable")
    graph = {"edge_id": ids, "edge_key": key64(ids)[order], "edge_key_row": order.astype(np.int32)}
    unknown = np.zeros((1, 10), dtype=np.uint8)
    unknown[0, 9] = 4
    assert rows_by_id(graph, np.concatenate([ids[::-1], unknown])).tolist() == [3, 2, 1, 0, -1]  # type: ignore[arg-type]


def test_lines_are_for_people_and_each_is_one_line(tmp_path: Path) -> None:
    long = "a name of\nmany lines " * 10
    drug = line("drug", "affects", long, object_direction_qualifier="decreased")
    found = compared(tmp_path, FLU, (FLU[0], drug), {long: Thing("Protein", id="X:long")})
    (added,) = found.lines("edges_added", 5)
    assert "X:drug (drug) affects X:long (a name of many lines a name of many lines" in added and "…) [object_direction_qualifier=decreased]" in added
    assert found.lines("edges_removed", 5) == [edge_id("X:flu", "has_phenotype", "X:rash", True) + "  X:flu (flu) not has_phenotype X:rash (rash)"]
    assert found.lines("edges_removed", 0) == []
    for kind in KINDS:
        assert all("\n" not in text and len(text) < 300 for text in found.lines(kind, 9))


def test_renamed_changed_and_relabelled_lines_say_what_was(tmp_path: Path) -> None:
    before = {"flu": Thing("Disease", id="OMIM:1"), "fever": Thing("PhenotypicFeature", id="X:f"), "rash": "PhenotypicFeature"}
    after = before | {"flu": Thing("Disease", id="OMIM:1", xrefs=(("MONDO:1", "exact_match"),)), "rash": "Disease"}
    more = (line("cold", "has_phenotype", "fever"),)
    found = compared(tmp_path, (*FLU, *more), (*FLU, *more, line("cold", "has_phenotype", "fever", source="other")), before, after)
    renamed, _ = found.lines("edges_renamed", 9)
    assert "  MONDO:1 (flu) has_phenotype X:f (fever), was " in renamed and renamed.endswith("  OMIM:1 … X:f")
    assert found.lines("edges_changed", 9)[0].endswith("  X:cold (cold) has_phenotype X:f (fever): 1 statements, now 2")
    assert found.lines("concepts_renamed", 9) == ["MONDO:1 (flu) [Disease], was OMIM:1 (flu) [Disease]"]
    assert found.lines("concepts_relabelled", 9) == ["X:rash (rash) [Disease], was X:rash (rash) [PhenotypicFeature]"]


def test_all_of_it_is_written_by_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffing, "slices", lambda n: (slice(i, i + 1) for i in range(n)))
    found = compared(tmp_path, FLU, (line("cold", "has_phenotype", "fever"), line("cold", "has_phenotype", "rash")))
    for _ in range(2):  # a second time over the first
        found.write(tmp_path / "out" / "diff")
    assert sorted(p.stem for p in (tmp_path / "out" / "diff").iterdir()) == sorted(KINDS)
    for kind in KINDS:
        assert pl.read_parquet(tmp_path / "out" / "diff" / f"{kind}.parquet").equals(found.frame(kind)), kind
    with pytest.raises(GraphError, match="is in the way: holds a"):
        found.write(tmp_path)


def test_the_embedded_graph_without_our_core_renames_much_and_loses_little(embedded: Graph, tmp_path: Path) -> None:
    from kgpaths.graph.embedded import build_embedded

    build_embedded(tmp_path / "bare", core=False)
    found = diff(Graph.open(tmp_path / "bare"), embedded).summary()
    assert found["concepts_removed"] == 0 and found["concepts_renamed"] > 10_000
    assert found["edges_renamed"] > 250_000 and found["edges_removed"] < 1_000
