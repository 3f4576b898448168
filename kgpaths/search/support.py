"""What the graph says for and against every option of a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kgpaths.config import SearchSettings
from kgpaths.model import Hop, LinkedQuestion, OptionSupport, Question, Rejection
from kgpaths.search.arcs import Arcs, arcs_of
from kgpaths.search.contradict import Against, Patient, against
from kgpaths.search.explain import Explainer, Explanation, Finding, all_hold
from kgpaths.search.intent import Intent, asks_for_exception, intent_of, lead_in
from kgpaths.search.paths import to_path
from kgpaths.search.select import select
from kgpaths.vocabulary import predicate_of

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

IMPLIED = 0.25  # weight of a finding that another finding is a kind of: it says little more
VAGUE = 0.3  # weight of a test, a substance or a body part: that it is named does not say what was found of it
SETTING = 0.3  # weight of what else is said where a named drug is asked about
FAMILY = 0.3  # weight of what a relative has, where the intent lets it support
NO_FINDING = frozenset(("DiagnosticAid", "Treatment", "AnatomicalEntity", "Cell", "Protein", "Gene", "ChemicalEntity", "InformationContentEntity"))
REMEDIES = frozenset(("Drug", "Treatment"))
ABOUT_DRUGS = ("mechanism", "adverse_effect")
SHOWN = 4  # concepts that a rejection names
TRIED = 50  # hypotheses of one concept that are held against what speaks against them


def search(graph: Graph, linked: LinkedQuestion, settings: SearchSettings) -> tuple[OptionSupport, ...] | Rejection:
    """Return one support per option, in option order, or a rejection where nothing leads to a gold option or an exception is asked for.

    An option's score is  noisy-or over findings of their contributions, less for each finding left unexplained (see ``explain``),
    times  the product of what remains after each edge that speaks against it (see ``contradict``), for the hypothesis where
    this is greatest.
    ``missing`` are the present findings that hypothesis does not explain. An option without concepts scores 0.
    """
    if asks_for_exception(linked.question):
        return _rejection(linked.question, "asks_for_exception", "the question asks for the option that does not fit; only what fits is searched for")
    case = Case(graph, linked, settings)
    supports = tuple(case.support(option.key) for option in linked.question.options)
    gold = [s for s in supports if s.option in linked.question.answer_keys] or list(supports)
    if any(s.score > 0 for s in gold):
        return supports
    return _rejection(linked.question, "no_path", case.unreached(gold))


def _rejection(question: Question, code: str, detail: str) -> Rejection:
    """Return the rejection of a question by the search."""
    return Rejection(id=f"{question.id}:search", question_id=question.id, stage="search", code=code, detail=detail, question=question)


@dataclass(frozen=True)
class Standing:
    """An option's best explanation with what speaks against it."""

    score: float
    explanation: Explanation
    contradicted: tuple[Against, ...]


class Case:
    """One question on one graph: what the patient has, what is asked, and the half paths all options share."""

    def __init__(self, graph: Graph, linked: LinkedQuestion, settings: SearchSettings) -> None:
        self.graph, self.settings = graph, settings
        self.arcs: Arcs = arcs_of(graph)
        self.intent: Intent = intent_of(linked.question)
        self.curies = {option.key: linked.option_curies(option.key) for option in linked.question.options}
        self.concepts = {key: concepts_of(graph, key, self.curies) for key in self.curies}
        self.present = [graph.index(link.curie) for link in linked.findings() if link.curie in graph]
        if any(graph.category(node) == "Drug" for node in self.present):
            self.intent = replace(self.intent, via=())  # the drug is named: no other stands in for it
        self.patient = Patient(self.arcs, self.present, stated(graph, linked, "absent"))
        family = stated(graph, linked, "family") if self.intent.family else []
        drugs = drugs_asked_about(graph, linked, self.present) if self.intent.name in ABOUT_DRUGS else frozenset[int]()
        self.findings = weigh(graph, self.arcs, self.present, family, drugs)
        every = [concept for concepts in self.concepts.values() for concept in concepts]
        self.explainer = Explainer(self.arcs, self.findings, every, self.intent, settings) if every and self.findings else None

    def support(self, key: str) -> OptionSupport:
        """Return what the graph says for and against one option; of remedies to be given together, as much as for the one it says least for."""
        standings = [standing for concept in self.concepts[key] if (standing := self.standing(concept))]
        together = self.given_together(key)
        if together and len(standings) < len(self.concepts[key]):
            standings = []
        used = standings if together else sorted(standings, key=lambda s: -s.score)[:1]
        names = tuple(self.graph.curie(node) for node in dict.fromkeys(self.present))
        if not used:
            items = [item for concept in self.concepts[key] for item in against(self.graph, self.arcs, self.patient, concept, concept, self.intent)]
            return OptionSupport(option=key, curies=self.curies[key], missing=names, contradicted=self.hops(tuple(dict.fromkeys(items))))
        found = [one.explanation.paths[number] for one in used for number in select(one.explanation, max(1, self.settings.max_paths // len(used)))]
        explained = {self.findings[number].node for one in used for number in one.explanation.paths}
        return OptionSupport(
            option=key,
            curies=self.curies[key],
            score=min(one.score for one in used),
            paths=tuple(to_path(self.graph, path) for path in dict.fromkeys(found)),
            missing=tuple(self.graph.curie(node) for node in dict.fromkeys(self.present) if node not in explained),
            contradicted=self.hops(tuple(dict.fromkeys(item for one in used for item in one.contradicted))),
        )

    def unreached(self, gold: Sequence[OptionSupport]) -> str:
        """Return why nothing leads to the options of ``gold``: the graph has nothing of what is asked, or no path of that length."""
        sought = {relation.removeprefix("~") for relation in self.intent.last}
        walked = {self.arcs.kinds[kind].predicate for kind in np.unique(self.arcs.kind).tolist()}
        if sought and sought.isdisjoint(walked):
            has = ", ".join(sorted(name for name in walked if predicate_of(name).role == "clinical")) or "none"
            return f"the graph cannot say what is asked ({self.intent.name}): none of its clinical edges that are walked serves ({has})"
        names = [
            ", ".join(self.graph.concept_name(node) for node in nodes[:SHOWN]) for nodes in (list(dict.fromkeys(self.present)), self.goals(gold))
        ]
        keys = ", ".join(support.option for support in gold)
        return f"no path of at most {self.settings.max_hops} hops leads from {names[0]} to option {keys} ({names[1]}), asked: {self.intent.name}"

    def goals(self, supports: Sequence[OptionSupport]) -> list[int]:
        """Return the concepts of some options."""
        return list(dict.fromkeys(node for support in supports for node in self.concepts[support.option]))

    def given_together(self, key: str) -> bool:
        """Tell whether an option names several remedies, none of them a kind of another: "amphotericin B plus flucytosine"."""
        concepts = self.concepts[key]
        if len(concepts) < 2 or any(self.graph.category(node) not in REMEDIES for node in concepts):
            return False
        return not any(other in self.arcs.closure([node], up=True) for node in concepts for other in concepts if other != node)

    def standing(self, concept: int) -> Standing | None:
        """Return the hypothesis for a concept that holds up best against what speaks against it."""
        if self.explainer is None:
            return None
        best: tuple[float, int, tuple[Against, ...]] | None = None
        for score, chain in self.explainer.ranked(concept)[:TRIED]:
            if score <= 0 or (best is not None and score <= best[0]):
                break
            items = against(self.graph, self.arcs, self.patient, concept, int(self.explainer.chains.node[chain]), self.intent)
            remains = score * all_hold([item.remains for item in items])
            if best is None or remains > best[0]:
                best = remains, chain, items
        if best is None:
            return None
        explanation = self.explainer.explanation(concept, best[1])
        return Standing(explanation.score * all_hold([item.remains for item in best[2]]), explanation, best[2])

    def hops(self, items: tuple[Against, ...]) -> tuple[Hop, ...]:
        return tuple(Hop(edge=self.graph.edge(item.row), inverted=item.inverted) for item in items)


def stated(graph: Graph, linked: LinkedQuestion, assertion: str) -> list[int]:
    """Return the concepts of the vignette with this assertion, in text order."""
    links = (link for link in linked.links if link.mention.assertion == assertion and not link.mention.where.startswith("option:"))
    return [graph.index(curie) for curie in dict.fromkeys(link.curie for link in links) if curie in graph]


def drugs_asked_about(graph: Graph, linked: LinkedQuestion, present: Sequence[int]) -> frozenset[int]:
    """Return the present drugs that the last sentence names, or all of them where it names none."""
    drugs = frozenset(node for node in present if graph.category(node) == "Drug")
    text = linked.question.text
    begins = max(text.rfind(lead_in(text)), 0)
    asked = {link.curie for link in linked.links if link.mention.where == "text" and link.mention.start >= begins}
    return frozenset(node for node in drugs if graph.curie(node) in asked) or drugs


def weigh(graph: Graph, arcs: Arcs, present: list[int], family: list[int], drugs: Collection[int]) -> tuple[Finding, ...]:
    """Return the findings that may support, each concept once, with what each counts.

    A general one counts little beside a kind of it; where ``drugs`` are asked about, the rest is their setting.
    """
    implied = frozenset[int]().union(*(arcs.closure([node], up=True) - {node} for node in present))
    weights = {node: (IMPLIED if node in implied else 1.0) * (VAGUE if graph.category(node) in NO_FINDING else 1.0) for node in present}
    if drugs:
        weights = {node: weight * (1.0 if node in drugs else SETTING) for node, weight in weights.items()}
    for node in family:
        weights.setdefault(node, FAMILY)
    return tuple(Finding(node, weight) for node, weight in weights.items())


def concepts_of(graph: Graph, key: str, curies: dict[str, tuple[str, ...]]) -> tuple[int, ...]:
    """Return an option's concepts without those that another option has too, unless it has no others."""
    shared = Counter(curie for others in curies.values() for curie in others)
    own = [curie for curie in curies[key] if shared[curie] == 1] or list(curies[key])
    return tuple(dict.fromkeys(graph.index(curie) for curie in own if curie in graph))
