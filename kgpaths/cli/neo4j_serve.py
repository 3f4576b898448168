"""``kgpaths neo4j serve`` and ``import``: a server of the user's own, and files imported into it while it is stopped."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgpaths.cli.progress import shown
from kgpaths.errors import ConfigError
from kgpaths.neo4j.serve_settings import BOLT_PORT, GUIDE_PORT, HTTP_PORT, USER, VERSION, Memory

if TYPE_CHECKING:
    from kgpaths.neo4j.serve_state import Served

PORT = click.IntRange(1, 65535)
EXIT_STOPPED = 1


@click.command()
@click.option("--status", is_flag=True, help=f"Say whether it runs; exit code {EXIT_STOPPED} where it does not.")
@click.option("--stop", is_flag=True, help="Stop it. Its data stays.")
@click.option("--bolt-port", type=PORT, default=None, help=f"Port of Bolt; default is {BOLT_PORT}, or another where that is taken.")
@click.option("--http-port", type=PORT, default=None, help=f"Port of the Browser; default is {HTTP_PORT}, or another where that is taken.")
@click.option(
    "--guide-port",
    type=PORT,
    default=GUIDE_PORT,
    show_default=True,
    help="Where 'kgpaths neo4j guide' answers, which the Browser asks when it connects.",
)
@click.option("--heap", default=Memory().heap, show_default=True, help="Java's heap; one transaction may take half of it.")
@click.option("--page-cache", default=Memory().page_cache, show_default=True, help="Memory for the data itself.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def serve(status: bool, stop: bool, bolt_port: int | None, http_port: int | None, guide_port: int, heap: str, page_cache: str, quiet: bool) -> None:
    """Run a Neo4j server for yourself: on this machine only, in the background, with a password of its own.

    Needs Java 17 or 21, and Maven the first time: it fetches Neo4j Community (137 MB). Settings, data, log and password are in
    KGPATHS_HOME/neo4j/server. The other commands find the server without being told.

    \b
    Examples:
      kgpaths neo4j serve
      kgpaths neo4j serve --heap 4g --page-cache 4g
      kgpaths neo4j serve --status
      kgpaths neo4j serve --stop
    """
    from kgpaths.neo4j import serve as server

    if status and stop:
        raise ConfigError("--status or --stop, not both", where="flags")
    if status:
        show_status(server.serving())
        return
    with shown(quiet=quiet) as progress:
        if stop:
            word = "stopped" if server.stop(progress=progress) else "no server runs"
        else:
            memory = Memory(heap, page_cache)
            served, new = server.start(bolt_port=bolt_port or 0, http_port=http_port or 0, guide_port=guide_port, memory=memory, progress=progress)
            word = "runs" if new else "runs already, as it was started"
    if stop:
        click.echo(word)
    else:
        show(served, word)


def show_status(served: Served | None) -> None:
    """Print whether a server runs."""
    from kgpaths.neo4j import serve as server

    if not served:
        click.echo("no server runs; 'kgpaths neo4j serve' starts one")
        raise SystemExit(EXIT_STOPPED)
    show(served, "runs" if server.answers(served) else "is starting")


def show(served: Served, word: str) -> None:
    """Print where a server answers and how others log in; never the password."""
    click.echo(f"Neo4j {VERSION} {word} (process {served.pid})")
    click.echo(f"  Browser   {served.browser}")
    click.echo(f"  URI       {served.uri}")
    click.echo(f"  user      {USER}")
    click.echo(f"  password  in {served.password_file}")
    click.echo("kgpaths finds it by itself; for other programs:")
    click.echo(f"  export NEO4J_URI={served.uri} NEO4J_USERNAME={USER} NEO4J_PASSWORD_FILE={shlex.quote(served.password_file)}")


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Give up what the server's database holds: graphs, and runs that were pushed.")
@click.option("--heap", default="2g", show_default=True, help="Java's heap while importing.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def import_command(folder: Path, replace: bool, heap: str, quiet: bool) -> None:
    """Import a graph offline, which is far quicker than loading it, into the server that 'kgpaths neo4j serve' runs.

    FOLDER is what 'kgpaths kg export --format neo4j-admin' wrote. The server must be stopped, and its database is replaced.
    'kgpaths neo4j load' with the same graph then checks what is there and makes constraints and indexes.

    \b
    Examples:
      kgpaths kg export graphs/hetionet --format neo4j-admin --out export
      kgpaths neo4j import export             into a database that is empty
      kgpaths neo4j import export --replace   instead of what the database holds
      kgpaths neo4j serve
      kgpaths neo4j load graphs/hetionet
    """
    from kgpaths.neo4j.serve_import import command_of, import_export

    Memory(heap=heap)
    click.echo(f"in {shlex.quote(str(folder))}: {command_of(folder)}")
    with shown(quiet=quiet) as progress:
        done = import_export(folder, replace=replace, heap=heap, progress=progress)
    click.echo(f"imported {done.nodes:,} nodes, {done.relationships:,} relationships and {done.properties:,} properties in {done.took}")
