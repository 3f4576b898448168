"""Hold what the writer may call "not recorded" against two readers: how often is the absence of a finding a fair point?

``absences.tsv`` holds pairs of a disease and a finding from questions of the sets ``frozen`` and ``with_graph`` that the graph did not
join, each judged by two readers who did not see each other's verdicts: Y a recognized finding of the disease; C seen in it uncommonly,
late, in a subtype or through a complication; N no feature of it, so that its absence is a fair point; U uncertain. What both
called Y has since become ``has_phenotype`` edges, what both said to occur ``may_be_related_to``. So the graph is measured as it is, and without
those edges: that is what to expect of questions whose options nobody has read. Prints a Markdown table.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kgpaths.graph.build import build_graph
from kgpaths.graph.embedded import embedded_sources, open_embedded
from kgpaths.graph.store import Graph
from kgpaths.verbalize.absence import Absences

PAIRS = Path(__file__).with_name("absences.tsv")
ADDED = ("has_phenotype", "may_be_related_to")
OCCURS = frozenset(("Y", "C"))


def main() -> None:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file, delimiter="\t"))
    graph = open_embedded()
    agreed = sum(row["first"] == row["second"] for row in pairs)
    print("| what | figure |\n|---|---|")
    print(f"| pairs judged; the readers agree | {len(pairs)}; {agreed} ({agreed / len(pairs):.0%}) |")
    print(f"| Cohen's kappa | {kappa([(row['first'], row['second']) for row in pairs]):.2f} |")
    with tempfile.TemporaryDirectory() as folder:
        for name, held in (("as it is", graph), ("without the edges of this review", unreviewed(graph, pairs, Path(folder)))):
            print(f"| {name}: absences that may be stated; both readers call them fair; both call them misleading | {verdicts(held, pairs)} |")


def verdicts(graph: Graph, pairs: Iterable[dict[str, str]]) -> str:
    """Return how many pairs the writer may call absent, and what the readers say of these."""
    absences = Absences(graph)
    stated = [
        row
        for row in pairs
        if absences.telling(row["disease"], "has_phenotype", row["finding"])
        and absences.holds(row["disease"], "has_phenotype", row["finding"], option=row["disease"])
    ]
    fair = sum(row["first"] == row["second"] == "N" for row in stated)
    misleading = sum({row["first"], row["second"]} <= OCCURS for row in stated)
    return f"{len(stated)}; {fair} ({fair / len(stated):.0%}); {misleading} ({misleading / len(stated):.0%})"


def unreviewed(graph: Graph, pairs: Iterable[dict[str, str]], folder: Path) -> Graph:
    """Build the embedded graph in ``folder`` without the edges that the review added."""
    added = {frozenset((row["disease"], row["finding"])) for row in pairs}
    core, *others = embedded_sources()
    ends = zip(core.edges["subject"], core.edges["predicate"], core.edges["object"], strict=True)
    kept = [p not in ADDED or frozenset((graph.concept(s).curie, graph.concept(o).curie)) not in added for s, p, o in ends]
    build_graph([replace(core, edges=core.edges.filter(kept)), *others], [], folder, "unreviewed")
    return Graph.open(folder)


def kappa(verdicts: list[tuple[str, str]]) -> float:
    """Return Cohen's kappa of two readers (Cohen 1960, Educ Psychol Meas 20: 37-46)."""
    n = len(verdicts)
    observed = sum(a == b for a, b in verdicts) / n
    first, second = Counter(a for a, _ in verdicts), Counter(b for _, b in verdicts)
    expected = sum(first[v] * second[v] for v in first) / n**2
    return (observed - expected) / (1 - expected)


if __name__ == "__main__":
    main()
