"""What may be called not recorded: nothing between the option, its kinds and wider classes, and the finding and its kinds."""

from pathlib import Path

import pytest

from kgpaths.graph.store import Graph
from kgpaths.validate.absence import recorded
from kgpaths.verbalize.absence import Absences
from tests.graphs import Line, graph_of, line, slug

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


def recorded_of(folder: Path, *more: Line) -> Absences:
    """Return the absences of a nephritis with six recorded findings and of what else is given."""
    six = ("Hematuria", "Edema", "Hyperkalemia", "Fatigue", "Pallor", "Itching")
    places = (("Edema", "Swelling"), ("Eyelid edema", "Edema"), ("Hypokalemia", "Blood finding"), ("Red cell casts", "Urinary casts"))
    lines = (*(line("nephritis", HP, name) for name in six), *(line(a, "subclass_of", b) for a, b in places), *more)
    names = {one.object for one in lines if one.predicate != "subclass_of"}.union(*places)
    return Absences(graph_of(folder, *lines, nodes=dict.fromkeys(sorted(names), "PhenotypicFeature")))


def telling(absences: Absences, subject: str, object: str) -> bool:
    return absences.telling(slug(subject), HP, slug(object))


def test_an_absence_tells_where_much_is_recorded_and_nothing_like_the_finding(tmp_path: Path) -> None:
    found = recorded_of(tmp_path, line("cold", HP, "Runny nose"), line("Deafness", "subclass_of", "Ear finding"))
    assert telling(found, "nephritis", "Red cell casts")
    assert not telling(found, "cold", "Red cell casts")  # one finding is no record
    assert not telling(found, "nephritis", "Runny nose")  # stands nowhere, so nothing recorded can be like it
    assert found.telling(slug("nephritis"), "treats", slug("Red cell casts"))  # only findings are recorded in part


def test_a_broader_or_a_neighbouring_finding_speaks_for_the_absent_one_and_its_opposite_against(tmp_path: Path) -> None:
    found = recorded_of(
        tmp_path,
        line("Epithelial casts", "subclass_of", "Urinary casts"),
        line("nephrosis", HP, "Epithelial casts"),
        *(line("nephrosis", HP, f"Finding {i}") for i in range(6)),
    )
    assert not telling(found, "nephritis", "Eyelid edema")
    assert not telling(found, "nephrosis", "Red cell casts")
    assert telling(found, "nephritis", "Hypokalemia") and not telling(found, "nephrosis", "Pallor")


def test_what_a_complication_brings_along_is_not_called_missing(tmp_path: Path) -> None:
    found = recorded_of(tmp_path, line("nephritis", "has_complication", "kidney failure"), line("kidney failure", HP, "Red cell casts"))
    assert not telling(found, "nephritis", "Red cell casts")


@pytest.mark.parametrize("predicate", ["may_be_related_to", "related_to", "UMLS:may_have_finding"])
def test_what_may_occur_or_is_kept_untold_is_not_absent(tmp_path: Path, predicate: str) -> None:
    graph = recorded_of(tmp_path, line("nephritis", predicate, "Red cell casts")).graph
    assert not holds(graph, "nephritis", HP, "Red cell casts", "nephritis")
    assert recorded(graph, slug("nephritis"), HP, slug("Red cell casts")) is not None  # the validator reads it likewise
    assert recorded(graph, slug("nephritis"), HP, slug("Hypokalemia")) is None
    qualified = recorded_of(tmp_path / "q", line("nephritis", HP, "Red cell casts", anatomical_context_qualifier="x")).graph
    assert not holds(qualified, "nephritis", HP, "Red cell casts", "nephritis")
    assert recorded(qualified, slug("nephritis"), HP, slug("Red cell casts")) is not None


def test_a_weaker_relation_that_is_kept_untold_makes_the_stronger_one_unsayable(tmp_path: Path) -> None:
    """Who reads that morphine is not recorded for coronary disease has not heard that it palliates it."""
    edges = [
        line("morphine", "ameliorates_condition", "coronary disease", association_basis_qualifier="one_curator"),
        line("statin", "treats", "gout"),
    ]
    graph = graph_of(tmp_path, *edges, line("colchicine", "ameliorates_condition", "gout"))
    assert not holds(graph, "morphine", "treats", "coronary disease", "morphine")
    assert recorded(graph, slug("morphine"), "treats", slug("coronary disease")) is not None
    assert holds(graph, "colchicine", "first_line_treatment_for", "gout", "colchicine")
    assert recorded(graph, slug("colchicine"), "first_line_treatment_for", slug("gout")) is None
