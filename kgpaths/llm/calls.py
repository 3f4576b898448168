"""Get an answer out of a server, however often it takes: limits, retries, waits, and when to give up on it."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from kgpaths.config import LLMSettings
from kgpaths.errors import ServerError
from kgpaths.llm.faults import Outcome, Verdict, judge
from kgpaths.llm.limits import Breaker, Bucket, Gate, backoff
from kgpaths.llm.server import Endpoint

Say = Callable[[str], None]
Ping = tuple[str, dict[str, Any]]
"""Path and body of something small that the server answered before."""

Begin = Callable[[], int]
"""Called when it is a call's turn, each time: sets aside what it may cost, and returns the tokens it may take."""

STUBBORN = 6  # failures of one request while others are answered: then it is this request
INTERNAL = (500, 501)
UNTOLD = 10.0  # seconds of failing before it is told
AGAIN = "the same command resumes"
ANSWERED = ("reply", "refused", "filtered", "feature", "no_api")


class Caller:
    """Sends to one server, within what it and the user allow. Used in one event loop."""

    def __init__(self, settings: LLMSettings, say: Say, environ: Mapping[str, str] = os.environ) -> None:
        self.endpoint, self.say, self.key_variable = Endpoint(settings, environ), say, settings.key_variable
        self.patience, clock = settings.patience, time.monotonic
        self.gate, self.breaker = Gate(settings.concurrency, clock), Breaker(clock)
        self.requests, self.tokens = Bucket(settings.requests_per_minute, clock), Bucket(settings.tokens_per_minute, clock)
        self.faults: Counter[str] = Counter()
        self.told = False

    async def send(
        self,
        path: str,
        body: dict[str, Any],
        begin: Begin | None = None,
        ping: Ping | None = None,
        patience: float | None = None,
        tries: int | None = None,
    ) -> tuple[Outcome, Verdict]:
        """Send a body until the server answers; return that and what it means. After ``tries`` an internal error is an answer too.

        A request that fails again and again while the server answers others, or ``ping``, is ``refused``. Raises ServerError where nothing
        was answered for ``patience`` seconds, and where no call will be; and what ``begin`` raises.
        """
        patience = self.patience if patience is None else patience
        failures, alone, seen = 0, 0, self.breaker.successes
        while True:
            outcome, verdict = await self.once(path, body, begin, patience)
            if verdict.kind in ANSWERED:
                return outcome, verdict
            if verdict.kind == "stop":
                raise ServerError(verdict.words, where=self.endpoint.url, mend=verdict.mend)
            failures += 1
            self.faults[verdict.kind] += 1
            if outcome.status in INTERNAL and failures == tries:
                self.breaker.succeeded()  # it may be how it says that it cannot do something
                return outcome, verdict
            if verdict.kind == "failing" and failures >= STUBBORN // 2 and self.breaker.successes == seen and ping:
                await self.once(*ping)
            alone += verdict.kind != "busy" and self.breaker.successes > seen
            seen = self.breaker.successes
            if alone >= STUBBORN:
                return outcome, Verdict("refused", f"fails each time: {verdict.words}")
            left = patience - self.breaker.failing_for
            if left <= 0:
                mend = f"does it run? {AGAIN}" if verdict.kind == "unreached" else AGAIN
                raise ServerError(f"answers nothing for {self.breaker.failing_for:.0f} s: {verdict.words}", where=self.endpoint.url, mend=mend)
            self.tell(verdict, left)
            wait = 0.0 if verdict.kind == "busy" else outcome.wait or 0.0  # for the busy the gate waits
            if not self.breaker.open:  # else that waits
                wait = max(wait, backoff(failures))
            await asyncio.sleep(min(wait, left))

    async def once(self, path: str, body: dict[str, Any], begin: Begin | None = None, patience: float = 0.0) -> tuple[Outcome, Verdict]:
        """Send a body once, when it is its turn."""
        await self.gate.enter()
        tries = False
        try:
            tokens = begin() if begin is not None else 0
            await self.requests.take(1)
            await self.tokens.take(tokens)
            tries = await self.breaker.ready(patience - self.breaker.failing_for)
            entered = self.gate.clock()
            outcome = await self.endpoint.post(path, body)
            verdict = judge(outcome, body, self.key_variable)
            self.count(verdict, outcome, entered)
        finally:
            if tries:
                self.breaker.tried()
            self.gate.leave()
        if verdict.kind != "reply":
            self.tokens.give_back(tokens)
        return outcome, verdict

    def count(self, verdict: Verdict, outcome: Outcome, entered: float) -> None:
        """Let limits and breaker know how a call went."""
        if verdict.kind in ANSWERED:
            self.breaker.succeeded()
            self.gate.succeeded()
            if self.told:
                self.told = False
                self.say(f"{self.endpoint.url} answers again")
        elif verdict.kind != "stop":
            self.breaker.failed(busy=verdict.kind == "busy")
            if verdict.kind in ("busy", "slow"):
                self.gate.too_many(entered, outcome.wait)

    def tell(self, verdict: Verdict, left: float) -> None:
        """Say, once, that the server fails."""
        if not self.told and (self.breaker.open or self.breaker.failing_for > UNTOLD):
            self.told = True
            self.say(f"{self.endpoint.url}: {verdict.words}; trying again for {left:.0f} s")
