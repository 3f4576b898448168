"""Make nodes, names and cross-references of KGX node rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from kgpaths.sources import tables
from kgpaths.sources.curies import normalise, normalised
from kgpaths.sources.files import ROW
from kgpaths.sources.kgx_rows import BIOLINK, SEPARATOR, Fields
from kgpaths.vocabulary import CATEGORIES

SCOPES = {"exact_synonym": "exact", "narrow_synonym": "narrow", "broad_synonym": "broad", "related_synonym": "related"}
EQUIVALENTS = {
    "same_as": "exact_match",
    "exact_match": "exact_match",
    "alt_id": "alt_id",
    "close_match": "close_match",
    "broad_match": "broad_match",
    "narrow_match": "narrow_match",
    "xref": "xref",
    "equivalent_identifiers": "xref",
    "equivalent_curies": "xref",
}
"""Field -> kind of cross-reference. A normaliser's equivalents join genes with proteins and drugs with their ingredients: no exact matches."""

NODES = Fields(
    ("id", "category"),
    texts=("id", "name", "description", "deprecated", "symbol", "full_name", "preferred_category", "linkable"),
    lists=("category", "all_categories", "synonym", "all_names", *SCOPES, *EQUIVALENTS, "semantic_types", "alias_kinds"),
)
"""The fields of a node; the last one of each are those of our own export."""
RENAMED = {"ChemicalSubstance": "ChemicalEntity", "Metabolite": "SmallMolecule"}
"""Classes of older Biolink releases that files still bear."""
ANYTHING = "NamedThing"
UNKNOWN = "category_unknown_kept_as_named_thing"
_NODE = "_node"  # the number of a row that has an id
_DETAIL = 300  # characters of a rejected row that are shown


@dataclass
class Nodes:
    """The tables of node rows, block by block. ``scope`` is that of synonyms without one, ``exact`` names the prefixes of exact matches."""

    scope: str = "related"
    exact: Sequence[str] = ()
    nodes: list[pl.DataFrame] = field(default_factory=list)
    aliases: list[pl.DataFrame] = field(default_factory=list)
    xrefs: list[pl.DataFrame] = field(default_factory=list)
    places: list[pl.DataFrame] = field(default_factory=list)  # file and row of each node
    rejected: list[pl.DataFrame] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def add(self, rows: pl.DataFrame, file: str) -> None:
        """Add a block of rows as ``kgx_rows.read_rows`` gives them. A node without a name is called by its id and is not linked."""
        rows = rows.with_columns(pl.lit("").alias(f) for f in NODES.texts if f not in rows.columns)
        rows = rows.with_columns(given="id", id=curie_of(rows, "id"))
        bad = pl.col("id").is_null()
        self.rejected.append(rejects(rows.filter(bad), file, pl.lit("id_no_curie"), pl.format("{} {}", "given", "name")))
        rows = rows.filter(~bad).with_row_index(_NODE, offset=self.count)
        self.count += rows.height
        named = pl.col("name") != ""
        self.nodes.append(
            rows.with_columns(self._categories(rows)).select(
                "id",
                "category",
                pl.when(named).then("name").otherwise("id").alias("name"),
                pl.col("description").alias("definition"),
                pl.col("semantic_types") if "semantic_types" in rows.columns else pl.lit([], dtype=pl.List(pl.String)).alias("semantic_types"),
                (named & ~pl.col("deprecated").str.to_lowercase().is_in(["true", "1"]) & (pl.col("linkable") != "false")).alias("linkable"),
            )
        )
        self.places.append(rows.select(pl.lit(file).alias("file"), ROW))
        self.aliases.append(self._aliases(rows))
        self.xrefs.append(self._xrefs(rows, file))

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return nodes, aliases, cross-references and rejected rows. An id's first row is its node, further ones are rejected."""
        nodes = pl.concat([tables.empty(tables.NODES), *self.nodes])
        first = nodes["id"].is_first_distinct()
        if not first.all():
            places = pl.concat(self.places).with_columns(nodes["id"], nodes["name"]).filter(~first)
            self.rejected.append(rejects(places, pl.col("file"), pl.lit("repeated_id"), pl.format("{} {}", "id", "name")))
        aliases = said_of(first, self.aliases, tables.ALIASES, ["id", "alias"])
        xrefs = said_of(first, self.xrefs, tables.XREFS, ["id", "xref"])
        return nodes.filter(first), aliases, xrefs, pl.concat([tables.empty(tables.REJECTED), *self.rejected])

    def _categories(self, rows: pl.DataFrame) -> pl.Series:
        """Return the most specific category of each row, chosen once for each set of categories."""
        lists = [pl.col(f).list.join(SEPARATOR) for f in ("category", "all_categories") if f in rows.columns]
        given = rows.select(pl.concat_str([pl.col("preferred_category"), *lists], separator="\t")).to_series().alias("category")
        chosen = {text: most_specific(tuple(tuple(part.split(SEPARATOR)) for part in text.split("\t"))) for text in given.unique().sort()}
        unknown = given.is_in([text for text, category in chosen.items() if not category]).to_list().count(True)
        if unknown:
            self.left_out[UNKNOWN] = self.left_out.get(UNKNOWN, 0) + unknown
        return given.replace_strict({text: category or ANYTHING for text, category in chosen.items()}, return_dtype=pl.String)

    def _aliases(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return all names: the name as label, symbols and full names as exact, synonyms as their field scopes them."""
        parts = [
            rows.filter(pl.col(name) != "").select(_NODE, "id", pl.col(name).alias("alias"), pl.lit(scope).alias("scope"), pl.lit(kind).alias("kind"))
            for name, scope, kind in (("name", "label", ""), ("symbol", "exact", "symbol"), ("full_name", "exact", ""))
        ]
        for name, scope in {**SCOPES, "synonym": self.scope, "all_names": self.scope}.items():
            listed = items(rows, name)
            parts.append(listed.select(_NODE, "id", pl.col(name).alias("alias"), pl.lit(scope).alias("scope"), pl.lit("").alias("kind")))
        return with_kinds(pl.concat(parts), items(rows, "alias_kinds"))

    def _xrefs(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """Return the cross-references; what is no CURIE is rejected, a node's own id is none."""
        parts = []
        for name, kind in EQUIVALENTS.items():
            listed = items(rows, name).with_columns(pl.col(name).alias("given"))
            listed = listed.with_columns(curie_of(listed, name).alias("xref"))
            bad = listed.filter(pl.col("xref").is_null())
            self.rejected.append(rejects(bad, file, pl.lit("xref_no_curie"), pl.format("{} {}", "id", "given")))
            typed = pl.when(pl.col("xref").str.extract("^([^:]+):").is_in(list(self.exact))).then(pl.lit("exact_match")).otherwise(pl.lit(kind))
            parts.append(listed.filter(pl.col("xref") != pl.col("id")).select(_NODE, "id", "xref", typed.alias("predicate")))
        return pl.concat(parts)


def with_kinds(names: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """Return names with what they are, as "abbreviation=MI" says."""
    if not kinds.height:
        return names
    parts = pl.col("alias_kinds").str.splitn("=", 2).struct
    told = kinds.select(_NODE, parts.field("field_1").alias("alias"), parts.field("field_0").alias("told")).unique([_NODE, "alias"], keep="first")
    found = names.join(told, on=[_NODE, "alias"], how="left", maintain_order="left")
    return found.with_columns(pl.coalesce("told", "kind").alias("kind")).drop("told")


def said_of(kept: pl.Series, frames: Sequence[pl.DataFrame], schema: tables.Schema, once: Sequence[str]) -> pl.DataFrame:
    """Return the rows that belong to nodes that are kept, the first of each."""
    rows = pl.concat([pl.DataFrame(schema={_NODE: pl.UInt32, **schema}), *frames])
    return rows.filter(kept.gather(rows[_NODE])).drop(_NODE).unique(once, keep="first", maintain_order=True)


@cache
def most_specific(fields: tuple[tuple[str, ...], ...]) -> str:
    """Return the most specific class of the first field that has a known one, empty where none has.

    That is the first class named that no other one named descends from, a class of things before a mixin.
    """
    for names in fields:
        plain = [name.removeprefix(BIOLINK) for name in names]
        known = [name for name in (RENAMED.get(name, name) for name in plain) if name in CATEGORIES]
        leaves = [name for name in known if not any(name in CATEGORIES[other] for other in known)]
        things = [name for name in leaves if ANYTHING in (name, *CATEGORIES[name])]
        if leaves:
            return (things or leaves)[0]
    return ""


def items(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return one row per item of a list column."""
    if name not in rows.columns:
        return rows.clear().select(_NODE, "id", ROW, pl.lit("").alias(name))
    return rows.filter(pl.col(name).list.len() > 0).select(_NODE, "id", ROW, name).explode(name)


def curie_of(rows: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column's ids in our spelling, URIs as CURIEs, null where one is neither."""
    is_uri = pl.col(name).str.contains("://", literal=True)
    uris = rows.filter(is_uri)[name].unique()
    if not len(uris):
        return normalised(name)
    known = {uri: normalise(uri) for uri in uris}
    as_curie = pl.col(name).replace_strict(known, default=None, return_dtype=pl.String)
    return pl.when(is_uri).then(as_curie).otherwise(normalised(name)).alias(name)


def rejects(rows: pl.DataFrame, file: str | pl.Expr, reason: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    """Return rows as a frame of the rejected ones."""
    place = pl.lit(file) if isinstance(file, str) else file
    shown = detail.str.strip_chars().str.head(_DETAIL)
    return rows.select(place.alias("file"), pl.col(ROW).alias("row"), reason.alias("reason"), shown.alias("detail"))


def known_prefixes(exact: Iterable[str]) -> tuple[str, ...]:
    """Return prefixes in our spelling."""
    return tuple((normalise(f"{prefix}:1") or f"{prefix}:").partition(":")[0] for prefix in exact)
