"""Options several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kgpaths.resolve import Resolved, resolve

Command = TypeVar("Command", bound=Callable[..., Any])


def settings(command: Command) -> Command:
    """Add the options that set configuration keys."""
    for option in (
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set any configuration key, e.g. --set search.max_hops=3."),
        click.option("-c", "--config", "config_file", type=click.Path(path_type=Path), help="YAML file of settings (kgpaths init writes one)."),
        click.option("--graph", metavar="DIR", help="Graph folder; 'embedded' (default) is the one that comes with the package."),
        click.option(
            "--questions", metavar="FILE", help="Question file: MedQA JSONL or ours (docs/questions.md); 'core' (default) for the shipped ones."
        ),
    ):
        command = option(command)
    return command


def resolved(settings: tuple[str, ...], config_file: Path | None, **flags: Any) -> Resolved:
    """Return the configuration from flags, environment and file."""
    return resolve(flags=flags, settings=settings, environ=os.environ, file=config_file)
