"""Faithful: a step says of the patient what the question says, as the question says it."""

from __future__ import annotations

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Draft
from tests.validate.drafts import codes, edge_citation, first, reworded, with_citation, with_step


def said(draft: Draft, graph: Graph, text: str) -> set[str]:
    """Return the errors of a draft whose first step says ``text`` and cites what it cited."""
    return {code for code in codes(with_step(draft, first(draft, "finding"), text=text), graph) if code.startswith(("faithful", "strength"))}


@pytest.mark.parametrize(
    "text",
    [
        "This 30-year-old woman presents with fatigue, pica, and koilonychia. Splenomegaly is absent.",
        "A 30-year-old woman has tiredness, pica and koilonychia, but no splenomegaly.",
        "She has pica, koilonychia, and fatigue. The patient denies splenomegaly.",
        "Fatigue, koilonychia and pica are present; there is no splenomegaly.",
        "Without splenomegaly, the findings are what they are. They include pica, fatigue and koilonychia.",
    ],
)
def test_the_findings_may_be_worded_freely(text: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert said(drafts["diagnosis"], rich, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "This 30-year-old woman presents with fatigue, pica, koilonychia, and splenomegaly.",
        "This 30-year-old woman presents with fatigue and pica. Koilonychia and splenomegaly are absent.",
        "This 30-year-old woman has no fatigue, but pica and koilonychia. Splenomegaly is absent.",
        "This 30-year-old woman denies fatigue, pica, koilonychia and splenomegaly.",
    ],
)
def test_a_finding_reversed_is_found(text: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert "faithful.polarity" in said(drafts["diagnosis"], rich, text)


def test_a_finding_left_out_or_put_in_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft, step = drafts["diagnosis"], first(drafts["diagnosis"], "finding")
    assert "faithful.unsaid" in said(draft, rich, "This 30-year-old woman presents with fatigue and koilonychia. Splenomegaly is absent.")
    pica = edge_citation(step, "mention", subject="X:pica")
    without = with_step(draft, step, citations=tuple(c for c in step.citations if c is not pica))
    assert "faithful.uncited_finding" in codes(without, rich)


def test_what_runs_in_the_family_is_not_the_patients(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["family"]
    assert said(draft, rich, "This 5-year-old boy has a waddling gait. His uncle has cardiomyopathy.") == set()
    assert "faithful.experiencer" in said(draft, rich, "This 5-year-old boy presents with a waddling gait and cardiomyopathy.")
    assert "faithful.experiencer" in said(draft, rich, "The family history includes a waddling gait and cardiomyopathy in this 5-year-old boy.")


def test_a_past_or_supposed_finding_is_said_to_be_one(drafts: dict[str, Draft], rich: Graph) -> None:
    """The question is changed with the link, so that only the step's words are at fault."""
    draft = drafts["family"]
    for sentence, assertion, cue in (("He once had cardiomyopathy.", "historical", "past"), ("He may have cardiomyopathy.", "possible", "possible")):
        old = draft.question.text
        at = old.index("His uncle has cardiomyopathy.")
        question = draft.question.model_copy(update={"text": old.replace("His uncle has cardiomyopathy.", sentence)})
        grown = question.text.index("cardiomyopathy") - old.index("cardiomyopathy")
        assert at < question.text.index("cardiomyopathy")
        links, moved = [], {}
        for link in draft.links:
            if link.mention.text == "cardiomyopathy":
                moved = {"start": link.mention.start + grown, "end": link.mention.end + grown}
                link = link.model_copy(update={"mention": link.mention.model_copy(update={"assertion": assertion, **moved})})
            links.append(link)
        broken = draft.model_copy(update={"question": question, "links": tuple(links)})
        step = first(broken, "finding")
        broken = with_citation(broken, step, edge_citation(step, "mention", subject="X:cardiomyopathy"), **moved)
        plain = "This 5-year-old boy presents with a waddling gait and cardiomyopathy."
        assert "faithful.experiencer" in said(broken, rich, plain)
        assert "faithful.experiencer" not in said(broken, rich, plain.replace("and", f"and has in his {cue} perhaps"))


@pytest.mark.parametrize(
    ("old", "new", "code"), [("30-year", "60-year", "age"), ("30-year", "30-month", "age"), ("woman", "man", "sex"), ("woman", "boy", "sex")]
)
def test_another_patient_is_found(old: str, new: str, code: str, drafts: dict[str, Draft], rich: Graph) -> None:
    broken = reworded(drafts["diagnosis"], first(drafts["diagnosis"], "finding"), old, new)
    assert f"faithful.{code}" in codes(broken, rich)


@pytest.mark.parametrize(
    ("option", "old", "new"),
    [
        ("A", "but it is absent here", "and it is present here"),
        ("A", "but it is absent here", "as expected"),
        ("A", "but it is absent here", "and this patient has it"),
    ],
)
def test_an_elimination_does_not_turn_round_what_the_patient_lacks(option: str, old: str, new: str, drafts: dict[str, Draft], rich: Graph) -> None:
    broken = reworded(drafts["diagnosis"], first(drafts["diagnosis"], "elimination", option), old, new)
    assert "faithful.polarity" in codes(broken, rich)


def test_an_elimination_does_not_deny_what_the_patient_has(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["treatment"]
    step = first(draft, "elimination", "A")
    assert "faithful.polarity" in codes(reworded(draft, step, "which this patient has", "which this patient does not have"), rich)
    other = edge_citation(first(draft, "finding"), "mention", subject="X:koilonychia")
    assert "faithful.unsaid" in codes(with_step(draft, step, citations=(*step.citations, other)), rich)


def test_a_finding_may_be_named_in_other_order(drafts: dict[str, Draft], rich: Graph) -> None:
    family = "The family history includes cardiomyopathy."
    assert said(drafts["family"], rich, f"This 5-year-old boy has a gait that is waddling. {family}") == set()
    assert said(drafts["family"], rich, f"This 5-year-old boy has a limp. {family}") == {"faithful.unsaid"}


def test_a_cited_finding_may_be_named_or_stand_behind_a_kind_of_it(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["treatment"]
    step, finding = first(draft, "elimination", "A"), first(draft, "finding")
    other = edge_citation(finding, "mention", subject="X:koilonychia")
    named = with_step(draft, step, text=f"{step.text[:-1]}, who has koilonychia too.", citations=(*step.citations, other))
    assert "faithful.unsaid" not in codes(named, rich)
    implied = reworded(drafts["diagnosis"], first(drafts["diagnosis"], "elimination", "A"), "but it is absent", "but all that is absent")
    assert "faithful.unsaid" not in codes(implied, rich)


def test_an_age_is_a_fact_or_the_questions_own_words(drafts: dict[str, Draft], rich: Graph) -> None:
    draft, step = drafts["family"], first(drafts["family"], "finding")
    question = draft.question.model_copy(
        update={"text": draft.question.text.replace("5-year-old boy", "5 year-old-boy") + " A 9-year-old girl is well."}
    )
    assert "faithful.age" not in codes(draft.model_copy(update={"question": question}), rich)  # the fact says it
    mate = with_step(draft, step, text=f"{step.text} A 9-year-old is well.")
    assert "faithful.age" in codes(mate, rich)
    assert "faithful.age" not in codes(mate.model_copy(update={"question": question}), rich)


def test_a_sex_that_nobody_states_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["mechanism"].model_copy(update={"facts": ()})
    patient = draft.model_copy(update={"question": draft.question.model_copy(update={"text": draft.question.text.replace("man", "patient")})})
    assert "faithful.sex" in codes(patient, rich)
    assert "faithful.sex" not in codes(draft, rich)  # the question says "man"
