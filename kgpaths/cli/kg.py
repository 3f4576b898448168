"""Commands about graphs: build and show."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def kg() -> None:
    """Build and look at graphs."""


@kg.command()
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the graph; default is the cache, where 'embedded' is looked for."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def build(out: Path | None, quiet: bool) -> None:
    """Build the embedded graph: HPO, ICD-10-CM and the core graph that ships with the package.

    \b
    Examples:
      kgpaths kg build
      kgpaths kg build --out graphs/embedded
    """
    from kgpaths.cli.progress import shown
    from kgpaths.graph.embedded import build_embedded, default_graph_path
    from kgpaths.graph.store import Graph

    target = out or default_graph_path()
    with shown(quiet=quiet) as progress:
        build_embedded(target, progress=lambda step: progress(step, 0, 0))
    describe(Graph.open(target))


@kg.command()
@click.argument("graph", default="embedded")
def stats(graph: str) -> None:
    """Show a graph's sources, licences, hash and counts.

    \b
    Example:
      kgpaths kg stats
    """
    from kgpaths.pipeline import open_graph

    describe(open_graph(graph))


@kg.command()
@click.argument("curie")
@click.option("--graph", default="embedded", show_default=True, metavar="DIR", help="Graph folder.")
@click.option("--limit", default=30, show_default=True, help="Edges shown.")
def show(curie: str, graph: str, limit: int) -> None:
    """Show a concept with its names and edges.

    \b
    Example:
      kgpaths kg show HP:0002153
    """
    from kgpaths.cli.text import hop_text
    from kgpaths.errors import InputError
    from kgpaths.model import Hop
    from kgpaths.pipeline import open_graph
    from kgpaths.sources.curies import normalise

    opened = open_graph(graph)
    curie = curie if curie in opened else normalise(curie) or curie
    if curie not in opened:
        raise InputError(f"no concept {curie!r}", where=graph, mend="ids look like HP:0002153 or MONDO:0005015")
    index = opened.index(curie)
    concept = opened.concept(curie)
    click.echo(f"{concept.curie}  {concept.name}  [{concept.category}]")
    if concept.definition:
        click.echo(f"  {concept.definition}")
    click.echo("  also: " + ", ".join(s.text for s in concept.synonyms[:12]))
    click.echo("  ids: " + ", ".join(concept.xrefs[:12]))
    rows = [(row, False) for row in opened.out.edges_of(index)] + [(row, True) for row in opened.inn.edges_of(index)]
    for row, inverted in rows[:limit]:
        edge = opened.edge(int(row))
        sources = ", ".join(sorted({e.source for e in edge.evidence}))
        click.echo(f"  {hop_text(Hop(edge=edge, inverted=inverted), lambda c: opened.concept_name(opened.index(c)))}  ({sources})")
    if len(rows) > limit:
        click.echo(f"  ... and {len(rows) - limit} more")


def describe(graph: object) -> None:
    """Print a graph's manifest, readable."""
    from kgpaths.graph.store import Graph

    assert isinstance(graph, Graph)
    manifest = graph.manifest.model_dump(mode="json")
    click.echo(f"{graph.name} {graph.release}  {graph.path}")
    click.echo(f"  hash      {graph.hash}")
    click.echo(f"  concepts  {graph.n_concepts:>9,}")
    click.echo(f"  edges     {graph.n_edges:>9,}")
    for source in manifest["sources"]:
        click.echo(f"  source    {source['name']} {source['release']}: {source['licence']}")
    for title, key in (("category", "categories"), ("predicate", "predicates")):
        for name, number in sorted(manifest.get(key, {}).items(), key=lambda item: -item[1]):
            click.echo(f"  {title:<9} {name:<42} {number:>9,}")
