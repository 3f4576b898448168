"""The offline writer: a linked question and what the graph supports, put into steps a tutor might speak, each with its citations."""

from __future__ import annotations

from collections.abc import Sequence

from kgpaths.graph.store import Graph
from kgpaths.model import ConceptName, Draft, LinkedQuestion, OptionSupport, Path, Step, digest
from kgpaths.verbalize.absence import Absences
from kgpaths.verbalize.casing import Casing
from kgpaths.verbalize.conclusion import conclude
from kgpaths.verbalize.elimination import Case, eliminate
from kgpaths.verbalize.findings import MAX_SAID, finding_sentences, quote, said
from kgpaths.verbalize.inference import inference_steps, without_detours
from kgpaths.verbalize.names import Names
from kgpaths.verbalize.phrasing import Chooser
from kgpaths.verbalize.prose import Piece, Sentence, plain, step
from kgpaths.verbalize.sentences import Teller

WRITER = "template"


class TemplateWriter:
    """Write drafts over one graph. The same question, supports and seed give the same bytes."""

    def __init__(self, graph: Graph, seed: int = 0) -> None:
        self.graph = graph
        self.seed = seed
        self.casing = Casing(alias.text for alias in graph.aliases())
        self.absences = Absences(graph)

    def write(self, linked: LinkedQuestion, supports: Sequence[OptionSupport]) -> Draft:
        """Return the draft that leads to the gold option: findings, inferences, one elimination per other option, conclusion.

        The gold option is the first answer key. Raises KeyError where no support has that key.
        """
        question = linked.question
        key = question.answer_keys[0]
        gold = {support.option: support for support in supports}[key]
        chooser = Chooser(self.seed, question.id)
        names = Names(self.graph, self.casing, linked)
        teller = Teller(names, chooser)
        paths = tuple(without_detours(gold.paths[:MAX_SAID]))
        used = tuple(dict.fromkeys(path.start for path in paths))
        case = Case(self.graph, linked, teller, self.absences, gold.model_copy(update={"paths": paths}), used)
        inferences = self._inferences(paths, linked, teller)
        others = [(support.option, eliminate(case, support)) for support in supports if support.option not in question.answer_keys]
        quoted = {c.subject for _, sentences in others for s in sentences for c in s.quotes if c.kind == "mention"}
        steps = [step(0, "finding", finding_sentences(linked, names, chooser, (*used, *sorted(quoted)), tuple(sorted(quoted))))]
        for sentences in inferences:
            steps.append(step(len(steps), "inference", sentences))
        for option, sentences in others:
            steps.append(step(len(steps), "elimination", sentences, option))
        steps.append(self._conclusion(len(steps), linked, gold, names, chooser))
        draft = Draft(
            id=digest([question.id, WRITER, self.seed, 0], 20),
            question=question,
            links=linked.links,
            facts=linked.facts,
            supports=tuple(supports),
            steps=tuple(steps),
            conclusion=key,
            writer=WRITER,
        )
        return draft.model_copy(update={"concepts": tuple(map(self._named, draft.curies()))})

    def _named(self, curie: str) -> ConceptName:
        index = self.graph.index(curie)
        return ConceptName(curie=curie, name=self.graph.concept_name(index), category=self.graph.category(index))

    def _inferences(self, paths: Sequence[Path], linked: LinkedQuestion, teller: Teller) -> list[list[Sentence]]:
        """Return the inference steps; a finding that is the option's own concept is said to be there already."""
        steps = inference_steps(paths, teller)
        for path in paths:
            if not path.hops:
                links = said(linked, (path.start,), "present")
                named = teller.names.of(path.start)
                verb = " are" if named.plural else " is"
                steps.append([Sentence((*named.pieces, Piece(f"{verb} described in the patient already")), quotes=tuple(map(quote, links)))])
        return steps

    def _conclusion(self, index: int, linked: LinkedQuestion, gold: OptionSupport, names: Names, chooser: Chooser) -> Step:
        option = names.option(gold.option, gold.curies)
        category = next(map(names.category, gold.curies), "")
        return step(index, "conclusion", [plain(conclude(linked.question, option, gold.option, chooser, category))], gold.option)
