"""A small graph with every kind of edge, and names that no format likes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kgpaths.graph.store import Graph
from kgpaths.model import Evidence
from tests.graphs import Line, Thing, graph_of, line

HOSTILE = 'naïve "quoted", a|b; c\ttab\nline\r\nend\0nul 😀 &#124; back\\slash ' + "x" * 10_000
NAN = "NAN"  # a gene of PrimeKG, and a missing value to many readers

NODES = {
    "flu": Thing("Disease", ("influenza", "grippe|catarrh", HOSTILE), id="MONDO:1", xrefs=(("OMIM:7", "exact_match"), ("MONDO:99", "alt_id"))),
    "fever": Thing("PhenotypicFeature", ("high temperature",), definition=f"Too warm.\nVery. {HOSTILE}"),
    "rash": Thing("PhenotypicFeature", xrefs=(("UMLS:C1", "close_match"),)),
    HOSTILE: Thing("Disease", id="X:hostile"),
    NAN: Thing("Gene", id="NCBIGene:1"),
    "ward": Thing("Disease", linkable=False),
}


def stated(source: str = "test", **fields: Any) -> dict[str, Any]:
    """Return an evidence."""
    evidence = Evidence(source=source, release="1", licence="CC0-1.0", **fields).model_dump()
    return evidence | {name: list(evidence[name]) for name in ("publications", "modifiers")}


def count(n: int, m: int) -> dict[str, Any]:
    """Return a counted frequency."""
    return {"n": n, "m": m, "lower": None, "upper": None, "texts": [f"{n}/{m}"]}


def share(lower: float, upper: float, text: str) -> dict[str, Any]:
    """Return a frequency that is stated as a range."""
    return {"n": None, "m": None, "lower": lower, "upper": upper, "texts": [text]}


BY_TEST = {"citation": "test"}
"""Evidence that cites its own source: KGX reads its primary source as citation, so that these come back as they were."""

LINES = (
    Line(
        "flu",
        "has_phenotype",
        "fever",
        frequency=count(8, 10),
        evidence=(stated(publications=("PMID:1", "PMID:2"), frequency="8/10", code="PCS", **BY_TEST), stated(publications=("PMID:3",), **BY_TEST)),
    ),
    Line("flu", "has_phenotype", "rash", negated=True, frequency=count(0, 12), evidence=(stated(frequency="0/12", **BY_TEST),)),
    Line(
        "measles",
        "has_phenotype",
        "rash",
        frequency=share(0.3, 0.79, "HP:0040282"),
        evidence=(
            stated(frequency="HP:0040282", onset="HP:1", sex="MALE", modifiers=("HP:2", "HP:3"), date="2020-01-01", confidence=0.75, **BY_TEST),
        ),
    ),
    Line("measles", "has_phenotype", "fever", frequency=share(0.45, 0.45, "45%"), evidence=(stated(frequency="45%", **BY_TEST),)),
    Line(
        "aspirin",
        "affects",
        "enzyme",
        qualifiers=(("object_aspect_qualifier", "activity"), ("object_direction_qualifier", "decreased")),
        evidence=(stated(code="knowledge_assertion; manual_agent; ECO:1", **BY_TEST),),
    ),
    Line("aspirin", "affects", "enzyme", evidence=(stated(**BY_TEST),)),
    line("charcoal", "antidote_for", "aspirin"),
    line("aspirin", "pharmacologically_interacts_with", "warfarin"),
    Line("flu", "UMLS:co_occurs_with", "measles", evidence=(stated(code="IEA", **BY_TEST),)),
    Line(NAN, "has_phenotype", "rash", evidence=(stated(inferred_from="MONDO:1", **BY_TEST),)),
    Line(HOSTILE, "subclass_of", "flu", evidence=(stated(note=HOSTILE, citation="a guideline"), stated("another", note="second"))),
    Line("warfarin", "treats", "flu"),
)


def kinds_graph(tmp_path: Path, *more: Line, folder: str = "kinds") -> Graph:
    """Return the graph of ``LINES``."""
    return graph_of(tmp_path, *LINES, *more, nodes=NODES, name="kinds", folder=folder)
