"""The graph and the accepted drafts that the tests of all checks break."""

from __future__ import annotations

import pytest

from kgpaths.graph.store import Graph
from kgpaths.model import Draft
from tests.validate.drafts import QUESTIONS, draft_of, rich_graph


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return rich_graph(tmp_path_factory.mktemp("rich"))


@pytest.fixture(scope="session")
def drafts(rich: Graph) -> dict[str, Draft]:
    return {name: draft_of(rich, name) for name in QUESTIONS}
