"""Commands about Neo4j: a server, loading graphs and runs into it, and looking at them in the Browser."""

from __future__ import annotations

from importlib.util import find_spec

import click

from kgpaths.cli.group import LazyGroup
from kgpaths.errors import ConfigError

SERVE = "kgpaths.cli.neo4j_serve"


@click.group(
    cls=LazyGroup,
    commands_in={
        "serve": f"{SERVE}:serve",
        "load": "kgpaths.cli.neo4j_load:load",
        "import": f"{SERVE}:import_command",
        "graphs": "kgpaths.cli.neo4j_load:graphs",
        "push": "kgpaths.cli.neo4j_push:push",
        "drop": "kgpaths.cli.neo4j_push:drop",
        "guide": "kgpaths.cli.neo4j_guide:guide",
    },
)
def neo4j() -> None:
    """Load graphs and the paths of a run into Neo4j, and look at them in its Browser.

    A server is found by --uri or NEO4J_URI, its password by NEO4J_PASSWORD or NEO4J_PASSWORD_FILE; the one that
    'kgpaths neo4j serve' runs is found without.

    \b
    Examples:
      kgpaths neo4j serve                     a server of your own: needs Java 17 and Maven, no Docker
      kgpaths neo4j load embedded             copy a graph into it
      kgpaths neo4j push outputs/quickstart   the questions and paths of a run
      kgpaths neo4j guide                     then open the Browser: it shows what to look at
    """
    if find_spec("neo4j") is None:
        raise ConfigError("Neo4j's driver is not installed", mend="pip install 'kgpaths[neo4j]'")
