"""Every command of docs/neo4j.md runs, in order, on a server that the page itself starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kgpaths.graph.store import Graph
from kgpaths.neo4j.connection import Server, connected
from kgpaths.neo4j.serve import address_of
from kgpaths.neo4j.serve_state import Served, serving
from tests.docs.pages import DOCS, blocks
from tests.neo4j.one_server import running, without_neo4j

EXEMPT = (  # first words of a line, why it is not run here
    ("pip install ", "installs what the tests run on"),
    ("cp .env.example ", "belongs to Docker"),
    ("docker ", "no Docker engine here; test_serve.py holds its settings against serve's"),
    ("kgpaths neo4j guide", "runs until it is interrupted"),
)


def served(home: Path) -> Served:
    """Return the server that the page has started."""
    found = serving(home / "neo4j" / "server")
    assert found
    return found


def values(server: Server) -> dict[str, str]:
    """Return values for the parameters of the page's queries: of the graph it has loaded, and a path of the run it has pushed."""
    paths = server.read("MATCH (t:ThinkingPath) RETURN t.id AS id, t.run AS run ORDER BY id LIMIT 1")
    path = paths[0] if paths else {"id": "", "run": ""}
    return {"graph": "embedded", "curie": "HP:0001878", "before": path["run"], "after": path["run"], **path}


def test_the_page_runs(own_home: Path, tmp_path: Path, kgpaths_home: Path, embedded: Graph) -> None:
    (own_home / "graphs").symlink_to(kgpaths_home / "graphs")
    environment = without_neo4j(own_home, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for block in blocks(DOCS / "neo4j.md"):
        assert block.language in ("sh", "console", "text", "cypher", "python"), f"line {block.line}: {block.language}"
        if block.language in ("sh", "console"):
            lines = block.commands().splitlines(keepends=True)
            script = "".join(line for line in lines if not line.startswith(tuple(start for start, _ in EXEMPT)))
            done = subprocess.run(
                ["bash", "-xeuo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"line {block.line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        elif block.language == "cypher":
            with connected(address_of(served(own_home))) as server:
                assert server.read(block.text, **values(server)) or "outcome" in block.text, f"line {block.line}: nothing found"
        elif block.language == "python":
            exec(compile(block.text, f"neo4j.md, line {block.line}", "exec"), {"__name__": "docs"})
    assert len(running(own_home / "neo4j" / "server")) == 1
