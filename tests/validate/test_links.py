"""Links: what a row says of its question is held against the question and the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Link, Mention, Question
from kgpaths.validate.links import abbreviates
from tests.graphs import Thing, graph_of, line
from tests.validate.drafts import codes


def relinked(draft: Draft, text: str, mention: dict[str, Any] | None = None, **changes: Any) -> Draft:
    """Return the draft with the links of one mention's words changed."""

    def changed(link: Link) -> Link:
        if link.mention.text != text:
            return link
        return link.model_copy(update={"mention": link.mention.model_copy(update=mention or {}), **changes})

    assert any(link.mention.text == text for link in draft.links)
    return draft.model_copy(update={"links": tuple(map(changed, draft.links))})


@pytest.mark.parametrize(
    "mention",
    [
        {"text": "pyca"},
        {"start": 0},
        {"start": -90, "end": -86},
        {"end": 10**30},
        {"start": 10**30, "end": 10**30 + 4},
        {"where": "option:Z"},
        {"where": "nowhere"},
        {"where": "context"},
        {"start": 40, "end": 40, "text": ""},
    ],
)
def test_a_mention_stands_where_it_says(mention: dict[str, Any], drafts: dict[str, Draft], rich: Graph) -> None:
    assert "links.text_differs" in codes(relinked(drafts["diagnosis"], "pica", mention), rich)


def test_a_linked_concept_is_in_the_graph(drafts: dict[str, Draft], rich: Graph) -> None:
    assert "links.concept_missing" in codes(relinked(drafts["diagnosis"], "pica", curie="X:nothing"), rich)


def test_an_alias_is_a_name_of_its_concept(drafts: dict[str, Draft], rich: Graph) -> None:
    assert "links.alias_unknown" in codes(relinked(drafts["diagnosis"], "pica", curie="X:scurvy"), rich)
    assert "links.alias_unknown" in codes(relinked(drafts["diagnosis"], "pica", alias="scurvy"), rich)


def test_a_mention_says_its_alias(drafts: dict[str, Draft], rich: Graph) -> None:
    """The alias is a true name of the concept, but the question does not say it: pica is no splenomegaly."""
    assert "links.alias_unsaid" in codes(relinked(drafts["diagnosis"], "pica", curie="X:splenomegaly", alias="splenomegaly"), rich)
    assert "links.alias_unsaid" in codes(
        relinked(drafts["diagnosis"], "Scurvy", curie="X:iron-deficiency-anemia", alias="iron deficiency anemia"), rich
    )
    assert "links.alias_unsaid" not in codes(relinked(drafts["diagnosis"], "fatigue", alias="tiredness"), rich)


@pytest.mark.parametrize("assertion", ["absent", "family", "historical", "hypothetical", "possible"])
def test_a_finding_the_patient_has_is_not_otherwise_asserted(assertion: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert "links.assertion_differs" in codes(relinked(drafts["diagnosis"], "pica", {"assertion": assertion}), rich)


def test_a_denied_or_family_finding_is_not_the_patients(drafts: dict[str, Draft], rich: Graph) -> None:
    assert "links.assertion_differs" in codes(relinked(drafts["diagnosis"], "splenomegaly", {"assertion": "present"}), rich)
    assert "links.assertion_differs" in codes(relinked(drafts["family"], "cardiomyopathy", {"assertion": "present"}), rich)


def test_facts_stand_in_the_question(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    age = next(fact for fact in draft.facts if fact.kind == "age")
    for changes, code in (({"text": "60-year-old"}, "text_differs"), ({"start": -3}, "text_differs"), ({"value": "60"}, "fact_differs")):
        assert f"links.{code}" in codes(draft.model_copy(update={"facts": (age.model_copy(update=changes),)}), rich)


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("PML", "progressive multifocal leukoencephalopathy", True),
        ("DVTs", "deep vein thrombosis", True),
        ("PE", "myocardial infarction", False),
        ("pe", "pulmonary embolism", False),
        ("PX", "pulmonary embolism", False),
    ],
)
def test_an_abbreviation_has_the_letters_of_what_it_stands_for(short: str, long: str, expected: bool) -> None:
    assert abbreviates(short, long) == expected


def test_the_rows_names_are_the_graphs(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert draft.concepts
    for changes in ({"name": "scurvy"}, {"category": "Gene"}, {"curie": "X:nothing"}):
        forged = (draft.concepts[0].model_copy(update=changes), *draft.concepts[1:])
        assert "links.concept_differs" in codes(draft.model_copy(update={"concepts": forged}), rich)
    assert "links.concept_differs" in codes(draft.model_copy(update={"concepts": draft.concepts[1:]}), rich)


def test_a_link_is_made_once(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert "links.link_twice" in codes(draft.model_copy(update={"links": (*draft.links, draft.links[0])}), rich)


@pytest.mark.parametrize(
    ("words", "alias", "expected"),
    [
        ("NSTEMI", "myocardial infarction", True),  # the table of abbreviations
        ("MYI", "myocardial infarction", True),  # its letters
        ("heart attacks", "myocardial infarction", True),  # another name
        ("Myocardial infarctions", "myocardial infarction", True),
        ("gout", "myocardial infarction", False),
    ],
)
def test_ways_to_say_an_alias(words: str, alias: str, expected: bool, tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path, line("myocardial infarction", "has_phenotype", "chest pain"), nodes={"myocardial infarction": Thing(synonyms=("heart attack",))}
    )
    mention = Mention(where="text", start=0, end=len(words), text=words)
    link = Link(mention=mention, curie="X:myocardial-infarction", score=1.0, method="dictionary", alias=alias)
    draft = Draft(id="d", question=Question(id="q", dataset="t", text=words), links=(link,))
    assert ("links.alias_unsaid" not in codes(draft, graph)) == expected
