"""A run that models write, from question file to files of the run, on a server whose replies pass or fail real checks."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kgpaths.cli import cli
from kgpaths.config import LLMSettings, RunConfig, WriteSettings
from kgpaths.errors import BudgetReached, ConfigError
from kgpaths.graph.store import Graph
from kgpaths.pipeline import run
from kgpaths.records import read_jsonl
from kgpaths.runs import Run, Usage
from kgpaths.sources.core import core_folder
from tests.graphs import graph_of, line
from tests.llm.server import Serving, serving

SAME = ("examples.jsonl", "rejections.jsonl", "drafts.jsonl", "usage.jsonl")


@pytest.fixture(scope="module")
def writing() -> Iterator[Serving]:
    with serving(replies="tests.llm.scribe:reply", latency=0.01) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, writing: Serving, embedded: Graph) -> Any:
    """Return a function that makes a configuration; all of a test share one file of replies."""

    def made(out: str = "run", limit: int | None = 12, write: dict[str, Any] | None = None, **llm: Any) -> RunConfig:
        base = {"models": ("m",), "base_url": writing.base_url, "cache": str(tmp_path / "llm.sqlite")}
        return RunConfig(
            out=str(tmp_path / out),
            limit=limit,
            write=WriteSettings(**({"writer": "llm"} | (write or {}))),
            llm=LLMSettings(**(base | llm)),
        )

    return made


def usable(server: Serving) -> int:
    """Return how many whole replies a server has sent so far."""
    return sum(server.stats()["usable"].values())


def files(made: Run) -> dict[str, bytes]:
    return {name: (made.path / name).read_bytes() for name in SAME}


def test_rows_say_who_wrote_them_and_pass_an_audit(config: Any, writing: Serving) -> None:
    made = run(config())
    examples = list(made.examples)
    assert len(examples) >= 4 and made.manifest["counts"]["questions"] == 12
    for example in examples:
        assert (example.draft.writer, example.provenance.writer, example.provenance.model) == ("llm:m:tutor", "llm:m:tutor", "m")
        assert len(example.provenance.prompt_hash) == 20 or len(example.provenance.prompt_hash) == 64
        assert all(step.status in ("supported", "inferred", "unsupported") for step in example.draft.steps)
    assert len({example.id for example in examples}) == len(examples)
    audited = CliRunner().invoke(cli, ["audit", str(made.path)])
    assert audited.exit_code == 0, audited.output
    usage = list(read_jsonl(made.path / "usage.jsonl", Usage))
    totals = made.manifest["usage"]
    assert totals["calls"] == sum(one.calls for one in usage) and totals["tokens"] == sum(one.tokens for one in usage)
    assert totals["tokens_per_row"] == pytest.approx(totals["tokens"] / len(examples), abs=0.1)
    assert totals["paid"]["calls"] >= totals["calls"]  # the probe as well


def test_a_rerun_pays_nothing_and_gives_the_same_bytes(config: Any, writing: Serving) -> None:
    first = run(config("first"))
    before = usable(writing)
    again = run(config("again"))
    assert usable(writing) == before
    assert files(again) == files(first)
    assert again.manifest["usage"]["calls"] == first.manifest["usage"]["calls"]


def test_what_changes_the_request_is_asked_anew(config: Any, writing: Serving, tmp_path: Path) -> None:
    first = run(config("first", limit=3))
    before = usable(writing)
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    own = "---\nname: tutor\nversion: 2\n---\nStyle: a tutor of our own.\n"
    (prompts / "tutor.md").write_text(own, encoding="utf-8")
    changed = run(config("changed", limit=3, write={"prompts": str(prompts)}))
    assert usable(writing) > before
    assert changed.id != first.id
    before = usable(writing)
    run(config("warmer", limit=3, temperature=0.5))
    assert usable(writing) > before


def test_a_draft_that_fails_goes_back_and_several_are_kept(config: Any) -> None:
    once, mended = (run(config(f"refine-{n}", limit=30, write={"refine": n})) for n in (0, 1))
    assert mended.manifest["counts"]["accepted"] > once.manifest["counts"]["accepted"] >= 5
    everything = run(config("all", limit=8, write={"keep": "all", "styles": ("tutor", "concise"), "samples": 2}))
    examples = list(everything.examples)
    assert len({example.id for example in examples}) == len(examples) > everything.manifest["counts"]["accepted"]
    assert {example.draft.writer for example in examples} == {"llm:m:tutor", "llm:m:concise"}
    assert {example.draft.sample for example in examples} == {0, 1}
    best = run(config("best", limit=8, write={"styles": ("tutor", "concise"), "samples": 2}))
    assert best.manifest["counts"]["accepted"] == len(list(best.examples)) == everything.manifest["counts"]["accepted"]


def test_what_models_cannot_mend_costs_nothing(config: Any) -> None:
    """The template's draft of such a question fails for its paths: nobody is asked to write it."""
    made = run(config(limit=30))
    asked = {usage.question_id for usage in read_jsonl(made.path / "usage.jsonl", Usage)}
    hopeless = {r.question_id for r in made.rejections if r.draft and r.draft.writer == "template"}
    assert hopeless and not hopeless & asked


def test_unusable_replies_are_rejections(config: Any, writing: Serving, tmp_path: Path) -> None:
    with serving(latency=0.001, down="refusal") as refusing:
        made = run(config("refused", limit=4, base_url=refusing.base_url, models=("other",)))
    written = [r for r in made.rejections if r.stage == "verbalize"]
    assert written and all((r.code, r.draft) == ("refusal", None) and r.question for r in written)


def test_a_budget_stops_the_run_and_a_larger_one_goes_on(config: Any, writing: Serving) -> None:
    with pytest.raises(BudgetReached) as stopped:
        run(config("poor", budget="12ktok", concurrency=2))
    assert "of 12,000 tokens" in str(stopped.value) or "12ktok" in str(stopped.value)
    rich = run(config("poor", budget="10Mtok"))
    spent = rich.manifest["usage"]["paid"]["tokens"]
    assert rich.finished and spent >= rich.manifest["usage"]["tokens"]  # the probe as well, and nothing twice
    assert spent <= rich.manifest["usage"]["tokens"] + 2_000


def test_what_is_restricted_stays_here(config: Any, writing: Serving, tmp_path: Path) -> None:
    before = writing.stats()["asked"]
    with pytest.raises(ConfigError, match=r"the questions may not be sent to 127\.0\.0\.1: it is restricted"):
        run(config(allowed_hosts=("elsewhere.example",)).model_copy(update={"restricted": True}))
    row = json.loads((core_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()[0])
    (tmp_path / "mine.jsonl").write_text(json.dumps(row | {"restricted": True}) + "\n", encoding="utf-8")
    marked = config(allowed_hosts=()).model_copy(update={"questions": str(tmp_path / "mine.jsonl")})
    with pytest.raises(ConfigError, match=f"question {row['id']} may not be sent"):
        run(marked)
    graph = graph_of(tmp_path / "graph", line("gout", "has_phenotype", "pain"), restricted=True)
    assert [source.restricted for source in graph.manifest.sources] == [True]
    kept = config(allowed_hosts=()).model_copy(update={"graph": str(graph.path)})
    with pytest.raises(ConfigError, match="the graph's source test may not be sent"):
        run(kept)
    assert writing.stats()["asked"] == before
    assert not (tmp_path / "run").exists()
    assert run(config(limit=1).model_copy(update={"restricted": True})).finished  # loopback is allowed


def test_no_model_is_one_line(tmp_path: Path, embedded: Graph) -> None:
    command = [sys.executable, "-m", "kgpaths", "run", "--writer", "llm", "--limit", "1", "--out", str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "error: llm.models: no model is named (kgpaths run --writer llm --model NAME [--base-url URL])"


def test_a_killed_run_goes_on_and_pays_nothing_twice(config: Any, writing: Serving, tmp_path: Path) -> None:
    whole = run(config("whole", limit=25, cache=str(tmp_path / "other.sqlite"), models=("k",)))
    before = writing.stats()["usable"]
    assert before
    command = [sys.executable, "-m", "kgpaths", "run", "--writer", "llm", "--model", "k", "--base-url", writing.base_url, "--limit", "25", "-q"]
    command += ["--out", str(tmp_path / "killed"), "--set", f"llm.cache={tmp_path / 'killed.sqlite'}", "--set", "llm.concurrency=8"]
    chance = random.Random(7)
    kills = 0
    for _ in range(20):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ)
        journal = tmp_path / "killed" / "journal.jsonl"
        lines = journal.read_bytes().count(b"\n") if journal.exists() else 0
        goal = lines + chance.randint(1, 8)
        while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= goal):
            time.sleep(0.01)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    assert process.returncode == 0 and kills >= 2
    done = Run.open(tmp_path / "killed")
    assert files(done) == files(whole)
    repeated = sum(n - before.get(body, 0) - 1 for body, n in writing.stats()["usable"].items() if n > before.get(body, 0) + 1)
    assert repeated <= 8 * kills  # those in flight when it was killed
    assert done.manifest["usage"]["calls"] == whole.manifest["usage"]["calls"]
