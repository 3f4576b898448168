"""The one flow: questions -> link -> search -> write -> validate -> Example or Rejection. A visible loop, resumable."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

from kgpaths import resolve
from kgpaths.config import RunConfig
from kgpaths.errors import InputError
from kgpaths.graph.embedded import open_embedded
from kgpaths.graph.store import Graph
from kgpaths.link.linker import Linker
from kgpaths.model import Draft, Example, Licence, Provenance, Question, Rejection
from kgpaths.records import Journal, replacing, write_jsonl, write_parquet
from kgpaths.runs import IDS, JOURNAL, MANIFEST, Outcome, Run, funnel, identity, locked, prepare
from kgpaths.search.contrast import contrast
from kgpaths.search.support import search
from kgpaths.sources.benchmarks import EVALUATION, evaluation_set, split_of
from kgpaths.sources.core import core_folder
from kgpaths.sources.questions import BadRow, read_questions
from kgpaths.validate import CHECKS, Judgement, validate
from kgpaths.verbalize.template import TemplateWriter

STAGES = ("graph", "read", "link", "search", "verbalize", "validate", "publish")
Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many (0 where unknown)


def silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass
class Clock:
    """Seconds spent per stage."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - begun


def run(config: RunConfig, *, progress: Progress = silent, fresh: bool = False) -> Run:
    """Turn the configured questions into examples and rejections in ``config.out`` and return the run.

    The same call on an unfinished folder resumes it, on a finished one returns it as it is; ``fresh`` starts over.
    Raises InputError for a question file that cannot be used, before anything is written, GraphError for a graph that
    cannot be opened, and RunError where ``config.out`` holds another run.
    """
    clock = Clock()
    with clock.stage("read"):
        questions, bad, inputs = select(config)
    with clock.stage("graph"):
        graph = open_graph(config.graph, progress)
    with locked(Path(config.out)):
        run = prepare(Path(config.out), identity(config, inputs, graph.hash), total=len(questions) + len(bad), fresh=fresh)
        if run.finished:
            return run
        config = keep_ids(run, config)
        with clock.stage("link"):
            linker = Linker(graph, config.link)
        stages = Stages(graph, linker, TemplateWriter(graph, config.write.seed), config, run.id, clock)
        work(run, stages, questions, bad, progress)
        with clock.stage("publish"):
            finish(run, stages, [q.id for q in questions], [r.question_id for r in bad])
    return run


@dataclass
class Stages:
    """What answers a question: the stages with what they need, made once a run."""

    graph: Graph
    linker: Linker
    writer: TemplateWriter
    config: RunConfig
    run_id: str
    clock: Clock

    def answer(self, question: Question) -> Outcome:
        """Return what becomes of one question."""
        with self.clock.stage("link"):
            linked = self.linker.link(question)
        if isinstance(linked, Rejection):
            return Outcome(question_id=question.id, rejection=linked)
        with self.clock.stage("search"):
            supports = search(self.graph, linked, self.config.search)
        if isinstance(supports, Rejection):
            return Outcome(question_id=question.id, rejection=supports)
        with self.clock.stage("verbalize"):
            draft = self.writer.write(linked, supports)
        with self.clock.stage("validate"):
            judgement = validate(draft, self.graph, self.config.validation)
        if not judgement.accepted:
            return Outcome(question_id=question.id, rejection=rejected(judgement), drafts=(judgement.draft,))
        return Outcome(question_id=question.id, example=judged(judgement, self.provenance(judgement.draft)), drafts=(judgement.draft,))

    def provenance(self, draft: Draft) -> Provenance:
        """Return what made a draft."""
        return Provenance(
            run_id=self.run_id,
            graph_name=self.graph.name,
            graph_release=self.graph.release,
            graph_hash=self.graph.hash,
            writer=draft.writer,
            kgpaths_version=version("kgpaths"),
        )


def judged(judgement: Judgement, provenance: Provenance) -> Example:
    """Return the example of a judgement without errors: all but its provenance follows from the draft."""
    draft = judgement.draft
    standing = contrast(draft.supports, draft.conclusion)
    return Example(
        id=draft.id,
        draft=draft,
        flaws=judgement.flaws,
        checks=tuple(CHECKS),
        margin=standing.margin,
        rank=standing.rank,
        difficulty=difficulty(draft, standing.margin),
        licences=licences(draft),
        provenance=provenance,
    )


def rejected(judgement: Judgement) -> Rejection:
    """Return the rejection of a draft with errors, named by its first error."""
    first = next(flaw for flaw in judgement.flaws if flaw.severity == "error")
    draft = judgement.draft
    return Rejection(
        id=draft.id,
        question_id=draft.question.id,
        stage="validate",
        code=f"{first.check}.{first.code}",
        detail=first.detail,
        draft=draft,
        flaws=judgement.flaws,
    )


def difficulty(draft: Draft, margin: float) -> str:
    """Name how hard a question is for the graph: by the hops of the gold option's longest path and the margin.

    easy: one hop and a margin of at least 0.2; hard: three or more hops, or a margin below 0.05; medium: the rest.
    """
    hops = max((len(path.hops) for support in draft.supports if support.option == draft.conclusion for path in support.paths), default=0)
    if hops >= 3 or margin < 0.05:
        return "hard"
    return "easy" if hops <= 1 and margin >= 0.2 else "medium"


def licences(draft: Draft) -> tuple[Licence, ...]:
    """Return the terms of every source the draft's paths rest on, and of its question."""
    hops = (hop for support in draft.supports for hop in chain(support.contradicted, *(path.hops for path in support.paths)))
    found = {(e.source, e.licence) for hop in hops for e in hop.edge.evidence} | {(draft.question.dataset, draft.question.licence)}
    return tuple(Licence(source=source, licence=licence) for source, licence in sorted(found))


def open_graph(name: str, progress: Progress = silent) -> Graph:
    """Open the graph folder ``name``; ``embedded`` is built first where it is missing."""
    if name == "embedded":
        return open_embedded(progress=lambda step: progress(f"building the embedded graph: {step}", 0, 0))
    return Graph.open(Path(name))


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


def work(run: Run, stages: Stages, questions: list[Question], bad: list[Rejection], progress: Progress) -> None:
    """Answer each question that the journal does not hold yet, in order, one journal line each."""
    journal = Journal(run.path / JOURNAL)
    done = {outcome.question_id for outcome in run.outcomes()}
    total = len(questions) + len(bad)
    try:
        for rejection in bad:
            if rejection.question_id not in done:
                journal.append(Outcome(question_id=rejection.question_id, rejection=rejection))
        for number, question in enumerate(questions, len(bad)):
            progress("questions", number, total)
            if question.id not in done:
                journal.append(stages.answer(question))
        progress("questions", total, total)
    finally:
        journal.close()


def finish(run: Run, stages: Stages, order: list[str], bad: list[str]) -> None:
    """Write the run's files from its journal, each atomically, the manifest last: it marks completion."""
    from kgpaths.export.report import write_report

    place = {question_id: number for number, question_id in enumerate([*bad, *order])}
    outcomes = sorted(run.outcomes(), key=lambda outcome: place[outcome.question_id])
    examples = [o.example for o in outcomes if o.example]
    rejections = [o.rejection for o in outcomes if o.rejection]
    write_jsonl(run.path / "examples.jsonl", examples)
    write_parquet(run.path / "examples.parquet", examples, Example)
    write_jsonl(run.path / "rejections.jsonl", rejections)
    write_jsonl(run.path / "drafts.jsonl", (draft for o in outcomes for draft in o.drafts))
    with replacing(run.path / "run.yaml") as stream:
        stream.write(resolve.commented(stages.config))
    counts = funnel((o.example is not None, o.rejection) for o in outcomes)
    made = manifest(run, stages, counts)
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


def retry_ids(run: Run, stage: str | None, code: str | None) -> Iterable[str]:
    """Return the ids of the questions that ``run`` rejected at ``stage`` with ``code``; None takes any."""
    return [r.question_id for r in run.rejections if stage in (None, r.stage) and code in (None, r.code) and r.stage != "read"]
