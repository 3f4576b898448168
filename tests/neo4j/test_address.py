"""Which server is meant, and how to log in: what is said, and what is known of the user's own server."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.errors import ConfigError
from kgpaths.neo4j.browser import where
from kgpaths.neo4j.connection import Address
from kgpaths.neo4j.serve_state import Served


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Let a server of the user's own be known, at a port that is not the usual one."""
    (tmp_path / "password").write_text("its own\n", encoding="utf-8")
    served = Served(1, "bolt://127.0.0.1:7688", "http://127.0.0.1:7475/browser/", str(tmp_path / "password"))
    for module in ("connection", "browser"):
        monkeypatch.setattr(f"kgpaths.neo4j.{module}.serving", lambda: served)
    return served


@pytest.mark.parametrize(
    "uri", ["bolt://127.0.0.1:7688", "bolt://localhost:7688", "neo4j://127.0.0.1:7688", "neo4j://LOCALHOST:7688", "bolt://[::1]:7688"]
)
def test_the_own_server_is_known_however_it_is_spelled(own: Served, uri: str) -> None:
    for found in (Address.of({}, uri=uri), Address.of({"NEO4J_URI": uri})):
        assert (found.uri, found.user, found.password) == (own.uri, "neo4j", "its own")
    said = Address.of({"NEO4J_URI": uri, "NEO4J_PASSWORD": "mine"})
    assert (said.uri, said.password) == (uri, "mine")
    assert where({"NEO4J_URI": uri}) == (own.browser, uri)


@pytest.mark.parametrize("uri", ["bolt://localhost:7687", "bolt://localhost", "bolt+s://localhost:7688", "bolt://other:7688", "bolt://localhost:x"])
def test_what_is_not_the_own_server_needs_a_password(own: Served, uri: str) -> None:
    with pytest.raises(ConfigError, match=r"^NEO4J_PASSWORD: no password \(set it, .*the server of 'kgpaths neo4j serve' is bolt://127.0.0.1:7688"):
        Address.of({}, uri=uri)
    with pytest.raises(ConfigError, match="no password"):
        Address.of({}, user="someone")
    assert Address.of({"NEO4J_PASSWORD": "mine"}, uri=uri).uri == uri


def test_a_password_alone_is_for_the_own_server(own: Served) -> None:
    found = Address.of({"NEO4J_PASSWORD": "mine"})
    assert (found.uri, found.password) == (own.uri, "mine")


def test_without_server_and_password_both_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgpaths.neo4j.connection.serving", lambda: None)
    with pytest.raises(ConfigError, match="no server of 'kgpaths neo4j serve' runs, and no password is given"):
        Address.of({})
    assert Address.of({"NEO4J_PASSWORD": "mine"}).uri == "neo4j://localhost:7687"
    for wrong in ({"NEO4J_URI": "bolt://two\nlines", "NEO4J_PASSWORD": "x"}, {"NEO4J_PASSWORD": "x", "NEO4J_DATABASE": "SYSTEM"}):
        with pytest.raises(ConfigError, match=r"is no address of a Neo4j server|holds no graphs") as caught:
            Address.of(wrong)
        assert str(caught.value).isprintable()
