"""Citation: each cited edge exists unchanged in the pinned graph, and the step says what the edge says."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Citation, Edge, Flaw, Step
from kgpaths.validate import absence, lexicon
from kgpaths.validate.anchors import check_words
from kgpaths.validate.context import Case, flaw, stands
from kgpaths.vocabulary import is_predicate

NAME = "citation"


def check(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the citations of each step."""
    for step in case.draft.steps:
        if step.kind in ("inference", "elimination") and not step.citations:
            yield flaw(NAME, "uncited", "a step of reasoning rests on nothing", step.index)
        for citation in step.citations:
            if citation.kind == "edge":
                yield from check_edge(case, step, citation)
            elif citation.kind == "absence":
                yield from check_absence(case, step, citation)
            elif citation.kind == "mention":
                yield from check_mention(case, step, citation)
            else:
                yield from check_fact(case, step, citation)


def check_edge(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield the flaws of one cited edge: missing, changed, or not what the words say."""
    edge = case.graph.edge_by_id(citation.edge_id)
    if edge is None:
        yield flaw(NAME, "edge_missing", f"edge {citation.edge_id!r} is not in the graph", step.index)
        return
    if edge.content_hash != citation.content_hash:
        yield flaw(NAME, "edge_changed", f"edge {edge.id} has other evidence than the row was written from", step.index)
    if stated(edge) != (citation.subject, citation.predicate, citation.object, citation.negated):
        yield flaw(NAME, "edge_differs", f"edge {edge.id} is not the triple the row states", step.index)
    if edge.negated != (citation.stance == "denied"):
        yield flaw(NAME, "stance", f"edge {edge.id} and the stance {citation.stance!r} disagree", step.index)
    same = case.graph.lookup(edge.subject, edge.predicate, edge.object)
    if any(other.negated != edge.negated and other.qualifiers == edge.qualifiers for other in same):
        yield flaw(NAME, "disputed", f"the graph both states and denies {edge.subject} {edge.predicate} {edge.object}", step.index)
    yield from check_words(case, step, citation, edge, denied=edge.negated)


def stated(edge: Edge) -> tuple[str, str, str, bool]:
    """Return an edge's triple with its polarity."""
    return edge.subject, edge.predicate, edge.object, edge.negated


def check_absence(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield the flaws of one cited absence: false in the graph, of another graph, or worded as an impossibility."""
    graph = case.graph
    triple = citation.subject, citation.predicate, citation.object
    if citation.graph_hash != graph.hash:
        yield flaw(NAME, "other_graph", "an absence holds for one graph only, and it is another", step.index)
    if not is_predicate(citation.predicate) or citation.subject not in graph or citation.object not in graph:
        yield flaw(NAME, "absence_unknown", f"no such concepts or predicate: {triple!r}", step.index)
        return
    if absence.too_wide(graph, citation.subject, citation.object):
        yield flaw(NAME, "absence_wide", f"too many kinds of {citation.subject} and {citation.object} to say what is missing", step.index)
        return
    if found := absence.recorded(graph, *triple):
        yield flaw(NAME, "absence_false", f"the graph has {found}", step.index)
        return
    if citation.stance != "denied":
        yield flaw(NAME, "stance", "an absence is denied, never asserted", step.index)
    if found_words := lexicon.IMPOSSIBLE.search(step.text):
        yield flaw(NAME, "absence_overclaimed", f"{found_words[0]!r} claims more than that nothing is recorded", step.index, found_words.span())
    if citation.anchors and not lexicon.OF_RECORD.search(citation.anchors.relation.text):
        said = citation.anchors.relation
        yield flaw(NAME, "absence_overclaimed", f"{said.text!r} speaks of the world, not of a record", step.index, (said.start, said.end))
    yield from check_words(case, step, citation, None, denied=True)


def check_mention(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield where a cited mention is not in the question, names another concept, or is denied there and not here."""
    source = case.source_text(citation.where)
    if source is None or not 0 <= citation.start < citation.end <= len(source):
        yield flaw(NAME, "mention_missing", f"the question has no {citation.where!r}[{citation.start}:{citation.end}]", step.index)
        return
    link = case.cited_link(citation)
    if link is None:
        yield flaw(NAME, "mention_unlinked", f"{source[citation.start : citation.end]!r} is not linked to {citation.subject!r}", step.index)
    elif (link.mention.assertion == "absent") != (citation.stance == "denied"):
        yield flaw(NAME, "mention_polarity", f"{link.mention.text!r} is {link.mention.assertion} in the question", step.index)


def check_fact(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield where a cited fact is none of the draft's facts, nor the whole text of the option the step speaks of."""
    facts = {(fact.where, fact.start, fact.end) for fact in case.draft.facts}
    own = case.source_text(f"option:{step.option}") if step.option else None
    if own is not None and citation.where == f"option:{step.option}" and stands(own, own, citation.start, citation.end):
        return
    if (citation.where, citation.start, citation.end) not in facts:
        yield flaw(NAME, "fact_missing", f"the question has no fact at {citation.where!r}[{citation.start}:{citation.end}]", step.index)
