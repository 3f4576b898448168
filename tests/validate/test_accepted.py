"""Correct drafts are accepted whole: no false alarm, and a status for every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.config import RunConfig, ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Draft
from kgpaths.pipeline import run
from kgpaths.validate import CHECKS, validate
from tests.small import small_graph, write_questions
from tests.validate.drafts import QUESTIONS, codes, first, flaws, reworded, with_citation, with_step


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_the_templates_drafts_are_clean(name: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert codes(drafts[name], rich) == set()
    assert codes(drafts[name], rich, "warning") <= {"grounds.elimination_empty"}
    kinds = {"finding": "supported", "inference": "supported", "elimination": "supported", "conclusion": "inferred"}
    empty = {flaw.step for flaw in flaws(drafts[name], rich) if flaw.code == "elimination_empty"}
    for step in validate(drafts[name], rich).draft.steps:
        assert step.status == ("unsupported" if step.index in empty else kinds[step.kind])


def test_the_pipelines_examples_are_clean(tmp_path: Path) -> None:
    graph = small_graph(tmp_path)
    made = run(RunConfig(questions=str(write_questions(tmp_path / "q.jsonl")), graph=str(graph.path), out=str(tmp_path / "run")))
    examples = list(made.examples)
    assert len(examples) == 2
    for example in examples:
        assert codes(example.draft, graph) == set()
        assert example.checks == tuple(CHECKS)


def test_a_step_is_named_by_its_worst_flaw(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "inference")

    def status(broken: Draft) -> list[str]:
        return [one.status for one in validate(broken, rich).draft.steps if one.index == step.index]

    assert status(draft) == ["supported"]
    assert status(with_citation(draft, step, step.citations[0], content_hash="0" * 20)) == ["unsupported"]
    assert status(reworded(draft, step, "8 of 10", "9 of 10")) == ["contradicted"]
    assert status(reworded(draft, step, "8 of 10", "often 8 of 10")) == ["supported"]  # the number bears it out
    assert status(reworded(draft, step, "iron deficiency anemia.", "iron deficiency anemia and scurvy.")) == ["unsupported"]  # a warning


def test_statuses_are_made_anew_and_never_believed(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    broken = with_step(drafts["mechanism"], first(drafts["mechanism"], "elimination", "A"), citations=(), status="supported")
    assert [s.status for s in validate(broken, rich).draft.steps if s.option == "A"] == ["unsupported"]
    assert first(validate(with_step(draft, first(draft, "finding"), status="contradicted"), rich).draft, "finding").status == "supported"


def test_a_conclusion_that_is_not_reached_is_not_inferred(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    broken = draft.model_copy(update={"steps": tuple(s for s in draft.steps if s.kind == "conclusion")})
    broken = with_step(broken, broken.steps[0], index=0)
    assert validate(broken, rich).draft.steps[0].status == "unsupported"


def test_warnings_alone_do_not_reject(drafts: dict[str, Draft], rich: Graph) -> None:
    judgement = validate(drafts["diagnosis"], rich, ValidateSettings(support=0.0))
    assert judgement.accepted and {flaw.severity for flaw in judgement.flaws} == {"warning"}
