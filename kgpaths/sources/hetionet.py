"""Read Hetionet in its official text formats: ``nodes.tsv`` (id, name, kind) and ``edges.sif`` (source, metaedge, target).

The text formats leave out what the edges rest on: sources, scores, licences, the type of a pharmacologic class and what
was done to the gene that regulates. So a metaedge is taken as the weakest of what it may mean (``hetionet_relations.py``),
and single edges that readers found wrong are not told at all (``hetionet_doubts.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.delimited import Delimited
from kgpaths.sources.distinct import Distinct
from kgpaths.sources.files import ROW, inside
from kgpaths.sources.hetionet_doubts import INDICATION, NO_TREATMENT, TREATING, own_keys, refused_keys
from kgpaths.sources.hetionet_relations import KINDS, LICENCE, METAEDGES, URL, Kind
from kgpaths.sources.numbered import Keys, Segment, distinct, edge_frames, packed, without
from kgpaths.sources.tables import Batches, SourceInfo, SourceTables
from kgpaths.vocabulary import TOLD_QUALIFIERS, predicate_of

NAME = "Hetionet"
NODES = ("*nodes.tsv", "*nodes.tsv.gz")
EDGES = ("*edges.sif", "*edges.sif.gz")

_NUMBER_OF = {m.name: number for number, m in enumerate(METAEDGES)}
_KINDS = tuple(KINDS)
_SOURCE = np.array([*(_KINDS.index(m.source) for m in METAEDGES), -9], dtype=np.int8)  # the last is that of no metaedge
_TARGET = np.array([*(_KINDS.index(m.target) for m in METAEDGES), -9], dtype=np.int8)


def read_hetionet(
    folder: Path, *, nodes: str = "", edges: str = "", as_stated: bool = False, release: str = "v1.0", limit: int | None = None
) -> SourceTables:
    """Read the nodes and edges of a folder; ``nodes`` and ``edges`` name the files where their names do not tell.

    What rests on too little to be told as a fact (text mining, cell lines, labels) bears that as a qualifier, which keeps it
    from being walked and told; ``as_stated`` leaves the qualifier away, but for single edges that are known to be wrong.
    ``limit`` holds for the edges: all nodes are read, or their ends would be unknown. Raises InputError where a file is
    missing, stands there twice, or is not in the format expected of it; a row that cannot be used is rejected.
    """
    node_file, edge_file = only(folder, nodes, NODES, "nodes"), only(folder, edges, EDGES, "edges")
    info = SourceInfo(NAME, release, LICENCE, URL, {p.name: tables.sha256(p) for p in (node_file, edge_file)})
    concepts = read_nodes(node_file)
    rows = Rows(edge_file.name, concepts)
    for frame in Delimited((edge_file,), "\t").batches(("source", "metaedge", "target"), limit=limit):
        rows.add(frame)
    segments, used = rows.segments(as_stated=as_stated), rows.used
    curies = pl.Series("id", concepts.curies, dtype=pl.String)
    return SourceTables(
        info,
        nodes=node_frame(concepts),
        edges=Batches(lambda: edge_frames(segments, curies, qualified=True)),
        aliases=alias_frame(concepts),
        xrefs=pl.DataFrame(concepts.versions, schema=tables.XREFS, orient="row"),
        rejected=pl.concat([pl.DataFrame(concepts.rejected, schema=tables.REJECTED, orient="row"), *rows.rejected]),
        left_out={"second_row_of_an_edge": used - sum(len(s.keys) for s in segments)},
    )


def only(folder: Path, name: str, patterns: Sequence[str], option: str) -> Path:
    """Return the file of a name, or the one whose name fits. Raises InputError where none or several do."""
    if name:
        return inside(folder, name)
    found = sorted({p for pattern in patterns for p in folder.glob(pattern) if p.is_file()})
    if len(found) != 1:
        several = f"several files: {', '.join(p.name for p in found)}" if found else f"no {' or '.join(patterns)}"
        raise InputError(several, where=str(folder), mend=f"name the file with the option {option}")
    return found[0]


@dataclass
class Concepts:
    """The nodes in file order; a node that cannot be used has no number."""

    curies: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    number: dict[str, int] = field(default_factory=dict)  # id as the file has it -> number
    versions: list[tuple[str, str, str]] = field(default_factory=list)  # cross-references to ids of one version
    rejected: list[tuple[str, int, str, str]] = field(default_factory=list)


def read_nodes(path: Path) -> Concepts:
    """Read the nodes. Two that would become one concept are not united: the second is rejected."""
    concepts = Concepts()
    taken: dict[str, str] = {}  # CURIE -> id
    for frame in Delimited((path,), "\t").batches(("id", "name", "kind")):
        for identifier, name, kind, row in frame.iter_rows():
            curie, version = KINDS[kind].curie(identifier.removeprefix(f"{kind}::")) if kind in KINDS else ("", "")
            reason = refused(identifier, name, kind, curie)
            if not reason and curie in taken:
                reason = "same_node_twice" if taken[curie] == identifier else "two_nodes_of_one_id"
            if reason:
                concepts.rejected.append((path.name, row, reason, f"{identifier} {name}, a {kind}; its id: {curie or 'none'}"))
                continue
            taken[curie] = identifier
            concepts.number[identifier] = len(concepts.curies)
            concepts.curies.append(curie)
            concepts.names.append(name.strip())
            concepts.kinds.append(kind)
            if version:
                concepts.versions.append((curie, version, "alt_id"))
    return concepts


def refused(identifier: str, name: str, kind: str, curie: str) -> str:
    """Return why a node cannot be used, empty where it can."""
    if not identifier or not name.strip():
        return "empty_name" if identifier else "empty_id"
    if kind not in KINDS:
        return "unknown_kind"
    return "" if curie and identifier.startswith(f"{kind}::") else "bad_id"


class Rows:
    """The edges as numbers, metaedge by metaedge, and the rows that cannot be used."""

    def __init__(self, file: str, concepts: Concepts) -> None:
        self.file = file
        self.used = 0
        self.pairs: dict[int, list[Keys]] = {}
        self.rejected: list[pl.DataFrame] = []
        self._ends, self._metaedges = Distinct(["id"]), Distinct(["metaedge"], slots=1 << 10)
        self._concepts = concepts
        self._concept_of = np.empty(0, dtype=np.int32)  # for each distinct end, its concept or -1
        self._kind_of = np.empty(0, dtype=np.int8)
        self._number_of = np.empty(0, dtype=np.int16)  # for each distinct metaedge, its number or -1

    def add(self, frame: pl.DataFrame) -> None:
        """Add the rows of a frame."""
        names = self._metaedges.numbers(frame[["metaedge"]])
        new = self._metaedges.rows["metaedge"][len(self._number_of) :]
        self._number_of = np.append(self._number_of, np.array([_NUMBER_OF.get(name, -1) for name in new], dtype=np.int16))
        metaedge = self._number_of[names]
        source, source_kind = self._numbers(frame["source"])
        target, target_kind = self._numbers(frame["target"])
        good = (source_kind == _SOURCE[metaedge]) & (target_kind == _TARGET[metaedge]) & (source != target)
        if not good.all():
            self._reject(frame, ~good, metaedge, source, target)
        self.used += int(good.sum())
        for number in np.flatnonzero(np.bincount(metaedge[good])).tolist():
            rows = good & (metaedge == number)
            subject, object = source[rows], target[rows]
            if METAEDGES[number].turned:
                subject, object = object, subject
            if predicate_of(METAEDGES[number].predicate).symmetric and METAEDGES[number].source == METAEDGES[number].target:
                subject, object = np.minimum(subject, object), np.maximum(subject, object)
            self.pairs.setdefault(number, []).append(packed(subject, object))

    def _numbers(self, ends: pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return the number of each end's concept and that of its kind, -1 where it is no node."""
        numbers = self._ends.numbers(ends.alias("id").to_frame())
        new = self._ends.rows["id"][len(self._concept_of) :].to_list()
        if new:
            found = [self._concepts.number.get(identifier, -1) for identifier in new]
            self._concept_of = np.append(self._concept_of, np.array(found, dtype=np.int32))
            kinds = [_KINDS.index(self._concepts.kinds[number]) if number >= 0 else -1 for number in found]
            self._kind_of = np.append(self._kind_of, np.array(kinds, dtype=np.int8))
        return self._concept_of[numbers], self._kind_of[numbers]

    def _reject(
        self, frame: pl.DataFrame, bad: NDArray[np.bool_], metaedge: NDArray[np.int16], source: NDArray[np.int32], target: NDArray[np.int32]
    ) -> None:
        """Set rows aside, each with the first reason that holds."""
        reason = np.select(
            [metaedge < 0, (source < 0) | (target < 0), source == target], ["unknown_metaedge", "unknown_end", "self_loop"], "ends_do_not_fit"
        )
        self.rejected.append(
            frame.filter(bad).select(
                pl.lit(self.file).alias("file"),
                pl.col(ROW).alias("row"),
                pl.Series("reason", reason[bad].astype(object), dtype=pl.String),
                pl.format("{} {} {}", "source", "metaedge", "target").alias("detail"),
            )
        )

    def segments(self, *, as_stated: bool) -> list[Segment]:
        """Return the distinct edges, metaedge by metaedge, those known to be wrong apart."""
        found = []
        edges = {metaedge.name: distinct(self.pairs.pop(number, [])) for number, metaedge in enumerate(METAEDGES)}
        doubted = self._doubted(edges)
        for metaedge in METAEDGES:
            evidence = {"licence": metaedge.licence, "citation": metaedge.resource, "code": metaedge.name, "note": ""}
            qualifiers = tuple(q for q in metaedge.qualifiers if not as_stated or q[0] in TOLD_QUALIFIERS)
            doubts = doubted.get(metaedge.name, {})
            found.append(Segment(metaedge.predicate, without(edges.pop(metaedge.name), doubts.values()), evidence, qualifiers=qualifiers))
            for (basis, note), keys in doubts.items():
                why = (("association_basis_qualifier", basis),)
                found.append(Segment(metaedge.predicate, keys, {**evidence, "note": note}, qualifiers=why))
        return [segment for segment in found if len(segment.keys)]

    def _doubted(self, edges: Mapping[str, Keys]) -> dict[str, dict[tuple[str, str], Keys]]:
        """Return the edges known to be wrong by metaedge, with what they rest on and why they are wrong."""
        number = {curie: n for n, curie in enumerate(self._concepts.curies)}
        treated = distinct([edges[name] for name in TREATING])
        own = own_keys(edges["CcSE"], treated, number, self._concepts.names, self._concepts.kinds)
        refusals = {(NO_TREATMENT, reason): keys for reason, keys in refused_keys(edges["CtD"], number).items()}
        return {"CtD": refusals, "CcSE": {(INDICATION, ""): own}}


def node_frame(concepts: Concepts) -> pl.DataFrame:
    """Return the nodes."""
    kinds: list[Kind] = [KINDS[kind] for kind in concepts.kinds]
    return pl.DataFrame(
        {"id": concepts.curies, "category": [k.category for k in kinds], "name": concepts.names, "linkable": [k.linkable for k in kinds]},
        schema={"id": pl.String, "category": pl.String, "name": pl.String, "linkable": pl.Boolean},
    ).select("id", "category", "name", pl.lit("").alias("definition"), pl.lit([], dtype=pl.List(pl.String)).alias("semantic_types"), "linkable")


def alias_frame(concepts: Concepts) -> pl.DataFrame:
    """Return the names, those of genes as symbols."""
    return pl.DataFrame(
        {"id": concepts.curies, "alias": concepts.names, "kind": ["symbol" if kind == "Gene" else "" for kind in concepts.kinds]},
        schema={"id": pl.String, "alias": pl.String, "kind": pl.String},
    ).select("id", "alias", pl.lit("label").alias("scope"), "kind")
