"""The guide of Neo4j's Browser: pages with saved queries, and a style."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kgpaths.neo4j.serve_settings import GUIDE_PORT as PORT

if TYPE_CHECKING:
    from kgpaths.neo4j.guide import Guide


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Where to listen, on this machine only; 0: a free port.")
def guide(port: int) -> None:
    """Show Neo4j's Browser what to look at: pages with saved queries, and a style that names nodes and makes paths stand out.

    It runs until Ctrl-C. A server of 'kgpaths neo4j serve' or docker-compose.yml loads all of it as soon as its Browser has
    connected; in the Browser of another server type the two commands that are printed.

    \b
    Examples:
      kgpaths neo4j guide
      kgpaths neo4j guide --port 0     where the usual port is taken
    """
    from kgpaths.neo4j.guide import bound

    with bound(port) as server:
        tell(server)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("\nguide ended")


def tell(server: Guide) -> None:
    """Print where the guide is and how the Browser gets it."""
    from kgpaths.neo4j.browser import DEFAULT
    from kgpaths.neo4j.guide import GUIDE, QUERIES, STYLE, address, settings
    from kgpaths.neo4j.serve_state import serving

    at = server.port
    served = serving()
    browser = served.browser if served else DEFAULT
    click.echo(f"guide at {address(GUIDE, at)}, until Ctrl-C")
    if at == PORT:
        click.echo(f"  the Browser of 'kgpaths neo4j serve' or docker-compose.yml ({browser}) opens it when you log in")
    click.echo(f"  another Browser, or one that is open already: type  :play {address(GUIDE, at)}")
    click.echo(f"                                           and then   :style {address(STYLE, at)}")
    click.echo(f"  all saved queries as a file: {address(QUERIES, at)}")
    if at != PORT:
        click.echo(f"  to have it open by itself: kgpaths neo4j serve --guide-port {at}, or in another server's neo4j.conf")
        for name, value in settings(at).items():
            click.echo(f"    {name}={value}")
