"""Small whole nouns for tests of what stores and shows them."""

from __future__ import annotations

from kgpaths.model import (
    Anchors,
    Citation,
    ConceptName,
    Draft,
    Edge,
    Evidence,
    Example,
    Flaw,
    Frequency,
    Hop,
    Licence,
    Link,
    Mention,
    Option,
    OptionSupport,
    Part,
    Path,
    Provenance,
    Qualifier,
    Question,
    Rejection,
    Span,
    Step,
    content_hash,
    edge_id,
)


def edge(subject: str, predicate: str, object: str, *, negated: bool = False, frequency: Frequency | None = None) -> Edge:
    id = edge_id(subject, predicate, object, negated)
    evidence = (Evidence(source="test", licence="CC0-1.0", publications=("PMID:1",), confidence=0.5),)
    return Edge(
        id=id,
        content_hash=content_hash(id, frequency, evidence),
        subject=subject,
        predicate=predicate,
        object=object,
        negated=negated,
        frequency=frequency,
        evidence=evidence,
    )


def question() -> Question:
    options = (Option(key="A", text="Iron deficiency anemia"), Option(key="B", text="Thalassemia"))
    text = "A woman has koilonychia\u2028and no jaundice. Which is it?"
    return Question(
        id="q1",
        dataset="test",
        text=text,
        options=options,
        answer_keys=("A",),
        answer_text="Iron deficiency anemia",
        licence="CC0-1.0",
        tags=("set:x",),
    )


def draft() -> Draft:
    asked = question()
    at = asked.text.index("koilonychia")
    mention = Mention(where="text", start=at, end=at + 11, text="koilonychia")
    finding = Link(mention=mention, curie="X:koilonychia", score=1.0, method="dictionary", alias="koilonychia")
    option = Link(
        mention=Mention(where="option:A", start=0, end=22, text="Iron deficiency anemia"),
        curie="X:ida",
        score=1.0,
        method="dictionary",
        alias="iron deficiency anemia",
    )
    cited = edge("X:ida", "has_phenotype", "X:koilonychia", frequency=Frequency(n=3, m=10, texts=("3/10",)))
    path = Path(start="X:koilonychia", end="X:ida", hops=(Hop(edge=cited, inverted=True),), score=0.1 + 0.2, parts=(Part(name="hops", value=1.5),))
    text = "Koilonychia is recorded for iron deficiency anemia."
    anchors = Anchors(
        subject=Span(start=28, end=50, text=text[28:50]),
        object=Span(start=0, end=11, text=text[:11]),
        relation=Span(start=12, end=27, text=text[12:27]),
    )
    citation = Citation(
        kind="edge",
        edge_id=cited.id,
        content_hash=cited.content_hash,
        subject=cited.subject,
        predicate=cited.predicate,
        object=cited.object,
        anchors=anchors,
    )
    steps = (
        Step(
            index=0,
            kind="finding",
            text="She has koilonychia.",
            citations=(Citation(kind="mention", where="text", start=at, end=at + 11, subject="X:koilonychia"),),
        ),
        Step(index=1, kind="inference", text=text, citations=(citation,), option="A"),
        Step(index=2, kind="conclusion", text="This fits iron deficiency anemia (A).", option="A"),
    )
    supports = (OptionSupport(option="A", curies=("X:ida",), score=0.3, paths=(path,)), OptionSupport(option="B", contradicted=(Hop(edge=cited),)))
    concepts = (
        ConceptName(curie="X:ida", name="iron deficiency anemia", category="Disease"),
        ConceptName(curie="X:koilonychia", name="koilonychia", category="PhenotypicFeature"),
    )
    return Draft(
        id="q1/template/0",
        question=asked,
        links=(finding, option),
        supports=supports,
        steps=steps,
        conclusion="A",
        writer="template",
        concepts=concepts,
    )


def example() -> Example:
    provenance = Provenance(run_id="r", graph_name="g", graph_release="1", graph_hash="h", writer="template")
    return Example(
        id="q1/template/0",
        draft=draft(),
        checks=("form",),
        margin=0.3,
        rank=1,
        difficulty="easy",
        licences=(Licence(source="test", licence="CC0-1.0"),),
        provenance=provenance,
    )


def rejection() -> Rejection:
    flaw = Flaw(check="form", code="length", severity="error", detail="too long", step=1)
    return Rejection(id="q1/template/0", question_id="q1", stage="validate", code="form.length", detail="too long", draft=draft(), flaws=(flaw,))


def qualified() -> tuple[Qualifier, ...]:
    return (Qualifier(key="stage_qualifier", value="early"), Qualifier(key="population_context_qualifier", value="children"))
