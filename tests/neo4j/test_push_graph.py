"""What of its graph a run brings to Neo4j, on the real server, and what a drop takes out again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from kgpaths.errors import RunError, ServerError
from kgpaths.graph.as_neo4j import edge_rows, known, node_rows
from kgpaths.graph.columns import Columns
from kgpaths.graph.store import Graph
from kgpaths.model import Example, Step
from kgpaths.neo4j import cypher
from kgpaths.neo4j.connection import Server
from kgpaths.neo4j.load import load
from kgpaths.neo4j.push import About, Pushed, drop, push
from kgpaths.neo4j.push_rows import Maker, concept_properties, edge_properties, filled
from kgpaths.neo4j.texts import LONGEST_ID
from kgpaths.records import dump_line
from tests.graphs import Thing, graph_of, line
from tests.neo4j.places import counted, snapshot
from tests.neo4j.small_run import Cut, Nouns, Small, graph_of_server, named, shown
from tests.nouns import example, rejection

# what comes along


def test_concepts_and_edges_come_along_as_a_load_stores_them(small: Small, server: Server, about: About) -> None:
    curies, edges = shown(small.rows)
    done = push(small.rows, server, about, graph=small.graph)
    assert (done.concepts, done.edges) == (len(curies), len(edges))
    pushed = graph_of_server(server, about.graph)
    assert {key[-1] for key in pushed} == curies | set(edges)
    assert all(row.pop("load") == "pushed" and row.pop("runs") == [about.id] for row in pushed.values())
    drop(about.id, server)
    load(small.graph, server, name=about.graph)
    loaded = graph_of_server(server, about.graph)
    assert all(row.pop("load") for row in loaded.values())
    assert pushed == {key: loaded[key] for key in pushed}


def test_rows_hold_concepts_and_edges_as_the_columns_do(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        line("gout", "has_phenotype", "pain", frequency=(8, 10), publications=("PMID:2", "PMID:1"), sex_qualifier="PATO:0000383"),
        line("gout", "has_phenotype", "fever", frequency=(0.3, 0.79), source="other"),
        line("gout", "has_phenotype", "fever", source="test", publications=("PMID:1",)),
        line("gout", "has_phenotype", "pallor", negated=True, bare="a qualifier that is named like a property"),
    )
    columns = Columns(graph)
    (part,) = columns.edges()
    for row, edge in zip(edge_rows(columns, part).to_dicts(), map(graph.edge, range(graph.n_edges)), strict=True):
        ours = {"subject": edge.subject, "object": edge.object, "predicate": edge.predicate, "negated": edge.negated, **filled(edge_properties(edge))}
        assert ours == known(row)
    for row in node_rows(next(columns.concepts())).to_dicts():
        category = row.pop("category")
        concept = graph.concept(row["curie"])
        assert concept.category == category
        assert filled(concept_properties(concept, graph.linkable(graph.index(row["curie"])))) == known(row)


def test_what_a_load_brought_stays_as_it_is(small: Small, server: Server, about: About) -> None:
    load(small.graph, server, name=about.graph)
    before = graph_of_server(server, about.graph)
    mark = next(iter(before.values()))["load"]
    counts = [server.read(q, graph=about.graph, load=mark) for q in (cypher.COUNT_CONCEPTS, cypher.COUNT_EDGES)]
    done = push(small.rows, server, about, graph=small.graph)
    assert (done.written, done.concepts, done.edges) == (6, 0, 0)
    assert graph_of_server(server, about.graph) == before
    assert [server.read(q, graph=about.graph, load=mark) for q in (cypher.COUNT_CONCEPTS, cypher.COUNT_EDGES)] == counts
    assert not load(small.graph, server, name=about.graph).changed
    gone = drop(about.id, server)
    assert (gone.questions, gone.concepts, gone.edges) == (6, 0, 0)
    assert graph_of_server(server, about.graph) == before


def test_an_edge_that_is_stated_otherwise_in_the_loaded_graph_stays_and_is_told(small: Small, server: Server, about: About) -> None:
    load(small.graph, server, name=about.graph)
    server.write("MATCH (:Concept {graph: $graph})-[r:first_line_treatment_for]->() SET r.content_hash = 'other'", graph=about.graph)
    before = graph_of_server(server, about.graph)
    done = push(small.rows, server, about, graph=small.graph)
    assert len(done.odd) == 1 and done.odd[0].startswith("1 loaded edges have other evidence than the run says")
    assert graph_of_server(server, about.graph) == before


def newer_graph(folder: Path) -> Graph:
    """Return another build of the small graph: an edge that both runs walk has other evidence, a concept another synonym."""
    return graph_of(
        folder,
        line("iron deficiency anemia", "has_phenotype", "koilonychia", frequency=(8, 10), publications=("PMID:1",)),
        line("iron deficiency anemia", "has_phenotype", "fatigue"),
        line("iron deficiency anemia", "has_phenotype", "pica"),
        line("beta thalassemia", "has_phenotype", "fatigue"),
        line("beta thalassemia", "has_phenotype", "splenomegaly"),
        line("ferrous sulfate", "first_line_treatment_for", "iron deficiency anemia"),
        line("deferoxamine", "treats", "iron overload"),
        nodes={"scurvy": "Disease", "fatigue": Thing("PhenotypicFeature", synonyms=("weariness",))},
        folder="newer",
    )


@pytest.mark.parametrize("opened", [True, False])
def test_what_a_run_on_another_build_brought_stays_until_its_drop_and_is_told(
    small: Small, server: Server, about: About, tmp_path: Path, opened: bool
) -> None:
    newer = Small.made(tmp_path, newer_graph(tmp_path))
    edge = next(edge for edge in shown(newer.rows)[1].values() if edge.object == "X:koilonychia")
    other, graph = replace(about, id=f"{about.id}-newer"), newer.graph if opened else None
    push(small.rows, server, about, graph=small.graph)
    told = "{} of other runs are stated otherwise in this run's build of the graph: they stay; once those are dropped, push this one again"
    for number in range(2):
        done = push(newer.rows, server, other, graph=graph)
        assert done.odd == [f"1 {told.format(what)}" for what in (("concepts", "edges") if opened else ("edges",))]
        assert (done.concepts, done.edges, done.unchanged) == (0, 0, 6 * number)
    held = graph_of_server(server, about.graph)
    assert held["Concept", "PhenotypicFeature", "X:fatigue"]["synonyms"] == ["tiredness"]
    assert "publications" not in held[edge.subject, edge.predicate, edge.object, edge.id]
    drop(about.id, server)
    done = push(newer.rows, server, other, graph=graph)
    assert (done.concepts, done.edges, done.written, done.odd) == (int(opened), 1, 0, [])
    held = graph_of_server(server, about.graph)
    assert held[edge.subject, edge.predicate, edge.object, edge.id]["publications"] == ["PMID:1"]
    assert held[edge.subject, edge.predicate, edge.object, edge.id]["content_hash"] == edge.content_hash
    assert not push(newer.rows, server, other, graph=graph).changed
    if opened:
        mended = snapshot(server, about.graph)
        drop(other.id, server)
        push(newer.rows, server, other, graph=newer.graph)
        assert snapshot(server, about.graph) == mended


def test_an_edge_is_brought_as_a_hop_tells_it_whichever_question_cites_it_last(small: Small, server: Server, about: About) -> None:
    rows = [row for row in small.rows if named(row) == "q-diagnosis"]
    first = rows[0]
    assert isinstance(first, Example)
    bare = first.draft.model_copy(update={"supports": (), "question": first.draft.question.model_copy(update={"id": "cites"})})
    push([*rows, first.model_copy(update={"draft": bare})], server, about)
    edges = [row for key, row in graph_of_server(server, about.graph).items() if len(key) == 4]
    ids = {c.edge_id for step in bare.steps for c in step.citations if c.edge_id} & set(shown(rows)[1])
    assert ids and all(row["evidence"] for row in edges if row["id"] in ids)


def test_a_load_takes_over_what_a_push_brought(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    load(small.graph, server, name=about.graph)
    loaded = graph_of_server(server, about.graph)
    assert not any(row["load"] == "pushed" or "runs" in row for row in loaded.values())
    gone = drop(about.id, server)
    assert (gone.concepts, gone.edges) == (0, 0)
    assert graph_of_server(server, about.graph) == loaded and len(loaded) == small.graph.n_concepts + small.graph.n_edges


def test_without_the_graph_the_rows_must_do_and_later_it_fills_in(small: Small, server: Server, about: About) -> None:
    curies, edges = shown(small.rows)
    done = push(small.rows, server, about)
    assert (done.concepts, done.edges) == (len(curies), len(edges))
    bare = graph_of_server(server, about.graph)
    fatigue = bare["Concept", "PhenotypicFeature", "X:fatigue"]
    assert fatigue["name"] == "fatigue" and fatigue["bare"] is True and "synonyms" not in fatigue
    assert all(bare[e.subject, e.predicate, e.object, e.id]["evidence"] for e in edges.values())
    again = push(small.rows, server, about)
    assert not again.changed
    filled_in = push(small.rows, server, about, graph=small.graph)
    assert (filled_in.concepts, filled_in.edges, filled_in.written) == (len(curies), 0, 0)
    fatigue = graph_of_server(server, about.graph)["Concept", "PhenotypicFeature", "X:fatigue"]
    assert fatigue["synonyms"] == ["tiredness"] and "bare" not in fatigue


def test_an_edge_that_is_only_cited_comes_along(small: Small, server: Server, about: About) -> None:
    row = small.rows[0]
    assert isinstance(row, Example)
    edge = small.graph.lookup("X:deferoxamine", "treats", "X:iron-overload")[0]
    citation = next(c for step in row.draft.steps for c in step.citations if c.kind == "edge")
    ends = {"subject": edge.subject, "predicate": edge.predicate, "object": edge.object}
    cited = citation.model_copy(update={"edge_id": edge.id, "content_hash": edge.content_hash, "anchors": None, **ends})
    steps = (*row.draft.steps, Step(index=len(row.draft.steps), kind="inference", text="x", citations=(cited,)))
    rows: Nouns = [row.model_copy(update={"draft": row.draft.model_copy(update={"steps": steps})})]
    push(rows, server, about)
    held = graph_of_server(server, about.graph)[edge.subject, edge.predicate, edge.object, edge.id]
    assert held["content_hash"] == edge.content_hash and held["bare"] is True and "evidence" not in held
    assert push(rows, server, about, graph=small.graph).edges == 1
    held = graph_of_server(server, about.graph)[edge.subject, edge.predicate, edge.object, edge.id]
    assert held["evidence"] and "bare" not in held
    assert drop(about.id, server).edges == len(shown(rows)[1]) + 1


def test_odd_texts_are_stored_by_a_stated_rule(server: Server, about: About) -> None:
    base, fallen = example(), rejection()
    hard = "q'] } DETACH DELETE q //\\u0027 `x` \0 & #"
    odd = base.draft.question.model_copy(update={"id": hard, "text": "half \ud83e of a pair, NUL \0, and " + "x" * 100_000})
    first = base.model_copy(update={"draft": base.draft.model_copy(update={"question": odd})})
    long = "y" * 10_000
    second = fallen.model_copy(update={"id": "other", "question_id": long, "draft": None, "question": odd.model_copy(update={"id": long})})
    done = push([first, second], server, about)
    assert done.odd == [
        f"1 questions have an id of more than {LONGEST_ID:,} bytes: its beginning with a hash stands for it",
        "2 texts hold half of a character pair (a lone surrogate), which no server stores: � stands for it",
    ]
    held = server.read("MATCH (q:Question {run: $run}) RETURN q.id AS id, q.text AS text ORDER BY id", run=about.id)
    assert held[0] == {"id": hard, "text": odd.text.replace("\ud83e", "�")}
    assert held[1]["id"].startswith("y" * 200 + "…") and len(held[1]["id"]) == 217
    assert not push([first, second], server, about).changed
    assert drop(about.id, server).questions == 2 and snapshot(server, about.graph) == []


def test_no_value_becomes_cypher_and_an_id_no_index_takes_is_left_out(small: Small, server: Server, about: About) -> None:
    row = example()
    text = dump_line(row)
    evil = "X:`]->() DETACH DELETE n //\\u0060'"
    nasty = Example.model_validate_json(text.replace("X:koilonychia", json.dumps(evil)[1:-1]).replace("has_phenotype", "a`b\\\\u0060] \\u0000"))
    push([nasty], server, about)
    held = graph_of_server(server, about.graph)
    ((subject, type_, object_, _),) = [key for key in held if len(key) == 4]
    assert (subject, type_, object_) == ("X:ida", "a`b\\u0060] ␀", evil)
    drop(about.id, server)
    far = "X:" + "k" * 9_000
    done = push([Example.model_validate_json(text.replace("X:koilonychia", far))], server, about)
    assert done.odd == ["1 concepts with an id of more than 8,000 bytes are left out with the hops at them: no index takes one"]
    assert (done.concepts, done.edges, counted(server, about.id)["HOP"]) == (1, 0, 0)
    assert drop(about.id, server).concepts == 1


# out again


def test_a_drop_leaves_other_runs_and_takes_what_only_it_brought(small: Small, server: Server, about: About) -> None:
    other = replace(about, id=f"{about.id}-other")
    mine, theirs = small.rows, [row for row in small.rows if named(row) == "q-diagnosis"]
    push(theirs, server, other, graph=small.graph)
    alone = snapshot(server, about.graph)
    push(mine, server, about, graph=small.graph)
    assert snapshot(server, about.graph) != alone
    gone = drop(about.id, server)
    assert snapshot(server, about.graph) == alone
    assert gone.questions == len(mine)
    assert gone.concepts == len(shown(mine)[0] - shown(theirs)[0]) > 0
    assert gone.edges == len(shown(mine)[1].keys() - shown(theirs)[1].keys()) > 0
    last = drop(other.id, server)
    assert (last.concepts, last.edges) == tuple(map(len, shown(theirs)))
    assert snapshot(server, about.graph) == []


def test_a_drop_that_was_cut_off_is_finished_by_the_next(small: Small, server: Server, about: About) -> None:
    writes = 0
    while True:
        writes += 1
        push(small.rows, server, about, graph=small.graph)
        try:
            drop(about.id, Cut(server, writes, arrives=True))
        except ServerError:
            if server.read(cypher.RUN, run=about.id):
                drop(about.id, server)
        else:
            break
        assert snapshot(server, about.graph) == [], f"cut at write {writes}"
    assert writes > 5


def test_a_newer_graph_retires_what_a_run_shows_and_a_drop_takes_it(small: Small, server: Server, about: About, tmp_path: Path) -> None:
    load(small.graph, server, name=about.graph)
    push(small.rows, server, about, graph=small.graph)
    newer = graph_of(tmp_path, line("beta thalassemia", "has_phenotype", "fatigue"))
    load(newer, server, name=about.graph)
    assert server.read("MATCH (c:Retired {graph: $graph}) RETURN count(c) AS n", graph=about.graph)[0]["n"] > 0
    back = push(small.rows, server, about, graph=small.graph)
    assert back.written == 0 and back.concepts > 0 and back.edges > 0
    assert server.read("MATCH (c:Retired {graph: $graph}) RETURN count(c) AS n", graph=about.graph)[0]["n"] == 0
    drop(about.id, server)
    held = graph_of_server(server, about.graph)
    assert len(held) == newer.n_concepts + newer.n_edges and "pushed" not in {row["load"] for row in held.values()}


def test_an_unknown_run_is_one_line_with_those_that_are_there(small: Small, server: Server, about: About) -> None:
    push(small.rows[:1], server, about, graph=small.graph)
    with pytest.raises(RunError, match=rf"no run has id 'nobody' \(there are: .*{about.id} \(small\)"):
        drop("nobody", server)


def test_a_run_whose_drop_was_cut_off_says_so_and_tells_no_counts(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    with pytest.raises(ServerError):
        drop(about.id, Cut(server, 3, arrives=True))
    held = server.read(cypher.RUN, run=about.id)[0]["run"]
    assert held["state"] == "being dropped" and not held.keys() & {"accepted", "rejected"}
    push(small.rows, server, about, graph=small.graph)
    held = server.read(cypher.RUN, run=about.id)[0]["run"]
    assert (held["state"], held["accepted"], held["rejected"]) == ("complete", 2, 4)


HOSTILE = "two\nlines, \x1b[31mred"


def test_an_error_stays_on_its_line_whatever_names_say(small: Small, server: Server, about: About) -> None:
    push(small.rows[:1], server, replace(about, name=HOSTILE), graph=small.graph)
    with pytest.raises(RunError, match=re.escape(f"({HOSTILE!r})")) as caught:
        drop(HOSTILE, server)
    assert str(caught.value).isprintable()
    with pytest.raises(RunError, match="is there on graph") as caught:
        push(small.rows, server, replace(about, graph=HOSTILE))
    assert str(caught.value).isprintable()


def test_a_maker_counts_what_it_changes() -> None:
    maker = Maker("r")
    assert maker.plain({"a\ud800": ["b", ("c\udc00",)]}) == {"a�": ["b", ("c�",)]}
    assert sum(maker.odd.values()) == 2
    assert isinstance(Pushed("r", "g").changed, bool)
