"""Decide what the relations of MRREL say: in which direction, under which predicate, and which say nothing.

REL and RELA tell what the *second* concept of a row is to the *first*, and every relation stands twice, once from each
end under inverse names. Both rows must become the same edge, so each pair of inverse names has one direction that counts:

1. the name that ``relations.tsv`` lists, which also says under which predicate it is told;
2. else the name that begins with ``has_``; else the one that is no passive (``.._by``, ``.._be_..``, ``inverse_..``);
   else the first in order of text.

A name that is its own inverse holds both ways; the concept of the smaller number is then the subject.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.sources.umls.names import SOURCE_NAMES, Choice
from kgpaths.sources.umls.release import LICENCE, Release
from kgpaths.vocabulary import fits, is_a, predicate_of

HOLDS_OF_FINDINGS = ("subclass_of", "may_be_related_to")
NOTHING = "-"  # in place of a predicate: the relation says nothing of its concepts


@dataclass(frozen=True)
class Telling:
    """How a relation is told: ``predicate``, with its ends changed where ``turned``, if the ends are of these categories.

    ``subject`` and ``object`` are those of the edge that results, beside the predicate's own domain and range.
    """

    predicate: str
    turned: bool = False
    vocabularies: tuple[str, ...] = ()  # empty: whoever states it
    subject: tuple[str, ...] = ()
    object: tuple[str, ...] = ()

    def holds(self, subject: str, object: str) -> bool:
        """Tell whether the edge may have ends of these categories.

        A finding may be a normal one, an absent one or a history ("No fever", "History of asthma"): only its place in the
        hierarchy is told.
        """
        if self.predicate not in HOLDS_OF_FINDINGS and any(is_a(end, "ClinicalFinding") for end in (subject, object)):
            return False
        return fits(predicate_of(self.predicate), subject, object) and is_one(subject, self.subject) and is_one(object, self.object)


def is_one(category: str, wanted: Sequence[str]) -> bool:
    """Tell whether a category is one of those wanted, or a kind of one; "!X" is wanted of all that are no X."""
    return not wanted or any(not is_a(category, c[1:]) if c.startswith("!") else is_a(category, c) for c in wanted)


@cache
def listed() -> tuple[dict[str, str], dict[str, tuple[Telling, ...]]]:
    """Return the relations of our table: name -> inverse (both ways), and the name that counts -> how it is told."""
    text = (files("kgpaths") / "sources/umls/relations.tsv").read_text(encoding="utf-8")
    inverses: dict[str, str] = {}
    tellings: dict[str, tuple[Telling, ...]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        name, inverse = row["name"], row["inverse"]
        inverses[name], inverses[inverse] = inverse, name
        told = tellings.setdefault(name, ())
        if row["predicate"]:
            several = {key: tuple(filter(None, row[key].split("|"))) for key in ("vocabularies", "subject", "object")}
            tellings[name] = (*told, Telling(row["predicate"], row["turned"] == "yes", **several))
    return inverses, tellings


def read_inverses(release: Release) -> dict[str, str]:
    """Return the inverse of each RELA: MRDOC's, and ours for the few of our table."""
    rows = release.whole("DOC", ("DOCKEY", "VALUE", "TYPE", "EXPL")).filter((pl.col("DOCKEY") == "RELA") & (pl.col("TYPE") == "rela_inverse"))
    stated = {str(a).lower(): str(b).lower() for a, b in rows.select("VALUE", "EXPL").iter_rows()}
    return {**listed()[0], **stated}


def counted_name(name: str, inverses: Mapping[str, str]) -> tuple[str, bool] | None:
    """Return the name of the direction that counts, and whether this is the other one; None where the inverse is not known."""
    inverse = inverses.get(name)
    if inverse is None or inverses.get(inverse) != name:
        return None
    ours = listed()[1]

    def order(one: str) -> tuple[bool, bool, bool, str]:
        passive = one.endswith("_by") or "_be_" in one or one.startswith("inverse_")
        return one not in ours, not one.startswith("has_"), passive, one

    counts = min(name, inverse, key=order)
    return counts, counts != name


@dataclass(frozen=True)
class Decision:
    """What becomes of the rows of one REL, RELA, vocabulary and mark: an edge, or why not."""

    relation: int = -1  # place in ``Relations.stated``
    turned: bool = False
    symmetric: bool = False
    left_out: str = ""
    rejected: str = ""


@dataclass
class Relations:
    """The relations met so far, and what an edge of each says for every pair of categories."""

    choice: Choice
    asked: frozenset[str]  # the relations the user names, in lower case; empty: all that say something
    inverses: Mapping[str, str]
    documented: bool  # the release has MRDOC
    levels: Mapping[str, str]  # vocabulary -> restriction level
    source: str
    categories: Sequence[str]
    decisions: dict[tuple[str, str, str, str], Decision] = field(default_factory=dict)
    stated: dict[tuple[str, str], int] = field(default_factory=dict)  # (counted name, vocabulary) -> place
    told: dict[tuple[str, bool], int] = field(default_factory=dict)  # (predicate, turned) -> place
    outcomes: list[NDArray[np.int16]] = field(default_factory=list)  # by relation: category x category -> place in ``told``

    def decide(self, rel: str, rela: str, sab: str, suppress: str) -> Decision:
        """Decide what becomes of the rows of one kind. The user's choice comes first, then whether the direction is known."""
        key = (rel, rela, sab, suppress)
        if key not in self.decisions:
            self.decisions[key] = self._decided(rel, rela.lower(), sab, suppress)
        return self.decisions[key]

    def _decided(self, rel: str, rela: str, sab: str, suppress: str) -> Decision:
        if (self.choice.vocabularies and sab not in self.choice.vocabularies) or sab in self.choice.leave_out:
            return Decision(left_out="relation_other_vocabulary")
        if sab == SOURCE_NAMES and sab not in self.choice.vocabularies:
            return Decision(left_out="relation_of_a_vocabulary")
        if suppress not in ("N", "") and not self.choice.suppressible:
            return Decision(left_out="relation_suppressed")
        counted = counted_name(rela or rel, self.inverses)
        names = {rel, listed()[0].get(rel, rel), rela, self.inverses.get(rela, rela)}
        if self.asked and self.asked.isdisjoint(name.lower() for name in names):
            return Decision(left_out="relation_not_asked_for")
        tellings = self._tellings(counted[0] if counted else "", sab)
        bare = self._tellings(counted_rel(rel), sab)  # SIB and AQ say nothing under any RELA
        if not self.asked and any(t.predicate == NOTHING for t in (*tellings, *bare)):
            return Decision(left_out="relation_says_nothing")
        if counted is None:
            return Decision(rejected="relation_without_inverse")
        place = self.stated.setdefault((counted[0], sab), len(self.stated))
        if place == len(self.outcomes):
            self.outcomes.append(self._outcome(counted[0], [t for t in tellings if t.predicate != NOTHING]))
        return Decision(place, counted[1], symmetric=self.inverses[counted[0]] == counted[0])

    def _tellings(self, name: str, sab: str) -> list[Telling]:
        return [t for t in listed()[1].get(name, ()) if not t.vocabularies or sab in t.vocabularies]

    def _outcome(self, name: str, tellings: Sequence[Telling]) -> NDArray[np.int16]:
        """Return how a relation is told for each pair of categories: by the first telling that fits, else under its own name."""
        size = len(self.categories)
        kept = self.told.setdefault((f"UMLS:{name}", False), len(self.told))
        outcome = np.full((size, size), kept, dtype=np.int16)
        for telling in reversed(tellings):
            place = self.told.setdefault((telling.predicate, telling.turned), len(self.told))
            for i, subject in enumerate(self.categories):
                for j, object in enumerate(self.categories):
                    if telling.holds(*((object, subject) if telling.turned else (subject, object))):
                        outcome[i, j] = place
        return outcome

    def evidence(self) -> pl.DataFrame:
        """Return source, licence and code of each relation, by place. The code is the name that counts, the same for both rows."""
        levels = [self.levels.get(sab, "") for _, sab in self.stated]
        return pl.DataFrame(
            {
                "source": [f"{self.source}/{sab}" for _, sab in self.stated],
                "licence": [f"{LICENCE}, restriction level {level}" if level else LICENCE for level in levels],
                "code": [name for name, _ in self.stated],
            },
            schema={"source": pl.String, "licence": pl.String, "code": pl.String},
        )


def counted_rel(rel: str) -> str:
    """Return the name of a REL that counts: CHD for PAR."""
    counted = counted_name(rel, listed()[0])
    return counted[0] if counted else rel
