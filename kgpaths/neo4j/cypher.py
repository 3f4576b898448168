"""Every query that is sent to Neo4j. Values go as parameters, labels and types as ``$(…)``: no value becomes Cypher.

Two things have no parameter: numbers of hops and of paths (``spliced``), and names in statements about indexes, which are ours.
"""

from __future__ import annotations

# graphs: (:Graph {name}) says what is loaded; concepts are (:Concept {graph, curie}); an edge is a relationship of its predicate's type

SCHEMA = (
    "CREATE CONSTRAINT kgpaths_concept IF NOT EXISTS FOR (c:Concept) REQUIRE (c.graph, c.curie) IS UNIQUE",
    "CREATE CONSTRAINT kgpaths_graph IF NOT EXISTS FOR (g:Graph) REQUIRE g.name IS UNIQUE",
    "CREATE FULLTEXT INDEX kgpaths_names IF NOT EXISTS FOR (c:Concept) ON EACH [c.name, c.synonyms]",
)
AWAIT_INDEXES = "CALL db.awaitIndexes(300)"

GRAPHS = "MATCH (g:Graph) RETURN properties(g) AS graph ORDER BY g.name"
GRAPH = "MATCH (g:Graph {name: $graph}) RETURN properties(g) AS graph"
MARK_GRAPH = "MERGE (g:Graph {name: $graph}) SET g += $properties"

COUNT_CONCEPTS = "MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL AND c.load = $load RETURN count(c) AS n"
COUNT_EDGES = """
MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL
MATCH (c)-[r]->(:Concept) WHERE r.graph = $graph AND r.load = $load
RETURN count(r) AS n"""
ANY_CONCEPT = "MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL RETURN true AS found LIMIT 1"

LOADED_CONCEPTS = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie}) WHERE c.load = $load RETURN c.curie AS curie"""
MERGE_CONCEPTS = """
UNWIND $rows AS row
MERGE (c:Concept {graph: $graph, curie: row.properties.curie})
SET c = row.properties, c.graph = $graph, c.load = $load
SET c:$(row.category)
REMOVE c:$([label IN labels(c) WHERE NOT label IN ['Concept', row.category]])"""

LOADED_EDGES = """
UNWIND $curies AS curie MATCH (c:Concept {graph: $graph, curie: curie})-[r]->(:Concept)
WHERE r.graph = $graph AND r.load = $load RETURN r.id AS id"""
MERGE_EDGES = """
UNWIND $rows AS row
MATCH (a:Concept {graph: $graph, curie: row.subject})
MATCH (b:Concept {graph: $graph, curie: row.object})
MERGE (a)-[r:$(row.predicate) {id: row.properties.id}]->(b)
SET r = row.properties, r.graph = $graph, r.load = $load"""

DELETE_STALE_EDGES = """
MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL
MATCH (c)-[r]->(:Concept) WHERE r.graph = $graph AND r.load <> $load
CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS"""
RETIRE_STALE_CONCEPTS = """
MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL AND c.load <> $load AND EXISTS { (c)--() }
CALL (c) { SET c:Retired REMOVE c:Concept } IN TRANSACTIONS OF 10000 ROWS"""
DELETE_STALE_CONCEPTS = """
MATCH (c:Concept {graph: $graph}) WHERE c.curie IS NOT NULL AND c.load <> $load
CALL (c) { DETACH DELETE c } IN TRANSACTIONS OF 10000 ROWS"""
