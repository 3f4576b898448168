from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.model import RESTRICTED, Option, Question, digest
from kgpaths.sources import files
from kgpaths.sources.core import core_folder
from kgpaths.sources.questions import BadRow, read_questions

OURS: dict[str, Any] = {
    "id": "q1",
    "dataset": "kgpaths-core",
    "split": "train",
    "category": "diagnosis",
    "text": "A man has a fever of 39°C. Diagnosis?",
    "options": {"A": "Influenza", "B": "Gout"},
    "answer": "A",
    "answer_text": "Influenza",
    "licence": "CC0-1.0",
    "set": "frozen",
    "features": ["negated", "values"],
    "expected": "search.no_path",
    "reference": "Harrison",
    "rationale": "Fever.",
}
MEDQA: dict[str, Any] = {
    "question": "Which drug?",
    "options": {"A": "Aspirin", "B": "Heparin"},
    "answer": "Heparin",
    "answer_idx": "B",
    "meta_info": "train",
}


def read(folder: Path, *rows: Any) -> list[Question | BadRow]:
    path = folder / "q.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return list(read_questions(path))


def test_ours(tmp_path: Path) -> None:
    assert read(tmp_path, OURS) == [
        Question(
            id="q1",
            dataset="kgpaths-core",
            split="train",
            text="A man has a fever of 39°C. Diagnosis?",
            options=(Option(key="A", text="Influenza"), Option(key="B", text="Gout")),
            answer_keys=("A",),
            answer_text="Influenza",
            licence="CC0-1.0",
            category="diagnosis",
            tags=("set:frozen", "feature:negated", "feature:values", "expected:search.no_path"),
        )
    ]


def test_a_restricted_question_bears_the_tag(tmp_path: Path) -> None:
    row = {"id": "q", "text": "t", "options": {"A": "x", "B": "y"}, "answer": "A"}
    (question,) = read(tmp_path, row | {"restricted": True})
    assert isinstance(question, Question) and question.tags == (RESTRICTED,)
    (question,) = read(tmp_path, row | {"restricted": False})
    assert isinstance(question, Question) and question.tags == ()
    (bad,) = read(tmp_path, row | {"restricted": "no"})
    assert isinstance(bad, BadRow) and str(bad.error).endswith("field restricted: is neither true nor false")


def test_the_fewest_fields_of_ours(tmp_path: Path) -> None:
    (question,) = read(tmp_path, {"id": "q", "text": "t", "options": {"A": "x", "B": "y"}, "answer": ["B", "A"]})
    assert isinstance(question, Question)
    assert (question.answer_keys, question.answer_text, question.tags, question.split) == (("B", "A"), "y", (), "train")


def test_medqa_has_an_id_of_its_text_and_options(tmp_path: Path) -> None:
    (question,) = read(tmp_path, MEDQA)
    assert isinstance(question, Question)
    assert question.id == "medqa-" + digest(["Which drug?", [["A", "Aspirin"], ["B", "Heparin"]]], 12) == "medqa-c0e310db5d91"
    assert (question.dataset, question.split, question.licence) == ("medqa", "train", "MIT")
    assert (question.answer_keys, question.answer_text) == (("B",), "Heparin")


def test_a_split_that_medqa_does_not_state_stays_unstated(tmp_path: Path) -> None:
    (question,) = read(tmp_path, {**MEDQA, "meta_info": "step1"})
    assert isinstance(question, Question) and question.split == ""


def without(row: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in fields}


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        ('{"id": "q"', "not_json", "row 2: is not JSON: "),
        ("[1]", "not_object", "row 2: is a JSON list, not an object (write one JSON object a line)"),
        ('{"id": "q", "text": "\\ud800"}', "not_json", "row 2: holds half a character"),
        (without(OURS, "text"), "missing_field", "row 2, field text: is missing (MedQA's format has it as question, ours as text)"),
        ({**OURS, "text": " "}, "missing_field", "row 2, field text: is empty"),
        ({**OURS, "text": 5}, "bad_field", "row 2, field text: is a JSON int, not a text"),
        (without(OURS, "id"), "missing_field", "row 2, field id: is missing"),
        (without(OURS, "options"), "too_few_options", "row 2, field options: is missing"),
        ({**OURS, "options": ["x", "y"]}, "bad_field", "row 2, field options: is missing or no object"),
        ({**OURS, "options": {"A": "Influenza"}}, "too_few_options", "row 2, field options: has 1, two are the fewest"),
        ({**OURS, "options": {"A": "Influenza", "B": ""}}, "bad_field", "row 2, field options: option 'B' has no text"),
        ({**OURS, "answer": "C"}, "answer_not_an_option", "row 2, field answer: 'C' is none of the options A, B"),
        ({**OURS, "answer": []}, "missing_field", "row 2, field answer: is missing"),
        ({**OURS, "answer": {"A": 1}}, "answer_not_an_option", "row 2, field answer: "),
        ({**OURS, "answer_text": "Gout"}, "answer_disagrees", "row 2, field answer_text: 'Gout' is not the text of option A, 'Influenza'"),
        ({**OURS, "features": "negated"}, "bad_field", "row 2, field features: is no list of texts"),
        ({**OURS, "expected": ["x"]}, "bad_field", "row 2, field expected: is a JSON list, not a text"),
        ({**OURS, "id": "q0"}, "duplicate_id", "row 2, field id: q0 stands in row 1 already"),
        (without(MEDQA, "answer_idx"), "missing_field", "row 2, field answer_idx: is missing"),
        ({**MEDQA, "answer": "Aspirin"}, "answer_disagrees", "row 2, field answer: 'Aspirin' is not the text of option B, 'Heparin'"),
    ],
)
def test_a_bad_row_is_named_and_the_good_rows_around_it_are_read(tmp_path: Path, row: Any, code: str, message: str) -> None:
    first, bad, last = read(tmp_path, {**OURS, "id": "q0"}, row, {**OURS, "id": "q9"})
    assert isinstance(first, Question) and isinstance(last, Question) and isinstance(bad, BadRow)
    assert (first.id, last.id, bad.row, bad.code) == ("q0", "q9", 2, code)
    assert f"q.jsonl, {message}" in str(bad.error)


def test_empty_lines_count_as_lines_and_are_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path, "", OURS, "  ", "nonsense")
    assert isinstance(found[0], Question) and isinstance(found[1], BadRow) and found[1].row == 4 and len(found) == 2


def test_gz_and_missing_file(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl.gz").write_bytes(gzip.compress(json.dumps(MEDQA).encode()))
    assert len(list(read_questions(tmp_path / "q.jsonl.gz"))) == 1
    with pytest.raises(InputError, match=r"none\.jsonl: no such file"):
        list(read_questions(tmp_path / "none.jsonl"))


def test_bytes_that_are_no_text_are_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'{"question": "\xff"}\n' + json.dumps(MEDQA).encode())
    bad, good = read_questions(path)
    assert isinstance(bad, BadRow) and bad.code == "not_json" and isinstance(good, Question)


def test_the_shipped_questions_are_all_read() -> None:
    found = list(read_questions(core_folder() / "questions.jsonl"))
    assert [row for row in found if isinstance(row, BadRow)] == []
    assert sum("set:frozen" in q.tags for q in found if isinstance(q, Question)) == 50


@pytest.mark.parametrize(
    ("file", "rows", "options", "splits"),
    [
        ("medqa_us_train_sample.jsonl", 1000, 5, {"train"}),
        ("medqa_us_dev.jsonl.gz", 1272, 5, {"dev"}),
        ("medmcqa_train_sample.jsonl", 1000, 4, {"train"}),
        ("pubmedqa_pqal_train.json.gz", 500, 3, {"train"}),
        ("medreason_rows.json", 11, 4, {""}),
    ],
)
def test_real_files_are_read_whole(shared: Path, file: str, rows: int, options: int, splits: set[str]) -> None:
    found = [q for q in read_questions(shared / "qa" / file) if isinstance(q, Question)]
    assert len(found) == rows == len({q.id for q in found})
    assert {q.split for q in found} == splits
    for question in found:
        assert len(question.options) == options and question.text.strip() and question.licence
        assert question.option_text(question.answer_keys[0]) == question.answer_text


MEDMCQA = {"id": "x1", "question": "Which?", "opa": "a", "opb": "b", "opc": "c", "opd": "d", "cop": 2, "subject_name": "Anatomy"}
TEN = dict(zip("ABCDEFGHIJ", "abcdefghij", strict=True))
HLE = {"id": "h1", "answer": "B", "answer_type": "multipleChoice", "image": ""}
REASONED = {"dataset_name": "medqa", "id_in_dataset": 3, "question": "Which?", "answer": "Losartan. Explanation: so", "reasoning": "x"}
CHOICES = "Answer Choices:\nA. Lisinopril\nB. Losartan"
ONE_LINE = "(A) C (B) D (C) None of the above"
FORMATS: list[tuple[dict[str, Any], str, tuple[str, ...], str, str]] = [  # row, dataset, keys, answer, split
    (MEDMCQA, "medmcqa", ("C",), "c", ""),
    ({"QUESTION": "Does it?", "CONTEXTS": ["One.", "Two."], "final_decision": "maybe"}, "pubmedqa", ("C",), "maybe", ""),
    ({"pubid": 7, "question": "Does it?", "context": {"contexts": ["One."]}, "final_decision": "no"}, "pubmedqa", ("B",), "no", ""),
    ({"question": "Which?", "subject": "anatomy", "choices": ["a", "b", "c", "d"], "answer": 1}, "mmlu", ("B",), "b", "test"),
    ({"id": "Text-0", "question": f"Which?\n{CHOICES}", "options": TEN, "label": "J"}, "medxpertqa", ("J",), "j", "test"),
    (HLE | {"question": f"Which?\n\n{CHOICES}"}, "hle", ("B",), "Losartan", "test"),
    ({"id": "h2", "question": "How many?", "answer": "42", "answer_type": "exactMatch"}, "hle", (), "42", "test"),
    ({"Open-ended Verifiable Question": "Why?", "Ground-True Answer": "Gout"}, "huatuo-o1-verifiable", (), "Gout", ""),
    ({"Question": "Why?", "Complex_CoT": "Hm.", "Response": "Gout."}, "huatuo-o1-reasoning", (), "Gout.", ""),
    (REASONED | {"options": CHOICES}, "medreason", ("B",), "Losartan", ""),
    (REASONED | {"options": "None"}, "medreason", (), "Losartan.", ""),
    (REASONED | {"options": CHOICES, "dataset_name": "LastHumanity"}, "medreason", ("B",), "Losartan", "test"),
    ({"question": "Which?", "choices": ["a", "b", "c", "d"], "answer": "C"}, "mmlu", ("C",), "c", "test"),
    ({"question": "Which?", "A": "a", "B": "b", "C": "c", "D": "d", "answer": "D"}, "mmlu", ("D",), "d", "test"),
    ({"question": "Which?", "options": [{"key": "A", "value": "a"}, {"key": "B", "value": "b"}], "answer_idx": "B"}, "medqa", ("B",), "b", ""),
    ({"id": "Text-1", "question": f"Which?\nAnswer Choices: {ONE_LINE}", "options": TEN, "label": "A"}, "medxpertqa", ("A",), "a", "test"),
    (HLE | {"question": f"Which?\nAnswer Choices: {ONE_LINE}"}, "hle", ("B",), "D", "test"),
]


@pytest.mark.parametrize(("row", "dataset", "keys", "answer", "split"), FORMATS, ids=lambda value: value if isinstance(value, str) else "")
def test_formats_of_publishers(tmp_path: Path, row: dict[str, Any], dataset: str, keys: tuple[str, ...], answer: str, split: str) -> None:
    (question,) = read(tmp_path, row)
    assert isinstance(question, Question), question
    assert (question.dataset, question.answer_keys, question.answer_text, question.split) == (dataset, keys, answer, split)
    assert question.text in ("Which?", "Does it?", "Why?", "How many?")
    assert question.id.startswith((dataset, "Text-", "h"))
    if dataset == "pubmedqa":
        assert question.context.startswith("One.") and [option.text for option in question.options] == ["yes", "no", "maybe"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"cop": 4}, "answer_not_an_option", "cop"),
        ({"cop": -1}, "answer_not_an_option", "cop"),  # unlabelled
        ({"cop": None}, "missing_field", "cop"),
        ({"cop": "one"}, "bad_field", "cop"),
        ({"opb": " "}, "missing_field", "opb"),
        ({"question": None}, "missing_field", "question"),
    ],
)
def test_bad_medmcqa(tmp_path: Path, change: dict[str, Any], code: str, field: str) -> None:
    (bad,) = read(tmp_path, MEDMCQA | change)
    assert isinstance(bad, BadRow) and bad.code == code and f"row 1, field {field}" in str(bad.error)
    assert ("counts from 1" in str(bad.error)) == (change.get("cop") == 4)


def test_json_csv_and_parquet_hold_the_same_questions(tmp_path: Path) -> None:
    rows = [MEDMCQA, MEDMCQA | {"id": "x2", "cop": 0}]
    expected = read(tmp_path, *rows)
    (tmp_path / "q.json").write_text(json.dumps(rows), encoding="utf-8")
    pl.DataFrame(rows).write_parquet(tmp_path / "q.parquet")
    pl.DataFrame(rows).write_csv(tmp_path / "q.csv")
    for name in ("q.json", "q.parquet", "q.csv"):
        assert list(read_questions(tmp_path / name)) == expected, name
    (tmp_path / "lines.json").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert list(read_questions(tmp_path / "lines.json")) == expected


@pytest.mark.parametrize(("name", "content"), [("q.json", b"{"), ("q.parquet", b"PAR1"), ("q.csv", b'a,b\n"x')])
def test_a_broken_file_is_one_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        list(read_questions(tmp_path / name))


def test_a_csv_row_of_another_length_is_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("question,opa,opb,opc,opd,cop\nWhich?,a,b,c,d,1\nWhich?,a\n", encoding="utf-8")
    good, bad = read_questions(tmp_path / "q.csv")
    assert isinstance(good, Question) and isinstance(bad, BadRow) and bad.code == "bad_field"


@pytest.mark.parametrize(
    ("listed", "options"),
    [
        ("Answer Choices:\nA. one\nB. two\ngoes on\n\nC. three", {"A": "one", "B": "two\ngoes on", "C": "three"}),
        ("answer choices\n\n(A) one\n(B) two", {"A": "one", "B": "two"}),
        ("Answer Choices: (A) one\n(B) two (see A)", {"A": "one", "B": "two (see A)"}),
        ("Answer Choices:\nA.: one\nB: two", {"A": "one", "B": "two"}),
    ],
)
def test_choices_in_a_text_are_kept_whole(tmp_path: Path, listed: str, options: dict[str, str]) -> None:
    (question,) = read(tmp_path, HLE | {"question": f"Which of the answer choices (A) or B. fits?\n\n{listed}"})
    assert isinstance(question, Question), question
    assert question.text == "Which of the answer choices (A) or B. fits?"
    assert {option.key: option.text for option in question.options} == options


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("A. one\nB. two\nA. three", "bad_field"),
        ("A. one\nC. two", "bad_field"),
        ("A. one", "too_few_options"),
        ("A. one\nB. \n", "bad_field"),
        ("no letters at all", "too_few_options"),
    ],
)
def test_choices_that_cannot_be_told_apart_are_a_bad_row(tmp_path: Path, listed: str, code: str) -> None:
    for row, field in (
        (HLE | {"question": f"Which?\nAnswer Choices:\n{listed}"}, "question"),
        (REASONED | {"answer": "one", "options": f"Answer Choices:\n{listed}"}, "options"),
    ):
        (bad,) = read(tmp_path, row)
        assert isinstance(bad, BadRow) and bad.code == code and f"field {field}: " in str(bad.error), bad


def test_an_open_question_keeps_its_text_whole(tmp_path: Path) -> None:
    text = "Which do they share?\nAnswer Choices:\nA. one\nB. two"
    (question,) = read(tmp_path, HLE | {"question": text, "answer": "both", "answer_type": "exactMatch"})
    assert isinstance(question, Question) and question.text == text and question.options == ()


def test_mmlu_files_have_no_header(tmp_path: Path) -> None:
    path = tmp_path / "college_medicine_test.csv"
    path.write_text('"Which, then?",[a],b,c,d,B\nWho?,e,f,g,h,A\nWho?,e,f,g,h\n', encoding="utf-8")
    first, second, bad = read_questions(path)
    assert isinstance(first, Question) and isinstance(second, Question) and isinstance(bad, BadRow)
    assert (first.text, first.answer_text, first.options[0].text, first.split) == ("Which, then?", "b", "[a]", "test")
    assert first.tags == ("subject:college_medicine",)
    assert (second.text, second.answer_keys, bad.row) == ("Who?", ("A",), 3)


def test_a_parquet_file_may_hold_four_options_and_five(tmp_path: Path) -> None:
    five = MEDQA | {"options": dict(zip("ABCDE", "abcde", strict=True)), "answer": "e", "answer_idx": "E"}
    four = MEDQA | {"options": dict(zip("ABCDE", ["v", "w", "x", "y", None], strict=True)), "answer": "w"}
    pl.DataFrame([five, four]).write_parquet(tmp_path / "q.parquet")
    pl.DataFrame([row | {"options": [{"key": k, "value": v} for k, v in row["options"].items()]} for row in (five, four)]).write_parquet(
        tmp_path / "listed.parquet"
    )
    for name in ("q.parquet", "listed.parquet"):
        found = [question for question in read_questions(tmp_path / name) if isinstance(question, Question)]
        assert [(len(q.options), q.answer_text) for q in found] == [(5, "e"), (4, "w")]
    (bad,) = read(tmp_path, MEDQA | {"options": {"A": "a", "B": None, "C": "c"}, "answer": "c", "answer_idx": "C"})
    assert isinstance(bad, BadRow) and "option 'B' has no text" in str(bad.error)
    (bad,) = read(tmp_path, MEDQA | {"options": [{"key": "A", "value": "a"}, {"key": "A", "value": "b"}]})
    assert isinstance(bad, BadRow) and "option 'A' stands twice" in str(bad.error)


def test_the_other_fields_of_publishers_become_tags(tmp_path: Path) -> None:
    hub = {"pubid": 7, "question": "Does it?", "final_decision": "no", "long_answer": "It does not."}
    of_hub = {"contexts": ["One."], "labels": ["METHODS"], "meshes": ["Humans", "Rats"], "reasoning_free_pred": "no"}
    upper = {"QUESTION": "Does it?", "CONTEXTS": ["One."], "LABELS": ["METHODS"], "MESHES": ["Humans"], "YEAR": "2000"}
    rows = [
        MEDMCQA | {"topic_name": None, "choice_type": "single", "exp": "As c."},
        hub | {"context": of_hub},
        upper | {"final_decision": "no", "reasoning_required_pred": "yes", "LONG_ANSWER": "No."},
        MEDQA | {"meta_info": "step2&3"},
        REASONED | {"options": CHOICES},
        HLE
        | {
            "question": CHOICES.replace("Answer", "Which?\nAnswer"),
            "category": "Medicine",
            "raw_subject": "Drugs",
            "rationale": "So.",
            "canary": "x",
        },
        {"id": "MM-1", "question": "Which?", "options": TEN, "label": "A", "images": ["MM-1-a.jpeg"], "body_system": "Digestive"},
    ]
    found = read(tmp_path, *rows)
    assert [question.tags for question in found if isinstance(question, Question)] == [
        ("subject:Anatomy", "choice_type:single", "explanation:As c."),
        ("label:METHODS", "mesh:Humans", "mesh:Rats", "reasoning_free:no", "explanation:It does not."),
        ("label:METHODS", "mesh:Humans", "year:2000", "reasoning_required:yes", "explanation:No."),
        ("meta_info:step2&3",),
        ("source:medqa", "explanation:so"),
        ("subject:Medicine", "topic:Drugs", "explanation:So.", "canary:x"),
        ("body_system:Digestive", "image:MM-1-a.jpeg"),
    ]


def test_a_row_that_states_no_split_is_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "validation").mkdir()
    stated = OURS | {"id": "q2", "split": "extra"}
    for name, splits in (
        ("my train 2.jsonl", ["train", "train", "extra"]),
        ("validation/0000.jsonl", ["dev", "dev", "extra"]),
        ("q.jsonl", ["", "train", "extra"]),
    ):
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(row) for row in (MEDMCQA, without(OURS, "split"), stated)), encoding="utf-8")
        assert [question.split for question in read_questions(path) if isinstance(question, Question)] == splits


def test_a_bomb_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_BYTES", 1 << 20)
    for name in ("q.jsonl.gz", "q.json.gz", "q.csv.gz", "q.parquet.gz"):
        (tmp_path / name).write_bytes(gzip.compress(bytes(10_000_000)))
        with pytest.raises(InputError, match=f"{name}: unpacks to more than"):
            list(read_questions(tmp_path / name))
