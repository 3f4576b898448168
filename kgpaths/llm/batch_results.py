"""Read what came of the lines of a batch, and store it: every reply once, under the key a live call would find it by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from kgpaths.errors import InputError
from kgpaths.llm.batch_files import Asked
from kgpaths.llm.cache import Cache, Entry
from kgpaths.llm.faults import Outcome, Verdict, judge, line
from kgpaths.llm.money import Prices
from kgpaths.llm.request import Reply
from kgpaths.llm.tokens import count
from kgpaths.llm.wire import reply_of

GROUP = 1_000  # replies stored at a time
EXPIRED = ("batch_expired", "batch_cancelled")


@dataclass
class Tally:
    """What came of lines. All but ``stored`` are asked again; ``unknown``, ``twice`` and ``broken`` are of the file, and change nothing."""

    stored: int = 0
    unusable: int = 0  # of those stored: paid for, with a fault
    failed: int = 0
    expired: int = 0  # or cancelled before their turn
    missing: int = 0
    twice: int = 0
    unknown: int = 0
    broken: int = 0
    tokens: int = 0
    usd: float | None = None  # of what has a price
    reasons: Counter[str] = field(default_factory=Counter)  # why lines failed, in the server's words
    refused: list[str] = field(default_factory=list)  # keys of lines that failed and would again

    def __str__(self) -> str:
        parts = [f"{self.stored:,} stored" + (f" ({self.unusable:,} of them unusable)" if self.unusable else "")]
        why = f" ({'; '.join(f'{number:,}: {words}' for words, number in self.reasons.most_common(2))})" if self.reasons else ""
        named = {"failed" + why: self.failed, "expired": self.expired, "missing": self.missing, "twice": self.twice, "unknown": self.unknown}
        parts += [f"{number:,} {name}" for name, number in (named | {"unreadable": self.broken}).items() if number]
        return ", ".join(parts)


@dataclass(frozen=True)
class Row:
    """What a line of an output or error file says of a request. ``wrong`` is empty where it can be read."""

    where: str
    key: str = ""
    status: int = 0  # 0: there was no answer
    body: object = None
    code: str = ""  # why there was none
    words: str = ""
    wrong: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return what the answer means."""
        return judge(Outcome(self.status, self.body), {})

    @property
    def answers(self) -> bool:
        """Whether this is a reply, whatever it is worth: it was paid for."""
        return self.body is not None and self.verdict.kind == "reply"

    @property
    def refuses(self) -> bool:
        """Whether the server would say the same again."""
        return self.body is not None and self.verdict.kind in ("refused", "filtered", "feature")

    @property
    def reason(self) -> str:
        """Return why there is no reply."""
        return (self.verdict.words if self.body is not None else self.words) or f"status {self.status}"


def rows(path: Path) -> Iterator[Row]:
    """Yield the lines of an output or error file. What cannot be read is a row that says so, as others still can."""
    with path.open("rb") as stream:
        for number, data in enumerate(stream, 1):
            if data.strip():
                yield row(data, f"{path}, row {number}")


def row(data: bytes, where: str) -> Row:
    """Return what one line says. Beside the Batch API's form, the response's body may stand there by itself, or as ``body``."""
    try:
        found: Any = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return Row(where, wrong="is no whole JSON object")
    if not isinstance(found, Mapping) or not isinstance(found.get("custom_id"), str):
        return Row(where, wrong="has no custom_id")
    name, response, error = found["custom_id"], found.get("response"), found.get("error")
    if not isinstance(response, Mapping):
        if "method" in found and "url" in found:
            return Row(where, name, wrong="is a request, not what came of it")
        response = {"body": found["body"]} if isinstance(found.get("body"), Mapping) else None
    elif "body" not in response and ("choices" in response or "output" in response):
        response = {"body": response}
    if response is not None and response.get("body") is not None:
        status = response.get("status_code", 200)
        return (
            Row(where, name, status, response["body"]) if isinstance(status, int) else Row(where, name, wrong="has a status_code that is no number")
        )
    if error or response is not None:
        told = error if isinstance(error, Mapping) else {"message": error or "no body"}
        status = (response or {}).get("status_code")
        return Row(where, name, status if isinstance(status, int) else 0, None, str(told.get("code") or ""), line(str(told.get("message") or told)))
    return Row(where, name, wrong="has neither a response nor an error")


class Taking:
    """Stores what comes for lines that are known. ``answered`` are the keys of replies, ``failed`` those of errors, each with the row's."""

    def __init__(self, known: Mapping[str, Asked], cache: Cache, prices: Prices, run: str) -> None:
        self.known, self.cache, self.prices, self.run = known, cache, prices, run
        self.answered: set[str] = set()
        self.failed: dict[str, Row] = {}
        self._tally = Tally()
        self._waiting: list[Entry] = []

    def take(self, found: Iterable[Row], on_error: Literal["stop", "skip"] = "skip", *, shaped: bool = False) -> None:
        """Store the replies among rows and note the errors; what is stored is on disk on return.

        Raises InputError for the first row that cannot be read, where ``on_error`` is stop; rows before it are stored. With ``shaped``, a
        body that is of another API is such a row, not a reply that was paid for.
        """
        try:
            for one in found:
                asked = self.known.get(one.key)
                wrong = one.wrong or (misshapen(one, asked) if shaped and asked else "")
                if wrong and on_error == "stop":
                    mend = "each line has custom_id and response, as an output file of the Batch API has it; or --on-error skip"
                    raise InputError(wrong, where=one.where, mend=mend)
                if wrong:
                    self._tally.broken += 1
                elif asked is None:
                    self._tally.unknown += 1
                elif one.key in self.answered or (one.key in self.failed and not one.answers):
                    self._tally.twice += 1
                elif one.answers:
                    self.answered.add(one.key)
                    self.failed.pop(one.key, None)
                    self._keep(reply_of(one.body, asked.api), asked)
                else:
                    self.failed[one.key] = one
        finally:
            self._store()

    def tally(self, *, complete: bool = True) -> Tally:
        """Return what came of the lines; of those nothing was said of, that they are missing, where ``complete``."""
        told = replace(self._tally, reasons=Counter(), refused=[])
        told.missing = len(self.known) - len(self.answered) - len(self.failed) if complete else 0
        for name, one in self.failed.items():
            if one.code in EXPIRED:
                told.expired += 1
                continue
            told.failed += 1
            told.reasons[one.reason] += 1
            if one.refuses:
                told.refused.append(name)
        return told

    def _keep(self, reply: Reply, asked: Asked) -> None:
        """Count a reply and keep it to be stored."""
        usd, tokens = self._cost(reply, asked)
        told = self._tally
        told.stored += 1
        told.unusable += bool(reply.fault)
        told.tokens += tokens
        told.usd = told.usd if usd is None else (told.usd or 0.0) + usd
        self._waiting.append(Entry(asked.key, reply, asked.request, usd, tokens))
        if len(self._waiting) >= GROUP:
            self._store()

    def _cost(self, reply: Reply, asked: Asked) -> tuple[float | None, int]:
        """Return what a reply cost as one of a batch, by the tokens its server states, by ours where it states none."""
        prompt = reply.prompt_tokens or asked.prompt_tokens
        completion = reply.completion_tokens or (count(reply.text) if reply.text else 0)
        price = self.prices.of(asked.request.model)
        usd = price.of(prompt, completion, cached=reply.cached_tokens, batch=True) if price is not None else None
        return usd, prompt + completion

    def _store(self) -> None:
        entries, self._waiting = self._waiting, []
        if entries:
            self.cache.put_many(entries, run=self.run).result()


def misshapen(one: Row, asked: Asked) -> str:
    """Return what is wrong with a body that is none of the API that was asked, empty where it is one or an error."""
    field_of = {"chat": "choices", "responses": "output"}[asked.api]
    if not 200 <= one.status < 300 or (isinstance(one.body, Mapping) and (field_of in one.body or "error" in one.body)):
        return ""
    return f"its body has no {field_of}"
