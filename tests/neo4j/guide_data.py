"""Two graphs and two runs in a real Neo4j, small enough to know what each saved query must show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kgpaths.config import RunConfig, SearchSettings, WriteSettings
from kgpaths.graph.store import Graph
from kgpaths.neo4j.connection import Address, Server, connected
from kgpaths.neo4j.load import load, unload
from kgpaths.neo4j.push import About, drop, push
from kgpaths.pipeline import run
from kgpaths.runs import Run
from tests.graphs import Thing, graph_of, line
from tests.small import small_graph, write_questions


class Names(NamedTuple):
    """What the runs and graphs are called, and a seed that makes the runs' ids their own: tests share a server."""

    before: str
    after: str
    old: str
    new: str
    seed: int


GUIDE = Names("guide test, two hops", "guide test, one hop", "guide-test-old", "guide-test-new", 890)
BROWSER = Names("browser test, two hops", "browser test, one hop", "browser-test-old", "browser-test-new", 891)
HARD = 'x-linked "alpha/beta" [a: b] (c) {d} ^e~ *f? + !g | h \\ i & j && k OR NOT'
"""A name with every character that means something to Lucene."""


@contextmanager
def looked_at(address: Address, folder: Path, names: Names) -> Iterator[Server]:
    """Yield a server that holds ``small_graph`` as ``names.new``, an older state of it, and two runs on the newer one."""
    new = small_graph(folder)
    questions = write_questions(folder / "questions.jsonl")
    runs = [made(folder, new, questions, hops, names.seed) for hops in (2, 1)]
    with connected(address) as server:
        try:
            load(older_graph(folder), server, name=names.old)
            load(new, server, name=names.new)
            for one, name in zip(runs, (names.before, names.after), strict=True):
                push((*one.examples, *one.rejections), server, About(one.id, name, names.new, new.hash), graph=new)
            yield server
        finally:
            for one in runs:
                drop(one.id, server)
            for name in (names.old, names.new):
                unload(server, name)


def older_graph(folder: Path) -> Graph:
    """Return a graph that differs from ``small_graph``: an edge more, some fewer, one with other evidence, a concept by another name."""
    return graph_of(
        folder,
        line("iron deficiency anemia", "has_phenotype", "koilonychia", frequency=(2, 10)),
        line("iron deficiency anemia", "has_phenotype", "tired"),
        line("iron deficiency anemia", "has_phenotype", "pallor"),
        line("ferrous sulfate", "first_line_treatment_for", "iron deficiency anemia", publications=("PMID:1",)),
        nodes={"tired": Thing("PhenotypicFeature", id="X:fatigue"), HARD: Thing("Disease", id="X:hard")},
        name="older",
        folder="older",
    )


def made(folder: Path, graph: Graph, questions: Path, hops: int, seed: int) -> Run:
    """Return a finished run."""
    settings = {"search": SearchSettings(max_hops=hops), "write": WriteSettings(seed=seed)}
    return run(RunConfig(questions=str(questions), graph=str(graph.path), out=str(folder / f"run-{hops}"), **settings))
