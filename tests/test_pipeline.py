"""The whole flow on a small graph: what comes out, that it resumes, and that nothing is lost or half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import kgpaths
from kgpaths.config import RunConfig
from kgpaths.errors import InputError, RunError
from kgpaths.graph.store import Graph
from kgpaths.model import Example, Rejection
from kgpaths.pipeline import run, select
from kgpaths.records import read_parquet
from kgpaths.runs import IDENTITY, JOURNAL, Run
from kgpaths.validate import validate
from tests.small import ROWS, row, small_graph, write_questions

EXPECTED = {
    "q-no-finding": "link.no_finding",
    "q-not-linked": "link.answer_not_linked",
    "q-no-path": "search.no_path",
    "q-prefers-other": "validate.contrast.graph_prefers_other",
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(tmp_path_factory.mktemp("small"))


@pytest.fixture
def config(tmp_path: Path, graph: Graph) -> RunConfig:
    return RunConfig(questions=str(write_questions(tmp_path / "questions.jsonl")), graph=str(graph.path), out=str(tmp_path / "run"))


def test_every_question_ends_as_an_example_or_a_saved_rejection(config: RunConfig) -> None:
    made = run(config)
    assert [e.draft.question.id for e in made.examples] == ["q-diagnosis", "q-treatment"]
    assert {r.question_id: f"{r.stage}.{r.code}" for r in made.rejections} == EXPECTED
    assert made.counts() == {
        "questions": 6,
        "linked": 4,
        "with_path": 3,
        "accepted": 2,
        "rejected": dict.fromkeys(sorted(EXPECTED.values()), 1),
    }
    assert [d.question.id for d in made.drafts] == ["q-diagnosis", "q-treatment", "q-prefers-other"]
    rejected = next(r for r in made.rejections if r.question_id == "q-prefers-other")
    assert rejected.draft and rejected.flaws and rejected.flaws[0].code == "graph_prefers_other"
    assert sorted(p.name for p in made.path.iterdir()) == [
        "drafts.jsonl",
        "examples.jsonl",
        "examples.parquet",
        "manifest.json",
        "rejections.jsonl",
        "report.html",
        "run.json",
        "run.yaml",
    ]


def test_an_example_carries_its_evidence_and_passes_again_from_the_file_alone(config: RunConfig, graph: Graph) -> None:
    made = run(config)
    for example in list(made.examples) + list(read_parquet(made.path / "examples.parquet", Example)):
        judgement = validate(example.draft, Graph.open(graph.path))
        assert judgement.accepted
        assert judgement.draft == example.draft
        assert example.provenance.graph_hash == graph.hash
        assert example.provenance.run_id == made.id
        assert example.rank == 1 and 0 < example.margin <= 1
        assert {licence.licence for licence in example.licences} == {"CC0-1.0"}
    assert list(read_parquet(made.path / "examples.parquet", Example)) == list(made.examples)
    assert made.to_polars()["id"].to_list() == [e.id for e in made.examples]


def test_two_runs_are_byte_identical_and_an_id_is_made_of_content_alone(config: RunConfig, tmp_path: Path) -> None:
    moved = write_questions(tmp_path / "elsewhere.jsonl")
    one, two = run(config), run(config.model_copy(update={"out": str(tmp_path / "two"), "questions": str(moved)}))
    assert one.id == two.id
    for name in ("examples.jsonl", "examples.parquet", "rejections.jsonl", "drafts.jsonl"):
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes(), name
    changed = config.model_copy(update={"out": str(tmp_path / "three"), "limit": 1})
    assert run(changed).id != one.id


def test_a_finished_run_is_returned_as_it_is_and_fresh_makes_it_again(config: RunConfig) -> None:
    made = run(config)
    stamp = (made.path / "manifest.json").stat().st_mtime_ns
    assert run(config).id == made.id
    assert (made.path / "manifest.json").stat().st_mtime_ns == stamp
    assert run(config, fresh=True).id == made.id
    assert (made.path / "manifest.json").stat().st_mtime_ns > stamp


def test_an_interrupted_run_is_resumed_without_answering_again(config: RunConfig) -> None:
    whole = {name: (run(config).path / name).read_bytes() for name in ("examples.jsonl", "rejections.jsonl", "drafts.jsonl")}

    def interrupt(what: str, done: int, total: int) -> None:
        if what == "questions" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(config, fresh=True, progress=interrupt)
    half = Run.open(config.out)
    assert not half.finished
    assert half.counts()["questions"] == 3
    assert [e.draft.question.id for e in half.examples] == ["q-diagnosis", "q-treatment"]
    with pytest.raises(RunError, match="not finished"):
        _ = half.manifest
    with (half.path / JOURNAL).open("a", encoding="utf-8") as stream:
        stream.write('{"question_id": "q-no')  # what a kill leaves
    answered: list[int] = []
    run(config, progress=lambda what, done, total: answered.append(done))
    assert not (half.path / JOURNAL).exists()
    assert {name: (half.path / name).read_bytes() for name in whole} == whole


def test_a_killed_process_loses_nothing_that_was_answered(config: RunConfig, tmp_path: Path) -> None:
    rows = tuple(row(f"q{n}", ROWS[0]["text"], ROWS[0]["options"], "B") for n in range(400))
    write_questions(Path(config.questions), rows)
    command = [sys.executable, "-m", "kgpaths", "run", "--questions", config.questions, "--graph", config.graph, "--out", config.out, "-q"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = Path(config.out) / JOURNAL
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and process.poll() is None and not (journal.exists() and journal.stat().st_size > 10_000):
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    killed = Run.open(config.out)
    fresh = run(config.model_copy(update={"out": str(tmp_path / "fresh")}))
    assert (killed.path / "examples.jsonl").read_bytes() == (fresh.path / "examples.jsonl").read_bytes()
    assert killed.counts()["accepted"] == 400


def test_another_configuration_or_input_is_refused_with_the_differing_keys(config: RunConfig) -> None:
    run(config)
    with pytest.raises(RunError) as error:
        run(config.model_copy(update={"limit": 2, "search": config.search.model_copy(update={"max_hops": 3})}))
    assert "limit: None -> 2" in str(error.value)
    assert "search.max_hops: 4 -> 3" in str(error.value)
    assert "seed" not in str(error.value)
    write_questions(Path(config.questions), ROWS[:1])
    with pytest.raises(RunError, match=r"questions \(content\)"):
        run(config)


def test_a_folder_that_is_no_run_is_left_alone(config: RunConfig) -> None:
    out = Path(config.out)
    out.mkdir()
    (out / "thesis.txt").write_text("dear", encoding="utf-8")
    for fresh in (False, True):
        with pytest.raises(RunError, match="holds no run"):
            run(config, fresh=fresh)
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]


def test_two_processes_never_write_one_run(config: RunConfig) -> None:
    def second(what: str, done: int, total: int) -> None:
        if what == "questions" and done == 1:
            with pytest.raises(RunError, match="another process"):
                run(config)

    run(config, progress=second)


def test_a_bad_row_stops_before_anything_is_written_or_is_skipped_and_saved(config: RunConfig) -> None:
    good, bad = ROWS[0], {**ROWS[1], "answer": "Z"}
    write_questions(Path(config.questions), (bad, good))
    with pytest.raises(InputError) as error:
        run(config)
    assert f"{config.questions}, row 1, field answer" in str(error.value)
    assert not Path(config.out).exists()
    made = run(config.model_copy(update={"on_error": "skip"}))
    assert [e.draft.question.id for e in made.examples] == ["q-diagnosis"]
    (rejection,) = made.rejections
    assert isinstance(rejection, Rejection)
    assert (rejection.stage, rejection.question_id) == ("read", "row-1")
    assert made.counts()["questions"] == 2 and made.counts()["linked"] == 1


def test_ids_choose_questions_and_an_unknown_id_is_named(config: RunConfig, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("q-treatment\n\n", encoding="utf-8")
    made = run(config.model_copy(update={"ids": str(ids)}))
    assert [e.draft.question.id for e in made.examples] == ["q-treatment"]
    ids.write_text("q-nobody\n", encoding="utf-8")
    with pytest.raises(InputError, match="no question has id 'q-nobody'"):
        run(config.model_copy(update={"ids": str(ids), "out": str(tmp_path / "other")}))


def test_the_manifest_says_what_made_the_run(config: RunConfig, graph: Graph) -> None:
    manifest = json.loads((run(config).path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["graph"]["hash"] == graph.hash
    assert set(manifest["inputs"]) == {"questions"}
    assert manifest["config"]["validate.margin"] == config.validation.margin
    assert set(manifest["seconds"]) == {"graph", "read", "link", "search", "verbalize", "validate", "publish"}
    assert manifest["run_id"] == Run.open(config.out).id


def test_the_report_is_one_file_that_names_nothing_outside_itself(config: RunConfig) -> None:
    page = (run(config).path / "report.html").read_text(encoding="utf-8")
    assert "q-diagnosis" in page and "<svg" in page and "contrast.graph_prefers_other" in page
    for outside in ("http://www.w3.org/2000/svg",):
        page = page.replace(outside, "")
    assert "http" not in page and "src=" not in page


def test_the_package_offers_its_parts_by_name() -> None:
    assert kgpaths.Graph is Graph
    assert kgpaths.run is run
    assert kgpaths.Run is Run
    with pytest.raises(AttributeError):
        _ = kgpaths.nonsense


def test_a_damaged_run_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run here"):
        Run.open(tmp_path)
    (tmp_path / IDENTITY).write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        Run.open(tmp_path)


def test_an_evaluation_set_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    row = {"question": "A man has gout. Which drug?", "options": {"A": "Aspirin", "B": "Heparin"}, "answer_idx": "A"}
    reasoned = {"question": "Which?", "answer": "a", "reasoning": "so", "options": "Answer Choices:\nA. a\nB. b"}
    by_name = [("medqa_us_dev.jsonl", row), ("questions.test.jsonl", row), ("medqa_dev2.jsonl", row), ("US dev.jsonl", row), ("test/0000.jsonl", row)]
    by_rows = [row | {"meta_info": "test"}, *(reasoned | {"dataset_name": name} for name in ("MedXpertQA", "LastHumanity", "MMLU"))]
    for name, content in by_name + [("plain.jsonl", content) for content in by_rows]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        config = RunConfig(questions=str(path), out=str(tmp_path / "run"))
        with pytest.raises(InputError, match="must not be trained on"):
            select(config)
        assert not (tmp_path / "run").exists()
        assert len(select(config.model_copy(update={"allow_benchmark": True}))[0]) == 1
    for name in ("latest.jsonl", "test/train.jsonl"):
        (tmp_path / name).write_text(json.dumps(row), encoding="utf-8")
        assert len(select(RunConfig(questions=str(tmp_path / name)))[0]) == 1


def test_an_evaluation_set_under_another_name_is_told_by_its_questions(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes((shared_data / "qa" / "medqa_us_dev.jsonl.gz").read_bytes())
    with pytest.raises(InputError, match=r"mine\.jsonl\.gz: holds questions of the dev set of medqa \(1,272, first medqa-\w+\), which must not be"):
        select(RunConfig(questions=str(path), out=str(tmp_path / "run")))
