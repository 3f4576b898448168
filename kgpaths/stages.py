"""What becomes of one question: link, search, write, judge. A generator, so that several wait for models at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from time import perf_counter
from typing import TypeAlias

from kgpaths.aids import Aids, Heard
from kgpaths.config import RunConfig
from kgpaths.graph.store import Graph
from kgpaths.inflight import Asking
from kgpaths.link.linker import Linker
from kgpaths.model import Draft, Example, Flaw, Licence, LinkedQuestion, OptionSupport, Provenance, Question, Rejection, digest
from kgpaths.rounds import Rounds, Try, Writers
from kgpaths.runs import Outcome, usage_of
from kgpaths.search.contrast import contrast
from kgpaths.search.support import search
from kgpaths.validate import CHECKS, Judgement, validate
from kgpaths.verbalize.template import TemplateWriter

BEYOND_WORDS = ("links", "contrast", "grounds")
"""Checks of what a writer is given, not of how it is put."""
Supports: TypeAlias = tuple[OptionSupport, ...]
Passed: TypeAlias = tuple[Judgement, Try | None]
"""A draft that passed, with how a model wrote it, where one did."""
STAGES = ("graph", "read", "link", "search", "verbalize", "validate", "publish")


@dataclass
class Clock:
    """Seconds spent per stage."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - begun


@dataclass
class Stages:
    """What answers a question: the stages with what they need, made once a run."""

    graph: Graph
    linker: Linker
    writer: TemplateWriter | Writers
    config: RunConfig
    run_id: str
    clock: Clock
    aids: Aids | None = None

    def answer(self, question: Question) -> Asking[Outcome]:
        """Return what becomes of one question, asking models where they write or are to help."""
        if self.aids is None:
            return (yield from self.settle(question, None))
        heard = self.aids.heard(question)
        return heard.into((yield from self.settle(question, heard)))

    def settle(self, question: Question, heard: Heard | None) -> Asking[Outcome]:
        """Return what becomes of one question; ``heard`` gathers what aids say, None where there are none."""
        linked = yield from self.linked(question, heard)
        if isinstance(linked, Rejection):
            return Outcome(question_id=question.id, rejection=linked)
        with self.clock.stage("search"):
            supports = search(self.graph, linked, self.config.search)
        if isinstance(supports, Rejection):
            return Outcome(question_id=question.id, rejection=supports)
        if self.aids and heard:
            chosen = yield from self.aids.paths(question, supports, heard)
            supports = self.told(linked, supports, chosen, heard)
        if isinstance(self.writer, Writers):
            with self.clock.stage("verbalize"):
                sheet = self.writer.sheet(linked, supports)
            if beyond_words(plain := self.judge(sheet.outline)):
                return Outcome(question_id=question.id, rejection=rejected(plain), drafts=(plain.draft,))
            made = yield from self.writer.write(sheet, self.judge)
            return (yield from self.outcome(question, made, heard))
        with self.clock.stage("verbalize"):
            draft = self.writer.write(linked, supports)
        judgement = self.judge(draft)
        if not judgement.accepted:
            return Outcome(question_id=question.id, rejection=rejected(judgement), drafts=(judgement.draft,))
        outcome = Outcome(question_id=question.id, drafts=(judgement.draft,))
        return (yield from self.published(question, outcome, [(judgement, None)], heard))

    def linked(self, question: Question, heard: Heard | None) -> Asking[LinkedQuestion | Rejection]:
        """Return a question with what it names, a rejection where nothing can be reasoned from or to."""
        with self.clock.stage("link"):
            if self.aids is None or heard is None or not question.options:
                return self.linker.link(question)
            found = self.linker.read(question)
        found = yield from self.aids.read(found, heard)
        return self.linker.refusal(found) or found

    def told(self, linked: LinkedQuestion, found: Supports, chosen: Supports, heard: Heard) -> Supports:
        """Return the paths that a model chose, unless an answer that all of them carry would fall with the others."""
        if chosen == found or self.carried(linked, chosen) or not self.carried(linked, found):
            return chosen
        heard.add(paths_kept=heard.opinions.paths)
        heard.without("paths", "those it chose cannot carry the answer, all of them can")
        return found

    def carried(self, linked: LinkedQuestion, supports: Supports) -> bool:
        """Tell whether the template's draft stands on some paths."""
        if isinstance(self.writer, Writers):
            return not beyond_words(self.judge(self.writer.sheet(linked, supports).outline))
        return self.judge(self.writer.write(linked, supports)).accepted

    def judge(self, draft: Draft) -> Judgement:
        """Return what the checks say of a draft."""
        with self.clock.stage("validate"):
            return validate(draft, self.graph, self.config.validation)

    def outcome(self, question: Question, made: Rounds, heard: Heard | None) -> Asking[Outcome]:
        """Return what became of a question that models wrote: the best draft that passed, or every one; else why the best did not."""
        outcome = Outcome(question_id=question.id, drafts=made.drafts, usage=usage_of(question.id, made.replies))
        passed = [(one.judgement, one) for one in made.tries if one.judgement and one.accepted]
        if passed:
            return (yield from self.published(question, outcome, passed, heard))
        best = made.tries[0]
        return outcome.model_copy(update={"rejection": rejected(best.judgement) if best.judgement else unwritten(question, best)})

    def published(self, question: Question, outcome: Outcome, passed: Sequence[Passed], heard: Heard | None) -> Asking[Outcome]:
        """Return an outcome with the examples of drafts that passed: of the first, or of all, but for what an opinion rejects."""
        groups = [[one] for one in passed] if self.config.write.keep == "best" else [list(passed)]
        refusal: Rejection | None = None
        for group in groups:
            doubts: list[tuple[Flaw, ...]] = [() for _ in group]
            if self.aids and heard:
                doubts = yield from self.aids.opinions(question, [judgement.draft for judgement, _ in group], heard)
            kept = [one for one, doubt in zip(group, doubts, strict=True) if not doubt]
            if kept:
                examples = tuple(judged(judgement, self.provenance(judgement.draft, written)) for judgement, written in kept)
                return outcome.model_copy(update={"examples": examples})
            refusal = refusal or doubted(group[0][0], doubts[0])
        return outcome.model_copy(update={"rejection": refusal})

    def provenance(self, draft: Draft, written: Try | None = None) -> Provenance:
        """Return what made a draft."""
        return Provenance(
            run_id=self.run_id,
            graph_name=self.graph.name,
            graph_release=self.graph.release,
            graph_hash=self.graph.hash,
            writer=draft.writer,
            model=written.answer.reply.model or written.task.writer.model if written else "",
            prompt_hash=written.ask.request.prompt if written else "",
            kgpaths_version=version("kgpaths"),
        )


def beyond_words(judgement: Judgement) -> bool:
    """Tell whether a draft fails for what no wording mends: its question, its paths, what they leave untold. No model is asked then."""
    return any(flaw.severity == "error" and flaw.check in BEYOND_WORDS for flaw in judgement.flaws)


def judged(judgement: Judgement, provenance: Provenance) -> Example:
    """Return the example of a judgement without errors: all but its provenance follows from the draft."""
    draft = judgement.draft
    standing = contrast(draft.supports, draft.conclusion)
    return Example(
        id=draft.id,
        draft=draft,
        flaws=judgement.flaws,
        checks=tuple(CHECKS),
        margin=standing.margin,
        rank=standing.rank,
        difficulty=difficulty(draft, standing.margin),
        licences=licences(draft),
        provenance=provenance,
    )


def unwritten(question: Question, tried: Try) -> Rejection:
    """Return the rejection of a question for which a model said nothing that can be used."""
    reply = tried.answer.reply
    return Rejection(
        id=digest([question.id, tried.task.writer.name, tried.task.sample], 20),
        question_id=question.id,
        stage="verbalize",
        code=reply.fault or "unreadable",
        detail=reply.detail or tried.answer.error,
        question=question,
    )


def rejected(judgement: Judgement) -> Rejection:
    """Return the rejection of a draft with errors, named by its first error."""
    first = next(flaw for flaw in judgement.flaws if flaw.severity == "error")
    draft = judgement.draft
    return Rejection(
        id=draft.id,
        question_id=draft.question.id,
        stage="validate",
        code=f"{first.check}.{first.code}",
        detail=first.detail,
        draft=draft,
        flaws=judgement.flaws,
    )


def doubted(judgement: Judgement, against: Sequence[Flaw]) -> Rejection:
    """Return the rejection of a draft that passed every check, for what a model thinks of it (``aid.reject``)."""
    draft, first = judgement.draft, against[0]
    return Rejection(
        id=draft.id,
        question_id=draft.question.id,
        stage="validate",
        code="opinion.answer" if first.code == "answer" else "opinion.judge",
        detail=first.detail,
        draft=draft,
        flaws=(*judgement.flaws, *against),
    )


def difficulty(draft: Draft, margin: float) -> str:
    """Name how hard a question is for the graph: by the hops of the gold option's longest path and the margin.

    easy: one hop and a margin of at least 0.2; hard: three or more hops, or a margin below 0.05; medium: the rest.
    """
    hops = max((len(path.hops) for support in draft.supports if support.option == draft.conclusion for path in support.paths), default=0)
    if hops >= 3 or margin < 0.05:
        return "hard"
    return "easy" if hops <= 1 and margin >= 0.2 else "medium"


def licences(draft: Draft) -> tuple[Licence, ...]:
    """Return the terms of every source the draft's paths rest on, and of its question."""
    hops = (hop for support in draft.supports for hop in chain(support.contradicted, *(path.hops for path in support.paths)))
    found = {(e.source, e.licence) for hop in hops for e in hop.edge.evidence} | {(draft.question.dataset, draft.question.licence)}
    return tuple(Licence(source=source, licence=licence) for source, licence in sorted(found))
