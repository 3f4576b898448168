"""Pool the edges of all sources: one row per statement, all evidence with it, ids and hashes computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.graph.hashing import Bytes, compact, content_hashes, edge_ids, stated

KEY = ("subject", "predicate", "object", "negated", "q")


@dataclass(frozen=True)
class Edges:
    """Columns of E edges sorted by subject, predicate, object, negation and qualifiers."""

    subject: NDArray[np.int32]
    predicate: NDArray[np.uint8]
    object: NDArray[np.int32]
    negated: NDArray[np.uint8]
    qualifiers_of: NDArray[np.int32]  # row of ``qualifiers``
    qualifiers: pl.DataFrame  # one column "qualifiers": the distinct sets, the empty one first
    frequency_of: NDArray[np.int32]  # row of ``frequencies``, -1 for none
    frequencies: pl.DataFrame
    frequency: NDArray[np.float32]  # middle value, NaN where unknown
    evidence_indptr: NDArray[np.int64]
    evidence_of: NDArray[np.int32]  # rows of ``evidence``, ascending within an edge
    evidence: pl.DataFrame  # the distinct evidences in the order of their stated text
    id: Bytes
    content_hash: Bytes

    def __len__(self) -> int:
        return len(self.subject)


def pool(frame: pl.DataFrame, curies: Sequence[str], predicates: Sequence[str]) -> Edges:
    """Unite the rows that are one edge.

    ``frame`` has the columns of ``tables.EDGES`` with subject and object as concept numbers and predicate as the number
    in ``predicates``. All evidence is kept, each statement once. Of several frequencies the best documented holds
    (``best_frequency``): pooled counts of two sources may count the same patients twice.
    """
    frame, sets = with_qualifier_key(frame)
    set_type = frame.schema["qualifiers"]
    keys = frame.select(KEY).unique().sort(KEY).with_row_index("edge")
    frame = frame.join(keys, on=KEY, how="left", maintain_order="left").select("edge", "frequency", "evidence")
    evidence, evidence_of, indptr = pooled_evidence(frame, keys.height)
    frequencies, frequency_of = best_frequency(frame, keys.height)
    subject, predicate, object_ = (keys[name].to_numpy() for name in ("subject", "predicate", "object"))
    negated = keys["negated"].cast(pl.UInt8).to_numpy()
    texts = [compact([[q["key"], q["value"]] for q in one]) for one in sets]
    qualifiers_of = keys["q"].to_numpy()
    ids = edge_ids(
        subject.tolist(), predicate.tolist(), object_.tolist(), negated.tolist(), [texts[q] for q in qualifiers_of.tolist()], curies, predicates
    )
    spoken = ["null", *(compact(row) for row in frequencies.iter_rows(named=True))]
    pieces = [compact(stated(row)) for row in evidence.iter_rows(named=True)]
    hashes = content_hashes(ids, (spoken[i + 1] for i in frequency_of.tolist()), pieces, indptr.tolist(), evidence_of.tolist())
    return Edges(
        subject=subject.astype(np.int32),
        predicate=predicate.astype(np.uint8),
        object=object_.astype(np.int32),
        negated=negated,
        qualifiers_of=qualifiers_of.astype(np.int32),
        qualifiers=pl.DataFrame({"qualifiers": sets}, schema={"qualifiers": set_type}),
        frequency_of=frequency_of,
        frequencies=frequencies,
        frequency=middle(frequencies, frequency_of),
        evidence_indptr=indptr,
        evidence_of=evidence_of,
        evidence=evidence,
        id=ids,
        content_hash=hashes,
    )


def with_qualifier_key(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[list[dict[str, str]]]]:
    """Number the distinct qualifier sets, each sorted by key and value; the empty set is number 0."""
    qualified = frame["qualifiers"].list.len() > 0
    given = [sorted(row, key=lambda q: (q["key"], q["value"])) for row in frame["qualifiers"].filter(qualified).to_list()]
    texts = [compact([[q["key"], q["value"]] for q in one]) for one in given]
    sets = dict(sorted(zip(texts, given, strict=True), key=lambda item: item[0]))
    number = {text: i for i, text in enumerate(sets, start=1)}
    q = np.zeros(frame.height, dtype=np.int32)
    q[qualified.fill_null(False).to_numpy()] = [number[text] for text in texts]
    return frame.with_columns(pl.Series("q", q)), [[], *sets.values()]


def distinct(rows: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return the distinct rows and, for each row given, which of them it is. List columns are compared as lists."""
    lists = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.List)]
    flat = rows.with_columns(
        *(pl.col(name).list.join("\x1f") for name in lists), *(pl.col(name).list.len().alias(f"{name}#") for name in lists)
    ).with_row_index("row")
    groups = flat.group_by([name for name in flat.columns if name != "row"]).agg("row").select("row")
    first = groups.select(pl.col("row").list.first())["row"]
    number = groups.with_row_index("number").explode("row").sort("row")["number"].to_numpy().astype(np.int64)
    return rows[first], number


def sorted_rows(rows: pl.DataFrame, keys: Sequence[Any]) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return ``rows`` in the order of ``keys``, and the new place of each."""
    order = sorted(range(len(keys)), key=keys.__getitem__)
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.arange(len(keys))
    return rows[order], place


def pooled_evidence(frame: pl.DataFrame, n_edges: int) -> tuple[pl.DataFrame, NDArray[np.int32], NDArray[np.int64]]:
    """Return the distinct evidences in the order of their stated text, and each edge's share of them."""
    rows = frame.select("edge", "evidence").explode("evidence").drop_nulls("evidence")
    evidence, number = distinct(rows.select("evidence").unnest("evidence"))
    evidence, place = sorted_rows(evidence, [(stated(row), compact(row)) for row in evidence.iter_rows(named=True)])
    edge = rows["edge"].to_numpy().astype(np.int64)
    width = max(evidence.height, 1)
    pairs = np.unique(edge * width + place[number]) if len(edge) else np.empty(0, dtype=np.int64)
    edge, of = np.divmod(pairs, width)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(edge, minlength=n_edges))]).astype(np.int64)
    return evidence, of.astype(np.int32), indptr


def best_frequency(frame: pl.DataFrame, n_edges: int) -> tuple[pl.DataFrame, NDArray[np.int32]]:
    """Return the distinct frequencies and each edge's: counts before ranges, more patients before fewer, then source order."""
    rows = frame.select("edge", "frequency").drop_nulls("frequency").unnest("frequency")
    rows = rows.sort("edge", pl.col("m").fill_null(-1), pl.col("upper").is_not_null(), descending=[False, True, True], maintain_order=True).unique(
        "edge", keep="first", maintain_order=True
    )
    frequencies, number = distinct(rows.drop("edge"))
    frequencies, place = sorted_rows(frequencies, [compact(row) for row in frequencies.iter_rows(named=True)])
    of = np.full(n_edges, -1, dtype=np.int32)
    of[rows["edge"].to_numpy()] = place[number]
    return frequencies, of


def middle(frequencies: pl.DataFrame, of: NDArray[np.int32]) -> NDArray[np.float32]:
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
    return np.append(value, np.float32("nan"))[of].astype(np.float32)  # -1 takes the last
