"""The saved queries' Cypher: what the Browser's guide offers.

Each begins with its title; what is asked of the user stands as a parameter in the line after it, and an empty text there means
"any" or "the first". They hold no ampersand and no number sign: the Browser cuts a link there. Paths are returned where a picture
is meant. An edge of a graph bears the graph's name, which what a push draws (HOP, NAMES …) does not.
"""

from __future__ import annotations

_RUN = """
MATCH (r:Run) WHERE run IN ['', r.id, r.name]
WITH * ORDER BY r.name, r.id LIMIT 1"""
_QUESTION = f"""{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question) WHERE question IN ['', q.id]
WITH * ORDER BY q.outcome, q.id LIMIT 1"""

SAVED_RUNS = """\
// What is here: runs
MATCH (r:Run)
RETURN r.name AS run, r.id AS id, r.graph AS graph, r.accepted AS accepted, r.rejected AS rejected, r.state AS state
ORDER BY run, id"""

SAVED_QUESTIONS = f"""\
// The questions of a run
WITH $run AS run{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question)
RETURN q.id AS question, q.outcome AS outcome, q.stage AS stage, q.code AS code,
  COUNT {{ (q)-[:HAS_PATH]->() }} AS paths, q.answer AS answer, q.text AS text
ORDER BY outcome, question LIMIT 500"""

SAVED_PATHS = f"""\
// The paths of a question
WITH $run AS run, $question AS question, $option AS option{_QUESTION}
MATCH (q)-[:HAS_PATH]->(t:ThinkingPath) WHERE option IN ['', t.option]
WITH q, t ORDER BY t.rank LIMIT 40
CALL (q, t) {{
  MATCH p = (:Concept)-[:HOP {{path: t.id}}]->(:Concept) RETURN p
  UNION MATCH (t)-[:STARTS_AT]->(c:Concept) MATCH p = (q)-[:MENTIONS]->(c) RETURN p
  UNION MATCH (t)-[:SUPPORTS]->(o:Option) MATCH p = (q)-[:HAS_OPTION]->(o)-[:NAMES]->(:Concept) RETURN p
}}
RETURN DISTINCT p"""

SAVED_CHAINS = f"""\
// The paths of a question, in words
WITH $run AS run, $question AS question, $option AS option{_QUESTION}
MATCH (q)-[:HAS_PATH]->(t:ThinkingPath)-[:STARTS_AT]->(a:Concept) WHERE option IN ['', t.option]
MATCH (:Concept)-[h:HOP {{path: t.id}}]->(b:Concept)
WITH q, t, a, b, CASE WHEN h.inverted THEN ' <-' + h.predicate + '- ' ELSE ' -' + h.predicate + '-> ' END AS arrow ORDER BY h.order
WITH q, t, a, collect(arrow + b.name) AS hops
RETURN q.id AS question, t.option AS option, t.rank AS rank, t.score AS score, a.name + reduce(chain = '', hop IN hops | chain + hop) AS path
ORDER BY option, rank"""

SAVED_REAL_EDGES = f"""\
// The real edges beside a path
WITH $run AS run, $question AS question, $option AS option, $rank AS rank{_QUESTION}
MATCH (q)-[:HAS_PATH]->(t:ThinkingPath)-[:SUPPORTS]->(o:Option)
WHERE option IN ['', o.key] AND rank IN ['', toString(t.rank)]
WITH t ORDER BY coalesce(o.gold, false) DESC, t.rank LIMIT 1
MATCH walked = (a:Concept)-[h:HOP {{path: t.id}}]->(b:Concept)
OPTIONAL MATCH stored = (a)-[e]-(b) WHERE e.id = h.edge_id
RETURN walked, stored ORDER BY h.order"""

SAVED_STEPS = f"""\
// The steps of a question, with the verdicts on each, and those on the whole draft
WITH $run AS run, $question AS question{_QUESTION}
UNWIND COLLECT {{ MATCH (q)-[:HAS_STEP]->(s:Step) RETURN s ORDER BY s.order }} + [null] AS s
OPTIONAL MATCH (q)-[:HAS_VERDICT]->(v:Verdict) WHERE v.step = coalesce(s.order, -1)
WITH q, s, v ORDER BY v.order
WITH q, s, collect(v.check + '.' + v.code + ': ' + v.detail) AS verdicts
WHERE s IS NOT NULL OR size(verdicts) > 0
RETURN q.id AS question, CASE WHEN s IS NULL THEN 'draft' ELSE s.order + 1 END AS step, s.kind AS kind, s.option AS option, s.status AS status,
  s.text AS text, s.edge_ids AS edges, s.absent AS absent, verdicts
ORDER BY s.order"""

SAVED_OPTIONS = f"""\
// The options of a question, side by side
WITH $run AS run, $question AS question{_QUESTION}
MATCH (q)-[:HAS_OPTION]->(o:Option)
OPTIONAL MATCH (o)-[:NAMES]->(c:Concept)
WITH q, o, collect(DISTINCT c.name) AS concepts
OPTIONAL MATCH (t:ThinkingPath)-[:SUPPORTS]->(o)
RETURN q.id AS question, o.key AS option, o.text AS text, o.gold AS gold, o.score AS score, count(t) AS paths, max(t.score) AS best_path, concepts
ORDER BY score DESC, option"""

SAVED_OPTIONS_DRAWN = f"""\
// What speaks for each option, drawn
WITH $run AS run, $question AS question{_QUESTION}
CALL (q) {{
  MATCH p = (q)-[:HAS_OPTION]->(:Option) RETURN p
  UNION MATCH p = (q)-[:HAS_OPTION]->(:Option)-[:NAMES]->(:Concept) RETURN p
  UNION MATCH p = (q)-[:HAS_OPTION]->(:Option)<-[:SUPPORTS]-(:ThinkingPath)-[:STARTS_AT]->(:Concept) RETURN p
}}
RETURN DISTINCT p"""

SAVED_REASONS = f"""\
// Rejected questions by reason
WITH $run AS run{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question) WHERE q.outcome = 'rejected'
RETURN q.stage AS stage, q.code AS code, count(*) AS questions, collect(q.id)[..5] AS examples, head(collect(q.detail)) AS detail
ORDER BY questions DESC, stage, code"""

SAVED_REJECTED = f"""\
// Rejected questions of one reason, with their verdicts
WITH $run AS run, $code AS code{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question) WHERE q.outcome = 'rejected' AND code IN ['', q.code]
WITH r, q ORDER BY q.id LIMIT 25
CALL (r, q) {{
  MATCH p = (r)-[:HAS_QUESTION]->(q) RETURN p
  UNION MATCH p = (q)-[:HAS_VERDICT]->(:Verdict) RETURN p
}}
RETURN DISTINCT p"""

SAVED_CHECKS = f"""\
// What the checks found
WITH $run AS run, $check AS check{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question)-[:HAS_VERDICT]->(v:Verdict) WHERE check IN ['', v.check]
RETURN v.check AS check, v.code AS code, v.severity AS severity, count(DISTINCT q) AS questions,
  collect(DISTINCT q.id)[..5] AS examples, head(collect(v.detail)) AS detail
ORDER BY questions DESC, check, code"""

_HUBS = f"""{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question)-[:HAS_PATH]->(t:ThinkingPath)
MATCH (:Concept)-[h:HOP {{path: t.id}}]->(:Concept)
WITH q, t, h ORDER BY h.order
WITH q, t, collect(h) AS hops
UNWIND hops[..-1] AS h
WITH endNode(h) AS hub, count(DISTINCT t) AS paths, count(DISTINCT q) AS questions, collect(DISTINCT t.id) AS through
ORDER BY paths DESC, hub.name"""

SAVED_HUBS = f"""\
// Hubs: the concepts that most paths pass through
WITH $run AS run{_HUBS} LIMIT 25
RETURN hub.name AS hub, hub.curie AS curie, paths, questions, COUNT {{ (hub)-[e]-() WHERE e.graph = hub.graph AND e.load <> 'pushed' }} AS edges
ORDER BY paths DESC, hub"""

SAVED_HUBS_DRAWN = f"""\
// Hubs, with the paths that pass through them
WITH $run AS run{_HUBS} LIMIT 3
UNWIND through[..30] AS path
MATCH p = (:Concept)-[:HOP {{path: path}}]->(:Concept)
RETURN DISTINCT p"""

SAVED_WEAKEST = f"""\
// Cited edges whose evidence is weakest
WITH $run AS run, $question AS question{_RUN}
MATCH (r)-[:HAS_QUESTION]->(q:Question)-[:HAS_STEP]->(s:Step) WHERE question IN ['', q.id]
UNWIND range(0, size(q.edge_ids) - 1) AS i
WITH DISTINCT r, q, q.edge_ids[i] AS id, q.edge_subjects[i] AS subject, q.edge_objects[i] AS object, s WHERE q.edge_ids[i] IN s.edge_ids
MATCH (a:Concept {{graph: r.graph, curie: subject}})
MATCH (b:Concept {{graph: r.graph, curie: object}})
MATCH p = (a)-[e]->(b) WHERE e.id = id
WITH e, head(collect(p)) AS p, collect(DISTINCT q.id)[..5] AS questions
RETURN p, startNode(e).name AS subject, type(e) AS predicate, endNode(e).name AS object,
  size(coalesce(e.publications, [])) AS publications, size(coalesce(e.sources, [])) AS sources, e.frequency AS frequency, questions
ORDER BY publications, sources, frequency, subject, object LIMIT 25"""

_RUNS = """
WITH *, COLLECT { MATCH (r:Run) RETURN r ORDER BY r.name, r.id } AS runs
WITH *, head([r IN runs WHERE before IN ['', r.id, r.name]]) AS old,
  head([r IN runs[CASE after WHEN '' THEN 1 ELSE 0 END..] WHERE after IN ['', r.id, r.name]]) AS new"""

SAVED_TWO_RUNS = f"""\
// What changed between two runs
WITH $before AS before, $after AS after{_RUNS}
MATCH (r:Run)-[:HAS_QUESTION]->(q:Question) WHERE r IN [old, new]
WITH q.id AS question, head(collect(CASE WHEN r = old THEN q END)) AS a, head(collect(CASE WHEN r = new THEN q END)) AS b
WITH *, COLLECT {{ MATCH (a)-[:HAS_PATH]->(t) RETURN t.edge_ids }} AS were, COLLECT {{ MATCH (b)-[:HAS_PATH]->(t) RETURN t.edge_ids }} AS are
WITH *, size([path IN were WHERE NOT path IN are]) AS paths_gone, size([path IN are WHERE NOT path IN were]) AS paths_new
WHERE a IS NULL OR b IS NULL OR a.outcome <> b.outcome OR coalesce(a.code, '') <> coalesce(b.code, '') OR paths_gone + paths_new > 0
RETURN question, coalesce(a.outcome, 'not asked') AS outcome_before, coalesce(b.outcome, 'not asked') AS outcome_after,
  a.code AS code_before, b.code AS code_after, paths_gone, paths_new
ORDER BY outcome_before = outcome_after, question LIMIT 500"""

SAVED_TWO_RUNS_DRAWN = f"""\
// The paths of a question that only one of two runs has
WITH $before AS before, $after AS after, $question AS question{_RUNS}
MATCH (old)-[:HAS_QUESTION]->(a:Question) WHERE question IN ['', a.id]
MATCH (new)-[:HAS_QUESTION]->(b:Question) WHERE b.id = a.id
WITH a, b, COLLECT {{ MATCH (a)-[:HAS_PATH]->(t) RETURN t.edge_ids }} AS were, COLLECT {{ MATCH (b)-[:HAS_PATH]->(t) RETURN t.edge_ids }} AS are
ORDER BY all(path IN were WHERE path IN are) AND all(path IN are WHERE path IN were), a.id LIMIT 1
UNWIND [[a, are], [b, were]] AS side
WITH side[0] AS q, side[1] AS others
MATCH (r:Run)-[:HAS_QUESTION]->(q)-[:HAS_PATH]->(t:ThinkingPath) WHERE NOT t.edge_ids IN others
CALL (r, q, t) {{
  MATCH p = (:Concept)-[:HOP {{path: t.id}}]->(:Concept) RETURN p
  UNION MATCH p = (r)-[:HAS_QUESTION]->(q)-[:HAS_PATH]->(t)-[:STARTS_AT]->(:Concept) RETURN p
}}
RETURN DISTINCT p"""

SAVED_GRAPHS = """\
// What is here: graphs
MATCH (g:Graph)
RETURN g.name AS graph, g.release AS release, g.concepts AS concepts, g.edges AS edges, g.state AS state, g.hash AS hash, g.licences AS licences
ORDER BY graph"""

_GRAPHS = """
WITH *, COLLECT { MATCH (g:Graph) RETURN g.name ORDER BY g.name } AS names
WITH *, CASE old WHEN '' THEN head(names) ELSE old END AS was, CASE new WHEN '' THEN last(names) ELSE new END AS is"""

SAVED_TWO_GRAPHS = f"""\
// Edges of two graphs by predicate
WITH $old AS old, $new AS new{_GRAPHS}
UNWIND CASE WHEN was = is THEN [was] ELSE [was, is] END AS graph
MATCH (c:Concept {{graph: graph}})-[e]->(:Concept) WHERE c.curie IS NOT NULL AND e.graph = graph AND e.load <> 'pushed'
RETURN type(e) AS predicate, sum(CASE graph WHEN was THEN 1 ELSE 0 END) AS edges_before, sum(CASE graph WHEN is THEN 1 ELSE 0 END) AS edges_after
ORDER BY abs(edges_after - edges_before) DESC, predicate"""

_CONCEPT_OF_TWO = f"""
WITH $old AS old, $new AS new, $concept AS concept{_GRAPHS}
MATCH (a:Concept {{graph: was}}) WHERE a.curie IS NOT NULL AND a.load <> 'pushed' AND concept IN ['', a.name, a.curie]"""

SAVED_EDGES_GONE = f"""\
// Edges that one graph has and another has not{_CONCEPT_OF_TWO}
CALL (a, is) {{
  OPTIONAL MATCH (:Concept {{graph: is, curie: a.curie}})-[f]->(:Concept) WHERE f.graph = is AND f.load <> 'pushed'
  RETURN collect(f.id) AS there
}}
MATCH p = (a)-[e]->(:Concept) WHERE e.graph = was AND e.load <> 'pushed' AND NOT e.id IN there
RETURN p LIMIT 50"""

SAVED_EDGES_CHANGED = f"""\
// Edges whose evidence differs between two graphs{_CONCEPT_OF_TWO}
CALL (a, is) {{
  OPTIONAL MATCH (:Concept {{graph: is, curie: a.curie}})-[f]->(:Concept) WHERE f.graph = is AND f.load <> 'pushed'
  RETURN collect(f.id) AS there, collect(f.id + f.content_hash) AS same
}}
MATCH before = (a)-[e]->(:Concept) WHERE e.graph = was AND e.load <> 'pushed' AND e.id IN there AND NOT e.id + e.content_hash IN same
WITH a, e, before, is LIMIT 25
MATCH after = (:Concept {{graph: is, curie: a.curie}})-[f]->(:Concept) WHERE f.graph = is AND f.id = e.id
RETURN before, after"""

SAVED_CONCEPTS_CHANGED = f"""\
// Concepts that one graph has and another has not, or names otherwise{_CONCEPT_OF_TWO}
OPTIONAL MATCH (b:Concept {{graph: is, curie: a.curie}}) WHERE b.load <> 'pushed'
WITH a, b WHERE b IS NULL OR b.name <> a.name
RETURN a.curie AS curie, a.name AS name_before, b.name AS name_after
ORDER BY curie LIMIT 100"""

_FOUND = r"""
WITH $words AS asked, $graph AS graph
WITH *, CASE trim(asked) WHEN '' THEN '""' ELSE
  reduce(text = toLower(asked), mark IN split('\\ + - ! ( ) : ^ [ ] " { } ~ * ? | / \u0026', ' ') | replace(text, mark, '\\' + mark)) END AS words
CALL db.index.fulltext.queryNodes('kgpaths_names', words, {limit: 1000}) YIELD node, score
WITH * WHERE graph IN ['', node.graph]"""

SAVED_FIND = f"""\
// Find a concept by name or synonym{_FOUND}
RETURN node.name AS name, [label IN labels(node) WHERE label <> 'Concept'] AS category, node.curie AS curie, node.graph AS graph,
  node.synonyms AS synonyms
ORDER BY toLower(name) = toLower(asked) DESC, score DESC, curie LIMIT 25"""

SAVED_NEIGHBOURS = f"""\
// What a graph says of a concept{_FOUND}
WITH node ORDER BY toLower(node.name) = toLower(asked) DESC, score DESC, node.curie LIMIT 1
MATCH p = (node)-[e]-(:Concept) WHERE e.graph = node.graph AND e.load <> 'pushed'
RETURN p LIMIT 50"""
