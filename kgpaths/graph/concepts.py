"""Make the concepts: unite the sources' nodes, merge them, and gather each one's names and ids.

Merging goes link by link (``merge.py``), which is too slow for millions of links. Most ids, however, take part in no
question: an id without links is a concept, and so is an id together with the cross-references that nobody shares.
These are settled here in columns; only the links that could join two sources' nodes are judged one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from kgpaths.graph.merge import (
    CODE_CATEGORY,
    CODE_PREFIXES,
    OURS,
    PREFERENCE,
    Conflict,
    Link,
    Match,
    Merged,
    as_match,
    merge,
    preference,
    settle_replaced,
    told,
)
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import NODES, SCOPES, SourceTables, batches
from kgpaths.vocabulary import CATEGORIES

LEXICAL = "kgpaths-lexical"
"""Source name of edges that rest on identical names alone."""

NO_SOURCE = -1
"""Number of the source of such an edge."""

CROSSWALK = "crosswalk"
"""Source name of the links of a crosswalk that is given as a bare table."""

NAMED_ALIKE = frozenset({"Disease", "PhenotypicFeature", "InformationContentEntity"})
"""Among these, identical names are worth an edge across categories; elsewhere only within one category."""

ALIAS_PART = 3_000_000  # names sorted at a time
SCOPE, KIND = pl.Enum(SCOPES), pl.Categorical()
LINK = {"a": pl.String, "b": pl.String, "predicate": pl.String, "source": pl.Int16}


@dataclass(frozen=True)
class Concepts:
    """The graph's concepts, numbered in the order of ``curies``, and what else came of merging."""

    curies: pl.Series
    nodes: pl.DataFrame  # id, category, name, definition, semantic_types, linkable
    ids: pl.DataFrame  # id, index: every id that stands for a concept
    aliases: pl.DataFrame  # index, alias, scope, kind; sorted, the concept's own name first
    stated_names: list[int]  # rows of names that each source brought
    xrefs: pl.DataFrame  # index, xref, predicate, merged; merged ids first
    matches: list[Match]
    conflicts: list[Conflict]


@dataclass(frozen=True)
class Nodes:
    """The sources' nodes, one row an id, in the order in which they were first met; and who disagreed."""

    frame: pl.DataFrame
    conflicts: list[Conflict]


def make_concepts(sources: Sequence[SourceTables], crosswalks: Sequence[pl.DataFrame], rejects: Rejects) -> Concepts:
    """Unite, merge and name. Rows that cannot be used are added to ``rejects``."""
    nodes = unite_nodes(sources, rejects)
    names = [*(s.info.name for s in sources), *(CROSSWALK for _ in crosswalks)]
    stated = all_links(sources, crosswalks)
    conflicts = nodes.conflicts
    replaced = replaced_ids(nodes.frame, stated, names, conflicts)
    links = sort_links(nodes.frame, stated, replaced, names, conflicts)
    involved = nodes.frame.join(ends(links.hard), on="id", how="semi", maintain_order="left")
    category, name = (dict(involved.select("id", column).iter_rows()) for column in ("category", "name"))
    merged = merge(category, [Link(*row) for row in links.hard.iter_rows()], names, name)
    concept = concept_of(nodes.frame, merged, links.private, replaced)
    curies = concept["concept"].unique().sort()
    index = pl.DataFrame({"concept": curies}).with_row_index("index").with_columns(pl.col("index").cast(pl.Int32))
    ids = concept.join(index, on="concept", how="left", maintain_order="left").select("id", "index").sort("id")
    table = node_table(nodes.frame, concept, merged)
    stated_names = [0] * len(sources)
    mappings = sorted({*merged.mappings, *mapped(links.mappings, concept)})
    return Concepts(
        curies=curies,
        nodes=table,
        ids=ids,
        aliases=alias_table(sources, nodes.frame, ids, table, rejects, stated_names),
        stated_names=stated_names,
        xrefs=xref_table(concept, index, replaced, stated),
        matches=[*mappings, *same_names(sources, nodes.frame, ids, table, mappings)],
        conflicts=sorted([*conflicts, *merged.conflicts]),
    )


def unite_nodes(sources: Sequence[SourceTables], rejects: Rejects) -> Nodes:
    """Return each id with its first row; what a later row of another category says of the same id is a conflict."""
    parts = []
    for number, source in enumerate(sources):
        bad = (pl.col("id").fill_null("") == "") | ~pl.col("category").is_in(list(CATEGORIES)).fill_null(False)
        wrong = source.nodes.filter(bad)
        for curie, name, category in wrong.select("id", "name", "category").iter_rows():
            rejects.add(source.info.name, "unknown_category" if curie else "no_id", [f"{curie}: {category}" if curie else name or ""])
        parts.append((source.nodes.filter(~bad) if wrong.height else source.nodes).with_columns(source=pl.lit(number, dtype=pl.Int16)))
    frame = pl.concat([pl.DataFrame(schema={**NODES, "source": pl.Int16}), *parts]).with_columns(
        pl.col("name", "definition").fill_null(""), pl.col("semantic_types").fill_null([]), pl.col("linkable").fill_null(True)
    )
    repeated = frame["id"].is_duplicated()
    if not repeated.any():
        return Nodes(frame.drop("source"), [])
    twice = frame.filter(repeated)
    conflicts: list[Conflict] = []
    rows = []
    for (curie,), group in twice.group_by(["id"], maintain_order=True):
        first = group.row(0, named=True)
        for other in group.iter_rows(named=True):
            if other["category"] != first["category"]:
                told = f"{sources[other['source']].info.name}: {other['category']}, was {first['category']}"
                conflicts.append(Conflict(str(curie), str(curie), "category", told))
        types = list(dict.fromkeys(t for given in group["semantic_types"].to_list() for t in given))
        name, definition = (next((text for text in group[c] if text), "") for c in ("name", "definition"))
        rows.append((curie, first["category"], name, definition, types, group["linkable"].any(), 0))
    settled = pl.DataFrame(rows, schema=frame.schema, orient="row")
    order = frame.with_row_index("order").unique("id", keep="first", maintain_order=True).select("order", "id")
    united = pl.concat([frame.filter(~repeated), settled])
    return Nodes(order.join(united, on="id", how="left", maintain_order="left").drop("order", "source"), conflicts)


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


def node_table(nodes: pl.DataFrame, concept: pl.DataFrame, merged: Merged) -> pl.DataFrame:
    """Return one row per concept: our authored name where there is one, else the first name in the preferred order."""
    placed = nodes.join(concept.select("id", "concept"), on="id", how="left", maintain_order="left")
    several = placed["concept"].is_duplicated()
    kept = placed.filter(~several)
    parts = [kept.with_columns(id="concept", name=pl.when(pl.col("name") == "").then("concept").otherwise("name")).drop("concept")]
    rows = []
    joined = placed.filter(several).with_columns(rank=rank("id"), prefix=prefix("id")).sort("concept", "rank", "prefix", "id")
    for (curie,), group in joined.group_by(["concept"], maintain_order=True):
        names = group["name"].to_list()
        authored = [name for name, own in zip(names, group["prefix"] == OURS, strict=True) if own and name]
        name = next((n for n in (*authored, *names) if n), curie)
        definition = next((text for text in group["definition"] if text), "")
        types = list(dict.fromkeys(t for given in group["semantic_types"].to_list() for t in given))
        rows.append((curie, merged.category[str(curie)], name, definition, types, bool(group["linkable"].any())))
    parts.append(pl.DataFrame(rows, schema=NODES, orient="row"))
    return pl.concat(parts).sort("id")


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
