"""Read a plain table of cross-references, of a hierarchy, or of names, whose columns the user names.

Publishers have these beside their ontologies: DO's ``allXREFinDO.tsv`` and ``doid_is_a.tsv``, MONDO's parents and
references. They need no graph around them: a table may give cross-references to concepts that another source describes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.curies import normalised
from kgpaths.sources.delimited import Delimited, blocks, parts
from kgpaths.sources.files import ROW
from kgpaths.sources.ontology_meaning import NO_CONCEPT, SEE_PUBLISHER
from kgpaths.sources.tables import XREF_PREDICATES, SourceInfo, SourceTables
from kgpaths.vocabulary import CATEGORIES

SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def read_table(
    path: Path,
    *,
    id_column: str,
    id_prefix: str = "",
    name_column: str = "",
    category: str = "",
    parent_column: str = "",
    parent_prefix: str = "",
    xref_column: str = "",
    xref_prefix: str = "",
    xref_prefix_column: str = "",
    predicate: str = "xref",
    split: str = "",
    separator: str = "tab",
    quoted: bool | None = None,
    name: str = "",
    licence: str = "",
    url: str = "",
    release: str = "",
    limit: int | None = None,
) -> SourceTables:
    """Read of each row what its columns say of the concept in ``id_column``.

    ``name_column`` with ``category`` makes it a node, ``parent_column`` a kind of its parent, ``xref_column`` the bearer of
    a cross-reference of ``predicate``. Bare ids get a prefix: the one given, or that of ``xref_prefix_column``. ``split``
    is what stands between several parents or cross-references in a field. Left unsaid, ``quoted`` is seen from the file.
    A row that repeats another is counted. Raises InputError for options that do not fit, and a file that is no such table.
    """
    check(path, name_column, category, parent_column, xref_column, predicate)
    file = table(path, separator, quoted)
    wanted = [c for c in (id_column, name_column, parent_column, xref_column, xref_prefix_column) if c]
    rows = with_curie(pl.concat(list(file.batches(wanted, limit=limit))), "_id", id_column, id_prefix)
    files = {part.name: tables.sha256(part) for part in file.paths}
    info = SourceInfo(name or path.name.split(".")[0], release, licence or SEE_PUBLISHER, url, files)
    log = Log(file.path.name)
    rows = log.sound(rows, pl.col("_id").is_null(), "bad_id", id_column)
    named = rows.filter(pl.col(name_column) != "").select(id="_id", alias=name_column).unique(maintain_order=True) if name_column else None
    xrefs = log.pairs(rows, "xref", xref_column, xref_prefix, xref_prefix_column, split) if xref_column else None
    parents = log.pairs(rows, "parent", parent_column, parent_prefix, "", split) if parent_column else None
    return SourceTables(
        info,
        nodes=tables.empty(tables.NODES) if named is None else nodes(named, category),
        edges=tables.empty(tables.EDGES) if parents is None else is_a(parents, info),
        aliases=tables.empty(tables.ALIASES) if named is None else aliases(named),
        xrefs=tables.empty(tables.XREFS) if xrefs is None else xrefs.select("id", xref="other", predicate=pl.lit(predicate)),
        rejected=pl.concat([tables.empty(tables.REJECTED), *log.rejected]),
        left_out={reason: count for reason, count in log.left_out.items() if count},
    )


def check(path: Path, name_column: str, category: str, parent_column: str, xref_column: str, predicate: str) -> None:
    """Raise InputError where the options do not fit together."""
    if not (name_column or parent_column or xref_column):
        raise InputError("no column is named that says anything", where=str(path), mend="name_column, parent_column or xref_column")
    if bool(name_column) != bool(category):
        raise InputError(
            "name_column and category go together", where=str(path), mend="the names need to know what they name, e.g. category: Disease"
        )
    if category and category not in CATEGORIES:
        raise InputError(f"{category!r} is no category of Biolink", where=str(path), mend="as Disease, PhenotypicFeature, Drug")
    if predicate not in XREF_PREDICATES:
        raise InputError(f"{predicate!r} is no predicate of a cross-reference", where=str(path), mend=f"one of {', '.join(XREF_PREDICATES)}")


def table(path: Path, separator: str, quoted: bool | None) -> Delimited:
    """Return the file to be read. A table between commas is quoted; another is where its first row begins with a quotation mark."""
    sign = SEPARATORS.get(separator, separator)
    if len(sign.encode()) != 1:
        raise InputError(f"{separator!r} is no separator", where=str(path), mend=f"one of {', '.join(SEPARATORS)}, or one character")
    found = parts(path)
    if quoted is None:
        first = next((block for _, block in blocks(*found)), b"").split(b"\n", 2)
        quoted = sign == "," or any(line.startswith(b'"') for line in first[:2])
    return Delimited(found, sign, quoted=quoted)


def with_curie(rows: pl.DataFrame, to: str, column: str, prefix: str = "", prefix_column: str = "") -> pl.DataFrame:
    """Return the rows with a column of ids as CURIEs in our spelling, null where one is none."""
    bare = pl.col(column).str.strip_chars()
    lead = pl.col(prefix_column).str.strip_chars() if prefix_column else pl.lit(prefix)
    whole = pl.concat_str([lead, pl.lit(":"), bare]) if prefix or prefix_column else bare
    return rows.with_columns(whole.alias(to)).with_columns(normalised(to))


@dataclass
class Log:
    """What became of the rows that are not used."""

    file: str
    rejected: list[pl.DataFrame] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def sound(self, rows: pl.DataFrame, bad: pl.Expr, reason: str, *columns: str) -> pl.DataFrame:
        """Return the rows that are not ``bad``; those that are get rejected with what stands in the columns."""
        detail = pl.concat_str(columns, separator=" ")
        self.rejected.append(rows.filter(bad).select(file=pl.lit(self.file), row=ROW, reason=pl.lit(reason), detail=detail))
        return rows.filter(~bad)

    def pairs(self, rows: pl.DataFrame, what: str, column: str, prefix: str, prefix_column: str, split: str) -> pl.DataFrame:
        """Return each concept with its parents or cross-references (``id``, ``other``), repeated ones once."""
        if split:
            rows = rows.with_columns(pl.col(column).str.split(split)).explode(column)
        stated = rows.filter(pl.col(column).str.strip_chars() != "")
        self.left_out[f"no_{what}"] += rows.height - stated.height
        shown = [prefix_column, column] if prefix_column else [column]
        sound = self.sound(with_curie(stated, "_other", column, prefix, prefix_column), no_concept("_other"), f"bad_{what}", "_id", *shown)
        pairs = sound.select(id="_id", other="_other")
        once = pairs.unique(maintain_order=True)
        self.left_out["repeated_row"] += pairs.height - once.height
        return once


def no_concept(column: str) -> pl.Expr:
    """Tell whether a CURIE is none, or that of a paper or a page rather than of a concept."""
    parts = pl.col(column).str.splitn(":", 2).struct
    paper = parts.field("field_0").str.to_uppercase().is_in(sorted(NO_CONCEPT)) | parts.field("field_1").str.starts_with("//")
    return pl.col(column).is_null() | paper.fill_null(False)


def nodes(named: pl.DataFrame, category: str) -> pl.DataFrame:
    """Return a node for each id, by its first name."""
    return named.unique("id", keep="first", maintain_order=True).select(
        "id",
        category=pl.lit(category),
        name="alias",
        definition=pl.lit(""),
        semantic_types=pl.lit([], dtype=tables.NODES["semantic_types"]),
        linkable=pl.lit(True),
    )


def aliases(named: pl.DataFrame) -> pl.DataFrame:
    """Return the names: the first of an id is its label."""
    scope = pl.when(pl.col("id").is_first_distinct()).then(pl.lit("label")).otherwise(pl.lit("exact"))
    return named.select("id", "alias", scope=scope, kind=pl.lit(""))


def is_a(parents: pl.DataFrame, info: SourceInfo) -> pl.DataFrame:
    """Return a hierarchy as ``subclass_of`` edges."""
    return parents.select(subject="id", predicate=pl.lit("subclass_of"), object="other", evidence=pl.struct(source=pl.lit(info.name)))
