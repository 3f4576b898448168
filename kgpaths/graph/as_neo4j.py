"""A graph as nodes and relationships of Neo4j: one shape for what is loaded into a server and what ``neo4j-admin`` imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from kgpaths.graph.columns import Columns, Concepts, Edges, Numbers
from kgpaths.graph.export import each
from kgpaths.graph.export_json import stated
from kgpaths.graph.hashing import compact
from kgpaths.graph.manifest import GraphManifest
from kgpaths.graph.store import Graph
from kgpaths.model import digest

LABEL = "Concept"
"""Label of every concept, beside its category."""

SHAPE = 1
"""Version of what nodes and relationships hold. Raise it when a property is added, dropped or changes meaning."""

ARRAYS = ("semantic_types", "synonyms", "synonym_scopes", "xrefs", "frequency_stated", "sources", "publications", "evidence")
"""Properties that are lists of text."""

EDGE_PROPERTIES = frozenset(
    {"subject", "object", "predicate", "id", "content_hash", "negated", "frequency", *ARRAYS, "graph", "load", "runs", "bare"}
)
"""What an edge says beside its qualifiers, here or in a server, where runs that were pushed add to it."""


def mark(manifest: GraphManifest) -> str:
    """Return what nodes and relationships of this build bear as ``load``: what has another one is older, or newer."""
    return digest([SHAPE, manifest.content_hash, [source.model_dump() for source in manifest.sources]], 12)


def node_rows(nodes: Concepts) -> pl.DataFrame:
    """Return concepts: curie, category, name, definition, linkable and the arrays of them; empty texts and arrays are null."""
    names = nodes.aliases.values
    other = names["alias"] != nodes.frame["name"].gather(nodes.aliases.owner())
    scopes = names["scope"].cast(pl.String).replace("label", "exact")
    return bare(
        nodes.frame.select(
            pl.col("id").alias("curie"),
            "category",
            "name",
            "definition",
            "linkable",
            "semantic_types",
            nodes.aliases.column(names["alias"], other).alias("synonyms"),
            nodes.aliases.column(scopes, other).alias("synonym_scopes"),
            nodes.xrefs.column(nodes.xrefs.values["xref"]).alias("xrefs"),
        )
    )


def edge_rows(columns: Columns, edges: Edges) -> pl.DataFrame:
    """Return edges: subject, object, predicate, id, content_hash, negated, a column for each qualifier, frequency and the arrays of them.

    ``frequency`` is 0 to 1, null where unknown; ``evidence`` holds a JSON object for each statement, without empty fields.
    """
    frame, evidence = edges.frame, edges.evidence
    ids = columns.nodes["id"]
    return bare(
        pl.DataFrame(
            {
                "subject": ids.gather(frame["subject"]),
                "object": ids.gather(frame["object"]),
                "predicate": columns.predicates.gather(frame["predicate"]),
                "id": frame["id"],
                "content_hash": frame["content_hash"],
                "negated": frame["negated"],
                **{property_of(column.name): column.gather(frame["q"]) for column in columns.qualified},
                "frequency": frame["value"],
                "frequency_stated": columns.frequencies["texts"].gather(frame["f"]),
                "sources": each(edges, evidence["source"]),
                "publications": each(edges, evidence["publications"]),
                "evidence": stated(edges, without_empty),
            }
        )
    )


def without_empty(row: dict[str, Any]) -> str:
    """Return an evidence as JSON, without the fields that say nothing."""
    return compact({name: value for name, value in row.items() if value not in ("", [], None)})


def bare(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose empty texts and arrays are null: a node or relationship has no such property then."""
    arrays = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.List)]
    return rows.with_columns(pl.col(pl.String).replace("", None), *(pl.when(pl.col(name).list.len() > 0).then(name) for name in arrays))


def property_of(qualifier: str) -> str:
    """Return the property that holds a qualifier of this key: its name, unless an edge has another property of that name.

    No name of a property is empty or holds a NUL: ␀ stands for it.
    """
    name = qualifier.replace("\0", "\u2400")
    return name if name and name not in EDGE_PROPERTIES else f"qualifier_{name}"


def odd_qualifiers(graph: Graph) -> dict[str, str]:
    """Return the keys of qualifiers that are not the name of the property that holds them, with that name."""
    keys = {key for keys in graph.qualifier_keys() for key in keys}
    return {key: property_of(key) for key in sorted(keys) if key != property_of(key)}


def concepts(graph: Graph, size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the concepts of a graph as plain rows of ``node_rows`` without what is null, ``size`` at a time."""
    for part in Columns(graph).concepts(size):
        yield list(map(known, node_rows(part).iter_rows(named=True)))


class EdgePart(NamedTuple):
    """Some edges. What many of them say alike is said once, in ``alike``: most of what a server is sent would be repetition.

    An edge is its subject, object, id, content hash, and the place in ``alike`` of its predicate and other properties.
    """

    edges: list[tuple[str, str, str, str, int]]
    alike: list[tuple[str, dict[str, Any]]]


def edges(graph: Graph, size: int) -> Iterator[EdgePart]:
    """Yield the edges of a graph, ``size`` at a time, those of a subject one after the other."""
    columns = Columns(graph)
    ids = columns.nodes["id"]
    for low in range(0, graph.n_edges, size):
        rows = np.arange(low, min(low + size, graph.n_edges))
        part = columns.edges_at(rows)
        number, first = numbered(part)
        of_each = (ids.gather(part.frame["subject"]), ids.gather(part.frame["object"]), part.frame["id"], part.frame["content_hash"], number)
        shared = edge_rows(columns, columns.edges_at(rows[first])).drop("subject", "object", "id", "content_hash")
        alike = [(row.pop("predicate"), known(row)) for row in shared.iter_rows(named=True)]
        yield EdgePart(list(zip(*(column.to_list() for column in of_each), strict=True)), alike)


def numbered(edges: Edges) -> tuple[pl.Series, Numbers]:
    """Number edges that differ in subject, object, id and content hash at most alike, and return the first edge of each number."""
    of = edges.statements.column(edges.statements.values["of"].cast(pl.String)).list.join(" ")
    alike = edges.frame.select("predicate", "negated", "q", "f", "value", of=of, edge=pl.int_range(pl.len()))
    groups = alike.group_by(pl.exclude("edge"), maintain_order=True).agg("edge").with_row_index("number")
    return groups.explode("edge").sort("edge")["number"], groups["edge"].list.first().to_numpy()


def known(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what is null."""
    return {name: value for name, value in row.items() if value is not None}
