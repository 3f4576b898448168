"""Read MRCONSO: which name a concept goes by, its other names, and its codes in the vocabularies.

The file is gone through twice, in blocks: once to choose each concept's name, once to hand out all names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.errors import InputError
from kgpaths.sources.tables import ALIASES, XREFS
from kgpaths.sources.umls.concepts import Concepts, coded
from kgpaths.sources.umls.release import RXNORM, Ledger, Release

COLUMNS = ("CUI", "LAT", "TS", "STT", "ISPREF", "SAB", "TTY", "CODE", "STR", "SUPPRESS")
SOURCE_NAMES = "SRC"  # the vocabulary of the names of the vocabularies: no medicine

_TERM_STATUS = {"P": 0}  # TS: the preferred term of the concept; S and the suppressible come after
_STRING_TYPE = {"PF": 0, "VCW": 1, "VC": 2, "VW": 3, "VO": 4}  # STT: preferred form, then variants by case, word order, both, other
_SECONDARY = {"PSN": 1, "SY": 2, "TMSY": 3, "ET": 4}  # RxNorm ranks no names: a concept's own name, then these
_ABBREVIATIONS = ("AB", "ACR", "MTH_ACR", "OA")  # where MRDOC does not class the term types
_ENTRY_TERMS = ("ET", "PEP", "EP", "ETCLIN", "MTH_ET", "RXN_ET")

# vocabulary -> prefix, and what its ids look like; other codes are the release's own (MTHU000123) and no ids
CODES: dict[str, tuple[tuple[str, str], ...]] = {
    "DRUGBANK": (("DRUGBANK", r"^(DB\d{5})$"),),
    "GO": (("GO", r"^GO:(\d{7})$"),),
    "HGNC": (("HGNC", r"^HGNC:(\d+)$"),),
    "HPO": (("HP", r"^HP:(\d{7})$"),),
    "ICD10": (("ICD10", r"^([A-Z]\d\d(?:\.\d+)?(?:-[A-Z]\d\d)?)$"),),
    "ICD10CM": (("ICD10CM", r"^([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?(?:-[A-Z]\d[0-9A-Z])?)$"),),
    "ICD10PCS": (("ICD10PCS", r"^([0-9A-HJ-NP-Z]{7})$"),),
    "ICD9CM": (("ICD9CM", r"^((?:\d{3}|V\d\d|E\d{3})(?:\.\d{1,2})?)$"), ("ICD9PCS", r"^(\d\d(?:\.\d{1,2})?)$")),  # diseases, procedures
    "LNC": (("LOINC", r"^((?:LP|LA|LG|LL)?\d+-\d)$"),),
    "MDR": (("MEDDRA", r"^(\d{8})$"),),
    "MONDO": (("MONDO", r"^MONDO:(\d{7})$"),),
    "MSH": (("MESH", r"^([CDQ]\d{6,9})$"),),
    "NCBI": (("NCBITaxon", r"^(\d+)$"),),
    "NCI": (("NCIT", r"^(C\d+)$"),),
    "OMIM": (("OMIM", r"^(\d{6})$"),),
    "ORPHANET": (("ORPHA", r"^(?:ORPHA:|Orphanet_)?(\d+)$"),),
    "RXNORM": (("RXNORM", r"^(\d+)$"),),
    "SNOMEDCT_US": (("SNOMEDCT", r"^(\d{6,18})$"),),
}


def code_curie(sab: str, column: str) -> pl.Expr:
    """Return a vocabulary's codes as CURIEs, null where a code is no id."""
    made = [pl.concat_str([pl.lit(f"{prefix}:"), pl.col(column).str.extract(pattern, 1)]) for prefix, pattern in CODES[sab]]
    return pl.coalesce(made)


@dataclass(frozen=True)
class Choice:
    """What of the release is asked for."""

    languages: tuple[str, ...] = ("ENG",)
    vocabularies: frozenset[str] = frozenset()  # empty: all but the names of the vocabularies themselves
    leave_out: frozenset[str] = frozenset()
    suppressible: bool = False

    def vocabulary(self, column: str = "SAB") -> pl.Expr:
        """Tell whether a row's vocabulary is asked for."""
        asked = pl.col(column).is_in(sorted(self.vocabularies)) if self.vocabularies else pl.col(column) != SOURCE_NAMES
        return asked & ~pl.col(column).is_in(sorted(self.leave_out))

    def suppressed(self) -> pl.Expr:
        """Tell whether a row is marked as obsolete or suppressed and not asked for."""
        return pl.lit(False) if self.suppressible else ~pl.col("SUPPRESS").is_in(["N", ""])


@dataclass(frozen=True)
class TermTypes:
    """Which term types are abbreviations, and which name what is only filed under a code."""

    abbreviations: tuple[str, ...] = _ABBREVIATIONS
    entry_terms: tuple[str, ...] = _ENTRY_TERMS


def term_types(release: Release) -> TermTypes:
    """Return the classes of term types, as MRDOC has them and a few of old."""
    rows = release.whole("DOC", ("DOCKEY", "VALUE", "TYPE", "EXPL")).filter((pl.col("DOCKEY") == "TTY") & (pl.col("TYPE") == "tty_class"))
    classed = {kind: rows.filter(pl.col("EXPL") == kind)["VALUE"].to_list() for kind in ("abbreviation", "entry_term")}
    return TermTypes(tuple(sorted({*_ABBREVIATIONS, *classed["abbreviation"]})), tuple(sorted({*_ENTRY_TERMS, *classed["entry_term"]})))


@dataclass(frozen=True)
class Names:
    """What the first going through MRCONSO finds."""

    best: pl.DataFrame  # CUI (number), STR: the name of each concept that has one, by number
    known: NDArray[np.uint32]  # every concept of the file
    codes: pl.DataFrame  # CUI, xref, entry: whether only entry terms have the code
    languages: pl.DataFrame  # SAB, LAT: the languages a vocabulary has names in
    atoms: pl.DataFrame  # AUI, CUI; of RxNorm alone, whose relations may name atoms only
    aside: NDArray[np.uint64]  # the hashes of the codes of names that are left out, where mappings may name them


def choose_names(release: Release, choice: Choice, types: TermTypes, ledger: Ledger, limit: int | None) -> Names:
    """Choose each concept's name: the preferred one of the first language, as TS, STT and ISPREF say, then by MRRANK.

    Between equals the first in order of text goes, so that the same file gives the same name. Raises InputError where
    nothing is left, as of a vocabulary whose name is misspelt.
    """
    ledger.begin("names")
    rank = ranks(release)
    best: list[pl.DataFrame] = []
    codes: list[pl.DataFrame] = []
    spoken: list[pl.DataFrame] = []
    atoms: list[pl.DataFrame] = []
    known: list[NDArray[np.uint32]] = []
    aside: list[NDArray[np.uint64]] = []
    mapped = release.has("MAP")
    for rows in release.batches("CONSO", [*COLUMNS, *(["AUI"] if release.layout is RXNORM else [])], limit):
        sound = sound_rows(rows, release, ledger)
        known.append(sound["CUI"].unique().to_numpy())
        if release.layout is RXNORM:
            atoms.append(sound.select("AUI", "CUI"))
        reasons = sound.select(reason(choice)).to_series()
        ledger.count_by("names", reasons)
        used = sound.filter(reasons.is_null())
        best.append(first_by_key(used.select("CUI", sort_key(release, choice, used, rank), "STR")).with_columns(compact("STR")))
        codes.append(code_rows(used, types, ledger))
        if mapped:
            aside.append(code_hashes(sound.filter(reasons.is_not_null())))
        spoken.append(sound.select("SAB", "LAT").unique())
    if not known:
        raise InputError("holds no names", where=str(release.file("CONSO")))
    found = pl.concat(spoken).unique().sort("SAB", "LAT")
    if limit is None:
        check_found(release, choice, found)
    numbers, times = np.unique(np.concatenate(known), return_counts=True)
    split = pl.Series(numbers[times > 1]).implode()  # concepts of several blocks: a few where the file is sorted, as it is
    chosen = pl.concat(best)
    parted = chosen["CUI"].is_in(split)
    chosen = pl.concat([chosen.filter(~parted), first_by_key(chosen.filter(parted))]).select("CUI", "STR").sort("CUI").rechunk()
    every = pl.concat(codes)
    parted = every["CUI"].is_in(split)
    again = every.filter(parted).group_by("CUI", "xref", maintain_order=True).agg(pl.col("entry").all())
    empty_atoms = pl.DataFrame(schema={"AUI": pl.String, "CUI": pl.UInt32})
    named = pl.concat([empty_atoms, *atoms]).unique("AUI", keep="first", maintain_order=True)
    hashes = np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *aside]))
    return Names(chosen, numbers, pl.concat([every.filter(~parted), again]), found, named, hashes)


def sound_rows(rows: pl.DataFrame, release: Release, ledger: Ledger | None) -> pl.DataFrame:
    """Return the rows with their concepts as numbers, those left away that have no concept or no name."""
    rows = rows.with_columns(coded("CUI", release.layout), pl.col("CUI").alias("id"))
    bad = pl.col("CUI").is_null() | (pl.col("STR").str.strip_chars() == "")
    if ledger is not None and (wrong := rows.filter(bad)).height:
        file = release.file("CONSO").name
        ledger.reject("names", file, wrong.filter(pl.col("CUI").is_null()), "no_concept_id", "id", "STR")
        ledger.reject("names", file, wrong.filter(pl.col("CUI").is_not_null()), "no_name", "id", "SAB", "CODE")
    return rows.filter(~bad)


def reason(choice: Choice) -> pl.Expr:
    """Return why a name is left out, null where it is not."""
    return (
        pl.when((pl.col("SAB") == SOURCE_NAMES) & ~choice.vocabulary())
        .then(pl.lit("name_of_a_vocabulary"))
        .when(~choice.vocabulary())
        .then(pl.lit("name_other_vocabulary"))
        .when(~pl.col("LAT").is_in(choice.languages))
        .then(pl.lit("name_other_language"))
        .when(choice.suppressed())
        .then(pl.lit("name_suppressed"))
        .alias("reason")
    )


def ranks(release: Release) -> pl.DataFrame:
    """Return MRRANK's order of names: SAB, TTY, SUPPRESS and ``rank``, the greater the better."""
    rows = release.whole("RANK", ("RANK", "SAB", "TTY", "SUPPRESS"))
    return rows.select("SAB", "TTY", "SUPPRESS", pl.col("RANK").cast(pl.Int32, strict=False).fill_null(0).alias("rank")).unique(
        ["SAB", "TTY", "SUPPRESS"], keep="first", maintain_order=True
    )


def sort_key(release: Release, choice: Choice, rows: pl.DataFrame, rank: pl.DataFrame) -> pl.Series:
    """Return a number per name, the smallest of a concept being its preferred name's."""
    places = {language: n for n, language in enumerate(choice.languages)}
    level = rows.select("SAB", "TTY", "SUPPRESS").join(rank, on=["SAB", "TTY", "SUPPRESS"], how="left", maintain_order="left")["rank"].fill_null(0)
    order = (
        (pl.col("LAT").replace_strict(places, default=len(places), return_dtype=pl.Int64), 256),
        (pl.col("TS").replace_strict(_TERM_STATUS, default=1, return_dtype=pl.Int64), 2),
        (pl.col("STT").replace_strict(_STRING_TYPE, default=7, return_dtype=pl.Int64), 8),
        ((pl.col("ISPREF") != "Y").cast(pl.Int64), 2),
        (65_535 - pl.lit(level).cast(pl.Int64).clip(0, 65_535), 65_536),
        ((pl.col("SAB") != release.layout.own).cast(pl.Int64), 2),
        (pl.col("TTY").replace_strict(_SECONDARY, default=0, return_dtype=pl.Int64), 8),
    )
    key = pl.lit(0, dtype=pl.Int64)
    for part, values in order:
        key = key * values + part
    return rows.select(key.alias("key")).to_series()


def first_by_key(rows: pl.DataFrame) -> pl.DataFrame:
    """Return each concept's row of the smallest key, the first text between equals, by concept."""
    least = rows.filter(pl.col("key") == pl.col("key").min().over("CUI"))
    return least.sort("CUI", "STR").filter(pl.col("CUI").is_first_distinct())


def compact(column: str) -> pl.Expr:
    """Return a text column copied: a few texts taken from a block would else keep all of the block's text in memory."""
    return pl.concat_str([pl.lit(""), column]).alias(column)


def code_rows(rows: pl.DataFrame, types: TermTypes, ledger: Ledger) -> pl.DataFrame:
    """Return the codes that concepts have in the vocabularies whose ids we know, as CURIEs."""
    entry = pl.col("TTY").is_in(list(types.entry_terms))
    found = rows.filter(pl.col("SAB").is_in(list(CODES))).group_by("SAB", "CUI", "CODE", maintain_order=True).agg(pl.len(), entry=entry.all())
    parts = [pl.DataFrame(schema={"CUI": pl.UInt32, "xref": pl.String, "entry": pl.Boolean})]
    for (sab,), part in sorted(found.partition_by("SAB", as_dict=True).items()):
        part = part.with_columns(code_curie(str(sab), "CODE").alias("xref"))
        ledger.count("names", "code_is_no_id", int(part.filter(pl.col("xref").is_null())["len"].sum()))
        parts.append(part.filter(pl.col("xref").is_not_null()).select("CUI", "xref", "entry"))
    return pl.concat(parts)


def code_hashes(rows: pl.DataFrame) -> NDArray[np.uint64]:
    """Return the hashes of the codes of rows as CURIEs, each once."""
    found = rows.filter(pl.col("SAB").is_in(list(CODES))).select("SAB", "CODE").unique()
    made = [part.select(code_curie(str(sab), "CODE")).to_series() for (sab,), part in found.partition_by("SAB", as_dict=True).items()]
    hashes: NDArray[np.uint64] = pl.concat([pl.Series(dtype=pl.String), *made]).drop_nulls().hash().unique().to_numpy()
    return hashes


def check_found(release: Release, choice: Choice, found: pl.DataFrame) -> None:
    """Raise InputError where the file has no names of a language or vocabulary that was asked for, or is to be left out."""
    vocabularies = tuple(sorted(choice.vocabularies | choice.leave_out))
    for what, asked, column in (("language", choice.languages, "LAT"), ("vocabulary", vocabularies, "SAB")):
        there = sorted(set(found[column]))
        if missing := [name for name in asked if name not in there]:
            raise InputError(f"has no names of the {what} {missing[0]!r}", where=str(release.file("CONSO")), mend=f"it has {', '.join(there)}")


def alias_batches(
    release: Release, choice: Choice, types: TermTypes, concepts: Concepts, names: pl.Series, ledger: Ledger, limit: int | None
) -> Iterator[pl.DataFrame]:
    """Yield all names of the concepts, each text of a concept once; its own name is the label."""
    ledger.begin("aliases")
    for rows in release.batches("CONSO", COLUMNS, limit):
        sound = sound_rows(rows, release, None)
        used = sound.filter(sound.select(reason(choice)).to_series().is_null())
        at = concepts.at(used["CUI"])
        used = used.select("STR", pl.col("TTY").is_in(list(types.abbreviations)).alias("short"), pl.Series("at", at)).filter(pl.col("at") >= 0)
        ledger.count("aliases", "name_of_concept_left_out", len(at) - used.height)
        texts = used.group_by("at", "STR", maintain_order=True).agg(pl.col("short").any())
        ledger.count("aliases", "name_repeated", used.height - texts.height)
        own = names.gather(texts["at"]) == texts["STR"]
        yield texts.select(
            concepts.ids.gather(texts["at"]).alias("id"),
            pl.col("STR").alias("alias"),
            pl.when(own).then(pl.lit("label")).otherwise(pl.lit("exact")).alias("scope"),
            pl.when("short").then(pl.lit("abbreviation")).otherwise(pl.lit("")).alias("kind"),
        ).match_to_schema(ALIASES)


def code_xrefs(codes: pl.DataFrame, concepts: Concepts) -> pl.DataFrame:
    """Return the codes as cross-references.

    A concept that the vocabulary only files under a code (an entry term, an inclusion term) is close to what the code
    names, not the same; the others are stated untyped, as the Metathesaurus' own synonymy is not the vocabulary's.
    """
    at = pl.Series("at", concepts.at(codes["CUI"]))
    rows = codes.select("xref", "entry", at).filter(pl.col("at") >= 0)
    found = rows.select(
        concepts.ids.gather(rows["at"]).alias("id"), "xref", pl.when("entry").then(pl.lit("close_match")).otherwise(pl.lit("xref")).alias("predicate")
    )
    return found.filter(pl.col("id") != pl.col("xref")).match_to_schema(XREFS)
