"""Make the concepts: unite the sources' nodes, merge them, and give each concept its one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from kgpaths.graph.links import all_links, concept_of, ends, mapped, prefix, rank, replaced_ids, sort_links
from kgpaths.graph.merge import DENIED, OURS, Conflict, Link, Match, Merged, merge
from kgpaths.graph.names import gather_names, same_names, xref_table
from kgpaths.graph.rejects import Rejects
from kgpaths.sources.tables import NODES, SourceTables
from kgpaths.vocabulary import CATEGORIES, is_a

LEXICAL = "kgpaths-lexical"
"""Source name of edges that rest on identical names alone."""

CROSSWALK = "crosswalk"
"""Source name of the links of a crosswalk that is given as a bare table."""


@dataclass(frozen=True)
class Concepts:
    """The graph's concepts, numbered in the order of ``curies``, and what else came of merging."""

    curies: pl.Series
    nodes: pl.DataFrame  # id, category, name, definition, semantic_types, linkable
    ids: pl.DataFrame  # id, index, kind, hub (``with_kinds``): every id that stands for a concept
    aliases: pl.DataFrame  # index, alias, scope, kind; sorted, the concept's own name first
    stated_names: list[int]  # rows of names that each source brought
    xrefs: pl.DataFrame  # index, xref, predicate, merged, source, reason (``names.spelt_xrefs``); merged ids first
    reasons: pl.DataFrame  # justification, confidence: what links and matches number
    sources: list[str]  # names of the sources of links
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
    stated, reasons = all_links(sources, crosswalks)
    conflicts = nodes.conflicts
    replaced = replaced_ids(nodes.frame, stated, names, conflicts)
    settled = [number for number, source in enumerate(sources) if source.settled]
    open_links = stated.filter((pl.col("predicate") != "xref") | ~pl.col("source").is_in(settled))
    links = sort_links(nodes.frame, open_links, replaced, names, conflicts)
    involved = nodes.frame.join(ends(links.hard), on="id", how="semi", maintain_order="left")
    category, name = (dict(involved.select("id", column).iter_rows()) for column in ("category", "name"))
    merged = merge(category, [Link(*row) for row in links.hard.iter_rows()], names, name)
    concept = concept_of(nodes.frame, merged, links.private, replaced)
    curies = concept["concept"].unique().sort()
    index = pl.DataFrame({"concept": curies}).with_row_index("index").with_columns(pl.col("index").cast(pl.Int32))
    table = node_table(nodes.frame, concept, merged)
    mappings = sorted({*merged.mappings, *mapped(links.mappings, concept)})
    ids = concept.join(index, on="concept", how="left", maintain_order="left").select("id", "index", "old")
    del concept, index, links, open_links
    denied = pl.col("predicate") == DENIED
    xrefs = xref_table(curies, ids, stated.filter(~denied), replaced)
    known = with_kinds(ids, nodes.frame, table)
    ids = ids.select("id", "index")
    apart = concept_pairs(stated.filter(denied), ids, curies)
    del stated
    gathered = gather_names(sources, nodes.frame, ids, table, rejects)
    crowded: list[str] = []
    alike = [match for match in same_names(gathered, table, mappings, crowded) if frozenset((match.subject, match.object)) not in apart]
    rejects.add(LEXICAL, "name_of_many", crowded)
    return Concepts(
        curies=curies,
        nodes=table,
        ids=known,
        aliases=gathered.aliases,
        stated_names=gathered.rows,
        xrefs=xrefs,
        reasons=reasons,
        sources=names,
        matches=[*mappings, *alike],
        conflicts=sorted(still_apart([*conflicts, *merged.conflicts], ids)),
    )


def with_kinds(ids: pl.DataFrame, nodes: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return ids with the kind of their concept, 1 a disease, 2 a phenotype, 0 any other, and whether they are hubs: no source has a node of it."""
    kinds = {c: 1 if is_a(c, "Disease") else 2 if is_a(c, "PhenotypicFeature") else 0 for c in CATEGORIES}
    kind = table["category"].replace_strict(kinds, return_dtype=pl.Int8).gather(ids["index"])
    node = ids.join(nodes.select("id", node=pl.lit(True)), on="id", how="left", maintain_order="left")["node"].fill_null(False)
    return ids.select("id", "index", kind=kind, hub=~node & ~ids["old"])


def concept_pairs(links: pl.DataFrame, ids: pl.DataFrame, curies: pl.Series) -> set[frozenset[str]]:
    """Return the pairs of concepts that links stand between."""
    for end in ("a", "b"):
        links = links.join(ids.rename({"id": end, "index": f"{end}_index"}), on=end)
    return {frozenset((curies[a], curies[b])) for a, b in links.select("a_index", "b_index").iter_rows()}


def still_apart(conflicts: Sequence[Conflict], ids: pl.DataFrame) -> list[Conflict]:
    """Return the conflicts without those of ambiguous links whose ends another link has joined."""
    vague = pl.DataFrame([(c.a, c.b) for c in conflicts if c.reason == "not_one_to_one"], schema={"a": pl.String, "b": pl.String}, orient="row")
    for end in ("a", "b"):
        vague = vague.join(ids.rename({"id": end, "index": f"{end}_index"}), on=end, how="left")
    joined = set(vague.filter(pl.col("a_index") == pl.col("b_index")).select("a", "b").iter_rows())
    return [c for c in conflicts if c.reason != "not_one_to_one" or (c.a, c.b) not in joined]


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
