"""A graph as two CSV files that ``neo4j-admin database import full`` reads into an empty database."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from kgpaths.errors import GraphError
from kgpaths.graph.columns import Columns, Concepts, Edges
from kgpaths.graph.export import Progress, each, write_table
from kgpaths.graph.export_json import stated
from kgpaths.graph.hashing import compact

FILES = ("nodes.csv", "edges.csv")
LABEL = "Concept"
"""Label of every node, beside its category: what an index or a constraint is made for."""

DELIMITERS = ("\x1f", "\x1e", "\x1d", "\x1c")
"""Array delimiters, of which the first is taken that no item of an array holds: ASCII's unit separator, then its kin."""

ABOUT = """\
nodes.csv   one concept a row, labels {label} and its category; synonym_scopes stand in the order of synonyms
edges.csv   one edge a row, from subject to object, its type the predicate. frequency is 0 to 1, missing where unknown;
            evidence holds a JSON object for each statement, without empty fields. Negated edges (negated: true) say that something is NOT so.

Into a database that is stopped and empty, here the one named neo4j; in this folder:
  neo4j-admin database import full neo4j --nodes=nodes.csv --relationships=edges.csv --array-delimiter={delimiter}{multiline}

Add --overwrite-destination=true to load it again. Afterwards, in Cypher:
  CREATE CONSTRAINT concept_id FOR (c:{label}) REQUIRE c.id IS UNIQUE
  MATCH (a:{label})-[e]->(b:{label}) WHERE b.name = "Hyperkalemia" RETURN a.name, type(e), e.negated LIMIT 10
"""


def write(columns: Columns, folder: Path, progress: Progress) -> str:
    """Write the files and return what README.txt says of them."""
    graph, how = columns.graph, {"quote_style": "necessary"}
    delimiter = free_delimiter(columns)
    nodes, edges = partial(node_rows, delimiter), partial(edge_rows, columns, delimiter)
    write_table(folder / FILES[0], columns.concepts(), nodes, lambda done: progress("writing concepts", done, graph.n_concepts), **how)
    write_table(folder / FILES[1], columns.edges(), edges, lambda done: progress("writing edges", done, graph.n_edges), **how)
    lines = any(stretches(folder / name, rows) for name, rows in zip(FILES, (graph.n_concepts, graph.n_edges), strict=True))
    multiline = " --multiline-fields=true" if lines else ""
    return ABOUT.format(label=LABEL, delimiter=f"U+{ord(delimiter):04X}", multiline=multiline)


def free_delimiter(columns: Columns) -> str:
    """Return a character that occurs in no item of an array. Raises GraphError where every candidate does."""
    lists = (columns.nodes["semantic_types"], columns.frequencies["texts"])
    texts = [columns.aliases().values["alias"], columns.xrefs().values["xref"], *(column.explode() for column in lists)]
    evidence = (column for part in columns.all_evidence("source", "publications") for column in (part["source"], part["publications"].explode()))
    held = {delimiter for text in chain(texts, evidence) for delimiter in DELIMITERS if text.str.contains(delimiter, literal=True).any()}
    for delimiter in DELIMITERS:
        if delimiter not in held:
            return delimiter
    raise GraphError("no array delimiter is left: its texts hold them all", where=str(columns.graph.path), mend="use another format")


def node_rows(delimiter: str, nodes: Concepts) -> pl.DataFrame:
    """Return concepts as nodes; the names of the columns tell neo4j-admin their types."""
    names = nodes.aliases.values
    other = names["alias"] != nodes.frame["name"].gather(nodes.aliases.owner())
    scopes = names["scope"].cast(pl.String).replace("label", "exact")
    arrays = {
        "semantic_types": nodes.frame["semantic_types"],
        "synonyms": nodes.aliases.column(names["alias"], other),
        "synonym_scopes": nodes.aliases.column(scopes, other),
        "xrefs": nodes.xrefs.column(nodes.xrefs.values["xref"]),
    }
    labels = pl.lit(f"{LABEL}{delimiter}") + pl.col("category")
    rows = nodes.frame.select(pl.col("id").alias("id:ID"), labels.alias(":LABEL"), "name", "definition", pl.col("linkable").alias("linkable:boolean"))
    return with_arrays(rows, arrays, delimiter)


def edge_rows(columns: Columns, delimiter: str, edges: Edges) -> pl.DataFrame:
    """Return edges as relationships; the names of the columns tell neo4j-admin their types."""
    frame, evidence = edges.frame, edges.evidence
    arrays = {
        "frequency_stated": columns.frequencies["texts"].gather(frame["f"]),
        "sources": each(edges, evidence["source"]),
        "publications": each(edges, evidence["publications"]),
        "evidence": stated(edges, without_empty),
    }
    rows = pl.DataFrame(
        {
            ":START_ID": columns.nodes["id"].gather(frame["subject"]),
            ":END_ID": columns.nodes["id"].gather(frame["object"]),
            ":TYPE": columns.predicates.gather(frame["predicate"]),
            "id": frame["id"],
            "content_hash": frame["content_hash"],
            "negated:boolean": frame["negated"],
            **{column.name: column.gather(frame["q"]) for column in columns.qualified},
            "frequency:double": frame["value"],
        }
    )
    return with_arrays(rows, arrays, delimiter)


def without_empty(row: dict[str, Any]) -> str:
    """Return an evidence as JSON, without the fields that say nothing."""
    return compact({name: value for name, value in row.items() if value not in ("", [], None)})


def with_arrays(rows: pl.DataFrame, arrays: dict[str, pl.Series], delimiter: str) -> pl.DataFrame:
    """Return rows with array columns; an empty text or array is missing: a node or edge has no such property then."""
    rows = rows.with_columns(column.list.join(delimiter).alias(f"{name}:string[]") for name, column in arrays.items())
    return rows.with_columns(pl.col(pl.String).replace("", None))


def stretches(path: Path, rows: int) -> bool:
    """Tell whether a field of a file holds a line end: it has more lines than its rows and its header."""
    lines = 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            if b"\r" in block:
                return True
            lines += block.count(b"\n")
    return lines > rows + 1
