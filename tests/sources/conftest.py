"""The real sources, read once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.sources.hpo import read_hpo
from kgpaths.sources.icd10cm import read_icd10cm
from kgpaths.sources.tables import SourceTables


@pytest.fixture(scope="session")
def hpo() -> SourceTables:
    return read_hpo()


@pytest.fixture(scope="session")
def icd() -> SourceTables:
    return read_icd10cm()


@pytest.fixture(scope="session")
def shared(shared_data: Path) -> Path:
    """The folder of real data, by the name that these tests use."""
    return shared_data
