"""Pool the edges of all sources: one row per statement, all evidence with it, ids and hashes computed.

Edges come in frames of text. Each frame is turned into numbers at once (concepts, predicates, and rows of small tables
of distinct qualifiers, frequencies and evidence), so that 40 million of them fit into a gigabyte; then they are sorted
and pooled a range of subjects at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.graph.hashing import ID_BYTES, Bytes, Contents, Ids, compact, slices, stated
from kgpaths.graph.links import joined_at_once
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import EVIDENCE, FREQUENCY, SourceInfo, Table, empty_value, gathered
from kgpaths.vocabulary import is_predicate, predicate_of

KEY = ("subject", "predicate", "object", "negated", "q")
COLUMNS = {"subject": np.int32, "predicate": np.uint16, "object": np.int32, "negated": np.bool_, "q": np.int32, "f": np.int32, "e": np.int32}
PART = 1_000_000  # rows sorted at a time
NONE = -1  # row of no frequency, of no evidence

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """Columns of E edges sorted by subject, predicate, object, negation and qualifiers."""

    subject: Int32
    predicate: NDArray[Any]  # uint8 or uint16
    object: Int32
    negated: NDArray[np.uint8]
    qualifiers_of: Int32  # row of ``qualifiers``
    qualifiers: pl.DataFrame  # one column "qualifiers": the distinct sets, the empty one first
    frequency_of: Int32  # row of ``frequencies``, -1 for none
    frequencies: pl.DataFrame
    frequency: NDArray[np.float32]  # middle value, NaN where unknown
    evidence_indptr: Int64
    evidence_of: Int32  # rows of ``evidence``, ascending within an edge
    evidence: pl.DataFrame  # the distinct evidences in the order of their stated text
    predicates: tuple[str, ...]  # name by number, sorted
    id: Bytes
    content_hash: Bytes

    def __len__(self) -> int:
        return len(self.subject)


class Rows:
    """Rows of numbers in blocks that are allocated whole: what a source does not use stays zero and takes no memory.

    Many small columns that live long between large ones that do not would leave the memory full of holes.
    """

    def __init__(self) -> None:
        self.blocks: list[dict[str, NDArray[Any]]] = []
        self.free = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Add the rows of a frame; columns it does not have are zero."""
        begin = 0
        while begin < frame.height:
            if not self.free:
                self.blocks.append({name: np.zeros(PART, dtype=dtype) for name, dtype in COLUMNS.items()})
                self.free = PART
            n = min(self.free, frame.height - begin)
            at = PART - self.free
            for name in frame.columns:
                self.blocks[-1][name][at : at + n] = frame[name][begin : begin + n].to_numpy()
            begin += n
            self.free -= n

    def __len__(self) -> int:
        return len(self.blocks) * PART - self.free

    def filled(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the columns of each block as far as it is filled, a view."""
        for block in self.blocks:
            used = PART - self.free if block is self.blocks[-1] else PART
            yield {name: column[:used] for name, column in block.items()}

    def parts(self, n: int) -> Iterator[pl.DataFrame]:
        """Yield the rows by ranges of subjects below ``n``, in order, each of some ``PART`` rows; within a subject as they came."""
        if not self.blocks:
            return
        count = np.zeros(n, dtype=np.int64)
        for rows in self.filled():
            count += np.bincount(rows["subject"], minlength=n)
        total = np.cumsum(count)
        bounds = [0]
        while bounds[-1] < n:
            begin = int(total[bounds[-1] - 1]) if bounds[-1] else 0
            bounds.append(max(bounds[-1] + 1, int(np.searchsorted(total, begin + PART))))
        for low, high in pairwise(bounds):
            hits = []
            for rows in self.filled():
                hits.append(np.flatnonzero((rows["subject"] >= low) & (rows["subject"] < high)))
            if any(len(hit) for hit in hits):
                yield pl.DataFrame({c: np.concatenate([b[c][hit] for b, hit in zip(self.blocks, hits, strict=True)]) for c in COLUMNS})


@dataclass
class Statements:
    """The statements of all sources as numbers, added frame by frame."""

    ids: pl.DataFrame  # id, index, kind, hub (``concepts.with_kinds``): every id that stands for a concept
    rejects: Rejects
    self_loops: int = 0  # edges whose ends became one concept by merging
    rows: Rows = field(default_factory=Rows)  # f is one more than the row of ``frequencies``: 0 is none
    names: dict[str, int] = field(default_factory=dict)  # predicate -> number
    sets: dict[str, tuple[int, list[dict[str, str]]]] = field(default_factory=lambda: {"[]": (0, [])})  # qualifiers as JSON -> number, set
    frequencies: list[pl.DataFrame] = field(default_factory=list)
    evidences: list[pl.DataFrame] = field(default_factory=list)

    def add(self, info: SourceInfo, edges: Table) -> int:
        """Add a source's edges and return how many rows they were."""
        rows = 0
        at_once = joined_at_once(self.ids)
        for frame in (part for large in gathered(edges, at_once) for part in large.iter_slices(2 * at_once)):
            rows += frame.height
            placed = self.placed(info.name, frame)
            if placed.height:
                self.rows.add(self.numbered(info, placed))
        return rows

    def unmapped(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the edges between concepts that no mapping edge relates yet."""
        mapping = np.array([number for name, number in self.names.items() if predicate_of(name).role == "mapping"], dtype=np.uint16)
        known = [np.empty(0, dtype=np.int64)]
        for rows in self.rows.filled():
            hit = np.isin(rows["predicate"], mapping)
            known.append(pair_of(rows["subject"][hit], rows["object"][hit]))
        a, b = (frame.select(id=end).join(self.ids, on="id", how="left", maintain_order="left")["index"].to_numpy() for end in ("subject", "object"))
        return frame.filter(~pl.Series(np.isin(pair_of(a, b), np.concatenate(known))))

    def placed(self, source: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame's usable edges with the numbers of their ends; the ends of a symmetric predicate in order."""
        found = frame["predicate"].unique(maintain_order=True)
        unknown = [name for name in found if name is None or not is_predicate(name)]
        if unknown:
            hit = pl.col("predicate").is_null() | pl.col("predicate").is_in([name for name in unknown if name is not None])
            self.rejects.add(source, "unknown_predicate", frame.filter(hit).select("subject", "predicate", "object"))
            frame = frame.filter(~hit)
        n = frame.height
        both = pl.concat([frame["subject"], frame["object"]]).to_frame("id")
        place = both.join(self.ids, on="id", how="left", maintain_order="left")
        index = place["index"]
        frame = frame.with_columns(index[:n].alias("s"), index[n:].alias("o"), across=made_a_kind(frame["predicate"], place[:n], place[n:]))
        dangling = pl.col("s").is_null() | pl.col("o").is_null()
        loop = pl.col("s") == pl.col("o")
        if frame.select((dangling | loop.fill_null(False)).any()).item():
            self.rejects.add(source, "dangling_edge", frame.filter(dangling).select("subject", "predicate", "object"))
            frame = frame.filter(~dangling)
            own = pl.col("subject") == pl.col("object")
            self.rejects.add(source, "self_loop", frame.filter(loop & own).select("subject", "predicate", "object"))
            closed = frame.filter(loop & ~own).select("subject", "predicate", "object")
            self.rejects.add(source, "merged_ends", closed)
            self.self_loops += closed.height
            frame = frame.filter(~loop)
        if frame["across"].any():
            self.rejects.add(source, "is_a_across_kinds", frame.filter("across").select("subject", "predicate", "object"))
            frame = frame.filter(~pl.col("across"))
        symmetric = [name for name in found if name is not None and name not in unknown and predicate_of(name).symmetric]
        turned = pl.col("predicate").is_in(symmetric) & (pl.col("s") > pl.col("o"))
        ends = (pl.when(turned).then("o").otherwise("s").alias("subject"), pl.when(turned).then("s").otherwise("o").alias("object"))
        return frame.with_columns(*ends).drop("s", "o", "across")

    def numbered(self, info: SourceInfo, frame: pl.DataFrame) -> pl.DataFrame:
        """Return edges between concept numbers as numbers throughout, one row for each statement."""
        for name in frame["predicate"].unique(maintain_order=True):
            self.names.setdefault(name, len(self.names))
        parts = {"subject": frame["subject"], "object": frame["object"]}
        parts["predicate"] = frame["predicate"].replace_strict(self.names, return_dtype=pl.UInt16)
        if "negated" in frame.columns:
            parts["negated"] = frame["negated"]
        if "qualifiers" in frame.columns:
            parts["q"] = self.qualifier_numbers(frame["qualifiers"])
        if "frequency" in frame.columns:
            parts["f"] = self.frequency_numbers(frame["frequency"]) + 1
        flat = pl.DataFrame(parts)
        evidence = frame["evidence"]
        if isinstance(evidence.dtype, pl.List):
            flat = flat.with_columns(evidence).explode("evidence", empty_as_null=True)
            evidence = flat["evidence"]
            flat = flat.drop("evidence")
        return flat.with_columns(self.evidence_numbers(info, evidence).alias("e"))

    def qualifier_numbers(self, column: pl.Series) -> pl.Series:
        """Number the distinct qualifier sets, each sorted by key and value; the empty set is number 0."""
        number = np.zeros(len(column), dtype=np.int32)
        given = (column.list.len() > 0).fill_null(False).to_numpy()
        if given.any():
            texts = column.filter(given).list.eval(pl.element().struct.field("key") + "\x1f" + pl.element().struct.field("value")).list.join("\x1e")
            known: dict[str, int] = {}
            for text, row in zip(*unique_first(texts, column.filter(given)), strict=True):
                qualifiers = sorted(row, key=lambda q: (q["key"], q["value"]))
                spelt = compact([[q["key"], q["value"]] for q in qualifiers])
                known[text] = self.sets.setdefault(spelt, (len(self.sets), qualifiers))[0]
            number[given] = texts.replace_strict(known, return_dtype=pl.Int32).to_numpy()
        return pl.Series(number)

    def frequency_numbers(self, column: pl.Series) -> pl.Series:
        """Number the distinct frequencies, -1 for none."""
        number = np.full(len(column), NONE, dtype=np.int32)
        given = column.is_not_null().to_numpy()
        if given.any():
            kept, local = distinct(column.filter(given).struct.unnest())
            number[given] = local + sum(f.height for f in self.frequencies)
            self.frequencies.append(kept)
        return pl.Series(number)

    def evidence_numbers(self, info: SourceInfo, column: pl.Series) -> pl.Series:
        """Number the distinct evidences, -1 for none; what a source leaves out is filled in."""
        number = np.full(len(column), NONE, dtype=np.int32)
        given = column.is_not_null().to_numpy()
        if given.any():
            kept, local = distinct((column if given.all() else column.filter(given)).struct.unnest())
            number[given] = local + sum(f.height for f in self.evidences)
            self.evidences.append(complete(info, pl.DataFrame(kept.to_dict(as_series=False), schema=kept.schema)))  # a copy: lets go of the batch
        return pl.Series(number)


def made_a_kind(predicate: pl.Series, subject: pl.DataFrame, object_: pl.DataFrame) -> pl.Series:
    """Tell which edges would make a disease a kind of a phenotype, or a phenotype of a disease, that no source calls so.

    What a hub is, is known from a cross-reference only: good enough for its names, not for what follows from a hierarchy.
    """
    across = (subject["kind"] | object_["kind"]) == 3
    return ((predicate == "subclass_of") & across & (subject["hub"] | object_["hub"])).fill_null(False)


def pair_of(a: NDArray[Any], b: NDArray[Any]) -> Int64:
    """Return a number for each pair, whichever way round it stands."""
    number: Int64 = np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b)
    return number


def unique_first(texts: pl.Series, values: pl.Series) -> tuple[list[str], list[Any]]:
    """Return the distinct texts, each with the value that stands beside its first occurrence."""
    first = texts.is_first_distinct()
    return texts.filter(first).to_list(), values.filter(first).to_list()


def complete(info: SourceInfo, rows: pl.DataFrame) -> pl.DataFrame:
    """Return evidence in all its columns; name, release and licence of the source stand where a reader left them out."""
    own = {"source": info.name, "release": info.release, "licence": info.licence or "not stated"}
    columns = []
    for spec in EVIDENCE.fields:
        default = pl.lit(own[spec.name]) if spec.name in own else empty_value(spec.dtype)
        column = pl.col(spec.name).fill_null(default) if spec.name in rows.columns and spec.dtype != pl.Float64 else default
        columns.append((pl.col(spec.name) if spec.name in rows.columns and spec.dtype == pl.Float64 else column).cast(spec.dtype).alias(spec.name))
    return rows.select(columns)


def distinct(rows: pl.DataFrame) -> tuple[pl.DataFrame, Int64]:
    """Return the distinct rows and, for each row given, which of them it is. List columns are compared as lists."""
    if not rows.width:
        return rows, np.zeros(rows.height, dtype=np.int64)
    lists = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.List)]
    flat = rows.with_columns(*(pl.col(name).list.join("\x1f") for name in lists), *(pl.col(name).list.len().alias(f"{name}#") for name in lists))
    first = flat.with_row_index("row").unique(flat.columns, keep="first", maintain_order=True)
    if first.height == 1:
        return rows[:1], np.zeros(rows.height, dtype=np.int64)
    number = flat.join(first.drop("row").with_row_index("number"), on=flat.columns, how="left", nulls_equal=True, maintain_order="left")["number"]
    return rows[first["row"]], number.to_numpy().astype(np.int64)


def sorted_rows(rows: pl.DataFrame, keys: Sequence[Any]) -> tuple[pl.DataFrame, Int64]:
    """Return the distinct ``rows`` in the order of ``keys``, and the new place of each. Rows of one key are one row."""
    order = sorted(range(len(keys)), key=keys.__getitem__)
    kept: list[int] = []
    place = np.empty(len(keys), dtype=np.int64)
    for row in order:
        if not kept or keys[kept[-1]] != keys[row]:
            kept.append(row)
        place[row] = len(kept) - 1
    return rows[kept], place


def pool(statements: Statements, n: int) -> Edges:
    """Unite the statements that are one edge, between ``n`` concepts; ids and hashes are still to come. Leaves ``statements`` empty.

    All evidence is kept, each statement once. Of several frequencies the best documented holds (``frequency_rank``):
    pooled counts of two sources may count the same patients twice.
    """
    given = pl.concat([pl.DataFrame(schema=dict(EVIDENCE)), *statements.evidences])
    evidence, evidence_place = sorted_rows(given, [(stated(row), compact(row)) for row in given.iter_rows(named=True)])
    given = pl.concat([pl.DataFrame(schema=dict(FREQUENCY)), *statements.frequencies])
    frequencies, frequency_place = sorted_rows(given, [compact(row) for row in given.iter_rows(named=True)])
    texts = sorted(statements.sets, key=lambda text: (text != "[]", text))
    sets = [statements.sets[text][1] for text in texts]
    set_place = inverse([statements.sets[text][0] for text in texts])
    predicates = tuple(sorted(statements.names))
    predicate_place = inverse([statements.names[name] for name in predicates])
    rank = frequency_rank(frequencies)
    parts = []
    for part in statements.rows.parts(n):
        frame = part.with_columns(
            pl.Series("predicate", predicate_place[part["predicate"].to_numpy()].astype(np.uint16)),
            pl.Series("q", set_place[part["q"].to_numpy()].astype(np.int32)),
            pl.Series("f", np.append(NONE, frequency_place)[part["f"].to_numpy()].astype(np.int32)),
            pl.Series("e", np.append(evidence_place, NONE)[part["e"].to_numpy()].astype(np.int32)),
        )
        parts.append(pooled(frame.with_columns(pl.Series("rank", rank[frame["f"].to_numpy()])), max(evidence.height, 1)))
    statements.rows = Rows()
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.empty(0, dtype=np.int32)] * 8
    subject, predicate, object_, negated, q, f, counts, of = columns
    parts.clear()
    indptr = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return Edges(
        subject=subject.astype(np.int32),
        predicate=predicate.astype(np.uint8 if len(predicates) <= 256 else np.uint16),
        object=object_.astype(np.int32),
        negated=negated.astype(np.uint8),
        qualifiers_of=q.astype(np.int32),
        qualifiers=pl.DataFrame({"qualifiers": sets}, schema={"qualifiers": pl.List(pl.Struct({"key": pl.String, "value": pl.String}))}),
        frequency_of=f.astype(np.int32),
        frequencies=frequencies,
        frequency=middle(frequencies, f),
        evidence_indptr=indptr,
        evidence_of=of.astype(np.int32),
        evidence=evidence,
        predicates=predicates,
        id=np.empty((len(subject), ID_BYTES), dtype=np.uint8),
        content_hash=np.empty((len(subject), ID_BYTES), dtype=np.uint8),
    )


def hash_edges(edges: Edges, curies: pl.Series) -> Iterator[slice]:
    """Compute ids and content hashes in place; yield each stretch of rows when it has them."""
    texts = [compact([[q["key"], q["value"]] for q in one]) for one in edges.qualifiers["qualifiers"].to_list()]
    ids = Ids(texts, curies, edges.predicates)
    spoken = [*(compact(row) for row in edges.frequencies.iter_rows(named=True)), "null"]  # the last is that of -1
    contents = Contents(spoken, [compact(stated(row)) for row in edges.evidence.iter_rows(named=True)])
    for rows in slices(len(edges)):
        ends = edges.subject[rows], edges.predicate[rows], edges.object[rows]
        edges.id[rows] = ids.of(*ends, edges.negated[rows], edges.qualifiers_of[rows])
        indptr = edges.evidence_indptr[rows.start : rows.stop + 1]
        edges.content_hash[rows] = contents.of(edges.id[rows], edges.frequency_of[rows], indptr, edges.evidence_of)
        yield rows


def inverse(order: Sequence[int]) -> Int64:
    """Return where each number stands in ``order``."""
    place = np.empty(len(order), dtype=np.int64)
    place[list(order)] = np.arange(len(order))
    return place


def pooled(frame: pl.DataFrame, width: int) -> tuple[NDArray[Any], ...]:
    """Return subject, predicate, object, negated, q, f and number of evidences of each edge, and the evidences' rows."""
    frame = frame.sort(*KEY, "rank", maintain_order=True)
    changed = np.zeros(frame.height, dtype=bool)
    changed[0] = True
    for name in KEY:
        column = frame[name].to_numpy()
        changed[1:] |= column[1:] != column[:-1]
    edge = np.cumsum(changed) - 1
    first = frame.filter(changed)
    e = frame["e"].to_numpy()
    pairs = np.unique(edge[e != NONE] * width + e[e != NONE])
    edge, of = np.divmod(pairs, width)
    counts = np.bincount(edge, minlength=first.height).astype(np.int32)
    return (*(first[name].to_numpy() for name in (*KEY, "f")), counts, of.astype(np.int32))


def frequency_rank(frequencies: pl.DataFrame) -> Int64:
    """Return how well documented each frequency is, best first: counts before ranges, more patients before fewer; -1 last."""
    key = frequencies.select(counted=-pl.col("m").fill_null(-1), ranged=pl.col("upper").is_null()).rows()
    place = {k: i for i, k in enumerate(sorted(set(key)))}
    return np.array([*(place[k] for k in key), len(place)], dtype=np.int64)


def middle(frequencies: pl.DataFrame, of: NDArray[Any]) -> NDArray[np.float32]:
    """Return one number per edge for how often, NaN where unknown: (n + 1) / (m + 2) of counts, else the middle of the range.

    Laplace's rule of succession keeps one patient of one (2/3) apart from a hundred of a hundred (0.99).
    """
    value = frequencies.select(
        pl.when(pl.col("m").is_not_null() & pl.col("n").is_not_null())
        .then((pl.col("n") + 1) / (pl.col("m") + 2))
        .otherwise((pl.col("lower") + pl.col("upper")) / 2)
        .fill_null(float("nan"))
        .cast(pl.Float32)
        .alias("value")
    )["value"].to_numpy()
    found: NDArray[np.float32] = np.append(value, np.float32("nan"))[of].astype(np.float32)  # -1 takes the last
    return found
