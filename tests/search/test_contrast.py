import pytest

from kgpaths.model import OptionSupport
from kgpaths.search.contrast import contrast


def supports(**scores: float) -> tuple[OptionSupport, ...]:
    return tuple(OptionSupport(option=key, score=score) for key, score in scores.items())


@pytest.mark.parametrize(
    ("scores", "margin", "rank"),
    [
        ({"A": 0.4, "B": 0.1, "C": 0.3}, 0.25, 1),
        ({"A": 0.1, "B": 0.4, "C": 0.3}, -0.75, 3),
        ({"A": 0.2, "B": 0.2}, 0.0, 2),
        ({"A": 0.0, "B": 0.0}, 0.0, 2),
        ({"A": 0.5, "B": 0.0}, 1.0, 1),
        ({"A": 0.0, "B": 0.5}, -1.0, 2),
        ({"A": 0.5}, 1.0, 1),
    ],
)
def test_margin_is_relative_and_ties_count_against_gold(scores: dict[str, float], margin: float, rank: int) -> None:
    assert contrast(supports(**scores), "A") == (pytest.approx(margin), rank)


def test_a_key_no_support_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        contrast(supports(A=1.0), "Z")
