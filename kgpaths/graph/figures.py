"""Measure a graph: degrees, components, and what its edges rest on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgpaths.graph.files import ARRAYS, load_array, load_columns
from kgpaths.graph.hashing import slices
from kgpaths.graph.store import Graph

NONE_NAMED = "(none named)"


def figures(graph: Graph) -> dict[str, Any]:
    """Return a graph's figures by short names, ready for JSON.

    ``degree`` counts the edges at a concept in both directions, ``hub`` is the concept with most, ``component`` is of the
    graph without directions, ``evidence`` and ``licence`` count the edges that rest on each source and come under each
    licence: an edge with two counts for both.
    """
    degree = np.diff(graph.out.indptr) + np.diff(graph.inn.indptr)
    hub = int(np.argmax(degree))
    component = np.unique(components(graph.n_concepts, graph.edge_subject, graph.edge_object), return_counts=True)[1]
    return {
        "degree": {
            "min": int(degree.min()),
            "median": float(np.median(degree)),
            "mean": round(float(degree.mean()), 2),
            "p99": float(np.percentile(degree, 99)),
            "max": int(degree[hub]),
        },
        "hub": f"{graph.curie(hub)} ({graph.concept_name(hub)})",
        "component": {"number": len(component), "largest": int(component.max())},
        "isolated": int(np.count_nonzero(degree == 0)),
        "negated": sum(int(np.count_nonzero(graph.edge_negated[rows])) for rows in slices(graph.n_edges)),
        "dangling": graph.manifest.rejected.get("dangling_edge", 0),
        "evidence": edges_by(graph, "source"),
        "licence": edges_by(graph, "licence"),
    }


def components(n: int, subject: NDArray[Any], object_: NDArray[Any]) -> NDArray[np.int32]:
    """Return for each of ``n`` concepts the smallest number in its component.

    Each round hooks the root of every edge's end to the smallest root beside it, then lets all point at their roots, and
    goes on with the edges whose ends differ (Shiloach and Vishkin, J. Algorithms 3, 1982). Some four rounds for real graphs.
    """
    root = np.arange(n, dtype=np.int32)
    a, b = np.asarray(subject), np.asarray(object_)
    while True:
        a, b = root[a], root[b]
        apart = a != b
        a, b = a[apart], b[apart]
        if not len(a):
            return root
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(root, above := root[root]):
            root = above


def edges_by(graph: Graph, field: str) -> dict[str, int]:
    """Return how many edges rest on evidence of each value of a field, most first."""
    folder = graph.path / ARRAYS
    encoded = load_columns(folder, "evidence")[field].dictionary_encode()
    names, code = encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)
    indptr, entries = load_array(folder, "evidence_indptr"), load_array(folder, "evidence_row")
    total = np.zeros(len(names), dtype=np.int64)
    for rows in slices(graph.n_edges):
        begin, end = int(indptr[rows.start]), int(indptr[rows.stop])
        edge = np.repeat(np.arange(rows.stop - rows.start), np.diff(indptr[rows.start : rows.stop + 1]))
        pairs = np.unique(edge * len(names) + code[entries[begin:end]])
        total += np.bincount(pairs % len(names), minlength=len(names))
    return {names[i] or NONE_NAMED: int(total[i]) for i in sorted(range(len(names)), key=lambda i: (-total[i], names[i]))}
