"""Runs with aids, on a server: a model that knows, one that says the contrary and one that talks rubbish."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import AidSettings, LLMSettings, RunConfig, WriteSettings
from kgpaths.errors import ConfigError
from kgpaths.graph.store import Graph
from kgpaths.opinions import Opinions
from kgpaths.pipeline import run
from kgpaths.records import read_jsonl
from kgpaths.runs import Run
from tests.llm.server import Serving, serving

EVERY: dict[str, Any] = {"mentions": True, "links": True, "paths": True, "difficulty": 2, "answer": True, "judge": True}
LIMIT = 10
Running = Callable[..., Run]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Serving]]:
    with (
        serving(replies="tests.llm.aiding:oracle", latency=0.001) as oracle,
        serving(replies="tests.llm.aiding:contrarian", latency=0.001) as contrarian,
        serving(replies="tests.llm.aiding:garbage", latency=0.001) as garbage,
    ):
        yield {"oracle": oracle, "contrarian": contrarian, "garbage": garbage}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, Serving], embedded: Graph) -> Running:
    """Return a function that runs the first shipped questions on a server, each server with a file of replies. A run is made once."""
    folder = tmp_path_factory.mktemp("aids")
    done: dict[str, Run] = {}

    def made(server: str, out: str, write: dict[str, Any] | None = None, **aid: Any) -> Run:
        name = f"{server}-{out}"
        if name not in done:
            llm = LLMSettings(models=("m",), base_url=servers[server].base_url, cache=str(folder / f"{server}.sqlite"))
            aids, writing = AidSettings(**aid), WriteSettings(**(write or {}))
            done[name] = run(RunConfig(out=str(folder / name), limit=LIMIT, llm=llm, aid=aids, write=writing))
        return done[name]

    return made


@pytest.fixture(scope="module")
def off(running: Running) -> Run:
    """Return the run without aids."""
    return running("oracle", "off")


def rows(made: Run) -> list[dict[str, Any]]:
    """Return examples and rejections without what names the run."""
    found = [json.loads(line) for name in ("examples.jsonl", "rejections.jsonl") for line in (made.path / name).read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "provenance"} for row in found]


def asked(server: Serving) -> int:
    return sum(server.stats()["asked"].values())


def test_off_nothing_is_asked_and_nothing_is_left(running: Running, off: Run, servers: dict[str, Serving]) -> None:
    before = asked(servers["oracle"])
    reject_alone = running("oracle", "reject", reject=True)
    assert asked(servers["oracle"]) == before and rows(reject_alone) == rows(off)
    for made in (off, reject_alone):
        assert not {"opinions.jsonl", "usage.jsonl"} & {path.name for path in made.path.iterdir()} and list(made.opinions) == []
        assert not {"opinions", "usage"} & made.manifest.keys() and not [key for key in made.manifest["config"] if key.startswith("aid.")]


def test_the_oracle_agrees_with_the_key(running: Running, off: Run) -> None:
    made = running("oracle", "every", **EVERY, reject=True)
    assert made.manifest["counts"]["accepted"] >= off.manifest["counts"]["accepted"] >= 5
    told = made.manifest["opinions"]
    accepted = made.manifest["counts"]["accepted"]
    assert (told["answer"], told["judge"], told.get("difficulty")) == ({"agrees": accepted}, {"correct": accepted}, None)
    opinions = list(made.opinions)
    assert opinions == list(read_jsonl(made.path / "opinions.jsonl", Opinions)) and len(opinions) == LIMIT
    scored = [one for one in opinions if one.difficulty is not None]
    assert {one.question_id for one in scored} == {example.draft.question.id for example in made.examples}
    assert all(one.difficulty == 0.0 and len(one.attempts) == 2 for one in scored)
    assert made.manifest["usage"]["calls"] <= made.manifest["usage"]["paid"]["calls"] <= made.manifest["usage"]["calls"] + 3  # the probe


def test_the_contrarian_rejects_all_where_it_is_let_and_none_where_not(running: Running, off: Run) -> None:
    told = running("contrarian", "told", answer=True, judge=True, difficulty=1)
    let = running("contrarian", "let", answer=True, judge=True, reject=True)
    accepted = off.manifest["counts"]["accepted"]
    assert accepted >= 5 and rows(told) == rows(off)
    assert told.manifest["opinions"]["answer"] == {"differs": accepted} and told.manifest["opinions"]["judge"] == {"harmful": accepted}
    assert told.manifest["opinions"]["difficulty"] == 1.0
    assert let.manifest["counts"]["accepted"] == 0 and let.manifest["counts"]["rejected"]["validate.opinion.answer"] == accepted
    doubted = [rejection for rejection in let.rejections if rejection.code == "opinion.answer"]
    assert {r.question_id for r in doubted} == {example.draft.question.id for example in off.examples}
    assert all(r.draft and [flaw.code for flaw in r.flaws if flaw.check == "opinion"] == ["answer", "judge"] for r in doubted)


def test_rubbish_loses_no_question_and_is_told(running: Running, off: Run) -> None:
    made = running("garbage", "every", **EVERY, reject=True)
    assert rows(made) == rows(off)
    told = made.manifest["opinions"]
    accepted = off.manifest["counts"]["accepted"]
    assert set(told) == {"questions", "unanswered"}
    assert told["unanswered"] | {"links": 0, "paths": 0} == {
        "mentions": LIMIT,
        "links": 0,
        "paths": 0,
        "difficulty": 2 * accepted,
        "answer": accepted,
        "judge": accepted,
    }
    asks = sum(told["unanswered"].values())
    assert made.manifest["usage"]["calls"] == 3 * asks  # two attempts, one of them repaired


def test_a_rerun_pays_nothing_and_gives_the_same_bytes(running: Running, servers: dict[str, Serving]) -> None:
    first = running("contrarian", "first", **EVERY)
    before = asked(servers["contrarian"])
    again = running("contrarian", "again", **EVERY)
    assert asked(servers["contrarian"]) == before
    for name in ("examples.jsonl", "rejections.jsonl", "opinions.jsonl", "usage.jsonl"):
        assert (first.path / name).read_bytes() == (again.path / name).read_bytes()
    running("contrarian", "more", **(EVERY | {"difficulty": 3}))
    new = asked(servers["contrarian"]) - before
    assert new == first.manifest["counts"]["accepted"]  # one attempt more at each


def test_another_model_judges_what_one_writes(running: Running) -> None:
    made = running("oracle", "written", {"writer": "llm"}, judge=True, difficulty=1, model="judge")
    examples, opinions = list(made.examples), {one.question_id: one for one in made.opinions}
    assert len(examples) >= 5 and {example.provenance.model for example in examples} == {"m"}
    for example in examples:
        row = opinions[example.draft.question.id]
        assert (row.model, row.difficulty, [one.draft_id for one in row.drafts]) == ("judge", 0.0, [example.draft.id])
    assert opinions.keys() == {example.draft.question.id for example in examples}


def test_of_several_drafts_each_that_would_be_a_row_is_looked_at(running: Running) -> None:
    """The question is tried once; where the best is rejected, the next is looked at."""
    writing = {"writer": "llm", "styles": ("tutor", "concise")}
    both = running("contrarian", "both", writing | {"keep": "all"}, judge=True, difficulty=1)
    several = {one.question_id: len(one.drafts) for one in both.opinions}
    assert len(list(both.examples)) == sum(several.values()) and max(several.values()) == 2
    assert all(len(one.attempts) == 1 for one in both.opinions)
    refused = running("contrarian", "refused", writing, judge=True, reject=True)
    assert refused.manifest["counts"]["accepted"] == 0 and refused.manifest["counts"]["rejected"]["validate.opinion.judge"] == len(several)
    assert {one.question_id: len(one.drafts) for one in refused.opinions} == several


def test_no_model_is_one_line_and_what_is_restricted_stays_here(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kgpaths", "run", "--limit", "1", "--set", "aid.judge=true", "--out", str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "error: llm.models: no model is named (kgpaths run --model NAME [--base-url URL])"
    llm = LLMSettings(base_url="https://elsewhere.example/v1", models=("m",))
    kept = RunConfig(out=str(tmp_path / "kept"), limit=1, restricted=True, llm=llm, aid=AidSettings(mentions=True))
    with pytest.raises(ConfigError, match=r"the questions may not be sent to elsewhere\.example: it is restricted"):
        run(kept)
    assert not (tmp_path / "kept").exists()
