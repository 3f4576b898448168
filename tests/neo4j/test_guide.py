"""The guide: its server answers the Browser and nobody else's wishes, its pages and its style are whole."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from html.parser import HTMLParser
from itertools import combinations
from typing import Any

import pytest
from click.testing import CliRunner

from kgpaths.cli import cli
from kgpaths.cli.neo4j_guide import tell
from kgpaths.errors import ServerError
from kgpaths.neo4j import cypher, cypher_saved
from kgpaths.neo4j.guide import GUIDE, HOST, PORT, QUERIES, STYLE, address, bound, files, serving, settings
from kgpaths.neo4j.guide_pages import PAGES, guide
from kgpaths.neo4j.guide_style import COLOURS, PLAIN, PUSHED, RELATIONS, channels, contrast, style
from kgpaths.neo4j.queries import ASKED, SAVED
from kgpaths.neo4j.serve_state import Served
from kgpaths.vocabulary import CATEGORIES, PREDICATES


def answer(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and content of what the guide answers."""
    asked = urllib.request.Request(f"http://{HOST}:{port}{path}", method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(asked, timeout=10) as found:
            return found.status, dict(found.headers), found.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


# the server


def test_guide_style_and_queries_are_served_to_any_page() -> None:
    with serving(0) as server:
        for path, begins in ((GUIDE, b"<!DOCTYPE html>"), (STYLE, b"{"), (QUERIES, b"// "), ("/queries/paths.cypher", b"// The paths of a question")):
            status, headers, content = answer(server.port, path, Origin="http://localhost:7474")
            assert (status, headers["Access-Control-Allow-Origin"], headers["Cache-Control"]) == (200, "*", "no-store"), path
            assert content.startswith(begins)
            assert answer(server.port, path, "HEAD")[::2] == (200, b"")


def test_a_preflight_gets_what_it_asks_for() -> None:
    """The Browser asks with cache headers, and Chromium for leave to reach this machine; a plain file server refuses both."""
    wanted = {"Access_Control_Request_Headers": "cache-control,pragma,x-anything", "Access_Control_Request_Private_Network": "true"}
    with serving(0) as server:
        status, headers, content = answer(server.port, GUIDE, "OPTIONS", Origin="http://localhost:7474", **wanted)
    assert (status, content) == (204, b"")
    assert headers["Access-Control-Allow-Headers"] == "cache-control,pragma,x-anything"
    assert headers["Access-Control-Allow-Private-Network"] == "true"
    assert "GET" in headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "path", ["/", "/guide.html/", "/../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/queries/", "/queries/none.cypher"]
)
def test_nothing_else_is_served(path: str) -> None:
    with serving(0) as server:
        status, _, content = answer(server.port, path)
    assert (status, GUIDE.encode() in content) == (404, True)


def test_nothing_can_be_sent_and_no_header_smuggled() -> None:
    with serving(0) as server:
        assert answer(server.port, GUIDE, "POST")[0] == 501
        with socket.create_connection((HOST, server.port), timeout=10) as connection:
            connection.sendall(b"OPTIONS / HTTP/1.0\r\nAccess-Control-Request-Headers: a\r\n X-Smuggled: b\r\n\r\n")
            found = b"".join(iter(lambda: connection.recv(4000), b""))
    assert b"\r\nX-Smuggled" not in found
    assert b"\r\nAccess-Control-Allow-Headers: a X-Smuggled: b\r\n" in found


def test_it_listens_on_this_machine_only() -> None:
    with serving(0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_one_clear_line() -> None:
    with serving(0) as server, pytest.raises(ServerError, match=rf"127.0.0.1:{server.port}: a guide runs there already \(use it, or give another"):
        bound(server.port)
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServerError, match=rf"127.0.0.1:{port}: cannot listen: Address already in use \(give another --port"):
            bound(port)


def test_the_settings_name_what_is_served() -> None:
    told = settings()
    assert set(told) == {"browser.remote_content_hostname_whitelist", "browser.post_connect_cmd"}
    assert told["browser.post_connect_cmd"] == f"config autoComplete: false; style {address(STYLE)}; guide {address(GUIDE)}"
    assert address(GUIDE) == f"http://localhost:{PORT}/guide.html"
    assert {GUIDE, STYLE} <= set(files())


def test_the_command_says_what_to_type_and_ends_with_one_line() -> None:
    command = [sys.executable, "-m", "kgpaths", "neo4j", "guide", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as running:
        assert running.stdout and running.stderr
        lines = [running.stdout.readline()]
        port = int(lines[0].split("localhost:")[1].split("/")[0])
        while not lines[-1].lstrip().startswith("browser.post_connect_cmd="):
            lines.append(running.stdout.readline())
        assert answer(port, GUIDE)[0] == 200
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=30)
    told = "".join(lines)
    assert f":play http://localhost:{port}/guide.html" in told and f":style http://localhost:{port}/style.grass" in told
    assert (rest.strip(), errors, running.returncode) == ("guide ended", "", 0)


def test_the_command_at_a_taken_port_fails_in_one_line() -> None:
    with serving(0) as server:
        found = CliRunner().invoke(cli, ["neo4j", "guide", "--port", str(server.port)])
    assert isinstance(found.exception, ServerError) and found.output == ""


def test_the_command_names_the_browser_of_the_server_that_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(0) as server:
        monkeypatch.setattr("kgpaths.cli.neo4j_guide.PORT", server.port)
        for served, browser in (
            (Served(1, "bolt://127.0.0.1:7688", "http://127.0.0.1:7475/browser/", "x"), "http://127.0.0.1:7475/browser/"),
            (None, "http://localhost:7474/browser/"),
        ):
            monkeypatch.setattr("kgpaths.neo4j.serve_state.serving", lambda served=served: served)
            tell(server)
            assert f"docker-compose.yml ({browser}) opens it" in capsys.readouterr().out


# the pages


class Pages(HTMLParser):
    """What the Browser makes of the guide."""

    def __init__(self) -> None:
        super().__init__()
        self.slides: list[dict[str, Any]] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "slide":
            self.slides.append({"queries": {}, "inputs": {}, "keys": set()})
        elif tag == "input":
            self.slides[-1]["inputs"][given["value-for"]] = given["value"]
        elif tag == "span":
            self.slides[-1]["keys"].add(given["value-key"])
        elif tag == "pre":
            assert "runnable" in (given["class"] or "").split()
            self.inside = given["id"] or ""
            self.slides[-1]["queries"][self.inside] = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.slides[-1]["queries"][self.inside] += data

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == "pre" else self.inside


def read(html: str) -> list[dict[str, Any]]:
    pages = Pages()
    pages.feed(html)
    return pages.slides


def test_each_saved_query_stands_on_one_page_as_it_runs() -> None:
    shown = [(name, text) for slide in read(guide()) for name, text in slide["queries"].items()]
    assert sorted(name for name, _ in shown) == sorted(SAVED)
    assert dict(shown) == {name: saved.filled() for name, saved in SAVED.items()}


def test_what_a_page_asks_is_what_its_queries_take() -> None:
    for slide, page in zip(read(guide()), PAGES, strict=True):
        asked = {name for query in page.queries for name in SAVED[query].asks}
        assert set(slide["inputs"]) == slide["keys"] == asked, page.title
        assert asked <= set(ASKED)


def test_pages_are_short() -> None:
    for page in PAGES:
        assert len(page.text) < 450 and 1 <= len(page.queries) <= 4, page.title


def test_the_browser_strips_nothing_from_the_guide() -> None:
    """What it takes for a script goes, even within the text of a query: these are its rules."""
    for rule in (r"""\s+(on[^\s=]+)[^\s=]*\s*=\s*("[^"]*"|'[^']*'|[\w\-.:]+\s*)""", r"<script\b", r"""href=["'].*javascript:"""):
        assert re.findall(rule, guide(), re.IGNORECASE) == []


def test_a_query_holds_nothing_that_cuts_a_link() -> None:
    for saved in SAVED.values():
        assert not set("&#") & set(saved.cypher + saved.filled(**dict.fromkeys(saved.asks, "a&b#c"))), saved.name


# the style


def test_every_label_and_type_has_a_colour_and_a_caption() -> None:
    rules = style()
    labels = {"Concept", *CATEGORIES, *labels_in_cypher()}
    assert {f"node.{label}" for label in labels} <= set(rules)
    assert {f"relationship.{kind}" for kind in {*PREDICATES, *types_in_cypher()}} <= set(rules)
    for selector, rule in rules.items():
        assert rule["caption"] and re.fullmatch("#[0-9A-F]{6}", rule["color"]), selector


def labels_in_cypher() -> set[str]:
    """Return the labels that stand in the project's queries."""
    return set(re.findall(r"[(\w]:([A-Z][A-Za-z]+)", re.sub(r"\[\w*:[^\]]*\]", "", queries())))


def types_in_cypher() -> set[str]:
    """Return the types of relationships that stand in the project's queries."""
    return {kind for group in re.findall(r"\[\w*:([A-Z_|]+)", queries()) for kind in group.split("|")}


def queries() -> str:
    """Return all queries of the project."""
    return "\n".join(str(text) for room in (cypher, cypher_saved) for name, text in vars(room).items() if name.isupper())


def test_the_data_model_is_read_out_of_the_queries() -> None:
    assert labels_in_cypher() == {"Concept", *PUSHED}
    assert types_in_cypher() == {"HOP", *RELATIONS}


def test_concept_comes_first_and_hops_are_thick() -> None:
    order = list(style())
    assert order.index("node.Concept") == min(order.index(selector) for selector in order if selector.startswith("node."))
    hop = style()["relationship.HOP"]
    assert (hop["caption"], hop["shaft-width"]) == ("{predicate}", "5px")
    assert all(rule["shaft-width"] == "1px" for name, rule in style().items() if name.startswith("relationship") and name != "relationship.HOP")
    assert style()["node.Concept"]["caption"] == "{name}"


def test_what_speaks_against_is_red() -> None:
    red = {name for name in PREDICATES if style()[f"relationship.{name}"]["color"] == "#C62828"}
    assert red == {"contraindicated_in", "exacerbates_condition"}


def test_colours_are_told_apart_and_captions_read() -> None:
    """Colours lie 15 apart in CIELAB (about 2.3 is just noticed); captions have WCAG's contrast of 4.5."""
    colours = COLOURS | {"Concept": PLAIN} | {label: colour for label, (colour, _) in PUSHED.items()}
    for one, other in combinations(colours, 2):
        assert distance(colours[one], colours[other]) >= 15, (one, other)
    for selector, rule in style().items():
        if selector.startswith("node"):
            assert contrast(rule["color"], rule["text-color-internal"]) >= 4.5, selector


def distance(one: str, other: str) -> float:
    """Return how far two colours lie apart in CIELAB (CIE 1976)."""
    return float(sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5)


def lab(colour: str) -> tuple[float, float, float]:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour))
    x, y, z = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    a, b, c = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def test_the_style_is_json_without_characters_of_grass() -> None:
    assert json.loads(files()[STYLE][1]) == style()
    assert list(json.loads(files()[STYLE][1])) == list(style())
