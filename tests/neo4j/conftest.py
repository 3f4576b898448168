"""A real Neo4j for the tests: the one NEO4J_URI names, else one that all workers of the session share."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from kgpaths.errors import KgpathsError
from kgpaths.neo4j.connection import Address, Server, connected
from kgpaths.neo4j.push import About
from kgpaths.neo4j.serve_java import jars, missing
from tests.neo4j.one_server import joined, running
from tests.neo4j.small_run import Small

NEEDS = {"server_address", "neo4j_jars"}
"""Fixtures for which a test bears the marker ``neo4j``."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server."""
    for item in items:
        if NEEDS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.neo4j)


@pytest.fixture(scope="session")
def neo4j_jars(kgpaths_home: Path) -> Path:
    """Return the folder of Neo4j's jars, fetched once into pytest's cache; skip, saying why, where that cannot be."""
    if lack := missing():
        without(lack)
    try:
        return jars()
    except KgpathsError as error:
        without(str(error))


def without(why: str) -> NoReturn:
    """Skip a test that needs a server or its Browser, or fail it where CI demands them."""
    if os.environ.get("KGPATHS_REQUIRE_NEO4J") == "1":
        pytest.fail(f"KGPATHS_REQUIRE_NEO4J=1, but Neo4j cannot be tested: {why}", pytrace=False)
    pytest.skip(f"Neo4j cannot be tested: {why}")


@pytest.fixture
def own_home(tmp_path: Path, neo4j_jars: Path) -> Iterator[Path]:
    """Yield a user's cache folder that has the jars and nothing else; whatever server runs in it ends with the test."""
    home = tmp_path / "home of $user"
    (home / "neo4j").mkdir(parents=True)
    (home / "neo4j" / neo4j_jars.name).symlink_to(neo4j_jars)
    yield home
    for pid in running(home / "neo4j" / "server"):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(home / "neo4j" / "server", ignore_errors=True)


@pytest.fixture(scope="session")
def server_address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Yield where a server answers and how to log in."""
    if os.environ.get("NEO4J_URI"):
        yield Address.of()
        return
    request.getfixturevalue("neo4j_jars")
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root  # a worker's folder lies in the session's
    with joined(shared) as address:
        yield address


@pytest.fixture(scope="module")
def server(server_address: Address) -> Iterator[Server]:
    """Yield the server, connected."""
    with connected(server_address) as opened:
        yield opened


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Return a run on the small graph."""
    return Small.made(tmp_path_factory.mktemp("push"))


@pytest.fixture
def about(small: Small, server: Server) -> Iterator[About]:
    """Yield ids under which a test may push that run; nothing of them is left behind."""
    with small.of_its_own(server) as mine:
        yield mine


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the path of a Chromium; skip, or fail where CI demands it, where there is none."""
    try:
        from tests.neo4j.browser_page import chromium
    except ModuleNotFoundError:
        without("playwright is not installed")
    return chromium() or without("there is no Chromium (apt-get install chromium, or playwright install chromium)")


@pytest.fixture(scope="session")
def browser_address(server_address: Address) -> str:
    """Return where the server's Browser answers."""
    return f"http://{setting(server_address, 'server.http.advertised_address')}/browser/"


@pytest.fixture(scope="session")
def guide_port(server_address: Address) -> int:
    """Return the port at which the server's Browser asks for guide and style when it connects."""
    found = re.search(r"guide http://localhost:(\d+)/", setting(server_address, "browser.post_connect_cmd"))
    assert found
    return int(found[1])


def setting(address: Address, name: str) -> str:
    """Return a setting of the server."""
    with connected(address) as server:
        return str(server.read("CALL dbms.listConfig() YIELD name, value WHERE name = $name RETURN value", name=name)[0]["value"])
