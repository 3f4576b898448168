"""A real inference engine: what it can do and what it refuses, and that the client gets its answers out of it all the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError, validate

from kgpaths.config import LLMSettings
from kgpaths.llm.cache import Cache
from kgpaths.llm.client import Client
from kgpaths.llm.request import Answer, Ask, Message, Request
from kgpaths.llm.wire import Capabilities, identity
from kgpaths.verbalize.llm import schema_for
from kgpaths.verbalize.prompts import Prompts
from tests.llm.engine import Engine, running, written_model

pytest_plugins = ["tests.llm.engine_fixture"]

STEP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["finding", "inference"]},
        "text": {"type": "string", "maxLength": 40},
        "cites": {"type": "array", "maxItems": 3, "items": {"type": "string", "pattern": "^E[0-9]{1,2}$"}},
    },
    "required": ["kind", "text", "cites"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"steps": {"type": "array", "minItems": 1, "maxItems": 3, "items": STEP}, "sure": {"type": "boolean"}},
    "required": ["steps", "sure"],
    "additionalProperties": False,
}
FORM = {"type": "json_object", "schema": SCHEMA}
SLACK = 3  # bytes by which it passes its longest reply, to end a character
KILLED = """
import os, sys
from pathlib import Path
from tests.llm.engine import running

with running(Path(sys.argv[1]), sys.argv[2]) as engine:
    print(engine.base_url, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_the_model_has_the_same_bytes_every_time(engine_python: str, tmp_path: Path) -> None:
    first, second = (written_model(engine_python, tmp_path / name).read_bytes() for name in ("a.gguf", "b.gguf"))
    assert first == second
    assert first.startswith(b"GGUF")
    assert 400_000 < len(first) < 600_000


def test_it_lists_its_model(engine: Engine) -> None:
    status, listed = engine.get("/models")
    assert status == 200
    assert [model["id"] for model in listed["data"]] == [engine.model] == ["tiny"]


def test_it_ends_with_its_process_however_that_ends(engine_python: str, tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), engine_python], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert killed.returncode == -9, killed.stderr
    orphan, until = Engine(killed.stdout.strip(), "tiny", tmp_path), time.monotonic() + 10
    with pytest.raises(OSError):  # refused, or reset while it goes
        while time.monotonic() < until:
            orphan.get("/models")


def test_a_reply_keeps_its_schema(engine: Engine) -> None:
    kinds = set()
    for seed in range(8):
        status, body = engine.chat(response_format=FORM, max_tokens=1_000, seed=seed)
        assert (status, body["choices"][0]["finish_reason"]) == (200, "stop")
        reply = json.loads(body["choices"][0]["message"]["content"], strict=False)  # its strings may hold raw control characters
        validate(reply, SCHEMA)
        kinds |= {step["kind"] for step in reply["steps"]}
        usage = body["usage"]
        assert usage["completion_tokens"] >= len(body["choices"][0]["message"]["content"].encode())  # bytes that are no UTF-8 are lost
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert kinds == {"finding", "inference"}


def test_a_token_is_a_byte(engine: Engine) -> None:
    counts = [engine.chat(text, max_tokens=1)[1]["usage"]["prompt_tokens"] for text in ("", "fever", "fièvre 🦙")]
    assert [count - counts[0] for count in counts] == [0, 5, 12]


def test_one_seed_gives_one_reply(engine: Engine) -> None:
    first, second, other = (engine.chat(seed=seed)[1]["choices"][0]["message"]["content"] for seed in (1, 1, 2))
    assert first == second != other


def test_a_reply_that_is_cut_says_so(engine: Engine) -> None:
    body = engine.chat(max_tokens=5, seed=1)[1]
    assert body["choices"][0]["finish_reason"] == "length"
    assert 5 <= body["usage"]["completion_tokens"] <= 5 + SLACK


def test_it_ignores_the_newer_name_of_the_longest_reply(engine: Engine) -> None:
    free, limited = (engine.chat(seed=1, max_tokens=None, **more)[1] for more in ({}, {"max_completion_tokens": 5}))
    assert free["choices"] == limited["choices"]
    assert limited["usage"]["completion_tokens"] > 5 + SLACK


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
            500,
            "Input should be 'text' or 'json_object'",
        ),
        ({"messages": [{"role": "developer", "content": "Be brief."}]}, 500, "('body', 'messages', 0, 'ChatCompletionRequestSystemMessage', 'role')"),
        ({"temperature": None}, 500, "('body', 'temperature'), 'msg': 'Input should be a valid number'"),
        ({"messages": [{"role": "user", "content": "x" * 33_000}]}, 400, "This model's maximum context length is 32768 tokens"),
    ],
)
def test_what_it_refuses(engine: Engine, body: dict[str, Any], status: int, words: str) -> None:
    got, error = engine.chat(**body)
    assert got == status
    assert words in error["error"]["message"]


@pytest.mark.parametrize("path", ["/responses", "/batches"])
def test_what_it_has_not(engine: Engine, path: str) -> None:
    assert engine.post(path, {"model": engine.model, "input": "Say something."}) == (404, {"detail": "Not Found"})


def test_our_writer_s_schema_is_one_it_can_keep(engine_python: str, tmp_path: Path) -> None:
    """A schema it cannot turn into a grammar ends it: bounds above 1,000, and escapes like ``\\d`` in a pattern."""
    schema = json.loads(schema_for(Prompts().get("write", ("style",)), ("A", "B", "C", "D", "E")))
    with running(tmp_path, engine_python) as mine:
        for seed in range(4):
            status, body = mine.chat(response_format={"type": "json_object", "schema": schema}, max_tokens=16_000, seed=seed)
            assert (status, body["choices"][0]["finish_reason"]) == (200, "stop")
            validate(json.loads(body["choices"][0]["message"]["content"], strict=False), schema)


def settings_for(engine: Engine) -> LLMSettings:
    return LLMSettings(models=(engine.model,), provider="llama.cpp", base_url=engine.base_url, concurrency=4, timeout=60, patience=20)


def asked(engine: Engine, text: str, schema: str = "", max_tokens: int = 1_000) -> Request:
    messages = (Message(role="system", text="You explain."), Message(role="user", text=text))
    return Request(model=engine.model, messages=messages, schema_name="steps", json_schema=schema, max_tokens=max_tokens)


def keeps(text: str) -> str:
    """Tell what is wrong with a reply to SCHEMA."""
    try:
        validate(json.loads(text, strict=False), SCHEMA)
    except (ValueError, ValidationError) as error:
        return str(error).splitlines()[0]
    return ""


def test_the_client_learns_what_it_can_do(engine: Engine, tmp_path: Path) -> None:
    settings = settings_for(engine)
    with Cache(tmp_path / "llm.sqlite") as cache, Client(settings, cache) as client:
        client.check()
        found = cache.capabilities(identity(settings, engine.model))
    assert found == Capabilities(api="chat", role="system", limit="max_tokens", structured="json_object_schema", temperature=True).model_dump()


def test_every_ask_gets_an_answer(engine: Engine, tmp_path: Path) -> None:
    """One that is kept to its schema, one whose reply nobody can use, one that is cut; then all of them from the file."""
    asks = (
        Ask(asked(engine, "Why digoxin?", json.dumps(SCHEMA)), keeps),
        Ask(asked(engine, "Why not furosemide?", json.dumps(SCHEMA)), lambda text: "is gibberish"),
        Ask(asked(engine, "Why potassium?", json.dumps(SCHEMA), max_tokens=10), keeps),
    )
    with Cache(tmp_path / "llm.sqlite") as cache:
        with Client(settings_for(engine), cache) as client:
            answers = answered(client, asks)
            assert client.progress.calls == sum(len(answer.replies) for answer in answers)
            assert client.progress.tokens == sum(reply.tokens for answer in answers for reply in answer.replies)
        with Client(settings_for(engine), cache) as client:
            assert answered(client, asks) == answers
            assert client.progress.calls == 0
    kept, gibberish, cut = answers
    assert (kept.error, kept.reply.fault, kept.reply.model) == ("", "", engine.model)
    assert keeps(kept.reply.text) == ""
    assert gibberish.error == "is gibberish"
    assert [keeps(reply.text) for reply in gibberish.replies] == [""] * len(gibberish.replies)
    assert cut.error == "length"
    assert all(reply.completion_tokens <= 10 + SLACK for reply in cut.replies)
    assert all(reply.prompt_tokens > 50 and reply.completion_tokens > 5 for answer in answers for reply in answer.replies)


def answered(client: Client, asks: tuple[Ask, ...]) -> list[Answer]:
    return [future.result(60) for future in [client.submit(ask) for ask in asks]]
