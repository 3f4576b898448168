"""The nouns: frozen models that travel between the stages. No I/O, no behaviour beyond what a noun knows of itself.

Tuples, never lists, so that a noun can be hashed, shared and compared. Every model maps onto one explicit Arrow schema
(see ``records.arrow_schema``), so a field is a scalar, an optional scalar, another model, or a tuple of one of these.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Assertion = Literal["present", "absent", "possible", "family", "historical", "hypothetical"]
Stance = Literal["asserted", "denied", "hedged", "considered"]
Severity = Literal["error", "warning"]
StepKind = Literal["finding", "inference", "elimination", "conclusion"]
StepStatus = Literal["unchecked", "supported", "inferred", "contradicted", "unsupported"]
CitationKind = Literal["edge", "absence", "mention", "fact"]

EDGE_ID_LENGTH = 20  # hex digits: 80 bits, a one in 10^9 chance of any collision among 40 million edges


class Noun(BaseModel):
    """Base of all nouns: frozen, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ConceptName(Noun):
    """What a CURIE of a row stands for, so that the row can be read without its graph."""

    curie: str
    name: str
    category: str


class Synonym(Noun):
    """Another name of a concept, as its source scopes it."""

    text: str
    scope: Literal["exact", "narrow", "broad", "related"] = "exact"
    kind: str = ""  # "layperson", "abbreviation", "plural_form", "uk_spelling", or empty


class Concept(Noun):
    """One thing of the graph, named by its preferred CURIE."""

    curie: str
    name: str
    category: str  # Biolink class without prefix, e.g. "Disease"
    semantic_types: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    xrefs: tuple[str, ...] = ()  # original ids merged into this concept come first
    definition: str = ""


class Qualifier(Noun):
    """A meaning-bearing restriction of an edge; two edges that differ in one are two edges."""

    key: str  # Biolink slot, e.g. "object_direction_qualifier"
    value: str


class Frequency(Noun):
    """How often the object is seen in the subject: counts where counted, bounds (0 to 1) where stated as a range."""

    n: int | None = None
    m: int | None = None
    lower: float | None = None
    upper: float | None = None
    texts: tuple[str, ...] = ()  # verbatim, one per source row


class Evidence(Noun):
    """One source's statement of an edge."""

    source: str
    release: str = ""
    licence: str = ""
    citation: str = ""  # a textbook chapter, guideline or label, where the source gives one
    publications: tuple[str, ...] = ()
    code: str = ""  # the source's evidence code, e.g. "PCS"
    frequency: str = ""  # verbatim
    onset: str = ""
    sex: str = ""
    modifiers: tuple[str, ...] = ()
    note: str = ""  # verbatim text of a coding note or remark
    inferred_from: str = ""  # CURIE of the disease an inferred edge stands on
    confidence: float | None = None
    date: str = ""


class Edge(Noun):
    """A directed statement with its polarity and everything that backs it."""

    id: str
    content_hash: str
    subject: str
    predicate: str
    object: str
    negated: bool = False
    qualifiers: tuple[Qualifier, ...] = ()
    frequency: Frequency | None = None
    evidence: tuple[Evidence, ...] = ()


class Option(Noun):
    key: str
    text: str


RESTRICTED = "restricted"
"""The tag of a question that is not to be sent to others, a language model's server among them."""


class Question(Noun):
    """A question with its options; ``answer_keys`` holds the gold key(s), ``answer_text`` the gold text."""

    id: str
    dataset: str
    split: str = "train"
    text: str
    context: str = ""
    options: tuple[Option, ...] = ()
    answer_keys: tuple[str, ...] = ()
    answer_text: str = ""
    licence: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()

    def option_text(self, key: str) -> str:
        """Return the text of option ``key``; raises KeyError where there is none."""
        for option in self.options:
            if option.key == key:
                return option.text
        raise KeyError(key)


class Mention(Noun):
    """A stretch of the question that may name a concept. Offsets index the original text of ``where``."""

    where: str  # "text", "context", or an option as "option:A"
    start: int
    end: int
    text: str
    assertion: Assertion = "present"


class Fact(Noun):
    """What the text says of the patient that is no concept: age, sex, duration, a measured value."""

    kind: str
    value: str
    unit: str = ""
    where: str = "text"
    start: int
    end: int
    text: str


class Link(Noun):
    """A mention with the concept it names, and why."""

    mention: Mention
    curie: str
    score: float
    method: str  # the stage that linked it, e.g. "dictionary" or "abbreviation"
    alias: str  # the alias of the concept that matched


class LinkedQuestion(Noun):
    """A question with what was found in it. ``unlinked`` keeps the mentions no concept was found for."""

    question: Question
    links: tuple[Link, ...] = ()
    facts: tuple[Fact, ...] = ()
    unlinked: tuple[Mention, ...] = ()

    def findings(self) -> tuple[Link, ...]:
        """Return the links of text and context that the patient has now: present, one per concept, in text order.

        What is said both to be there and not to be there is left out: one of the two is about something else.
        """
        said = [link for link in self.links if not link.mention.where.startswith("option:")]
        denied = {link.curie for link in said if link.mention.assertion == "absent"}
        seen: dict[str, Link] = {}
        for link in said:
            if link.mention.assertion == "present" and link.curie not in denied:
                seen.setdefault(link.curie, link)
        return tuple(seen.values())

    def option_curies(self, key: str) -> tuple[str, ...]:
        """Return the concepts option ``key`` is linked to, in text order."""
        return tuple(dict.fromkeys(link.curie for link in self.links if link.mention.where == f"option:{key}"))


class Hop(Noun):
    """One edge walked; ``inverted`` when walked from object to subject. The stored direction is never flipped."""

    edge: Edge
    inverted: bool = False

    @property
    def source(self) -> str:
        return self.edge.object if self.inverted else self.edge.subject

    @property
    def target(self) -> str:
        return self.edge.subject if self.inverted else self.edge.object


class Part(Noun):
    """One named term of a score."""

    name: str
    value: float


class Path(Noun):
    """A chain of hops from a finding to an option that repeats no concept. A path without hops is the concept itself."""

    start: str
    end: str
    hops: tuple[Hop, ...] = ()
    score: float
    parts: tuple[Part, ...] = ()

    @property
    def concepts(self) -> tuple[str, ...]:
        return (self.start, *(hop.target for hop in self.hops))


class OptionSupport(Noun):
    """What the graph says for one option: its concepts, paths per finding, and the findings it lacks or contradicts."""

    option: str
    curies: tuple[str, ...] = ()
    score: float = 0.0
    paths: tuple[Path, ...] = ()  # chosen paths, best first, at most one per finding
    missing: tuple[str, ...] = ()  # present findings without a path to this option
    contradicted: tuple[Hop, ...] = ()  # edges that speak against the option: NOT edges, contraindications, present-but-denied findings


class Span(Noun):
    """Words of a step: ``text == step.text[start:end]``."""

    start: int
    end: int
    text: str


class Anchors(Noun):
    """The words of the step that name an edge's subject, object and relation."""

    subject: Span
    object: Span
    relation: Span


class Citation(Noun):
    """What a step rests on. Which fields are filled depends on ``kind``.

    edge: ``edge_id``, ``content_hash`` and the triple as stored. absence: the triple that is missing, with ``graph_hash``.
    mention or fact: ``where``, ``start``, ``end`` in the question, and ``subject`` as the linked CURIE where there is one.
    """

    kind: CitationKind
    edge_id: str = ""
    content_hash: str = ""
    subject: str = ""
    predicate: str = ""
    object: str = ""
    negated: bool = False
    graph_hash: str = ""
    where: str = ""
    start: int = -1
    end: int = -1
    anchors: Anchors | None = None
    stance: Stance = "asserted"


class Step(Noun):
    """One sentence or two of reasoning. ``option`` is the option it speaks of, empty where it speaks of none."""

    index: int
    kind: StepKind
    text: str
    citations: tuple[Citation, ...] = ()
    option: str = ""
    status: StepStatus = "unchecked"


class Draft(Noun):
    """A written answer before judgement."""

    id: str
    question: Question
    links: tuple[Link, ...] = ()
    facts: tuple[Fact, ...] = ()
    supports: tuple[OptionSupport, ...] = ()
    steps: tuple[Step, ...] = ()
    conclusion: str = ""  # an option key
    writer: str = ""
    sample: int = 0
    concepts: tuple[ConceptName, ...] = ()  # every CURIE of links, paths and citations, sorted

    def curies(self) -> tuple[str, ...]:
        """Return every CURIE that links, supports and citations name, sorted."""
        hops = [hop for support in self.supports for hop in (*support.contradicted, *(h for path in support.paths for h in path.hops))]
        found = {link.curie for link in self.links} | {end for hop in hops for end in (hop.edge.subject, hop.edge.object)}
        found |= {curie for support in self.supports for curie in (*support.curies, *support.missing)}
        found |= {end for step in self.steps for c in step.citations for end in (c.subject, c.object) if end}
        return tuple(sorted(found))


class Flaw(Noun):
    """What a check found. ``step`` is -1 where it concerns the whole draft; offsets index that step's text."""

    check: str
    code: str
    severity: Severity
    detail: str
    step: int = -1
    start: int = -1
    end: int = -1


class Provenance(Noun):
    """Where an example comes from, enough to make it again."""

    run_id: str
    graph_name: str
    graph_release: str
    graph_hash: str
    writer: str
    model: str = ""
    prompt_hash: str = ""
    kgpaths_version: str = ""


class Licence(Noun):
    """One source an example rests on and its terms."""

    source: str
    licence: str


class Example(Noun):
    """A draft that passed, with its provenance. Anyone holding the pinned graph can check it again."""

    id: str
    draft: Draft
    flaws: tuple[Flaw, ...] = ()
    checks: tuple[str, ...] = ()
    margin: float  # support of the gold option minus the best other, in [-1, 1]
    rank: int  # of the gold option by support, 1 is best
    difficulty: str
    licences: tuple[Licence, ...] = ()
    provenance: Provenance

    def _repr_html_(self) -> str:
        """Show the steps and the paths in a notebook."""
        from html import escape

        from kgpaths.picture import draw

        steps = "".join(f"<li>{escape(step.text)}</li>" for step in self.draft.steps)
        return f"<p>{escape(self.draft.question.text)}</p><ol>{steps}</ol>{draw(self.draft)}"


class Rejection(Noun):
    """A question that fell out: where, why, and the draft and flaws where there were any."""

    id: str
    question_id: str
    stage: Literal["read", "link", "search", "verbalize", "validate"]
    code: str
    detail: str
    draft: Draft | None = None
    flaws: tuple[Flaw, ...] = ()
    question: Question | None = Field(default=None)


def digest(value: object, length: int = 64) -> str:
    """Return the SHA-256 of ``value`` as canonical JSON (sorted keys, no spaces, UTF-8), cut to ``length`` hex digits."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def edge_id(subject: str, predicate: str, object: str, negated: bool, qualifiers: Iterable[Qualifier] = ()) -> str:
    """Return the id of an edge: a hash of its triple, negation and meaning-bearing qualifiers, in sorted order."""
    pairs = sorted((q.key, q.value) for q in qualifiers)
    return digest([subject, predicate, object, negated, pairs], EDGE_ID_LENGTH)


def content_hash(edge_id: str, frequency: Frequency | None, evidence: Iterable[Evidence]) -> str:
    """Return the hash of an edge with its evidence: what a row cites and an audit re-checks.

    Release, date and licence are left out and the evidence is sorted, so a rebuild from unchanged rows changes nothing.
    """
    return content_hash_of_rows(edge_id, frequency.model_dump() if frequency else None, [e.model_dump() for e in evidence])


def content_hash_of_rows(edge_id: str, frequency: Mapping[str, object] | None, evidence: Iterable[Mapping[str, object]]) -> str:
    """Return ``content_hash`` of plain mappings: a build hashes hundreds of thousands of edges without making models."""
    stated = sorted(json.dumps({k: v for k, v in row.items() if k not in ("release", "date", "licence")}, sort_keys=True) for row in evidence)
    return digest([edge_id, frequency, stated], EDGE_ID_LENGTH)
