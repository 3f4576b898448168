"""Every query that is sent to Neo4j. Values go as parameters, labels and types as ``$(…)``: no value becomes Cypher.

Two things have no parameter: numbers of hops and of paths (``spliced``), and names in statements about indexes, which are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# graphs: (:Graph {name}) says what is loaded; concepts are (:Concept {graph, curie}); an edge is a relationship of its predicate's type.
# All of a build bears its mark, ``load``; what has another one is older, or a push brought it. (:Retired) was a concept, and a run shows it

SCHEMA = (
    "CREATE CONSTRAINT kgpaths_concept IF NOT EXISTS FOR (c:Concept) REQUIRE (c.graph, c.curie) IS UNIQUE",
    "CREATE CONSTRAINT kgpaths_graph IF NOT EXISTS FOR (g:Graph) REQUIRE g.name IS UNIQUE",
    "CREATE FULLTEXT INDEX kgpaths_names IF NOT EXISTS FOR (c:Concept) ON EACH [c.name, c.synonyms]",
)
AWAIT_INDEXES = "CALL db.awaitIndexes(3600)"

GRAPHS = "MATCH (g:Graph) RETURN properties(g) AS graph ORDER BY g.name"
GRAPH = "MATCH (g:Graph {name: $graph}) RETURN properties(g) AS graph"
MARK_GRAPH = "MERGE (g:Graph {name: $graph}) SET g += $properties"
BEGIN_LOADING = "MATCH (g:Graph {name: $graph}) FOREACH (i IN range(1, 100) | CREATE (g)-[:LOADING]->(g))"
END_LOADING = "MATCH (g:Graph {name: $graph})-[r:LOADING]->(g) DELETE r"
"""A server that counts no relationships plans ``MERGE_EDGES`` as a scan of all there are, for every row, and keeps that plan
while they become many: a load of hours. With some that it counts it looks at the two ends. A push does the same at its run."""
DELETE_GRAPH = "MATCH (g:Graph {name: $graph}) DETACH DELETE g"

COUNT_CONCEPTS = "MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL AND c.load = $load RETURN count(c) AS n"
COUNT_EDGES = """
MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL
MATCH (c)-[r]->(:Concept) WHERE r.graph = $graph AND r.load = $load
RETURN count(r) AS n"""
ANY_CONCEPT = "MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL RETURN true AS found LIMIT 1"

REVIVE_RETIRED = """
MATCH (c:Retired {graph: $graph}) WHERE NOT EXISTS { (:Concept {graph: $graph, curie: c.curie}) }
WITH c.curie AS curie, head(collect(c)) AS c
SET c:Concept REMOVE c:Retired"""
"""A concept that is gone may be back: what runs show of it is to be the concept itself again, not its twin."""

LOADED_CONCEPTS = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) WHERE c.load = $load RETURN c.curie AS curie"""
MERGE_CONCEPTS = """
UNWIND $rows AS row
MERGE (c:Concept {graph: $graph, curie: row.properties.curie})
SET c = row.properties
SET c:$(row.category)
REMOVE c:$([label IN labels(c) WHERE NOT label IN ['Concept', row.category]])"""

LOADED_EDGES = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie})-[r]->(:Concept)
WHERE r.graph = $graph AND r.load = $load RETURN r.id AS id"""
MERGE_EDGES = """
UNWIND $edges AS edge
MATCH (a:Concept {graph: $graph, curie: edge[0]})
MATCH (b:Concept {graph: $graph, curie: edge[1]})
WITH a, b, edge[2] AS id, edge[3] AS hash, $alike[edge[4]] AS alike
MERGE (a)-[r:$(alike.predicate) {id: id}]->(b)
SET r = alike.properties, r.id = id, r.content_hash = hash"""

CONCEPTS_AFTER = """
MATCH (c:Concept {graph: $graph}) WHERE c.curie > $after
RETURN c.curie AS curie, c.load <> $load AS stale ORDER BY c.graph, c.curie LIMIT $size"""
DELETE_STALE_EDGES = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie})-[r]->()
WHERE r.graph = $graph AND r.load <> $load
WITH r LIMIT $size DELETE r"""
RETIRE_CONCEPTS = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) WHERE c.load <> $load AND EXISTS { (c)--() }
SET c:Retired REMOVE c:Concept
RETURN count(c) AS n"""
DELETE_CONCEPTS = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) WHERE c.load <> $load AND NOT EXISTS { (c)--() }
DELETE c"""
DELETE_RETIRED = "MATCH (c:Retired {graph: $graph}) WHERE NOT EXISTS { (c)--() } DELETE c"
"""``CALL … IN TRANSACTIONS`` would first gather all that it deletes: a graph of 40 million edges would not fit."""

LOOK = "MATCH p=(c:Concept {graph: $graph})-[r]->(:Concept) WHERE c.curie IS NOT NULL AND r.graph = $graph RETURN p LIMIT 25"
"""What a user may begin with: edges of one graph, without what a push has drawn."""


# runs: (:Run)-[:HAS_QUESTION]->(:Question) and what hangs on it. What a push has to bring itself bears load "pushed" and, in ``runs``,
# the runs that show it. HOPs are found by the index on their path, never by walking a hub

PUSH_SCHEMA = (
    "CREATE CONSTRAINT kgpaths_run IF NOT EXISTS FOR (r:Run) REQUIRE r.id IS UNIQUE",
    "CREATE CONSTRAINT kgpaths_question IF NOT EXISTS FOR (q:Question) REQUIRE (q.run, q.id) IS UNIQUE",
    "CREATE CONSTRAINT kgpaths_path IF NOT EXISTS FOR (t:ThinkingPath) REQUIRE t.id IS UNIQUE",
    "CREATE INDEX kgpaths_hop IF NOT EXISTS FOR ()-[h:HOP]-() ON (h.path)",
)
RUNS = "MATCH (r:Run) RETURN properties(r) AS run ORDER BY r.name, r.id"
RUN = "MATCH (r:Run {id: $run}) RETURN properties(r) AS run"
MARK_RUN = "MERGE (r:Run {id: $run}) SET r += $properties"
BEGIN_PUSHING = "MATCH (r:Run {id: $run}) FOREACH (i IN range(1, 100) | CREATE (r)-[:LOADING]->(r))"
END_PUSHING = "MATCH (r:Run {id: $run})-[l:LOADING]->(r) DELETE l"
COUNT_OUTCOMES = """
MATCH (q:Question {run: $run})
RETURN count(CASE q.outcome WHEN 'accepted' THEN 1 END) AS accepted, count(CASE q.outcome WHEN 'rejected' THEN 1 END) AS rejected"""

PUSHED_QUESTIONS = """
UNWIND $ids AS id
MATCH (q:Question {run: $run, id: id}) WHERE q.hash IS NOT NULL
RETURN q.id AS id, q.hash AS hash, COUNT { (q)--() } AS relations,
       COUNT { MATCH (q)-[:HAS_PATH]->(t:ThinkingPath) MATCH ()-[h:HOP {path: t.id}]->() RETURN h } AS hops"""
CLEAR_QUESTIONS = """
UNWIND $ids AS id
MATCH (q:Question {run: $run, id: id})
REMOVE q.hash
WITH q
CALL (q) { MATCH (q)-[:HAS_PATH]->(t:ThinkingPath) MATCH ()-[h:HOP {path: t.id}]->() DELETE h }
CALL (q) { MATCH (q)-[:HAS_OPTION|HAS_PATH|HAS_STEP|HAS_VERDICT]->(part) DETACH DELETE part }
CALL (q) { MATCH (q)-[m:MENTIONS]->() DELETE m }"""

REVIVE_CONCEPTS = """
MATCH (c:Retired {graph: $graph}) WHERE c.curie IN $curies AND NOT EXISTS { (:Concept {graph: $graph, curie: c.curie}) }
WITH c.curie AS curie, head(collect(c)) AS c
SET c:Concept, c.load = 'pushed', c.bare = true, c.runs = []
REMOVE c:Retired"""
KNOWN_CONCEPTS = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie})
RETURN c.curie AS curie, c.load = 'pushed' AS pushed, coalesce(c.bare, false) AS bare, $run IN coalesce(c.runs, []) AS shown,
       all(run IN coalesce(c.runs, []) WHERE run = $run) AS alone,
       CASE c.load WHEN 'pushed' THEN {category: head([label IN labels(c) WHERE label <> 'Concept']), properties: properties(c)} END AS held"""
"""``alone``: no other run shows it, so that this one's word holds."""
PUSH_CONCEPTS = """
UNWIND $rows AS row
MERGE (c:Concept {graph: $graph, curie: row.properties.curie})
WITH c, row, coalesce(c.runs, []) AS runs WHERE coalesce(c.load, 'pushed') = 'pushed'
SET c = row.properties, c.graph = $graph, c.load = 'pushed', c.runs = [run IN runs WHERE run <> $run] + $run
SET c:$(row.category)
REMOVE c:$([label IN labels(c) WHERE NOT label IN ['Concept', row.category]])"""
SHOW_CONCEPTS = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) WHERE c.load = 'pushed'
SET c.runs = [run IN coalesce(c.runs, []) WHERE run <> $run] + $run"""

KNOWN_EDGES = """
UNWIND $rows AS row
MATCH (a:Concept {graph: $graph, curie: row.subject})
MATCH (b:Concept {graph: $graph, curie: row.object})
MATCH (a)-[r]->(b) WHERE r.id = row.id AND r.graph = $graph
RETURN r.id AS id, r.content_hash AS content_hash, r.load = 'pushed' AS pushed, coalesce(r.bare, false) AS bare,
       $run IN coalesce(r.runs, []) AS shown, all(run IN coalesce(r.runs, []) WHERE run = $run) AS alone"""
PUSH_EDGES = """
UNWIND $rows AS row
MATCH (a:Concept {graph: $graph, curie: row.subject})
MATCH (b:Concept {graph: $graph, curie: row.object})
MERGE (a)-[r:$(row.predicate) {id: row.properties.id}]->(b)
WITH r, row, coalesce(r.runs, []) AS runs WHERE coalesce(r.load, 'pushed') = 'pushed'
SET r = row.properties, r.graph = $graph, r.load = 'pushed', r.runs = [run IN runs WHERE run <> $run] + $run"""
SHOW_EDGES = """
UNWIND $rows AS row
MATCH (a:Concept {graph: $graph, curie: row.subject})
MATCH (b:Concept {graph: $graph, curie: row.object})
MATCH (a)-[r]->(b) WHERE r.id = row.id AND r.graph = $graph AND r.load = 'pushed'
SET r.runs = [run IN coalesce(r.runs, []) WHERE run <> $run] + $run"""

MERGE_QUESTIONS = """
MATCH (r:Run {id: $run})
UNWIND $rows AS row
MERGE (q:Question {run: $run, id: row.question})
WITH r, q, row, coalesce(q.earlier_curies, []) + coalesce(q.curies, []) AS curies,
     coalesce(q.earlier_edge_ids, []) + coalesce(q.edge_ids, []) AS ids,
     coalesce(q.earlier_edge_subjects, []) + coalesce(q.edge_subjects, []) AS subjects,
     coalesce(q.earlier_edge_objects, []) + coalesce(q.edge_objects, []) AS objects
WITH r, q, row, ids, subjects, objects, [curie IN curies WHERE NOT curie IN row.properties.curies] AS curies,
     [i IN range(0, size(ids) - 1) WHERE NOT ids[i] IN row.properties.edge_ids] AS places
SET q = row.properties, q.run = $run, q.id = row.question,
    q.earlier_curies = CASE WHEN size(curies) > 0 THEN curies END,
    q.earlier_edge_ids = CASE WHEN size(places) > 0 THEN [i IN places | ids[i]] END,
    q.earlier_edge_subjects = CASE WHEN size(places) > 0 THEN [i IN places | subjects[i]] END,
    q.earlier_edge_objects = CASE WHEN size(places) > 0 THEN [i IN places | objects[i]] END
MERGE (r)-[:HAS_QUESTION]->(q)"""
"""What a question showed before it was written anew stays in its lists of earlier ones, so that dropping the run finds it."""
MERGE_OPTIONS = """
UNWIND $rows AS row
MATCH (q:Question {run: $run, id: row.question})
MERGE (q)-[:HAS_OPTION]->(o:Option {run: $run, question: row.question, key: row.key})
SET o += row.properties"""
MERGE_NAMES = """
UNWIND $rows AS row
MATCH (:Question {run: $run, id: row.question})-[:HAS_OPTION]->(o:Option {key: row.option})
MATCH (c:Concept {graph: $graph, curie: row.curie})
MERGE (o)-[:NAMES]->(c)"""
MERGE_MENTIONS = """
UNWIND $rows AS row
MATCH (q:Question {run: $run, id: row.question})
MATCH (c:Concept {graph: $graph, curie: row.curie})
MERGE (q)-[m:MENTIONS {run: $run, where: row.where, start: row.start, end: row.end, assertion: row.assertion}]->(c)
SET m += row.properties"""
MERGE_PATHS = """
UNWIND $rows AS row
MATCH (q:Question {run: $run, id: row.question})-[:HAS_OPTION]->(o:Option {key: row.properties.option})
MERGE (q)-[:HAS_PATH]->(t:ThinkingPath {id: row.properties.id})
SET t += row.properties, t.run = $run, t.question = row.question
MERGE (t)-[:SUPPORTS]->(o)
WITH t, row
MATCH (c:Concept {graph: $graph, curie: row.start})
MERGE (t)-[:STARTS_AT]->(c)"""
ADD_HOPS = """
UNWIND $rows AS row
MATCH (a:Concept {graph: $graph, curie: row.source})
MATCH (b:Concept {graph: $graph, curie: row.target})
WHERE NOT EXISTS { ()-[h:HOP {path: row.properties.path}]->() WHERE h.order = row.properties.order }
CREATE (a)-[h:HOP]->(b)
SET h = row.properties, h.run = $run"""
MERGE_STEPS = """
UNWIND $rows AS row
MATCH (q:Question {run: $run, id: row.question})
MERGE (q)-[:HAS_STEP]->(s:Step {run: $run, question: row.question, order: row.order})
SET s += row.properties"""
MERGE_VERDICTS = """
UNWIND $rows AS row
MATCH (q:Question {run: $run, id: row.question})
MERGE (q)-[:HAS_VERDICT]->(v:Verdict {run: $run, question: row.question, order: row.order})
SET v += row.properties"""
SEAL_QUESTIONS = "UNWIND $rows AS row MATCH (q:Question {run: $run, id: row.question}) SET q.hash = row.hash"

SHOWN_BY_QUESTIONS = """
MATCH (q:Question {run: $run}) WHERE q.id >= $begin
RETURN q.id AS id, coalesce(q.curies, []) + coalesce(q.earlier_curies, []) AS curies,
       coalesce(q.edge_ids, []) + coalesce(q.earlier_edge_ids, []) AS edge_ids,
       coalesce(q.edge_subjects, []) + coalesce(q.earlier_edge_subjects, []) AS edge_subjects,
       coalesce(q.edge_objects, []) + coalesce(q.earlier_edge_objects, []) AS edge_objects
ORDER BY q.id LIMIT $size"""
RELEASE_EDGES = """
UNWIND $rows AS row
MATCH (a:Concept {graph: $graph, curie: row.subject})
MATCH (b:Concept {graph: $graph, curie: row.object})
MATCH (a)-[r]->(b) WHERE r.id = row.id AND r.graph = $graph AND r.load = 'pushed'
SET r.runs = [run IN r.runs WHERE run <> $run]
WITH DISTINCT a, b, r WHERE size(r.runs) = 0 AND NOT EXISTS { (a)-[h:HOP]-(b) WHERE h.edge_id = r.id AND h.run <> $run }
DELETE r"""
RELEASE_CONCEPTS = """
UNWIND $curies AS curie
MATCH (c:Concept {graph: $graph, curie: curie}) WHERE c.load = 'pushed'
SET c.runs = [run IN c.runs WHERE run <> $run]
WITH DISTINCT c WHERE size(c.runs) = 0 AND NOT EXISTS { (c)--() }
DELETE c"""
RELEASE_RETIRED = "MATCH (c:Retired {graph: $graph}) WHERE c.curie IN $curies AND NOT EXISTS { (c)--() } DELETE c"
DELETE_QUESTIONS = "UNWIND $ids AS id MATCH (q:Question {run: $run, id: id}) DETACH DELETE q"
DELETE_RUN = "MATCH (r:Run {id: $run}) DETACH DELETE r"

PATH_BESIDE_ITS_EDGES = "MATCH p1=(x)-[h:HOP {path: $id}]->(y) MATCH p2=(x)-[r]-(y) WHERE r.id = h.edge_id RETURN p1, p2"
PICTURE = """\
MATCH (run:Run {id: $run}) MATCH (q:Question {run: $run, id: $question})
CALL (run, q) { MATCH p = (q) RETURN p
  UNION MATCH p = (q)-[:HAS_OPTION]->(:Option) RETURN p
  UNION MATCH p = (q)-[:HAS_OPTION]->(:Option)-[:NAMES]->(:Concept) RETURN p
  UNION MATCH (q)-[:HAS_PATH]->()-[:STARTS_AT]->(c) MATCH p = (q)-[:MENTIONS]->(c) RETURN p
  UNION MATCH (q)-[:HAS_PATH]->(t) MATCH p = ()-[:HOP {path: t.id}]->() RETURN p
  UNION UNWIND range(0, size(q.edge_ids) - 1) AS i
    MATCH (a:Concept {graph: run.graph, curie: q.edge_subjects[i]})
    MATCH (b:Concept {graph: run.graph, curie: q.edge_objects[i]})
    MATCH p = (a)-[r]->(b) WHERE r.id = q.edge_ids[i] RETURN p
} RETURN p"""
"""The picture of a question: its options and what they name, where its paths begin, each path, and the edges all of it rests on.

It is as long as the Browser's editor shows without scrolling."""

# search: routes between two concepts, over the edges of one complete load (``r.load``; what a push draws or brings bears another mark, or none).
# Each hop h of a route leads from node n(h-1) to n(h) by r(h). Of what is spliced in, all is a number that was checked, or a constant of here

ENDS = """
OPTIONAL MATCH (g:Graph {name: $graph})
OPTIONAL MATCH (s:Concept {graph: $graph, curie: $source}) WHERE s.load = g.load
OPTIONAL MATCH (t:Concept {graph: $graph, curie: $target}) WHERE t.load = g.load
RETURN g.load AS load, g.state AS state, COLLECT { MATCH (any:Graph) RETURN any.name ORDER BY any.name } AS graphs,
       labels(s) AS source, labels(t) AS target, COUNT { (s)--() } AS from_source, COUNT { (t)--() } AS from_target"""
NAMES_OF = "UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) RETURN c.curie AS curie, c.name AS name"

WAYS = {
    "either": ("-[{r}]-", "($along{h} IS NULL OR type({r}) IN $along{h})"),
    "along": ("-[{r}]->", "($along{h} IS NULL OR type({r}) IN $along{h})"),
    "against": ("<-[{r}]-", "($against{h} IS NULL OR type({r}) IN $against{h})"),
    "mixed": (
        "-[{r}]-",
        "CASE WHEN startNode({r}) = {a} THEN $along{h} IS NULL OR type({r}) IN $along{h} ELSE $against{h} IS NULL OR type({r}) IN $against{h} END",
    ),
}
"""The ways a hop may be walked: over the same predicates either way, from subject to object, from object to subject, each over its own."""
WALKABLE = "{r}.load = $load AND {r}.negated = false AND all(key IN keys({r}) WHERE key IN $told)"
LEADS_TO = "any(label IN labels({b}) WHERE label IN $to{h})"


class Way(NamedTuple):
    """How a hop may be walked, of ``WAYS``, and whether its categories are asked for. Its names are parameters: $along1, $against1, $to1."""

    how: str
    to: bool


def spliced(number: int, most: int) -> str:
    """Return a number as Cypher, where no parameter may stand. Raises ValueError for what is no whole number from 1 to ``most``."""
    if type(number) is not int or not 1 <= number <= most:
        raise ValueError(f"{number!r} is no whole number from 1 to {most}")
    return str(number)


def all_routes(ways: Sequence[Way], meet: int, limit_hops: int) -> str:
    """Return the query of all routes that have exactly a hop for each of ``ways``, expanded from both ends until they meet at node ``meet``.

    The join is asked for: left alone, the planner walks from one end to the other, a hundred times as slow on three hops.
    """
    hops = len(ways)
    last = spliced(hops, limit_hops)
    chain, wheres = "(n0:Concept {graph: $graph, curie: $source})", []
    for h, way in enumerate(ways, 1):
        names = {"r": f"r{h}", "h": h, "a": f"n{h - 1}", "b": f"n{h}"}
        pattern, named = WAYS[way.how]
        chain += pattern.format(**names) + (f"(n{h})" if h < hops else f"(n{last}:Concept {{graph: $graph, curie: $target}})")
        wheres += [text.format(**names) for text in (named, WALKABLE, *([LEADS_TO] if way.to and h < hops else []))]
    wheres += [f"n{j} <> n{i}" for i in range(hops) for j in range(i + 1, hops + 1) if j - i < hops]
    hints = [f"USING INDEX n{end}:Concept(graph, curie)" for end in (0, hops)] + [f"USING JOIN ON n{meet}"] * (0 < meet < hops)
    nodes, edges = ", ".join(f"n{i}" for i in range(hops + 1)), ", ".join(f"r{i}" for i in range(1, hops + 1))
    return f"MATCH {chain}\n{' '.join(hints)}\nWHERE {' AND '.join(wheres)}\nWITH [{nodes}] AS ns, [{edges}] AS rs{_ROUTES}"


def shortest_routes(way: Way, max_hops: int, limit_hops: int) -> str:
    """Return the query of the routes with the fewest hops, at most ``max_hops``, each hop of the same kind.

    Mixed ways are not for it: a condition on an edge and the node it comes from is tried on whole paths only, all there are.
    """
    names = {"r": "r", "h": 1, "a": "a", "b": "b"}
    pattern, named = WAYS[way.how]
    wheres = [named.format(**names), WALKABLE.format(**names)] + ([f"(b = t OR {LEADS_TO.format(**names)})"] if way.to else [])
    return f"""
MATCH (s:Concept {{graph: $graph, curie: $source}}) MATCH (t:Concept {{graph: $graph, curie: $target}})
MATCH p = SHORTEST 1 GROUPS (s) ((a){pattern.format(**names)}(b) WHERE {" AND ".join(wheres)}){{1,{spliced(max_hops, limit_hops)}}} (t)
WITH nodes(p) AS ns, relationships(p) AS rs{_ROUTES}"""


_ROUTES = """
WITH rs, [n IN ns | n.curie] AS nodes, [r IN rs | r.id] AS edges ORDER BY nodes, edges LIMIT $limit
RETURN nodes, edges, [r IN rs | type(r)] AS predicates, [i IN range(0, size(rs) - 1) | startNode(rs[i]).curie <> nodes[i]] AS inverted"""
