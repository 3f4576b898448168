"""Read what a model says where it does not write: spans, choices, opinions. From the fields that were asked for, never from words in between.

A value that was not offered is no answer, rather than the nearest that was; a text that is too long is cut, as it decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from kgpaths.verbalize.replies import Unusable, dict_of, list_of, object_with, string_of

NONE = "NONE"
MOST_SPANS, LONGEST_SPAN = 20, 120
MOST_KEPT = 99
MOST_JUDGED = 60  # steps
LONGEST_REASON = 400

Grading = Literal["correct", "flawed", "harmful"]
GRADINGS: tuple[Grading, ...] = get_args(Grading)


@dataclass(frozen=True)
class Grade:
    """What a model thinks of a draft: ``steps`` are the numbers of those at fault, from 1."""

    grading: Grading
    steps: tuple[int, ...]
    reason: str


def spans(text: str) -> tuple[str, ...]:
    """Return the stretches of text that a reply names, each once. What is too long to be a mention is left out."""
    found = list_of(object_with(text, "spans"), "spans", "", MOST_SPANS)
    if not all(isinstance(one, str) for one in found):
        raise Unusable("spans holds what is no string")
    told = (" ".join(str(one).split()) for one in found)
    return tuple(dict.fromkeys(one for one in told if 0 < len(one) <= LONGEST_SPAN))


def choices(text: str, offered: Sequence[int]) -> dict[int, int]:
    """Return the candidate chosen for each mention, both from 1, 0 for none; ``offered`` are the numbers of candidates, mention by mention.

    A mention that the reply passes over is left out.
    """
    found: dict[int, int] = {}
    for i, one in enumerate(list_of(object_with(text, "choices"), "choices", "", len(offered))):
        at = f"choices[{i}]"
        choice = dict_of(one, at)
        mention = whole(choice, "mention", at, len(offered))
        named = string_of(choice, "candidate", at)
        names = (NONE, *map(str, range(1, offered[mention - 1] + 1)))
        if named not in names:
            raise Unusable(f"{at}.candidate is none of {', '.join(names)}")
        if found.setdefault(mention, names.index(named)) != names.index(named):
            raise Unusable(f"{at}.mention has two candidates")
    return found


def kept(text: str, offered: int) -> tuple[int, ...]:
    """Return the numbers that a reply keeps, of those from 1 to ``offered``."""
    found = list_of(object_with(text, "keep"), "keep", "", MOST_KEPT)
    return tuple(sorted({number(one, f"keep[{i}]", offered) for i, one in enumerate(found)}))


def answer(text: str, labels: Sequence[str]) -> str:
    """Return the label that a reply chooses, with or without brackets."""
    named = string_of(object_with(text, "answer"), "answer", "").strip("()[].: ")
    if named not in labels:
        raise Unusable(f"answer is none of {', '.join(labels)}")
    return named


def grade(text: str, steps: int) -> Grade:
    """Return what a reply says of a draft with so many steps."""
    reply = object_with(text, "verdict")
    named = string_of(reply, "verdict", "")
    grading = next((one for one in GRADINGS if one == named), None)
    if grading is None:
        raise Unusable(f"verdict is none of {', '.join(GRADINGS)}")
    found = {number(one, f"steps[{i}]", steps) for i, one in enumerate(list_of(reply, "steps", "", MOST_JUDGED))}
    return Grade(grading, tuple(sorted(found)), string_of(reply, "reason", "")[:LONGEST_REASON])


def whole(found: dict[str, Any], name: str, at: str, most: int) -> int:
    """Return the number from 1 to ``most`` under a key."""
    return number(found.get(name), f"{at}.{name}", most)


def number(value: object, at: str, most: int) -> int:
    """Return a value that is to be a number from 1 to ``most``."""
    if type(value) is not int or not 1 <= value <= most:
        raise Unusable(f"{at} is no whole number from 1 to {most}")
    return value
