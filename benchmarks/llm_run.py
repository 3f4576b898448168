"""Time whole runs that a model writes, without and with faults, and kill one again and again: what is lost, and what is paid twice.

    python benchmarks/llm_run.py                    # some ten minutes
    python benchmarks/llm_run.py --kills 3 --questions 40

The server is the tests' own, of known latency; its replies depend on the request alone, half of the first ones fail a real check. Questions
are the shipped ones and, up to ``--questions``, MedQA's of the shared data. Prints Markdown for RESULTS.md; exit code 1 where something is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kgpaths.runs import Run
from kgpaths.sources.core import core_folder

sys.path.insert(0, str(Path(__file__).parents[1]))  # the test server

from tests.llm.server import Serving, serving

MEDQA = Path(os.environ.get("KGPATHS_SHARED_DATA", "../shared/data")) / "qa" / "medqa_us_train_sample.jsonl"
SAME = ("examples.jsonl", "rejections.jsonl")
CONCURRENCY = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--latency", type=float, default=0.3, help="Seconds before a reply.")
    given = parser.parse_args()
    wrong = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        questions = folder / "questions.jsonl"
        write_questions(questions, given.questions)
        with serving(replies="tests.llm.scribe:reply", latency=given.latency) as server:
            whole, seconds = timed(server, questions, folder, "whole")
            told = whole.manifest["usage"]
            ideal = told["calls"] * given.latency / CONCURRENCY
            rows = told["rows"]
            print(f"{given.questions} questions, {told['calls']:,} calls of {given.latency:g} s, {CONCURRENCY} at a time, {rows} accepted rows\n")
            print("| what | seconds | rows an hour | questions lost | usable replies asked for twice |\n|---|---|---|---|---|")
            print(f"| whole run, start of the program included | {seconds:.1f} | {rows / seconds * 3600:,.0f} | 0 | {twice(server)} |")
            again, seconds = timed(server, questions, folder, "again", cache="whole")
            assert files(again) == files(whole)
            print(f"| the same again, every reply stored | {seconds:.1f} | {rows / seconds * 3600:,.0f} | 0 | {twice(server)} |", flush=True)
            guess = estimated(server, questions, folder)
        with serving(replies="tests.llm.scribe:reply", latency=given.latency, share=0.3) as server:
            faulty, seconds = timed(server, questions, folder, "faulty")
            lost = given.questions - faulty.manifest["counts"]["questions"]
            faults = Counter(server.stats()["faults"])
            rows = faulty.manifest["usage"]["rows"]
            print(
                f"| 30 % of calls meet a fault, {len(faults)} kinds | {seconds:.1f} | {rows / seconds * 3600:,.0f} | {lost} | {twice(server)} |",
                flush=True,
            )
            wrong += lost + twice(server)
        with serving(replies="tests.llm.scribe:reply", latency=given.latency) as server:
            kills, in_flight = killed(server, questions, folder, given.kills)
            done = Run.open(folder / "killed")
            same = files(done) == files(whole)
            print(f"\nKilled {kills} times with -9 at random moments: files {'byte-identical' if same else 'DIFFER'};", end=" ")
            print(f"{twice(server)} usable replies asked for again, of {in_flight} in flight at the kills;", end=" ")
            paid, calls = done.manifest["usage"]["paid"]["calls"], done.manifest["usage"]["calls"]
            print(f"{paid} calls in the ledger, {calls} in the rows (the rest is the probe)")
            wrong += (not same) + (twice(server) > in_flight)
    truth = told["tokens_per_row"]
    print(f"\nLatency and concurrency alone would take {ideal:.1f} s. Tokens for an accepted row: {truth:,.0f}; a dry run over all, after a quarter")
    print(f"of the questions was answered, estimated {guess:,.0f}: {100 * (guess / truth - 1):+.1f} %.")
    sys.exit(1 if wrong else 0)


def write_questions(path: Path, count: int) -> None:
    """Write the shipped questions, then MedQA's."""
    rows = (core_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    if count > len(rows) and MEDQA.is_file():
        rows += [json.dumps(ours(json.loads(line), n)) for n, line in enumerate(MEDQA.read_text(encoding="utf-8").splitlines()[: count - len(rows)])]
    path.write_text("".join(row + "\n" for row in rows[:count]), encoding="utf-8")


def ours(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a MedQA row in our format, so that one file holds both."""
    return {"id": f"medqa-{number}", "text": row["question"], "options": row["options"], "answer": row["answer_idx"]}


def command(server: Serving, questions: Path, folder: Path, out: str, cache: str = "") -> list[str]:
    """Return the command of a run."""
    words = [
        "run",
        "--questions",
        str(questions),
        "--writer",
        "llm",
        "--model",
        "bench",
        "--base-url",
        server.base_url,
        "--out",
        str(folder / out),
        "-q",
    ]
    settings = {"llm.cache": folder / f"{cache or out}.sqlite", "llm.concurrency": CONCURRENCY, "llm.timeout": 5}
    pairs = [f"{key}={value}" for key, value in settings.items()]
    return [sys.executable, "-m", "kgpaths", *words, *(word for pair in pairs for word in ("--set", pair))]


def timed(server: Serving, questions: Path, folder: Path, out: str, cache: str = "") -> tuple[Run, float]:
    """Return a run and the seconds it took."""
    begun = time.perf_counter()
    subprocess.run(command(server, questions, folder, out, cache), check=True, stdout=subprocess.DEVNULL)
    return Run.open(folder / out), time.perf_counter() - begun


def files(run: Run) -> list[bytes]:
    return [(run.path / name).read_bytes() for name in SAME]


def twice(server: Serving) -> int:
    """Return how many usable replies were sent for a request that had had one."""
    return sum(number - 1 for number in server.stats()["usable"].values())


def estimated(server: Serving, questions: Path, folder: Path) -> float:
    """Return the tokens of an accepted row as a dry run estimates them once a quarter of the questions, taken evenly, was answered."""
    ids = [json.loads(line)["id"] for line in questions.read_text(encoding="utf-8").splitlines()]
    (folder / "quarter.txt").write_text("".join(f"{id}\n" for id in ids[::4]), encoding="utf-8")
    words = command(server, questions, folder, "quarter")
    subprocess.run([*words, "--ids", str(folder / "quarter.txt")], check=True, stdout=subprocess.DEVNULL)
    told = subprocess.run([*command(server, questions, folder, "dry", "quarter"), "--dry-run"], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"tokens per row +([\d,]+)", told)[1].replace(",", ""))  # type: ignore[index]


def killed(server: Serving, questions: Path, folder: Path, kills: int) -> tuple[int, int]:
    """Run with kills at random moments, then to the end; return how many there were, and how many calls were in flight at them."""
    chance, done, in_flight = random.Random(11), 0, 0
    while True:
        process = subprocess.Popen(command(server, questions, folder, "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = sum(server.stats()["asked"].values())
        left = chance.randint(1, 12)
        while done < kills and process.poll() is None and sum(server.stats()["asked"].values()) < before + left:
            time.sleep(0.02)
        if done == kills or process.poll() is not None:
            process.wait()
            assert process.returncode == 0
            return done, in_flight
        time.sleep(chance.random() * 0.5)
        process.send_signal(signal.SIGKILL)
        in_flight += server.stats().get("in_flight", CONCURRENCY)
        process.wait()
        done += 1


if __name__ == "__main__":
    main()
