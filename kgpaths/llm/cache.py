"""Every reply on disk before it is used, with what it cost: a rerun pays nothing, and a kill loses nothing that was committed.

One SQLite file in WAL mode. A single thread writes: it takes all that waits, commits it at once, and only then tells who waits. What is
stored of a request is its key and what tells requests apart (model, hash of the prompt files, sample, attempt), never its text. Processes
of one machine may share a file; SQLite's WAL does not work between machines, so those need a file each.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from kgpaths.errors import ConfigError
from kgpaths.llm.money import Spent
from kgpaths.llm.request import Reply, Request

APPLICATION = 0x6B677063  # "kgpc" in the file's header: tells our files from other people's
VERSION = 1
PATIENCE = 60.0  # seconds to wait for another process that writes
LARGEST_GROUP = 1_000  # entries of one transaction
TABLES = (
    """CREATE TABLE replies (
        key TEXT PRIMARY KEY, reply TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, sample INTEGER NOT NULL, attempt INTEGER NOT NULL)""",
    "CREATE TABLE spending (run TEXT, key TEXT, usd REAL, tokens INTEGER NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID",
    "CREATE TABLE runs (run TEXT PRIMARY KEY, seconds REAL NOT NULL)",
    "CREATE TABLE capabilities (identity TEXT PRIMARY KEY, can TEXT NOT NULL)",
)
STORE = "INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
PAY = "INSERT INTO spending VALUES (?, ?, ?, ?)"
PAY_ONCE = f"{PAY} ON CONFLICT DO NOTHING"
PAY_MORE = f"{PAY} ON CONFLICT DO UPDATE SET usd = coalesce(usd + excluded.usd, usd, excluded.usd), tokens = tokens + excluded.tokens"
TAKE_TIME = "INSERT INTO runs VALUES (?, ?) ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds"
SPENT = "SELECT coalesce(sum(usd), 0.0), coalesce(sum(tokens), 0), count(*), coalesce(sum(usd IS NULL), 0) FROM spending WHERE run = ?"

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Any]


class Entry(NamedTuple):
    """A reply to be stored: its key, what it answers, and what it cost (None: no price is known)."""

    key: str
    reply: Reply
    request: Request
    usd: float | None = None
    tokens: int | None = None  # None: those the reply states


class Cache:
    """The file of replies, capabilities and spending. A context manager; all methods may be called from any thread.

    Raises ConfigError where the file cannot be opened, is damaged, or is somebody else's.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._writing, self._reading = opened(self.path)
        self._read_lock, self._queue_lock = Lock(), Lock()
        self._queue: SimpleQueue[tuple[Work, Future[Any]] | None] = SimpleQueue()
        self._clocks: dict[str, float] = {}  # touched by the writer alone
        self._closed = False
        self._writer = Thread(target=self._write, name="kgpaths-cache", daemon=True)
        self._writer.start()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Commit what waits and close the file."""
        with self._queue_lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        with self._read_lock:
            self._reading.close()
        self._writing.close()

    def get(self, key: str) -> Reply | None:
        """Return the reply stored under ``key``, None where there is none."""
        text = self._one("SELECT reply FROM replies WHERE key = ?", key)
        return None if text is None else self._reply(text)

    def put(self, key: str, reply: Reply, request: Request, *, run: str = "", usd: float | None = None, tokens: int | None = None) -> Future[Reply]:
        """Store a reply, and in the same transaction what it cost the run; the future is done once both are on disk.

        Its result is the reply that is stored: another one where somebody was quicker with the same key. Use it, so that a rerun sees what
        this run saw. The future cannot be cancelled, as what was paid for is stored; its exception is a ConfigError.
        """
        entry = Entry(key, reply, request, usd, tokens)
        row = row_of(entry)
        return self._do(lambda connection: self._store(connection, entry, row, run))

    def put_many(self, entries: Iterable[Entry], *, run: str = "") -> Future[list[Reply]]:
        """Store replies and what they cost in one transaction; as ``put``, for the replies of a batch."""
        rows = [(entry, row_of(entry)) for entry in entries]
        return self._do(lambda connection: [self._store(connection, entry, row, run) for entry, row in rows])

    def capabilities(self, identity: str) -> dict[str, Any] | None:
        """Return what is remembered of what a server can do, None where nothing is."""
        text = self._one("SELECT can FROM capabilities WHERE identity = ?", identity)
        return None if text is None else dict(json.loads(text))

    def remember(self, identity: str, capabilities: Mapping[str, Any]) -> None:
        """Remember what a server can do, in place of what was known; returns once it is on disk."""
        values = (identity, json.dumps(capabilities, sort_keys=True))
        self._execute("INSERT OR REPLACE INTO capabilities VALUES (?, ?)", values).result()

    def spend(self, run: str, key: str, usd: float | None, tokens: int) -> Future[None]:
        """Add to the ledger what a run paid for something that is no stored reply, under a key that says what it was."""
        return self._execute(PAY_MORE, (run, key, usd, tokens))

    def spent(self, run: str) -> Spent:
        """Return what a run has spent so far, all its sessions together."""
        with self._read_lock, told(self.path):
            usd, tokens, calls, unpriced = self._reading.execute(SPENT, (run,)).fetchall()[0]
            seconds = self._reading.execute("SELECT seconds FROM runs WHERE run = ?", (run,)).fetchall()
        return Spent(usd, tokens, seconds[0][0] if seconds else 0.0, calls, unpriced)

    def add_seconds(self, run: str, seconds: float) -> Future[None]:
        """Add to the time a run has taken."""
        return self._execute(TAKE_TIME, (run, seconds))

    @contextmanager
    def clock(self, run: str) -> Iterator[None]:
        """Count the seconds of the block for a run. They are written with every group of replies, so a kill loses little."""
        self._do(lambda _: self._clocks.update({run: time.monotonic()})).result()
        try:
            yield
        finally:
            self._do(lambda connection: self._tick(connection, stop=run)).result()

    def _one(self, query: str, value: str) -> str | None:
        with self._read_lock, told(self.path):
            rows = self._reading.execute(query, (value,)).fetchall()
        return str(rows[0][0]) if rows else None

    def _reply(self, text: str) -> Reply:
        try:
            return Reply.model_validate(json.loads(text))
        except (ValidationError, ValueError):
            raise ConfigError("holds a reply that cannot be read", where=str(self.path), mend=ANOTHER) from None

    def _store(self, connection: sqlite3.Connection, entry: Entry, row: tuple[Any, ...], run: str) -> Reply:
        """Store one reply and what it cost; return the reply that now stands there. In the writer's transaction."""
        fresh = connection.execute(STORE, row).rowcount == 1
        if run:
            tokens = entry.reply.tokens if entry.tokens is None else entry.tokens
            connection.execute(PAY_ONCE, (run, entry.key, entry.usd, tokens))
        if fresh:
            return entry.reply
        return self._reply(connection.execute("SELECT reply FROM replies WHERE key = ?", (entry.key,)).fetchall()[0][0])

    def _execute(self, statement: str, values: tuple[Any, ...]) -> Future[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values)

        return self._do(work)

    def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Future[Result]:
        """Hand work to the writer."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        with self._queue_lock:
            if self._closed:
                raise RuntimeError(f"{self.path} is closed")
            self._queue.put((work, future))
        return future

    def _write(self) -> None:
        """Commit what waits, group by group, until told to end."""
        ended = False
        while not ended:
            group: list[tuple[Work, Future[Any]]] = []
            while not group or (len(group) < LARGEST_GROUP and not self._queue.empty()):
                job = self._queue.get()
                if job is None:
                    ended = True
                    break
                group.append(job)
            if group:
                self._commit(group)

    def _commit(self, group: list[tuple[Work, Future[Any]]]) -> None:
        """Do a group's work in one transaction; only then tell who waits for it."""
        try:
            with told(self.path):
                self._writing.execute("BEGIN IMMEDIATE")
                results = [work(self._writing) for work, _ in group]
                self._tick(self._writing)
                self._writing.execute("COMMIT")
        except BaseException as error:  # whatever it is, nobody may wait for ever
            with suppress(sqlite3.Error):
                self._writing.rollback()
            for _, future in group:
                future.set_exception(error)
        else:
            for (_, future), result in zip(group, results, strict=True):
                future.set_result(result)

    def _tick(self, connection: sqlite3.Connection, *, stop: str = "") -> None:
        """Add what each clock has counted since it was last looked at; ``stop`` one. In the writer's transaction."""
        now = time.monotonic()
        for run, since in self._clocks.items():
            connection.execute(TAKE_TIME, (run, now - since))
            self._clocks[run] = now
        self._clocks.pop(stop, None)


def row_of(entry: Entry) -> tuple[Any, ...]:
    """Return what is stored of a reply and its request. ASCII, as a reply may hold half a surrogate pair, which is no UTF-8."""
    text = json.dumps(entry.reply.model_dump(), separators=(",", ":"))
    asked = entry.request
    return (entry.key, text, asked.model, asked.prompt, asked.sample, asked.attempt)


def opened(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """Return a connection that writes and one that reads, to a file that is made where it is missing. Raises ConfigError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_size == 0:
            path.chmod(0o600)  # SQLite gives its -wal and -shm files the same mode
    except OSError as error:
        raise ConfigError(f"cannot be opened: {error.strerror}", where=str(path), mend="llm.cache names a file that can be written") from None
    connections: list[sqlite3.Connection] = []
    try:
        with told(path):
            for _ in range(2):
                connections.append(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False))
            writing, reading = connections
            prepare(writing, path)
            reading.execute("PRAGMA query_only = ON")
    except BaseException:
        for connection in connections:
            connection.close()
        raise
    return writing, reading


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that a file is ours, and make its tables where it is new. A foreign file is left as it is."""
    fresh = is_fresh(connection, path)
    wait_for(lambda: connection.execute("PRAGMA journal_mode = WAL"))
    connection.execute("PRAGMA synchronous = FULL")  # a reply outlives a power cut, not just a kill
    if fresh:
        connection.execute("BEGIN IMMEDIATE")
        if is_fresh(connection, path):  # else another process was quicker
            for statement in (*TABLES, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}"):
                connection.execute(statement)
        connection.execute("COMMIT")


def is_fresh(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell whether a database is empty; raise ConfigError where it is neither that nor ours."""
    queries = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")  # one look for all three: another process may be making the tables
    application, version, tables = (connection.execute(query).fetchall()[0][0] for query in queries)
    if alone:
        connection.execute("COMMIT")
    if (application, version, tables) == (0, 0, 0):
        return True
    if application != APPLICATION:
        raise ConfigError("is a database of something else", where=str(path), mend=ANOTHER)
    if version != VERSION:
        raise ConfigError(f"was written by another version of kgpaths (format {version}, here {VERSION})", where=str(path), mend=ANOTHER)
    return False


def wait_for(action: Callable[[], object]) -> None:
    """Do something once no other process is in the way: SQLite itself does not wait for a change to WAL."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            action()
            return
        except sqlite3.OperationalError as error:
            if primary(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > until:
                raise
            time.sleep(0.02)


ANOTHER = "name another file with llm.cache"
FAULTS = {
    sqlite3.SQLITE_NOTADB: ("is no SQLite file", ANOTHER),
    sqlite3.SQLITE_CORRUPT: ("is damaged", f"{ANOTHER}; what is whole can be saved with sqlite3's .recover"),
    sqlite3.SQLITE_BUSY: (f"was locked by another process for {PATIENCE:.0f} s", f"end that process, or {ANOTHER}"),
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", "make room, then run the same command again"),
    sqlite3.SQLITE_READONLY: ("cannot be written", "llm.cache names a file that can be written"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "llm.cache names a file that can be written, in a folder that can be"),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk or its file system fails",
        "is the disk full? mend it, then run the same command again",
    ),
}


def primary(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn a fault of SQLite into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        what, mend = FAULTS.get(primary(error), (f"cannot be used: {error}", ANOTHER))
        raise ConfigError(what, where=str(path), mend=mend) from None
