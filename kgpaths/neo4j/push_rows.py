"""An example or a rejection as plain rows for Neo4j: its question and all that hangs on it. Pure, no server.

What Neo4j cannot hold is handled here by one rule each, and told: half of a character pair (a lone surrogate) becomes �, an
id that no index takes becomes its beginning with a hash, and a concept with such an id is left out with what is at it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast

import numpy as np

from kgpaths.graph.as_neo4j import property_of, without_empty
from kgpaths.model import (
    Citation,
    Concept,
    Draft,
    Edge,
    Example,
    Fact,
    Flaw,
    Frequency,
    Hop,
    Link,
    OptionSupport,
    Path,
    Question,
    Rejection,
    Step,
    digest,
)
from kgpaths.neo4j.load import LONGEST_CURIE, NUL, SHOWN_NUL
from kgpaths.neo4j.texts import LONGEST_ID, halved, stored_id, whole

Row = dict[str, Any]

SHAPE = 2
"""Version of what a pushed question holds. Raise it when a property is added, dropped or changes meaning: it is written anew then."""

UNKNOWN = "NamedThing"  # the category of a concept whose row tells none

HALVES = "texts hold half of a character pair (a lone surrogate), which no server stores: � stands for it"
LONG_IDS = f"questions have an id of more than {LONGEST_ID:,} bytes: its beginning with a hash stands for it"
LONG_CURIES = f"concepts with an id of more than {LONGEST_CURIE:,} bytes are left out with the hops at them: no index takes one"
NULS = "predicates or categories hold a NUL, which no type or label does: ␀ stands for it"

Stated = tuple[str, str]  # name and category of a concept


@dataclass
class Rows:
    """What one question puts into Neo4j. ``concepts`` and ``edges`` are what it shows of the graph; the rest is its own."""

    id: str
    question: Row
    options: list[Row] = field(default_factory=list)
    names: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)
    paths: list[Row] = field(default_factory=list)
    hops: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    verdicts: list[Row] = field(default_factory=list)
    concepts: dict[str, Stated] = field(default_factory=dict)
    edges: dict[str, Edge | Citation] = field(default_factory=dict)
    hash: str = ""
    size: int = 0  # characters, of all of it

    @property
    def relations(self) -> int:
        """How many relationships the question's own node has."""
        return 1 + len(self.options) + len(self.mentions) + len(self.paths) + len(self.steps) + len(self.verdicts)


class Maker:
    """Makes the rows of one run's questions, and counts in ``odd`` what could not be stored as it is."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.odd: Counter[str] = Counter()

    def rows(self, noun: Example | Rejection, id: str) -> Rows:
        """Return the rows of one example or rejection, whose question is known as ``id``."""
        draft = noun.draft
        asked = draft.question if draft else noun.question if isinstance(noun, Rejection) else None
        made = Rows(self.short(id), {})
        made.question = {"row": noun.id, **(question_of(asked) if asked else {}), **outcome(noun)}
        if draft:
            self.fill(made, draft)
        elif asked:
            made.options = [{"key": o.key, "text": o.text, "gold": o.key in asked.answer_keys} for o in asked.options]
        made.verdicts = [verdict(order, flaw) for order, flaw in enumerate(noun.flaws)]
        self.leave_out(made)
        made.question |= {"curies": list(made.concepts), "edge_ids": list(made.edges)}
        made.question |= {"edge_subjects": [e.subject for e in made.edges.values()], "edge_objects": [e.object for e in made.edges.values()]}
        return self.clean(made)

    def fill(self, made: Rows, draft: Draft) -> None:
        """Add what a draft holds."""
        stated = {concept.curie: (concept.name, concept.category) for concept in draft.concepts}
        curies = chain(draft.curies(), (end for s in draft.supports for path in s.paths for end in (path.start, path.end)))
        made.concepts = {curie: stated.get(curie, (curie, UNKNOWN)) for curie in sorted(set(curies))}
        cited = {c.edge_id: c for step in draft.steps for c in step.citations if c.kind == "edge"}
        walked = (hop for s in draft.supports for hop in chain(s.contradicted, *(path.hops for path in s.paths)))
        made.edges = {**cited, **{hop.edge.id: hop.edge for hop in walked}}
        made.question |= {"conclusion": draft.conclusion, "writer": draft.writer, "sample": draft.sample, "facts": list(map(fact_text, draft.facts))}
        made.options, made.names = options(draft)
        made.mentions = list(
            {tuple(row[k] for k in ("curie", "where", "start", "end", "assertion")): row for row in map(mention, draft.links)}.values()
        )
        made.steps = [step_row(step, lambda curie: stated.get(curie, (curie,))[0]) for step in draft.steps]
        for support in draft.supports:
            for rank, path in enumerate(support.paths, 1):
                id = digest([self.run, made.id, support.option, rank], 20)
                row = path_row(path, set(cited), lambda curie: made.concepts[curie][1])
                made.paths.append({"id": id, "option": support.option, "rank": rank, "start": path.start, **row})
                made.hops += [hop_row(id, order, hop) for order, hop in enumerate(path.hops)]

    def leave_out(self, made: Rows) -> None:
        """Take out the concepts that no index takes, with what is at them."""
        too_long = {curie for curie in made.concepts if len(curie.encode("utf-8", "surrogatepass")) > LONGEST_CURIE}
        if not too_long:
            return
        self.odd[LONG_CURIES] += len(too_long)
        made.concepts = {curie: stated for curie, stated in made.concepts.items() if curie not in too_long}
        made.edges = {id: e for id, e in made.edges.items() if not too_long & {e.subject, e.object}}
        made.names = [row for row in made.names if row["curie"] not in too_long]
        made.mentions = [row for row in made.mentions if row["curie"] not in too_long]
        made.hops = [row for row in made.hops if not too_long & {row["source"], row["target"]}]

    def clean(self, made: Rows) -> Rows:
        """Return the rows without lone surrogates, with their hash and size."""
        held = {name: getattr(made, name) for name in ("question", "options", "names", "mentions", "paths", "hops", "steps", "verdicts")}
        text = json.dumps(held, ensure_ascii=False)
        if halved(text):
            for name, value in held.items():
                setattr(made, name, self.plain(value))
            made.concepts = self.plain(made.concepts)
        made.hash, made.size = digest([SHAPE, held, sorted(e.content_hash for e in made.edges.values())], 16), len(text)
        return made

    def short(self, id: str) -> str:
        """Return an id as an index takes it."""
        id = self.plain(id)
        short = stored_id(id)
        self.odd[LONG_IDS] += short != id
        return short

    def plain(self, value: Any) -> Any:
        """Return a value, texts in it without lone surrogates."""
        if isinstance(value, str):
            self.odd[HALVES] += halved(value)
            return whole(value)
        if isinstance(value, dict):
            return {self.plain(key): self.plain(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.plain(inner) for inner in value)
        return value

    def token(self, name: str) -> str:
        """Return a predicate or category as a type or label."""
        if NUL in name:
            self.odd[NULS] += 1
        return cast(str, self.plain(name)).replace(NUL, SHOWN_NUL)

    def concept(self, curie: str, stated: Stated, known: Concept | None, linkable: bool | None) -> Row:
        """Return a concept as ``neo4j load`` stores it; where its graph does not tell, what the row says, marked ``bare``."""
        if known is None:
            name, category = stated
            return {"category": self.token(category or UNKNOWN), "properties": {"curie": curie, "name": self.plain(name), "bare": True}}
        return {"category": self.token(known.category), "properties": self.plain(filled(concept_properties(known, linkable)))}

    def edge(self, edge: Edge | Citation) -> Row:
        """Return an edge as ``neo4j load`` stores it; of one that is but cited what the citation says, marked ``bare``."""
        properties = edge_properties(edge) if isinstance(edge, Edge) else {"id": edge.edge_id, "content_hash": edge.content_hash, "bare": True}
        properties = filled({**properties, "negated": edge.negated})
        ends = {"subject": edge.subject, "object": edge.object}
        return {**self.plain(ends), "predicate": self.token(edge.predicate), "properties": self.plain(properties)}


def question_of(question: Question) -> Row:
    """Return what is asked."""
    kept = {name: getattr(question, name) for name in ("dataset", "split", "text", "context", "licence", "category")}
    return filled({**kept, "answer": ", ".join(question.answer_keys) or question.answer_text, "tags": list(question.tags)})


def outcome(noun: Example | Rejection) -> Row:
    """Return what became of the question."""
    if isinstance(noun, Rejection):
        return {"outcome": "rejected", "stage": noun.stage, "code": noun.code, "detail": noun.detail}
    told = {name: getattr(noun, name) for name in ("margin", "rank", "difficulty")}
    licences = [f"{one.source}: {one.licence or 'not stated'}" for one in noun.licences]
    return {"outcome": "accepted", **told, "checks": list(noun.checks), "licences": licences}


def options(draft: Draft) -> tuple[list[Row], list[Row]]:
    """Return the options of a draft, with what speaks against each, and the concepts each names."""
    supports = {support.option: support for support in draft.supports}
    texts = {option.key: option.text for option in draft.question.options}
    texts |= {key: draft.question.answer_text for key in supports if key not in texts}
    found, names = [], []
    for key, text in texts.items():
        support = supports.get(key, OptionSupport(option=key))
        against = [hop.edge.id for hop in support.contradicted]
        row = {"key": key, "text": text, "gold": key in draft.question.answer_keys, "score": support.score}
        found.append({**row, "contradicted": against, "missing": list(support.missing)})
        linked = (link.curie for link in draft.links if link.mention.where == f"option:{key}")
        names += [{"option": key, "curie": curie} for curie in dict.fromkeys(support.curies or linked)]
    return found, names


def mention(link: Link) -> Row:
    """Return a link of the question's words to a concept."""
    said = {name: getattr(link.mention, name) for name in ("where", "start", "end", "assertion", "text")}
    return {"curie": link.curie, **said, "score": link.score, "method": link.method, "alias": link.alias}


def path_row(path: Path, cited: set[str], category: Callable[[str], str]) -> Row:
    """Return a path without its place. ``metapath`` is its pattern of types as a search takes it; ``cited``: steps cite all its edges."""
    ids = [hop.edge.id for hop in path.hops]
    return {
        "score": path.score,
        "metapath": metapath(path, category),
        "edge_ids": ids,
        "inverted": [hop.inverted for hop in path.hops],
        "cited": bool(ids) and cited.issuperset(ids),
    }


def metapath(path: Path, category: Callable[[str], str]) -> str:
    """Return the types along a path, arrows as the edges are stored: ``PhenotypicFeature <-has_phenotype- Disease``."""
    hops = ("<-{}- {}" if hop.inverted else "-{}-> {}" for hop in path.hops)
    told = (
        form.format(("NOT " if hop.edge.negated else "") + hop.edge.predicate, category(hop.target))
        for form, hop in zip(hops, path.hops, strict=True)
    )
    return " ".join([category(path.start), *told])


def hop_row(path: str, order: int, hop: Hop) -> Row:
    """Return a hop in reading order."""
    ends = {"source": hop.source, "target": hop.target}
    return {**ends, "path": path, "order": order, "edge_id": hop.edge.id, "inverted": hop.inverted, "predicate": hop.edge.predicate}


def verdict(order: int, flaw: Flaw) -> Row:
    """Return what a check found; ``step`` is the step's ``order``, -1 for the whole."""
    return {"order": order, **{name: getattr(flaw, name) for name in ("check", "code", "severity", "detail", "step")}}


def step_row(step: Step, called: Callable[[str], str]) -> Row:
    """Return a step with the edges it cites and, in words, what it says is not in the graph; ``order`` is its ``index``, from 0."""
    return {
        "order": step.index,
        **{name: getattr(step, name) for name in ("kind", "text", "option", "status")},
        "edge_ids": [c.edge_id for c in step.citations if c.kind == "edge"],
        "absent": [f"{called(c.subject)} {c.predicate} {called(c.object)}" for c in step.citations if c.kind == "absence"],
    }


def fact_text(fact: Fact) -> str:
    return f"{fact.kind}: {fact.value} {fact.unit}".rstrip()


def concept_properties(concept: Concept, linkable: bool | None) -> Row:
    """Return a concept as ``graph.as_neo4j.node_rows`` does."""
    return {
        **{name: getattr(concept, name) for name in ("curie", "name", "definition")},
        "linkable": linkable,
        "semantic_types": list(concept.semantic_types),
        "synonyms": [synonym.text for synonym in concept.synonyms],
        "synonym_scopes": [synonym.scope for synonym in concept.synonyms],
        "xrefs": list(concept.xrefs),
    }


def edge_properties(edge: Edge) -> Row:
    """Return an edge as ``graph.as_neo4j.edge_rows`` does."""
    qualifiers: dict[str, list[str]] = {}
    for qualifier in edge.qualifiers:
        qualifiers.setdefault(qualifier.key, []).append(qualifier.value)
    return {
        "id": edge.id,
        "content_hash": edge.content_hash,
        **{property_of(key): "|".join(values) for key, values in qualifiers.items()},
        "frequency": middle(edge.frequency) if edge.frequency else None,
        "frequency_stated": list(edge.frequency.texts) if edge.frequency else [],
        "sources": list(dict.fromkeys(e.source for e in edge.evidence if e.source)),
        "publications": list(dict.fromkeys(p for e in edge.evidence for p in e.publications if p)),
        "evidence": [without_empty(e.model_dump(mode="json")) for e in edge.evidence],
    }


def middle(frequency: Frequency) -> float | None:
    """Return how often as the graph counts it (``graph.edges.middle``): (n + 1) / (m + 2) of counts, else the middle of the range."""
    if frequency.n is not None and frequency.m is not None:
        return float(np.float32((frequency.n + 1) / (frequency.m + 2)))
    if frequency.lower is not None and frequency.upper is not None:
        return float(np.float32((frequency.lower + frequency.upper) / 2))
    return None


def filled(row: Row) -> Row:
    """Return a row without what is empty: a node or relationship has no such property then."""
    return {name: value for name, value in row.items() if value is not None and value != "" and value != []}
