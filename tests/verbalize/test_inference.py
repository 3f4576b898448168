"""Paths taken apart: each edge once, premises first, chains folded, likes put together."""

from pathlib import Path

from kgpaths.graph.store import Graph
from kgpaths.model import Evidence, Hop
from kgpaths.model import Path as Walk
from kgpaths.verbalize.casing import Casing
from kgpaths.verbalize.inference import inference_steps, without_detours
from kgpaths.verbalize.names import Names
from kgpaths.verbalize.phrasing import Chooser
from kgpaths.verbalize.prose import step
from kgpaths.verbalize.sentences import Teller
from tests.graphs import Thing, graph_of, line, slug
from tests.verbalize.cases import linked, path, question

HP = "has_phenotype"


def teller(graph: Graph, seed: int = 0) -> Teller:
    case = linked(question("Which?", {"A": "gout"}, "A"))
    return Teller(Names(graph, Casing(alias.text for alias in graph.aliases()), case), Chooser(seed, "q"))


def told(graph: Graph, *paths: Walk) -> list[str]:
    return [step(0, "inference", sentences).text for sentences in inference_steps(paths, teller(graph))]


def test_premises_come_first_and_each_edge_is_cited_once(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path, line("flu", HP, "Fever"), line("flu", HP, "Cough"), line("pneumonia", HP, "Rales"), line("flu", "has_complication", "pneumonia")
    )
    paths = (
        path(graph, ("pneumonia", HP, "Rales", "back")),
        path(graph, ("flu", HP, "Fever", "back"), ("flu", "has_complication", "pneumonia")),
        path(graph, ("flu", HP, "Cough", "back"), ("flu", "has_complication", "pneumonia")),
    )
    assert told(graph, *paths) == [
        "Fever and cough have both been recorded in flu.",
        "Rales belong to the recorded findings of pneumonia. Flu is known to be complicated by pneumonia.",
    ]
    steps = [step(i, "inference", sentences) for i, sentences in enumerate(inference_steps(paths, teller(graph)))]
    cited = [c.edge_id for one in steps for c in one.citations]
    assert len(cited) == len(set(cited)) == 4


def test_a_list_shares_its_relation_and_target(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, line("flu", HP, "Fever"), line("flu", HP, "Cough"))
    (sentences,) = inference_steps((path(graph, ("flu", HP, "Fever", "back")), path(graph, ("flu", HP, "Cough", "back"))), teller(graph))
    first, second = step(0, "inference", sentences).citations
    assert first.anchors and second.anchors
    assert (first.anchors.subject, first.anchors.relation) == (second.anchors.subject, second.anchors.relation)
    assert (first.anchors.object.text, second.anchors.object.text) == ("Fever", "cough")
    assert first.anchors.relation.text == "have both been recorded in"


def test_twins_of_one_name_are_told_apart_by_what_they_are(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        line("Asthma", "close_match", "asthma"),
        line("grass pollen", "associated_with_increased_likelihood_of", "asthma"),
        nodes={"Asthma": Thing("PhenotypicFeature", id="X:finding"), "asthma": Thing("Disease", id="X:disease")},
    )
    (edge,) = graph.lookup("X:finding", "close_match", "X:disease") or graph.lookup("X:disease", "close_match", "X:finding")
    walk = Walk(start="X:finding", end="X:disease", hops=(Hop(edge=edge, inverted=edge.subject == "X:disease"),), score=1.0)
    assert told(graph, walk) == ["The finding asthma is used here for the same thing as the disease asthma."]


def test_an_inferred_edge_names_the_disease_behind_it(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, line("SCN1A", HP, "Seizure"), line("Dravet syndrome", HP, "Seizure"), nodes={"SCN1A": "Gene"})
    (edge,) = graph.lookup(slug("SCN1A"), HP, slug("Seizure"))
    inferred = edge.model_copy(update={"evidence": (Evidence(source="HPO", inferred_from=slug("Dravet syndrome")),)})
    walk = Walk(start=slug("Seizure"), end=slug("SCN1A"), hops=(Hop(edge=inferred, inverted=True),), score=1.0)
    assert told(graph, walk) == ["Seizure has been recorded in SCN1A by way of Dravet syndrome."]


def test_a_detour_into_another_finding_is_dropped(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, line("Facial edema", "subclass_of", "Edema"), line("nephrosis", HP, "Facial edema"))
    direct = path(graph, ("nephrosis", HP, "Facial edema", "back"))
    detour = path(graph, ("Facial edema", "subclass_of", "Edema", "back"), ("nephrosis", HP, "Facial edema", "back"))
    assert without_detours((detour, direct)) == [direct]
    assert without_detours((detour,)) == [detour]


def test_paths_against_each_other_are_still_told(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, line("a", "causes", "b"), line("b", "causes", "a"), line("a", HP, "Fever"), line("b", HP, "Cough"))
    texts = told(
        graph,
        path(graph, ("a", HP, "Fever", "back"), ("a", "causes", "b")),
        path(graph, ("b", HP, "Cough", "back"), ("b", "causes", "a")),
    )
    assert len(texts) == 2 and sum(text.count(".") for text in texts) == 4
