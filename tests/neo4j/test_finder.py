"""Paths in a graph on the real server: the tests of the local twin, a part of the embedded graph, and what only a server can do wrong."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from kgpaths.cli import cli
from kgpaths.errors import ConfigError, InputError, KgpathsError, ServerError, StoppedShort
from kgpaths.graph.build import build_graph
from kgpaths.graph.store import Graph
from kgpaths.graph.walk import Leg, Walk
from kgpaths.neo4j import cypher
from kgpaths.neo4j.connection import Address, Server
from kgpaths.neo4j.finder import Neo4jFinder
from kgpaths.neo4j.load import load, unload
from kgpaths.search.finder import GraphFinder
from kgpaths.sources import tables
from kgpaths.sources.hetionet import read_hetionet
from kgpaths.sources.tables import SourceInfo, SourceTables
from tests.graphs import graph_of, line
from tests.search.cases import ids
from tests.search.finder_cases import ANYWAY, FinderOf, PathFinderTests

PART = 1_500  # concepts of the embedded graph that are loaded


@pytest.fixture
def finder_of(server: Server) -> Iterator[FinderOf]:
    """Load graphs under names of their own and take them out again."""
    names: list[str] = []

    def finder(graph: Graph) -> Neo4jFinder:
        names.append(f"finder {uuid4()}")
        load(graph, server, name=names[-1])
        return Neo4jFinder(server, names[-1])

    yield finder
    for name in names:
        unload(server, name)


class TestNeo4jFinder(PathFinderTests):
    """What the local twin passes."""


@pytest.fixture(scope="module")
def part(embedded: Graph, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return a connected part of the embedded graph, with hubs, every kind of edge among its concepts, and its own ids."""
    draw, rows = random.Random(5), np.arange(embedded.n_edges)
    told = [int(np.flatnonzero(embedded.edge_predicate == code)[0]) for code in range(len(embedded.predicates))]
    odd = np.concatenate([told, rows[embedded.edge_negated == 1][:20], rows[embedded.edge_qualifiers > 0][:40]])
    chosen = {int(end) for row in odd for end in (embedded.edge_subject[row], embedded.edge_object[row])}
    front = sorted(chosen)
    while len(chosen) < PART:
        node = front[draw.randrange(len(front))]
        around = np.concatenate([csr.neighbour[csr.span(node)] for csr in (embedded.out, embedded.inn)])
        for other in draw.sample(around.tolist(), min(4, len(around))):
            if other not in chosen:
                chosen.add(other)
                front.append(other)
    inside = np.zeros(embedded.n_concepts, dtype=np.bool_)
    inside[list(chosen)] = True
    kept = rows[inside[embedded.edge_subject] & inside[embedded.edge_object]].tolist()
    folder = tmp_path_factory.mktemp("finder") / "part"
    build_graph([as_tables(embedded, sorted(chosen), kept)], [], folder, "part")
    return Graph.open(folder)


def as_tables(graph: Graph, nodes: list[int], rows: list[int]) -> SourceTables:
    """Return some concepts and edges of a graph as a source."""
    concepts = [(graph.curie(i), graph.category(i), graph.concept_name(i), "", [], True) for i in nodes]
    edges = []
    for row in rows:
        edge = graph.edge(row)
        fields = edge.model_dump(include={"qualifiers", "frequency", "evidence"})
        evidence = [{**item, **{name: list(item[name]) for name in ("publications", "modifiers")}} for item in fields["evidence"]]
        frequency = {**fields["frequency"], "texts": list(fields["frequency"]["texts"])} if fields["frequency"] else None
        edges.append((edge.subject, edge.predicate, edge.object, edge.negated, list(fields["qualifiers"]), frequency, evidence))
    return SourceTables(
        SourceInfo("part", "1", "CC0-1.0", ""),
        nodes=pl.DataFrame(concepts, schema=tables.NODES, orient="row"),
        edges=pl.DataFrame(edges, schema=tables.EDGES, orient="row"),
        aliases=pl.DataFrame([(c[0], c[2], "label", "") for c in concepts], schema=tables.ALIASES, orient="row"),
        xrefs=tables.empty(tables.XREFS),
        rejected=tables.empty(tables.REJECTED),
    )


def test_both_twins_find_the_same_in_a_part_of_the_embedded_graph(part: Graph, finder_of: FinderOf) -> None:
    local, there = GraphFinder(part), finder_of(part)
    assert part.n_edges > PART
    draw = random.Random(11)
    degrees = np.diff(part.out.indptr) + np.diff(part.inn.indptr)
    hubs = np.argsort(-degrees, kind="stable")[:20].tolist()
    walks = [
        Walk(),
        ANYWAY,
        Walk.of(["has_phenotype", "subclass_of"]),
        Walk.of(through=["DiseaseOrPhenotypicFeature"]),
        Walk(Leg.of(["*"], backward=False)),
        Walk(Leg(frozenset(["has_phenotype", "causes"]), frozenset(["subclass_of", "treats"]))),
        Walk.metapath("* -- Disease -- *"),
        Walk.metapath("* -has_phenotype-> * <-has_phenotype- *"),
        Walk.metapath("Disease -*-> * <-*- Disease|Drug -*- *"),
    ]
    compared = paths = 0
    for number in range(90):
        source, target = draw.choice(hubs) if number % 3 == 0 else draw.randrange(part.n_concepts), draw.randrange(part.n_concepts)
        ends, walk = (part.curie(source), part.curie(target)), walks[number % len(walks)]
        found = local.all_paths(*ends, walk, max_hops=3, limit=10_000)
        if len(found) < 10_000:
            assert there.all_paths(*ends, walk, max_hops=3, limit=10_000) == found
            compared, paths = compared + 1, paths + len(found)
        assert there.shortest_paths(*ends, walk, max_hops=4, limit=100) == local.shortest_paths(*ends, walk, max_hops=4, limit=100)
    assert compared > 80
    assert paths > 1_000


DRUGS, GENES = 60, 30  # of Hetionet: the first drugs by id that treat something; genes of each disease
PAIRS, MANY = 20, 10_000  # pairs with paths for each walk, beside half as many without; paths that are no longer compared

HETIONET = {
    False: [Walk(), ANYWAY, Walk.of(["treats", "physically_interacts_with"]), Walk.metapath("* -*- Gene -*- *")],
    True: [Walk(), ANYWAY, Walk.of(through=["Disease"]), Walk.metapath("Drug -- Disease -- PhenotypicFeature|Gene -- *")],
}
"""Walks by whether edges are told as they are stated: by default hardly any of Hetionet is walked."""


def part_of_hetionet(data: Path, folder: Path, as_stated: bool) -> Graph:
    """Build a graph of what some drugs treat, bind and resemble, and of the genes, symptoms and places of those diseases."""
    nodes, edges = (next(data.glob(f"*-{name}")) for name in ("nodes.tsv", "edges.sif.gz"))
    every = pl.read_csv(edges, separator="\t", quote_char=None)

    def of(metaedges: list[str], *, source: Iterable[str] = (), target: Iterable[str] = ()) -> pl.DataFrame:
        ends = [pl.col(name).is_in(list(ids)) for name, ids in (("source", source), ("target", target)) if ids]
        return every.filter(pl.col("metaedge").is_in(metaedges), *ends)

    drugs = sorted(set(of(["CtD"])["source"]))[:DRUGS]
    treats = of(["CtD", "CpD"], source=drugs)
    diseases = sorted(set(treats["target"]))
    associated = of(["DaG"], source=diseases).group_by("source", maintain_order=True).head(GENES).select(every.columns)
    rest = [of(["CbG"], source=drugs), of(["DpS", "DlA"], source=diseases), of(["CrC"], source=drugs, target=drugs)]
    genes = sorted(set(pl.concat([associated, rest[0]])["target"]))
    kept = pl.concat([treats, associated, *rest, of(["GiG", "GcG"], source=genes, target=genes)])
    files = folder / "files"
    files.mkdir()
    kept.write_csv(files / "part-edges.sif", separator="\t", quote_style="never")
    named = pl.col("id").is_in(pl.concat([kept["source"], kept["target"]]).unique().to_list())
    pl.read_csv(nodes, separator="\t", quote_char=None).filter(named).write_csv(files / "part-nodes.tsv", separator="\t", quote_style="never")
    build_graph([read_hetionet(files, as_stated=as_stated)], [], folder / "graph", "hetionet")
    return Graph.open(folder / "graph")


def led_to(finder: GraphFinder, node: int, draw: random.Random) -> int:
    """Return where one to three edges that are told lead from a concept."""
    for _ in range(draw.randint(1, 3)):
        sides = [(csr, csr.span(node)) for csr in (finder.graph.out, finder.graph.inn)]
        around = np.concatenate([csr.neighbour[span][finder.usable[csr.edge[span]]] for csr, span in sides])
        node = draw.choice(around.tolist() or [node])
    return node


@pytest.mark.parametrize("as_stated", [False, True])
def test_both_twins_find_the_same_in_hetionet(shared_data: Path, tmp_path: Path, finder_of: FinderOf, as_stated: bool) -> None:
    graph = part_of_hetionet(shared_data / "hetionet", tmp_path, as_stated)
    local, there = GraphFinder(graph), finder_of(graph)
    draw, compared = random.Random(7), 0
    drugs = [i for i in range(graph.n_concepts) if graph.category(i) == "Drug"]
    for walk in HETIONET[as_stated]:
        with_paths, without_paths = 0, 0
        for _ in range(5_000):
            begin = draw.choice(drugs)
            ends = graph.curie(begin), graph.curie(led_to(local, begin, draw))
            paths = local.all_paths(*ends, walk, limit=MANY)
            if len(paths) == MANY or (not paths and without_paths == PAIRS // 2):
                continue
            assert there.all_paths(*ends, walk, limit=MANY) == paths
            assert there.shortest_paths(*ends, walk, limit=100) == local.shortest_paths(*ends, walk, limit=100)
            with_paths, without_paths, compared = with_paths + bool(paths), without_paths + (not paths), compared + len(paths)
            if with_paths == PAIRS:
                break
        assert with_paths == PAIRS, walk
    assert compared > 100


def test_a_search_past_its_time_limit_is_stopped_short(tmp_path: Path, server: Server, finder_of: FinderOf) -> None:
    names = [f"d{i}" for i in range(60)]
    graph = graph_of(tmp_path, *(line(a, "causes", b) for a in names for b in names if a < b))
    whole, at = finder_of(graph), ids(graph)
    assert isinstance(whole, Neo4jFinder)
    finder = Neo4jFinder(server, whole.graph, seconds=0.5)
    with pytest.raises(StoppedShort, match=r"stopped short: .* longer than its limit.*give it more time, or ask for less"):
        finder.all_paths(at["d0"], at["d1"], max_hops=8, limit=1_000_000)
    assert len(whole.all_paths(at["d0"], at["d1"], max_hops=2)) == 59  # the server is as well as before
    with pytest.raises(StoppedShort):
        Neo4jFinder(server, whole.graph, seconds=1e-9).shortest_paths(at["d0"], at["d1"])
    with pytest.raises(ConfigError, match="a time limit of 0 seconds"):
        Neo4jFinder(server, whole.graph, seconds=0)


def test_what_a_push_has_drawn_or_brought_is_never_walked(tmp_path: Path, server: Server, finder_of: FinderOf) -> None:
    graph = graph_of(tmp_path, line("flu", "has_phenotype", "fever"), nodes={"gout": "Disease"})
    finder, at = finder_of(graph), ids(graph)
    assert isinstance(finder, Neo4jFinder)
    values = {"graph": finder.graph, "a": at["flu"], "b": at["gout"], "c": at["fever"]}
    ends = "MATCH (a:Concept {graph: $graph, curie: $a}) MATCH (b:Concept {graph: $graph, curie: $b}) MATCH (c:Concept {graph: $graph, curie: $c}) "
    server.write(ends + "MERGE (a)-[:HOP {run: 'r', path: 'p', order: 0}]->(b) MERGE (c)-[:HOP {run: 'r', path: 'p', order: 1}]->(b)", **values)
    server.write(ends + "MERGE (a)-[:causes {id: 'x', graph: $graph, load: 'pushed', negated: false}]->(b)", **values)
    server.write("MERGE (:Concept:Disease {graph: $graph, curie: 'X:brought', load: 'pushed'})", graph=finder.graph)
    for walk in (Walk(), ANYWAY, Walk(Leg(frozenset(["HOP"]), frozenset(["HOP"])))):
        assert finder.all_paths(at["flu"], at["gout"], walk) == finder.shortest_paths(at["flu"], at["gout"], walk) == ()
    with pytest.raises(InputError, match="no concept has the id 'X:brought'"):
        finder.all_paths(at["flu"], "X:brought")


def test_a_graph_that_is_not_there_or_in_part_is_told(tmp_path: Path, server: Server, finder_of: FinderOf) -> None:
    finder = finder_of(graph_of(tmp_path, line("flu", "has_phenotype", "fever")))
    assert isinstance(finder, Neo4jFinder)
    with pytest.raises(ServerError, match=r"holds no graph named 'nowhere'; it has .*finder .*load it: kgpaths neo4j load"):
        Neo4jFinder(server, "nowhere").all_paths("X:flu", "X:fever")
    server.write(cypher.MARK_GRAPH, graph=finder.graph, properties={"state": "loading"})
    with pytest.raises(ServerError, match="in part only"):
        finder.all_paths("X:flu", "X:fever")


def test_the_command_shows_the_same_paths(tmp_path: Path, server_address: Address, finder_of: FinderOf) -> None:
    graph = graph_of(tmp_path, line("aspirin", "treats", "flu"), line("germ", "causes", "flu"), line("germ", "causes", "gout"))
    finder = finder_of(graph)
    assert isinstance(finder, Neo4jFinder)
    login = {"NEO4J_URI": server_address.uri, "NEO4J_USERNAME": server_address.user, "NEO4J_PASSWORD": server_address.password}
    asked = ["paths", "--from", "X:aspirin", "--to", "X:gout"]
    found = [CliRunner().invoke(cli, [*asked, *where], env=login).output for where in (["--graph", str(graph.path)], ["--neo4j", finder.graph])]
    assert found[0] == found[1] == "aspirin -treats-> flu <-causes- germ -causes-> gout\n1 path of at most 3 hops\n"
    wrong = CliRunner().invoke(cli, ["paths", "--from", "X:aspirin", "--to", "X:no\none", "--neo4j", finder.graph], env=login)
    assert isinstance(wrong.exception, InputError)
    assert str(wrong.exception).endswith("(give the id of a concept of this graph: kgpaths kg search finds it by name)")
    assert str(wrong.exception).isprintable()


def test_the_command_shows_names_and_does_not_obey_them(tmp_path: Path, server_address: Address, finder_of: FinderOf) -> None:
    graph = graph_of(tmp_path, line("two\nlines \x1b[31m", "treats", "flu"))
    finder, at = finder_of(graph), ids(graph)
    assert isinstance(finder, Neo4jFinder)
    login = {"NEO4J_URI": server_address.uri, "NEO4J_USERNAME": server_address.user, "NEO4J_PASSWORD": server_address.password}
    asked = ["paths", "--from", at["flu"], "--to", at["two\nlines \x1b[31m"]]
    found = [CliRunner().invoke(cli, [*asked, *where], env=login).output for where in (["--graph", str(graph.path)], ["--neo4j", finder.graph])]
    assert found[0] == found[1] == "flu <-treats- two\\nlines \\x1b[31m\n1 path of at most 3 hops\n"


@pytest.mark.parametrize("number", [0, 9, True, 1.0, "1", "1}]-() DETACH DELETE n //"])
def test_only_whole_numbers_within_bounds_are_spliced(number: object) -> None:
    with pytest.raises((ValueError, KgpathsError)):
        cypher.spliced(number, 8)  # type: ignore[arg-type]
