"""Strength: numbers, frequencies and certainty are those of the edge they speak of."""

from __future__ import annotations

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Frequency
from kgpaths.validate.strength import COUNT, PERCENT, bounds, counted, everyone, within
from tests.validate.drafts import codes, first, reworded, stating, with_step

PICA = "iron deficiency anemia", "has_phenotype", "pica"


def stated(draft: Draft, graph: Graph, text: str, relation: str = "is recorded for", *edge: str) -> set[str]:
    """Return the strength flaws of the draft whose first inference is ``text``, citing one edge."""
    cited = stating(graph, text, *(edge or PICA), relation)
    broken = with_step(draft, first(draft, "inference"), text=text, citations=(cited,))
    return {code for severity in ("error", "warning") for code in codes(broken, graph, severity) if code.startswith("strength")}


@pytest.mark.parametrize(
    "text",
    [
        "Pica is recorded for iron deficiency anemia in 3 of 40 reported patients.",
        "Pica (3 of 40) is recorded for iron deficiency anemia.",
        "In 3 of 40 patients, pica is recorded for iron deficiency anemia.",
        "Pica is recorded for iron deficiency anemia in 8% of patients.",
        "Pica is recorded for iron deficiency anemia as an occasional finding.",
        "Pica is recorded for iron deficiency anemia, if rarely.",
        "Pica is recorded for iron deficiency anemia, as in this 30-year-old woman.",
    ],
)
def test_what_the_edge_bears_out_is_clean(text: str, drafts: dict[str, Draft], rich: Graph) -> None:
    assert stated(drafts["diagnosis"], rich, text) == set()


@pytest.mark.parametrize(
    ("tail", "code"),
    [
        ("in 4 of 40 reported patients", "count"),
        ("in 3 of 4 reported patients", "count"),
        ("in 8 of 10 reported patients", "count"),
        ("in 80% of patients", "percent"),
        ("in 3 to 40% of patients", "percent"),
        ("in 3 percent", "percent"),
        ("as a frequent finding", "frequency"),
        ("as a very frequent finding", "frequency"),
        ("as an obligate finding", "frequency"),
        ("as a very rare finding", "frequency"),
        ("and often so", "frequency"),
        ("typically", "frequency"),
        ("in most patients", "frequency"),
        ("in all patients", "universal"),
        ("in every patient", "universal"),
        ("in all recorded patients", "universal"),
        ("always", "universal"),
        ("without exception", "universal"),
        ("and proves it", "certainty"),
        ("and is pathognomonic", "certainty"),
        ("and certainly is", "certainty"),
        ("after 12 weeks", "number"),
        ("at 250 mg", "number"),
        ("in 40", "number"),
    ],
)
def test_what_the_edge_does_not_bear_out_is_found(tail: str, code: str, drafts: dict[str, Draft], rich: Graph) -> None:
    text = f"Pica is recorded for iron deficiency anemia {tail}."
    assert (f"strength.{code}" in stated(drafts["diagnosis"], rich, text)) == (tail != "in 40")  # 40 patients there were


def test_a_number_belongs_to_the_edge_it_is_said_of(drafts: dict[str, Draft], rich: Graph) -> None:
    """Both counts are true of edges of the step, but of the other one each."""
    draft = drafts["diagnosis"]
    step = first(draft, "inference")
    broken = reworded(draft, step, "8 of 10", "9 of 99")
    broken = reworded(broken, broken.steps[step.index], "3 of 40", "8 of 10")
    broken = reworded(broken, broken.steps[step.index], "9 of 99", "3 of 40")
    assert "strength.count" in codes(broken, rich)
    swapped = reworded(draft, step, "(very frequent)", "(occasional)")
    assert "strength.frequency" in codes(swapped, rich)


def test_words_of_frequency_for_an_edge_without_one_are_uncovered(drafts: dict[str, Draft], rich: Graph) -> None:
    edge = "beta thalassemia", "has_phenotype", "fatigue"
    text = "Fatigue is recorded for beta thalassemia as a very frequent finding."
    assert stated(drafts["diagnosis"], rich, text, "is recorded for", *edge) == {"strength.frequency"}
    text = "Fatigue is often recorded for beta thalassemia."
    cited = stating(rich, text, *edge, "is often recorded for")
    broken = with_step(drafts["diagnosis"], first(drafts["diagnosis"], "inference"), text=text, citations=(cited,))
    assert "strength.frequency" in codes(broken, rich, "warning")
    assert "strength.frequency" not in codes(broken, rich)


def test_the_questions_own_numbers_and_words_may_be_said_again(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    question = draft.question.model_copy(update={"text": draft.question.text.replace(". There", " in 4 of 5 nights, always, for 12 weeks. There")})
    text = "Pica, as in 4 of 5 nights, always, for 12 weeks, is recorded for iron deficiency anemia."
    assert stated(draft.model_copy(update={"question": question}), rich, text) == set()


def test_endless_digits_are_no_crash(drafts: dict[str, Draft], rich: Graph) -> None:
    for digits in ("1" * 1400, "1 of " + "9" * 1400, "0." + "3" * 1400 + "%", "٣ of ٤"):
        assert stated(drafts["diagnosis"], rich, f"Pica is recorded for iron deficiency anemia in {digits}"[:1490])


@pytest.mark.parametrize(
    ("frequency", "words", "expected"),
    [
        (Frequency(n=8, m=10), "80%", True),
        (Frequency(n=8, m=10), "81%", False),
        (Frequency(n=2, m=3), "67%", True),
        (Frequency(n=3, m=3), "100%", False),
        (Frequency(n=30, m=30), "100%", True),
        (Frequency(lower=0.05, upper=0.29), "5 to 29%", True),
        (Frequency(lower=0.05, upper=0.29), "5-29 percent", True),
        (Frequency(lower=0.05, upper=0.29), "5%", False),
        (Frequency(lower=0.05, upper=0.29), "29%", False),
        (Frequency(n=8, m=10), "80 to 90%", False),
        (Frequency(), "80%", False),
        (Frequency(n=0, m=0), "0%", False),
    ],
)
def test_percentages(frequency: Frequency, words: str, expected: bool) -> None:
    found = PERCENT.search(words)
    assert found
    assert bounds(found, frequency) == expected


def test_counts_shares_and_everyone() -> None:
    found = COUNT.search("8 out of the 10")
    assert found
    assert counted(found, Frequency(n=8, m=10)) and not counted(found, Frequency(n=10, m=8)) and not counted(found, Frequency())
    assert within((0.3, 0.79), Frequency(n=3, m=10)) and not within((0.3, 0.79), Frequency(n=29, m=100)) and not within((0.3, 0.79), Frequency())
    assert within((0.3, 0.79), Frequency(lower=0.3, upper=0.79)) and not within((0.3, 0.79), Frequency(lower=0.8, upper=0.99))
    for partial in (Frequency(lower=0.3), Frequency(upper=0.5), Frequency(n=3), Frequency(m=9), Frequency(n=0, m=0)):
        assert not within((0.3, 0.79), partial)
    assert everyone(Frequency(lower=1.0, upper=1.0)) and everyone(Frequency(n=10, m=10))
    assert not everyone(Frequency(n=9, m=9)) and not everyone(Frequency(n=9, m=10)) and not everyone(Frequency())


def test_a_conclusion_is_no_stronger_than_its_steps(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for words, code in (("definitely", "certainty"), ("in all patients", "universal"), ("in 95% of patients", "percent"), ("at 12 weeks", "number")):
        assert f"strength.{code}" in codes(reworded(draft, draft.steps[-1], "(B).", f"(B) {words}."), rich)
