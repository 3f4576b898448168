"""Read the fields of a question's row: texts, options in each of their forms, the answer. What does not fit is raised as Bad."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kgpaths.model import Option, digest

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEADING = re.compile(r"(?:^|\s)(?i:answer choices)(?::\s*|[ \t]*\n\s*)(?=\(?A[.):])")
_LINE_CHOICE = re.compile(r"^[ \t]*\(?([A-Z])[.):]+(?=\s|$)", re.MULTILINE)
_INLINE_CHOICE = re.compile(r"(?:^|(?<=\s))\(([A-Z])\)(?=\s|$)")


class Bad(Exception):
    """What is wrong with a row, before its place is known."""

    def __init__(self, code: str, field: str, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.code, self.field, self.what, self.mend = code, field, what, mend


def string(row: Mapping[str, Any], field: str, mend: str = "") -> str:
    """Return a field that must hold text, verbatim: offsets of mentions index it."""
    value = row.get(field)
    if value is None:
        raise Bad("missing_field", field, "is missing", mend)
    if not isinstance(value, str):
        raise Bad("bad_field", field, f"is a JSON {type(value).__name__}, not a text")
    if not value.strip():
        raise Bad("missing_field", field, "is empty", mend)
    return value


def optional(row: Mapping[str, Any], field: str, default: str = "") -> str:
    """Return a field that may be absent or null, but holds nothing other than text."""
    value = row.get(field)
    if value is None:
        return default
    if not isinstance(value, str):
        raise Bad("bad_field", field, f"is a JSON {type(value).__name__}, not a text")
    return value


def labelled(row: Mapping[str, Any], tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return tags by name and field: "subject:Anatomy"; a list makes one of each item, a field that is not there none."""
    found = []
    for name, field in tags.items():
        value = row.get(field)
        for item in value if isinstance(value, list) else [value]:
            if item is not None and not isinstance(item, str | int):
                raise Bad("bad_field", field, "is no text, and no list of texts")
            if item is not None and str(item).strip():
                found.append(f"{name}:{item}")
    return tuple(found)


def read_options(row: Mapping[str, Any]) -> tuple[Option, ...]:
    """Return the options in their order: at least two, each a text under its own key.

    They are an object of key and text, or a list of objects with ``key`` and ``value``. Nulls at the end are no options: a
    Parquet file that holds questions of four and of five options has them.
    """
    options = row.get("options")
    if isinstance(options, dict):
        pairs = list(options.items())
    elif isinstance(options, list) and all(isinstance(option, dict) and {"key", "value"} <= option.keys() for option in options):
        pairs = [(option["key"], option["value"]) for option in options]
    else:
        raise Bad("too_few_options" if options is None else "bad_field", "options", "is missing or no object of key and text")
    while pairs and pairs[-1][1] is None:
        pairs.pop()
    return checked_options(pairs, "options")


def checked_options(pairs: Iterable[tuple[Any, Any]], field: str) -> tuple[Option, ...]:
    """Return options of pairs of key and text. Raises Bad for fewer than two, a key that stands twice, and one without a text."""
    found: dict[str, str] = {}
    for key, text in pairs:
        if not isinstance(text, str) or not text.strip() or not isinstance(key, str) or not key.strip():
            raise Bad("bad_field", field, f"option {key!r} has no text")
        if key in found:
            raise Bad("bad_field", field, f"option {key!r} stands twice")
        found[key] = text
    if len(found) < 2:
        raise Bad("too_few_options", field, f"has {len(found)}, two are the fewest")
    return tuple(Option(key=key, text=text) for key, text in found.items())


def answer_keys(row: Mapping[str, Any], field: str, options: tuple[Option, ...]) -> tuple[str, ...]:
    """Return the gold key or keys; each must be an option's."""
    value = row.get(field)
    keys = value if isinstance(value, list) else [value]
    if value is None or not keys:
        raise Bad("missing_field", field, "is missing")
    known = [option.key for option in options]
    for key in keys:
        if key not in known:
            raise Bad("answer_not_an_option", field, f"{key!r} is none of the options {', '.join(known)}")
    return tuple(dict.fromkeys(keys))


def agreeing(row: Mapping[str, Any], field: str, options: tuple[Option, ...], keys: tuple[str, ...]) -> str:
    """Return the gold text; where the row states one, it must be that of the gold option."""
    gold = text_of(options, keys[0])
    stated = optional(row, field)
    if stated.strip() and stated.strip() not in {o.text.strip() for o in options if o.key in keys}:
        raise Bad("answer_disagrees", field, f"{stated!r} is not the text of option {keys[0]}, {gold!r}")
    return gold


def stem(text: str) -> str:
    """Return a text without the choices at its end ("Answer Choices:", then A and the others)."""
    headings = list(_HEADING.finditer(text))
    return text[: headings[-1].start()].strip() if headings else text.strip()


def choices(text: str, field: str) -> tuple[Option, ...]:
    """Return the choices at the end of a text, under "Answer Choices:" or alone: "A. ..." to a line, or "(A) ... (B) ..." on one.

    A line that begins with no letter goes on with the choice above. Raises Bad where they are not A, B, C and so on, each once.
    """
    headings = list(_HEADING.finditer(text))
    listed = text[headings[-1].end() :] if headings else text
    found = list(_LINE_CHOICE.finditer(listed))
    if len(found) < 2:
        found = list(_INLINE_CHOICE.finditer(listed)) or found
    keys = "".join(mark[1] for mark in found)
    if not LETTERS.startswith(keys):
        raise Bad("bad_field", field, f"has the choices {', '.join(keys)}, not A, B, C and so on, each once")
    if found and listed[: found[0].start()].strip():
        raise Bad("bad_field", field, "has text before choice A", "choices follow upon the line Answer Choices:")
    ends = [*(mark.start() for mark in found[1:]), len(listed)]
    return checked_options(((mark[1], listed[mark.end() : end].strip()) for mark, end in zip(found, ends, strict=False)), field)


def lettered(texts: Sequence[str]) -> tuple[Option, ...]:
    """Return options in their order, keyed A, B, C and so on."""
    return tuple(Option(key=LETTERS[i], text=text) for i, text in enumerate(texts[: len(LETTERS)]))


def chosen(row: Mapping[str, Any], field: str, options: tuple[Option, ...]) -> str:
    """Return the key of the option that a number, counted from 0, or a letter names. A file of unlabelled questions has -1."""
    value = row.get(field)
    if isinstance(value, str) and value.strip().upper() in {option.key for option in options}:
        return value.strip().upper()
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Bad("missing_field" if value is None else "bad_field", field, f"is {value!r}, not the number or letter of an option")
    if not 0 <= value < len(options):
        raise Bad("answer_not_an_option", field, f"{value} is the number of none of the {len(options)} options, counted from 0")
    return options[value].key


def text_of(options: tuple[Option, ...], key: str) -> str:
    """Return the text of option ``key``."""
    return next(option.text for option in options if option.key == key)


def identity(row: Mapping[str, Any], field: str, dataset: str, text: str, options: tuple[Option, ...]) -> str:
    """Return a row's own id, after its dataset's name, else one made of text and options."""
    own = row.get(field)
    if isinstance(own, str | int) and not isinstance(own, bool) and str(own).strip():
        return str(own) if str(own).startswith(dataset) else f"{dataset}-{own}"
    return f"{dataset}-{digest([text, [[o.key, o.text] for o in options]], 12)}"
