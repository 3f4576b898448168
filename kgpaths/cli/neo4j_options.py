"""Options of the commands that talk to a Neo4j server, and the connection they open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kgpaths.neo4j.connection import Server

Command = TypeVar("Command", bound=Callable[..., Any])


def server_options(command: Command) -> Command:
    """Add --uri, --user and --database; the command takes them as ``uri``, ``user`` and ``database``. A password is no option."""
    for option in (
        click.option("--database", metavar="NAME", default="", help="Database, where the server has several; or NEO4J_DATABASE."),
        click.option(
            "--user",
            metavar="NAME",
            default="",
            help="User; or NEO4J_USERNAME, else neo4j. The password comes from NEO4J_PASSWORD, or the file NEO4J_PASSWORD_FILE names.",
        ),
        click.option(
            "--uri",
            metavar="URI",
            default="",
            help="Server, e.g. neo4j://localhost:7687; or NEO4J_URI, else the server of 'kgpaths neo4j serve'.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def opened(uri: str = "", user: str = "", database: str = "") -> Iterator[Server]:
    """Yield the server these options and the environment name; every retry is told on stderr."""
    from kgpaths.neo4j.connection import Address, connected

    with connected(Address.of(uri=uri, user=user, database=database), say=tell) as server:
        yield server


def tell(line: str) -> None:
    """Say a line on stderr, where progress goes."""
    click.echo(line, err=True)
