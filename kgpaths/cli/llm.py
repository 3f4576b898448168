"""Commands about language models."""

from __future__ import annotations

from importlib.util import find_spec

import click

from kgpaths.cli.group import LazyGroup
from kgpaths.errors import ConfigError

BATCH = "kgpaths.cli.llm_batch"


@click.group(cls=LazyGroup, commands_in={"batch": "kgpaths.cli.llm:batch"})
def llm() -> None:
    """Ask language models for a run by other ways than one call at a time.

    \b
    Example:
      kgpaths llm batch submit --questions my.jsonl --model gpt-5-mini --out outputs/batched
    """


@click.group(cls=LazyGroup, commands_in={name: f"{BATCH}:{name}" for name in ("submit", "status", "collect", "cancel")})
def batch() -> None:
    """Have a provider's Batch API write a run: cheaper, within a day.

    'submit' asks for all that is still to be asked, 'collect' stores what has come. Drafts that fail go back to their model, so submit
    and collect until nothing is to be asked; then 'kgpaths run' with the same settings makes the rows without a call.

    \b
    Examples:
      kgpaths llm batch submit --questions my.jsonl --model gpt-5-mini --out outputs/batched
      kgpaths llm batch status outputs/batched
      kgpaths llm batch collect outputs/batched
      kgpaths llm batch submit --questions my.jsonl --model local --export asked.jsonl --out outputs/batched
      kgpaths llm batch collect outputs/batched --import answered.jsonl
    """
    if find_spec("openai") is None:
        raise ConfigError("the SDK is not installed", mend="pip install 'kgpaths[llm]'")
