"""Measure how far questions nobody here wrote get on the embedded graph: linked, with a path, accepted.

Reads the MedQA-USMLE train sample from KGPATHS_SHARED_DATA (default ../shared/data) and prints a Markdown table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

SHARED = Path(os.environ.get("KGPATHS_SHARED_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))


def main() -> None:
    sample = SHARED / "qa" / "medqa_us_train_sample.jsonl"
    if not sample.is_file():
        sys.exit(f"{sample} is not there; set KGPATHS_SHARED_DATA")
    with tempfile.TemporaryDirectory() as folder:
        begun = perf_counter()
        out = Path(folder) / "medqa"
        subprocess.run(
            [sys.executable, "-m", "kgpaths", "run", "--questions", str(sample), "--out", str(out), "-q"], check=True, stdout=subprocess.DEVNULL
        )
        seconds = perf_counter() - begun
        counts = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["counts"]
        total = counts["questions"]
        print("| what | questions | share |\n|---|---|---|")
        for name in ("questions", "linked", "with_path", "accepted"):
            print(f"| {name.replace('_', ' ')} | {counts[name]} | {counts[name] / total:.1%} |")
        for reason, number in counts["rejected"].items():
            print(f"| rejected: {reason} | {number} | {number / total:.1%} |")
        print(f"| seconds | {seconds:.0f} | |")


if __name__ == "__main__":
    main()
