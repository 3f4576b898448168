"""Measure building and reopening a UMLS-shaped graph: 3.3 million concepts, 15 million names, 40 million rows of relations.

    python benchmarks/umls.py                 # writes 5.6 GB of RRF files first; takes some 15 minutes
    python benchmarks/umls.py --scale 0.01
    python benchmarks/umls.py --rrf 2026AA/META   # your own release

Prints a Markdown table for RESULTS.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measure import measured
from primekg import reopened
from umls_shaped import write

from kgpaths.graph.store import Graph


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="Share of the concepts, names and relations.")
    parser.add_argument("--rrf", type=Path, help="A release that is there already.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rrf, out = given.rrf or Path(folder) / "META", Path(folder) / "graph"
        if given.rrf is None:
            write(rrf, given.scale)
        built = measured([sys.executable, "-m", "kgpaths", "kg", "build", "--source", f"umls={rrf}", "--out", str(out), "--no-cache", "-q"])
        opened = reopened(out)
        graph = Graph.open(out)
        source = graph.manifest.sources[0]
        print("| what | measured |\n|---|---|")
        print(f"| files | {sum(f.stat().st_size for f in rrf.glob('*.RRF*')) / 1e9:.1f} GB |")
        print(f"| concepts | {graph.n_concepts:,} |")
        print(f"| names | {source.aliases:,} |")
        print(f"| rows of relations used | {source.edges:,} |")
        print(f"| edges | {graph.n_edges:,} |")
        print(f"| build | {built.seconds / 60:.1f} minutes |")
        print(f"| peak memory | {built.memory / 1e9:.2f} GB |")
        print(f"| reopening | {opened * 1000:.1f} ms |")
        print(f"| graph folder | {sum(f.stat().st_size for f in out.rglob('*') if f.is_file()) / 1e9:.1f} GB |")


if __name__ == "__main__":
    main()
