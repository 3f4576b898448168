"""The real sources, read once for all tests."""

from __future__ import annotations

import os
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
def shared() -> Path:
    folder = Path(os.environ.get("KGPATHS_SHARED_DATA", "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}; set KGPATHS_SHARED_DATA")
    return folder
