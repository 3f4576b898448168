"""Find concepts by name, without an index: all names are looked through, which takes a second for some millions of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from kgpaths.errors import InputError
from kgpaths.graph.columns import Columns
from kgpaths.sources.tables import SCOPES
from kgpaths.vocabulary import is_a

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

GAP = r"[\s_\-\u2010-\u2015\u2212]+"
"""What stands between words: spaces and hyphens of any kind."""

EDGE = r"[^\pL\pN]"
"""What may stand beside a word within a name."""

AROUND = ".,;:()[]{}\"'"
"""What is left out around a word that is asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A concept and the name of it that was found; ``scope`` is "label" for its own name, else exact, narrow, broad or related."""

    curie: str
    name: str
    category: str
    alias: str
    scope: str


def find(graph: Graph, text: str, *, limit: int = 20, category: str = "") -> list[Found]:
    """Return concepts with a name like ``text``: the same name first, then names that begin with it, then names with all its words.

    Case, spaces and hyphens make no difference. Among equals come linkable concepts first, then those with more edges, then
    by id; a concept stands once, with its best name. ``category`` keeps that category and its descendants. Raises InputError
    where no concept of the graph has it.
    """
    wanted = fold(text)
    if not wanted:
        return []
    columns = Columns(graph)
    lists = columns.aliases()
    hits = matches(lists.values["alias"], wanted)
    if category:
        known = sorted(graph.manifest.categories)
        kept = [name for name in known if is_a(name, category)]
        if not kept:
            raise InputError(f"no concept of category {category!r}", where=graph.name, mend=f"it has {', '.join(known)}")
    concept = np.searchsorted(lists.indptr, hits["row"].to_numpy(), side="right") - 1
    degree = np.diff(graph.out.indptr)[concept] + np.diff(graph.inn.indptr)[concept]
    rows = hits.with_columns(
        *lists.values.select("alias", pl.col("scope").cast(pl.Enum(SCOPES)))[hits["row"]],
        *columns.nodes.select("linkable", "category")[concept],
        concept=pl.Series(concept),
        degree=pl.Series(degree),
    )
    if category:
        rows = rows.filter(pl.col("category").is_in(kept))
    best = rows.sort("tier", "scope", pl.col("alias").str.len_chars(), "alias").unique("concept", keep="first", maintain_order=True)
    first = best.sort("tier", "linkable", "degree", "concept", descending=[False, True, True, False]).head(limit)
    return [
        Found(graph.curie(number), graph.concept_name(number), kind, alias, scope)
        for number, kind, alias, scope in first.select("concept", "category", "alias", "scope").iter_rows()
    ]


def fold(text: str) -> str:
    """Return a name without what makes no difference: in lower case, one space for every gap."""
    return re.sub(GAP, " ", text).strip().lower()


def matches(names: pl.Series, wanted: str) -> pl.DataFrame:
    """Return the rows of the names that match and how well: ``tier`` 0 the same, 1 begins with it, 2 has all its words.

    Only names in which every word occurs are folded. ``wanted`` is folded.
    """
    rows = pl.DataFrame({"row": pl.int_range(len(names), eager=True), "name": names})
    for word in sorted(set(wanted.split(" ")), key=lambda word: (-len(word), word)):
        asked = word.strip(AROUND) or word
        rows = rows.filter(pl.col("name").str.contains(f"(?i){re.escape(asked)}"))
    folded = pl.col("name").str.replace_all(GAP, " ").str.strip_chars().str.to_lowercase()
    words = [word.strip(AROUND) or word for word in wanted.split(" ")]
    whole = pl.all_horizontal(pl.col("name").str.contains(f"(?:^|{EDGE}){re.escape(word)}(?:$|{EDGE})") for word in words)
    tier = pl.when(pl.col("name") == wanted).then(0).when(pl.col("name").str.starts_with(wanted)).then(1).when(whole).then(2)
    return rows.with_columns(folded.alias("name")).select("row", tier.alias("tier")).drop_nulls("tier")
