"""A run in Neo4j, on the real server: what is stored, and what a second push changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import RunConfig, SearchSettings
from kgpaths.errors import ConfigError, RunError, ServerError
from kgpaths.graph.walk import Walk
from kgpaths.model import Draft, Example, Rejection
from kgpaths.model import Path as Found
from kgpaths.neo4j import cypher, cypher_saved
from kgpaths.neo4j.connection import Server
from kgpaths.neo4j.push import About, drop, push
from kgpaths.neo4j.push_rows import metapath
from kgpaths.pipeline import run
from tests.neo4j.places import counted, snapshot
from tests.neo4j.small_run import Cut, Nouns, Small, drafts, named

# what is stored


def test_each_example_and_rejection_is_a_question_with_its_outcome(small: Small, server: Server, about: About) -> None:
    done = push(small.rows, server, about, graph=small.graph)
    assert (done.accepted, done.rejected, done.written, done.unchanged, done.odd) == (2, 4, 6, 0, [])
    found = server.read("MATCH (:Run {id: $run})-[:HAS_QUESTION]->(q) RETURN properties(q) AS q", run=about.id)
    held = {row["q"]["id"]: row["q"] for row in found}
    assert len(held) == 6
    for row in small.rows:
        if isinstance(row, Example):
            q = held[row.draft.question.id]
            assert (q["outcome"], q["text"], q["margin"], q["rank"]) == ("accepted", row.draft.question.text, row.margin, row.rank)
            assert (q["difficulty"], q["checks"], q["conclusion"], q["answer"]) == (row.difficulty, list(row.checks), "B", "B")
        else:
            q = held[row.question_id]
            assert (q["outcome"], q["stage"], q["code"], q["detail"]) == ("rejected", row.stage, row.code, row.detail)
            assert q["text"] == (row.draft.question if row.draft else row.question).text  # type: ignore[union-attr]
        assert (q["run"], q["row"], q["dataset"]) == (about.id, row.id, "small")
    stored = server.read(cypher.RUN, run=about.id)[0]["run"]
    assert stored["state"] == "complete" and stored["finished"] is True
    assert (stored["name"], stored["graph"], stored["graph_hash"], stored["accepted"], stored["rejected"]) == (
        "small",
        about.graph,
        small.graph.hash,
        2,
        4,
    )


def test_options_paths_steps_and_mentions_are_those_of_the_draft(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    for draft in drafts(small.rows):
        at = {"run": about.id, "question": draft.question.id}
        match = "MATCH (q:Question {run: $run, id: $question})"
        options = server.read(f"{match}-[:HAS_OPTION]->(o) RETURN o.key AS key, o.text AS text, o.gold AS gold, o.score AS score", **at)
        scores = {support.option: support.score for support in draft.supports}
        assert {tuple(row.values()) for row in options} == {
            (o.key, o.text, o.key in draft.question.answer_keys, scores[o.key]) for o in draft.question.options
        }
        named = server.read(f"{match}-[:HAS_OPTION]->(o)-[:NAMES]->(c) RETURN o.key AS key, c.curie AS curie", **at)
        assert {tuple(row.values()) for row in named} == {(s.option, curie) for s in draft.supports for curie in s.curies}
        mentions = server.read(
            f"{match}-[m:MENTIONS]->(c) RETURN c.curie AS c, m.where AS w, m.start AS s, m.end AS e, m.text AS t, m.assertion AS a", **at
        )
        assert {tuple(row.values()) for row in mentions} == {
            (k.curie, k.mention.where, k.mention.start, k.mention.end, k.mention.text, k.mention.assertion) for k in draft.links
        }
        steps = server.read(
            f"{match}-[:HAS_STEP]->(s) RETURN s.order AS n, s.kind AS k, s.text AS t, s.option AS o, s.status AS st ORDER BY s.order", **at
        )
        assert [tuple(row.values()) for row in steps] == [(s.index, s.kind, s.text, s.option, s.status) for s in draft.steps]
        name = {concept.curie: concept.name for concept in draft.concepts}
        absent = [[f"{name[c.subject]} {c.predicate} {name[c.object]}" for c in s.citations if c.kind == "absence"] for s in draft.steps]
        assert [row["a"] for row in server.read(f"{match}-[:HAS_STEP]->(s) RETURN s.absent AS a ORDER BY s.order", **at)] == absent
        for support in draft.supports:
            for rank, path in enumerate(support.paths, 1):
                check_path(server, at | {"option": support.option, "rank": rank}, draft, path)
    assert counted(server, about.id)["ThinkingPath"] == sum(len(s.paths) for d in drafts(small.rows) for s in d.supports) > 0


def check_path(server: Server, at: dict[str, Any], draft: Draft, path: Found) -> None:
    """Check that a path is there, its hops in reading order between the concepts themselves."""
    (held,) = server.read(
        """
        MATCH (:Question {run: $run, id: $question})-[:HAS_PATH]->(t:ThinkingPath {option: $option, rank: $rank})
        MATCH (t)-[:SUPPORTS]->(o:Option), (t)-[:STARTS_AT]->(c:Concept)
        RETURN properties(t) AS t, o.key AS option, c.curie AS start""",
        **at,
    )
    assert (held["option"], held["start"], held["t"]["score"]) == (at["option"], path.start, path.score)
    assert held["t"]["edge_ids"] == [hop.edge.id for hop in path.hops] and held["t"]["inverted"] == [hop.inverted for hop in path.hops]
    cited = {c.edge_id for step in draft.steps for c in step.citations}
    assert held["t"]["cited"] == all(hop.edge.id in cited for hop in path.hops)
    hops = server.read(
        "MATCH (a)-[h:HOP {path: $id}]->(b) RETURN a.curie AS a, b.curie AS b, h.edge_id AS e, h.inverted AS i, h.predicate AS p, h.run AS r"
        " ORDER BY h.order",
        id=held["t"]["id"],
    )
    assert [tuple(row.values()) for row in hops] == [(h.source, h.target, h.edge.id, h.inverted, h.edge.predicate, at["run"]) for h in path.hops]


def test_a_metapath_is_the_pattern_of_types_as_a_search_takes_it(small: Small) -> None:
    draft = next(d for d in drafts(small.rows) if d.question.id == "q-treatment")
    path = next(s for s in draft.supports if s.option == "B").paths[0]
    category = {concept.curie: concept.category for concept in draft.concepts}
    told = metapath(path, category.__getitem__)
    assert told == "PhenotypicFeature <-has_phenotype- Disease <-first_line_treatment_for- Drug"
    assert Walk.metapath(told).lengths(4) == (2,)
    assert metapath(Found(start=path.start, end=path.start, score=1.0), category.__getitem__) == "PhenotypicFeature"


def test_verdicts_tell_what_each_check_found(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    held = server.read(
        "MATCH (q:Question {run: $run})-[:HAS_VERDICT]->(v) RETURN q.id AS q, v.check AS c, v.code AS k, v.severity AS s", run=about.id
    )
    expected = Counter((named(row), flaw.check, flaw.code, flaw.severity) for row in small.rows for flaw in row.flaws)
    assert Counter(tuple(row.values()) for row in held) == expected and expected
    rejected = next(row for row in small.rows if isinstance(row, Rejection) and row.flaws)
    check = rejected.code.partition(".")[0]
    by_check = server.read(
        "MATCH (q:Question {run: $run, outcome: 'rejected'})-[:HAS_VERDICT]->(:Verdict {check: $check}) RETURN DISTINCT q.id AS q",
        run=about.id,
        check=check,
    )
    assert {row["q"] for row in by_check} == {
        row.question_id for row in small.rows if isinstance(row, Rejection) and any(f.check == check for f in row.flaws)
    }


def test_two_runs_of_the_same_questions_tell_what_changed(small: Small, server: Server, about: About, tmp_path: Path) -> None:
    config = RunConfig(questions=small.run.identity.config["questions"], graph=str(small.graph.path), out=str(tmp_path / "run"))
    short = run(config.model_copy(update={"search": SearchSettings(max_hops=1)}))
    other = replace(about, id=f"{about.id}-short")
    push(small.rows, server, about, graph=small.graph)
    push(chain(short.examples, short.rejections), server, other, graph=small.graph)
    before = {named(row): row for row in small.rows}
    after = {named(row): row for row in (*short.examples, *short.rejections)}
    changed = {q for q in before if type(before[q]) is not type(after[q])}
    assert "q-treatment" in changed
    found = server.read(cypher_saved.SAVED_TWO_RUNS, before=about.id, after=other.id)
    assert {row["question"] for row in found if row["outcome_before"] != row["outcome_after"]} == changed
    treatment = next(row for row in found if row["question"] == "q-treatment")
    assert (treatment["outcome_before"], treatment["outcome_after"], treatment["code_after"]) == ("accepted", "rejected", "no_path")


# again, more, and cut off


def test_pushing_twice_changes_nothing(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    before = snapshot(server, about.graph)
    again = push(small.rows, server, about, graph=small.graph)
    assert not again.changed and again.unchanged == 6 and (again.accepted, again.rejected) == (2, 4)
    assert snapshot(server, about.graph) == before


def test_a_run_that_has_grown_adds(small: Small, server: Server, about: About) -> None:
    half = push(small.rows[:3], server, replace(about, finished=False), graph=small.graph)
    assert half.accepted + half.rejected == 3 and server.read(cypher.RUN, run=about.id)[0]["run"]["finished"] is False
    done = push(small.rows, server, about, graph=small.graph)
    assert (done.written, done.unchanged) == (3, 3)
    grown = snapshot(server, about.graph)
    drop(about.id, server)
    push(small.rows, server, about, graph=small.graph)
    assert snapshot(server, about.graph) == grown


@pytest.mark.parametrize("arrives", [False, True])
def test_a_push_that_was_cut_off_goes_on(small: Small, server: Server, about: About, arrives: bool) -> None:
    push(small.rows, server, about, graph=small.graph)
    whole = snapshot(server, about.graph)
    writes = 0
    while True:
        writes += 1
        drop(about.id, server)
        try:
            push(small.rows, Cut(server, writes, arrives=arrives), about, graph=small.graph)
        except ServerError:
            push(small.rows, server, about, graph=small.graph)
            assert snapshot(server, about.graph) == whole, f"cut at write {writes}"
        else:
            break
    assert writes > 15


def test_what_was_taken_away_is_mended(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    whole = snapshot(server, about.graph)
    server.write("MATCH (c:Concept {graph: $graph, curie: 'X:koilonychia'}) DETACH DELETE c", graph=about.graph)
    done = push(small.rows, server, about, graph=small.graph)
    assert (done.concepts, done.edges, done.written) == (1, 1, sum("X:koilonychia" in draft.curies() for draft in drafts(small.rows)))
    assert snapshot(server, about.graph) == whole


def test_a_question_answered_anew_takes_the_place_of_the_old(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    gone = Rejection(id="x", question_id="q-treatment", stage="search", code="no_path", detail="none")
    rows: Nouns = [gone if named(row) == "q-treatment" else row for row in small.rows]
    done = push(rows, server, about, graph=small.graph)
    assert (done.written, done.accepted, done.rejected) == (1, 1, 5)
    held = counted(server, about.id)
    assert held["ThinkingPath"] == sum(len(s.paths) for d in drafts(rows) for s in d.supports)
    assert held["HOP"] == sum(len(path.hops) for d in drafts(rows) for s in d.supports for path in s.paths)
    drop(about.id, server)
    assert snapshot(server, about.graph) == []


def test_a_run_without_answers_is_refused_and_nothing_is_written(server: Server, about: About) -> None:
    with pytest.raises(RunError, match="run small: no question is answered yet"):
        push([], server, about)
    assert snapshot(server, about.graph) == [] and server.read(cypher.RUN, run=about.id) == []


def test_a_run_on_another_graph_is_refused(small: Small, server: Server, about: About) -> None:
    push(small.rows[:1], server, about, graph=small.graph)
    with pytest.raises(RunError, match=r"is there on graph 'graph-.*', not 'elsewhere'.*drop"):
        push(small.rows, server, replace(about, graph="elsewhere"))
    with pytest.raises(ConfigError, match="name is too long"):
        push(small.rows, server, replace(about, graph="x" * 200))


def test_a_further_sample_of_a_question_goes_by_its_own_id(small: Small, server: Server, about: About) -> None:
    first = small.rows[0]
    assert isinstance(first, Example)
    second = first.model_copy(update={"id": "second", "draft": first.draft.model_copy(update={"id": "second", "sample": 1})})
    done = push([first, second], server, about, graph=small.graph)
    assert done.accepted == 2 and done.odd == ["1 rows are further samples of a question: in Neo4j their question has the row's id"]
    held = server.read("MATCH (q:Question {run: $run}) RETURN q.id AS id, q.sample AS sample ORDER BY sample", run=about.id)
    assert [tuple(row.values()) for row in held] == [(first.draft.question.id, 0), ("second", 1)]
    assert not push([first, second], server, about, graph=small.graph).changed
