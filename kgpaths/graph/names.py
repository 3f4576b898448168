"""Gather the names and ids of each concept: its aliases, its cross-references, and who else bears its label."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from kgpaths.graph.links import prefix, rank
from kgpaths.graph.merge import Match, preference
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import SCOPES, SourceTables, batches

NO_SOURCE = -1
"""Number of the source of an edge that rests on identical names alone."""

NAMED_ALIKE = frozenset({"Disease", "PhenotypicFeature", "InformationContentEntity"})
"""Among these, identical names are worth an edge across categories; elsewhere only within one category."""

ALIAS_PART = 3_000_000  # names sorted at a time
SCOPE, KIND = pl.Enum(SCOPES), pl.Categorical()


def alias_table(
    sources: Sequence[SourceTables], nodes: pl.DataFrame, ids: pl.DataFrame, table: pl.DataFrame, rejects: Rejects, rows: list[int]
) -> pl.DataFrame:
    """Return every name of every concept once, in its best scope. Labels of merged members are exact names of the concept.

    ``rows`` is told how many names each source brought.
    """
    own = table.with_row_index("index").select(pl.col("index").cast(pl.Int32), alias="name", scope=pl.lit("label"), kind=pl.lit(""))
    labels = nodes.select("id", alias="name").join(ids, on="id", how="left", maintain_order="left")
    parts = [coded(own), coded(labels.select("index", "alias", scope=pl.lit("exact"), kind=pl.lit("")))]
    for number, source in enumerate(sources):
        for frame in batches(source.aliases):
            rows[number] += frame.height
            placed = frame.join(ids, on="id", how="left", maintain_order="left")
            lost = placed.filter(pl.col("index").is_null())
            rejects.add(source.info.name, "alias_of_no_node", lost.select(pl.format("{}:", pl.col("id").fill_null("(none)")), "alias"))
            given = placed.drop_nulls("index").select("index", "alias", pl.col("scope").replace("label", "exact"), pl.col("kind").fill_null(""))
            parts.append(coded(given))
    pieces = -(-sum(part.height for part in parts) // ALIAS_PART)
    step = max(1, -(-table.height // max(1, pieces)))
    lows = range(0, max(1, table.height), step)
    return pl.concat([sorted_names([part.filter(pl.col("index").is_between(low, low + step - 1)) for part in parts]) for low in lows])


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


def same_names(
    sources: Sequence[SourceTables], nodes: pl.DataFrame, ids: pl.DataFrame, table: pl.DataFrame, mappings: Sequence[Match]
) -> list[Match]:
    """Return a close match for concepts of different prefixes that bear one label and that no cross-reference joins.

    Labels are the names of nodes and the aliases that their source calls a label.
    """
    labels = [nodes.select("id", alias="name")]
    labels += [frame.filter(pl.col("scope") == "label").select("id", "alias") for source in sources for frame in batches(source.aliases)]
    about = table.with_row_index("index").select(pl.col("index").cast(pl.Int32), curie="id", category="category")
    bearers = (
        pl.concat(labels)
        .with_columns(label=pl.col("alias").str.strip_chars().str.to_lowercase())
        .filter(pl.col("label") != "")
        .join(ids, on="id", how="inner")
        .select("label", "index")
        .unique()
        .filter(pl.len().over("label") > 1)
        .join(about, on="index", how="left")
        .with_columns(prefix=prefix("curie"))
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


def xref_table(concept: pl.DataFrame, index: pl.DataFrame, replaced: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return each concept's other ids: merged ones, then replaced ones, then cross-references that stay apart."""
    own = concept.filter(~pl.col("old") & (pl.col("id") != pl.col("concept"))).select(
        "concept", xref="id", predicate=pl.lit("exact_match"), part=pl.lit(0)
    )
    old = concept.filter("old").select("concept", xref="id", predicate=pl.lit("alt_id"), part=pl.lit(1))
    stated = links.filter(pl.col("predicate") != "alt_id").select(id="a", xref="b", predicate="predicate")
    place = concept.select("id", "concept")
    stated = stated.join(place, on="id", how="inner").join(place.select(xref="id", other="concept"), on="xref", how="left")
    stated = stated.filter((pl.col("other") != pl.col("concept")).fill_null(True)).select("concept", "xref", "predicate", part=pl.lit(2)).unique()
    rows = pl.concat([own, old, stated]).join(index, on="concept", how="left")
    rows = rows.with_columns(rank=pl.when(pl.col("part") == 1).then(0).otherwise(rank("xref")), prefix=prefix("xref"))
    return (
        rows.sort("index", "part", "rank", "prefix", "xref", "predicate")
        .unique(["index", "xref"], keep="first", maintain_order=True)
        .select("index", "xref", "predicate", merged=pl.col("part") < 2)
    )
