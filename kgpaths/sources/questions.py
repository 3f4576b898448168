"""Read questions: MedQA's JSONL and ours (docs/questions.md), one JSON object a line, plain or ``.gz``.

A bad row is yielded as such, with file, row and field, so that the good rows around it can still be used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgpaths.errors import InputError
from kgpaths.model import Option, Question, digest
from kgpaths.sources.files import read_bytes, where

MEDQA_LICENCE = "MIT"
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class BadRow:
    """A row no question could be made of: its 1-based line, a short code, and the error to show or raise."""

    row: int
    code: str
    error: InputError


class _Bad(Exception):
    """What is wrong with a row, before its place is known."""

    def __init__(self, code: str, field: str, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.code, self.field, self.what, self.mend = code, field, what, mend


def read_questions(path: Path) -> Iterator[Question | BadRow]:
    """Yield the questions of a file in order, and a BadRow for each row that is none; empty lines are passed over.

    Raises InputError where the file itself cannot be read.
    """
    seen: dict[str, int] = {}
    for number, line in enumerate(read_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            question = parse(line)
            if question.id in seen:
                raise _Bad("duplicate_id", "id", f"{question.id} stands in row {seen[question.id]} already")
        except _Bad as bad:
            yield BadRow(number, bad.code, InputError(bad.what, where=where(path, number, bad.field), mend=bad.mend))
        else:
            seen[question.id] = number
            yield question


def parse(line: bytes) -> Question:
    """Return the question of one line. MedQA is known by its ``question``, ours has ``text``."""
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise _Bad("not_json", "", "is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise _Bad("not_json", "", f"is not JSON: {error.msg} at character {error.pos + 1}", "write one JSON object a line") from None
    except (ValueError, RecursionError):
        raise _Bad("not_json", "", "holds a number too long or brackets too deep to be read", "write one JSON object a line") from None
    if not isinstance(row, dict):
        raise _Bad("not_object", "", f"is a JSON {type(row).__name__}, not an object", "write one JSON object a line")
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _Bad("not_json", "", "holds half a character, a lone surrogate") from None
    return medqa(row) if "question" in row else ours(row)


def medqa(row: Mapping[str, Any]) -> Question:
    """Return a question in MedQA's format. It has no id: one is made of its text and options."""
    text, options = string(row, "question"), read_options(row)
    keys = answer_keys(row, "answer_idx", options)
    answer = agreeing(row, "answer", options, keys)
    split = row.get("meta_info")
    return Question(
        id=f"medqa-{digest([text, [[o.key, o.text] for o in options]], 12)}",
        dataset="medqa",
        split=split if split in SPLITS else "",
        text=text,
        options=options,
        answer_keys=keys,
        answer_text=answer,
        licence=MEDQA_LICENCE,
    )


def ours(row: Mapping[str, Any]) -> Question:
    """Return a question in our format. ``set``, ``features`` and ``expected`` become tags; unknown fields are left out."""
    text, options = string(row, "text", mend="MedQA's format has it as question, ours as text"), read_options(row)
    keys = answer_keys(row, "answer", options)
    return Question(
        id=string(row, "id"),
        dataset=optional(row, "dataset"),
        split=optional(row, "split", "train"),
        text=text,
        context=optional(row, "context"),
        options=options,
        answer_keys=keys,
        answer_text=agreeing(row, "answer_text", options, keys),
        licence=optional(row, "licence"),
        category=optional(row, "category"),
        tags=tags(row),
    )


def tags(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a row's tags: "set:frozen", "feature:negated", "expected:search.no_path"."""
    features = row.get("features") or []
    if not isinstance(features, list) or not all(isinstance(f, str) for f in features):
        raise _Bad("bad_field", "features", "is no list of texts")
    single = [(name, optional(row, name)) for name in ("set", "expected")]
    stated = [("set", single[0][1]), *(("feature", f) for f in features), ("expected", single[1][1])]
    return tuple(f"{name}:{value}" for name, value in stated if value)


def string(row: Mapping[str, Any], field: str, mend: str = "") -> str:
    """Return a field that must hold text, verbatim: offsets of mentions index it."""
    value = row.get(field)
    if value is None:
        raise _Bad("missing_field", field, "is missing", mend)
    if not isinstance(value, str):
        raise _Bad("bad_field", field, f"is a JSON {type(value).__name__}, not a text")
    if not value.strip():
        raise _Bad("missing_field", field, "is empty", mend)
    return value


def optional(row: Mapping[str, Any], field: str, default: str = "") -> str:
    """Return a field that may be absent or null, but holds nothing other than text."""
    value = row.get(field)
    if value is None:
        return default
    if not isinstance(value, str):
        raise _Bad("bad_field", field, f"is a JSON {type(value).__name__}, not a text")
    return value


def read_options(row: Mapping[str, Any]) -> tuple[Option, ...]:
    """Return the options in their order: at least two, each a text under its own key."""
    options = row.get("options")
    if not isinstance(options, dict):
        raise _Bad("too_few_options" if options is None else "bad_field", "options", "is missing or no object of key and text")
    if len(options) < 2:
        raise _Bad("too_few_options", "options", f"has {len(options)}, two are the fewest")
    for key, text in options.items():
        if not isinstance(text, str) or not text.strip() or not key.strip():
            raise _Bad("bad_field", "options", f"option {key!r} has no text")
    return tuple(Option(key=key, text=text) for key, text in options.items())


def answer_keys(row: Mapping[str, Any], field: str, options: tuple[Option, ...]) -> tuple[str, ...]:
    """Return the gold key or keys; each must be an option's."""
    value = row.get(field)
    keys = value if isinstance(value, list) else [value]
    if value is None or not keys:
        raise _Bad("missing_field", field, "is missing")
    known = [option.key for option in options]
    for key in keys:
        if key not in known:
            raise _Bad("answer_not_an_option", field, f"{key!r} is none of the options {', '.join(known)}")
    return tuple(dict.fromkeys(keys))


def agreeing(row: Mapping[str, Any], field: str, options: tuple[Option, ...], keys: tuple[str, ...]) -> str:
    """Return the gold text; where the row states one, it must be that of the gold option."""
    gold = next(option.text for option in options if option.key == keys[0])
    stated = optional(row, field)
    if stated.strip() and stated.strip() not in {o.text.strip() for o in options if o.key in keys}:
        raise _Bad("answer_disagrees", field, f"{stated!r} is not the text of option {keys[0]}, {gold!r}")
    return gold
