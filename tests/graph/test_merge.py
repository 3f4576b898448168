"""Merging, link by link: what joins, what is refused, what becomes a mapping."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kgpaths.graph.merge import Conflict, Link, Match, Merged, merge, preference, prefix_of

D, P, CODE = "Disease", "PhenotypicFeature", "InformationContentEntity"


def typed(a: str, b: str) -> Link:
    return Link(a, b, "exact_match", 0)


def plain(a: str, b: str) -> Link:
    return Link(a, b, "xref", 0)


def clusters(merged: Merged) -> set[tuple[str, ...]]:
    return set(merged.members.values())


def test_a_hub_without_a_node_joins_diseases_names_them_and_stays_retrievable() -> None:
    merged = merge(
        {"OMIM:1": D, "ORPHA:2": D, "KGPATHS:x": D}, [typed("MONDO:9", "OMIM:1"), typed("MONDO:9", "ORPHA:2"), typed("KGPATHS:x", "MONDO:9")]
    )
    assert clusters(merged) == {("MONDO:9", "OMIM:1", "ORPHA:2", "KGPATHS:x")}
    assert merged.concept["ORPHA:2"] == merged.concept["MONDO:9"] == "MONDO:9"
    assert merged.category == {"MONDO:9": D}


def test_hubs_that_reach_no_node_make_no_concept() -> None:
    merged = merge({"OMIM:1": D}, [typed("MONDO:8", "UMLS:C8")])
    assert clusters(merged) == {("OMIM:1",)}
    assert "MONDO:8" not in merged.concept


def test_only_the_link_that_would_join_two_ids_of_a_prefix_is_refused() -> None:
    merged = merge(
        {"OMIM:1": D, "OMIM:2": D, "ORPHA:3": D}, [typed("MONDO:9", "OMIM:1"), typed("MONDO:9", "OMIM:2"), typed("MONDO:9", "ORPHA:3")], ["mondo"]
    )
    assert clusters(merged) == {("MONDO:9", "OMIM:1", "ORPHA:3"), ("OMIM:2",)}
    assert merged.conflicts == [Conflict("MONDO:9", "OMIM:2", "same_prefix", "mondo exact_match: OMIM:1 and OMIM:2")]
    assert merged.mappings == []


def test_of_two_typed_matches_into_one_prefix_the_one_of_the_same_name_holds() -> None:
    nodes = {"OMIM:154700": D, "ORPHA:284963": D, "ORPHA:558": D}
    links = [typed("MONDO:1", "OMIM:154700"), typed("MONDO:1", "ORPHA:284963"), typed("MONDO:1", "ORPHA:558")]
    names = {"OMIM:154700": "Marfan syndrome", "ORPHA:284963": "Marfan syndrome type 1", "ORPHA:558": "MARFAN SYNDROME"}
    assert ("MONDO:1", "OMIM:154700", "ORPHA:558") in clusters(merge(nodes, links, names=names))
    assert ("MONDO:1", "OMIM:154700", "ORPHA:284963") in clusters(merge(nodes, links))


def test_a_typed_match_goes_before_an_untyped_one_that_sorts_first() -> None:
    merged = merge({"DOID:1": D, "OMIM:1": D, "OMIM:2": D}, [plain("DOID:1", "OMIM:1"), typed("OMIM:2", "UMLS:C1"), typed("DOID:1", "UMLS:C1")])
    assert ("OMIM:2", "DOID:1", "UMLS:C1") in clusters(merged)
    assert [c.reason for c in merged.conflicts] == ["same_prefix"]


def test_untyped_links_join_only_where_one_to_one_both_ways() -> None:
    nodes = {"HP:1": P, "HP:2": P, "HP:3": P}
    merged = merge(
        nodes,
        [plain("HP:1", "UMLS:C1"), plain("HP:2", "UMLS:C2"), plain("HP:3", "UMLS:C2"), plain("HP:1", "SNOMEDCT:1"), plain("HP:1", "SNOMEDCT:2")],
    )
    assert clusters(merged) == {("HP:1", "UMLS:C1"), ("HP:2",), ("HP:3",)}
    assert "SNOMEDCT:1" not in merged.concept and "UMLS:C2" not in merged.concept
    assert merged.conflicts == []


def test_an_untyped_link_stated_both_ways_is_one_link() -> None:
    merged = merge({"DOID:1": D, "OMIM:1": D}, [plain("DOID:1", "OMIM:1"), plain("OMIM:1", "DOID:1")])
    assert clusters(merged) == {("OMIM:1", "DOID:1")}


def test_untyped_links_between_nodes_that_are_not_one_to_one_are_reported_and_no_mapping() -> None:
    merged = merge({"KGPATHS:x": D, "ORPHA:1": D, "ORPHA:2": D}, [plain("KGPATHS:x", "ORPHA:1"), plain("KGPATHS:x", "ORPHA:2")])
    assert merged.mappings == []
    assert merged.conflicts == [Conflict("KGPATHS:x", other, "not_one_to_one", "xref") for other in ("ORPHA:1", "ORPHA:2")]


def test_a_phenotype_and_a_disease_are_mapped_where_typed_and_left_apart_where_not() -> None:
    merged = merge({"KGPATHS:m": D, "HP:1": P}, [typed("KGPATHS:m", "HP:1")])
    assert clusters(merged) == {("HP:1",), ("KGPATHS:m",)}
    assert merged.mappings == [Match("KGPATHS:m", "exact_match", "HP:1", 0, "exact_match")]
    assert merged.conflicts == [Conflict("KGPATHS:m", "HP:1", "category", "exact_match: Disease and PhenotypicFeature")]
    through_hub = merge({"OMIM:1": D, "HP:1": P}, [typed("OMIM:1", "UMLS:C1"), plain("HP:1", "UMLS:C1")])
    assert clusters(through_hub) == {("OMIM:1", "UMLS:C1"), ("HP:1",)}
    assert through_hub.mappings == []


def test_a_typed_match_joins_a_drug_and_a_chemical_an_untyped_one_does_not() -> None:
    nodes = {"CHEBI:1": "ChemicalEntity", "DRUGBANK:1": "Drug"}
    merged = merge(nodes, [typed("CHEBI:1", "DRUGBANK:1")])
    assert merged.category == {"CHEBI:1": "Drug"}
    assert len(merge(nodes, [plain("CHEBI:1", "DRUGBANK:1")]).members) == 2


def test_codes_are_never_merged() -> None:
    merged = merge({"ICD10CM:I10": CODE, "OMIM:1": D}, [typed("MONDO:1", "OMIM:1"), typed("MONDO:1", "ICD10CM:I10"), plain("OMIM:1", "ICD10:I10")])
    assert clusters(merged) == {("MONDO:1", "OMIM:1"), ("ICD10CM:I10",)}
    assert merged.mappings == [Match("MONDO:1", "exact_match", "ICD10CM:I10", 0, "exact_match")]
    assert merged.conflicts == []


def test_broad_and_narrow_matches_point_from_the_narrower_concept() -> None:
    nodes = {"ICD10CM:I10": CODE, "OMIM:1": D, "OMIM:2": D}
    merged = merge(nodes, [Link("OMIM:1", "ICD10CM:I10", "broad_match", 0), Link("ICD10CM:I10", "OMIM:2", "narrow_match", 0)])
    assert [(m.subject, m.predicate, m.object) for m in merged.mappings] == [
        ("OMIM:1", "broad_match", "ICD10CM:I10"),
        ("OMIM:2", "broad_match", "ICD10CM:I10"),
    ]


def test_a_replaced_id_stands_for_what_replaced_it_and_its_links_hold() -> None:
    merged = merge({"HP:1": P, "KGPATHS:x": P}, [Link("HP:1", "HP:9", "alt_id", 0), typed("KGPATHS:x", "HP:9")])
    assert clusters(merged) == {("HP:1", "KGPATHS:x")}
    assert merged.concept["HP:9"] == "HP:1"
    assert merged.replaced == {"HP:9": "HP:1"}


def test_a_replaced_id_that_is_in_use_or_claimed_twice_is_reported() -> None:
    links = [Link("HP:1", "HP:2", "alt_id", 0), Link("HP:1", "HP:9", "alt_id", 0), Link("HP:2", "HP:9", "alt_id", 0)]
    merged = merge({"HP:1": P, "HP:2": P}, links, ["HPO"])
    assert merged.concept == {"HP:1": "HP:1", "HP:2": "HP:2", "HP:9": "HP:1"}
    assert merged.conflicts == [
        Conflict("HP:1", "HP:2", "alt_id_in_use", "HPO alt_id"),
        Conflict("HP:2", "HP:9", "alt_id_of_two", "HPO alt_id: replaced by HP:1 already"),
    ]


def test_the_preferred_order() -> None:
    ids = ["KGPATHS:a", "X:a", "UMLS:C1", "OMIM:2", "ABC:1", "OMIM:1", "HP:1", "MONDO:1"]
    assert sorted(ids, key=preference) == ["HP:1", "MONDO:1", "OMIM:1", "OMIM:2", "UMLS:C1", "ABC:1", "X:a", "KGPATHS:a"]


PREFIXES = ("HP", "OMIM", "MONDO", "UMLS", "ICD10CM")
curies = st.builds(lambda p, n: f"{p}:{n}", st.sampled_from(PREFIXES), st.integers(1, 4))
random_links = st.lists(
    st.builds(Link, curies, curies, st.sampled_from(("exact_match", "xref", "broad_match", "narrow_match")), st.just(0)), max_size=40
)
random_nodes = st.dictionaries(curies.filter(lambda c: not c.startswith(("UMLS", "ICD"))), st.sampled_from((D, P)), max_size=12)


@settings(max_examples=200, deadline=None)
@given(random_nodes, random_links, st.integers(0, 100))
def test_whatever_the_links_no_concept_has_two_ids_of_a_prefix_or_two_kinds_and_their_order_is_nothing(
    nodes: dict[str, str], links: list[Link], seed: int
) -> None:
    merged = merge(nodes, links)
    for members in merged.members.values():
        prefixes = [prefix_of(m) for m in members]
        assert len(set(prefixes)) == len(prefixes)
        assert len({nodes[m] for m in members if m in nodes}) == 1
        assert "ICD10CM" not in prefixes
    assert all(node in merged.concept for node in nodes)
    shuffled = links[:]
    random.Random(seed).shuffle(shuffled)
    assert merge(dict(reversed(nodes.items())), shuffled) == merged
