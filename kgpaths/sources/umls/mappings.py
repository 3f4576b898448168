"""Read MRMAP: what one vocabulary maps a code to in another, as edges between the concepts that the codes name.

Which vocabularies a map set is of stands in MRSAT (FROMRSAB, TORSAB). NLM keeps the two ends of a mapping apart as concepts,
so none is told as exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.sources.tables import XREFS
from kgpaths.sources.umls.concepts import LEFT_OUT, Concepts, coded
from kgpaths.sources.umls.names import CODES, Choice, code_curie
from kgpaths.sources.umls.release import LICENCE, Ledger, Release

COLUMNS = ("MAPSETCUI", "MAPSETSAB", "FROMEXPR", "FROMTYPE", "REL", "RELA", "TOEXPR", "TOTYPE", "MAPRULE")

# REL: what the code mapped from is to the one mapped to -> predicate, ends changed; anything else is merely mapped
_SAID = {"RN": ("broad_match", False), "RB": ("broad_match", True), "SY": ("close_match", False), "RL": ("close_match", False)}
_MAPPED = "UMLS:mapped_to"
_WITHOUT_CONDITION = ("", "TRUE")  # MAPRULE: "IFA 248152002 ..." holds for some patients only


@dataclass(frozen=True)
class Mappings:
    """How MRMAP becomes edges: the concepts, the codes they have, and the vocabularies of each map set."""

    release: Release
    choice: Choice
    concepts: Concepts
    xrefs: pl.DataFrame
    aside: NDArray[np.uint64]  # the hashes of codes that are put aside with what they name
    levels: Mapping[str, str]
    ledger: Ledger
    asked: bool = True
    sets: dict[str, dict[str, str]] = field(default_factory=dict)  # map set -> {"FROMRSAB": ..., "TORSAB": ...}

    def batches(self, limit: int | None) -> Iterator[pl.DataFrame]:
        """Yield the mappings as edges."""
        self.ledger.begin("mappings")
        if not self.release.has("MAP"):
            return
        self._read_sets(limit)
        owners = single_owners(self.xrefs)
        for rows in self.release.batches("MAP", COLUMNS, limit):
            why = self._why_left_out()
            rows = rows.with_columns(why)
            self.ledger.count_by("mappings", rows["why"])
            rows = self._resolved(rows.filter(pl.col("why").is_null()), owners)
            lost = pl.col("from").is_null() | pl.col("to").is_null()
            unknown = pl.any_horizontal(pl.col(end).is_null() & ~pl.col(f"{end}_aside") for end in ("from", "to"))
            file = self.release.file("MAP").name
            self.ledger.reject("mappings", file, rows.filter(unknown), "code_of_no_single_concept", "FROMEXPR", "REL", "TOEXPR", "MAPSETCUI")
            self.ledger.count("mappings", "mapping_of_concept_left_out", rows.filter(lost & ~unknown).height)
            same = pl.col("from") == pl.col("to")
            self.ledger.count("mappings", "mapping_to_itself", rows.filter(~lost & same).height)
            yield self._edges(rows.filter(~lost & ~same))

    def _why_left_out(self) -> pl.Expr:
        return (
            pl.when(~pl.lit(self.asked))
            .then(pl.lit("mapping_not_asked_for"))
            .when(~self.choice.vocabulary("MAPSETSAB"))
            .then(pl.lit("mapping_other_vocabulary"))
            .when(pl.col("REL") == "XR")
            .then(pl.lit("mapping_to_nothing"))
            .when(~pl.col("MAPRULE").is_in(_WITHOUT_CONDITION))
            .then(pl.lit("mapping_under_a_condition"))
            .when(pl.col("FROMTYPE").str.starts_with("BOOLEAN") | pl.col("TOTYPE").str.starts_with("BOOLEAN"))
            .then(pl.lit("mapping_of_an_expression"))
            .alias("why")
        )

    def _read_sets(self, limit: int | None) -> None:
        """Read the vocabularies of each map set."""
        for rows in self.release.batches("SAT", ("CUI", "ATN", "ATV"), limit):
            for cui, name, value in rows.filter(pl.col("ATN").is_in(["FROMRSAB", "TORSAB"])).select("CUI", "ATN", "ATV").iter_rows():
                self.sets.setdefault(cui, {})[name] = value

    def _resolved(self, rows: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with ``from`` and ``to``, the concepts that the mapped codes or concept ids name, and whether those are put aside."""
        for end, attribute in (("FROM", "FROMRSAB"), ("TO", "TORSAB")):
            sabs = {cui: known[attribute] for cui, known in self.sets.items() if attribute in known}
            sab = pl.col("MAPSETCUI").replace_strict(sabs, default=None, return_dtype=pl.String)
            code = pl.lit(None, dtype=pl.String)
            for name in sorted(set(sabs.values()) & CODES.keys()):
                code = pl.when(sab == name).then(code_curie(name, f"{end}EXPR")).otherwise(code)
            number = rows.select(coded(f"{end}EXPR", self.release.layout)).to_series()
            at = pl.Series("at", self.concepts.at(number))
            direct = self.concepts.ids.gather(at.set(at < 0, None)) if len(self.concepts.ids) else pl.Series([None] * rows.height, dtype=pl.String)
            rows = rows.with_columns(code.alias("code"), direct.alias("direct")).join(owners, on="code", how="left", maintain_order="left")
            by_cui = pl.col(f"{end}TYPE") == "CUI"
            rows = rows.with_columns(
                pl.when(by_cui).then("direct").otherwise("owner").alias(end.lower()),
                pl.when(by_cui).then(at == LEFT_OUT).otherwise(self._is_aside(rows["code"])).fill_null(False).alias(f"{end.lower()}_aside"),
            ).drop("code", "direct", "owner")
        return rows

    def _is_aside(self, codes: pl.Series) -> pl.Series:
        """Tell which codes are put aside."""
        return pl.Series(np.isin(codes.hash().to_numpy(), self.aside))

    def _edges(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return resolved rows as an edges frame; what is close both ways has its smaller id first."""
        predicates, turned = ({rel: said[n] for rel, said in _SAID.items()} for n in (0, 1))
        predicate = pl.col("REL").replace_strict(predicates, default=_MAPPED, return_dtype=pl.String)
        turn = pl.col("REL").replace_strict(turned, default=False, return_dtype=pl.Boolean) | (
            (predicate == "close_match") & (pl.col("to") < pl.col("from"))
        )
        licences = {sab: f"{LICENCE}, restriction level {level}" for sab, level in self.levels.items()}
        return rows.select(
            pl.when(turn).then("to").otherwise("from").alias("subject"),
            predicate.alias("predicate"),
            pl.when(turn).then("from").otherwise("to").alias("object"),
            pl.struct(
                pl.concat_str([pl.lit(f"{self.release.layout.name}/"), "MAPSETSAB"]).alias("source"),
                pl.col("MAPSETSAB").replace_strict(licences, default=LICENCE, return_dtype=pl.String).alias("licence"),
                pl.when(pl.col("RELA") == "").then("REL").otherwise(pl.col("RELA").str.to_lowercase()).alias("code"),
            ).alias("evidence"),
        )


def single_owners(xrefs: pl.DataFrame) -> pl.DataFrame:
    """Return the codes that name one concept: ``code`` and ``owner``. A code's entry terms are other concepts and do not count."""
    return (
        xrefs.match_to_schema(XREFS)
        .filter(pl.col("predicate") == "xref")
        .group_by("xref", maintain_order=True)
        .agg(pl.col("id").first(), pl.len())
        .filter(pl.col("len") == 1)
        .select(code="xref", owner="id")
    )
