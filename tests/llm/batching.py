"""A run's folder, cache and settings beside a server with a Batch API; for the modules whose ``pytest_plugins`` names this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import LLMSettings
from kgpaths.llm import batch
from kgpaths.llm.batch_files import Line
from kgpaths.llm.batch_state import Sent, Tally
from kgpaths.llm.cache import Cache
from kgpaths.llm.client import Client
from kgpaths.llm.money import Price, Prices, Purse, Table
from kgpaths.llm.request import Answer, Ask, Message, Request
from tests.llm.batches import cleared
from tests.llm.server import PAID, TRANSIENT, Serving, serving

KEY = "sk-proj-neverToBeSeen0123456789"
PRICES = Prices((Table(date=date(2026, 11, 21), models={name: Price(input=10, output=100, batch=0.5) for name in ("m", "n")}),))


def request(number: int, model: str = "m", **kept: Any) -> Request:
    return Request(model=model, messages=(Message(role="user", text=f"Question {number}?"),), max_tokens=400, **kept)


def asked(many: int, model: str = "m", **kept: Any) -> list[Ask]:
    return [Ask(request(number, model, **kept)) for number in range(many)]


@dataclass
class Bench:
    """A run's folder, cache and settings, with the server."""

    server: Serving
    cache: Cache
    folder: Path
    settings: LLMSettings
    said: list[str] = field(default_factory=list)

    def pending(self, asks: list[Ask]) -> list[Line]:
        return list(batch.pending(asks, self.cache, self.settings))

    def submit(self, asks: list[Ask], purse: Purse | None = None, **kept: Any) -> batch.Submitted:
        return batch.submit(
            batch.pending(asks, self.cache, self.settings), self.folder, self.settings, purse, say=self.said.append, environ=ENVIRON, **kept
        )

    def status(self) -> tuple[Sent, ...]:
        return batch.status(self.folder, self.settings, environ=ENVIRON)

    def cancel(self) -> tuple[Sent, ...]:
        return batch.cancel(self.folder, self.settings, environ=ENVIRON)

    def collect(self) -> tuple[Sent, ...]:
        return batch.collect(self.folder, self.settings, self.cache, PRICES, "run", say=self.said.append, environ=ENVIRON)

    def tally(self) -> Tally:
        """Collect the one batch there is."""
        (one,) = self.collect()
        assert one.tally is not None
        return one.tally

    def live(self, asks: list[Ask]) -> tuple[list[Answer], int]:
        """Return the answers of a live client, and how many of its replies it paid for."""
        with Client(self.settings, self.cache, environ=ENVIRON) as client:
            return [future.result(10) for future in [client.submit(ask) for ask in asks]], client.progress.calls

    def usable(self) -> set[int]:
        """Return how often usable replies were served."""
        return set(self.server.stats()["usable"].values())


ENVIRON = {"OPENAI_API_KEY": KEY}


@pytest.fixture(scope="module")
def running() -> Iterator[Serving]:
    with serving(routes="tests.llm.batches", latency=0.0, key=KEY) as server:
        yield server


@pytest.fixture
def bench(running: Serving, tmp_path: Path) -> Iterator[Bench]:
    cleared(running)
    running.set(key=KEY, share=0.0, kinds=(*TRANSIENT, *PAID), worst=2)
    settings = LLMSettings(models=("m", "n"), base_url=running.base_url, api="chat", patience=0.3, timeout=5)
    with Cache(tmp_path / "llm.sqlite") as cache:
        yield Bench(running, cache, tmp_path / "batches", settings)
