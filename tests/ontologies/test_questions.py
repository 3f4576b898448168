"""The shipped questions: how many of what, the first fifty as they were frozen, and that each can be read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cache
from typing import Any

from kgpaths.model import Question
from kgpaths.sources.core import core_folder
from kgpaths.sources.questions import read_questions

FROZEN = "04c86a54404330dbdc01a7b68e4ab310e6660352c690fafc7dae20acdde2fa52"  # of the first fifty lines, written and committed before any edge


@cache
def rows() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in (core_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines())


def test_the_first_fifty_are_as_they_were_frozen() -> None:
    lines = (core_folder() / "questions.jsonl").read_bytes().split(b"\n")[:50]
    assert hashlib.sha256(b"\n".join(lines)).hexdigest() == FROZEN
    assert {row["set"] for row in rows()[:50]} == {"frozen"}


def test_the_sets_are_as_large_as_promised() -> None:
    sets = Counter(row["set"] for row in rows())
    assert sets["frozen"] == 50 and sets["after_freeze"] == 30 and sets["unanswerable"] == 15
    assert len(rows()) - sets["unanswerable"] >= 150
    assert all(bool(row["expected"]) == (row["set"] == "unanswerable") for row in rows())


def test_every_kind_is_asked_and_every_feature_tested() -> None:
    kinds = {"diagnosis", "treatment", "mechanism", "adverse_effect", "contraindication", "pathogen"}
    kinds |= {"laboratory_finding", "rare_disease", "inheritance"}
    assert {row["category"] for row in rows()} == kinds
    answerable = [row for row in rows() if not row["expected"]]
    assert sum(bool({"negated", "family"} & set(row["features"])) for row in answerable) >= 40
    assert sum("values" in row["features"] for row in answerable) >= 40
    assert sum("abbreviation" in row["features"] for row in answerable) >= 20


def test_every_question_has_five_options_one_key_and_a_reference() -> None:
    for row in rows():
        assert sorted(row["options"]) == list("ABCDE"), row["id"]
        assert len(set(row["options"].values())) == 5, row["id"]
        assert row["answer_text"] == row["options"][row["answer"]], row["id"]
        assert row["reference"] and row["rationale"] and row["licence"] == "CC0-1.0", row["id"]
        assert row["answer_text"].casefold() not in row["text"].casefold(), row["id"]
    letters = Counter(row["answer"] for row in rows())
    assert min(letters.values()) > len(rows()) / 5 * 0.7


def test_the_reader_takes_every_one() -> None:
    read = list(read_questions(core_folder() / "questions.jsonl"))
    assert all(isinstance(question, Question) for question in read)
    assert len(read) == len(rows())
