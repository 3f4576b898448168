"""A graph as polars columns, a part at a time: what searches and exports go through without holding the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from kgpaths.errors import GraphError
from kgpaths.graph.hashing import hexed
from kgpaths.sources.tables import EVIDENCE, XREF_PREDICATES

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

CONCEPTS, EDGES, EVIDENCES = 200_000, 100_000, 1_000_000  # of a part; an edge is spelt out with all its evidence
LINKS = {"xref": pl.String, "predicate": pl.String, "merged": pl.Boolean}
KIND = pl.Enum(XREF_PREDICATES)

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Lists:
    """Rows ``values[indptr[i]:indptr[i + 1]]`` for each of N owners."""

    indptr: NDArray[np.int64]
    values: pl.DataFrame

    def column(self, values: pl.Series, keep: pl.Series | None = None) -> pl.Series:
        """Return one list of values an owner; ``keep`` tells which of them are wanted."""
        indptr = self.indptr
        if keep is not None:
            values, indptr = values.filter(keep), np.concatenate([[0], np.cumsum(keep.to_numpy())])[indptr]
        found = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(indptr), values.to_arrow()))
        assert isinstance(found, pl.Series)
        return found

    def owner(self) -> Numbers:
        """Return whose each row is."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def of(self, owners: Numbers) -> Lists:
        """Return the lists of some owners, in their order."""
        indptr, places = spread(self.indptr, owners)
        return Lists(indptr, self.values[places])


@dataclass(frozen=True)
class Concepts:
    """Some concepts: ``frame`` with id, name, category, definition, semantic_types, linkable; their names and other ids."""

    frame: pl.DataFrame
    aliases: Lists  # alias, scope, kind; the concept's own name first
    xrefs: Lists  # xref, predicate, merged; merged ones first


@dataclass(frozen=True)
class Edges:
    """Some edges: ``frame`` with id, content_hash, negated, value (how often, null unknown), and numbers of what they share.

    These are ``subject`` and ``object`` (concepts), ``predicate``, ``q`` (qualifiers) and ``f`` (frequency, null for none).
    ``of`` is each statement's row of ``evidence``, which holds what is used here.
    """

    frame: pl.DataFrame
    evidence: pl.DataFrame  # the fields of model.Evidence
    statements: Lists  # of


class Columns:
    """The columns of an opened graph: small tables whole, concepts and edges by parts, in order.

    They are those that the graph has mapped, so that a graph that is built anew meanwhile is still gone through as it was.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def nodes(self) -> pl.DataFrame:
        """The concepts, without names beside their own and other ids."""
        graph = self.graph
        categories = pl.Series(sorted(graph.manifest.categories), dtype=pl.String)
        return table(graph._nodes).with_columns(category=categories.gather(graph._node_category), linkable=pl.Series(graph._node_linkable) == 1)

    @cached_property
    def predicates(self) -> pl.Series:
        """The predicates by number."""
        return pl.Series(self.graph.predicates, dtype=pl.String)

    @cached_property
    def qualifiers(self) -> pl.DataFrame:
        """The distinct sets of qualifiers by number, the empty one first: one column, ``qualifiers``."""
        return table({"qualifiers": self.graph._qualifiers})

    @cached_property
    def qualified(self) -> pl.DataFrame:
        """The distinct sets of qualifiers by number: a column for each key, sorted; empty where a set has none of it."""
        sets = self.qualifiers["qualifiers"].to_list()
        keys = sorted({q["key"] for given in sets for q in given})
        values = {key: ["|".join(q["value"] for q in given if q["key"] == key) for given in sets] for key in keys}
        return pl.DataFrame(values, schema=dict.fromkeys(keys, pl.String))

    @cached_property
    def frequencies(self) -> pl.DataFrame:
        """The distinct frequencies by number: the fields of ``model.Frequency``."""
        return table(self.graph._frequencies)

    def aliases(self) -> Lists:
        """Return all names: alias, scope, kind."""
        return Lists(self.graph._alias_indptr, table(self.graph._aliases))

    def xrefs(self) -> Lists:
        """Return all other ids of concepts: xref, predicate, merged.

        The last two are in the Parquet table alone, in the same order. Raises GraphError where that is not this graph's.
        """
        file = self.graph.path / "xrefs.parquet"
        links = pl.read_parquet(file, columns=list(LINKS)) if file.is_file() else pl.DataFrame(schema=LINKS)
        mapped = table({"xref": self.graph._xrefs})["xref"]
        if not links["xref"].equals(mapped):
            raise GraphError("xrefs.parquet is not that of the opened graph", where=str(self.graph.path), mend="open it again: it was built anew")
        return Lists(self.graph._xref_indptr, links.select(mapped, pl.col("predicate").cast(KIND), "merged"))

    def concepts(self, size: int = CONCEPTS) -> Iterator[Concepts]:
        """Yield the concepts by parts."""
        aliases, xrefs = self.aliases(), self.xrefs()
        for first in range(0, self.graph.n_concepts, size):
            part = np.arange(first, min(first + size, self.graph.n_concepts))
            yield Concepts(self.nodes[part], aliases.of(part), xrefs.of(part))

    def concepts_at(self, numbers: Numbers) -> Concepts:
        """Return some concepts by number, in their order."""
        return Concepts(self.nodes[numbers], self.aliases().of(numbers), self.xrefs().of(numbers))

    def edges(self, size: int = EDGES) -> Iterator[Edges]:
        """Yield the edges by parts."""
        for first in range(0, self.graph.n_edges, size):
            yield self.edges_at(np.arange(first, min(first + size, self.graph.n_edges)))

    def edges_at(self, rows: Numbers) -> Edges:
        """Return some edges by row, in their order."""
        graph = self.graph
        frequency = pl.Series(graph._frequency_of[rows])
        frame = pl.DataFrame(
            {
                "id": hexed(graph._edge_id[rows]),
                "content_hash": hexed(graph._edge_hash[rows]),
                "subject": graph.edge_subject[rows],
                "object": graph.edge_object[rows],
                "predicate": graph.edge_predicate[rows],
                "negated": graph.edge_negated[rows] == 1,
                "q": graph.edge_qualifiers[rows],
                "f": frequency.set(frequency < 0, None),
                "value": pl.Series(graph.edge_frequency[rows]).fill_nan(None),
            }
        )
        indptr, places = spread(graph._evidence_indptr, rows)
        used, of = np.unique(graph._evidence_of[places], return_inverse=True)
        return Edges(frame, self.evidence(used), Lists(indptr, pl.DataFrame({"of": of.astype(np.int64)})))

    def evidence(self, rows: Numbers) -> pl.DataFrame:
        """Return some of the distinct evidence."""
        columns = self.graph._evidence
        return pl.DataFrame(
            {field.name: pl.Series(pl.from_arrow(columns[field.name].take(pa.array(rows))), dtype=field.dtype) for field in EVIDENCE.fields}
        )

    def all_evidence(self, *names: str, size: int = EVIDENCES) -> Iterator[pl.DataFrame]:
        """Yield fields of the distinct evidence by parts."""
        columns = self.graph._evidence
        for first in range(0, len(columns[names[0]]), size):
            yield pl.DataFrame({name: pl.from_arrow(columns[name].slice(first, size)) for name in names})


def spread(indptr: NDArray[np.int64], owners: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """Return where each owner's rows begin when they are put one after the other, and where they come from."""
    begin = indptr[owners]
    counts = indptr[owners + 1] - begin
    own = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return own, np.arange(own[-1]) + np.repeat(begin - own[:-1], counts)


def table(columns: Mapping[str, Any]) -> pl.DataFrame:
    """Return mapped Arrow arrays as a frame."""
    return pl.DataFrame({name: pl.from_arrow(array) for name, array in columns.items()})
