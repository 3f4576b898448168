"""Copy a graph into Neo4j: what is missing is added, what has changed is set anew, what is gone is taken out.

Everything of a build bears its mark (``load``), so a load that was cut off goes on where it stopped, and loading twice
changes nothing. There is one writer: several block each other at the hubs and are no faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kgpaths.errors import ServerError
from kgpaths.graph.as_neo4j import EdgesOf, concepts, mark
from kgpaths.neo4j import cypher

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph
    from kgpaths.neo4j.connection import Row, Server

CONCEPTS, EDGES = 1_000, 2_000  # of a transaction
LONGEST_CURIE = 8_000  # bytes; an index takes no value above some 8,100
NUL, SHOWN_NUL = "\0", "\u2400"  # a type's name cannot hold a NUL: ␀ stands for it
LOADING, COMPLETE = "loading", "complete"

Progress = Callable[[str, int, int], None]


@dataclass
class Loaded:
    """What a load did. ``odd`` tells what could not be stored as it is, a line each."""

    graph: str
    concepts: int = 0  # of the graph in Neo4j now
    edges: int = 0
    concepts_written: int = 0
    edges_written: int = 0
    concepts_removed: int = 0
    edges_removed: int = 0
    odd: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Tell whether anything was written or removed."""
        return bool(self.concepts_written or self.edges_written or self.concepts_removed or self.edges_removed)


def load(graph: Graph, server: Server, *, name: str = "", check: bool = False, progress: Progress = lambda what, done, total: None) -> Loaded:
    """Copy ``graph`` into the server under ``name`` (default: the graph's own) and return what was done.

    A graph that is there already is compared by its marks; where an earlier load of this very build is complete and its counts
    are right nothing else is looked at, unless ``check`` asks for it. Raises ServerError where the server does not go along, or
    holds other counts in the end; loading again finishes the work.
    """
    return _Load(graph, server, name or graph.name, progress).run(check)


class _Load:
    def __init__(self, graph: Graph, server: Server, name: str, progress: Progress) -> None:
        self.graph, self.server, self.progress = graph, server, progress
        self.load = mark(graph.manifest)
        self.values: dict[str, Any] = {"graph": name, "load": self.load}
        self.done = Loaded(name)
        self.left_out: set[str] = set()  # CURIEs that no index takes
        self.expected = [graph.n_concepts, graph.n_edges]

    def run(self, check: bool) -> Loaded:
        for statement in cypher.SCHEMA:
            self.server.write(statement)
        self.server.write(cypher.AWAIT_INDEXES)
        known = self.server.read(cypher.GRAPH, **self.values)
        if not check and known and known[0]["graph"].get("load") == self.load and known[0]["graph"].get("state") == COMPLETE and self.counted():
            return self.done
        self.mark_as(LOADING)
        present = bool(self.server.read(cypher.ANY_CONCEPT, **self.values))
        self.concepts(present)
        self.edges(present)
        if present:
            self.remove()
        if not self.counted():
            raise ServerError(
                f"holds {self.done.concepts:,} concepts and {self.done.edges:,} edges of {self.done.graph}, not {self.expected[0]:,} and {self.expected[1]:,}",
                where=self.server.address.uri,
                mend="does another program write there? load it again",
            )
        self.mark_as(COMPLETE)
        return self.done

    def mark_as(self, state: str) -> None:
        manifest = self.graph.manifest
        about = {
            "load": self.load,
            "state": state,
            "hash": self.graph.hash,
            "release": self.graph.release,
            "concepts": manifest.concepts,
            "edges": manifest.edges,
            "licences": [f"{source.name}: {source.licence or 'not stated'}" for source in manifest.sources],
        }
        self.server.write(cypher.MARK_GRAPH, graph=self.done.graph, properties=about)

    def concepts(self, present: bool) -> None:
        seen = 0
        for rows in concepts(self.graph, CONCEPTS):
            seen += len(rows)
            fit = [row for row in rows if self.fits(row["curie"])]
            there = self.there(cypher.LOADED_CONCEPTS, "curie", [row["curie"] for row in fit]) if present else set()
            new = [{"category": row.pop("category"), "properties": row} for row in fit if row["curie"] not in there]
            if new:
                self.server.write(cypher.MERGE_CONCEPTS, rows=new, **self.values)
                self.done.concepts_written += len(new)
            self.progress("loading concepts", seen, self.graph.n_concepts)

    def edges(self, present: bool) -> None:
        seen = 0
        for curies, rows in EdgesOf(self.graph, EDGES):
            seen += len(rows)
            there = self.there(cypher.LOADED_EDGES, "id", curies) if present and rows else set()
            new = [self.edge(row) for row in rows if row["id"] not in there and not self.dangles(row)]
            for part in pieces(new, EDGES):
                self.server.write(cypher.MERGE_EDGES, rows=part, **self.values)
            self.done.edges_written += len(new)
            self.progress("loading edges", seen, self.graph.n_edges)

    def there(self, query: str, key: str, curies: list[str]) -> set[str]:
        return {row[key] for row in self.server.read(query, curies=curies, **self.values)}

    def edge(self, row: Row) -> Row:
        ends = {name: row.pop(name) for name in ("subject", "object", "predicate")}
        if NUL in ends["predicate"]:
            self.tell(f"predicate {ends['predicate']!r}: a type holds no NUL; ␀ stands for it")
            ends["predicate"] = ends["predicate"].replace(NUL, SHOWN_NUL)
        return {**ends, "properties": row}

    def fits(self, curie: str) -> bool:
        if len(curie.encode()) <= LONGEST_CURIE:
            return True
        self.tell(
            f"concept {curie[:60]}…: an id of {len(curie.encode()):,} bytes is left out with its edges; no index takes more than {LONGEST_CURIE:,}"
        )
        self.left_out.add(curie)
        self.expected[0] -= 1
        return False

    def dangles(self, row: Row) -> bool:
        if not self.left_out or not {row["subject"], row["object"]} & self.left_out:
            return False
        self.expected[1] -= 1
        return True

    def tell(self, line: str) -> None:
        if line not in self.done.odd:
            self.done.odd.append(line)

    def remove(self) -> None:
        self.progress("removing what is gone", 0, 0)
        self.server.in_batches(cypher.DELETE_STALE_EDGES, **self.values)
        self.server.in_batches(cypher.RETIRE_STALE_CONCEPTS, **self.values)
        self.server.in_batches(cypher.DELETE_STALE_CONCEPTS, **self.values)

    def counted(self) -> bool:
        """Count what is there and tell whether it is what should be."""
        self.progress("counting", 0, 0)
        self.done.concepts, self.done.edges = (self.server.read(q, **self.values)[0]["n"] for q in (cypher.COUNT_CONCEPTS, cypher.COUNT_EDGES))
        return [self.done.concepts, self.done.edges] == self.expected


def pieces(rows: list[Row], size: int) -> Iterator[list[Row]]:
    """Yield rows in pieces of at most ``size``."""
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]
