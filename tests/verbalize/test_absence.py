"""What may be called not recorded: nothing between the option, its kinds and wider classes, and the finding and its kinds."""

from pathlib import Path

from kgpaths.graph.store import Graph
from kgpaths.verbalize.absence import Absences
from tests.graphs import graph_of, line, slug

HP = "has_phenotype"


def made(tmp_path: Path) -> Graph:
    return graph_of(
        tmp_path,
        line("lobar pneumonia", "subclass_of", "pneumonia"),
        line("pneumonia", "subclass_of", "lung disease"),
        line("lobar pneumonia", HP, "Rusty sputum"),
        line("lung disease", HP, "Dyspnea"),
        line("pneumonia", HP, "Focal crackles"),
        line("Focal crackles", "subclass_of", "Crackles"),
        line("pneumonia", HP, "Rash", negated=True),
        line("pneumonia", "has_complication", "Empyema"),
        line("Empyema", "exact_match", "Pus in the chest"),
        line("azithromycin", "treats", "pneumonia"),
        line("amoxicillin", "first_line_treatment_for", "pneumonia"),
        line("amoxicillin", "has_adverse_event", "Rash"),
        nodes=dict.fromkeys(("Rash", "Pus in the chest", "Empyema", "Crackles", "Seizure"), "PhenotypicFeature"),
    )


def holds(graph: Graph, subject: str, predicate: str, object: str, option: str) -> bool:
    return Absences(graph).holds(slug(subject), predicate, slug(object), slug(option))


def test_a_finding_of_nothing_near_is_absent(tmp_path: Path) -> None:
    graph = made(tmp_path)
    assert holds(graph, "pneumonia", HP, "Seizure", "pneumonia")
    assert holds(graph, "pneumonia", HP, "Rash", "pneumonia")  # a NOT edge is no positive one


def test_kinds_and_wider_classes_of_the_option_count(tmp_path: Path) -> None:
    graph = made(tmp_path)
    assert not holds(graph, "pneumonia", HP, "Rusty sputum", "pneumonia")
    assert not holds(graph, "pneumonia", HP, "Dyspnea", "pneumonia")


def test_kinds_of_the_finding_and_its_twins_count(tmp_path: Path) -> None:
    graph = made(tmp_path)
    assert not holds(graph, "pneumonia", HP, "Crackles", "pneumonia")
    assert not holds(graph, "pneumonia", HP, "Pus in the chest", "pneumonia")  # under another predicate and another id
    assert not holds(graph, "lobar pneumonia", HP, "Crackles", "lobar pneumonia")


def test_a_treatment_is_not_yet_the_first_line_one(tmp_path: Path) -> None:
    graph = made(tmp_path)
    assert holds(graph, "azithromycin", "first_line_treatment_for", "pneumonia", "azithromycin")
    assert not holds(graph, "azithromycin", "treats", "pneumonia", "azithromycin")
    assert not holds(graph, "amoxicillin", "treats", "pneumonia", "amoxicillin")
    assert holds(graph, "amoxicillin", "treats", "Rash", "amoxicillin")  # an adverse event is no treatment
    assert holds(graph, "amoxicillin", "contraindicated_in", "pneumonia", "amoxicillin")


def test_nothing_is_missing_from_itself(tmp_path: Path) -> None:
    graph = made(tmp_path)
    assert not holds(graph, "lung disease", HP, "lobar pneumonia", "lung disease")
