"""A graph as nodes and relationships of Neo4j: one shape for what is loaded into a server and what ``neo4j-admin`` imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from kgpaths.graph.columns import Columns, Concepts, Edges
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
                **{column.name: column.gather(frame["q"]) for column in columns.qualified},
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


def concepts(graph: Graph, size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the concepts of a graph as plain rows of ``node_rows``, ``size`` at a time."""
    for part in Columns(graph).concepts(size):
        yield node_rows(part).to_dicts()


class EdgesOf:
    """The edges of a graph as plain rows of ``edge_rows``, by the concepts they begin at."""

    def __init__(self, graph: Graph, size: int) -> None:
        """Prepare parts of at least ``size`` edges, which end where a concept's edges end."""
        self.graph, self.size, self.columns = graph, size, Columns(graph)

    def __iter__(self) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
        """Yield CURIEs of concepts, in order and all of them, with the edges that begin there."""
        indptr, n = self.graph.out.indptr, self.graph.n_concepts
        low = 0
        while low < n:
            high = max(low + 1, int(np.searchsorted(indptr, indptr[low] + self.size, side="right")) - 1)
            high = min(high, low + self.size, n)
            rows = np.arange(int(indptr[low]), int(indptr[high]))
            yield self.columns.nodes["id"][low:high].to_list(), edge_rows(self.columns, self.columns.edges_at(rows)).to_dicts()
            low = high
