"""Merging, link by link: what joins, what is refused, what becomes a mapping."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kgpaths.graph.kinds import STANDS_FOR, both, kinds_of, tells_nothing
from kgpaths.graph.merge import Conflict, Link, Match, Merged, merge, preference, prefix_of
from kgpaths.search.arcs import walkable

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


def test_a_phenotype_and_a_disease_stay_apart_and_are_mapped_as_strongly_as_is_said() -> None:
    merged = merge({"KGPATHS:m": D, "HP:1": P}, [typed("KGPATHS:m", "HP:1")])
    assert clusters(merged) == {("HP:1",), ("KGPATHS:m",)}
    assert merged.mappings == [Match("KGPATHS:m", "exact_match", "HP:1", 0, "exact_match")]
    assert merged.conflicts == [Conflict("KGPATHS:m", "HP:1", "category", "exact_match: Disease and PhenotypicFeature")]
    through_hub = merge({"OMIM:1": D, "HP:1": P}, [typed("OMIM:1", "UMLS:C1"), plain("HP:1", "UMLS:C1")])
    assert clusters(through_hub) == {("OMIM:1", "UMLS:C1"), ("HP:1",)}
    assert through_hub.mappings == [Match("HP:1", "related_to_at_concept_level", "OMIM:1", 0, "xref")]
    assert through_hub.conflicts == [Conflict("HP:1", "UMLS:C1", "category", "xref: PhenotypicFeature and Disease")]


def test_a_disease_of_which_no_source_has_a_node_is_no_phenotype_all_the_same() -> None:
    """MONDO's term was given up, so that only its mappings are left; by way of UMLS they lead to HPO's term."""
    for stated in (typed, plain):
        merged = merge({"HP:1": P}, [stated("MONDO:9", "UMLS:C1"), stated("MONDO:9", "OMIM:5"), plain("HP:1", "UMLS:C1")])
        assert merged.concept.keys() & {"MONDO:9", "OMIM:5"} == set()
        assert [c.reason for c in merged.conflicts] == ["category"]


def test_a_hub_that_both_a_disease_and_a_phenotype_refer_to_stands_for_one_of_them_step_by_step_as_well() -> None:
    links = [plain("DOID:5", "UMLS:C1"), plain("HP:7", "UMLS:C1")]
    merged = merge({"DOID:5": D, "HP:7": P}, links)
    assert clusters(merged) == {("DOID:5", "UMLS:C1"), ("HP:7",)}
    stepwise = merge({"HP:7": P}, [plain("MESH:D1", "MONDO:5"), plain("MESH:D1", "UMLS:C1"), plain("HP:7", "UMLS:C1")])
    assert clusters(stepwise) == {("HP:7", "UMLS:C1")}
    assert stepwise.conflicts == [Conflict("MESH:D1", "UMLS:C1", "category", "xref: Disease and PhenotypicFeature")]


def test_what_may_be_either_becomes_the_one_it_is_joined_with_and_not_the_other_too() -> None:
    nodes = {"UMLS:C1": "DiseaseOrPhenotypicFeature", "HP:7": P}
    merged = merge(nodes, [typed("UMLS:C1", "MONDO:5"), typed("HP:7", "UMLS:C1")])
    assert clusters(merged) == {("HP:7", "UMLS:C1")} and merged.category == {"HP:7": P}
    assert merged.conflicts == [Conflict("UMLS:C1", "MONDO:5", "category", "exact_match: PhenotypicFeature and Disease")]
    merged = merge({"UMLS:C1": "DiseaseOrPhenotypicFeature", "XPO:1": P}, [typed("UMLS:C1", "MONDO:5"), typed("XPO:1", "UMLS:C1")])
    assert clusters(merged) == {("MONDO:5", "UMLS:C1"), ("XPO:1",)} and merged.category["MONDO:5"] == "DiseaseOrPhenotypicFeature"


def test_omim_numbers_genes_and_diseases_and_tells_them_from_phenotypes() -> None:
    for node, kind, joined in (("HGNC:1", "Gene", True), ("MONDO:1", D, True), ("HP:1", P, False), ("CHEBI:1", "Drug", False)):
        assert (len(merge({node: kind}, [plain(node, "OMIM:5")]).concept) == 2) == joined


def test_who_calls_a_disease_by_its_id_a_phenotype_joins_it_with_nothing() -> None:
    merged = merge({"MONDO:5": P, "HP:7": P}, [typed("MONDO:5", "HP:7"), plain("MONDO:5", "UMLS:C1")])
    assert clusters(merged) == {("MONDO:5",), ("HP:7",)}
    assert {c.via for c in merged.conflicts} == {
        "exact_match: PhenotypicFeature (not by its prefix) and PhenotypicFeature",
        "xref: PhenotypicFeature (not by its prefix) and unknown",
    }


def test_what_a_prefix_tells() -> None:
    assert kinds_of("UMLS", None) is None and kinds_of("MONDO", None) == {D} and kinds_of("MONDO", P) == frozenset()
    assert kinds_of("MONDO", "DiseaseOrPhenotypicFeature") == {D} and kinds_of("OMIM", "Protein") == {"Protein"}
    assert both(frozenset({"NamedThing"}), frozenset({D, "Gene"})) == {D, "Gene"} and both(None, None) is None
    assert tells_nothing("MONDO", D) and tells_nothing("UMLS", P) and not tells_nothing("MONDO", "NamedThing") and not tells_nothing("HP", D)
    assert not STANDS_FOR.keys() & {"UMLS", "MESH", "SNOMEDCT", "NCIT", "MEDDRA", "EFO"}


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


def test_a_code_that_several_refer_to_is_mapped_without_a_word_on_how_alike_they_are() -> None:
    """So is one of several codes of a disease. No such edge is walked: of DO's terms 134 refer to one code."""
    nodes = {"DOID:1": D, "DOID:2": D, "ICD10CM:L23": CODE, "ICD10CM:L24": CODE}
    merged = merge(nodes, [plain("DOID:1", "ICD10CM:L23"), plain("DOID:2", "ICD10CM:L23"), plain("DOID:2", "ICD10CM:L24")], ["DO"])
    assert [m[:3] for m in merged.mappings] == [
        ("DOID:1", "related_to_at_concept_level", "ICD10CM:L23"),
        ("DOID:2", "related_to_at_concept_level", "ICD10CM:L23"),
        ("DOID:2", "related_to_at_concept_level", "ICD10CM:L24"),
    ]
    assert {m.stated for m in merged.mappings} == {"xref"} and merged.conflicts == []
    assert not walkable("related_to_at_concept_level")
    assert [m.predicate for m in merge(nodes, [plain("DOID:1", "ICD10CM:L23")]).mappings] == ["close_match"]


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


def test_a_chain_of_replaced_ids_ends_at_the_one_in_use() -> None:
    chain = [Link("HP:1", "HP:2", "alt_id", 0), Link("HP:2", "HP:3", "alt_id", 0), Link("HP:3", "HP:4", "alt_id", 0)]
    assert merge({"HP:1": P}, [*chain, *chain]).concept == dict.fromkeys(("HP:1", "HP:2", "HP:3", "HP:4"), "HP:1")
    round_about = [Link("HP:1", "HP:2", "alt_id", 0), Link("HP:2", "HP:1", "alt_id", 0)]
    assert merge({"HP:7": P}, round_about).concept == {"HP:7": "HP:7"}


def denied(a: str, b: str) -> Link:
    return Link(a, b, "denied", 1)


def test_what_a_source_denies_to_be_the_same_is_not_joined_whatever_says_so() -> None:
    nodes, sources = {"DOID:1": D, "OMIM:2": D}, ["DO", "MONDO"]
    for stated in (plain("DOID:1", "OMIM:2"), typed("DOID:1", "OMIM:2"), plain("OMIM:2", "DOID:1")):
        merged = merge(nodes, [stated, denied("DOID:1", "OMIM:2")], sources)
        assert clusters(merged) == {("DOID:1",), ("OMIM:2",)} and merged.mappings == []
        assert merged.conflicts == [Conflict(stated.a, stated.b, "denied", f"DO {stated.predicate}: denied by MONDO")]


def test_what_is_denied_is_not_joined_by_a_third_either() -> None:
    merged = merge({"DOID:1": D, "OMIM:2": D}, [plain("DOID:1", "UMLS:C3"), plain("OMIM:2", "UMLS:C3"), denied("OMIM:2", "DOID:1")], ["DO", "MONDO"])
    assert clusters(merged) == {("DOID:1", "UMLS:C3"), ("OMIM:2",)}
    assert merged.conflicts == [Conflict("OMIM:2", "UMLS:C3", "denied", "DO xref: OMIM:2 and DOID:1, denied by MONDO")]


def test_what_is_denied_is_no_exact_match_between_a_disease_and_a_phenotype_either() -> None:
    merged = merge({"DOID:1": D, "HP:2": P}, [typed("DOID:1", "UMLS:C3"), typed("HP:2", "UMLS:C3"), denied("HP:2", "DOID:1")], ["DO", "MONDO"])
    assert merged.mappings == [] and [c.reason for c in merged.conflicts] == ["denied"]


def test_a_denial_of_one_link_leaves_the_other_one_to_one_and_other_kinds_of_mappings_as_they_are() -> None:
    links = [plain("DOID:1", "OMIM:2"), plain("DOID:1", "OMIM:3"), Link("DOID:1", "OMIM:2", "close_match", 0), denied("DOID:1", "OMIM:2")]
    merged = merge({"DOID:1": D, "OMIM:2": D, "OMIM:3": D}, links)
    assert clusters(merged) == {("OMIM:3", "DOID:1"), ("OMIM:2",)}
    assert [(m.subject, m.predicate, m.object) for m in merged.mappings] == [("OMIM:3", "close_match", "OMIM:2")]


def test_the_preferred_order() -> None:
    ids = ["KGPATHS:a", "X:a", "UMLS:C1", "OMIM:2", "ABC:1", "OMIM:1", "HP:1", "MONDO:1"]
    assert sorted(ids, key=preference) == ["HP:1", "MONDO:1", "OMIM:1", "OMIM:2", "UMLS:C1", "ABC:1", "X:a", "KGPATHS:a"]


PREFIXES = ("HP", "OMIM", "MONDO", "UMLS", "ICD10CM")
curies = st.builds(lambda p, n: f"{p}:{n}", st.sampled_from(PREFIXES), st.integers(1, 4))
random_links = st.lists(
    st.builds(Link, curies, curies, st.sampled_from(("exact_match", "xref", "broad_match", "narrow_match", "denied")), st.just(0)), max_size=40
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
        assert len(members) == 1 or all(kinds_of(prefix_of(m), merged.category[members[0]]) for m in members)
        assert not any({link.a, link.b} <= set(members) for link in links if link.predicate == "denied" and link.a != link.b)
    assert all(node in merged.concept for node in nodes)
    shuffled = links[:]
    random.Random(seed).shuffle(shuffled)
    assert merge(dict(reversed(nodes.items())), shuffled) == merged
