"""The saved queries on a real server: each shows what it promises, whatever the words, and no value becomes Cypher."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from kgpaths.neo4j.connection import Address, Server
from kgpaths.neo4j.guide_style import style
from kgpaths.neo4j.push import About, push
from kgpaths.neo4j.queries import SAVED, SPECIAL, literal, lucene
from tests.neo4j.guide_data import GUIDE as NAMES
from tests.neo4j.guide_data import HARD, looked_at
from tests.neo4j.small_run import Small

BEFORE, AFTER, OLD, NEW, _ = NAMES
JOINING = "'.:_"  # between letters these are no end of a word (Unicode, annex 29)
EVIL = (
    "O'Neil",
    "\\",
    "\\'",
    "' OR 1=1 //",
    "\\u0027",
    "\\\\u0027",
    "a&b#c",
    "x\ny\r\tz",
    "`",
    '"',
    "$run",
    "ω 😀",
    "\u2028",
    "/* */",
    "\0\x1b[31m\x7f\x85",
)


def test_lucene_escapes_every_character_of_its_syntax() -> None:
    assert lucene(SPECIAL) == "".join(f"\\{c}" for c in SPECIAL)
    assert lucene("x-linked (A AND B) TO && NOT") == r"x\-linked \(a and b\) to \&\& not"
    assert lucene("plain words, 100 % µg") == "plain words, 100 % µg"
    assert lucene("") == lucene(" \t\n") == '""'


def test_a_literal_stands_in_a_query_for_what_is_asked() -> None:
    saved = SAVED["questions"]
    assert saved.filled(run="O'Neil") == saved.cypher.replace("$run", "'O\\'Neil'")
    assert all(literal(value).isprintable() for value in EVIL)
    with pytest.raises(KeyError, match="questions does not ask for nothing"):
        saved.filled(nothing="x")


@pytest.fixture(scope="module")
def server(server_address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with looked_at(server_address, tmp_path_factory.mktemp("guide"), NAMES) as server:
        yield server


def rows(server: Server, name: str, **given: str) -> list[dict[str, Any]]:
    """Run a saved query as programs do, and see that the text in the Browser gives the same."""
    known = {"run": BEFORE, "before": BEFORE, "after": AFTER, "old": OLD, "new": NEW, "graph": NEW}
    values = {key: value for key, value in known.items() if key in SAVED[name].asks} | given
    found = server.read(SAVED[name].cypher, **SAVED[name].values(**values))
    assert server.read(SAVED[name].filled(**values)) == found
    return found


def drawn(found: list[dict[str, Any]], *columns: str) -> list[str]:
    """Return paths as text, each once."""
    return sorted({told(row[column]) for row in found for column in columns or ("p",) if row[column]})


def told(path: list[Any]) -> str:
    """Return a path as text, by what names its nodes."""
    assert isinstance(path, list) and len(path) >= 3, "a picture is made of paths"
    return " ".join(part if isinstance(part, str) else named(part) for part in path)


def named(node: dict[str, Any]) -> str:
    if "metapath" in node:
        return f"{node['option']}{node['rank']}"
    return str(node.get("name") or (f"{node['check']}.{node['code']}" if "check" in node else node.get("key") or node["id"]))


def test_every_query_runs_as_it_first_stands(server: Server) -> None:
    """But for the two graphs: the first and the last by name may be large ones of other tests."""
    for saved in SAVED.values():
        graphs = {name: value for name, value in (("old", OLD), ("new", NEW)) if name in saved.asks}
        server.read(saved.filled(**graphs), seconds=120)


def test_what_is_here(server: Server) -> None:
    runs = {row["run"]: row for row in rows(server, "runs")}
    assert (runs[BEFORE]["graph"], runs[BEFORE]["accepted"], runs[BEFORE]["rejected"]) == (NEW, 2, 4)
    graphs = {row["graph"]: row for row in rows(server, "graphs")}
    assert [graphs[name]["edges"] for name in (OLD, NEW)] == [4, 7]
    assert runs[BEFORE]["state"] == graphs[NEW]["state"] == "complete"
    found = rows(server, "questions")
    assert [row["question"] for row in found[:2]] == ["q-diagnosis", "q-treatment"]
    assert {row["question"]: row["code"] for row in found[2:]}["q-no-path"] == "no_path"


def test_the_paths_of_a_question(server: Server) -> None:
    hops = ["fatigue HOP iron deficiency anemia", "iron deficiency anemia HOP ferrous sulfate", "koilonychia HOP iron deficiency anemia"]
    hops += ["pica HOP iron deficiency anemia"]
    found = drawn(rows(server, "paths", question="q-treatment"))
    assert [path for path in found if " HOP " in path] == hops
    assert [path for path in found if " HOP " not in path] == [
        "q-treatment HAS_OPTION B NAMES ferrous sulfate",
        "q-treatment MENTIONS fatigue",
        "q-treatment MENTIONS koilonychia",
        "q-treatment MENTIONS pica",
    ]
    assert drawn(rows(server, "paths", question="q-diagnosis", option="A")) == [
        "fatigue HOP beta thalassemia",
        "q-diagnosis HAS_OPTION A NAMES beta thalassemia",
        "q-diagnosis MENTIONS fatigue",
    ]
    assert rows(server, "paths", question="q-no-path") == rows(server, "paths", question="none") == []


def test_the_paths_in_words(server: Server) -> None:
    found = rows(server, "chains", question="q-treatment")
    assert [row["rank"] for row in found] == [1, 2, 3]
    assert found[0]["path"] == "koilonychia <-has_phenotype- iron deficiency anemia <-first_line_treatment_for- ferrous sulfate"
    assert found[0]["score"] > found[1]["score"]


def test_the_steps_with_their_verdicts(server: Server) -> None:
    found = rows(server, "steps", question="q-diagnosis")
    assert [(row["step"], row["kind"]) for row in found] == list(
        enumerate(["finding", "inference", "elimination", "elimination", "conclusion"], 1)  # as ``kgpaths inspect`` numbers them
    )
    absent = [row["absent"] for row in rows(server, "steps", question="q-treatment")]
    assert absent[3] == ["deferoxamine first_line_treatment_for iron deficiency anemia"] and not any(absent[:3])
    whole = rows(server, "steps", question="q-prefers-other")[-1]
    assert (whole["step"], whole["kind"]) == ("draft", None)
    codes = ["contrast.graph_prefers_other", "grounds.one_finding", "grounds.rival_unanswered", "grounds.eliminations_empty"]
    assert [verdict.partition(":")[0] for verdict in whole["verdicts"]] == codes
    assert rows(server, "steps", question="q-no-path") == []
    assert found[3]["verdicts"] == ["grounds.elimination_empty: the option is set aside without a reason"]
    assert len(found[1]["edges"]) == 3


def test_the_real_edges_beside_a_path(server: Server) -> None:
    found = rows(server, "real-edges", question="q-treatment")
    assert [told(row["walked"]) for row in found] == ["koilonychia HOP iron deficiency anemia", "iron deficiency anemia HOP ferrous sulfate"]
    stored = ["koilonychia has_phenotype iron deficiency anemia", "iron deficiency anemia first_line_treatment_for ferrous sulfate"]
    assert [told(row["stored"]) for row in found] == stored
    assert told(rows(server, "real-edges", question="q-diagnosis", option="B", rank="3")[0]["walked"]) == "fatigue HOP iron deficiency anemia"
    assert told(rows(server, "real-edges", question="q-diagnosis", option="A")[0]["stored"]) == "fatigue has_phenotype beta thalassemia"


def test_the_options_compared(server: Server) -> None:
    found = rows(server, "options", question="q-diagnosis")
    assert [(row["option"], row["gold"], row["paths"], row["concepts"]) for row in found] == [
        ("B", True, 3, ["iron deficiency anemia"]),
        ("A", False, 1, ["beta thalassemia"]),
        ("C", False, 0, ["scurvy"]),
    ]
    pictures = drawn(rows(server, "options-drawn", question="q-diagnosis"))
    assert "q-diagnosis HAS_OPTION C NAMES scurvy" in pictures
    assert [path for path in pictures if "SUPPORTS" in path] == [
        "q-diagnosis HAS_OPTION A SUPPORTS A1 STARTS_AT fatigue",
        "q-diagnosis HAS_OPTION B SUPPORTS B1 STARTS_AT koilonychia",
        "q-diagnosis HAS_OPTION B SUPPORTS B2 STARTS_AT pica",
        "q-diagnosis HAS_OPTION B SUPPORTS B3 STARTS_AT fatigue",
    ]


def test_rejected_questions_by_reason(server: Server) -> None:
    assert {f"{row['stage']}.{row['code']}": row["examples"] for row in rows(server, "reasons")} == {
        "link.answer_not_linked": ["q-not-linked"],
        "link.no_finding": ["q-no-finding"],
        "search.no_path": ["q-no-path"],
        "validate.contrast.graph_prefers_other": ["q-prefers-other"],
    }
    assert drawn(rows(server, "rejected", code="no_path")) == [f"{BEFORE} HAS_QUESTION q-no-path"]
    other = drawn(rows(server, "rejected", code="contrast.graph_prefers_other"))
    assert "q-prefers-other HAS_VERDICT contrast.graph_prefers_other" in other


def test_what_the_checks_found(server: Server) -> None:
    assert [row["code"] for row in rows(server, "checks", check="contrast")] == ["graph_prefers_other"]
    empty = next(row for row in rows(server, "checks") if row["code"] == "elimination_empty")
    assert (empty["check"], empty["severity"], empty["questions"], sorted(empty["examples"])) == (
        "grounds",
        "warning",
        2,
        ["q-diagnosis", "q-prefers-other"],
    )


def test_hubs_without_what_was_pushed(server: Server) -> None:
    hub = {"hub": "iron deficiency anemia", "curie": "X:iron-deficiency-anemia", "paths": 3, "questions": 1, "edges": 4}
    assert rows(server, "hubs") == [hub]
    assert drawn(rows(server, "hubs-drawn")) == [
        "fatigue HOP iron deficiency anemia",
        "iron deficiency anemia HOP ferrous sulfate",
        "koilonychia HOP iron deficiency anemia",
        "pica HOP iron deficiency anemia",
    ]
    assert rows(server, "hubs", run=AFTER) == []  # a path of one hop passes through nothing


@pytest.fixture
def brought(server: Server) -> Iterator[None]:
    """Let a push have brought edges and a concept beyond what was loaded."""
    server.write("MERGE (:Concept:Disease {graph: $old, curie: 'X:brought', name: 'brought', load: 'pushed', runs: ['r']})", old=OLD)
    for graph in (OLD, NEW):
        server.write(
            """MATCH (a:Concept {graph: $new, curie: 'X:iron-deficiency-anemia'})-[r:has_phenotype]->(:Concept {graph: $new, curie: 'X:pica'})
            MATCH (b:Concept {graph: $graph, curie: a.curie}) MATCH (c:Concept {graph: $graph, curie: 'X:koilonychia'})
            MERGE (b)-[e:has_phenotype {id: CASE $graph WHEN $old THEN r.id ELSE 'b' END}]->(c)
            SET e.content_hash = 'other', e.graph = $graph, e.load = 'pushed'""",
            graph=graph,
            old=OLD,
            new=NEW,
        )
    yield
    server.write("MATCH (:Concept {graph: $old})-[r]->() WHERE r.load = 'pushed' DELETE r", old=OLD)
    server.write("MATCH (:Concept {graph: $new})-[r]->() WHERE r.load = 'pushed' DELETE r", new=NEW)
    server.write("MATCH (c:Concept {graph: $old, curie: 'X:brought'}) DELETE c", old=OLD)


@pytest.mark.usefixtures("brought")
def test_what_was_pushed_beyond_a_load_is_not_counted(server: Server) -> None:
    held = "MATCH (:Concept {graph: $graph})-[r]->() WHERE r.graph = $graph AND r.load = 'pushed' RETURN count(r) AS n"
    assert [server.read(held, graph=graph)[0]["n"] for graph in (OLD, NEW)] == [1, 1]
    assert rows(server, "hubs")[0]["edges"] == 4
    assert drawn(rows(server, "neighbours", words="koilonychia")) == ["koilonychia has_phenotype iron deficiency anemia"]
    assert len(rows(server, "neighbours", words="koilonychia")) == 1
    assert [row["before"][2]["curie"] for row in rows(server, "edges-changed", concept="iron deficiency anemia")] == ["X:koilonychia"]
    assert len(rows(server, "edges-changed")) == 2
    assert "X:brought" not in {row["curie"] for row in rows(server, "concepts-changed")}


def test_where_nothing_was_loaded_hubs_have_no_edges_and_a_graph_says_nothing(server: Server, small: Small, about: About) -> None:
    push(small.rows, server, about, graph=small.graph)
    assert [(row["hub"], row["paths"], row["edges"]) for row in rows(server, "hubs", run=about.id)] == [("iron deficiency anemia", 3, 0)]
    assert rows(server, "neighbours", words="koilonychia", graph=about.graph) == []
    assert [row["curie"] for row in rows(server, "find", words="koilonychia", graph=about.graph)] == ["X:koilonychia"]


def test_the_weakest_of_cited_edges(server: Server) -> None:
    found = rows(server, "weakest", question="q-diagnosis")
    assert [told(row["p"]) for row in found] == [
        "iron deficiency anemia has_phenotype koilonychia",
        "beta thalassemia has_phenotype fatigue",
        "beta thalassemia has_phenotype splenomegaly",  # of an elimination: on no path
        "iron deficiency anemia has_phenotype fatigue",
        "iron deficiency anemia has_phenotype pica",
    ]
    assert (found[0]["publications"], found[0]["sources"], found[0]["frequency"]) == (0, 1, pytest.approx(0.75))
    assert len(rows(server, "weakest")) == 6


def test_what_changed_between_two_runs(server: Server) -> None:
    (changed,) = rows(server, "two-runs")
    assert changed == {
        "question": "q-treatment",
        "outcome_before": "accepted",
        "outcome_after": "rejected",
        "code_before": None,
        "code_after": "no_path",
        "paths_gone": 3,
        "paths_new": 0,
    }
    found = drawn(rows(server, "two-runs-drawn"))
    assert f"{BEFORE} HAS_QUESTION q-treatment HAS_PATH B1 STARTS_AT koilonychia" in found
    assert "iron deficiency anemia HOP ferrous sulfate" in found
    assert not any(path.startswith(AFTER) for path in found)
    assert rows(server, "two-runs-drawn", question="q-diagnosis") == rows(server, "two-runs", after=BEFORE) == []


def test_what_changed_between_two_graphs(server: Server) -> None:
    counts = [(row["predicate"], row["edges_before"], row["edges_after"]) for row in rows(server, "two-graphs")]
    assert counts == [("has_phenotype", 3, 5), ("treats", 0, 1), ("first_line_treatment_for", 1, 1)]
    alone = [(row["predicate"], row["edges_before"], row["edges_after"]) for row in rows(server, "two-graphs", old=NEW, new=NEW)]
    assert alone == [("first_line_treatment_for", 1, 1), ("has_phenotype", 5, 5), ("treats", 1, 1)]  # each is counted once
    assert drawn(rows(server, "edges-gone")) == ["iron deficiency anemia has_phenotype pallor"]
    assert drawn(rows(server, "edges-gone", old=NEW, new=OLD, concept="iron deficiency anemia")) == ["iron deficiency anemia has_phenotype pica"]
    changed = rows(server, "edges-changed")
    assert drawn(changed, "before", "after") == [
        "ferrous sulfate first_line_treatment_for iron deficiency anemia",
        "iron deficiency anemia has_phenotype koilonychia",
    ]
    assert [row["before"][0]["graph"] for row in changed] == [OLD, OLD] and [row["after"][0]["graph"] for row in changed] == [NEW, NEW]
    assert rows(server, "concepts-changed") == [
        {"curie": "X:fatigue", "name_before": "tired", "name_after": "fatigue"},
        {"curie": "X:hard", "name_before": HARD, "name_after": None},
        {"curie": "X:pallor", "name_before": "pallor", "name_after": None},
    ]
    assert rows(server, "edges-gone", concept="X:iron-deficiency-anemia") == rows(server, "edges-gone")


def test_a_concept_is_found_by_name_and_by_synonym(server: Server) -> None:
    assert [row["curie"] for row in rows(server, "find", words="Tiredness")] == ["X:fatigue"]
    (found,) = rows(server, "find", words="fatigue")
    assert (found["category"], found["graph"], found["synonyms"]) == (["PhenotypicFeature"], NEW, ["tiredness"])
    assert drawn(rows(server, "neighbours", words="splenomegaly")) == ["splenomegaly has_phenotype beta thalassemia"]


def test_hard_names_are_found_as_they_are(server: Server) -> None:
    assert rows(server, "find", words=HARD, graph=OLD)[0]["name"] == HARD
    search = "CALL db.index.fulltext.queryNodes('kgpaths_names', $words) YIELD node WHERE node.graph = $graph RETURN node.name AS name"
    assert server.read(search, words=lucene(HARD), graph=OLD)[0]["name"] == HARD


@pytest.mark.parametrize("mark", [*string.punctuation, "&&", "||", " AND ", " OR ", " NOT ", " TO ", "\\\\", "", " "])
def test_no_character_is_syntax_of_the_full_text_search(server: Server, mark: str) -> None:
    """Alone, within a word and around it: it neither fails nor means anything, in a program or in the Browser."""
    search = "CALL db.index.fulltext.queryNodes('kgpaths_names', $words) YIELD node WHERE node.graph = $graph RETURN node.curie AS curie"
    for words in (mark, f"splenomegaly {mark}", f"{mark}splenomegaly{mark}", f"splenomegaly{mark}fatigue", f"splen{mark}"):
        here = {row["curie"] for row in server.read(search, words=lucene(words), graph=NEW)}
        assert here == {row["curie"] for row in rows(server, "find", words=words)}, words
        known = {"X:splenomegaly", "X:fatigue"} & {f"X:{word}" for word in re.findall(r"\w+", words.lower())}
        assert here >= known or mark in JOINING, words
        assert here <= {"X:splenomegaly", "X:fatigue"}


@pytest.mark.parametrize("value", EVIL)
def test_a_literal_stands_for_exactly_its_text(server: Server, value: str) -> None:
    assert server.read(f"RETURN {literal(value)} AS value") == [{"value": value}]


@pytest.mark.parametrize("value", EVIL)
def test_no_value_becomes_cypher(server: Server, value: str) -> None:
    for name in ("questions", "paths", "edges-gone", "find"):
        saved = SAVED[name]
        assert server.read(saved.filled(**dict.fromkeys(saved.asks, value))) == []


def test_what_the_server_holds_is_styled(server: Server) -> None:
    held = "MATCH (n) WHERE n.graph IN $graphs UNWIND labels(n) AS label RETURN DISTINCT label"
    assert {f"node.{row['label']}" for row in server.read(held, graphs=[OLD, NEW])} <= set(style())
    kinds = "MATCH (c:Concept {graph: $graph})-[r]-() RETURN DISTINCT type(r) AS kind"
    assert {f"relationship.{row['kind']}" for row in server.read(kinds, graph=NEW)} <= set(style())
