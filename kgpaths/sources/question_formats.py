"""Questions in the formats their publishers use: each a function from a row to a question, told apart by the row's fields.

MedQA and ours (docs/questions.md), MedMCQA, PubMedQA, MMLU, MedXpertQA, Humanity's Last Exam (HLE), HuatuoGPT-o1's verifiable problems and
reasoning, and MedReason's rows. A question without options is open-ended: its answer's text is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kgpaths.model import Option, Question, digest

MEDQA_LICENCE = "MIT"
SPLITS = ("train", "dev", "test")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
VERDICTS = ("yes", "no", "maybe")
_CHOICES = re.compile(r"(?:^|\n)\s*answer choices:?\s*\n", re.IGNORECASE)
_CHOICE = re.compile(r"^\s*\(?([A-Z])[.)]\s+(.*)$")


class Bad(Exception):
    """What is wrong with a row, before its place is known."""

    def __init__(self, code: str, field: str, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.code, self.field, self.what, self.mend = code, field, what, mend


def parse_row(row: Mapping[str, Any]) -> Question:
    """Return the question of one row, by the first format whose fields it has. Raises Bad where it is none."""
    read = next((read for fields, read in FORMATS if all(field in row for field in fields)), ours)
    return read(row)


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
        raise Bad("bad_field", "features", "is no list of texts")
    single = [(name, optional(row, name)) for name in ("set", "expected")]
    stated = [("set", single[0][1]), *(("feature", f) for f in features), ("expected", single[1][1])]
    return tuple(f"{name}:{value}" for name, value in stated if value)


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


def read_options(row: Mapping[str, Any]) -> tuple[Option, ...]:
    """Return the options in their order: at least two, each a text under its own key."""
    options = row.get("options")
    if not isinstance(options, dict):
        raise Bad("too_few_options" if options is None else "bad_field", "options", "is missing or no object of key and text")
    if len(options) < 2:
        raise Bad("too_few_options", "options", f"has {len(options)}, two are the fewest")
    for key, text in options.items():
        if not isinstance(text, str) or not text.strip() or not key.strip():
            raise Bad("bad_field", "options", f"option {key!r} has no text")
    return tuple(Option(key=key, text=text) for key, text in options.items())


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
    gold = next(option.text for option in options if option.key == keys[0])
    stated = optional(row, field)
    if stated.strip() and stated.strip() not in {o.text.strip() for o in options if o.key in keys}:
        raise Bad("answer_disagrees", field, f"{stated!r} is not the text of option {keys[0]}, {gold!r}")
    return gold


def medmcqa(row: Mapping[str, Any]) -> Question:
    """Return a question in MedMCQA's format: options ``opa`` to ``opd``, ``cop`` the right one counted from 0."""
    options = lettered([string(row, field) for field in ("opa", "opb", "opc", "opd")])
    return choice(row, "medmcqa", "", options, "cop", {"subject": "subject_name", "topic": "topic_name"})


def pubmedqa(row: Mapping[str, Any]) -> Question:
    """Return a question in PubMedQA's format, as its repository or the Hub has it: yes, no or maybe by an abstract."""
    upper = "QUESTION" in row
    text = string(row, "QUESTION" if upper else "question")
    contexts = row.get("CONTEXTS") if upper else (row.get("context") or {}).get("contexts") if isinstance(row.get("context"), dict) else None
    if not isinstance(contexts, list) or not all(isinstance(part, str) for part in contexts):
        raise Bad("bad_field", "CONTEXTS" if upper else "context", "is no list of texts")
    decision = string(row, "final_decision")
    if decision not in VERDICTS:
        raise Bad("answer_not_an_option", "final_decision", f"{decision!r} is none of {', '.join(VERDICTS)}")
    options = lettered(VERDICTS)
    return Question(
        id=identity(row, "pubid", "pubmedqa", text, options),
        dataset="pubmedqa",
        split="",
        text=text,
        context="\n".join(contexts),
        options=options,
        answer_keys=(LETTERS[VERDICTS.index(decision)],),
        answer_text=decision,
        licence="MIT",
    )


def mmlu(row: Mapping[str, Any]) -> Question:
    """Return a question in MMLU's format: ``choices`` and the number of the right one, counted from 0."""
    choices = row.get("choices")
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(choice, str) and choice.strip() for choice in choices):
        raise Bad("too_few_options" if isinstance(choices, list) and len(choices) < 2 else "bad_field", "choices", "is no list of texts")
    return choice(row, "mmlu", "test", lettered(choices), "answer", {"subject": "subject"})


def medxpertqa(row: Mapping[str, Any]) -> Question:
    """Return a question in MedXpertQA's format: ten options and the ``label`` of the right one. Choices repeated in the text are left out."""
    options = read_options(row)
    keys = answer_keys(row, "label", options)
    return Question(
        id=string(row, "id"),
        dataset="medxpertqa",
        split="test",
        text=_CHOICES.split(string(row, "question"))[0].strip(),
        options=options,
        answer_keys=keys,
        answer_text=text_of(options, keys[0]),
        licence="MIT",
        tags=labelled(row, {name: name for name in ("medical_task", "body_system", "question_type")}),
    )


def hle(row: Mapping[str, Any]) -> Question:
    """Return a question of Humanity's Last Exam: multiple choice with the choices in its text, or open-ended."""
    text, options = with_choices(string(row, "question"))
    answer = string(row, "answer").strip()
    chosen = string(row, "answer_type") == "multipleChoice"
    if optional(row, "image"):
        raise Bad("bad_field", "image", "is a picture, which cannot be read")
    if chosen and answer not in {option.key for option in options}:
        raise Bad("answer_not_an_option", "answer", f"{answer!r} is none of the choices of the text")
    return Question(
        id=string(row, "id"),
        dataset="hle",
        split="test",
        text=text,
        options=options if chosen else (),
        answer_keys=(answer,) if chosen else (),
        answer_text=text_of(options, answer) if chosen else answer,
        licence="MIT",
        tags=labelled(row, {"subject": "category"}),
    )


def huatuo_problem(row: Mapping[str, Any]) -> Question:
    """Return an open-ended question of HuatuoGPT-o1's verifiable problems."""
    return open_ended(string(row, "Open-ended Verifiable Question"), string(row, "Ground-True Answer"), "huatuo-o1-verifiable")


def huatuo_reasoning(row: Mapping[str, Any]) -> Question:
    """Return an open-ended question of HuatuoGPT-o1's reasoning set; its response is the answer."""
    return open_ended(string(row, "Question"), string(row, "Response"), "huatuo-o1-reasoning")


def medreason(row: Mapping[str, Any]) -> Question:
    """Return a row of MedReason, its choices from their text. The answer's explanation and the reasoning are a model's, and left out."""
    text, source = string(row, "question"), string(row, "dataset_name")
    number = row.get("id_in_dataset")
    answer = string(row, "answer").split(" Explanation:")[0].strip()
    _, options = with_choices(optional(row, "options"))
    if not options:
        return open_ended(text, answer, "medreason")
    keys = tuple(option.key for option in options if option.text.strip(". ") == answer.strip(". "))
    if not keys:
        raise Bad("answer_disagrees", "answer", f"{answer!r} is the text of no choice")
    return Question(
        id=f"medreason-{source}-{number}" if isinstance(number, int | str) else identity(row, "", "medreason", text, options),
        dataset="medreason",
        split="",
        text=text,
        options=options,
        answer_keys=keys[:1],
        answer_text=text_of(options, keys[0]),
        tags=(f"source:{source}",),
    )


def choice(row: Mapping[str, Any], dataset: str, split: str, options: tuple[Option, ...], answer: str, tags: Mapping[str, str]) -> Question:
    """Return a question whose right option field ``answer`` counts from 0; ``tags`` name the fields that become tags."""
    text, key = string(row, "question"), counted(row, answer, options)
    return Question(
        id=identity(row, "id", dataset, text, options),
        dataset=dataset,
        split=split,
        text=text,
        options=options,
        answer_keys=(key,),
        answer_text=text_of(options, key),
        licence="MIT",
        tags=labelled(row, tags),
    )


def labelled(row: Mapping[str, Any], tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return tags by name and field: "subject:Anatomy"; a field that is not there makes none."""
    stated = ((name, optional(row, field)) for name, field in tags.items())
    return tuple(f"{name}:{value}" for name, value in stated if value)


def open_ended(text: str, answer: str, dataset: str) -> Question:
    """Return a question without options."""
    return Question(id=f"{dataset}-{digest([text], 12)}", dataset=dataset, split="", text=text, answer_text=answer, licence="Apache-2.0")


def with_choices(text: str) -> tuple[str, tuple[Option, ...]]:
    """Return a text without the choices at its end ("Answer Choices:", then a line each), and these."""
    parts = _CHOICES.split(text, maxsplit=1)
    if len(parts) < 2:
        return text.strip(), ()
    found = [match for line in parts[1].splitlines() if (match := _CHOICE.match(line))]
    return parts[0].strip(), tuple(Option(key=match[1], text=match[2].strip()) for match in found)


def lettered(texts: Sequence[str]) -> tuple[Option, ...]:
    """Return options in their order, keyed A, B, C and so on."""
    return tuple(Option(key=LETTERS[i], text=text) for i, text in enumerate(texts[: len(LETTERS)]))


def counted(row: Mapping[str, Any], field: str, options: tuple[Option, ...]) -> str:
    """Return the key of the option that a number, counted from 0, names. A file of unlabelled questions has -1."""
    value = row.get(field)
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Bad("missing_field" if value is None else "bad_field", field, f"is {value!r}, not the number of an option")
    if not 0 <= value < len(options):
        raise Bad("answer_not_an_option", field, f"{value} is the number of none of the {len(options)} options, counted from 0")
    return options[value].key


def text_of(options: tuple[Option, ...], key: str) -> str:
    return next(option.text for option in options if option.key == key)


def identity(row: Mapping[str, Any], field: str, dataset: str, text: str, options: tuple[Option, ...]) -> str:
    """Return a row's own id, after its dataset's name, else one made of text and options."""
    own = row.get(field)
    if isinstance(own, str | int) and not isinstance(own, bool) and str(own).strip():
        return str(own) if str(own).startswith(dataset) else f"{dataset}-{own}"
    return f"{dataset}-{digest([text, [[o.key, o.text] for o in options]], 12)}"


FORMATS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Question]], ...] = (
    (("question", "opa", "opb", "opc", "opd"), medmcqa),
    (("QUESTION", "CONTEXTS"), pubmedqa),
    (("question", "context", "final_decision"), pubmedqa),
    (("question", "choices"), mmlu),
    (("dataset_name", "question", "reasoning"), medreason),
    (("question", "answer", "answer_type"), hle),
    (("question", "options", "label"), medxpertqa),
    (("Open-ended Verifiable Question", "Ground-True Answer"), huatuo_problem),
    (("Question", "Response"), huatuo_reasoning),
    (("question",), medqa),
)
"""The fields a format is known by; the first whose fields are all there decides, else the row is ours."""
