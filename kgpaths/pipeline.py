"""The one flow: questions -> link -> search -> write -> validate -> Example or Rejection. A visible loop, resumable."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kgpaths import resolve
from kgpaths.aids import Aids, asker_of
from kgpaths.answering import Answering, Say, answering, ready, unsaid
from kgpaths.config import RunConfig
from kgpaths.errors import InputError
from kgpaths.graph.embedded import open_embedded
from kgpaths.graph.store import Graph
from kgpaths.inflight import results
from kgpaths.link.linker import Linker
from kgpaths.model import Example, Question, Rejection
from kgpaths.opinions import tally
from kgpaths.records import Journal, replacing, write_jsonl, write_parquet
from kgpaths.rounds import Writers
from kgpaths.runs import IDENTITY, IDS, JOURNAL, MANIFEST, OPINIONS, USAGE, Identity, Outcome, Run, Usage, funnel, identity, locked, prepare
from kgpaths.sources.benchmarks import EVALUATION, evaluation_set, split_of
from kgpaths.sources.core import core_folder
from kgpaths.sources.questions import BadRow, read_questions
from kgpaths.stages import Clock, Stages
from kgpaths.validate import CHECKS
from kgpaths.verbalize.aids import Asker
from kgpaths.verbalize.template import TemplateWriter

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many (0 where unknown)


def silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


def run(config: RunConfig, *, progress: Progress = silent, say: Say = unsaid, fresh: bool = False) -> Run:
    """Turn the configured questions into examples and rejections in ``config.out`` and return the run.

    The same call on an unfinished folder resumes it, on a finished one returns it as it is; ``fresh`` starts over.
    Raises InputError for a question file that cannot be used, before anything is written, GraphError for a graph that
    cannot be opened, and RunError where ``config.out`` holds another run. Where models write (``write.writer``), ConfigError for
    settings that do not go together, ServerError where their server does not go along, BudgetReached; the same call goes on.
    """
    begun = begin(config, progress)
    with locked(Path(config.out)):
        run = begun.take_up(fresh=fresh)
        if run.finished:
            return run
        with answering(begun.config, run.id, say) as answers:
            work(run, begun, progress, answers)
            paid = answers.paid()
        with begun.clock.stage("publish"):
            finish(run, begun.stages, [r.question_id for r in begun.bad] + [q.id for q in begun.questions], paid)
    return run


@dataclass
class Begun:
    """What a run is made of, before anything is written: questions, graph, writer, and the identity that names it."""

    config: RunConfig
    graph: Graph
    writer: TemplateWriter | Writers
    questions: list[Question]
    bad: list[Rejection]
    identity: Identity
    clock: Clock
    asker: Asker | None = None  # of what models are asked beside writing

    @property
    def run_id(self) -> str:
        return self.identity.run_id

    @cached_property
    def stages(self) -> Stages:
        """What answers a question; made when it is needed, as the linker takes seconds."""
        with self.clock.stage("link"):
            linker = Linker(self.graph, self.config.link)
        aids = Aids(self.asker, self.graph, linker, self.config) if self.asker else None
        return Stages(self.graph, linker, self.writer, self.config, self.run_id, self.clock, aids)

    def take_up(self, *, fresh: bool = False) -> Run:
        """Make the run's folder, or take up the one that is there; the caller holds its lock. Raises RunError for another run's."""
        run = prepare(Path(self.config.out), self.identity, total=len(self.questions) + len(self.bad), fresh=fresh)
        if not run.finished:
            self.config = keep_ids(run, self.config)
        return run

    def left(self) -> list[Question]:
        """Return the questions that the run in the folder has not answered; all where there is none."""
        folder = Path(self.config.out)
        if not (folder / IDENTITY).is_file():
            return self.questions
        run = Run.open(folder)
        done = {outcome.question_id for outcome in run.outcomes()}
        return [] if run.finished else [question for question in self.questions if question.id not in done]


def begin(config: RunConfig, progress: Progress = silent) -> Begun:
    """Read the questions, open the graph and the prompts, and see that all goes together. Raises as ``run`` does, writes nothing."""
    clock = Clock()
    with clock.stage("read"):
        questions, bad, inputs = select(config)
    with clock.stage("graph"):
        graph = open_graph(config.graph, progress)
    ready(config, graph, questions)
    writer = writer_of(config, graph)
    if isinstance(writer, Writers):
        inputs["prompts"] = writer.prompt_hash
    asker = asker_of(config)
    if asker:
        inputs["aids"] = asker.prompt_hash
    return Begun(config, graph, writer, questions, bad, identity(config, inputs, graph.hash), clock, asker)


def open_graph(name: str, progress: Progress = silent) -> Graph:
    """Open the graph folder ``name``; ``embedded`` is built first where it is missing."""
    if name == "embedded":
        return open_embedded(progress=lambda step: progress(f"building the embedded graph: {step}", 0, 0))
    return Graph.open(Path(name))


def writer_of(config: RunConfig, graph: Graph) -> TemplateWriter | Writers:
    """Return who writes."""
    return Writers(graph, config.write, config.llm) if config.write.writer == "llm" else TemplateWriter(graph, config.write.seed)


def question_file(name: str) -> Path:
    """Return the path of question file ``name``; ``core`` is the shipped one."""
    return core_folder() / "questions.jsonl" if name == "core" else Path(name)


def select(config: RunConfig) -> tuple[list[Question], list[Rejection], dict[str, str]]:
    """Return the chosen questions, the rejections of bad rows, and the hashes of the input files.

    Raises InputError at the first bad row unless ``on_error`` is skip, and for an id that no question has.
    """
    path = question_file(config.questions)
    questions: list[Question] = []
    bad: list[Rejection] = []
    for row in read_questions(path):
        if isinstance(row, BadRow):
            if config.on_error == "stop":
                raise row.error
            bad.append(Rejection(id=f"row-{row.row}", question_id=f"row-{row.row}", stage="read", code=row.code, detail=str(row.error)))
        else:
            questions.append(row)
    if not config.allow_benchmark and (known := benchmark(path, questions)):
        raise InputError(f"holds {known}, which must not be trained on", where=str(path), mend="--allow-benchmark uses it all the same")
    if not questions and not bad:
        raise InputError("holds no question", where=str(path), mend="one JSON object a line; see docs/questions.md")
    inputs = {"questions": file_hash(path)}
    if config.ids:
        questions, bad = by_ids(questions, Path(config.ids), path), []
        inputs["ids"] = file_hash(Path(config.ids))
    return questions[: config.limit], bad, inputs


def benchmark(path: Path, questions: list[Question]) -> str:
    """Return what makes a file one to evaluate on: its name or folder, or questions of an evaluation set; empty where nothing does."""
    if (split := split_of(path)) in EVALUATION:
        return f"a {split} set by its name or its folder's"
    held = [(question.id, found) for question in questions if (found := evaluation_set(question))]
    return f"questions of {held[0][1]} ({len(held):,}, first {held[0][0]})" if held else ""


def by_ids(questions: list[Question], ids_file: Path, path: Path) -> list[Question]:
    """Return the questions whose id stands in ``ids_file``, in question order."""
    try:
        wanted = {line.strip() for line in ids_file.read_text(encoding="utf-8-sig").splitlines() if line.strip()}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read", where=str(ids_file), mend="one question id a line") from error
    if not wanted:
        raise InputError("holds no id", where=str(ids_file), mend="one question id a line")
    if missing := sorted(wanted - {q.id for q in questions}):
        raise InputError(f"no question has id {missing[0]!r}", where=str(ids_file), mend=f"ids are those of {path}")
    return [q for q in questions if q.id in wanted]


def keep_ids(run: Run, config: RunConfig) -> RunConfig:
    """Copy the file of chosen ids into the run, so that its ``run.yaml`` can be used again, and return the config that names it."""
    if not config.ids:
        return config
    kept = run.path / IDS
    if Path(config.ids).resolve() != kept.resolve():
        with replacing(kept, "wb") as stream:
            stream.write(Path(config.ids).read_bytes())
    return config.model_copy(update={"ids": str(kept)})


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def work(run: Run, begun: Begun, progress: Progress, answers: Answering) -> None:
    """Answer each question that the journal does not hold yet, one journal line each; models keep several in flight."""
    journal = Journal(run.path / JOURNAL)
    done = {outcome.question_id for outcome in run.outcomes()}
    total = len(begun.questions) + len(begun.bad)
    try:
        for rejection in begun.bad:
            if rejection.question_id not in done:
                journal.append(Outcome(question_id=rejection.question_id, rejection=rejection))
        left = begun.left()
        progress("questions", total - len(left), total)
        for number, outcome in enumerate(results(map(begun.stages.answer, left), answers.submit, answers.width), total - len(left) + 1):
            journal.append(outcome)
            progress(f"questions{answers.told()}", number, total)
        progress("questions", total, total)
    finally:
        journal.close()


def finish(run: Run, stages: Stages, order: list[str], paid: dict[str, float]) -> None:
    """Write the run's files from its journal, each atomically, the manifest last: it marks completion."""
    from kgpaths.export.report import write_report

    place = {question_id: number for number, question_id in enumerate(order)}
    outcomes = sorted(run.outcomes(), key=lambda outcome: place[outcome.question_id])
    examples = [example for o in outcomes for example in o.examples]
    rejections = [o.rejection for o in outcomes if o.rejection]
    write_jsonl(run.path / "examples.jsonl", examples)
    write_parquet(run.path / "examples.parquet", examples, Example)
    write_jsonl(run.path / "rejections.jsonl", rejections)
    write_jsonl(run.path / "drafts.jsonl", (draft for o in outcomes for draft in o.drafts))
    with replacing(run.path / "run.yaml") as stream:
        stream.write(resolve.commented(stages.config))
    counts = funnel((bool(o.examples), o.rejection) for o in outcomes)
    made = manifest(run, stages, counts)
    if usage := [o.usage for o in outcomes if o.usage]:
        write_jsonl(run.path / USAGE, usage)
        made["usage"] = spending(usage, len(examples)) | {"paid": paid}
    if opinions := [o.opinions for o in outcomes if o.opinions]:
        write_jsonl(run.path / OPINIONS, opinions)
        made["opinions"] = tally(opinions)
    write_report(run.path / "report.html", made, examples, rejections)
    with replacing(run.path / MANIFEST) as stream:
        json.dump(made, stream, indent=1, ensure_ascii=False)
    (run.path / JOURNAL).unlink()


def manifest(run: Run, stages: Stages, counts: dict[str, Any]) -> dict[str, Any]:
    """Return what made the run and what came out. Seconds and versions stand here alone, never in a row."""
    graph = stages.graph
    return {
        "run_id": run.id,
        "config": dict(run.identity.config),
        "inputs": dict(run.identity.inputs),
        "graph": {"name": graph.name, "release": graph.release, "hash": graph.hash, "sources": graph.manifest.model_dump(mode="json")["sources"]},
        "counts": counts,
        "checks": list(CHECKS),
        "skipped": sorted(stages.linker.skipped),
        "seconds": {name: round(seconds, 3) for name, seconds in stages.clock.seconds.items()},
        "versions": {"kgpaths": version("kgpaths"), "python": platform.python_version()},
    }


def spending(usage: Sequence[Usage], rows: int) -> dict[str, Any]:
    """Return what models were asked and said in all, and for each accepted row: tokens of rejected questions count as well."""
    names = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
    total = {name: sum(getattr(one, name) for one in usage) for name in names}
    tokens = total["prompt_tokens"] + total["completion_tokens"]
    share = {"calls_per_row": round(total["calls"] / rows, 3), "tokens_per_row": round(tokens / rows, 1)} if rows else {}
    return total | {"tokens": tokens, "rows": rows} | share


def retry_ids(run: Run, stage: str | None, code: str | None) -> Iterable[str]:
    """Return the ids of the questions that ``run`` rejected at ``stage`` with ``code``; None takes any."""
    return [r.question_id for r in run.rejections if stage in (None, r.stage) and code in (None, r.code) and r.stage != "read"]
