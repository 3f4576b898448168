"""The k best paths against brute force, and the arcs they walk."""

import random
from collections.abc import Iterator
from pathlib import Path as Folder

import pytest

from kgpaths.graph.store import Graph
from kgpaths.search.arcs import Arcs, arcs_of, walkable
from kgpaths.search.paths import Found, k_best
from kgpaths.search.shapes import HUBS, Kind, allowed
from tests.graphs import graph_of, line
from tests.search.cases import CATEGORIES, ids, random_graph

FREE = 10**9  # a ceiling nothing reaches


def brute_force(graph: Graph, arcs: Arcs, source: int, target: int, hops: int, ceiling: int) -> Iterator[Found]:
    """Yield every simple path over the stored edges, tried against the rules only when it is whole."""
    walks = [((source,), (), ())]  # nodes, edge rows, inverted
    while walks:
        nodes, rows, ways = walks.pop()
        if nodes[-1] == target:
            kinds = [Kind(graph.edge(row).predicate, way) for row, way in zip(rows, ways, strict=True)]
            cost = sum(price(graph, arcs, nodes[i], row, way) for i, (row, way) in enumerate(zip(rows, ways, strict=True)))
            if cost <= ceiling and allowed(kinds, [graph.category(node) for node in nodes[1:-1]]):
                yield Found(cost, len(rows), nodes, rows, ways)
            continue
        if len(rows) == hops:
            continue
        for row in range(graph.n_edges):
            edge = graph.edge(row)
            inferred = edge.predicate == "has_phenotype" and graph.category(int(graph.edge_subject[row])) == "Gene"
            if edge.negated or inferred or not walkable(edge.predicate):
                continue
            ends = int(graph.edge_subject[row]), int(graph.edge_object[row])
            for way, (start, stop) in ((False, ends), (True, ends[::-1])):
                if start == nodes[-1] and stop not in nodes:
                    walks.append(((*nodes, stop), (*rows, row), (*ways, way)))


def price(graph: Graph, arcs: Arcs, node: int, row: int, way: bool) -> int:
    """Price one hop by the scalar formula."""
    places = range(int(arcs.indptr[node]), int(arcs.indptr[node + 1]))
    position = next(p for p in places if arcs.edge[p] == row and arcs.kinds[arcs.kind[p]].inverted == way)
    assert sum(arcs.parts(graph, position).values()) == arcs.cost[position]
    return int(arcs.cost[position])


@pytest.mark.parametrize("seed", range(12))
def test_k_best_equals_brute_force_to_the_last_path(tmp_path: Folder, seed: int) -> None:
    graph = random_graph(tmp_path, seed)
    arcs, draw, found = arcs_of(graph), random.Random(-seed), 0
    for _ in range(20):
        source, target = draw.randrange(graph.n_concepts), draw.randrange(graph.n_concepts)
        hops, ceiling, k = draw.randint(1, 5), draw.choice([FREE, 6_000_000]), draw.choice([1, 3, 10, 500])
        expected = sorted(brute_force(graph, arcs, source, target, hops, ceiling))
        assert list(k_best(arcs, source, target, k, hops, ceiling=ceiling)) == expected[:k]
        found += len(expected)
    assert found > 8


def test_equal_ends_give_the_path_without_hops_and_islands_none(tmp_path: Folder) -> None:
    graph = graph_of(tmp_path, line("flu", "has_phenotype", "fever"), line("gout", "has_phenotype", "joint pain"))
    arcs, at = arcs_of(graph), {name: graph.index(curie) for name, curie in ids(graph).items()}
    assert k_best(arcs, at["flu"], at["flu"], 5, 4, ceiling=FREE) == (Found(0, 0, (at["flu"],), (), ()),)
    assert k_best(arcs, at["flu"], at["gout"], 5, 4, ceiling=FREE) == ()
    assert k_best(arcs, at["flu"], at["fever"], 5, 0, ceiling=FREE) == ()


def test_parallel_edges_are_paths_of_their_own_and_ties_break_by_edge_row(tmp_path: Folder) -> None:
    graph = graph_of(tmp_path, line("germ", "causes", "flu"), line("germ", "associated_with_increased_likelihood_of", "flu"))
    arcs, at = arcs_of(graph), {name: graph.index(curie) for name, curie in ids(graph).items()}
    found = k_best(arcs, at["flu"], at["germ"], 5, 4, ceiling=FREE)
    assert [graph.edge(path.edges[0]).predicate for path in found] == ["causes", "associated_with_increased_likelihood_of"]
    assert [path.cost for path in found] == [100_000, 400_000]
    assert [path.inverted for path in found] == [(True,), (True,)]


def test_a_spent_budget_ends_the_search_and_gives_what_was_found(tmp_path: Folder) -> None:
    graph = graph_of(tmp_path, *(line(f"disease {i}", "has_phenotype", "fever") for i in range(20)))
    arcs, at = arcs_of(graph), {name: graph.index(curie) for name, curie in ids(graph).items()}
    assert k_best(arcs, at["fever"], at["disease 3"], 1, 1, ceiling=FREE, budget=19) == ()
    assert len(k_best(arcs, at["fever"], at["disease 3"], 1, 1, ceiling=FREE, budget=20)) == 1


def test_not_edges_coding_notes_and_broad_matches_are_never_walked(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("flu", "has_phenotype", "rash", negated=True),
        line("J09", "icd_excludes1", "J10"),
        line("J09", "broad_match", "flu"),
        line("J10", "exact_match", "flu"),
        line("FBN1", "has_phenotype", "rash"),
        line("FBN1", "gene_associated_with_condition", "flu"),
        nodes={"FBN1": "Gene"},
    )
    arcs = arcs_of(graph)
    assert sorted({graph.edge(int(row)).predicate for row in arcs.edge}) == ["exact_match", "gene_associated_with_condition"]
    assert len(arcs.edge) == 4


def test_every_arc_is_priced_by_the_scalar_formula_both_ways(tmp_path: Folder) -> None:
    graph = random_graph(tmp_path, 99)
    arcs = arcs_of(graph)
    assert len(arcs.edge) > 20
    for position in range(len(arcs.edge)):
        assert sum(arcs.parts(graph, position).values()) == arcs.cost[position]
        node, target, kind = arcs.source(position), int(arcs.neighbour[position]), int(arcs.kind[position])
        back = [
            p
            for p in range(int(arcs.indptr[target]), int(arcs.indptr[target + 1]))
            if arcs.edge[p] == arcs.edge[position] and arcs.kind[p] == kind ^ 1
        ]
        assert [int(arcs.neighbour[p]) for p in back] == [node]
        assert arcs.back[position] == arcs.cost[back[0]]
    assert HUBS & set(CATEGORIES)


def test_an_edge_that_cannot_be_told_in_full_is_not_walked(tmp_path: Folder) -> None:
    """Stripped of what restricts it, it would claim too much."""
    graph = graph_of(
        tmp_path,
        line("told", "treats", "pain", population_context_qualifier="children"),
        line("untold", "treats", "pain", anatomical_context_qualifier="UBERON:1"),
        line("denied", "treats", "pain", negated=True, anatomical_context_qualifier="UBERON:1"),
        line("foreign", "UMLS:may_be_used_for", "pain"),
        line("other", "related_to", "pain"),
    )
    arcs = arcs_of(graph)
    assert {graph.concept_name(int(graph.edge_subject[row])) for row in arcs.edge} == {"told"}
    assert arcs.denied == {}
