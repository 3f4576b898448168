"""Copy a graph into Neo4j: what is missing is added, a newer build is written anew, what is gone is taken out.

Everything of a build bears its mark (``load``), so a load that was cut off goes on where it stopped, and loading twice
changes nothing. There is one writer: several block each other at the hubs and are no faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kgpaths.errors import ConfigError, GraphError, ServerError
from kgpaths.graph.as_neo4j import EdgePart, concepts, edges, mark, odd_qualifiers
from kgpaths.neo4j import cypher
from kgpaths.neo4j.texts import readable, whole

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph
    from kgpaths.neo4j.connection import Row, Server

CONCEPTS, EDGES = 2_000, 10_000  # of a transaction
LONGEST_NAME, LONGEST_CURIE = 100, 8_000  # bytes; an index takes no graph's name and CURIE above some 8,160 together
NUL, SHOWN_NUL = "\0", "\u2400"  # the name of a type or label cannot hold a NUL: ␀ stands for it
HALF, REPLACED = "half of a character pair (a lone surrogate)", "\ufffd"
TAKEN = frozenset(
    {"Concept", "Retired", "Graph", "Run", "Question", "Option", "ThinkingPath", "Step", "Verdict"}
    | {"LOADING", "HAS_QUESTION", "HAS_OPTION", "NAMES", "MENTIONS", "HAS_PATH", "STARTS_AT", "SUPPORTS", "HOP", "HAS_STEP", "HAS_VERDICT"}
)
"""Labels and types of what is no part of a graph."""
LOADING, COMPLETE, REMOVING = "loading", "complete", "being removed"
NO_LOAD = ""  # the mark that nothing bears
UNCOUNTED: dict[str, None] = {"concepts": None, "edges": None}  # only what is complete tells how much it is

Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass
class Loaded:
    """What a load did. ``odd`` tells what could not be stored as it is, a line each."""

    graph: str
    concepts: int = 0  # of the graph in Neo4j now
    edges: int = 0
    concepts_written: int = 0
    edges_written: int = 0
    concepts_removed: int = 0
    concepts_retired: int = 0  # gone from the graph, but runs that were pushed show them
    edges_removed: int = 0
    odd: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Tell whether anything was written or removed."""
        return any((self.concepts_written, self.edges_written, self.concepts_removed, self.concepts_retired, self.edges_removed))


def load(graph: Graph, server: Server, *, name: str = "", check: bool = False, progress: Progress = silent) -> Loaded:
    """Copy ``graph`` into the server under ``name`` (default: the graph's own) and return what was done.

    A graph that is there already is compared by its marks; where an earlier load of this very build is complete and its counts
    are right nothing else is looked at, unless ``check`` asks for it. Raises ConfigError for a name that cannot be used, and
    ServerError where the server does not go along, or holds other counts in the end; loading again finishes the work.
    """
    return _Load(graph, server, usable(name or graph.name), progress).run(check)


def unload(server: Server, name: str, progress: Progress = silent) -> Loaded:
    """Take the graph ``name`` out of the server and return what was removed; concepts that pushed runs show become ``:Retired``.

    Other graphs and all runs stay. Raises ServerError where there is no graph of this name, or the server does not go along;
    calling it again finishes the work.
    """
    known = server.read(cypher.GRAPH, graph=name)
    if not known and not server.read(cypher.ANY_CONCEPT, graph=name):
        there = ", ".join(readable(row["name"]) for row in listed(server)) or "none"
        raise ServerError(f"has no graph {name!r}", where=server.address.uri, mend=f"loaded: {there}")
    if known:
        server.write(cypher.MARK_GRAPH, graph=name, properties={"load": NO_LOAD, "state": REMOVING} | UNCOUNTED)
    done = Loaded(name)
    Removal(server, done, NO_LOAD, progress).run()
    server.write(cypher.DELETE_GRAPH, graph=name)
    return done


def listed(server: Server) -> list[Row]:
    """Return what is known of each loaded graph: name, release, hash, state, licences, and of a complete one concepts and edges."""
    return [row["graph"] for row in server.read(cypher.GRAPHS)]


def usable(name: str) -> str:
    """Return the name of a graph. Raises ConfigError where it is empty, too long, or no text."""
    wrong = "is empty" if not name else "is too long" if len(encoded(name)) > LONGEST_NAME else f"holds {HALF}" if whole(name) != name else ""
    if wrong:
        raise ConfigError(f"the graph's name {wrong}", where="--name", mend=f"give one of at most {LONGEST_NAME} bytes")
    return name


class _Load:
    def __init__(self, graph: Graph, server: Server, name: str, progress: Progress) -> None:
        self.graph, self.server, self.progress = graph, server, progress
        self.load = mark(graph.manifest)
        self.values: dict[str, Any] = {"graph": name, "load": self.load}
        self.done = Loaded(name)
        self.left_out: set[str] = set()  # CURIEs that no index takes
        self.expected = [graph.n_concepts, graph.n_edges]

    def run(self, check: bool) -> Loaded:
        if broken := [text for text in (*self.graph.predicates, *self.graph.manifest.categories) if whole(text) != text or not text]:
            raise GraphError(f"the predicate or category {broken[0]!r} is no text", where=str(self.graph.path), mend="build the graph again")
        known = self.server.read(cypher.GRAPH, **self.values)
        if not check and known and self.is_there(known[0]["graph"]):
            return self.done
        self.make_indexes()
        self.mark_as(LOADING)
        self.server.write(cypher.BEGIN_LOADING, **self.values)
        self.server.write(cypher.REVIVE_RETIRED, **self.values)
        present = bool(self.server.read(cypher.ANY_CONCEPT, **self.values))
        self.concepts(present)
        self.edges(present)
        if present:
            Removal(self.server, self.done, self.load, self.progress).run()
        self.server.write(cypher.END_LOADING, **self.values)
        self.count()
        if [self.done.concepts, self.done.edges] != self.expected:
            raise ServerError(
                f"holds {self.done.concepts:,} concepts and {self.done.edges:,} edges of {readable(self.done.graph)},"
                f" not {self.expected[0]:,} and {self.expected[1]:,}",
                where=self.server.address.uri,
                mend="does another program write there? load it again, or take it out first: kgpaths neo4j graphs --remove",
            )
        self.mark_as(COMPLETE)
        return self.done

    def make_indexes(self) -> None:
        self.progress("making indexes", 0, 0)
        for statement in cypher.SCHEMA:
            self.server.write(statement)
        self.server.write(cypher.AWAIT_INDEXES)

    def is_there(self, known: Row) -> bool:
        """Tell whether an earlier load of this build was complete, and still is."""
        if (known.get("load"), known.get("state")) != (self.load, COMPLETE):
            return False
        self.count()
        self.done.odd = list(known.get("odd") or [])
        return [self.done.concepts, self.done.edges] == [known.get("concepts"), known.get("edges")]

    def mark_as(self, state: str) -> None:
        manifest = self.graph.manifest
        about = {
            "load": self.load,
            "state": state,
            "hash": self.graph.hash,
            "release": whole(self.graph.release),
            **(dict(zip(UNCOUNTED, self.expected, strict=True)) if state == COMPLETE else UNCOUNTED),
            "licences": [whole(f"{source.name}: {source.licence or 'not stated'}") for source in manifest.sources],
            "odd": self.done.odd,
        }
        self.server.write(cypher.MARK_GRAPH, graph=self.done.graph, properties=about)

    def concepts(self, present: bool) -> None:
        seen = 0
        for rows in concepts(self.graph, CONCEPTS):
            seen += len(rows)
            fit = [row for row in rows if self.fits(row["curie"])]
            there = self.there(cypher.LOADED_CONCEPTS, "curie", [row["curie"] for row in fit]) if present else set()
            new = [
                {"category": self.named("category", row.pop("category")), "properties": row | self.values} for row in fit if row["curie"] not in there
            ]
            if new:
                self.server.write(cypher.MERGE_CONCEPTS, rows=new, graph=self.done.graph)
                self.done.concepts_written += len(new)
            self.progress("loading concepts", seen, self.graph.n_concepts)

    def edges(self, present: bool) -> None:
        for key, name in odd_qualifiers(self.graph).items():
            self.tell(f"qualifier {key!r}: no property may have this name here; it is {name}")
        seen = 0
        for part, there in self.compared(present):
            new = [edge for edge in part.edges if edge[2] not in there and not self.dangles(*edge[:2])]
            if new:
                alike = [{"predicate": self.named("predicate", predicate), "properties": shared | self.values} for predicate, shared in part.alike]
                self.server.write(cypher.MERGE_EDGES, edges=new, alike=alike, graph=self.done.graph)
                self.done.edges_written += len(new)
            seen += len(part.edges)
            self.progress("loading edges", seen, self.graph.n_edges)

    def compared(self, present: bool) -> Iterator[tuple[EdgePart, set[str]]]:
        """Yield the edges with the ids of those that are there; a subject is asked for once, however many parts its edges fill."""
        there: set[str] = set()
        last = ""
        for part in edges(self.graph, EDGES):
            if present:
                subjects = dict.fromkeys(edge[0] for edge in part.edges)
                there |= self.there(cypher.LOADED_EDGES, "id", [subject for subject in subjects if subject != last])
                last = part.edges[-1][0]
            yield part, there
            there.difference_update([edge[2] for edge in part.edges])

    def there(self, query: str, key: str, curies: list[str]) -> set[str]:
        return {row[key] for row in self.server.read(query, curies=curies, **self.values)}

    def named(self, what: str, name: str) -> str:
        """Return the label or type that stands for a category or predicate."""
        if NUL in name:
            self.tell(f"{what} {name!r}: no label or type holds a NUL; {SHOWN_NUL} stands for it")
            name = name.replace(NUL, SHOWN_NUL)
        if name in TAKEN:  # only a forged graph has such a one
            self.tell(f"{what} {name!r}: this {'label' if what == 'category' else 'type'} is for something else; it is {name}_")
            name += "_"
        return name

    def fits(self, curie: str) -> bool:
        size = len(encoded(curie))
        if size <= LONGEST_CURIE:
            return True
        self.tell(f"concept {curie[:60]}…: an id of {size:,} bytes is left out with its edges; no index takes more than {LONGEST_CURIE:,}")
        self.left_out.add(curie)
        self.expected[0] -= 1
        return False

    def dangles(self, *ends: str) -> bool:
        if self.left_out.isdisjoint(ends):
            return False
        self.expected[1] -= 1
        return True

    def tell(self, line: str) -> None:
        if line not in self.done.odd:
            self.done.odd.append(line)

    def count(self) -> None:
        """Count what is there."""
        self.progress("counting", 0, 0)
        self.done.concepts, self.done.edges = (self.server.read(q, **self.values)[0]["n"] for q in (cypher.COUNT_CONCEPTS, cypher.COUNT_EDGES))


class Removal:
    """Takes out of a graph what does not bear the mark ``load``, page by page, so that no transaction is large."""

    def __init__(self, server: Server, done: Loaded, load: str, progress: Progress) -> None:
        self.server, self.done, self.progress = server, done, progress
        self.values: dict[str, Any] = {"graph": done.graph, "load": load}

    def run(self) -> None:
        """Remove edges first: a concept that has relationships then is one that runs show, and is retired."""
        for page in self.pages("removing edges that are gone"):
            self.remove_edges([row["curie"] for row in page])
        for page in self.pages("removing concepts that are gone"):
            if stale := [row["curie"] for row in page if row["stale"]]:
                self.done.concepts_retired += self.server.wrote(cypher.RETIRE_CONCEPTS, curies=stale, **self.values)[0]["n"]
                self.done.concepts_removed += self.server.write(cypher.DELETE_CONCEPTS, curies=stale, **self.values).nodes_deleted
        self.server.write(cypher.DELETE_RETIRED, graph=self.done.graph)

    def remove_edges(self, curies: list[str]) -> None:
        deleted = EDGES
        while deleted == EDGES:
            deleted = self.server.write(cypher.DELETE_STALE_EDGES, curies=curies, size=EDGES, **self.values).relationships_deleted
            self.done.edges_removed += deleted

    def pages(self, what: str) -> Iterator[list[Row]]:
        seen, page = 0, [{"curie": ""}]
        while page := self.server.read(cypher.CONCEPTS_AFTER, after=page[-1]["curie"], size=CONCEPTS, **self.values):
            yield page
            seen += len(page)
            self.progress(what, seen, 0)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
