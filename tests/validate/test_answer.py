"""Answer: the conclusion is the gold option and only it, and nothing says so too early."""

from __future__ import annotations

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Option
from tests.validate.drafts import codes, edge_citation, first, with_options, with_step

GOLD = "iron deficiency anemia"


def concluded(draft: Draft, graph: Graph, text: str) -> set[str]:
    """Return the errors of the draft whose last step says ``text``."""
    return codes(with_step(draft, draft.steps[-1], text=text), graph)


@pytest.mark.parametrize(
    "text",
    [
        f"The most likely diagnosis is {GOLD} (B).",
        "Iron Deficiency Anemia (B) is the most likely diagnosis.",
        f"So the answer is B: {GOLD}.",
        f"The findings fit {GOLD} best.",
    ],
)
def test_a_conclusion_may_be_worded_freely(text: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert concluded(drafts["diagnosis"], rich, text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"The most likely diagnosis is {GOLD} (A).", "letter"),
        (f"So option D fits best, {GOLD}.", "letter"),
        (f"The answer is A, {GOLD}.", "letter"),
        ("The most likely diagnosis is scurvy (B).", "not_named"),
        ("The most likely diagnosis is scurvy (B).", "double"),
        ("The most likely diagnosis is the one above (B).", "not_named"),
        ("", "not_named"),
        (f"The most likely diagnosis is {GOLD} (B) or scurvy.", "double"),
        (f"The most likely diagnoses are {GOLD} (B) and beta thalassemia (A).", "letter"),
        (f"The most likely diagnosis is not {GOLD} (B).", "refused"),
        (f"It is never {GOLD} (B).", "refused"),
        (f"{GOLD} (B) is the least likely diagnosis.", "refused"),
        (f"As the gold answer says, it is {GOLD} (B).", "leak"),
    ],
)
def test_a_conclusion_that_is_wrong_double_or_refused_is_found(text: str, code: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert f"answer.{code}" in concluded(drafts["diagnosis"], rich, text)


def test_the_conclusion_is_the_key(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert "answer.not_gold" in codes(draft.model_copy(update={"conclusion": "A"}), rich)
    assert "answer.not_gold" in codes(draft.model_copy(update={"conclusion": ""}), rich)
    none = draft.question.model_copy(update={"answer_keys": ()})
    assert "answer.not_gold" in codes(draft.model_copy(update={"question": none}), rich)


def test_an_option_within_another_is_not_taken_for_it(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = with_options(drafts["diagnosis"], lambda o: o.model_copy(update={"text": "Anemia"}) if o.key == "A" else o)
    assert "answer.double" not in concluded(draft, rich, f"The most likely diagnosis is {GOLD} (B).")
    wrong = draft.model_copy(update={"conclusion": "A"})
    assert "answer.not_named" in concluded(wrong, rich, f"The most likely diagnosis is {GOLD} (A).")


def test_options_that_differ_in_a_sign_alone_are_told_apart(drafts: dict[str, Draft], rich: Graph) -> None:
    texts = {"A": "↓ iron, ↑ ferritin", "B": "↑ iron, ↓ ferritin", "C": "β-thalassemia", "D": "α-thalassemia"}
    draft = with_options(drafts["diagnosis"], lambda o: Option(key=o.key, text=texts[o.key]))
    assert "answer.not_named" not in concluded(draft, rich, "What fits best is ↑ iron, ↓ ferritin (B).")
    assert {"answer.not_named", "answer.double"} <= concluded(draft, rich, "What fits best is ↓ iron, ↑ ferritin (B).")
    greek = draft.model_copy(update={"conclusion": "C"})
    assert "answer.not_named" in concluded(greek, rich, "What fits best is α-thalassemia.")


def test_options_with_one_text_need_the_letter(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = with_options(drafts["diagnosis"], lambda o: o.model_copy(update={"text": f"{GOLD}."}) if o.key == "A" else o)
    assert "answer.not_named" in concluded(draft, rich, f"The most likely diagnosis is {GOLD}.")
    assert not {"answer.not_named", "answer.double"} & concluded(draft, rich, f"The most likely diagnosis is {GOLD} (B).")


def test_keys_need_not_be_capitals(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    keys = dict(zip("ABCD", "1234", strict=True))
    draft = with_options(draft, lambda o: o.model_copy(update={"key": keys[o.key]})).model_copy(update={"conclusion": "2"})
    assert "answer.letter" in concluded(draft, rich, f"The most likely diagnosis is {GOLD} (3).")
    assert "answer.letter" not in concluded(draft, rich, f"The most likely diagnosis is {GOLD} (2).")


@pytest.mark.parametrize(
    "words",
    [
        "the gold answer is clear",
        "as the answer key says",
        "the provided answer fits",
        "the correct answer was given",
        "the knowledge graph says so",
        "see edge 5",
        "see path 2",
        "the supplied paths lead there",
    ],
)
def test_a_leak_is_found_in_every_step(words: str, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for step in draft.steps:
        assert "answer.leak" in codes(with_step(draft, step, text=f"{step.text} So {words}."), rich)


@pytest.mark.parametrize("words", ["the answer is clear", "the correct option is B", "it is option B", "this is (B)"])
def test_an_answer_settled_before_the_conclusion_is_found(words: str, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for kind in ("finding", "inference"):
        step = first(draft, kind)
        assert "answer.early" in codes(with_step(draft, step, text=f"{step.text} So {words}."), rich)


def test_findings_that_name_the_answer_are_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft, step = drafts["diagnosis"], first(drafts["diagnosis"], "finding")
    assert "answer.early" in codes(with_step(draft, step, text=f"{step.text} This is {GOLD}."), rich)
    text = step.text.replace("pica", "pica, hypoferric anemia")
    synonym = with_step(draft, step, text=text, citations=(*step.citations, edge_citation(first(draft, "inference"))))
    assert codes(synonym, rich)  # citing an edge there does not excuse it
