"""Measure building and reopening a PrimeKG-shaped graph against pandas and a loop into networkx, in one run.

    python benchmarks/primekg.py             # 8,100,498 rows; takes some eight minutes, most of them the peer's
    python benchmarks/primekg.py --scale 0.1

Prints a Markdown table for RESULTS.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from measure import Measured, measured
from primekg_shaped import write

from kgpaths.graph.store import Graph

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="Share of the rows and nodes.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "kg.csv", Path(folder) / "graph"
        rows = write(file, given.scale)
        command = [sys.executable, "-m", "kgpaths", "kg", "build", "--source", f"primekg={file}", "--out", str(out), "--no-cache", "-q"]
        ours = measured(command)
        opened = reopened(out)
        graph = Graph.open(out)
        print(f"{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB: {graph.n_concepts:,} concepts, {graph.n_edges:,} edges\n")
        print("| what | seconds | times as long | peak memory, MB | times as much |\n|---|---|---|---|---|")
        print(line("kgpaths kg build", ours, ours))
        for how in ("itertuples", "iterrows"):
            print(
                line(f"pandas, {how}, networkx.Graph", measured([sys.executable, str(HERE / "networkx_loop.py"), str(file), how]), ours), flush=True
            )
        print(f"\nReopening the built graph: {opened * 1000:.1f} ms (median of 20 in one process).")


def line(what: str, found: Measured, ours: Measured) -> str:
    """Return one row of the table."""
    times, share = found.seconds / ours.seconds, found.memory / ours.memory
    return f"| {what} | {found.seconds:.1f} | {times:.1f} | {found.memory / 1e6:,.0f} | {share:.1f} |"


def reopened(path: Path) -> float:
    """Return the median seconds to open a graph and look at one edge."""
    times = []
    for _ in range(20):
        begun = perf_counter()
        Graph.open(path).edge(0)
        times.append(perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
