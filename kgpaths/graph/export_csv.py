"""A graph as two CSV files for people and pandas: names beside ids, one row an edge, what is several joined by "; "."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from kgpaths.graph.columns import Columns, Concepts, Edges
from kgpaths.graph.export import Progress, each, write_table

FILES = ("nodes.csv", "edges.csv")
BETWEEN = "; "

ABOUT = """\
nodes.csv   one concept a row: id, name, category, linkable, definition, semantic_types, synonyms, xrefs (its other ids)
edges.csv   one edge a row, from subject to object. frequency is 0 to 1, frequency_stated what the sources wrote;
            negated edges say that something is NOT so. evidence: its statements, each as "source release: details"

Everything but numbers stands in quotation marks. What is several is joined by "; ", statements by " | ":
for people, and not to be taken apart again; the formats kgx, networkx and neo4j-admin keep lists as lists.

With pandas, which takes names such as "NAN" and "NA" for missing values unless told otherwise:
  pandas.read_csv("nodes.csv", keep_default_na=False)
  pandas.read_csv("edges.csv", keep_default_na=False, na_values={"frequency": [""]})
Its default engine ends a text at a NUL, should one hold such a character; engine="python" does not.
"""


def write(columns: Columns, folder: Path, progress: Progress) -> str:
    """Write the files and return what README.txt says of them."""
    graph, how = columns.graph, {"quote_style": "non_numeric"}
    nodes, edges = (partial(spelt, columns) for spelt in (node_rows, edge_rows))
    write_table(folder / FILES[0], columns.concepts(), nodes, lambda done: progress("writing concepts", done, graph.n_concepts), **how)
    write_table(folder / FILES[1], columns.edges(), edges, lambda done: progress("writing edges", done, graph.n_edges), **how)
    return ABOUT


def node_rows(columns: Columns, nodes: Concepts) -> pl.DataFrame:
    """Return concepts as people read them."""
    names = nodes.aliases.values["alias"]
    other = names != nodes.frame["name"].gather(nodes.aliases.owner())
    return nodes.frame.select("id", "name", "category", "linkable", "definition", pl.col("semantic_types").list.join(BETWEEN)).with_columns(
        nodes.aliases.column(names, other).list.join(BETWEEN).alias("synonyms"),
        nodes.xrefs.column(nodes.xrefs.values["xref"]).list.join(BETWEEN).alias("xrefs"),
    )


def edge_rows(columns: Columns, edges: Edges) -> pl.DataFrame:
    """Return edges as people read them."""
    frame, nodes = edges.frame, columns.nodes
    pairs = pl.element().struct.field("key") + "=" + pl.element().struct.field("value")
    qualifiers = columns.qualifiers["qualifiers"].list.eval(pairs).list.join(BETWEEN)
    stated = edges.statements.column(told(edges.evidence).gather(edges.statements.values["of"]))
    return pl.DataFrame(
        {
            "id": frame["id"],
            "subject": nodes["id"].gather(frame["subject"]),
            "subject_name": nodes["name"].gather(frame["subject"]),
            "predicate": columns.predicates.gather(frame["predicate"]),
            "object": nodes["id"].gather(frame["object"]),
            "object_name": nodes["name"].gather(frame["object"]),
            "negated": frame["negated"],
            "qualifiers": qualifiers.gather(frame["q"]),
            "frequency": frame["value"],
            "frequency_stated": columns.frequencies["texts"].list.join(BETWEEN).gather(frame["f"]).fill_null(""),
            "sources": each(edges, edges.evidence["source"]).list.join(BETWEEN),
            "publications": each(edges, edges.evidence["publications"]).list.join(BETWEEN),
            "evidence": stated.list.join(" | "),
            "content_hash": frame["content_hash"],
        }
    )


def told(evidence: pl.DataFrame) -> pl.Series:
    """Return each evidence in words: "HPO 2025-01-16: PCS; PMID:1; 8/10"."""
    labels = {
        "code": "",
        "citation": "",
        "frequency": "",
        "onset": "onset ",
        "sex": "sex ",
        "note": "",
        "inferred_from": "inferred from ",
        "date": "",
    }
    details: list[pl.Expr] = [pl.when(pl.col(name) != "").then(pl.lit(label) + pl.col(name)) for name, label in labels.items()]
    details += [pl.when(pl.col(name).list.len() > 0).then(pl.col(name).list.join(BETWEEN)) for name in ("publications", "modifiers")]
    details.append(pl.lit("confidence ") + pl.col("confidence").cast(pl.String))
    source = pl.concat_str("source", pl.lit(" "), "release").str.strip_chars()
    said = pl.concat_str(details, separator=BETWEEN, ignore_nulls=True)
    return evidence.select(pl.when(said == "").then(source).otherwise(source + ": " + said).alias("evidence")).to_series()
