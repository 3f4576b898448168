"""Tell which edges of a published graph are no facts, though their predicate says so.

Publishers give one predicate to what is approved, tried, predicted and mined from text; what tells these apart stands in other
fields, spelled differently by each of them. An edge that is doubtful by one of them is kept under the source's own prefix.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

import polars as pl

from kgpaths.sources.kgx_rows import SEPARATOR
from kgpaths.vocabulary import ANY, PREDICATES, fits, is_a

PROVENANCE = ("primary_knowledge_source", "original_knowledge_source", "knowledge_source", "provided_by")
SOURCES = (*PROVENANCE, "aggregator_knowledge_source")
FIELDS = ("knowledge_level", "agent_type", "clinical_approval_status", "max_research_phase", "has_confidence_score", "confidence")

DOUBTFUL = (
    *("prediction", "statistical_association", "observation", "not_provided"),
    *("text_mining_agent", "computational_model", "data_analysis_pipeline"),
    *("infores:semmeddb", "infores:text-mining-provider-targeted"),
)
"""Knowledge levels, agent types and sources of edges that are kept, but not walked: no one has looked at what they state."""
DOUBTFUL_OF = {
    "contraindicated_in": ("infores:drugcentral",),
    # made of "broader", "narrower" and categories, none of which is a kind of
    "subclass_of": ("infores:mesh", "infores:umls-metathesaurus", "infores:*-umls", "infores:drugbank", "infores:drugcentral"),
}
"""Predicate -> sources, ``*`` for any letters, that say something else by it."""
DOUBTFUL_UNSTATED = {"treats": ("infores:ctd",)}
"""The same, where an edge states no knowledge level."""

TREATMENTS = ("treats", "ameliorates_condition", "preventative_for_condition", "first_line_treatment_for")
NO_APPROVAL = ("not_approved_for_condition", "off_label", "off_label_use", "post_approval_withdrawal")
LEAST_CONFIDENCE = 0.5
ASSERTED, UNSTATED = "knowledge_assertion", "not_provided"
ANIMALS = ("MP", "ZP", "XPO", "WBPHENOTYPE", "FYPO", "DDPHENO", "APO", "FBCV", "DPO")
"""Prefixes of phenotypes of mice, fish, frogs, worms, flies, yeast and slime moulds, in capitals."""

_LATE_PHASE = r"^[^\d-]*[34]|phase_(iii|iv)\b|^approved"  # a phase "2/3" is no third one
_PREFIX = re.compile(r"^(.*/)?(biolink|infores)[:/]")


@lru_cache(maxsize=1 << 14)
def plain(text: str) -> str:
    """Return a value as it is compared: ``biolink:Prediction`` is ``prediction``, ``SEMMEDDB:`` is ``semmeddb``."""
    return re.sub(r"[\s_-]+", "_", _PREFIX.sub("", text.strip().lower())).strip("_:")


@dataclass(frozen=True)
class Kinds:
    """The categories of a node file's nodes, found by the hashes of their ids: ids themselves would take ten times the memory."""

    hashes: pl.Series
    categories: pl.Series

    @classmethod
    def of(cls, nodes: pl.DataFrame) -> Kinds:
        """Return the categories of nodes."""
        found = nodes.select(pl.col("id").hash(), pl.col("category").cast(pl.Categorical)).sort("id")
        return cls(found["id"], found["category"])

    def find(self, ids: pl.Series) -> pl.Series:
        """Return the category of each id, null where the node file lacks it."""
        if not len(self.hashes):
            return pl.repeat(None, len(ids), dtype=pl.String, eager=True)
        hashes = ids.hash()
        at = self.hashes.search_sorted(hashes).clip(0, len(self.hashes) - 1)
        found = pl.DataFrame({"kind": self.categories.gather(at), "there": self.hashes.gather(at) == hashes})
        return found.select(pl.when("there").then(pl.col("kind").cast(pl.String))).to_series()


def with_kinds(rows: pl.DataFrame, kinds: Kinds) -> pl.DataFrame:
    """Add the categories of both ends, and whether they lie outside the predicate's domain or range; an unknown end never does."""
    rows = rows.with_columns(kinds.find(rows[end]).alias(f"_{end}_kind") for end in ("subject", "object"))
    narrow = [name for name, p in PREDICATES.items() if (p.domain, p.range) != (ANY, ANY)]
    ends = ["stored", "_subject_kind", "_object_kind"]
    distinct = rows.filter(pl.col("stored").is_in(narrow)).select(ends).unique(maintain_order=True).rows()
    misfits = [row for row in distinct if _is_misfit(*row)]
    table = pl.DataFrame(misfits, schema=dict.fromkeys(ends, pl.String), orient="row").with_columns(_misfit=pl.lit(True))
    rows = rows.join(table, on=ends, how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(pl.col("_misfit").fill_null(False))


def _is_misfit(predicate: str, subject: str | None, object: str | None) -> bool:
    """Tell whether an end that is known does not fit."""
    known = PREDICATES[predicate]
    return not fits(known, subject or known.domain[0], object or known.range[0])


def published(rows: pl.DataFrame, doubtful: Sequence[str]) -> pl.Expr:
    """Return which edges are doubtful by what their publisher says of them; ``rows`` are those of ``with_kinds``."""
    wanted = {plain(value) for value in doubtful}
    stored = pl.col("stored")
    level = {name: stating(rows, "knowledge_level", values) for name, values in (("asserted", {ASSERTED}), ("unstated", {"", UNSTATED}))}
    marks = [stating(rows, "knowledge_level", wanted), stating(rows, "agent_type", wanted - {UNSTATED}), from_any(rows, wanted)]
    marks += [(stored == predicate) & from_any(rows, map(plain, sources)) for predicate, sources in DOUBTFUL_OF.items()]
    marks += [(stored == predicate) & level["unstated"] & from_any(rows, map(plain, sources)) for predicate, sources in DOUBTFUL_UNSTATED.items()]
    phase = pl.col("max_research_phase").str.to_lowercase().str.replace_all(r"[\s_]+", "_")
    early = ~stating(rows, "max_research_phase", {"", UNSTATED}) & ~phase.str.contains(_LATE_PHASE)
    marks.append(stored.is_in(TREATMENTS) & (early | stating(rows, "clinical_approval_status", NO_APPROVAL)))
    marks += [(pl.col(name).cast(pl.Float64, strict=False) < LEAST_CONFIDENCE).fill_null(False) for name in ("has_confidence_score", "confidence")]
    marks.append((stored == "associated_with_increased_likelihood_of") & ~level["asserted"])
    return pl.any_horizontal(*marks, (stored == "has_phenotype") & no_patient(rows))


def no_patient(rows: pl.DataFrame) -> pl.Expr:
    """Return which phenotypes are of animals, or of a gene, genotype or case: its bearer is no disease, and none is named beside it."""
    subjects = [kind for kind in rows["_subject_kind"].unique().drop_nulls() if not is_a(kind, "DiseaseOrPhenotypicFeature")]
    alone = (pl.col("disease_context_qualifier") == "") & (pl.col("inferred_from") == "")
    animal = pl.col("object").str.extract("^([^:]+):").str.to_uppercase().is_in(ANIMALS)
    return (alone & pl.col("_subject_kind").is_in(subjects)).fill_null(False) | animal.fill_null(False)


def stating(rows: pl.DataFrame, name: str, wanted: Collection[str]) -> pl.Expr:
    """Return which rows' text, or an item of it, is among plain values."""
    return pl.col(name).is_in([text for text in rows[name].unique() if any(plain(item) in wanted for item in text.split(SEPARATOR))])


def from_any(rows: pl.DataFrame, wanted: Iterable[str]) -> pl.Expr:
    """Return which rows name one of the sources, whatever the column they name it in."""
    patterns = tuple(wanted)
    marks = [pl.lit(False)]
    for name in SOURCES:
        given = rows[name].explode().drop_nulls().unique()
        marks += [pl.col(name).list.contains(text) for text in given if any(fnmatchcase(plain(text), pattern) for pattern in patterns)]
    return pl.any_horizontal(marks)
