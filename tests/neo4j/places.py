"""What a test looks at in the server, and how it leaves nothing of its own there."""

from __future__ import annotations

import json
from typing import Any

from kgpaths.neo4j.connection import Server

RUNS = "MATCH (r:Run {graph: $graph}) RETURN r.id AS id"
NODES = """
MATCH (n) WHERE n.run IN $runs OR n:Run AND n.id IN $runs OR (n:Concept OR n:Retired) AND n.graph = $graph
RETURN labels(n) AS labels, properties(n) AS properties"""
RELATIONS = """
MATCH (a)-[r]->(b) WHERE a.run IN $runs OR a:Run AND a.id IN $runs OR (a:Concept OR a:Retired) AND a.graph = $graph
RETURN labels(a) AS a, properties(a) AS from, type(r) AS type, properties(r) AS properties, labels(b) AS b, properties(b) AS to"""


def snapshot(server: Server, graph: str) -> list[str]:
    """Return everything there is of a graph and the runs on it, as sorted lines: equal where the same is there."""
    values: dict[str, Any] = {"graph": graph, "runs": [row["id"] for row in server.read(RUNS, graph=graph)]}
    rows = [*server.read(NODES, **values), *server.read(RELATIONS, **values)]
    for row in rows:
        for labels in ("labels", "a", "b"):
            row.get(labels, []).sort()
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def counted(server: Server, run: str) -> dict[str, int]:
    """Return how many nodes of each label, and HOPs and MENTIONS, bear a run's id."""
    nodes = server.read("MATCH (n) WHERE n.run = $run RETURN labels(n)[0] AS name, count(*) AS n", run=run)
    relations = server.read("MATCH ()-[r:HOP|MENTIONS]->() WHERE r.run = $run RETURN type(r) AS name, count(*) AS n", run=run)
    return {"HOP": 0, "ThinkingPath": 0, **{row["name"]: row["n"] for row in (*nodes, *relations)}}


def without(server: Server, graph: str) -> None:
    """Take a graph and the runs on it out by force."""
    for row in server.read(RUNS, graph=graph):
        server.write("MATCH (n) WHERE n.run = $run OR n:Run AND n.id = $run DETACH DELETE n", run=row["id"])
    server.write("MATCH (n) WHERE n.graph = $graph OR n:Graph AND n.name = $graph DETACH DELETE n", graph=graph)
