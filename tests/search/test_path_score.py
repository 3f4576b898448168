"""Scores of whole paths, pinned on a small graph."""

from math import exp, log
from pathlib import Path as Folder

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Hop
from kgpaths.search.score import path_score
from tests.graphs import graph_of, line
from tests.search.cases import ids


@pytest.fixture
def graph(tmp_path: Folder) -> Graph:
    return graph_of(
        tmp_path,
        line("measles", "has_phenotype", "fever", frequency=(0.8, 0.8)),
        line("flu", "has_phenotype", "fever"),
        line("gout", "has_phenotype", "fever", frequency=(0.1, 0.1)),
        line("measles", "has_phenotype", "Koplik spots", frequency=(1.0, 1.0)),
        line("measles", "has_phenotype", "rash", negated=True),
        line("high fever", "subclass_of", "fever"),
        line("low fever", "subclass_of", "fever"),
        line("vitamin A", "treats", "measles"),
        line("B05", "close_match", "measles"),
    )


def hop(graph: Graph, subject: str, predicate: str, object_: str, *, inverted: bool = False) -> Hop:
    names = ids(graph)
    (edge,) = graph.lookup(names[subject], predicate, names[object_])
    return Hop(edge=edge, inverted=inverted)


def test_one_hop_is_predicate_degree_and_frequency(graph: Graph) -> None:
    score, parts = path_score(graph, [hop(graph, "measles", "has_phenotype", "fever", inverted=True)])
    assert {part.name: part.value for part in parts} == {
        "predicate": pytest.approx(0.2),
        "degree": pytest.approx(0.4 * log(2 * 3), abs=2e-6),  # measles has 2 phenotypes, the NOT edge aside; 3 diseases have fever
        "frequency": pytest.approx(-log(0.8), abs=2e-6),
    }
    assert score == pytest.approx(0.8 * exp(-0.2) * 6**-0.4, abs=1e-5)
    assert score == pytest.approx(exp(-sum(part.value for part in parts)))


def test_a_common_phenotype_outweighs_an_unknown_one_and_that_an_occasional_one(graph: Graph) -> None:
    common, unknown, rare = (path_score(graph, [hop(graph, d, "has_phenotype", "fever")])[0] for d in ("measles", "flu", "gout"))
    # measles pays for its two phenotypes, the others for one
    assert common * 2**0.4 > unknown > rare
    assert unknown == pytest.approx(0.5 * exp(-0.2) * 3**-0.4, abs=1e-5)
    assert rare == pytest.approx(0.1 * exp(-0.2) * 3**-0.4, abs=1e-5)


def test_is_a_steps_cost_by_the_parents_generality_and_more_on_the_way_down(graph: Graph) -> None:
    up = path_score(graph, [hop(graph, "high fever", "subclass_of", "fever")])[0]
    down = path_score(graph, [hop(graph, "high fever", "subclass_of", "fever", inverted=True)])[0]
    # three concepts stand in the taxonomy, so the parent of two has no content at all
    assert up == pytest.approx(exp(-(0.3 + 2.0)), abs=1e-6)
    assert down == pytest.approx(exp(-(1.5 + 2.0)), abs=1e-6)


def test_costs_add_along_a_path(graph: Graph) -> None:
    hops = [
        hop(graph, "measles", "has_phenotype", "Koplik spots", inverted=True),
        hop(graph, "vitamin A", "treats", "measles", inverted=True),
    ]
    score, parts = path_score(graph, hops)
    assert score == pytest.approx(exp(-0.2) * 2**-0.4 * exp(-0.3), abs=1e-5)
    assert [part.name for part in parts] == ["predicate", "degree"]
    assert path_score(graph, [hop(graph, "B05", "close_match", "measles")])[0] == pytest.approx(exp(-0.3))
    assert path_score(graph, []) == (1.0, ())


def test_what_no_path_may_walk_scores_nothing(graph: Graph) -> None:
    denied = hop(graph, "measles", "has_phenotype", "rash")
    good = hop(graph, "measles", "has_phenotype", "fever")
    moved = good.model_copy(update={"edge": good.edge.model_copy(update={"id": "0" * 20})})
    unknown = good.model_copy(update={"edge": good.edge.model_copy(update={"object": "X:nowhere"})})
    for bad in (denied, moved, unknown):
        assert path_score(graph, [good, bad]) == (0.0, ())
