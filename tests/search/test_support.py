"""What the graph says for every option of a question, on small graphs a clinician can check by eye."""

from math import exp, log
from pathlib import Path as Folder

import pytest

from kgpaths.config import SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Rejection
from kgpaths.search.contrast import contrast
from kgpaths.search.score import path_score
from kgpaths.search.shapes import Kind, allowed
from kgpaths.search.support import search
from tests.graphs import graph_of, line
from tests.search.cases import chains, ids, linked, random_graph, run

SETTINGS = SearchSettings()
TREATMENT = "Which of the following is the most appropriate treatment?"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Two rheumatic and two infectious diseases, with their drugs, germs and genes."""
    return graph_of(
        tmp_path_factory.mktemp("clinic"),
        line("gout", "has_phenotype", "podagra", frequency=(0.8, 0.8)),
        line("gout", "has_phenotype", "joint pain", frequency=(0.9, 0.9)),
        line("gout", "has_phenotype", "hyperuricemia", frequency=(0.95, 0.95)),
        line("gout", "has_phenotype", "rash", negated=True),
        line("rheumatoid arthritis", "has_phenotype", "joint pain", frequency=(0.95, 0.95)),
        line("rheumatoid arthritis", "has_phenotype", "morning stiffness", frequency=(0.9, 0.9)),
        line("flu", "has_phenotype", "fever", frequency=(0.9, 0.9)),
        line("flu", "has_phenotype", "cough"),
        line("pneumonia", "has_phenotype", "fever", frequency=(0.8, 0.8)),
        line("pneumonia", "has_phenotype", "cough", frequency=(0.8, 0.8)),
        line("pneumonia", "has_phenotype", "crackles", frequency=(0.6, 0.6)),
        line("measles", "has_phenotype", "rash", frequency=(0.99, 0.99)),
        line("measles", "has_phenotype", "fever", frequency=(0.99, 0.99)),
        line("barking cough", "subclass_of", "cough"),
        line("wet cough", "subclass_of", "cough"),
        line("colchicine", "first_line_treatment_for", "gout"),
        line("allopurinol", "preventative_for_condition", "gout"),
        line("methotrexate", "first_line_treatment_for", "rheumatoid arthritis"),
        line("methotrexate", "has_adverse_event", "cough"),
        line("oseltamivir", "treats", "flu"),
        line("macrolide", "first_line_treatment_for", "pneumonia"),
        line("azithromycin", "subclass_of", "macrolide"),
        line("erythromycin", "subclass_of", "macrolide"),
        line("macrolide", "contraindicated_in", "long QT syndrome"),
        line("ibuprofen", "ameliorates_condition", "joint pain"),
        line("pneumococcus", "causes", "pneumonia"),
        line("influenza virus", "causes", "flu"),
        line("colchicine", "affects", "tubulin", object_aspect_qualifier="activity", object_direction_qualifier="decreased"),
        line("macrolide", "affects", "50S ribosomal subunit", object_aspect_qualifier="activity", object_direction_qualifier="decreased"),
        line("gout", "has_mode_of_inheritance", "multifactorial inheritance"),
        line("rheumatoid arthritis", "has_mode_of_inheritance", "polygenic inheritance"),
    )


def test_a_diagnosis_is_supported_by_its_own_findings_and_lacks_the_others(clinic: Graph) -> None:
    options = {"A": "gout", "B": "rheumatoid arthritis", "C": "flu"}
    found = run(clinic, linked(clinic, ["podagra", "joint pain", "hyperuricemia"], options))
    assert sorted(chains(clinic, found["A"])) == ["hyperuricemia > gout", "joint pain > gout", "podagra > gout"]
    assert chains(clinic, found["B"]) == ["joint pain > rheumatoid arthritis"]
    assert found["A"].missing == ()
    assert found["B"].missing == (ids(clinic)["podagra"], ids(clinic)["hyperuricemia"])
    assert found["C"].paths == () and found["C"].score == 0.0
    assert len(found["C"].missing) == 3
    assert contrast(tuple(found.values()), "A").rank == 1


def test_the_score_is_noisy_or_of_the_documented_contributions(clinic: Graph) -> None:
    found = run(clinic, linked(clinic, ["podagra", "joint pain"], {"A": "gout", "B": "flu"}))["A"]
    # five diseases bear phenotypes; podagra is gout's alone, joint pain also rheumatoid arthritis's; gout has three phenotypes
    podagra = 0.80 * exp(-0.2) * 3**-0.4
    joint_pain = 0.90 * exp(-0.2) * (3 * 2) ** -0.4
    assert [path.score for path in found.paths] == [pytest.approx(podagra, abs=1e-5), pytest.approx(joint_pain, abs=1e-5)]
    assert found.score == pytest.approx(1 - (1 - podagra) * (1 - joint_pain * 2**0.4 * (1 - log(2) / log(5))), abs=1e-5)


def test_a_chain_costs_its_own_score_and_what_the_intent_asks(clinic: Graph) -> None:
    found = run(clinic, linked(clinic, ["podagra"], {"A": "oseltamivir", "B": "colchicine"}, gold="B", text=TREATMENT))["B"]
    assert found.score == pytest.approx(0.80 * exp(-0.2) * 3**-0.4, abs=1e-5)  # first line costs nothing, and each has one
    flu = run(clinic, linked(clinic, ["flu"], {"A": "oseltamivir", "B": "colchicine"}, text=TREATMENT))["A"]
    assert flu.score == pytest.approx(exp(-0.3 - 0.5), abs=1e-5)  # treats: 0.3 as a relation, 0.5 as an answer to what is first


def test_a_hidden_diagnosis_carries_all_findings_to_its_drug(clinic: Graph) -> None:
    options = {"A": "colchicine", "B": "methotrexate", "C": "oseltamivir", "D": "ibuprofen"}
    found = run(clinic, linked(clinic, ["podagra", "joint pain", "hyperuricemia"], options, text=TREATMENT))
    assert sorted(chains(clinic, found["A"])) == [f"{name} > gout > colchicine" for name in ("hyperuricemia", "joint pain", "podagra")]
    assert chains(clinic, found["B"]) == ["joint pain > rheumatoid arthritis > methotrexate"]
    assert chains(clinic, found["D"]) == ["joint pain > ibuprofen"]
    assert found["A"].score > found["D"].score > found["C"].score == 0.0
    assert found["A"].score > 2 * found["B"].score


def test_a_finding_left_unexplained_takes_its_share_away(clinic: Graph) -> None:
    options = {"A": "gout", "B": "flu"}
    alone = run(clinic, linked(clinic, ["podagra"], options))["A"]
    for found, left in ((["podagra", "crackles"], 0.75), (["podagra", "crackles", "rash"], 0.75 * 0.75 * 0.5)):
        assert run(clinic, linked(clinic, found, options))["A"].score == pytest.approx(alone.score * left, rel=1e-5)  # rash: a NOT edge, too


def test_a_named_disease_is_worth_more_than_any_of_its_signs(clinic: Graph) -> None:
    options = {"A": "colchicine", "B": "methotrexate"}
    named = run(clinic, linked(clinic, ["gout"], options, text=TREATMENT))["A"]
    sign = run(clinic, linked(clinic, ["podagra"], options, text=TREATMENT))["A"]
    assert chains(clinic, named) == ["gout > colchicine"]
    assert named.score > sign.score > 0


def test_prevention_is_no_treatment_and_treatment_is_asked_for(clinic: Graph) -> None:
    options = {"A": "colchicine", "B": "allopurinol"}
    treated = run(clinic, linked(clinic, ["gout"], options, category="treatment"))
    assert treated["B"].score == 0.0 and treated["B"].paths == ()
    prevented = run(clinic, linked(clinic, ["gout"], options, gold="B", category="prophylaxis"))
    assert prevented["B"].score > prevented["A"].score


def test_a_drug_inherits_its_class_and_a_class_contraindication_speaks_against_it(clinic: Graph) -> None:
    options = {"A": "azithromycin", "B": "oseltamivir"}
    plain = run(clinic, linked(clinic, ["fever", "cough", "crackles"], options, text=TREATMENT))["A"]
    assert chains(clinic, plain)[0] == "crackles > pneumonia > macrolide > azithromycin"
    warned = run(clinic, linked(clinic, ["fever", "cough", "crackles", "long QT syndrome"], options, text=TREATMENT))["A"]
    assert [hop.edge.predicate for hop in warned.contradicted] == ["contraindicated_in"]
    assert warned.score == pytest.approx(0.4 * 0.75 * plain.score)  # the syndrome is left unexplained, too
    assert all(hop.edge.predicate != "contraindicated_in" for path in warned.paths for hop in path.hops)


def test_a_contraindication_is_the_answer_where_it_is_asked_for(clinic: Graph) -> None:
    options = {"A": "azithromycin", "B": "oseltamivir"}
    found = run(clinic, linked(clinic, ["long QT syndrome", "crackles"], options, text="Which of the following drugs is contraindicated?"))
    assert chains(clinic, found["A"]) == ["long QT syndrome > macrolide > azithromycin"]
    assert found["A"].contradicted == ()
    assert found["B"].score == 0.0


def test_an_adverse_effect_a_germ_a_mechanism_and_an_inheritance_are_reached_by_their_relations(clinic: Graph) -> None:
    drugs = {"A": "methotrexate", "B": "colchicine"}
    caused = run(clinic, linked(clinic, ["cough"], drugs, category="adverse_effect"))
    assert chains(clinic, caused["A"]) == ["cough > methotrexate"] and caused["B"].score == 0.0
    germs = run(clinic, linked(clinic, ["fever", "crackles"], {"A": "pneumococcus", "B": "influenza virus"}, category="pathogen"))
    assert chains(clinic, germs["A"]) == ["crackles > pneumonia > pneumococcus", "fever > pneumonia > pneumococcus"]
    targets = run(clinic, linked(clinic, ["podagra", "hyperuricemia"], {"A": "tubulin", "B": "50S ribosomal subunit"}, category="mechanism"))
    assert chains(clinic, targets["A"])[0] == "hyperuricemia > gout > colchicine > tubulin"
    modes = {"A": "multifactorial inheritance", "B": "polygenic inheritance"}
    inherited = run(clinic, linked(clinic, ["podagra", "joint pain"], modes, category="inheritance"))
    assert chains(clinic, inherited["A"])[0] == "podagra > gout > multifactorial inheritance"
    assert inherited["A"].score > inherited["B"].score > 0


def test_a_not_edge_never_supports_and_speaks_against(clinic: Graph) -> None:
    found = run(clinic, linked(clinic, ["rash", "joint pain"], {"A": "gout", "B": "measles"}))
    assert chains(clinic, found["A"]) == ["joint pain > gout"]
    assert [(hop.edge.negated, hop.inverted) for hop in found["A"].contradicted] == [(True, False)]
    alone = run(clinic, linked(clinic, ["joint pain"], {"A": "gout", "B": "measles"}))
    assert found["A"].score == pytest.approx(0.5 * 0.75 * alone["A"].score)  # denied, and left unexplained


def test_a_lacked_finding_weakens_by_its_frequency_and_by_every_kind_of_it(clinic: Graph) -> None:
    options = {"A": "pneumonia", "B": "flu", "C": "measles"}
    plain = run(clinic, linked(clinic, ["fever"], options))
    lacking = run(clinic, linked(clinic, ["fever"], options, absent=["cough"]))
    assert lacking["A"].score == pytest.approx((1 - 0.6 * 0.8) * plain["A"].score)
    assert lacking["B"].score == pytest.approx(0.8 * plain["B"].score)
    assert lacking["C"].score == plain["C"].score and lacking["C"].contradicted == ()
    assert [hop.edge.predicate for hop in lacking["A"].contradicted] == ["has_phenotype"]


def test_lacking_a_kind_is_not_lacking_the_thing_but_lacking_the_thing_is_lacking_its_kinds(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("croup", "has_phenotype", "barking cough"),
        line("croup", "has_phenotype", "fever"),
        line("flu", "has_phenotype", "cough"),
        line("flu", "has_phenotype", "fever"),
        line("barking cough", "subclass_of", "cough"),
    )
    options = {"A": "croup", "B": "flu"}
    no_cough = run(graph, linked(graph, ["fever"], options, absent=["cough"]))
    assert [len(no_cough[key].contradicted) for key in "AB"] == [1, 1]
    no_bark = run(graph, linked(graph, ["fever"], options, absent=["barking cough"]))
    assert [len(no_bark[key].contradicted) for key in "AB"] == [1, 0]
    both = run(graph, linked(graph, ["fever", "barking cough"], options, absent=["cough"]))
    assert [len(both[key].contradicted) for key in "AB"] == [0, 0]


def test_what_is_absent_past_or_of_the_family_never_supports(clinic: Graph) -> None:
    options = {"A": "gout", "B": "measles"}
    assert isinstance(search(clinic, linked(clinic, ["crackles"], options, historical=["podagra"]), SETTINGS), Rejection)
    assert isinstance(search(clinic, linked(clinic, ["crackles"], options, absent=["podagra"]), SETTINGS), Rejection)
    own = run(clinic, linked(clinic, ["podagra"], options))["A"]
    assert own.score > 0
    assert isinstance(search(clinic, linked(clinic, ["crackles"], options, family=["podagra"]), SETTINGS), Rejection)
    drugs = {"A": "colchicine", "B": "oseltamivir"}
    assert isinstance(search(clinic, linked(clinic, [], drugs, family=["podagra"], category="treatment"), SETTINGS), Rejection)


def test_a_general_finding_counts_little_beside_a_kind_of_it(clinic: Graph) -> None:
    options = {"A": "pneumonia", "B": "gout"}
    specific = run(clinic, linked(clinic, ["barking cough"], options))["A"]
    both = run(clinic, linked(clinic, ["barking cough", "cough"], options))["A"]
    alone = run(clinic, linked(clinic, ["cough"], options))["A"]
    assert both.score == pytest.approx(1 - (1 - specific.score) * (1 - alone.score / 4))


def test_an_option_without_concepts_scores_nothing_and_all_options_come_back_in_order(clinic: Graph) -> None:
    found = search(clinic, linked(clinic, ["fever"], {"A": "flu", "B": "", "C": "gout"}), SETTINGS)
    assert not isinstance(found, Rejection)
    assert [support.option for support in found] == ["A", "B", "C"]
    assert found[1].score == 0.0 and found[1].curies == ()


def test_a_concept_of_several_options_tells_none_of_them_apart(clinic: Graph) -> None:
    found = run(clinic, linked(clinic, ["fever", "cough"], {"A": "cough + pneumonia", "B": "cough + gout"}))
    assert found["B"].score == 0.0
    assert all(path.end == ids(clinic)["pneumonia"] for path in found["A"].paths)


def test_no_path_to_the_gold_option_is_a_rejection_with_its_code(clinic: Graph) -> None:
    found = search(clinic, linked(clinic, ["fever"], {"A": "gout", "B": "flu"}), SETTINGS)
    assert isinstance(found, Rejection)
    assert (found.stage, found.code, found.question_id) == ("search", "no_path", "q1")
    assert found.detail == f"no path of at most {SETTINGS.max_hops} hops leads from fever to option A (gout), asked: diagnosis"


def test_a_graph_that_has_nothing_of_what_is_asked_says_so(tmp_path: Folder) -> None:
    """More hops would not help: there is no edge by which a remedy could be reached."""
    graph = graph_of(tmp_path, line("flu", "has_phenotype", "fever"), line("flu", "has_complication", "pneumonia"), nodes={"aspirin": "Drug"})
    found = search(graph, linked(graph, ["flu"], {"A": "aspirin", "B": "fever"}, text="Which drug is the best treatment?"), SETTINGS)
    assert isinstance(found, Rejection)
    assert found.detail == (
        "the graph cannot say what is asked (treatment): none of its clinical edges that are walked serves (has_complication, has_phenotype)"
    )


def test_a_question_for_the_exception_is_a_rejection_with_its_code(clinic: Graph) -> None:
    asked = "All of the following are features of gout EXCEPT:"
    found = search(clinic, linked(clinic, ["podagra"], {"A": "gout", "B": "flu"}, text=asked), SETTINGS)
    assert isinstance(found, Rejection)
    assert (found.stage, found.code) == ("search", "asks_for_exception")


def test_one_path_a_finding_and_no_more_than_the_cap(tmp_path: Folder) -> None:
    signs = [f"sign {i}" for i in range(9)]
    graph = graph_of(
        tmp_path,
        *(line("syndrome", "has_phenotype", sign, frequency=((i + 1) / 10, (i + 1) / 10)) for i, sign in enumerate(signs)),
        line("gout", "causes", "pain"),
    )
    found = run(graph, linked(graph, signs, {"A": "syndrome", "B": "gout"}))["A"]
    assert [path.start for path in found.paths] == [ids(graph)[f"sign {i}"] for i in (8, 7, 6, 5, 4, 3)]
    assert found.missing == ()


def test_two_searches_agree_to_the_last_bit(clinic: Graph) -> None:
    question = linked(clinic, ["fever", "cough", "crackles", "rash"], {"A": "pneumonia", "B": "measles", "C": "flu"}, absent=["joint pain"])
    assert search(clinic, question, SETTINGS) == search(Graph.open(clinic.path), question, SETTINGS)


def test_max_hops_bounds_the_whole_path(clinic: Graph) -> None:
    question = linked(clinic, ["crackles"], {"A": "azithromycin", "B": "colchicine"}, text=TREATMENT)
    assert isinstance(search(clinic, question, SearchSettings(max_hops=2)), Rejection)
    found = search(clinic, question, SearchSettings(max_hops=3))
    assert not isinstance(found, Rejection)
    assert [len(path.hops) for path in found[0].paths] == [3]


def test_a_drug_taken_tells_little_of_what_it_is_taken_for_and_a_test_named_little_of_its_result(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("amoxicillin", "treats", "otitis"),
        line("otitis", "has_phenotype", "ear pain"),
        line("otoscopy", "diagnoses", "otitis"),
        line("hemophilus", "causes", "otitis"),
        line("gout", "has_phenotype", "podagra"),
    )
    options = {"A": "otitis", "B": "gout"}
    taken = run(graph, linked(graph, ["amoxicillin"], options))["A"]
    assert taken.score == pytest.approx(exp(-0.3 - 6.0 - 1.5), abs=1e-6)  # the relation, GIVEN, and no relation that explains
    named = run(graph, linked(graph, ["otoscopy"], options))["A"]
    assert named.score == pytest.approx(0.3 * exp(-0.2 - 0.5), abs=1e-5)


def test_where_a_named_drug_is_asked_about_the_rest_is_its_setting(clinic: Graph) -> None:
    options = {"A": "tubulin", "B": "50S ribosomal subunit"}
    asked = linked(clinic, ["crackles", "fever", "cough", "colchicine"], options, category="mechanism")
    found = run(clinic, asked)
    assert chains(clinic, found["A"]) == ["colchicine > tubulin"]
    assert found["A"].score > found["B"].score == 0  # no other drug stands in for the one that is named
    without = run(clinic, linked(clinic, ["crackles", "fever", "cough"], options, gold="B", category="mechanism"))
    assert chains(clinic, without["B"])[0] == "crackles > pneumonia > macrolide > 50S ribosomal subunit"


def test_of_several_drugs_the_one_that_the_last_sentence_names_is_asked_about(clinic: Graph) -> None:
    options = {"A": "tubulin", "B": "50S ribosomal subunit"}
    asked = linked(clinic, ["macrolide", "colchicine"], options, text="He takes a macrolide. How does colchicine act?", category="mechanism")
    links = tuple(
        link.model_copy(update={"mention": link.mention.model_copy(update={"start": place, "end": place + len(link.alias)})})
        for link, place in zip(asked.links[:2], (asked.question.text.index("macrolide"), asked.question.text.index("colchicine")), strict=True)
    )
    found = run(clinic, asked.model_copy(update={"links": (*links, *asked.links[2:])}))
    assert found["A"].score > 2 * found["B"].score > 0


def test_a_lacked_thing_weakens_once_however_many_kinds_of_it_are_recorded(tmp_path: Folder) -> None:
    graph = graph_of(
        tmp_path,
        line("cholera", "has_phenotype", "diarrhea"),
        line("cholera", "has_phenotype", "watery diarrhea", frequency=(0.9, 0.9)),
        line("cholera", "has_phenotype", "thirst"),
        line("gout", "has_phenotype", "podagra"),
        line("watery diarrhea", "subclass_of", "diarrhea"),
    )
    options = {"A": "cholera", "B": "gout"}
    plain = run(graph, linked(graph, ["thirst"], options))["A"]
    lacking = run(graph, linked(graph, ["thirst"], options, absent=["diarrhea"]))["A"]
    assert lacking.score == pytest.approx((1 - 0.6 * 0.9) * plain.score)
    assert [hop.edge.object for hop in lacking.contradicted] == [ids(graph)["watery diarrhea"]]


def test_every_chosen_path_holds_on_random_graphs(tmp_path: Folder) -> None:
    seen = 0
    for seed in range(12):
        graph = random_graph(tmp_path / str(seed), seed)
        names = sorted(ids(graph))
        question = linked(graph, names[:3], {"A": names[3], "B": names[4], "C": names[5]}, gold="", absent=names[6:7])
        found = search(graph, question, SETTINGS)
        for support in () if isinstance(found, Rejection) else found:
            starts = [path.start for path in support.paths]
            assert len(set(starts)) == len(starts) and not set(starts) & set(support.missing)
            for path in support.paths:
                seen += 1
                assert path.start in {ids(graph)[name] for name in names[:3]} and path.end in support.curies
                assert len(set(path.concepts)) == len(path.concepts) <= SETTINGS.max_hops + 1
                assert [hop.source for hop in path.hops] == list(path.concepts[:-1])
                assert not any(hop.edge.negated for hop in path.hops)
                kinds = [Kind(hop.edge.predicate, hop.inverted) for hop in path.hops]
                assert allowed(kinds, [graph.category(graph.index(curie)) for curie in path.concepts[1:-1]])
                assert path_score(graph, path.hops) == (path.score, path.parts)
    assert seen > 12


def test_a_spent_budget_and_a_low_ceiling_end_the_search(clinic: Graph) -> None:
    question = linked(clinic, ["podagra"], {"A": "colchicine", "B": "methotrexate"}, text=TREATMENT)
    assert not isinstance(search(clinic, question, SETTINGS), Rejection)
    assert isinstance(search(clinic, question, SearchSettings(budget=1)), Rejection)
    assert isinstance(search(clinic, question, SearchSettings(max_cost=0.5)), Rejection)
