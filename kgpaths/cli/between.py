"""Paths between two concepts, as ``kgpaths paths --from … --to …`` shows them: of a graph folder, or of a graph in Neo4j."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kgpaths.cli.neo4j_options import opened, server_options
from kgpaths.errors import ConfigError, InputError

if TYPE_CHECKING:
    from kgpaths.cli.text import Name
    from kgpaths.graph.walk import Route, Walk
    from kgpaths.search.finder import PathFinder

Command = TypeVar("Command", bound=Callable[..., Any])
OPTIONS = ("source", "target", "shortest", "max_hops", "limit", "predicates", "metapath", "neo4j", "seconds", "as_json", "uri", "user", "database")


def between_options(command: Command) -> Command:
    """Add what a search between two concepts is asked; the command takes it as ``OPTIONS``."""
    for option in (
        server_options,
        click.option("--seconds", type=float, metavar="N", help="Time limit of a search in Neo4j, 30 unless said."),
        click.option("--neo4j", metavar="NAME", help="Search the graph loaded under this name in Neo4j, not --graph."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object a path: nodes, edges, predicates, inverted."),
        click.option("--limit", type=int, default=20, show_default=True, metavar="N", help="Show no more than N paths."),
        click.option("--max-hops", type=int, metavar="N", help="Hops of a path at most: 0 to 8; 3, or those of --metapath, unless said."),
        click.option("--shortest", is_flag=True, help="Only the paths with the fewest hops."),
        click.option("--metapath", metavar="PATTERN", help='What each hop must be: "Drug -treats-> Disease <-causes|affects- * -- Gene".'),
        click.option("--predicates", metavar="NAMES", help="Walk these, separated by commas; * for any. Else clinical ones, is_a and matches."),
        click.option("--to", "target", metavar="CURIE", help="Show the paths to this concept."),
        click.option("--from", "source", metavar="CURIE", help="Show the paths from this concept, without a question."),
    ):
        command = option(command)
    return command


def show_between(graph: str, asked: dict[str, Any]) -> None:
    """Print the paths between two concepts. Raises InputError or ServerError where something cannot be had."""
    from kgpaths.cli.text import on_one_line, route_text

    source, target, limit = asked["source"], asked["target"], asked["limit"]
    if not source or not target:
        raise InputError("a path has two ends", mend="give both --from and --to")
    walk = walk_of(asked["predicates"], asked["metapath"])
    hops = asked["max_hops"] if asked["max_hops"] is not None else len(walk.pattern) or 3
    with finder_of(graph, asked) as (finder, names):
        find = finder.shortest_paths if asked["shortest"] else finder.all_paths
        found = find(source, target, walk, max_hops=hops, limit=limit)
        if asked["as_json"]:
            for route in found:
                click.echo(json.dumps(asdict(route), ensure_ascii=False))
            return
        name = names(found)
    for route in found:
        click.echo(on_one_line(route_text(route, name)))
    least = "no path" if not found else "1 path" if len(found) == 1 else f"{len(found)} paths"
    rest = "; there may be more: raise --limit" if len(found) == limit else ""
    click.echo(f"{least} of at most {hops} hop{'s' * (hops != 1)}{rest}")


def walk_of(predicates: str | None, metapath: str | None) -> Walk:
    """Return the walk that is asked for."""
    from kgpaths.graph.walk import Walk

    if metapath:
        if predicates:
            raise InputError("--predicates and --metapath are both given", mend="name predicates in the metapath")
        return Walk.metapath(metapath)
    return Walk.of(part for name in (predicates or "").split(",") if (part := name.strip()))


@contextmanager
def finder_of(graph: str, asked: dict[str, Any]) -> Iterator[tuple[PathFinder, Callable[[Sequence[Route]], Name]]]:
    """Yield what searches, and what names the concepts of the paths found."""
    if asked["neo4j"] is None:
        from kgpaths.pipeline import open_graph
        from kgpaths.search.finder import GraphFinder

        local = open_graph(graph)
        yield GraphFinder(local), lambda found: lambda curie: local.concept_name(local.index(curie))
        return
    if find_spec("neo4j") is None:
        raise ConfigError("Neo4j's driver is not installed", mend="pip install 'kgpaths[neo4j]'")
    from kgpaths.neo4j.finder import SECONDS, Neo4jFinder

    with opened(asked["uri"], asked["user"], asked["database"]) as server:
        finder = Neo4jFinder(server, asked["neo4j"], seconds=SECONDS if asked["seconds"] is None else asked["seconds"])
        yield finder, lambda found: finder.names({curie for route in found for curie in route.nodes}).__getitem__
