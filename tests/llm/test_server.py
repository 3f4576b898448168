"""One call by the SDK: where it goes, with which key, and what is made of what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import LLMSettings
from kgpaths.errors import ConfigError
from kgpaths.llm.faults import Outcome
from kgpaths.llm.server import NO_KEY, OPENAI, Endpoint, address_of, key_of
from tests.llm.server import Serving, serving

BODY = {"model": "m", "messages": [{"role": "user", "content": "What is it?"}], "max_tokens": 20}


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    """Yield a server that can do all."""
    with serving(latency=0.0) as served:
        yield served


def post(url: str, environ: dict[str, str] | None = None, body: dict[str, Any] = BODY, **settings: Any) -> Outcome:
    """Send one body."""

    async def once() -> Outcome:
        endpoint = Endpoint(LLMSettings(base_url=url, **settings), environ or {})
        try:
            return await endpoint.post("/chat/completions", body)
        finally:
            await endpoint.close()

    return asyncio.run(once())


@pytest.mark.parametrize(
    ("base_url", "environ", "address"),
    [
        ("http://localhost:8000/v1", {"OPENAI_BASE_URL": "http://other/v1"}, "http://localhost:8000/v1"),
        ("https://[::1]:8000/v1/", {}, "https://[::1]:8000/v1"),
        ("", {"OPENAI_BASE_URL": "http://other/v1"}, "http://other/v1"),
        ("", {}, OPENAI),
    ],
)
def test_the_address(base_url: str, environ: dict[str, str], address: str) -> None:
    assert address_of(LLMSettings(base_url=base_url), environ) == address


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://host/v1", "http://", "http://me:hunter2@host/v1", "http://host/v1?key=hunter2", "http:///v1"]
)
def test_what_is_no_address_is_told_without_what_it_holds(url: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.base_url: '.*' is no address of a server \(for example") as raised:
        address_of(LLMSettings(base_url=url))
    assert "hunter2" not in str(raised.value)


def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-of-file\n")
    own = LLMSettings(base_url="http://localhost:8000/v1", key_variable="MY_KEY")
    assert key_of(own, {"MY_KEY": "sk-1", "MY_KEY_FILE": str(file)}) == "sk-1"
    assert key_of(own, {"MY_KEY_FILE": str(file), "OPENAI_API_KEY": "sk-2"}) == "sk-of-file"
    assert key_of(own, {"OPENAI_API_KEY": "sk-2"}) == NO_KEY
    with pytest.raises(ConfigError, match=r"MY_KEY: no key \(set it, or MY_KEY_FILE"):
        key_of(LLMSettings(key_variable="MY_KEY"), {})
    with pytest.raises(ConfigError, match=r"cannot be read: No such file or directory"):
        key_of(own, {"MY_KEY_FILE": str(tmp_path / "none")})
    for bad in ("sk-schlüssel", "sk-a b", "sk-a\nX-Header: b"):
        with pytest.raises(ConfigError, match=r"MY_KEY: is no key") as raised:
            key_of(own, {"MY_KEY": bad})
        assert bad not in str(raised.value)


def test_a_key_of_another_name_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-of-admin")
    with serving(key=NO_KEY) as server:
        assert post(server.base_url, {"OPENAI_API_KEY": "sk-of-openai"}, key_variable="MY_KEY").status == 200


@pytest.mark.parametrize("down", ["500", "503", "429", "quota"])
def test_a_fault_is_one_request(server: Serving, down: str) -> None:
    before = server.stats()["faults"].get(down, 0)
    server.set(down=down)
    assert post(server.base_url).status == int(down.replace("quota", "429"))
    assert server.stats()["faults"][down] == before + 1
    server.set(down="")


@pytest.mark.parametrize(
    ("down", "outcome"),
    [
        ("429_wait", lambda o: (o.status, o.wait) == (429, 0.05)),
        ("redirect", lambda o: (o.status, o.location) == (307, "http://127.0.0.1:9/v1/elsewhere")),
        ("reset", lambda o: (o.status, o.text) == (0, "connection reset")),
        ("cut_body", lambda o: (o.status, o.text) == (0, "the answer broke off")),
        ("slow_loris", lambda o: (o.status, o.text) == (0, "no whole answer in 0.3 s")),
        ("time_out", lambda o: (o.status, o.text) == (0, "no whole answer in 0.3 s")),
        ("bad_json", lambda o: (o.status, o.data) == (200, None) and o.text.startswith('{"id"')),
        ("html", lambda o: (o.status, o.data, o.text) == (200, None, "<!doctype html><title>Welcome</title>")),
        ("503", lambda o: (o.status, o.data, o.text) == (503, None, "<html>Service Unavailable</html>")),
    ],
)
def test_what_comes_back_is_plain(server: Serving, down: str, outcome: Callable[[Outcome], bool]) -> None:
    server.set(down=down)
    found = post(server.base_url, timeout=0.3)
    server.set(down="")
    assert outcome(found), found


def test_where_nothing_listens_or_another_language_is_spoken(server: Serving) -> None:
    assert post("http://127.0.0.1:9/v1") == Outcome(0, text="connection refused")
    assert post(server.base_url.replace("http:", "https:"), timeout=2.0).status == 0


def test_connections_are_kept(server: Serving) -> None:
    async def many() -> None:
        endpoint = Endpoint(LLMSettings(base_url=server.base_url, concurrency=4), {})
        for _ in range(10):
            await asyncio.gather(*(endpoint.post("/chat/completions", BODY) for _ in range(4)))
        await endpoint.close()

    before = server.stats()["connections"]
    asyncio.run(many())
    assert server.stats()["connections"] - before <= 4 + 1  # one asked for the count


def test_the_key_is_taken_out_of_all_that_comes_back() -> None:
    async def read() -> None:
        key = 'sk-"quoted"/0123'
        endpoint = Endpoint(LLMSettings(base_url="http://localhost:1/v1"), {"OPENAI_API_KEY": key})
        for status in (200, 307, 401, 500):
            echo = json.dumps({"error": {"message": f"Bearer {key}"}}).encode()
            found = endpoint.read(status, echo, {"location": f"http://x/?k={key}"})
            assert found.data == {"error": {"message": "Bearer [key]"}} and "0123" not in repr(found)
        assert "0123" not in repr(endpoint.read(502, f"<b>{key}</b> sk-%22quoted%22%2F0123".encode(), {}))
        await endpoint.close()

    asyncio.run(read())


def test_a_placeholder_is_no_secret() -> None:
    async def read() -> None:
        endpoint = Endpoint(LLMSettings(base_url="http://localhost:1/v1"), {})
        assert endpoint.scrub("none of the options") == "none of the options"
        await endpoint.close()

    asyncio.run(read())
