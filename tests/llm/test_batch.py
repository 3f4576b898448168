"""A batch is made once: killed anywhere, by a server that is not heard, in two processes, within a budget."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import LLMSettings
from kgpaths.errors import ConfigError, InputError, RunError, ServerError
from kgpaths.llm import batch
from kgpaths.llm.batch_files import Line, Writer
from kgpaths.llm.batch_server import BatchServer
from kgpaths.llm.batch_state import State
from kgpaths.llm.money import Budget, Purse
from kgpaths.llm.request import Answer, Ask, Reply, Request
from kgpaths.llm.tokens import prompt_tokens
from kgpaths.llm.wire import body_of
from tests.llm.batches import cleared, plan, seen
from tests.llm.batching import ENVIRON, KEY, PRICES, Bench, asked, request

pytest_plugins = ["tests.llm.batching"]


# What is still to be asked.


def test_what_was_answered_is_not_pending_and_what_is_pending_stands_once(bench: Bench) -> None:
    first, second, third = asked(3)
    bench.live([first])
    lines = bench.pending([first, second, third, second])
    assert [line.request for line in lines] == [second.request, third.request]
    assert lines[0].body == {"model": "m", "messages": [{"role": "user", "content": "Question 1?"}], "max_tokens": 400}
    assert all(len(line.key) <= 64 for line in lines) and lines[0].key != lines[1].key


@pytest.mark.parametrize(
    ("reply", "then"),
    [
        (Reply(text="", fault="empty"), request(0).again(1)),
        (Reply(text="blue", prompt_tokens=3), request(0).repair("blue", "is no JSON")),
        (Reply(text="fine"), None),
    ],
)
def test_after_an_unusable_reply_the_next_attempt_is_pending(bench: Bench, reply: Reply, then: Request | None) -> None:
    ask = Ask(request(0), lambda text: "" if text == "fine" else "is no JSON")
    (line,) = bench.pending([ask])
    bench.cache.put(line.key, reply, line.request).result()
    assert [line.request for line in bench.pending([ask])] == ([then] if then else [])
    found = batch.Stored(bench.cache, bench.settings).look(ask)
    assert found == (Answer(reply, replies=(reply,)) if then is None else bench.pending([ask])[0])


def test_lines_are_for_the_api_and_the_features_the_server_is_known_to_have(bench: Bench) -> None:
    bench.cache.remember("openai/m", {"api": "responses", "role": "developer"})
    settings = bench.settings.model_copy(update={"api": "auto"})
    (line,) = batch.pending(asked(1), bench.cache, settings)
    assert (line.api, line.url, line.body["max_output_tokens"]) == ("responses", "/v1/responses", 400)
    (line,) = batch.pending(asked(1), bench.cache, bench.settings)  # which wants the chat API
    assert (line.api, line.url) == ("chat", "/v1/chat/completions")


# Request files.


def test_files_keep_within_both_limits_and_to_one_model(bench: Bench) -> None:
    lines = bench.pending([ask for pair in zip(asked(7), asked(7, "n"), strict=True) for ask in pair])
    longest = max(len(line.encoded()) for line in lines)
    chunks = list(batch.write_files(lines, bench.folder, most_lines=3, most_bytes=10 * longest))
    assert sorted((chunk.model, chunk.lines) for chunk in chunks) == [("m", 1), ("m", 3), ("m", 3), ("n", 1), ("n", 3), ("n", 3)]
    by_bytes = list(batch.write_files(lines, bench.folder, most_bytes=3 * longest))
    assert sorted((chunk.model, chunk.lines) for chunk in by_bytes) == sorted((chunk.model, chunk.lines) for chunk in chunks)
    for chunk in chunks:
        data = chunk.file(bench.folder).read_bytes()
        rows = [json.loads(row) for row in data.splitlines()]
        assert (chunk.name, chunk.bytes, chunk.lines) == (sha256(data).hexdigest(), len(data), len(rows))
        assert {row["body"]["model"] for row in rows} == {chunk.model}
        assert chunk.max_tokens == 400 * chunk.lines
        assert chunk.prompt_tokens == chunk.lines * prompt_tokens(request(0).messages)
        assert all(set(row) == {"custom_id", "method", "url", "body"} and row["method"] == "POST" for row in rows)
    assert not list(bench.folder.glob(".*"))


def test_the_same_lines_give_the_same_files(bench: Bench) -> None:
    lines = bench.pending(asked(5))
    first = list(batch.write_files(lines, bench.folder / "a", most_lines=2))
    assert list(batch.write_files(lines, bench.folder / "b", most_lines=2)) == first
    assert [chunk.file(bench.folder / "a").read_bytes() for chunk in first] == [chunk.file(bench.folder / "b").read_bytes() for chunk in first]


def test_a_request_longer_than_a_file_is_one_clear_line(bench: Bench) -> None:
    with pytest.raises(InputError, match=r"^model m: a request of \d{3} bytes is more than a file of 100 may hold") as raised:
        list(batch.write_files(bench.pending(asked(1)), bench.folder, most_bytes=100))
    assert "\n" not in str(raised.value)
    assert not list(bench.folder.iterdir())


# Submit, status, collect.


def test_a_batch_is_answered_like_a_live_run_and_charged_as_a_batch(bench: Bench) -> None:
    asks = asked(5)
    done = bench.submit(asks)
    assert (done.lines, done.waiting, done.left_out, done.why) == (5, 0, 0, "")
    assert [str(one) for one in done.batches] == ["batch_0 (m) validating, 5 lines: 0 answered"]
    plan(bench.server, polls=2)
    assert [str(one) for one in bench.status()] == ["batch_0 (m) in_progress, 5 lines: 0 answered"]
    assert [one.tally for one in bench.collect()] == [None]
    assert len(bench.pending(asks)) == 5
    tally = bench.tally()
    assert str(tally) == "5 stored"
    assert bench.pending(asks) == [] and bench.collect() == () and bench.status() == ()
    spent = bench.cache.spent("run")
    prompt = sum(len(json.dumps(body_of(ask.request, batch.Stored(bench.cache, bench.settings).capabilities("m")))) // 4 for ask in asks)
    assert spent.tokens == tally.tokens > prompt and spent.calls == 5
    assert spent.usd == pytest.approx((prompt * 10 + (spent.tokens - prompt) * 100) / 1e6 / 2) == pytest.approx(tally.usd)
    answers, paid = bench.live(asks)
    assert paid == 0 and all(answer.error == "" for answer in answers)
    (told,) = seen(bench.server).batches.values()
    assert (told["endpoint"], told["completion_window"], set(told["metadata"])) == ("/v1/chat/completions", "24h", {"kgpaths_chunk"})
    assert told["metadata"]["kgpaths_chunk"] == sha256(seen(bench.server).files["file-0"].encode()).hexdigest()
    assert [path.name for path in bench.folder.glob("*.jsonl") if "keys" not in path.name] == ["state.jsonl"]


def test_the_responses_api_has_batches_too(bench: Bench) -> None:
    bench.settings = bench.settings.model_copy(update={"api": "responses"})
    bench.submit(asked(2))
    assert str(bench.tally()) == "2 stored"
    assert [told["endpoint"] for told in seen(bench.server).batches.values()] == ["/v1/responses"]
    assert bench.live(asked(2))[1] == 0


def test_lines_in_a_batch_are_not_sent_again_before_it_is_collected(bench: Bench) -> None:
    bench.submit(asked(3))
    again = bench.submit(asked(5))
    assert (again.lines, again.waiting) == (2, 3)
    assert bench.submit(asked(5)).waiting == 5
    assert [told["request_counts"]["total"] for told in seen(bench.server).batches.values()] == [3, 2]
    assert [one.status for one in batch.in_flight(bench.folder)] == ["created", "created"]
    assert [str(one.tally) for one in bench.collect()] == ["3 stored", "2 stored"]
    assert bench.usable() == {1}


def die_after(steps: int) -> None:
    """Have this process end, as a kill would, after so many of its steps: calls answered, records and files written, files removed."""
    left = iter(range(steps))

    def step() -> None:
        if next(left, None) is None:
            os._exit(9)

    def around(kind: type, name: str) -> None:
        real = getattr(kind, name)

        def sync(*given: Any, **kept: Any) -> Any:
            result = real(*given, **kept)
            step()
            return result

        async def waiting(*given: Any, **kept: Any) -> Any:
            result = await real(*given, **kept)
            step()
            return result

        setattr(kind, name, waiting if name == "_once" else sync)

    for kind, name in ((BatchServer, "_once"), (State, "_record"), (Writer, "close"), (Path, "unlink")):
        around(kind, name)


def killed(steps: int, lines: list[Line], folder: Path, settings: LLMSettings) -> bool:
    """Submit in a process that is killed after so many steps; tell whether that was before its end."""
    child = os.fork()
    if child == 0:
        try:
            die_after(steps)
            batch.submit(lines, folder, settings, most_lines=3, environ=ENVIRON)
        finally:
            os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def test_a_kill_at_any_step_leaves_every_line_in_one_batch(bench: Bench, tmp_path: Path) -> None:
    lines, more = bench.pending(asked(5)), bench.pending(asked(7))  # after the kill there is more to be asked, so other files would be made
    for steps in range(200):
        cleared(bench.server)
        plan(bench.server, page=100)
        folder = tmp_path / f"killed-{steps}"
        if not killed(steps, lines, folder, bench.settings):
            break
        if steps % 5 == 0:
            killed(steps % 4, more, folder, bench.settings)  # and once more soon after
        done = batch.submit(more, folder, bench.settings, most_lines=3, environ=ENVIRON)
        found = seen(bench.server)
        sent = [json.loads(text)["custom_id"] for told in found.batches.values() for text in found.files[told["input_file_id"]].splitlines()]
        assert sorted(sent) == sorted(line.key for line in more), f"killed after {steps} steps"
        assert done.lines + done.waiting == 7
        assert {one.batch for one in batch.in_flight(folder)} == set(found.batches)
        assert not list(folder.glob(".*")) and len([path for path in folder.glob("*.jsonl") if len(path.stem) == 64]) == 0
    assert steps >= 12  # steps there are


def test_a_batch_nobody_was_told_of_is_found_on_a_later_page(bench: Bench) -> None:
    bench.submit(asked(3, "n"))
    plan(bench.server, deaf=1, page=1)
    done = bench.submit(asked(3))
    assert len(seen(bench.server).batches) == 2
    assert [one.batch for one in done.batches] == ["batch_1"]
    assert "trying again" in bench.said[1] and "connection" in bench.said[1]


def test_a_folder_that_was_lost_finds_its_batch_again(bench: Bench, tmp_path: Path) -> None:
    bench.submit(asked(3))
    bench.folder = tmp_path / "other"
    assert [one.batch for one in bench.submit(asked(3)).batches] == ["batch_0"]
    assert len(seen(bench.server).batches) == 1
    assert str(bench.tally()) == "3 stored"


def test_a_torn_line_of_the_state_is_the_kill_before_it(bench: Bench) -> None:
    bench.submit(asked(3))
    path = bench.folder / "state.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    assert [one.status for one in batch.in_flight(bench.folder)] == ["intended"]
    assert [one.batch for one in bench.status()] == [""]
    assert bench.submit(asked(3)).waiting == 3
    assert [one.batch for one in bench.status()] == ["batch_0"] and len(seen(bench.server).batches) == 1


def test_two_processes_do_not_work_on_one_folder(bench: Bench) -> None:
    with State(bench.folder), pytest.raises(RunError, match="another process is at work on these batches"):
        bench.submit(asked(1))
    assert bench.submit(asked(1)).lines == 1


# Money.


def purse(budget: str, bench: Bench) -> Purse:
    return Purse(Budget.parse(budget), PRICES, bench.cache.spent("run"))


WORST = prompt_tokens(request(0).messages) + 400  # tokens of one line


@pytest.mark.parametrize("unit", ["tok", "usd"])
def test_a_batch_is_cut_to_what_fits_the_budget(bench: Bench, unit: str) -> None:
    one = WORST if unit == "tok" else ((WORST - 400) * 10 + 400 * 100) / 1e6 / 2
    budget = f"{7.5 * one:.10f}{unit}"
    done = bench.submit(asked(20), purse(budget, bench), most_lines=5)
    assert (done.lines, done.left_out, len(done.batches)) == (7, 13, 2)
    assert done.why.startswith(f"llm.budget: the budget of {budget} is reached") and "\n" not in done.why
    assert [told["request_counts"]["total"] for told in seen(bench.server).batches.values()] == [5, 2]
    again = bench.submit(asked(20), purse(budget, bench))
    assert (again.lines, again.waiting, again.left_out) == (0, 7, 13)  # those in flight are counted
    bench.collect()
    assert bench.submit(asked(20), purse(budget, bench)).lines > 0  # they cost less than they might


def test_a_budget_that_holds_no_line_sends_none(bench: Bench) -> None:
    done = bench.submit(asked(3), purse("10tok", bench))
    assert (done.lines, done.left_out) == (0, 3) and "the budget of 10tok is reached" in done.why
    assert not [path for path in bench.folder.glob("*.jsonl") if len(path.stem) == 64]
    assert seen(bench.server).files == {} and batch.in_flight(bench.folder) == ()


def test_a_budget_in_dollars_needs_a_price_before_anything_is_sent(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="model 'llama' has no price"):
        bench.submit(asked(3, "llama"), purse("5usd", bench))
    assert seen(bench.server).files == {} and batch.in_flight(bench.folder) == ()


# Servers.


@pytest.mark.parametrize("call", ["submit", "status", "collect"])
def test_a_server_without_this_api_is_told_to_export(bench: Bench, call: str) -> None:
    if call != "submit":
        bench.submit(asked(1))
    plan(bench.server, absent=True)
    if call == "submit":
        with pytest.raises(ConfigError, match=r"/v1: has no Batch API: Not Found \(404\) \(use --export and --import\)$"):
            bench.submit(asked(1))
        assert batch.in_flight(bench.folder) == ()
    else:
        assert [one.status for one in getattr(bench, call)()] == ["unknown"]


def test_the_key_is_in_no_error(bench: Bench) -> None:
    bench.server.set(key="another")
    with pytest.raises(ServerError, match="refuses the key: Incorrect API key provided") as raised:
        bench.submit(asked(1))
    assert KEY not in str(raised.value) and "\n" not in str(raised.value)
    assert raised.value.__cause__ is None and KEY not in repr(raised.value.__context__)


def test_a_busy_server_is_asked_again_and_a_dead_one_is_given_up(bench: Bench) -> None:
    plan(bench.server, busy=2)
    bench.settings = bench.settings.model_copy(update={"patience": 4.0})
    assert bench.submit(asked(2)).lines == 2
    bench.settings = bench.settings.model_copy(update={"base_url": "http://127.0.0.1:9/v1", "patience": 0.1})
    with pytest.raises(ServerError, match=r"^http://127.0.0.1:9/v1: answers nothing for 0 s: connection refused \(the same command resumes\)$"):
        bench.collect()
