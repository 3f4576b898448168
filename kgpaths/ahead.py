"""Look ahead at a run that models write: what is still to be asked, for a batch, and what it may cost. Nothing is asked here.

The run's own code is driven with stored replies alone: a question either comes to its end or to requests that nobody has answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from kgpaths.answering import cache_file
from kgpaths.config import RunConfig
from kgpaths.inflight import Asking
from kgpaths.llm.batch_files import Line, Stored
from kgpaths.llm.cache import Cache
from kgpaths.llm.money import Prices
from kgpaths.llm.request import Answer, Ask
from kgpaths.llm.tokens import prompt_tokens
from kgpaths.model import Question
from kgpaths.pipeline import Begun, Progress, silent
from kgpaths.runs import Outcome

Look: TypeAlias = Callable[[Ask], Answer | Line]
Result = TypeVar("Result")

REPLY, MENDING = 700, 300  # tokens of a reply and of one that mends, where no stored reply tells
MENDED = 350  # tokens that a request to mend adds to the prompt
FAILS, MENDS = 0.5, 0.5  # share of first drafts that fail, and of those that are then mended, where no stored reply tells
SECONDS = 5.0  # of a call, where the run has made none
LEAST = 5  # questions answered before, from which an estimate is made rather than from the figures above


def looked_at(task: Asking[Result], look: Look) -> Result | tuple[Line, ...]:
    """Return what a task returns, or the requests that it waits for and that nobody has answered."""
    try:
        asks = next(task)
        while True:
            found = tuple(map(look, asks))
            lines = tuple(one for one in found if isinstance(one, Line))
            if lines:
                task.close()
                return lines
            asks = task.send(tuple(one for one in found if isinstance(one, Answer)))
    except StopIteration as end:
        result: Result = end.value
        return result


def still_asked(begun: Begun, cache: Cache, progress: Progress = silent) -> Iterator[Line]:
    """Yield every request that the run would send now, of all questions that it has not answered."""
    look = Stored(cache, begun.config.llm).look
    left = begun.left()
    for number, question in enumerate(left):
        progress("looking for what is still to be asked", number, len(left))
        found = looked_at(begun.stages.answer(question), look)
        yield from found if isinstance(found, tuple) else ()


@dataclass
class Estimate:
    """What a run may cost. All but ``questions`` is scaled from ``looked`` of them."""

    questions: int
    looked: int = 0
    written: int = 0  # of those looked at, the ones that a model is asked to write
    answered: int = 0  # of those written, the ones whose replies are all stored
    rows: int = 0  # of those answered
    calls: int = 0  # of those answered
    prompt: int = 0  # tokens of the answered ones' calls
    completion: int = 0
    first: list[int] = field(default_factory=list)  # tokens of the other ones' first prompts

    def of_each(self) -> tuple[float, float, float, float]:
        """Return calls, prompt tokens, completion tokens and rows of a question that is written."""
        if self.answered >= LEAST or not self.first:
            n = max(1, self.answered)
            return self.calls / n, self.prompt / n, self.completion / n, self.rows / n
        mean = sum(self.first) / len(self.first)
        return 1 + FAILS, mean + FAILS * (mean + MENDED), REPLY + FAILS * MENDING, 1 - FAILS + FAILS * MENDS

    def lines(self, config: RunConfig, seconds: float) -> list[tuple[str, str]]:
        """Return the estimate as rows of a table; ``seconds`` is what a call takes, 0 where none was made."""
        calls, prompt, completion, rows = self.of_each()
        written = self.questions * self.written / max(1, self.looked)
        tokens = prompt + completion
        settings = config.served
        took = written * calls * (seconds or SECONDS) / settings.concurrency
        if settings.requests_per_minute:
            took = max(took, 60 * written * calls / settings.requests_per_minute)
        if settings.tokens_per_minute:
            took = max(took, 60 * written * tokens / settings.tokens_per_minute)
        known = [price for model in settings.models if (price := Prices.read(settings.prices).of(model))]
        usd = [price.of(written * prompt / len(settings.models), written * completion / len(settings.models)) for price in known]
        told = f"from {self.answered} answered before" if self.answered >= LEAST else "assumed: nothing of it was answered before"
        if config.aid.on and self.answered < LEAST:
            told += ", and of what is asked beside writing only what comes first is known"
        return [
            ("questions", f"{self.questions:,}"),
            ("written by a model", f"{written:,.0f}, from {self.looked:,} looked at"),
            ("calls", f"{written * calls:,.0f}, {told}"),
            ("tokens", f"{written * tokens:,.0f}: prompts {written * prompt:,.0f}, replies {written * completion:,.0f}"),
            ("accepted rows", f"{written * rows:,.0f}"),
            ("tokens per row", f"{tokens / rows:,.0f}" if rows else "no row was accepted"),
            ("cost", f"{sum(usd):,.2f} USD" if len(known) == len(settings.models) else "no price is known (llm.prices)"),
            ("time", f"{took / 60:,.1f} minutes" + ("" if seconds else f", if a call takes {SECONDS:g} s")),
        ]


def estimate(begun: Begun, look: Look, most: int, progress: Progress = silent) -> Estimate:
    """Return what a run may cost, from at most ``most`` of its questions, evenly spread."""
    chosen = spread(begun.questions, most)
    found = Estimate(len(begun.questions))
    for number, question in enumerate(chosen):
        progress("looking ahead", number, len(chosen))
        add(found, looked_at(begun.stages.answer(question), look))
    return found


def add(to: Estimate, found: Outcome | tuple[Line, ...]) -> None:
    """Count one question that was looked at."""
    to.looked += 1
    if isinstance(found, tuple):
        to.written += 1
        to.first += [prompt_tokens(line.request.messages, line.request.json_schema) for line in found]
    elif found.usage:
        to.written += 1
        to.answered += 1
        to.rows += len(found.examples)
        to.calls += found.usage.calls
        to.prompt += found.usage.prompt_tokens
        to.completion += found.usage.completion_tokens


def spread(questions: Iterable[Question], most: int) -> list[Question]:
    """Return at most ``most`` of the questions, evenly spread."""
    found = list(questions)
    return [found[i * len(found) // most] for i in range(most)] if len(found) > most else found


def seconds_of_a_call(config: RunConfig, cache: Cache, run_id: str) -> float:
    """Return what a call of this run took on average, 0 where it has made none."""
    spent = cache.spent(run_id)
    return spent.seconds * config.llm.concurrency / spent.calls if spent.calls else 0.0


def dry_run(begun: Begun, most: int, progress: Progress = silent) -> list[tuple[str, str]]:
    """Return what a run may cost as rows of a table."""
    with Cache(cache_file(begun.config.llm)) as cache:
        found = estimate(begun, Stored(cache, begun.config.llm).look, most, progress)
        return found.lines(begun.config, seconds_of_a_call(begun.config, cache, begun.run_id))
