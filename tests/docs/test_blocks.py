"""What the pages show runs: every command and every Python block, page by page, in order; the notebook from top to bottom."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from kgpaths.graph.store import Graph
from kgpaths.resolve import resolve
from kgpaths.sources.core import core_folder
from kgpaths.sources.question_formats import parse_row
from tests.docs.pages import DOCS, PAGES, ROOT, Block, blocks
from tests.sources.rows import FIXTURES

SHELL, OTHER = ("sh", "console"), ("python", "json", "yaml", "text", "mermaid")
PUBLISHED = {
    "hetionet": "hetionet",
    "umls/META": "2026AA/META",
    "primekg/kg.csv": "kg.csv",
    "ontology/tiny.obo": "tiny.obo",
    "sssom/tiny.sssom.tsv": "tiny.sssom.tsv",
}
"""Tiny files in their publishers' formats -> what the pages call them."""
QUESTIONS_USED = 12  # of a run over the shipped questions
EXEMPT = (  # first words of a line, why it is not run here
    ("make ", "CI runs these targets; each would install the package"),
    ("python3 -m venv ", "makes the environment the tests run in"),
    (".venv/bin/python -m pip ", "installs what the tests run on"),
    ("pip install ", "installs what the tests run on"),
    (".venv/bin/python -m pytest", "is these tests"),
    (".venv/bin/python docs/make_tables.py", "writes the pages; test_tables runs it on copies"),
    ("kgpaths kg build\n", "takes 15 seconds and is what the embedded fixture did"),
)


def commands(block: Block) -> str:
    """Return a shell block without its exempted lines."""
    return "".join(line for line in block.commands().splitlines(keepends=True) if not line.startswith(tuple(start for start, _ in EXEMPT)))


@pytest.fixture
def folder(tmp_path: Path, embedded: Graph) -> Path:
    """A folder with what a reader of the pages has: questions of their own, in both formats, and graphs as their publishers pack them."""
    core = [json.loads(line) for line in (core_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()[:6]]
    (tmp_path / "my.jsonl").write_text("".join(json.dumps(row) + "\n" for row in core), encoding="utf-8")
    medqa = [{"question": r["text"], "options": r["options"], "answer": r["answer_text"], "answer_idx": r["answer"], "meta_info": "x"} for r in core]
    (tmp_path / "medqa.jsonl").write_text("".join(json.dumps(row) + "\n" for row in medqa), encoding="utf-8")
    for given, name in PUBLISHED.items():
        copy = shutil.copytree if (FIXTURES / given).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(FIXTURES / given, tmp_path / name)
    return tmp_path


def run_shell(script: str, folder: Path, where: str) -> None:
    """Run a block as one shell script that ends at the first command that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "KGPATHS_LIMIT": str(QUESTIONS_USED)}
    done = subprocess.run(["bash", "-xeuo", "pipefail", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{where}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in ("neo4j.md", "llm.md")], ids=lambda p: str(p.relative_to(ROOT))
)  # tests/neo4j/test_page.py, tests/llm/test_page.py
def test_every_block_of_a_page_runs_in_order(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"__name__": "docs"}
    for number, block in enumerate(blocks(page)):
        where = f"{page.relative_to(ROOT)}, line {block.line}"
        assert block.language in SHELL + OTHER, f"{where}: a block says its language, one of {', '.join(SHELL + OTHER)}"
        if block.language in SHELL and commands(block).strip():
            run_shell(commands(block), folder, where)
        elif block.language == "python":
            exec(compile(block.text, where, "exec"), names)
        elif block.language == "yaml":
            file = folder / f"block-{number}.yaml"
            file.write_text(block.text, encoding="utf-8")
            resolve(file=file)
        elif block.language == "json":
            json.loads(block.text)


def test_the_question_page_shows_a_question() -> None:
    shown = [block for block in blocks(DOCS / "questions.md") if block.language == "json"]
    assert shown
    for block in shown:
        assert parse_row(json.loads(" ".join(block.text.split()))).answer_keys


def test_commands_outside_blocks_are_commands_of_ours() -> None:
    from kgpaths.cli import cli

    for page in PAGES:
        for name in re.findall(r"`kgpaths ([a-z0-9]+)", page.read_text(encoding="utf-8")):
            assert name in cli.commands_in, f"{page.name}: kgpaths {name}"  # type: ignore[attr-defined]


def test_the_notebook_runs_and_is_stored_without_outputs(tmp_path: Path, embedded: Graph) -> None:
    stored = nbformat.read(DOCS / "quickstart.ipynb", as_version=4)
    nbformat.validate(stored)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    NotebookClient(stored, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = "".join(str(output.get("text", "")) + "".join(map(str, output.get("data", {}).values())) for cell in code for output in cell.outputs)
    assert "<svg" in shown and "<ol>" in shown  # the example draws itself
    assert "accepted: False - step: contradicted" in shown and "citation.polarity" in shown
    assert "('strength', 'percent'" in shown
