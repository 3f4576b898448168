"""Sort the cross-references of all sources, so that only those are judged one by one which could join two sources' nodes.

Merging goes link by link (``merge.py``), which is too slow for millions of links. Most ids, however, take part in no
question: an id without links is a concept, and so is an id together with the cross-references that nobody shares.
These are settled here in columns; a test holds the outcome against ``merge`` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.graph.kinds import STANDS_FOR, tells_nothing
from kgpaths.graph.merge import (
    CODE_CATEGORY,
    CODE_PREFIXES,
    DENIED,
    LOOSE,
    OURS,
    PREFERENCE,
    SAME,
    Conflict,
    Link,
    Match,
    Merged,
    as_match,
    denied_by,
    settle_replaced,
    told,
    undenied,
)
from kgpaths.sources.tables import JUSTIFIED, SourceTables

MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

LINK = {"a": pl.String, "b": pl.String, "predicate": pl.String, "source": pl.Int16, "reason": pl.Int32}


def all_links(sources: Sequence[SourceTables], crosswalks: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return every cross-reference (a, b, predicate, the number of the source, the row of its reason), and the reasons.

    Row 0 of the reasons is the empty one.
    """
    frames = [s.xrefs for s in sources] + list(crosswalks)
    unsaid = pl.DataFrame({"justification": [""], "confidence": [None]}, schema=JUSTIFIED)
    said = [frame.select(list(JUSTIFIED)) for frame in frames if "justification" in frame.columns]
    reasons = pl.concat([unsaid, pl.concat([unsaid.clear(), *said]).unique().sort(list(JUSTIFIED))]).unique(maintain_order=True)
    number = reasons.with_row_index("reason").with_columns(pl.col("reason").cast(pl.Int32))
    parts = [pl.DataFrame(schema=LINK)]
    for source, frame in enumerate(frames):
        if "justification" in frame.columns:
            frame = frame.join(number, on=list(JUSTIFIED), how="left", nulls_equal=True, maintain_order="left")
        else:
            frame = frame.with_columns(reason=pl.lit(0, dtype=pl.Int32))
        parts.append(frame.select(a="id", b="xref", predicate="predicate", source=pl.lit(source, dtype=pl.Int16), reason="reason"))
    return pl.concat(parts), reasons


def prefix(column: str) -> pl.Expr:
    """Return the prefix of a column of CURIEs."""
    return pl.col(column).str.extract("^([^:]*)", 1)


def ends(links: pl.DataFrame) -> pl.DataFrame:
    """Return the ids that stand at an end of a link."""
    return pl.concat([links.select(id="a"), links.select(id="b")]).unique()


def replaced_ids(nodes: pl.DataFrame, links: pl.DataFrame, names: Sequence[str], conflicts: list[Conflict]) -> pl.DataFrame:
    """Return each replaced id (``old``) with the id in use (``new``).

    An id that is a node itself, or that two ids claim, stays with the first: a conflict.
    """
    retired = links.filter(pl.col("predicate") == "alt_id").unique().sort("a", "b", "source", "reason")
    twice = retired["b"].is_duplicated()
    chained = retired.join(retired.select(a="b"), on="a", how="semi", maintain_order="left")
    used = retired.join(nodes.select(b="id"), on="b", how="semi", maintain_order="left")
    odd = pl.concat([retired.filter(twice), chained, used, retired.join(chained.select(b="a"), on="b", how="semi")]).unique()
    plain = retired.join(odd, on=retired.columns, how="anti", maintain_order="left").select(old="b", new="a")
    odd = odd.join(nodes.select("id", node=pl.lit(True)), left_on="b", right_on="id", how="left")
    settled = settle_replaced([Link(*row) for row in odd.select(LINK.keys()).iter_rows()], set(odd.filter("node")["b"]), names, conflicts)
    return pl.concat([plain, pl.DataFrame(sorted(settled.items()), schema=plain.schema, orient="row")])


class Links(NamedTuple):
    """The links of all sources by what becomes of them."""

    hard: pl.DataFrame  # to be judged one by one, and all denials
    private: pl.DataFrame  # id, xref: settled, the xref is another id of the node
    mappings: pl.DataFrame  # never merged: mapping edges where both ends are concepts


def sort_links(nodes: pl.DataFrame, stated: pl.DataFrame, replaced: pl.DataFrame, names: Sequence[str], conflicts: list[Conflict]) -> Links:
    """Sort the links. Untyped ones that are not one-to-one never join: a conflict where both ends are nodes, a mapping where one is a code.

    A cross-reference is private where it is no node, stands in no other link, and brings its node a prefix that it has not;
    where that prefix tells no more of the node than its category, and neither end is denied to be the same as anything.
    """
    links = updated(stated.filter(pl.col("predicate") != "alt_id"), replaced)
    denied = links.filter(pl.col("predicate") == DENIED)
    links = without_denied(links, denied, names, conflicts) if denied.height else links
    ends = Ends.of(nodes, links)
    single = ends.single()
    judged = ends.typed | single
    coded = ends.a_code | ends.b_code
    # a code joins nothing; it is mapped where it is a node itself
    told_of = coded & (ends.a_node | ~ends.a_code) & (ends.b_node | ~ends.b_code)
    apart = (judged & told_of) | ~(ends.typed | ends.untyped)
    loose = one_of_each_pair(links.filter(ends.untyped & ~single & told_of)).with_columns(predicate=pl.lit(LOOSE))
    joining = judged & ~coded
    private = joining & ends.private(joining, np.sort(pl.concat([denied["a"], denied["b"]]).hash().to_numpy()))
    many = ends.untyped & ~single & ~coded & ends.a_node & ends.b_node
    conflicts += [
        Conflict(a, b, "not_one_to_one", told(p, s, names)) for a, b, p, s, _ in one_of_each_pair(links.filter(many)).select(LINK.keys()).iter_rows()
    ]
    own = links.filter(private).select("a", "b", turned=pl.Series(ends.b_node[private]))
    pairs = own.select(id=pl.when("turned").then("b").otherwise("a"), xref=pl.when("turned").then("a").otherwise("b")).unique(maintain_order=True)
    hard = pl.concat([representatives(links.filter(joining & ~private)), denied])
    return Links(hard, pairs, pl.concat([representatives(links.filter(apart)), loose.select(LINK.keys())]))


def without_denied(links: pl.DataFrame, denied: pl.DataFrame, names: Sequence[str], conflicts: list[Conflict]) -> pl.DataFrame:
    """Return the links without denials and without what they deny (``undenied``)."""
    links = links.filter(pl.col("predicate") != DENIED)
    pairs = pl.concat([denied.select("a", "b"), denied.select(a="b", b="a")]).unique().with_columns(hit=pl.lit(True))
    hit = links.join(pairs, on=["a", "b"], how="left", maintain_order="left")["hit"].fill_null(False) & links["predicate"].is_in(SAME)
    refused = links.filter(hit).sort("a", "b", "predicate", "source", "reason")
    undenied([Link(*row) for row in refused.iter_rows()], denied_by(Link(*row) for row in denied.iter_rows()), names, conflicts)
    return links.filter(~hit)


def representatives(links: pl.DataFrame) -> pl.DataFrame:
    """Return typed and untyped links once a pair, the others as they are."""
    kinds = [links.filter(pl.col("predicate") == kind) for kind in ("exact_match", "xref")]
    others = links.filter(~pl.col("predicate").is_in(["exact_match", "xref"])).unique(maintain_order=True)
    return pl.concat([*(one_of_each_pair(kind).select(LINK.keys()) for kind in kinds), others])


def one_of_each_pair(links: pl.DataFrame) -> pl.DataFrame:
    """Return the first link of each pair, whichever way round it is stated."""
    pair = pl.concat_str(pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b"), separator=" ")
    ordered = links.sort("a", "b", "predicate", "source", "reason")
    return ordered.with_columns(pair=pair).unique("pair", keep="first", maintain_order=True).drop("pair")


def updated(links: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    """Return links with replaced ids brought up to date, and without those that then lead from an id to itself."""
    old = replaced["old"].implode()
    stale = links.select((pl.col("a").is_in(old) | pl.col("b").is_in(old)).alias("stale")).to_series()
    parts = [links.filter(~stale)]
    links = links.filter(stale)
    for end in ("a", "b"):
        renamed = replaced.select(pl.col("old").alias(end), pl.col("new").alias("now"))
        links = links.join(renamed, on=end, how="left").with_columns(pl.coalesce("now", end).alias(end)).drop("now")
    return pl.concat([*parts, links]).filter(pl.col("a") != pl.col("b"))


@dataclass(frozen=True)
class Ends:
    """The ends of L links as numbers: 64-bit hashes of the ids (of ten million ids, two fall together once in 10^5 builds)."""

    a: Hashes
    b: Hashes
    a_prefix: Hashes
    b_prefix: Hashes
    a_node: Flags
    b_node: Flags
    a_code: Flags
    b_code: Flags
    telling: Flags  # the prefix of one end tells of the other, a node, what its category does not
    typed: Flags
    untyped: Flags

    @classmethod
    def of(cls, nodes: pl.DataFrame, links: pl.DataFrame) -> Ends:
        """Return the ends of ``links``, and which of them are nodes and codes."""
        known = np.sort(nodes["id"].hash().to_numpy())
        codes = np.sort(nodes.filter(pl.col("category") == CODE_CATEGORY)["id"].hash().to_numpy())
        found: dict[str, Any] = {}
        columns = links.select("a", "b", a_prefix=prefix("a"), b_prefix=prefix("b"))
        for end in ("a", "b"):
            found[end], found[f"{end}_prefix"] = columns[end].hash().to_numpy(), columns[f"{end}_prefix"].hash().to_numpy()
            found[f"{end}_node"] = is_among(found[end], known)
            found[f"{end}_code"] = is_among(found[end], codes) | columns[f"{end}_prefix"].is_in(sorted(CODE_PREFIXES)).to_numpy()
        return cls(
            **found,
            telling=telling(nodes, columns),
            typed=(links["predicate"] == "exact_match").to_numpy(),
            untyped=(links["predicate"] == "xref").to_numpy(),
        )

    def pair(self, rows: Any) -> Hashes:
        """Return a number for each row's pair, whichever way round it stands."""
        low, high = np.minimum(self.a[rows], self.b[rows]), np.maximum(self.a[rows], self.b[rows])
        mixed: Hashes = low * MIX ^ high
        return mixed

    def firsts(self, rows: Flags) -> NDArray[np.int64]:
        """Return one row of each pair among ``rows``."""
        places = np.flatnonzero(rows)
        return places[np.unique(self.pair(places), return_index=True)[1]]

    def single(self) -> Flags:
        """Tell which untyped links are one-to-one: between their two prefixes, each end has the other alone."""
        pairs = self.firsts(self.untyped)
        at_a, at_b = self.a[pairs] * MIX ^ self.b_prefix[pairs], self.b[pairs] * MIX ^ self.a_prefix[pairs]
        count = Counts(np.concatenate([at_a, at_b]))
        alone = np.sort(self.pair(pairs[(count.of(at_a) == 1) & (count.of(at_b) == 1)]))
        found = self.untyped.copy()
        found[found] = is_among(self.pair(np.flatnonzero(found)), alone)
        return found

    def private(self, joining: Flags, denied: Hashes) -> Flags:
        """Tell which links are those of nodes none of whose cross-references another id shares, nor two a prefix; none is among ``denied``."""
        pairs = self.firsts(joining)
        turned = self.b_node[pairs] & ~self.a_node[pairs]
        node, hub = np.where(turned, self.b[pairs], self.a[pairs]), np.where(turned, self.a[pairs], self.b[pairs])
        own, theirs = (
            np.where(turned, x, y) for x, y in ((self.b_prefix[pairs], self.a_prefix[pairs]), (self.a_prefix[pairs], self.b_prefix[pairs]))
        )
        at = node * MIX ^ theirs
        shared = Counts(np.concatenate([node, hub])).of(hub) > 1
        fine = (self.a_node[pairs] != self.b_node[pairs]) & ~shared & (own != theirs) & (Counts(at).of(at) == 1)
        fine &= ~is_among(node, denied) & ~is_among(hub, denied) & ~self.telling[pairs]
        spoilt = np.unique(np.concatenate([node[~fine], hub[~fine]]))
        return ~is_among(self.a, spoilt) & ~is_among(self.b, spoilt)


def telling(nodes: pl.DataFrame, links: pl.DataFrame) -> Flags:
    """Tell of which links a prefix (``STANDS_FOR``) says of an end that is a node, by its own id or the other's, what its category does not."""
    found = np.zeros(links.height, dtype=np.bool_)
    some = links.with_row_index("row").filter(pl.col("a_prefix").is_in(list(STANDS_FOR)) | pl.col("b_prefix").is_in(list(STANDS_FOR)))
    for end in ("a", "b"):
        rows = some.join(nodes.select("id", "category"), left_on=end, right_on="id").select("row", "category", "a_prefix", "b_prefix")
        met = rows.select("category", "a_prefix", "b_prefix").unique()
        odd = met.filter(
            pl.Series([not all(tells_nothing(p, category) for p in prefixes) for category, *prefixes in met.iter_rows()], dtype=pl.Boolean)
        )
        found[rows.join(odd, on=met.columns, how="semi")["row"].to_numpy()] = True
    return found


class Counts:
    """How often each number comes."""

    def __init__(self, numbers: Hashes) -> None:
        self.numbers, self.counts = np.unique(numbers, return_counts=True)

    def of(self, numbers: Hashes) -> NDArray[np.int64]:
        """Return the counts of numbers that were counted."""
        found: NDArray[np.int64] = self.counts[np.searchsorted(self.numbers, numbers)]
        return found


def is_among(numbers: Hashes, known: Hashes) -> Flags:
    """Tell which numbers are among ``known``, which is sorted."""
    if not len(known):
        return np.zeros(len(numbers), dtype=np.bool_)
    found: Flags = known[np.minimum(np.searchsorted(known, numbers), len(known) - 1)] == numbers
    return found


def concept_of(nodes: pl.DataFrame, merged: Merged, private: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    """Return every id with the preferred id of its concept, and whether it is a replaced one."""
    schema = {"id": pl.String, "concept": pl.String}
    judged = pl.DataFrame(list(merged.concept.items()), schema=schema, orient="row")
    ranked = private.with_columns(rank=rank("xref"), own=rank("id")).filter(
        (pl.col("rank") < pl.col("own")) | ((pl.col("rank") == pl.col("own")) & (pl.col("xref") < pl.col("id")))
    )
    ranked = ranked.with_columns(prefix=prefix("xref")).sort("id", "rank", "prefix", "xref").unique("id", keep="first", maintain_order=True)
    own = nodes.select("id").join(judged, on="id", how="anti", maintain_order="left")
    own = own.join(ranked.select("id", concept="xref"), on="id", how="left", maintain_order="left").with_columns(pl.coalesce("concept", "id"))
    hubs = private.join(own, on="id", how="left", maintain_order="left").select(id="xref", concept="concept")
    found = pl.concat([judged, own, hubs])
    old = replaced.join(found, left_on="new", right_on="id", how="inner").join(found, left_on="old", right_on="id", how="anti")
    return pl.concat(
        [
            found.with_columns(old=pl.lit(False)),
            old.select(id="old", concept="concept", old=pl.lit(True)).unique("id", keep="first", maintain_order=True),
        ]
    )


def rank(column: str) -> pl.Expr:
    """Return the rank of a column of CURIEs in the preferred order of prefixes."""
    ranks = {name: place for place, name in enumerate(PREFERENCE)} | {OURS: len(PREFERENCE) + 1}
    return prefix(column).replace_strict(ranks, default=len(PREFERENCE), return_dtype=pl.UInt8)


def mapped(links: pl.DataFrame, concept: pl.DataFrame) -> list[Match]:
    """Return the links that stay mappings, between the concepts of their ends."""
    place = concept.select("id", "concept")
    for end in ("a", "b"):
        links = links.join(place.rename({"id": end, "concept": f"{end}_concept"}), on=end, how="inner")
    links = links.filter(pl.col("a_concept") != pl.col("b_concept"))
    return [as_match(*row) for row in links.select("a_concept", "b_concept", "predicate", "source", "reason").iter_rows()]


def joined_at_once(ids: pl.DataFrame) -> int:
    """Return how many rows to join with ``ids`` at once: every join goes through all of them first."""
    return min(max(1 << 17, ids.height // 4), 1 << 21)
