"""Hold the paths found in Neo4j against those of the local path finder, path by path, and tell how long both took.

    python benchmarks/neo4j_finder.py embedded GRAPH...    # graph folders; needs Java and Maven

The graphs are loaded into a server of its own first. Pairs are drawn with a fixed seed: both ends anywhere, both with 20 edges or
more, from a hub, a few edges apart. All paths of up to 3 hops are compared where there are fewer than 10,000, and the shortest ones of up to 4.
Prints a Markdown table for RESULTS.md; exit code 1 where the two differ.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from neo4j_server import serving

from kgpaths.errors import StoppedShort
from kgpaths.graph.store import Graph
from kgpaths.graph.walk import Leg, Route, Walk
from kgpaths.neo4j.connection import Address, connected
from kgpaths.neo4j.finder import Neo4jFinder
from kgpaths.neo4j.load import load
from kgpaths.pipeline import open_graph
from kgpaths.search.finder import GraphFinder, PathFinder

HOPS, SHORTEST, MANY = 3, 4, 10_000


@dataclass
class Tally:
    """What came of one kind of walk."""

    pairs: int = 0
    paths: int = 0
    many: int = 0  # pairs with more paths than are compared
    stopped: int = 0
    differ: list[str] = field(default_factory=list)
    local: list[float] = field(default_factory=list)  # milliseconds
    server: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("graphs", nargs="+", metavar="GRAPH", help="Graph folders; 'embedded' for the one that comes with the package.")
    parser.add_argument("--pairs", type=int, default=60, help="Pairs for each kind of walk.")
    parser.add_argument("--seconds", type=float, default=120.0, help="Time limit of one search in Neo4j.")
    given = parser.parse_args()
    wrong = 0
    print("| graph | walk | pairs | paths | 10,000 or more | stopped short | differ | local p50, ms | Neo4j p50, ms | Neo4j p99, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)), connected(Address.of()) as server:
        for name in given.graphs:
            graph = open_graph(name)
            load(graph, server)
            local, there = GraphFinder(graph), Neo4jFinder(server, graph.name, seconds=given.seconds)
            ends = drawn(graph, given.pairs)
            for what, walk in walks(graph).items():
                for kind in ("all", "shortest"):
                    tally = Tally()
                    for source, target in ends:
                        compare(tally, kind, local, there, (source, target), walk)
                    wrong += len(tally.differ)
                    print(line(graph.name, f"{kind}: {what}", tally), flush=True)
                    for differs in tally.differ:
                        print(differs, file=sys.stderr)
    sys.exit(1 if wrong else 0)


def drawn(graph: Graph, pairs: int) -> list[tuple[str, str]]:
    """Return pairs of different concepts that have edges: anywhere, with 20 edges or more, from a hub, and two or three edges apart."""
    degrees = np.diff(graph.out.indptr) + np.diff(graph.inn.indptr)
    anywhere, busy = np.flatnonzero(degrees).tolist(), np.flatnonzero(degrees >= 20).tolist()
    hubs = np.argsort(-degrees, kind="stable")[:100].tolist()
    draw, found = random.Random(20), []
    while len(found) < pairs:
        source, target = ((anywhere, anywhere), (busy, busy), (hubs, anywhere), (anywhere, []))[len(found) % 4]
        begin = draw.choice(source)
        ends = begin, draw.choice(target) if target else led_to(graph, begin, draw)
        if ends[0] != ends[1]:
            found.append((graph.curie(ends[0]), graph.curie(ends[1])))
    return found


def led_to(graph: Graph, node: int, draw: random.Random) -> int:
    """Return where two or three edges lead from a concept, from subject to object where there are any."""
    for _ in range(draw.randint(2, 3)):
        csr = graph.out if graph.out.indptr[node] < graph.out.indptr[node + 1] else graph.inn
        node = draw.choice(csr.neighbour[csr.span(node)].tolist())
    return node


def walks(graph: Graph) -> dict[str, Walk]:
    """Return walks of every kind, over the graph's own predicates and categories, so that each finds something."""
    predicates = sorted(graph.manifest.predicates, key=lambda name: (-graph.manifest.predicates[name], name))
    first, second, third = predicates[:3]
    degrees, ends = np.diff(graph.out.indptr) + np.diff(graph.inn.indptr), Counter[str]()
    for node, degree in enumerate(degrees.tolist()):
        ends[graph.category(node)] += degree
    category = max(sorted(ends), key=ends.__getitem__)  # of most ends of edges
    return {
        "what is walked": Walk(),
        "any predicate": Walk.of("*"),
        "from subject to object": Walk(Leg.of("*", backward=False)),
        f"{first}, {second}, {third}": Walk.of([first, second, third]),
        f"{first} forward, {first} or {second} backward": Walk(Leg(frozenset([first]), frozenset([first, second]))),
        f"through {category}": Walk.of("*", through=[category]),
        "* -*- * -*-> *": Walk.metapath("* -*- * -*-> *"),
        f"* -*- {category} -*- * <-*- *": Walk.metapath(f"* -*- {category} -*- * <-*- *"),
    }


def compare(tally: Tally, kind: str, local: PathFinder, there: PathFinder, ends: tuple[str, str], walk: Walk) -> None:
    """Compare the answers for one pair."""

    def found(finder: PathFinder) -> tuple[tuple[Route, ...], float]:
        begun = perf_counter()
        if kind == "all":
            routes = finder.all_paths(*ends, walk, max_hops=HOPS, limit=MANY)
        else:
            routes = finder.shortest_paths(*ends, walk, max_hops=SHORTEST, limit=MANY)
        return routes, (perf_counter() - begun) * 1000

    expected, took = found(local)
    if len(expected) == MANY:
        tally.many += 1
        return
    try:
        answer, took_there = found(there)
    except StoppedShort:
        tally.stopped += 1
        return
    tally.pairs, tally.paths = tally.pairs + 1, tally.paths + len(expected)
    tally.local.append(took)
    tally.server.append(took_there)
    if answer != expected:
        tally.differ.append(f"{' '.join(ends)}: {len(expected)} here, {len(answer)} there, {len(set(expected) ^ set(answer))} in one alone; {walk}")


def line(graph: str, what: str, tally: Tally) -> str:
    """Return one row of the table."""
    numbers = f"{tally.pairs} | {tally.paths:,} | {tally.many} | {tally.stopped} | {len(tally.differ)}"
    if not tally.pairs:
        return f"| {graph} | {what} | {numbers} | | | |"
    local, middle, high = (float(np.percentile(times, p)) for times, p in ((tally.local, 50), (tally.server, 50), (tally.server, 99)))
    return f"| {graph} | {what.replace('|', chr(92) + '|')} | {numbers} | {local:.1f} | {middle:.1f} | {high:,.0f} |"


if __name__ == "__main__":
    main()
