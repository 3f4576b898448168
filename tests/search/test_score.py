"""Scores are pinned: a changed number here is a changed formula."""

from math import exp, log, nan

import numpy as np
import pytest

from kgpaths.search import score
from kgpaths.vocabulary import PREDICATES


def test_degree_cost_is_the_path_degree_product_to_the_power_of_minus_two_fifths() -> None:
    assert exp(-score.degree_cost(2, 10)) == pytest.approx(20**-0.4)
    assert score.degree_cost(1, 1) == 0.0
    assert score.degree_cost(30, 1500) == pytest.approx(4.285767, abs=1e-6)


def test_frequency_cost_is_the_negative_logarithm_and_unknown_counts_as_a_half() -> None:
    assert float(score.frequency_cost(0.8)) == pytest.approx(-log(0.8))
    assert float(score.frequency_cost(1.0)) == 0.0
    assert float(score.frequency_cost(nan)) == pytest.approx(log(2))
    assert float(score.frequency_cost(0.001)) == pytest.approx(-log(0.02))
    common, unknown, occasional = (float(score.frequency_cost(f)) for f in (0.8, nan, 0.17))
    assert common < unknown < occasional


def test_information_content_falls_from_leaf_to_root() -> None:
    assert float(score.information_content(0, 100)) == 1.0
    assert float(score.information_content(99, 100)) == pytest.approx(0.0)
    assert float(score.information_content(9, 100)) == pytest.approx(0.5)


def test_taxonomy_cost_grows_with_the_generality_of_the_parent_and_down_costs_more_than_up() -> None:
    assert float(score.taxonomy_cost(1.0, True)) == pytest.approx(0.3)
    assert float(score.taxonomy_cost(0.5, True)) == pytest.approx(1.3)
    assert float(score.taxonomy_cost(0.5, False)) == pytest.approx(2.5)


def test_informativeness_is_annotation_information_content_and_never_below_a_tenth() -> None:
    assert float(score.informativeness(1, 10_000)) == 1.0
    assert float(score.informativeness(100, 10_000)) == pytest.approx(0.5)
    assert float(score.informativeness(9_999, 10_000)) == 0.1
    assert float(score.informativeness(0, 10_000)) == 1.0


def test_fixed_point_is_a_millionth_of_a_nat() -> None:
    assert score.fixed(0.4).item() == 400_000
    assert score.fixed(np.array([1e-7, 6e-7])).tolist() == [0, 1]
    assert score.to_score(1_000_000) == pytest.approx(exp(-1))


def test_every_weighed_predicate_is_in_the_vocabulary_and_every_clinical_one_is_weighed() -> None:
    clinical = {name for name, predicate in PREDICATES.items() if predicate.role == "clinical"}
    assert set(score.PREDICATE_COST) == clinical
    assert all(0 <= cost <= 2 for cost in score.PREDICATE_COST.values())
