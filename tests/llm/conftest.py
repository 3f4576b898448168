"""Clients of the test server, closed with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kgpaths.config import LLMSettings
from kgpaths.llm.cache import Cache
from kgpaths.llm.client import Client
from tests.llm.server import Serving

Open = Callable[..., Client]


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a client of a server, with settings as given; all of a test share one file of replies."""
    with ExitStack() as stack:

        def opened(server: Serving, *, purse: Any = None, environ: dict[str, str] | None = None, say: Any = print, **settings: Any) -> Client:
            base = {"models": ("m",), "base_url": server.base_url, "concurrency": 16, "timeout": 5.0, "patience": 5.0}
            cache = stack.enter_context(Cache(tmp_path / "llm.sqlite"))
            return stack.enter_context(Client(LLMSettings(**(base | settings)), cache, purse, "run", say, environ or {}))

        yield opened


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait little between tries."""
    monkeypatch.setattr("kgpaths.llm.limits.FIRST_WAIT", 0.02)
    monkeypatch.setattr("kgpaths.llm.limits.LAST_WAIT", 0.1)
