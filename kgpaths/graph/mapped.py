"""A graph folder's arrays as they lie on disk: for checks and comparisons over all of a graph, a part at a time.

``Graph`` serves what a question touches, from a folder that is sound; this serves whole columns, and trusts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kgpaths.graph.edges import Edges
from kgpaths.graph.files import ARRAYS, load_array, load_columns
from kgpaths.graph.hashing import Bytes, Contents, Ids, compact, stated
from kgpaths.graph.manifest import GraphManifest
from kgpaths.sources.tables import EVIDENCE, FREQUENCY, NODES

Int64 = NDArray[np.int64]
Rows = slice | NDArray[Any]  # rows of a table: a stretch, or their numbers

NUMBERS = (
    *("node_category", "node_linkable", "id_key", "id_concept", "alias_indptr", "xref_indptr"),
    *("edge_subject", "edge_predicate", "edge_object", "edge_negated", "edge_qualifiers", "edge_frequency", "edge_frequency_row"),
    *("edge_id", "edge_content_hash", "edge_key", "edge_key_row", "evidence_indptr", "evidence_row"),
    *("out_indptr", "out_edge", "in_indptr", "in_neighbour", "in_predicate", "in_edge"),
)
"""The arrays of numbers."""

TEXTS = ("nodes", "ids", "aliases", "xrefs", "qualifiers", "frequencies", "evidence")
"""The tables of text."""

KNOWN = 1 << 18  # evidence kept spelt out, some 300 bytes each


class Part(NamedTuple):
    """Some edges of a graph, their ends and evidence numbered within the part: what it holds does not grow with the graph."""

    edges: Edges
    curies: pl.Series  # of the ends
    evidence_rows: NDArray[Any]  # of its evidence in the graph


class Mapped:
    """The arrays of a graph folder: numbers by name, text by table and column."""

    def __init__(self, path: Path, manifest: GraphManifest) -> None:
        """Map them. Raises OSError or ValueError, or what Arrow raises, where a file is missing or damaged."""
        self.path, self.manifest = path, manifest
        self.numbers = {name: load_array(path / ARRAYS, name) for name in NUMBERS}
        self.texts = {name: load_columns(path / ARRAYS, name) for name in TEXTS}
        self.predicates = tuple(sorted(manifest.predicates))
        self.categories = pl.Series(sorted(manifest.categories), dtype=pl.String)
        self.known: dict[int, str] = {}  # row of evidence -> what it states
        self.n_concepts, self.n_edges = len(self.texts["nodes"]["id"]), len(self.numbers["edge_subject"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return the numbers of this name."""
        return self.numbers[name]

    def text(self, table: str, column: str, rows: Rows) -> pl.Series:
        """Return rows of a column of a table."""
        array = self.texts[table][column]
        array = array[rows] if isinstance(rows, slice) else array.take(pa.array(rows))
        if isinstance(array, pa.DictionaryArray):
            array = array.dictionary_decode()
        return cast(pl.Series, pl.from_arrow(array)).alias(column)

    def nodes(self, rows: Rows) -> pl.DataFrame:
        """Return concepts as ``nodes.parquet`` has them."""
        given = {name: self.text("nodes", name, rows) for name in ("id", "name", "definition", "semantic_types")}
        given["category"] = self.categories.gather(self["node_category"][rows])
        given["linkable"] = pl.Series(self["node_linkable"][rows].astype(bool))
        return pl.DataFrame({name: given[name] for name in NODES})

    def owners(self, indptr: str, rows: slice) -> NDArray[np.int32]:
        """Return the concept of each name, cross-reference or entry that stands in these rows."""
        return (np.searchsorted(self[indptr], np.arange(rows.start, rows.stop), side="right") - 1).astype(np.int32)

    @cached_property
    def qualifiers(self) -> pl.DataFrame:
        """The distinct sets of qualifiers."""
        return self.text("qualifiers", "qualifiers", slice(None)).to_frame()

    @cached_property
    def qualifier_texts(self) -> list[str]:
        """Each set as it enters an edge's id."""
        return [compact([[q["key"], q["value"]] for q in one]) for one in self.qualifiers["qualifiers"].to_list()]

    @cached_property
    def frequencies(self) -> pl.DataFrame:
        """The distinct frequencies."""
        return pl.DataFrame([self.text("frequencies", f.name, slice(None)) for f in FREQUENCY.fields])

    @cached_property
    def frequency_texts(self) -> list[str]:
        """Each frequency as it enters a content hash, that of none last."""
        return [*(compact(row) for row in self.frequencies.iter_rows(named=True)), "null"]

    def evidence(self, rows: Rows) -> pl.DataFrame:
        """Return some of the distinct evidence."""
        return pl.DataFrame([self.text("evidence", f.name, rows) for f in EVIDENCE.fields])

    def edges(self, rows: Rows) -> Part:
        """Return some edges."""
        ends, local = np.unique(np.concatenate([self["edge_subject"][rows], self["edge_object"][rows]]), return_inverse=True)
        subject, object_ = np.split(local.astype(np.int32), 2)
        indptr, entries = entries_of(self["evidence_indptr"], rows)
        used, of = np.unique(self["evidence_row"][entries], return_inverse=True)
        edges = Edges(
            subject=subject,
            predicate=self["edge_predicate"][rows],
            object=object_,
            negated=self["edge_negated"][rows],
            qualifiers_of=self["edge_qualifiers"][rows],
            qualifiers=self.qualifiers,
            frequency_of=self["edge_frequency_row"][rows],
            frequencies=self.frequencies,
            frequency=self["edge_frequency"][rows],
            evidence_indptr=indptr,
            evidence_of=of.astype(np.int32),
            evidence=self.evidence(used),
            predicates=self.predicates,
            id=self["edge_id"][rows],
            content_hash=self["edge_content_hash"][rows],
        )
        return Part(edges, self.text("nodes", "id", ends), used)

    def stated(self, part: Part) -> list[str]:
        """Return what of each evidence of a part enters a content hash. Evidence is spelt out once where many edges share it."""
        rows = part.evidence_rows.tolist()
        new = [place for place, row in enumerate(rows) if row not in self.known]
        if len(self.known) + len(new) > KNOWN:
            self.known.clear()
            new = list(range(len(rows)))
        for place, evidence in zip(new, part.edges.evidence[new].iter_rows(named=True), strict=True):
            self.known[rows[place]] = stated(evidence)
        return [self.known[row] for row in rows]

    def ids(self, part: Part) -> Bytes:
        """Return the ids that the edges of a part have by what they say."""
        edges = part.edges
        ids = Ids(self.qualifier_texts, part.curies, edges.predicates)
        return ids.of(edges.subject, edges.predicate, edges.object, edges.negated, edges.qualifiers_of)

    def content_hashes(self, part: Part, ids: Bytes) -> Bytes:
        """Return the content hashes that the edges of a part have under these ids."""
        edges = part.edges
        contents = Contents(self.frequency_texts, [compact(text) for text in self.stated(part)])
        return contents.of(ids, edges.frequency_of, edges.evidence_indptr, edges.evidence_of)


def row_groups(path: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield a Parquet table by its row groups; ``iter_batches`` would hold on to what it has read."""
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, columns=columns)


def entries_of(indptr: NDArray[Any], rows: Rows) -> tuple[Int64, Rows]:
    """Return where the entries of each of ``rows`` begin when these rows stand alone, and where the entries are to be found."""
    if isinstance(rows, slice):
        own = indptr[rows.start : rows.stop + 1].astype(np.int64)
        return own - own[0], slice(int(own[0]), int(own[-1]))
    count = indptr[rows + 1] - indptr[rows]
    own = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return own, np.arange(own[-1]) + np.repeat(indptr[rows] - own[:-1], count)


def validate(array: Any) -> None:
    """Hold an Arrow array to Arrow's rules; what breaks them may not be handed on. Raises ValueError."""
    array.validate(full=True)
    if isinstance(array, pa.DictionaryArray):
        array.dictionary.validate(full=True)
