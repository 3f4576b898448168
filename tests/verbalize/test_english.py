"""Grammar: number, articles, lists and capitals."""

import pytest

from kgpaths.verbalize.english import article, capitalise, head, is_plural, join


@pytest.mark.parametrize(
    "words",
    [
        *("hallucinations", "petechiae", "red blood cell casts", "Koplik spots", "nausea and vomiting", "ragged-red fibers", "bacteria", "NSAIDs"),
        *("abnormalities of the eye", "ecchymoses", "gallstones", "Seizures (focal)", "condylomata", "nodules"),
    ],
)
def test_plural(words: str) -> None:
    assert is_plural(words)


@pytest.mark.parametrize(
    "words",
    [
        *("diabetes", "diabetes mellitus", "measles", "asthma", "herpes zoster", "cirrhosis", "scabies", "pertussis", "Crohn's", "AIDS", "pancreas"),
        *("abnormality of the eyes", "loss of appetite", "difficulty climbing stairs", "fever", "torsades de pointes", "tinnitus", "abscess"),
        *("dermatitis herpetiformis", "abruptio placentae", "hypertension in children", "fear of heights"),
    ],
)
def test_singular(words: str) -> None:
    assert not is_plural(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        *(
            ("MRI", "an"),
            ("HIV infection", "an"),
            ("HELLP syndrome", "a"),
            ("CT scan", "a"),
            ("X-linked disease", "an"),
            ("urinary tract infection", "a"),
        ),
        *(("uterine tumor", "a"), ("ulcer", "an"), ("uninfected wound", "an"), ("unilateral rash", "a"), ("hour", "an"), ("8-year-old girl", "an")),
        *(
            ("18-year-old", "an"),
            ("80-year-old", "an"),
            ("1-year-old", "a"),
            ("eunuchoid habitus", "a"),
            ("adverse effect", "an"),
            ("ACE inhibitor", "an"),
        ),
        *(("rash", "a"), ("one-sided headache", "a"), ("uveitis", "a"), ("110-year-old", "a")),
    ],
)
def test_article(words: str, expected: str) -> None:
    assert article(words) == expected


def test_lists_take_the_oxford_comma() -> None:
    assert join(["fever"]) == "fever"
    assert join(["fever", "cough"]) == "fever and cough"
    assert join(["fever", "cough", "chills"]) == "fever, cough, and chills"
    assert join(["fever", "cough", "chills"], "or") == "fever, cough, or chills"


def test_the_head_stands_before_the_first_preposition() -> None:
    assert head("petechiae of the palate") == "petechiae"
    assert head("red cell casts (urine)") == "casts"


def test_a_sentence_starts_large_unless_its_word_has_its_own_form() -> None:
    assert capitalise("fever is absent") == "Fever is absent"
    assert capitalise("pH is low") == "pH is low"
    assert capitalise("mRNA is made") == "mRNA is made"
    assert capitalise("onabotulinumtoxinA treats dystonia") == "OnabotulinumtoxinA treats dystonia"
