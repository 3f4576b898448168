"""A run's folder: what it holds, how it is resumed, and how it is read again."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from kgpaths.config import RunConfig
from kgpaths.errors import RunError
from kgpaths.llm.request import Reply
from kgpaths.model import Draft, Example, Noun, Rejection, digest
from kgpaths.opinions import Opinions
from kgpaths.records import read_jsonl, replacing
from kgpaths.resolve import flatten

if TYPE_CHECKING:
    import polars as pl

IDENTITY, JOURNAL, MANIFEST, IDS = "run.json", "journal.jsonl", "manifest.json", "ids.txt"
USAGE, OPINIONS = "usage.jsonl", "opinions.jsonl"
ROWS = ("examples.jsonl", "examples.parquet", "rejections.jsonl", "drafts.jsonl", USAGE, OPINIONS)
FILES = (*ROWS, "report.html", "run.yaml", IDS, MANIFEST, JOURNAL, IDENTITY)
OUTSIDE_IDENTITY = frozenset(
    {"out", "questions", "graph", "ids", "restricted", "write.prompts"}  # named by content instead: hashes of inputs, graph and prompts
    | {f"llm.{name}" for name in ("base_url", "azure_version", "key_variable", "allowed_hosts", "concurrency", "requests_per_minute")}
    | {f"llm.{name}" for name in ("tokens_per_minute", "timeout", "patience", "budget", "prices", "cache")}
)
"""Keys that say where, how fast and for how much, not what comes out."""


class Usage(Noun):
    """What models were asked and said for one question, tokens of unusable replies and of all drafts included."""

    question_id: str
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0  # of the prompt tokens
    completion_tokens: int = 0
    reasoning_tokens: int = 0  # of the completion tokens

    @property
    def tokens(self) -> int:
        """Return all tokens."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        """Return both together, for the question of the first."""
        return Usage(question_id=self.question_id, **{name: getattr(self, name) + getattr(other, name) for name in ("calls", *PAID)})


PAID = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")


def usage_of(question_id: str, replies: Sequence[Reply]) -> Usage:
    """Return what replies cost in tokens."""
    return Usage(question_id=question_id, calls=len(replies), **{name: sum(getattr(reply, name) for reply in replies) for name in PAID})


class Outcome(Noun):
    """What became of one question: examples or a rejection, every draft on the way, what models did and said. One journal line."""

    question_id: str
    examples: tuple[Example, ...] = ()
    rejection: Rejection | None = None
    drafts: tuple[Draft, ...] = ()
    usage: Usage | None = None
    opinions: Opinions | None = None


@dataclass(frozen=True)
class Identity:
    """What a run is made of: its configuration, its inputs and its graph. No time, no path in the id."""

    config: Mapping[str, Any]
    inputs: Mapping[str, str]
    graph: str

    @property
    def run_id(self) -> str:
        """Return the hash that names the run."""
        config = {key: value for key, value in self.config.items() if key not in OUTSIDE_IDENTITY}
        return digest([config, dict(self.inputs), self.graph], 16)

    def names(self) -> dict[str, Any]:
        """Return the configuration as it was given, files by name, without the folder of the run."""
        return {key: value for key, value in self.config.items() if key != "out"}

    def differences(self, other: Identity) -> list[str]:
        """Return one line for each key in which ``other`` differs, the old value first."""
        ours = {k: v for k, v in self.config.items() if k not in OUTSIDE_IDENTITY} | {f"{k} (content)": v for k, v in self.inputs.items()}
        theirs = {k: v for k, v in other.config.items() if k not in OUTSIDE_IDENTITY} | {f"{k} (content)": v for k, v in other.inputs.items()}
        ours["graph (hash)"], theirs["graph (hash)"] = self.graph, other.graph
        return [f"{key}: {ours.get(key)!r} -> {theirs.get(key)!r}" for key in sorted(ours | theirs) if ours.get(key) != theirs.get(key)]


def identity(config: RunConfig, inputs: Mapping[str, str], graph_hash: str) -> Identity:
    """Return the identity of a run of ``config`` on inputs with these content hashes."""
    asked = {key: value for key, value in flatten(config).items() if config.aid.on or not key.startswith("aid.")}  # off, it is no part of a run
    return Identity(asked, dict(sorted(inputs.items())), graph_hash)


def damaged(file: Path, place: str = "") -> RunError:
    """Return the error for a file of a run that cannot be read."""
    return RunError("is damaged", where=f"{file}{place}", mend="delete the run's folder, or choose another --out, and run again")


class Run:
    """A finished or unfinished run, read from its folder."""

    def __init__(self, path: Path, identity: Identity, total: int) -> None:
        self.path, self.identity, self.total = path, identity, total  # total: how many questions it is to answer

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open the run in folder ``path``. Raises RunError where there is none."""
        folder = Path(path)
        try:
            stored = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
            return cls(folder, Identity(stored["config"], stored["inputs"], stored["graph"]), stored["questions"])
        except FileNotFoundError:
            raise RunError("no run here", where=str(folder), mend="kgpaths run --out makes one") from None
        except (json.JSONDecodeError, KeyError, TypeError):
            raise RunError("run.json is damaged", where=str(folder), mend="choose another --out, or delete the folder and run again") from None

    @property
    def id(self) -> str:
        return self.identity.run_id

    @property
    def finished(self) -> bool:
        return (self.path / MANIFEST).is_file()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest: configuration, inputs, graph, counts, seconds. Raises RunError for an unfinished run."""
        if not self.finished:
            raise RunError("the run is not finished", where=str(self.path), mend="the same kgpaths run command resumes it")
        try:
            loaded: dict[str, Any] = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except ValueError:
            raise damaged(self.path / MANIFEST) from None
        return loaded

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what the journal of an unfinished run holds so far; a line being written is left out."""
        journal = self.path / JOURNAL
        if journal.is_file():
            with journal.open(encoding="utf-8", errors="replace") as stream:
                for number, line in enumerate(stream, 1):
                    if line.endswith("\n"):
                        try:
                            yield Outcome.model_validate_json(line)
                        except ValidationError:
                            raise damaged(journal, f", row {number}") from None

    @property
    def examples(self) -> Iterator[Example]:
        """The accepted examples in question order."""
        if self.finished:
            return read_jsonl(self.path / "examples.jsonl", Example)
        return (example for outcome in self.outcomes() for example in outcome.examples)

    @property
    def rejections(self) -> Iterator[Rejection]:
        """The rejections in question order."""
        if self.finished:
            return read_jsonl(self.path / "rejections.jsonl", Rejection)
        return (outcome.rejection for outcome in self.outcomes() if outcome.rejection)

    @property
    def drafts(self) -> Iterator[Draft]:
        """Every draft, passed or not."""
        if self.finished:
            return read_jsonl(self.path / "drafts.jsonl", Draft)
        return (draft for outcome in self.outcomes() for draft in outcome.drafts)

    @property
    def opinions(self) -> Iterator[Opinions]:
        """What models said beside writing, a row for each question that one was asked about."""
        if self.finished:
            return read_jsonl(self.path / OPINIONS, Opinions) if (self.path / OPINIONS).is_file() else iter(())
        return (outcome.opinions for outcome in self.outcomes() if outcome.opinions)

    def to_polars(self) -> pl.DataFrame:
        """Return the accepted examples as a polars frame, everything nested, typed by the noun's one schema."""
        from kgpaths.records import frame

        return frame(self.examples, Example)

    def counts(self) -> dict[str, Any]:
        """Return the funnel: questions, linked, with a path, accepted, and rejections by ``stage.code``."""
        if self.finished:
            stored: dict[str, Any] = self.manifest["counts"]
            return stored
        return funnel((bool(o.examples), o.rejection) for o in self.outcomes())


def funnel(outcomes: Iterator[tuple[bool, Rejection | None]]) -> dict[str, Any]:
    """Count outcomes, given as (accepted, rejection), stage by stage."""
    accepted, total, reasons, stages = 0, 0, Counter[str](), Counter[str]()
    for passed, rejection in outcomes:
        total += 1
        accepted += passed
        if rejection:
            reasons[f"{rejection.stage}.{rejection.code}"] += 1
            stages[rejection.stage] += 1
    linked = total - stages["read"] - stages["link"]
    return {
        "questions": total,
        "linked": linked,
        "with_path": linked - stages["search"],
        "accepted": accepted,
        "rejected": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    }


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Make the folder ``out`` and hold its lock, so that two processes never write one run; a killed process lets go of it."""
    if out.exists() and not out.is_dir():
        raise RunError("is a file, not a folder", where=str(out), mend="choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise RunError("another process is writing this run", where=str(out), mend="wait for it, or choose another --out") from None
    finally:
        os.close(handle)


def prepare(out: Path, wanted: Identity, *, total: int, fresh: bool = False) -> Run:
    """Return the run in ``out``, making it or taking up an unfinished one; the caller holds the folder's lock.

    ``fresh`` starts a run of this configuration over, whatever the graph and the questions have become. Raises RunError,
    with the differing keys, where the folder holds another run, and where it holds anything that is not a run.
    """
    if (out / IDENTITY).exists():
        found = Run.open(out)
        changed = found.identity.differences(wanted)
        if fresh and found.identity.names() == wanted.names():
            for name in FILES:
                (out / name).unlink(missing_ok=True)
        elif changed or fresh:
            told = "; ".join(changed) or "its questions or graph are other files"
            raise RunError(f"holds a run with another configuration: {told}", where=str(out), mend="choose another --out")
        else:
            return found
    elif out.exists() and any(out.iterdir()):
        raise RunError("is not empty and holds no run", where=str(out), mend="choose another --out")
    stored = {"run_id": wanted.run_id, "config": wanted.config, "inputs": wanted.inputs, "graph": wanted.graph, "questions": total}
    with replacing(out / IDENTITY) as stream:
        json.dump(stored, stream, indent=1, sort_keys=True)
    return Run(out, wanted, total)
