"""``kgpaths neo4j load`` and ``graphs``: copy graphs into a server, see what is there, take one out."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import click

from kgpaths.cli.neo4j_options import opened, server_options
from kgpaths.cli.progress import shown
from kgpaths.neo4j.texts import counted, readable

if TYPE_CHECKING:
    from kgpaths.neo4j.connection import Row
    from kgpaths.neo4j.load import Loaded

SHOWN = 20  # odd things, and licences of a graph


@click.command()
@click.argument("graph")
@click.option("--name", default=None, help="Name in Neo4j; default is the graph's own. Graphs of different names live side by side.")
@click.option("--check", is_flag=True, help="Compare every concept and edge, even where the counts say that all is there.")
@server_options
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def load(graph: str, name: str | None, check: bool, uri: str, user: str, database: str, quiet: bool) -> None:
    """Copy GRAPH, a folder or 'embedded', into Neo4j: concepts as nodes, edges as relationships with all that is known of them.

    The same command goes on after a load that was cut off, changes nothing where all is there, and brings a newer build:
    all of it is written anew, and what is gone is taken out.

    \b
    Examples:
      kgpaths neo4j load embedded
      kgpaths neo4j load graphs/hetionet
      kgpaths neo4j load graphs/mine --name mine-2026 --uri neo4j://localhost:7687
    """
    from kgpaths.neo4j.load import load as copy
    from kgpaths.neo4j.load import usable
    from kgpaths.neo4j.queries import look
    from kgpaths.pipeline import open_graph

    begun = monotonic()
    name = "" if name is None else usable(name)
    with shown(quiet=quiet) as progress, opened(uri, user, database) as server:
        done = copy(open_graph(graph, progress), server, name=name, check=check, progress=progress)
        where = server.address.uri
    click.echo(f"{readable(done.graph)}  {counted(done.concepts, 'concept')}, {counted(done.edges, 'edge')} in {where}")
    click.echo(f"  {told(done)}, {monotonic() - begun:.0f} s")
    for line in done.odd[:SHOWN]:
        click.echo(f"  note: {readable(line)}")
    if len(done.odd) > SHOWN:
        click.echo(f"  note: and {len(done.odd) - SHOWN} more")
    click.echo(f"look at it: kgpaths neo4j guide, or in Neo4j Browser: {look(done.graph)}")


def told(done: Loaded) -> str:
    """Return in words what a load wrote and removed."""
    parts = [
        f"{counted(number, what)} {verb}"
        for number, what, verb in (
            (done.concepts_written, "concept", "written"),
            (done.edges_written, "edge", "written"),
            (done.concepts_removed, "concept", "removed"),
            (done.concepts_retired, "concept", "gone from the graph but shown by runs, and kept for them as :Retired"),
            (done.edges_removed, "edge", "removed"),
        )
        if number
    ]
    return ", ".join(parts) or "nothing changed: all is there"


@click.command()
@click.option("--remove", metavar="NAME", default=None, help="Take this graph out. Other graphs and all runs stay.")
@server_options
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def graphs(remove: str | None, uri: str, user: str, database: str, quiet: bool) -> None:
    """List the graphs in Neo4j with the licences of their sources and, once complete, their counts, or take one out.

    \b
    Examples:
      kgpaths neo4j graphs
      kgpaths neo4j graphs --remove mine-2026
    """
    from kgpaths.neo4j.load import listed, unload

    with shown(quiet=quiet) as progress, opened(uri, user, database) as server:
        if remove is not None:
            done = unload(server, remove, progress)
            click.echo(f"{readable(remove)}  {told(done) if done.changed else 'held nothing'}")
            return
        found = listed(server)
    for graph in found:
        describe(graph)
    if not found:
        click.echo("no graph is loaded; for example: kgpaths neo4j load embedded", err=True)


def describe(graph: Row) -> None:
    """Print one loaded graph."""
    state = str(graph.get("state"))
    word = "" if state == "complete" else f"  {readable(state)}: not finished, " + ("load it again" if state == "loading" else "remove it again")
    click.echo(f"{readable(str(graph['name']))}  {readable(str(graph.get('release') or ''))}".rstrip() + word)
    counts = [counted(graph[f"{noun}s"], noun) for noun in ("concept", "edge") if state == "complete" and f"{noun}s" in graph]
    click.echo("  " + ", ".join([*counts, f"hash {readable(str(graph.get('hash') or '')[:12])}"]))
    licences = graph.get("licences") or []
    for line in licences[:SHOWN]:
        click.echo(f"  licence   {readable(line)}")
    if len(licences) > SHOWN:
        click.echo(f"  licence   and {len(licences) - SHOWN} more")
