"""Fetch a public graph from its publisher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kgpaths.fetch import FetchedFile, Recipe


@click.command()
@click.argument("name", required=False)
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the files; default is downloads/NAME in the cache.")
@click.option("--list", "listing", is_flag=True, help="List the recipes with size and licence, and fetch nothing.")
@click.option(
    "--accept-changed", is_flag=True, help="Ask anew for files without a publisher's checksum, take what changed, replace files not fetched here."
)
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(min=0.1), help="Seconds to wait for each answer of the server.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def fetch(name: str | None, out: Path | None, listing: bool, accept_changed: bool, timeout: float, quiet: bool) -> None:
    """Fetch a public graph from its publisher: verified, resumable, with its licence.

    NAME is one of --list, or the path of a recipe of your own (.yaml). UMLS, SNOMED CT and RxNorm ask for a licence of
    your own and are not fetched: download them there, and build from the folder.

    \b
    Examples:
      kgpaths kg fetch --list
      kgpaths kg fetch hetionet
      kgpaths kg fetch mondo --out graphs/mondo
    """
    from kgpaths.cli.progress import shown
    from kgpaths.fetch import FIRST_USE, load_recipe
    from kgpaths.fetch import fetch as bring

    if listing:
        return list_recipes()
    if name is None:
        raise click.UsageError("Missing argument 'NAME'; --list shows the recipes.")
    recipe = load_recipe(name)
    if out is None:
        from kgpaths.graph.embedded import home

        out = home() / "downloads" / recipe.name
    describe(recipe)
    with shown(quiet=quiet) as progress:
        fetched = bring(name, out, progress=progress, accept_changed=accept_changed, timeout=timeout)
    for file in fetched.files:
        click.echo(line(file))
        for path in file.unpacked:
            click.echo(f"    unpacked {path.relative_to(fetched.folder)}")
    if any(file.checked == FIRST_USE for file in fetched.files):
        click.echo(
            "  the publisher's checksum is unknown where 'first use' stands: the hash is kept in fetched.json, and a later fetch must match it"
        )
    click.echo(f"  in        {fetched.folder}")
    if recipe.source:
        click.echo(f"  build     {how_to_build(recipe, fetched.folder)}")
    return None


def describe(recipe: Recipe) -> None:
    """Print what will be fetched and under which terms, before the first byte comes."""
    size = recipe.size
    click.echo(f"{recipe.name}: {recipe.title}")
    click.echo(f"  release   {recipe.release}, {'size unknown' if size is None else f'{size / 1e6:,.1f} MB'}")
    click.echo(f"  licence   {recipe.licence}")
    click.echo(f"            {recipe.licence_url}")
    click.echo(f"  cite      {recipe.citation}")
    if recipe.note:
        click.echo(f"  note      {recipe.note}")


def how_to_build(recipe: Recipe, folder: Path) -> str:
    """Return the command that makes a graph of what was fetched; of mere mappings none can be made, so the entry of a recipe that joins by them."""
    import yaml

    if recipe.source.get("type") != "sssom":
        return build_command(recipe, folder)
    entry = {**recipe.source, "path": str(folder / str(recipe.source.get("path") or ""))}
    lines = yaml.safe_dump({"mappings": [entry]}, sort_keys=False, allow_unicode=True, width=1000).splitlines()
    return "\n            ".join(["it joins the concepts of other graphs: add it to their recipe", *lines])


def build_command(recipe: Recipe, folder: Path) -> str:
    """Return the command that makes a graph of what was fetched."""
    import shlex

    import yaml

    options = dict(recipe.source)
    kind, place = options.pop("type", ""), options.pop("path", None)
    words = ["kgpaths", "kg", "build", "--source", f"{kind}={folder / str(place) if place else folder}"]
    for key, value in options.items():
        shown = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000).strip().removesuffix("...").strip()
        words += ["-o", f"{key}={shown}"]
    return shlex.join([*words, "--out", f"graphs/{recipe.name}"])


def line(file: FetchedFile) -> str:
    """Return one line on a fetched file."""
    return f"  {file.state:<13} {file.path.name}  {file.size:,} bytes  sha256 {file.sha256[:16]}…  ({file.checked})"


def list_recipes() -> None:
    """Print the shipped recipes."""
    from kgpaths.fetch import load_recipe, recipe_names

    for name in recipe_names():
        recipe = load_recipe(name)
        size = "unknown" if recipe.size is None else f"{recipe.size / 1e6:,.1f} MB"
        click.echo(f"{name:<12} {size:>9}  {recipe.title}")
        click.echo(f"{'':<12} {'':>9}  {recipe.licence}")
