"""Questions in the formats their publishers use: each a function from a row to a question, told apart by the row's fields.

MedQA and ours (docs/questions.md), MedMCQA, PubMedQA, MMLU, MedXpertQA, Humanity's Last Exam (HLE), HuatuoGPT-o1's verifiable problems and
reasoning, and MedReason's rows. A question without options is open-ended: its answer's text is all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kgpaths.model import RESTRICTED, Option, Question, digest
from kgpaths.sources.benchmarks import evaluation_only
from kgpaths.sources.question_fields import (
    LETTERS,
    Bad,
    agreeing,
    answer_keys,
    choices,
    chosen,
    identity,
    labelled,
    lettered,
    optional,
    read_options,
    stem,
    string,
    text_of,
)

MEDQA_LICENCE = "MIT"
HUATUO_LICENCE = MEDREASON_LICENCE = "Apache-2.0"  # as their cards on the Hub state
SPLITS = ("train", "dev", "test")
VERDICTS = ("yes", "no", "maybe")
PUBMEDQA_TAGS = {
    "label": "labels",
    "mesh": "meshes",
    "year": "year",
    "reasoning_required": "reasoning_required_pred",
    "reasoning_free": "reasoning_free_pred",
    "explanation": "long_answer",
}
MMLU_FIELDS = ("question", "A", "B", "C", "D", "answer")  # the columns of MMLU's CSV files, which have no header
NO_CHOICES = ("", "None", "null")  # what stands for the options of an open-ended question of MedReason


def parse_row(row: Mapping[str, Any], split: str = "") -> Question:
    """Return the question of one row, by the first format whose fields it has. Raises Bad where it is none.

    ``split`` is that of the file, for rows that state none. Where it is not known either, ours are for training, and those of a
    dataset that is made to evaluate on are its test set.
    """
    read = next((read for fields, read in FORMATS if all(field in row for field in fields)), ours)
    question = read(row)
    unstated = "train" if read is ours else "test" if evaluation_only(question.dataset) else ""
    return question if question.split else question.model_copy(update={"split": split or unstated})


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
        tags=() if split in SPLITS else labelled(row, {"meta_info": "meta_info"}),
    )


def ours(row: Mapping[str, Any]) -> Question:
    """Return a question in our format. ``set``, ``features`` and ``expected`` become tags; unknown fields are left out."""
    text, options = string(row, "text", mend="MedQA's format has it as question, ours as text"), read_options(row)
    keys = answer_keys(row, "answer", options)
    return Question(
        id=string(row, "id"),
        dataset=optional(row, "dataset"),
        split=optional(row, "split"),
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
    if not isinstance(row.get("restricted", False), bool):
        raise Bad("bad_field", "restricted", "is neither true nor false")
    stated = [("set", single[0][1]), *(("feature", f) for f in features), ("expected", single[1][1])]
    return (*(f"{name}:{value}" for name, value in stated if value), *([RESTRICTED] if row.get("restricted") else []))


def medmcqa(row: Mapping[str, Any]) -> Question:
    """Return a question in MedMCQA's format: options ``opa`` to ``opd``, ``cop`` the right one counted from 0, as the Hub has it."""
    options = lettered([string(row, field) for field in ("opa", "opb", "opc", "opd")])
    if str(row.get("cop")) == "4":  # the whole file would give the option after the right one
        raise Bad("answer_not_an_option", "cop", "is 4, where 3 is the last", "take the Hub's file: that of MedMCQA's repository counts from 1")
    tags = {"subject": "subject_name", "topic": "topic_name", "choice_type": "choice_type", "explanation": "exp"}
    return choice(row, "medmcqa", options, "cop", tags)


def pubmedqa(row: Mapping[str, Any]) -> Question:
    """Return a question in PubMedQA's format, as its repository or the Hub has it: yes, no or maybe by an abstract."""
    upper = "QUESTION" in row
    inner = row if upper else row["context"]
    contexts = inner.get("CONTEXTS" if upper else "contexts") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(contexts, list) or not all(isinstance(part, str) for part in contexts):
        raise Bad("bad_field", "CONTEXTS" if upper else "context", "is no list of texts")
    text, decision = string(row, "QUESTION" if upper else "question"), string(row, "final_decision")
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
        tags=labelled({name.lower(): value for name, value in {**row, **inner}.items()}, PUBMEDQA_TAGS),
    )


def mmlu(row: Mapping[str, Any]) -> Question:
    """Return a question in MMLU's format: ``choices`` or A to D, and the right one's letter or its number, counted from 0."""
    texts = row["choices"] if "choices" in row else [string(row, key) for key in "ABCD"]
    if not isinstance(texts, list) or len(texts) < 2 or not all(isinstance(text, str) and text.strip() for text in texts):
        raise Bad("too_few_options" if isinstance(texts, list) and len(texts) < 2 else "bad_field", "choices", "is no list of texts")
    return choice(row, "mmlu", lettered(texts), "answer", {"subject": "subject"})


def medxpertqa(row: Mapping[str, Any]) -> Question:
    """Return a question in MedXpertQA's format: ten options and the ``label`` of the right one. Choices repeated in the text are left out."""
    options = read_options(row)
    keys = answer_keys(row, "label", options)
    return Question(
        id=string(row, "id"),
        dataset="medxpertqa",
        split="",
        text=stem(string(row, "question")),
        options=options,
        answer_keys=keys,
        answer_text=text_of(options, keys[0]),
        licence="MIT",
        tags=labelled(row, {name: name for name in ("medical_task", "body_system", "question_type")} | {"image": "images"}),
    )


def hle(row: Mapping[str, Any]) -> Question:
    """Return a question of Humanity's Last Exam: multiple choice with the choices in its text, or open-ended."""
    text, answer = string(row, "question"), string(row, "answer").strip()
    options = choices(text, "question") if string(row, "answer_type") == "multipleChoice" else ()
    if optional(row, "image"):
        raise Bad("bad_field", "image", "is a picture, which cannot be read")
    if options and answer not in {option.key for option in options}:
        raise Bad("answer_not_an_option", "answer", f"{answer!r} is none of the choices of the text")
    return Question(
        id=string(row, "id"),
        dataset="hle",
        split="",
        text=stem(text) if options else text.strip(),
        options=options,
        answer_keys=(answer,) if options else (),
        answer_text=text_of(options, answer) if options else answer,
        licence="MIT",
        tags=labelled(row, {"subject": "category", "topic": "raw_subject", "author": "author_name", "explanation": "rationale", "canary": "canary"}),
    )


def huatuo_problem(row: Mapping[str, Any]) -> Question:
    """Return an open-ended question of HuatuoGPT-o1's verifiable problems."""
    return open_ended(string(row, "Open-ended Verifiable Question"), string(row, "Ground-True Answer"), "huatuo-o1-verifiable")


def huatuo_reasoning(row: Mapping[str, Any]) -> Question:
    """Return an open-ended question of HuatuoGPT-o1's reasoning set; its response is the answer."""
    return open_ended(string(row, "Question"), string(row, "Response"), "huatuo-o1-reasoning")


def medreason(row: Mapping[str, Any]) -> Question:
    """Return a row of MedReason, its choices from their text. Its reasoning is a model's, and left out."""
    text, source = string(row, "question"), string(row, "dataset_name")
    answer, _, explanation = (part.strip() for part in string(row, "answer").partition(" Explanation:"))
    listed = row.get("options")
    options: tuple[Option, ...] = ()
    if isinstance(listed, dict | list):
        options = read_options(row)
    elif optional(row, "options").strip() not in NO_CHOICES:
        options = choices(optional(row, "options"), "options")
    keys = tuple(option.key for option in options if option.text.strip(". ") == answer.strip(". "))
    if options and not keys:
        raise Bad("answer_disagrees", "answer", f"{answer!r} is the text of no choice")
    own = {"own": None if row.get("id_in_dataset") is None else f"medreason-{source}-{row['id_in_dataset']}"}
    return Question(
        id=identity(own, "own", "medreason", text, options),
        dataset="medreason",
        split="test" if evaluation_only(source) else "",
        text=text,
        options=options,
        answer_keys=keys[:1],
        answer_text=text_of(options, keys[0]) if keys else answer,
        licence=MEDREASON_LICENCE,
        tags=labelled({"source": source, "explanation": explanation}, {"source": "source", "explanation": "explanation"}),
    )


def choice(row: Mapping[str, Any], dataset: str, options: tuple[Option, ...], answer: str, tags: Mapping[str, str]) -> Question:
    """Return a question whose right option field ``answer`` names or counts from 0; ``tags`` name the fields that become tags."""
    text, key = string(row, "question"), chosen(row, answer, options)
    return Question(
        id=identity(row, "id", dataset, text, options),
        dataset=dataset,
        split="",
        text=text,
        options=options,
        answer_keys=(key,),
        answer_text=text_of(options, key),
        licence="MIT",
        tags=labelled(row, tags),
    )


def open_ended(text: str, answer: str, dataset: str) -> Question:
    """Return a question without options."""
    return Question(id=f"{dataset}-{digest([text], 12)}", dataset=dataset, split="", text=text, answer_text=answer, licence=HUATUO_LICENCE)


FORMATS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Question]], ...] = (
    (("question", "opa", "opb", "opc", "opd"), medmcqa),
    (("QUESTION", "CONTEXTS"), pubmedqa),
    (("question", "context", "final_decision"), pubmedqa),
    (("question", "choices"), mmlu),
    (MMLU_FIELDS, mmlu),
    (("dataset_name", "question", "reasoning"), medreason),
    (("question", "answer", "answer_type"), hle),
    (("question", "options", "label"), medxpertqa),
    (("Open-ended Verifiable Question", "Ground-True Answer"), huatuo_problem),
    (("Question", "Response"), huatuo_reasoning),
    (("question",), medqa),
)
"""The fields a format is known by; the first whose fields are all there decides, else the row is ours."""
