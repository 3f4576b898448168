"""What is paid for is stored before it is used, once, and outlives a kill; a file that is not ours is left alone."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import get_args

import pytest

from kgpaths.errors import ConfigError
from kgpaths.llm.cache import Cache, Entry, is_fresh
from kgpaths.llm.money import Spent
from kgpaths.llm.request import Message, Reply, Request

SECRET = "Mrs Quillfeather, 61, potassium 6.8"
ASKED = Request(
    model="gpt-test", messages=(Message(role="user", text=SECRET),), json_schema='{"title":"Zebrafinch"}', prompt="f00d", sample=3, attempt=1
)
WHOLE = Reply(text="Hyperkalaemia.", model="gpt-test-2026-01-01", prompt_tokens=900, completion_tokens=80, reasoning_tokens=30, cached_tokens=512)

CHILD = """
import sys
from kgpaths.llm.cache import Cache
from kgpaths.llm.request import Reply, Request

path, name, first, many = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
request = Request(model=name, messages=())
with Cache(path) as cache, cache.clock(name):
    print("open", flush=True)
    waiting = []
    for i in range(first, first + many):
        reply = Reply(text=f"{name} {i} " + "x" * 2000, prompt_tokens=i, completion_tokens=1)
        waiting.append((i, cache.put(f"key {i}", reply, request, run=name, usd=0.25)))
        if len(waiting) == 16:
            for number, future in waiting:
                print(number, future.result().text.split()[0], flush=True)
            waiting = []
    for number, future in waiting:
        print(number, future.result().text.split()[0], flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "llm.sqlite"


@pytest.fixture
def cache(path: Path) -> Iterator[Cache]:
    with Cache(path) as made:
        yield made


def child(path: Path, name: str, first: int, many: int) -> subprocess.Popen[str]:
    """Start a process that writes ``many`` replies, and says of each whose reply is stored, once it is."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(path), name, str(first), str(many)], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "open\n"
    return process


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_what_was_put_is_got_with_every_field(cache: Cache, path: Path) -> None:
    assert cache.get("a") is None
    assert cache.put("a", WHOLE, ASKED).result() == WHOLE
    assert cache.get("a") == WHOLE
    assert rows(path, "SELECT key, model, prompt, sample, attempt FROM replies") == [("a", "gpt-test", "f00d", 3, 1)]


def test_a_later_process_finds_it(path: Path) -> None:
    with Cache(path) as first:
        first.put("a", WHOLE, ASKED)
    with Cache(path) as second:
        assert second.get("a") == WHOLE


@pytest.mark.parametrize("fault", [name for name in get_args(Reply.model_fields["fault"].annotation) if name])
def test_an_unusable_reply_is_stored_like_any_other(cache: Cache, fault: str) -> None:
    reply = Reply.model_validate({"text": "no", "fault": fault, "detail": "why", "prompt_tokens": 7})
    cache.put("a", reply, ASKED).result()
    assert cache.get("a") == reply


@pytest.mark.parametrize("text", ["half a pair \ud83d", "nul \x00 here", "line\u2028end\r\n", "Ὑγίεια — 健康 🩺", "'; DROP TABLE replies; --"])
def test_any_text_comes_back_as_it_was(cache: Cache, text: str) -> None:
    cache.put("a", Reply(text=text), ASKED).result()
    assert cache.get("a") == Reply(text=text)


def test_the_first_of_two_replies_stays_and_both_are_told_so(cache: Cache) -> None:
    first, second = cache.put("a", Reply(text="one"), ASKED), cache.put("a", Reply(text="two"), ASKED)
    assert (first.result().text, second.result().text) == ("one", "one")
    assert cache.get("a") == Reply(text="one")


def test_many_are_put_at_once(cache: Cache) -> None:
    cache.put("b", Reply(text="there before"), ASKED, run="other").result()
    entries = [Entry(key, Reply(text=key, prompt_tokens=10), ASKED, usd=0.5) for key in "abc"]
    assert [reply.text for reply in cache.put_many(entries, run="r").result()] == ["a", "there before", "c"]
    assert cache.spent("r") == Spent(usd=1.5, tokens=30, calls=3)


def test_nothing_of_what_was_asked_is_on_disk(path: Path) -> None:
    with Cache(path) as cache:
        cache.put("a", WHOLE, ASKED, run="r", usd=1.0).result()
        whole = b"".join(file.read_bytes() for file in path.parent.iterdir())
    whole += path.read_bytes()
    assert b"Hyperkalaemia" in whole
    assert b"Quillfeather" not in whole and b"Zebrafinch" not in whole


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on" / "the way" / "llm.sqlite"
    with Cache(path) as cache:
        cache.put("a", WHOLE, ASKED).result()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"llm.sqlite": 0o600, "llm.sqlite-wal": 0o600, "llm.sqlite-shm": 0o600}


def test_a_commit_outlives_a_power_cut(cache: Cache) -> None:
    assert cache._writing.execute("PRAGMA synchronous").fetchall() == [(2,)]  # FULL
    assert cache._writing.execute("PRAGMA journal_mode").fetchall() == [("wal",)]


def test_the_ledger_adds_up_over_sessions_and_by_run(path: Path) -> None:
    with Cache(path) as cache:
        cache.put("a", Reply(prompt_tokens=100, completion_tokens=10), ASKED, run="r", usd=0.25)
        cache.put("b", Reply(prompt_tokens=200), ASKED, run="r")
        cache.put("c", Reply(), ASKED, run="r", usd=0.5, tokens=1_000)
        cache.put("d", Reply(prompt_tokens=7), ASKED, run="another", usd=9.0)
        cache.put("e", Reply(prompt_tokens=7), ASKED, usd=9.0)
    with Cache(path) as cache:
        assert cache.spent("r") == Spent(usd=0.75, tokens=1_310, calls=3, unpriced=1)
        assert cache.spent("another") == Spent(usd=9.0, tokens=7, calls=1)
        assert cache.spent("nobody") == Spent()


def test_a_reply_is_paid_once_in_a_run(cache: Cache) -> None:
    for _ in range(3):
        cache.put("a", WHOLE, ASKED, run="r", usd=0.25).result()
    assert cache.spent("r") == Spent(usd=0.25, tokens=980, calls=1)


def test_what_is_no_reply_can_be_spent_too(cache: Cache) -> None:
    cache.spend("r", "probe", 0.5, 10)
    cache.spend("r", "probe", 0.25, 5)
    cache.spend("r", "lost", None, 3).result()
    assert cache.spent("r") == Spent(usd=0.75, tokens=18, calls=2, unpriced=1)


def test_seconds_add_up_and_a_clock_is_written_with_each_reply(path: Path) -> None:
    with Cache(path) as cache:
        cache.add_seconds("r", 2.5)
        cache.add_seconds("r", 1.5).result()
        assert cache.spent("r").seconds == 4.0
        begun = monotonic()
        with cache.clock("r"):
            cache.put("a", WHOLE, ASKED).result()
            early = cache.spent("r").seconds
            cache.put("b", WHOLE, ASKED).result()
            late = cache.spent("r").seconds
        took = monotonic() - begun
        cache.put("c", WHOLE, ASKED).result()  # after the clock has stopped
    with Cache(path) as cache:
        total = cache.spent("r").seconds
    assert 4.0 < early < late < total <= 4.0 + took


def test_what_a_server_can_do_is_remembered_by_its_identity(path: Path) -> None:
    with Cache(path) as cache:
        assert cache.capabilities("openai/gpt-test@") is None
        cache.remember("openai/gpt-test@", {"schema": "json_schema", "roles": ["system"]})
        cache.remember("openai/gpt-test@", {"schema": "json_object", "roles": []})
    with Cache(path) as cache:
        assert cache.capabilities("openai/gpt-test@") == {"schema": "json_object", "roles": []}
        assert cache.capabilities("openai/gpt-test@2") is None


def test_nothing_is_told_before_the_commit_and_what_waits_is_committed_at_once(cache: Cache, path: Path) -> None:
    statements: list[str] = []
    cache.put("first", WHOLE, ASKED).result()
    cache._writing.set_trace_callback(statements.append)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else can commit now
    futures = [cache.put(f"key {i}", WHOLE, ASKED, run="r", usd=0.25) for i in range(300)]
    assert not any(future.done() for future in futures)
    assert cache.get("key 0") is None and cache.get("first") == WHOLE  # and reading does not wait
    other.execute("COMMIT")
    assert all(future.result() == WHOLE for future in futures)
    assert cache.spent("r").calls == 300
    assert statements.count("COMMIT") <= 2  # whatever came before the lock was tried for, and all the rest
    other.close()


def test_what_was_paid_for_is_stored_though_nobody_waits_any_more(cache: Cache, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def interrupted() -> None:
        task = asyncio.ensure_future(asyncio.wrap_future(cache.put("a", WHOLE, ASKED, run="r", usd=1.0)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    other.execute("COMMIT")
    other.close()
    cache.put("b", WHOLE, ASKED).result()
    assert cache.get("a") == WHOLE and cache.spent("r").usd == 1.0


def test_all_threads_may_use_it(cache: Cache) -> None:
    def work(thread: int) -> list[Reply | None]:
        for i in range(50):
            cache.put(f"{thread} {i}", Reply(text=f"{thread} {i}"), ASKED, run="r", usd=0.5).result()
        return [cache.get(f"{other} {i}") for other in range(8) for i in range(50)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    assert {reply.text for reply in found[0] if reply} >= {f"0 {i}" for i in range(50)}
    assert cache.spent("r") == Spent(usd=200.0, tokens=0, calls=400)
    assert [cache.get(f"{thread} {i}") for thread in range(8) for i in range(50)] == [Reply(text=f"{t} {i}") for t in range(8) for i in range(50)]


def test_closing_commits_what_waits_and_ends_it(path: Path) -> None:
    cache = Cache(path)
    futures = [cache.put(f"key {i}", WHOLE, ASKED) for i in range(500)]
    cache.close()
    cache.close()
    assert all(future.done() and future.result() == WHOLE for future in futures)
    with pytest.raises(RuntimeError, match="is closed"):
        cache.put("late", WHOLE, ASKED)
    assert [file.name for file in path.parent.iterdir()] == ["llm.sqlite"]


def test_a_kill_loses_nothing_that_was_told(path: Path) -> None:
    """Kill a writing process at three moments; what it said was stored is there, and every reply with its cost."""
    chance, told = random.Random(6), set()
    for _ in range(3):
        process, first = child(path, "child", len(told) * 10, 100_000), len(told)
        assert process.stdout
        for _ in range(chance.randrange(40, 400)):
            told.add(int(process.stdout.readline().split()[0]))
        process.kill()
        told |= {int(line.split()[0]) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")}
        assert process.wait() == -9 and len(told) > first
        with Cache(path) as cache:
            for number in told:
                assert cache.get(f"key {number}") == Reply(text=f"child {number} " + "x" * 2000, prompt_tokens=number, completion_tokens=1)
            stored = [int(str(key).split()[1]) for (key,) in rows(path, "SELECT key FROM replies")]
            spent = cache.spent("child")
        assert (spent.calls, spent.usd, spent.tokens) == (len(stored), 0.25 * len(stored), sum(stored) + len(stored))
        assert spent.seconds > 0
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_two_processes_share_a_file(path: Path) -> None:
    """Both begin with a file that is not there; what both ask for has one reply, which both are told."""
    both = [child(path, "left", 0, 400), child(path, "right", 200, 400)]
    said = [dict(line.split() for line in process.communicate()[0].splitlines()) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [len(each) for each in said] == [400, 400]
    with Cache(path) as cache:
        for number in range(600):
            reply = cache.get(f"key {number}")
            assert reply is not None
            assert {each[str(number)] for each in said if str(number) in each} == {reply.text.split()[0]}
        assert [cache.spent(name).calls for name in ("left", "right")] == [400, 400]


def test_a_file_that_many_make_at_once_is_made_once(path: Path) -> None:
    def use(number: int) -> Reply:
        with Cache(path) as cache:
            return cache.put(str(number), Reply(text=str(number)), ASKED).result()

    with ThreadPoolExecutor(8) as pool:
        assert [reply.text for reply in pool.map(use, range(24))] == [str(number) for number in range(24)]


def test_a_file_that_another_process_is_making_is_looked_at_once(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")

    def meanwhile(statement: str) -> None:
        if statement == "PRAGMA user_version":
            Cache(path).close()

    connection.set_trace_callback(meanwhile)
    assert is_fresh(connection, path)  # half of what was and half of what is would be a foreign file
    connection.set_trace_callback(None)
    assert not is_fresh(connection, path)
    connection.close()


def line_of(path: Path) -> str:
    """Return the one line that opening a file ends in."""
    with pytest.raises(ConfigError) as caught:
        Cache(path)
    assert "\n" not in str(caught.value) and caught.value.where == str(path)
    return f"{caught.value.what} | {caught.value.mend}"


def test_a_file_that_is_no_database_is_told_and_left_alone(path: Path) -> None:
    path.write_text("question,answer\n" * 100)
    assert line_of(path) == "is no SQLite file | name another file with llm.cache"
    assert path.read_text() == "question,answer\n" * 100


def test_a_database_of_something_else_is_told_and_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE patients (name TEXT)")
    connection.close()
    before = path.read_bytes()
    assert line_of(path) == "is a database of something else | name another file with llm.cache"
    assert path.read_bytes() == before and [file.name for file in path.parent.iterdir()] == ["llm.sqlite"]


def test_a_file_of_another_version_is_told(path: Path) -> None:
    Cache(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    assert line_of(path).startswith("was written by another version of kgpaths (format 7, here 1)")


def test_a_folder_and_a_place_that_cannot_be_are_told(tmp_path: Path) -> None:
    assert line_of(tmp_path) == "cannot be opened: Is a directory | llm.cache names a file that can be written"
    (tmp_path / "file").touch()
    assert line_of(tmp_path / "file" / "llm.sqlite").startswith("cannot be opened: ")


def test_a_file_that_was_cut_short_is_told(path: Path) -> None:
    with Cache(path) as cache:
        cache.put_many([Entry(f"key {i}", Reply(text="x" * 2000), ASKED) for i in range(100)])
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)
    assert line_of(path).startswith("is damaged | name another file with llm.cache; what is whole can be saved")


def test_damage_inside_is_told_when_it_is_met(path: Path) -> None:
    with Cache(path) as cache:
        cache.put_many([Entry(f"key {i}", Reply(text="x" * 2000), ASKED) for i in range(100)])
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))  # the first pages hold what opening reads
    with Cache(path) as cache:
        with pytest.raises(ConfigError, match=r"llm\.sqlite: is damaged \("):
            cache.get("key 50")
        with pytest.raises(ConfigError, match=r"llm\.sqlite: is damaged \("):
            cache.put("new", WHOLE, ASKED).result()


def test_a_full_disk_is_told_and_what_was_stored_stays(path: Path) -> None:
    code = f"""
import resource
from kgpaths.errors import ConfigError
from kgpaths.llm.cache import Cache
from kgpaths.llm.request import Reply, Request
with Cache({str(path)!r}) as cache:
    cache.put("a", Reply(text="before"), Request(model="m", messages=()), run="r", usd=1.0).result()
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    waiting = [cache.put(str(i), Reply(text="x" * 50_000), Request(model="m", messages=()), run="r", usd=1.0) for i in range(20)]
    faults = [future.exception() for future in waiting]
    last = faults[-1]
    assert isinstance(last, ConfigError), last
    print(last.what, "|", last.mend)
    print(cache.get("a").text, cache.spent("r").usd == 1.0 + sum(fault is None for fault in faults))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = "cannot be read or written: the disk or its file system fails | is the disk full? mend it, then run the same command again"
    assert done.stdout.splitlines()[:2] == [said, "before True"]
    with Cache(path) as cache:
        assert cache.get("a") == Reply(text="before")
