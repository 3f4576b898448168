"""A graph as two CSV files that ``neo4j-admin database import full`` reads into an empty database."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path

import polars as pl

from kgpaths.errors import GraphError
from kgpaths.graph.as_neo4j import ARRAYS, LABEL, edge_rows, mark, node_rows
from kgpaths.graph.columns import Columns, Concepts, Edges
from kgpaths.graph.export import Progress, write_table

FILES = ("nodes.csv", "edges.csv")

DELIMITERS = ("\x1f", "\x1e", "\x1d", "\x1c")
"""Array delimiters, of which the first is taken that no item of an array holds: ASCII's unit separator, then its kin."""

ABOUT = """\
nodes.csv   one concept a row, labels {label} and its category; synonym_scopes stand in the order of synonyms
edges.csv   one edge a row, from subject to object, its type the predicate. frequency is 0 to 1, missing where unknown;
            evidence holds a JSON object for each statement, without empty fields. Negated edges (negated: true) say that something is NOT so.

Into a database that is stopped, here the one named neo4j, whose data is replaced; in this folder:
  {command}

Afterwards start the server; "kgpaths neo4j load" with this graph checks the import and makes constraints and indexes. In Cypher:
  MATCH (a:{label})-[e]->(b:{label}) WHERE b.name = "Hyperkalemia" RETURN a.name, type(e), e.negated LIMIT 10
"""
COMMAND = (
    "neo4j-admin database import full neo4j --nodes=nodes.csv --relationships=edges.csv --overwrite-destination"
    " --array-delimiter={delimiter} --multiline-fields=true --bad-tolerance=0 --id-type=string --strict --report-file=import.report"
)
"""Without ``--multiline-fields`` a line end within a name would leave a store that cannot be used."""

TYPED = {"linkable": "linkable:boolean", "negated": "negated:boolean", "frequency": "frequency:double"}
ENDS = {"curie": "curie:ID", "category": ":LABEL", "subject": ":START_ID", "object": ":END_ID", "predicate": ":TYPE"}


def write(columns: Columns, folder: Path, progress: Progress) -> str:
    """Write the files and return what README.txt says of them."""
    graph, how = columns.graph, {"quote_style": "necessary"}
    delimiter = free_delimiter(columns)
    nodes, edges = partial(node_lines, columns, delimiter), partial(edge_lines, columns, delimiter)
    write_table(folder / FILES[0], columns.concepts(), nodes, lambda done: progress("writing concepts", done, graph.n_concepts), **how)
    write_table(folder / FILES[1], columns.edges(), edges, lambda done: progress("writing edges", done, graph.n_edges), **how)
    return ABOUT.format(label=LABEL, command=command(delimiter))


def command(delimiter: str) -> str:
    """Return the command that imports the files."""
    return COMMAND.format(delimiter=f"U+{ord(delimiter):04X}")


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


def node_lines(columns: Columns, delimiter: str, nodes: Concepts) -> pl.DataFrame:
    """Return concepts as lines; the names of the columns tell neo4j-admin their types."""
    rows = node_rows(nodes).with_columns(category=pl.lit(f"{LABEL}{delimiter}") + pl.col("category"))
    return typed(columns, delimiter, rows)


def edge_lines(columns: Columns, delimiter: str, edges: Edges) -> pl.DataFrame:
    """Return edges as lines; the names of the columns tell neo4j-admin their types."""
    return typed(columns, delimiter, edge_rows(columns, edges))


def typed(columns: Columns, delimiter: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with arrays joined, the graph's name and its build's mark, and types in the columns' names."""
    arrays = [name for name in ARRAYS if name in rows.columns]
    rows = rows.with_columns(
        *(pl.col(name).list.join(delimiter) for name in arrays),
        pl.lit(columns.graph.name).alias("graph"),
        pl.lit(mark(columns.graph.manifest)).alias("load"),
    )
    names = {**ENDS, **TYPED, **{name: f"{name}:string[]" for name in arrays}}
    return rows.rename({name: names[name] for name in rows.columns if name in names})
