"""A graph as networkx's node-link JSON, one node or edge a line, equal to ``Graph.to_networkx()`` when read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kgpaths.graph.as_networkx import about, node_items
from kgpaths.graph.hashing import compact, quoted

if TYPE_CHECKING:
    from kgpaths.graph.columns import Columns, Edges
    from kgpaths.graph.export import Progress

FILES = ("graph.json",)

ABOUT = """\
graph.json   node-link data of networkx: nodes by id, edges from source (subject) to target (object) by key (the edge's id)

  import json, networkx
  graph = networkx.node_link_graph(json.load(open("graph.json", encoding="utf-8")), edges="edges")   # before networkx 3.4: link="edges"
"""


def write(columns: Columns, folder: Path, progress: Progress) -> str:
    """Write the file and return what README.txt says of it."""
    with (folder / FILES[0]).open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(f'{{"directed":true,"multigraph":true,"graph":{compact(about(columns.graph))},\n"nodes":[')
        stream.writelines(parted(nodes(columns, progress)))
        stream.write('],\n"edges":[')
        stream.writelines(parted(edges(columns, progress)))
        stream.write("]}\n")
    return ABOUT


def parted(items: Iterator[str]) -> Iterator[str]:
    """Yield items with a comma between them, each on its own line."""
    between = "\n"
    for item in items:
        yield between + item
        between = ",\n"


def nodes(columns: Columns, progress: Progress) -> Iterator[str]:
    """Yield the nodes as JSON."""
    done = 0
    for part in columns.concepts():
        for curie, attributes in node_items(part):
            yield compact({"id": curie, **attributes})
        done += part.frame.height
        progress("writing concepts", done, columns.graph.n_concepts)


def edges(columns: Columns, progress: Progress) -> Iterator[str]:
    """Yield the edges as JSON, of the attributes of ``as_networkx.edge_items``: what edges share is spelt once for each part."""
    ids, predicates = quoted(columns.nodes["id"]), quoted(columns.predicates)
    qualifiers = pl.Series([compact(given) for given in columns.qualifiers["qualifiers"].to_list()], dtype=pl.String)
    frequencies = pl.Series([compact(row) for row in columns.frequencies.iter_rows(named=True)], dtype=pl.String)
    done = 0
    for part in columns.edges():
        frame = part.frame
        pieces = {
            "source": ids.gather(frame["subject"]),
            "target": ids.gather(frame["object"]),
            "key": quoted(frame["id"]),
            "content_hash": quoted(frame["content_hash"]),
            "predicate": predicates.gather(frame["predicate"]),
            "negated": frame["negated"].cast(pl.String),
            "qualifiers": qualifiers.gather(frame["q"]),
            "frequency": frequencies.gather(frame["f"]).fill_null("null"),
            "evidence": pl.select("[" + stated(part, compact).list.join(",") + "]").to_series(),
        }
        fields = [pl.lit(f'"{name}":') + piece for name, piece in pieces.items()]
        yield from pl.select(pl.lit("{") + pl.concat_str(fields, separator=",") + "}").to_series()
        done += frame.height
        progress("writing edges", done, columns.graph.n_edges)


def stated(edges: Edges, spell: Callable[[dict[str, Any]], str]) -> pl.Series:
    """Return each edge's statements as ``spell`` writes them."""
    spelt = pl.Series([spell(row) for row in edges.evidence.iter_rows(named=True)], dtype=pl.String)
    return edges.statements.column(spelt.gather(edges.statements.values["of"]))
