"""Read what a model replied: one JSON object, out of whatever stands around it, of the shape that was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from kgpaths.model import Stance, StepKind

KINDS: tuple[StepKind, ...] = get_args(StepKind)
STANCES: tuple[Stance, ...] = get_args(Stance)
MOST_STEPS, MOST_CITES, LONGEST = 60, 60, 200_000  # steps, citations of a step, characters of a reply: more is no answer
TRIES = 20  # places where an object may begin
_THOUGHT = re.compile(r"^.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unusable(ValueError):
    """A reply that is not what was asked for, said in one short line."""


@dataclass(frozen=True)
class Cite:
    """One numbered line that a step states, with the words that name its ends and its relation."""

    ref: str
    subject: str = ""
    object: str = ""
    relation: str = ""
    stance: Stance = "asserted"


@dataclass(frozen=True)
class Said:
    """One step as a model wrote it."""

    kind: StepKind
    option: str
    text: str
    cites: tuple[Cite, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A whole reply."""

    steps: tuple[Said, ...]
    conclusion: str


@dataclass(frozen=True)
class Mended:
    """A reply to what was found in a draft: steps with the numbers of those they replace, from 1; any other number adds one."""

    steps: tuple[tuple[int, Said], ...]
    conclusion: str

    def into(self, draft: Written) -> Written:
        """Return the draft with these steps. One without text is left out, one that is added stands behind the others of its kind."""
        kept: dict[int, Said] = dict(enumerate(draft.steps, 1))
        added = []
        for number, said in self.steps:
            if number in kept:
                kept[number] = said
            else:
                added.append(said)
        steps = [*kept.values(), *added]
        return Written(
            tuple(sorted((said for said in steps if said.text), key=lambda said: KINDS.index(said.kind))), self.conclusion or draft.conclusion
        )


def written(text: str) -> Written:
    """Return what a reply says; a code fence, words around the object, raw line breaks and trailing commas are passed over.

    Raises Unusable where there is no object of the shape: ``quotes``, ``option`` and ``stance`` may be missing, more keys may stand there.
    """
    reply, steps = _reply(text)
    return Written(tuple(_step(step, f"steps[{i}]") for i, step in enumerate(steps)), string_of(reply, "conclusion", ""))


def mended(text: str) -> Mended:
    """Return what a reply to what was found says. Raises Unusable as ``written`` does, and where a step lacks its number."""
    reply, steps = _reply(text)
    numbers = [_number(dict_of(step, f"steps[{i}]"), f"steps[{i}]") for i, step in enumerate(steps)]
    found = [_step(step, f"steps[{i}]", empty=True) for i, step in enumerate(steps)]
    return Mended(tuple(zip(numbers, found, strict=True)), string_of(reply, "conclusion", ""))


def object_with(text: str, name: str) -> dict[str, Any]:
    """Return the first object of a reply that has key ``name``. Raises Unusable where there is none."""
    reply = next((found for found in _objects(_THOUGHT.sub("", text[:LONGEST])) if name in found), None)
    if reply is None:
        raise Unusable(f"it holds no whole JSON object with {name}")
    return reply


def _reply(text: str) -> tuple[dict[str, Any], list[Any]]:
    reply = object_with(text, "steps")
    steps = list_of(reply, "steps", "", MOST_STEPS)
    if not steps:
        raise Unusable("steps is empty")
    return reply, steps


def _number(found: dict[str, Any], at: str) -> int:
    value = found.get("number")
    if type(value) is not int:
        raise Unusable(f"{at}.number is {'missing' if value is None else 'no whole number'}")
    return value


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects that stand in a text, the outermost first, then those of it without its trailing commas."""
    for candidate in (text, _STRING_OR_COMMA.sub(lambda found: found[1] or "", text)):
        end = 0
        for start in [match.start() for match in re.finditer(r"\{", candidate)][:TRIES]:
            if start >= end:
                try:
                    value, end = json.JSONDecoder(strict=False).raw_decode(candidate, start)
                except (ValueError, RecursionError):
                    continue
                if isinstance(value, dict):
                    yield value


def _step(step: object, at: str, *, empty: bool = False) -> Said:
    found = dict_of(step, at)
    named = string_of(found, "kind", at)
    kind = next((kind for kind in KINDS if kind == named), None)
    if kind is None:
        raise Unusable(f"{at}.kind is none of {', '.join(KINDS)}")
    text = string_of(found, "text", at)
    if not text and not empty:
        raise Unusable(f"{at}.text is empty")
    cites = tuple(_cite(cite, f"{at}.cites[{i}]") for i, cite in enumerate(list_of(found, "cites", at, MOST_CITES)))
    quotes = list_of(found, "quotes", at, MOST_CITES) if found.get("quotes") is not None else []
    if not all(isinstance(quote, str) for quote in quotes):
        raise Unusable(f"{at}.quotes holds what is no string")
    option = string_of(found, "option", at) if found.get("option") is not None else ""
    return Said(kind, option, text, cites, tuple(_clean(quote) for quote in quotes))


def _cite(cite: object, at: str) -> Cite:
    found = dict_of(cite, at)
    named = string_of(found, "stance", at) if found.get("stance") is not None else "asserted"
    stance = next((stance for stance in STANCES if stance == named), None)
    if stance is None:
        raise Unusable(f"{at}.stance is none of {', '.join(STANCES)}")
    ref, subject, object_, relation = (string_of(found, name, at) for name in ("ref", "subject", "object", "relation"))
    return Cite(ref, subject, object_, relation, stance)


def dict_of(value: object, at: str) -> dict[str, Any]:
    """Return a value that is to be an object."""
    if not isinstance(value, dict):
        raise Unusable(f"{at} is no object")
    return value


def list_of(found: dict[str, Any], name: str, at: str, most: int) -> list[Any]:
    """Return a list of at most ``most`` items."""
    value, place = found.get(name), f"{at}.{name}".strip(".")
    if not isinstance(value, list):
        raise Unusable(f"{place} is {'missing' if value is None else 'no list'}")
    if len(value) > most:
        raise Unusable(f"{place} has {len(value)} items, at most {most}")
    return value


def string_of(found: dict[str, Any], name: str, at: str) -> str:
    """Return a text on one line."""
    value = found.get(name)
    if not isinstance(value, str):
        raise Unusable(f"{f'{at}.{name}'.strip('.')} is {'missing' if value is None else 'no string'}")
    return _clean(value)


def _clean(text: str) -> str:
    """Return words on one line; half of a character, which no file can hold, is shown as one that is missing."""
    return re.sub(r"\s+", " ", _SURROGATE.sub("�", text)).strip()
