"""Three models for what is asked beside writing: one that knows the shipped questions, one that says the contrary, one that talks rubbish.

They see a request's body alone, so that the same request gets the same reply from any server. The oracle knows the right option of a
question by its words, and a spoiled draft where the file of ``AIDING_SPOILED`` lists it; which findings were missed, where that of
``AIDING_MISSED`` does. What is no aid's request is written honestly.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kgpaths.model import digest
from kgpaths.sources.core import core_folder
from kgpaths.verbalize.shown import LONGEST_TEXT, plain
from tests.llm.fitting import asked
from tests.llm.reading import turns
from tests.llm.scribe import honest

TITLES = ("Question", "Text", "Options", "Read already", "Mentions", "Paths", "Reasoning", "Written answer")
_PART = re.compile(rf"^({'|'.join(TITLES)}):\n", re.M)
_OPTION = re.compile(r'^(\w+) (".*")$', re.M)
SPOILED, MISSED = "AIDING_SPOILED", "AIDING_MISSED"


@dataclass(frozen=True)
class Case:
    """What an aid's request shows."""

    aid: str
    parts: dict[str, str]

    @property
    def options(self) -> dict[str, str]:
        """Return the options as they are shown, by label."""
        return {label: json.loads(text) for label, text in _OPTION.findall(self.parts["Options"])}

    @property
    def right(self) -> str:
        """Return the label of the right option, empty where the question is not known."""
        answer = answers().get(self.parts["Question"].splitlines()[-1], "")
        return next((label for label, text in self.options.items() if text == answer), "")


def read(body: dict[str, Any]) -> Case | None:
    """Return what an aid's request shows; None for any other request."""
    schema = asked(body) or {}
    aid = next((name for name, field in FIELDS.items() if set(schema.get("properties", ())) == field), "")
    texts = [turn["content"] for turn in turns(body) if turn["role"] == "user"]
    if not aid or not texts:
        return None
    marks = list(_PART.finditer(texts[0]))
    ends = [mark.start() for mark in marks[1:]] + [len(texts[0])]
    return Case(aid, {mark[1]: texts[0][mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)})


FIELDS = {
    "mentions": {"spans"},
    "links": {"choices"},
    "paths": {"keep"},
    "attempt": {"reason", "answer"},
    "answer": {"answer"},
    "judge": {"reason", "steps", "verdict"},
}
"""What each aid's reply is made of, which tells a request from others."""


@cache
def answers() -> dict[str, str]:
    """Return the right option's text of each shipped question, by the question as it is shown."""
    found = {}
    for line in (core_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found[json.dumps(plain(row["text"], LONGEST_TEXT), ensure_ascii=False)] = plain(row["options"][row["answer"]], 600)
    return found


@cache
def listed(variable: str) -> dict[str, Any]:
    """Return the JSON object of the file that a variable of the environment names."""
    path = os.environ.get(variable)
    return dict(json.loads(Path(path).read_text(encoding="utf-8"))) if path else {}


def numbered(text: str) -> list[tuple[int, str]]:
    """Return the lines that begin with a number, and the word after it."""
    return [(int(number), word) for number, word in re.findall(r"^(\d+)\.? (?:for )?(\S+)", text, re.M)]


def oracle(body: dict[str, Any]) -> str:
    """Return what one says who knows."""
    case = read(body)
    if case is None:
        return honest(body)
    spoiled = listed(SPOILED).get(digest(case.parts.get("Written answer", "")), 0)
    first = {label: number for number, label in reversed(numbered(case.parts.get("Paths", "")))}
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "mentions": lambda: {"spans": listed(MISSED).get(digest(case.parts["Text"]), [])},
        "links": lambda: {"choices": [{"mention": number, "candidate": "1"} for number, _ in numbered(case.parts["Mentions"])]},
        "paths": lambda: {"keep": sorted(first.values())},
        "attempt": lambda: {"reason": "It is known.", "answer": case.right or next(iter(case.options))},
        "answer": lambda: {"answer": case.right or "NONE"},
        "judge": lambda: {"reason": "It is known.", "steps": [spoiled] if spoiled else [], "verdict": "flawed" if spoiled else "correct"},
    }
    return json.dumps(said[case.aid]())


def contrarian(body: dict[str, Any]) -> str:
    """Return what one says who is always wrong."""
    case = read(body)
    if case is None:
        return honest(body)
    wrong = next((label for label in case.options if label != case.right), "") if "Options" in case.parts else ""
    last = {label: number for number, label in numbered(case.parts.get("Paths", ""))}
    spoiled = listed(SPOILED).get(digest(case.parts.get("Written answer", "")), 0)
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "mentions": lambda: {"spans": ["patient", "which of the following", "the most likely", "purple monkey dishwasher"]},
        "links": lambda: {"choices": [{"mention": number, "candidate": "NONE"} for number, _ in numbered(case.parts["Mentions"])]},
        "paths": lambda: {"keep": sorted(last.values())[:1]},
        "attempt": lambda: {"reason": "It is the other way round.", "answer": wrong},
        "answer": lambda: {"answer": wrong},
        "judge": lambda: {"reason": "No.", "steps": [] if spoiled else [1], "verdict": "correct" if spoiled else "harmful"},
    }
    return json.dumps(said[case.aid]())


def garbage(body: dict[str, Any]) -> str:
    """Return what one says who does not understand: words that a search for words would take for a verdict."""
    case = read(body)
    return honest(body) if case is None else "The answer is A. verdict: correct, true, not harmful. spans: fever {keep: [1, 2]} choices: 1"
