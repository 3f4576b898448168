"""What is read of a reply, and what is told of one that cannot be."""

from __future__ import annotations

import json

import pytest

from kgpaths.verbalize.replies import Cite, Said, Unusable, Written, written

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
