"""The checks of a graph folder's edges: ids and hashes, order, evidence, both halves, and the Parquet table beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kgpaths.graph.edges import Edges, middle
from kgpaths.graph.faults import Tally, cause, fault
from kgpaths.graph.files import ARRAYS
from kgpaths.graph.hashing import key64, slices
from kgpaths.graph.mapped import Mapped, Part, row_groups, validate
from kgpaths.graph.write import edge_rows, indptr

TABLE = "edges.parquet"
KEY = ("edge_subject", "edge_predicate", "edge_object", "edge_negated", "edge_qualifiers")
PART = 1 << 17  # edges looked at together, spelt out with all their evidence
LICENSED = "give the licence under the source in the recipe, and build again"
TOLD = 1 << 20  # edges between two words of progress


def check_edges(mapped: Mapped, progress: Callable[[str], None]) -> list[str]:
    """Compute every edge's id and hash anew, and hold order, evidence and the Parquet table to what the arrays say."""
    tally = Tally()
    table = EdgeTable(mapped)
    problems = unsorted_qualifiers(mapped)
    for rows in slices_of(mapped.n_edges):
        if rows.start // TOLD != rows.stop // TOLD:
            progress(f"checking edges, {rows.stop:,} of {mapped.n_edges:,}")
        part = mapped.edges(rows)
        edges = part.edges
        if any(a > b for a, b in pairwise(mapped.stated(part))):
            tally.note(
                f"{ARRAYS}/evidence.arrow", "evidence is not in the order of what it states, in the part of edges that begins there", rows.start
            )
        ids = mapped.ids(part)
        tally.add(f"{ARRAYS}/edge_id.npy", "the id is not that of what the edge says", differ(ids, edges.id), rows.start)
        hashes = mapped.content_hashes(part, edges.id)
        what = "the content hash is not that of the edge with its evidence"
        tally.add(f"{ARRAYS}/edge_content_hash.npy", what, differ(hashes, edges.content_hash), rows.start)
        tally.add(f"{ARRAYS}/edge_object.npy", "the edge leads to its own subject", edges.subject == edges.object, rows.start)
        what = "the edge does not come after the one before it by subject, predicate, object, negation and qualifiers"
        tally.add(f"{ARRAYS}/edge_subject.npy", what, out_of_order(mapped, rows), max(rows.start, 1))
        value = middle(edges.frequencies, edges.frequency_of)
        wrong = (value != edges.frequency) & ~(np.isnan(value) & np.isnan(edges.frequency))
        tally.add(f"{ARRAYS}/edge_frequency.npy", "the number is not the middle of the edge's frequency", wrong, rows.start)
        check_evidence(tally, edges, rows.start)
        table.compare(tally, part, rows)
    return [*problems, *tally.lines(), *table.problems]


def slices_of(n: int) -> Iterator[slice]:
    """Yield the rows in parts."""
    for begin in range(0, n, PART):
        yield slice(begin, min(begin + PART, n))


def differ(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Tell which rows of digests differ."""
    found: NDArray[Any] = (a != b).any(axis=1)
    return found


def out_of_order(mapped: Mapped, rows: slice) -> NDArray[Any]:
    """Tell which edges do not come after the edge before them; two of one key are out of order, too. Edge 0 has none before it."""
    begin = max(rows.start - 1, 0)
    less = np.zeros(max(rows.stop - begin - 1, 0), dtype=bool)
    equal = ~less
    for name in KEY:
        column = mapped[name][begin : rows.stop]
        less |= equal & (column[:-1] < column[1:])
        equal &= column[:-1] == column[1:]
    return ~less


def check_evidence(tally: Tally, edges: Edges, begin: int) -> None:
    """Hold each edge to evidence of which at least one names source and licence, each stated once."""
    first, last = edges.evidence_indptr[:-1], edges.evidence_indptr[1:]
    where = f"{ARRAYS}/evidence_row.npy"
    tally.add(where, "the edge has no evidence", first == last, begin)
    good = edges.evidence.select((pl.col("source") != "") & (pl.col("licence") != "")).to_series().to_numpy()[edges.evidence_of]
    before = np.concatenate([[0], np.cumsum(good)])
    what = "the edge has no evidence that names its source and its licence"
    tally.add(where, what, (before[last] == before[first]) & (first < last), begin, LICENSED)
    falls = np.zeros(len(edges.evidence_of) + 1, dtype=np.int64)
    falls[1:-1] = np.cumsum(edges.evidence_of[1:] <= edges.evidence_of[:-1]) if len(edges.evidence_of) else 0
    filled = np.flatnonzero(first < last)
    bad = np.zeros(len(edges), dtype=bool)
    bad[filled] = falls[last[filled] - 1] != falls[first[filled]]
    tally.add(where, "the edge's evidence is not in order, each once", bad, begin)


def unsorted_qualifiers(mapped: Mapped) -> list[str]:
    """Return whether a set of qualifiers is not sorted, occurs twice, or the first is not the empty one."""
    sets = [[(q["key"], q["value"]) for q in one] for one in mapped.qualifiers["qualifiers"].to_list()]
    where = f"{ARRAYS}/qualifiers.arrow"
    problems = [fault(where, f"set {row} is not in the order of its keys") for row, one in enumerate(sets) if one != sorted(one)]
    if sets[:1] != [[]]:
        problems.append(fault(where, "does not begin with the empty set"))
    if len({tuple(one) for one in sets}) != len(sets):
        problems.append(fault(where, "holds a set twice"))
    return problems


class EdgeTable:
    """``edges.parquet``, read along with the arrays and held to them."""

    def __init__(self, mapped: Mapped) -> None:
        self.problems: list[str] = []
        self.waiting: list[pa.Table] = []
        self.groups: Iterator[pa.Table] | None = None
        try:
            number = pq.read_metadata(mapped.path / TABLE).num_rows
            if number != mapped.n_edges:
                self.problems.append(fault(TABLE, f"has {number:,} rows, not one for each of the {mapped.n_edges:,} edges"))
            else:
                self.groups = row_groups(mapped.path / TABLE)
        except Exception as error:  # whatever a damaged file leads to
            self.problems.append(fault(TABLE, f"cannot be read: {cause(error)}"))

    def compare(self, tally: Tally, part: Part, rows: slice) -> None:
        """Note the first row of each column in which the table says otherwise than the arrays."""
        if self.groups is None:
            return
        try:
            found = self.take(len(part.edges))
        except Exception as error:
            self.groups = None
            self.problems.append(fault(TABLE, f"cannot be read from row {rows.start:,} on: {cause(error)}"))
            return
        expected = edge_rows(part.edges, slice(0, len(part.edges)), part.curies)
        if found.column_names != expected.column_names:
            self.groups = None
            self.problems.append(fault(TABLE, f"has the columns {', '.join(found.column_names)}, not {', '.join(expected.column_names)}"))
            return
        for name in expected.column_names:
            row = first_difference(found.column(name).combine_chunks(), expected.column(name).combine_chunks())
            if row is not None:
                tally.note(TABLE, f"column {name} is not what the arrays say", rows.start + row)

    def take(self, n: int) -> pa.Table:
        """Return the next ``n`` rows."""
        assert self.groups is not None
        while sum(table.num_rows for table in self.waiting) < n:
            self.waiting.append(next(self.groups))
        table = pa.concat_tables(self.waiting)
        self.waiting = [table[n:]]
        return table[:n]


def first_difference(a: Any, b: Any) -> int | None:
    """Return the first row in which two Arrow columns of one length differ, None where there is none."""
    if alike(a, b):
        return None
    begin, end = 0, len(a)
    while end - begin > 1:
        middle = (begin + end) // 2
        begin, end = (middle, end) if alike(a[begin:middle], b[begin:middle]) else (begin, middle)
    return begin


def alike(a: Any, b: Any) -> bool:
    """Tell whether two Arrow columns hold the same; NaN is NaN."""
    if a.equals(b):
        return True
    if a.type != b.type or not pa.types.is_nested(a.type):
        return False
    try:
        validate(a)
    except ValueError:
        return False
    return bool(pl.Series(pl.from_arrow(a)).equals(pl.Series(pl.from_arrow(b))))


def check_halves(mapped: Mapped) -> list[str]:
    """Hold the outgoing and the incoming half to the edges: each edge once in both, at its own ends, in order."""
    tally = Tally()
    n = mapped.n_concepts
    for name, end in (("out_indptr", "edge_subject"), ("in_indptr", "edge_object")):
        tally.add(f"{ARRAYS}/{name}.npy", f"does not count the concepts of {end}", mapped[name] != indptr(mapped[end], n))
    once = np.zeros(mapped.n_edges, dtype=bool)
    for rows in slices(mapped.n_edges):
        tally.add(
            f"{ARRAYS}/out_edge.npy", "an entry is not the edge of its row", mapped["out_edge"][rows] != np.arange(rows.start, rows.stop), rows.start
        )
        edges = mapped["in_edge"][rows]
        once[edges] = True
        what = "an entry is not at the object of its edge"
        tally.add(f"{ARRAYS}/in_edge.npy", what, mapped["edge_object"][edges] != mapped.owners("in_indptr", rows), rows.start)
        for name, column in (("in_neighbour", "edge_subject"), ("in_predicate", "edge_predicate")):
            tally.add(f"{ARRAYS}/{name}.npy", f"is not the {column} of the edge", mapped[name][rows] != mapped[column][edges], rows.start)
        begin = max(rows.start - 1, 0)
        edges = mapped["in_edge"][begin : rows.stop]
        place = mapped["edge_object"][edges].astype(np.int64) << 16 | mapped["edge_predicate"][edges]
        falls = (place[1:] < place[:-1]) | ((place[1:] == place[:-1]) & (edges[1:] <= edges[:-1]))
        tally.add(f"{ARRAYS}/in_edge.npy", "is not in the order of object, predicate and subject", falls, begin + 1)
    tally.add(f"{ARRAYS}/in_edge.npy", "lacks edges that the outgoing half has", ~once)
    return tally.lines()


def check_lookup(mapped: Mapped) -> list[str]:
    """Hold the table that edges are found by to their ids: sorted, each edge once, and no id twice."""
    tally = Tally()
    once = np.zeros(mapped.n_edges, dtype=bool)
    keys, places, ids = mapped["edge_key"], mapped["edge_key_row"], mapped["edge_id"]
    for rows in slices(mapped.n_edges):
        edges = places[rows]
        once[edges] = True
        tally.add(f"{ARRAYS}/edge_key.npy", "is not the beginning of the id of its edge", keys[rows] != key64(ids[edges]), rows.start)
        begin = max(rows.start - 1, 0)
        tally.add(f"{ARRAYS}/edge_key.npy", "is not sorted", keys[begin : rows.stop - 1] > keys[begin + 1 : rows.stop], begin + 1)
        same = np.flatnonzero(keys[begin : rows.stop - 1] == keys[begin + 1 : rows.stop]) + begin
        twice = ~differ(ids[places[same]], ids[places[same + 1]])
        tally.add(f"{ARRAYS}/edge_id.npy", "two edges bear one id", np.isin(np.arange(begin, rows.stop), same[twice]), begin)
    tally.add(f"{ARRAYS}/edge_key_row.npy", "lacks edges: they cannot be found by their id", ~once)
    return tally.lines()
