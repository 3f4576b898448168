"""Drafts that the whole flow makes and the validator accepts, and helpers that break one thing of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kgpaths.config import LinkSettings, SearchSettings, ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.link.linker import Linker
from kgpaths.model import Anchors, Citation, Draft, Flaw, LinkedQuestion, Option, Question, Span, Step
from kgpaths.search.support import search
from kgpaths.validate import validate
from kgpaths.verbalize.template import TemplateWriter
from tests.graphs import Thing, graph_of, line, slug

LEAD = "Which of the following is the most likely diagnosis?"
ANTAGONIST = {"object_aspect_qualifier": "activity", "object_direction_qualifier": "decreased", "causal_mechanism_qualifier": "antagonism"}
FREQUENT, VERY_FREQUENT = (0.30, 0.79), (0.80, 0.99)

LINES = (
    line("iron deficiency anemia", "has_phenotype", "koilonychia", frequency=(8, 10)),
    line("iron deficiency anemia", "has_phenotype", "fatigue", frequency=VERY_FREQUENT),
    line("iron deficiency anemia", "has_phenotype", "pica", frequency=(3, 40)),
    line("beta thalassemia", "has_phenotype", "fatigue"),
    line("beta thalassemia", "has_phenotype", "splenomegaly", frequency=FREQUENT),
    line("sickle cell disease", "has_phenotype", "splenomegaly"),
    line("sickle cell disease", "has_phenotype", "koilonychia", negated=True),
    line("sickle cell disease", "has_phenotype", "pica"),
    line("scurvy", "has_phenotype", "gum bleeding"),
    line("lead poisoning", "has_phenotype", "spooning of thumbnail"),
    line("spooning of thumbnail", "subclass_of", "koilonychia"),
    line("massive splenomegaly", "subclass_of", "splenomegaly"),
    line("celiac disease", "causes", "iron deficiency anemia"),
    line("celiac disease", "has_phenotype", "bloating"),
    line("becker dystrophy", "has_phenotype", "waddling gait", frequency=(2, 3)),
    line("becker dystrophy", "has_phenotype", "cardiomyopathy"),
    line("becker dystrophy", "has_mode_of_inheritance", "X-linked recessive inheritance"),
    line("ferrous sulfate", "first_line_treatment_for", "iron deficiency anemia", population_context_qualifier="outpatients without malabsorption"),
    line("ferric carboxymaltose", "treats", "iron deficiency anemia"),
    line("ferric carboxymaltose", "contraindicated_in", "hypophosphatemia"),
    line("folic acid", "treats", "scurvy"),
    line("deferoxamine", "treats", "iron overload"),
    line("clopidogrel", "affects", "P2Y12 receptor", **ANTAGONIST),
    line("abciximab", "affects", "glycoprotein IIb", **ANTAGONIST),
    line("aspirin", "affects", "cyclooxygenase", **ANTAGONIST),
)
NODES: dict[str, str | Thing] = {
    "fatigue": Thing("PhenotypicFeature", synonyms=("tiredness",)),
    "hypophosphatemia": "PhenotypicFeature",
    "P2Y12 receptor": "Protein",
    "glycoprotein IIb": "Protein",
    "cyclooxygenase": "Protein",
    "X-linked recessive inheritance": Thing("GeneticInheritance", synonyms=("X-linked recessive",)),
    "autosomal dominant inheritance": Thing("GeneticInheritance", synonyms=("Autosomal dominant",)),
    "clopidogrel": "Drug",
    "abciximab": "Drug",
    "aspirin": "Drug",
}
QUESTIONS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "diagnosis": (
        f"A 30-year-old woman has fatigue, pica, and koilonychia. There is no splenomegaly. {LEAD}",
        ("Beta thalassemia", "Iron deficiency anemia", "Scurvy", "Sickle cell disease"),
        "B",
    ),
    "treatment": (
        "A 52-year-old man has fatigue, koilonychia, and hypophosphatemia. Which of the following is the most appropriate drug therapy?",
        ("Ferric carboxymaltose", "Deferoxamine", "Ferrous sulfate", "Folic acid"),
        "C",
    ),
    "mechanism": (
        "A 63-year-old man takes clopidogrel. Which of the following best describes the mechanism of action of clopidogrel?",
        ("Blockade of glycoprotein IIb", "Inhibition of cyclooxygenase", "Blockade of the P2Y12 receptor"),
        "C",
    ),
    "chain": (
        f"A 24-year-old woman has bloating, fatigue, and koilonychia. {LEAD}",
        ("Celiac disease", "Scurvy", "Beta thalassemia"),
        "A",
    ),
    "family": (
        "A 5-year-old boy has a waddling gait. His uncle has cardiomyopathy. Which of the following is the most likely mode of inheritance?",
        ("Autosomal dominant", "X-linked recessive"),
        "B",
    ),
}


def rich_graph(tmp_path: Path) -> Graph:
    """Return a graph with counts, ranges, a NOT edge, is_a, a treatment with a condition, a contraindication and mechanisms."""
    return graph_of(tmp_path, *LINES, nodes=NODES)


def draft_of(graph: Graph, name: str) -> Draft:
    """Return the template's draft of one of the questions, linked and searched as the pipeline does."""
    text, options, answer = QUESTIONS[name]
    given = tuple(Option(key="ABCDE"[i], text=option) for i, option in enumerate(options))
    question = Question(id=name, dataset="t", text=text, options=given, answer_keys=(answer,))
    linked = Linker(graph, LinkSettings()).link(question)
    assert isinstance(linked, LinkedQuestion), linked
    supports = search(graph, linked, SearchSettings())
    assert isinstance(supports, tuple), supports
    return TemplateWriter(graph, 0).write(linked, supports)


def flaws(draft: Draft, graph: Graph, settings: ValidateSettings | None = None) -> tuple[Flaw, ...]:
    """Return what the validator finds."""
    return validate(draft, graph, settings).flaws


def codes(draft: Draft, graph: Graph, severity: str = "error") -> set[str]:
    """Return the errors of a draft as "check.code"."""
    return {f"{flaw.check}.{flaw.code}" for flaw in flaws(draft, graph) if flaw.severity == severity}


def first(draft: Draft, kind: str, option: str = "") -> Step:
    """Return the first step of a kind, of one option where it is given."""
    return next(step for step in draft.steps if step.kind == kind and (not option or step.option == option))


def with_step(draft: Draft, step: Step, **changes: Any) -> Draft:
    """Return the draft with one step changed."""
    changed = step.model_copy(update=changes)
    return draft.model_copy(update={"steps": tuple(changed if one.index == step.index else one for one in draft.steps)})


def renumbered(draft: Draft, steps: tuple[Step, ...]) -> Draft:
    """Return the draft with other steps, counted from 0."""
    return draft.model_copy(update={"steps": tuple(step.model_copy(update={"index": i}) for i, step in enumerate(steps))})


def with_citation(draft: Draft, step: Step, old: Citation, **changes: Any) -> Draft:
    """Return the draft with one citation changed."""
    citations = tuple(c.model_copy(update=changes) if c is old else c for c in step.citations)
    return with_step(draft, step, citations=citations)


def edge_citation(step: Step, kind: str = "edge", **wanted: Any) -> Citation:
    """Return the first citation of a kind whose fields are as wanted."""
    return next(c for c in step.citations if c.kind == kind and all(getattr(c, name) == value for name, value in wanted.items()))


def reworded(draft: Draft, step: Step, old: str, new: str) -> Draft:
    """Return the draft with the first ``old`` of a step's text replaced, every anchor moved with it.

    What a careful forger does: the anchors stay verbatim.
    """
    assert old in step.text, (old, step.text)
    at = step.text.index(old)
    return replaced(draft, step, at, at + len(old), new)


def replaced(draft: Draft, step: Step, start: int, end: int, new: str) -> Draft:
    """Return the draft with a stretch of a step's text replaced; anchors within it grow or shrink, those behind it move."""
    text, grown = step.text[:start] + new + step.text[end:], len(new) - (end - start)

    def moved(span: Span) -> Span:
        first = span.start + grown if span.start >= end else span.start
        last = span.end + grown if span.end >= end and span.end > start else span.end
        return Span(start=first, end=last, text=text[first:last])

    def shifted(citation: Citation) -> Citation:
        if citation.anchors is None:
            return citation
        return citation.model_copy(update={"anchors": Anchors(**{role: moved(span) for role, span in citation.anchors})})

    citations = tuple(map(shifted, step.citations))
    return with_step(draft, step, text=text, citations=citations)


def saying(draft: Draft, step: Step, citation: Citation, role: str, words: str) -> Draft:
    """Return the draft with the words of one anchor replaced: "subject", "object" or "relation"."""
    assert citation.anchors
    span: Span = getattr(citation.anchors, role)
    return replaced(draft, step, span.start, span.end, words)


def anchored(text: str, subject: str, relation: str, object_: str) -> Anchors:
    """Return anchors at the first occurrence of each of these words in ``text``, whatever its case."""

    def span(words: str) -> Span:
        at = text.lower().index(words.lower())
        return Span(start=at, end=at + len(words), text=text[at : at + len(words)])

    return Anchors(subject=span(subject), object=span(object_), relation=span(relation))


def stating(graph: Graph, text: str, subject: str, predicate: str, object_: str, relation: str) -> Citation:
    """Return the citation of a stored edge by the names of its ends, anchored where ``text`` says them."""
    (edge,) = graph.lookup(slug(subject), predicate, slug(object_))
    return Citation(
        kind="edge",
        edge_id=edge.id,
        content_hash=edge.content_hash,
        subject=edge.subject,
        predicate=edge.predicate,
        object=edge.object,
        negated=edge.negated,
        anchors=anchored(text, subject, relation, object_),
        stance="denied" if edge.negated else "asserted",
    )


def with_options(draft: Draft, change: Callable[[Option], Option]) -> Draft:
    """Return the draft with other options."""
    return draft.model_copy(update={"question": draft.question.model_copy(update={"options": tuple(map(change, draft.question.options))})})
