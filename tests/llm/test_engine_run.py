"""A whole run on a real inference engine: it talks gibberish, and every question still ends in a well-formed row."""

from __future__ import annotations

from pathlib import Path

from kgpaths.config import LLMSettings, RunConfig, WriteSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Rejection
from kgpaths.pipeline import run
from kgpaths.records import read_jsonl
from kgpaths.runs import Usage
from tests.llm.engine import Engine

pytest_plugins = ["tests.llm.engine_fixture"]


def test_ten_questions_are_ten_rows(engine: Engine, tmp_path: Path, embedded: Graph) -> None:
    settings = LLMSettings(
        models=(engine.model,), provider="llama.cpp", base_url=engine.base_url, cache=str(tmp_path / "llm.sqlite"), concurrency=1, timeout=120
    )
    made = run(RunConfig(out=str(tmp_path / "run"), limit=10, write=WriteSettings(writer="llm"), llm=settings))
    rejections = list(read_jsonl(made.path / "rejections.jsonl", Rejection))
    assert (len(rejections), list(made.examples)) == (10, [])
    assert {r.stage for r in rejections} <= {"validate", "verbalize", "search", "link"}
    judged = [r for r in rejections if r.draft and r.draft.writer == f"llm:{engine.model}:tutor"]
    assert len(judged) >= 5 and all(r.flaws and r.draft and r.draft.steps for r in judged)
    usage = list(read_jsonl(made.path / "usage.jsonl", Usage))
    assert all(one.prompt_tokens > 1_000 and one.completion_tokens > 0 for one in usage)  # a byte is a token there
