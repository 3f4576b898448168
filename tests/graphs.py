"""Small real graphs for tests that read like graphs: ``graph_of(tmp_path, line("aspirin", "treats", "pain"))``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgpaths.graph.build import build_graph
from kgpaths.graph.store import Graph
from kgpaths.model import Evidence
from kgpaths.sources import tables
from kgpaths.sources.tables import SourceInfo, SourceTables
from kgpaths.vocabulary import CATEGORIES, predicate_of

CONCRETE = {
    "ChemicalOrDrugOrTreatment": "Drug",
    "ChemicalEntityOrGeneOrGeneProduct": "ChemicalEntity",
    "DiseaseOrPhenotypicFeature": "Disease",
    "BiologicalEntity": "Disease",
    "NamedThing": "Disease",
}
"""What a concept is taken for where a predicate asks only for something wide."""


@dataclass(frozen=True)
class Line:
    """One edge of a test graph, its ends by name."""

    subject: str
    predicate: str
    object: str
    negated: bool = False
    qualifiers: tuple[tuple[str, str], ...] = ()
    frequency: dict[str, Any] | None = None
    evidence: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Thing:
    """What a test says of a concept beyond its name. ``id`` empty: ``X:<slug of the name>``."""

    category: str = ""
    synonyms: tuple[str, ...] = ()
    id: str = ""
    linkable: bool = True
    xrefs: tuple[tuple[str, str], ...] = ()  # (xref, predicate)
    definition: str = ""


def line(
    subject: str,
    predicate: str,
    object: str,
    *,
    negated: bool = False,
    frequency: tuple[float, float] | None = None,
    publications: tuple[str, ...] = (),
    source: str = "test",
    **qualifiers: str,
) -> Line:
    """Return an edge. ``frequency`` is counts where both are whole numbers, (8, 10), and bounds where not, (0.3, 0.79)."""
    stated: dict[str, Any] | None = None
    text = ""
    if frequency is not None:
        low, high = frequency
        counted = isinstance(low, int) and isinstance(high, int)
        text = f"{low}/{high}" if counted else f"{low}-{high}"
        stated = {"n": None, "m": None, "lower": None, "upper": None, "texts": [text]}
        stated |= {"n": low, "m": high} if counted else {"lower": float(low), "upper": float(high)}
    evidence = Evidence(source=source, release="1", licence="CC0-1.0", publications=publications, frequency=text).model_dump()
    evidence |= {name: list(evidence[name]) for name in ("publications", "modifiers")}
    return Line(subject, predicate, object, negated, tuple(sorted(qualifiers.items())), stated, (evidence,))


def slug(name: str) -> str:
    """Return the id of a concept by name: ``X:iron-deficiency-anemia``. A name that is a CURIE already stays."""
    return name if re.fullmatch(r"[A-Za-z][\w.]*:\S+", name) else "X:" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def graph_of(
    tmp_path: Path,
    *lines: Line,
    nodes: Mapping[str, str | Thing] | None = None,
    name: str = "test",
    folder: str = "graph",
    restricted: bool = False,
) -> Graph:
    """Build and open a real graph of these edges in ``tmp_path / folder``.

    ``nodes`` gives, by name, a category or a ``Thing`` (synonyms, id, cross-references); concepts named there need no
    edge. Other categories are guessed from the predicates' domain and range, the narrowest winning.
    """
    build_graph([tables_of(*lines, nodes=nodes, restricted=restricted)], [], tmp_path / folder, name)
    return Graph.open(tmp_path / folder)


def tables_of(*lines: Line, nodes: Mapping[str, str | Thing] | None = None, source: str = "test", restricted: bool = False) -> SourceTables:
    """Return the edges and their concepts as a source."""
    things = {name: Thing(given) if isinstance(given, str) else given for name, given in (nodes or {}).items()}
    guessed = guess(lines, {name: thing.category for name, thing in things.items() if thing.category})
    names = dict.fromkeys([*things, *(end for e in lines for end in (e.subject, e.object))])
    ids = {name: (things[name].id if name in things else "") or slug(name) for name in names}
    node_rows = [
        (ids[n], guessed.get(n, "Disease"), n, things[n].definition if n in things else "", [], things[n].linkable if n in things else True)
        for n in names
    ]
    aliases = [(ids[n], n, "label", "") for n in names]
    aliases += [(ids[n], synonym, "exact", "") for n, thing in things.items() for synonym in thing.synonyms]
    xrefs = [(ids[n], xref, predicate) for n, thing in things.items() for xref, predicate in thing.xrefs]
    edges = [
        (ids[e.subject], e.predicate, ids[e.object], e.negated, [{"key": k, "value": v} for k, v in e.qualifiers], e.frequency, list(e.evidence))
        for e in lines
    ]
    return SourceTables(
        SourceInfo(source, "1", "CC0-1.0", "", restricted=restricted),
        nodes=pl.DataFrame(node_rows, schema=tables.NODES, orient="row"),
        edges=pl.DataFrame(edges, schema=tables.EDGES, orient="row"),
        aliases=pl.DataFrame(aliases, schema=tables.ALIASES, orient="row"),
        xrefs=pl.DataFrame(xrefs, schema=tables.XREFS, orient="row"),
        rejected=tables.empty(tables.REJECTED),
    )


def guess(lines: tuple[Line, ...], given: Mapping[str, str]) -> dict[str, str]:
    """Return a category per concept: as given, else the narrowest that a predicate asks for, else a taxonomy neighbour's."""
    found = dict(given)
    for edge in lines:
        predicate = predicate_of(edge.predicate)
        for end, allowed in ((edge.subject, predicate.domain), (edge.object, predicate.range)):
            if end not in given and allowed != ("NamedThing",):
                wanted = CONCRETE.get(allowed[0], allowed[0])
                phenotype = wanted == "PhenotypicFeature" and found.get(end) == "Disease"  # a condition that is a phenotype elsewhere
                if end not in found or phenotype or found[end] in CATEGORIES[wanted]:
                    found[end] = wanted
    for _ in lines:
        for edge in lines:
            if edge.predicate == "subclass_of":
                for a, b in ((edge.subject, edge.object), (edge.object, edge.subject)):
                    if a in found:
                        found.setdefault(b, found[a])
    return found
