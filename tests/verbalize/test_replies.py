"""What is read of a reply, what is told of one that cannot be, and what becomes of a draft with the steps that mend it."""

from __future__ import annotations

import json

import pytest

from kgpaths.verbalize.replies import KINDS, Cite, Mended, Said, Unusable, Written, mended, written

CITE = {"ref": "E1", "subject": "pallor", "object": "anemia", "relation": "is recorded for", "stance": "denied"}
STEP = {"kind": "inference", "option": "", "text": "Pallor is recorded for anemia.", "cites": [CITE], "quotes": ["M1"]}
REPLY = {"steps": [STEP], "conclusion": "B"}
READ = Written(
    (Said("inference", "", "Pallor is recorded for anemia.", (Cite("E1", "pallor", "anemia", "is recorded for", "denied"),), ("M1",)),), "B"
)
PLAIN = json.dumps(REPLY)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"  {PLAIN}\n",
        json.dumps(REPLY, indent=2),
        f"```json\n{PLAIN}\n```",
        f"Here is the reply:\n{PLAIN}\nI hope {{that}} helps.",
        f"<think>steps: {{}} or {PLAIN.replace('B', 'C')}?</think>{PLAIN}",
        f"no opening tag, but thoughts {{ {PLAIN.replace('B', 'C')} }}\n</think>\n{PLAIN}",
        f"{{not this}} {{}} {PLAIN}",
        PLAIN.replace("]}", "],}").replace('"M1"]', '"M1" , ]'),
        PLAIN.replace("recorded for anemia", "recorded\nfor\tanemia"),
        f"\ufeff{PLAIN}",
        PLAIN.replace('"steps"', '"note": "a, ]", "steps"'),
    ],
)
def test_the_object_is_found_in_what_stands_around_it(text: str) -> None:
    assert written(text) == READ


def test_what_may_be_missing() -> None:
    bare = {"steps": [{"kind": "finding", "text": "Pallor.", "cites": [{**CITE, "stance": None}]}], "conclusion": ""}
    step = written(json.dumps(bare)).steps[0]
    assert (step.option, step.quotes, step.cites[0].stance) == ("", (), "asserted")


def test_a_comma_within_a_text_stays() -> None:
    text = PLAIN.replace("Pallor is", "Pallor, ] is, }").replace('"conclusion": "B"}', '"conclusion": "B",}')
    assert written(text).steps[0].text == "Pallor, ] is, } recorded for anemia."


def test_half_a_character_is_shown_as_missing() -> None:
    assert written(PLAIN.replace("Pallor", "\\ud83dPallor")).steps[0].text.startswith("�Pallor")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it holds no whole JSON object with steps"),
        ("I cannot answer.", "it holds no whole JSON object with steps"),
        (PLAIN[:-40], "it holds no whole JSON object with steps"),
        (f"[{PLAIN[1:-1]}]", "it holds no whole JSON object with steps"),
        ("[" * 100_000, "it holds no whole JSON object with steps"),
        ('{"a":' * 100_000, "it holds no whole JSON object with steps"),
        (json.dumps({**REPLY, "steps": "none"}), "steps is no list"),
        (json.dumps({**REPLY, "steps": []}), "steps is empty"),
        (json.dumps({**REPLY, "steps": ["Pallor"]}), "steps[0] is no object"),
        (json.dumps({**REPLY, "steps": [STEP] * 61}), "steps has 61 items, at most 60"),
        (json.dumps({"steps": [STEP]}), "conclusion is missing"),
        (json.dumps({**REPLY, "conclusion": 2}), "conclusion is no string"),
        (json.dumps({**REPLY, "steps": [{**STEP, "kind": "guess"}]}), "steps[0].kind is none of finding, inference, elimination, conclusion"),
        (json.dumps({**REPLY, "steps": [STEP, {**STEP, "text": " "}]}), "steps[1].text is empty"),
        (json.dumps({**REPLY, "steps": [{**STEP, "cites": {}}]}), "steps[0].cites is no list"),
        (json.dumps({**REPLY, "steps": [{**STEP, "quotes": [1]}]}), "steps[0].quotes holds what is no string"),
        (json.dumps({**REPLY, "steps": [{**STEP, "cites": [{"ref": "E1"}]}]}), "steps[0].cites[0].subject is missing"),
        (
            json.dumps({**REPLY, "steps": [{**STEP, "cites": [{**CITE, "stance": "sure"}]}]}),
            "steps[0].cites[0].stance is none of asserted, denied, h",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_short_line(text: str, told: str) -> None:
    with pytest.raises(Unusable) as error:
        written(text)
    assert str(error.value).startswith(told) and "\n" not in str(error.value) and len(str(error.value)) < 120


FIRST = json.dumps({**REPLY, "steps": [{**STEP, "number": 2}, {"number": 0, "kind": "conclusion", "text": "", "cites": []}]})


def test_steps_that_mend_are_read_with_their_numbers() -> None:
    read = mended(f"Mended:\n```json\n{FIRST}\n```")
    assert read == Mended(((2, READ.steps[0]), (0, Said("conclusion", "", "", (), ()))), "B")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"number": None}, "steps[1].number is missing"),
        ({"number": "2"}, "steps[1].number is no whole number"),
        ({"number": 2.0}, "steps[1].number is no whole number"),
        ({"number": True}, "steps[1].number is no whole number"),
        ({"number": 2, "kind": "guess"}, "steps[1].kind is none of finding, inference, elimination, conclusion"),
        ({"number": 2, "text": None}, "steps[1].text is missing"),
        ({"number": 2, "cites": [{**CITE, "ref": 1}]}, "steps[1].cites[0].ref is no string"),
    ],
)
def test_a_step_that_mends_is_as_whole_as_any_other(changed: dict[str, object], told: str) -> None:
    with pytest.raises(Unusable) as error:
        mended(json.dumps({**REPLY, "steps": [{**STEP, "number": 1}, {**STEP, **changed}]}))
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PLAIN, "steps[0].number is missing"),
        (json.dumps({"steps": [], "conclusion": "B"}), "steps is empty"),
        (json.dumps({"steps": ["Pallor"], "conclusion": "B"}), "steps[0] is no object"),
        (json.dumps({"steps": [{**STEP, "number": 1}]}), "conclusion is missing"),
        ("Nothing to mend.", "it holds no whole JSON object with steps"),
    ],
)
def test_what_cannot_mend_is_told_as_of_any_reply(text: str, told: str) -> None:
    with pytest.raises(Unusable) as error:
        mended(text)
    assert str(error.value) == told


def step(text: str, kind: str = "inference", option: str = "") -> Said:
    """Return a step that says something."""
    return Said(next(one for one in KINDS if one == kind), option, text, (), ())


DRAFT = Written(
    (step("He is 40.", "finding"), step("One."), step("Two."), step("Not A.", "elimination", "A"), step("It is B.", "conclusion", "B")), "B"
)


def texts(*steps: tuple[int, Said]) -> list[str]:
    """Return what the draft says with steps that mend it."""
    return [said.text for said in Mended(steps, "").into(DRAFT).steps]


def test_a_step_takes_the_place_of_the_one_of_its_number() -> None:
    cited = Said("inference", "", "One.", (Cite("E1", "pallor", "anemia", "is recorded for"),), ("M1",))
    merged = Mended(((2, cited), (5, step("It is C.", "conclusion", "C"))), "C").into(DRAFT)
    assert merged == Written((DRAFT.steps[0], cited, *DRAFT.steps[2:4], step("It is C.", "conclusion", "C")), "C")


def test_a_step_that_is_added_stands_behind_the_others_of_its_kind() -> None:
    added = ((0, step("Not C.", "elimination", "C")), (0, step("Three.")), (0, step("She is a woman.", "finding")), (0, step("Four.")))
    assert texts(*added) == ["He is 40.", "She is a woman.", "One.", "Two.", "Three.", "Four.", "Not A.", "Not C.", "It is B."]


def test_a_step_without_text_is_left_out() -> None:
    assert texts((3, step("")), (4, step("", "elimination", "A"))) == ["He is 40.", "One.", "It is B."]
    assert texts((0, step("")), (1, step("He is 41.", "finding"))) == ["He is 41.", "One.", "Two.", "Not A.", "It is B."]
    assert texts((2, step("")), (0, step("One, later."))) == ["He is 40.", "Two.", "One, later.", "Not A.", "It is B."]


@pytest.mark.parametrize("number", [-1, 6, 10**30])
def test_a_number_that_no_step_has_adds_one(number: int) -> None:
    assert texts((number, step("Three."))) == ["He is 40.", "One.", "Two.", "Three.", "Not A.", "It is B."]
    assert texts((number, step(""))) == [said.text for said in DRAFT.steps]


def test_of_two_steps_with_one_number_the_last_stays() -> None:
    assert texts((2, step("Once.")), (2, step("Twice."))) == ["He is 40.", "Twice.", "Two.", "Not A.", "It is B."]


def test_a_step_of_another_kind_goes_where_its_kind_stands() -> None:
    assert texts((2, step("Not C.", "elimination", "C"))) == ["He is 40.", "Two.", "Not C.", "Not A.", "It is B."]


def test_no_conclusion_keeps_the_drafts() -> None:
    assert Mended(((2, step("Once.")),), "").into(DRAFT).conclusion == "B"
    assert Mended(((2, step("Once.")),), "C").into(DRAFT).conclusion == "C"


def test_a_draft_whose_steps_are_all_left_out_is_empty() -> None:
    assert Mended(tuple((number, step("")) for number in range(1, 6)), "").into(DRAFT) == Written((), "B")
