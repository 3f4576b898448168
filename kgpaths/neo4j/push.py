"""Store what became of a run's questions in Neo4j, beside the graph it rests on, and take a run out again.

A question is one whole: it is written in a transaction a kind of part and sealed with its hash last, so a push that was cut
off goes on where it stopped, pushing twice changes nothing, and a run that has grown adds. Concepts and edges that a full
load brought are never touched; what is missing is brought, marked ``load = "pushed"``, with the runs that show it. What a run
brought of another build stays while that run shows it, and is told; what only this run shows is set as this one has it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from kgpaths.errors import RunError
from kgpaths.model import Citation, Concept, Edge, Example, Rejection
from kgpaths.neo4j import cypher
from kgpaths.neo4j.load import usable
from kgpaths.neo4j.push_rows import Maker, Row, Rows
from kgpaths.neo4j.texts import readable

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph
    from kgpaths.neo4j.connection import Server

QUESTIONS, CHARACTERS = 50, 4_000_000  # of a batch, whichever comes first
PAGE = 100  # questions that a drop goes through at a time
PUSHED = "pushed"
PUSHING, COMPLETE, DROPPING = "pushing", "complete", "being dropped"
SAMPLES = "rows are further samples of a question: in Neo4j their question has the row's id"
LOADED_OTHERWISE = "loaded edges have other evidence than the run says: the graph in Neo4j is another build than the run's"
PUSHED_OTHERWISE = "{} of other runs are stated otherwise in this run's build of the graph: they stay; once those are dropped, push this one again"

Progress = Callable[[str, int, int], None]


def unseen(what: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class About:
    """What is known of a run beside its rows. ``graph`` is the name under which its graph is, or would be, loaded."""

    id: str
    name: str
    graph: str
    graph_hash: str = ""
    release: str = ""
    questions: int = 0  # rows that are expected, 0 where unknown
    finished: bool | None = None  # None where a file of examples does not tell
    settings: tuple[str, ...] = ()  # "key: value"


@dataclass
class Pushed:
    """What a push did. ``odd`` tells what could not be stored as it is, a line each."""

    run: str
    graph: str
    accepted: int = 0  # of the run in Neo4j now
    rejected: int = 0
    written: int = 0  # questions
    unchanged: int = 0
    concepts: int = 0  # brought, because no load had
    edges: int = 0
    odd: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.written or self.concepts or self.edges)


@dataclass
class Dropped:
    """What a drop took out: the run's own nodes are its questions with all that hung on them."""

    run: str
    questions: int = 0
    concepts: int = 0
    edges: int = 0


def push(rows: Iterable[Example | Rejection], server: Server, about: About, *, graph: Graph | None = None, progress: Progress = unseen) -> Pushed:
    """Store a run's rows and return what was done. ``graph`` is the run's, for what concepts and cited edges are beyond the rows.

    Without it, the rows' own hops and names are all that is brought. Raises RunError where there is no row yet, or the run is there
    on another graph, and ServerError where the server does not go along; pushing again finishes the work.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        raise RunError("no question is answered yet", where=f"run {readable(about.name or about.id)}", mend="push it when some are")
    rows = chain([first], rows)
    return _Push(server, about, graph, progress).run(rows)


class _Push:
    def __init__(self, server: Server, about: About, graph: Graph | None, progress: Progress) -> None:
        self.server, self.about, self.graph, self.progress = server, about, graph, progress
        self.values: dict[str, Any] = {"run": about.id, "graph": usable(about.graph)}
        self.maker = Maker(about.id)
        self.done = Pushed(about.id, about.graph)
        self.seen: set[str] = set()
        self.brought: set[str] = set()  # CURIEs, by this push or before it
        self.told: dict[str, set[str]] = defaultdict(set)  # what is odd -> ids

    def run(self, rows: Iterable[Example | Rejection]) -> Pushed:
        for statement in (*cypher.SCHEMA, *cypher.PUSH_SCHEMA):
            self.server.write(statement)
        self.server.write(cypher.AWAIT_INDEXES)
        known = self.server.read(cypher.RUN, **self.values)
        if known and known[0]["run"].get("graph") != self.about.graph:
            id = readable(self.about.id)
            held = f"run {id} is there on graph {known[0]['run'].get('graph')!r}, not {self.about.graph!r}"
            raise RunError(held, where=self.server.address.uri, mend=f"kgpaths neo4j drop {id} takes it out first; or give its --name")
        self.mark(PUSHING)
        self.server.write(cypher.BEGIN_PUSHING, **self.values)
        number = 0
        for batch in batches(self.made(rows)):
            self.batch(batch)
            number += len(batch)
            self.progress("pushing questions", number, max(self.about.questions, number))
        self.server.write(cypher.END_PUSHING, **self.values)
        counted = self.server.read(cypher.COUNT_OUTCOMES, **self.values)[0]
        self.done.accepted, self.done.rejected = counted["accepted"], counted["rejected"]
        self.mark(COMPLETE)
        odd = self.maker.odd + Counter({what: len(ids) for what, ids in self.told.items()})
        self.done.odd = [f"{count:,} {what}" for what, count in sorted(odd.items())]
        return self.done

    def mark(self, state: str) -> None:
        """Write what is known of the run."""
        about = self.about
        properties: Row = {"name": about.name, "graph": about.graph, "graph_hash": about.graph_hash, "release": about.release}
        if about.finished is not None:
            properties |= {"finished": about.finished, "questions": about.questions, "settings": list(about.settings)}
        done = state == COMPLETE
        properties |= {"state": state, "accepted": self.done.accepted if done else None, "rejected": self.done.rejected if done else None}
        self.server.write(cypher.MARK_RUN, run=about.id, properties=self.maker.plain(properties))

    def made(self, rows: Iterable[Example | Rejection]) -> Iterator[Rows]:
        """Yield the rows of each question; a further sample of a question goes by its own id."""
        for noun in rows:
            id = noun.question_id if isinstance(noun, Rejection) else noun.draft.question.id
            if id in self.seen:
                id = noun.id
                self.told[SAMPLES].add(id)
            self.seen.add(id)
            yield self.maker.rows(noun, id)

    def batch(self, batch: list[Rows]) -> None:
        """Bring what is missing of the graph, then write the questions that are new, changed or incomplete."""
        self.concepts({curie: stated for rows in batch for curie, stated in rows.concepts.items()})
        cited_first = sorted((item for rows in batch for item in rows.edges.items()), key=lambda item: isinstance(item[1], Edge))
        self.edges(dict(cited_first))  # a hop has more to say than a citation
        there = {row["id"]: row for row in self.server.read(cypher.PUSHED_QUESTIONS, ids=[rows.id for rows in batch], **self.values)}
        new = [rows for rows in batch if not complete(rows, there.get(rows.id))]
        self.done.unchanged += len(batch) - len(new)
        if new:
            self.write(new)
            self.done.written += len(new)

    def write(self, new: list[Rows]) -> None:
        """Write questions with all their parts; the hash comes last and says that they are whole."""
        self.server.write(cypher.CLEAR_QUESTIONS, ids=[rows.id for rows in new], **self.values)
        seals: list[Row] = [{"question": rows.id, "hash": rows.hash} for rows in new]
        for query, parts in (
            (cypher.MERGE_QUESTIONS, [{"question": rows.id, "properties": rows.question} for rows in new]),
            (cypher.MERGE_OPTIONS, keyed(new, "options", "key")),
            (cypher.MERGE_NAMES, keyed(new, "names", "option", "curie")),
            (cypher.MERGE_MENTIONS, keyed(new, "mentions", "curie", "where", "start", "end", "assertion")),
            (cypher.MERGE_PATHS, keyed(new, "paths", "start")),
            (cypher.ADD_HOPS, keyed(new, "hops", "source", "target")),
            (cypher.MERGE_STEPS, keyed(new, "steps", "order")),
            (cypher.MERGE_VERDICTS, keyed(new, "verdicts", "order")),
            (cypher.SEAL_QUESTIONS, seals),
        ):
            if parts:
                self.server.write(query, rows=parts, **self.values)

    def concepts(self, stated: dict[str, tuple[str, str]]) -> None:
        """Bring the concepts that no load has brought, and note that this run shows those that a push did."""
        curies = [curie for curie in stated if curie not in self.brought]
        self.brought.update(curies)
        self.server.write(cypher.REVIVE_CONCEPTS, curies=curies, **self.values)
        there = {row["curie"]: row for row in self.server.read(cypher.KNOWN_CONCEPTS, curies=curies, **self.values)}
        new = []
        for curie in curies:
            found = there.get(curie)
            if found and not found["pushed"]:
                continue
            known, linkable = self.known(curie)
            row = self.maker.concept(curie, stated[curie], known, linkable)
            if found is None or (known and found["bare"]):
                new.append(row)
            elif known and not same(row, found["held"]):
                if found["alone"]:
                    new.append(row)
                else:
                    self.told[PUSHED_OTHERWISE.format("concepts")].add(curie)
        if new:
            self.server.write(cypher.PUSH_CONCEPTS, rows=new, **self.values)
            self.done.concepts += len(new)
        if shown := [curie for curie, row in there.items() if row["pushed"] and not row["shown"]]:
            self.server.write(cypher.SHOW_CONCEPTS, curies=shown, **self.values)

    def known(self, curie: str) -> tuple[Concept | None, bool | None]:
        """Return what the graph tells of a concept, and whether it may be linked to."""
        if self.graph is None or curie not in self.graph:
            return None, None
        number = self.graph.index(curie)
        return (self.graph.concept(curie), self.graph.linkable(number)) if self.graph.curie(number) == curie else (None, None)

    def edges(self, shown: dict[str, Edge | Citation]) -> None:
        """Bring the edges that no load has brought, and note that this run shows those that a push did."""
        ends = {id: {"id": id, "subject": edge.subject, "object": edge.object} for id, edge in shown.items()}
        plain = self.maker.plain(list(ends.values()))
        there = {row["id"]: row for row in self.server.read(cypher.KNOWN_EDGES, rows=plain, **self.values)}
        new = []
        for id, edge in shown.items():
            found = there.get(id)
            if found and found["content_hash"] != edge.content_hash:
                if found["pushed"] and found["alone"]:
                    new.append(self.maker.edge(self.full(edge)))
                else:
                    self.told[PUSHED_OTHERWISE.format("edges") if found["pushed"] else LOADED_OTHERWISE].add(id)
            elif found is None or found["bare"]:
                full = self.full(edge)
                if found is None or isinstance(full, Edge):
                    new.append(self.maker.edge(full))
        if new:
            self.server.write(cypher.PUSH_EDGES, rows=new, **self.values)
            self.done.edges += len(new)
        if noted := [ends[id] for id, row in there.items() if row["pushed"] and not row["shown"]]:
            self.server.write(cypher.SHOW_EDGES, rows=noted, **self.values)

    def full(self, edge: Edge | Citation) -> Edge | Citation:
        """Return an edge that is but cited as its graph has it, where that can be told."""
        if isinstance(edge, Citation) and self.graph is not None:
            return self.graph.edge_by_id(edge.edge_id) or edge
        return edge


def same(row: Row, held: Row) -> bool:
    """Tell whether a pushed concept is as this run's graph has it."""
    properties = {name: value for name, value in held["properties"].items() if name not in ("graph", "load", "runs")}
    return (row["category"], row["properties"]) == (held["category"], properties)


def complete(rows: Rows, found: Row | None) -> bool:
    """Tell whether a question is in Neo4j as it should be: same content, and nothing of it taken away since."""
    return found is not None and (found["hash"], found["relations"], found["hops"]) == (rows.hash, rows.relations, len(rows.hops))


def batches(rows: Iterable[Rows]) -> Iterator[list[Rows]]:
    """Yield questions in batches that fit a transaction."""
    batch: list[Rows] = []
    size = 0
    for one in rows:
        if batch and (len(batch) >= QUESTIONS or size + one.size > CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch


def keyed(new: Iterable[Rows], part: str, *keys: str) -> list[Row]:
    """Return the parts of one kind: the keys by which a query finds what they hang on, and all else, filled, as ``properties``."""
    return [
        {"question": rows.id, **{key: row[key] for key in keys}, "properties": {name: value for name, value in row.items() if name not in keys}}
        for rows in new
        for row in getattr(rows, part)
    ]


def drop(run: str, server: Server, *, progress: Progress = unseen) -> Dropped:
    """Take a run out with everything that only it brought, and return what went. One that was cut off is finished by the next.

    Concepts and edges that a load brought, or that another run shows, stay. Raises RunError for a run that is not there.
    """
    known = server.read(cypher.RUN, run=run)
    if not known:
        there = [row["run"] for row in server.read(cypher.RUNS)]
        names = ", ".join(f"{readable(one['id'])} ({readable(one.get('name') or '')})" for one in there)
        raise RunError(f"no run has id {run!r}", where=server.address.uri, mend=f"there are: {names}" if there else "no run is pushed there")
    values: dict[str, Any] = {"run": run, "graph": known[0]["run"].get("graph")}
    done = Dropped(run)
    server.write(cypher.MARK_RUN, run=run, properties={"state": DROPPING, "accepted": None, "rejected": None})
    steps = (_drop_edges, _drop_parts, _drop_concepts, _drop_questions)
    for step, action in enumerate(steps):
        progress("dropping the run", step, len(steps))
        for page in pages(server, run):
            action(server, page, values, done)
    server.write(cypher.DELETE_RUN, run=run)
    progress("dropping the run", len(steps), len(steps))
    return done


def pages(server: Server, run: str) -> Iterator[list[Row]]:
    """Yield a run's questions with what they show, some at a time."""
    begin = ""
    while page := server.read(cypher.SHOWN_BY_QUESTIONS, run=run, begin=begin, size=PAGE):
        yield page
        begin = page[-1]["id"] + "\0"  # the next text there is


def _drop_edges(server: Server, page: list[Row], values: dict[str, Any], done: Dropped) -> None:
    """Take out the edges that only this run shows, while its questions still name them."""
    shown = {
        id: {"id": id, "subject": subject, "object": object_}
        for row in page
        for id, subject, object_ in zip(row["edge_ids"], row["edge_subjects"], row["edge_objects"], strict=True)
    }
    done.edges += server.write(cypher.RELEASE_EDGES, rows=list(shown.values()), **values).relationships_deleted


def _drop_parts(server: Server, page: list[Row], values: dict[str, Any], done: Dropped) -> None:
    server.write(cypher.CLEAR_QUESTIONS, ids=[row["id"] for row in page], **values)


def _drop_concepts(server: Server, page: list[Row], values: dict[str, Any], done: Dropped) -> None:
    """Take out the concepts that only this run shows, once nothing of it hangs on them."""
    curies = list({curie for row in page for curie in row["curies"]})
    for query in (cypher.RELEASE_CONCEPTS, cypher.RELEASE_RETIRED):
        done.concepts += server.write(query, curies=curies, **values).nodes_deleted


def _drop_questions(server: Server, page: list[Row], values: dict[str, Any], done: Dropped) -> None:
    done.questions += server.write(cypher.DELETE_QUESTIONS, ids=[row["id"] for row in page], **values).nodes_deleted
