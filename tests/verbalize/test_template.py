"""Whole drafts, read as they come: exact prose, exact anchors, the same bytes twice."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from kgpaths.model import Draft
from kgpaths.verbalize.template import TemplateWriter
from tests.verbalize.drafts import ALL

PROSE = {
    "anemia": """
This 34-year-old woman presents with fatigue, pallor, and koilonychia (“spoon-shaped”). The patient has no petechiae.
Fatigue (very frequent), pallor (in 8 of 10 reported patients), and koilonychia have been recorded in iron deficiency anemia.
Fatigue and pallor are both recorded for beta thalassemia as well. Koilonychia is not a finding of beta thalassemia, but it is present here.
Fatigue belongs to the recorded findings of aplastic anemia as well. Petechiae are recorded for aplastic anemia as frequent findings, but this patient has none.
Fatigue is recorded for Wilson disease as well, so this does not tell it apart.
Nothing is on record here for magic disease or against it.
Taken together, the most likely diagnosis is iron deficiency anemia (C).
""",  # noqa: E501
    "pneumonia": """
This 3-year-old boy has fever and tachypnea (respirations 52/min).
Fever has been recorded in bacterial pneumonia. Tachypnea is a kind of abnormal breathing, which has been recorded in bacterial pneumonia as a very frequent finding.
Bacterial pneumonia is treated first-line with amoxicillin in children.
Azithromycin treats bacterial pneumonia, but it is not recorded as first-line treatment.
Oseltamivir is not recorded as first-line treatment for bacterial pneumonia.
Aspirin belongs to the salicylates, which should not be given in fever, and fever is present here. Aspirin is not recorded as the first-line treatment for bacterial pneumonia.
Ibuprofen is contraindicated in fever, which this patient has. Ibuprofen is not recorded as first-line treatment for bacterial pneumonia.
All in all, the most appropriate initial antimicrobial therapy is oral amoxicillin (A).
""",  # noqa: E501
    "lisinopril": """
The question turns on lisinopril.
Lisinopril blocks angiotensin-converting enzyme.
Lisinopril is not recorded to act on the angiotensin II receptor.
Renin is not recorded as affected by lisinopril.
Inhibition of angiotensin-converting enzyme (A) best describes the mechanism of action of this drug.
""",
    "contraindicated": """
The patient has bulimia nervosa.
Bulimia nervosa precludes the use of bupropion.
Fluoxetine is not recorded as contraindicated in bulimia nervosa.
Bulimia nervosa is not a recorded contraindication to sertraline.
Bupropion (A) is contraindicated in this patient.
""",
    "inherited": """
The patient presents with frequent falls and muscle hypertrophy.
Frequent falls are recorded for Duchenne muscular dystrophy in 3 of 40 reported patients. Calf hypertrophy, which is a kind of muscle hypertrophy, has been recorded in Duchenne muscular dystrophy as a very frequent finding.
Duchenne muscular dystrophy follows X-linked recessive inheritance.
Autosomal recessive inheritance is not recorded for Duchenne muscular dystrophy.
The most likely mode of inheritance of this boy's condition is X-linked recessive (B).
""",  # noqa: E501
}


@pytest.mark.parametrize("name", ALL)
def test_reads_as_written(name: str, tmp_path: Path) -> None:
    graph, case, supports = ALL[name](tmp_path)
    draft = TemplateWriter(graph, 0).write(case, supports)
    assert [step.text for step in draft.steps] == PROSE[name].strip().splitlines()


@pytest.fixture(params=[(name, seed) for name in ALL for seed in range(4)], ids=lambda p: f"{p[0]}-{p[1]}")
def draft(request: pytest.FixtureRequest, tmp_path: Path) -> Draft:
    name, seed = request.param
    graph, case, supports = ALL[name](tmp_path)
    return TemplateWriter(graph, seed).write(case, supports)


def test_every_anchor_is_the_words_it_says(draft: Draft) -> None:
    cited = [(step, c) for step in draft.steps for c in step.citations]
    assert {c.kind for _, c in cited} >= {"edge", "mention"}
    for step, citation in cited:
        assert (citation.anchors is not None) == (citation.kind in ("edge", "absence"))
        if citation.anchors:
            for span in (citation.anchors.subject, citation.anchors.object, citation.anchors.relation):
                assert span.text and step.text[span.start : span.end] == span.text


def test_mentions_and_facts_are_where_they_are_cited(draft: Draft) -> None:
    question = draft.question
    for citation in (c for step in draft.steps for c in step.citations if c.kind in ("mention", "fact")):
        source = question.text if citation.where == "text" else question.option_text(citation.where.removeprefix("option:"))
        assert source[citation.start : citation.end].strip()


def test_no_id_and_no_talk_of_the_graph(draft: Draft) -> None:
    for step in draft.steps:
        assert not re.search(r"\b[A-Za-z]+:[A-Za-z0-9-]+|\b(?:given answer|correct answer|edge|path|graph|triple|node)\b", step.text)


def test_steps_stand_in_order_and_are_short(draft: Draft) -> None:
    order = ["finding", "inference", "elimination", "conclusion"]
    kinds = [step.kind for step in draft.steps]
    assert kinds == sorted(kinds, key=order.index)
    assert [step.index for step in draft.steps] == list(range(len(draft.steps)))
    assert kinds.count("conclusion") == kinds.count("finding") == 1
    assert [step.option for step in draft.steps if step.kind == "elimination"] == [o.key for o in draft.question.options if o.key != draft.conclusion]
    assert all(len(re.findall(r"\.(?: |$)", step.text)) <= 3 and step.text[0].isupper() and step.text[-1] == "." for step in draft.steps)


def test_denials_are_denied_and_the_rest_asserted(draft: Draft) -> None:
    for citation in (c for step in draft.steps for c in step.citations):
        if citation.kind == "absence":
            assert citation.stance == "denied" and citation.graph_hash
        elif citation.kind == "edge":
            assert (citation.stance == "denied") == citation.negated


def test_eliminations_never_hold_a_finding_against_an_option(draft: Draft) -> None:
    present = {link.curie for link in draft.links if link.mention.assertion == "present"}
    gold = next(s for s in draft.supports if s.option == draft.conclusion)
    for step in draft.steps:
        if step.kind == "elimination":
            for citation in step.citations:
                assert not (citation.kind == "mention" and citation.stance == "denied" and citation.subject in present)
                assert not (citation.stance == "denied" and {citation.subject, citation.object} & set(gold.curies))


def test_no_phrasing_follows_itself(draft: Draft) -> None:
    relations = [c.anchors.relation.text for step in draft.steps for c in step.citations if c.kind == "absence" and c.anchors]
    fresh = [text for text, before in pairwise(relations) if text == before]
    assert len(fresh) <= len(relations) // 2


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    graph, case, supports = ALL["anemia"](tmp_path)
    first, second = (TemplateWriter(graph, 7).write(case, supports).model_dump_json() for _ in range(2))
    assert first == second
    others = {" ".join(step.text for step in TemplateWriter(graph, seed).write(case, supports).steps) for seed in range(6)}
    assert len(others) > 3
