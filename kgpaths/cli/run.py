"""Commands that run the pipeline: quickstart, run, status."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kgpaths.cli.options import resolved
from kgpaths.cli.options import settings as settings_options
from kgpaths.errors import ConfigError

if TYPE_CHECKING:
    from kgpaths.config import RunConfig
    from kgpaths.pipeline import Progress

KEYS = {"writer": "write.writer", "model": "llm.models", "base_url": "llm.base_url", "budget": "llm.budget"}
"""Flags that set a key of another name."""

Command = TypeVar("Command", bound=Callable[..., Any])


def model_options(command: Command) -> Command:
    """Add the options that name models, their server and what they may cost."""
    for option in (
        click.option("--budget", metavar="AMOUNT", help="Most the run may cost: 20usd, 50Mtok or 6h; it stops before that."),
        click.option("--base-url", metavar="URL", help="OpenAI-compatible server, e.g. http://localhost:8000/v1, else OpenAI's."),
        click.option("--model", multiple=True, metavar="NAME", help="Model that writes, by the server's name; may be given several times."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--out", default="outputs/quickstart", show_default=True, metavar="DIR", help="Folder of the run.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def quickstart(out: str, quiet: bool) -> None:
    """Turn the shipped questions into checked examples on the embedded graph.

    Needs no key, no server and no download. The graph is built at the first call and kept in the cache. A finished
    quickstart is made again; an interrupted one goes on.

    \b
    Example:
      kgpaths quickstart
    """
    from kgpaths.cli.progress import shown
    from kgpaths.pipeline import run
    from kgpaths.runs import IDENTITY, MANIFEST

    config = resolved((), None, out=out).config
    unfinished = (Path(out) / IDENTITY).is_file() and not (Path(out) / MANIFEST).is_file()
    with shown(quiet=quiet) as progress:
        made = run(config, progress=progress, fresh=not unfinished)
    print_run(made)


@click.command("run")
@settings_options
@click.option("--out", metavar="DIR", help="Folder of the run; the same command on an unfinished one resumes it.")
@click.option("--limit", type=int, metavar="N", help="Use only the first N questions.")
@click.option("--ids", metavar="FILE", help="Use only the questions whose ids stand in FILE, one a line.")
@model_options
@click.option("--writer", type=click.Choice(["template", "llm"]), help="Who writes: the offline template (default) or models.")
@click.option("--on-error", type=click.Choice(["stop", "skip"]), help="At a bad row: stop (default), or skip it and save a rejection.")
@click.option("--allow-benchmark", is_flag=True, default=None, help="Use questions of a test, dev or benchmark set; never train on what comes out.")
@click.option("--retry-from", metavar="RUN", type=click.Path(path_type=Path), help="Use only the questions that RUN rejected ...")
@click.option("--stage", help="... at this stage (link, search, validate) ...")
@click.option("--code", help="... with this code.")
@click.option("--dry-run", is_flag=True, help="Estimate calls, tokens, cost and time of a run that models write; nothing is asked.")
@click.option("--sample", type=click.IntRange(1), default=200, show_default=True, metavar="N", help="Questions that --dry-run looks at.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def run_command(
    settings: tuple[str, ...],
    config_file: Path | None,
    retry_from: Path | None,
    stage: str | None,
    code: str | None,
    dry_run: bool,
    sample: int,
    quiet: bool,
    **flags: Any,
) -> None:
    """Turn a question file into checked examples.

    \b
    Examples:
      kgpaths run --questions medqa.jsonl --out outputs/medqa
      kgpaths run -c run.yaml --set search.max_hops=3 --out outputs/three --limit 20
      kgpaths run --questions medqa.jsonl --on-error skip --out outputs/medqa
      kgpaths run --questions medqa.jsonl --writer llm --model gpt-5-mini --budget 20usd --out outputs/written
      kgpaths run --questions medqa.jsonl --writer llm --model gpt-5-mini --dry-run
      kgpaths run --writer llm --model local --base-url http://localhost:8000/v1 --limit 20 --out outputs/local
      kgpaths run --retry-from outputs/medqa --stage search --code no_path --set search.max_hops=5 --out outputs/again
    """
    from kgpaths.cli.progress import shown
    from kgpaths.pipeline import run

    if (stage or code) and not retry_from:
        raise ConfigError("--stage and --code choose among a run's rejections", where="flag --retry-from", mend="add --retry-from RUN")
    with tempfile.TemporaryDirectory() as scratch:
        if retry_from:
            flags = retry_flags(retry_from, stage, code, Path(scratch), flags)
        config = resolved(settings, config_file, **by_key(flags)).config
        with shown(quiet=quiet) as progress:
            if dry_run:
                rows = look_ahead(config, sample, progress)
            else:
                made = run(config, progress=progress, say=lambda line: click.echo(line, err=True))
    if dry_run:
        print_table(rows)
    else:
        print_run(made)


def look_ahead(config: RunConfig, sample: int, progress: Progress) -> list[tuple[str, str]]:
    """Return what a run may cost as rows of a table."""
    from kgpaths.pipeline import begin

    if not config.asks:
        raise ConfigError("the template costs nothing", where="flag --dry-run", mend="it is for --writer llm")
    begun = begin(config, progress)
    from kgpaths.ahead import dry_run

    return dry_run(begun, sample, progress)


def by_key(flags: dict[str, Any]) -> dict[str, Any]:
    """Return flags by the configuration keys that they set; an empty tuple is a flag that was not given."""
    return {KEYS.get(name, name): list(value) or None if isinstance(value, tuple) else value for name, value in flags.items()}


def retry_flags(source: Path, stage: str | None, code: str | None, scratch: Path, flags: dict[str, Any]) -> dict[str, Any]:
    """Return ``flags`` with the ids of the chosen rejections of run ``source``, and its question file where none is given."""
    from kgpaths.pipeline import retry_ids
    from kgpaths.runs import Run

    if flags.get("ids"):
        raise ConfigError("--ids and --retry-from both choose questions", where="flag --ids", mend="give one of them")
    old = Run.open(source)
    ids = list(retry_ids(old, stage, code))
    if not ids:
        raise ConfigError(
            f"no question was rejected with stage {stage or 'any'}, code {code or 'any'}",
            where=str(source),
            mend="kgpaths status RUN lists the codes",
        )
    chosen = scratch / "ids.txt"
    chosen.write_text("\n".join(ids) + "\n", encoding="utf-8")
    return {**flags, "ids": str(chosen), "questions": flags.get("questions") or old.identity.config["questions"]}


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def status(run: Path) -> None:
    """Show how far a run is, while it runs or afterwards.

    \b
    Example:
      kgpaths status outputs/quickstart
    """
    from kgpaths.runs import Run

    opened = Run.open(run)
    counts = opened.counts()
    share = f"{counts['questions']} of {opened.total} questions answered"
    click.echo(f"run {opened.id}: {'finished' if opened.finished else 'not finished'}, {share}")
    print_table(funnel_rows(counts))


def print_run(run: Any) -> None:
    """Print a run's table and one whole example."""
    from kgpaths.cli.text import example_text

    manifest = run.manifest
    rows = [*funnel_rows(manifest["counts"]), *((f"seconds: {name}", f"{seconds:.1f}") for name, seconds in manifest["seconds"].items())]
    print_table(rows)
    for skipped in manifest["skipped"]:
        click.echo(f"skipped: {skipped}")
    example = next(iter(run.examples), None)
    if example:
        click.echo("\n" + example_text(example))
    click.echo(f"\n{run.path}: " + ", ".join(sorted(p.name for p in run.path.iterdir())))


def funnel_rows(counts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the funnel as rows of a table."""
    rows = [
        (label, str(counts[key]))
        for label, key in (("questions", "questions"), ("linked", "linked"), ("with a path", "with_path"), ("accepted", "accepted"))
    ]
    return rows + [(f"rejected: {reason}", str(number)) for reason, number in counts["rejected"].items()]


def print_table(rows: Iterable[tuple[str, str]]) -> None:
    """Print rows of a label and a number, aligned."""
    rows = list(rows)
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        click.echo(f"  {label:<{width}}  {value:>8}")
