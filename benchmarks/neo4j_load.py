"""Measure loading Hetionet into Neo4j, on a server of its own beside the client: first, again, compared, taken out; and the offline import.

    python benchmarks/neo4j_load.py                  # needs Java and Maven, and ../shared/data; some eight minutes
    python benchmarks/neo4j_load.py --hetionet FOLDER

Prints a Markdown table for RESULTS.md. (Named neo4j.py it would hide the driver from every benchmark.)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from measure import measured
from neo4j_server import serving

from kgpaths.graph.store import Graph
from kgpaths.neo4j.serve_import import import_export

DATA = Path(os.environ.get("KGPATHS_SHARED_DATA", "../shared/data")) / "hetionet"
KGPATHS = [sys.executable, "-m", "kgpaths"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hetionet", type=Path, default=DATA, help="Folder of Hetionet's files.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph, export = folder / "graph", folder / "export"
        measured([*KGPATHS, "kg", "build", "--source", f"hetionet={given.hetionet}", "--out", str(graph), "--no-cache", "-q"])
        edges = Graph.open(graph).n_edges
        load = [*KGPATHS, "neo4j", "load", str(graph), "-q"]
        print("| what | seconds | edges a second | client's peak memory, MB |\n|---|---|---|---|")
        with serving(folder / "online"):
            row("first load, empty server", load, edges)
            row("second load, nothing changes", load)
            row("second load with --check: every concept and edge compared", [*load, "--check"], edges)
            row("taken out again: graphs --remove", [*KGPATHS, "neo4j", "graphs", "--remove", "hetionet", "-q"], edges)
            row("loaded again, where it was taken out", load, edges)
        exported = measured([*KGPATHS, "kg", "export", str(graph), "--format", "neo4j-admin", "--out", str(export), "-q"])
        begun = perf_counter()
        import_export(export, folder=folder / "offline")
        seconds = perf_counter() - begun
        print(
            f"| offline: kg export --format neo4j-admin | {exported.seconds:.1f} | {edges / exported.seconds:,.0f} | {exported.memory / 1e6:,.0f} |"
        )
        print(f"| offline: neo4j-admin database import, Java's start included | {seconds:.1f} | {edges / seconds:,.0f} | |")
        with serving(folder / "offline"):
            row("offline: neo4j load, which compares all and makes the indexes", load, edges)


def row(what: str, command: list[str], edges: int = 0) -> None:
    """Run a command and print a row of the table."""
    found = measured(command)
    speed = f"{edges / found.seconds:,.0f}" if edges else ""
    print(f"| {what} | {found.seconds:.1f} | {speed} | {found.memory / 1e6:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
