"""Who answers what a run asks of models: nobody, where none writes, or a server; and what it may not be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kgpaths.config import LLMSettings, RunConfig
from kgpaths.errors import ConfigError
from kgpaths.graph.embedded import home
from kgpaths.graph.store import Graph
from kgpaths.inflight import Submit, refuse
from kgpaths.model import RESTRICTED, Question

if TYPE_CHECKING:
    from kgpaths.llm.money import Purse, Spent

Say = Callable[[str], None]
NOTE = " · "
"""What parts a note from what is being done, in a line of progress."""
AHEAD = 2  # questions open for each call at a time: some are linked and searched while others are written


def unsaid(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Answering:
    """Where answers come from, for how many questions at a time, and a word on what it has cost so far."""

    submit: Submit = refuse
    width: int = 1
    told: Callable[[], str] = str
    paid: Callable[[], dict[str, float]] = dict  # calls, tokens, seconds and USD of this run so far, earlier sessions included


@contextmanager
def answering(config: RunConfig, run_id: str, say: Say = unsaid) -> Iterator[Answering]:
    """Yield who answers. Where models are asked, the server is asked first what it can do.

    Raises ConfigError for settings that do not go together, ServerError where the server does not answer, refuses the key or has
    no such model.
    """
    if not config.asks:
        yield Answering()
        return
    from kgpaths.llm.cache import Cache
    from kgpaths.llm.client import Client

    settings = config.served
    with Cache(cache_file(settings)) as cache, cache.clock(run_id):
        purse = purse_of(settings, cache.spent(run_id))
        with Client(settings, cache, purse, run_id=run_id, say=say) as client:
            client.check()
            yield Answering(client.submit, settings.concurrency * AHEAD, lambda: note(purse.spent), lambda: paid(cache.spent(run_id)))


def ready(config: RunConfig, graph: Graph, questions: Sequence[Question]) -> None:
    """Raise ConfigError where models are to be asked and none is named, or where they may not see the graph or a question."""
    if not config.asks:
        return
    from kgpaths.llm.server import address_of

    if not (config.llm.models if config.write.writer == "llm" else config.served.models):
        flags = "--writer llm --model NAME" if config.write.writer == "llm" else "--model NAME"
        raise ConfigError("no model is named", where="llm.models", mend=f"kgpaths run {flags} [--base-url URL]")
    host = urlsplit(address_of(config.llm)).hostname or ""
    if host in config.llm.allowed_hosts:
        return
    kept = [f"the graph's source {source.name}" for source in graph.manifest.sources if source.restricted]
    kept += ["the questions"] if config.restricted else [f"question {question.id}" for question in questions if RESTRICTED in question.tags][:1]
    if kept:
        raise ConfigError(
            f"{kept[0]} may not be sent to {host}: it is restricted",
            where="llm.base_url",
            mend="take a server of your own, or add the host to llm.allowed_hosts where its terms let you",
        )


def purse_of(settings: LLMSettings, spent: Spent) -> Purse:
    """Return what keeps a run, that has spent this already, within its budget. Raises ConfigError for a budget that cannot be kept."""
    from kgpaths.llm.money import Budget, Prices, Purse

    budget = Budget.parse(settings.budget) if settings.budget else None
    return Purse(budget, Prices.read(settings.prices), spent, settings.models)


def cache_file(settings: LLMSettings) -> Path:
    """Return the file that stores every reply."""
    return Path(settings.cache) if settings.cache else home() / "llm.sqlite"


def paid(spent: Spent) -> dict[str, float]:
    """Return what a run has paid as the manifest has it. Replies that were stored already are not in it."""
    usd = {"usd": round(spent.usd, 6)} if spent.unpriced < spent.calls else {}
    return {"calls": spent.calls, "tokens": spent.tokens, "seconds": round(spent.seconds, 1), **usd}


def note(spent: Spent) -> str:
    """Return what a run has cost so far, in a few words."""
    usd = f", {spent.usd:.2f} USD" if spent.usd else ""
    return f"{NOTE}{spent.calls:,} calls, {spent.tokens:,} tokens{usd}" if spent.calls else ""
