"""Compare two graphs: which edges and concepts came, went, changed, or only go by another name.

Edges are compared by id and content hash, concepts by all ids that stand for them. An edge whose ends the newer graph
knows under other CURIEs is looked for there: a merge renames it, it has not vanished. Nor has one whose ends a merge has
made one concept. All of it in columns; text is written only of what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.errors import GraphError
from kgpaths.graph.hashing import Bytes, Ids, hexed, key64, slices
from kgpaths.graph.mapped import Mapped
from kgpaths.graph.merge import compatible
from kgpaths.graph.store import Graph
from kgpaths.graph.write import Table
from kgpaths.vocabulary import predicate_of

KINDS = {
    "edges_added": "only in the newer graph",
    "edges_removed": "only in the older graph",
    "edges_changed": "the same statement on other evidence",
    "edges_renamed": "the same statement of ends that the newer graph calls otherwise",
    "edges_merged": "only in the older graph; the newer has both ends as one concept",
    "concepts_added": "only in the newer graph",
    "concepts_removed": "only in the older graph",
    "concepts_renamed": "another preferred CURIE",
    "concepts_relabelled": "another name or category",
}
"""What may differ, and what that means. Whatever the older graph has is in one of them at most."""

PAIR = {"a": pl.Int32, "b": pl.Int32}  # rows in the older and in the newer graph
NAME_SHOWN = 60  # characters
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Diff:
    """What differs between an older graph ``a`` and a newer one ``b``, by kind: see ``KINDS``."""

    a: Mapped
    b: Mapped
    rows: Mapping[str, pl.DataFrame]  # kind -> rows in the older graph (a), in the newer (b)

    def summary(self) -> dict[str, int]:
        """Return how many there are of each kind."""
        return {kind: self.rows[kind].height for kind in KINDS}

    def frame(self, kind: str, limit: int | None = None) -> pl.DataFrame:
        """Return what is of a kind, spelt out, or the first ``limit`` of it.

        Edges have id, subject, predicate, object, negated and qualifiers, and the names of both ends; concepts have id,
        name and category. Columns that end in ``_before`` are the older graph's. Merged edges are the older graph's, with the
        concept that their ends are now.
        """
        rows = self.rows[kind] if limit is None else self.rows[kind].head(limit)
        return self._edges(kind, rows) if kind.startswith("edges") else self._concepts(kind, rows)

    def plain(self, kind: str, limit: int) -> list[dict[str, Any]]:
        """Return the first ``limit`` of a kind as plain rows."""
        return self.frame(kind, limit).to_dicts()

    def lines(self, kind: str, limit: int) -> list[str]:
        """Return the first ``limit`` of a kind as lines for people."""
        return [LINES[kind](row) for row in self.frame(kind, limit).iter_rows(named=True)]

    def write(self, folder: Path) -> None:
        """Write one Parquet file a kind. Raises GraphError where ``folder`` holds anything else, or cannot be written."""
        files = {kind: folder / f"{kind}.parquet" for kind in KINDS}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if others := sorted({path.name for path in folder.iterdir()} - {file.name for file in files.values()}):
                raise GraphError(f"is in the way: holds {others[0]}", where=str(folder), mend="choose an empty folder")
            for kind, file in files.items():
                parts = [self.rows[kind][rows] for rows in slices(self.rows[kind].height)] or [self.rows[kind]]
                spell = self._edges if kind.startswith("edges") else self._concepts
                with Table(file) as table:
                    for part in parts:
                        table.add(spell(kind, part).to_arrow())
        except OSError as error:
            raise GraphError(f"cannot be written: {error.strerror}", where=str(folder), mend="choose a folder you may write to") from error

    def _edges(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        if kind == "edges_removed":
            return spelt(self.a, self._words[0], rows["a"].to_numpy())
        b = rows["b"].to_numpy()
        if kind == "edges_merged":
            return spelt(self.a, self._words[0], rows["a"].to_numpy()).with_columns(concept=self.b.text("nodes", "id", b))
        now = spelt(self.b, self._words[1], b)
        if kind == "edges_added":
            return now
        a = rows["a"].to_numpy()
        before = spelt(self.a, self._words[0], a).select("id", "subject", "object")
        if kind == "edges_renamed":
            named = before.rename(lambda name: f"{name}_before")
            order = ("id_before", "id", "subject_before", "subject", "subject_name", "predicate", "object_before", "object", "object_name")
            return pl.concat([named, now, rows.select("changed")], how="horizontal").select(*order, "negated", "qualifiers", "changed")
        return now.with_columns(
            evidence_before=pl.Series(count_of(self.a, a)),
            evidence=pl.Series(count_of(self.b, b)),
            content_hash_before=hexed(self.a["edge_content_hash"][a]),
            content_hash=hexed(self.b["edge_content_hash"][b]),
        )

    def _concepts(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        columns = ("id", "name", "category")
        if kind == "concepts_removed":
            return self.a.nodes(rows["a"].to_numpy()).select(columns)
        now = self.b.nodes(rows["b"].to_numpy()).select(columns)
        if kind == "concepts_added":
            return now
        before = self.a.nodes(rows["a"].to_numpy()).select(columns).rename(lambda name: f"{name}_before")
        order = [name for column in columns for name in (f"{column}_before", column)]
        return pl.concat([before, now], how="horizontal").select(order if kind == "concepts_renamed" else order[1:])

    @cached_property
    def _words(self) -> tuple[pl.Series, pl.Series]:
        """The sets of qualifiers of both graphs as one reads them."""
        return qualifier_words(self.a), qualifier_words(self.b)


def qualifier_words(graph: Mapped) -> pl.Series:
    """Return each set of qualifiers as ``key=value; key=value``."""
    texts = ["; ".join(f"{q['key']}={q['value']}" for q in one) for one in graph.qualifiers["qualifiers"].to_list()]
    return pl.Series(texts, dtype=pl.String)


def spelt(graph: Mapped, words: pl.Series, rows: NDArray[Any]) -> pl.DataFrame:
    """Return edges by row as people read them."""
    subject, object_ = graph["edge_subject"][rows], graph["edge_object"][rows]
    return pl.DataFrame(
        {
            "id": hexed(graph["edge_id"][rows]),
            "subject": graph.text("nodes", "id", subject),
            "subject_name": graph.text("nodes", "name", subject),
            "predicate": pl.Series(graph.predicates, dtype=pl.String).gather(graph["edge_predicate"][rows]),
            "object": graph.text("nodes", "id", object_),
            "object_name": graph.text("nodes", "name", object_),
            "negated": graph["edge_negated"][rows].astype(bool),
            "qualifiers": words.gather(graph["edge_qualifiers"][rows]),
        }
    )


def count_of(graph: Mapped, rows: NDArray[Any]) -> NDArray[Any]:
    """Return how many statements of evidence edges have."""
    count: NDArray[Any] = graph["evidence_indptr"][rows + 1] - graph["evidence_indptr"][rows]
    return count


def short(text: str) -> str:
    """Return a name in one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= NAME_SHOWN else text[: NAME_SHOWN - 1] + "…"


def edge_line(row: Mapping[str, Any]) -> str:
    """Return an edge as a line."""
    predicate = f"not {row['predicate']}" if row["negated"] else row["predicate"]
    qualifiers = f" [{short(row['qualifiers'])}]" if row["qualifiers"] else ""
    ends = [f"{row[end]} ({short(row[f'{end}_name'])})" for end in ("subject", "object")]
    return f"{row['id']}  {ends[0]} {predicate} {ends[1]}{qualifiers}"


def concept_line(row: Mapping[str, Any], suffix: str = "") -> str:
    """Return a concept as a line."""
    return f"{row.get(f'id{suffix}', row['id'])} ({short(row[f'name{suffix}'])}) [{row[f'category{suffix}']}]"


LINES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "edges_added": edge_line,
    "edges_removed": edge_line,
    "edges_changed": lambda row: f"{edge_line(row)}: {row['evidence_before']} statements, now {row['evidence']}",
    "edges_renamed": lambda row: (
        f"{edge_line(row)}, was {row['id_before']}  {row['subject_before']} … {row['object_before']}" + (", also changed" if row["changed"] else "")
    ),
    "edges_merged": lambda row: f"{edge_line(row)}: both are {row['concept']} now",
    "concepts_added": concept_line,
    "concepts_removed": concept_line,
    "concepts_renamed": lambda row: f"{concept_line(row)}, was {concept_line(row, '_before')}",
    "concepts_relabelled": lambda row: f"{concept_line(row)}, was {concept_line(row, '_before')}",
}


def diff(a: Graph, b: Graph) -> Diff:
    """Compare an older graph ``a`` with a newer one ``b``, by their arrays: milliseconds where little differs, seconds for millions of edges."""
    older, newer = Mapped(a.path, a.manifest), Mapped(b.path, b.manifest)
    became = same_concepts(older, newer)
    return Diff(older, newer, {**compared_edges(older, newer, became), **compared_concepts(older, newer, became)})


def same_concepts(a: Mapped, b: Mapped) -> pl.DataFrame:
    """Return the concepts that share an id: a, b, ``other`` (the shared id is not a's own) and ``moved`` (b's own is another).

    A disease and a phenotype may each bear a cross-reference that the other has in the other graph; they are not the same.
    """
    parts = [pl.DataFrame(schema={**PAIR, "other": pl.Boolean})]
    keys = b["id_key"]
    for rows in slices(len(a["id_key"])):
        place = np.searchsorted(keys, a["id_key"][rows])
        hit = np.flatnonzero(place < len(keys))
        hit = hit[keys[place[hit]] == a["id_key"][rows][hit]]
        ids = a.text("ids", "id", hit + rows.start)
        same = (ids == b.text("ids", "id", place[hit])).to_numpy()
        concept = a["id_concept"][rows][hit]
        frame = pl.DataFrame({"a": concept, "b": b["id_concept"][place[hit]], "other": ids != a.text("nodes", "id", concept)})
        parts.append(frame.filter(pl.Series(same)))
    pairs = of_one_kind(a, b, pl.concat(parts)).sort("a", "other", "b").unique(["a", "b"], keep="first", maintain_order=True)
    moved = [differing(a, b, pairs[rows], "id") for rows in slices(pairs.height)]
    return pairs.with_columns(moved=pl.concat([pl.Series(dtype=pl.Boolean), *moved]))


def of_one_kind(a: Mapped, b: Mapped, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs without those that share a merged id only and whose categories could not be merged."""
    kinds = {f"kind_{end}": graph.categories.gather(graph["node_category"][pairs[end].to_numpy()]) for graph, end in ((a, "a"), (b, "b"))}
    told = pairs.with_columns(**kinds)
    apart = [row for row in told.select(kinds.keys()).unique().iter_rows() if not compatible(*row, typed=True)]
    unlike = pl.DataFrame(apart, schema=dict.fromkeys(kinds, pl.String), orient="row").with_columns(other=pl.lit(True))
    return told.join(unlike, on=[*kinds, "other"], how="anti").select(pairs.columns)


def differing(a: Mapped, b: Mapped, pairs: pl.DataFrame, column: str) -> pl.Series:
    """Tell of pairs of concepts which differ in a column of the nodes."""
    return a.text("nodes", column, pairs["a"].to_numpy()) != b.text("nodes", column, pairs["b"].to_numpy())


def compared_concepts(a: Mapped, b: Mapped, became: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what became of the concepts. Each of ``a`` became one of ``b`` or none; of ``b``, what none became is new."""
    first = became.unique("a", keep="first", maintain_order=True)
    kept = first.filter(~pl.col("moved"))
    relabelled = [kept.clear()]
    for rows in slices(kept.height):
        part = kept[rows]
        kinds = [graph.categories.gather(graph["node_category"][part[end].to_numpy()]) for graph, end in ((a, "a"), (b, "b"))]
        relabelled.append(part.filter(differing(a, b, part, "name") | (kinds[0] != kinds[1])))
    return {
        "concepts_added": absent(b.n_concepts, first["b"], "b"),
        "concepts_removed": absent(a.n_concepts, first["a"], "a"),
        "concepts_renamed": first.filter("moved").select("a", "b"),
        "concepts_relabelled": pl.concat(relabelled).select("a", "b"),
    }


def absent(n: int, present: pl.Series, end: str) -> pl.DataFrame:
    """Return the numbers below ``n`` that are not present."""
    there = np.zeros(n, dtype=bool)
    there[present.to_numpy()] = True
    return pl.DataFrame({end: np.flatnonzero(~there).astype(np.int32)})


def compared_edges(a: Mapped, b: Mapped, became: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what became of the edges."""
    row_in_b = np.empty(a.n_edges, dtype=np.int32)
    changed = [np.empty(0, dtype=np.int32)]
    for places in slices(a.n_edges):
        rows = a["edge_key_row"][places]  # in the order of the keys, which stand together in b, too
        found = rows_by_id(b, a["edge_id"][rows])
        row_in_b[rows] = found
        rows, found = rows[found >= 0], found[found >= 0]
        changed.append(rows[(a["edge_content_hash"][rows] != b["edge_content_hash"][found]).any(axis=1)])
    restated = np.sort(np.concatenate(changed))
    gone = absent(a.n_edges, pl.Series(np.flatnonzero(row_in_b >= 0)), "a")
    renamed = renamed_edges(a, b, gone["a"].to_numpy(), became)
    seen = np.concatenate([row_in_b[row_in_b >= 0], renamed["b"].to_numpy()])
    gone = gone.join(renamed, on="a", how="anti", maintain_order="left")
    merged = merged_edges(a, gone["a"].to_numpy(), became)
    return {
        "edges_added": absent(b.n_edges, pl.Series(seen), "b"),
        "edges_removed": gone.join(merged, on="a", how="anti", maintain_order="left"),
        "edges_changed": pl.DataFrame({"a": restated, "b": row_in_b[restated]}, schema=PAIR),
        "edges_renamed": renamed,
        "edges_merged": merged,
    }


def rows_by_id(graph: Mapped, ids: Bytes) -> Rows:
    """Return the rows of the edges with these ids, -1 where there is none."""
    keys, wanted = graph["edge_key"], key64(ids)
    place = np.searchsorted(keys, wanted)
    found = np.full(len(ids), -1, dtype=np.int64)
    left = np.arange(len(ids))
    while len(left):  # more than once only where two ids begin with the same 8 bytes
        left = left[place[left] < len(keys)]
        left = left[keys[place[left]] == wanted[left]]
        rows = graph["edge_key_row"][place[left]]
        same = (graph["edge_id"][rows] == ids[left]).all(axis=1)
        found[left[same]] = rows[same]
        left = left[~same]
        place[left] += 1
    return found


def renamed_edges(a: Mapped, b: Mapped, gone: NDArray[Any], became: pl.DataFrame) -> pl.DataFrame:
    """Return the edges of ``a`` that ``b`` has under other CURIEs: a, b, and whether evidence or frequency changed, too."""
    parts = [pl.DataFrame(schema={**PAIR, "changed": pl.Boolean})]
    parts += [found for found in (renamed_part(a, b, part, became) for part in moved_edges(a, gone, became)) if found.height]
    return pl.concat(parts)


def moved_edges(a: Mapped, gone: NDArray[Any], became: pl.DataFrame) -> Iterator[NDArray[Any]]:
    """Yield, a part at a time, the edges of which an end goes by another CURIE."""
    moved = np.zeros(a.n_concepts, dtype=bool)
    moved[became.filter("moved")["a"].to_numpy()] = True
    hit = gone[moved[a["edge_subject"][gone]] | moved[a["edge_object"][gone]]]
    for rows in slices(len(hit)):
        yield hit[rows]


def renamed_part(a: Mapped, b: Mapped, gone: NDArray[Any], became: pl.DataFrame) -> pl.DataFrame:
    """Return, of some edges of ``a``, those that ``b`` has between what their ends became; an end's own CURIE goes before its other ids."""
    tried = between(a, gone, became).filter((pl.col("moved_s") | pl.col("moved_o")) & (pl.col("b_s") != pl.col("b_o")))
    ids = ids_between(a, b, *(tried[name].to_numpy() for name in ("a", "b_s", "b_o")))
    others = pl.col("other_s").cast(pl.Int8) + pl.col("other_o").cast(pl.Int8)
    found = tried.with_columns(b=pl.Series(rows_by_id(b, ids), dtype=pl.Int32), id=pl.Series(np.arange(len(ids)))).filter(pl.col("b") >= 0)
    found = found.sort("a", others, "b").unique("a", keep="first", maintain_order=True)
    hashes = a.content_hashes(a.edges(found["a"].to_numpy()), ids[found["id"].to_numpy()])
    return found.select("a", "b", changed=pl.Series((hashes != b["edge_content_hash"][found["b"].to_numpy()]).any(axis=1)))


def between(a: Mapped, rows: NDArray[Any], became: pl.DataFrame) -> pl.DataFrame:
    """Return edges of ``a`` with whatever their ends became (``b_s``, ``b_o``)."""
    tried = pl.DataFrame({"a": rows, "s": a["edge_subject"][rows], "o": a["edge_object"][rows]})
    for end in ("s", "o"):
        tried = tried.join(became.select(pl.col("a").alias(end), pl.col("b", "other", "moved").name.suffix(f"_{end}")), on=end, how="inner")
    return tried


def merged_edges(a: Mapped, gone: NDArray[Any], became: pl.DataFrame) -> pl.DataFrame:
    """Return the edges of ``a`` whose ends became one concept: a, and that concept as b."""
    parts = [pl.DataFrame(schema=PAIR)]
    for rows in moved_edges(a, gone, became):
        same = between(a, rows, became).filter(pl.col("b_s") == pl.col("b_o")).select("a", b="b_s")
        parts.append(same.sort("a", "b").unique("a", keep="first", maintain_order=True))
    return pl.concat(parts)


def ids_between(a: Mapped, b: Mapped, rows: NDArray[Any], subject: NDArray[Any], object_: NDArray[Any]) -> Bytes:
    """Return the ids that edges of ``a`` would have between these concepts of ``b``."""
    predicate = a["edge_predicate"][rows]
    turned = np.array([predicate_of(name).symmetric for name in a.predicates])[predicate] & (subject > object_)
    pairs = np.concatenate([np.where(turned, object_, subject), np.where(turned, subject, object_)])
    ends, local = np.unique(pairs, return_inverse=True)
    curies = b.text("nodes", "id", ends)
    first, last = np.split(local, 2)
    return Ids(a.qualifier_texts, curies, a.predicates).of(first, predicate, last, a["edge_negated"][rows], a["edge_qualifiers"][rows])
