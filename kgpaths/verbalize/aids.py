"""What a model is asked where it does not write: the request of each aid, and how its reply is read. Pure; prompt files are read once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from kgpaths.config import AidSettings, LLMSettings
from kgpaths.errors import ConfigError
from kgpaths.graph.store import Graph
from kgpaths.link.doubts import Doubt
from kgpaths.llm.request import Ask, Message, Request
from kgpaths.model import Draft, LinkedQuestion, OptionSupport, Path, Question
from kgpaths.verbalize import verdicts
from kgpaths.verbalize.llm import LONGEST_STEP, unusable
from kgpaths.verbalize.numbered import MOST_WORDS, labelled, source
from kgpaths.verbalize.phrases import reading
from kgpaths.verbalize.prompts import Prompt, Prompts, hash_of
from kgpaths.verbalize.shown import LONGEST_OPTION, LONGEST_TEXT, name, plain, quoted
from kgpaths.verbalize.verdicts import NONE, Grade
from kgpaths.verbalize.wording import condition, in_brackets
from kgpaths.vocabulary import predicate_of

ATTEMPTS = 2  # at a reply that can be used, each repaired once at most: what is optional is not worth more
LONGEST_DEFINITION = 240
MOST_DOUBTS, MOST_CANDIDATES = 12, 6  # as many as the schema of links.md takes
MOST_PATHS = verdicts.MOST_KEPT
MOST_READ = 80  # words that are listed as read already
Result = TypeVar("Result")


@dataclass(frozen=True)
class Query(Generic[Result]):
    """One thing asked, and how its reply is read; ``read`` raises Unusable."""

    request: Request
    read: Callable[[str], Result]

    @property
    def ask(self) -> Ask:
        """Return it as it is sent."""
        return Ask(self.request, partial(unusable, self.read), ATTEMPTS)


class Asker:
    """One model that is asked for aids. The same question gives the same request."""

    def __init__(self, model: str, aids: AidSettings, prompts: Prompts, settings: LLMSettings) -> None:
        """Read the prompts of the aids that are on. Raises ConfigError, naming the file, where one cannot be used."""
        on = {"mentions": aids.mentions, "links": aids.links, "paths": aids.paths}
        on |= {"attempt": aids.difficulty > 0, "answer": aids.answer, "judge": aids.judge}
        self.model, self.settings = model, settings
        self.prompts = {aid: prompts.get(aid) for aid, asked in on.items() if asked}
        self.prompt_hash = hash_of(self.prompts.values())
        for aid, prompt in self.prompts.items():
            schema_of(prompt, ("A",) if aid in ("attempt", "answer") else ())

    def mentions(self, linked: LinkedQuestion) -> Query[tuple[str, ...]]:
        """Ask which findings of a question's text were missed."""
        known = [link.mention for link in linked.links if not link.mention.where.startswith("option:")]
        words = dict.fromkeys(quoted(mention.text, MOST_WORDS) for mention in known)
        parts = {"Text": text_of(linked.question), "Read already": "\n".join(list(words)[:MOST_READ]) or "nothing"}
        return Query(self._request("mentions", parts), verdicts.spans)

    def links(self, graph: Graph, question: Question, doubts: Sequence[Doubt]) -> Query[dict[int, int]]:
        """Ask which of their candidates mentions name; there are at most ``MOST_DOUBTS`` with ``MOST_CANDIDATES`` each."""
        labels = labelled([option.key for option in question.options])
        lines = []
        for number, doubt in enumerate(doubts, 1):
            lines.append(f"{number}. {quoted(doubt.mention.text, MOST_WORDS)} {place_of(doubt, labels)}")
            lines += [f"   {i} {concept_of(graph, link.curie)}" for i, link in enumerate(doubt.choices, 1)]
        read = partial(verdicts.choices, offered=tuple(len(doubt.choices) for doubt in doubts))
        return Query(self._request("links", case_of(question) | {"Mentions": "\n".join(lines)}), read)

    def paths(self, graph: Graph, question: Question, supports: Sequence[OptionSupport]) -> Query[tuple[int, ...]]:
        """Ask which paths are worth telling. They are numbered in the order of ``supports``, through all options."""
        labels = labelled([option.key for option in question.options])
        lines, number = [], 0
        for support in supports:
            for path in support.paths:
                number += 1
                lines.append(f"{number} for {labels[support.option]}: {path_of(graph, path)}")
        return Query(self._request("paths", case_of(question) | {"Paths": "\n".join(lines)}), partial(verdicts.kept, offered=number))

    def attempt(self, question: Question, sample: int) -> Query[str]:
        """Ask for an answer, with nothing but the question; each sample has the options in another order, as models favour places."""
        labels = tuple(labelled([option.key for option in question.options]).values())
        request = self._request("attempt", case_of(question, sample), labels, sample)
        return Query(request, partial(verdicts.answer, labels=labels))

    def answer(self, draft: Draft) -> Query[str]:
        """Ask to which option a draft's steps lead, without its conclusion."""
        labels = (*labelled([option.key for option in draft.question.options]).values(), NONE)
        parts = case_of(draft.question) | {"Reasoning": steps_of(draft, conclusion=False)}
        return Query(self._request("answer", parts, labels), partial(verdicts.answer, labels=labels))

    def judge(self, draft: Draft) -> Query[Grade]:
        """Ask what is to be thought of a draft."""
        parts = case_of(draft.question) | {"Written answer": steps_of(draft, conclusion=True)}
        return Query(self._request("judge", parts), partial(verdicts.grade, steps=len(draft.steps)))

    def _request(self, aid: str, parts: Mapping[str, str], labels: tuple[str, ...] = (), sample: int = 0) -> Request:
        prompt = self.prompts[aid]
        shown = "\n\n".join(f"{title}:\n{text}" for title, text in parts.items())
        return Request(
            model=self.model,
            messages=(Message(role="system", text=prompt.fill()), Message(role="user", text=shown)),
            schema_name=aid,
            json_schema=schema_of(prompt, labels),
            temperature=self.settings.temperature,
            reasoning_effort=self.settings.reasoning_effort,
            max_tokens=self.settings.max_tokens,
            prompt=hash_of([prompt]),
            sample=sample,
        )


def schema_of(prompt: Prompt, labels: tuple[str, ...]) -> str:
    """Return the JSON schema of a reply, its answer one of ``labels`` where there are any.

    Raises ConfigError where the prompt's schema has no place for them, or none at all.
    """
    schema: Any = deepcopy(dict(prompt.schema))
    try:
        if labels:
            schema["properties"]["answer"]["enum"] = list(labels)
        schema["properties"], schema["required"]  # what is read must have been asked for
    except (KeyError, TypeError):
        raise ConfigError("its schema lacks what is read of the reply", where=prompt.file, mend=f"keep the schema of our {prompt.name}.md") from None
    return json.dumps(schema, separators=(",", ":"))


def text_of(question: Question) -> str:
    """Return a question's context and text, each one quoted line."""
    texts = (question.context, question.text) if question.context.strip() else (question.text,)
    return "\n".join(quoted(text, LONGEST_TEXT) for text in texts)


def case_of(question: Question, turn: int = 0) -> dict[str, str]:
    """Return a question and its options, which begin with another one at each ``turn``, as parts of a prompt."""
    labels = labelled([option.key for option in question.options])
    lines = [f"{labels[option.key]} {quoted(option.text, LONGEST_OPTION)}" for option in question.options]
    begin = turn % max(1, len(lines))
    return {"Question": text_of(question), "Options": "\n".join(lines[begin:] + lines[:begin])}


def place_of(doubt: Doubt, labels: Mapping[str, str]) -> str:
    """Return where a mention stands: in an option, or in words around it."""
    where = doubt.mention.where
    if where.startswith("option:"):
        return f"in option {labels[where.removeprefix('option:')]}"
    return f"in {quoted(doubt.around, LONGEST_OPTION)}"


def concept_of(graph: Graph, curie: str) -> str:
    """Return a concept's name, category and definition on one line."""
    concept = graph.concept(curie)
    said = f": {plain(concept.definition, LONGEST_DEFINITION)}" if concept.definition else ""
    return f"{name(concept.name)} ({name(concept.category)}){said}"


def path_of(graph: Graph, path: Path) -> str:
    """Return a path's records as they are stored, one after the other. One without any is the finding itself."""

    def called(curie: str) -> str:
        return name(graph.concept_name(graph.index(curie)))

    told = []
    for hop in path.hops:
        edge = hop.edge
        often = in_brackets(edge.frequency, reading(edge.predicate).occasion)
        notes = "; ".join(plain(note, MOST_WORDS) for note in (condition(edge).strip(), often, source(edge)) if note)
        words = predicate_of(edge.predicate).reads
        told.append(f"{called(edge.subject)} —{'NOT ' if edge.negated else ''}{words}→ {called(edge.object)}{f' ({notes})' if notes else ''}")
    return "; ".join(told) or f"{called(path.start)} is described in the patient already"


def steps_of(draft: Draft, *, conclusion: bool) -> str:
    """Return a draft's steps as numbered lines."""
    labels = labelled([option.key for option in draft.question.options])
    told: Iterable[str] = (
        f"{step.index + 1} {step.kind}{f' on {labels[step.option]}' if step.option in labels else ''}: {plain(step.text, LONGEST_STEP)}"
        for step in draft.steps
        if conclusion or step.kind != "conclusion"
    )
    return "\n".join(told)
