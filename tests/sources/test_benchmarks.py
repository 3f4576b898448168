"""Evaluation sets are told by name, by split, by dataset, and by the questions in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.model import Question
from kgpaths.sources.benchmarks import evaluation_set, known_questions, split_named, split_of, text_key
from kgpaths.sources.questions import read_questions


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("medqa_us_dev.jsonl.gz", "dev"),
        ("medqa_dev2.jsonl.gz", "dev"),
        ("US dev.jsonl.gz", "dev"),
        ("MedQATest.jsonl", "test"),
        ("TEST.jsonl", "test"),
        ("train-test.jsonl", "test"),
        ("test/0000.parquet", "test"),
        ("Medqa_VALIDATION/0000.parquet", "dev"),
        ("test/train-00000-of-00001.parquet", "train"),
        ("medmcqa_train_sample.jsonl", "train"),
        ("latest.jsonl", ""),
        ("contested/device.jsonl", ""),
        ("a_test0/mine.jsonl", ""),
        ("dev/mine/q.jsonl", ""),
    ],
)
def test_the_split_a_name_or_a_folder_states(name: str, split: str) -> None:
    assert split_of(Path("/data") / name) == split


@pytest.mark.parametrize(
    ("split", "dataset", "found"),
    [
        ("train", "mine", ""),
        ("Validation", "mine", "the dev set of mine"),
        ("test", "", "the test set of its dataset"),
        ("train", "MedXpertQA", "MedXpertQA"),
        ("", "Humanity's Last Exam", "Humanity's Last Exam"),
        ("", "medqa", ""),
    ],
)
def test_the_evaluation_set_of_a_question(split: str, dataset: str, found: str) -> None:
    assert evaluation_set(Question(id="q", dataset=dataset, split=split, text="Why?")) == found


def test_public_evaluation_questions_are_known_one_by_one(shared: Path) -> None:
    assert len(known_questions()) == 1272 + 500
    assert split_named("pubmedqa") == "" and evaluation_set(Question(id="pubmedqa-12377809", dataset="x", text="Why?")) == "the test set of pubmedqa"
    dev = [question for question in read_questions(shared / "qa" / "medqa_us_dev.jsonl.gz") if isinstance(question, Question)]
    again = [question.model_copy(update={"dataset": "mine", "split": "train", "text": f" {question.text.upper()}\n"}) for question in dev]
    assert {evaluation_set(question) for question in again} == {"the dev set of medqa"}
    for name in ("medqa_us_train_sample.jsonl", "medmcqa_train_sample.jsonl", "pubmedqa_pqal_train.json.gz", "medreason_rows.json"):
        questions = [question for question in read_questions(shared / "qa" / name) if isinstance(question, Question)]
        assert len(questions) > 10 and {evaluation_set(question) for question in questions} == {""}


def test_the_key_of_a_text_is_that_of_its_words() -> None:
    assert text_key("A man, 28.\nWhy?") == text_key("a MAN 28 why") != text_key("a man 29 why")
