"""Linked questions for the tests of search: what the patient has and lacks, the options, and what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgpaths.graph.store import Graph
from kgpaths.model import Assertion, Link, LinkedQuestion, Mention, Option, Question


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
