"""Every command of docs/llm.md runs, in order, against the test server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from kgpaths.graph.store import Graph
from kgpaths.sources.core import core_folder
from tests.docs.pages import DOCS, blocks
from tests.llm.server import serving

EXEMPT = ("pip install ",)  # installs what the tests run on


def test_the_page_runs(tmp_path: Path, embedded: Graph) -> None:
    rows = [json.loads(line) for line in (core_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()[:6]]
    (tmp_path / "my.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with serving(routes="tests.llm.batches", replies="tests.llm.scribe:honest", latency=0.001) as server:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "sk-page",
            "KGPATHS_LLM__CACHE": str(tmp_path / "llm.sqlite"),
        }
        for block in blocks(DOCS / "llm.md"):
            assert block.language == "sh", f"line {block.line}: {block.language}"
            script = "".join(line for line in block.commands().splitlines(keepends=True) if not line.startswith(EXEMPT))
            done = subprocess.run(
                ["bash", "-xeuo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"line {block.line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            assert "sk-page" not in done.stdout + done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"sk-page" in path.read_bytes()]
