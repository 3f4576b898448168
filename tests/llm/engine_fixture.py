"""The fixture ``engine``, for the modules whose ``pytest_plugins`` names this one: most tests that ask a model ask the test server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.llm.engine import Engine, interpreter, running


@pytest.fixture(scope="session")
def engine_python() -> str:
    """Return the Python that has the engine; skip, or fail where CI demands it, where there is none."""
    return interpreter()


@pytest.fixture(scope="session")
def engine(engine_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Yield the engine: one for all tests of a worker, as it starts in a second."""
    with running(tmp_path_factory.mktemp("engine"), engine_python) as started:
        yield started
