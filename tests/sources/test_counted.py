"""How often a thing is seen is pooled over a source's rows wherever they stand, as the reader of HPO's annotations does in memory."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgpaths.sources import files, tables
from kgpaths.sources.hpoa import COLUMNS, read_diseases
from kgpaths.sources.kgx import read_kgx
from kgpaths.sources.kgx_edges import SCHEMA
from kgpaths.sources.own_csv import read_own_csv
from kgpaths.sources.tables import SourceInfo, SourceTables

DISEASE, TERM = "OMIM:1", "HP:0000001"
SPEC = """
name: mine
licence: CC0-1.0
edges: {file: e.csv, subject: a, predicate: has_phenotype, object: b, frequency: often, negated: denied, note: note}
"""

Pooled = list[tuple[Any, ...]]


def pooled(source: SourceTables) -> Pooled:
    """Return each edge with what is said of how often, which all its rows that say so say alike."""
    rows = tables.whole(source.edges, SCHEMA).unnest("frequency")
    edge = ["subject", "object", "negated"]
    by_edge = rows.group_by(edge).agg(pl.col("n", "m", "lower", "upper").drop_nulls().unique()).rows()
    assert all(len(values) <= 1 for row in by_edge for values in row[3:])
    return sorted((*row[:3], *(values[0] if values else None for values in row[3:])) for row in by_edge)


def kgx(folder: Path, *rows: dict[str, Any]) -> Pooled:
    """Return the edges of rows in KGX."""
    (folder / "nodes.jsonl").write_text("", encoding="utf-8")
    lines = [{"subject": DISEASE, "predicate": "biolink:has_phenotype", "object": TERM, **row} for row in rows]
    (folder / "edges.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return pooled(read_kgx(folder))


def often(text: str = "", **more: Any) -> dict[str, Any]:
    return {"frequency_qualifier": text, **more}


@pytest.mark.parametrize("block", [90, 1 << 20])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([often("3/10", id="a"), often("2/20", id="b")], [(False, 5, 30, None, None)]),
        ([often("3/10"), often("0/5")], [(False, 3, 15, None, None)]),
        ([often("0/5"), often("3/10")], [(False, 3, 15, None, None)]),
        ([often("0/5"), often("0/7")], [(True, 0, 12, None, None)]),
        ([often("3/10"), often("3/10")], [(False, 3, 10, None, None)]),  # one row twice is not twice the patients
        ([often("3/10", publications=["PMID:1"]), often("3/10", publications=["PMID:2"])], [(False, 6, 20, None, None)]),
        ([often("0/5"), often()], [(False, 0, 5, None, None)]),
        ([often(), often("0/5")], [(False, 0, 5, None, None)]),
        ([often("0/5"), often(negated=True), often("3/4")], [(False, 3, 9, None, None), (True, None, None, None, None)]),
        ([often("0/5", negated=True), often("3/4")], [(False, 3, 4, None, None), (True, 0, 5, None, None)]),  # a denial stays one
        ([often("45%"), often("HP:0040283"), often("1/2")], [(False, 1, 2, 0.05, 0.45)]),
        (
            [often("3/10", primary_knowledge_source="infores:a"), often("0/5", primary_knowledge_source="infores:b")],
            [(False, 3, 10, None, None), (True, 0, 5, None, None)],  # the five may be among the ten
        ),
        ([often("3/10"), often("0/5", stage_qualifier="late")], [(False, 3, 10, None, None), (True, 0, 5, None, None)]),
    ],
)
def test_rows_of_one_edge_are_pooled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], expected: list[tuple[Any, ...]], block: int
) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    assert [row[2:] for row in kgx(tmp_path, *rows)] == expected


@pytest.mark.parametrize("block", [60, 1 << 20])
@pytest.mark.parametrize("seed", range(8))
def test_kgx_own_tables_and_hpos_own_reader_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, block: int) -> None:
    draw = random.Random(seed)
    terms = [f"HP:000000{n}" for n in range(1, 5)]
    said = ("", "", "3/10", "0/5", "1/1", "2/20", "45%", "HP:0040282", "HP:0040285")
    drawn = [
        (f"OMIM:{draw.randint(1, 3)}", draw.choice(terms), draw.choice(said), draw.random() < 0.15, f"PMID:{draw.randint(1, 4)}") for _ in range(60)
    ]
    hpoa = [
        {"database_id": d, "disease_name": d, "hpo_id": t, "reference": p, "frequency": f, "qualifier": "NOT" if no else "", "aspect": "P"}
        for d, t, f, no, p in drawn
    ]
    (tmp_path / "p.hpoa").write_text("\n".join(["\t".join(COLUMNS), *("\t".join(r.get(c, "") for c in COLUMNS) for r in hpoa)]), encoding="utf-8")
    diseases = read_diseases(tmp_path / "p.hpoa", pl.DataFrame({"id": terms, "term": terms}), SourceInfo("HPO", "", "", "")).tables.edges
    assert isinstance(diseases, pl.DataFrame)
    expected = sorted(diseases.unnest("frequency").select("subject", "object", "negated", "n", "m", "lower", "upper").rows())

    monkeypatch.setattr(files, "BLOCK", block)
    found = kgx(tmp_path, *(often(f, subject=d, object=t, negated=no, publications=[p]) for d, t, f, no, p in drawn))
    assert found == expected
    (tmp_path / "e.csv").write_text(
        "\n".join(["a,b,often,denied,note", *(f"{d},{t},{f},{'yes' if no else ''},{p}" for d, t, f, no, p in drawn)]), encoding="utf-8"
    )
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    assert pooled(read_own_csv(tmp_path / "spec.yaml")) == expected
