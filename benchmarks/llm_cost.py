"""Count what an accepted row costs where models write: calls and tokens, those of unusable replies and of rejected questions included.

Runs over the questions that authored replies stand for, and over all core questions with the scribe's, on the test server, which counts
tokens as OpenAI's models do. Several models, of which the server knows nothing but the name, are several draws of replies. It prints a
Markdown table of means over the draws.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from kgpaths.config import LLMSettings, RunConfig, WriteSettings
from kgpaths.pipeline import run
from kgpaths.records import read_jsonl
from kgpaths.runs import USAGE, Usage

sys.path.insert(0, str(Path(__file__).parents[1]))  # the test server and its replies

from tests.llm import authored
from tests.llm.server import serving

CALLS, TOKENS = 2.0, 3_500.0  # per accepted row: the bar, with one refinement
REPLIES = {"authored": "tests.llm.authored:reply", "scribe": "tests.llm.scribe:reply"}


@dataclass(frozen=True)
class Drawn:
    """What one run came to. ``prompt`` and ``completion`` are tokens per accepted row."""

    written: int
    accepted: int
    calls: float
    tokens: float
    prompt: float
    completion: float


def drawn(settings: LLMSettings, refine: int, ids: str | None, out: Path) -> Drawn:
    """Run the pipeline once."""
    made = run(RunConfig(out=str(out), ids=ids, write=WriteSettings(writer="llm", refine=refine, samples=1), llm=settings))
    totals, rows = made.manifest["usage"], made.manifest["counts"]["accepted"]
    written = sum(usage.calls > 0 for usage in read_jsonl(made.path / USAGE, Usage))
    sorts = (totals["prompt_tokens"] / rows, totals["completion_tokens"] / rows)
    return Drawn(written, rows, totals["calls"] / rows, totals["tokens"] / rows, *sorts)


def draws(replies: str, refines: Sequence[int], count: int, ids: str | None, folder: Path) -> Iterable[tuple[int, list[Drawn]]]:
    """Yield for each number of refinements what every draw came to; what one has asked already, another takes from the cache."""
    with serving(replies=REPLIES[replies], counted=True, latency=0.0) as server:
        for refine in refines:
            found = []
            for number in range(1, count + 1):
                settings = LLMSettings(models=(f"m{number}",), base_url=server.base_url, cache=str(folder / f"{replies}.sqlite"))
                found.append(drawn(settings, refine, ids, folder / f"{replies}-{refine}-{number}"))
            yield refine, found


def told(values: Sequence[float], form: str) -> str:
    """Return a mean with its least and greatest."""
    return f"{mean(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def line(replies: str, refine: int, found: Sequence[Drawn]) -> str:
    """Return a row of the table."""
    calls, tokens = [one.calls for one in found], [one.tokens for one in found]
    met = "—" if refine != 1 else "yes" if mean(calls) <= CALLS and mean(tokens) <= TOKENS else "no"
    counts = f"{mean(one.written for one in found):.0f} | {mean(one.accepted for one in found):.1f}"
    sorts = f"{mean(one.prompt for one in found):,.0f} | {mean(one.completion for one in found):,.0f}"
    return f"| {replies} | {refine} | {len(found)} | {counts} | {told(calls, '.2f')} | {told(tokens, ',.0f')} | {sorts} | {met} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--refine", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--replies", nargs="+", choices=list(REPLIES), default=list(REPLIES))
    given = parser.parse_args()
    print("| replies | refine | draws | questions written | accepted | calls a row | tokens a row | of the prompt | of the reply | bar met |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    with TemporaryDirectory() as name:
        ids = Path(name) / "ids.txt"
        ids.write_text("".join(f"{question.id}\n" for question in authored.questions()), encoding="utf-8")
        for replies in given.replies:
            for refine, found in draws(replies, given.refine, given.draws, str(ids) if replies == "authored" else None, Path(name)):
                print(line(replies, refine, found), flush=True)
    print(f"\nMeans over the draws (least–greatest); the bar, with one refinement: {CALLS:.0f} calls, {TOKENS:,.0f} tokens an accepted row.")


if __name__ == "__main__":
    main()
