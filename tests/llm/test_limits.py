"""How much is asked at a time: by a clock that does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

import pytest

from kgpaths.llm import limits
from kgpaths.llm.limits import Breaker, Bucket, Gate, backoff, retry_after


class Hurried(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while all wait, and then at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        select = self._selector.select

        def hurried(timeout: float | None = None) -> Any:
            self.now += timeout or 0.0
            return select(0)

        self._selector.select = hurried

    def time(self) -> float:
        return self.now


def hurry(work: Coroutine[Any, Any, Any]) -> Any:
    """Run something by the hurried clock."""
    with asyncio.Runner(loop_factory=Hurried) as runner:
        return runner.run(work)


def clock() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


def test_bucket_lets_a_seconds_worth_through_and_then_the_rate() -> None:
    async def work() -> list[float]:
        bucket, times = Bucket(600, clock), []
        for _ in range(31):
            await bucket.take(1)
            times.append(clock())
        return times

    times = hurry(work())
    assert times[:10] == [0.0] * 10
    assert times[10] == pytest.approx(0.1, abs=1e-6) and times[30] == pytest.approx(2.1, abs=1e-6)


def test_what_is_larger_than_the_bucket_is_paid_off_before_the_next() -> None:
    async def work() -> tuple[float, float]:
        bucket = Bucket(60_000, clock)  # 1,000 a second
        await bucket.take(4_000)
        first = clock()
        await bucket.take(500)
        return first, clock()

    assert hurry(work()) == (0.0, pytest.approx(3.5, abs=1e-6))


def test_what_is_given_back_shortens_the_wait() -> None:
    async def work() -> float:
        bucket = Bucket(60_000, clock)
        await bucket.take(6_000)
        asyncio.get_running_loop().call_later(1.5, bucket.give_back, 3_000)
        await bucket.take(1_000)
        return clock()

    assert 3.0 <= hurry(work()) <= 4.0  # 6 s without


def test_no_rate_is_no_limit() -> None:
    async def work() -> float:
        bucket = Bucket(None, clock)
        for _ in range(100):
            await bucket.take(10**9)
        return clock()

    assert hurry(work()) == 0.0


def test_gate_lets_so_many_through_in_their_order() -> None:
    async def work() -> tuple[int, list[int]]:
        gate, order, most = Gate(3, clock), [], 0

        async def call(number: int) -> None:
            nonlocal most
            await gate.enter()
            most = max(most, gate.running)
            order.append(number)
            await asyncio.sleep(1)
            gate.leave()

        await asyncio.gather(*map(call, range(10)))
        assert gate.running == 0 and clock() == pytest.approx(4.0)
        return most, order

    assert hurry(work()) == (3, list(range(10)))


def test_gate_halves_once_a_round_trip_and_grows_by_one_a_round() -> None:
    async def work() -> None:
        gate = Gate(16, clock)
        first = [await enter(gate) for _ in range(16)]
        await asyncio.sleep(1)
        for entered in first:  # a whole round is told so at once
            gate.too_many(entered, None)
            gate.leave()
        assert gate.limit == 8
        gate.too_many(await enter(gate), None)
        assert gate.limit == 4
        for _ in range(4):
            gate.succeeded()
        assert gate.limit == 5
        for _ in range(5 + 6 + 7):
            gate.succeeded()
        assert gate.limit == 8
        for _ in range(10):
            await asyncio.sleep(1)
            gate.too_many(clock(), None)
        assert gate.limit == 1
        for _ in range(1_000):
            gate.succeeded()
        assert gate.limit == 16

    async def enter(gate: Gate) -> float:
        await gate.enter()
        return clock()

    hurry(work())


def test_gate_stays_closed_while_the_server_asks_for_it() -> None:
    async def work() -> float:
        gate = Gate(4, clock)
        gate.too_many(await gate.enter(), 7.0)
        gate.leave()
        await gate.enter()
        return clock()

    assert hurry(work()) == pytest.approx(7.0)


def test_who_is_cancelled_at_the_gate_takes_no_place() -> None:
    async def work() -> None:
        gate = Gate(1, clock)
        await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.leave()  # the second's turn, which is cancelled before it notices
        waiting[1].cancel()
        await asyncio.wait(waiting)
        assert [task.cancelled() for task in waiting] == [True, True, False]
        assert gate.running == 1
        gate.leave()
        gate.too_many(clock(), 5.0)
        late = asyncio.create_task(gate.enter())
        await asyncio.sleep(1)
        late.cancel()
        await asyncio.wait([late])
        assert gate.running == 0

    hurry(work())


def test_breaker_lets_one_try_until_the_server_is_back() -> None:
    async def work() -> None:
        breaker, sent = Breaker(clock, most=3), []
        back_at = 60.0

        async def call(number: int) -> None:
            while True:
                tries = await breaker.ready()
                sent.append((clock(), number))
                await asyncio.sleep(0.1)
                good = clock() >= back_at
                breaker.succeeded() if good else breaker.failed()
                if tries:
                    breaker.tried()
                if good:
                    return

        await asyncio.gather(*map(call, range(8)))
        assert not breaker.open and breaker.failing_for == 0.0
        tried = [at for at, _ in sent if 0.2 < at < back_at]
        assert 5 <= len(tried) <= 12  # seldomer each time, where eight that wait half a second would have tried 900 times
        assert all(later - earlier > 0.3 for earlier, later in pairwise(tried))
        assert {number for at, number in sent if at >= back_at - 0.1} == set(range(8))

    hurry(work())


def test_breaker_passes_its_turn_on_when_who_tries_is_cancelled() -> None:
    async def work() -> bool:
        breaker = Breaker(clock, most=1)
        breaker.failed()
        first, second = asyncio.create_task(breaker.ready()), asyncio.create_task(breaker.ready())
        await asyncio.sleep(0.01)
        first.cancel()
        return await second

    assert hurry(work()) is True


def test_breaker_counts_time_from_the_first_failure_after_a_success() -> None:
    async def work() -> None:
        breaker = Breaker(clock)
        await asyncio.sleep(100)
        assert breaker.failing_for == 0.0
        breaker.failed(busy=True)
        await asyncio.sleep(3)
        breaker.failed()
        assert breaker.failing_for == pytest.approx(3.0) and breaker.failures == 1  # who is busy is not down
        breaker.succeeded()
        assert breaker.failing_for == 0.0

    hurry(work())


@pytest.mark.parametrize(
    ("milliseconds", "value", "seconds"),
    [
        (None, "7", 7.0),
        (None, "0.25", 0.25),
        ("1500", "7", 1.5),
        ("soon", "7", 7.0),
        (None, "Thu, 01 Jan 1970 00:16:50 GMT", 10.0),
        (None, "Thu, 01 Jan 1970 00:16:30 GMT", 0.0),
        (None, "86400", limits.LONGEST_WAIT),
        (None, "Fri, 01 Jan 2100 00:00:00 GMT", limits.LONGEST_WAIT),
        (None, "inf", limits.LONGEST_WAIT),
        (None, "-3", 0.0),
        (None, "nan", None),
        (None, "soon", None),
        (None, "", None),
        (None, None, None),
    ],
)
def test_retry_after(milliseconds: str | None, value: str | None, seconds: float | None) -> None:
    assert retry_after(milliseconds, value, now=1_000.0) == seconds


def test_backoff_doubles_to_a_limit_and_is_spread() -> None:
    for failures, most in ((1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (10_000, 30.0)):
        waits = [backoff(failures) for _ in range(200)]
        assert most / 2 <= min(waits) and max(waits) <= most
        assert max(waits) - min(waits) > most / 4
