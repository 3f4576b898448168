"""A Neo4j server of its own for a benchmark."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgpaths.neo4j.connection import connected
from kgpaths.neo4j.load import listed
from kgpaths.neo4j.serve import address_of, any_port, start, stop


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Run a server of its own, which the commands find by the environment; afterwards tell what it holds."""
    served, _ = start(folder=folder, bolt_port=any_port(), http_port=any_port(), guide_port=any_port())
    os.environ |= {"NEO4J_URI": served.uri, "NEO4J_PASSWORD_FILE": served.password_file}
    os.environ.pop("NEO4J_PASSWORD", None)
    try:
        yield
        with connected(address_of(served)) as server:
            for graph in listed(server):
                print(f"{graph['name']}: {graph['state']}, {graph['concepts']:,} concepts, {graph['edges']:,} edges", file=sys.stderr)
    finally:
        stop(folder)
