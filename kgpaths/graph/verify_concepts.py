"""The checks of a graph folder's concepts: ids, names, the Parquet tables, the counts of the manifest, and the graph's hash."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from kgpaths.graph.faults import Tally, UnreadableError, fault
from kgpaths.graph.files import ARRAYS
from kgpaths.graph.hashing import hash_columns, slices, text_keys
from kgpaths.graph.kinds import STANDS_FOR, kinds_of
from kgpaths.graph.links import prefix
from kgpaths.graph.manifest import MANIFEST
from kgpaths.graph.mapped import Mapped, row_groups, validate
from kgpaths.vocabulary import predicate_of

XREFS = "xrefs.parquet"


def check_counts(mapped: Mapped) -> list[str]:
    """Hold the manifest's counts to what there is."""
    manifest, ids = mapped.manifest, len(mapped["id_key"])
    predicates = dict(zip(mapped.predicates, np.bincount(mapped["edge_predicate"], minlength=len(mapped.predicates)).tolist(), strict=True))
    categories = dict(zip(mapped.categories, np.bincount(mapped["node_category"], minlength=len(mapped.categories)).tolist(), strict=True))
    rejected = counted(mapped, "rejected_rows.parquet", "reason")
    found = {
        "concepts": mapped.n_concepts,
        "edges": mapped.n_edges,
        "merged_ids": ids - mapped.n_concepts,
        "mapping_edges": sum(number for name, number in predicates.items() if predicate_of(name).role == "mapping"),
        "conflicts": counted(mapped, "conflicts.parquet", "reason").total(),
        "rejected_rows": rejected.total(),
    }
    problems = []
    for name, number in found.items():
        said = getattr(manifest, name)
        if said != number:
            problems.append(fault(MANIFEST, f"counts {said:,} {name.replace('_', ' ')}, the files {number:,}"))
    tables = (
        ("category", manifest.categories, categories),
        ("predicate", manifest.predicates, predicates),
        ("rejected rows of reason", manifest.rejected, rejected),
    )
    for title, said, there in tables:
        problems += [fault(MANIFEST, line) for line in disagreements(title, said, there)]
    return problems


def disagreements(title: str, said: Mapping[str, int], there: Mapping[str, int]) -> list[str]:
    """Return in which counts two tables of counts disagree."""
    names = sorted(name for name in said.keys() | there.keys() if said.get(name, 0) != there.get(name, 0))
    return [f"counts {said.get(name, 0):,} of {title} {name}, the files {there.get(name, 0):,}" for name in names]


def counted(mapped: Mapped, file: str, column: str) -> Counter[str]:
    """Return how often each value stands in a column of a Parquet table."""
    count: Counter[str] = Counter()
    for frame in batches(mapped, file, [column]):
        count.update(dict(frame[column].value_counts().iter_rows()))
    return count


def batches(mapped: Mapped, file: str, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Yield columns of a Parquet table. Raises UnreadableError where it is damaged."""
    try:
        for table in row_groups(mapped.path / file, columns):
            yield pl.DataFrame({name: checked(table.column(name).combine_chunks()) for name in columns})
    except Exception as error:  # whatever a damaged file leads to
        raise UnreadableError(file, error) from error


def checked(array: Any) -> pl.Series:
    """Return an Arrow column, its bytes held to Arrow's rules before."""
    validate(array)
    return pl.Series(pl.from_arrow(array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array))


def check_ids(mapped: Mapped) -> list[str]:
    """Hold the table that ids are found by to the concepts' own ids and those merged into them: each once, to its concept."""
    tally = Tally()
    for rows in slices(mapped.n_concepts):
        begin = max(rows.start - 1, 0)
        own = mapped.text("nodes", "id", slice(begin, rows.stop))
        tally.add(f"{ARRAYS}/nodes.arrow", "the ids are not in order, each once", (own[1:] <= own[:-1]).to_numpy(), begin + 1)
    keys, concepts = mapped["id_key"], mapped["id_concept"]
    for rows in slices(len(keys)):
        tally.add(f"{ARRAYS}/id_key.npy", "is not the key of its id", keys[rows] != text_keys(mapped.text("ids", "id", rows)), rows.start)
    tally.add(f"{ARRAYS}/id_key.npy", "is not sorted", keys[1:] < keys[:-1], 1)
    same = np.flatnonzero(keys[1:] == keys[:-1])
    twice = (mapped.text("ids", "id", same) == mapped.text("ids", "id", same + 1)).to_numpy()
    tally.add(f"{ARRAYS}/ids.arrow", "an id stands for two concepts", np.isin(np.arange(len(keys)), same[twice]))
    problems = tally.lines()
    if not problems:
        expected_keys, expected = known_ids(mapped)
        if not np.array_equal(expected_keys, keys) or not np.array_equal(expected, concepts):
            problems.append(fault(f"{ARRAYS}/id_concept.npy", "the ids are not those of the concepts with their merged ids, each at its concept"))
    return problems


def known_ids(mapped: Mapped) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """Return the keys of the ids that must be known, sorted, and their concepts: from nodes and ``xrefs.parquet``."""
    keys, concepts = [], []
    for rows in slices(mapped.n_concepts):
        keys.append(text_keys(mapped.text("nodes", "id", rows)))
        concepts.append(np.arange(rows.start, rows.stop, dtype=np.int32))
    begin = 0
    for frame in xref_batches(mapped):
        merged = frame["merged"].to_numpy()
        keys.append(text_keys(frame["xref"].filter(frame["merged"])))
        concepts.append(mapped.owners("xref_indptr", slice(begin, begin + frame.height))[merged])
        begin += frame.height
    key, concept = np.concatenate(keys), np.concatenate(concepts)
    order = np.argsort(key, kind="stable")
    return key[order], concept[order]


def xref_batches(mapped: Mapped) -> Iterator[pl.DataFrame]:
    """Yield the cross-references with what the arrays lack: their predicate, and whether they are merged."""
    yield from batches(mapped, XREFS, ["id", "xref", "predicate", "merged"])


def check_one_id_of_a_prefix(mapped: Mapped) -> list[str]:
    """Hold every concept to one id of each prefix, replaced ids aside: two would be two things of one ontology made one."""
    codes: dict[str, int] = {}
    concepts, prefixes = [], []
    for rows in slices(mapped.n_concepts):
        concepts.append(np.arange(rows.start, rows.stop, dtype=np.int32))
        prefixes.append(coded(mapped.text("nodes", "id", rows), codes))
    begin = 0
    for frame in xref_batches(mapped):
        joined = frame["merged"] & (frame["predicate"] != "alt_id")
        concepts.append(mapped.owners("xref_indptr", slice(begin, begin + frame.height))[joined.to_numpy()])
        prefixes.append(coded(frame["xref"].filter(joined), codes))
        begin += frame.height
    pair = np.sort(np.concatenate(concepts).astype(np.int64) * max(len(codes), 1) + np.concatenate(prefixes))
    twice = np.unique(pair[1:][pair[1:] == pair[:-1]])
    if not len(twice):
        return []
    concept, code = divmod(int(twice[0]), len(codes))
    what = f"{len(twice):,} concepts hold two merged ids of one prefix, the first {mapped.text('nodes', 'id', slice(concept, concept + 1))[0]}: "
    return [fault(XREFS, what + f"two of {list(codes)[code]}", "build the graph again; if they are there again, report it as a fault of kgpaths")]


def check_kinds(mapped: Mapped) -> list[str]:
    """Hold merged ids to what their prefix stands for: a disease's id on a phenotype gives it the disease's hierarchy and facts.

    An id alone is its source's affair, whatever that calls it.
    """
    wrong: list[tuple[str, str, str]] = []
    begin = 0
    for frame in xref_batches(mapped):
        joined = (frame["merged"] & (frame["predicate"] != "alt_id")).to_numpy()
        owners = mapped.owners("xref_indptr", slice(begin, begin + frame.height))[joined]
        begin += frame.height
        own, category = mapped.text("nodes", "id", owners), mapped.categories.gather(mapped["node_category"][owners])
        held = [pl.DataFrame({"concept": own, "id": ids, "category": category}) for ids in (own, frame["xref"].filter(pl.Series(joined)))]
        told = pl.concat(held).with_columns(prefix=prefix("id")).filter(pl.col("prefix").is_in(list(STANDS_FOR)))
        kinds = told.select("prefix", "category").unique()
        at_odds = kinds.filter(pl.Series([not kinds_of(*row) for row in kinds.iter_rows()], dtype=pl.Boolean))
        wrong += told.join(at_odds, on=kinds.columns, how="semi", maintain_order="left").select("concept", "id", "category").iter_rows()
    if not wrong:
        return []
    first = "the first {1}: {0} is a {2}".format(*wrong[0])
    what = f"{len(set(wrong)):,} ids stand for a concept of a kind that their prefix is not, {first}"
    return [fault(XREFS, what, "an older kgpaths built it: build the graph again")]


def coded(ids: pl.Series, codes: dict[str, int]) -> NDArray[Any]:
    """Return the prefixes of ids as numbers; new ones are added to ``codes``."""
    found = ids.to_frame("id").select(prefix("id")).to_series()
    for name in found.unique(maintain_order=True):
        codes.setdefault(name, len(codes))
    numbers: NDArray[Any] = found.replace_strict(codes, return_dtype=pl.Int64).to_numpy()
    return numbers


def check_tables(mapped: Mapped) -> list[str]:
    """Hold the Parquet tables of concepts, names and cross-references to the arrays, row by row."""
    problems = []
    for file, columns, rows in (
        ("nodes.parquet", ["id", "category", "name", "definition", "semantic_types", "linkable"], mapped.n_concepts),
        ("aliases.parquet", ["id", "alias", "scope", "kind"], len(mapped.texts["aliases"]["alias"])),
        (XREFS, ["id", "xref"], len(mapped.texts["xrefs"]["xref"])),
    ):
        try:
            problems += compared(mapped, file, columns, rows)
        except UnreadableError as error:
            problems.append(fault(error.where, str(error)))
    return problems


def compared(mapped: Mapped, file: str, columns: list[str], rows: int) -> list[str]:
    """Return in which rows and columns a Parquet table says otherwise than the arrays."""
    tally = Tally()
    begin = 0
    for frame in batches(mapped, file, columns):
        part = slice(begin, begin + frame.height)
        if part.stop > rows:
            break
        expected = mapped.nodes(part) if file == "nodes.parquet" else named(mapped, file.partition(".")[0], columns[1:], part)
        for column in columns:
            wrong = frame[column].ne_missing(expected[column]).to_numpy()
            tally.add(file, f"column {column} is not what the arrays say", wrong, begin)
        begin = part.stop
    number = sum(frame.height for frame in batches(mapped, file, columns[:1]))
    return [*([fault(file, f"has {number:,} rows, the arrays {rows:,}")] if number != rows else []), *tally.lines()]


def named(mapped: Mapped, table: str, columns: list[str], rows: slice) -> pl.DataFrame:
    """Return names or cross-references with the id of their concept."""
    owners = mapped.owners("alias_indptr" if table == "aliases" else "xref_indptr", rows)
    return pl.DataFrame([mapped.text("nodes", "id", owners), *(mapped.text(table, column, rows) for column in columns)])


def check_hash(mapped: Mapped) -> list[str]:
    """Compute the graph's hash anew, as ``build.graph_hash`` does, from the arrays and which cross-references are merged."""
    found = stored_hash(mapped)
    if found == mapped.manifest.content_hash:
        return []
    return [fault(MANIFEST, f"says the graph's hash is {mapped.manifest.content_hash[:12]}…, its edges, concepts and names give {found[:12]}…")]


def stored_hash(mapped: Mapped) -> str:
    """Return the graph's hash by what its folder holds, a part at a time: the parts are those ``hash_columns`` takes."""
    hasher = hashlib.sha256()
    for rows in slices(mapped.n_edges):
        hasher.update(mapped["edge_content_hash"][rows].tobytes())
    for rows in slices(mapped.n_concepts):
        hash_columns(hasher, mapped.nodes(rows))
    merged = np.concatenate([np.empty(0, dtype=bool), *(frame["merged"].to_numpy() for frame in batches(mapped, XREFS, ["merged"]))])
    places = np.flatnonzero(merged)
    for rows in slices(len(places)):
        owners = (np.searchsorted(mapped["xref_indptr"], places[rows], side="right") - 1).astype(np.int32)
        hash_columns(hasher, pl.DataFrame({"index": owners, "xref": mapped.text("xrefs", "xref", places[rows])}))
    for rows in slices(len(mapped.texts["aliases"]["alias"])):
        names = {name: mapped.text("aliases", name, rows) for name in ("alias", "scope", "kind")}
        hash_columns(hasher, pl.DataFrame({"index": mapped.owners("alias_indptr", rows), **names}))
    return hasher.hexdigest()
