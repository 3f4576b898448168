"""A graph, or the part of it among some concepts, as a networkx graph with all attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from kgpaths.graph.columns import Columns, Concepts, Edges
from kgpaths.sources.curies import normalise

if TYPE_CHECKING:
    import networkx as nx

    from kgpaths.graph.store import Graph


def to_networkx(graph: Graph, concepts: Iterable[str] | None = None) -> nx.MultiDiGraph[str]:
    """Return ``graph`` as a MultiDiGraph: nodes by CURIE, edges from subject to object by edge id.

    ``concepts``, ids in any spelling the graph knows, keeps these and the edges among them. Attributes are those of
    ``model.Concept`` (and ``linkable``) and ``model.Edge`` as plain lists and dictionaries; evidence that several edges
    share is one object, so copy before changing it. Raises KeyError for an unknown id.
    """
    import networkx

    made: nx.MultiDiGraph[str] = networkx.MultiDiGraph(**about(graph))
    columns = Columns(graph)
    if concepts is None:
        for nodes in columns.concepts():
            made.add_nodes_from(node_items(nodes))
        for edges in columns.edges():
            add(made, edge_items(columns, edges))
        return made
    chosen = np.unique(np.array([number(graph, curie) for curie in concepts], dtype=np.int64))
    made.add_nodes_from(node_items(columns.concepts_at(chosen)))
    add(made, edge_items(columns, columns.edges_at(among(graph, chosen))))
    return made


def add(made: nx.MultiDiGraph[str], edges: Iterator[tuple[str, str, str, dict[str, Any]]]) -> None:
    """Add edges under their ids."""
    for subject, object_, key, attributes in edges:
        made.add_edge(subject, object_, key, **attributes)


def about(graph: Graph) -> dict[str, Any]:
    """Return what the networkx graph says of itself."""
    return {"name": graph.name, "release": graph.release, "hash": graph.hash, "sources": [s.model_dump() for s in graph.manifest.sources]}


def number(graph: Graph, curie: str) -> int:
    """Return the number of a concept, its id in any spelling. Raises KeyError that names the graph."""
    for spelt in (curie, normalise(curie)):
        if spelt is not None and spelt in graph:
            return graph.index(spelt)
    raise KeyError(f"no concept {curie!r} in graph {graph.name}; 'kgpaths kg search TEXT' finds ids")


def among(graph: Graph, chosen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the rows of the edges whose ends are both chosen, in order."""
    wanted = np.zeros(graph.n_concepts, dtype=bool)
    wanted[chosen] = True
    spans = [graph.out.span(one) for one in chosen.tolist()]
    rows = [graph.out.edge[span][wanted[graph.out.neighbour[span]]] for span in spans]
    found: np.ndarray[Any, Any] = np.concatenate([np.empty(0, dtype=np.int64), *rows]).astype(np.int64)
    return found


def node_items(nodes: Concepts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield concepts as networkx takes nodes."""
    names = nodes.aliases.values.select(text="alias", scope=pl.col("scope").replace("label", "exact"), kind="kind")
    other = names["text"] != nodes.frame["name"].gather(nodes.aliases.owner())
    frame = nodes.frame.with_columns(
        nodes.aliases.column(names.to_struct("synonyms"), other).alias("synonyms"), nodes.xrefs.column(nodes.xrefs.values["xref"]).alias("xrefs")
    )
    for row in frame.iter_rows(named=True):
        yield row.pop("id"), row


def edge_items(columns: Columns, edges: Edges) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield edges as networkx takes them: subject, object, key, attributes."""
    curies = columns.nodes["id"]
    qualifiers, frequencies = columns.qualifiers["qualifiers"], columns.frequencies
    evidence = edges.evidence.to_dicts()
    of, indptr = edges.statements.values["of"].to_list(), edges.statements.indptr.tolist()
    ends = zip(curies.gather(edges.frame["subject"]), curies.gather(edges.frame["object"]), strict=True)
    predicates = columns.predicates.gather(edges.frame["predicate"])
    rows = edges.frame.select("id", "content_hash", "negated", "q", "f").iter_rows()
    for place, ((subject, object_), predicate, (id, content_hash, negated, q, f)) in enumerate(zip(ends, predicates, rows, strict=True)):
        yield (
            subject,
            object_,
            id,
            {
                "content_hash": content_hash,
                "predicate": predicate,
                "negated": negated,
                "qualifiers": qualifiers[q].to_list() if q else [],
                "frequency": None if f is None else frequencies.row(f, named=True),
                "evidence": [evidence[e] for e in of[indptr[place] : indptr[place + 1]]],
            },
        )
