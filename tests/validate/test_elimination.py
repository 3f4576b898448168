"""Elimination: each speaks of its own option, for a reason that holds for this patient."""

from __future__ import annotations

from typing import Any

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Citation, Draft
from tests.graphs import slug
from tests.validate.drafts import anchored, codes, edge_citation, first, stating, with_step


def eliminated(draft: Draft, graph: Graph, option: str, text: str, *citations: Citation) -> set[str]:
    """Return the errors of the draft whose elimination of ``option`` says and cites this."""
    return codes(with_step(draft, first(draft, "elimination", option), text=text, citations=citations), graph)


def lacking(graph: Graph, text: str, subject: str, predicate: str, object_: str, relation: str, **changes: Any) -> Citation:
    """Return the citation of an absence, anchored in ``text``."""
    anchors = anchored(text, subject, relation, object_)
    return Citation(
        kind="absence", subject=slug(subject), predicate=predicate, object=slug(object_), graph_hash=graph.hash, anchors=anchors, stance="denied"
    ).model_copy(update=changes)


@pytest.mark.parametrize("option", ["A", "C", "D"])
def test_an_option_confused_with_another_is_found(option: str, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for other in {"A", "C", "D"} - {option}:
        step = first(draft, "elimination", other)
        broken = with_step(draft, first(draft, "elimination", option), text=step.text, citations=step.citations)
        assert codes(broken, rich) & {"elimination.option_unnamed", "elimination.other_option", "citation.fact_missing"}, (option, other)
        assert "elimination.option_unnamed" in codes(broken, rich)


def test_the_answer_is_not_eliminated_under_another_letter(drafts: dict[str, Draft], rich: Graph) -> None:
    text = "Iron deficiency anemia has among its findings fatigue, which this patient has."
    cited = stating(rich, text, "iron deficiency anemia", "has_phenotype", "fatigue", "has among its findings")
    assert {"elimination.option_unnamed", "elimination.other_option"} <= eliminated(drafts["diagnosis"], rich, "A", text, cited)


def test_an_absence_of_another_option_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    text = "As for scurvy, pica is not recorded for beta thalassemia."
    cited = lacking(rich, text, "beta thalassemia", "has_phenotype", "pica", "is not recorded for")
    assert "elimination.other_option" in eliminated(drafts["diagnosis"], rich, "C", text, cited)
    assert (
        eliminated(
            drafts["diagnosis"],
            rich,
            "A",
            text.removeprefix("As for scurvy, "),
            lacking(rich, text.removeprefix("As for scurvy, "), "beta thalassemia", "has_phenotype", "pica", "is not recorded for"),
        )
        == set()
    )


def test_an_edge_of_another_option_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    text = "Unlike scurvy, beta thalassemia has been recorded with fatigue."
    cited = stating(rich, text, "beta thalassemia", "has_phenotype", "fatigue", "has been recorded with")
    assert "elimination.other_option" in eliminated(drafts["diagnosis"], rich, "C", text, cited)


def test_an_option_is_not_ruled_out_by_what_the_patient_has(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "A")
    has = edge_citation(first(draft, "finding"), "mention", subject="X:fatigue").model_copy(update={"stance": "denied"})
    text = "Fatigue has been recorded in beta thalassemia, but this patient does not have it."
    cited = stating(rich, text, "beta thalassemia", "has_phenotype", "fatigue", "has been recorded in")
    found = codes(with_step(draft, step, text=text, citations=(cited, has)), rich)
    assert {"elimination.by_present", "citation.mention_polarity"} <= found


def test_an_option_is_not_ruled_out_by_the_general_finding_of_what_the_patient_has(rich: Graph) -> None:
    from kgpaths.config import LinkSettings
    from kgpaths.link.linker import Linker
    from kgpaths.model import LinkedQuestion, Option, Question

    options = (Option(key="A", text="Beta thalassemia"), Option(key="B", text="Scurvy"))
    text = "A man has massive splenomegaly and gum bleeding. He has no splenomegaly. Which of the following is the most likely diagnosis?"
    linked = Linker(rich, LinkSettings()).link(Question(id="q", dataset="t", text=text, options=options, answer_keys=("B",)))
    assert isinstance(linked, LinkedQuestion)
    lacked = next(link.mention for link in linked.links if link.mention.assertion == "absent")
    said = "Splenomegaly is recorded for beta thalassemia, but it is absent here."
    mention = Citation(kind="mention", where="text", start=lacked.start, end=lacked.end, subject="X:splenomegaly", stance="denied")
    from kgpaths.model import Step

    step = Step(
        index=0,
        kind="elimination",
        text=said,
        option="A",
        citations=(stating(rich, said, "beta thalassemia", "has_phenotype", "splenomegaly", "is recorded for"), mention),
    )
    draft = Draft(id="d", question=linked.question, links=linked.links, facts=linked.facts, steps=(step,), conclusion="B")
    assert "elimination.by_present" in codes(draft, rich)


def test_an_option_is_not_ruled_out_by_a_lack_that_says_nothing_of_it(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    lacked = edge_citation(first(draft, "elimination", "A"), "mention")
    text = "Gum bleeding is recorded for scurvy, but this patient has no splenomegaly."
    cited = stating(rich, text, "scurvy", "has_phenotype", "gum bleeding", "is recorded for")
    assert "elimination.unrelated" in eliminated(draft, rich, "C", text, cited, lacked)


def test_an_option_is_not_ruled_out_for_lacking_what_the_patient_lacks(drafts: dict[str, Draft], rich: Graph) -> None:
    text = "Splenomegaly is not recorded for scurvy."
    cited = lacking(rich, text, "scurvy", "has_phenotype", "splenomegaly", "is not recorded for")
    assert eliminated(drafts["diagnosis"], rich, "C", text, cited) == {"elimination.by_absent"}


def test_a_denial_or_a_contraindication_speaks_only_against_what_the_patient_has(drafts: dict[str, Draft], rich: Graph) -> None:
    def without(draft: Draft, curie: str) -> Draft:
        return draft.model_copy(update={"links": tuple(one for one in draft.links if one.curie != curie or one.mention.where.startswith("option"))})

    assert "elimination.baseless" in codes(without(drafts["diagnosis"], "X:koilonychia"), rich)
    assert "elimination.baseless" in codes(without(drafts["treatment"], "X:hypophosphatemia"), rich)
    assert "elimination.baseless" not in codes(drafts["treatment"], rich)


@pytest.mark.parametrize("words", ["rules scurvy out", "makes scurvy impossible", "excludes scurvy", "means that it cannot be scurvy"])
def test_nothing_recorded_rules_nothing_out(words: str, drafts: dict[str, Draft], rich: Graph) -> None:
    fact = edge_citation(first(drafts["diagnosis"], "elimination", "C"), "fact")
    assert "elimination.overclaimed" in eliminated(drafts["diagnosis"], rich, "C", f"What is recorded {words}.", fact)


def test_a_denial_or_contraindication_may_rule_out(drafts: dict[str, Draft], rich: Graph) -> None:
    for name, option in (("diagnosis", "D"), ("treatment", "A")):
        step = first(drafts[name], "elimination", option)
        assert "elimination.overclaimed" not in codes(with_step(drafts[name], step, text=f"{step.text} This rules it out."), rich)
