"""A run that is written by batches: submit and collect until nothing is to be asked, then run without a call."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgpaths.graph.store import Graph
from kgpaths.runs import Run
from tests.llm.server import Serving, serving


@pytest.fixture(scope="module")
def writing() -> Iterator[Serving]:
    with serving(routes="tests.llm.batches", replies="tests.llm.scribe:reply", latency=0.001) as server:
        yield server


def command(*words: object, home: Path, ok: bool = True) -> str:
    """Run kgpaths; return what it prints."""
    environ = {**os.environ, "KGPATHS_LLM__CACHE": str(home / "llm.sqlite")}
    done = subprocess.run([sys.executable, "-m", "kgpaths", *map(str, words)], capture_output=True, text=True, env=environ, check=False)
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout if ok else done.stderr


def test_batches_write_what_a_live_run_writes(writing: Serving, tmp_path: Path, embedded: Graph) -> None:
    asked = ("--limit", 15, "--model", "m", "--base-url", writing.base_url)
    out = tmp_path / "batched"
    submitted = []
    for _ in range(8):
        said = command("llm", "batch", "submit", *asked, "--out", out, "-q", home=tmp_path)
        number = int(re.search(r"^([\d,]+) requests submitted", said, re.M)[1].replace(",", ""))  # type: ignore[index]
        submitted.append(number)
        if not number:
            break
        for _ in range(10):
            told = command("llm", "batch", "collect", out, home=tmp_path)
            if "completed" in told:
                break
    assert "nothing is to be asked" in said
    assert len(submitted) == 3 and submitted[0] > submitted[1] > submitted[2] == 0  # first drafts, those to mend, nothing
    live = sum(writing.stats()["asked"].values())
    command("run", "--writer", "llm", *asked, "--out", out, "-q", home=tmp_path)
    assert sum(writing.stats()["asked"].values()) == live
    batched = Run.open(out)
    assert batched.manifest["usage"]["calls"] == sum(submitted)
    again = tmp_path / "live"
    command("run", "--writer", "llm", *asked, "--out", again, "-q", "--set", f"llm.cache={tmp_path / 'other.sqlite'}", home=tmp_path)
    for name in ("examples.jsonl", "rejections.jsonl"):
        assert (out / name).read_bytes() == (again / name).read_bytes()


def test_a_dry_run_is_told_from_what_was_answered_before(writing: Serving, tmp_path: Path, embedded: Graph) -> None:
    asked = ("--model", "dry", "--base-url", writing.base_url, "--writer", "llm")
    before = writing.stats()["asked"]
    assumed = command("run", *asked, "--limit", 30, "--dry-run", "--sample", 20, "-q", "--out", tmp_path / "x", home=tmp_path)
    assert "assumed: nothing of it was answered before" in assumed and "no price is known" in assumed
    assert writing.stats()["asked"] == before and not (tmp_path / "x").exists()
    command("run", *asked, "--limit", 30, "-q", "--out", tmp_path / "some", home=tmp_path)
    told = command("run", *asked, "--limit", 60, "--dry-run", "-q", "--out", tmp_path / "x", home=tmp_path)
    whole = command("run", *asked, "--limit", 60, "-q", "--out", tmp_path / "whole", home=tmp_path)
    assert whole
    estimate = float(re.search(r"tokens per row +([\d,]+)", told)[1].replace(",", ""))  # type: ignore[index]
    truth = json.loads((tmp_path / "whole" / "manifest.json").read_text(encoding="utf-8"))["usage"]["tokens_per_row"]
    assert estimate == pytest.approx(truth, rel=0.25)


def test_files_do_for_servers_without_batches(writing: Serving, tmp_path: Path, embedded: Graph) -> None:
    with serving(replies="tests.llm.scribe:reply") as plain:
        asked = ("--limit", 4, "--model", "m", "--base-url", plain.base_url, "--out", tmp_path / "files", "-q")
        refused = command("llm", "batch", "submit", *asked, home=tmp_path, ok=False)
        assert refused.startswith("error: ") and refused.count("\n") == 1 and "use --export and --import" in refused
        command("llm", "batch", "submit", *asked, "--export", tmp_path / "asked.jsonl", home=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines and all(line["url"] == "/v1/chat/completions" for line in lines)
    from tests.llm.scribe import honest

    answered = [
        {"custom_id": one["custom_id"], "response": {"body": {"choices": [{"message": {"content": honest(one["body"])}, "finish_reason": "stop"}]}}}
        for one in lines
    ]
    (tmp_path / "answered.jsonl").write_text("".join(json.dumps(one) + "\n" for one in answered), encoding="utf-8")
    told = command("llm", "batch", "collect", tmp_path / "files", "--import", tmp_path / "answered.jsonl", home=tmp_path)
    assert f"{len(lines)} stored" in told.replace(",", "")
    none = command("llm", "batch", "status", tmp_path / "nowhere", home=tmp_path, ok=False)
    assert none.startswith("error: ") and "no run here" in none
