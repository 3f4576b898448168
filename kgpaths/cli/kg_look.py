"""Commands that look into a graph and take it elsewhere: search and export."""

from __future__ import annotations

from pathlib import Path

import click

from kgpaths.errors import InputError


@click.command()
@click.argument("text")
@click.option("--graph", default="embedded", show_default=True, metavar="DIR", help="Graph folder.")
@click.option("--category", default="", metavar="C", help="Only concepts of this Biolink category or below it, e.g. Disease.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="Concepts shown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a concept.")
def search(text: str, graph: str, category: str, limit: int, as_json: bool) -> None:
    """Find concepts by name: the same name first, then names that begin with TEXT, then names with all its words.

    Case, spaces and hyphens make no difference. Synonyms count; the one that matched is shown.

    \b
    Examples:
      kgpaths kg search hyperkalemia
      kgpaths kg search "iron deficiency" --category Disease --limit 5
      kgpaths kg search metformin --graph graphs/mine --json
    """
    import json
    from dataclasses import asdict

    from kgpaths.graph.find import find
    from kgpaths.pipeline import open_graph

    if not text.strip():
        raise InputError("is empty", where="argument TEXT", mend="for example kgpaths kg search hyperkalemia")
    opened = open_graph(graph)
    found = find(opened, text, limit=limit, category=category)
    for one in found:
        alias = "" if one.alias == one.name else f"  ({one.scope}: {one.alias})"
        click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else f"{one.curie}  {one.name}  [{one.category}]{alias}")
    if not found:
        click.echo(f"no name in {opened.name} has these words: {text!r}; 'kgpaths kg show' looks up an id", err=True)


@click.command()
@click.argument("graph")
@click.option("--format", "format", required=True, metavar="FORMAT", help="kgx, csv, networkx or neo4j-admin.")
@click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder of the export.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def export(graph: str, format: str, out: Path, quiet: bool) -> None:
    """Write a graph in another program's format, with the licences of its sources and a README.txt on how to read it.

    \b
    kgx          nodes.tsv and edges.tsv with Biolink's names, a row for each statement of an edge
    csv          nodes.csv and edges.csv for people and pandas, names beside ids
    networkx     graph.json, which networkx.node_link_graph reads
    neo4j-admin  nodes.csv and edges.csv for 'neo4j-admin database import full'

    \b
    Examples:
      kgpaths kg export embedded --format csv --out exports/csv
      kgpaths kg export graphs/mine --format kgx --out exports/kgx
    """
    from kgpaths.cli.progress import shown
    from kgpaths.graph.export import export as write
    from kgpaths.pipeline import open_graph

    with shown(quiet=quiet) as progress:
        files = write(open_graph(graph, progress), format, out, progress=progress)
    for file in files:
        click.echo(f"{file}  {file.stat().st_size:,} bytes")
