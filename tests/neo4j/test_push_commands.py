"""The commands ``kgpaths neo4j push`` and ``drop`` as a user meets them, and the queries that find what was pushed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kgpaths.config import RunConfig
from kgpaths.model import Example
from kgpaths.neo4j import cypher
from kgpaths.neo4j.connection import Address, Server
from kgpaths.neo4j.push import About, push
from kgpaths.pipeline import run
from kgpaths.records import dump_line
from kgpaths.runs import IDENTITY, JOURNAL, Outcome, Run
from tests.neo4j.places import snapshot
from tests.neo4j.small_run import Nouns, Small, drafts, named

# queries


def operators(server: Server, query: str, **values: Any) -> set[str]:
    """Return the operators of a query's plan."""
    found = set()

    def walk(plan: dict[str, Any]) -> None:
        found.add(plan["operatorType"].partition("@")[0])
        for child in plan.get("children", []):
            walk(child)

    server.write("CALL db.prepareForReplanning(60)")  # with counts of what is there now: on an empty index a scan costs no more than a seek
    plan = server.driver.execute_query(f"EXPLAIN {query}", values).summary.plan
    assert plan is not None
    walk(dict(plan))
    return found


def test_a_path_beside_its_edges_is_found_by_the_index(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    path = server.read("MATCH (t:ThinkingPath {run: $run, question: 'q-treatment', option: 'B', rank: 1}) RETURN t.id AS id", run=about.id)[0]["id"]
    found = operators(server, cypher.PATH_BESIDE_ITS_EDGES, id=path)
    assert "DirectedRelationshipIndexSeek" in found and not any("Scan" in name for name in found)
    rows = server.driver.execute_query(cypher.PATH_BESIDE_ITS_EDGES, {"id": path}).records
    hops = {row["p1"].relationships[0] for row in rows}
    assert [hop["order"] for hop in sorted(hops, key=lambda h: h["order"])] == [0, 1]
    assert {row["p2"].relationships[0]["id"] for row in rows} == {hop["edge_id"] for hop in hops}
    assert {row["p2"].relationships[0].type for row in rows} == {"has_phenotype", "first_line_treatment_for"}


@pytest.mark.parametrize(
    "query", ["PUSHED_QUESTIONS", "CLEAR_QUESTIONS", "ADD_HOPS", "PICTURE", "SHOWN_BY_QUESTIONS", "KNOWN_EDGES", "RELEASE_EDGES"]
)
def test_queries_of_a_push_go_through_nothing(small: Small, server: Server, about: About, query: str) -> None:
    push(small.rows[:1], server, about, graph=small.graph)
    values = {"run": about.id, "graph": about.graph, "ids": ["q"], "rows": [], "question": "q", "begin": "", "size": 1}
    found = operators(server, getattr(cypher, query), **values)
    assert not any(name.endswith(("AllNodesScan", "ByLabelScan", "TypeScan", "AllRelationshipsScan")) for name in found), found


def test_the_picture_of_a_question_is_its_options_paths_and_edges(small: Small, server: Server, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    draft = next(d for d in drafts(small.rows) if d.question.id == "q-diagnosis")
    records = server.driver.execute_query(cypher.PICTURE, {"run": about.id, "question": "q-diagnosis"}).records
    drawn = {r for row in records for r in row["p"].relationships}
    hops = [hop for s in draft.supports for path in s.paths for hop in path.hops]
    assert Counter(r["edge_id"] for r in drawn if r.type == "HOP") == Counter(hop.edge.id for hop in hops)
    edges = {hop.edge.id for hop in hops} | {hop.edge.id for s in draft.supports for hop in s.contradicted}
    assert {r["id"] for r in drawn if r.get("graph") == about.graph} == edges and len(edges) > len({hop.edge.id for hop in hops})
    assert sum(r.type == "HAS_OPTION" for r in drawn) == 3
    fallen = server.driver.execute_query(cypher.PICTURE, {"run": about.id, "question": "q-no-finding"}).records
    assert {r.type for row in fallen for r in row["p"].relationships} == {"HAS_OPTION"}


# the commands


def kgpaths(address: Address, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    login = {"NEO4J_URI": address.uri, "NEO4J_USERNAME": address.user, "NEO4J_PASSWORD": address.password}
    done = subprocess.run([sys.executable, "-m", "kgpaths", *arguments], env={**os.environ, **login}, capture_output=True, text=True, check=False)
    assert address.password not in done.stdout + done.stderr and "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(small: Small, tmp_path: Path, server: Server) -> Iterator[Path]:
    """A run of this test's own, with its graph: other tests push the small one too."""
    shutil.copytree(small.graph.path, tmp_path / "copy")
    questions = tmp_path / "questions.jsonl"
    rows = Path(small.run.identity.config["questions"]).read_text(encoding="utf-8").splitlines()
    questions.write_text("".join(json.dumps(json.loads(row) | {"tags": [uuid4().hex]}) + "\n" for row in rows), encoding="utf-8")
    run(RunConfig(questions=str(questions), graph=str(tmp_path / "copy"), out=str(tmp_path / "mine")))
    yield tmp_path / "mine"


def test_commands_push_a_folder_and_drop_it(server_address: Address, server: Server, folder: Path, about: About) -> None:
    id = Run.open(folder).id
    name = ("--name", about.graph)
    done = kgpaths(server_address, "neo4j", "push", str(folder), *name)
    assert done.returncode == 0, done.stderr
    assert f"run {id}: 2 examples and 4 rejections on graph {about.graph}; 6 written, 0 there already; " in done.stdout
    assert "pushing questions: 6/6" in done.stderr
    again = kgpaths(server_address, "neo4j", "push", str(folder), *name)
    assert f"run {id} is there already, 2 examples and 4 rejections on graph {about.graph}: nothing to do" in again.stdout
    settings = server.read(cypher.RUN, run=id)[0]["run"]["settings"]
    assert "search.max_hops: 4" in settings and not any(str(folder.parent) in line for line in settings)
    out = kgpaths(server_address, "neo4j", "drop", str(folder))
    assert out.returncode == 0 and f"run {id} is out: 6 questions, " in out.stdout
    assert snapshot(server, about.graph) == []
    unknown = kgpaths(server_address, "neo4j", "drop", id)
    assert unknown.returncode == 2 and f"no run has id '{id}'" in unknown.stderr and len(unknown.stderr.splitlines()) == 1


@pytest.mark.parametrize("file", ["examples.jsonl", "examples.parquet"])
def test_commands_push_a_file_of_examples(server_address: Address, server: Server, folder: Path, about: About, file: str, tmp_path: Path) -> None:
    published = tmp_path / "published" / file
    published.parent.mkdir()
    shutil.copy(folder / file, published)
    done = kgpaths(server_address, "neo4j", "push", str(published), "--name", about.graph)
    assert done.returncode == 0, done.stderr
    assert "does not say where its graph is; what the rows hold is pushed" in done.stderr
    id = Run.open(folder).id
    assert f"run {id}: 2 examples and 0 rejections" in done.stdout
    whole = kgpaths(server_address, "neo4j", "push", str(folder), "--name", about.graph)
    assert f"run {id}: 2 examples and 4 rejections on graph {about.graph}; 4 written, 2 there already" in whole.stdout
    assert kgpaths(server_address, "neo4j", "drop", str(published)).returncode == 0
    assert snapshot(server, about.graph) == []


def test_commands_push_an_unfinished_run_without_its_graph(server_address: Address, server: Server, folder: Path, about: About) -> None:
    made = Run.open(folder)
    rows: Nouns = [*made.examples, *made.rejections]
    half = folder.parent / "half"
    half.mkdir()
    shutil.copy(folder / IDENTITY, half)
    lines = [
        dump_line(Outcome(question_id=named(row), examples=(row,)) if isinstance(row, Example) else Outcome(question_id=named(row), rejection=row))
        for row in rows[:3]
    ]
    (half / JOURNAL).write_text("".join(lines) + '{"question_id": "being wri', encoding="utf-8")
    shutil.rmtree(folder.parent / "copy")
    done = kgpaths(server_address, "neo4j", "push", str(half), "--name", about.graph)
    assert done.returncode == 0, done.stderr
    assert "no graph folder here" in done.stderr and "what the rows hold is pushed" in done.stderr
    assert f"run {made.id}: 2 examples and 1 rejection on graph" in done.stdout
    assert server.read(cypher.RUN, run=made.id)[0]["run"]["finished"] is False
    (half / JOURNAL).write_text('{"question_id": "being wri', encoding="utf-8")
    assert kgpaths(server_address, "neo4j", "drop", made.id).returncode == 0
    none = kgpaths(server_address, "neo4j", "push", str(half), "--name", about.graph, "-q")
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr.splitlines()[-1] == "error: run half: no question is answered yet (push it when some are)"
    assert server.read(cypher.RUN, run=made.id) == []
    (half / JOURNAL).write_text("".join(lines), encoding="utf-8")
    assert kgpaths(server_address, "neo4j", "push", str(half), "--name", about.graph).returncode == 0
    strict = kgpaths(server_address, "neo4j", "push", str(half), "--graph", str(folder.parent / "copy"))
    assert strict.returncode == 2 and "no graph folder here" in strict.stderr
    assert kgpaths(server_address, "neo4j", "drop", made.id).returncode == 0


def test_what_is_no_run_is_one_line(server_address: Address, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    for arguments, words in (
        (("push", str(tmp_path)), "no run here"),
        (("push", str(tmp_path / "gone.jsonl")), "no such file"),
        (("push", str(tmp_path / "empty.jsonl")), "holds no example"),
        (("drop", str(tmp_path / "gone")), "no run here"),
        (("drop", str(tmp_path / "two\nlines")), "no run here"),
        (("drop", ""), "RUN: is empty"),
        (("push", str(tmp_path), "--name", ""), "the graph's name is empty"),
        (("graphs", "--database", "System"), "the database 'system' holds no graphs"),
    ):
        done = kgpaths(server_address, "neo4j", *arguments)
        assert done.returncode == 2 and words in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
