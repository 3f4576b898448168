"""Have a provider's Batch API answer what is still to be asked: cheaper, within a day, and nothing paid twice.

``submit`` writes request files and has batches made of them, ``status`` tells how they are, ``collect`` stores what came of them; a later
run, live or by another ``submit``, finds those replies and asks the rest. ``export`` and ``import_`` do the same by files, for servers
without this API.

That a request file is to become a batch is recorded before anything is sent, and the file's hash goes into the batch's metadata: whoever
takes up work after a kill looks for that hash among all batches before another is made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeVar

from kgpaths.config import LLMSettings
from kgpaths.errors import BudgetReached, InputError
from kgpaths.llm.batch_files import KEYS, MOST_BYTES, MOST_LINES, Asked, Chunk, Line, Stored, export_files, pending, shortened, write_files
from kgpaths.llm.batch_results import Taking, Tally, rows
from kgpaths.llm.batch_server import ENDED, Batch, BatchServer
from kgpaths.llm.batch_state import STATE, Sent, State
from kgpaths.llm.cache import Cache
from kgpaths.llm.calls import Say
from kgpaths.llm.client import silent
from kgpaths.llm.money import Prices, Purse, Reservation
from kgpaths.llm.request import Request
from kgpaths.records import read_jsonl

__all__ = [
    "Line",
    "Sent",
    "State",
    "Stored",
    "Submitted",
    "cancel",
    "collect",
    "export",
    "import_",
    "in_flight",
    "pending",
    "status",
    "submit",
    "write_files",
]

REFUSALS = 3  # of one line, after which it is left to a live run, which takes the refusal for an answer
TORN = 3  # times a file is fetched that ends within a line
Result = TypeVar("Result")


@dataclass
class Submitted:
    """What was submitted: batches that were made or found now. Lines that were not: ``waiting`` are in batches of before, ``refused`` were
    so ``REFUSALS`` times, ``left_out`` do not fit the budget, and ``why`` tells that."""

    batches: list[Sent] = field(default_factory=list)
    lines: int = 0
    waiting: int = 0
    refused: int = 0
    left_out: int = 0
    why: str = ""


def submit(
    lines: Iterable[Line],
    folder: Path,
    settings: LLMSettings,
    purse: Purse | None = None,
    *,
    say: Say = silent,
    most_lines: int = MOST_LINES,
    most_bytes: int = MOST_BYTES,
    environ: Mapping[str, str] = os.environ,
) -> Submitted:
    """Have batches made of lines, but for those that are in one already; ``folder`` holds what is known of them. Takes up what was killed.

    ``purse`` is asked for the worst of every batch before it is made, those that are not collected among them: the first that does not fit
    is cut to what does, and the rest left out. Raises ServerError; ConfigError where the server has no Batch API; RunError where another
    process is at work on the folder.
    """
    with State(folder) as state:
        listed = at(settings, say, environ, lambda server: take_up(server, state))
        result = Submitted()
        # Lines are drawn in no event loop: they may take long, and an interrupt would wait for it.
        chunks = list(write_files(fresh(lines, state, result), folder, most_lines=most_lines, most_bytes=most_bytes))

        async def work(server: BatchServer) -> None:
            await Job(server, state, purse, say, listed, result).run(chunks)

        at(settings, say, environ, work)
        state.tidy()
        return result


def fresh(lines: Iterable[Line], state: State, result: Submitted) -> Iterator[Line]:
    """Yield the lines that are to go into new batches, each key once; count those that are not."""
    in_batch = {key for one in state.open.values() if one.batch for key in state.asked(one)}
    taken = {key for one in state.open.values() if not one.batch for key in state.asked(one)}
    for line in lines:
        if line.key in in_batch:
            result.waiting += 1
        elif state.refused[line.key] >= REFUSALS:
            result.refused += 1
        elif line.key not in taken:
            taken.add(line.key)
            yield line


class Job:
    """The part of a ``submit`` that needs the server. ``listed`` are its batches by the hashes of their files."""

    def __init__(self, server: BatchServer, state: State, purse: Purse | None, say: Say, listed: Mapping[str, Batch], result: Submitted) -> None:
        self.server, self.state, self.purse, self.say, self.listed, self.result = server, state, purse, say, listed, result

    async def run(self, chunks: Sequence[Chunk]) -> None:
        """Have batches made: first of the files that were to become one, then of these, as far as the budget goes."""
        intended = [one.chunk for one in self.state.open.values() if not one.batch]
        left = sum(chunk.lines for chunk in (*intended, *chunks))
        try:
            for chunk in (*(one.chunk for one in self.state.open.values() if one.batch), *intended):
                self.reserve(chunk.model, chunk.prompt_tokens, chunk.max_tokens)
            for chunk in intended:
                left -= await self.create(chunk)
            for chunk in chunks:
                fits, reached = self.fitting(chunk)
                if fits:
                    self.state.intended(fits)
                    left -= await self.create(fits)
                if reached:
                    raise reached
        except BudgetReached as reached:
            self.result.why, self.result.left_out = str(reached), left

    def reserve(self, model: str, prompt_tokens: int, max_tokens: int) -> Reservation | None:
        """Set aside what lines of a model may cost at worst, all at once: a price is the same for each. Raises BudgetReached."""
        request = Request(model=model, messages=(), max_tokens=max_tokens)
        return self.purse.reserve(request, prompt_tokens, batch=True) if self.purse else None

    def fitting(self, chunk: Chunk) -> tuple[Chunk | None, BudgetReached | None]:
        """Set aside what a file may cost; return it, or the file of as many of its lines as fit, with what hindered the others."""
        try:
            self.reserve(chunk.model, chunk.prompt_tokens, chunk.max_tokens)
            return chunk, None
        except BudgetReached as error:
            reached = error
        asked = list(read_jsonl(chunk.keys(self.state.folder), Asked))
        prompts, most = (list(accumulate(counts)) for counts in zip(*((one.prompt_tokens, one.request.max_tokens) for one in asked), strict=True))
        fits, too_many = 0, chunk.lines
        while fits + 1 < too_many:
            middle = (fits + too_many) // 2
            try:
                reserved = self.reserve(chunk.model, prompts[middle - 1], most[middle - 1])
            except BudgetReached:
                too_many = middle
            else:
                fits = middle
                if self.purse and reserved:
                    self.purse.release(reserved)
        if not fits:
            return None, reached
        self.reserve(chunk.model, prompts[fits - 1], most[fits - 1])
        return shortened(chunk, self.state.folder, fits), reached

    async def create(self, chunk: Chunk) -> int:
        """Have a batch made of a file, or take the one that was; return how many lines it has."""
        state, file = self.state, chunk.file(self.state.folder)
        found = self.listed.get(chunk.name) or await self.server.create(chunk.name, file, chunk.url, state.ended)
        state.created(chunk, found.id)
        self.result.batches.append(state.open[chunk.name].told(found))
        self.result.lines += chunk.lines
        self.say(f"batch {found.id}: {chunk.lines:,} lines for {chunk.model}")
        return chunk.lines


async def take_up(server: BatchServer, state: State) -> dict[str, Batch]:
    """Return the server's batches of files like ours; record those of files that were to become one when a kill came, remove what it left."""
    listed: dict[str, Batch] = {}
    async for found in server.listed():
        if found.chunk and found.status != "failed" and found.id not in state.ended:
            listed.setdefault(found.chunk, found)
    wanted = {name for name, one in state.open.items() if not one.batch}
    for name in sorted(wanted):
        chunk = state.open[name].chunk
        if name in listed:
            state.created(chunk, listed[name].id)
        elif not chunk.file(state.folder).exists():
            state.done(state.open[name], Tally())  # somebody removed it: its lines are pending again
    state.tidy()
    return listed


def status(folder: Path, settings: LLMSettings, *, say: Say = silent, environ: Mapping[str, str] = os.environ) -> tuple[Sent, ...]:
    """Return the batches of which nothing was collected, as the server tells them. Raises ServerError."""

    async def work(server: BatchServer) -> tuple[Sent, ...]:
        with State(folder) as state:
            return tuple([one.told(await server.retrieve(one.batch)) if one.batch else one for one in state.open.values()])

    return at(settings, say, environ, work) if in_flight(folder) else ()


def cancel(folder: Path, settings: LLMSettings, *, say: Say = silent, environ: Mapping[str, str] = os.environ) -> tuple[Sent, ...]:
    """Cancel all batches that have not ended; what they answered can be collected. Those the server does not know are forgotten."""

    async def work(server: BatchServer) -> tuple[Sent, ...]:
        cancelled = []
        with State(folder) as state:
            await take_up(server, state)
            for one in list(state.open.values()):
                found = await server.cancel(one.batch) if one.batch else None
                cancelled.append(one.told(found) if one.batch else replace(one, status="cancelled"))
                if found is None:
                    state.done(cancelled[-1], Tally())
        return tuple(cancelled)

    return at(settings, say, environ, work) if in_flight(folder) else ()


def in_flight(folder: Path) -> tuple[Sent, ...]:
    """Return the batches of which nothing was collected, as they were recorded; asks nobody. A live run would pay for their lines again."""
    if not (folder / STATE).exists():
        return ()
    with State(folder) as state:
        return tuple(state.open.values())


def collect(
    folder: Path,
    settings: LLMSettings,
    cache: Cache,
    prices: Prices,
    run: str = "",
    *,
    say: Say = silent,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Sent, ...]:
    """Store every reply of the batches that have ended, whole or not, and return all that were open; those that were collected have a tally.

    ``run`` is charged for them in the ledger, at the price of a batch. What has no reply is pending again. Raises ServerError, with all
    stored that came before it.
    """

    async def work(server: BatchServer) -> tuple[Sent, ...]:
        with State(folder) as state:
            found = []
            for one in list(state.open.values()):
                told = one.told(await server.retrieve(one.batch)) if one.batch else one
                ended = told.status in ENDED
                found.append(await store(server, state, told, Taking(state.asked(one), cache, prices, run)) if ended else told)
                if ended:
                    say(str(found[-1]))
            return tuple(found)

    return at(settings, say, environ, work) if in_flight(folder) else ()


async def store(server: BatchServer, state: State, one: Sent, taking: Taking) -> Sent:
    """Store what came of a batch. One whose files break off on their way stays open, as what lacks may come another time."""
    path, ways = state.folder / f".{one.chunk.name}.output.partial", set[str]()
    for file in one.found.files if one.found else ():
        for _ in range(TORN):
            path.unlink(missing_ok=True)
            way = await server.download(file, path)
            if way == "whole" and foreign(path):
                way = "broken"
            ways.add(way)
            if way != "whole" or not torn(path):
                break
        if path.exists():
            if not foreign(path):
                taking.take(rows(path))
            path.unlink()
    tally = taking.tally(complete="broken" not in ways)
    notes = [one.note, "a file of it is gone" * ("gone" in ways), "a file of it does not come whole: collect again" * ("broken" in ways)]
    if "broken" not in ways:
        state.done(one, tally)
    return replace(one, tally=tally, note="; ".join(filter(None, notes)))


def foreign(path: Path) -> bool:
    """Tell whether a file is something else than was asked for, as a page of a proxy is."""
    with path.open("rb") as stream:
        begin = stream.read(64).lstrip()
    return bool(begin) and not begin.startswith(b"{")


def torn(path: Path) -> bool:
    """Tell whether a file ends within a line."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 64))
        end = stream.read().rstrip()
    return bool(end) and not end.endswith(b"}")


def export(lines: Iterable[Line], path: Path, folder: Path) -> dict[Path, Chunk]:
    """Write lines to a file that is answered elsewhere, in the form of the Batch API; several models have a file each, named after ``path``.

    ``folder`` keeps their keys, by which ``import_`` knows them. Raises InputError where a file cannot be written.
    """
    with State(folder):
        return export_files(lines, path, folder)


def import_(path: Path, folder: Path, cache: Cache, prices: Prices, run: str = "", on_error: Literal["stop", "skip"] = "stop") -> Tally:
    """Store the replies of a file in the form of the Batch API's output, to lines that were exported or submitted from ``folder``.

    Raises InputError that names file and row for one that cannot be read, unless ``on_error`` is skip; rows before it are stored.
    """
    if not path.is_file():
        raise InputError("no such file", where=str(path), mend="check the path")
    known = {asked.key: asked for file in sorted(folder.glob(f"*{KEYS}")) for asked in read_jsonl(file, Asked)}
    if not known:
        raise InputError("nothing was exported from here", where=str(folder), mend="is it the run that --export was used for?")
    taking = Taking(known, cache, prices, run)
    taking.take(rows(path), on_error, shaped=True)
    return taking.tally(complete=False)


def at(settings: LLMSettings, say: Say, environ: Mapping[str, str], work: Callable[[BatchServer], Awaitable[Result]]) -> Result:
    """Do something at the server of ``settings``."""

    async def main() -> Result:
        server = BatchServer(settings, say, environ)
        try:
            return await work(server)
        finally:
            await server.close()

    return asyncio.run(main())
