"""Small questions over small graphs, linked and searched by hand, so that the writer is tested alone."""

from __future__ import annotations

from dataclasses import dataclass

from kgpaths.graph.store import Graph
from kgpaths.model import Assertion, Fact, Hop, Link, LinkedQuestion, Mention, Option, OptionSupport, Path, Question
from tests.graphs import slug

Searched = tuple[LinkedQuestion, tuple[OptionSupport, ...]]
Step = tuple[str, str, str] | tuple[str, str, str, str]  # subject, predicate, object, and "back" where walked from the object


@dataclass(frozen=True)
class Said:
    """A stretch of the question and the concept it names."""

    words: str
    concept: str
    assertion: Assertion = "present"
    where: str = "text"


def question(text: str, options: dict[str, str], key: str, category: str = "diagnosis", id: str = "q1") -> Question:
    """Return a question with its options in order."""
    given = tuple(Option(key=k, text=v) for k, v in options.items())
    return Question(id=id, dataset="test", text=text, options=given, answer_keys=(key,), answer_text=options[key], category=category)


def linked(asked: Question, *said: Said, age: str = "", sex: str = "") -> LinkedQuestion:
    """Return the question with links at the first place each stretch stands; ``age`` and ``sex`` are words of the text."""
    links = []
    for one in said:
        source = asked.text if one.where == "text" else asked.option_text(one.where.removeprefix("option:"))
        start = source.index(one.words)
        mention = Mention(where=one.where, start=start, end=start + len(one.words), text=one.words, assertion=one.assertion)
        alias = one.words if one.words.casefold() == one.concept.casefold() else one.concept
        links.append(Link(mention=mention, curie=slug(one.concept), score=1.0, method="dictionary", alias=alias))
    facts = []
    if age:
        value, unit = age.split("-")[:2]
        facts.append(Fact(kind="age", value=value, unit=unit, start=asked.text.index(age), end=asked.text.index(age) + len(age), text=age))
    if sex:
        value = "male" if sex in ("man", "boy") else "female"
        facts.append(Fact(kind="sex", value=value, start=asked.text.index(sex), end=asked.text.index(sex) + len(sex), text=sex))
    return LinkedQuestion(question=asked, links=tuple(links), facts=tuple(facts))


def hop(graph: Graph, *step: str) -> Hop:
    """Return the one edge of a triple as a hop."""
    (edge,) = graph.lookup(slug(step[0]), step[1], slug(step[2]))
    return Hop(edge=edge, inverted=len(step) == 4)


def path(graph: Graph, *steps: Step) -> Path:
    """Return a path of these edges."""
    hops = tuple(hop(graph, *step) for step in steps)
    return Path(start=hops[0].source, end=hops[-1].target, hops=hops, score=0.5)


def support(option: str, *concepts: str, score: float = 0.1, paths: tuple[Path, ...] = (), contradicted: tuple[Hop, ...] = ()) -> OptionSupport:
    """Return what a graph says for an option."""
    return OptionSupport(option=option, curies=tuple(slug(c) for c in concepts), score=score, paths=paths, contradicted=contradicted)


def whole(option: str, text: str, concept: str = "") -> Said:
    """Return the mention that is an option's whole text."""
    return Said(text, concept or text, where=f"option:{option}")
