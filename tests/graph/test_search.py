"""Finding concepts by name: what matches, in which order."""

from __future__ import annotations

import pytest

from kgpaths.errors import InputError
from kgpaths.graph.find import Found, find, fold
from kgpaths.graph.store import Graph
from tests.graphs import Thing, graph_of, line


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    nodes = {
        "Iron deficiency": Thing("PhenotypicFeature"),
        "Iron deficiency anemia": Thing("Disease", ("Sideropenic anemia", "anaemia, iron-deficient")),
        "iron deficiency anemia of pregnancy": Thing("Disease"),
        "anemia from deficiency of dietary iron": Thing("Disease"),
        "ironing injury of deficiencyville": Thing("Disease"),
        "X-ray": Thing("DiagnosticAid", ("x ray", "roentgenogram")),
        "K+ channel": Thing("Protein"),
        "asthma (disorder)": Thing("Disease", linkable=False),
        "asthma attack": Thing("PhenotypicFeature"),
        "asthma, childhood": Thing("Disease"),
        "Ménière disease": Thing("Disease", ("ΝΟΣΟΣ του Μενιέρ",)),
        "C++": Thing("Gene", ("(pseudo)", "a.b*c")),
    }
    lines = (
        line("iron deficiency anemia of pregnancy", "has_phenotype", "fatigue"),
        line("asthma, childhood", "has_phenotype", "asthma attack"),
        line("asthma, childhood", "has_phenotype", "fatigue"),
        line("asthma (disorder)", "has_phenotype", "fatigue"),
        line("asthma (disorder)", "has_phenotype", "asthma attack"),
        line("asthma (disorder)", "has_phenotype", "wheeze"),
    )
    return graph_of(tmp_path_factory.mktemp("search"), *lines, nodes=nodes)


def names(graph: Graph, text: str, **how: object) -> list[str]:
    return [found.name for found in find(graph, text, **how)]  # type: ignore[arg-type]


def test_the_name_itself_comes_first_then_what_begins_with_it_then_what_has_its_words(graph: Graph) -> None:
    assert names(graph, "iron deficiency") == [
        "Iron deficiency",
        "iron deficiency anemia of pregnancy",  # begins with it, and has an edge
        "Iron deficiency anemia",
        "anemia from deficiency of dietary iron",
    ]


@pytest.mark.parametrize("text", ["x-ray", "X RAY", "  x‐ray ", "x  ray", "X_Ray"])
def test_case_spaces_and_hyphens_make_no_difference(graph: Graph, text: str) -> None:
    assert find(graph, text) == [Found("X:x-ray", "X-ray", "DiagnosticAid", "X-ray", "label")]


def test_the_name_that_matched_is_told_and_a_concept_stands_once(graph: Graph) -> None:
    assert find(graph, "sideropenic") == [Found("X:iron-deficiency-anemia", "Iron deficiency anemia", "Disease", "Sideropenic anemia", "exact")]
    assert [(f.alias, f.scope) for f in find(graph, "iron deficient") if f.name == "Iron deficiency anemia"] == [("anaemia, iron-deficient", "exact")]
    assert names(graph, "ray") == ["X-ray"]


def test_linkable_concepts_come_first_then_those_with_more_edges_then_by_id(graph: Graph) -> None:
    assert names(graph, "asthma") == ["asthma attack", "asthma, childhood", "asthma (disorder)"]  # 2, 2 and 3 edges, the last not linkable
    assert names(graph, "childhood asthma") == ["asthma, childhood"]


def test_words_are_whole_and_punctuation_is_plain_text(graph: Graph) -> None:
    assert "ironing injury of deficiencyville" not in names(graph, "iron deficiency")
    assert names(graph, "k+") == ["K+ channel"]
    assert names(graph, "c++") == ["C++"] == names(graph, "a.b*c") == names(graph, "(pseudo)")
    assert names(graph, "a.bbc") == [] == names(graph, "[") == names(graph, "[a-z]+")
    assert names(graph, "anemia; iron, (dietary)") == ["anemia from deficiency of dietary iron"]


def test_letters_of_any_alphabet_fold(graph: Graph) -> None:
    assert names(graph, "MÉNIÈRE") == ["Ménière disease"] == names(graph, "νοσος")


def test_category_keeps_it_and_what_is_below_it(graph: Graph) -> None:
    assert names(graph, "asthma", category="Disease") == ["asthma, childhood", "asthma (disorder)"]
    assert names(graph, "asthma", category="DiseaseOrPhenotypicFeature") == names(graph, "asthma")
    with pytest.raises(InputError, match="no concept of category 'Potion'"):
        find(graph, "asthma", category="Potion")


def test_limit_cuts_and_nothing_asked_finds_nothing(graph: Graph) -> None:
    assert names(graph, "asthma", limit=1) == ["asthma attack"]
    assert names(graph, "") == [] == names(graph, " -- ") == names(graph, "no such thing")


def test_fold() -> None:
    assert fold("  Beta–Thalassemia\tmajor ") == "beta thalassemia major"


def test_the_embedded_graph_knows_a_condition_by_its_name_in_every_source(embedded: Graph) -> None:
    assert {one.curie for one in find(embedded, "iron-deficiency Anemia", limit=3)} == {"HP:0001891", "MONDO:0001356", "ICD10CM:D50"}
    assert find(embedded, "Hyperkalemia")[0].curie == "HP:0002153" == find(embedded, "elevated serum potassium")[0].curie
