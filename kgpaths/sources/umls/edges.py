"""Read MRREL in blocks into edges, each relation once although it stands twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.errors import InputError
from kgpaths.sources.files import ROW, where
from kgpaths.sources.umls.concepts import LEFT_OUT, UNKNOWN, Concepts, coded
from kgpaths.sources.umls.relations import Decision, Relations
from kgpaths.sources.umls.release import RXNORM, Ledger, Release

_KIND = ("REL", "RELA", "SAB", "SUPPRESS")
_BITS = 64

Keys = NDArray[np.uint64]


class Triples(NamedTuple):
    """Edges as numbers: the places of subject and object among the concepts, and of the relation among those stated."""

    subject: NDArray[np.int64]
    relation: NDArray[np.int64]
    object: NDArray[np.int64]


@dataclass
class Twins:
    """Rows of relations as numbers, to tell which were stated only from the end that does not count.

    A row in the direction that counts is an edge at once. One in the other direction says the same as its twin and is kept
    back, as eight bytes, until all rows are read: only if its twin never came does it become an edge of its own.
    """

    bits: int  # of a concept's place
    ahead: list[Keys] = field(default_factory=list)
    back: list[Keys] = field(default_factory=list)

    def packed(self, triples: Triples) -> Keys:
        """Return each triple as one number. Raises OverflowError where the relations are too many to fit beside the concepts."""
        if triples.relation.max(initial=0) >= 1 << (_BITS - 2 * self.bits):
            raise OverflowError("more relations than fit beside the concepts")
        subject, relation, object = (part.astype(np.uint64) for part in triples)
        keys: Keys = (relation << np.uint64(2 * self.bits)) | (subject << np.uint64(self.bits)) | object
        return keys

    def unpacked(self, keys: Keys) -> Triples:
        """Return numbers as triples again."""
        mask = np.uint64((1 << self.bits) - 1)
        parts = (keys >> np.uint64(self.bits)) & mask, keys >> np.uint64(2 * self.bits), keys & mask
        return Triples(*(p.astype(np.int64) for p in parts))

    def alone(self) -> Keys:
        """Return the rows kept back whose twin never came, in order, and forget all."""
        ahead, back = joined(self.ahead), joined(self.back)
        ahead.sort()
        back.sort()
        fresh = np.ones(back.size, dtype=bool)
        fresh[1:] = back[1:] != back[:-1]
        if ahead.size:
            place = np.minimum(np.searchsorted(ahead, back), ahead.size - 1)
            fresh &= ahead[place] != back
        alone: Keys = back[fresh]
        return alone


def joined(parts: list[Keys]) -> Keys:
    """Return arrays as one and empty the list."""
    whole: Keys = np.concatenate([np.empty(0, dtype=np.uint64), *parts])
    parts.clear()
    return whole


@dataclass(frozen=True)
class Edges:
    """How MRREL becomes edges: the concepts, their categories, and what relations say."""

    release: Release
    concepts: Concepts
    category: NDArray[np.int64]  # of each concept, its place in ``relations.categories``
    atoms: pl.DataFrame  # AUI, CUI: of RxNorm, whose relations may name atoms only
    relations: Relations
    ledger: Ledger

    def batches(self, limit: int | None) -> Iterator[pl.DataFrame]:
        """Yield the edges, block by block; at the end those that only their less telling row states."""
        self.ledger.begin("relations")
        twins = Twins(max(1, len(self.concepts.ids).bit_length()))
        late = 0
        for rows in self.release.batches("REL", [*self._ends(1), *self._ends(2), *_KIND], limit):
            triples, back = self._triples(rows)
            forward = twins.packed(Triples(*(part[~back] for part in triples)))
            _, first = np.unique(forward, return_index=True)
            forward = forward[np.sort(first)]
            self.ledger.count("relations", "relation_repeated", int((~back).sum()) - forward.size)
            twins.ahead.append(forward)
            twins.back.append(twins.packed(Triples(*(part[back] for part in triples))))
            late += int(back.sum())
            yield self._frame(twins.unpacked(forward))
        alone = twins.alone()
        self.ledger.count("relations", "relation_stated_from_both_ends", late - alone.size)
        for start in range(0, alone.size, 1 << 19):
            yield self._frame(twins.unpacked(alone[start : start + (1 << 19)]))

    def _triples(self, rows: pl.DataFrame) -> tuple[Triples, NDArray[np.bool_]]:
        """Return the rows that state an edge, in the direction that counts, and which of them stood in the other."""
        of, number = self._decided(rows)
        one, two = (self.concepts.at(self._codes(rows, n)) for n in (1, 2))
        used = of.relation[number] >= 0
        unknown = used & ((one == UNKNOWN) | (two == UNKNOWN))
        left = used & ~unknown & ((one == LEFT_OUT) | (two == LEFT_OUT))
        same = used & ~unknown & ~left & (one == two)
        self._write(rows.filter(pl.Series(unknown)), "unknown_concept")
        self.ledger.count("relations", "relation_of_concept_left_out", int(left.sum()))
        self.ledger.count("relations", "relation_to_itself", int(same.sum()))
        keep = used & ~unknown & ~left & ~same
        number, one, two = number[keep], one[keep].astype(np.int64), two[keep].astype(np.int64)
        # the row (one, relation, two) says: two is the relation to one
        symmetric = of.symmetric[number]
        back = np.where(symmetric, two > one, of.turned[number])
        return Triples(np.where(back, one, two), of.relation[number], np.where(back, two, one)), back

    def _decided(self, rows: pl.DataFrame) -> tuple[Outcomes, NDArray[np.int64]]:
        """Decide on the rows by their kind, of which there are few, and put aside those that no concept would save."""
        keys = rows.select(pl.concat_str(_KIND, separator="|").alias("key")).to_series()
        kinds = keys.unique().sort()
        decisions = [self.relations.decide(*key.split("|")) for key in kinds]
        number = keys.replace_strict(kinds, pl.Series(range(len(kinds)), dtype=pl.Int64), return_dtype=pl.Int64).to_numpy()
        counts = np.bincount(number, minlength=len(kinds))
        for n, decision in enumerate(decisions):
            if decision.left_out:
                self.ledger.count("relations", decision.left_out, int(counts[n]))
            elif decision.rejected:
                self._reject(rows.filter(pl.Series(number == n)), decision.rejected)
        return Outcomes.of(decisions), number

    def _reject(self, rows: pl.DataFrame, reason: str) -> None:
        """Write down rows whose direction is not known; refuse to go on where the file that would tell is missing."""
        if not self.relations.documented:
            raise InputError(
                f"the inverse of {rows['RELA'][0] or rows['REL'][0]!r} is not known, so its two rows cannot be made one edge",
                where=where(self.release.file("REL"), rows[ROW][0], "RELA"),
                mend=f"put {self.release.file('DOC').name} of the release beside it, or name relations that kgpaths knows without it, as may_treat",
            )
        self._write(rows, reason)

    def _write(self, rows: pl.DataFrame, reason: str) -> None:
        """Write down rows that cannot be used."""
        self.ledger.reject("relations", self.release.file("REL").name, rows, reason, *self._ends(1), "REL", "RELA", *self._ends(2), "SAB")

    def _ends(self, end: int) -> list[str]:
        """Return the columns that name one end."""
        return [f"CUI{end}", *([f"AUI{end}"] if self.release.layout is RXNORM else [])]

    def _codes(self, rows: pl.DataFrame, end: int) -> pl.Series:
        """Return the concepts of one end as numbers; of RxNorm's atoms where the row names no concept."""
        codes = rows.select(coded(f"CUI{end}", self.release.layout)).to_series()
        if self.release.layout is not RXNORM:
            return codes
        atoms = rows.select(pl.col(f"AUI{end}").alias("AUI")).join(self.atoms, on="AUI", how="left", maintain_order="left")["CUI"]
        return pl.select(pl.when(pl.lit(rows[f"CUI{end}"]) == "").then(pl.lit(atoms)).otherwise(pl.lit(codes))).to_series()

    def _frame(self, triples: Triples) -> pl.DataFrame:
        """Return triples as an edges frame, under the predicate that suits their ends."""
        outcome = np.stack(self.relations.outcomes) if self.relations.outcomes else np.zeros((0, 1, 1), dtype=np.int16)
        told = outcome[triples.relation, self.category[triples.subject], self.category[triples.object]]
        turned = np.array([turned for _, turned in self.relations.told], dtype=bool)[told] if told.size else np.zeros(0, dtype=bool)
        subject, object = np.where(turned, triples.object, triples.subject), np.where(turned, triples.subject, triples.object)
        predicates = pl.Series([predicate for predicate, _ in self.relations.told], dtype=pl.String)
        return pl.DataFrame(
            {
                "subject": self.concepts.ids.gather(subject),
                "predicate": predicates.gather(told),
                "object": self.concepts.ids.gather(object),
                "evidence": self.relations.evidence()[triples.relation].to_struct("evidence"),
            }
        )


class Outcomes(NamedTuple):
    """Decisions as arrays."""

    relation: NDArray[np.int64]
    turned: NDArray[np.bool_]
    symmetric: NDArray[np.bool_]

    @classmethod
    def of(cls, decisions: list[Decision]) -> Outcomes:
        """Return decisions as arrays, one place each."""
        return cls(
            np.array([d.relation for d in decisions], dtype=np.int64),
            np.array([d.turned for d in decisions], dtype=bool),
            np.array([d.symmetric for d in decisions], dtype=bool),
        )
