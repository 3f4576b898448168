"""Check a graph, compare two, and list the links a build refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kgpaths.graph.conflicts import Refused

NAME_SHOWN = 60  # characters


@click.command()
@click.argument("graph", default="embedded")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def verify(graph: str, quiet: bool) -> None:
    """Check a graph folder: its files' hashes, and that all it says holds together. Exit code 1 where it is not sound.

    Every hash is computed anew: of the files, of each edge, of the whole graph. GRAPH is a folder, or 'embedded'.

    \b
    Examples:
      kgpaths kg verify
      kgpaths kg verify graphs/mine
    """
    from kgpaths.cli.progress import shown
    from kgpaths.graph.embedded import default_graph_path
    from kgpaths.graph.store import Graph
    from kgpaths.graph.verify import verify as check
    from kgpaths.pipeline import open_graph

    path = Path(graph)
    if graph == "embedded":  # built where it is not there; what is there is checked as it is
        path = default_graph_path()
        if not path.is_dir():
            open_graph(graph)
    with shown(quiet=quiet) as progress:
        problems = check(path, progress=lambda step: progress(step, 0, 0))
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    found = Graph.open(path)
    click.echo(f"sound: {found.n_concepts:,} concepts, {found.n_edges:,} edges, hash {found.hash}")


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(min=0), help="Shown of each kind.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Also write all of it, one Parquet file a kind.")
@click.option("--json", "as_json", is_flag=True, help="The counts and what is shown as JSON.")
def diff(a: str, b: str, limit: int, out: Path | None, as_json: bool) -> None:
    """Compare an older graph A with a newer one B: what was added, removed, changed or renamed.

    Edges are compared by id and evidence, concepts by all their ids. What a merge calls otherwise is renamed, not removed.
    A and B are folders, or 'embedded'.

    \b
    Examples:
      kgpaths kg diff graphs/2025 graphs/2026
      kgpaths kg diff graphs/2025 embedded --limit 100 --out outputs/diff
    """
    import json

    from kgpaths.graph.diff import KINDS
    from kgpaths.graph.diff import diff as compare
    from kgpaths.pipeline import open_graph

    older, newer = open_graph(a), open_graph(b)
    found = compare(older, newer)
    counts = found.summary()
    if out is not None:
        found.write(out)
    if as_json:
        graphs = {end: {"path": str(g.path), "name": g.name, "hash": g.hash} for end, g in (("a", older), ("b", newer))}
        click.echo(json.dumps({**graphs, "summary": counts, **{kind: found.plain(kind, limit) for kind in KINDS}}, indent=2))
        return
    click.echo(f"a  {older.name} {older.release}  {older.path}  {older.hash[:12]}")
    click.echo(f"b  {newer.name} {newer.release}  {newer.path}  {newer.hash[:12]}")
    for kind, meaning in KINDS.items():
        click.echo(f"{kind.replace('_', ' '):<20} {counts[kind]:>11,}  {meaning}")
        for line in found.lines(kind, limit):
            click.echo(f"    {line}")
        if limit and counts[kind] > limit:
            click.echo(f"    … and {counts[kind] - limit:,} more")
    if out is not None:
        click.echo(f"all of it is in {out}")


@click.command()
@click.argument("graph", default="embedded")
@click.option("--reason", default="", metavar="REASON", help="Only links refused for this reason, as the counts name it.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="Links shown.")
@click.option("--json", "as_json", is_flag=True, help="The counts and the links shown as JSON.")
def conflicts(graph: str, reason: str, limit: int, as_json: bool) -> None:
    """List the links that merging refused, why, and what they would have joined.

    GRAPH is a folder, or 'embedded'; its conflicts.parquet holds them all.

    \b
    Examples:
      kgpaths kg conflicts
      kgpaths kg conflicts graphs/mine --reason same_prefix --limit 100
    """
    import json
    from dataclasses import asdict

    from kgpaths.graph.conflicts import REASONS, conflict_counts, refused_links
    from kgpaths.pipeline import open_graph

    opened = open_graph(graph)
    counts = conflict_counts(opened)
    links = list(refused_links(opened, reason, limit))
    if as_json:
        click.echo(json.dumps({"counts": counts, "links": [asdict(link) for link in links]}, indent=2))
        return
    click.echo(f"{opened.name} {opened.release}  {opened.path}")
    for name, number in counts.items():
        click.echo(f"  {name:<15} {number:>9,}  {REASONS.get(name, '')}".rstrip())
    if not counts:
        click.echo("  no link was refused")
    for link in links:
        click.echo(link_text(link))
    total = counts.get(reason, 0) if reason else sum(counts.values())
    if limit and total > limit:
        click.echo(f"… and {total - limit:,} more")


def link_text(link: Refused) -> str:
    """Return a refused link as one line."""
    ends = [f"{curie} ({' '.join(name.split())[:NAME_SHOWN]})" if name else curie for curie, name in ((link.a, link.a_name), (link.b, link.b_name))]
    return f"{link.reason}: {ends[0]} and {ends[1]}, by {link.via}"
