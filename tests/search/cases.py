"""Linked questions for the tests of search: what the patient has and lacks, the options, and what is asked."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path as Folder

from kgpaths.config import SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Assertion, Link, LinkedQuestion, Mention, Option, OptionSupport, Question, Rejection
from kgpaths.search.support import search
from tests.graphs import graph_of, line

PREDICATES = ("has_phenotype", "subclass_of", "treats", "causes", "close_match", "has_adverse_event", "affects", "has_complication", "broad_match")
CATEGORIES = ("Disease", "PhenotypicFeature", "Drug", "AnatomicalEntity", "Gene")


def ids(graph: Graph) -> dict[str, str]:
    """Return the CURIE of every concept by its name."""
    return {graph.concept_name(i): graph.curie(i) for i in range(graph.n_concepts)}


def linked(
    graph: Graph,
    present: Sequence[str],
    options: Mapping[str, str],
    *,
    gold: str = "A",
    category: str = "",
    text: str = "Which of the following is the most likely diagnosis?",
    absent: Sequence[str] = (),
    family: Sequence[str] = (),
    historical: Sequence[str] = (),
) -> LinkedQuestion:
    """Return a question whose concepts are given by name; an option's names are joined by a plus."""
    by_name = ids(graph)

    def link(name: str, where: str, assertion: Assertion = "present") -> Link:
        mention = Mention(where=where, start=0, end=len(name), text=name, assertion=assertion)
        return Link(mention=mention, curie=by_name[name], score=1.0, method="dictionary", alias=name)

    links = [link(name, "text") for name in present]
    links += [link(name, "text", "absent") for name in absent]
    links += [link(name, "text", "family") for name in family]
    links += [link(name, "text", "historical") for name in historical]
    links += [link(name, f"option:{key}") for key, names in options.items() for name in names.split(" + ") if name]
    question = Question(
        id="q1",
        dataset="test",
        text=text,
        options=tuple(Option(key=key, text=names) for key, names in options.items()),
        answer_keys=(gold,) if gold else (),
        category=category,
    )
    return LinkedQuestion(question=question, links=tuple(links))


def run(graph: Graph, question: LinkedQuestion) -> dict[str, OptionSupport]:
    found = search(graph, question, SearchSettings())
    assert not isinstance(found, Rejection), found
    return {support.option: support for support in found}


def chains(graph: Graph, support: OptionSupport) -> list[str]:
    """Return the chosen paths as names joined by arrows."""
    return [" > ".join(graph.concept_name(graph.index(curie)) for curie in path.concepts) for path in support.paths]


def random_graph(folder: Folder, seed: int) -> Graph:
    """Return a small multigraph of mixed predicates and categories, some edges denied; medicine it is not."""
    draw = random.Random(seed)
    names = [f"c{i}" for i in range(draw.randint(7, 12))]
    lines = {}
    for _ in range(3 * len(names)):
        subject, object_ = draw.sample(names, 2)
        predicate = draw.choice(PREDICATES)
        frequency = draw.choice([None, (1, 10), (8, 10), (10, 10)]) if predicate == "has_phenotype" else None
        lines[subject, predicate, object_] = line(subject, predicate, object_, negated=draw.random() < 0.1, frequency=frequency)
    return graph_of(folder, *lines.values(), nodes={name: draw.choice(CATEGORIES) for name in names})
