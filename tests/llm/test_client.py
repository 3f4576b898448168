"""The client against a real server that fails in every way: nothing is lost, nothing paid twice, and what cannot be mended stops at once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgpaths.config import LLMSettings
from kgpaths.errors import BudgetReached, ConfigError, ServerError
from kgpaths.llm.cache import Cache
from kgpaths.llm.client import USELESS, Client, counted_tokens
from kgpaths.llm.money import Budget, Prices, Purse
from kgpaths.llm.request import Ask, Message, Request
from kgpaths.llm.tokens import prompt_tokens
from kgpaths.llm.wire import Capabilities, body_of, identity
from tests.llm.conftest import Open
from tests.llm.fitting import fitting
from tests.llm.server import PAID, TRANSIENT, Serving, serving

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "steps": {"type": "array", "items": {"type": "string", "maxLength": 60}, "minItems": 1, "maxItems": 4},
            "answer": {"enum": ["A", "B"]},
        },
        "required": ["steps", "answer"],
        "additionalProperties": False,
    }
)


def request(number: int, **changed: object) -> Request:
    """Return a request like no other."""
    messages = (Message(role="system", text="Answer the question."), Message(role="user", text=f"Question {number}: what is it?"))
    return Request(**({"model": "m", "messages": messages, "schema_name": "reply", "json_schema": SCHEMA} | changed))


def check(text: str) -> str:
    """Tell what is wrong with a reply's text."""
    try:
        found = json.loads(text)
    except ValueError:
        return "it is no JSON"
    return "" if isinstance(found, dict) and set(found) == {"steps", "answer"} else "it does not fit the schema"


def asks(count: int) -> list[Ask]:
    """Return asks, no two alike."""
    return [Ask(request(number), check) for number in range(count)]


@pytest.fixture
def server() -> Iterator[Serving]:
    """Yield a server that can do all and fails in nothing."""
    with serving() as served:
        yield served


def test_a_reply_is_the_servers_with_its_tokens(server: Serving, open_client: Open) -> None:
    client = open_client(server)
    reply = client.submit(Ask(request(1), check)).result(10).reply
    assert reply.text == fitting(body_of(request(1), Capabilities()))
    assert reply.model == "m" and not reply.fault
    length = len(json.dumps(body_of(request(1), Capabilities()), ensure_ascii=False, separators=(",", ":")).encode())
    assert (reply.prompt_tokens, reply.completion_tokens) == (length // 4, len(reply.text) // 4)
    assert (reply.cached_tokens, reply.reasoning_tokens) == (reply.prompt_tokens // 2, reply.completion_tokens // 4)


def test_faults_of_every_kind_lose_nothing_and_pay_nothing_twice(open_client: Open, impatient: None) -> None:
    with serving(latency=0.005, share=0.3) as server:
        client = open_client(server, concurrency=64, timeout=0.4, patience=20.0)
        answers = [future.result(60) for future in [client.submit(ask) for ask in asks(400)]]
        assert [answer.error for answer in answers if answer.error] == []
        assert all(check(answer.reply.text) == "" for answer in answers)
        told = server.stats()
        assert {kind for kind in (*TRANSIENT, *PAID) if not told["faults"].get(kind)} == set()  # each was met
        assert set(told["usable"].values()) == {1}
        seen = {reply.fault for answer in answers for reply in answer.replies}
        assert {"", "malformed", "empty", "refusal", "content_filter", "length"} == seen
        assert sum(len(answer.replies) for answer in answers) == client.progress.calls
        client.close()

        again = open_client(server)
        assert [future.result(10) for future in [again.submit(ask) for ask in asks(400)]] == answers
        assert server.stats()["asked"] == told["asked"] and again.progress.calls == 0


def test_the_same_request_is_in_flight_once_and_samples_are_not_the_same(server: Serving, open_client: Open) -> None:
    server.set(latency=0.1)
    client = open_client(server)
    same = [client.submit(Ask(request(1))) for _ in range(8)]
    samples = [client.submit(Ask(request(2, sample=number))) for number in range(3)]
    assert len({future.result(10).reply.text for future in same}) == 1
    assert len({future.result(10).reply.text for future in samples}) == 1
    bodies = sorted(server.stats()["asked"].values())
    assert bodies[-2:] == [1, 3] and client.progress.calls == 4 and client.progress.stored == 7


@pytest.mark.parametrize(
    ("down", "words", "mend"),
    [
        ("quota", "takes no more calls: You exceeded your current quota", "billing"),
        ("402", "takes no more calls: Insufficient Balance", "billing"),
        ("403", "refuses access", "OPENAI_API_KEY"),
        ("404", "has no such model", "llm.models"),
        ("redirect", "is elsewhere: http://127.0.0.1:9/v1/elsewhere", "llm.base_url"),
    ],
)
def test_what_no_further_call_mends_stops_all_at_once(server: Serving, open_client: Open, down: str, words: str, mend: str) -> None:
    client = open_client(server, concurrency=4)
    client.check()
    before = sum(server.stats()["asked"].values())
    server.set(down=down)
    futures = [client.submit(ask) for ask in asks(40)]
    begun = time.monotonic()
    errors = [future.exception(10) for future in futures]
    assert time.monotonic() - begun < 2
    assert all(isinstance(error, ServerError) and words in error.what and mend in error.mend for error in errors)
    assert errors[0].where == server.base_url and "\n" not in str(errors[0])
    assert len({id(error) for error in errors}) == 40
    assert sum(server.stats()["asked"].values()) - before <= 4  # those in flight, and no retry
    with pytest.raises(ServerError, match=re.escape(words)):
        client.submit(asks(1)[0]).result(10)


def test_a_server_that_is_down_is_waited_for(open_client: Open, impatient: None) -> None:
    told: list[str] = []
    with serving() as server:
        client = open_client(server, say=told.append, patience=30.0)
        client.check()
        port = server.port
    futures = [client.submit(ask) for ask in asks(30)]
    wait_until(lambda: bool(told))
    assert "connection refused; trying again for" in told[0] and not any(future.done() for future in futures)
    with serving(port=port):
        assert all(not future.result(20).error for future in futures)
    assert len(told) == 2 and told[1].endswith("answers again")


@pytest.mark.parametrize(("down", "words"), [("503", "Service Unavailable (503)"), ("429", "Rate limit reached"), ("reset", "connection")])
def test_patience_ends(server: Serving, open_client: Open, impatient: None, down: str, words: str) -> None:
    client = open_client(server, patience=0.5)
    client.check()
    server.set(down=down)
    begun = time.monotonic()
    errors = [future.exception(10) for future in [client.submit(ask) for ask in asks(40)]]
    assert 0.4 < time.monotonic() - begun < 3
    assert all(isinstance(error, ServerError) and words in error.what and "the same command resumes" in error.mend for error in errors)


@pytest.mark.parametrize("down", ["slow_loris", "time_out"])
def test_a_call_ends_at_its_time_limit_whatever_the_server_does(server: Serving, open_client: Open, down: str) -> None:
    client = open_client(server, timeout=0.3, patience=0.0)
    client.check()
    server.set(down=down)
    begun = time.monotonic()
    error = client.submit(asks(1)[0]).exception(10)
    assert 0.25 < time.monotonic() - begun < 2
    assert isinstance(error, ServerError) and "no whole answer in 0.3 s" in error.what


def test_what_the_server_refuses_of_one_request_is_its_reply_and_not_stored(open_client: Open) -> None:
    with serving(context=4_000, banned="bomb") as server:
        client = open_client(server)
        long, banned = (client.submit(Ask(request(1, messages=said(text)), check)) for text in ("x" * 5_000, "a bomb"))
        fine = client.submit(Ask(request(1), check))
        assert long.result(10).reply.fault == "refused_request" and "maximum context length" in long.result().reply.detail
        assert banned.result(10).reply.fault == "content_filter"
        assert not fine.result(10).error
        assert client.progress.calls == 1
        server.set(context=0)
        assert not client.submit(Ask(request(1, messages=said("x" * 5_000)), check)).result(10).error


def said(text: str) -> tuple[Message, ...]:
    """Return one message."""
    return (Message(role="user", text=text),)


@pytest.mark.parametrize("alone", [False, True])
def test_a_request_at_which_the_server_always_fails_is_given_up_and_not_the_run(
    server: Serving, open_client: Open, impatient: None, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    monkeypatch.setattr("kgpaths.llm.calls.STUBBORN", 2)
    server.set(poison="arsenic")
    client = open_client(server)
    poisoned = client.submit(Ask(request(1, messages=said("arsenic")), check))
    others = [] if alone else [client.submit(ask) for ask in asks(200)]
    assert poisoned.result(20).reply.fault == "refused_request"
    assert "fails each time: Internal error: index out of range (500)" in poisoned.result().reply.detail
    assert all(not future.result(10).error for future in others)


def test_a_server_that_takes_nothing_stops_the_run(server: Serving, open_client: Open) -> None:
    client = open_client(server, concurrency=2)
    client.check()
    server.set(context=10)
    errors = [future.exception(10) for future in [client.submit(ask) for ask in asks(USELESS * 2)]]
    assert all(error is None or "nothing usable in 20 calls: This model's maximum context length" in str(error) for error in errors)
    assert sum(isinstance(error, ServerError) for error in errors) > USELESS


def test_concurrency_adapts_to_what_the_server_takes(open_client: Open, impatient: None) -> None:
    with serving(latency=0.01, most=8) as server:
        client = open_client(server, concurrency=64)
        client.check()
        assert all(not future.result(20).error for future in [client.submit(ask) for ask in asks(400)])
        assert 1 <= client.caller.gate.limit <= 20  # once it hit 64
        assert 0 < client.caller.faults["busy"] < 200


def test_requests_a_minute_are_kept(server: Serving, open_client: Open) -> None:
    client = open_client(server, requests_per_minute=1_200)
    client.check()
    begun = time.monotonic()
    assert all(not future.result(10).error for future in [client.submit(ask) for ask in asks(40)])
    assert 0.9 < time.monotonic() - begun < 3  # 20 at once, 20 more in a second


def test_tokens_a_minute_are_kept(server: Serving, open_client: Open) -> None:
    client = open_client(server, tokens_per_minute=60_000)
    client.check()
    begun = time.monotonic()
    used = sum(future.result(20).reply.tokens for future in [client.submit(ask) for ask in asks(12)])
    taken = time.monotonic() - begun
    assert used > 1_200  # of 24,000 that were allowed to the replies, and given back
    assert (used - 2_500) / 1_000 < taken < 6  # 24 s if nothing were given back


def test_a_budget_is_never_exceeded_and_what_fits_is_asked(server: Serving, open_client: Open) -> None:
    purse = Purse(Budget.parse("12ktok"), Prices.read())
    client = open_client(server, purse=purse)
    client.check()
    futures = [client.submit(Ask(ask.request.model_copy(update={"max_tokens": 1_000}), check)) for ask in asks(120)]
    errors = [future.exception(20) for future in futures]
    answered = sum(error is None for error in errors)
    assert {type(error) for error in errors if error} == {BudgetReached}
    assert 10_000 < purse.spent.tokens <= 12_000 and purse.in_flight == 0
    assert answered > 11  # more than would fit if each took the worst
    assert client.cache.spent("run").tokens == purse.spent.tokens  # the probe among them


def test_capabilities_are_asked_for_anew_when_another_server_stands_there(open_client: Open) -> None:
    with serving() as server:
        open_client(server).check()
    with serving(structured=("json_object",), roles=("developer", "user", "assistant")) as server:
        client = open_client(server)
        client.check()
        assert server.stats()["asked"] == {}  # remembered
        assert all(not future.result(10).error for future in [client.submit(ask) for ask in asks(30)])
        found = client.cache.capabilities("openai/m")
        assert found is not None and (found["structured"], found["role"]) == ("json_object", "developer")
        assert set(server.stats()["usable"].values()) == {1}


def test_the_key_appears_nowhere(open_client: Open, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    import traceback

    key = "sk-wrong-0123456789abcdef"
    for name in ("", "openai", "httpx2", "httpcore2", "asyncio"):
        caplog.set_level("DEBUG", logger=name)
    with serving(key="sk-right") as server:
        client = open_client(server, environ={"OPENAI_API_KEY": key}, say=print)
        with pytest.raises(ServerError) as raised:
            client.check()
        future_error = client.submit(asks(1)[0]).exception(10)
        client.close()
    for error in (raised.value, future_error):
        seen: list[BaseException] = []
        while error is not None and error not in seen:
            seen.append(error)
            error = error.__cause__ or error.__context__
        for each in seen:
            shown = "".join(traceback.format_exception(each))
            assert key not in f"{each} {each!r} {each.args} {vars(each)} {shown}"
    assert "refuses the key: Incorrect API key provided: [key]" in str(raised.value) and "OPENAI_API_KEY" in raised.value.mend
    assert "[key]" in caplog.text  # the HTTP layer logged headers that had it
    assert key not in caplog.text and key not in "".join(capsys.readouterr())
    assert all(key not in str(vars(record)) for record in caplog.records)
    stored = client.cache.path
    client.cache.close()
    assert key.encode() not in b"".join(path.read_bytes() for path in stored.parent.iterdir())


@pytest.mark.parametrize("settings", [{}, {"azure_version": "2024-10-21"}])
def test_the_right_key_is_taken(open_client: Open, settings: dict[str, str]) -> None:
    with serving(key="sk-right") as server:
        base = server.base_url.removesuffix("/v1") if settings else server.base_url
        client = open_client(server, environ={"OPENAI_API_KEY": "sk-right"}, base_url=base, **settings)
        assert not client.submit(asks(1)[0]).result(10).error


def test_closing_cancels_what_waits_and_keeps_what_came(server: Serving, open_client: Open) -> None:
    server.set(latency=0.05)
    client = open_client(server, concurrency=4)
    futures = [client.submit(ask) for ask in asks(100)]
    futures[0].result(10)
    begun = time.monotonic()
    client.close()
    client.close()
    assert time.monotonic() - begun < 1.5
    done = [future for future in futures if not future.cancelled()]
    assert 1 <= len(done) < 50
    with pytest.raises(RuntimeError, match="closed"):
        client.submit(asks(1)[0])
    server.set(latency=0.0)
    again = open_client(server)
    for future in [again.submit(ask) for ask in asks(100)]:
        future.result(10)
    assert again.progress.stored >= len(done)


CHILD = """
import sys
from kgpaths.config import LLMSettings
from kgpaths.llm.cache import Cache
from kgpaths.llm.client import Client
from tests.llm.test_client import asks

with Cache(sys.argv[2]) as cache, Client(LLMSettings(models=("m",), base_url=sys.argv[1], concurrency=4), cache, environ={}) as client:
    futures = [client.submit(ask) for ask in asks(1000)]
    for number, future in enumerate(futures):
        future.result()
        print(number, flush=True)
"""


def test_ctrl_c_ends_soon_and_what_came_is_stored(server: Serving, tmp_path: Path) -> None:
    server.set(latency=0.2)
    command = [sys.executable, "-c", CHILD, server.base_url, str(tmp_path / "llm.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2], env={**os.environ}) as child:
        assert child.stdout and child.stderr
        for number in range(6):
            assert child.stdout.readline().strip() == str(number).encode()
        server.set(down="time_out")
        child.send_signal(signal.SIGINT)
        begun = time.monotonic()
        child.wait(10)
        assert time.monotonic() - begun < 2
        assert child.stderr.read().decode().strip().endswith("KeyboardInterrupt")
    server.set(down="", latency=0.0)
    settings = LLMSettings(models=("m",), base_url=server.base_url)
    with Cache(tmp_path / "llm.sqlite") as cache, Client(settings, cache, environ={}) as client:
        for future in [client.submit(ask) for ask in asks(6)]:
            future.result(10)
        assert client.progress.stored == 6 and client.progress.calls == 0


def test_what_can_be_done_without_the_sdk_does_not_load_it() -> None:
    code = "import kgpaths.llm.client, kgpaths.llm.wire, sys; print([name for name in ('openai', 'httpx2', 'bpe_openai') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_sdk_it_is_told_how_to_get_it(open_client: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ConfigError, match=r"pip install 'kgpaths\[llm\]'"):
        open_client(Serving("http://127.0.0.1:9/v1", 0))


def test_tokens_are_counted_as_of_the_whole_prompt() -> None:
    assert 0 <= counted_tokens(request(1)) - prompt_tokens(request(1).messages, SCHEMA) <= 3


def test_the_identity_names_no_host() -> None:
    settings = LLMSettings(provider="cluster", revision="abc", base_url="http://node17:8000/v1")
    assert identity(settings, "org/model") == "cluster/org/model@abc"


def wait_until(true: object, seconds: float = 10.0) -> None:
    """Wait until something is true."""
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never was"
        time.sleep(0.01)
