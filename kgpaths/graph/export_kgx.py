"""A graph as KGX's two TSV files with Biolink's names, one row for each statement of an edge.

KGX has no escapes: its own writer turns tabs and line ends into spaces, and a ``|`` within an item of a list splits it. Here such
characters become numeric character references, in lists ``|`` too: ``&#124;``. A text that holds ``&#`` gets ``&#38;#``, so that
undoing them (``ESCAPES``) gives the text as it was. What reads no references still reads every other text unchanged.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from kgpaths.graph.columns import Columns, Concepts, Edges, Numbers
from kgpaths.graph.export import Progress, write_table
from kgpaths.graph.hashing import compact, text_keys
from kgpaths.sources import frequency
from kgpaths.vocabulary import PREDICATES, is_predicate

FILES = ("nodes.tsv", "edges.tsv")
ESCAPES = {"&#": "&#38;#", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;", "\0": "&#0;"}
IN_LISTS = {**ESCAPES, "|": "&#124;"}

LEVELS = ("knowledge_assertion", "logical_entailment", "prediction", "statistical_association", "observation", "not_provided")
AGENTS = (
    *("manual_agent", "automated_agent", "data_analysis_pipeline", "computational_model", "text_mining_agent", "image_processing_agent"),
    *("manual_validation_of_automated_agent", "not_provided"),
)
"""Biolink's knowledge levels and agent types. An evidence code that begins with one of each (KGX's do) is taken apart again."""

SHARES = ("frequency_qualifier", "has_count", "has_total", "has_percentage", "has_quotient")
"""KGX's fields of how often."""

INFERENCE = "logical_entailment"
CONTEXT, PREDICATE = "disease_context_qualifier", "qualified_predicate"
VERBATIM = ("citation", "code", "frequency", "note", "inferred_from")
"""Fields of ``model.Evidence`` that stand in a column of their own as they are, whatever other columns make of them."""

BEFORE = ("id", "category", "subject", "predicate", "object", "negated")
AFTER = (
    *(*SHARES, "onset_qualifier", "sex_qualifier", "clinical_modifier_qualifier", "publications", "primary_knowledge_source"),
    *("knowledge_level", "agent_type", "has_evidence", "has_confidence_score", "update_date"),
    *(*VERBATIM, "edge_frequency", "source_release", "source_licence"),
)
"""Columns of edges before and after those of the qualifiers that the graph has."""

ABOUT = """\
nodes.tsv   one concept a row. same_as: ids merged into it; alt_id: its replaced ids; xref and *_match: ids that stay apart,
            exact matches that were refused among the xrefs. Ids of other concepts of this graph are not: edges relate those.
            alias_kinds is ours: what some names are, as in "abbreviation=MI".
edges.tsv   one statement a row: rows of one edge differ in their evidence. id is the edge's id, for its second statement
            and further ones followed by -2, -3. Predicates that Biolink lacks bear the prefix kgpaths: or their source's.
            primary_knowledge_source is the source as LICENCES.txt names it, where its release and licence stand.
            The last eight columns are ours. citation, code, frequency, note, inferred_from: what the source says verbatim;
            edge_frequency: that of the edge, pooled from all its statements, as JSON; source_release, source_licence.
            By them kgpaths builds the same graph again, each edge with its id and content hash.

Nothing is quoted. Lists are joined by "|". A tab, line end, carriage return or NUL is written as &#9; &#10; &#13; &#0;, a "|"
within an item of a list as &#124;, and "&#" as &#38;#. In Python, for a field or an item of a list:
  re.sub(r"&#(0|9|10|13|38|124);", lambda m: chr(int(m[1])), text)
"""


def write(columns: Columns, folder: Path, progress: Progress) -> str:
    """Write the files and return what README.txt says of them."""
    graph, how = columns.graph, {"separator": "\t", "quote_style": "never"}
    edges = partial(edge_rows, columns, Shared(columns))
    nodes = partial(node_rows, columns.graph._id_key)
    write_table(folder / FILES[0], columns.concepts(), nodes, lambda done: progress("writing concepts", done, graph.n_concepts), **how)
    write_table(folder / FILES[1], columns.edges(), edges, lambda done: progress("writing edges", done, graph.n_edges), **how)
    return ABOUT


def listed(items: pl.Expr) -> pl.Expr:
    """Return lists as KGX writes them."""
    return items.list.eval(pl.element().str.replace_many(IN_LISTS)).list.join("|")


def single(text: str) -> pl.Expr:
    """Return a column of text as KGX writes it."""
    return pl.col(text).str.replace_many(ESCAPES)


def node_rows(ids: Numbers, nodes: Concepts) -> pl.DataFrame:
    """Return concepts as KGX nodes; ``ids`` are the sorted keys of all ids that stand for concepts of the graph."""
    names, xrefs = nodes.aliases.values, nodes.xrefs.values
    kind = names["kind"].cast(pl.String)
    other = names["alias"] != nodes.frame["name"].gather(nodes.aliases.owner())
    scopes = {"synonym": other} | {f"{s}_synonym": other & (names["scope"].cast(pl.String) == s) for s in ("exact", "narrow", "broad", "related")}
    key = text_keys(xrefs["xref"])
    here = pl.Series(ids[np.minimum(np.searchsorted(ids, key), len(ids) - 1)] == key)
    merged, replaced = xrefs["merged"], xrefs["predicate"] == "alt_id"
    apart = ~merged & ~here
    kinds = {"same_as": merged & ~replaced, "alt_id": merged & replaced, "xref": apart & xrefs["predicate"].is_in(["xref", "exact_match"])}
    kinds |= {kind: apart & (xrefs["predicate"] == kind) for kind in ("close_match", "broad_match", "narrow_match")}
    frame = nodes.frame.with_columns(
        *(nodes.aliases.column(names["alias"], kept).alias(field) for field, kept in scopes.items()),
        *(nodes.xrefs.column(xrefs["xref"], kept).alias(field) for field, kept in kinds.items()),
        nodes.aliases.column(pl.select(pl.format("{}={}", kind, names["alias"])).to_series(), kind != "").alias("alias_kinds"),
    )
    return frame.select(
        "id",
        ("biolink:" + pl.col("category")).alias("category"),
        single("name"),
        single("definition").alias("description"),
        *(listed(pl.col(field)) for field in (*scopes, *kinds, "semantic_types", "alias_kinds")),
        "linkable",
    ).with_columns(pl.col(pl.String).replace("", None))


class Shared:
    """What many edges share, as KGX writes it: predicates, qualifiers and frequencies by number."""

    def __init__(self, columns: Columns) -> None:
        self.predicates = pl.Series([as_curie(name) for name in columns.predicates], dtype=pl.String)
        qualified = columns.qualified
        if PREDICATE in qualified.columns:
            named = [as_curie(name) if is_predicate(name) else name for name in qualified[PREDICATE]]
            qualified = qualified.with_columns(pl.Series(PREDICATE, named, dtype=pl.String))
        self.qualifiers = qualified.with_columns(pl.all().str.replace_many(ESCAPES))
        spelt = pl.Series("edge_frequency", [compact(row) for row in columns.frequencies.iter_rows(named=True)], dtype=pl.String)
        self.frequencies = counted(columns.frequencies).with_columns(spelt.str.replace_many(ESCAPES))


def as_curie(predicate: str) -> str:
    """Return a predicate with its vocabulary: Biolink's, ours, or the source's own that it has already."""
    if ":" in predicate:
        return predicate
    ours = predicate in PREDICATES and PREDICATES[predicate].ours
    return f"kgpaths:{predicate}" if ours else f"biolink:{predicate}"


def counted(frequencies: pl.DataFrame) -> pl.DataFrame:
    """Return frequencies in the fields of ``SHARES``: counts, else the HPO term of these bounds, else a share where there is but one.

    ``absent`` tells that it says "not seen".
    """
    terms = {f"{low} {high}": term for term, (_, low, high) in frequency.TERMS.items()}
    bounds = pl.col("lower").cast(pl.Float64).cast(pl.String) + " " + pl.col("upper").cast(pl.Float64).cast(pl.String)
    counts = pl.col("n").is_not_null() & pl.col("m").is_not_null() & frequency.is_valid()
    term = pl.when(~counts).then(bounds.replace_strict(terms, default=None, return_dtype=pl.String))
    return frequencies.select(
        term.alias("frequency_qualifier"),
        pl.when(counts).then(pl.col("n").cast(pl.String)).alias("has_count"),
        pl.when(counts).then(pl.col("m").cast(pl.String)).alias("has_total"),
        pl.lit(None, dtype=pl.String).alias("has_percentage"),
        pl.when(~counts & term.is_null() & (pl.col("lower") == pl.col("upper"))).then(pl.col("lower").cast(pl.String)).alias("has_quotient"),
        frequency.is_absent().alias("absent"),
    )


def spelt(evidence: pl.DataFrame) -> pl.DataFrame:
    """Return evidence in KGX's fields; ``states`` tells whether its own text is a frequency."""
    parts = pl.col("code").str.split("; ")
    level = parts.list.first().is_in(LEVELS)
    after = parts.list.slice(level.cast(pl.Int64))
    agent = after.list.first().is_in(AGENTS).fill_null(False)
    text = pl.col("frequency")
    count, share = (text.str.extract(pattern, 1) for pattern in (r"^(\d+)/\d+$", r"^(\d+(?:\.\d+)?)%$"))
    rows = evidence.with_columns(*frequency.parsed("frequency")).with_columns(states=frequency.is_valid(), absent=frequency.is_absent())
    states = pl.col("states")
    return rows.select(
        pl.when(states & count.is_null() & share.is_null()).then(text).alias("frequency_qualifier"),
        pl.when(states).then(count).alias("has_count"),
        pl.when(states & count.is_not_null()).then(text.str.extract(r"/(\d+)$", 1)).alias("has_total"),
        pl.when(states).then(share).alias("has_percentage"),
        pl.lit(None, dtype=pl.String).alias("has_quotient"),
        "absent",
        "states",
        single("onset").alias("onset_qualifier"),
        single("sex").alias("sex_qualifier"),
        listed(pl.col("modifiers")).alias("clinical_modifier_qualifier"),
        listed(pl.col("publications")),
        pl.col("source").str.replace_many(IN_LISTS).alias("primary_knowledge_source"),
        pl.when(level).then(parts.list.first()).alias("knowledge_level"),
        pl.when(agent).then(after.list.first()).alias("agent_type"),
        listed(after.list.slice(agent.cast(pl.Int64))).alias("has_evidence"),
        pl.col("confidence").cast(pl.String).alias("has_confidence_score"),
        single("date").alias("update_date"),
        *(single(name) for name in VERBATIM),
        single("release").alias("source_release"),
        single("licence").alias("source_licence"),
    )


def edge_rows(columns: Columns, shared: Shared, edges: Edges) -> pl.DataFrame:
    """Return edges as KGX edges, a row for each statement, one row where an edge has none."""
    counts = np.diff(edges.statements.indptr)
    given = pl.Series(np.repeat(counts > 0, np.maximum(counts, 1)))
    at = pl.DataFrame({"edge": np.repeat(np.arange(len(counts)), np.maximum(counts, 1))})
    at = at.with_columns(e=pl.select(pl.when(given).then(given.cum_sum().cast(pl.Int64) - 1)).to_series())
    at = at.with_columns(e=edges.statements.values["of"].gather(at["e"]))
    frame = edges.frame.select(pl.all().gather(at["edge"]))
    ids = columns.nodes["id"]
    rows = frame.select(
        pl.when(at["edge"].is_first_distinct()).then("id").otherwise(pl.format("{}-{}", "id", pl.int_range(1, pl.len() + 1).over("id"))).alias("id"),
        pl.lit("biolink:Association").alias("category"),
        ids.gather(frame["subject"]).alias("subject"),
        shared.predicates.gather(frame["predicate"]).alias("predicate"),
        ids.gather(frame["object"]).alias("object"),
        "negated",
    )
    rows = rows.hstack(shared.qualifiers.select(pl.all().gather(frame["q"]))).hstack(spelt(edges.evidence).select(pl.all().gather(at["e"])))
    rows = shares(rows.with_columns(edge=at["edge"]), shared.frequencies.select(pl.all().gather(frame["f"])))
    rows = rows.rename({"_of_edge_frequency": "edge_frequency"})
    keys = [key for key in shared.qualifiers.columns if key != CONTEXT]
    return inferences(rows).select(*BEFORE, *keys, CONTEXT, *AFTER).with_columns(pl.col(pl.String).replace("", None))


def shares(rows: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """Put the edge's own frequency (``whole``, null for none) where none of its statements gives one.

    A frequency that says "not seen" of an edge that is not negated is left out: readers would negate the edge.
    """
    stated = pl.col("states").fill_null(False).any().over("edge")
    rows = rows.with_columns(stated.alias("_stated")).hstack(whole.select(pl.all().name.prefix("_of_")))
    use = {
        "": pl.col("_stated") & ~(pl.col("absent") & ~pl.col("negated")) & pl.col("_of_absent").is_not_null(),
        "_of_": ~pl.col("_stated") & ~(pl.col("_of_absent") & ~pl.col("negated")),
    }
    return rows.with_columns(pl.coalesce(pl.when(used).then(prefix + name) for prefix, used in use.items()).alias(name) for name in SHARES)


def inferences(rows: pl.DataFrame) -> pl.DataFrame:
    """Put what a phenotype is inferred from where Biolink has it: the disease as context of a logical entailment."""
    context = pl.col(CONTEXT) if CONTEXT in rows.columns else pl.lit("")
    fits = (pl.col("predicate") == "biolink:has_phenotype") & (context == "") & pl.col("knowledge_level").fill_null(INFERENCE).is_in([INFERENCE])
    moved = fits & (pl.col("inferred_from") != "")
    return rows.with_columns(
        pl.when(moved).then("inferred_from").otherwise(context).alias(CONTEXT),
        pl.when(moved).then(pl.lit(INFERENCE)).otherwise("knowledge_level").alias("knowledge_level"),
    )
