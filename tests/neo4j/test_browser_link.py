"""The link of ``kgpaths inspect``: what it holds, and that the real Browser puts the query into its editor and draws the picture."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from kgpaths.config import RunConfig
from kgpaths.neo4j import cypher
from kgpaths.neo4j.browser import picture_link, picture_query
from kgpaths.neo4j.connection import Address, connected
from kgpaths.neo4j.push import About, push
from kgpaths.pipeline import run
from kgpaths.runs import Run
from tests.neo4j.conftest import setting
from tests.neo4j.places import without
from tests.small import small_graph, write_questions

IDS = ("q-1", 'it\'s \\ & # 100% + "x" {y} ünï 🫀', "\\u0027}) DETACH DELETE n //", "$run $question", "a\nb")
NOWHERE: dict[str, str] = {}


def asked(link: str) -> dict[str, str]:
    """Return what the Browser reads from a link: it splits at & and cuts at #, and only then decodes."""
    parts = urlsplit(link)
    assert not parts.fragment
    return {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}


@pytest.mark.parametrize("question", IDS)
def test_a_link_holds_the_query_and_nothing_the_browser_cuts_at(question: str) -> None:
    link = picture_link("r1", question, NOWHERE)
    found = asked(link)
    assert (found["cmd"], found["arg"]) == ("edit", picture_query("r1", question))
    assert not set("&#") & set(found["arg"]) and link.isascii() and " " not in link
    assert found["preselectAuthMethod"] == "NATIVE"


def test_a_link_leads_to_the_browser_that_is_known(kgpaths_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGPATHS_HOME", str(tmp_path))  # no server of 'kgpaths neo4j serve' runs there
    for environ, browser, dbms, database in (
        (NOWHERE, "http://localhost:7474/browser/", "neo4j://neo4j@localhost:7687", "neo4j"),
        ({"NEO4J_URI": "bolt://db.example:17687"}, "http://db.example:7474/browser/", "bolt://neo4j@db.example:17687", "neo4j"),
        ({"NEO4J_BROWSER": "http://127.0.0.1:17474"}, "http://127.0.0.1:17474/browser/", "neo4j://neo4j@127.0.0.1:7687", "neo4j"),
        (
            {"NEO4J_BROWSER": "https://x.example/browser/", "NEO4J_URI": "neo4j+s://y.example", "NEO4J_USERNAME": "eve", "NEO4J_DATABASE": "kg"},
            "https://x.example/browser/",
            "neo4j+s://eve@y.example",
            "kg",
        ),
    ):
        link = picture_link("r1", "q", environ)
        assert link.partition("?")[0] == browser
        assert (asked(link)["dbms"], asked(link)["db"]) == (dbms, database)
        assert "secret" not in picture_link("r1", "q", {**environ, "NEO4J_PASSWORD": "secret"})


@pytest.mark.parametrize("question", IDS)
def test_a_value_in_the_query_is_that_value(server_address: Address, question: str) -> None:
    name = f"link-{uuid4().hex[:8]}"
    with connected(server_address) as server:
        server.write("CREATE (:Run {id: $name, graph: $name}), (:Question {run: $name, id: $id, edge_ids: []})", name=name, id=question)
        try:
            rows = server.read(picture_query(name, question))
            assert [row["p"][0]["id"] for row in rows] == [question]
        finally:
            without(server, name)


@pytest.fixture
def pushed(server_address: Address, tmp_path: Path) -> Iterator[tuple[Path, About]]:
    """A run that is in the server under ids of its own."""
    graph = small_graph(tmp_path)
    made = run(RunConfig(questions=str(write_questions(tmp_path / "questions.jsonl")), graph=str(graph.path), out=str(tmp_path / "run")))
    about = About(f"run-{uuid4().hex[:8]}", "small", f"graph-{uuid4().hex[:8]}")
    with connected(server_address) as server:
        push(made.examples, server, about, graph=graph)
        yield tmp_path / "run", about
        without(server, about.graph)


def test_inspect_prints_the_link(pushed: tuple[Path, About]) -> None:
    folder, _ = pushed
    environ = {**os.environ, "NEO4J_BROWSER": "http://127.0.0.1:7999"}
    done = subprocess.run(
        [sys.executable, "-m", "kgpaths", "inspect", "q-diagnosis", "--run", str(folder)], env=environ, capture_output=True, text=True, check=True
    )
    link = done.stdout.splitlines()[-1]
    assert link.startswith("http://127.0.0.1:7999/browser/?cmd=edit&arg=MATCH%20")
    assert asked(link)["arg"] == picture_query(Run.open(folder).id, "q-diagnosis")


def test_the_browser_has_the_query_in_its_editor_and_draws_the_paths(
    chromium: str, server_address: Address, browser_address: str, guide_port: int, pushed: tuple[Path, About]
) -> None:
    from kgpaths.neo4j.guide import serving
    from tests.neo4j.browser_page import DRAWN, log_in, opened, until

    _, about = pushed
    environ = {"NEO4J_BROWSER": browser_address, "NEO4J_URI": server_address.uri, "NEO4J_USERNAME": server_address.user}
    with connected(server_address) as server:
        records = server.driver.execute_query(cypher.PICTURE, {"run": about.id, "question": "q-treatment"}).records
    nodes = {node for record in records for node in record["p"].nodes}
    relations = {one for record in records for one in record["p"].relationships}
    # wide: where the guide comes up beside the editor, lines would wrap, and the editor holds only those that are seen
    with serving(guide_port), opened(picture_link(about.id, "q-treatment", environ), chromium, width=2600) as page:
        form = {name: page.get_by_test_id(name).input_value() for name in ("boltaddress", "username", "database")}
        assert form == {"boltaddress": server_address.uri.partition("://")[2], "username": server_address.user, "database": "neo4j"}
        log_in(page, server_address)
        page.get_by_test_id("password").wait_for(state="detached")
        page.get_by_test_id("guidesDrawer").locator("h3").wait_for()  # the last of what the Browser does when it connects
        editor = page.get_by_test_id("activeEditor").locator(".view-lines")
        query = "".join(picture_query(about.id, "q-treatment").split())
        until(lambda: "".join(editor.inner_text().split()) == query or None, editor.inner_text)
        page.get_by_test_id("editor-Run").click()
        frame = page.get_by_test_id("frame").filter(has=page.locator("g.node")).first

        def all_drawn() -> dict[str, list[dict[str, Any]]] | None:
            found: dict[str, list[dict[str, Any]]] = frame.evaluate(DRAWN)
            return found if len(found["nodes"]) == len(nodes) and len(found["relationships"]) >= len(relations) else None

        frame.locator("g.node").first.wait_for()
        drawn = until(all_drawn, lambda: frame.evaluate(DRAWN))["relationships"]
    hops = {(r["properties"]["path"], str(r["properties"]["order"])) for r in drawn if r["type"] == "HOP"}
    wanted = {(r["path"], str(r["order"])) for r in relations if r.type == "HOP"}
    assert wanted <= hops and len(wanted) > 3
    if "autoComplete: false" in setting(server_address, "browser.post_connect_cmd"):  # else all there is between the nodes is drawn too
        assert wanted == hops
    edges = {r["properties"]["id"] for r in drawn if "content_hash" in r["properties"]}
    assert edges == {r["id"] for r in relations if "content_hash" in r} and edges
