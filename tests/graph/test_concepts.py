"""Merging in columns gives what merging link by link gives: on random links, against ``merge`` as the plain reference."""

from __future__ import annotations

import random

import polars as pl
import pytest

from kgpaths.graph.concepts import make_concepts
from kgpaths.graph.merge import Link, merge
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import ALIASES, EDGES, NODES, REJECTED, XREFS, SourceInfo, SourceTables, empty

PREFIXES = ("HP", "MONDO", "OMIM", "UMLS", "ICD10CM", "KGPATHS", "SNOMEDCT")
KINDS = ("Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "Disease")
PREDICATES = ("exact_match", "exact_match", "xref", "xref", "xref", "close_match", "broad_match", "narrow_match", "alt_id")


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
        nodes = [(i, "InformationContentEntity" if i.startswith("ICD") else draw.choice(KINDS)) for i in ids if draw.random() < 0.4]
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
    concept = {curie: found.curies[index] for curie, index in found.ids.iter_rows()}
    assert concept == expected.concept
    assert dict(found.nodes.select("id", "category").iter_rows()) == expected.category
    crossed = [m for m in found.matches if m.source >= 0]
    assert crossed == expected.mappings
    assert [c for c in found.conflicts if c.a != c.b or c.reason != "category"] == [
        c for c in expected.conflicts if c.reason != "not_one_to_one" or expected.concept[c.a] != expected.concept[c.b]
    ]
    merged = {(found.curies[i], xref) for i, xref, merged in found.xrefs.select("index", "xref", "merged").iter_rows() if merged}
    assert merged == {(new, old) for old, new in expected.concept.items() if old != new}


def test_most_nodes_are_settled_without_a_look_at_their_links() -> None:
    """A node whose cross-references nobody shares takes them as ids of its own, one of a prefix."""
    one = source("s", [("UMLS:C1", "Disease"), ("UMLS:C2", "Disease")], [("UMLS:C1", "SNOMEDCT:1", "xref"), ("UMLS:C1", "MESH:D1", "xref")])
    found = make_concepts([one], [], Rejects())
    assert found.ids.sort("id").rows() == [("MESH:D1", 0), ("SNOMEDCT:1", 0), ("UMLS:C1", 0), ("UMLS:C2", 1)]
    assert found.curies.to_list() == ["UMLS:C1", "UMLS:C2"]
