"""Spans that somebody points out are linked by our own rules or not at all, and ambiguous mentions have their candidates to choose from."""

from __future__ import annotations

import pytest

from kgpaths.config import LinkSettings
from kgpaths.graph import Graph
from kgpaths.link import Linker
from kgpaths.link.doubts import decided
from kgpaths.link.linker import PROPOSED
from kgpaths.model import LinkedQuestion, Option, Question
from tests.graphs import Thing, graph_of, line

TEXT = "A man has a cold and joint pain. He denies falls. His mother has no asthma. He has asthma, SDX and hay fever. What is it?"


@pytest.fixture(scope="module")
def linker(tmp_path_factory: pytest.TempPathFactory) -> Linker:
    graph: Graph = graph_of(
        tmp_path_factory.mktemp("doubts"),
        line("gout", "has_phenotype", "joint pain"),
        line("hay fever", "has_phenotype", "sneezing"),
        nodes={
            "common cold": Thing("Disease", synonyms=("cold",)),
            "falls": "PhenotypicFeature",
            "asthma trait": Thing("PhenotypicFeature", synonyms=("asthma",), id="HP:1", definition="Wheezing now and then."),
            "asthma disease": Thing("Disease", synonyms=("asthma",), id="OMIM:1"),
            "asthma code": Thing("InformationContentEntity", synonyms=("asthma",), id="ICD10CM:J45"),
            "fever": "PhenotypicFeature",
            "SDX one": Thing("Disease", synonyms=("SDX",)),
            "SDX two": Thing("Disease", synonyms=("SDX",)),
            "pain": "PhenotypicFeature",
            "MAN": "Gene",
        },
    )
    return Linker(graph, LinkSettings())


def asked(text: str = TEXT, context: str = "") -> Question:
    options = (Option(key="A", text="Gout"), Option(key="B", text="Asthma"))
    return Question(id="q", dataset="d", text=text, context=context, options=options, answer_keys=("A",), answer_text="Gout")


def new(linker: Linker, question: Question, *spans: str) -> list[tuple[str, str, str, str]]:
    """Return what is linked once spans were pointed out and was not before: words, concept, assertion, place."""
    before = linker.read(question)
    after = linker.proposed(before, spans)
    added = [link for link in after.links if link not in before.links]
    assert [link for link in after.links if link in before.links] == list(before.links)
    assert all(link.method == PROPOSED for link in added)
    return [(link.mention.text, link.curie, link.mention.assertion, link.mention.where) for link in added]


def test_an_ordinary_word_is_linked_where_it_is_pointed_out(linker: Linker) -> None:
    assert new(linker, asked(), "cold") == [("cold", "X:common-cold", "present", "text")]


def test_what_the_text_says_of_it_is_decided_by_our_rules(linker: Linker) -> None:
    assert new(linker, asked(), "falls") == [("falls", "X:falls", "absent", "text")]
    assert new(linker, asked("He has gout. There is no family history of falls. What is it?"), "falls") == []


@pytest.mark.parametrize(
    "span",
    [
        "col",  # within a word
        "a cold and",  # no name of anything
        "chest pain",  # not there
        "asthma",  # linked already
        "fever",  # part of what is linked
        "Man",  # a gene's name that is a word, in other letters
        "man",
        "x" * 200,
        ".*",
        "",
    ],
)
def test_what_does_not_stand_there_or_has_no_such_name_is_dropped(linker: Linker, span: str) -> None:
    assert new(linker, asked(), span) == []


def test_white_space_is_all_that_may_differ(linker: Linker) -> None:
    question = asked("He has gout. He has a common  cold. What is it?", context="A Common cold came first.")
    before = linker.read(question)
    bare = before.model_copy(update={"links": tuple(link for link in before.links if "cold" not in link.mention.text)})
    found = linker.proposed(bare, ("common cold",))
    assert [(link.mention.where, link.mention.text) for link in found.links if link.method == PROPOSED] == [("text", "common  cold")]
    assert [link.mention.where for link in found.links] == ["text", "text", "option:A", "option:B"]


def test_an_ambiguous_mention_has_its_candidates_likeliest_first(linker: Linker) -> None:
    doubts = linker.doubts(linker.read(asked()), 6)
    told = [(doubt.mention.where, doubt.mention.text, [link.curie for link in doubt.choices], doubt.chosen) for doubt in doubts]
    assert told == [
        ("text", "asthma", ["HP:1", "OMIM:1"], "HP:1"),
        ("text", "SDX", ["X:sdx-one", "X:sdx-two"], ""),
        ("option:B", "Asthma", ["OMIM:1", "HP:1"], "OMIM:1"),
    ]
    assert doubts[0].around == " ".join(TEXT.split(" ")) and [link.score for link in doubts[0].choices] == [0.95, 0.95]
    assert linker.doubts(linker.read(asked()), 1)[0].choices[0].curie == "HP:1"


def test_a_mention_that_is_nobodys_is_in_no_doubt(linker: Linker) -> None:
    question = asked("He has gout. There is no family history of SDX. What is it?")
    assert [doubt.mention.where for doubt in linker.doubts(linker.read(question), 6)] == ["option:B"]


def test_a_choice_replaces_adds_or_takes_away(linker: Linker) -> None:
    read = linker.read(asked())
    doubts = linker.doubts(read, 6)

    def links(found: LinkedQuestion) -> dict[tuple[str, str], str]:
        return {(link.mention.where, link.mention.text): link.curie for link in found.links}

    found = decided(read, doubts, {1: 2, 2: 1, 3: 0})
    expected = links(read) | {("text", "asthma"): "OMIM:1", ("text", "SDX"): "X:sdx-one"}
    del expected["option:B", "Asthma"]
    assert links(found) == expected
    assert [m.text for m in found.unlinked if m not in read.unlinked] == ["Asthma"] and "SDX" not in [m.text for m in found.unlinked]
    assert [link.mention.start for link in found.links if link.mention.where == "text"] == sorted(
        link.mention.start for link in found.links if link.mention.where == "text"
    )
    assert decided(read, doubts, {}) == read and decided(read, doubts, {1: 1, 3: 1}) == read
