"""What an edge says beyond its predicate: how often, under which condition, by which mechanism."""

import pytest

from kgpaths.model import Edge, Frequency, Qualifier
from kgpaths.verbalize.wording import condition, frequency, in_brackets, likely, patterns


def edge(predicate: str = "treats", **qualifiers: str) -> Edge:
    given = tuple(Qualifier(key=k, value=v) for k, v in sorted(qualifiers.items()))
    return Edge(id="e", content_hash="h", subject="X:a", predicate=predicate, object="X:b", qualifiers=given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Frequency(n=8, m=10), " in 8 of 10 reported patients"),
        (Frequency(n=1, m=1), ""),
        (Frequency(n=4, m=4), ""),
        (Frequency(lower=1.0, upper=1.0), " as an obligate finding"),
        (Frequency(lower=0.8, upper=0.99), " as a very frequent finding"),
        (Frequency(lower=0.3, upper=0.79), " as a frequent finding"),
        (Frequency(lower=0.05, upper=0.29), " as an occasional finding"),
        (Frequency(lower=0.01, upper=0.04), " as a very rare finding"),
        (Frequency(lower=0.45, upper=0.45), " in 45% of patients"),
        (Frequency(lower=0.1, upper=0.4), " in 10 to 40% of patients"),
        (Frequency(n=1, m=1, lower=0.8, upper=0.99), " as a very frequent finding"),  # a range says more than one patient
        (Frequency(n=30, m=40, lower=0.8, upper=0.99), " in 30 of 40 reported patients"),
        (None, ""),
    ],
)
def test_frequency_in_words(given: Frequency | None, expected: str) -> None:
    assert frequency(given, "finding", plural=False) == expected
    assert "all" not in expected.split()


def test_frequency_of_several_and_in_brackets() -> None:
    assert frequency(Frequency(lower=0.8, upper=0.99), "finding", plural=True) == " as very frequent findings"
    assert in_brackets(Frequency(lower=0.8, upper=0.99), "finding") == "very frequent"
    assert in_brackets(Frequency(n=3, m=40), "finding") == "in 3 of 40 reported patients"


def test_only_a_common_finding_is_missed() -> None:
    assert likely(None)
    assert likely(Frequency(n=8, m=10))
    assert not likely(Frequency(n=3, m=40))
    assert not likely(Frequency(lower=0.05, upper=0.29))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("population_context_qualifier", "pregnancy", " in pregnancy"),
        ("population_context_qualifier", "with albuminuria", " in patients with albuminuria"),
        ("population_context_qualifier", "younger than 12 years", " in patients younger than 12 years"),
        ("population_context_qualifier", "combined with vancomycin", " when combined with vancomycin"),
        ("population_context_qualifier", "symptomatic", " in symptomatic patients"),
        ("stage_qualifier", "acute", " in the acute stage"),
        ("stage_qualifier", "acute attack", " in acute attack"),
        ("stage_qualifier", "ventricular rate control", " for ventricular rate control"),
        ("stage_qualifier", "within 4.5 hours of onset", " within 4.5 hours of onset"),
        ("stage_qualifier", "eGFR below 30", " at eGFR below 30"),
        ("severity_qualifier", "severe", " when severe"),
        ("severity_qualifier", "staghorn calculus", " in the presence of staghorn calculus"),
        ("severity_qualifier", "symptomatic neonates", " in symptomatic neonates"),
        ("severity_qualifier", "with ECG changes", " in the presence of ECG changes"),
    ],
)
def test_conditions_are_said(key: str, value: str, expected: str) -> None:
    assert condition(edge(**{key: value})) == expected


def affects(aspect: str = "", direction: str = "", mechanism: str = "") -> Edge:
    keys = {"object_aspect_qualifier": aspect, "object_direction_qualifier": direction, "causal_mechanism_qualifier": mechanism}
    return edge("affects", **{k: v for k, v in keys.items() if v})


def test_a_mechanism_that_tells_all_is_one_verb() -> None:
    assert patterns(affects("activity", "decreased", "inhibition"), inverted=False)[0] == "{S} [inhibit/s] {O}"
    assert patterns(affects("activity", "decreased", "inhibition"), inverted=True)[0] == "{O} [{is} inhibited by] {S}"
    assert patterns(affects("activity", "increased", "agonism"), inverted=False)[0] == "{S} [{is a:agonist} at] {O}"


def test_other_aspects_and_directions_are_said() -> None:
    assert patterns(affects("synthesis", "decreased"), inverted=False)[0] == "{S} [decrease/s the synthesis of] {O}"
    assert patterns(affects("synthesis", "decreased", "inhibition"), inverted=False) == ("{S} [inhibit/s the synthesis of] {O}",)
    assert patterns(affects("secretion", "increased", "agonism"), inverted=False)[0] == "{S} [increase/s the secretion of] {O} by agonism"
    assert patterns(affects("activity", "increased", "binding"), inverted=False)[0] == "{S} [increase/s the activity of] {O} by binding"
