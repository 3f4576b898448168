"""What a model says is read from its fields: a value that was not offered is no answer, and words in between decide nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from kgpaths.verbalize.replies import Unusable
from kgpaths.verbalize.verdicts import Grade, answer, choices, grade, kept, spans

LETTERS = ("A", "B", "C")
READ: dict[str, Callable[[str], Any]] = {
    "spans": spans,
    "choices": partial(choices, offered=(2, 3)),
    "kept": partial(kept, offered=5),
    "answer": partial(answer, labels=LETTERS),
    "grade": partial(grade, steps=4),
}


def test_spans_are_each_named_once_on_one_line_and_none_is_long() -> None:
    said = {"spans": ["chest\n  pain", "chest pain", " ", "x" * 121, "x" * 120]}
    assert spans(json.dumps(said)) == ("chest pain", "x" * 120)
    assert spans('{"spans": []}') == ()


def test_choices_are_numbers_and_none_is_nought() -> None:
    said = {"choices": [{"mention": 2, "candidate": "3"}, {"mention": 1, "candidate": "NONE"}]}
    assert choices(json.dumps(said), (2, 3)) == {2: 3, 1: 0}
    twice = {"choices": [{"mention": 1, "candidate": "1"}, {"mention": 1, "candidate": "1"}]}
    assert choices(json.dumps(twice), (2, 3)) == {1: 1}


def test_numbers_to_keep_come_in_order() -> None:
    assert kept('{"keep": [5, 1, 5]}', 5) == (1, 5)
    assert kept('{"keep": []}', 5) == ()


@pytest.mark.parametrize("said", ["B", "(B)", "[B].", " B:"])
def test_an_answer_is_a_letter(said: str) -> None:
    assert answer(f"<think>It may be A.</think> {json.dumps({'answer': said})}", LETTERS) == "B"


def test_a_grade_has_its_steps_and_a_short_reason() -> None:
    said = {"reason": "Wrong.\n" + "x" * 500, "steps": [4, 2, 2], "verdict": "harmful"}
    found = grade(json.dumps(said), 4)
    assert found == Grade("harmful", (2, 4), ("Wrong. " + "x" * 500)[:400])


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("spans", '{"spans": "fever"}', "spans is no list"),
        ("spans", '{"spans": [1]}', "spans holds what is no string"),
        ("spans", json.dumps({"spans": ["x"] * 21}), "spans has 21 items, at most 20"),
        ("choices", '{"choices": [{"mention": 3, "candidate": "1"}]}', r"choices\[0\].mention is no whole number from 1 to 2"),
        ("choices", '{"choices": [{"mention": true, "candidate": "1"}]}', r"choices\[0\].mention is no whole number"),
        ("choices", '{"choices": [{"mention": 1, "candidate": "3"}]}', r"choices\[0\].candidate is none of NONE, 1, 2"),
        ("choices", '{"choices": [{"mention": 1, "candidate": "1"}, {"mention": 1, "candidate": "2"}]}', "has two candidates"),
        ("choices", '{"choices": ["1"]}', r"choices\[0\] is no object"),
        ("kept", '{"keep": [0]}', r"keep\[0\] is no whole number from 1 to 5"),
        ("kept", '{"keep": [6]}', r"keep\[0\] is no whole number from 1 to 5"),
        ("kept", '{"keep": ["1"]}', r"keep\[0\] is no whole number"),
        ("answer", '{"answer": "D"}', "answer is none of A, B, C"),
        ("answer", '{"answer": "A or B"}', "answer is none of"),
        ("answer", '{"answer": "The answer is A"}', "answer is none of"),
        ("answer", '{"answer": null}', "answer is missing"),
        ("grade", '{"verdict": "not correct", "steps": [], "reason": ""}', "verdict is none of correct, flawed, harmful"),
        ("grade", '{"verdict": "Correct", "steps": [], "reason": ""}', "verdict is none of"),
        ("grade", '{"verdict": true, "steps": [], "reason": ""}', "verdict is no string"),
        ("grade", '{"verdict": "flawed", "steps": [5], "reason": ""}', r"steps\[0\] is no whole number from 1 to 4"),
        ("grade", '{"verdict": "flawed", "reason": ""}', "steps is missing"),
    ],
)
def test_what_was_not_offered_is_no_answer(kind: str, said: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        READ[kind](said)


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize(
    "said", ["", "true", "verdict: correct. The answer is A. spans, choices 1, keep 1", "correct", "[]", "{}", '{"verdict": "correct"', "\ud800{"]
)
def test_words_are_no_verdict(kind: str, said: str) -> None:
    with pytest.raises(Unusable):
        READ[kind](said)
