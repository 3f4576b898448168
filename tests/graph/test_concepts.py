"""Merging in columns gives what merging link by link gives: on random links, against ``merge`` as the plain reference."""

from __future__ import annotations

import random

import polars as pl
import pytest

from kgpaths.graph.concepts import make_concepts
from kgpaths.graph.merge import Link, Merged, merge
from kgpaths.graph.names import spelt_xrefs
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import ALIASES, EDGES, JUSTIFIED, NODES, REJECTED, XREFS, SourceInfo, SourceTables, empty

PREFIXES = ("HP", "MONDO", "OMIM", "UMLS", "ICD10CM", "KGPATHS", "SNOMEDCT")
KINDS = ("Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "Disease")
NATURAL = {"HP": "PhenotypicFeature", "MONDO": "Disease", "OMIM": "Disease", "ICD10CM": "InformationContentEntity"}
PREDICATES = ("exact_match", "exact_match", "xref", "xref", "xref", "close_match", "broad_match", "narrow_match", "alt_id", "denied")


def source(name: str, nodes: list[tuple[str, str]], links: list[tuple[str, str, str]]) -> SourceTables:
    rows = [(curie, kind, f"name of {curie}"[: 10 + len(curie) % 3], "", [], True) for curie, kind in nodes]
    return SourceTables(
        SourceInfo(name, "", "", ""),
        pl.DataFrame(rows, schema=NODES, orient="row"),
        empty(EDGES),
        empty(ALIASES),
        pl.DataFrame(links, schema=XREFS, orient="row"),
        empty(REJECTED),
    )


def drawn(seed: int) -> list[SourceTables]:
    draw = random.Random(seed)
    ids = [f"{prefix}:{n}" for prefix in PREFIXES for n in range(draw.randint(2, 9))]
    sources = []
    for number in range(2):
        prefixes = {i: i.partition(":")[0] for i in ids if draw.random() < 0.4}
        nodes = [(i, NATURAL[p] if p == "ICD10CM" or (p in NATURAL and draw.random() < 0.7) else draw.choice(KINDS)) for i, p in prefixes.items()]
        links = [(draw.choice(ids), draw.choice(ids), draw.choice(PREDICATES)) for _ in range(draw.randint(0, 40))]
        sources.append(source(f"s{number}", nodes, links))
    return sources


@pytest.mark.parametrize("seed", range(150))
def test_merging_in_columns_is_merging_link_by_link(seed: int) -> None:
    sources = drawn(seed)
    category: dict[str, str] = {}
    names: dict[str, str] = {}
    for one in sources:
        for curie, kind, name in one.nodes.select("id", "category", "name").iter_rows():
            category.setdefault(curie, kind)
            names.setdefault(curie, name)
    links = [Link(*row, number) for number, one in enumerate(sources) for row in one.xrefs.iter_rows()]
    expected = merge(category, links, ["s0", "s1"], names)
    found = make_concepts(sources, [], Rejects())
    concept = {curie: found.curies[index] for curie, index in found.ids.select("id", "index").iter_rows()}
    assert concept == expected.concept
    assert dict(found.nodes.select("id", "category").iter_rows()) == expected.category
    crossed = [m for m in found.matches if m.source >= 0]
    assert crossed == expected.mappings
    assert [c for c in found.conflicts if c.a != c.b or c.reason != "category"] == [
        c for c in expected.conflicts if c.reason != "not_one_to_one" or expected.concept[c.a] != expected.concept[c.b]
    ]
    merged = {
        (found.curies[i], xref): predicate for i, xref, predicate in found.xrefs.filter("merged").select("index", "xref", "predicate").iter_rows()
    }
    assert merged == {(new, old): held_by(expected, links, old, new) for old, new in expected.concept.items() if old != new}


def held_by(merged: Merged, links: list[Link], old: str, new: str) -> str:
    """Return by what an id is one with its concept's own: step by step along typed matches, or not."""
    if merged.replaced.get(old, old) != old:
        return "alt_id"
    typed = [(merged.replaced.get(k.a, k.a), merged.replaced.get(k.b, k.b)) for k in links if k.predicate == "exact_match"]
    seen, waiting = {old}, [old]
    while waiting:
        here = waiting.pop()
        near = {b if a == here else a for a, b in typed if here in (a, b) and merged.concept.get(a) == merged.concept.get(b)}
        waiting += near - seen
        seen |= near
    return "exact_match" if new in seen else "xref"


def test_an_id_bears_the_source_and_reason_of_what_joined_it() -> None:
    """HPO's untyped reference goes before MONDO's curated match of another id: it is by the former that the phenotype has the id."""
    one = source(
        "HPO", [("HP:1", "PhenotypicFeature")], [("HP:1", "UMLS:C1", "xref"), ("HP:1", "HP:9", "alt_id"), ("HP:1", "ICD10:A1", "close_match")]
    )
    rows = [("UMLS:C1", "SNOMEDCT:1", "exact_match", "semapv:ManualMappingCuration", 0.9), ("SNOMEDCT:1", "MESH:D1", "exact_match", "", None)]
    rows += [("HP:1", "MESH:D1", "exact_match", "semapv:LexicalMatching", 0.5)]
    found = make_concepts([one], [pl.DataFrame(rows[:1], schema={**XREFS, **JUSTIFIED}, orient="row")], Rejects())
    assert spelt_xrefs(found.xrefs, found.reasons, found.sources).drop("index", "merged").rows() == [
        ("UMLS:C1", "xref", "HPO", "", None),
        ("SNOMEDCT:1", "xref", "", "", None),  # no statement that it is the phenotype: a chain of two
        ("HP:9", "alt_id", "HPO", "", None),
        ("ICD10:A1", "close_match", "HPO", "", None),
    ]
    found = make_concepts([one], [pl.DataFrame(rows, schema={**XREFS, **JUSTIFIED}, orient="row")], Rejects())
    joined = spelt_xrefs(found.xrefs, found.reasons, found.sources).filter(pl.col("merged") & (pl.col("predicate") != "alt_id"))
    assert joined.drop("index", "merged").rows() == [
        ("UMLS:C1", "exact_match", "crosswalk", "semapv:ManualMappingCuration", 0.9),
        ("MESH:D1", "exact_match", "crosswalk", "semapv:LexicalMatching", 0.5),
        ("SNOMEDCT:1", "exact_match", "crosswalk", "semapv:ManualMappingCuration", 0.9),
    ]


def test_a_denied_pair_stays_apart_under_one_name_and_no_trace_of_the_denial_is_a_cross_reference() -> None:
    table = source("DO", [("DOID:1", "Disease"), ("OMIM:2", "Disease")], [("DOID:1", "OMIM:2", "xref")])
    nodes = table.nodes.with_columns(name=pl.lit("flu"))
    table = SourceTables(
        table.info, nodes, table.edges, nodes.select("id", alias="name", scope=pl.lit("label"), kind=pl.lit("")), table.xrefs, table.rejected
    )
    together = make_concepts([table], [], Rejects())
    assert together.curies.to_list() == ["OMIM:2"]
    found = make_concepts([table, source("MONDO", [], [("OMIM:2", "DOID:1", "denied")])], [], Rejects())
    assert found.curies.to_list() == ["DOID:1", "OMIM:2"] and found.matches == []
    assert [(c.a, c.b, c.reason, c.via) for c in found.conflicts] == [("DOID:1", "OMIM:2", "denied", "DO xref: denied by MONDO")]
    assert found.xrefs.select("index", "xref", "predicate", "merged").rows() == [(0, "OMIM:2", "xref", False)]


def test_most_nodes_are_settled_without_a_look_at_their_links() -> None:
    """A node whose cross-references nobody shares takes them as ids of its own, one of a prefix."""
    one = source("s", [("UMLS:C1", "Disease"), ("UMLS:C2", "Disease")], [("UMLS:C1", "SNOMEDCT:1", "xref"), ("UMLS:C1", "MESH:D1", "xref")])
    found = make_concepts([one], [], Rejects())
    assert found.ids.select("id", "index").sort("id").rows() == [("MESH:D1", 0), ("SNOMEDCT:1", 0), ("UMLS:C1", 0), ("UMLS:C2", 1)]
    assert found.curies.to_list() == ["UMLS:C1", "UMLS:C2"]
