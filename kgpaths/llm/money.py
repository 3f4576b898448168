"""What a run may cost: prices, budgets, and the purse that is asked before every call."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import count as numbers
from pathlib import Path
from threading import Lock
from typing import Literal

from pydantic import Field, ValidationError

from kgpaths.errors import BudgetReached, ConfigError
from kgpaths.llm.request import Reply, Request
from kgpaths.llm.tokens import count
from kgpaths.model import Noun
from kgpaths.sources import plainyaml

MILLION = 1_000_000
OURS = Path(__file__).with_name("prices.yaml")
DATED = re.compile(r"-[0-9]{4}-[0-9]{2}-[0-9]{2}$")  # gpt-4o-2024-08-06
UNITS: Mapping[str, tuple[Literal["usd", "tokens", "seconds"], float]] = {
    "usd": ("usd", 1),
    "tok": ("tokens", 1),
    "ktok": ("tokens", 1_000),
    "mtok": ("tokens", MILLION),
    "min": ("seconds", 60),
    "h": ("seconds", 3_600),
}


@dataclass(frozen=True)
class Spent:
    """What a run has spent so far. ``usd`` holds only what has a price: ``unpriced`` of the ``calls`` have none."""

    usd: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    calls: int = 0
    unpriced: int = 0


class Price(Noun):
    """US dollars for a million tokens of a model. ``batch`` is the share of the price that is paid through the Batch API."""

    input: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(None, ge=0, allow_inf_nan=False)  # input that the server still had; None: as input
    output: float = Field(ge=0, allow_inf_nan=False)
    batch: float = Field(1.0, ge=0, le=1, allow_inf_nan=False)
    source: str = ""

    def of(self, prompt: float, completion: float, *, cached: float = 0, batch: bool = False) -> float:
        """Return what tokens cost: (prompt − cached) · input + cached · cached price + completion · output, ÷ 1,000,000."""
        cached = min(cached, prompt)
        less = self.input if self.cached is None else self.cached
        return ((prompt - cached) * self.input + cached * less + completion * self.output) * (self.batch if batch else 1.0) / MILLION


class Table(Noun):
    """A file of prices, and the day it was true."""

    date: date
    models: dict[str, Price]

    def of(self, model: str) -> Price | None:
        """Return the price of a model named exactly so, or without the date at its end."""
        return self.models.get(model) or self.models.get(DATED.sub("", model))


@dataclass(frozen=True)
class Prices:
    """Price tables; the first that knows a model is right about it."""

    tables: tuple[Table, ...] = ()

    @classmethod
    def read(cls, path: Path | str = "") -> Prices:
        """Return kgpaths' own prices behind those of a user's file, where one is given. Raises ConfigError for a file that cannot be used."""
        return cls(((read_table(Path(path)),) if path else ()) + (ours(),))

    def of(self, model: str) -> Price | None:
        """Return the price of a model, None where no table has it."""
        return next((price for table in self.tables if (price := table.of(model))), None)

    def cost(self, reply: Reply, model: str, *, batch: bool = False) -> float | None:
        """Return what a reply cost in USD by its own token counts, None for a model without a price."""
        price = self.of(model)
        return None if price is None else price.of(reply.prompt_tokens, reply.completion_tokens, cached=reply.cached_tokens, batch=batch)


@cache
def ours() -> Table:
    """Return the prices that come with the package."""
    return read_table(OURS)


def read_table(path: Path) -> Table:
    """Read and check one price file. Raises ConfigError, naming the file and the key."""
    where, mend = str(path), "the file has date: and models:, as kgpaths/llm/prices.yaml"
    try:
        loaded = plainyaml.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=where, mend="llm.prices names a YAML file of prices") from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", where=where, mend="save it as UTF-8") from None
    except plainyaml.YamlError as error:
        raise ConfigError(error.what, where=f"{where}, row {error.row}" if error.row else where, mend=mend) from None
    if not isinstance(loaded, dict):
        raise ConfigError("is not a mapping of keys to values", where=where, mend=mend)
    try:
        return Table.model_validate(loaded)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        got = "" if first["type"] == "missing" else f" (got {str(first['input'])[:80]!r})"
        raise ConfigError(f"{first['msg'][0].lower()}{first['msg'][1:]}{got}", where=f"{where}, key {key}", mend=mend) from None


@dataclass(frozen=True)
class Budget:
    """The most a run may spend: US dollars, tokens, or seconds."""

    unit: Literal["usd", "tokens", "seconds"]
    most: float
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read ``20usd``, ``50Mtok``, ``500ktok``, ``6h`` or ``90min``. Raises ConfigError for anything else, and for nothing."""
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)", text.strip())
        unit, factor = UNITS.get(found[2].lower(), (None, 0)) if found else (None, 0)
        most = float(found[1]) * factor if found else 0
        if unit is None or not 0 < most < math.inf:
            raise ConfigError(f"{text!r} is no budget", where="llm.budget", mend="for example 20usd, 50Mtok or 6h")
        return cls(unit, most, text.strip())

    def shown(self, amount: float) -> str:
        """Return an amount of this budget's unit as a reader wants it."""
        if self.unit == "usd":
            return f"{amount:.2f} USD" if amount >= 0.1 or not amount else f"{amount:.2g} USD"
        if self.unit == "tokens":
            return f"{amount:,.0f} tokens"
        return f"{amount / 3_600:.2f} h" if amount >= 3_600 else f"{amount / 60:.1f} min"


@dataclass(frozen=True)
class Reservation:
    """What one call may cost at worst, until it is settled or released."""

    number: int
    model: str
    counted: int  # tokens of the prompt, counted here
    tokens: float
    usd: float | None
    begun: float
    batch: bool


@dataclass(frozen=True)
class Charge:
    """What one reply cost: for the ledger."""

    usd: float | None
    tokens: int


class Purse:
    """Keeps a run within its budget: a call is begun only where the worst of it and of all others in flight can be paid.

    Without a budget it lets all pass and keeps the books. May be used from several threads.
    """

    def __init__(
        self,
        budget: Budget | None,
        prices: Prices,
        spent: Spent = Spent(),
        models: Iterable[str] = (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``spent`` is what earlier sessions of the run spent. Raises ConfigError where a budget in USD meets one of ``models`` without a price."""
        self.budget, self.prices = budget, prices
        self._before, self._now, self._begun = spent, now, now()
        self._usd, self._tokens, self._calls, self._unpriced = 0.0, 0, 0, 0
        self._counted, self._stated = 0, 0  # tokens of prompts: by our count, by the server's
        self._longest = 0.0  # seconds of a call
        self._open: dict[int, Reservation] = {}
        self._numbers, self._lock = numbers(), Lock()
        for model in models:
            self._priced(model)

    @property
    def spent(self) -> Spent:
        """Return what the run has spent, all its sessions together."""
        with self._lock:
            return self._sum()

    @property
    def in_flight(self) -> int:
        """Return how many reservations are neither settled nor released. While there are some, ``BudgetReached`` may not be the last word."""
        return len(self._open)

    def reserve(self, request: Request, prompt_tokens: int, *, batch: bool = False) -> Reservation:
        """Set aside what a call may cost at worst: its prompt and ``max_tokens``.

        Where a server counts more tokens in prompts than we do, so does the reservation. Raises BudgetReached where that and all that is in
        flight would exceed the budget. A budget of time is reached once the longest call seen so far would end too late.
        """
        price = self._priced(request.model)
        with self._lock:
            prompt = prompt_tokens * max(1.0, self._stated / self._counted if self._counted else 1.0)
            usd = price.of(prompt, request.max_tokens, batch=batch) if price is not None else None
            made = Reservation(next(self._numbers), request.model, prompt_tokens, prompt + request.max_tokens, usd, self._now(), batch)
            self._check(made)
            self._open[made.number] = made
        return made

    def settle(self, reservation: Reservation, reply: Reply) -> Charge:
        """Charge a reply by the tokens its server states, by ours where it states none; return that for the ledger. Once for a reservation."""
        prompt = reply.prompt_tokens or reservation.counted  # a prompt without tokens is none
        completion = reply.completion_tokens or (count(reply.text) if reply.text else 0)
        price = self.prices.of(reservation.model)
        usd = price.of(prompt, completion, cached=reply.cached_tokens, batch=reservation.batch) if price is not None else None
        with self._lock:
            del self._open[reservation.number]
            self._usd += usd or 0.0
            self._tokens += prompt + completion
            self._calls += 1
            self._unpriced += usd is None
            self._longest = max(self._longest, self._now() - reservation.begun)
            if reply.prompt_tokens and reservation.counted:
                self._counted += reservation.counted
                self._stated += reply.prompt_tokens
        return Charge(usd, prompt + completion)

    def release(self, reservation: Reservation) -> None:
        """Give back what was set aside for a call that came to nothing. Does nothing where it is settled."""
        with self._lock:
            self._open.pop(reservation.number, None)

    def _priced(self, model: str) -> Price | None:
        """Return the price of a model. Raises ConfigError where there is none and the budget needs it."""
        price = self.prices.of(model)
        if price is None and self.budget and self.budget.unit == "usd":
            mend = "give its price in a file that llm.prices names, or a budget of tokens or time: 50Mtok, 6h"
            raise ConfigError(f"model {model!r} has no price, so {self.budget.text} cannot be kept", where="llm.budget", mend=mend)
        return price

    def _sum(self) -> Spent:
        before = self._before
        return Spent(
            before.usd + self._usd,
            before.tokens + self._tokens,
            before.seconds + self._now() - self._begun,
            before.calls + self._calls,
            before.unpriced + self._unpriced,
        )

    def _check(self, asked: Reservation) -> None:
        """Raise BudgetReached where one more call might exceed the budget."""
        if self.budget is None:
            return
        budget, spent = self.budget, self._sum()
        if budget.unit == "seconds":
            have, flying, more = spent.seconds, 0.0, self._longest
        elif budget.unit == "tokens":
            have, flying, more = spent.tokens, sum(each.tokens for each in self._open.values()), asked.tokens
        else:
            have, flying, more = spent.usd, sum(each.usd or 0.0 for each in self._open.values()), asked.usd or 0.0
        if have + flying + more > budget.most * (1 + 1e-9) or (budget.unit == "seconds" and have >= budget.most):
            parts = [f"{budget.shown(have)} spent"]
            parts += [f"up to {budget.shown(flying)} in flight"] if flying else []
            parts += [f"the next call may take {budget.shown(more)}"] if more else []
            what = f"the budget of {budget.text} is reached: {', '.join(parts)}"
            raise BudgetReached(what, where="llm.budget", mend="raise llm.budget and run the same command again: nothing is paid twice")
