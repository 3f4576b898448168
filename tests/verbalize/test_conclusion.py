"""The lead-in as a statement that names the option and its letter."""

import pytest

from kgpaths.model import Option, Question
from kgpaths.verbalize.conclusion import conclude, stated
from kgpaths.verbalize.phrasing import Chooser


@pytest.mark.parametrize(
    ("asked", "option", "expected"),
    [
        ("Which of the following is the most likely diagnosis?", "gout", "the most likely diagnosis is gout (B)"),
        ("Which of the following drugs is contraindicated in this patient?", "metformin", "metformin (B) is contraindicated in this patient"),
        ("Which of the following drugs should be started immediately?", "tretinoin", "tretinoin (B) should be started immediately"),
        ("Which of the following laboratory findings is most likely?", "blasts", "blasts (B) are most likely"),
        ("What is the most likely cause?", "lithium", "the most likely cause is lithium (B)"),
        (
            "Which of the following best describes the mechanism of action of this drug?",
            "inhibition of renin",
            "inhibition of renin (B) best describes the mechanism of action of this drug",
        ),
        ("Which of the following is the best next step in management?", "surgery", "the best next step in management is surgery (B)"),
        ("Which of the following would you expect in this patient?", "gout", None),
        ("All of the following are causes EXCEPT?", "gout", None),
        ("Which of the following is the least likely diagnosis?", "gout", None),
        ("Which of the following is not a feature?", "gout", None),
        ("Name the disease.", "gout", None),
    ],
)
def test_stated(asked: str, option: str, expected: str | None) -> None:
    assert stated(asked, option, f"{option} (B)") == expected


def question(text: str, category: str = "") -> Question:
    return Question(id="q", dataset="t", text=text, options=(Option(key="B", text="Gout"),), answer_keys=("B",), category=category)


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("diagnosis", ("the most likely diagnosis is gout (B)", "the findings best fit gout (B)")),
        ("treatment", ("the best treatment is gout (B)", "treatment with gout (B) fits best")),
        ("inheritance", ("the most likely inheritance is gout (B)",)),
    ],
)
def test_other_lead_ins_fall_back_on_what_is_asked(category: str, expected: tuple[str, ...]) -> None:
    for seed in range(10):
        said = conclude(question("A man has a red toe. Name it.", category), "gout", "B", Chooser(seed, "q"))
        assert said.endswith(expected)


def test_only_a_condition_is_called_a_diagnosis_and_only_an_organism_one() -> None:
    for seed in range(10):
        for option, category, expected in (
            ("piperacillin", "Drug", "what fits best is"),
            ("Vibrio cholerae", "Bacterium", "the most likely organism is"),
        ):
            said = conclude(question("Name what grows.", "pathogen"), option, "B", Chooser(seed, "q"), category)
            assert said.endswith(f"{expected} {option} (B)")
        said = conclude(question("A man has a mass. Name it.", "diagnosis"), "RET proto-oncogene", "B", Chooser(seed, "q"), "Gene")
        assert said.endswith("what fits best is RET proto-oncogene (B)")
