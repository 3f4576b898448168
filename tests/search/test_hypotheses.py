"""Which hypothesis may stand between the findings and an option, and what it may not assume."""

from pathlib import Path as Folder

import pytest

from tests.graphs import graph_of, line
from tests.search.cases import chains, ids, linked, run

TREATMENT = "Which of the following is the most appropriate treatment?"


def test_one_hypothesis_explains_an_option_not_unrelated_diseases_glued_together(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        *(line(f"disease {i}", "has_phenotype", f"sign {i}") for i in range(3)),
        *(line("panacea", "treats", f"disease {i}") for i in range(3)),
        *(line("one disease", "has_phenotype", f"sign {i}") for i in range(3)),
        line("remedy", "treats", "one disease"),
    )
    found = run(graph, linked(graph, ["sign 0", "sign 1", "sign 2"], {"A": "remedy", "B": "panacea"}, text=TREATMENT))
    assert len(found["A"].paths) == 3 and found["A"].missing == ()
    assert len(found["B"].paths) == 1 and len(found["B"].missing) == 2


def test_a_disease_that_explains_all_outdoes_one_with_a_single_telling_sign(tmp_path: Folder) -> None:
    signs = [f"sign {i}" for i in range(5)]
    graph = graph_of(
        tmp_path,
        *(line("whole", "has_phenotype", sign) for sign in signs),
        *(line("whole", "has_phenotype", f"other {i}") for i in range(20)),
        line("part", "has_phenotype", "sign 0", frequency=(1.0, 1.0)),
        line("whole", "has_mode_of_inheritance", "dominant"),
        line("part", "has_mode_of_inheritance", "recessive"),
    )
    found = run(graph, linked(graph, signs, {"A": "dominant", "B": "recessive"}, category="inheritance"))
    assert found["A"].score > found["B"].score > 0


def test_what_many_share_at_the_end_of_a_path_is_not_held_against_it(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        *(line(f"disease {i}", "has_mode_of_inheritance", "dominant") for i in range(50)),
        line("disease 50", "has_mode_of_inheritance", "mitochondrial"),
        line("disease 0", "has_phenotype", "sign"),
        line("disease 50", "has_phenotype", "sign"),
    )
    found = run(graph, linked(graph, ["sign"], {"A": "dominant", "B": "mitochondrial"}, category="inheritance"))
    assert found["A"].score == pytest.approx(found["B"].score)


def test_a_diagnosis_explains_and_is_no_further_effect_of_a_disease_only_guessed(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("fatty liver of pregnancy", "has_phenotype", "confusion"),
        line("fatty liver of pregnancy", "has_complication", "consumption of clotting factors"),
        line("thrombotic purpura", "has_phenotype", "confusion"),
        line("poisoning", "has_complication", "fatty liver of pregnancy"),
    )
    options = {"A": "thrombotic purpura", "B": "consumption of clotting factors", "C": "poisoning"}
    guessed = run(graph, linked(graph, ["confusion"], options))
    assert guessed["A"].score > 0 and guessed["B"].score == guessed["C"].score == 0
    stated = run(graph, linked(graph, ["confusion", "fatty liver of pregnancy"], options))
    assert [path.start for key in "BC" for path in stated[key].paths] == [ids(graph)["fatty liver of pregnancy"]] * 2
    asked = run(graph, linked(graph, ["confusion"], options, category="complication", gold="B"))
    assert asked["B"].score > 0


def test_an_interaction_leads_to_a_drug_only_where_harm_is_asked_for(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("lisinopril", "pharmacologically_interacts_with", "spironolactone"),
        line("spironolactone", "treats", "aldosteronism"),
        line("cramps", "subclass_of", "pain"),
        line("aldosteronism", "has_phenotype", "cramps"),
    )
    found = run(graph, linked(graph, ["lisinopril", "cramps"], {"A": "aldosteronism"}))["A"]
    assert [path.start for path in found.paths] == [ids(graph)["cramps"]]
    asked = run(graph, linked(graph, ["lisinopril"], {"A": "spironolactone"}, category="contraindication"))["A"]
    assert asked.score > 0


def test_where_a_drug_is_named_nothing_else_for_its_condition_is_walked_to(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("aripiprazole", "first_line_treatment_for", "schizophrenia"),
        line("aripiprazole", "subclass_of", "antipsychotic"),
        line("haloperidol", "subclass_of", "antipsychotic"),
        line("antipsychotic", "has_adverse_event", "malignant syndrome"),
        line("moclobemide", "subclass_of", "antidepressant"),
        line("moclobemide", "has_adverse_event", "hypertensive crisis"),
    )
    options = {"A": "malignant syndrome", "B": "hypertensive crisis"}
    found = run(graph, linked(graph, ["schizophrenia", "haloperidol", "antidepressant"], options, category="adverse_effect"))
    assert chains(graph, found["A"]) == ["haloperidol > antipsychotic > malignant syndrome"]
    assert found["B"].score == 0  # a class of drugs is not yet each of its members


def test_a_hypothesis_is_not_narrowed_to_a_kind_that_nothing_speaks_for(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("spherocytosis", "has_phenotype", "small dense red cells"),
        line("spherocytosis type 2", "subclass_of", "spherocytosis"),
        line("spherocytosis type 2", "has_mode_of_inheritance", "dominant"),
        line("spherocytosis", "has_mode_of_inheritance", "recessive"),
    )
    asked = linked(graph, ["small dense red cells"], {"A": "recessive", "B": "dominant"}, category="inheritance")
    assert [(key, support.score > 0) for key, support in run(graph, asked).items()] == [("A", True), ("B", False)]


def test_remedies_to_be_given_together_are_worth_no_more_than_the_weakest(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("meningitis", "has_phenotype", "headache"),
        line("amphotericin", "first_line_treatment_for", "meningitis"),
        line("flucytosine", "treats", "meningitis"),
        line("vancomycin", "subclass_of", "glycopeptide"),
    )
    asked = linked(graph, ["headache"], {"A": "amphotericin + flucytosine", "B": "amphotericin + vancomycin", "C": "flucytosine"}, text=TREATMENT)
    found = run(graph, asked)
    assert [path.end for path in found["A"].paths] == [ids(graph)["amphotericin"], ids(graph)["flucytosine"]]
    alone = run(graph, linked(graph, ["headache"], {"A": "flucytosine", "B": "vancomycin"}, text=TREATMENT))["A"]
    assert found["A"].score == pytest.approx(alone.score)
    assert found["B"].score == 0 and found["B"].paths == ()
