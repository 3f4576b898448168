"""What became of request files: an append-only record that a kill leaves whole, so that no batch is made twice and none is forgotten."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from pydantic import BaseModel

from kgpaths.errors import RunError
from kgpaths.llm.batch_files import Asked, Chunk
from kgpaths.llm.batch_results import Tally
from kgpaths.llm.batch_server import Batch
from kgpaths.model import Noun
from kgpaths.records import Journal, read_jsonl

STATE = "state.jsonl"
LENGTH = 64  # of a request file's name


class Event(Noun):
    """What happened to a request file: it is to become a batch, became one, and that ended and was collected."""

    event: Literal["intended", "created", "ended"]
    chunk: Chunk
    batch: str = ""
    status: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """A request file and the batch that was made of it, as the server tells it; ``tally`` once it was collected.

    ``status`` is the server's, or one of ours: ``intended``, where no batch was made yet; ``created``, where the server was not asked;
    ``unknown``, where it knows the batch no more.
    """

    chunk: Chunk
    batch: str = ""
    status: str = "intended"
    found: Batch | None = None
    note: str = ""
    tally: Tally | None = None

    def told(self, found: Batch | None) -> Sent:
        """Return it with what the server tells."""
        if found is None:
            return replace(self, status="unknown", note="is it the server and the key it was submitted with? else cancel forgets it")
        return replace(self, batch=found.id, status=found.status, found=found, note=found.detail)

    def __str__(self) -> str:
        counts = f"{self.chunk.lines:,} lines"
        if self.tally:
            counts += f": {self.tally}"
        elif self.found:
            counts += f": {self.found.completed:,} answered" + (f", {self.found.failed:,} failed" if self.found.failed else "")
        return f"{self.batch or 'no batch yet'} ({self.chunk.model}) {self.status}, {counts}" + (f" ({self.note})" if self.note else "")


class Durable(Journal):
    """A journal that outlives a power cut, too."""

    def append(self, row: BaseModel) -> None:
        """Write one row to the disk."""
        super().append(row)
        os.fsync(self._stream.fileno())


class State:
    """What became of the request files of a folder. A context manager that holds the folder's lock.

    ``open`` are those of which nothing was collected, by name; ``ended`` the ids of batches that were; ``refused`` counts by key.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: dict[str, Sent] = {}
        self.ended: set[str] = set()
        self.refused: Counter[str] = Counter()

    def __enter__(self) -> State:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path = self.folder / STATE
            self._journal = Durable(path)  # drops a line that a kill has torn
            for event in read_jsonl(path, Event):
                self._apply(event)
        except BlockingIOError:
            os.close(self._lock)
            raise RunError("another process is at work on these batches", where=str(self.folder), mend="wait for it") from None
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._journal.close()
        os.close(self._lock)

    def intended(self, chunk: Chunk) -> Sent:
        """Record that a request file is to become a batch."""
        self._record(Event(event="intended", chunk=chunk))
        return self.open[chunk.name]

    def created(self, chunk: Chunk, batch: str) -> None:
        """Record the batch of a request file, which is needed no more."""
        self._record(Event(event="created", chunk=chunk, batch=batch))
        chunk.file(self.folder).unlink(missing_ok=True)

    def done(self, one: Sent, tally: Tally) -> None:
        """Record that all was collected that came of a batch."""
        self._record(Event(event="ended", chunk=one.chunk, batch=one.batch, status=one.status, refused=tuple(tally.refused)))

    def asked(self, one: Sent) -> dict[str, Asked]:
        """Return the lines of a request file by their keys."""
        return {asked.key: asked for asked in read_jsonl(one.chunk.keys(self.folder), Asked)}

    def tidy(self) -> None:
        """Remove request files that are to become no batch, and what a kill left half written."""
        wanted = {name for name, one in self.open.items() if not one.batch}
        for file in self.folder.glob("*.jsonl"):
            if len(file.stem) == LENGTH and file.stem not in wanted:
                file.unlink()
        for file in self.folder.glob(".*.partial"):
            file.unlink()

    def _record(self, event: Event) -> None:
        self._journal.append(event)
        self._apply(event)

    def _apply(self, event: Event) -> None:
        if event.event == "ended":
            self.open.pop(event.chunk.name, None)
            self.ended.add(event.batch)
            self.refused.update(event.refused)
        else:
            self.open[event.chunk.name] = Sent(event.chunk, event.batch, "created" if event.batch else "intended")
