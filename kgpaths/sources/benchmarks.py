"""Tell questions to evaluate on, which must not be trained on: by the name of their file, their split, their dataset, or one by one.

``benchmarks.tsv`` names questions of public evaluation sets one by one, so that a copy under another name is told as well: a question's
id, or a hash of its text; the texts themselves are not shipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from kgpaths.model import Question, digest

SPLIT_WORDS = {
    "test": ("test", "testing", "eval", "evaluation", "benchmark", "heldout", "holdout"),
    "dev": ("dev", "devel", "development", "val", "valid", "validation"),
    "train": ("train", "training"),
}
"""The split each word stands for; where a name has several, the first of these, so that ``train_test`` is a test set."""

EVALUATION = ("dev", "test")
EVALUATION_ONLY = ("mmlu", "hle", "humanityslastexam", "lasthumanity", "lasthumanityexam", "medxpertqa", "medxpert")
"""Datasets without a training set of their own, as their names read without blanks and capitals."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TEXT = re.compile(r"[^\W_]+")


def split_of(path: Path) -> str:
    """Return the split a file is of by its name, else by the last word of its folder's (the Hub has ``test/0000.parquet``); else nothing."""
    folder = path.absolute().parent.name
    words = _WORD.findall(folder) if folder[-1:].isalpha() else []
    return split_named(path.name) or split_named(words[-1] if words else "")


def split_named(name: str) -> str:
    """Return the split that a word of ``name`` stands for: "train", "dev", "test", or nothing."""
    words = {word.lower() for word in _WORD.findall(name)}
    return next((split for split, known in SPLIT_WORDS.items() if words & set(known)), "")


def evaluation_only(dataset: str) -> bool:
    """Return whether a dataset, under any of its names, is made to evaluate on and has no training set."""
    return "".join(_TEXT.findall(dataset.lower())) in EVALUATION_ONLY


def evaluation_set(question: Question) -> str:
    """Return the evaluation set a question is of: "the dev set of medqa"; nothing where it is of none that is known."""
    known = known_questions()
    if found := known.get(question.id) or known.get(text_key(question.text)):
        return found
    if (split := split_named(question.split)) in EVALUATION:
        return f"the {split} set of {question.dataset or 'its dataset'}"
    return question.dataset if evaluation_only(question.dataset) else ""


@cache
def known_questions() -> Mapping[str, str]:
    """Return the evaluation set of each question of ``benchmarks.tsv``, by its id or the key of its text."""
    lines = files(__package__).joinpath("benchmarks.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    return {key: f"the {split} set of {dataset}" for dataset, split, key in rows}


def text_key(text: str) -> str:
    """Return a hash of a text's words, the same however it is spaced, punctuated or capitalised."""
    return digest(_TEXT.findall(text.casefold()), 12)
