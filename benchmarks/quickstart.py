"""Measure what issue and README state of the shipped questions: acceptance by set, audit, determinism, seconds, memory.

Run ``make bench`` or ``python benchmarks/quickstart.py``; it prints a Markdown table, kept in benchmarks/RESULTS.md.
Two runs in fresh processes, the first with an empty cache.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "ontologies" / "core" / "questions.jsonl"


def timed(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Run ``command`` and return its seconds and its peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    begun = perf_counter()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, max(before, peak) / (1024 if sys.platform == "linux" else 1024**2)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"KGPATHS_HOME": str(Path(folder) / "home")}
        kgpaths = [sys.executable, "-m", "kgpaths"]
        first, peak = timed([*kgpaths, "quickstart", "--out", f"{folder}/one"], env)
        second, _ = timed([*kgpaths, "quickstart", "--out", f"{folder}/two"], env)
        one, two = Path(folder) / "one", Path(folder) / "two"
        same = (one / "examples.jsonl").read_bytes() == (two / "examples.jsonl").read_bytes()
        audit = subprocess.run([*kgpaths, "audit", str(one)], env=env, capture_output=True, text=True, check=False)
        print("| what | figure |\n|---|---|")
        print(f"| first quickstart, graph built, seconds | {first:.1f} |")
        print(f"| second quickstart, seconds | {second:.1f} |")
        print(f"| peak memory, MB | {peak:.0f} |")
        print(f"| examples.jsonl of two runs byte-identical | {'yes' if same else 'NO'} |")
        print(f"| audit of the file alone | {audit.stdout.strip().splitlines()[-1]} |")
        for line in acceptance(one):
            print(line)


def acceptance(run: Path) -> list[str]:
    """Return table rows: accepted of all by set, answerable overall, and the unanswerable with their expected codes."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    accepted = {json.loads(line)["draft"]["question"]["id"] for line in (run / "examples.jsonl").open(encoding="utf-8")}
    codes = {r["question_id"]: f"{r['stage']}.{r['code']}" for r in map(json.loads, (run / "rejections.jsonl").open(encoding="utf-8"))}
    by_set: dict[str, list[bool]] = {}
    for row in rows:
        if not row["expected"]:
            by_set.setdefault(row["set"], []).append(row["id"] in accepted)
    table = [f"| accepted, set {name} | {sum(found)} of {len(found)} ({sum(found) / len(found):.0%}) |" for name, found in sorted(by_set.items())]
    answerable = [passed for found in by_set.values() for passed in found]
    table.append(f"| accepted, all answerable | {sum(answerable)} of {len(answerable)} ({sum(answerable) / len(answerable):.0%}) |")
    unanswerable = [row for row in rows if row["expected"]]
    right = sum(codes.get(row["id"]) == row["expected"] for row in unanswerable)
    table.append(f"| unanswerable rejected with the expected code | {right} of {len(unanswerable)} |")
    reasons = Counter(codes[row["id"]] for row in rows if row["id"] in codes and not row["expected"])
    return table + [f"| answerable rejected: {reason} | {number} |" for reason, number in reasons.most_common()]


if __name__ == "__main__":
    main()
