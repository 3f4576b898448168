"""What models are asked beside writing, each off by default: mentions, links, paths, difficulty, and an opinion on what was accepted.

None of it is trusted with more than was asked: words that it points out are linked by our own rules or not at all, concepts and paths
are chosen from those we found, and an opinion changes nothing unless ``aid.reject`` says so. Where a reply cannot be used, the question
goes on without, and its row of opinions says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from kgpaths.config import RunConfig
from kgpaths.graph.store import Graph
from kgpaths.inflight import Asking
from kgpaths.link.doubts import decided
from kgpaths.link.linker import Linker
from kgpaths.llm.request import Answer, Reply
from kgpaths.model import Draft, Flaw, LinkedQuestion, OptionSupport, Question
from kgpaths.opinions import Choice, Opinion, Opinions, Proposal, Unanswered
from kgpaths.runs import Outcome, usage_of
from kgpaths.verbalize.aids import MOST_CANDIDATES, MOST_DOUBTS, MOST_PATHS, Asker, Query
from kgpaths.verbalize.numbered import labelled
from kgpaths.verbalize.prompts import Prompts

Result = TypeVar("Result")


def asker_of(config: RunConfig) -> Asker | None:
    """Return who is asked beside writing; None where nobody is. Raises ConfigError where a prompt cannot be used."""
    if not config.aid.on:
        return None
    return Asker(config.aid.model or config.llm.models[0], config.aid, Prompts(config.write.prompts), config.llm)


class Heard:
    """What has been said of one question so far, and every reply that was paid for."""

    def __init__(self, question_id: str, model: str) -> None:
        self.opinions = Opinions(question_id=question_id, model=model)
        self.replies: list[Reply] = []

    def add(self, **said: object) -> None:
        """Add to the row of opinions."""
        self.opinions = self.opinions.model_copy(update=said)

    def read(self, aid: str, query: Query[Result], answer: Answer) -> Result | None:
        """Return what an answer says; None where it cannot be used, which goes into the row."""
        self.replies += answer.replies
        if answer.error:
            self.without(aid, answer.reply.detail or answer.error)
            return None
        return query.read(answer.reply.text)

    def without(self, aid: str, why: str) -> None:
        """Note that the question goes on without what an aid said."""
        self.add(unanswered=(*self.opinions.unanswered, Unanswered(aid=aid, why=why)))

    def into(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what was said, and what that cost; one of which nothing was asked is returned as it is."""
        if not self.replies:
            return outcome
        cost = usage_of(outcome.question_id, self.replies)
        return outcome.model_copy(update={"opinions": self.opinions, "usage": outcome.usage + cost if outcome.usage else cost})


class Aids:
    """The aids of a run. Each is a generator that asks, and returns what it was given where it is off."""

    def __init__(self, asker: Asker, graph: Graph, linker: Linker, config: RunConfig) -> None:
        self.asker, self.graph, self.linker, self.settings = asker, graph, linker, config.aid

    def heard(self, question: Question) -> Heard:
        """Return an empty record of what is said of a question."""
        return Heard(question.id, self.asker.model)

    def read(self, linked: LinkedQuestion, heard: Heard) -> Asking[LinkedQuestion]:
        """Return a question with the mentions that were pointed out, and with the concepts that were chosen for ambiguous ones."""
        if self.settings.mentions:
            linked = yield from self.mentions(linked, heard)
        if self.settings.links:
            linked = yield from self.links(linked, heard)
        return linked

    def mentions(self, linked: LinkedQuestion, heard: Heard) -> Asking[LinkedQuestion]:
        """Have findings pointed out that were not linked."""
        query = self.asker.mentions(linked)
        (answer,) = yield (query.ask,)
        spans = heard.read("mentions", query, answer)
        if not spans:
            return linked
        proposals, known = [], {link.mention for link in linked.links}
        for span in spans:  # one at a time, so that the row can say what became of each
            linked = self.linker.proposed(linked, (span,))
            new = [link.curie for link in linked.links if link.mention not in known]
            proposals.append(Proposal(text=span, curies=tuple(dict.fromkeys(new))))
            known = {link.mention for link in linked.links}
        heard.add(proposals=tuple(proposals))
        return linked

    def links(self, linked: LinkedQuestion, heard: Heard) -> Asking[LinkedQuestion]:
        """Have concepts chosen for mentions that may name several."""
        doubts = self.linker.doubts(linked, MOST_CANDIDATES)[:MOST_DOUBTS]
        if not doubts:
            return linked
        query = self.asker.links(self.graph, linked.question, doubts)
        (answer,) = yield (query.ask,)
        choices = heard.read("links", query, answer)
        if choices is None:
            return linked
        told = []
        for number, choice in sorted(choices.items()):
            doubt = doubts[number - 1]
            place = {name: getattr(doubt.mention, name) for name in ("where", "start", "end", "text")}
            told.append(Choice(**place, before=doubt.chosen, after=doubt.choices[choice - 1].curie if choice else ""))
        heard.add(choices=tuple(told))
        return decided(linked, doubts, choices)

    def paths(self, question: Question, supports: tuple[OptionSupport, ...], heard: Heard) -> Asking[tuple[OptionSupport, ...]]:
        """Have paths chosen, of those the search kept. Each option keeps its best where none of its paths is."""
        shown = sum(len(support.paths) for support in supports)
        if not self.settings.paths or shown > MOST_PATHS or all(len(support.paths) < 2 for support in supports):
            return supports
        query = self.asker.paths(self.graph, question, supports)
        (answer,) = yield (query.ask,)
        kept = heard.read("paths", query, answer)
        if kept is None:
            return supports
        chosen, number = [], 0
        for support in supports:
            numbers = range(number + 1, number + len(support.paths) + 1)
            paths = tuple(path for i, path in zip(numbers, support.paths, strict=True) if i in kept) or support.paths[:1]
            chosen.append(support.model_copy(update={"paths": paths}))
            number += len(support.paths)
        heard.add(paths=shown, paths_kept=sum(len(support.paths) for support in chosen))
        return tuple(chosen)

    def opinions(self, question: Question, drafts: Sequence[Draft], heard: Heard) -> Asking[list[tuple[Flaw, ...]]]:
        """Have accepted drafts of a question looked at, and the question itself tried; return what stands against each draft.

        All of it is asked at once. The question is tried only the first time.
        """
        tries = 0 if heard.opinions.attempts or heard.opinions.drafts else self.settings.difficulty
        attempts = [self.asker.attempt(question, sample) for sample in range(tries)]
        answers = [self.asker.answer(draft) for draft in drafts] if self.settings.answer else []
        grades = [self.asker.judge(draft) for draft in drafts] if self.settings.judge else []
        asks = [*(query.ask for query in attempts), *(query.ask for query in answers), *(query.ask for query in grades)]
        if not asks:
            return [() for _ in drafts]
        came = iter((yield tuple(asks)))
        keys = {label: key for key, label in labelled([option.key for option in question.options]).items()}
        tried = [heard.read("difficulty", query, next(came)) for query in attempts]
        if said := tuple(keys[one] for one in tried if one is not None):
            wrong = sum(key not in question.answer_keys for key in said)
            heard.add(attempts=said, difficulty=round(wrong / len(said), 4))
        found = [Opinion(draft_id=draft.id) for draft in drafts]
        for i, (asked, draft) in enumerate(zip(answers, drafts, strict=False)):
            if (label := heard.read("answer", asked, next(came))) is not None:
                key = keys.get(label, "")
                found[i] = found[i].model_copy(update={"answer": key, "agrees": key == draft.conclusion})
        for i, judged in enumerate(grades):
            if grade := heard.read("judge", judged, next(came)):
                steps = tuple(step - 1 for step in grade.steps)
                found[i] = found[i].model_copy(update={"verdict": grade.grading, "steps": steps, "reason": grade.reason})
        if answers or grades:
            heard.add(drafts=(*heard.opinions.drafts, *found))
        return [against(opinion) if self.settings.reject else () for opinion in found]


def against(opinion: Opinion) -> tuple[Flaw, ...]:
    """Return what an opinion holds against a draft, as flaws; the answer it leads to comes first."""
    found = []
    if opinion.agrees is False:
        led = f"to option {opinion.answer}" if opinion.answer else "to no option"
        found.append(Flaw(check="opinion", code="answer", severity="error", detail=f"to a model, the reasoning leads {led}"))
    if opinion.verdict in ("flawed", "harmful"):
        found += [
            Flaw(check="opinion", code="judge", severity="error", detail=f"a model calls it {opinion.verdict}: {opinion.reason}", step=step)
            for step in opinion.steps or (-1,)
        ]
    return tuple(found)
