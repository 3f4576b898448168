"""What a server can do is found out by asking it, is told from what it ignores too, and is asked but once."""

from __future__ import annotations

from typing import Any

import pytest

from kgpaths.errors import ServerError
from kgpaths.llm.request import Ask
from kgpaths.llm.wire import Capabilities
from tests.llm.conftest import Open
from tests.llm.server import TRANSIENT, Serving, serving
from tests.llm.test_client import check, request

CHAT = {"apis": ("chat",)}
LADDER: list[tuple[dict[str, Any], Capabilities, int]] = [
    ({}, Capabilities(), 2),
    ({"bounds": False}, Capabilities(structured="json_schema_unbounded"), 3),
    ({"structured": ("json_object_schema", "json_object")}, Capabilities(structured="json_object_schema"), 4),
    ({"structured": ("json_object",)}, Capabilities(structured="json_object"), 5),
    ({"structured": ()}, Capabilities(structured="none"), 6),
    ({"roles": ("developer", "user", "assistant")}, Capabilities(role="developer"), 3),
    ({"roles": ("user", "assistant")}, Capabilities(role="user"), 4),
    ({"limits": ("max_completion_tokens",)}, Capabilities(limit="max_completion_tokens"), 3),
    ({"temperature": False}, Capabilities(temperature=False), 3),
    ({"apis": ("responses",)}, Capabilities(api="responses"), 2),
    ({"apis": ("responses",), "structured": ("json_object",)}, Capabilities(api="responses", structured="json_object"), 4),
    (  # as llama-cpp-python
        {**CHAT, "structured": ("json_object_schema", "json_object"), "roles": ("system", "user", "assistant"), "refusal": 500},
        Capabilities(structured="json_object_schema"),
        4,
    ),
    (  # as OpenAI's models that reason
        {"roles": ("developer", "user", "assistant"), "limits": ("max_completion_tokens",), "temperature": False},
        Capabilities(role="developer", limit="max_completion_tokens", temperature=False),
        5,
    ),
    ({"structured": ("json_object",), "refusal": 0}, Capabilities(structured="json_object"), 11),  # three times each, as it may be chance
    ({"limits": ("max_completion_tokens",), "refusal": 0}, Capabilities(limit="max_completion_tokens"), 5),
    ({"limits": (), "refusal": 0}, Capabilities(limit=""), 7),
    (
        {"structured": (), "roles": ("user",), "limits": (), "temperature": False},
        Capabilities(structured="none", role="user", limit="", temperature=False),
        10,
    ),
]


@pytest.mark.parametrize(("can", "found", "most"), LADDER)
def test_the_ladder(open_client: Open, can: dict[str, Any], found: Capabilities, most: int) -> None:
    with serving(latency=0.0, **can) as server:
        client = open_client(server)
        client.check()
        assert client.cache.capabilities("openai/m") == found.model_dump()
        assert calls(server) <= most
        asked = calls(server)
        answer = client.submit(Ask(request(1, temperature=0.5), check)).result(10)
        assert not answer.error and len(answer.replies) == 1  # the schema reached the model, in words where not otherwise
        assert calls(server) == asked + 1
        client.close()

        again = open_client(server)
        again.check()
        assert again.submit(Ask(request(1, temperature=0.5), check)).result(10) == answer
        assert calls(server) == asked + 1  # remembered, and stored


def calls(server: Serving) -> int:
    """Return how many calls a server had that were not about itself."""
    told = server.stats()
    return sum(told["asked"].values()) + int(told["refused"])


@pytest.mark.parametrize("refusal", [400, 500])
@pytest.mark.parametrize(
    ("can", "found"),
    [
        ({"structured": ("json_object_schema",)}, Capabilities(structured="json_object_schema")),
        ({"roles": ("user",), "structured": ()}, Capabilities(role="user", structured="none")),
        ({"limits": ("max_completion_tokens",), "temperature": False}, Capabilities(limit="max_completion_tokens", temperature=False)),
    ],
)
def test_a_server_that_does_not_say_what_it_lacks_is_asked_from_below(
    open_client: Open, impatient: None, can: dict[str, Any], found: Capabilities, refusal: int
) -> None:
    with serving(latency=0.0, vague=True, refusal=refusal, **can) as server:
        client = open_client(server)
        client.check()
        assert client.cache.capabilities("openai/m") == found.model_dump()


@pytest.mark.parametrize("seed", range(6))
def test_faults_while_probing_are_not_taken_for_what_a_server_lacks(open_client: Open, impatient: None, seed: int) -> None:
    kinds = (*TRANSIENT, "bad_json", "html", "null_choices", "empty", "wrong_schema")
    with serving(latency=0.0, share=1.0, worst=2, kinds=kinds[seed:] + kinds[:seed], wait="0.01") as server:
        client = open_client(server, timeout=0.3, models=(f"m{seed}",))
        client.check()
        assert client.cache.capabilities(f"openai/m{seed}") == Capabilities().model_dump()
        assert sum(server.stats()["faults"].values()) >= 2


def test_every_model_is_probed(open_client: Open) -> None:
    with serving(latency=0.0, models=("m", "n")) as server:
        client = open_client(server, models=("m", "n"))
        client.check()
        assert client.cache.capabilities("openai/n") is not None
        with pytest.raises(ServerError, match=r"has no such model: The model `x` does not exist.*llm\.models"):
            open_client(server, models=("m", "x")).check()


def test_the_api_that_is_set_is_the_one_used(open_client: Open) -> None:
    with serving(latency=0.0) as server:
        open_client(server).check()
        client = open_client(server, api="responses")
        client.check()
        assert client.cache.capabilities("openai/m") == Capabilities(api="responses").model_dump()
    with serving(latency=0.0, apis=("chat",)) as server, pytest.raises(ServerError, match=r"answers neither responses.*/v1"):
        open_client(server, api="responses", models=("other",)).check()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"apis": ()}, r"answers neither chat nor responses: Not Found \(404\)"),
        ({"down": "html"}, r"does not speak the OpenAI API: <!doctype html>"),
        ({"down": "null_choices"}, r"does not speak the OpenAI API: choices is null"),
        ({"down": "quota"}, r"takes no more calls: You exceeded your current quota"),
        ({"down": "500"}, r"The server had an error"),
        ({"context": 10}, r"maximum context length"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_in_one_line(open_client: Open, impatient: None, options: dict[str, Any], words: str) -> None:
    with serving(latency=0.0, **options) as server:
        with pytest.raises(ServerError, match=words) as raised:
            open_client(server, patience=0.5).check()
        assert raised.value.where == server.base_url and "\n" not in str(raised.value)


def test_where_nobody_listens_is_told_soon(open_client: Open, impatient: None) -> None:
    with pytest.raises(ServerError, match=r"answers nothing for 0 s: connection refused \(does it run\?"):
        open_client(Serving("http://127.0.0.1:9/v1", 0), patience=0.0).check()
