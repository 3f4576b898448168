"""A small graph with questions that end as an example and as each kind of rejection: for tests of what runs over them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kgpaths.graph.store import Graph
from tests.graphs import Thing, graph_of, line

LEAD = "Which of the following is the most likely diagnosis?"


def small_graph(tmp_path: Path) -> Graph:
    """Two anemias with findings, a drug for one, and a disease nothing leads to."""
    return graph_of(
        tmp_path,
        line("iron deficiency anemia", "has_phenotype", "koilonychia", frequency=(8, 10)),
        line("iron deficiency anemia", "has_phenotype", "fatigue"),
        line("iron deficiency anemia", "has_phenotype", "pica"),
        line("beta thalassemia", "has_phenotype", "fatigue"),
        line("beta thalassemia", "has_phenotype", "splenomegaly"),
        line("ferrous sulfate", "first_line_treatment_for", "iron deficiency anemia"),
        line("deferoxamine", "treats", "iron overload"),
        nodes={"scurvy": "Disease", "fatigue": Thing("PhenotypicFeature", synonyms=("tiredness",))},
    )


def row(id: str, text: str, options: dict[str, str], answer: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "dataset": "small", "text": text, "options": options, "answer": answer, "licence": "CC0-1.0", **more}


ANEMIAS = {"A": "Beta thalassemia", "B": "Iron deficiency anemia", "C": "Scurvy"}
ROWS = (
    row(
        "q-diagnosis", f"A 30-year-old woman has fatigue, pica, and koilonychia. There is no splenomegaly. {LEAD}", ANEMIAS, "B", category="diagnosis"
    ),
    row(
        "q-treatment",
        "A 30-year-old woman has fatigue, pica, and koilonychia. Which of the following is the most appropriate drug therapy?",
        {"A": "Deferoxamine", "B": "Ferrous sulfate"},
        "B",
        category="treatment",
    ),
    row("q-no-finding", f"What is it? {LEAD}", ANEMIAS, "B"),
    row("q-not-linked", f"A woman has fatigue. {LEAD}", {"A": "Beta thalassemia", "B": "Quackery"}, "B"),
    row("q-no-path", f"A woman has fatigue. {LEAD}", ANEMIAS, "C"),
    row("q-prefers-other", f"A woman has fatigue, pica and koilonychia. {LEAD}", ANEMIAS, "A"),
)


def write_questions(path: Path, rows: tuple[dict[str, Any], ...] = ROWS) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path
