"""Paths in a graph folder, and how a walk is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.errors import InputError
from kgpaths.graph.walk import WALKED, Leg, Walk
from kgpaths.search.arcs import walkable
from kgpaths.search.finder import GraphFinder
from kgpaths.vocabulary import PREDICATES
from tests.graphs import Thing, graph_of, line
from tests.search.finder_cases import FinderOf, PathFinderTests


class TestGraphFinder(PathFinderTests):
    @pytest.fixture
    def finder_of(self) -> FinderOf:
        return GraphFinder


def test_what_is_walked_unless_said_otherwise_is_what_the_search_walks() -> None:
    assert {name for name in PREDICATES if walkable(name)} == WALKED


def test_a_merged_id_is_answered_with_the_one_that_stands_for_it(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        line("flu", "has_phenotype", "fever"),
        line("grippe", "has_phenotype", "cough"),
        nodes={"flu": Thing("Disease", id="MONDO:1", xrefs=(("DOID:2", "exact_match"),)), "grippe": Thing("Disease", id="DOID:2")},
    )
    assert graph.curie(graph.index("DOID:2")) == "MONDO:1"
    with pytest.raises(InputError, match=r"no concept has the id 'DOID:2' \(it is MONDO:1 here\)"):
        GraphFinder(graph).all_paths("DOID:2", "X:fever")


def test_a_metapath_is_read_as_it_looks() -> None:
    walk = Walk.metapath("Drug -treats|treated_by-> * <-causes- Disease|Gene -*- * --> * <-- *")
    assert walk.start == {"Drug"}
    assert walk.pattern[0] == Leg(frozenset(["treats"]), frozenset(["treats"]), None)
    assert walk.pattern[1].along == frozenset()
    assert walk.pattern[1].against == {"causes"}
    assert walk.pattern[1].to is not None
    assert {"Disease", "Gene"} <= walk.pattern[1].to
    assert walk.pattern[2] == Leg(None, None)
    assert walk.pattern[3].along == WALKED
    assert walk.pattern[3].against == {name for name in WALKED if PREDICATES[name].symmetric}
    assert walk.pattern[4].against == WALKED
    assert Walk.metapath("* -MY:part-of-> *").pattern == (Leg(frozenset(["MY:part-of"]), frozenset()),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot read the metapath"),
        ("Drug", "cannot read the metapath"),
        ("Drug -treats->", "cannot read the metapath"),
        ("Drug treats Disease", "cannot read the hop 'treats'"),
        ("Drug <-treats-> Disease", "cannot read the hop '<-treats->'"),
        ("Drug -> Disease", "cannot read the hop '->'"),
        ("Drug -heals-> Disease", "no predicate is named 'heals'"),
        ("Drug -treats-> Illness", "no category is named 'Illness'"),
        ("Drug`) -treats-> Disease", "no category is named 'Drug`\\)'"),
    ],
)
def test_what_is_no_metapath_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        Walk.metapath(text)
