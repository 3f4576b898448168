"""What comes of a batch pays for nothing twice: answered in part, with lines that fail, lack, stand twice, or come by a file from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgpaths.errors import InputError
from kgpaths.llm import batch
from kgpaths.llm.asking import attempts
from kgpaths.llm.batch_files import Line
from kgpaths.llm.request import Answer, Ask, Request
from tests.llm.batches import cleared, plan, seen
from tests.llm.batching import PRICES, Bench, asked, request

pytest_plugins = ["tests.llm.batching"]


# What comes back.


@pytest.mark.parametrize(
    ("wrong", "told", "left"),
    [
        ({"ends": "expired", "answered": 0.6}, "6 stored, 4 expired", 4),
        ({"ends": "cancelled", "answered": 0.5}, "5 stored, 5 expired", 5),
        ({"ends": "expired", "answered": 0.0}, "0 stored, 10 expired", 10),
        ({"errors": 2}, "8 stored, 2 failed (2: The server had an error (500))", 2),
        ({"refusals": 3, "errors": 1}, "6 stored, 4 failed (3: Invalid 'input': too deep (400); 1: The server had an error (500))", 4),
        ({"missing": 3}, "7 stored, 3 missing", 3),
        ({"twice": 4, "strange": 2}, "10 stored, 4 twice, 2 unknown", 0),
        ({"torn": 9}, "9 stored, 1 missing, 1 unreadable", 1),
        ({"torn": 1}, "10 stored", 0),
        (
            {"missing": 1, "twice": 1, "strange": 1, "errors": 1, "torn": 30},
            "8 stored, 1 failed (1: The server had an error (500)), 1 missing, 1 twice",
            2,
        ),
        ({"gone": True}, "0 stored, 10 missing", 10),
    ],
)
def test_what_was_answered_is_stored_and_the_rest_is_pending_again(bench: Bench, wrong: dict[str, Any], told: str, left: int) -> None:
    asks = asked(10)
    bench.submit(asks)
    plan(bench.server, **wrong)
    tally = bench.tally()
    assert str(tally).startswith(told)
    lines = bench.pending(asks)
    assert len(lines) == left
    assert bench.cache.spent("run").calls == tally.stored == 10 - left
    plan(bench.server)
    assert bench.submit(asks).lines == left
    assert [str(one.tally) for one in bench.collect()] == ([f"{left} stored"] if left else [])
    assert bench.pending(asks) == []
    counts = seen(bench.server).batches.values()
    assert [told["request_counts"]["total"] for told in counts] == ([10, left] if left else [10])


def test_a_batch_that_failed_tells_why_and_its_lines_are_made_another(bench: Bench) -> None:
    plan(bench.server, ends="failed")
    bench.submit(asked(3))
    (one,) = bench.collect()
    assert str(one) == "batch_0 (m) failed, 3 lines: 0 stored, 3 missing (Enqueued token limit reached)"
    plan(bench.server)
    assert [one.batch for one in bench.submit(asked(3)).batches] == ["batch_1"]
    assert str(bench.tally()) == "3 stored"


def test_a_file_that_breaks_off_on_its_way_gives_what_is_whole_and_stays_to_be_collected(bench: Bench) -> None:
    bench.submit(asked(5))
    plan(bench.server, breaks=True)
    (one,) = bench.collect()
    assert str(one.tally) == "4 stored, 1 unreadable" and "collect again" in one.note
    assert bench.submit(asked(5)).waiting == 1
    plan(bench.server)
    (one,) = bench.collect()
    assert str(one.tally) == "5 stored" and bench.pending(asked(5)) == []
    assert bench.cache.spent("run").calls == 5 and bench.usable() == {1}


def test_a_page_of_a_proxy_is_not_taken_for_a_file_without_replies(bench: Bench) -> None:
    bench.submit(asked(2))
    plan(bench.server, portal=True)
    assert [str(one) for one in bench.collect()] == ["batch_0 (m) completed, 2 lines: 0 stored (a file of it does not come whole: collect again)"]
    plan(bench.server)
    assert bench.submit(asked(2)).waiting == 2
    assert str(bench.tally()) == "2 stored"


def test_unusable_replies_are_stored_and_paid_and_the_next_attempt_is_asked(bench: Bench) -> None:
    bench.server.set(share=1.0, kinds=("empty",), worst=1)
    asks = asked(4)
    bench.submit(asks)
    assert str(bench.tally()) == "4 stored (4 of them unusable)"
    assert [line.request.attempt for line in bench.pending(asks)] == [1] * 4
    bench.submit(asks)
    assert str(bench.tally()) == "4 stored"
    assert bench.pending(asks) == [] and bench.cache.spent("run").calls == 8
    answers, paid = bench.live(asks)
    assert paid == 0 and [len(answer.replies) for answer in answers] == [2] * 4


SCHEMA = {"type": "object", "properties": {"word": {"type": "string", "enum": ["yes", "no"]}}, "required": ["word"], "additionalProperties": False}


def no_word(text: str) -> str:
    """Tell what is wrong with a reply that should follow the schema."""
    try:
        return "" if json.loads(text)["word"] in ("yes", "no") else "is no word"
    except (ValueError, KeyError):
        return "is no object with a word"


def test_a_third_of_all_lines_going_wrong_loses_none_and_pays_for_none_twice(bench: Bench) -> None:
    bench.server.set(share=0.3)
    asks = [Ask(each.request, no_word) for each in asked(200, json_schema=json.dumps(SCHEMA))]
    unreadable = 0
    for number in range(12):
        if not bench.submit(asks, most_lines=90).lines:
            break
        if number < 3:
            plan(bench.server, missing=2, twice=2, strange=1, torn=3 * number, ends=("completed", "expired")[number % 2], answered=0.9)
        unreadable += sum(one.tally.broken for one in bench.collect() if one.tally)
        plan(bench.server)
    assert number < 11 and bench.pending(asks) == []
    answers, paid = bench.live(asks)
    assert paid == 0 and sum(not answer.error for answer in answers) == 200
    stats = bench.server.stats()
    assert len(stats["faults"]) > 10
    assert len(stats["usable"]) >= 200 and 0 <= sum(count - 1 for count in stats["usable"].values()) <= unreadable < 10


def test_a_line_refused_again_and_again_is_left_to_a_live_run(bench: Bench) -> None:
    plan(bench.server, refusals=1)
    for _ in range(3):
        assert bench.submit(asked(1)).lines == 1
        assert bench.tally().failed == 1
    done = bench.submit(asked(2))
    assert (done.lines, done.refused) == (1, 1)
    assert [line.request for line in bench.pending(asked(2))] == [ask.request for ask in asked(2)]


def test_cancelled_batches_give_what_they_answered(bench: Bench) -> None:
    plan(bench.server, ends="", answered=0.5)
    bench.submit(asked(4))
    assert [one.status for one in bench.cancel()] == ["cancelling"]
    assert str(bench.tally()) == "2 stored, 2 expired"
    bench.submit(asked(4))
    plan(bench.server)
    bench.status()
    assert [one.status for one in bench.cancel()] == ["completed"]  # too late
    assert str(bench.tally()) == "2 stored"


def test_a_batch_the_server_does_not_know_is_told_and_kept_until_it_is_cancelled(bench: Bench) -> None:
    bench.submit(asked(2))
    cleared(bench.server)
    assert [one.status for one in bench.status()] == [one.status for one in bench.collect()] == ["unknown"]
    assert bench.submit(asked(2)).waiting == 2
    assert [one.status for one in bench.cancel()] == ["unknown"]
    assert bench.submit(asked(2)).lines == 2


# Files for servers without batches.


def replied(path: Path, form: str = "whole") -> list[dict[str, Any]]:
    """Return what a server makes of an exported file."""
    rows = []
    for text in path.read_text().splitlines():
        line = json.loads(text)
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        body = {"model": "m", "choices": [{"message": {"content": f"on {line['custom_id'][:6]}"}, "finish_reason": "stop"}], "usage": usage}
        row = {"whole": {"response": {"status_code": 200, "body": body}, "error": None}, "bare": {"response": body}, "body": {"body": body}}[form]
        rows.append({"custom_id": line["custom_id"], **row})
    return rows


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("form", ["whole", "bare", "body"])
def test_exported_lines_are_answered_elsewhere_and_imported(bench: Bench, tmp_path: Path, form: str) -> None:
    asks, out = asked(3), tmp_path / "sent" / "ask.jsonl"
    (written,) = batch.export(bench.pending(asks), out, bench.folder)
    assert written == out and len(out.read_text().splitlines()) == 3
    tally = batch.import_(write(tmp_path / "back.jsonl", replied(out, form)[:2]), bench.folder, bench.cache, PRICES, "run")
    assert str(tally) == "2 stored" and tally.tokens == 220
    assert tally.usd == pytest.approx(2 * (100 * 10 + 10 * 100) / 1e6 / 2) == pytest.approx(bench.cache.spent("run").usd)
    assert [line.request for line in bench.pending(asks)] == [asks[2].request]
    assert bench.live(asks[:2])[1] == 0
    assert sorted(path.name for path in out.parent.iterdir()) == ["ask.jsonl"]


def test_models_are_exported_to_a_file_each(bench: Bench, tmp_path: Path) -> None:
    asks = [*asked(2), *asked(1, "meta/llama 3"), *asked(1, "meta-llama 3")]
    written = batch.export(bench.pending(asks), tmp_path / "ask.jsonl", bench.folder)
    assert [(chunk.model, chunk.lines) for chunk in written.values()] == [("m", 2), ("meta/llama 3", 1), ("meta-llama 3", 1)]
    first, second, third = (path.name for path in written)
    assert (first, second) == ("ask-m.jsonl", "ask-meta-llama-3.jsonl") and third.startswith("ask-meta-llama-3-")
    for path in written:
        batch.import_(write(path.with_suffix(".out"), replied(path)), bench.folder, bench.cache, PRICES)
    assert bench.pending(asks) == []


def test_an_export_that_fails_leaves_the_old_file(bench: Bench, tmp_path: Path) -> None:
    out = tmp_path / "ask.jsonl"
    batch.export(bench.pending(asked(2)), out, bench.folder)
    before = out.read_bytes()

    def broken() -> Iterator[Line]:
        yield from bench.pending(asked(3))
        raise InputError("no more")

    with pytest.raises(InputError, match="no more"):
        batch.export(broken(), out, bench.folder)
    assert out.read_bytes() == before and not list(tmp_path.glob(".*")) and not list(bench.folder.glob(".*"))


BAD: dict[str, Any] = {
    "is no whole JSON object": '{"custom_id": "x", "resp',
    "has no custom_id": {"response": {}},
    "has neither a response nor an error": {"custom_id": "x", "response": None, "error": None},
    "is a request, not what came of it": {"custom_id": "x", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": []}},
    "has a status_code that is no number": {"custom_id": "x", "response": {"status_code": "ok", "body": {}}},
    "its body has no choices": {"custom_id": "KNOWN", "response": {"status_code": 200, "body": {"output": []}}},
}


@pytest.mark.parametrize("wrong", BAD)
def test_a_bad_line_is_one_clear_error_or_skipped(bench: Bench, tmp_path: Path, wrong: str) -> None:
    out, back = tmp_path / "ask.jsonl", tmp_path / "back.jsonl"
    batch.export(bench.pending(asked(3)), out, bench.folder)
    first, second, third = replied(out)
    bad = BAD[wrong] if isinstance(BAD[wrong], str) else json.dumps(BAD[wrong]).replace("KNOWN", second["custom_id"])
    write(back, [first, "", bad, second, third])
    with pytest.raises(InputError) as raised:
        batch.import_(back, bench.folder, bench.cache, PRICES)
    assert str(raised.value).startswith(f"{back}, row 3: {wrong} (") and "\n" not in str(raised.value)
    assert len(bench.pending(asked(3))) == 2  # what stood before it was stored
    tally = batch.import_(back, bench.folder, bench.cache, PRICES, on_error="skip")
    assert str(tally) == "3 stored, 1 unreadable" and bench.pending(asked(3)) == []


def test_a_line_that_failed_first_and_was_answered_then_is_answered(bench: Bench, tmp_path: Path) -> None:
    out = tmp_path / "ask.jsonl"
    batch.export(bench.pending(asked(2)), out, bench.folder)
    first, second = replied(out)
    failed = {"custom_id": first["custom_id"], "response": {"status_code": 503, "body": {"error": {"message": "busy"}}}}
    lost = {"custom_id": second["custom_id"], "error": "out of memory"}
    back = write(tmp_path / "back.jsonl", [failed, first, failed, first, lost, {"custom_id": "of somebody", "error": {"code": "x"}}])
    tally = batch.import_(back, bench.folder, bench.cache, PRICES)
    assert str(tally) == "1 stored, 1 failed (1: out of memory), 2 twice, 1 unknown"


def test_a_file_that_is_not_there_or_belongs_to_nothing_is_told(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.jsonl: no such file \(check the path\)"):
        batch.import_(tmp_path / "nowhere.jsonl", bench.folder, bench.cache, PRICES)
    with pytest.raises(InputError, match="nothing was exported from here"):
        batch.import_(write(tmp_path / "some.jsonl", []), bench.folder, bench.cache, PRICES)


def test_the_attempts_of_a_live_run_and_of_batches_are_the_same(bench: Bench) -> None:
    """Drive one ask by batches alone, and compare with the requests that its generator makes of the same replies."""
    bench.server.set(share=1.0, kinds=("wrong_schema",), worst=2)
    ask = Ask(request(0), lambda text: "is no answer" if "nothing" in text else "")
    sent: list[Request] = []
    while lines := bench.pending([ask]):
        sent.append(lines[0].request)
        bench.submit([ask])
        bench.collect()
    answer = batch.Stored(bench.cache, bench.settings).look(ask)
    assert isinstance(answer, Answer) and not answer.error
    asking, replies, expected = attempts(ask), iter(answer.replies), []
    made = next(asking)
    for reply in replies:
        expected.append(made)
        try:
            made = asking.send(reply)
        except StopIteration:
            break
    assert sent == expected and len(sent) >= 2
