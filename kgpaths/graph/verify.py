"""Check a graph folder: that its files are those the build wrote, and that what they say holds together.

Nothing is taken on trust. Hashes of files, edges and the graph are computed anew, and every number is held to its range
before anything is looked up by it: a damaged file is told, not followed. The graph is gone through a part at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ValidationError

from kgpaths.errors import GraphError
from kgpaths.graph.faults import AGAIN, Tally, UnreadableError, cause, fault
from kgpaths.graph.files import ARRAYS, DERIVED, SEALS, damaged_derived, file_hashes, load_array, load_columns
from kgpaths.graph.hashing import slices
from kgpaths.graph.manifest import FORMAT, MANIFEST, GraphManifest
from kgpaths.graph.mapped import NUMBERS, TEXTS, Mapped, validate
from kgpaths.graph.store import BUILD, Graph
from kgpaths.graph.verify_concepts import check_counts, check_hash, check_ids, check_kinds, check_one_id_of_a_prefix, check_tables
from kgpaths.graph.verify_edges import check_edges, check_halves, check_lookup
from kgpaths.sources.tables import EVIDENCE, FREQUENCY, NODES, QUALIFIER

Progress = Callable[[str], None]

FORMS: dict[str, tuple[str, str, int, str]] = {
    "node_category": ("u1", "concepts", 0, "categories"),
    "node_linkable": ("u1", "concepts", 0, "truth values"),
    "id_key": ("u8", "ids", 0, ""),
    "id_concept": ("i4", "ids", 0, "concepts"),
    "edge_subject": ("i4", "edges", 0, "concepts"),
    "edge_predicate": ("u1 u2", "edges", 0, "predicates"),
    "edge_object": ("i4", "edges", 0, "concepts"),
    "edge_negated": ("u1", "edges", 0, "truth values"),
    "edge_qualifiers": ("i4", "edges", 0, "qualifiers"),
    "edge_frequency": ("f4", "edges", 0, ""),
    "edge_frequency_row": ("i4", "edges", -1, "frequencies"),
    "edge_key": ("u8", "edges", 0, ""),
    "edge_key_row": ("i4", "edges", 0, "edges"),
    "evidence_row": ("i4", "statements", 0, "evidence"),
    "out_edge": ("i4", "edges", 0, "edges"),
    "in_neighbour": ("i4", "edges", 0, "concepts"),
    "in_predicate": ("u1 u2", "edges", 0, "predicates"),
    "in_edge": ("i4", "edges", 0, "edges"),
}
"""Array -> its types, what each entry stands for, and the range of the entries: from a number to below the count of something."""

DIGESTS = ("edge_id", "edge_content_hash")
POINTERS = {
    "alias_indptr": ("concepts", "aliases"),
    "xref_indptr": ("concepts", "xrefs"),
    "out_indptr": ("concepts", "edges"),
    "in_indptr": ("concepts", "edges"),
    "evidence_indptr": ("edges", "statements"),
}
"""Array that says where each one's entries begin -> whose, of what."""

TEXT = pl.String()
TYPES: dict[str, dict[str, Any]] = {
    "nodes": {name: NODES[name] for name in ("id", "name", "definition", "semantic_types")},
    "ids": {"id": TEXT},
    "aliases": {"alias": TEXT, "scope": TEXT, "kind": TEXT},
    "xrefs": {"xref": TEXT},
    "qualifiers": {"qualifiers": pl.List(QUALIFIER)},
    "frequencies": {f.name: f.dtype for f in FREQUENCY.fields},
    "evidence": {f.name: f.dtype for f in EVIDENCE.fields},
}
"""Columns of the tables of text."""


def silent(step: str) -> None:
    """Show no progress."""


def verify(path: Path, *, progress: Progress = silent) -> list[str]:
    """Return what is wrong with a graph folder, a line each that says what, where and how to mend; empty where it is sound.

    Beside the files it maps it takes some hundred megabytes, and a few bytes for each edge and id. Raises GraphError where
    there is no folder.
    """
    if not path.is_dir():
        raise GraphError("no graph folder here", where=str(path), mend=f"give the folder of a built graph; {BUILD}")
    try:
        read = json.loads((path / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        said = f"cannot be read: {error.strerror if isinstance(error, OSError) else 'not JSON'}"
        return [fault(MANIFEST, said, f"half-built or damaged; {AGAIN}")]
    progress("hashing files")
    problems = changed_files(path, read.get("files") if isinstance(read, dict) else None)
    for folder in sorted(seal.parent for seal in (path / DERIVED).glob(f"*/{SEALS}")):
        problems += [
            fault(f"{DERIVED}/{folder.name}/{name}", "is not as it was written", "remove its folder: it is made anew when it is needed")
            for name in damaged_derived(folder, whole=True)
        ]
    progress("opening")
    try:
        Graph.open(path)
    except GraphError as error:
        problems.append(f"the graph does not open: {error.what} ({error.mend})")
    except Exception as error:  # whatever else a damaged file may lead to
        problems.append(fault("the graph", f"does not open: {cause(error)}"))
    if unreadable := [*unreadable_arrays(path), *([] if is_manifest(read) else [fault(MANIFEST, "lacks fields, or is of another format")])]:
        return list(dict.fromkeys([*problems, *unreadable]))
    manifest = GraphManifest.model_validate(read)
    if manifest.seal != manifest.sealed().seal:
        problems.append(fault(MANIFEST, "was changed: its values are not those the build wrote"))
    return [*problems, *contradictions(Mapped(path, manifest), progress)]


def is_manifest(read: object) -> bool:
    """Tell whether a manifest has its fields, of this format."""
    try:
        return GraphManifest.model_validate(read).format == FORMAT
    except ValidationError:
        return False


def unreadable_arrays(path: Path) -> list[str]:
    """Return which arrays cannot be mapped."""
    problems = []
    for name, load, ending in (*((name, load_array, "npy") for name in NUMBERS), *((name, load_columns, "arrow") for name in TEXTS)):
        where = f"{ARRAYS}/{name}.{ending}"
        try:
            load(path / ARRAYS, name)
        except FileNotFoundError:
            problems.append(fault(where, "is missing"))
        except Exception as error:
            problems.append(fault(where, f"cannot be read: {cause(error)}"))
    return problems


def contradictions(mapped: Mapped, progress: Progress) -> list[str]:
    """Return what does not hold together; where numbers point nowhere, that alone."""
    progress("checking the arrays' form")
    if problems := tried("arrays", check_form, mapped):
        return problems
    checks: dict[str, Callable[[Mapped], list[str]]] = {
        "counts": check_counts,
        "ids": check_ids,
        "merged ids": check_one_id_of_a_prefix,
        "kinds": check_kinds,
        "tables": check_tables,
        "both halves": check_halves,
        "lookup": check_lookup,
        "edges": lambda mapped: check_edges(mapped, progress),
        "content hash": check_hash,
    }
    for name, check in checks.items():
        progress(f"checking {name}")
        problems += tried(name, check, mapped)
    return list(dict.fromkeys(problems))


def tried(name: str, check: Callable[[Mapped], list[str]], mapped: Mapped) -> list[str]:
    """Return what a check finds. Whatever a damaged file makes fail is a fault to be told."""
    try:
        return check(mapped)
    except UnreadableError as error:
        return [fault(error.where, str(error))]
    except Exception as error:
        return [fault(name, f"cannot be checked: {cause(error)}")]


def changed_files(path: Path, wanted: object) -> list[str]:
    """Return which files are missing, changed or not the graph's."""
    if not isinstance(wanted, Mapping) or not wanted:
        return [fault(MANIFEST, "names no files with their hashes", "an older kgpaths built it: build the graph again")]
    try:
        found = file_hashes(path)
    except OSError as error:
        return [fault(str(error.filename or path), f"cannot be read: {error.strerror}", "make the file readable")]
    problems = [fault(name, "is missing") for name in sorted(wanted.keys() - found.keys())]
    problems += [
        fault(name, "has changed since the build: its SHA-256 is not that of the manifest")
        for name in sorted(found)
        if name in wanted and found[name] != wanted[name]
    ]
    return problems + [fault(name, "is no file of the graph", "move it elsewhere") for name in sorted(found.keys() - wanted.keys())]


def check_form(mapped: Mapped) -> list[str]:
    """Hold every array to its type, length and range, so that what follows may look up by it."""
    if problems := check_texts(mapped):
        return problems
    sizes = {name: len(next(iter(table.values()))) for name, table in mapped.texts.items()}
    sizes |= {"concepts": mapped.n_concepts, "edges": mapped.n_edges, "statements": len(mapped["evidence_row"]), "truth values": 2}
    sizes |= {"predicates": len(mapped.predicates), "categories": len(mapped.categories)}
    for name, (types, of, low, below) in FORMS.items():
        problems += wrong_form(name, mapped[name], types, (sizes[of],)) or (
            wrong_range(name, mapped[name], low, sizes[below], below) if below else []
        )
    for name in DIGESTS:
        problems += wrong_form(name, mapped[name], "u1", (sizes["edges"], 10))
    for name, (of, total) in POINTERS.items():
        problems += wrong_form(name, mapped[name], "i8", (sizes[of] + 1,)) or wrong_pointers(name, mapped[name], sizes[total], total)
    return problems


def check_texts(mapped: Mapped) -> list[str]:
    """Hold the tables of text to their columns and types, and their bytes to Arrow's rules."""
    problems = []
    for table in TEXTS:
        where = f"{ARRAYS}/{table}.arrow"
        if mapped.texts[table].keys() != TYPES[table].keys():
            problems.append(fault(where, f"has the columns {', '.join(mapped.texts[table])}, not {', '.join(TYPES[table])}"))
            continue
        for column, array in mapped.texts[table].items():
            try:
                validate(array)
            except ValueError as error:
                problems.append(fault(where, f"column {column} is damaged: {cause(error)}"))
            else:
                found = mapped.text(table, column, slice(0, 0)).dtype
                if found != TYPES[table][column]:
                    problems.append(fault(where, f"column {column} has the type {found}, not {TYPES[table][column]}"))
        if len({len(array) for array in mapped.texts[table].values()}) > 1:
            problems.append(fault(where, "has columns of several lengths"))
    return problems


def wrong_form(name: str, array: NDArray[Any], types: str, shape: tuple[int, ...]) -> list[str]:
    """Return whether an array has another type or shape."""
    if array.dtype.str[1:] not in types.split() or array.dtype.byteorder == ">":
        return [fault(f"{ARRAYS}/{name}.npy", f"holds {array.dtype}, not {' or '.join(str(np.dtype(t)) for t in types.split())}")]
    if array.shape != shape:
        return [fault(f"{ARRAYS}/{name}.npy", f"has the shape {array.shape}, not {shape}")]
    return []


def wrong_range(name: str, array: NDArray[Any], low: int, end: int, what: str) -> list[str]:
    """Return whether an array holds a number that stands for nothing."""
    tally = Tally()
    for rows in slices(len(array)):
        part = array[rows]
        if len(part) and (int(part.min()) < low or int(part.max()) >= end):
            tally.add(f"{ARRAYS}/{name}.npy", f"points beyond the {end:,} {what}", (part < low) | (part >= end), rows.start)
    return tally.lines()


def wrong_pointers(name: str, array: NDArray[Any], total: int, what: str) -> list[str]:
    """Return whether an array of pointers does anything but rise from 0 to the number of entries."""
    tally = Tally()
    where = f"{ARRAYS}/{name}.npy"
    if array[0] != 0 or array[-1] != total:
        return [fault(where, f"goes from {array[0]} to {array[-1]}, not from 0 to the {total:,} {what}")]
    for rows in slices(len(array) - 1):
        tally.add(where, "falls where it must rise", array[rows.start + 1 : rows.stop + 1] < array[rows], rows.start + 1)
    return tally.lines()
