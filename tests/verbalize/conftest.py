"""Core questions as the writers get them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgpaths.config import LinkSettings, SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.link.linker import Linker
from kgpaths.model import Rejection
from kgpaths.pipeline import question_file
from kgpaths.search.support import search
from kgpaths.sources.questions import BadRow, read_questions
from kgpaths.verbalize.template import TemplateWriter
from tests.verbalize.cases import Searched


@pytest.fixture(scope="session")
def template(embedded: Graph) -> TemplateWriter:
    """Return the template's writer over the embedded graph: it reads every name once."""
    return TemplateWriter(embedded)


@pytest.fixture(scope="session")
def core(embedded: Graph) -> list[Searched]:
    """Return the first core questions that reach the writer, linked and searched."""
    return list(searched(embedded, 30))


def searched(graph: Graph, most: int) -> Iterator[Searched]:
    linker, settings = Linker(graph, LinkSettings()), SearchSettings()
    rows = [row for row in read_questions(question_file("core")) if not isinstance(row, BadRow)]
    for row in rows[:most]:
        found = linker.link(row)
        supports = found if isinstance(found, Rejection) else search(graph, found, settings)
        if not isinstance(found, Rejection) and not isinstance(supports, Rejection):
            yield found, supports
