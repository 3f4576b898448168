"""Drafts of one question by models: several at once, each judged, and those that fail sent back with what the checks found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kgpaths.config import LLMSettings, WriteSettings
from kgpaths.graph.store import Graph
from kgpaths.inflight import Asking
from kgpaths.llm.request import Answer, Ask, Reply
from kgpaths.model import Draft, digest
from kgpaths.validate import Judgement
from kgpaths.verbalize.llm import LLMWriter
from kgpaths.verbalize.numbered import Numbering, Sheet
from kgpaths.verbalize.prompts import Prompts
from kgpaths.verbalize.replies import Written, mended, written

Judge = Callable[[Draft], Judgement]
NO_DRAFT = (1 << 30, 0)  # worse than any number of flaws


@dataclass(frozen=True)
class Task:
    """One of the drafts that are wanted of every question."""

    writer: LLMWriter
    sample: int


@dataclass(frozen=True)
class Try:
    """One draft: what was asked for, what came back and what the checks say; no judgement where no reply could be used."""

    task: Task
    ask: Ask
    answer: Answer
    written: Written | None
    judgement: Judgement | None
    number: int = 0  # of the round

    @property
    def accepted(self) -> bool:
        """Whether it can be published."""
        return self.judgement is not None and self.judgement.accepted

    @property
    def faults(self) -> tuple[int, int]:
        """Return how many errors and how many warnings the checks found."""
        if self.judgement is None:
            return NO_DRAFT
        errors = sum(flaw.severity == "error" for flaw in self.judgement.flaws)
        return errors, len(self.judgement.flaws) - errors


@dataclass(frozen=True)
class Rounds:
    """What came of a question: the last try of every task, best first, every draft on the way, and every reply that was paid for."""

    tries: tuple[Try, ...]
    drafts: tuple[Draft, ...]
    replies: tuple[Reply, ...]


class Writers:
    """Every model in every style, over one graph."""

    def __init__(self, graph: Graph, write: WriteSettings, llm: LLMSettings) -> None:
        """Read the prompts. Raises ConfigError where one cannot be used."""
        self.settings, prompts = write, Prompts(write.prompts)
        self.sheet = Numbering(graph).sheet
        self.writers = tuple(LLMWriter(model, style, prompts, llm) for model in llm.models for style in write.styles)
        self.prompt_hash = digest([writer.prompt_hash for writer in self.writers])
        self.tasks = tuple(Task(writer, sample) for writer in self.writers for sample in range(write.samples))

    def write(self, sheet: Sheet, judge: Judge) -> Asking[Rounds]:
        """Have a question written by every task, and what fails written anew, at most ``refine`` times.

        Where one draft is enough (``keep: best``), nothing is written anew once one has passed.
        """
        asks = {task: Ask(task.writer.request(sheet, task.sample), task.writer.check) for task in self.tasks}
        last: dict[Task, Try] = {}
        best: dict[Task, Try] = {}
        drafts: list[Draft] = []
        replies: list[Reply] = []
        for _ in range(self.settings.refine + 1):
            answers = yield tuple(asks.values())
            for (task, ask), answer in zip(asks.items(), answers, strict=True):
                last[task] = tried(sheet, task, ask, answer, last.get(task), judge)
                best[task] = min(best.get(task, last[task]), last[task], key=lambda one: one.faults)
                replies += answer.replies
                drafts += [made.draft] if (made := last[task].judgement) else []
            asks = {task: again(sheet, last[task]) for task in asks if last[task].judgement and not last[task].accepted}
            if not asks or (self.settings.keep == "best" and any(one.accepted for one in best.values())):
                break
        return Rounds(tuple(sorted(best.values(), key=lambda one: one.faults)), tuple(drafts), tuple(replies))


def tried(sheet: Sheet, task: Task, ask: Ask, answer: Answer, before: Try | None, judge: Judge) -> Try:
    """Return what a reply makes: a draft, or the one before with what the reply mends; none where it cannot be used."""
    if answer.error:
        return Try(task, ask, answer, None, None)
    if before is None or before.written is None:
        made, number = written(answer.reply.text), 0
    else:
        made, number = mended(answer.reply.text).into(before.written), before.number + 1
    return Try(task, ask, answer, made, judge(task.writer.draft(sheet, made, task.sample, number)), number)


def again(sheet: Sheet, failed: Try) -> Ask:
    """Return what is asked to mend a draft: its own failed checks."""
    assert failed.written is not None and failed.judgement is not None
    writer = failed.task.writer
    return Ask(writer.refine(sheet, failed.task.sample, failed.written, failed.judgement.flaws), writer.check_mended)
