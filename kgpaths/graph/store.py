"""A graph opened from its folder: everything memory-mapped, models made only for what is touched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from kgpaths.errors import GraphError
from kgpaths.graph.files import ARRAYS, DERIVED, load_array, load_columns
from kgpaths.graph.hashing import text_key
from kgpaths.graph.manifest import FORMAT, MANIFEST, GraphManifest
from kgpaths.model import EDGE_ID_LENGTH, Concept, Edge, Evidence, Frequency, Qualifier, Synonym
from kgpaths.vocabulary import predicate_of

if TYPE_CHECKING:
    import networkx

BUILD = "kgpaths kg build makes a graph, the embedded one where it is told no source"
CACHED_MODELS = 1 << 14  # some 3 kB each
CACHED_NUMBERS = 1 << 17

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
Codes = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a concept. ``scope`` is "label" for the concept's own name, else exact, narrow, broad or related."""

    index: int
    text: str
    scope: str
    kind: str


@dataclass(frozen=True, eq=False)
class CSR:
    """The edges at each concept in one direction: entries ``indptr[i]`` to ``indptr[i + 1]``, sorted by predicate, then neighbour."""

    indptr: Int64  # n + 1
    neighbour: Int32  # E
    predicate: Codes  # E, a place in Graph.predicates
    edge: Int32  # E, row of the edge

    def span(self, index: int) -> slice:
        """Return where the entries of a concept stand."""
        return slice(int(self.indptr[index]), int(self.indptr[index + 1]))

    def edges_of(self, index: int) -> Int32:
        """Return the rows of the edges at a concept."""
        return self.edge[self.span(index)]


class Graph:
    """A graph folder. Concepts are numbered 0 to n - 1 in the order of their CURIEs, edges 0 to E - 1.

    Attributes: ``path``, ``manifest``, ``name``, ``release``, ``hash`` (the graph's identity), ``n_concepts``, ``n_edges``,
    ``predicates`` (names by predicate number), ``out`` and ``inn`` (edges by subject and by object), and per edge
    ``edge_subject``, ``edge_object`` (int32), ``edge_predicate`` (uint8, uint16 where there are more than 256), ``edge_negated``
    (0 or 1), ``edge_frequency`` (0 to 1, NaN unknown) and ``edge_qualifiers`` (a number of ``qualifier_keys``, 0 for none).
    """

    def __init__(self, path: Path, manifest: GraphManifest) -> None:
        """Map the arrays; use ``Graph.open``, which tells what is wrong where this fails."""
        folder = path / ARRAYS
        self.path, self.manifest = path, manifest
        self.name, self.release, self.hash = manifest.name, manifest.release, manifest.content_hash
        self.n_concepts, self.n_edges = manifest.concepts, manifest.edges
        self.predicates: tuple[str, ...] = tuple(sorted(manifest.predicates))
        self._categories = tuple(sorted(manifest.categories))
        self._code = {name: i for i, name in enumerate(self.predicates)}
        self.edge_subject: Int32 = load_array(folder, "edge_subject")
        self.edge_object: Int32 = load_array(folder, "edge_object")
        self.edge_predicate: Codes = load_array(folder, "edge_predicate")
        self.edge_negated: UInt8 = load_array(folder, "edge_negated")
        self.edge_frequency: NDArray[np.float32] = load_array(folder, "edge_frequency")
        self.out = CSR(load_array(folder, "out_indptr"), self.edge_object, self.edge_predicate, load_array(folder, "out_edge"))
        self.inn = CSR(*(load_array(folder, f"in_{part}") for part in ("indptr", "neighbour", "predicate", "edge")))
        self._node_category: UInt8 = load_array(folder, "node_category")
        self._node_linkable: UInt8 = load_array(folder, "node_linkable")
        self._nodes = load_columns(folder, "nodes")
        self._ids, self._id_key, self._id_concept = load_columns(folder, "ids")["id"], load_array(folder, "id_key"), load_array(folder, "id_concept")
        self._aliases, self._alias_indptr = load_columns(folder, "aliases"), load_array(folder, "alias_indptr")
        self._xrefs, self._xref_indptr = load_columns(folder, "xrefs")["xref"], load_array(folder, "xref_indptr")
        self._edge_id, self._edge_hash = load_array(folder, "edge_id"), load_array(folder, "edge_content_hash")
        self._edge_key, self._edge_key_row = load_array(folder, "edge_key"), load_array(folder, "edge_key_row")
        self._qualifiers, self.edge_qualifiers = load_columns(folder, "qualifiers")["qualifiers"], load_array(folder, "edge_qualifiers")
        self._frequencies, self._frequency_of = load_columns(folder, "frequencies"), load_array(folder, "edge_frequency_row")
        self._evidence = load_columns(folder, "evidence")
        self._evidence_indptr, self._evidence_of = load_array(folder, "evidence_indptr"), load_array(folder, "evidence_row")
        if len(self._node_category) != self.n_concepts or len(self._edge_id) != self.n_edges or len(self.out.indptr) != self.n_concepts + 1:
            raise ValueError("the arrays have other lengths than the manifest says")
        self.edge = lru_cache(maxsize=CACHED_MODELS)(self._edge)
        self.index = lru_cache(maxsize=CACHED_NUMBERS)(self._index)
        self._concept = lru_cache(maxsize=CACHED_MODELS)(self._read_concept)
        self._kin = lru_cache(maxsize=CACHED_MODELS)(self._walk)

    @classmethod
    def open(cls, path: Path | str) -> Graph:
        """Open a graph folder. Raises GraphError where there is none, it is half-built, of another version, or damaged."""
        path = Path(path)
        if not path.is_dir():
            raise GraphError("no graph folder here", where=str(path), mend=f"give the folder of a built graph; {BUILD}")
        try:
            read = json.loads((path / MANIFEST).read_text("utf-8"))
            if isinstance(read, dict) and read.get("format") != FORMAT:
                raise GraphError(f"graph format {read.get('format')}, this version reads {FORMAT}", where=str(path), mend=f"build it again; {BUILD}")
            return cls(path, GraphManifest.model_validate(read))
        except FileNotFoundError as error:
            missing = Path(error.filename).name if error.filename else "a file"
            raise GraphError(f"no graph here, or half-built: {missing} is missing", where=str(path), mend=f"build it again; {BUILD}") from None
        except (ValueError, OSError, EOFError, KeyError, TypeError, pa.ArrowInvalid, ValidationError) as error:
            raise GraphError(f"damaged: {str(error).splitlines()[0]}", where=str(path), mend=f"build it again; {BUILD}") from error

    def __repr__(self) -> str:
        return f"Graph({self.name!r}, {self.n_concepts:,} concepts, {self.n_edges:,} edges, {self.hash[:12]})"

    # concepts

    def _index(self, curie: str) -> int:
        """Return the number of the concept an id stands for: every merged or replaced id works. Raises KeyError."""
        key = np.uint64(text_key(curie))
        place = int(np.searchsorted(self._id_key, key))
        while place < len(self._id_key) and self._id_key[place] == key:
            if self._ids[place].as_py() == curie:
                return int(self._id_concept[place])
            place += 1
        raise KeyError(curie)

    def __contains__(self, curie: object) -> bool:
        if not isinstance(curie, str):
            return False
        try:
            self.index(curie)
        except KeyError:
            return False
        return True

    def curie(self, index: int) -> str:
        """Return a concept's preferred CURIE."""
        return cast(str, self._nodes["id"][index].as_py())

    def concept_name(self, index: int) -> str:
        """Return a concept's name."""
        return cast(str, self._nodes["name"][index].as_py())

    def category(self, index: int) -> str:
        """Return a concept's Biolink category."""
        return self._categories[int(self._node_category[index])]

    def linkable(self, index: int) -> bool:
        """Tell whether mentions may be linked to a concept."""
        return bool(self._node_linkable[index])

    def concept(self, curie: str) -> Concept:
        """Return the concept an id stands for. Raises KeyError."""
        return self._concept(self.index(curie))

    def _read_concept(self, index: int) -> Concept:
        begin, end = int(self._alias_indptr[index]), int(self._alias_indptr[index + 1])
        name = self.concept_name(index)
        synonyms = [Synonym(text=a.text, scope=_scope(a.scope), kind=a.kind) for a in self._alias_rows(index, begin, end) if a.text != name]
        begin, end = int(self._xref_indptr[index]), int(self._xref_indptr[index + 1])
        return Concept(
            curie=self.curie(index),
            name=name,
            category=self.category(index),
            semantic_types=tuple(self._nodes["semantic_types"][index].as_py()),
            synonyms=tuple(synonyms),
            xrefs=tuple(self._xrefs[begin:end].to_pylist()),
            definition=self._nodes["definition"][index].as_py(),
        )

    def _alias_rows(self, index: int, begin: int, end: int) -> Iterator[Alias]:
        columns = (self._aliases[name][begin:end].to_pylist() for name in ("alias", "scope", "kind"))
        return (Alias(index, text, scope, kind) for text, scope, kind in zip(*columns, strict=True))

    def aliases(self) -> Iterator[Alias]:
        """Yield the names of all linkable concepts by concept number, the concept's own name first."""
        for index in np.flatnonzero(self._node_linkable).tolist():
            yield from self._alias_rows(index, int(self._alias_indptr[index]), int(self._alias_indptr[index + 1]))

    # edges

    def _edge(self, row: int) -> Edge:
        """Return the edge of a row (0 to n_edges - 1)."""
        evidence = self._evidence_of[int(self._evidence_indptr[row]) : int(self._evidence_indptr[row + 1])].tolist()
        frequency = int(self._frequency_of[row])
        qualifiers = int(self.edge_qualifiers[row])
        return Edge(
            id=self.edge_id(row),
            content_hash=self._edge_hash[row].tobytes().hex(),
            subject=self.curie(int(self.edge_subject[row])),
            predicate=self.predicates[self.edge_predicate[row]],
            object=self.curie(int(self.edge_object[row])),
            negated=bool(self.edge_negated[row]),
            qualifiers=tuple(Qualifier(**q) for q in self._qualifiers[qualifiers].as_py()) if qualifiers else (),
            frequency=Frequency(**_row(self._frequencies, frequency)) if frequency >= 0 else None,
            evidence=tuple(Evidence(**_row(self._evidence, e)) for e in evidence),
        )

    def edge_id(self, row: int) -> str:
        """Return the id of the edge of a row."""
        return cast(str, self._edge_id[row].tobytes().hex())

    def qualifier_keys(self) -> list[frozenset[str]]:
        """Return the keys of each set of qualifiers that ``edge_qualifiers`` numbers; set 0 is empty."""
        return [frozenset(q["key"] for q in one) for one in self._qualifiers.to_pylist()]

    def edge_by_id(self, edge_id: str) -> Edge | None:
        """Return the edge with this id, or None."""
        try:
            wanted = bytes.fromhex(edge_id)
        except ValueError:
            return None
        if len(edge_id) != EDGE_ID_LENGTH or len(wanted) * 2 != EDGE_ID_LENGTH:
            return None
        key = np.uint64(int.from_bytes(wanted[:8], "big"))
        place = int(np.searchsorted(self._edge_key, key))
        while place < self.n_edges and self._edge_key[place] == key:
            row = int(self._edge_key_row[place])
            if self._edge_id[row].tobytes() == wanted:
                return self.edge(row)
            place += 1
        return None

    def lookup(self, subject: str, predicate: str, object: str) -> tuple[Edge, ...]:
        """Return the edges of a triple as stored, of both polarities and any qualifiers; of a symmetric predicate either way round.

        An id or predicate that the graph does not have is in no edge: the answer is empty.
        """
        code = self._code.get(predicate)
        if code is None or subject not in self or object not in self:
            return ()
        ends = self.index(subject), self.index(object)
        rows = self._rows(*ends, code)
        if not rows and predicate_of(predicate).symmetric:
            rows = self._rows(ends[1], ends[0], code)
        return tuple(self.edge(row) for row in rows)

    def edges_between(self, a: str, b: str) -> tuple[Edge, ...]:
        """Return all edges between two concepts, those from ``a`` first; empty where an id is unknown."""
        if a not in self or b not in self:
            return ()
        first, second = self.index(a), self.index(b)
        rows = self._rows(first, second) + (self._rows(second, first) if first != second else [])
        return tuple(self.edge(row) for row in rows)

    def _rows(self, subject: int, object_: int, code: int | None = None) -> list[int]:
        """Return the rows from one concept to another, walking the shorter of the two lists."""
        at_subject, at_object = self.out.span(subject), self.inn.span(object_)
        outward = at_subject.stop - at_subject.start <= at_object.stop - at_object.start
        csr, span, other = (self.out, at_subject, object_) if outward else (self.inn, at_object, subject)
        hit = csr.neighbour[span] == other
        if code is not None:
            hit &= csr.predicate[span] == code
        return sorted(csr.edge[span][hit].tolist())

    def degree(self, index: int, predicate: str, incoming: bool) -> int:
        """Return how many edges of a predicate leave (or enter) a concept, NOT edges included."""
        code = self._code.get(predicate)
        csr = self.inn if incoming else self.out
        return 0 if code is None else int(np.count_nonzero(csr.predicate[csr.span(index)] == code))

    # hierarchy

    def ancestors(self, index: int) -> tuple[int, ...]:
        """Return the concepts this one is a kind of, nearest first, without itself."""
        return self._kin(int(index), True)

    def descendants(self, index: int) -> tuple[int, ...]:
        """Return the concepts that are a kind of this one, nearest first, without itself."""
        return self._kin(int(index), False)

    def _walk(self, index: int, up: bool) -> tuple[int, ...]:
        code = self._code.get("subclass_of")
        csr = self.out if up else self.inn
        found = {index: None}  # ordered; cycles end here
        for at in (queue := [index]):
            span = csr.span(at)
            mine = csr.predicate[span] == code
            for row, other in zip(csr.edge[span][mine].tolist(), csr.neighbour[span][mine].tolist(), strict=True):
                if other not in found and not self.edge_negated[row]:
                    found[other] = None
                    queue.append(other)
        return tuple(found)[1:]

    def to_networkx(self, concepts: Iterable[str] | None = None) -> networkx.MultiDiGraph[str]:
        """Return this graph, or these concepts (ids in any spelling) and the edges among them, for networkx.

        Nodes are keyed by CURIE, edges by edge id, both with all attributes. Raises KeyError for an unknown id.
        """
        from kgpaths.graph.as_networkx import to_networkx

        return to_networkx(self, concepts)

    def derived(self, name: str) -> Path:
        """Return the folder for something computed from this graph; its maker creates it. It is outside the graph's hash."""
        return self.path / DERIVED / name


def _row(columns: dict[str, Any], row: int) -> dict[str, Any]:
    return {name: column[row].as_py() for name, column in columns.items()}


def _scope(scope: str) -> Any:
    return "exact" if scope == "label" else scope
