"""Read what a concept is (MRSTY), how it is defined (MRDEF), and which concepts went before it (MRCUI)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources.tables import XREFS
from kgpaths.sources.umls.concepts import LEFT_OUT, UNKNOWN, Concepts, coded, curies
from kgpaths.sources.umls.names import Choice, compact
from kgpaths.sources.umls.release import RXNORM, Ledger, Release

_DEFINING = ("MSH", "NCI", "HPO", "GO", "SNOMEDCT_US", "ORPHANET", "NCI_NCI-GLOSS", "CSP")
"""Whose definition is taken first; then the others in the order of their names. MEDLINEPLUS' are pages of text and come last."""


@dataclass(frozen=True)
class SemanticType:
    """One of the 127 types of the Semantic Network, with what we take it for."""

    tui: str
    stn: str
    name: str
    category: str
    linkable: bool


@cache
def semantic_types() -> tuple[SemanticType, ...]:
    """Return the semantic types, the one that decides a concept's category first.

    Categories are Biolink's own mappings; where it has none, or one that would keep medical facts from fitting their
    predicates, the table says why another was taken by hand.
    """
    text = (files("kgpaths") / "sources/umls/types.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(SemanticType(r["tui"], r["stn"], r["name"], r["category"], r["linkable"] == "yes") for r in rows)


@dataclass(frozen=True)
class Types:
    """The semantic types of the concepts: CUI (number), ``kind`` (place in ``semantic_types``), by concept and in their order."""

    rows: pl.DataFrame


def read_types(release: Release, ledger: Ledger, known: pl.Series, limit: int | None) -> Types:
    """Read MRSTY. ``known`` are the concepts that MRCONSO has. Raises InputError where the file is missing."""
    ledger.begin("types")
    release.table("STY")
    number = {t.tui: n for n, t in enumerate(semantic_types())}
    file = release.file("STY").name
    kept = [pl.DataFrame(schema={"CUI": pl.UInt32, "kind": pl.UInt8})]
    for rows in release.batches("STY", ("CUI", "TUI", "STY"), limit):
        rows = rows.with_columns(
            coded("CUI", release.layout),
            pl.col("CUI").alias("id"),
            pl.col("TUI").replace_strict(number, default=None, return_dtype=pl.UInt8).alias("kind"),
        )
        there = rows["CUI"].is_in(known.implode()).fill_null(False)
        ledger.reject("types", file, rows.filter(~there), "unknown_concept", "id", "TUI")
        ledger.reject("types", file, rows.filter(there & rows["kind"].is_null()), "unknown_semantic_type", "id", "TUI", "STY")
        kept.append(rows.filter(there & rows["kind"].is_not_null()).select("CUI", "kind"))
    return Types(pl.concat(kept).unique().sort("CUI", "kind"))


def asked_types(asked: Sequence[str]) -> list[int]:
    """Return the places of the semantic types asked for: by TUI, by name, or by tree number, which takes all below it along.

    Raises InputError for one that is none of the 127.
    """
    places: list[int] = []
    for text in asked:
        found = [
            n
            for n, t in enumerate(semantic_types())
            if text in (t.tui, t.stn)
            or text.casefold() == t.name.casefold()
            or t.stn.startswith(f"{text}.")
            or (text in ("A", "B") and t.stn.startswith(text))
        ]
        if not found:
            raise InputError(
                f"is no semantic type: {text!r}", where="semantic_types", mend="name it by TUI (T047), by tree number (B2.2.1.2) or in full"
            )
        places += found
    return sorted(set(places))


def described(types: Types, concepts: Concepts) -> pl.DataFrame:
    """Return category, semantic types and linkability of the concepts, in their order.

    The first of a concept's types decides its category; a concept that has a type texts speak of is linkable. A set of
    types is described once, as there are few sets and millions of concepts.
    """
    at = pl.Series("at", concepts.at(types.rows["CUI"]))
    rows = types.rows.select(at, pl.col("kind").cast(pl.String)).filter(pl.col("at") >= 0)
    several = rows["at"].is_duplicated()
    sets = pl.concat([rows.filter(~several), rows.filter(several).group_by("at", maintain_order=True).agg(pl.col("kind").str.join(","))])
    each = sets["kind"].unique().sort()
    known = semantic_types()
    told = [[known[int(n)] for n in kinds.split(",")] for kinds in each]
    table = pl.DataFrame(
        {
            "category": ["NamedThing", *(of[0].category for of in told)],
            "semantic_types": [[], *([t.name for t in of] for of in told)],
            "linkable": [True, *(any(t.linkable for t in of) for of in told)],
        },
        schema={"category": pl.String, "semantic_types": pl.List(pl.String), "linkable": pl.Boolean},
    )
    place = np.zeros(len(concepts.ids), dtype=np.int64)
    place[sets["at"].to_numpy()] = 1 + np.searchsorted(each.to_numpy(), sets["kind"].to_numpy()) if len(each) else 0
    return table[place]


def definitions(release: Release, choice: Choice, concepts: Concepts, languages: pl.DataFrame, ledger: Ledger, limit: int | None) -> pl.DataFrame:
    """Return one definition per concept: ``at`` (its place) and ``definition``.

    A definition counts as written in the languages that its vocabulary has names in.
    """
    ledger.begin("definitions")
    order = {sab: n for n, sab in enumerate(_DEFINING)} | {"MEDLINEPLUS": len(_DEFINING) + 1}
    spoken = languages.filter(pl.col("LAT").is_in(choice.languages))["SAB"].unique()
    kept = [pl.DataFrame(schema={"at": pl.Int32, "order": pl.Int32, "SAB": pl.String, "ATUI": pl.String, "DEF": pl.String})]
    read = 0
    for rows in release.batches("DEF", ("CUI", "ATUI", "SAB", "DEF", "SUPPRESS"), limit):
        rows = rows.with_columns(coded("CUI", release.layout), pl.col("CUI").alias("id"))
        rows = rows.with_columns(pl.Series("at", concepts.at(rows["CUI"])))
        why = (
            pl.when(~choice.vocabulary())
            .then(pl.lit("definition_other_vocabulary"))
            .when(choice.suppressed())
            .then(pl.lit("definition_suppressed"))
            .when(pl.col("at") == UNKNOWN)
            .then(pl.lit("unknown_concept"))
            .when(pl.col("at") == LEFT_OUT)
            .then(pl.lit("definition_of_concept_left_out"))
            .when(~pl.col("SAB").is_in(spoken.implode()))
            .then(pl.lit("definition_other_language"))
            .alias("why")
        )
        rows = rows.with_columns(why)
        unknown = pl.col("why") == "unknown_concept"
        ledger.reject("definitions", release.file("DEF").name, rows.filter(unknown), "unknown_concept", "id", "SAB")
        ledger.count_by("definitions", rows.filter(~unknown)["why"])
        used = rows.filter(pl.col("why").is_null())
        read += used.height
        kept.append(
            used.select(
                "at", pl.col("SAB").replace_strict(order, default=len(_DEFINING), return_dtype=pl.Int32).alias("order"), "SAB", "ATUI", compact("DEF")
            )
        )
    first = pl.concat(kept).sort("at", "order", "SAB", "ATUI", "DEF").filter(pl.col("at").is_first_distinct())
    ledger.count("definitions", "definition_beside_another", read - first.height)
    return first.select("at", pl.col("DEF").alias("definition"))


def retired(release: Release, concepts: Concepts, ledger: Ledger, limit: int | None) -> pl.DataFrame:
    """Return the ids that a concept bore before, as ``alt_id`` cross-references.

    Only where MRCUI says that the old concept is the new one (SY), and one alone: what became broader, narrower or
    merely related is another concept. RxNorm's file has the same by the number of successors.
    """
    ledger.begin("retired")
    rxnorm = release.layout is RXNORM
    columns = ("CUI1", "CARDINALITY", "CUI2") if rxnorm else ("CUI1", "REL", "CUI2")
    same = pl.col("CARDINALITY") == "1" if rxnorm else pl.col("REL") == "SY"
    kept = [pl.DataFrame(schema={"old": pl.UInt32, "at": pl.Int32})]
    for rows in release.batches("CUI", columns, limit):
        rows = rows.with_columns(coded("CUI1", release.layout), coded("CUI2", release.layout), pl.col("CUI1").alias("id"))
        rows = rows.with_columns(pl.Series("old", concepts.at(rows["CUI1"])), pl.Series("at", concepts.at(rows["CUI2"])))
        why = (
            pl.when(pl.col("CUI1").is_null())
            .then(pl.lit("no_concept_id"))
            .when(pl.col("old") != UNKNOWN)
            .then(pl.lit("retired_id_in_use"))
            .when(~same | pl.col("CUI2").is_null())
            .then(pl.lit("retired_without_equal"))
            .when(pl.col("at") < 0)
            .then(pl.lit("retired_for_concept_not_read"))
            .alias("why")
        )
        rows = rows.with_columns(why)
        bad = pl.col("why") == "no_concept_id"
        ledger.reject("retired", release.file("CUI").name, rows.filter(bad), "no_concept_id", "id")
        ledger.count_by("retired", rows.filter(~bad)["why"])
        kept.append(rows.filter(pl.col("why").is_null()).select(pl.col("CUI1").alias("old"), "at"))
    pairs = pl.concat(kept).unique().sort("old", "at")
    single = pairs.filter(pl.len().over("old") == 1)
    ledger.count("retired", "retired_for_several", pairs.height - single.height)
    old = curies(single["old"], release.layout)
    return pl.DataFrame(
        {"id": concepts.ids.gather(single["at"]), "xref": old, "predicate": pl.repeat("alt_id", single.height, eager=True)}, schema=XREFS
    )
