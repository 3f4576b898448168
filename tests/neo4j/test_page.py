"""Every command of docs/neo4j.md runs, in order, on a server that the page itself starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kgpaths.graph.store import Graph
from tests.docs.pages import DOCS, blocks
from tests.neo4j.one_server import running, without_neo4j

EXEMPT = (  # first words of a line, why it is not run here
    ("pip install ", "installs what the tests run on"),
    ("cp .env.example ", "belongs to Docker"),
    ("docker ", "no Docker engine here; test_serve.py holds its settings against serve's"),
    ("kgpaths neo4j guide", "runs until it is interrupted"),
)


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
        elif block.language == "python":
            exec(compile(block.text, f"neo4j.md, line {block.line}", "exec"), {"__name__": "docs"})
    assert len(running(own_home / "neo4j" / "server")) == 1
