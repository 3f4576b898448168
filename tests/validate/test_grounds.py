"""Grounds: a conclusion hangs on enough, and options are set aside for reasons."""

from __future__ import annotations

from pathlib import Path

from kgpaths.config import SearchSettings, ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Rejection
from kgpaths.search.support import search
from kgpaths.validate import validate
from kgpaths.validate.grounds import guesses
from kgpaths.verbalize.template import TemplateWriter
from tests.graphs import graph_of, line
from tests.search.cases import linked
from tests.validate.drafts import flaws, with_step


def found(draft: Draft, graph: Graph, **settings: float) -> set[str]:
    return {f"{flaw.code}.{flaw.severity}" for flaw in flaws(draft, graph, ValidateSettings(**settings)) if flaw.check == "grounds"}


def test_one_sign_alone_needs_more_support_than_a_stated_drug(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    gold = next(support for support in draft.supports if support.option == "B")
    one = tuple(s.model_copy(update={"paths": s.paths[:1]}) if s is gold else s for s in draft.supports)
    single = draft.model_copy(update={"supports": one})
    assert "one_finding.error" in found(single, rich, single_finding=gold.score + 0.01)
    assert "one_finding.error" not in found(single, rich, single_finding=gold.score - 0.01)
    assert "one_finding.error" not in found(draft, rich, single_finding=1.0)
    assert "one_finding.error" not in found(drafts["mechanism"], rich, single_finding=1.0)  # the drug is named


def test_options_without_a_concept_are_no_comparison(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]

    def unlinked(keys: str) -> Draft:
        return draft.model_copy(update={"supports": tuple(s.model_copy(update={"curies": ()}) if s.option in keys else s for s in draft.supports)})

    assert "options_unlinked.error" in found(unlinked("AC"), rich)
    assert "options_unlinked.error" not in found(unlinked("A"), rich)
    assert "options_unlinked.error" not in found(unlinked("AB"), rich)  # the conclusion itself is not counted


def test_eliminations_without_an_edge_are_warned_of_and_too_many_rejected(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert found(draft, rich) == {"elimination_empty.warning"}
    for step in (s for s in draft.steps if s.option in ("A", "D")):
        draft = with_step(draft, step, citations=tuple(c for c in step.citations if c.kind == "mention" and c.stance != "denied"))
        assert found(draft, rich) == {"elimination_empty.warning", "eliminations_empty.error"}
    assert found(drafts["chain"], rich) == set()


def test_what_something_stated_may_have_led_to_is_no_ground_alone(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        line("diabetes", "has_complication", "coma"),
        line("coma", "has_phenotype", "Drowsiness"),
        line("saline", "first_line_treatment_for", "coma"),
        line("metformin", "first_line_treatment_for", "diabetes"),
    )

    def paths(present: list[str], option: str) -> list[bool]:
        asked = linked(graph, present, {"A": option, "B": "coma"}, text="Which of the following is the most appropriate treatment?")
        found = search(graph, asked, SearchSettings())
        assert not isinstance(found, Rejection)
        return [guesses(path) for path in found[0].paths]

    assert paths(["diabetes"], "saline") == [True]
    assert sorted(paths(["diabetes", "Drowsiness"], "saline")) == [False, True]
    assert paths(["diabetes"], "metformin") == [False]


def test_another_option_with_all_the_findings_needs_an_answer(tmp_path: Path) -> None:
    lines = [line(disease, "has_phenotype", sign) for disease in ("CO poisoning", "cyanide poisoning") for sign in ("Headache", "Nausea")]
    more = (line("CO poisoning", "has_phenotype", "Cherry skin"), line("cyanide poisoning", "has_phenotype", "Almond odor", negated=True))
    graph = graph_of(tmp_path, *lines, *more, line("flu", "has_phenotype", "Headache"), line("Odor", "subclass_of", "Sign"))

    def codes_of(present: list[str]) -> set[str]:
        asked = linked(graph, present, {"A": "CO poisoning", "B": "cyanide poisoning", "C": "flu"})
        found = search(graph, asked, SearchSettings())
        assert not isinstance(found, Rejection)
        return {flaw.code for flaw in validate(TemplateWriter(graph).write(asked, found), graph).flaws if flaw.check == "grounds"}

    assert "rival_unanswered" in codes_of(["Headache", "Nausea"])
    assert "rival_unanswered" not in codes_of(["Headache", "Nausea", "Cherry skin"])
    assert "rival_unanswered" not in codes_of(["Headache", "Nausea", "Almond odor"])
