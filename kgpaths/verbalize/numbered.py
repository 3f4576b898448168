"""What a model is shown of a question: numbered facts, mentions, edges in words and absences, and what each number stands for.

Which of them there are, and which absences the graph bears, is the template writer's choice: the same rules for both, so that
nothing is offered that its own draft could not say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from kgpaths.graph.store import Graph
from kgpaths.model import Citation, ConceptName, Draft, Edge, Hop, Link, LinkedQuestion, OptionSupport, Path, Step
from kgpaths.verbalize.findings import MAX_SAID, quote, quote_fact
from kgpaths.verbalize.inference import without_detours
from kgpaths.verbalize.names import Names
from kgpaths.verbalize.phrases import reading
from kgpaths.verbalize.phrasing import Chooser
from kgpaths.verbalize.prose import Sentence
from kgpaths.verbalize.sentences import Teller, claim, relation
from kgpaths.verbalize.shown import LONGEST_OPTION, LONGEST_TEXT, name, plain, quoted
from kgpaths.verbalize.template import TemplateWriter
from kgpaths.verbalize.wording import condition, in_brackets
from kgpaths.vocabulary import predicate_of

MOST_EDGES = 24  # in all: those of the answer and of the reasons against others come first
MOST_FOR_ANSWER = 16  # of the answer's paths, so that there is room for the reasons
MOST_BESIDE = 3  # paths shown of one other option, and edges that come in for them alone
MOST_WORDS = 60  # characters of a source's name or of a mention's own words


@dataclass(frozen=True)
class Sheet:
    """One question as a model is shown it: the parts of the prompt, and what every number stands for."""

    linked: LinkedQuestion
    supports: tuple[OptionSupport, ...]
    outline: Draft  # the template's draft: where a check fails it for its paths or reasons, no other writer has better ones
    question: str
    options: str
    patient: str
    records: str
    lines: str  # which numbers are of use for which option
    answer: str  # the gold option's label
    keys: Mapping[str, str]  # option labels, which stand for keys
    cited: Mapping[str, Citation]  # "E7" -> the citation without anchors
    turned: frozenset[str]  # numbers whose line begins with the object
    concepts: Mapping[str, ConceptName]  # whatever a draft may name
    graph_hash: str

    def values(self) -> dict[str, str]:
        """Return the parts as a prompt's variables."""
        return {part: str(getattr(self, part)) for part in PARTS}


PARTS = ("question", "options", "patient", "records", "lines", "answer")


class Numbering:
    """Make sheets over one graph. The same question and supports give the same sheet."""

    def __init__(self, graph: Graph, template: TemplateWriter | None = None) -> None:
        self.graph = graph
        self.template = template or TemplateWriter(graph)

    def sheet(self, linked: LinkedQuestion, supports: Sequence[OptionSupport]) -> Sheet:
        """Return what a model is shown. Raises KeyError where no support is of the gold option."""
        outline = self.template.write(linked, supports)
        names = Names(self.graph, self.template.casing, linked)
        page = _Page(self.graph, linked, Teller(names, First()))
        labels = labelled([option.key for option in linked.question.options])
        gold = outline.conclusion
        paths = {s.option: _told(s) if s.option == gold else list(s.paths) for s in supports}
        page.add_paths(paths.pop(gold), MOST_FOR_ANSWER)
        for step in outline.steps:
            page.add_step(step)
        page.add_beside([paths[s.option] for s in sorted(supports, key=lambda s: -s.score) if s.option in paths])
        lines = [f"{labels[gold]}, right: {page.joined(_told(next(s for s in supports if s.option == gold)))}"]
        for step in outline.steps:
            if step.kind == "elimination":
                lines.append(f"{labels[step.option]}: {page.against(step, next(s for s in supports if s.option == step.option))}")
        question = linked.question
        texts = (question.context, question.text) if question.context.strip() else (question.text,)
        return Sheet(
            linked=linked,
            supports=tuple(supports),
            outline=outline,
            question=" ".join(quoted(text, LONGEST_TEXT) for text in texts),
            options="\n".join(f"{labels[option.key]} {quoted(option.text, LONGEST_OPTION)}" for option in question.options),
            patient="\n".join(page.patient),
            records="\n".join(page.records),
            lines="\n".join(lines),
            answer=labels[gold],
            keys={label: key for key, label in labels.items()},
            cited=page.cited,
            turned=frozenset(page.turned),
            concepts=self._concepts(outline, page.cited.values()),
            graph_hash=self.graph.hash,
        )

    def _concepts(self, outline: Draft, cited: Iterable[Citation]) -> dict[str, ConceptName]:
        curies = {*outline.curies(), *(end for c in cited for end in (c.subject, c.object) if end)}
        found = {}
        for curie in sorted(curies):
            index = self.graph.index(curie)
            found[curie] = ConceptName(curie=curie, name=self.graph.concept_name(index), category=self.graph.category(index))
        return found


class First(Chooser):
    """Choose the first phrasing, the plainest: a model is to vary it, not to copy a variation."""

    def __init__(self) -> None:
        super().__init__(0, "")

    def choose(self, phrases: Sequence[str]) -> str:
        """Return the first of ``phrases``."""
        return phrases[0]


@dataclass
class _Page:
    """A sheet in the making: numbers are given in the order things are added, each thing has one."""

    graph: Graph
    linked: LinkedQuestion
    teller: Teller
    patient: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    cited: dict[str, Citation] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)
    numbers: dict[tuple[object, ...], str] = field(default_factory=dict)  # what a citation cites -> its number

    def add_paths(self, paths: Iterable[Path], most: int = MOST_EDGES) -> None:
        """Number the mentions and edges of whole paths, as many as there is room for."""
        for path in paths:
            if len(self._edges()) + self._new(path) <= most:
                self._mention(path.start)
                for hop in path.hops:
                    self._edge(hop)

    def add_step(self, step: Step) -> None:
        """Number what a step of the outline cites; the edges of its inferences are those of the answer's paths."""
        for citation in step.citations:
            if citation.kind == "edge" and step.kind == "elimination" and len(self._edges()) < MOST_EDGES:
                edge = self.graph.edge_by_id(citation.edge_id)
                if edge is not None:
                    self._edge(Hop(edge=edge, inverted=edge.predicate == "has_phenotype"))
            elif citation.kind == "absence":
                self._absence(citation, step.option)
            elif citation.kind == "mention":
                self._link(next(link for link in self.linked.links if quote(link) == citation))
            elif citation.kind == "fact":
                self._fact(citation)

    def add_beside(self, options: Sequence[Sequence[Path]]) -> None:
        """Number the first paths of the other options, one of each in turn, that bring few new edges."""
        left = MOST_BESIDE
        for row in zip_longest(*options):
            for path in filter(None, row):
                if 0 < (new := self._new(path)) <= min(left, MOST_EDGES - len(self._edges())):
                    left -= new
                    self.add_paths([path])

    def joined(self, paths: Iterable[Path]) -> str:
        """Return the shown ones of some paths by their numbers: "E1 E2 | E5". One without edges is the mention itself."""
        found = []
        for path in paths:
            numbers = [self.numbers.get(("edge", hop.edge.id), "") for hop in path.hops]
            if not path.hops:
                numbers = [number for number, c in self.cited.items() if c.kind == "mention" and c.subject == path.start][:1]
            if numbers and all(numbers):
                found.append(" ".join(numbers))
        return " | ".join(dict.fromkeys(found))

    def against(self, step: Step, support: OptionSupport) -> str:
        """Return what the outline holds against an option, sorted by what it says, and the option's paths."""
        groups: dict[str, list[str]] = {}
        opposed = {hop.edge.id for hop in support.contradicted}
        harm = any(c.kind == "edge" and _harms(c) for c in step.citations)
        for c in step.citations:
            number = self.numbers.get(_key(c), "")
            if number and not (c.kind == "mention" and c.stance != "denied"):
                groups.setdefault(_reason(c, opposed, harm=harm), []).append(number)
        if not groups:  # there was no room for its edges: its own text can be cited, so that it can be spoken of at all
            where, text = f"option:{step.option}", self.linked.question.option_text(step.option)
            self._fact(Citation(kind="fact", where=where, start=0, end=len(text)))
            groups[REASONS[4]] = [self.numbers["fact", where, 0, len(text), ""]]
        parts = [f"{words} {' '.join(dict.fromkeys(groups[words]))}" for words in REASONS if words in groups]
        said = {number for numbers in groups.values() for number in numbers}
        beside = [part for part in self.joined(support.paths).split(" | ") if part and not set(part.split()) <= said][:MOST_BESIDE]
        return "; ".join([*parts, *([f"paths {' | '.join(beside)}"] if beside else [])])

    def _new(self, path: Path) -> int:
        """Return how many edges of a path have no number yet."""
        return sum(("edge", hop.edge.id) not in self.numbers for hop in path.hops)

    def _edges(self) -> list[str]:
        return [number for number in self.cited if number.startswith("E")]

    def _number(self, letter: str, key: tuple[object, ...], citation: Citation) -> str:
        """Return a new number for a citation, empty where it has one."""
        if key in self.numbers:
            return ""
        number = f"{letter}{1 + sum(1 for known in self.cited if known.startswith(letter))}"
        self.numbers[key], self.cited[number] = number, citation
        return number

    def _edge(self, hop: Hop) -> None:
        edge = hop.edge
        citation = claim(edge, "").citation
        if number := self._number("E", _key(citation), citation):
            sentence = self.teller.deny([edge], edge.subject) if edge.negated else self.teller.plain([hop], often=False)
            self._record(number, sentence, relation(edge), edge.object, _notes(edge, self.teller))

    def _absence(self, citation: Citation, option: str) -> None:
        own = self.linked.option_curies(option)
        triple = citation.subject, citation.predicate, citation.object
        if number := self._number("N", _key(citation), citation.model_copy(update={"anchors": None})):
            sentence = self.teller.lack([triple], triple[0] if triple[0] in own else triple[2], citation.graph_hash)
            self._record(number, sentence, sentence.claims[0].relation, citation.object, ())

    def _record(self, number: str, sentence: Sentence, label: str, object_: str, notes: Iterable[str]) -> None:
        """Add the line of an edge or absence: what stands left, the relation, what stands right, and what else it says."""
        pieces = list(sentence.pieces)
        at = next(i for i, piece in enumerate(pieces) if piece.name == label)
        end = max(i for i, piece in enumerate(pieces) if piece.name and i != at)
        if any(piece.name == object_ for piece in pieces[:at]):
            self.turned.add(number)
        right, rest = "".join(p.text for p in pieces[at + 1 : end + 1]), "".join(p.text for p in pieces[end + 1 :])
        if rest.startswith(" inheritance"):
            right, rest = f"{right} inheritance", rest.removeprefix(" inheritance")
        left = "".join(piece.text for piece in pieces[:at])
        way = [rest.strip()] if rest.startswith(" by ") and not any("by way of" in note for note in notes) else []
        said = "; ".join(plain(note, MOST_WORDS) for note in (*way, *notes) if note)
        self.records.append(f"[{number}] {name(left)} —{name(pieces[at].text)}→ {name(right)}{f' ({said})' if said else ''}")

    def _mention(self, curie: str) -> None:
        """Number the mention of a concept that reasoning starts from."""
        told = [link for link in self.linked.links if link.curie == curie and not link.mention.where.startswith("option:")]
        for assertion in ("present", "family"):
            if found := next((link for link in told if link.mention.assertion == assertion), None):
                self._link(found)
                return

    def _link(self, link: Link) -> None:
        citation = quote(link)
        if number := self._number("M", _key(citation), citation):
            words = name(self.teller.names.text(link.curie))
            said = "" if self.teller.names.stands_alone(link) else f" {quoted(link.mention.text, MOST_WORDS)}"
            self.patient.append(f"[{number}] {link.mention.assertion}: {words}{said}")

    def _fact(self, citation: Citation) -> None:
        """Number a fact of the patient, or an option's own text, which needs no line: it is cited where nothing else can be."""
        fact = next((fact for fact in self.linked.facts if quote_fact(fact) == citation), None)
        if (number := self._number("F", _key(citation), citation)) and fact:
            self.patient.append(f"[{number}] {plain(fact.text, MOST_WORDS)}")


REASONS = ("not recorded", "denied by the source", "harmful", "expected but absent here", "undecided", "recorded as well")
"""What a number may be for in an elimination, the strongest reason first."""


def _reason(citation: Citation, opposed: Collection[str], *, harm: bool) -> str:
    """Name what a cited thing says against an option.

    ``opposed`` are the edges that the search found to speak against it; where one says ``harm``, a kind leads to what harms.
    """
    if citation.kind == "absence":
        return REASONS[0]
    if citation.kind == "fact":
        return REASONS[4]
    if citation.negated:
        return REASONS[1]
    if citation.kind == "mention":
        return REASONS[3]
    if _harms(citation) or (harm and citation.predicate == "subclass_of"):
        return REASONS[2]
    return REASONS[3] if citation.edge_id in opposed else REASONS[5]


def _harms(citation: Citation) -> bool:
    """Tell whether a cited predicate speaks against what it relates, as a contraindication does."""
    return predicate_of(citation.predicate).polarity == "opposes"


def _key(citation: Citation) -> tuple[object, ...]:
    """Return what tells one thing that is cited from another."""
    if citation.kind == "edge":
        return "edge", citation.edge_id
    if citation.kind == "absence":
        return "absence", citation.subject, citation.predicate, citation.object
    return citation.kind, citation.where, citation.start, citation.end, citation.subject


def _told(support: OptionSupport) -> list[Path]:
    """Return the paths of the answer that the template tells."""
    return without_detours(support.paths[:MAX_SAID])


def _notes(edge: Edge, teller: Teller) -> Iterator[str]:
    """Yield what an edge says beyond its triple: that it is denied, the condition it holds under, how often, by whom."""
    if edge.negated:
        yield "NOT"
    held = condition(edge).strip()
    if held:
        yield f"holds {held}"
    if way := teller.tail(edge).strip().removeprefix(held).strip():
        yield way
    yield in_brackets(edge.frequency, reading(edge.predicate).occasion)
    yield source(edge)


def source(edge: Edge) -> str:
    """Return who says so, in few words: a label or textbook where one is cited ("Harrison's"), else the source."""
    first = next(iter(edge.evidence), None)
    if first is None:
        return ""
    stated = first.citation if " " in first.citation.partition(":")[0] or first.citation.isalpha() else ""
    words = (stated or first.source).removeprefix("infores:")
    for mark in (":", " (", ","):
        words = words.split(mark)[0]
    return re.sub(r"(?<=['’]s) .*", "", words)


def labelled(keys: Sequence[str]) -> dict[str, str]:
    """Return a label for every option key: the key where all are a letter or a number, else numbers."""
    simple = all(len(key) <= 2 and key.isascii() and (key.isdigit() or (key.isalpha() and len(key) == 1)) for key in keys)
    return {key: key if simple else str(number) for number, key in enumerate(keys, 1)}
