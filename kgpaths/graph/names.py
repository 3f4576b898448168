"""Gather the names and ids of each concept: its aliases, its cross-references, and who else bears its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from kgpaths.graph.links import joined_at_once, prefix, rank
from kgpaths.graph.merge import Match, preference
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import SCOPES, SourceTables, gathered

NO_SOURCE = -1
"""Number of the source of an edge that rests on identical names alone."""

NAMED_ALIKE = frozenset({"Disease", "PhenotypicFeature", "InformationContentEntity"})
"""Among these, identical names are worth an edge across categories; elsewhere only within one category."""

ALIAS_PART = 3_000_000  # names sorted at a time
SCOPE, KIND = pl.Enum(SCOPES), pl.Categorical()


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


def same_names(names: Names, table: pl.DataFrame, mappings: Sequence[Match]) -> list[Match]:
    """Return a close match for concepts of different prefixes that bear one label and that no cross-reference joins."""
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
        .filter(pl.col("prefix").n_unique().over("label") > 1)
        .sort("label", "index")
    )
    joined = {frozenset((m.subject, m.object)) for m in mappings}
    pairs: dict[frozenset[str], str] = {}
    for (label,), group in bearers.group_by(["label"], maintain_order=True):
        rows = group.select("curie", "prefix", "category").rows()
        for place, (a, a_prefix, a_category) in enumerate(rows):
            for b, b_prefix, b_category in rows[place + 1 :]:
                pair = frozenset((a, b))
                if a_prefix != b_prefix and pair not in joined and alike(a_category, b_category):
                    pairs.setdefault(pair, str(label))
    named = ((*sorted(pair, key=preference), label) for pair, label in pairs.items())
    return [Match(a, "close_match", b, NO_SOURCE, label) for a, b, label in named]


def alike(a: str, b: str) -> bool:
    """Tell whether concepts of these categories may be the same thing under one name."""
    return a == b or (a in NAMED_ALIKE and b in NAMED_ALIKE)


def xref_table(curies: pl.Series, ids: pl.DataFrame, links: pl.DataFrame, reasons: pl.DataFrame) -> pl.DataFrame:
    """Return each concept's other ids: merged ones, then replaced ones, then cross-references that stay apart.

    ``ids`` has every id with the number of its concept, and whether it is a replaced one (``old``).
    """
    other = ids.filter(ids["id"] != curies.gather(ids["index"]))
    known = other.select(
        "index", xref="id", predicate=pl.when("old").then(pl.lit("alt_id")).otherwise(pl.lit("exact_match")), part=pl.col("old").cast(pl.Int32)
    )
    parts = [known]
    why = []
    place = ids.select("id", "index")
    for frame in links.filter(pl.col("predicate") != "alt_id").iter_slices(joined_at_once(ids)):
        placed = frame.join(place.rename({"id": "a", "index": "index"}), on="a", how="left").join(
            place.rename({"id": "b", "index": "other"}), on="b", how="left"
        )
        apart = placed.filter(pl.col("index").is_not_null() & pl.col("index").ne_missing(pl.col("other")))
        parts.append(apart.select("index", xref="b", predicate="predicate", part=pl.lit(2)))
        given = placed.filter(pl.col("reason") > 0)
        why += [given.select("reason", "index", xref="b"), given.select("reason", index="other", xref="a")]
    step = max(1, len(curies) // max(1, sum(part.height for part in parts) // ALIAS_PART))
    inside = (pl.col("index").is_between(low, low + step - 1) for low in range(0, max(1, len(curies)), step))
    rows = pl.concat([sorted_xrefs(pl.concat([part.filter(some) for part in parts])) for some in inside])
    said = pl.concat(why).drop_nulls("index").group_by("index", "xref").agg(pl.col("reason").min()) if why else None
    if said is None or not said.height:
        return rows.with_columns(justification=pl.lit(""))
    said = said.with_columns(justification=reasons["justification"].gather(said["reason"])).drop("reason")
    return rows.join(said, on=["index", "xref"], how="left", maintain_order="left").with_columns(pl.col("justification").fill_null(""))


def sorted_xrefs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the other ids of a range of concepts, each once."""
    ranked = rows.with_columns(rank=pl.when(pl.col("part") == 1).then(0).otherwise(rank("xref")), prefix=prefix("xref"))
    once = ranked.sort("index", "part", "rank", "prefix", "xref", "predicate").unique(["index", "xref"], keep="first", maintain_order=True)
    return once.select("index", "xref", "predicate", merged=pl.col("part") < 2)
