"""Write a graph's tables (Parquet) and the arrays that ``Graph`` maps into memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from kgpaths.graph.concepts import Concepts
from kgpaths.graph.edges import Edges
from kgpaths.graph.files import save_array, save_columns
from kgpaths.graph.hashing import hexed, key64, text_keys
from kgpaths.graph.merge import Conflict
from kgpaths.graph.names import spelt_xrefs

NAMES = 1_000_000  # names written at a time


def write_tables(folder: Path, concepts: Concepts, rejected: pl.DataFrame) -> None:
    """Write the Parquet tables of concepts, and of what was refused: all a reader without kgpaths needs."""
    ids = concepts.curies.alias("id")
    concepts.nodes.write_parquet(folder / "nodes.parquet")
    pl.DataFrame(concepts.conflicts, schema=dict.fromkeys(Conflict._fields, pl.String), orient="row").write_parquet(folder / "conflicts.parquet")
    rejected.write_parquet(folder / "rejected_rows.parquet")
    with Table(folder / "aliases.parquet") as table:
        for frame in concepts.aliases.iter_slices(NAMES):
            table.add(spelt(frame, ids, "alias", "scope", "kind"))
    with Table(folder / "xrefs.parquet") as table:
        for frame in concepts.xrefs.iter_slices(NAMES) if concepts.xrefs.height else [concepts.xrefs]:  # an empty table is a table, too
            told = spelt_xrefs(frame, concepts.reasons, concepts.sources)
            table.add(spelt(told, ids, "xref", "predicate", "merged", "source", "justification", "confidence"))


class Table:
    """A Parquet file that is written a stretch of rows at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: Any = None

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer:
            self.writer.close()

    def add(self, rows: pa.Table) -> None:
        """Write rows."""
        self.writer = self.writer or pq.ParquetWriter(self.path, rows.schema, compression="zstd", compression_level=1)
        self.writer.write_table(rows)


def spelt(frame: pl.DataFrame, ids: pl.Series, *columns: str) -> pa.Table:
    """Return rows with their concept's id instead of its number."""
    table: pa.Table = frame.select(ids.gather(frame["index"]), *columns).to_arrow()
    return table


def write_parquet(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other into one file."""
    with Table(path) as table:
        for rows in tables:
            table.add(rows)


def edge_rows(edges: Edges, rows: slice, ids: pl.Series) -> pa.Table:
    """Return edges with everything spelt out, as people and other tools read them."""
    indptr = edges.evidence_indptr[rows.start : rows.stop + 1]
    stated = edges.evidence[edges.evidence_of[indptr[0] : indptr[-1]]].to_struct("evidence").to_arrow()
    frequency = edges.frequencies.to_struct("frequency")
    of = pl.Series(edges.frequency_of[rows])
    return pa.table(
        {
            "id": hexed(edges.id[rows]).to_arrow(),
            "subject": ids.gather(edges.subject[rows]).to_arrow(),
            "predicate": pl.Series(edges.predicates).gather(edges.predicate[rows]).to_arrow(),
            "object": ids.gather(edges.object[rows]).to_arrow(),
            "negated": pa.array(edges.negated[rows].astype(bool)),
            "qualifiers": edges.qualifiers["qualifiers"].gather(edges.qualifiers_of[rows]).to_arrow(),
            "frequency": frequency.gather(of.set(of < 0, None)).to_arrow(),
            "evidence": pa.LargeListArray.from_arrays(pa.array(indptr - indptr[0]), stated),
            "content_hash": hexed(edges.content_hash[rows]).to_arrow(),
        }
    )


def write_arrays(folder: Path, concepts: Concepts, edges: Edges) -> None:
    """Write what is mapped into memory, but the ids and hashes of edges."""
    n = len(concepts.curies)
    write_concepts(folder, concepts, n)
    write_adjacency(folder, edges, n)
    save_array(folder, "edge_negated", edges.negated)
    save_array(folder, "edge_frequency", edges.frequency)
    save_array(folder, "edge_frequency_row", edges.frequency_of)
    save_array(folder, "edge_qualifiers", edges.qualifiers_of)
    save_array(folder, "evidence_indptr", edges.evidence_indptr)
    save_array(folder, "evidence_row", edges.evidence_of)
    save_columns(folder, "qualifiers", edges.qualifiers)
    save_columns(folder, "frequencies", edges.frequencies)
    save_columns(folder, "evidence", edges.evidence)


def write_hashes(folder: Path, edges: Edges) -> None:
    """Write the ids and hashes of edges; edges are found by a sorted 64-bit key of their id."""
    save_array(folder, "edge_id", edges.id)
    save_array(folder, "edge_content_hash", edges.content_hash)
    key = key64(edges.id)
    order = np.argsort(key, kind="stable")
    save_array(folder, "edge_key", key[order])
    save_array(folder, "edge_key_row", order.astype(np.int32))


def write_concepts(folder: Path, concepts: Concepts, n: int) -> None:
    """Write names, ids and cross-references; ids are found by a sorted 64-bit key of their text."""
    nodes = concepts.nodes
    codes = {name: i for i, name in enumerate(sorted(nodes["category"].unique().to_list()))}
    save_array(folder, "node_category", nodes["category"].replace_strict(codes, return_dtype=pl.UInt8).to_numpy())
    save_array(folder, "node_linkable", nodes["linkable"].cast(pl.UInt8).to_numpy())
    save_columns(folder, "nodes", nodes.select("id", "name", "definition", "semantic_types"))
    key = text_keys(concepts.ids["id"])
    order = np.argsort(key, kind="stable")
    save_array(folder, "id_key", key[order])
    save_array(folder, "id_concept", concepts.ids["index"].to_numpy()[order])
    save_columns(folder, "ids", concepts.ids.select("id")[order])
    save_array(folder, "alias_indptr", indptr(concepts.aliases["index"].to_numpy(), n))
    save_columns(folder, "aliases", concepts.aliases.select("alias", "scope", "kind"))
    save_array(folder, "xref_indptr", indptr(concepts.xrefs["index"].to_numpy(), n))
    save_columns(folder, "xrefs", concepts.xrefs.select("xref"))


def write_adjacency(folder: Path, edges: Edges, n: int) -> None:
    """Write both directions. Edges are sorted by subject, so the edge columns are themselves the outgoing half."""
    save_array(folder, "edge_subject", edges.subject)
    save_array(folder, "edge_object", edges.object)
    save_array(folder, "edge_predicate", edges.predicate)
    save_array(folder, "out_indptr", indptr(edges.subject, n))
    save_array(folder, "out_edge", np.arange(len(edges), dtype=np.int32))
    order = np.argsort(edges.object.astype(np.uint64) << 16 | edges.predicate, kind="stable")  # within these the subjects stand in order
    save_array(folder, "in_indptr", indptr(edges.object, n))
    save_array(folder, "in_neighbour", edges.subject[order])
    save_array(folder, "in_predicate", edges.predicate[order])
    save_array(folder, "in_edge", order.astype(np.int32))


def indptr(owner: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return where each owner's entries begin, and the end of the last."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]).astype(np.int64)
