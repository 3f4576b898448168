"""Each path-shape rule, by a chain that breaks it and its nearest chain that does not."""

import pytest

from kgpaths.search.shapes import Kind, allowed, may_follow, rule_table


def chain(words: str) -> list[Kind]:
    """Read ``"has_phenotype ~treats"``: a tilde walks the edge from object to subject."""
    return [Kind(word.lstrip("~"), word.startswith("~")) for word in words.split()]


REFUSED = {
    "two diseases sharing a symptom": "has_phenotype ~has_phenotype",
    "two diseases sharing a kind of symptom": "has_phenotype subclass_of ~has_phenotype",
    "a disease and a drug that bring the same symptom": "has_phenotype ~has_adverse_event",
    "siblings by their parent": "subclass_of ~subclass_of",
    "parents by their child": "~subclass_of subclass_of",
    "siblings by their parent through a mapping": "subclass_of exact_match ~subclass_of",
    "two drugs sharing an indication": "treats ~first_line_treatment_for",
    "two drugs sharing an adverse event": "has_adverse_event ~has_adverse_event",
    "two diseases sharing a drug": "~treats treats",
    "an indication through a drug to its contraindication": "~first_line_treatment_for contraindicated_in",
    "two diseases sharing a risk factor": "~associated_with_increased_likelihood_of associated_with_increased_likelihood_of",
    "two diseases sharing a gene": "~gene_associated_with_condition gene_associated_with_condition",
    "two genes sharing a disease": "gene_associated_with_condition ~gene_associated_with_condition",
    "an adverse event through the drug to what it treats": "~has_adverse_event treats",
    "two interactions in a row": "pharmacologically_interacts_with ~pharmacologically_interacts_with",
    "two drugs sharing a target": "affects ~affects",
    "a finding of a kind of thrombocytopenia, which another disease has": "~has_phenotype subclass_of ~has_phenotype",
    "the same through a mapping": "~has_phenotype close_match subclass_of ~causes",
    "three is_a steps": "subclass_of subclass_of subclass_of",
    "three is_a steps around a mapping": "subclass_of subclass_of exact_match subclass_of",
    "two mappings": "exact_match close_match",
}
ALLOWED = {
    "two phenotypes of a disease": "~has_phenotype has_phenotype",
    "two complications of a disease": "~has_complication has_complication",
    "two diseases of a germ": "~causes causes",
    "a finding, its disease and its drug": "~has_phenotype ~treats",
    "a disease, its drug and its adverse event": "~treats has_adverse_event",
    "a disease, its drug and its target": "~first_line_treatment_for affects",
    "a symptom's remedy": "has_phenotype ~ameliorates_condition",
    "a finding, a kind of disease and the drug of the class": "~has_phenotype subclass_of ~treats ~subclass_of",
    "a disease by its mode of inheritance": "~has_phenotype has_mode_of_inheritance",
    "a finding of a complication": "~has_phenotype ~has_complication",
    "a finding's kind and then its disease": "subclass_of ~has_phenotype",
    "two is_a steps": "subclass_of subclass_of",
    "two is_a steps twice": "subclass_of subclass_of ~has_phenotype ~subclass_of ~subclass_of",
    "a mapping between": "subclass_of exact_match subclass_of",
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=list(REFUSED))
def test_refused(words: str) -> None:
    kinds = chain(words)
    assert not allowed(kinds, ["Disease"] * (len(kinds) - 1))


@pytest.mark.parametrize("words", ALLOWED.values(), ids=list(ALLOWED))
def test_allowed(words: str) -> None:
    kinds = chain(words)
    assert allowed(kinds, ["Disease"] * (len(kinds) - 1))


@pytest.mark.parametrize("category", ["GeneticInheritance", "ClinicalCourse", "AnatomicalEntity", "Cell"])
def test_a_hub_may_end_a_path_but_not_carry_one(category: str) -> None:
    kinds = chain("has_mode_of_inheritance ~causes")
    assert not allowed(kinds, [category])
    assert allowed(kinds, ["Disease"])
    assert allowed(kinds[:1], [])


def test_rules_read_the_same_from_either_end() -> None:
    words = sorted({word for words in (*REFUSED.values(), *ALLOWED.values()) for word in words.split() if "match" not in word})
    kinds = [kind for word in words for kind in (Kind(word.lstrip("~")), Kind(word.lstrip("~"), True))]
    drug_side = {
        ("has_adverse_event", predicate) for predicate in ("treats", "first_line_treatment_for", "ameliorates_condition", "contraindicated_in")
    }
    for first in kinds:
        for second in kinds:
            back = may_follow(Kind(second.predicate, not second.inverted), Kind(first.predicate, not first.inverted))
            if (first.predicate, second.predicate) in drug_side or (second.predicate, first.predicate) in drug_side:
                continue  # an adverse event does not speak for an indication, an indication does for an adverse event
            assert may_follow(first, second) == back, (first, second)


def test_rule_table_holds_may_follow_and_lets_anything_begin() -> None:
    kinds = chain("has_phenotype ~has_phenotype")
    table = rule_table(kinds)
    assert table.tolist() == [[True, False, True], [True, True, True], [True, True, True]]
