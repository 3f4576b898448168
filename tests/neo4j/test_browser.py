"""The guide in the real Browser: it opens by itself, its queries run by a click and a press on play, and draw what they should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from kgpaths.neo4j.connection import Address, Server
from kgpaths.neo4j.guide import serving
from kgpaths.neo4j.guide_style import COLOURS, PUSHED
from tests.neo4j.guide_data import BROWSER, looked_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

Drawn = list[dict[str, Any]]


@pytest.fixture(scope="module")
def server(chromium: str, server_address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with looked_at(server_address, tmp_path_factory.mktemp("browser"), BROWSER) as server:
        yield server


@pytest.fixture
def page(chromium: str, server: Server, browser_address: str, guide_port: int) -> Iterator[Page]:
    """Yield the Browser, logged in, while a guide runs where the server's settings say."""
    from tests.neo4j.browser_page import log_in, opened

    with serving(guide_port), opened(browser_address, chromium) as page:
        log_in(page, server.address)
        yield page


def named(found: Drawn) -> dict[str, dict[str, Any]]:
    """Return nodes by what names them."""
    return {node["properties"].get("name") or node["properties"].get("key") or node["properties"]["id"]: node for node in found}


def arrows(found: Drawn, *types: str) -> list[str]:
    """Return relationships between concepts as text."""
    return sorted(f"{one['from']['name']} {one['type']} {one['to']['name']}" for one in found if one["type"] in types)


def says(relationship: dict[str, Any], words: str) -> bool:
    """Tell whether an arrow's caption is these words, or as much of them as there is room for."""
    caption: str = relationship["caption"]
    return caption == words or (caption.endswith("…") and words.startswith(caption[:-1]))


def width(relationship: dict[str, Any]) -> float:
    """Return how thick a straight arrow is: its outline begins at half of that above its axis."""
    move, _, y, *_ = relationship["outline"].split()
    assert move == "M"
    return 2 * abs(float(y))


def test_the_guide_opens_by_itself_and_a_click_draws_the_paths(page: Page) -> None:
    from tests.neo4j.browser_page import click_query, drawn, turn_to

    turn_to(page, "Look at graphs and paths")
    turn_to(page, "The paths of a question")
    found = drawn(click_query(page, "paths", run=BROWSER.before, question="q-treatment"), nodes=7, relationships=11)

    nodes, relationships = named(found["nodes"]), found["relationships"]
    findings = {"koilonychia", "pica", "fatigue"}
    assert set(nodes) == {"q-treatment", "B", "ferrous sulfate", "iron deficiency anemia", *findings}
    hops = [f"{finding} HOP iron deficiency anemia" for finding in findings] + ["iron deficiency anemia HOP ferrous sulfate"] * 3
    assert arrows(relationships, "HOP") == sorted(hops)
    assert {one["to"]["name"] for one in relationships if one["type"] == "MENTIONS"} == findings
    assert [one["to"]["name"] for one in relationships if one["type"] == "NAMES"] == ["ferrous sulfate"]

    # the style: a concept shows its name in its category's colour, a hop its predicate, thick
    assert {name: nodes[name]["caption"] for name in findings} == {name: name for name in findings}
    assert (nodes["iron deficiency anemia"]["caption"], nodes["iron deficiency anemia"]["colour"]) == ("iron deficiency anemia", COLOURS["Disease"])
    assert (nodes["q-treatment"]["caption"], nodes["q-treatment"]["colour"]) == ("q-treatment", PUSHED["Question"][0])
    for one in relationships:
        if one["type"] == "HOP" and one["from"]["name"] in findings:
            assert says(one, "has_phenotype") and width(one) == 5
        elif one["type"] == "MENTIONS":
            assert says(one, "present") and width(one) == 1


def test_a_path_is_drawn_beside_its_real_edges_and_nothing_else(page: Page) -> None:
    """The setting "Connect result nodes" is off: with it the other hops between the same concepts would come along."""
    from tests.neo4j.browser_page import click_query, drawn, turn_to

    turn_to(page, "The real edges beside a path")
    found = drawn(click_query(page, "real-edges", run=BROWSER.before, question="q-treatment", rank="1"), nodes=3, relationships=4)
    assert arrows(found["relationships"], "HOP") == ["iron deficiency anemia HOP ferrous sulfate", "koilonychia HOP iron deficiency anemia"]
    assert arrows(found["relationships"], "has_phenotype", "first_line_treatment_for") == [
        "ferrous sulfate first_line_treatment_for iron deficiency anemia",
        "iron deficiency anemia has_phenotype koilonychia",
    ]
    for one in found["relationships"]:
        assert says(one, one["properties"].get("predicate") or one["type"])


def test_a_table_opens_for_a_query_without_a_picture(page: Page) -> None:
    from tests.neo4j.browser_page import click_query, patient, turn_to

    turn_to(page, "Rejected examples by reason")
    frame = click_query(page, "reasons", run=BROWSER.before)
    patient(frame).to_contain_text("graph_prefers_other")
    patient(frame).to_contain_text("q-prefers-other")
