"""What every check is given: a draft, the pinned graph, the settings, and what is dear to compute twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from kgpaths.config import ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Flaw, Severity
from kgpaths.validate.naming import Namer


@dataclass(frozen=True)
class Case:
    """One draft before the checks."""

    draft: Draft
    graph: Graph
    settings: ValidateSettings

    @cached_property
    def namer(self) -> Namer:
        return Namer(self.graph, self.draft)

    @cached_property
    def gold_curies(self) -> frozenset[str]:
        """The concepts the concluded option is linked to."""
        return frozenset(link.curie for link in self.draft.links if link.mention.where == f"option:{self.draft.conclusion}")

    @cached_property
    def present(self) -> frozenset[str]:
        """The concepts the patient has now, by the question's text."""
        return self._asserted("present")

    @cached_property
    def absent(self) -> frozenset[str]:
        """The concepts the question says the patient does not have."""
        return self._asserted("absent")

    def _asserted(self, assertion: str) -> frozenset[str]:
        return frozenset(
            link.curie for link in self.draft.links if link.mention.assertion == assertion and not link.mention.where.startswith("option:")
        )

    def source_text(self, where: str) -> str | None:
        """Return the question's text named by ``where``; None where there is no such place."""
        question = self.draft.question
        if where == "text":
            return question.text
        if where == "context":
            return question.context
        return next((o.text for o in question.options if f"option:{o.key}" == where), None)


Check = Callable[[Case], Iterable[Flaw]]


def flaw(check: str, code: str, detail: str, step: int = -1, span: tuple[int, int] = (-1, -1), severity: Severity = "error") -> Flaw:
    """Return a flaw; an error rejects the draft, a warning labels it."""
    return Flaw(check=check, code=code, severity=severity, detail=detail, step=step, start=span[0], end=span[1])
