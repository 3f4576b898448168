"""What is still to be asked of models, as request files of the Batch API. No server is asked here.

A line of such a file is one request under its key; beside every file lie its keys, with what the ledger needs once the replies are there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from kgpaths.config import LLMSettings
from kgpaths.errors import InputError
from kgpaths.llm.asking import attempts
from kgpaths.llm.cache import Cache
from kgpaths.llm.request import Answer, Ask, Request, key
from kgpaths.llm.tokens import prompt_tokens
from kgpaths.llm.wire import PATHS, Api, Capabilities, body_of, identity
from kgpaths.model import Noun, digest
from kgpaths.records import dump_line, read_jsonl

MOST_LINES, MOST_BYTES = 50_000, 200_000_000
"""What OpenAI takes as one file (API reference, "Create batch"); its MB may be either kind, so the smaller."""


class Line(NamedTuple):
    """A request that nobody has answered: its key, and what is to be sent to which API."""

    key: str
    request: Request
    api: Api
    body: dict[str, Any]

    @property
    def url(self) -> str:
        """Return the endpoint as the Batch API names it."""
        return f"/v1{PATHS[self.api]}"

    def encoded(self) -> bytes:
        """Return the line of a request file. ASCII, as a prompt may hold what UTF-8 cannot."""
        data = {"custom_id": self.key, "method": "POST", "url": self.url, "body": self.body}
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"


class Asked(Noun):
    """What is remembered of a line until it is answered: its request without any text, and how long the prompt was."""

    key: str
    api: Api
    request: Request
    prompt_tokens: int

    @classmethod
    def of(cls, line: Line) -> Asked:
        """Return what is remembered of a line."""
        counted = prompt_tokens(line.request.messages, line.request.json_schema)
        return cls(key=line.key, api=line.api, request=line.request.model_copy(update={"messages": (), "json_schema": ""}), prompt_tokens=counted)


class Chunk(Noun):
    """One request file: ``name`` is the SHA-256 of its bytes. The tokens are sums over its lines."""

    name: str
    model: str
    url: str
    lines: int
    bytes: int
    prompt_tokens: int
    max_tokens: int

    def file(self, folder: Path) -> Path:
        """Return where its requests are."""
        return folder / f"{self.name}.jsonl"

    def keys(self, folder: Path) -> Path:
        """Return where its keys are."""
        return folder / f"{self.name}{KEYS}"


KEYS = ".keys.jsonl"


class Stored:
    """Answers from stored replies alone, as a live client with the same settings would find them."""

    def __init__(self, cache: Cache, settings: LLMSettings) -> None:
        self.cache, self.settings = cache, settings
        self._can: dict[str, Capabilities] = {}

    def look(self, ask: Ask) -> Answer | Line:
        """Return what came of an ask, or the first of its requests that has no reply yet."""
        asking = attempts(ask)
        request = next(asking)
        while True:
            line = self.line(request)
            if (reply := self.cache.get(line.key)) is None:
                return line
            try:
                request = asking.send(reply)
            except StopIteration as end:
                answer: Answer = end.value
                return answer

    def line(self, request: Request) -> Line:
        """Return a request as it is sent, under its key."""
        can = self.capabilities(request.model)
        body = body_of(request, can)
        return Line(key(request, identity(self.settings, request.model), can.api, body), request, can.api, body)

    def capabilities(self, model: str) -> Capabilities:
        """Return what the server is remembered to do with a model; where nothing is, what most can."""
        if model not in self._can:
            api, stored = self.settings.api, self.cache.capabilities(identity(self.settings, model))
            self._can[model] = Capabilities(api="chat" if api == "auto" else api)
            with suppress(ValidationError):  # of another version
                if stored is not None and api in ("auto", stored.get("api")):
                    self._can[model] = Capabilities.model_validate(stored)
        return self._can[model]


def pending(asks: Iterable[Ask], cache: Cache, settings: LLMSettings) -> Iterator[Line]:
    """Yield the requests that are to be asked next, one for each ask that has no answer, each key once."""
    stored, seen = Stored(cache, settings), set[str]()
    for ask in asks:
        found = stored.look(ask)
        if isinstance(found, Line) and found.key not in seen:
            seen.add(found.key)
            yield found


class Writer:
    """A request file that is being written, with its keys. Its name is known at its end; until then it is a hidden one."""

    def __init__(self, folder: Path, model: str, url: str, beside: Path | None = None) -> None:
        """The keys are written to ``folder``, the requests too, or to the folder ``beside``."""
        stem = digest([model, url], 16)
        self.model, self.url, self.folder = model, url, folder
        self.partial = (beside or folder) / f".{stem}.partial", folder / f".{stem}.keys.partial"
        self.streams = tuple(path.open("wb") for path in self.partial)
        self.hash = sha256()
        self.lines = self.bytes = self.prompt_tokens = self.max_tokens = 0

    def add(self, data: bytes, asked: Asked) -> None:
        """Write one line."""
        self.streams[0].write(data)
        self.streams[1].write(dump_line(asked).encode())
        self.hash.update(data)
        self.lines += 1
        self.bytes += len(data)
        self.prompt_tokens += asked.prompt_tokens
        self.max_tokens += asked.request.max_tokens

    def close(self, to: Path | None = None) -> Chunk:
        """End the file and give it its name, or that of ``to``; both are on disk then."""
        chunk = Chunk(
            name=self.hash.hexdigest(),
            model=self.model,
            url=self.url,
            lines=self.lines,
            bytes=self.bytes,
            prompt_tokens=self.prompt_tokens,
            max_tokens=self.max_tokens,
        )
        for stream in self.streams:
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
        self.partial[1].replace(chunk.keys(self.folder))
        self.partial[0].replace(to or chunk.file(self.folder))
        return chunk

    def discard(self) -> None:
        """Remove what was written, where it was not closed."""
        for stream, path in zip(self.streams, self.partial, strict=True):
            if not stream.closed:
                stream.close()
                path.unlink(missing_ok=True)


def write_files(lines: Iterable[Line], folder: Path, *, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> Generator[Chunk, None, None]:
    """Write lines to request files of one model each, no longer than the provider takes, and yield each once it is whole.

    The same lines give the same bytes, so the same names. Raises InputError for a line that is too long for any file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[tuple[str, str], Writer] = {}
    try:
        for line in lines:
            data, of = line.encoded(), (line.request.model, line.url)
            if len(data) > most_bytes:
                what = f"a request of {len(data):,} bytes is more than a file of {most_bytes:,} may hold"
                raise InputError(what, where=f"model {line.request.model}", mend="its prompt is too long for a batch")
            if of in writers and (writers[of].lines >= most_lines or writers[of].bytes + len(data) > most_bytes):
                yield writers.pop(of).close()
            if of not in writers:
                writers[of] = Writer(folder, *of)
            writers[of].add(data, Asked.of(line))
        while writers:
            yield writers.pop(next(iter(writers))).close()
    finally:
        for writer in writers.values():
            writer.discard()


def shortened(chunk: Chunk, folder: Path, lines: int) -> Chunk:
    """Write a file of only the first lines of another, in place of that."""
    writer = Writer(folder, chunk.model, chunk.url)
    with chunk.file(folder).open("rb") as requests:
        for _, data, asked in zip(range(lines), requests, read_jsonl(chunk.keys(folder), Asked), strict=False):
            writer.add(data, asked)
    for path in (chunk.file(folder), chunk.keys(folder)):
        path.unlink()
    return writer.close()


def export_files(lines: Iterable[Line], path: Path, folder: Path) -> dict[Path, Chunk]:
    """Write all lines to ``path``; where they ask several models, to one file each, named after it. Their keys go to ``folder``.

    The files take their places when all are whole. Raises InputError where one cannot be written.
    """
    writers: dict[tuple[str, str], Writer] = {}
    written: dict[Path, Chunk] = {}
    try:
        for place in (folder, path.parent):
            place.mkdir(parents=True, exist_ok=True)
        for line in lines:
            of = (line.request.model, line.url)
            if of not in writers:
                writers[of] = Writer(folder, *of, beside=path.parent)
            writers[of].add(line.encoded(), Asked.of(line))
        for (model, url), writer in writers.items():
            to = path if len(writers) == 1 else path.with_stem(f"{path.stem}-{re.sub(r'[^A-Za-z0-9._-]+', '-', model)}")
            to = to.with_stem(f"{to.stem}-{digest([model, url], 8)}") if to in written else to
            written[to] = writer.close(to)
        return written
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path), mend="choose another file") from None
    finally:
        for writer in writers.values():
            writer.discard()
