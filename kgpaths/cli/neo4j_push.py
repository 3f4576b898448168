"""``kgpaths neo4j push`` and ``drop``: the questions and paths of a run in Neo4j, and out of it again."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgpaths.cli.neo4j_options import opened, server_options, tell
from kgpaths.cli.progress import shown
from kgpaths.errors import GraphError, InputError, RunError
from kgpaths.neo4j.texts import counted, readable

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph
    from kgpaths.model import Example, Provenance, Rejection
    from kgpaths.neo4j.push import About, Pushed
    from kgpaths.pipeline import Progress

Nouns = Callable[[], "Iterable[Example | Rejection]"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--graph", metavar="DIR", help="Folder of the run's graph; default is what the run says.")
@click.option("--name", default=None, metavar="NAME", help="Name the graph was, or would be, loaded under; default is the graph's own.")
@server_options
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def push(run: Path, graph: str | None, name: str | None, uri: str, user: str, database: str, quiet: bool) -> None:
    """Store each example and rejection of a run, finished or not, beside the graph it rests on.

    What a run cites of its graph comes along where it is missing, so a graph need not be loaded whole; what was loaded stays as it
    is. Pushing twice changes nothing, and a run that has grown adds.

    RUN is a run's folder, or an examples.jsonl or examples.parquet.

    \b
    Examples:
      kgpaths neo4j push outputs/quickstart
      kgpaths neo4j push outputs/my --graph graphs/mine --name mine
      kgpaths neo4j push published/examples.parquet
    """
    from kgpaths.neo4j import push as room
    from kgpaths.neo4j.load import usable

    name = "" if name is None else usable(name)
    with shown(quiet=quiet) as progress:
        found = runs_in(run, graph, progress)
    with opened(uri, user, database) as server, shown(quiet=quiet) as progress:
        done = [room.push(rows(), server, about(opened_graph, name), graph=opened_graph, progress=progress) for about, rows, opened_graph in found]
    for one in done:
        summary(one)
    if done:
        example = f"kgpaths inspect ID --run {readable(shlex.quote(str(run)))}" if run.is_dir() else "the link that kgpaths inspect prints"
        click.echo(f"look at it: {example}")


@click.command()
@click.argument("run")
@server_options
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def drop(run: str, uri: str, user: str, database: str, quiet: bool) -> None:
    """Take a pushed run out of Neo4j, with the concepts and edges that only it brought.

    Other runs and loaded graphs stay as they are. RUN is the run's folder or file, or its id.

    \b
    Examples:
      kgpaths neo4j drop outputs/quickstart
      kgpaths neo4j drop ed2939533db287ea
    """
    from kgpaths.neo4j import push as room

    ids = ids_of(run)
    with opened(uri, user, database) as server, shown(quiet=quiet) as progress:
        for id in ids:
            done = room.drop(id, server, progress=progress)
            brought = f"{counted(done.concepts, 'concept')} and {counted(done.edges, 'edge')} that only it showed"
            click.echo(f"run {readable(id)} is out: {counted(done.questions, 'question')}, {brought}")


Described = tuple["Callable[[Graph | None, str], About]", Nouns, "Graph | None"]


def runs_in(run: Path, graph: str | None, progress: Progress) -> list[Described]:
    """Return the runs of a folder or file: what is known of each, its rows, and its graph where that can be opened."""
    if run.is_dir():
        return [of_folder(run, graph, progress)]
    return [of_file(run, origin, number, graph, progress) for origin, number in origins(run).values()]


def of_folder(folder: Path, graph: str | None, progress: Progress) -> Described:
    """Describe a run by its folder."""
    from kgpaths.neo4j.push import About
    from kgpaths.runs import OUTSIDE_IDENTITY, Run

    run = Run.open(folder)
    identity = run.identity
    stated = run.manifest["graph"] if run.finished else {}
    where = str(identity.config.get("graph", ""))
    found = open_quietly(graph or where, identity.graph, progress, given=graph is not None)

    def about(opened_graph: Graph | None, name: str) -> About:
        own = opened_graph.name if opened_graph else stated.get("name") or Path(where).name
        release = opened_graph.release if opened_graph else stated.get("release", "")
        settings = tuple(f"{key}: {value}" for key, value in sorted(identity.config.items()) if key not in OUTSIDE_IDENTITY)
        label = folder.resolve().name
        return About(run.id, label, name or own, identity.graph, release, run.total, run.finished, settings)

    return about, lambda: chain(run.examples, run.rejections), found


def of_file(file: Path, origin: Provenance, number: int, graph: str | None, progress: Progress) -> Described:
    """Describe the examples of one run in a file: their provenance tells of the graph, and the run's folder where it stands in one."""
    from kgpaths.neo4j.push import About
    from kgpaths.runs import IDENTITY, Run

    where = graph or ("embedded" if origin.graph_name == "embedded" else "")
    if not where and (file.parent / IDENTITY).is_file():
        where = str(Run.open(file.parent).identity.config.get("graph", ""))
    found = open_quietly(where, origin.graph_hash, progress, given=graph is not None)

    def about(opened_graph: Graph | None, name: str) -> About:
        label = file.resolve().parent.name if file.stem == "examples" else file.stem
        return About(origin.run_id, label, name or origin.graph_name, origin.graph_hash, origin.graph_release, questions=number)

    return about, lambda: (row for row in examples(file) if row.provenance.run_id == origin.run_id), found


def examples(file: Path) -> Iterable[Example]:
    from kgpaths.model import Example
    from kgpaths.records import read_jsonl, read_parquet

    return read_parquet(file, Example) if file.suffix == ".parquet" else read_jsonl(file, Example)


def origins(file: Path) -> dict[str, tuple[Provenance, int]]:
    """Return the runs that the examples of a file come from, by id, with how many are of each. Raises InputError where it holds none."""
    found: dict[str, tuple[Provenance, int]] = {}
    for row in examples(file):
        origin, number = found.get(row.provenance.run_id, (row.provenance, 0))
        found[row.provenance.run_id] = origin, number + 1
    if not found:
        raise InputError("holds no example", where=readable(str(file)), mend="give a run's folder, or an examples.jsonl or examples.parquet")
    return found


def ids_of(run: str) -> list[str]:
    """Return the ids that a folder, file or id stands for."""
    from kgpaths.runs import Run

    if not run:
        raise InputError("is empty", where="RUN", mend="give a run's folder or file, or its id")
    path = Path(run)
    if path.is_dir():
        return [Run.open(path).id]
    if path.is_file():
        return list(origins(path))
    if path.suffix or len(path.parts) > 1:
        raise RunError("no run here", where=readable(run), mend="give a run's folder or file, or its id: the id of one that is gone stands in Neo4j")
    return [run]


def open_quietly(where: str, wanted: str, progress: Progress, *, given: bool) -> Graph | None:
    """Return the run's graph, or None, saying why: then the rows' own hops and names must do. One that was asked for must open."""
    from kgpaths.pipeline import open_graph

    instead = "what the rows hold is pushed: hops with their evidence, concepts with name and category alone"
    if not where:
        tell(f"the file does not say where its graph is; {instead} (--graph DIR names it)")
        return None
    try:
        graph = open_graph(where, progress)
    except GraphError as error:
        if given:
            raise
        tell(f"{readable(str(error))}; {instead} (--graph DIR names it)")
        return None
    if graph.hash == wanted:
        return graph
    if given:
        other = f"is graph {graph.hash[:12]}, the run was made on {readable(wanted[:12])}"
        raise GraphError(other, where=readable(where), mend="give that graph, or leave --graph away")
    tell(f"{readable(where)}: is another build than the run's ({graph.hash[:12]}, not {readable(wanted[:12])}); {instead}")
    return None


def summary(done: Pushed) -> None:
    """Print what a push did."""
    run = readable(done.run)
    held = f"{counted(done.accepted, 'example')} and {counted(done.rejected, 'rejection')} on graph {readable(done.graph)}"
    if not done.changed:
        click.echo(f"run {run} is there already, {held}: nothing to do")
    else:
        brought = f"; {counted(done.concepts, 'concept')} and {counted(done.edges, 'edge')} came along" if done.concepts or done.edges else ""
        click.echo(f"run {run}: {held}; {done.written:,} written, {done.unchanged:,} there already{brought}")
    for line in done.odd:
        click.echo(f"  {line}")
