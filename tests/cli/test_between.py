"""``kgpaths paths --from … --to …`` on a graph folder; on a server it is tested with the finder there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kgpaths.cli import cli
from kgpaths.errors import InputError
from kgpaths.graph.store import Graph
from tests.graphs import graph_of, line


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return graph_of(
        tmp_path,
        line("aspirin", "treats", "flu"),
        line("germ", "causes", "flu"),
        line("germ", "causes", "gout"),
        line("aspirin", "MY:helps", "gout"),
        line("aspirin", "treats", "gout", negated=True),
    )


def paths(graph: Graph, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["paths", "--graph", str(graph.path), *arguments], catch_exceptions=True)


def test_paths_between_two_concepts_are_chains(graph: Graph) -> None:
    ends = ("--from", "X:aspirin", "--to", "X:gout")
    assert paths(graph, *ends).output == "aspirin -treats-> flu <-causes- germ -causes-> gout\n1 path of at most 3 hops\n"
    assert paths(graph, *ends, "--max-hops", "2").output == "no path of at most 2 hops\n"
    assert paths(graph, *ends, "--predicates", "*", "--shortest").output == "aspirin -MY:helps-> gout\n1 path of at most 3 hops\n"
    assert paths(graph, *ends, "--metapath", "Drug -MY:helps-> *").output == "aspirin -MY:helps-> gout\n1 path of at most 1 hop\n"
    cut = paths(graph, *ends, "--predicates", "MY:helps, treats, causes", "--limit", "1").output
    assert cut == "aspirin -MY:helps-> gout\n1 path of at most 3 hops; there may be more: raise --limit\n"


def test_paths_between_two_concepts_as_json(graph: Graph) -> None:
    (found,) = map(json.loads, paths(graph, "--from", "X:gout", "--to", "X:flu", "--json").output.splitlines())
    assert found["nodes"] == ["X:gout", "X:germ", "X:flu"]
    assert found["predicates"] == ["causes", "causes"]
    assert found["inverted"] == [True, False]
    assert all(graph.edge_by_id(edge) for edge in found["edges"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "paths of what?"),
        (("--from", "X:flu"), "a path has two ends"),
        (("--question", "q", "--from", "X:flu"), "give either --question, or --from and --to"),
        (("--from", "X:flu", "--to", "X:none"), "no concept has the id 'X:none'"),
        (("--from", "X:flu", "--to", "X:gout", "--max-hops", "9"), "max_hops is 9"),
        (("--from", "X:flu", "--to", "X:gout", "--predicates", "heals"), "no predicate is named 'heals'"),
        (("--from", "X:flu", "--to", "X:gout", "--predicates", "treats", "--metapath", "* -- *"), "--predicates and --metapath are both given"),
    ],
)
def test_what_is_asked_wrongly_is_told(graph: Graph, arguments: tuple[str, ...], told: str) -> None:
    error = paths(graph, *arguments).exception
    assert isinstance(error, InputError)
    assert told in str(error)
