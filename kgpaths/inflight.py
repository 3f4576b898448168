"""Keep several questions in flight: while a model writes for some, others are linked, searched and judged.

What becomes of a question is a generator that yields what it asks of models and is sent the answers, so the same code serves a live
server, stored replies and a batch; only here is it decided where answers come from.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from kgpaths.llm.request import Answer, Ask

Result = TypeVar("Result")
Asking: TypeAlias = Generator[tuple[Ask, ...], tuple[Answer, ...], Result]
Submit: TypeAlias = Callable[[Ask], "Future[Answer]"]


def refuse(ask: Ask) -> Future[Answer]:
    """Refuse to ask: for work that needs no model."""
    raise RuntimeError(f"nobody answers {ask.request.model!r} here")


def results(tasks: Iterable[Asking[Result]], submit: Submit = refuse, width: int = 1) -> Iterator[Result]:
    """Yield what each task returns, in the order they end, with at most ``width`` of them open.

    A fault of an answer or a task ends all: open tasks are closed, and their calls left to whoever runs them.
    """
    waiting, done = iter(tasks), SimpleQueue[int]()
    open_: dict[int, Waiting[Result]] = {}
    begun = 0
    try:
        while True:
            while len(open_) < width and (task := next(waiting, None)) is not None:
                one = Waiting(begun, task, done)
                begun += 1
                if one.send(None, submit):
                    open_[one.number] = one
                else:
                    yield one.result
            if not open_:
                return
            one = open_[done.get()]
            if not one.send(one.answers(), submit):
                del open_[one.number]
                yield one.result
    finally:
        for one in open_.values():
            one.task.close()


class Waiting(Generic[Result]):
    """A task that waits for answers; ``done`` is told its number when all of them are there."""

    def __init__(self, number: int, task: Asking[Result], done: SimpleQueue[int]) -> None:
        self.number, self.task, self.done = number, task, done
        self.futures: tuple[Future[Answer], ...] = ()
        self.result: Result

    def send(self, answers: tuple[Answer, ...] | None, submit: Submit) -> bool:
        """Go on with the answers, and tell whether the task waits for more; else ``result`` is there."""
        try:
            asks = next(self.task) if answers is None else self.task.send(answers)
        except StopIteration as end:
            self.result = end.value
            return False
        if not asks:
            raise ValueError("a task asked nothing")
        self.futures = tuple(map(submit, asks))
        left, lock = len(self.futures), Lock()

        def count(_: Future[Answer]) -> None:
            nonlocal left
            with lock:
                left -= 1
                if left:
                    return
            self.done.put(self.number)

        for future in self.futures:
            future.add_done_callback(count)
        return True

    def answers(self) -> tuple[Answer, ...]:
        """Return the answers. Raises what a call raised."""
        return tuple(future.result() for future in self.futures)
