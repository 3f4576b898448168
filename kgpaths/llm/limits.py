"""How much is asked at a time: what the user allows a minute, what the server takes at once, and when it is given a rest.

All of it runs in one event loop and is told the time by it, so that nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from email.utils import mktime_tz, parsedate_tz

Clock = Callable[[], float]
LONGEST_WAIT = 120.0  # seconds a server may make us wait at a time; then it is asked again
FIRST_WAIT, LAST_WAIT = 0.5, 30.0  # seconds between two tries of one call
INSTANT = 1e-6  # seconds that are no wait: less than a clock may be able to add
FAILURES = 10  # in a row, after which one call at a time tries whether the server is back


def backoff(failures: int) -> float:
    """Return how long to wait after so many failures: twice as long each time, and not all calls at once (AWS's "equal jitter")."""
    most = min(LAST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20))
    return most / 2 + random.random() * most / 2


def retry_after(milliseconds: str | None, value: str | None, now: float) -> float | None:
    """Return the seconds a server asks us to wait, from ``retry-after-ms`` or ``Retry-After`` (seconds or a date); None where it does not.

    ``now`` is in seconds since 1970. No more than ``LONGEST_WAIT``, as it may have been wrong or mended meanwhile.
    """
    for text, unit in ((milliseconds, 1000.0), (value, 1.0)):
        try:
            seconds = float(text or "") / unit
        except ValueError:
            continue
        if seconds == seconds:
            return min(max(seconds, 0.0), LONGEST_WAIT)
    date = parsedate_tz(value) if value else None
    try:
        return min(max(mktime_tz(date) - now, 0.0), LONGEST_WAIT) if date else None
    except (ValueError, OverflowError):
        return None


class Bucket:
    """Lets so much through a minute, with no more than a second's worth at once, in the order of asking.

    What is larger than that is let through when the bucket is full, and paid off before the next.
    """

    def __init__(self, per_minute: int | None, clock: Clock) -> None:
        self.rate = (per_minute or 0) / 60
        self.most = max(1.0, self.rate)
        self.level, self.clock, self.at = self.most, clock, clock()
        self.turn, self.more = asyncio.Lock(), asyncio.Event()

    async def take(self, amount: float) -> None:
        """Wait until ``amount`` is there, and take it."""
        if not self.rate:
            return
        async with self.turn:
            while (wait := self.lacking(amount)) > INSTANT:
                self.more.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.more.wait()
            self.level -= amount

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used; take more where it is negative."""
        self.level = min(self.level + amount, self.most)
        self.more.set()

    def lacking(self, amount: float) -> float:
        """Return the seconds until ``amount`` is there."""
        if not self.rate:
            return 0.0
        now = self.clock()
        self.level, self.at = min(self.most, self.level + (now - self.at) * self.rate), now
        return (min(amount, self.most) - self.level) / self.rate


class Gate:
    """Lets so many calls run at a time: half as many after the server says it is too many, one more after a round of successes.

    A server that says so to all of a round's calls has said it once. While it asks us to wait, nobody passes.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self.most, self.clock = most, clock
        self.limit, self.running, self.successes = float(most), 0, 0
        self.halved_at = self.closed_until = clock() - 1.0
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> float:
        """Wait for one's turn; return when it came. Whoever enters leaves again by ``leave``."""
        if self.running >= int(self.limit) or self.waiting:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.leave()
                raise
        else:
            self.running += 1
        try:
            while (wait := self.closed_until - self.clock()) > INSTANT:
                await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self.leave()
            raise
        return self.clock()

    def leave(self) -> None:
        """Make room for the next."""
        self.running -= 1
        self._admit()

    def _admit(self) -> None:
        while self.waiting and self.running < int(self.limit):
            turn = self.waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)

    def succeeded(self) -> None:
        """Count a reply: a whole round of them makes room for one more."""
        if self.limit >= self.most:
            return
        self.successes += 1
        if self.successes >= int(self.limit):
            self.limit, self.successes = min(self.limit + 1, self.most), 0
            self._admit()

    def too_many(self, entered: float, wait: float | None) -> None:
        """Halve what runs at a time, where the call that was told so entered after the last halving; wait where the server asks for it."""
        if entered >= self.halved_at:
            self.limit, self.successes, self.halved_at = max(1.0, self.limit / 2), 0, self.clock()
        if wait:
            self.closed_until = max(self.closed_until, self.clock() + wait)


class Breaker:
    """Spares a server that fails: after ``FAILURES`` in a row one call at a time tries whether it is back.

    ``failing_for`` tells for how long nothing succeeded; whoever drives this stops when that is too long.
    """

    def __init__(self, clock: Clock, most: int = FAILURES) -> None:
        self.clock, self.most = clock, most
        self.failures, self.successes, self.tries = 0, 0, 0
        self.failing_since: float | None = None
        self.trial = asyncio.Lock()

    @property
    def open(self) -> bool:
        """Tell whether calls are held back."""
        return self.failures >= self.most

    @property
    def failing_for(self) -> float:
        """Return the seconds since the first failure after the last success."""
        return 0.0 if self.failing_since is None else self.clock() - self.failing_since

    async def ready(self, longest: float = LAST_WAIT) -> bool:
        """Wait until a call may be sent; tell whether it is the one that tries, after no more than ``longest``, and ends its turn by ``tried``."""
        if not self.open:
            return False
        await self.trial.acquire()
        try:
            if self.open:
                await asyncio.sleep(min(backoff(self.tries + 1), max(longest, 0.0)))
                return True
        except asyncio.CancelledError:
            self.trial.release()
            raise
        self.trial.release()
        return False

    def tried(self) -> None:
        """Let the next one try, where the server is not back."""
        self.tries += self.open
        self.trial.release()

    def succeeded(self) -> None:
        """Count an answer of the server, whatever it says."""
        self.successes += 1
        self.failures, self.tries, self.failing_since = 0, 0, None

    def failed(self, *, busy: bool = False) -> None:
        """Count a failure of the server. One that is only busy is not spared, but its time is counted."""
        self.failures += not busy
        if self.failing_since is None:
            self.failing_since = self.clock()
