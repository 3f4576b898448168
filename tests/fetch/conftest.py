"""A publisher for each test, and no waiting between tries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgpaths.fetch import transfer
from tests.fetch.server import Site, publishing


@pytest.fixture
def site() -> Iterator[Site]:
    with publishing() as found:
        yield found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAITS", (0.0,) * 5)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
