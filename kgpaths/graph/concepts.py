"""Make the concepts: unite the sources' nodes, merge them, and gather each one's names and ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from kgpaths.graph.merge import OURS, Conflict, Link, Match, Merged, merge, preference, prefix_of
from kgpaths.sources.tables import NODES, SCOPES, SourceTables
from kgpaths.vocabulary import CATEGORIES

LEXICAL = "kgpaths-lexical"
"""Source name of edges that rest on identical names alone."""

NO_SOURCE = -1
"""Number of the source of such an edge."""

CROSSWALK = "crosswalk"
"""Source name of the links of a crosswalk that is given as a bare table."""

NAMED_ALIKE = frozenset({"Disease", "PhenotypicFeature", "InformationContentEntity"})
"""Among these, identical names are worth an edge across categories; elsewhere only within one category."""


class Reject(NamedTuple):
    """A row that could not be used."""

    source: str
    row: int | None
    reason: str
    detail: str


class Node(NamedTuple):
    """One source's row of a node."""

    category: str
    name: str
    definition: str
    semantic_types: tuple[str, ...]
    linkable: bool


@dataclass(frozen=True)
class Concepts:
    """The graph's concepts, numbered in the order of ``curies``, and what else came of merging."""

    curies: list[str]
    nodes: pl.DataFrame  # id, category, name, definition, semantic_types, linkable
    ids: pl.DataFrame  # id, index: every id that stands for a concept
    aliases: pl.DataFrame  # index, alias, scope, kind; sorted, the concept's own name first
    xrefs: pl.DataFrame  # index, xref, predicate, merged; merged ids first
    matches: list[Match]
    conflicts: list[Conflict]


def make_concepts(sources: Sequence[SourceTables], crosswalks: Sequence[pl.DataFrame], rejects: list[Reject]) -> Concepts:
    """Unite, merge and name. Rows that cannot be used are added to ``rejects``."""
    nodes, conflicts = unite_nodes(sources, rejects)
    links = [
        Link(a, b, predicate, number)
        for number, frame in enumerate([*(s.xrefs for s in sources), *crosswalks])
        for a, b, predicate in frame.select("id", "xref", "predicate").iter_rows()
    ]
    names = [*(s.info.name for s in sources), *(CROSSWALK for _ in crosswalks)]
    merged = merge({c: node.category for c, node in nodes.items()}, links, names, {c: node.name for c, node in nodes.items()})
    curies = sorted(merged.members)
    index = {curie: i for i, curie in enumerate(curies)}
    table = node_table(curies, merged, nodes)
    places = [(curie, index[concept]) for curie, concept in merged.concept.items()]
    ids = pl.DataFrame(places, schema={"id": pl.String, "index": pl.Int32}, orient="row")
    aliases = alias_table(sources, nodes, ids, table, rejects)
    labels = label_index(sources, nodes, ids)
    return Concepts(
        curies=curies,
        nodes=table,
        ids=ids.sort("id"),
        aliases=aliases,
        xrefs=xref_table(curies, merged, links),
        matches=[*merged.mappings, *same_names(curies, merged, labels)],
        conflicts=[*conflicts, *merged.conflicts],
    )


def unite_nodes(sources: Sequence[SourceTables], rejects: list[Reject]) -> tuple[dict[str, Node], list[Conflict]]:
    """Return each id with its first row; what a later row of another category says of the same id is a conflict."""
    nodes: dict[str, Node] = {}
    conflicts: list[Conflict] = []
    for source in sources:
        for curie, *row in source.nodes.select("id", *Node._fields).iter_rows():
            node = Node(row[0], row[1] or "", row[2] or "", tuple(row[3] or ()), bool(row[4]))
            if not curie or node.category not in CATEGORIES:
                reason, detail = ("no_id", node.name) if not curie else ("unknown_category", f"{curie}: {node.category}")
                rejects.append(Reject(source.info.name, None, reason, detail))
                continue
            first = nodes.setdefault(curie, node)
            if first is node:
                continue
            if first.category != node.category:
                conflicts.append(Conflict(curie, curie, "category", f"{source.info.name}: {node.category}, was {first.category}"))
            types = tuple(dict.fromkeys((*first.semantic_types, *node.semantic_types)))
            nodes[curie] = first._replace(
                name=first.name or node.name,
                definition=first.definition or node.definition,
                semantic_types=types,
                linkable=first.linkable or node.linkable,
            )
    return nodes, conflicts


def node_table(curies: Sequence[str], merged: Merged, nodes: Mapping[str, Node]) -> pl.DataFrame:
    """Return one row per concept: our authored name where there is one, else the first name in the preferred order."""
    rows = []
    for curie in curies:
        own = [(member, nodes[member]) for member in merged.members[curie] if member in nodes]
        authored = [node.name for member, node in own if prefix_of(member) == OURS and node.name]
        name = next((n for n in (*authored, *(node.name for _, node in own)) if n), curie)
        definition = next((node.definition for _, node in own if node.definition), "")
        types = list(dict.fromkeys(t for _, node in own for t in node.semantic_types))
        rows.append((curie, merged.category[curie], name, definition, types, any(node.linkable for _, node in own)))
    return pl.DataFrame(rows, schema=NODES, orient="row")


def alias_table(
    sources: Sequence[SourceTables], nodes: Mapping[str, Node], ids: pl.DataFrame, table: pl.DataFrame, rejects: list[Reject]
) -> pl.DataFrame:
    """Return every name of every concept once, in its best scope. Labels of merged members are exact names of the concept."""
    own = table.with_row_index("index").select(pl.col("index").cast(pl.Int32), alias="name", scope=pl.lit("label"), kind=pl.lit(""))
    labels = pl.DataFrame({"id": list(nodes), "alias": [n.name for n in nodes.values()]}, schema={"id": pl.String, "alias": pl.String})
    stated = pl.concat([*(s.aliases.with_columns(source=pl.lit(s.info.name)) for s in sources)])
    placed = stated.join(ids, on="id", how="left", maintain_order="left")
    for source, curie, alias in placed.filter(pl.col("index").is_null()).select("source", "id", "alias").iter_rows():
        rejects.append(Reject(source, None, "alias_of_no_node", f"{curie}: {alias}"))
    given = placed.drop_nulls("index").select("index", "alias", scope=pl.col("scope").replace("label", "exact"), kind=pl.col("kind").fill_null(""))
    members = labels.join(ids, on="id", maintain_order="left").select("index", "alias", scope=pl.lit("exact"), kind=pl.lit(""))
    rank = pl.col("scope").replace_strict({s: i for i, s in enumerate(SCOPES)}, return_dtype=pl.UInt8)
    return (
        pl.concat([own, given, members])
        .filter(pl.col("alias").str.strip_chars() != "")
        .with_columns(rank=rank)
        .sort("index", "alias", "rank", pl.col("kind") == "", "kind")
        .unique(["index", "alias"], keep="first", maintain_order=True)
        .sort("index", "rank", "alias", maintain_order=True)
        .select("index", "alias", "scope", "kind")
    )


def label_index(sources: Sequence[SourceTables], nodes: Mapping[str, Node], ids: pl.DataFrame) -> dict[str, set[int]]:
    """Return the concepts that bear each label, case-folded: names of nodes and aliases that their source calls a label."""
    index = dict(ids.iter_rows())
    found: dict[str, set[int]] = {}
    for curie, name in label_rows(sources, nodes):
        if name and curie in index:
            found.setdefault(name.strip().casefold(), set()).add(index[curie])
    return found


def label_rows(sources: Sequence[SourceTables], nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """Yield ids with their labels."""
    yield from ((curie, node.name) for curie, node in nodes.items())
    for source in sources:
        yield from source.aliases.filter(pl.col("scope") == "label").select("id", "alias").iter_rows()


def same_names(curies: Sequence[str], merged: Merged, labels: Mapping[str, set[int]]) -> list[Match]:
    """Return a close match for concepts of different prefixes that bear one label and that no cross-reference joins."""
    joined = {frozenset((m.subject, m.object)) for m in merged.mappings}
    pairs: dict[frozenset[str], str] = {}
    for label in sorted(label for label, bearers in labels.items() if len(bearers) > 1):
        bearers = [curies[i] for i in sorted(labels[label])]
        for place, a in enumerate(bearers):
            for b in bearers[place + 1 :]:
                pair = frozenset((a, b))
                if prefix_of(a) != prefix_of(b) and pair not in joined and alike(merged.category[a], merged.category[b]):
                    pairs.setdefault(pair, label)
    ends = ((*sorted(pair, key=preference), label) for pair, label in pairs.items())
    return [Match(a, "close_match", b, NO_SOURCE, label) for a, b, label in ends]


def alike(a: str, b: str) -> bool:
    """Tell whether concepts of these categories may be the same thing under one name."""
    return a == b or (a in NAMED_ALIKE and b in NAMED_ALIKE)


def xref_table(curies: Sequence[str], merged: Merged, links: Sequence[Link]) -> pl.DataFrame:
    """Return each concept's other ids: merged ones, then replaced ones, then cross-references that stay apart."""
    index = {curie: i for i, curie in enumerate(curies)}
    rows: dict[tuple[int, str], tuple[str, bool]] = {}
    for curie in curies:
        for member in merged.members[curie][1:]:
            rows[index[curie], member] = ("exact_match", True)
    for old in sorted(merged.replaced):
        rows.setdefault((index[merged.concept[old]], old), ("alt_id", True))
    stated = {(merged.concept[k.a], k.b, k.predicate) for k in links if k.a in merged.concept and k.predicate != "alt_id"}
    for curie, xref, predicate in sorted(stated, key=lambda row: (preference(row[1]), row)):
        if merged.concept.get(xref) != curie:
            rows.setdefault((index[curie], xref), (predicate, False))
    schema = {"index": pl.Int32, "xref": pl.String, "predicate": pl.String, "merged": pl.Boolean}
    frame = pl.DataFrame([(i, xref, *rest) for (i, xref), rest in rows.items()], schema=schema, orient="row")
    return frame.sort("index", maintain_order=True)
