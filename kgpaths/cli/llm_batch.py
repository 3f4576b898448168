"""Commands about language models: the Batch API, and files in its form for servers without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from kgpaths.cli.options import resolved
from kgpaths.cli.options import settings as settings_options
from kgpaths.cli.progress import shown
from kgpaths.cli.run import by_key, model_options
from kgpaths.errors import RunError

if TYPE_CHECKING:
    from kgpaths.config import LLMSettings
    from kgpaths.llm.batch import Sent
    from kgpaths.llm.cache import Cache
    from kgpaths.llm.money import Prices
    from kgpaths.runs import Run

BATCHES = "batches"  # folder of a run
address = click.option("--base-url", metavar="URL", help="Server, where it is no longer the one of submit.")


@click.command()
@settings_options
@click.option("--out", metavar="DIR", help="Folder of the run.")
@click.option("--limit", type=int, metavar="N", help="Use only the first N questions.")
@click.option("--ids", metavar="FILE", help="Use only the questions whose ids stand in FILE, one a line.")
@model_options
@click.option(
    "--export", "export_to", type=click.Path(path_type=Path), metavar="FILE", help="Write the requests to FILE instead, to be answered elsewhere."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def submit(settings: tuple[str, ...], config_file: Path | None, export_to: Path | None, quiet: bool, **flags: Any) -> None:
    """Submit what a run would ask of models now; what is in a batch already is not submitted again.

    \b
    Examples:
      kgpaths llm batch submit --questions my.jsonl --model gpt-5-mini --budget 20usd --out outputs/batched
      kgpaths llm batch submit -c run.yaml --export asked.jsonl
    """
    from kgpaths.ahead import still_asked
    from kgpaths.answering import cache_file, purse_of
    from kgpaths.llm.batch import export
    from kgpaths.llm.batch import submit as send
    from kgpaths.llm.cache import Cache
    from kgpaths.llm.client import Client
    from kgpaths.pipeline import begin
    from kgpaths.runs import locked

    config = resolved(settings, config_file, **by_key({**flags, "writer": "llm"})).config
    with shown(quiet=quiet) as progress:
        begun = begin(config, progress)
        with locked(Path(config.out)), Cache(cache_file(config.llm)) as cache:
            run = begun.take_up()
            if export_to:
                for file, chunk in export(still_asked(begun, cache, progress), export_to, run.path / BATCHES).items():
                    click.echo(f"{file}: {chunk.lines:,} requests to {chunk.model}, some {chunk.prompt_tokens:,} tokens of prompts")
                return
            with Client(config.served, cache, run_id=run.id) as client:
                client.check()
            purse = purse_of(config.served, cache.spent(run.id))
            done = send(still_asked(begun, cache, progress), run.path / BATCHES, config.llm, purse, say=tell)
    show(done.batches)
    parts = [(done.waiting, "wait in batches of before"), (done.refused, "were refused and are left to a live run"), (done.left_out, done.why)]
    click.echo(f"{done.lines:,} requests submitted" + "".join(f"; {number:,} {what}" for number, what in parts if number))
    if not done.lines and not done.waiting:
        click.echo("nothing is to be asked: kgpaths run with the same settings makes the rows")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@address
def status(run: Path, base_url: str | None) -> None:
    """Tell how the batches of a run are.

    \b
    Example:
      kgpaths llm batch status outputs/batched
    """
    from kgpaths.llm.batch import status as ask

    with of(run, base_url) as (found, llm_settings, _, _):
        show(ask(found.path / BATCHES, llm_settings, say=tell))


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@address
@click.option("--import", "import_from", type=click.Path(path_type=Path), metavar="FILE", help="Store the replies of FILE instead.")
@click.option("--on-error", type=click.Choice(["stop", "skip"]), default="stop", help="At a bad row of FILE: stop (default), or skip it.")
def collect(run: Path, base_url: str | None, import_from: Path | None, on_error: Literal["stop", "skip"]) -> None:
    """Store what the batches of a run have answered so far.

    \b
    Examples:
      kgpaths llm batch collect outputs/batched
      kgpaths llm batch collect outputs/batched --import answered.jsonl
    """
    from kgpaths.llm.batch import collect as fetch
    from kgpaths.llm.batch import import_

    with of(run, base_url) as (found, llm_settings, cache, prices):
        if import_from:
            click.echo(f"{import_from}: {import_(import_from, found.path / BATCHES, cache, prices, found.id, on_error)}")
            return
        show(fetch(found.path / BATCHES, llm_settings, cache, prices, found.id, say=tell))


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@address
def cancel(run: Path, base_url: str | None) -> None:
    """Cancel the batches of a run that have not ended; what they have answered can be collected.

    \b
    Example:
      kgpaths llm batch cancel outputs/batched
    """
    from kgpaths.llm.batch import cancel as stop

    with of(run, base_url) as (found, llm_settings, _, _):
        show(stop(found.path / BATCHES, llm_settings, say=tell))


@contextmanager
def of(run: Path, base_url: str | None) -> Iterator[tuple[Run, LLMSettings, Cache, Prices]]:
    """Yield a run that was submitted, with the settings it was submitted with, at another address where one is given."""
    from kgpaths.answering import cache_file
    from kgpaths.config import LLMSettings
    from kgpaths.llm.cache import Cache
    from kgpaths.llm.money import Prices
    from kgpaths.runs import Run

    found = Run.open(run)
    if not (found.path / BATCHES).is_dir():
        raise RunError("has no batches", where=str(run), mend="kgpaths llm batch submit makes some")
    stored = {key.removeprefix("llm."): value for key, value in found.identity.config.items() if key.startswith("llm.")}
    settings = LLMSettings(**stored | ({"base_url": base_url} if base_url else {}))
    with Cache(cache_file(settings)) as cache:
        yield found, settings, cache, Prices.read(settings.prices)


def show(batches: Iterable[Sent]) -> None:
    """Print a line for each batch."""
    for one in batches:
        click.echo(str(one))


def tell(line: str) -> None:
    """Say what goes on."""
    click.echo(line, err=True)
