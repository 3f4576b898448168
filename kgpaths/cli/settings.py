"""Commands about configuration: init and config show."""

from __future__ import annotations

from pathlib import Path

import click

from kgpaths.cli.options import resolved
from kgpaths.cli.options import settings as settings_options
from kgpaths.errors import InputError


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path("run.yaml"))
def init(path: Path) -> None:
    """Write a commented run.yaml with every key at its default.

    \b
    Example:
      kgpaths init && kgpaths run -c run.yaml
    """
    from kgpaths.config import RunConfig
    from kgpaths.resolve import commented

    if path.exists():
        raise InputError("already exists", where=str(path), mend="choose another name: kgpaths init OTHER.yaml")
    path.write_text(commented(RunConfig()), encoding="utf-8")
    click.echo(f"wrote {path}")


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command("show")
@settings_options
def show(settings: tuple[str, ...], config_file: Path | None, questions: str | None, graph: str | None) -> None:
    """Print each resolved value with its origin.

    A flag goes before the environment (KGPATHS_SEARCH__MAX_HOPS=3), that before the file, that before the default.

    \b
    Example:
      kgpaths config show -c run.yaml --set search.max_hops=3
    """
    lines = resolved(settings, config_file, questions=questions, graph=graph).lines()
    width = max(len(key) for key, _, _ in lines)
    for key, value, origin in lines:
        click.echo(f"{key:<{width}}  {value!s:<24}  {origin}")
