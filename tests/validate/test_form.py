"""Form: each way a draft is out of shape."""

from __future__ import annotations

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Draft
from kgpaths.validate.form import LONGEST_STEP
from tests.validate.drafts import codes, first, flaws, renumbered, with_options, with_step


def test_steps_are_counted_from_zero_and_in_the_order_of_their_kinds(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert "form.step_order" in codes(draft.model_copy(update={"steps": draft.steps[::-1]}), rich)
    assert "form.step_order" in codes(renumbered(draft, draft.steps[::-1]), rich)
    assert "form.step_order" in codes(draft.model_copy(update={"steps": draft.steps[1:]}), rich)
    assert "form.step_order" in codes(with_step(draft, draft.steps[2], index=7), rich)
    swapped = renumbered(draft, (draft.steps[0], draft.steps[2], draft.steps[1], *draft.steps[3:]))
    assert "form.step_order" in codes(swapped, rich)


def test_there_is_one_conclusion(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert "form.conclusion_count" in codes(renumbered(draft, draft.steps[:-1]), rich)
    assert "form.conclusion_count" in codes(renumbered(draft, (*draft.steps, draft.steps[-1])), rich)
    assert "form.conclusion_count" in codes(draft.model_copy(update={"steps": ()}), rich)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("see HP:0001598", "identifier"),
        ("see MONDO:0001356", "identifier"),
        ("see KGPATHS:pica", "identifier"),
        ("see X:pica", "identifier"),
        ("see 74e52a2bb7586f9b724b", "identifier"),
        ("<b>pica</b>", "markup"),
        ("**pica**", "markup"),
        ("{{name}}", "markup"),
        ("a &lt; b", "markup"),
        ("a \\u00e9", "markup"),
        ("a\x00b", "control_character"),
        ("a\x9fb", "control_character"),
        ("a\u202eb", "control_character"),
        ("a\u200bb", "control_character"),
        ("a\ufffdb", "control_character"),
        ("a\ud800b", "control_character"),
    ],
)
def test_what_is_no_prose_is_found(words: str, code: str, drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "inference")
    broken = with_step(drafts["diagnosis"], step, text=f"{step.text} So {words}.")
    found = [flaw for flaw in flaws(broken, rich) if f"{flaw.check}.{flaw.code}" == f"form.{code}"]
    assert found and found[0].step == step.index


def test_an_id_of_a_cited_edge_is_no_word(drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "inference")
    for name in (step.citations[0].edge_id, step.citations[0].object):
        assert "form.identifier" in codes(with_step(drafts["diagnosis"], step, text=f"{step.text} {name}."), rich)


def test_a_step_has_text_and_not_too_much(drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "finding")
    assert "form.length" in codes(with_step(drafts["diagnosis"], step, text="  "), rich)
    assert "form.too_large" in codes(with_step(drafts["diagnosis"], step, text="a" * (LONGEST_STEP + 1)), rich)
    assert "form.too_large" not in codes(with_step(drafts["diagnosis"], step, text="a" * LONGEST_STEP), rich)


def test_options_are_those_of_the_question(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "A")
    assert "form.option_unknown" in codes(with_step(draft, step, option="Z"), rich)
    assert "form.elimination_option" in codes(with_step(draft, step, option="B"), rich)
    assert "form.elimination_option" in codes(with_step(draft, step, option=""), rich)
    assert "form.conclusion_option" in codes(with_step(draft, draft.steps[-1], option="A"), rich)
    assert "form.option_twice" in codes(with_options(draft, lambda option: option.model_copy(update={"key": "B"})), rich)


def test_a_citation_is_made_once_a_step(drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "inference")
    assert "form.citation_twice" in codes(with_step(drafts["diagnosis"], step, citations=(*step.citations, step.citations[0])), rich)
