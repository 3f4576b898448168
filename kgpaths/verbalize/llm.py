"""The writer that asks a language model: what it is asked, and what its reply says. Pure; prompt files are read once, at the start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from kgpaths.config import LLMSettings
from kgpaths.errors import ConfigError
from kgpaths.llm.request import Message, Request
from kgpaths.model import Citation, Draft, Flaw, Step, digest
from kgpaths.verbalize.numbered import PARTS, Sheet
from kgpaths.verbalize.placing import anchors_of
from kgpaths.verbalize.prompts import Prompt, Prompts, hash_of
from kgpaths.verbalize.replies import Cite, Said, Unusable, Written, mended, written
from kgpaths.verbalize.shown import plain

SCHEMA = "steps"  # the name a server is told
MOST_FINDINGS = 8  # that a model is shown of its own failed checks
LONGEST_FINDING = 220  # characters of one
LONGEST_OPTION = 20  # characters of an option of its own draft, which should be a letter
LONGEST_STEP = 1_500  # characters of a step of its own draft


class LLMWriter:
    """One model in one style. The same sheet, sample and round give the same request, and the same reply the same draft."""

    def __init__(self, model: str, style: str = "tutor", prompts: Prompts | None = None, settings: LLMSettings | None = None) -> None:
        """Read the prompts. Raises ConfigError, naming the file, where one cannot be used."""
        prompts, self.settings = prompts or Prompts(), settings or LLMSettings()
        self.model, self.style = model, style
        self.name = f"llm:{model}:{style}"
        self._write, self._style = prompts.get("write", ("style",)), prompts.get(style)
        self._case, self._refine = prompts.get("case", PARTS), prompts.get("refine", ("draft", "findings"))
        self.system = self._write.fill(style=self._style.text)
        self.prompt_hash = hash_of((self._write, self._style, self._case, self._refine))
        schema_for(self._write, ("A",))

    def request(self, sheet: Sheet, sample: int = 0) -> Request:
        """Return what the model is asked."""
        return Request(
            model=self.model,
            messages=(Message(role="system", text=self.system), Message(role="user", text=self._case.fill(**sheet.values()))),
            schema_name=SCHEMA,
            json_schema=schema_for(self._write, tuple(sheet.keys)),
            temperature=self.settings.temperature,
            reasoning_effort=self.settings.reasoning_effort,
            max_tokens=self.settings.max_tokens,
            prompt=hash_of((self._write, self._style, self._case)),
            sample=sample,
        )

    def check(self, text: str) -> str:
        """Return what makes a reply no answer at all, in one short line; empty where ``written`` can read it."""
        return unusable(written, text)

    def check_mended(self, text: str) -> str:
        """Return as ``check`` does what makes a reply to ``refine`` none that ``mended`` can read."""
        return unusable(mended, text)

    def draft(self, sheet: Sheet, reply: Written, sample: int = 0, round: int = 0) -> Draft:
        """Return the draft of a reply.

        Whatever the reply gets wrong stays in the draft for the validator to find: a number that was not given is an edge that
        is missing, words that do not stand in the step are an anchor that does not. ``round`` counts refinements.
        """
        question = sheet.linked.question
        draft = Draft(
            id=digest([question.id, self.name, self.model, self.style, sample, round], 20),
            question=question,
            links=sheet.linked.links,
            facts=sheet.linked.facts,
            supports=sheet.supports,
            steps=tuple(step_of(sheet, index, said) for index, said in enumerate(reply.steps)),
            conclusion=key_of(sheet, reply.conclusion),
            writer=self.name,
            sample=sample,
        )
        return draft.model_copy(update={"concepts": tuple(sheet.concepts[curie] for curie in draft.curies())})

    def refine(self, sheet: Sheet, sample: int, reply: Written, flaws: Iterable[Flaw]) -> Request:
        """Return the request that shows the model its draft and what the checks found in it, and asks for the steps that it mends.

        It is the first request with more to its end, so that a server that keeps prompts reads only that anew; what stays is not written
        again, which would be most of the cost.
        """
        first = self.request(sheet, sample)
        system, case = first.messages
        text = f"{case.text}\n\n{self._refine.fill(draft=told(reply), findings=findings(sheet, flaws))}"
        schema = schema_for(self._write, tuple(sheet.keys), numbered=True)
        asked = {"messages": (system, Message(role="user", text=text)), "json_schema": schema, "prompt": self.prompt_hash}
        return first.model_copy(update=asked)


def unusable(read: Callable[[str], object], text: str) -> str:
    """Return why a text cannot be read, empty where it can."""
    try:
        read(text)
    except Unusable as error:
        return str(error)
    return ""


def told(reply: Written) -> str:
    """Return a draft's steps as lines: number, kind, option, text."""
    return "\n".join(told_step(number, said) for number, said in enumerate(reply.steps, 1))


def told_step(number: int, said: Said) -> str:
    """Return one step as a line. A server that keeps to no schema may have sent any text as an option."""
    option = plain(said.option, LONGEST_OPTION)
    return f"{number} {said.kind}{f' {option}' if option else ''}: {plain(said.text, LONGEST_STEP)}"


def schema_for(prompt: Prompt, labels: tuple[str, ...], *, numbered: bool = False) -> str:
    """Return the JSON schema of a reply, its option letters those of the question, its steps ``numbered`` or not.

    Raises ConfigError where the prompt's schema has no place for them.
    """
    schema: Any = deepcopy(dict(prompt.schema))
    try:
        step = schema["properties"]["steps"]["items"]
        step["properties"]["option"]["enum"] = ["", *labels]
        schema["properties"]["conclusion"]["enum"] = list(labels)
        if numbered:
            step["properties"] = {"number": {"type": "integer"}} | step["properties"]
            step["required"] = ["number", *step["required"]]
    except (KeyError, TypeError):
        raise ConfigError(
            "its schema lacks the option of steps, or the conclusion", where=prompt.file, mend="keep the schema of our write.md"
        ) from None
    return json.dumps(schema, separators=(",", ":"))


def step_of(sheet: Sheet, index: int, said: Said) -> Step:
    """Return a step with its citations, each once."""
    cited = [citation_of(sheet, said, cite) for cite in said.cites]
    cited += [citation_of(sheet, said, Cite(ref)) for ref in said.quotes]
    return Step(index=index, kind=said.kind, text=said.text, citations=tuple(dict.fromkeys(cited)), option=key_of(sheet, said.option))


def key_of(sheet: Sheet, label: str) -> str:
    """Return the option key of a letter, with or without brackets; what is none stays as it is."""
    return sheet.keys.get(label, sheet.keys.get(label.strip("()[].: "), label))


def citation_of(sheet: Sheet, said: Said, cite: Cite) -> Citation:
    """Return what a numbered line stands for, with the anchors and stance of the step; an unknown number is nothing that can be found."""
    ref = cite.ref.strip("[] ").upper()
    known = sheet.cited.get(ref)
    if known is not None and known.kind in ("mention", "fact"):
        return known
    anchors = anchors_of(said.text, cite, turned=ref in sheet.turned)
    if known is not None:
        return known.model_copy(update={"anchors": anchors, "stance": cite.stance})
    if ref.startswith(("M", "F")):
        return Citation(kind="mention" if ref.startswith("M") else "fact", where=ref)
    if ref.startswith("N"):
        return Citation(kind="absence", graph_hash=sheet.graph_hash, anchors=anchors, stance=cite.stance)
    return Citation(kind="edge", edge_id=ref or "none", anchors=anchors, stance=cite.stance)


def findings(sheet: Sheet, flaws: Iterable[Flaw]) -> str:
    """Return the errors among flaws, one a line, by the number of their step; concepts are called by name, their ids mean nothing to a model."""
    lines: list[str] = []
    for flaw in flaws:
        if flaw.severity == "error":
            words = flaw.detail
            for curie in sorted((c for c in sheet.concepts if c in words), key=len, reverse=True):
                words = words.replace(curie, sheet.concepts[curie].name)
            lines.append(f"- {f'step {flaw.step + 1}' if flaw.step >= 0 else 'all'}: {plain(words, LONGEST_FINDING)}")
    return "\n".join(list(dict.fromkeys(lines))[:MOST_FINDINGS]) or "- all: it cannot be read"
