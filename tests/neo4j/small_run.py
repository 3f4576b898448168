"""A run on the small graph, pushed under ids of the test's own, and what of it is to be there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from kgpaths.config import RunConfig
from kgpaths.errors import ServerError
from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Edge, Example, Rejection
from kgpaths.neo4j.connection import Counts, Server
from kgpaths.neo4j.push import About
from kgpaths.pipeline import run
from kgpaths.runs import Run
from tests.neo4j.places import without
from tests.small import small_graph, write_questions

Nouns = list[Example | Rejection]


@dataclass(frozen=True)
class Small:
    """A run on the small graph, and its rows."""

    graph: Graph
    run: Run
    rows: Nouns

    @classmethod
    def made(cls, folder: Path, graph: Graph | None = None) -> Small:
        """Make the run in ``folder``, on another build of the graph where one is given."""
        graph = graph or small_graph(folder)
        questions = write_questions(folder / "questions.jsonl")
        made = run(RunConfig(questions=str(questions), graph=str(graph.path), out=str(folder / "run")))
        return cls(graph, made, [*made.examples, *made.rejections])

    @contextmanager
    def of_its_own(self, server: Server) -> Iterator[About]:
        """Yield ids of a run and graph that nobody else has; nothing of them is left behind."""
        mine = About(f"run-{uuid4().hex[:8]}", "small", f"graph-{uuid4().hex[:8]}", self.graph.hash, "1", self.run.total, True)
        try:
            yield mine
        finally:
            without(server, mine.graph)


def drafts(rows: Nouns) -> list[Draft]:
    return [row.draft for row in rows if row.draft]


def shown(rows: Nouns) -> tuple[set[str], dict[str, Edge]]:
    """Return the concepts and edges that rows show."""
    hops = [hop for d in drafts(rows) for s in d.supports for hop in (*s.contradicted, *(h for path in s.paths for h in path.hops))]
    return {curie for d in drafts(rows) for curie in d.curies()}, {hop.edge.id: hop.edge for hop in hops}


def named(row: Example | Rejection) -> str:
    return row.draft.question.id if isinstance(row, Example) else row.question_id


class Cut(Server):
    """The server, whose line is cut at the n-th write: before it arrives, or after, when its answer is lost."""

    def __init__(self, whole: Server, at: int, *, arrives: bool) -> None:
        super().__init__(whole.driver, whole.address, whole.say, whole.patience)
        self.left, self.arrives = at, arrives

    def write(self, query: str, /, seconds: float | None = None, **values: Any) -> Counts:
        self.left -= 1
        done = super().write(query, seconds, **values) if self.left or self.arrives else Counts()
        if not self.left:
            raise ServerError("cut", where="test")
        return done


def graph_of_server(server: Server, graph: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the properties of a graph's concepts and edges, by label or type, ends and id."""
    concepts = server.read("MATCH (c:Concept {graph: $graph}) RETURN labels(c) AS l, properties(c) AS p", graph=graph)
    edges = server.read(
        "MATCH (a:Concept {graph: $graph})-[r]->(b) WHERE r.graph = $graph RETURN a.curie AS a, type(r) AS t, b.curie AS b, properties(r) AS p",
        graph=graph,
    )
    found: dict[tuple[Any, ...], dict[str, Any]] = {(*sorted(row["l"]), row["p"]["curie"]): row["p"] for row in concepts}
    return found | {(row["a"], row["t"], row["b"], row["p"]["id"]): row["p"] for row in edges}
