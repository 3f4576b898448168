"""Fixtures that several rooms share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

KEPT = 3  # embedded graphs of earlier code that stay in pytest's cache


@pytest.fixture(scope="session", autouse=True)
def kgpaths_home(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Keep graphs in pytest's own cache: the user's stays untouched, and an unchanged embedded graph is built once."""
    home = Path(request.config.cache.mkdir("kgpaths")) if request.config.cache else Path(".pytest_cache")
    before = os.environ.get("KGPATHS_HOME")
    os.environ["KGPATHS_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["KGPATHS_HOME"]
    else:
        os.environ["KGPATHS_HOME"] = before


@pytest.fixture(scope="session")
def embedded(kgpaths_home: Path) -> Graph:
    """Return the embedded graph, built when its inputs or code changed."""
    from kgpaths.graph.embedded import default_graph_path, open_embedded

    graph = open_embedded()
    built = sorted(default_graph_path().parent.glob("embedded-*"), key=lambda p: p.stat().st_mtime)
    for old in built[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return graph


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data for tests, or skip, saying so, where it is absent."""
    folder = Path(os.environ.get("KGPATHS_SHARED_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}; set KGPATHS_SHARED_DATA")
    return folder
