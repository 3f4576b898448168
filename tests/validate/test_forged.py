"""Forgeries that keep every citation in order and change only what is said: each must be an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.config import SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Rejection
from kgpaths.search.support import search
from kgpaths.verbalize.template import TemplateWriter
from tests.graphs import graph_of, line
from tests.search.cases import linked
from tests.validate.drafts import codes, first, renumbered, reworded


@pytest.mark.parametrize("words", ["rare", "uncommon", "in half of patients", "in most patients", "universal", "typical", "in one in ten"])
def test_a_frequency_in_other_words_than_the_graph_has(drafts: dict[str, Draft], rich: Graph, words: str) -> None:
    draft = drafts["diagnosis"]
    assert "strength.frequency" in codes(reworded(draft, first(draft, "inference"), "(very frequent)", f"({words})"), rich)


@pytest.mark.parametrize("words", ["is never seen in", "does not occur in", "is no finding of"])
def test_an_absence_that_speaks_of_the_world(drafts: dict[str, Draft], rich: Graph, words: str) -> None:
    draft = drafts["chain"]
    step = first(draft, "elimination", "B")
    assert "citation.absence_overclaimed" in codes(reworded(draft, step, "is not recorded as a cause of", words), rich)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("but it is present here", "and it is the right one", "answer.early"),
        ("but it is present here", "but there is no fatigue here", "faithful.polarity"),
        ("but it is present here", "but this patient does not have pica", "faithful.polarity"),
        ("but it is present here", "and only there", "strength.certainty"),
    ],
)
def test_a_reason_that_says_the_opposite(drafts: dict[str, Draft], rich: Graph, old: str, new: str, code: str) -> None:
    draft = drafts["diagnosis"]
    assert code in codes(reworded(draft, first(draft, "elimination", "D"), old, new), rich)


def test_an_option_that_nobody_speaks_of(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for option in "ACD":
        left = tuple(step for step in draft.steps if step.option != option)
        assert "elimination.missing" in codes(renumbered(draft, left), rich)


def test_a_lack_that_speaks_against_the_conclusion_as_well(tmp_path: Path) -> None:
    lines = [
        line("dermatomyositis", "has_phenotype", "Heliotrope rash"),
        line("polymyositis", "has_phenotype", "Weakness"),
        line("polymyositis", "has_phenotype", "Muscle pain"),
    ]
    apart = graph_of(tmp_path / "apart", *lines)
    alike = graph_of(tmp_path / "alike", *lines, line("dermatomyositis", "has_phenotype", "Muscle pain"))

    def draft_on(graph: Graph) -> Draft:
        asked = linked(graph, ["Heliotrope rash", "Weakness"], {"A": "dermatomyositis", "B": "polymyositis"}, absent=["Muscle pain"])
        found = search(graph, asked, SearchSettings())
        assert not isinstance(found, Rejection)
        return TemplateWriter(graph).write(asked, found)

    told = draft_on(apart)
    assert "uscle pain" in first(told, "elimination", "B").text
    assert "elimination.one_sided" not in codes(told, apart)
    assert "elimination.one_sided" in codes(told, alike)
    assert "uscle pain" not in first(draft_on(alike), "elimination", "B").text
