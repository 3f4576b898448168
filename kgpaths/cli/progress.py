"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import click

from kgpaths.answering import NOTE
from kgpaths.pipeline import Progress

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[Progress]:
    """Yield a progress function that draws on stderr; leaves a clean line behind."""
    if quiet:
        yield lambda what, done, total: None
    elif sys.stderr.isatty():
        with bar() as draw:
            yield draw
    else:
        yield Lines()


class Lines:
    """One plain line when something else begins, at its end, and every few seconds in between."""

    def __init__(self) -> None:
        self.what, self.said = "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = monotonic()
        doing = what.partition(NOTE)[0]
        if doing != self.what or (total and done == total) or now - self.said >= SECONDS_BETWEEN_LINES:
            self.what, self.said = doing, now
            click.echo(f"{what}: {done}/{total}" if total else what, err=True)


@contextmanager
def bar() -> Iterator[Progress]:
    """Draw a bar with counts and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task("starting", total=None)
        yield lambda what, done, total: drawn.update(task, description=what, completed=done, total=total or None)
