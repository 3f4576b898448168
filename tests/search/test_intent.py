"""What a question asks for, by its category and by its lead-in."""

import pytest

from kgpaths.model import Question
from kgpaths.search.explain import harms
from kgpaths.search.intent import CATEGORIES, INTENTS, asks_for_exception, intent_of, lead_in
from kgpaths.vocabulary import PREDICATES

LEAD_INS = {
    "Which of the following is the most likely diagnosis?": "diagnosis",
    "Which of the following is the most likely cause of this patient's symptoms?": "diagnosis",
    "Which of the following conditions best explains these findings?": "diagnosis",
    "Which of the following is the best treatment for this patient?": "treatment",
    "What is the most appropriate pharmacotherapy for this patient?": "treatment",
    "Which of the following drugs should be started immediately?": "treatment",
    "Which of the following is the most appropriate next step in management?": "management",
    "Which of the following drugs is contraindicated in this patient?": "contraindication",
    "Which of the following medications should be avoided in this patient?": "contraindication",
    "Which of the following medications most likely led to her current symptoms?": "adverse_effect",
    "This patient is at increased risk for which of the following adverse effects?": "adverse_effect",
    "Which of the following best describes the mechanism of action of this drug?": "mechanism",
    "Which of the following organisms is the most likely cause?": "pathogen",
    "Which of the following is the most likely mode of inheritance of this condition?": "inheritance",
    "Which of the following is the most appropriate antidote?": "antidote",
    "Which of the following would have prevented this condition?": "prophylaxis",
    "Which vaccine should be given now?": "prophylaxis",
    "What diagnostic test would be most appropriate at this time?": "diagnostic_test",
    "Which of the following is the most significant risk factor for this condition?": "risk_factor",
    "Which of the following is a complication of this patient's condition?": "complication",
    "Which of the following lab findings would most likely be seen in this patient?": "laboratory_finding",
    "A deficiency of which of the following is most likely?": "deficiency",
    "Which of the following is true?": "general",
}


def question(text: str, category: str = "") -> Question:
    return Question(id="q", dataset="d", text=text, category=category)


@pytest.mark.parametrize(("text", "name"), LEAD_INS.items())
def test_the_lead_in_betrays_the_intent(text: str, name: str) -> None:
    assert intent_of(question(f"A 30-year-old man was treated for asthma. {text}")).name == name


def test_a_stated_category_stands_above_the_lead_in() -> None:
    assert intent_of(question("Which of the following drugs is the most likely cause?", "adverse_effect")).name == "adverse_effect"
    assert intent_of(question("Which is the most likely diagnosis?", "rare_disease")).name == "diagnosis"


def test_a_lead_in_narrows_a_stated_treatment_only() -> None:
    assert intent_of(question("Which of the following is the most appropriate antidote?", "treatment")).name == "antidote"
    assert intent_of(question("Which organism is most likely?", "treatment")).name == "treatment"


def test_the_lead_in_is_the_last_sentence_that_asks() -> None:
    assert lead_in("What happened? He fell. Which drug helps? Serum: Na 140. K 3.9.") == "Which drug helps?"
    assert lead_in("The most likely diagnosis is") == "The most likely diagnosis is"
    assert lead_in("") == ""


def test_prevention_never_counts_as_treatment_and_opposing_relations_only_where_asked() -> None:
    assert "~preventative_for_condition" not in INTENTS["treatment"].last
    assert {name for name, intent in INTENTS.items() if intent.opposing} == {"contraindication", "adverse_effect"}
    for intent in INTENTS.values():
        named = {name.lstrip("~") for name in intent.last}
        assert {name for name in named if harms(name)} == set(intent.opposing)
    assert harms("pharmacologically_interacts_with") and harms("contraindicated_in") and not harms("treats")


def test_every_intent_names_clinical_predicates_of_the_vocabulary() -> None:
    assert set(CATEGORIES.values()) == set(INTENTS)
    for intent in INTENTS.values():
        assert all(PREDICATES[name.lstrip("~")].role == "clinical" for name in (*intent.last, *intent.via, *intent.from_stated))
        assert not intent.last or set(intent.from_stated) <= set(intent.last)


def test_a_remedy_is_reached_as_the_subject_of_its_relation() -> None:
    for name in ("treatment", "prophylaxis", "antidote"):
        assert all(relation.startswith("~") for relation in INTENTS[name].last)


def test_an_exception_is_asked_for_and_harm_is_no_exception() -> None:
    for asked in (
        "All of the following are features EXCEPT:",
        "Which of the following is least likely?",
        "Which of the following is not a cause?",
        "Which of the following findings would not be expected in this patient?",
    ):
        assert asks_for_exception(question(asked)), asked
    for asked in (
        "Which of the following drugs should not be given?",
        "If she does not smoke, which of the following is the most likely diagnosis?",
        "Her examination is normal except for a rash; which of the following is the most likely diagnosis?",
    ):
        assert not asks_for_exception(question(asked)), asked
