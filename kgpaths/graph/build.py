"""Build a graph folder from sources: merge, pool, hash, write. All or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from kgpaths.errors import GraphError
from kgpaths.graph.concepts import CROSSWALK, LEXICAL, Concepts, make_concepts
from kgpaths.graph.edges import Edges, Statements, hash_edges, pool
from kgpaths.graph.files import ARRAYS, file_hashes, replacing_folder
from kgpaths.graph.hashing import hash_columns
from kgpaths.graph.manifest import MANIFEST, GraphManifest, SourceEntry
from kgpaths.graph.merge import Match
from kgpaths.graph.names import NO_SOURCE
from kgpaths.graph.rejects import Rejects
from kgpaths.graph.write import Table, edge_rows, write_arrays, write_hashes, write_tables
from kgpaths.sources.tables import SourceInfo, SourceTables, batches
from kgpaths.vocabulary import predicate_of

Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Show no progress."""


def build_graph(
    sources: Sequence[SourceTables],
    crosswalks: Sequence[pl.DataFrame],
    out: Path,
    name: str,
    *,
    release: str = "",
    recipe: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> GraphManifest:
    """Build the graph of ``sources`` in the folder ``out`` and return its manifest.

    ``crosswalks`` are further cross-reference tables (id, xref, predicate) without nodes of their own. ``release`` is by
    default the sources' releases joined; ``recipe`` is what the manifest keeps of how the sources were read. Where two
    sources speak of one id, the first given names it. The folder appears whole or not at all, and replaces an older
    graph. Raises GraphError where no concept or no edge results, or ``out`` is in the way.
    """
    rejects = Rejects()
    progress("merging concepts")
    concepts = make_concepts(sources, crosswalks, rejects)
    if not len(concepts.curies):
        raise GraphError("the graph would be empty: no source has a usable concept", where=str(out), mend="check the sources")
    statements = Statements(concepts.ids, rejects)
    rows = []
    refused = []  # by source: two may have one name
    for source in sources:
        progress(f"placing the edges of {source.info.name}")
        before = rejects.height
        rows.append(statements.add(source.info, source.edges))
        refused.append(rejects.height - before)
    for info, frame in mapping_edges(sources, concepts):
        if info.name == LEXICAL:
            frame = statements.unmapped(frame)
        statements.add(info, frame)
    progress("pooling edges")
    self_loops = statements.self_loops
    edges = pool(statements, len(concepts.curies))
    if not len(edges):
        raise GraphError("the graph would be empty: no source has a usable edge", where=str(out), mend="check the sources")
    for place, source in enumerate(sources):
        before = rejects.height
        for frame in batches(source.rejected):
            rejects.of_source(source.info.name, frame)
        refused[place] += rejects.height - before
    rejected = rejects.frame()
    with replacing_folder(out) as folder:
        progress("hashing and writing edges")
        write_all(folder, concepts, edges, rejected)
        number = dict(zip(edges.predicates, np.bincount(edges.predicate, minlength=len(edges.predicates)).tolist(), strict=True))
        manifest = GraphManifest(
            kgpaths_version=version(),
            name=name,
            release=release or "; ".join(f"{s.info.name} {s.info.release}".strip() for s in sources),
            content_hash=graph_hash(concepts, edges),
            concepts=len(concepts.curies),
            edges=len(edges),
            recipe=recipe or {},
            sources=tuple(source_entry(*counted) for counted in zip(sources, rows, concepts.stated_names, refused, strict=True)),
            categories=dict(sorted(concepts.nodes["category"].value_counts().iter_rows())),
            predicates=number,
            merged_ids=concepts.ids.height - len(concepts.curies),
            mapping_edges=sum(n for p, n in number.items() if predicate_of(p).role == "mapping"),
            conflicts=len(concepts.conflicts),
            self_loops=self_loops,
            rejected_rows=rejected.height,
            rejected=dict(sorted(rejected["reason"].value_counts().iter_rows())),
            files=file_hashes(folder),
        ).sealed()
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    return manifest


def write_all(folder: Path, concepts: Concepts, edges: Edges, rejected: pl.DataFrame) -> None:
    """Hash the edges and write everything but the manifest.

    Hashing keeps one core busy; what is done already is written by another meanwhile.
    """
    (folder / ARRAYS).mkdir()
    ids = concepts.curies.alias("id")
    with ThreadPoolExecutor(1) as beside, Table(folder / "edges.parquet") as table:
        tasks = [beside.submit(write_arrays, folder / ARRAYS, concepts, edges), beside.submit(write_tables, folder, concepts, rejected)]
        try:
            for rows in hash_edges(edges, concepts.curies):
                tasks.append(beside.submit(lambda rows: table.add(edge_rows(edges, rows, ids)), rows))
            for task in tasks:
                task.result()
        except BaseException:
            beside.shutdown(cancel_futures=True)
            raise
    write_hashes(folder / ARRAYS, edges)


def mapping_edges(sources: Sequence[SourceTables], concepts: Concepts) -> Iterator[tuple[SourceInfo, pl.DataFrame]]:
    """Yield the mapping edges by the source of their cross-reference, which is their evidence with the reason it gives."""
    infos = {number: source.info for number, source in enumerate(sources)} | {NO_SOURCE: SourceInfo(LEXICAL, "", "CC0-1.0", "")}
    groups: dict[int, list[Match]] = {}
    for match in concepts.matches:
        groups.setdefault(match.source, []).append(match)
    for number, group in sorted(groups.items()):
        frame = pl.DataFrame(group, schema=["subject", "predicate", "object", "source", "stated", "reason"], orient="row")
        why = concepts.reasons[frame["reason"]]
        said = pl.struct(code="stated", note="justification", confidence="confidence")
        if number == NO_SOURCE:
            said = pl.struct(code=pl.lit("lexical"), note="stated")
        edges = pl.concat([frame, why], how="horizontal").select("subject", "predicate", "object", evidence=said)
        yield infos.get(number, SourceInfo(CROSSWALK, "", "", "")), edges


def graph_hash(concepts: Concepts, edges: Edges) -> str:
    """Return the graph's identity: its edges' content hashes, its concepts with all their ids, and their names."""
    hasher = hashlib.sha256()
    hasher.update(edges.content_hash.tobytes())
    hash_columns(hasher, concepts.nodes)
    hash_columns(hasher, concepts.xrefs.filter("merged").select("index", "xref"))
    hash_columns(hasher, concepts.aliases)
    return hasher.hexdigest()


def source_entry(source: SourceTables, edges: int, names: int, rejected: int) -> SourceEntry:
    """Return what the manifest says of a source, once it was gone through."""
    info = source.info
    return SourceEntry(
        name=info.name,
        release=info.release,
        licence=info.licence,
        url=info.url,
        files=dict(sorted(info.files.items())),
        nodes=source.nodes.height,
        edges=edges,
        aliases=names,
        xrefs=source.xrefs.height,
        rejected=rejected,
        restricted=info.restricted,
        left_out={reason: n for reason, n in sorted(source.left_out.items()) if n},
    )


def version() -> str:
    """Return the installed version of kgpaths, empty in a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("kgpaths")
    except PackageNotFoundError:
        return ""
