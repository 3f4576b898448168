"""Replies as careful writers write them, to questions that are shipped: about half pass the checks, the others each fail one that is named.

They stand in ``replies/``, a file a question. A reply names the lines of the prompt by what they say, not by their numbers, and is put
together when it is asked for: a line that the prompt does not have is an error, so that a changed graph shows. Which of its replies a
question gets follows from the request's body alone. A reply that fails says how it is mended (``mends``); asked to mend it, three of four
requests get that, the fourth the same steps again, their mistakes in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from kgpaths.verbalize.llm import LONGEST_STEP
from kgpaths.verbalize.shown import plain
from tests.llm import scribe
from tests.llm.reading import Case, Line, read

FOLDER = Path(__file__).parent / "replies"
UNREADABLE = "unreadable"  # what a reply of another form than was asked for fails with
MENDED = 4  # of how many requests to mend all but one are answered by what mends


@dataclass(frozen=True)
class Authored:
    """One reply to one question. ``fails`` names the checks with their codes that find errors in it, in full; empty where it passes.

    ``mends`` are the steps that mend it, each with its number.
    """

    question: str
    number: int
    style: str
    fails: frozenset[str]
    said: Mapping[str, Any]
    mends: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """Return what a test calls it."""
        return f"{self.question}-{self.number}-{self.style}"


@dataclass(frozen=True)
class Question:
    """The replies to one question, which is known by how its text begins."""

    id: str
    asks: str
    replies: tuple[Authored, ...]


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    """Return every question that replies are written to."""
    return tuple(map(from_file, sorted(FOLDER.glob("*.yaml"))))


def from_file(path: Path) -> Question:
    """Return a question with its replies."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    replies = (
        Authored(path.stem, number, one["style"], frozenset(one["fails"]), one, tuple(one.get("mends", ())))
        for number, one in enumerate(found["replies"], 1)
    )
    return Question(path.stem, found["asks"], tuple(replies))


def reply(body: dict[str, Any]) -> str:
    """Return one of the replies to a question by a hash of the body, or what mends the one that is shown; to others the scribe writes.

    Raises LookupError for a draft to be mended that is none of the question's replies.
    """
    case = read(body)
    known = next((one for one in questions() if case and case.question.startswith(one.asks)), None)
    if case is None or known is None:
        return scribe.reply(body)
    dice = int.from_bytes(sha256(json.dumps(body, sort_keys=True).encode()).digest()[:8], "big")
    if not case.draft:
        return text_of(known.replies[dice % len(known.replies)], case)
    shown = next((one for one in known.replies if one.mends and lines(one) == case.draft), None)
    if shown is None:
        raise LookupError(f"{known.id}: no reply of ours is the draft that is to be mended")
    return mends_of(shown, case) if dice % MENDED else unmended(shown, case)


def lines(authored: Authored) -> tuple[Line, ...]:
    """Return a reply's steps as a request to mend it shows them."""
    steps = authored.said["steps"]
    return tuple(Line(i, step["kind"], step.get("option", ""), plain(step["text"], LONGEST_STEP)) for i, step in enumerate(steps, 1))


def mends_of(authored: Authored, case: Case) -> str:
    """Return what mends a reply."""
    concluded = (mend["option"] for mend in authored.mends if mend["kind"] == "conclusion")
    return sent(authored, authored.mends, next(concluded, authored.said["conclusion"]), case)


def unmended(authored: Authored, case: Case) -> str:
    """Return what mends nothing of a reply: the steps in question as they were, its first one where some are missing only."""
    numbers = [mend["number"] for mend in authored.mends if mend["number"]] or [1]
    same = [{"number": number, **authored.said["steps"][number - 1]} for number in numbers]
    return sent(authored, same, authored.said["conclusion"], case)


def text_of(authored: Authored, case: Case) -> str:
    """Return a reply's text with the numbers of this prompt. Raises LookupError for a line that it does not have."""
    if "text" in authored.said:
        return str(authored.said["text"])
    return sent(authored, authored.said["steps"], authored.said["conclusion"], case)


def sent(authored: Authored, steps: Iterable[Mapping[str, Any]], conclusion: str, case: Case) -> str:
    """Return steps as a model sends them, with what they conclude."""
    try:
        found = [step_of(step, case) for step in steps]
    except LookupError as error:
        raise LookupError(f"{authored.name}: {error}") from None
    return scribe.said({"steps": found, "conclusion": conclusion})


def step_of(step: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Return a step as a model sends it."""
    numbered = {"number": step["number"]} if "number" in step else {}
    return numbered | {
        "kind": step["kind"],
        "option": step.get("option", ""),
        "text": step["text"],
        "cites": [cite_of(cite, case) for cite in step.get("cites", ())],
        "quotes": [quote_of(quote, case) for quote in step.get("quotes", ())],
    }


def cite_of(cite: Mapping[str, Any], case: Case) -> dict[str, str]:
    """Return a citation: "edge" or "absence" is the line without number and notes, "invented" a number that there is not."""
    left, relation, right = cite["says"]
    kind = next(kind for kind in ("edge", "absence", "invented") if kind in cite)
    if kind == "invented":
        ref = cite[kind]
        if ref in case.records:
            raise LookupError(f"the prompt has a line {ref}, so that it is not invented")
    else:
        letter = "E" if kind == "edge" else "N"
        ref = only((record.ref for record in case.records.values() if record.ref.startswith(letter) and record.line == cite[kind]), cite)
    stance = "denied" if ref in case.records and case.records[ref].denied else "asserted"
    return {"ref": ref, "subject": left, "object": right, "relation": relation, "stance": cite.get("stance", stance)}


def quote_of(quote: Mapping[str, str], case: Case) -> str:
    """Return the number of a mention, a fact, or the option that nothing recorded decides on."""
    ((kind, words),) = quote.items()
    if kind == "option":
        return only((ref for what, paths in case.lines[words] if what == "undecided" for path in paths for ref in path if ref.startswith("F")), quote)
    letter = "M" if kind == "mention" else "F"
    return only((told.ref for told in case.patient.values() if told.ref.startswith(letter) and words in (told.words, told.line)), quote)


def only(found: Any, wanted: object) -> str:
    """Return the one number that was found."""
    numbers = list(found)
    if len(numbers) != 1:
        raise LookupError(f"{wanted} is {f'{len(numbers)} lines' if numbers else 'no line'} of the prompt")
    return str(numbers[0])
