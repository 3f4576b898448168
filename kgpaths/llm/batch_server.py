"""Hand request files to a server's Batch API and fetch what it made of them, by the official SDK. Nothing the SDK raises leaves this file."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from kgpaths.config import LLMSettings
from kgpaths.errors import ConfigError, ServerError
from kgpaths.llm.calls import AGAIN, Say
from kgpaths.llm.faults import TOO_SLOW, Outcome, Verdict, judge, line
from kgpaths.llm.limits import backoff
from kgpaths.llm.server import Endpoint, why
from kgpaths.llm.wire import number

TRANSFER = 3_600.0  # seconds for a file, up or down
PAGE = 100  # batches of one page of the list: the most there can be
PASSING = ("busy", "failing", "unreached", "slow")
NO_API = (404, 405, 501)
HASH = "kgpaths_chunk"  # the batch's metadata under which its file's hash stands
ENDED = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class Batch:
    """A batch as the server tells it."""

    id: str
    status: str
    chunk: str = ""  # hash of its request file, where it is one of ours
    completed: int = 0
    failed: int = 0
    files: tuple[str, ...] = ()  # of replies, then of errors
    detail: str = ""  # why it failed

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ENDED

    @classmethod
    def of(cls, data: object) -> Batch | None:
        """Return the batch that JSON tells of, None where it tells of none."""
        if not isinstance(data, Mapping) or not (isinstance(data.get("id"), str) and data["id"] and isinstance(data.get("status"), str)):
            return None
        metadata, counts, errors = (
            found if isinstance(found := data.get(name), Mapping) else {} for name in ("metadata", "request_counts", "errors")
        )
        files = (data.get("output_file_id"), data.get("error_file_id"))
        told = errors.get("data")
        said = [str(one.get("message") or one.get("code")) for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
        return cls(
            data["id"],
            data["status"],
            str(metadata.get(HASH) or ""),
            number(counts.get("completed")),
            number(counts.get("failed")),
            tuple(file for file in files if isinstance(file, str) and file),
            line("; ".join(dict.fromkeys(said))),
        )


class BatchServer(Endpoint):
    """The Batch API of a server. What passes is tried again for ``llm.patience`` seconds; what does not is a ServerError.

    A server without this API is a ConfigError that tells of ``--export``.
    """

    def __init__(self, settings: LLMSettings, say: Say, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__(settings, environ)
        self.patience, self.key_variable, self.say = settings.patience, settings.key_variable, say

    async def listed(self) -> AsyncIterator[Batch]:
        """Yield all batches, the newest first, page by page."""
        seen: set[str] = set()
        last = ""
        while True:
            data = await self._data("list", self._page(last))
            rows = data.get("data")
            found = [batch for row in rows if (batch := Batch.of(row))] if isinstance(rows, list) else []
            fresh = [batch for batch in found if batch.id not in seen]
            for batch in fresh:
                seen.add(batch.id)
                yield batch
            if not fresh or data.get("has_more") is False:  # some do not tell, and some repeat themselves
                return
            last = fresh[-1].id

    async def find(self, chunk: str, known: set[str]) -> Batch | None:
        """Return the batch of a request file, None where there is none: the newest that did not fail and is not in ``known``."""
        async for batch in self.listed():
            if batch.chunk == chunk and batch.status != "failed" and batch.id not in known:
                return batch
        return None

    async def create(self, chunk: str, file: Path, url: str, known: set[str]) -> Batch:
        """Upload a request file and make a batch of it, once: it may have been made though we never heard of it."""
        uploaded = str((await self._data("upload", lambda: self._upload(file), TRANSFER)).get("id") or "")
        if not uploaded:
            raise ServerError("took a file and gave it no id", where=self.url, mend=AGAIN)
        endpoint: Any = url  # the SDK lists those there are

        def make() -> Awaitable[Any]:
            create = self._sdk.batches.with_raw_response.create
            return create(completion_window="24h", endpoint=endpoint, input_file_id=uploaded, metadata={HASH: chunk})

        waiting = Waiting(self)
        while True:
            outcome, verdict = await self._once(make)
            if verdict.kind == "reply" and (made := Batch.of(outcome.data)):
                return made
            if verdict.kind not in ("reply", *PASSING):
                self._refuse("create", outcome, verdict)
            await waiting.after(outcome, verdict)
            if made := await self.find(chunk, known):
                return made

    async def retrieve(self, id: str) -> Batch | None:
        """Return a batch, None where the server knows none of this id."""
        return await self._batch("retrieve", lambda: self._sdk.batches.with_raw_response.retrieve(id))

    async def cancel(self, id: str) -> Batch | None:
        """Cancel a batch that has not ended, and return it; None where the server knows none of this id."""
        found = await self.retrieve(id)
        if found is None or found.ended:
            return found
        return await self._batch("cancel", lambda: self._sdk.batches.with_raw_response.cancel(id)) or await self.retrieve(id)

    async def download(self, file: str, to: Path) -> Literal["whole", "gone", "broken"]:
        """Fetch a file and tell how it came; of one that breaks off each time, what came of it is kept.

        Raises ServerError where it does not begin to come.
        """
        waiting = Waiting(self)
        while True:
            outcome, verdict = await self._once(lambda: self._fetch(file, to), TRANSFER)
            if verdict.kind == "reply":
                return "whole"
            if outcome.status in (404, 410):
                return "gone"
            if verdict.kind not in PASSING:
                self._refuse("fetch", outcome, verdict)
            try:
                await waiting.after(outcome, verdict)
            except ServerError:
                if to.exists() and to.stat().st_size:
                    return "broken"
                raise

    def _page(self, after: str) -> Callable[[], Awaitable[Any]]:
        """Return the call for the page of the list that follows a batch, or for the first."""
        batches = self._sdk.batches.with_raw_response
        return lambda: batches.list(limit=PAGE, after=after) if after else batches.list(limit=PAGE)

    async def _upload(self, file: Path) -> Any:
        with file.open("rb") as stream:
            return await self._sdk.files.with_raw_response.create(file=(file.name, stream, "application/jsonl"), purpose="batch")

    async def _fetch(self, file: str, to: Path) -> Any:
        async with self._sdk.files.with_streaming_response.content(file) as response:
            with to.open("wb") as stream:
                async for part in response.iter_bytes():  # as it comes: what breaks off loses nothing that came
                    stream.write(part)
        return None

    async def _batch(self, what: str, send: Callable[[], Awaitable[Any]]) -> Batch | None:
        """Return the batch that a call tells of; None where it is refused as unknown or ended."""
        outcome, verdict = await self._answered(send)
        if verdict.kind != "reply" and outcome.status in (400, 404):
            return None
        if verdict.kind != "reply":
            self._refuse(what, outcome, verdict)
        if (found := Batch.of(outcome.data)) is None:
            raise ServerError("answers with something that is no batch", where=self.url, mend="is llm.base_url right?")
        return found

    async def _data(self, what: str, send: Callable[[], Awaitable[Any]], seconds: float | None = None) -> Mapping[str, Any]:
        """Return the JSON object that a call answers with."""
        outcome, verdict = await self._answered(send, seconds)
        if verdict.kind != "reply":
            self._refuse(what, outcome, verdict)
        if not isinstance(outcome.data, Mapping):
            raise ServerError("answers with something that is no JSON object", where=self.url, mend="is llm.base_url right? it often ends in /v1")
        return outcome.data

    async def _answered(self, send: Callable[[], Awaitable[Any]], seconds: float | None = None) -> tuple[Outcome, Verdict]:
        """Call until the server answers; return that and what it means."""
        waiting = Waiting(self)
        while True:
            outcome, verdict = await self._once(send, seconds)
            if verdict.kind not in PASSING:
                return outcome, verdict
            await waiting.after(outcome, verdict)

    async def _once(self, send: Callable[[], Awaitable[Any]], seconds: float | None = None) -> tuple[Outcome, Verdict]:
        """Call once, within a time limit of all of it."""
        import httpx2
        import openai

        seconds = seconds or self.timeout
        try:
            async with asyncio.timeout(seconds):
                raw = await send()
            outcome = self.read(200, raw.http_response.content, raw.headers) if raw is not None else Outcome(200)
        except TimeoutError:
            outcome = Outcome(0, text=f"{TOO_SLOW} {seconds:g} s")
        except openai.APIStatusError as error:
            outcome = self.read(error.response.status_code, error.response.content, error.response.headers)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            outcome = Outcome(0, text=self.scrub(why(error)))
        return outcome, judge(outcome, {}, self.key_variable)

    def _refuse(self, what: str, outcome: Outcome, verdict: Verdict) -> NoReturn:
        """Raise what a refusal means."""
        if outcome.status in NO_API:
            raise ConfigError(f"has no Batch API: {verdict.words}", where=self.url, mend="use --export and --import") from None
        if verdict.kind == "stop":
            raise ServerError(verdict.words, where=self.url, mend=verdict.mend) from None
        raise ServerError(f"refuses to {what} a batch: {verdict.words}", where=self.url, mend=AGAIN) from None


class Waiting:
    """The waits between the tries of one call."""

    def __init__(self, server: BatchServer) -> None:
        self.server, self.failures, self.since = server, 0, time.monotonic()

    async def after(self, outcome: Outcome, verdict: Verdict) -> None:
        """Wait for the next try. Raises ServerError where the server has failed for too long."""
        self.failures += 1
        words = verdict.words or "what comes is no answer"
        left = self.server.patience - (time.monotonic() - self.since)
        if left <= 0:
            raise ServerError(f"answers nothing for {self.server.patience:.0f} s: {words}", where=self.server.url, mend=AGAIN)
        if self.failures == 1:
            self.server.say(f"{self.server.url}: {words}; trying again for {left:.0f} s")
        await asyncio.sleep(min(max(backoff(self.failures), outcome.wait or 0.0), left))
