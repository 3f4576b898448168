"""Ask a server live: a thread of its own with an event loop, many calls at a time, every reply on disk before anybody sees it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock, Thread
from types import TracebackType
from typing import Any, TypeVar

from pydantic import ValidationError

from kgpaths.config import LLMSettings
from kgpaths.errors import BudgetReached, ConfigError, ServerError
from kgpaths.llm.asking import attempts
from kgpaths.llm.cache import Cache
from kgpaths.llm.calls import Caller, Ping, Say
from kgpaths.llm.faults import Outcome, Verdict
from kgpaths.llm.money import Charge, Purse, Reservation
from kgpaths.llm.probe import TRIES, probe, short
from kgpaths.llm.request import Answer, Ask, Message, Reply, Request, key
from kgpaths.llm.tokens import prompt_tokens
from kgpaths.llm.wire import PATHS, Api, Capabilities, body_of, identity, reply_of

Result = TypeVar("Result")
FIRST_PATIENCE = 30.0  # seconds a server may fail before the run begins
USELESS = 20  # requests in a row that come to nothing, with none that came to something: then it is not the requests
BEGUN = 4  # asks that are prepared or wait to be tried again, for each call that may run
LEAVE_WITHIN = 1.0  # seconds for what is in flight to end when the client is closed


def silent(line: str) -> None:
    """Say nothing."""


@dataclass
class Progress:
    """What a client has done so far."""

    calls: int = 0  # replies that were paid for
    stored: int = 0  # replies that were on disk
    tokens: int = 0  # of those paid for
    usd: float = 0.0

    def add(self, charge: Charge) -> None:
        """Add what a reply cost."""
        self.calls += 1
        self.tokens += charge.tokens
        self.usd += charge.usd or 0.0


class Cost:
    """What one call may cost, from its turn to its reply."""

    def __init__(self, purse: Purse | None, request: Request, room: asyncio.Event, *, counts: bool) -> None:
        self.purse, self.request, self.room = purse, request, room
        self.counts = counts or purse is not None
        self.reservation: Reservation | None = None
        self.worst = 0

    def begin(self) -> int:
        """Set aside what the call may cost, once; return the tokens it may take. Raises BudgetReached."""
        if not self.worst:
            counted = counted_tokens(self.request) if self.counts else 0
            if self.purse is not None:
                self.reservation = self.purse.reserve(self.request, counted)
            self.worst = counted + self.request.max_tokens
        return self.worst

    def settle(self, reply: Reply) -> Charge:
        """Return what the call cost."""
        if self.purse is None or self.reservation is None:
            return Charge(None, reply.tokens)
        return self.purse.settle(self.reservation, reply)

    def release(self) -> None:
        """Give back what was set aside and not spent, and let others look again."""
        if self.purse is not None and self.reservation is not None:
            self.purse.release(self.reservation)
            self.room.set()


def counted_tokens(request: Request) -> int:
    """Return the tokens of a prompt. Its instructions and schema are those of many requests."""
    head, rest = request.messages[:1], request.messages[1:]
    return shared_tokens(head, request.json_schema) + prompt_tokens(rest)


@lru_cache(maxsize=64)
def shared_tokens(messages: tuple[Message, ...], schema: str) -> int:
    """Return the tokens of what many prompts begin with."""
    return prompt_tokens(messages, schema)


class Client:
    """Asks the server of ``settings``. A context manager; ``submit`` may be called from any thread.

    ``purse`` keeps the run within its budget, ``run_id`` names it in the ledger, ``say`` is told, from another thread, when a server fails
    for a while and when it is back. Raises ConfigError where the address or the key cannot be used, or the SDK is not installed.
    """

    def __init__(
        self,
        settings: LLMSettings,
        cache: Cache,
        purse: Purse | None = None,
        run_id: str = "",
        say: Say = silent,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings, self.cache, self.purse, self.run_id = settings, cache, purse, run_id
        self.caller = Caller(settings, say, environ)
        self.progress = Progress()
        self._can: dict[str, Capabilities] = {}
        self._relearned: set[str] = set()
        self._probing = asyncio.Lock()
        self._flights: dict[str, asyncio.Future[None]] = {}
        self._room = asyncio.Event()
        self._begun = asyncio.Semaphore(BEGUN * settings.concurrency)
        self._useless, self._useful = 0, False
        self._stopped: ServerError | ConfigError | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed, self._lock = False, Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="kgpaths-llm", daemon=True)
        self._thread.start()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End what is in flight, and all connections. What was asked for and not answered is cancelled; what was paid for is stored."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(2 * LEAVE_WITHIN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LEAVE_WITHIN)
        if not self._thread.is_alive():
            self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVE_WITHIN)
        await self.caller.endpoint.close()

    def check(self) -> None:
        """Make sure that the server answers, takes the key, and has every model, and learn what it can do.

        What it can do is remembered: where that is known, nothing is sent. Raises ServerError.
        """
        for model in self.settings.models:
            self._start(self._capable, model, FIRST_PATIENCE).result()

    def submit(self, ask: Ask) -> Future[Answer]:
        """Ask, and return at once; the future holds what came of it.

        Its exceptions: BudgetReached where the call might cost too much; ServerError where the server fails for too long or will answer
        no call, after which it is that of all; ConfigError where the file of replies cannot be written.
        """
        return self._start(self._answer, ask)

    def _start(self, work: Callable[..., Awaitable[Result]], *given: object) -> Future[Result]:
        """Run something in the client's thread."""
        with self._lock:  # what was begun before the end is ended by it
            if self._closed:
                raise RuntimeError("the client is closed")
            return asyncio.run_coroutine_threadsafe(self._guarded(work, *given), self._loop)

    async def _guarded(self, work: Callable[..., Awaitable[Result]], *given: object) -> Result:
        """Run something until the first fault that ends all, which then is everybody's."""
        if self._stopped is None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                return await work(*given)
            except (ServerError, ConfigError) as error:
                self._stop(error)
            except asyncio.CancelledError:
                if self._stopped is None:
                    raise
            finally:
                self._tasks.discard(task)
        stopped = self._stopped
        assert stopped is not None
        raise type(stopped)(stopped.what, where=stopped.where, mend=stopped.mend)  # one for each: a raised exception grows a traceback

    def _stop(self, error: ServerError | ConfigError) -> None:
        if self._stopped is None:
            self._stopped = error
            for task in self._tasks:
                if task is not asyncio.current_task():
                    task.cancel()

    async def _answer(self, ask: Ask) -> Answer:
        """Ask as often as it takes."""
        asking = attempts(ask)
        request = next(asking)
        async with self._begun:
            while True:
                reply = await self._reply(request)
                try:
                    request = asking.send(reply)
                except StopIteration as end:
                    answer: Answer = end.value
                    return answer

    async def _reply(self, request: Request) -> Reply:
        """Return the stored reply of a request, or that of the server. The same request is in flight only once."""
        name = identity(self.settings, request.model)
        while True:
            can = self._can.get(request.model) or await self._capable(request.model)
            body = body_of(request, can)
            stored_as = key(request, name, can.api, body)
            if (flight := self._flights.get(stored_as)) is not None:
                await asyncio.wait([flight])
                continue
            if (found := self.cache.get(stored_as)) is not None:
                self.progress.stored += 1
                return found
            self._flights[stored_as] = flight = self._loop.create_future()
            try:
                reply = await self._asked(stored_as, request, can, body)
            finally:
                del self._flights[stored_as]
                flight.set_result(None)
            if reply is not None:
                return reply

    async def _asked(self, stored_as: str, request: Request, can: Capabilities, body: dict[str, Any]) -> Reply | None:
        """Return the server's reply, stored; None where it turned out to be able to do less than was thought."""
        cost = self._cost(request)
        try:
            outcome, verdict = await self._sent(can, body, cost, ping=self._ping(request.model, can))
            if verdict.kind in ("feature", "no_api") and await self._relearn(request.model, can):
                return None
            reply = reply_from(outcome, verdict, can.api)
            self._judge(reply, request)
            if verdict.kind != "reply":  # it cost nothing, and another server may take it: not to be remembered
                return reply
            charge = cost.settle(reply)
            self.caller.tokens.give_back(cost.worst - (reply.tokens or cost.worst))
            self.progress.add(charge)
            put = self.cache.put(stored_as, reply, request, run=self.run_id, usd=charge.usd, tokens=charge.tokens)
            return await asyncio.shield(asyncio.wrap_future(put))
        finally:
            cost.release()

    def _cost(self, request: Request) -> Cost:
        return Cost(self.purse, request, self._room, counts=self.settings.tokens_per_minute is not None)

    async def _sent(self, can: Capabilities, body: dict[str, Any], cost: Cost, **how: Any) -> tuple[Outcome, Verdict]:
        """Return the server's answer. What the budget does not allow beside others in flight waits for them: they may cost less."""
        while True:
            try:
                return await self.caller.send(PATHS[can.api], body, cost.begin, **how)
            except BudgetReached:
                if self.purse is None or not self.purse.in_flight:
                    raise
            self._room.clear()  # nothing else ran since the purse was asked
            await self._room.wait()

    def _judge(self, reply: Reply, request: Request) -> None:
        """Raise ServerError where a server answers and nothing ever comes of it: something is wrong that is not the requests."""
        if reply.fault not in ("malformed", "refused_request"):
            self._useful = True
        elif not self._useful and request.attempt == 0:
            self._useless += 1
            if self._useless >= USELESS:
                what = f"answers, but nothing usable in {self._useless} calls: {reply.detail}"
                raise ServerError(what, where=self.caller.endpoint.url, mend="see llm.base_url, llm.models and llm.max_tokens")

    def _ping(self, model: str, can: Capabilities) -> Ping:
        return PATHS[can.api], body_of(short(model, self.settings), can)

    async def _capable(self, model: str, patience: float | None = None) -> Capabilities:
        """Return what the server can do with a model: what is remembered, else what it shows."""
        async with self._probing:
            if (known := self._can.get(model)) is not None:
                return known
            stored = self.cache.capabilities(identity(self.settings, model))
            with suppress(ValidationError):  # of another version
                if stored is not None and self.settings.api in ("auto", stored.get("api")):
                    self._can[model] = Capabilities.model_validate(stored)
                    return self._can[model]
            return await self._probe(model, patience)

    async def _probe(self, model: str, patience: float | None) -> Capabilities:
        """Ask the server what it can do with a model, and remember it."""
        name = identity(self.settings, model)
        most = None if patience is None else min(patience, self.settings.patience)

        async def post(request: Request, can: Capabilities) -> tuple[Outcome, Verdict]:
            cost = self._cost(request)
            try:
                outcome, verdict = await self._sent(can, body_of(request, can), cost, patience=most, tries=TRIES)
                if verdict.kind == "reply":
                    charge = cost.settle(reply_of(outcome.data, can.api))
                    if self.run_id:
                        self.cache.spend(self.run_id, f"probe of {name}", charge.usd, charge.tokens)
                return outcome, verdict
            finally:
                cost.release()

        try:
            found = await probe(post, model, self.settings)
        except ServerError as error:
            raise ServerError(error.what, where=error.where or self.caller.endpoint.url, mend=error.mend) from None
        self.cache.remember(name, found.model_dump())
        self._can[model] = found
        return found

    async def _relearn(self, model: str, thought: Capabilities) -> bool:
        """Ask again what a server can do, once: it may be another one than was remembered. Tell whether it is not what was thought."""
        async with self._probing:
            if self._can.get(model) == thought and model not in self._relearned:
                self._relearned.add(model)
                await self._probe(model, None)
            return self._can.get(model) != thought


def reply_from(outcome: Outcome, verdict: Verdict, api: Api) -> Reply:
    """Return an answer as a reply. What the server refuses of this request alone is one too, with a fault."""
    if verdict.kind == "reply":
        return reply_of(outcome.data if outcome.data is not None else outcome.text, api)
    return Reply(fault="content_filter" if verdict.kind == "filtered" else "refused_request", detail=verdict.words)
