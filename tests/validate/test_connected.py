"""Connected: the inferences lead from findings that were told to the conclusion, in order, and nowhere else."""

from __future__ import annotations

from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Step
from tests.validate.drafts import codes, edge_citation, first, renumbered, stating, with_citation, with_step


def inserted(draft: Draft, at: int, text: str, graph: Graph, *edge: str) -> Draft:
    """Return the draft with an inference put in before step ``at``."""
    step = Step(index=at, kind="inference", text=text, citations=(stating(graph, text, *edge),))
    return renumbered(draft, (*draft.steps[:at], step, *draft.steps[at:]))


def test_a_hop_dropped_leaves_the_conclusion_unreached(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["treatment"]
    treated = next(step for step in draft.steps if "malabsorption" in step.text)
    assert "connected.unreached" in codes(renumbered(draft, tuple(s for s in draft.steps if s is not treated)), rich)
    found = first(draft, "inference")
    dropped = codes(renumbered(draft, tuple(s for s in draft.steps if s is not found)), rich)
    assert {"connected.unreached", "connected.orphan"} <= dropped


def test_all_inferences_dropped_leave_the_conclusion_unreached(drafts: dict[str, Draft], rich: Graph) -> None:
    for draft in drafts.values():
        assert "connected.unreached" in codes(renumbered(draft, tuple(s for s in draft.steps if s.kind != "inference")), rich)


def test_findings_must_be_told_before_they_lead_anywhere(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["mechanism"]
    step = first(draft, "finding")
    untold = with_step(draft, step, citations=tuple(c for c in step.citations if c.kind == "fact"))
    assert "connected.unreached" in codes(untold, rich)
    denied = with_citation(draft, step, edge_citation(step, "mention"), stance="denied")
    assert "connected.unreached" in codes(denied, rich)


def test_the_conclusions_own_concept_in_the_question_is_no_reasoning(drafts: dict[str, Draft], rich: Graph) -> None:
    """Were the answer's concept a finding, its mention alone would not reach it: a step has to say so."""
    draft = drafts["mechanism"]
    link = next(one for one in draft.links if one.mention.where == "text")
    option = link.model_copy(update={"mention": link.mention.model_copy(update={"where": "option:C", "start": 0, "end": 11})})
    renamed = draft.question.options[2].model_copy(update={"text": "Clopidogrel"})
    question = draft.question.model_copy(update={"options": (*draft.question.options[:2], renamed)})
    links = (*(one for one in draft.links if one.mention.where != "option:C"), option)
    bare = draft.model_copy(update={"question": question, "links": links})
    without = renumbered(bare, tuple(s for s in bare.steps if s.kind != "inference"))
    assert "connected.unreached" in codes(without, rich)
    mention = edge_citation(first(draft, "finding"), "mention")
    step = Step(index=1, kind="inference", text="Clopidogrel is described in the patient already.", citations=(mention,))
    told = renumbered(without, (without.steps[0], step, *without.steps[1:]))
    assert "connected.unreached" not in codes(told, rich)


def test_an_orphan_inference_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    text = "Gum bleeding is recorded for scurvy."
    broken = inserted(drafts["diagnosis"], 2, text, rich, "scurvy", "has_phenotype", "gum bleeding", "is recorded for")
    assert "connected.orphan" in codes(broken, rich)


def test_an_orphan_edge_in_a_step_that_is_joined_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    draft, step = drafts["diagnosis"], first(drafts["diagnosis"], "inference")
    text = f"{step.text} Gum bleeding is noted in scurvy."
    cited = stating(rich, text, "scurvy", "has_phenotype", "gum bleeding", "is noted in")
    assert "connected.orphan" in codes(with_step(draft, step, text=text, citations=(*step.citations, cited)), rich)


def test_an_inference_that_leads_nowhere_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    text = "Fatigue is recorded for beta thalassemia."
    broken = inserted(drafts["diagnosis"], 2, text, rich, "beta thalassemia", "has_phenotype", "fatigue", "is recorded for")
    assert codes(broken, rich) == {"connected.dead_end"}


def test_premises_come_first(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["treatment"]
    one, two = (step for step in draft.steps if step.kind == "inference")
    shuffled = renumbered(draft, tuple({one.index: two, two.index: one}.get(step.index, step) for step in draft.steps))
    assert codes(shuffled, rich) == {"connected.premise_later"}


def test_a_relatives_finding_alone_leads_to_no_conclusion(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["family"]
    finding, inference = first(draft, "finding"), first(draft, "inference")
    gait = edge_citation(finding, "mention", subject="X:waddling-gait")
    broken = with_step(draft, finding, citations=tuple(c for c in finding.citations if c is not gait))
    broken = with_step(broken, inference, citations=tuple(c for c in inference.citations if c.object != "X:waddling-gait"))
    assert "connected.unreached" in codes(broken, rich)
    assert "connected.orphan" not in codes(broken, rich)
