"""Build a graph folder from sources: merge, pool, hash, write. All or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from kgpaths.errors import GraphError
from kgpaths.graph.concepts import CROSSWALK, LEXICAL, NO_SOURCE, Concepts, Reject, make_concepts
from kgpaths.graph.edges import Edges, pool
from kgpaths.graph.files import ARRAYS, replacing_folder
from kgpaths.graph.hashing import compact
from kgpaths.graph.manifest import MANIFEST, GraphManifest, SourceEntry
from kgpaths.graph.merge import Match
from kgpaths.graph.write import write_arrays, write_tables
from kgpaths.sources.tables import EDGES, SourceInfo, SourceTables, evidence, plain_edge
from kgpaths.vocabulary import PREDICATES, predicate_of

Progress = Callable[[str], None]
MAX_PREDICATES = 256  # a predicate is one byte


def silent(step: str) -> None:
    """Show no progress."""


def build_graph(
    sources: Sequence[SourceTables],
    crosswalks: Sequence[pl.DataFrame],
    out: Path,
    name: str,
    *,
    release: str = "",
    progress: Progress = silent,
) -> GraphManifest:
    """Build the graph of ``sources`` in the folder ``out`` and return its manifest.

    ``crosswalks`` are further cross-reference tables (id, xref, predicate) without nodes of their own. ``release`` is by
    default the sources' releases joined. Where two sources speak of one id, the first given names it. The folder appears
    whole or not at all, and replaces an older graph. Raises GraphError where no concept or no edge results, or ``out``
    is in the way.
    """
    rejects: list[Reject] = []
    progress("merging concepts")
    concepts = make_concepts(sources, crosswalks, rejects)
    if not concepts.curies:
        raise GraphError("the graph would be empty: no source has a usable concept", where=str(out), mend="check the sources")
    progress("pooling edges")
    stated, self_loops = stated_edges(sources, concepts, rejects)
    predicates = sorted(stated["predicate"].unique().to_list())
    number = {p: i for i, p in enumerate(predicates)}
    edges = pool(stated.with_columns(pl.col("predicate").replace_strict(number, return_dtype=pl.UInt8)), concepts.curies, predicates)
    if not len(edges):
        raise GraphError("the graph would be empty: no source has a usable edge", where=str(out), mend="check the sources")
    del stated
    progress("hashing")
    manifest = GraphManifest(
        kgpaths_version=version(),
        name=name,
        release=release or "; ".join(f"{s.info.name} {s.info.release}".strip() for s in sources),
        content_hash=graph_hash(concepts, edges),
        concepts=len(concepts.curies),
        edges=len(edges),
        sources=tuple(source_entry(s) for s in sources),
        categories=dict(sorted(concepts.nodes["category"].value_counts().iter_rows())),
        predicates=dict(zip(predicates, np.bincount(edges.predicate, minlength=len(predicates)).tolist(), strict=True)),
        merged_ids=concepts.ids.height - len(concepts.curies),
        mapping_edges=sum(n for p, n in zip(predicates, np.bincount(edges.predicate).tolist(), strict=True) if predicate_of(p).role == "mapping"),
        conflicts=len(concepts.conflicts),
        self_loops=self_loops,
        rejected_rows=len(rejects) + sum(s.rejected.height for s in sources),
    )
    with replacing_folder(out) as folder:
        progress("writing tables")
        write_tables(folder, concepts, edges, predicates, rejected_rows(sources, rejects))
        progress("writing arrays")
        (folder / ARRAYS).mkdir()
        write_arrays(folder / ARRAYS, concepts, edges)
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    return manifest


def stated_edges(sources: Sequence[SourceTables], concepts: Concepts, rejects: list[Reject]) -> tuple[pl.DataFrame, int]:
    """Return all edges between concept numbers, mappings included, and how many became self-loops by merging.

    The ends of a symmetric predicate are put in the order of their ids, so that A-B and B-A are one edge.
    """
    parts = []
    self_loops = 0
    frames = [*((s.info.name, s.edges) for s in sources), (CROSSWALK, mapping_edges(sources, concepts.matches))]
    for source, frame in frames:
        usable = known_predicates(source, frame, rejects)
        for end in ("subject", "object"):
            places = concepts.ids.rename({"id": end, "index": f"{end}_index"})
            usable = usable.join(places, on=end, how="left", maintain_order="left")
        dangling = usable.filter(pl.col("subject_index").is_null() | pl.col("object_index").is_null())
        rejects += [
            Reject(source, None, "dangling_edge", f"{s} {p} {o}") for s, p, o in dangling.select("subject", "predicate", "object").iter_rows()
        ]
        usable = usable.drop_nulls(["subject_index", "object_index"])
        loops = usable.filter(pl.col("subject_index") == pl.col("object_index"))
        own = loops.filter(pl.col("subject") == pl.col("object"))
        rejects += [Reject(source, None, "self_loop", f"{s} {p} {s}") for s, p in own.select("subject", "predicate").iter_rows()]
        self_loops += loops.height - own.height
        usable = usable.filter(pl.col("subject_index") != pl.col("object_index"))
        parts.append(
            usable.select(
                subject=pl.when(is_symmetric()).then(pl.min_horizontal("subject_index", "object_index")).otherwise("subject_index"),
                predicate="predicate",
                object=pl.when(is_symmetric()).then(pl.max_horizontal("subject_index", "object_index")).otherwise("object_index"),
                **{name: pl.col(name) for name in ("negated", "qualifiers", "frequency", "evidence")},
            )
        )
    return pl.concat(parts), self_loops


def is_symmetric() -> pl.Expr:
    """Tell whether an edge's predicate reads the same both ways."""
    return pl.col("predicate").is_in([p.name for p in PREDICATES.values() if p.symmetric])


def known_predicates(source: str, frame: pl.DataFrame, rejects: list[Reject]) -> pl.DataFrame:
    """Return the edges whose predicate the vocabulary has; the others are rejected."""
    known = pl.col("predicate").is_in(list(PREDICATES))
    unknown = frame.filter(~known.fill_null(False)).select("subject", "predicate", "object")
    rejects += [Reject(source, None, "unknown_predicate", f"{s} {p} {o}") for s, p, o in unknown.iter_rows()]
    return frame.filter(known)


def mapping_edges(sources: Sequence[SourceTables], matches: Sequence[Match]) -> pl.DataFrame:
    """Return the mapping edges, each with the source of its cross-reference as evidence, in the columns of ``EDGES``."""
    infos = {number: source.info for number, source in enumerate(sources)} | {NO_SOURCE: SourceInfo(LEXICAL, "", "CC0-1.0", "")}
    groups: dict[int, list[Match]] = {}
    for match in matches:
        groups.setdefault(match.source, []).append(match)
    parts = [pl.DataFrame(schema=EDGES)]
    for number, group in sorted(groups.items()):
        info = infos.get(number, SourceInfo(CROSSWALK, "", "", ""))
        frame = pl.DataFrame(group, schema=["subject", "predicate", "object", "source", "stated"], orient="row")
        said = {"code": pl.lit("lexical"), "note": pl.col("stated")} if number == NO_SOURCE else {"code": pl.col("stated")}
        parts.append(frame.select("subject", "predicate", "object", **plain_edge(), evidence=pl.concat_list(evidence(info, **said))))
    return pl.concat(parts)


def rejected_rows(sources: Sequence[SourceTables], rejects: Sequence[Reject]) -> pl.DataFrame:
    """Return every row that was not used, of the sources' reading and of the build."""
    schema = {"source": pl.String, "file": pl.String, "row": pl.Int64, "reason": pl.String, "detail": pl.String}
    own = pl.DataFrame([(r.source, "", r.row, r.reason, r.detail) for r in rejects], schema=schema, orient="row")
    return pl.concat([*(s.rejected.select(pl.lit(s.info.name).alias("source"), "file", "row", "reason", "detail") for s in sources), own])


def graph_hash(concepts: Concepts, edges: Edges) -> str:
    """Return the graph's identity: its edges' content hashes, its concepts with all their ids, and their names."""
    hasher = hashlib.sha256()
    hasher.update(np.sort(np.ascontiguousarray(edges.content_hash).view(f"V{edges.content_hash.shape[1]}").reshape(-1)).tobytes())
    merged = concepts.xrefs.filter("merged").select("index", "xref").sort("index", "xref")
    for frame in (concepts.nodes, merged, concepts.aliases):
        hasher.update(b"\n")
        for row in frame.iter_rows():
            hasher.update(compact(row).encode() + b"\n")
    return hasher.hexdigest()


def source_entry(source: SourceTables) -> SourceEntry:
    """Return what the manifest says of a source."""
    info = source.info
    counts = {name: getattr(source, name).height for name in ("nodes", "edges", "aliases", "xrefs", "rejected")}
    return SourceEntry(name=info.name, release=info.release, licence=info.licence, url=info.url, files=dict(sorted(info.files.items())), **counts)


def version() -> str:
    """Return the installed version of kgpaths, empty in a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("kgpaths")
    except PackageNotFoundError:
        return ""
