"""What a reply costs, and that a run stops before its budget is exceeded."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest

from kgpaths.errors import BudgetReached, ConfigError
from kgpaths.llm.money import OURS, Budget, Charge, Price, Prices, Purse, Spent, Table
from kgpaths.llm.request import Message, Reply, Request

DEAR = Table(date=date(2026, 11, 21), models={"m": Price(input=10, cached=1, output=100, batch=0.5)})
PRICES = Prices((DEAR,))  # a token of the prompt costs 10 millionths of a dollar, one of the reply 100


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def asked(model: str = "m", max_tokens: int = 1_000) -> Request:
    return Request(model=model, messages=(Message(role="user", text="?"),), max_tokens=max_tokens)


def said(prompt: int, completion: int, cached: int = 0) -> Reply:
    return Reply(text="yes" if completion else "", prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "prices.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("model", "prompt", "cached", "completion", "usd"),
    [
        ("gpt-4o", 1_000_000, 0, 0, 2.50),
        ("gpt-4o", 1_000_000, 1_000_000, 0, 1.25),
        ("gpt-4o", 0, 0, 1_000_000, 10.0),
        ("gpt-4o-mini", 2_000, 500, 700, (1_500 * 0.15 + 500 * 0.075 + 700 * 0.6) / 1_000_000),
        ("gpt-4.1", 1_000_000, 0, 1_000_000, 10.0),
        ("gpt-4.1-mini", 1_000_000, 0, 1_000_000, 2.0),
        ("gpt-4.1-nano", 1_000_000, 0, 1_000_000, 0.5),
        ("o3", 1_000_000, 0, 1_000_000, 10.0),
        ("o4-mini", 1_000_000, 0, 1_000_000, 5.5),
        ("gpt-5", 1_000_000, 0, 1_000_000, 11.25),
        ("gpt-5-mini", 1_000_000, 0, 1_000_000, 2.25),
        ("gpt-5-nano", 1_000_000, 0, 1_000_000, 0.45),
        ("gpt-4o-2024-08-06", 1_000_000, 0, 0, 2.50),  # as without its date
        ("gpt-4o-2024-05-13", 1_000_000, 500_000, 0, 5.0),  # has a price of its own, and none for cached input
        ("gpt-5-mini-2025-08-07", 0, 0, 1_000_000, 2.0),
    ],
)
def test_known_prices(model: str, prompt: int, cached: int, completion: int, usd: float) -> None:
    assert Prices.read().cost(said(prompt, completion, cached), model) == pytest.approx(usd, rel=1e-12)


@pytest.mark.parametrize("model", ["gpt-4", "gpt-4o-audio", "gpt-4o-latest", "my-gpt-4o", "gpt-4o-2024", "GPT-4o", "", "llama-3-8b", "-2024-08-06"])
def test_a_model_that_is_in_no_table_has_no_price(model: str) -> None:
    assert Prices.read().of(model) is None
    assert Prices.read().cost(said(10, 10), model) is None


def test_a_batch_costs_its_share_of_the_price() -> None:
    assert PRICES.cost(said(1_000, 100), "m") == pytest.approx(0.02)
    assert PRICES.cost(said(1_000, 100), "m", batch=True) == pytest.approx(0.01)
    assert Prices.read().cost(said(1_000_000, 0), "gpt-4o", batch=True) == 1.25


def test_cached_tokens_beyond_the_prompt_are_not_believed() -> None:
    assert PRICES.cost(said(1_000, 0, cached=9_999), "m") == pytest.approx(0.001)


def test_our_table_is_dated_and_names_its_sources() -> None:
    (table,) = Prices.read().tables
    assert table.date == date(2026, 11, 21)
    assert all(price.source and price.batch == 0.5 for price in table.models.values())
    assert all(0 < price.input < price.output and (price.cached or 0) < price.input for price in table.models.values())


def test_our_table_is_in_the_package() -> None:
    import kgpaths

    assert OURS.relative_to(Path(kgpaths.__file__).parent).as_posix() == "llm/prices.yaml"


def test_a_users_file_goes_first_and_ours_stays_behind_it(tmp_path: Path) -> None:
    path = write(tmp_path, "date: 2027-01-01\nmodels:\n  gpt-4o: {input: 1, output: 4}\n  llama-3-8b: {input: 0, output: 0}\n")
    prices = Prices.read(path)
    assert prices.cost(said(1_000_000, 1_000_000), "gpt-4o-2024-05-13") == 5.0
    assert prices.cost(said(1_000_000, 0), "gpt-4o", batch=True) == 1.0  # no share for batches where none is stated
    assert prices.cost(said(1_000_000, 1_000_000), "llama-3-8b") == 0.0
    assert prices.cost(said(1_000_000, 0), "gpt-4o-mini") == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("date: 2026-01-01\nmodels:\n  m: {input: cheap, output: 1}", ", key models.m.input", "(got 'cheap')"),
        ("date: 2026-01-01\nmodels:\n  m: {input: -1, output: 1}", ", key models.m.input", "greater than or equal to 0"),
        ("date: 2026-01-01\nmodels:\n  m: {input: .nan, output: 1}", ", key models.m.input", "(got '.nan')"),
        ("date: 2026-01-01\nmodels:\n  m: {input: inf, output: 1}", ", key models.m.input", "finite number"),
        ("date: 2026-01-01\nmodels:\n  m: {input: 1}", ", key models.m.output", "field required"),
        ("date: 2026-01-01\nmodels:\n  m: {input: 1, output: 1, cache: 1}", ", key models.m.cache", "extra inputs are not permitted"),
        ("date: 2026-01-01\nmodels:\n  m: {input: 1, output: 1, batch: 2}", ", key models.m.batch", "less than or equal to 1"),
        ("date: 2026-01-01\nmodels:\n  m: 3", ", key models.m", "(got '3')"),
        ("date: 2026-01-01\nmodels:\n  m: {input: 1, output: 1}\n  m: {input: 2, output: 1}", ", row 4", "key 'm' stands twice"),
        ("models: {}", ", key date", "field required"),
        ("date: soon\nmodels: {}", ", key date", "(got 'soon')"),
        ("date: 2026-01-01", ", key models", "field required"),
        ("- 1\n- 2", "", "is not a mapping"),
        ("", "", "is not a mapping"),
        ("a: [", ", row 1", "is no YAML"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, text: str, where: str, what: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        Prices.read(path)
    assert caught.value.where == f"{path}{where}" and what in caught.value.what and caught.value.mend
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file or directory \(llm\.prices names"):
        Prices.read(tmp_path / "none.yaml")
    (tmp_path / "prices.yaml").write_bytes(b"date: \xff")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        Prices.read(tmp_path / "prices.yaml")


@pytest.mark.parametrize(
    ("text", "unit", "most"),
    [
        ("20usd", "usd", 20),
        ("20 USD", "usd", 20),
        (" 0.5usd ", "usd", 0.5),
        ("50Mtok", "tokens", 50_000_000),
        ("2.5 mtok", "tokens", 2_500_000),
        ("500ktok", "tokens", 500_000),
        ("900tok", "tokens", 900),
        ("6h", "seconds", 21_600),
        ("90min", "seconds", 5_400),
    ],
)
def test_budgets_are_read(text: str, unit: str, most: float) -> None:
    budget = Budget.parse(text)
    assert (budget.unit, budget.most, budget.text) == (unit, most, text.strip())


@pytest.mark.parametrize(
    "text", ["", "20", "usd", "$20", "20 euro", "-5usd", "0usd", "0.0h", "1e3usd", "20usd 6h", "20,5usd", "6 hours", "٣usd", "9" * 400 + "usd"]
)
def test_what_is_no_budget_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^llm\.budget: .* is no budget \(for example 20usd, 50Mtok or 6h\)$"):
        Budget.parse(text)


def test_a_call_is_refused_where_the_worst_of_all_in_flight_would_exceed_the_budget() -> None:
    purse = Purse(Budget.parse("0.5usd"), PRICES)
    first, second = (purse.reserve(asked(max_tokens=2_000), 2_000) for _ in range(2))  # 0.02 + 0.2 USD each
    with pytest.raises(BudgetReached) as caught:
        purse.reserve(asked(max_tokens=2_000), 2_000)
    assert caught.value.where == "llm.budget"
    assert caught.value.what == "the budget of 0.5usd is reached: 0.00 USD spent, up to 0.44 USD in flight, the next call may take 0.22 USD"
    assert caught.value.mend == "raise llm.budget and run the same command again: nothing is paid twice"
    assert purse.in_flight == 2
    assert purse.settle(first, said(2_000, 100)) == Charge(pytest.approx(0.03), 2_100)  # far below the worst
    third = purse.reserve(asked(max_tokens=2_000), 2_000)
    purse.release(second)
    purse.release(third)
    purse.release(first)  # settled already: nothing to give back
    assert purse.in_flight == 0
    assert (purse.spent.usd, purse.spent.tokens, purse.spent.calls) == (pytest.approx(0.03), 2_100, 1)


def test_a_budget_may_be_spent_to_the_last_cent() -> None:
    purse = Purse(Budget.parse("0.3usd"), PRICES)
    for _ in range(3):  # three times 0.1 is a little more than 0.3 in floating point
        purse.settle(purse.reserve(asked(max_tokens=1_000), 0), said(0, 1_000))
    assert purse.spent.usd == pytest.approx(0.3)
    with pytest.raises(BudgetReached, match=r"0\.30 USD spent, the next call may take 0\.0001 USD"):
        purse.reserve(asked(max_tokens=1), 0)


def test_tokens_are_a_budget_for_models_without_a_price() -> None:
    purse = Purse(Budget.parse("10ktok"), Prices(), models=["llama"])
    reservation = purse.reserve(asked("llama", max_tokens=4_000), 5_000)
    assert purse.settle(reservation, said(5_000, 1_000)) == Charge(None, 6_000)
    with pytest.raises(BudgetReached, match="the budget of 10ktok is reached: 6,000 tokens spent, the next call may take 4,001 tokens"):
        purse.reserve(asked("llama", max_tokens=4_000), 1)
    purse.reserve(asked("llama", max_tokens=4_000), 0)
    assert purse.spent.unpriced == 1


def test_what_earlier_sessions_spent_counts() -> None:
    before = Spent(usd=0.45, tokens=100, seconds=60, calls=4)
    with pytest.raises(BudgetReached, match=r"0\.45 USD spent"):
        Purse(Budget.parse("0.5usd"), PRICES, before).reserve(asked(), 0)
    purse = Purse(Budget.parse("0.6usd"), PRICES, before)
    purse.settle(purse.reserve(asked(), 0), said(0, 500))
    assert (purse.spent.usd, purse.spent.tokens, purse.spent.calls) == (pytest.approx(0.5), 600, 5)


def test_time_is_a_budget_over_all_sessions() -> None:
    clock = Clock()
    purse = Purse(Budget.parse("90min"), Prices(), Spent(seconds=3_600), now=clock)
    clock.now += 1_000
    reservation = purse.reserve(asked("llama"), 0)
    clock.now += 200
    purse.settle(reservation, said(1, 1))
    assert purse.spent.seconds == 4_800
    clock.now += 400
    purse.release(purse.reserve(asked("llama"), 0))  # 5,200 s and 200 s for a call: it just fits
    clock.now += 1
    with pytest.raises(BudgetReached, match=r"the budget of 90min is reached: 1\.44 h spent, the next call may take 3\.3 min"):
        purse.reserve(asked("llama"), 0)


def test_time_that_is_over_is_over_though_no_call_was_seen() -> None:
    clock = Clock()
    purse = Purse(Budget.parse("1min"), Prices(), now=clock)
    clock.now += 59
    purse.reserve(asked("llama"), 0)
    clock.now += 1
    with pytest.raises(BudgetReached, match=r"the budget of 1min is reached: 1\.0 min spent \("):
        purse.reserve(asked("llama"), 0)


def test_dollars_without_a_price_are_refused_at_the_start() -> None:
    with pytest.raises(ConfigError) as caught:
        Purse(Budget.parse("20usd"), Prices.read(), models=["gpt-4o", "llama-3-8b"])
    assert str(caught.value) == (
        "llm.budget: model 'llama-3-8b' has no price, so 20usd cannot be kept "
        "(give its price in a file that llm.prices names, or a budget of tokens or time: 50Mtok, 6h)"
    )
    with pytest.raises(ConfigError, match="model 'llama-3-8b' has no price"):
        Purse(Budget.parse("20usd"), Prices.read()).reserve(asked("llama-3-8b"), 10)
    Purse(Budget.parse("20usd"), Prices.read(), models=["gpt-4o-2024-08-06"])


def test_a_price_of_nothing_is_a_price() -> None:
    free = Prices((Table(date=date(2026, 1, 1), models={"m": Price(input=0, output=0)}),))
    purse = Purse(Budget.parse("1usd"), free, models=["m"])
    assert purse.settle(purse.reserve(asked(), 5_000_000), said(5_000_000, 1)) == Charge(0.0, 5_000_001)
    assert purse.spent.unpriced == 0


def test_a_reply_without_usage_is_charged_by_counted_tokens() -> None:
    purse = Purse(None, PRICES)
    counted = purse.settle(purse.reserve(asked(), 500), Reply(text="tiktoken is great!"))
    assert counted == Charge(pytest.approx((500 * 10 + 6 * 100) / 1_000_000), 506)
    assert purse.settle(purse.reserve(asked(), 500), Reply(fault="content_filter", prompt_tokens=490)).tokens == 490
    assert purse.settle(purse.reserve(asked(), 500), Reply(text="hello world", prompt_tokens=490)).tokens == 492


def test_a_batch_is_reserved_and_charged_at_its_share() -> None:
    purse = Purse(Budget.parse("0.05usd"), PRICES)
    reservation = purse.reserve(asked(max_tokens=1_000), 0, batch=True)
    assert reservation.usd == pytest.approx(0.05)
    assert purse.settle(reservation, said(1_000, 100)) == Charge(pytest.approx(0.01), 1_100)


def test_a_server_that_counts_more_tokens_than_we_do_is_reserved_more() -> None:
    purse = Purse(Budget.parse("1Mtok"), Prices())
    assert purse.reserve(asked("llama", max_tokens=0), 1_000).tokens == 1_000
    purse.settle(purse.reserve(asked("llama"), 1_000), said(1_500, 1))
    assert purse.reserve(asked("llama", max_tokens=100), 1_000).tokens == 1_600
    fewer = Purse(Budget.parse("1Mtok"), Prices())
    fewer.settle(fewer.reserve(asked("llama"), 1_000), said(500, 1))
    assert fewer.reserve(asked("llama", max_tokens=100), 1_000).tokens == 1_100


def test_without_a_budget_the_books_are_kept_and_all_may_pass() -> None:
    purse = Purse(None, PRICES, models=["no price"])
    charges = [purse.settle(purse.reserve(asked(model), 10**9), said(1_000_000, 0)) for model in ("m", "no price")]
    assert charges == [Charge(10.0, 1_000_000), Charge(None, 1_000_000)]
    spent = purse.spent
    assert (spent.usd, spent.tokens, spent.calls, spent.unpriced) == (10.0, 2_000_000, 2, 1)


@pytest.fixture
def restless() -> Iterator[None]:
    """Let threads take turns a thousand times more often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_never_spend_more_than_the_budget(restless: None) -> None:
    purse = Purse(Budget.parse("1Mtok"), PRICES)

    def work(seed: int) -> int:
        chance, paid = random.Random(seed), 0
        while True:
            try:
                reservation = purse.reserve(asked(max_tokens=500), 500)
            except BudgetReached:
                return paid
            reply = said(500, chance.randrange(1, 501))
            if chance.random() < 0.1:
                purse.release(reservation)
            else:
                paid += purse.settle(reservation, reply).tokens

    with ThreadPoolExecutor(8) as pool:
        paid = sum(pool.map(work, range(8)))
    assert paid == purse.spent.tokens
    assert 1_000_000 - 8 * 1_000 <= paid <= 1_000_000
    assert purse.in_flight == 0


def test_threads_that_ask_at_once_do_not_get_the_same_money(restless: None) -> None:
    """Four calls fit, eight threads ask together, many times over."""
    purses = [Purse(Budget.parse("4ktok"), PRICES) for _ in range(1_000)]
    together = Barrier(8)

    def work(_: int) -> list[bool]:
        got = []
        for purse in purses:
            together.wait(10)
            try:
                got.append(bool(purse.reserve(asked(max_tokens=500), 500)))
            except BudgetReached:
                got.append(False)
        return got

    with ThreadPoolExecutor(8) as pool:
        rounds = zip(*pool.map(work, range(8)), strict=True)
    assert {sum(each) for each in rounds} == {4}
