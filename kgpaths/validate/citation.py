"""Citation: each cited edge exists unchanged in the pinned graph, and the step says what the edge says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgpaths.model import Anchors, Citation, Edge, Flaw, Step
from kgpaths.validate import lexicon
from kgpaths.validate.context import Case, flaw
from kgpaths.vocabulary import PREDICATES

CLAUSE_END = re.compile(r"[.;:!?]\s")
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
            else:
                yield from check_mention(case, step, citation)


def check_edge(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield the flaws of one cited edge: missing, changed, or not what the words say."""
    edge = case.graph.edge_by_id(citation.edge_id)
    if edge is None:
        yield flaw(NAME, "edge_missing", f"edge {citation.edge_id!r} is not in the graph", step.index)
        return
    if edge.content_hash != citation.content_hash:
        yield flaw(NAME, "edge_changed", f"edge {edge.id} has other evidence than the row was written from", step.index)
    if (edge.subject, edge.predicate, edge.object, edge.negated) != (citation.subject, citation.predicate, citation.object, citation.negated):
        yield flaw(NAME, "edge_differs", f"edge {edge.id} is not the triple the row states", step.index)
    if edge.negated != (citation.stance == "denied"):
        yield flaw(NAME, "stance", f"edge {edge.id} and the stance {citation.stance!r} disagree", step.index)
    yield from check_words(case, step, citation, edge, denied=edge.negated)


def check_absence(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield the flaws of one cited absence: false in the graph, of another graph, or worded as an impossibility."""
    graph = case.graph
    if citation.graph_hash != graph.hash:
        yield flaw(NAME, "other_graph", "an absence holds for one graph only, and it is another", step.index)
    if citation.predicate not in PREDICATES or citation.subject not in graph or citation.object not in graph:
        yield flaw(NAME, "absence_unknown", f"no such concepts or predicate: {citation.subject} {citation.predicate} {citation.object}", step.index)
        return
    narrower = [graph.curie(i) for i in graph.descendants(graph.index(citation.object))]
    for object_ in (citation.object, *narrower):
        if any(not edge.negated for edge in graph.lookup(citation.subject, citation.predicate, object_)):
            yield flaw(NAME, "absence_false", f"the graph has {citation.subject} {citation.predicate} {object_}", step.index)
            return
    if citation.stance != "denied":
        yield flaw(NAME, "stance", "an absence is denied, never asserted", step.index)
    if found := lexicon.IMPOSSIBLE.search(step.text):
        yield flaw(NAME, "absence_overclaimed", f"{found[0]!r} claims more than that nothing is recorded", step.index, found.span())
    yield from check_words(case, step, citation, None, denied=True)


def check_words(case: Case, step: Step, citation: Citation, edge: Edge | None, *, denied: bool) -> Iterator[Flaw]:
    """Yield where a step's anchors do not name the ends, or its words do not state predicate, direction and polarity."""
    anchors = citation.anchors
    if anchors is None:
        yield flaw(NAME, "anchors_missing", "a cited triple has no anchors", step.index)
        return
    for span in (anchors.subject, anchors.object, anchors.relation):
        if not span.text or step.text[span.start : span.end] != span.text:
            yield flaw(NAME, "anchor_not_verbatim", f"{span.text!r} does not stand there", step.index, (span.start, span.end))
            return
    for role, span, curie in (("subject", anchors.subject, citation.subject), ("object", anchors.object, citation.object)):
        if not case.namer.names(span.text, curie):
            yield flaw(NAME, "names_other", f"{span.text!r} is no known name of the {role} {curie}", step.index, (span.start, span.end))
    direction = next((q.value for q in edge.qualifiers if q.key == "object_direction_qualifier"), "") if edge else ""
    yield from check_relation(step, citation.predicate, anchors, direction, denied=denied)
    if edge:
        yield from check_qualifiers(step, edge)


def check_relation(step: Step, predicate: str, anchors: Anchors, direction: str, *, denied: bool) -> Iterator[Flaw]:
    """Yield where the relation's words state another predicate, the other direction or the other polarity."""
    relation = anchors.relation
    at = (relation.start, relation.end)
    clause = clause_around(step, anchors)
    if lexicon.negated(clause) != denied:
        yield flaw(
            NAME, "polarity", f"{clause!r} {'asserts' if denied else 'denies'} what the edge {'denies' if denied else 'asserts'}", step.index, at
        )
    left = lexicon.sides(predicate, relation.text, direction)
    if not left:
        yield flaw(NAME, "relation_other", f"{relation.text!r} does not state {predicate}", step.index, at)
    elif not PREDICATES[predicate].symmetric and standing_left(anchors) not in left:
        yield flaw(NAME, "direction", f"{relation.text!r} states {predicate} the other way round", step.index, at)


def standing_left(anchors: Anchors) -> str:
    """Return which end the sentence makes the grammatical subject of the relation: the one that stands before it.

    Where both stand on one side, the nearer one to the left of the relation is its subject.
    """
    subject, object_, relation = anchors.subject, anchors.object, anchors.relation
    if (subject.end <= relation.start) != (object_.end <= relation.start):
        return "subject" if subject.end <= relation.start else "object"
    return "subject" if subject.start > object_.start else "object"


def clause_around(step: Step, anchors: Anchors) -> str:
    """Return the words from the first to the last anchor, with the start of the clause they stand in.

    Names of cited concepts are blanked: they may hold a negator of their own, as "absent thumb" does.
    """
    spans = (anchors.subject, anchors.object, anchors.relation)
    first, last = min(s.start for s in spans), max(s.end for s in spans)
    text = step.text
    for other in (c.anchors for c in step.citations if c.anchors):
        for span in (other.subject, other.object):
            if 0 <= span.start <= span.end <= len(text):
                text = text[: span.start] + "_" * (span.end - span.start) + text[span.end :]
    begins = max((m.end() for m in CLAUSE_END.finditer(text, 0, first)), default=0)
    return text[begins:last]


def check_qualifiers(step: Step, edge: Edge) -> Iterator[Flaw]:
    """Yield each restricting qualifier that the step leaves unsaid: a treatment of one population is not one of all."""
    for qualifier in edge.qualifiers:
        if qualifier.key in ("population_context_qualifier", "stage_qualifier", "severity_qualifier"):
            words = [w for w in re.findall(r"[a-z0-9]+", qualifier.value.lower()) if len(w) > 3]
            if not all(word[:5] in step.text.lower() for word in words):
                yield flaw(NAME, "qualifier_unsaid", f"the edge holds only for {qualifier.value!r}", step.index)


def check_mention(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield where a cited mention or fact is not in the question as the step uses it."""
    source = case.source_text(citation.where)
    if source is None or not 0 <= citation.start < citation.end <= len(source):
        yield flaw(NAME, "mention_missing", f"the question has no {citation.where}[{citation.start}:{citation.end}]", step.index)
        return
    if citation.kind == "fact":
        return
    place = (citation.where, citation.start, citation.end)
    links = [link for link in case.draft.links if (link.mention.where, link.mention.start, link.mention.end) == place]
    link = next((link for link in links if link.curie == citation.subject), None)
    if link is None:
        yield flaw(NAME, "mention_unlinked", f"{source[citation.start : citation.end]!r} is not linked to {citation.subject}", step.index)
        return
    if (link.mention.assertion == "absent") != (citation.stance == "denied"):
        yield flaw(NAME, "mention_polarity", f"{link.mention.text!r} is {link.mention.assertion} in the question", step.index)
