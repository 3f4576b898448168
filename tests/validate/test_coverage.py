"""Coverage: concepts a step speaks of without a citation."""

from __future__ import annotations

from kgpaths.graph.store import Graph
from kgpaths.model import Draft
from tests.validate.drafts import codes, first, flaws, reworded, with_step


def test_a_second_claim_without_a_citation_is_a_warning_with_its_place(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "inference")
    broken = with_step(draft, step, text=f"{step.text[:-1]}, and koilonychia has been recorded in beta thalassemia.")
    found = [flaw for flaw in flaws(broken, rich) if flaw.check == "coverage"]
    assert [(flaw.code, flaw.severity, flaw.step) for flaw in found] == [("uncited_name", "warning", step.index)]
    assert broken.steps[step.index].text[found[0].start : found[0].end] == "beta thalassemia"


def test_a_claim_that_rests_on_a_fact_alone_is_an_error(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "C")
    assert {citation.kind for citation in step.citations} == {"fact"}
    broken = with_step(draft, step, text="Scurvy is not recorded with koilonychia.")
    assert "coverage.uncited_name" in codes(broken, rich)


def test_the_options_own_name_and_a_condition_may_be_named(drafts: dict[str, Draft], rich: Graph) -> None:
    assert all(codes(draft, rich, "warning") <= {"grounds.elimination_empty"} for draft in drafts.values())
    draft = drafts["mechanism"]
    step = first(draft, "elimination", "A")
    more = reworded(draft, step, "Clopidogrel", "As for blockade of glycoprotein IIb, clopidogrel")
    assert "coverage.uncited_name" not in codes(more, rich, "warning")


def test_a_conclusion_claims_nothing_but_what_was_asked(drafts: dict[str, Draft], rich: Graph) -> None:
    assert "coverage.uncited_name" not in codes(drafts["mechanism"], rich, "warning")  # "the mechanism of action of clopidogrel" was asked
    draft = drafts["diagnosis"]
    broken = reworded(draft, draft.steps[-1], "(B).", "(B), as pica is found there.")
    assert "coverage.uncited_name" in codes(broken, rich, "warning")


def test_findings_are_not_judged_here(drafts: dict[str, Draft], rich: Graph) -> None:
    draft, step = drafts["diagnosis"], first(drafts["diagnosis"], "finding")
    broken = reworded(draft, step, "pica", "pica, scurvy")
    assert "faithful.uncited_finding" in codes(broken, rich)
    assert "coverage.uncited_name" not in codes(broken, rich) | codes(broken, rich, "warning")
