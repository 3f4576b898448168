"""Coverage: a step speaks of no concept of the question that none of its citations is about."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Flaw, Step
from kgpaths.validate.answer import lead_in, plain
from kgpaths.validate.context import Case, flaw


def check(case: Case) -> Iterator[Flaw]:
    """Yield concepts that a step of reasoning names and does not cite.

    A warning where the step rests on something else, for the claim is then not covered; an error where it rests on nothing
    but a fact, which bears no claim on a concept. A conclusion may say what the question's own last sentence says.
    """
    for step in case.draft.steps:
        if (step.kind in ("inference", "elimination") and step.citations) or step.kind == "conclusion":
            yield from check_step(case, step)


def check_step(case: Case, step: Step) -> Iterator[Flaw]:
    """Yield the concepts one step names outside its anchors and does not cite; those of its own option may be named."""
    concludes = step.kind == "conclusion"
    bare = not concludes and all(citation.kind == "fact" for citation in step.citations)
    anchors = [span for c in step.citations if c.anchors for span in (c.anchors.subject, c.anchors.object)]
    option = case.draft.conclusion if concludes else step.option
    cited = {end for c in step.citations for end in (c.subject, c.object)} | case.option_curies(option)
    own = plain(case.source_text(f"option:{option}") or "") if option else ""
    asked = plain(lead_in(case.draft.question)) if concludes else ""
    edges = (case.graph.edge_by_id(c.edge_id) for c in step.citations if c.kind == "edge")
    conditions = " ".join(plain(qualifier.value) for edge in edges if edge for qualifier in edge.qualifiers)
    for named in case.namer.found(step.text):
        words = step.text[named.start : named.end]
        anchored = any(span.start < named.end and named.start < span.end for span in anchors)
        if anchored or named.curies & cited or f" {plain(words)} " in f" {own} {conditions} {asked} ":
            continue
        detail = f"{words!r} is named and not cited"
        yield flaw("coverage", "uncited_name", detail, step.index, (named.start, named.end), "error" if bare else "warning")
