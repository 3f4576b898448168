"""Read our own core graph: ``nodes.tsv`` and ``edges.tsv`` in KGX's format with Biolink's column names.

Categories are ``biolink:Disease``, predicates ``biolink:treats`` or, where Biolink has none, ``kgpaths:antidote_for``;
lists are separated by ``|``. What we author ourselves has no excuse: a row that breaks the format ends the reading with its
file, row and field. ``kgx.py`` reads what others publish.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import frequency, tables
from kgpaths.sources.curies import normalised
from kgpaths.sources.files import ROW, Tsv, read_tsv
from kgpaths.sources.tables import SourceInfo, SourceTables
from kgpaths.vocabulary import CATEGORIES, PREDICATES, QUALIFIERS

CORE = SourceInfo("kgpaths-core", "0.1.0", "CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/")

_NODE_OPTIONAL = ("synonym", "xref", "description")
_EDGE_OPTIONAL = ("negated", "frequency_qualifier", *QUALIFIERS, "primary_knowledge_source", "knowledge_level", "source")


def core_folder() -> Path:
    """Return the folder of the core graph and its questions: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "ontologies" / "core", package.parent / "ontologies" / "core")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise InputError("the core graph is missing", where=str(candidates[0]), mend="reinstall kgpaths")


def read_core(folder: Path | None = None, info: SourceInfo = CORE, *, exact: Sequence[str] = ()) -> SourceTables:
    """Read ``nodes.tsv`` and ``edges.tsv`` of ``folder``, by default the core graph that ships; ``info`` gets the files' hashes.

    KGX cross-references are untyped; those to a prefix named in ``exact`` are taken as exact matches. Ends of edges that
    are no nodes here are left for the graph to find in another source. Raises InputError for the first bad row.
    """
    folder = folder or core_folder()
    nodes = read_tsv(folder / "nodes.tsv", ("id", "category", "name"), _NODE_OPTIONAL)
    edges = read_tsv(folder / "edges.tsv", ("subject", "predicate", "object"), _EDGE_OPTIONAL)
    info = SourceInfo(info.name, info.release, info.licence, info.url, {f.path.name: tables.sha256(f.path) for f in (nodes, edges)})
    check_nodes(nodes)
    rows = nodes.rows.with_columns(normalised("id"), pl.col("name").str.strip_chars(), category=pl.col("category").str.replace("^biolink:", ""))
    return SourceTables(
        info,
        nodes=rows.select(
            "id",
            "category",
            "name",
            pl.col("description").alias("definition"),
            pl.lit([], dtype=pl.List(pl.String)).alias("semantic_types"),
            pl.lit(True).alias("linkable"),
        ),
        edges=edge_frame(edges, info),
        aliases=alias_frame(rows),
        xrefs=xref_frame(rows, nodes.path, exact),
        rejected=tables.empty(tables.REJECTED),
    )


def check_nodes(file: Tsv) -> None:
    """Raise InputError for the first node that is malformed or repeats an id."""
    file.fail_where(normalised("id").is_null(), "id", "is no CURIE")
    file.fail_where(normalised("id").is_first_distinct().not_(), "id", "repeats an id")
    file.fail_where(~pl.col("category").str.replace("^biolink:", "").is_in(list(CATEGORIES)), "category", "is no category of kgpaths.vocabulary")
    file.fail_where(pl.col("name").str.strip_chars() == "", "name", "is empty")


def items(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return one row per item of a ``|``-separated column, in order, without empty items."""
    split = rows.with_columns(pl.col(column).str.split("|")).explode(column).with_columns(pl.col(column).str.strip_chars())
    return split.filter(pl.col(column).is_not_null() & (pl.col(column) != ""))


def alias_frame(rows: pl.DataFrame) -> pl.DataFrame:
    """Return names as labels and KGX synonyms as exact ones."""
    labels = rows.select("id", alias="name", scope=pl.lit("label"), kind=pl.lit(""))
    exact = items(rows, "synonym").select("id", alias="synonym", scope=pl.lit("exact"), kind=pl.lit(""))
    return pl.concat([labels, exact]).unique(["id", "alias"], keep="first", maintain_order=True)


def xref_frame(rows: pl.DataFrame, path: Path, exact: Sequence[str]) -> pl.DataFrame:
    """Return the cross-references. Raises InputError for one that is no CURIE."""
    listed = items(rows, "xref").with_columns(curie=normalised("xref"))
    Tsv(path, (), listed).fail_where(pl.col("curie").is_null(), "xref", "is no CURIE")
    typed = pl.when(pl.col("curie").str.extract("^([^:]+):").is_in(list(exact))).then(pl.lit("exact_match")).otherwise(pl.lit("xref"))
    return listed.select("id", xref="curie", predicate=typed).unique(maintain_order=True)


def edge_frame(file: Tsv, info: SourceInfo) -> pl.DataFrame:
    """Return the edges, rows of one statement pooled into one edge."""
    bare = pl.col("predicate").str.replace("^(biolink|kgpaths):", "")
    negated = pl.col("negated").str.to_lowercase().replace_strict({"": False, "false": False, "true": True}, default=None, return_dtype=pl.Boolean)
    file.fail_where(normalised("subject").is_null(), "subject", "is no CURIE")
    file.fail_where(normalised("object").is_null(), "object", "is no CURIE")
    file.fail_where(~bare.is_in(list(PREDICATES)), "predicate", "is no predicate of kgpaths.vocabulary")
    file.fail_where(negated.is_null(), "negated", "is neither true, false nor empty")
    ours = bare.replace_strict({p.name: "kgpaths" if p.ours else "biolink" for p in PREDICATES.values()}, default=None, return_dtype=pl.String)
    file.fail_where(
        pl.col("predicate").str.contains(":") & (pl.col("predicate").str.extract("^([^:]+):") != ours),
        "predicate",
        "stands under the wrong prefix",
        "biolink: for Biolink's predicates, kgpaths: for ours",
    )
    parsed = Tsv(file.path, (), file.rows.with_columns(frequency.parsed("frequency_qualifier")))
    parsed.fail_where(
        (pl.col("frequency_qualifier") != "") & ~frequency.is_valid(),
        "frequency_qualifier",
        "is no frequency",
        "write 3/10, 45%, an HPO frequency term, or obligate, very frequent, frequent, occasional, very rare, excluded",
    )
    parsed.fail_where(frequency.is_absent() & ~negated, "frequency_qualifier", "says never, but the edge is not negated", "write true under negated")
    qualifiers = pl.concat_list(
        pl.when(pl.col(key) != "").then(pl.struct(pl.lit(key).alias("key"), pl.col(key).alias("value"))) for key in sorted(QUALIFIERS)
    ).list.drop_nulls()
    rows = parsed.rows.with_columns(
        normalised("subject"), normalised("object"), bare.alias("predicate"), negated.alias("negated"), qualifiers=qualifiers
    )
    evidence = tables.evidence(
        info,
        source=pl.when(pl.col("primary_knowledge_source") == "").then(pl.lit(info.name)).otherwise(pl.col("primary_knowledge_source")),
        citation=pl.col("source"),
        code=pl.col("knowledge_level"),
        frequency=pl.col("frequency_qualifier"),
    )
    key = ("subject", "predicate", "object", "negated", "qualifiers")
    pooled = rows.sort(ROW).group_by(*key, maintain_order=True).agg(*frequency.pooled("frequency_qualifier"), evidence)
    return pooled.with_columns(frequency.assembled()).select(list(tables.EDGES))
