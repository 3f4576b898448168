"""Time the client against a server of known latency: how near it comes to what latency and concurrency allow, and a rerun from the cache."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from kgpaths.config import LLMSettings
from kgpaths.llm.cache import Cache
from kgpaths.llm.client import Client
from kgpaths.llm.money import Budget, Prices, Purse
from kgpaths.llm.request import Ask, Message, Request

sys.path.insert(0, str(Path(__file__).parents[1]))  # the test server

from tests.llm.server import serving

SHARE = 0.85  # of the ideal: the bar
SCHEMA = (
    '{"type":"object","properties":{"steps":{"type":"array","maxItems":8,"items":{"type":"string","maxLength":200}},'
    '"answer":{"type":"string","maxLength":80}},"required":["steps","answer"],"additionalProperties":false}'
)
INSTRUCTIONS = "Write the steps from the findings to the answer. Cite the number of every edge that a step rests on. " * 20
EDGES = "\n".join(f"[E{number}] Digoxin —inhibits→ Na+/K+-ATPase (drug label)" for number in range(60))


def asks(count: int) -> list[Ask]:
    """Return requests of the size that questions have, about 6 kB, no two alike."""
    instructions = Message(role="system", text=INSTRUCTIONS)
    users = (Message(role="user", text=f"Question {number}\n{EDGES}") for number in range(count))
    return [Ask(Request(model="bench", messages=(instructions, user), schema_name="r", json_schema=SCHEMA)) for user in users]


def run(settings: LLMSettings, cache: Path, count: int) -> tuple[float, float, int]:
    """Ask all of it; return the seconds, the seconds of our processor time, and how many calls were made."""
    todo = asks(count)
    with Cache(cache) as store, Client(settings, store, Purse(Budget.parse("1000Mtok"), Prices.read()), "bench", environ={}) as client:
        client.check()
        client.submit(Ask(todo[0].request.again(99))).result()  # the SDK and the tables of tokens are loaded
        begun, used = time.perf_counter(), time.process_time()
        for future in [client.submit(ask) for ask in todo]:
            answer = future.result()
            assert not answer.error, answer
        return time.perf_counter() - begun, time.process_time() - used, client.progress.calls


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds before a reply")
    parser.add_argument("--concurrency", type=int, default=64, help="calls at a time")
    given = parser.parse_args()
    ideal = given.calls * given.latency / given.concurrency
    with TemporaryDirectory() as folder, serving(latency=given.latency) as server:
        settings = LLMSettings(models=("bench",), base_url=server.base_url, concurrency=given.concurrency)
        rows = [(name, *run(settings, Path(folder) / "llm.sqlite", given.calls)) for name in ("from the server", "again, from the cache")]
    waits = f"{given.calls:,} calls of {given.latency * 1000:.0f} ms, {given.concurrency} at a time"
    print(f"{waits}, {os.cpu_count()} cores; ideal {ideal:.1f} s, bar {ideal / SHARE:.1f} s\n")
    print("| | calls made | seconds | share of the ideal | processor seconds of the client | ms a call |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, seconds, used, made in rows:
        share = f"{ideal / seconds:.0%}" if made >= given.calls else "—"
        print(f"| {name} | {made:,} | {seconds:.1f} | {share} | {used:.1f} | {used / given.calls * 1000:.2f} |")


if __name__ == "__main__":
    main()
