"""Words around a mention: a denial that is narrower than its concept, an option that names another thing."""

import re

import pytest

from kgpaths.link.dictionary import Match
from kgpaths.link.narrow import is_narrowed, is_turned, share_named
from kgpaths.link.text import Tokens, tokenize


def marked(text: str) -> tuple[Tokens, Match]:
    """Return the tokens of a text and the match of its bracketed words."""
    found = re.search(r"\[([^]]*)\]", text)
    assert found
    tokens = tokenize(text.replace("[", "").replace("]", ""))
    start, end = found.start(), found.end() - 2
    inside = [i for i in range(len(tokens)) if start <= tokens.starts[i] and tokens.ends[i] <= end]
    return tokens, Match(inside[0], inside[-1], ())


@pytest.mark.parametrize(
    "text",
    [
        "He has no rash, burning [pain], or fever.",
        "There is no [swelling] of the joints.",
        "She denies [pain] with urination.",
        "no carotid [bruits]",
    ],
)
def test_a_denial_with_a_restriction_is_narrowed(text: str) -> None:
    assert is_narrowed(*marked(text))


@pytest.mark.parametrize(
    "text",
    [
        "He has no rash, [fever], or cough.",
        "There is no [edema].",
        "She denies any [pain] and takes no drugs.",
        "no recent [weight loss] or visible [bleeding]",
        "There are no [wheezes] on auscultation.",
        "There is no [tenderness] to deep palpation.",
        "She has no history of [seizures].",
    ],
)
def test_a_plain_denial_is_not(text: str) -> None:
    assert not is_narrowed(*marked(text))


def test_an_option_may_name_another_thing_with_a_concept_s_help() -> None:
    assert is_turned(*marked("[Serotonin] receptors"), analyte=True)
    assert is_turned(*marked("[Hepatitis B] vaccine"), analyte=False)
    assert is_turned(*marked("Decreased serum [cortisol]"), analyte=True)
    assert not is_turned(*marked("Decreased [consciousness]"), analyte=False)
    assert not is_turned(*marked("[Cortisol] in the morning"), analyte=True)


def test_the_share_of_an_option_that_is_named() -> None:
    tokens, match = marked("[Carcinoma] of the head of the pancreas")
    assert share_named(tokens, [match]) == pytest.approx(1 / 3)
    tokens, match = marked("Start oral [prednisone] therapy")
    assert share_named(tokens, [match]) == 1
