"""Write a file with the shape of PrimeKG's kg.csv: its columns, types, relations and row counts, with heavy-tailed degrees.

    python benchmarks/primekg_shaped.py kg.csv            # 8,100,498 rows, some 880 MB
    python benchmarks/primekg_shaped.py kg.csv --scale 0.01

The counts of nodes by type and of rows by relation are those its authors state; ends and names are drawn, seeded. As in
the published file every edge stands twice, the second time reversed under the same label.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

NODES = {
    "biological_process": (28_642, "GO"),
    "gene/protein": (27_671, "NCBI"),
    "disease": (17_080, "MONDO"),
    "effect/phenotype": (15_311, "HPO"),
    "anatomy": (14_035, "UBERON"),
    "molecular_function": (11_169, "GO"),
    "drug": (7_957, "DrugBank"),
    "cellular_component": (4_176, "GO"),
    "pathway": (2_516, "REACTOME"),
    "exposure": (818, "CTD"),
}
"""Type -> nodes, source."""


class Relation(NamedTuple):
    """One relation of the published file; ``rows`` counts both directions."""

    name: str
    display: str
    x: str
    y: str
    rows: int


RELATIONS = (
    Relation("anatomy_protein_present", "expression present", "gene/protein", "anatomy", 3_036_406),
    Relation("drug_drug", "synergistic interaction", "drug", "drug", 2_672_628),
    Relation("protein_protein", "ppi", "gene/protein", "gene/protein", 642_150),
    Relation("disease_phenotype_positive", "phenotype present", "disease", "effect/phenotype", 300_634),
    Relation("bioprocess_protein", "interacts with", "gene/protein", "biological_process", 289_610),
    Relation("cellcomp_protein", "interacts with", "gene/protein", "cellular_component", 166_804),
    Relation("disease_protein", "associated with", "gene/protein", "disease", 160_822),
    Relation("molfunc_protein", "interacts with", "gene/protein", "molecular_function", 139_060),
    Relation("drug_effect", "side effect", "drug", "effect/phenotype", 129_568),
    Relation("bioprocess_bioprocess", "parent-child", "biological_process", "biological_process", 105_772),
    Relation("pathway_protein", "interacts with", "gene/protein", "pathway", 85_292),
    Relation("disease_disease", "parent-child", "disease", "disease", 64_388),
    Relation("contraindication", "contraindication", "drug", "disease", 61_350),
    Relation("drug_protein", "target", "drug", "gene/protein", 51_306),
    Relation("anatomy_protein_absent", "expression absent", "gene/protein", "anatomy", 39_774),
    Relation("phenotype_phenotype", "parent-child", "effect/phenotype", "effect/phenotype", 37_472),
    Relation("anatomy_anatomy", "parent-child", "anatomy", "anatomy", 28_064),
    Relation("molfunc_molfunc", "parent-child", "molecular_function", "molecular_function", 27_148),
    Relation("indication", "indication", "drug", "disease", 18_776),
    Relation("cellcomp_cellcomp", "parent-child", "cellular_component", "cellular_component", 9_690),
    Relation("phenotype_protein", "associated with", "gene/protein", "effect/phenotype", 6_660),
    Relation("off-label use", "off-label use", "drug", "disease", 5_136),
    Relation("pathway_pathway", "parent-child", "pathway", "pathway", 5_070),
    Relation("exposure_disease", "linked to", "exposure", "disease", 4_608),
    Relation("exposure_exposure", "parent-child", "exposure", "exposure", 4_140),
    Relation("exposure_bioprocess", "interacts with", "exposure", "biological_process", 3_250),
    Relation("exposure_protein", "interacts with", "exposure", "gene/protein", 2_424),
    Relation("disease_phenotype_negative", "phenotype absent", "disease", "effect/phenotype", 2_386),
    Relation("exposure_molfunc", "interacts with", "exposure", "molecular_function", 90),
    Relation("exposure_cellcomp", "interacts with", "exposure", "cellular_component", 20),
)
ROWS = sum(r.rows for r in RELATIONS)
SYLLABLES = (
    "ba",
    "cor",
    "di",
    "en",
    "fos",
    "gli",
    "hy",
    "in",
    "ker",
    "lym",
    "mu",
    "neu",
    "oxi",
    "pro",
    "que",
    "ra",
    "syn",
    "tri",
    "ul",
    "vas",
    "xan",
    "zo",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="Share of the rows and nodes.")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(f"{write(given.out, given.scale, given.seed):,} rows")


def write(out: Path, scale: float = 1.0, seed: int = 0) -> int:
    """Write the file and return how many rows it has."""
    draw = np.random.default_rng(seed)
    nodes = {kind: make_nodes(kind, max(8, round(count * scale)), source, draw) for kind, (count, source) in NODES.items()}
    first = dict(zip(nodes, np.cumsum([0, *(f.height for f in nodes.values())])[:-1].tolist(), strict=True))
    rows = 0
    with out.open("wb") as stream:
        for number, relation in enumerate(RELATIONS):
            x, y = pairs(relation, nodes[relation.x].height, nodes[relation.y].height, max(1, round(relation.rows / 2 * scale)), draw)
            ahead = side("x", nodes[relation.x], first[relation.x], x), side("y", nodes[relation.y], first[relation.y], y)
            back = side("x", nodes[relation.y], first[relation.y], y), side("y", nodes[relation.x], first[relation.x], x)
            for number_of_way, way in enumerate((ahead, back)):
                frame = pl.concat(way, how="horizontal").select(
                    pl.lit(relation.name).alias("relation"), pl.lit(relation.display).alias("display_relation"), pl.all()
                )
                frame.write_csv(stream, include_header=number == 0 and number_of_way == 0)
                rows += frame.height
    return rows


def make_nodes(kind: str, count: int, source: str, draw: np.random.Generator) -> pl.DataFrame:
    """Return ids as the published file spells them (prefix and leading zeros lost) and names; some diseases are groups."""
    numbers = np.sort(draw.choice(10 * count, count, replace=False)) + 1
    numbers += {"molecular_function": 3_000_000, "cellular_component": 6_000_000}.get(kind, 0)  # the three share GO's ids
    ids = [str(n) for n in numbers]
    sources = [source] * count
    if kind == "drug":
        ids = [f"DB{n:05}" for n in numbers]
    elif kind == "pathway":
        ids = [f"R-HSA-{n}" for n in numbers]
    elif kind == "exposure":
        ids = [f"D{n:06}" for n in numbers]
    elif kind == "disease":
        for i in range(0, count, 13):
            ids[i], sources[i] = f"{numbers[i]}_{100_000 + i}_{200_000 + i}", "MONDO_grouped"
    words = draw.integers(0, len(SYLLABLES), (count, 9))
    lengths = draw.integers(2, 9, count)
    names = ["".join(SYLLABLES[w] for w in row[:n]) + (", type 2" if n == 5 else "") for row, n in zip(words.tolist(), lengths.tolist(), strict=True)]
    return pl.DataFrame({"id": ids, "type": [kind] * count, "name": names, "source": sources})


def pairs(relation: Relation, nx: int, ny: int, wanted: int, draw: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``wanted`` distinct pairs; within one type no pair comes twice in either order, and every node comes once."""
    same = relation.x == relation.y
    wanted = min(wanted, (nx * (nx - 1) // 2 if same else nx * ny) // 2)
    weigh = [np.arange(1, n + 1) ** -0.6 for n in (nx, ny)]
    cumulative = [np.cumsum(w / w.sum()) for w in weigh]
    order = [draw.permutation(n) for n in (nx, ny)]
    cover = np.arange(nx // 2) * 2 if same else np.empty(0, dtype=np.int64)
    keys = cover * ny + cover + 1
    if same and nx % 2:
        keys = np.append(keys, (nx - 2) * ny + nx - 1)
    while len(keys) < wanted:
        x, y = (order[k][np.minimum(np.searchsorted(cumulative[k], draw.random(wanted)), (nx, ny)[k] - 1)] for k in (0, 1))
        if same:
            x, y = np.minimum(x, y)[x != y], np.maximum(x, y)[x != y]
        fresh = x * ny + y
        _, places = np.unique(np.concatenate([keys, fresh]), return_index=True)
        keys = np.concatenate([keys, fresh])[np.sort(places)][:wanted]
    return np.divmod(keys[:wanted], ny)


def side(name: str, nodes: pl.DataFrame, first: int, places: NDArray[np.int64]) -> pl.DataFrame:
    """Return the five columns of one end."""
    chosen = nodes[places]
    return pl.DataFrame({f"{name}_index": places + first, **{f"{name}_{column}": chosen[column] for column in ("id", "type", "name", "source")}})


if __name__ == "__main__":
    main()
