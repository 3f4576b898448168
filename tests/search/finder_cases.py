"""What every path finder must answer: ``PathFinderTests`` runs on each twin, whose fixture ``finder_of`` says where a graph is searched."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgpaths.errors import InputError
from kgpaths.graph.store import Graph
from kgpaths.graph.walk import WALKED, Leg, Route, Walk
from kgpaths.search.finder import PathFinder
from kgpaths.vocabulary import TOLD_QUALIFIERS
from tests.graphs import Line, Thing, graph_of, line
from tests.search.cases import CATEGORIES, PREDICATES, ids, random_graph

FinderOf = Callable[[Graph], PathFinder]
HOSTILE = "X:a'\"\\`\\u0060]-() DETACH DELETE n //;\n"
ANYWAY = Walk.of("*")


def brute_force(graph: Graph, source: str, target: str, walk: Walk, hops: int) -> Iterator[Route]:
    """Yield the routes of at most this many hops: every simple path over the stored edges, each looked at when it is whole."""
    edges = [graph.edge(row) for row in range(graph.n_edges)]
    edges = [e for e in edges if not e.negated and {q.key for q in e.qualifiers} <= set(TOLD_QUALIFIERS)]
    routes = [Route((source,))]
    while routes:
        route = routes.pop()
        if route.nodes[-1] == target:
            if fits(graph, route, walk):
                yield route
            continue
        if route.hops < hops:
            for edge in edges:
                for inverted, (start, stop) in ((False, (edge.subject, edge.object)), (True, (edge.object, edge.subject))):
                    if start == route.nodes[-1] and stop not in route.nodes:
                        grown = ((*route.nodes, stop), (*route.edges, edge.id), (*route.predicates, edge.predicate), (*route.inverted, inverted))
                        routes.append(Route(*grown))


def fits(graph: Graph, route: Route, walk: Walk) -> bool:
    """Tell whether a whole route is one that is asked for."""
    if not route.hops:
        return not walk.pattern
    kinds = [graph.category(graph.index(curie)) for curie in route.nodes]
    if walk.pattern:
        legs, wanted = walk.pattern, [walk.start, *(leg.to for leg in walk.pattern)]
    else:
        legs, wanted = (walk.leg,) * route.hops, [None, *[walk.leg.to] * (route.hops - 1), None]
    if len(legs) != route.hops or any(names is not None and kind not in names for kind, names in zip(kinds, wanted, strict=True)):
        return False
    ways = zip(route.predicates, route.inverted, legs, strict=True)
    return all((names := leg.against if inverted else leg.along) is None or predicate in names for predicate, inverted, leg in ways)


def random_leg(draw: random.Random) -> Leg:
    """Return a hop of any kind: any predicate or some, one way, either, or each way others, to anything or some."""

    def some(names: tuple[str, ...]) -> frozenset[str]:
        return frozenset(draw.sample(names, draw.randint(1, len(names) - 1)))

    both = draw.choice([None, WALKED, some(PREDICATES)])
    along, against = draw.choice(
        [(both, both), (both, frozenset[str]()), (frozenset[str](), both), (some(PREDICATES), draw.choice([None, some(PREDICATES)]))]
    )
    return Leg(along, against, draw.choice([None, None, some(CATEGORIES)]))


def random_walk(draw: random.Random) -> Walk:
    """Return a walk of any kind."""
    if draw.random() < 0.5:
        return Walk(random_leg(draw))
    start = draw.choice([None, frozenset(draw.sample(CATEGORIES, 3))])
    return Walk(pattern=tuple(random_leg(draw) for _ in range(draw.randint(1, 3))), start=start)


class PathFinderTests:
    """The tests of a twin. A subclass gives ``finder_of`` and may lower ``seeds``."""

    @pytest.mark.parametrize("seed", range(6))
    def test_all_and_shortest_paths_equal_brute_force_to_the_last_path(self, finder_of: FinderOf, tmp_path: Path, seed: int) -> None:
        graph = random_graph(tmp_path, seed)
        finder, draw, found = finder_of(graph), random.Random(-seed), 0
        for _ in range(12):
            source, target = (graph.curie(draw.randrange(graph.n_concepts)) for _ in range(2))
            walk, hops, limit = random_walk(draw), draw.randint(3, 4), draw.choice([1, 3, 10_000])
            expected = sorted(brute_force(graph, source, target, walk, hops), key=lambda route: route.order)
            assert list(finder.all_paths(source, target, walk, max_hops=hops, limit=limit)) == expected[:limit]
            fewest = [route for route in expected if route.hops == expected[0].hops]
            assert list(finder.shortest_paths(source, target, walk, max_hops=hops, limit=limit)) == fewest[:limit]
            found += len(expected)
        assert found > 8

    def test_no_denied_edge_and_none_with_an_untold_qualifier_is_walked(self, finder_of: FinderOf, tmp_path: Path) -> None:
        graph = graph_of(
            tmp_path,
            line("flu", "has_phenotype", "fever"),
            line("flu", "has_phenotype", "rash", negated=True),
            line("germ", "causes", "flu", stage_qualifier="late"),
            line("germ", "causes", "fever", disease_context_qualifier="X:other"),
            line("flu", "has_phenotype", "cough", id="a property's name"),
        )
        finder, at = finder_of(graph), ids(graph)

        def chains(source: str, target: str) -> list[tuple[str, ...]]:
            return [route.nodes for route in finder.all_paths(at[source], at[target], ANYWAY)]

        assert chains("germ", "fever") == [(at["germ"], at["flu"], at["fever"])]
        assert chains("flu", "rash") == chains("flu", "cough") == []

    def test_parallel_edges_are_paths_of_their_own_by_edge_id(self, finder_of: FinderOf, tmp_path: Path) -> None:
        graph = graph_of(
            tmp_path,
            line("germ", "causes", "flu"),
            line("germ", "associated_with_increased_likelihood_of", "flu"),
            line("germ", "causes", "flu", stage_qualifier="late"),
            line("flu", "causes", "germ"),
            line("flu", "has_phenotype", "fever"),
            line("flu", "has_phenotype", "fever", severity_qualifier="severe"),
            line("flu", "causes", "flu"),
        )
        finder, at = finder_of(graph), ids(graph)
        found = finder.all_paths(at["germ"], at["fever"], max_hops=4)
        assert len(found) == 4 * 2
        assert list(found) == sorted(found, key=lambda route: route.order)
        assert {(route.predicates[0], route.inverted[0]) for route in found} == {
            ("causes", False),
            ("causes", True),
            ("associated_with_increased_likelihood_of", False),
        }
        assert finder.all_paths(at["germ"], at["fever"], max_hops=4, limit=5) == found[:5]
        assert finder.shortest_paths(at["germ"], at["fever"], limit=3) == found[:3]

    def test_equal_ends_islands_and_no_hops(self, finder_of: FinderOf, tmp_path: Path) -> None:
        graph = graph_of(tmp_path, line("flu", "has_phenotype", "fever"), line("gout", "has_phenotype", "joint pain"))
        finder, at = finder_of(graph), ids(graph)
        for find in (finder.all_paths, finder.shortest_paths):
            assert find(at["flu"], at["flu"]) == find(at["flu"], at["flu"], max_hops=0) == (Route((at["flu"],)),)
            assert find(at["flu"], at["flu"], Walk.metapath("Disease -- * -- Disease")) == ()
            assert find(at["flu"], at["gout"], max_hops=8) == ()
            assert find(at["flu"], at["fever"], max_hops=0) == ()

    def test_a_walk_says_predicates_directions_and_categories(self, finder_of: FinderOf, tmp_path: Path) -> None:
        graph = graph_of(
            tmp_path,
            line("aspirin", "treats", "flu"),
            line("aspirin", "contraindicated_in", "flu"),
            line("germ", "causes", "flu"),
            line("germ", "causes", "gout"),
            line("flu", "close_match", "grippe"),
            nodes={"germ": "Virus"},
        )
        finder, at = finder_of(graph), ids(graph)

        def chains(source: str, target: str, walk: Walk) -> list[str]:
            return [" ".join(route.predicates) for route in finder.all_paths(at[source], at[target], walk)]

        assert sorted(chains("aspirin", "flu", Walk())) == ["contraindicated_in", "treats"]
        assert chains("aspirin", "flu", Walk.of(["treated_by"])) == ["treats"]  # an inverse is the same edge
        assert chains("flu", "aspirin", Walk.metapath("Disease -treated_by-> Drug")) == ["treats"]
        assert chains("flu", "aspirin", Walk.metapath("Disease -treats-> *")) == []
        assert (
            chains("flu", "grippe", Walk.metapath("* -close_match-> *"))
            == chains("grippe", "flu", Walk.metapath("* -close_match-> *"))
            == ["close_match"]
        )
        assert chains("aspirin", "gout", Walk.metapath("Drug -treats|contraindicated_in-> Disease <-causes- OrganismalEntity -causes-> *")) == [
            " ".join(route.predicates) for route in finder.all_paths(at["aspirin"], at["gout"])
        ]
        assert chains("aspirin", "gout", Walk.of(through=["Disease", "Virus"])) == chains("aspirin", "gout", Walk())
        assert chains("aspirin", "gout", Walk.of(through=["Gene"])) == []
        assert (
            chains("aspirin", "gout", Walk.metapath("Disease -- * -- * -- *"))
            == chains("aspirin", "gout", Walk.metapath("* -- * -- * -- Drug"))
            == []
        )

    def test_no_value_does_anything_but_stand_for_itself(self, finder_of: FinderOf, tmp_path: Path) -> None:
        predicate = "X:`]->() DETACH DELETE n // \\u0060 'a\" | $graph"
        lines = [Line("flu", predicate, "evil"), Line("evil", "causes", "gout")]
        graph = graph_of(tmp_path, *lines, nodes={"evil": Thing(id=HOSTILE.strip() + "é\U0001f600")})
        finder, at = finder_of(graph), ids(graph)
        hostile = Walk(Leg(frozenset([predicate, "causes"]), frozenset()))
        assert [route.predicates for route in finder.all_paths(at["flu"], at["gout"], hostile)] == [(predicate, "causes")]
        assert [route.nodes[1] for route in finder.shortest_paths(at["flu"], at["gout"], hostile)] == [at["evil"]]
        assert finder.all_paths(at["flu"], at["gout"], Walk(Leg(frozenset([predicate + "x"])))) == ()
        assert finder.all_paths(at["flu"], at["gout"], Walk(Leg(None, None, frozenset(["Disease`) DETACH DELETE n //"])))) == ()
        for curie in (HOSTILE, "' OR 1=1 //", "", "\0", "a\ud800"):
            with pytest.raises(InputError, match="no concept has the id"):
                finder.all_paths(curie, at["flu"])
        assert len(finder.all_paths(at["flu"], at["gout"], ANYWAY)) == 1  # all is still there

    def test_order_and_limit_are_by_code_point(self, finder_of: FinderOf, tmp_path: Path) -> None:
        names = ["a", "A", "ä", "\uff5e", "\U0001f600", "ﬁ", "10", "9"]
        lines = [edge for name in names for edge in (line("flu", "causes", name), line(name, "causes", "gout"))]
        graph = graph_of(tmp_path, *lines, nodes={name: Thing("Disease", id=f"X:{name}") for name in names})
        finder, at = finder_of(graph), ids(graph)
        found = [route.nodes[1] for route in finder.all_paths(at["flu"], at["gout"])]
        assert found == sorted(f"X:{name}" for name in names)
        for limit in range(1, len(names)):
            assert [route.nodes[1] for route in finder.shortest_paths(at["flu"], at["gout"], limit=limit)] == found[:limit]

    def test_what_is_out_of_range_or_unknown_is_one_clear_line(self, finder_of: FinderOf, tmp_path: Path) -> None:
        graph = graph_of(tmp_path, line("flu", "has_phenotype", "fever"))
        finder, at = finder_of(graph), ids(graph)
        ends = at["flu"], at["fever"]
        for find in (finder.all_paths, finder.shortest_paths):
            for hops in (-1, 9, 2.0, "3", True, None, "1}]-() DETACH DELETE n //"):
                with pytest.raises(InputError, match=r"max_hops is .* \(a whole number from 0 to 8\)"):
                    find(*ends, max_hops=hops)  # type: ignore[arg-type]
            for limit in (0, -1, 1_000_001, "1", 1.5):
                with pytest.raises(InputError, match="limit is"):
                    find(*ends, limit=limit)  # type: ignore[arg-type]
            with pytest.raises(InputError, match="no concept has the id 'X:none'"):
                find(at["flu"], "X:none")
            with pytest.raises(InputError, match="no concept has the id 'X:none'"):
                find("X:none", "X:none")
            with pytest.raises(InputError, match="the metapath has 3 hops, at most 2 are allowed"):
                find(*ends, Walk.metapath("* -- * -- * -- *"), max_hops=2)
