"""Sort the cross-references of all sources, so that only those are judged one by one which could join two sources' nodes.

Merging goes link by link (``merge.py``), which is too slow for millions of links. Most ids, however, take part in no
question: an id without links is a concept, and so is an id together with the cross-references that nobody shares.
These are settled here in columns; a test holds the outcome against ``merge`` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from kgpaths.graph.merge import CODE_CATEGORY, CODE_PREFIXES, OURS, PREFERENCE, Conflict, Link, Match, Merged, as_match, settle_replaced, told
from kgpaths.sources.tables import SourceTables

LINK = {"a": pl.String, "b": pl.String, "predicate": pl.String, "source": pl.Int16}


def all_links(sources: Sequence[SourceTables], crosswalks: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return every cross-reference: a, b, predicate, and the number of the source that states it."""
    frames = [*(s.xrefs for s in sources), *crosswalks]
    parts = [frame.select(a="id", b="xref", predicate="predicate", source=pl.lit(number, dtype=pl.Int16)) for number, frame in enumerate(frames)]
    return pl.concat([pl.DataFrame(schema=LINK), *parts]).unique(maintain_order=True)


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
    retired = links.filter(pl.col("predicate") == "alt_id").sort("a", "b", "source")
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

    hard: pl.DataFrame  # to be judged one by one
    private: pl.DataFrame  # id, xref: settled, the xref is another id of the node
    mappings: pl.DataFrame  # never merged: mapping edges where both ends are concepts


def sort_links(nodes: pl.DataFrame, stated: pl.DataFrame, replaced: pl.DataFrame, names: Sequence[str], conflicts: list[Conflict]) -> Links:
    """Sort the links. Untyped ones that are not one-to-one never join: a conflict where both ends are nodes.

    A cross-reference is private where it is no node, stands in no other link, and brings its node a prefix that it has not.
    """
    links = updated(stated.filter(pl.col("predicate") != "alt_id"), replaced).filter(pl.col("a") != pl.col("b"))
    known = nodes.select("id", node=pl.lit(True), coded=pl.col("category") == CODE_CATEGORY)
    for end in ("a", "b"):
        links = links.join(known.rename({"id": end, "node": f"{end}_node", "coded": f"{end}_code"}), on=end, how="left").with_columns(
            pl.col(f"{end}_node").fill_null(False),
            pl.col(f"{end}_code").fill_null(False) | prefix(end).is_in(sorted(CODE_PREFIXES)),
        )
    links = links.sort("a", "b", "predicate", "source")
    typed = one_of_each_pair(links.filter(pl.col("predicate") == "exact_match"))
    untyped = one_of_each_pair(links.filter(pl.col("predicate") == "xref"))
    single = alone(untyped)
    many = untyped.filter(~single & pl.col("a_node") & pl.col("b_node"))
    conflicts += [Conflict(a, b, "not_one_to_one", told(p, s, names)) for a, b, p, s in many.select(LINK.keys()).iter_rows()]
    judged = pl.concat([typed, untyped.filter(single)])
    code = pl.col("a_code") | pl.col("b_code")
    joining = judged.filter(~code)
    private = private_links(joining)
    hard = joining.join(private.rename({"id": "node_end"}).select("pair"), on="pair", how="anti", maintain_order="left")
    apart = pl.concat([judged.filter(code), links.filter(~pl.col("predicate").is_in(["exact_match", "xref"])).with_columns(pair=pl.lit(""))])
    return Links(hard.select(LINK.keys()), private.select("id", "xref"), apart.select(LINK.keys()))


def updated(links: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    """Return links with replaced ids brought up to date."""
    for end in ("a", "b"):
        renamed = replaced.select(pl.col("old").alias(end), pl.col("new").alias("now"))
        links = links.join(renamed, on=end, how="left").with_columns(pl.coalesce("now", end).alias(end)).drop("now")
    return links.unique()


def one_of_each_pair(links: pl.DataFrame) -> pl.DataFrame:
    """Return the first link of each pair, whichever way round it is stated."""
    pair = pl.concat_str(pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b"), separator=" ")
    return links.with_columns(pair=pair).unique("pair", keep="first", maintain_order=True)


def alone(pairs: pl.DataFrame) -> pl.Series:
    """Tell of each pair whether, between their two prefixes, each end has the other alone."""
    keyed = pairs.with_columns(a_prefix=prefix("a"), b_prefix=prefix("b"))
    at = pl.concat([keyed.select(id="a", prefix="b_prefix"), keyed.select(id="b", prefix="a_prefix")]).group_by("id", "prefix").agg(n=pl.len())
    for end, other in (("a", "b"), ("b", "a")):
        keyed = keyed.join(
            at.rename({"id": end, "prefix": f"{other}_prefix", "n": f"n_{end}"}), on=[end, f"{other}_prefix"], how="left", maintain_order="left"
        )
    return keyed.select((pl.col("n_a") == 1) & (pl.col("n_b") == 1)).to_series()


def private_links(joining: pl.DataFrame) -> pl.DataFrame:
    """Return the links (id, xref, pair) of the nodes none of whose cross-references another id shares, nor two a prefix."""
    turned = pl.col("b_node") & ~pl.col("a_node")
    star = joining.select(
        "pair",
        id=pl.when(turned).then("b").otherwise("a"),
        xref=pl.when(turned).then("a").otherwise("b"),
        fine=pl.col("a_node") != pl.col("b_node"),
    ).unique(["id", "xref"])
    star = star.with_columns(own=prefix("id"), theirs=prefix("xref"))
    partners = pl.concat([star.select("id"), star.select(id="xref")]).group_by("id").agg(n=pl.len())
    star = star.join(partners.rename({"id": "xref"}), on="xref", how="left").with_columns(
        pl.col("fine") & (pl.col("n") == 1) & (pl.col("own") != pl.col("theirs")) & (pl.len().over("id", "theirs") == 1)
    )
    hubs = star.select("xref").unique()
    return star.filter(pl.col("fine").all().over("id")).join(hubs.rename({"xref": "id"}), on="id", how="anti").select("id", "xref", "pair")


def concept_of(nodes: pl.DataFrame, merged: Merged, private: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    """Return every id with the preferred id of its concept, and whether it is a replaced one."""
    schema = {"id": pl.String, "concept": pl.String}
    judged = pl.DataFrame(list(merged.concept.items()), schema=schema, orient="row")
    members = pl.concat([private.select(node="id", id="id").unique(), private.select(node="id", id="xref")])
    members = members.with_columns(rank=rank("id"), prefix=prefix("id")).sort("node", "rank", "prefix", "id")
    stars = members.with_columns(concept=pl.col("id").first().over("node")).select("id", "concept")
    found = pl.concat([judged, stars])
    own = nodes.select("id").join(found, on="id", how="anti", maintain_order="left").select("id", concept="id")
    found = pl.concat([found, own])
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
    return [as_match(*row) for row in links.select("a_concept", "b_concept", "predicate", "source").iter_rows()]
