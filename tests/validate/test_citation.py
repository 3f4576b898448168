"""Citation: what a step cites is in the graph as cited, and the step says it in its own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Anchors, Citation, Draft, Question, Rejection, Span, Step
from kgpaths.search.support import search
from kgpaths.validate.absence import WIDEST
from kgpaths.verbalize.template import TemplateWriter
from tests.graphs import Line, graph_of, line
from tests.search.cases import linked
from tests.validate.drafts import (
    anchored,
    codes,
    edge_citation,
    first,
    replaced,
    reworded,
    saying,
    stating,
    with_citation,
    with_step,
)


def absent(draft: Draft) -> tuple[Step, Citation]:
    """Return a step that cites an absence, with the citation."""
    step = next(s for s in draft.steps for c in s.citations if c.kind == "absence")
    return step, edge_citation(step, "absence")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"edge_id": "0" * 20}, "edge_missing"),
        ({"edge_id": ""}, "edge_missing"),
        ({"edge_id": "no id at all"}, "edge_missing"),
        ({"edge_id": "é" * 20}, "edge_missing"),
        ({"content_hash": "0" * 20}, "edge_changed"),
        ({"content_hash": ""}, "edge_changed"),
        ({"subject": "X:scurvy"}, "edge_differs"),
        ({"object": "X:scurvy"}, "edge_differs"),
        ({"predicate": "causes"}, "edge_differs"),
        ({"predicate": "no such thing"}, "edge_differs"),
        ({"negated": True}, "edge_differs"),
        ({"stance": "denied"}, "stance"),
        ({"anchors": None}, "anchors_missing"),
    ],
)
def test_a_forged_citation_is_found(changes: dict[str, Any], code: str, drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "inference")
    assert f"citation.{code}" in codes(with_citation(drafts["diagnosis"], step, step.citations[0], **changes), rich)


def test_an_edge_that_exists_elsewhere_does_not_do(drafts: dict[str, Draft], rich: Graph) -> None:
    """The id and hash of a true edge under a sentence that says another."""
    step = first(drafts["diagnosis"], "inference")
    other = edge_citation(first(drafts["diagnosis"], "elimination", "A"))
    fields = {name: getattr(other, name) for name in ("edge_id", "content_hash", "subject", "predicate", "object")}
    assert "citation.names_other" in codes(with_citation(drafts["diagnosis"], step, step.citations[0], **fields), rich)


def test_what_the_graph_both_states_and_denies_supports_nothing(tmp_path: Any) -> None:
    """Two sources may disagree on one pair; of which condition it holds does not."""
    graph = graph_of(
        tmp_path,
        line("alpha", "has_phenotype", "omega"),
        line("alpha", "has_phenotype", "omega", negated=True),
        line("beta", "has_phenotype", "omega"),
        line("beta", "has_phenotype", "omega", negated=True, stage_qualifier="late"),
    )
    for subject, denied, disputed in (("alpha", False, True), ("alpha", True, True), ("beta", False, False), ("beta", True, False)):
        edge = next(e for e in graph.lookup(f"X:{subject}", "has_phenotype", "X:omega") if e.negated == denied)
        text = f"Omega is {'not ' if denied else ''}a finding of {subject}{' in the late stage' if edge.qualifiers else ''}."
        relation = "is not a finding of" if denied else "is a finding of"
        cited = Citation(
            kind="edge",
            edge_id=edge.id,
            content_hash=edge.content_hash,
            subject=edge.subject,
            predicate=edge.predicate,
            object=edge.object,
            negated=edge.negated,
            stance="denied" if denied else "asserted",
            anchors=anchored(text, subject, relation, "omega"),
        )
        step = Step(index=0, kind="inference", text=text, citations=(cited,))
        found = codes(Draft(id="d", question=Question(id="q", dataset="t", text="?"), steps=(step,)), graph)
        assert {code for code in found if code.startswith("citation")} == ({"citation.disputed"} if disputed else set())


def test_reasoning_without_a_citation_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    for kind in ("inference", "elimination"):
        step = first(drafts["diagnosis"], kind)
        assert "citation.uncited" in codes(with_step(drafts["diagnosis"], step, citations=()), rich)


@pytest.mark.parametrize("role", ["subject", "object"])
def test_an_entity_swapped_for_another_is_found(role: str, drafts: dict[str, Draft], rich: Graph) -> None:
    for name, draft in drafts.items():
        for step in draft.steps:
            for citation in step.citations:
                if citation.anchors:
                    own = getattr(citation.anchors, role).text.lower()
                    for other in {"scurvy", "gum bleeding", "nonsense"} - {own}:
                        assert "citation.names_other" in codes(saying(draft, step, citation, role, other), rich), (name, step.text)


def test_a_direction_flipped_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    """Subject and object change places in the words, anchors and all."""
    flipped = 0
    for draft in drafts.values():
        for step in draft.steps:
            if len(step.citations) == 1 and (citation := step.citations[0]).anchors:
                one, two = citation.anchors.subject, citation.anchors.object
                early, late = sorted((one, two), key=lambda span: span.start)
                broken = replaced(draft, step, late.start, late.end, early.text)
                broken = replaced(broken, broken.steps[step.index], early.start, early.end, late.text)
                anchors = broken.steps[step.index].citations[0].anchors
                assert anchors
                swapped = anchors.model_copy(update={"subject": anchors.object, "object": anchors.subject})
                broken = with_citation(broken, broken.steps[step.index], broken.steps[step.index].citations[0], anchors=swapped)
                assert codes(broken, rich) & {"citation.direction", "citation.relation_other"}, step.text
                flipped += 1
    assert flipped >= 5


def test_a_polarity_flipped_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    for draft in drafts.values():
        for step in draft.steps:
            for citation in step.citations:
                if citation.anchors:
                    words = citation.anchors.relation.text
                    denied = " not " in f" {words} "
                    said = words.replace("not ", "", 1) if denied else f"never {words}"
                    assert "citation.polarity" in codes(saying(draft, step, citation, "relation", said), rich), step.text


@pytest.mark.parametrize("tail", [" in no patient", " in none of them", " never"])
def test_a_denial_after_the_last_word_is_found(tail: str, drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["mechanism"], "inference")
    assert "citation.polarity" in codes(reworded(drafts["mechanism"], step, "receptor.", f"receptor{tail}."), rich)


def test_the_graphs_denial_said_as_a_finding_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "D")
    denied = edge_citation(step, negated=True)
    assert denied.anchors
    assert "citation.polarity" in codes(saying(draft, step, denied, "relation", "is a finding of"), rich)
    assert "citation.stance" in codes(with_citation(draft, step, denied, stance="asserted"), rich)


@pytest.mark.parametrize(
    ("name", "relation"),
    [
        ("chain", "treats"),
        ("chain", "is a kind of"),
        ("chain", "resembles"),
        ("mechanism", "activates"),
        ("mechanism", "is an agonist at"),
        ("mechanism", "treats"),
        ("mechanism", "blocks the synthesis of"),
        ("mechanism", "blocks the secretion of"),
        ("family", "causes"),
    ],
)
def test_a_predicate_changed_is_found(name: str, relation: str, drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts[name], "inference")
    broken = saying(drafts[name], step, step.citations[0], "relation", relation)
    assert codes(broken, rich) & {"citation.relation_other", "citation.direction"}


def test_a_vaguer_word_for_an_action_is_none_of_another(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["mechanism"]
    step = first(draft, "inference")
    for words in ("acts on", "is an antagonist at", "inhibits the activity of"):
        assert codes(saying(draft, step, step.citations[0], "relation", words), rich) == set()


@pytest.mark.parametrize("forged", ["moved", "empty", "negative", "huge", "reversed", "one", "all"])
def test_anchors_are_the_words_of_the_step_and_not_the_same_words(forged: str, drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["chain"], "inference")
    anchors = step.citations[0].anchors
    assert anchors
    relation, size = anchors.relation, len(step.text)
    span = {
        "moved": relation.model_copy(update={"start": relation.start - 1}),
        "empty": Span(start=0, end=0, text=""),
        "negative": Span(start=relation.start - size, end=relation.end - size, text=relation.text),
        "huge": relation.model_copy(update={"start": 10**40, "end": 10**40 + len(relation.text)}),
        "reversed": relation.model_copy(update={"start": relation.end, "end": relation.start}),
        "one": anchors.object,
        "all": Span(start=0, end=size, text=step.text),
    }[forged]
    broken = with_citation(drafts["chain"], step, step.citations[0], anchors=anchors.model_copy(update={"relation": span}))
    assert f"citation.{'anchors_overlap' if forged in ('one', 'all') else 'anchor_not_verbatim'}" in codes(broken, rich)


def test_a_relation_in_another_sentence_is_none(drafts: dict[str, Draft], rich: Graph) -> None:
    """The ends are named in two sentences that say other things; the anchors are all verbatim."""
    draft, step = drafts["diagnosis"], first(drafts["diagnosis"], "inference")
    text = "Iron deficiency anemia includes fatigue. Scurvy has gum bleeding."
    cited = stating(rich, text, "iron deficiency anemia", "has_phenotype", "fatigue", "has")
    assert "citation.anchors_apart" in codes(with_step(draft, step, text=text, citations=(cited,)), rich)
    pronoun = "Iron deficiency anemia is common. It has been recorded with fatigue."
    cited = stating(rich, pronoun, "iron deficiency anemia", "has_phenotype", "fatigue", "has been recorded with")
    assert "citation.anchors_apart" not in codes(with_step(draft, step, text=pronoun, citations=(cited,)), rich)


def test_a_condition_left_unsaid_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["treatment"]
    step = next(s for s in draft.steps if "malabsorption" in s.text)
    assert "citation.qualifier_unsaid" in codes(reworded(draft, step, " in outpatients without malabsorption", ""), rich)
    assert "citation.qualifier_unsaid" in codes(reworded(draft, step, "outpatients", "all people"), rich)


def test_an_absence_that_is_none_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "A")

    def claimed(subject: str, predicate: str, object_: str, **changes: Any) -> set[str]:
        relation = "is not recorded for"
        text = f"{object_} {relation} {subject}."
        spans = {name: text.index(words) for name, words in (("subject", subject), ("object", object_), ("relation", relation))}
        words = {"subject": subject, "object": object_, "relation": relation}
        anchors = Anchors(**{name: Span(start=at, end=at + len(words[name]), text=words[name]) for name, at in spans.items()})
        curies = {"subject": "X:" + subject.replace(" ", "-"), "object": "X:" + object_.replace(" ", "-")}
        citation = Citation(kind="absence", predicate=predicate, graph_hash=rich.hash, anchors=anchors, stance="denied", **curies)
        return codes(with_step(draft, step, text=text, citations=(citation.model_copy(update=changes),)), rich)

    assert claimed("beta thalassemia", "has_phenotype", "pica") == set()
    assert "citation.absence_false" in claimed("beta thalassemia", "has_phenotype", "fatigue")
    assert "citation.other_graph" in claimed("beta thalassemia", "has_phenotype", "pica", graph_hash="0" * 64)
    assert "citation.other_graph" in claimed("beta thalassemia", "has_phenotype", "pica", graph_hash="")
    assert "citation.absence_unknown" in claimed("beta thalassemia", "has_nothing", "pica")
    assert "citation.absence_unknown" in claimed("beta thalassemia", "has_phenotype", "pica", object="X:nothing")
    assert "citation.stance" in claimed("beta thalassemia", "has_phenotype", "pica", stance="asserted")
    # the graph has lead poisoning with a kind of koilonychia, so koilonychia is recorded for it
    assert "citation.absence_false" in claimed("lead poisoning", "has_phenotype", "koilonychia")


def test_an_absence_is_false_through_kinds_twins_and_stronger_relations(tmp_path: Any) -> None:
    from kgpaths.validate.absence import recorded

    graph = graph_of(
        tmp_path,
        line("typhoid fever", "subclass_of", "enteric fever"),
        line("typhoid fever", "has_phenotype", "rose spots"),
        line("rose spots", "subclass_of", "exanthem"),
        line("exanthem", "exact_match", "rash"),
        line("ceftriaxone", "first_line_treatment_for", "typhoid fever"),
        line("warfarin", "pharmacologically_interacts_with", "aspirin"),
        line("typhoid fever", "has_phenotype", "cough", negated=True),
    )
    for subject, predicate, object_ in (
        ("typhoid-fever", "has_phenotype", "exanthem"),
        ("enteric-fever", "has_phenotype", "exanthem"),
        ("enteric-fever", "has_phenotype", "rash"),
        ("ceftriaxone", "treats", "enteric-fever"),
        ("aspirin", "pharmacologically_interacts_with", "warfarin"),
    ):
        assert recorded(graph, f"X:{subject}", predicate, f"X:{object_}"), (subject, predicate, object_)
    for subject, predicate, object_ in (
        ("typhoid-fever", "has_phenotype", "cough"),
        ("rose-spots", "has_phenotype", "typhoid-fever"),
        ("typhoid-fever", "causes", "rose-spots"),
        ("ceftriaxone", "antidote_for", "typhoid-fever"),
    ):
        assert recorded(graph, f"X:{subject}", predicate, f"X:{object_}") is None, (subject, predicate, object_)


def test_an_absence_said_as_an_impossibility_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    step, _ = absent(drafts["mechanism"])
    assert "citation.absence_overclaimed" in codes(with_step(drafts["mechanism"], step, text=f"{step.text} It cannot."), rich)
    assert "citation.absence_overclaimed" in codes(with_step(drafts["mechanism"], step, text=f"{step.text} This rules it out."), rich)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start": 2, "end": 5}, "mention_unlinked"),
        ({"subject": "X:scurvy"}, "mention_unlinked"),
        ({"subject": ""}, "mention_unlinked"),
        ({"where": "option:Z"}, "mention_missing"),
        ({"where": ""}, "mention_missing"),
        ({"start": -5, "end": -1}, "mention_missing"),
        ({"start": 5, "end": 5}, "mention_missing"),
        ({"end": 10**30}, "mention_missing"),
        ({"stance": "denied"}, "mention_polarity"),
    ],
)
def test_a_cited_mention_is_the_questions(changes: dict[str, Any], code: str, drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "finding")
    mention = edge_citation(step, "mention", subject="X:pica")
    assert f"citation.{code}" in codes(with_citation(drafts["diagnosis"], step, mention, **changes), rich)


def test_a_denied_finding_cited_as_there_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "finding")
    mention = edge_citation(step, "mention", subject="X:splenomegaly")
    assert "citation.mention_polarity" in codes(with_citation(drafts["diagnosis"], step, mention, stance="asserted"), rich)


@pytest.mark.parametrize("changes", [{"start": 0, "end": 3}, {"where": "nowhere"}, {"start": -4}, {"where": "option:A", "start": 0, "end": 16}])
def test_a_cited_fact_is_the_questions(changes: dict[str, Any], drafts: dict[str, Draft], rich: Graph) -> None:
    step = first(drafts["diagnosis"], "finding")
    assert "citation.fact_missing" in codes(with_citation(drafts["diagnosis"], step, edge_citation(step, "fact"), **changes), rich)


def test_the_text_of_an_option_is_a_fact_for_its_own_step_alone(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "C")
    fact = edge_citation(step, "fact")
    assert codes(draft, rich) == set()
    assert "citation.fact_missing" in codes(with_citation(draft, step, fact, where="option:A", end=len("Beta thalassemia")), rich)
    assert "citation.fact_missing" in codes(with_citation(draft, step, fact, end=3), rich)


def test_a_denial_of_one_thing_is_none_of_the_next(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    text = "Koilonychia is not a finding of sickle cell disease, but pica is recorded for it."
    denied = stating(rich, text, "sickle cell disease", "has_phenotype", "koilonychia", "is not a finding of")
    stated = stating(rich, text, "sickle cell disease", "has_phenotype", "pica", "is recorded for")
    step = first(draft, "elimination", "D")
    assert codes(with_step(draft, step, text=text, citations=(denied, stated)), rich) == set()


def test_it_may_stand_for_either_of_what_was_named(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["treatment"]
    step = first(draft, "elimination", "A")
    text = "Ferric carboxymaltose treats iron deficiency anemia, but it is not recorded as first-line treatment."
    relation = "is not recorded as first-line treatment"
    curies = {"subject": "X:ferric-carboxymaltose", "object": "X:iron-deficiency-anemia", "predicate": "first_line_treatment_for"}
    anchors = anchored(text, "Ferric carboxymaltose", relation, "iron deficiency anemia")
    lack = Citation(kind="absence", graph_hash=rich.hash, stance="denied", anchors=anchors, **curies)
    treats = stating(rich, text, "ferric carboxymaltose", "treats", "iron deficiency anemia", "treats")
    assert codes(with_step(draft, step, text=text, citations=(treats, lack)), rich) == set()
    without = text.replace("it is", "is")
    moved = lack.model_copy(update={"anchors": anchored(without, "Ferric carboxymaltose", relation, "iron deficiency anemia")})
    assert "citation.direction" in codes(with_step(draft, step, text=without, citations=(treats, moved)), rich)


def test_of_a_whole_chapter_nothing_is_said_to_be_missing(tmp_path: Path) -> None:
    def lines_of(kinds: int) -> list[Line]:
        return [line(f"{name} {i}", "subclass_of", name) for name in ("clopidogrel", "cyclooxygenase") for i in range(kinds)]

    for kinds, wide in ((WIDEST + 1, True), (3, False)):
        many = dict.fromkeys((f"cyclooxygenase {i}" for i in range(kinds)), "Protein") | {"cyclooxygenase": "Protein", "P2Y12": "Protein"}
        drugs = dict.fromkeys((f"clopidogrel {i}" for i in range(kinds)), "Drug") | {"clopidogrel": "Drug"}
        graph = graph_of(tmp_path / str(kinds), *lines_of(kinds), line("clopidogrel", "affects", "P2Y12"), nodes=many | drugs)
        asked = linked(graph, ["clopidogrel"], {"A": "P2Y12", "B": "cyclooxygenase"}, category="mechanism")
        found = search(graph, asked, SearchSettings())
        assert not isinstance(found, Rejection)
        assert ("citation.absence_wide" in codes(TemplateWriter(graph).write(asked, found), graph)) == wide
