"""Gather the names and ids of each concept: its aliases, its cross-references, and who else bears its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from kgpaths.graph.links import joined_at_once, prefix, rank, updated
from kgpaths.graph.merge import Match, preference
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import SCOPES, XREF_PREDICATES, SourceTables, gathered
from kgpaths.vocabulary import predicate_of

NO_SOURCE = -1
"""Number of the source of an edge that rests on identical names alone."""

NAMED_ALIKE = frozenset({"Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "InformationContentEntity"})
"""Among these, identical names are worth an edge across categories; elsewhere only within one category."""

NAMESAKES = 5
"""How many concepts of one prefix may bear a label that is to say anything: thousands of proteins are "uncharacterized protein"."""

ALIAS_PART = 3_000_000  # names sorted at a time
XREF_PART = 1_000_000  # what is said of other ids
SCOPE, KIND, PREDICATE = pl.Enum(SCOPES), pl.Categorical(), pl.Enum(XREF_PREDICATES)


@dataclass(frozen=True)
class Names:
    """The names of all concepts."""

    aliases: pl.DataFrame  # index, alias, scope, kind; sorted, the concept's own name first
    labels: pl.DataFrame  # index, alias: what sources call a label, names of nodes included
    rows: list[int]  # how many names each source brought


def gather_names(sources: Sequence[SourceTables], nodes: pl.DataFrame, ids: pl.DataFrame, table: pl.DataFrame, rejects: Rejects) -> Names:
    """Return every name of every concept once, in its best scope. Labels of merged members are exact names of the concept."""
    own = table.with_row_index("index").select(pl.col("index").cast(pl.Int32), alias="name", scope=pl.lit("label"), kind=pl.lit(""))
    members = nodes.select("id", alias="name").join(ids, on="id", how="left", maintain_order="left").select("index", "alias")
    parts = [coded(own), coded(members.with_columns(scope=pl.lit("exact"), kind=pl.lit("")))]
    labels = [members]
    rows = [0] * len(sources)
    for number, source in enumerate(sources):
        for frame in gathered(source.aliases, joined_at_once(ids)):
            rows[number] += frame.height
            placed = frame.join(ids, on="id", how="left", maintain_order="left")
            lost = placed.filter(pl.col("index").is_null())
            rejects.add(source.info.name, "alias_of_no_node", lost.select(pl.format("{}:", pl.col("id").fill_null("(none)")), "alias"))
            placed = placed.drop_nulls("index")
            labels.append(placed.filter(pl.col("scope") == "label").select("index", "alias"))
            parts.append(coded(placed.select("index", "alias", pl.col("scope").replace("label", "exact"), pl.col("kind").fill_null(""))))
    pieces = -(-sum(part.height for part in parts) // ALIAS_PART)
    step = max(1, -(-table.height // max(1, pieces)))
    lows = range(0, max(1, table.height), step)
    inside = (pl.col("index").is_between(low, low + step - 1) for low in lows)
    return Names(pl.concat([sorted_names([part.filter(some) for part in parts]) for some in inside]), pl.concat(labels), rows)


def coded(names: pl.DataFrame) -> pl.DataFrame:
    """Return names without empty ones, scope as a number, kind shared."""
    return names.filter(pl.col("alias").str.strip_chars() != "").with_columns(pl.col("scope").cast(SCOPE), pl.col("kind").cast(KIND))


def sorted_names(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the names of a range of concepts, each once in its best scope, by concept, scope and text."""
    names = pl.concat(parts).with_columns(rank=pl.col("scope").to_physical(), text=pl.col("kind").cast(pl.String))
    return (
        names.sort("index", "alias", "rank", pl.col("text") == "", "text")
        .unique(["index", "alias"], keep="first", maintain_order=True)
        .sort("index", "rank", "alias", maintain_order=True)
        .select("index", "alias", "scope", "kind")
    )


def same_names(names: Names, table: pl.DataFrame, mappings: Sequence[Match], crowded: list[str]) -> list[Match]:
    """Return a close match for concepts of different prefixes that bear one label and that no cross-reference joins.

    A label that more than ``NAMESAKES`` concepts of a prefix bear says nothing, and is added to ``crowded`` with their number.
    """
    prefixes = table.select(prefix=prefix("id"))["prefix"]
    if prefixes.n_unique() < 2:
        return []
    of = pl.col("alias").str.strip_chars().str.to_lowercase()
    # by hashes first: few labels are borne by concepts of two prefixes
    marks = names.labels.select("index", label=of.hash()).unique()
    marks = marks.with_columns(prefix=prefixes.hash().gather(marks["index"])).select("label", "prefix").unique()
    shared = marks.filter(pl.col("label").is_duplicated())["label"].unique()
    about = table.with_row_index("index").select(pl.col("index").cast(pl.Int32), curie="id", category="category", prefix=prefixes)
    bearers = (
        names.labels.filter(of.hash().is_in(shared.implode()))
        .select("index", label=of)
        .filter(pl.col("label") != "")
        .unique()
        .join(about, on="index", how="left")
        .with_columns(sort=pl.when(pl.col("category").is_in(sorted(NAMED_ALIKE))).then(pl.lit("")).otherwise("category"))
        .filter(pl.col("prefix").n_unique().over("label", "sort") > 1)
        .with_columns(namesakes=pl.len().over("label", "sort", "prefix"))
        .sort("label", "sort", "index")
    )
    most = bearers.filter(pl.col("namesakes") > NAMESAKES).sort("label", "sort", "namesakes", "prefix")
    most = most.unique(["label", "sort"], keep="last", maintain_order=True)
    crowded += [f"{label}: borne by {n:,} concepts of {p}" for label, n, p in most.select("label", "namesakes", "prefix").iter_rows()]
    bearers = bearers.join(most, on=["label", "sort"], how="anti", maintain_order="left")
    joined = {frozenset((m.subject, m.object)) for m in mappings if predicate_of(m.predicate).role == "mapping"}
    pairs: dict[frozenset[str], str] = {}
    for (label, _), group in bearers.group_by(["label", "sort"], maintain_order=True):
        rows = group.select("curie", "prefix").rows()
        for place, (a, a_prefix) in enumerate(rows):
            for b, b_prefix in rows[place + 1 :]:
                pair = frozenset((a, b))
                if a_prefix != b_prefix and pair not in joined:
                    pairs.setdefault(pair, str(label))
    named = ((*sorted(pair, key=preference), label) for pair, label in pairs.items())
    return [Match(a, "close_match", b, NO_SOURCE, label) for a, b, label in named]


def xref_table(curies: pl.Series, ids: pl.DataFrame, links: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    """Return each concept's other ids: merged ones, then replaced ones, then cross-references that stay apart.

    Columns are index, xref, predicate, merged, source and reason. A merged id is an exact match where typed matches alone lead to
    it from the concept's own id, and an ``xref`` where an untyped reference is on the way. Source and reason are the numbers of
    those of a statement of that predicate about the id, -1 and 0 where there is none. ``ids`` has every id with the number of
    its concept, and whether it is a replaced one (``old``).
    """
    other = ids.filter(ids["id"] != curies.gather(ids["index"]))
    parts = [told(other.select("index", xref="id", predicate=pl.lit("xref"), part=pl.col("old").cast(pl.Int8)))]
    typed = [pl.DataFrame(schema={"a": pl.String, "b": pl.String})]
    place = ids.select("id", "index", "old")
    for frame in links.iter_slices(joined_at_once(ids)):
        placed = frame.join(place.rename({"id": "a", "old": "a_old"}), on="a", how="left").join(
            place.rename({"id": "b", "index": "other", "old": "b_old"}), on="b", how="left"
        )
        apart = placed.filter(pl.col("index").is_not_null() & pl.col("index").ne_missing(pl.col("other")) & (pl.col("predicate") != "alt_id"))
        inside = placed.filter((pl.col("index") == pl.col("other")) & (pl.col("a") != pl.col("b")))
        inside = inside.with_columns(own=curies.gather(inside["index"]))
        typed.append(inside.filter(pl.col("predicate") == "exact_match").select("a", "b"))
        parts.append(told(apart.with_columns(xref="b", part=pl.lit(APART))))
        for xref, of in (("b", "a"), ("a", "b")):
            half = inside.filter(pl.col(xref) != pl.col("own")).with_columns(xref=xref, direct=pl.col(of) == pl.col("own"))
            parts.append(told(half.with_columns(part=pl.col(f"{xref}_old").cast(pl.Int8))))
    same = joined_by(updated(pl.concat(typed).with_columns(predicate=pl.lit("")), replaced))
    step = max(1, len(curies) // max(1, sum(part.height for part in parts) // XREF_PART))
    some = (pl.col("index").is_between(low, low + step - 1) for low in range(0, max(1, len(curies)), step))
    return pl.concat([sorted_xrefs(pl.concat([part.filter(of) for part in parts]), curies, same) for of in some])


def spelt_xrefs(rows: pl.DataFrame, reasons: pl.DataFrame, sources: Sequence[str]) -> pl.DataFrame:
    """Return cross-references with what they number written out: source, justification and confidence."""
    named = pl.Series([*sources, ""], dtype=pl.String).gather(rows["source"])  # the last is that of -1
    plain = rows.select("index", "xref", pl.col("predicate").cast(pl.String), "merged", source=named)
    return plain.hstack(reasons[rows["reason"]])


APART = 2  # part of the cross-references that are not merged; merged ids are of part 0, replaced ones of part 1


def told(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what is said of other ids, as numbers where it can be: ``direct`` of the concept's own id, ``source`` -1 for nobody."""
    given = {"source": pl.Int16, "reason": pl.Int32, "direct": pl.Boolean}
    absent = {"source": NO_SOURCE, "reason": 0, "direct": False}
    filled = [(pl.col(name) if name in rows.columns else pl.lit(absent[name])).cast(dtype).alias(name) for name, dtype in given.items()]
    return rows.select("index", "xref", pl.col("predicate").cast(PREDICATE), pl.col("part").cast(pl.Int8), *filled)


def joined_by(links: pl.DataFrame) -> pl.DataFrame:
    """Return the ids at the ends of links, each with the number of those that links lead to from it (``group``)."""
    at = pl.concat([links.select(id="a"), links.select(id="b")]).unique(maintain_order=True).with_row_index("group")
    a, b = (links.select(id=end).join(at, on="id", how="left", maintain_order="left")["group"].to_numpy() for end in ("a", "b"))
    group = np.arange(at.height)
    while len(a) and not np.array_equal(group[a], group[b]):
        low = np.minimum(group[a], group[b])
        np.minimum.at(group, a, low)
        np.minimum.at(group, b, low)
    return at.with_columns(group=pl.Series(group))


def sorted_xrefs(rows: pl.DataFrame, curies: pl.Series, same: pl.DataFrame) -> pl.DataFrame:
    """Return the other ids of a range of concepts, each once, by the best that is said of it. ``same``: ids joined by typed matches."""
    known = rows.with_columns(own=curies.gather(rows["index"])).join(same.rename({"id": "xref"}), on="xref", how="left")
    known = known.join(same.rename({"id": "own", "group": "own_group"}), on="own", how="left")
    merged = pl.when(pl.col("group") == pl.col("own_group")).then(pl.lit("exact_match")).otherwise(pl.lit("xref")).cast(PREDICATE)
    held = pl.when(pl.col("part") == 0).then(merged).when(pl.col("part") == 1).then(pl.lit("alt_id").cast(PREDICATE)).otherwise("predicate")
    known = known.with_columns(held=held, rank=pl.when(pl.col("part") == 1).then(0).otherwise(rank("xref")), prefix=prefix("xref"))
    said = (pl.col("predicate") == pl.col("held")) & (pl.col("source") != NO_SOURCE)
    known = known.with_columns(source=pl.when(said).then("source").otherwise(pl.lit(NO_SOURCE)), reason=pl.when(said).then("reason").otherwise(0))
    best = (pl.col("held").cast(pl.String), ~said, ~pl.col("direct"), pl.col("reason") == 0, "source", "reason")
    once = known.sort("index", "part", "rank", "prefix", "xref", *best).unique(["index", "xref"], keep="first", maintain_order=True)
    return once.select("index", "xref", predicate="held", merged=pl.col("part") < APART, source="source", reason="reason")
