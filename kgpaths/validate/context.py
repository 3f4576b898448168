"""What every check is given: a draft, the pinned graph, the settings, and what is dear to compute twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from kgpaths.config import ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Assertion, Citation, Draft, Flaw, Link, Severity, Step
from kgpaths.validate.naming import Namer

LONGEST_DETAIL = 300  # characters of a flaw's detail: a row may hold anything


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
        return self.option_curies(self.draft.conclusion)

    def option_curies(self, key: str) -> frozenset[str]:
        """Return the concepts option ``key`` is linked to."""
        return frozenset(link.curie for link in self.draft.links if link.mention.where == f"option:{key}")

    @cached_property
    def present(self) -> frozenset[str]:
        """The concepts the patient has now, by the question's text; what it also denies is left out."""
        return self.stated("present") - self.absent

    @cached_property
    def grounds(self) -> frozenset[str]:
        """The concepts that reasoning may start from: what the patient has now, and what runs in the family."""
        return self.present | self.stated("family")

    @cached_property
    def absent(self) -> frozenset[str]:
        """The concepts the question says the patient does not have."""
        return self.stated("absent")

    @cached_property
    def has(self) -> frozenset[str]:
        """The concepts that the question says the patient has, be it once, with all that they are kinds of."""
        return frozenset[str]().union(*(self.wider(curie) for curie in self.stated("present")))

    def stated(self, *assertions: Assertion) -> frozenset[str]:
        """Return the concepts that text or context mention with one of these assertions."""
        links = (link for link in self.draft.links if not link.mention.where.startswith("option:"))
        return frozenset(link.curie for link in links if link.mention.assertion in assertions)

    def wider(self, curie: str) -> frozenset[str]:
        """Return a concept with all that it is a kind of; itself alone where the graph does not have it."""
        if curie not in self.graph:
            return frozenset((curie,))
        return frozenset((curie, *(self.graph.curie(i) for i in self.graph.ancestors(self.graph.index(curie)))))

    @cached_property
    def links_at(self) -> dict[tuple[str, int, int], list[Link]]:
        """The links by the place of their mention."""
        found: dict[tuple[str, int, int], list[Link]] = {}
        for link in self.draft.links:
            found.setdefault((link.mention.where, link.mention.start, link.mention.end), []).append(link)
        return found

    def cited_link(self, citation: Citation) -> Link | None:
        """Return the link that a mention's citation speaks of, None where there is none."""
        links = self.links_at.get((citation.where, citation.start, citation.end), [])
        return next((link for link in links if link.curie == citation.subject), None)

    def source_text(self, where: str) -> str | None:
        """Return the question's text named by ``where``; None where there is no such place."""
        question = self.draft.question
        if where == "text":
            return question.text
        if where == "context":
            return question.context
        return next((o.text for o in question.options if f"option:{o.key}" == where), None)


Check = Callable[[Case], Iterable[Flaw]]


def stands(text: str, source: str | None, start: int, end: int) -> bool:
    """Tell whether ``text`` is what stands in ``source`` from ``start`` to ``end``; offsets count from the front alone."""
    return source is not None and 0 <= start < end <= len(source) and end - start == len(text) and source.startswith(text, start)


def ends_of(step: Step) -> set[str]:
    """Return the concepts at the ends of the edges and absences that a step cites."""
    return {end for c in step.citations if c.kind in ("edge", "absence") for end in (c.subject, c.object)}


def flaw(check: str, code: str, detail: str, step: int = -1, span: tuple[int, int] = (-1, -1), severity: Severity = "error") -> Flaw:
    """Return a flaw; an error rejects the draft, a warning labels it."""
    detail = detail[:LONGEST_DETAIL].encode("utf-8", "backslashreplace").decode()
    return Flaw(check=check, code=code, severity=severity, detail=detail, step=step, start=span[0], end=span[1])
