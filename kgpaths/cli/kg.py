"""Commands about graphs: build and show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgpaths.cli.group import LazyGroup
from kgpaths.errors import ConfigError, InputError

if TYPE_CHECKING:
    from kgpaths.graph.recipe import Look, Recipe
    from kgpaths.graph.store import Graph

HERE = "kgpaths.cli.kg"
SHOWN = 12  # names and ids of a concept
ASIDE = "kept_but_not_walked_"  # begins the counts of rows that are kept untold


@click.group(
    cls=LazyGroup,
    commands_in={
        "build": f"{HERE}:build",
        "fetch": "kgpaths.cli.fetch:fetch",
        "stats": f"{HERE}:stats",
        "search": "kgpaths.cli.kg_look:search",
        "show": f"{HERE}:show",
        "verify": "kgpaths.cli.kg_check:verify",
        "diff": "kgpaths.cli.kg_check:diff",
        "conflicts": "kgpaths.cli.kg_check:conflicts",
        "export": "kgpaths.cli.kg_look:export",
    },
)
def kg() -> None:
    """Build and look at graphs.

    \b
    Examples:
      kgpaths kg build                                     the embedded graph
      kgpaths kg fetch hetionet --out hetionet             a public graph from its publisher
      kgpaths kg build --source hetionet=hetionet --out graphs/hetionet
      kgpaths kg build graph.yaml --out graphs/mine        several sources, merged
      kgpaths kg stats graphs/mine
    """


@kg.command()
@click.argument("recipe", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the graph. Without a recipe or source: the cache, where 'embedded' is."
)
@click.option(
    "--source",
    "given",
    multiple=True,
    metavar="TYPE=PATH",
    help="Build one source, e.g. hetionet=FOLDER; 'kgpaths kg build --types' lists the types.",
)
@click.option("-o", "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of --source, e.g. -o vocabularies=[SNOMEDCT_US,MSH].")
@click.option("--name", default="", help="Name of the graph; default is that of the recipe or the source's type.")
@click.option("--dry-run", is_flag=True, help="Read the first 1,000 rows of each file (ontologies whole), check columns and prefixes, write nothing.")
@click.option("--no-cache", is_flag=True, help="Read every source again and keep nothing of what was read.")
@click.option("--types", is_flag=True, help="List the types of sources with their options.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def build(
    recipe: Path | None,
    out: Path | None,
    given: tuple[str, ...],
    options: tuple[str, ...],
    name: str,
    dry_run: bool,
    no_cache: bool,
    types: bool,
    quiet: bool,
) -> None:
    """Build a graph: of a RECIPE, of one --source, or, given neither, the embedded one.

    The folder appears whole or not at all. What was read of a source is kept in the cache and read again only when its
    files, its options or its reader change.

    \b
    Examples:
      kgpaths kg build
      kgpaths kg build graph.yaml --out graphs/mine --dry-run
      kgpaths kg build graph.yaml --out graphs/mine
      kgpaths kg build --source primekg=kg.csv --out graphs/primekg
      kgpaths kg build --source umls=2026AA/META -o vocabularies=[SNOMEDCT_US,MSH] --out graphs/umls
    """
    from kgpaths.cli.progress import shown
    from kgpaths.graph import recipe as recipes
    from kgpaths.graph.embedded import build_embedded, default_graph_path, home
    from kgpaths.graph.store import Graph

    if types:
        list_types()
        return
    if len(given) > 1:
        raise ConfigError("stands twice", where="flag --source", mend="list several sources in a recipe; see docs/graphs.md")
    plan = planned(recipe, given[0] if given else None, options, name)
    if plan is None:
        if dry_run or name:
            what = "needs a recipe or --source: the embedded graph has nothing to check" if dry_run else "belongs to --source or a recipe"
            raise ConfigError(what, where="flag --dry-run" if dry_run else "flag --name", mend="kgpaths kg build --source TYPE=PATH --dry-run")
        target = out or default_graph_path()
        with shown(quiet=quiet) as progress:
            build_embedded(target, progress=lambda step: progress(step, 0, 0))
        describe(Graph.open(target))
        return
    if dry_run:
        for one in plan.sources:
            tell(recipes.look(one))
        return
    if out is None:
        raise InputError("says where the graph goes", where="flag --out", mend="for example --out graphs/mine")
    with shown(quiet=quiet) as progress:
        recipes.build(plan, out, cache=None if no_cache else home() / "sources", progress=lambda step: progress(step, 0, 0))
    describe(Graph.open(out))


def planned(recipe: Path | None, source: str | None, options: tuple[str, ...], name: str) -> Recipe | None:
    """Return what to build, None for the embedded graph. Raises ConfigError for flags that do not go together."""
    from kgpaths.graph import recipe as recipes
    from kgpaths.sources import plainyaml

    if recipe and source:
        raise ConfigError("a recipe or a source, not both", where="flag --source", mend="add the source to the recipe")
    if options and not source:
        raise ConfigError("belongs to --source", where="flag --option", mend="in a recipe, write the option under its source")
    if recipe:
        plan = recipes.read_recipe(recipe)
        return recipes.Recipe(name or plan.name, plan.release, plan.sources)
    if not source:
        return None
    kind, _, path = source.partition("=")
    set_: dict[str, Any] = {}
    for text in options:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"has no '=': {text!r}", where="flag --option", mend="write KEY=VALUE")
        if key in set_ or key in ("type", "path"):
            what = "stands twice" if key in set_ else "is given by --source TYPE=PATH"
            raise ConfigError(what, where=f"flag --option {key}", mend="several values are one list: -o key=[a,b]")
        try:
            set_[key] = plainyaml.load(value)
        except plainyaml.YamlError:
            raise ConfigError(f"is no value: {value!r}", where=f"flag --option {key}", mend="write a text, a number, true, or [a,b]") from None
    return recipes.single(kind, path, set_, name)


def list_types() -> None:
    """Print the types of sources with their options."""
    import inspect

    from kgpaths.graph.recipe import INTERNAL, READERS, reader

    for kind in READERS:
        function = reader(kind)
        click.echo(f"{kind}: {(inspect.getdoc(function) or '').splitlines()[0]}")
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in INTERNAL:
                shown = "path" if name == "folder" else name
                click.echo(f"    {shown}" + ("" if parameter.default is parameter.empty else f" = {parameter.default!r}"))


def tell(found: Look) -> None:
    """Print what the first rows of a source hold."""
    click.echo(f"{found.source.type}: {found.name}")
    click.echo("  " + ", ".join(f"{number:,} {what}" for what, number in found.counts.items()))
    for title, prefixes in (("prefixes", found.prefixes), ("refers to", found.references)):
        if prefixes:
            shown = ", ".join(f"{prefix} {number:,}" for prefix, number in list(prefixes.items())[:SHOWN])
            click.echo(f"  {title}: {shown}" + (f" and {len(prefixes) - SHOWN} more" if len(prefixes) > SHOWN else ""))
    if found.unknown:
        click.echo(f"  unknown prefixes, kept as they are: {', '.join(found.unknown[:12])}")
    for reason, (number, example) in sorted(found.rejected.items()):
        click.echo(f"  rejected: {reason} {number:,}, for example {example}")


@kg.command()
@click.argument("graph", default="embedded")
@click.option("--json", "as_json", is_flag=True, help="The manifest and the figures as JSON.")
def stats(graph: str, as_json: bool) -> None:
    """Show a graph's sources, licences, hash, counts, degrees and components.

    \b
    Example:
      kgpaths kg stats
    """
    import json

    from kgpaths.graph.figures import figures
    from kgpaths.pipeline import open_graph

    opened = open_graph(graph)
    if as_json:
        click.echo(json.dumps({**opened.manifest.model_dump(mode="json", exclude={"files"}), "figures": figures(opened)}, indent=2))
    else:
        describe(opened, figures(opened))


@kg.command()
@click.argument("curie")
@click.option("--graph", default="embedded", show_default=True, metavar="DIR", help="Graph folder.")
@click.option("--limit", type=click.IntRange(min=1), default=30, show_default=True, metavar="N", help="Edges shown.")
def show(curie: str, graph: str, limit: int) -> None:
    """Show a concept with its names, ids and edges: each edge with how often, under which conditions, its sources and its id.

    \b
    Examples:
      kgpaths kg show HP:0002153
      kgpaths kg show OMIM:154700 --limit 5
    """
    from kgpaths.cli.text import edge_note, hop_text, on_one_line
    from kgpaths.model import Hop
    from kgpaths.pipeline import open_graph
    from kgpaths.sources.curies import normalise

    opened = open_graph(graph)
    curie = curie if curie in opened else normalise(curie) or curie
    if curie not in opened:
        raise InputError(f"no concept {curie!r}", where=graph, mend="ids look like HP:0002153; 'kgpaths kg search TEXT' finds them")
    index = opened.index(curie)
    concept = opened.concept(curie)
    click.echo(on_one_line(f"{concept.curie}  {concept.name}  [{concept.category}]"))
    shown = (("", [concept.definition]), ("also: ", [s.text for s in concept.synonyms]), ("ids and references: ", list(concept.xrefs)))
    for title, texts in shown:
        if any(texts):
            more = f", and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
            click.echo(on_one_line(f"  {title}{', '.join(texts[:SHOWN])}{more}"))
    rows = [(row, False) for row in opened.out.edges_of(index)] + [(row, True) for row in opened.inn.edges_of(index)]
    for row, inverted in rows[:limit]:
        edge = opened.edge(int(row))
        hop = hop_text(Hop(edge=edge, inverted=inverted), lambda c: opened.concept_name(opened.index(c)))
        click.echo(on_one_line(f"  {hop}  ({edge_note(edge)})"))
    if len(rows) > limit:
        click.echo(f"  ... and {len(rows) - limit} more")


def describe(graph: Graph, measured: Mapping[str, Any] | None = None) -> None:
    """Print a graph's manifest, readable, and its figures where they were measured."""
    manifest = graph.manifest
    click.echo(f"{graph.name} {graph.release}  {graph.path}")
    click.echo(f"  hash      {graph.hash}")
    click.echo(f"  concepts  {graph.n_concepts:>11,}")
    click.echo(f"  edges     {graph.n_edges:>11,}")
    for source in manifest.sources:
        click.echo(f"  source    {source.name} {source.release}: {source.licence}")
        for reason, number in source.left_out.items():
            what = f"kept, but not walked: {reason.removeprefix(ASIDE)}" if reason.startswith(ASIDE) else f"left out: {reason}"
            click.echo(f"            {number:>11,} rows {what}")
        if source.rejected:
            click.echo(f"            {source.rejected:>11,} rows rejected, see rejected_rows.parquet")
    for title, counts in (("category", manifest.categories), ("predicate", manifest.predicates), ("rejected", manifest.rejected)):
        for name, number in sorted(counts.items(), key=lambda item: -item[1]):
            click.echo(f"  {title:<9} {name:<42} {number:>11,}")
    if manifest.conflicts:
        click.echo(f"  conflicts {manifest.conflicts:,} links refused ('kgpaths kg conflicts' lists them)")
    for name, value in (measured or {}).items():
        for line in figure_lines(name, value):
            click.echo(line)


def figure_lines(name: str, value: Any) -> Iterator[str]:
    """Yield one of ``graph.figures`` as lines: a table of sources or licences by rows, a few numbers side by side."""
    if name in ("evidence", "licence"):
        for what, number in value.items():
            yield f"  {name:<9} {number:>11,} edges  {what}"
    elif isinstance(value, dict):
        yield f"  {name:<9} " + ", ".join(f"{k} {v:,.2f}".removesuffix(".00") if isinstance(v, float) else f"{k} {v:,}" for k, v in value.items())
    else:
        yield f"  {name:<9} " + (f"{value:>11,}" if isinstance(value, int) else " ".join(value.split()))
