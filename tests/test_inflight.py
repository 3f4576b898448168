"""Several tasks at once: each is sent its own answers, results come as they end, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from threading import Timer

import pytest

from kgpaths.inflight import Asking, results
from kgpaths.llm.request import Answer, Ask, Message, Reply, Request


def ask(text: str) -> Ask:
    return Ask(Request(model="m", messages=(Message(role="user", text=text),)))


def answered(ask: Ask) -> Future[Answer]:
    """Answer at once with the question in capitals."""
    future: Future[Answer] = Future()
    future.set_result(Answer(Reply(text=ask.request.messages[0].text.upper())))
    return future


def spells(word: str) -> Asking[str]:
    """Ask for all letters of a word at once, then for the word."""
    letters = yield tuple(map(ask, word))
    (whole,) = yield (ask(word),)
    return "".join(a.reply.text for a in letters) + "=" + whole.reply.text


def silent(word: str) -> Asking[str]:
    """Ask nothing."""
    return word
    yield ()


@pytest.mark.parametrize("width", [1, 2, 10])
def test_each_task_is_sent_its_own_answers(width: int) -> None:
    assert sorted(results(map(spells, ("ab", "c", "def")), answered, width)) == ["AB=AB", "C=C", "DEF=DEF"]


def test_tasks_that_ask_nothing_end_in_order_and_are_begun_one_by_one() -> None:
    begun = []

    def tasks() -> Iterator[Asking[str]]:
        for word in ("x", "y"):
            begun.append(word)
            yield silent(word)

    found = results(tasks())
    assert (next(found), list(begun)) == ("x", ["x"])
    assert list(found) == ["y"]


def test_no_more_tasks_are_open_than_the_width_and_the_quick_do_not_wait_for_the_slow() -> None:
    futures: dict[str, Future[Answer]] = {}
    most = 0

    def submit(asked: Ask) -> Future[Answer]:
        nonlocal most
        text = asked.request.messages[0].text
        futures[text] = Future()
        most = max(most, sum(not f.done() for f in futures.values()))
        if text != "slow":
            Timer(0.01, futures[text].set_result, [Answer(Reply(text=text))]).start()
        return futures[text]

    def one(word: str) -> Asking[str]:
        (answer,) = yield (ask(word),)
        return answer.reply.text

    found = results(map(one, ("slow", "a", "b", "c", "d")), submit, 2)
    assert [next(found) for _ in range(4)] == ["a", "b", "c", "d"]
    assert most == 2
    futures["slow"].set_result(Answer(Reply(text="slow")))
    assert list(found) == ["slow"]


def test_a_fault_of_an_answer_ends_all_and_closes_what_is_open() -> None:
    closed = []

    def task(word: str) -> Asking[str]:
        try:
            yield (ask(word),)
        finally:
            closed.append(word)
        return word

    def submit(asked: Ask) -> Future[Answer]:
        future: Future[Answer] = Future()
        if asked.request.messages[0].text == "bad":
            future.set_exception(OSError("down"))
        return future

    with pytest.raises(OSError, match="down"):
        list(results(map(task, ("waits", "bad")), submit, 2))
    assert sorted(closed) == ["bad", "waits"]


def test_a_task_that_asks_for_nothing_is_a_mistake() -> None:
    def task() -> Asking[str]:
        yield ()
        return ""

    with pytest.raises(ValueError, match="asked nothing"):
        list(results([task()], answered))


def test_without_a_model_nobody_answers() -> None:
    with pytest.raises(RuntimeError, match="nobody answers 'm'"):
        list(results([spells("a")]))
