"""Make edges of KGX edge rows: predicate and direction, negation, qualifiers, frequency and evidence.

An edge that is told as medical truth must be told whole. One with a qualifier that is never put into words keeps it, and the
graph does not walk it (``vocabulary.TOLD_QUALIFIERS``). Where words fail for another reason (a stage that is an id, an aspect
of what is caused), where a row is doubtful (``kgx_doubt``), and where its ends are not what the predicate relates, the edge keeps
everything but stands under the source's own prefix (``KGX:treats``): it is in the graph, and neither walked nor told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

import polars as pl

from kgpaths.sources import frequency, tables
from kgpaths.sources.counted import ABSENT, BY, Counted
from kgpaths.sources.curies import normalised
from kgpaths.sources.kgx_doubt import FIELDS, PROVENANCE, SOURCES, Kinds, published, with_kinds
from kgpaths.sources.kgx_nodes import curie_of, rejects
from kgpaths.sources.kgx_rows import BIOLINK, SEPARATOR, Fields
from kgpaths.sources.tables import EDGES, Batches
from kgpaths.vocabulary import PREDICATES, QUALIFIERS, TOLD_QUALIFIERS, is_predicate, stored_as

ALIASES = {"qualified_object_aspect": "object_aspect_qualifier", "qualified_object_direction": "object_direction_qualifier"}
"""RTX-KG2's names of qualifiers."""

KGX_EDGES = Fields(
    ("subject", "predicate", "object"),
    texts=(
        *("subject", "predicate", "object", "negated", "qualified_predicate", *ALIASES),
        *("frequency_qualifier", "has_count", "has_total", "has_percentage", "has_quotient", "onset_qualifier", "sex_qualifier"),
        *(*FIELDS, "has_confidence_level", "update_date", "domain_range_exclusion"),
    ),
    lists=(
        *(*SOURCES, "publications", "has_evidence", "has_evidence_of_type"),
        *("clinical_modifier_qualifier", "qualifiers"),
    ),
)
OWN = ("citation", "note")
"""Fields that KGX lacks and a user's own table may have."""
SPECIES, HUMAN = "species_context_qualifier", "NCBITaxon:9606"

_OF_EVIDENCE = ("frequency_qualifier", "onset_qualifier", "sex_qualifier", "clinical_modifier_qualifier")
_CONDITIONS = ("population_context_qualifier", "stage_qualifier", "severity_qualifier")
_IS_CURIE = r"^[^\s:|]+:[^\s|]+$"
_WHOLE = r"^(\d+)(?:\.0+)?$"


Rows = Iterator[tuple[pl.DataFrame, str]]
"""Blocks of rows, each with its file's name."""


@dataclass
class Edges:
    """What is found out about the rows of a source's edges while they are read, and how they are to be read."""

    prefix: str = "KGX"  # of predicates that Biolink does not have
    leave_out: Sequence[str] = ()  # predicates
    doubtful: Sequence[str] | None = None  # knowledge levels, agent types and sources; None: a user's own tables, which are believed
    kinds: Kinds = field(default_factory=lambda: Kinds.of(tables.empty(tables.NODES)))
    also: ClassVar[Sequence[str]] = (ABSENT, BY)  # columns that pooling asks for
    rejected: list[pl.DataFrame] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def batches(self, rows: Callable[[], Rows], left_out: Mapping[str, int]) -> Batches:
        """Return the edges of all rows. What is counted is of the last going through; ``left_out`` is counted already."""
        self.left_out.update(left_out)

        def frames() -> Iterator[pl.DataFrame]:
            self.rejected.clear()
            self.left_out.clear()
            self.left_out.update(left_out)
            held = Counted()
            for block, file in rows():
                yield self.uncounted(self.table(block, file), held)
            if held.rows:
                yield held.pooled().select(list(EDGES))

        return Batches(frames)

    def uncounted(self, rows: pl.DataFrame, held: Counted) -> pl.DataFrame:
        """Return the edges that are done with; those that say how often are held back, as others may count into them."""
        return held.without(rows)

    def table(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """Return the edges of a block of rows as ``kgx_rows.read_rows`` gives them."""
        rows = self._predicates(complete(rows))
        rows = self.without(rows, pl.col("_left_out"), "left_out_predicate")
        rows = self.without(rows, pl.col("domain_range_exclusion").str.to_lowercase() == "true", "domain_range_exclusion")
        rows = turned(rows)
        rows = rows.with_columns(curie_of(rows, "subject"), curie_of(rows, "object"), truth("negated"))
        rows = self.understood(self._usable(self.counted(rows, file), file))
        given = ("subject", pl.col("stored").alias("predicate"), "object", "negated")
        return rows.select(*given, qualifier_lists(rows), frequency.assembled(), self.evidence(), *self.also)

    def counted(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """Add how often: ``n``, ``m``, ``lower``, ``upper``, ``texts``, ``frequency`` as it is stated, and whether that is none."""
        return rows.with_columns(frequencies()).with_columns(_no_frequency=(pl.col("frequency") != "") & ~frequency.is_valid())

    def understood(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return usable rows with what follows from them: denials, what they rest on, predicates that are not walked."""
        absent = frequency.is_absent() & ~pl.col("negated")
        rows = rows.with_columns(pl.col("negated") | absent, absent.alias(ABSENT), knowledge_source().fill_null("").alias(BY), *inferences())
        if SPECIES in rows.columns:  # what is said of no species is said of humans
            rows = rows.with_columns(pl.col(SPECIES).replace(HUMAN, ""))
        return self._aside(rows)

    def evidence(self) -> pl.Expr:
        """Return what a row says of where its statement comes from."""
        return evidence()

    def _predicates(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add the name each predicate is stored under, whether its ends change places, and whether it is left out."""
        out = {name.removeprefix(BIOLINK) for name in self.leave_out}
        distinct = rows["predicate"].unique().sort().to_list()
        named = [(text, *stored_predicate(text, self.prefix)) for text in distinct]
        table = pl.DataFrame(
            [(text, name, turn, bool(out & {text.removeprefix(BIOLINK), name})) for text, name, turn in named],
            schema={"predicate": pl.String, "stored": pl.String, "_turned": pl.Boolean, "_left_out": pl.Boolean},
            orient="row",
        )
        return rows.join(table, on="predicate", how="left", maintain_order="left")

    def without(self, rows: pl.DataFrame, condition: pl.Expr, reason: str) -> pl.DataFrame:
        """Return the rows for which a condition does not hold, and count the others."""
        kept = rows.filter(~condition)
        self._count(reason, rows.height - kept.height)
        return kept

    def _count(self, reason: str, number: int) -> None:
        if number:
            self.left_out[reason] = self.left_out.get(reason, 0) + number

    def _usable(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """Return the rows that can be used; the others are rejected with the first reason that holds."""
        odd = [name for name in rows.columns if name.endswith("_qualifier") and name not in (*QUALIFIERS, *_OF_EVIDENCE)]
        reasons = {
            "no_predicate": pl.col("stored") == "",
            "subject_no_curie": pl.col("subject").is_null(),
            "object_no_curie": pl.col("object").is_null(),
            "bad_negated": pl.col("negated").is_null(),
            "bad_frequency": pl.col("_no_frequency"),
            "unknown_qualifier": pl.any_horizontal(pl.col(name) != "" for name in odd) if odd else pl.lit(False),
        }
        reason = pl.coalesce(pl.when(condition).then(pl.lit(name)) for name, condition in reasons.items())
        rows = rows.with_columns(reason.alias("_reason"))
        said = [pl.when(pl.col(name) != "").then(pl.concat_str([pl.lit(f" {name}="), name])).otherwise(pl.lit("")) for name in odd]
        detail = pl.concat_str([pl.format("{} {} {} {}", "_subject", "predicate", "_object", "frequency"), *said])
        self.rejected.append(rejects(rows.filter(pl.col("_reason").is_not_null()), file, pl.col("_reason"), detail))
        return rows.filter(pl.col("_reason").is_null())

    def _aside(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give the source's prefix to predicates that would be walked, where an edge is not told whole, doubtful or between ends that do not fit."""
        rows = with_kinds(rows, self.kinds)
        walked = pl.col("stored").is_in([name for name, p in PREDICATES.items() if p.role in ("clinical", "taxonomy", "mapping")])
        names = [name for name in QUALIFIERS if name in rows.columns]
        untold = pl.any_horizontal(pl.col(name) != "" for name in names if name not in TOLD_QUALIFIERS)
        wordless = pl.any_horizontal(pl.lit(False), *(is_wordless(name) for name in names if name in TOLD_QUALIFIERS))
        doubtful = pl.lit(False) if self.doubtful is None else published(rows, self.doubtful)
        kept = rows.select(
            qualified=walked & (untold | wordless),
            doubtful=walked & ~untold & ~wordless & doubtful,
            ends_do_not_fit=walked & ~untold & ~wordless & ~doubtful & pl.col("_misfit"),
        )
        for reason in kept.columns:
            self._count(f"kept_but_not_walked_{reason}", kept[reason].to_list().count(True))
        own = pl.concat_str([pl.lit(f"{self.prefix}:"), pl.col("stored")])
        return rows.with_columns(stored=pl.when(walked & (wordless | doubtful | pl.col("_misfit"))).then(own).otherwise("stored"))


def complete(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with every field that is used, qualifiers by Biolink's names; list fields of qualifiers become texts."""
    no_items = pl.lit([], dtype=pl.List(pl.String))
    rows = rows.with_columns(
        *(pl.lit("").alias(name) for name in (*KGX_EDGES.texts, *OWN, "disease_context_qualifier") if name not in rows.columns),
        *(no_items.alias(name) for name in KGX_EDGES.lists if name not in rows.columns),
    )
    for given, name in ALIASES.items():
        stated = pl.when(pl.col(name) != "").then(name).otherwise(given) if name in rows.columns else pl.col(given)
        rows = rows.with_columns(stated.alias(name))
    names = [name for name in QUALIFIERS if name in rows.columns and name != "qualifiers"]
    several = [name for name in names if rows[name].str.contains(SEPARATOR, literal=True).any()]
    contexts = [name for name in names if name.endswith("_context_qualifier") and name not in several and (rows[name] != "").any()]
    return rows.with_columns(
        *(pl.col(name).str.split(SEPARATOR).list.sort().list.join(SEPARATOR) for name in several),
        *(pl.coalesce(normalised(name), name).alias(name) for name in contexts),
        pl.col("qualifiers").list.sort().list.join(SEPARATOR),
        _subject="subject",
        _object="object",
    )


@lru_cache(maxsize=1 << 14)
def stored_predicate(text: str, prefix: str) -> tuple[str, bool]:
    """Return the name a predicate is stored under and whether its ends change places.

    Biolink's and ours are bare; another vocabulary's keeps its prefix; a bare name that is neither gets ``prefix``.
    """
    vocabulary, colon, local = text.partition(":")
    name = "_".join((local if colon else text).strip(":").split())
    vocabulary = "_".join(vocabulary.split()) if colon else ""
    if not name:
        return "", False
    if vocabulary in ("", "biolink", "kgpaths"):
        stored, turn = stored_as(name)
        if is_predicate(stored) and ":" not in stored:
            return stored, turn
    return f"{vocabulary or prefix}:{name}", False


def turned(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the direction of their stored predicate, the qualifiers of either end with it.

    A qualified predicate that the predicate says anyway is dropped: "affects, causing decreased activity" decreases it.
    """
    turn = pl.col("_turned")
    swapped = [pl.when(turn).then("object").otherwise("subject").alias("subject"), pl.when(turn).then("subject").otherwise("object").alias("object")]
    ends = {name.partition("_")[2] for name in rows.columns if name.startswith(("subject_", "object_")) and name in QUALIFIERS}
    rows = rows.with_columns(
        pl.lit("").alias(f"{end}_{slot}") for slot in sorted(ends) for end in ("subject", "object") if f"{end}_{slot}" not in rows.columns
    )
    for slot in sorted(ends):
        one, other = f"subject_{slot}", f"object_{slot}"
        swapped += [pl.when(turn).then(other).otherwise(one).alias(one), pl.when(turn).then(one).otherwise(other).alias(other)]
    stored = {text: stored_predicate(text, "biolink") for text in rows["qualified_predicate"].unique().sort()}
    qualified = pl.col("qualified_predicate")
    name = qualified.replace_strict({text: name for text, (name, _) in stored.items()}, return_dtype=pl.String).str.strip_prefix(BIOLINK)
    same_way = qualified.replace_strict({text: way for text, (_, way) in stored.items()}, return_dtype=pl.Boolean) == turn
    implied = (name == pl.col("stored")) | ((name == "causes") & (pl.col("stored") == "affects"))
    kept = pl.when(~same_way).then(qualified.str.strip_prefix(BIOLINK)).when(implied).then(pl.lit("")).otherwise(name)
    return rows.with_columns(*swapped, kept.alias("qualified_predicate"))


def inferences() -> list[pl.Expr]:
    """Return the disease that a phenotype is inferred from, and the disease as qualifier where it is none.

    What a gene's disease entails of the gene rests on that disease, as in HPO's own file; it holds in no other way.
    """
    disease = pl.col("disease_context_qualifier")
    inferred = (pl.col("stored") == "has_phenotype") & (pl.col("knowledge_level") == "logical_entailment") & disease.str.contains(_IS_CURIE)
    none = pl.lit("")
    return [
        pl.when(inferred).then(disease).otherwise(none).alias("inferred_from"),
        pl.when(inferred).then(none).otherwise(disease).alias("disease_context_qualifier"),
    ]


def truth(name: str) -> pl.Expr:
    """Return a text column as booleans, null where it says neither; an empty text is false."""
    said = {"": False, "false": False, "0": False, "no": False, "f": False, "true": True, "1": True, "yes": True, "t": True}
    return pl.col(name).str.to_lowercase().replace_strict(said, default=None, return_dtype=pl.Boolean)


def frequencies() -> list[pl.Expr]:
    """Return how often a finding is seen: counts before a share, a share before a term, which is often derived from them.

    ``frequency`` and ``texts`` hold what is stated, ``n``, ``m``, ``lower`` and ``upper`` what it says.
    """
    counted = (pl.col("has_count") != "") & (pl.col("has_total") != "")
    quotient, percentage = pl.col("has_quotient"), pl.col("has_percentage")
    share = pl.when(quotient != "").then(quotient.cast(pl.Float64, strict=False)).otherwise(percentage.cast(pl.Float64, strict=False) / 100)
    shared = ~counted & ((quotient != "") | (percentage != ""))
    term = ~counted & ~shared
    n, m, lower, upper = frequency.parsed("frequency_qualifier")
    text = (
        pl.when(counted)
        .then(pl.concat_str([whole("has_count"), pl.lit("/"), whole("has_total")]).fill_null(pl.format("{}/{}", "has_count", "has_total")))
        .when(shared & (percentage != ""))
        .then(pl.format("{}%", percentage))
        .when(shared)
        .then(quotient)
        .otherwise("frequency_qualifier")
    )
    bounds = [pl.when(shared).then(share).when(term).then(bound).alias(name) for name, bound in (("lower", lower), ("upper", upper))]
    return [
        pl.when(counted).then(whole("has_count").cast(pl.Int64, strict=False)).when(term).then(n).alias("n"),
        pl.when(counted).then(whole("has_total").cast(pl.Int64, strict=False)).when(term).then(m).alias("m"),
        *bounds,
        text.alias("frequency"),
        pl.concat_list(text).alias("texts"),
    ]


def whole(name: str) -> pl.Expr:
    """Return a count's digits, null where it is no whole number; pandas writes 3 as 3.0."""
    return pl.col(name).str.extract(_WHOLE, 1)


def is_wordless(name: str) -> pl.Expr:
    """Tell whether a qualifier that is put into words cannot be in this row: it is an id, or is said of ``affects`` alone."""
    value = pl.col(name)
    found = value.str.contains(r"(^|\|)[^\s:|]+:[^\s|]")
    return found if name in _CONDITIONS else found | ((value != "") & (pl.col("stored") != "affects"))


def qualifier_lists(rows: pl.DataFrame) -> pl.Series:
    """Return the qualifiers of each row, sorted by key; each distinct set is made once."""
    names = [name for name in sorted(QUALIFIERS) if name in rows.columns and (rows[name] != "").any()]
    if not names:
        return pl.Series("qualifiers", [[]], dtype=EDGES["qualifiers"]).new_from_index(0, rows.height)
    distinct = rows.select(names).unique(maintain_order=True)
    lists = [[{"key": name, "value": value} for name, value in zip(names, row, strict=True) if value] for row in distinct.iter_rows()]
    distinct = distinct.with_columns(pl.Series("_list", lists, dtype=EDGES["qualifiers"]))
    return rows.select(names).join(distinct, on=names, how="left", maintain_order="left")["_list"].alias("qualifiers")


def evidence() -> pl.Expr:
    """Return what a row says of where its statement comes from."""
    source = pl.concat_str(
        [knowledge_source(), pl.concat_str([pl.lit("via "), joined("aggregator_knowledge_source")])], separator=" ", ignore_nulls=True
    )
    codes = [given(name) for name in ("knowledge_level", "agent_type")] + [joined(name) for name in ("has_evidence", "has_evidence_of_type")]
    score = pl.col("has_confidence_score").cast(pl.Float64, strict=False)
    scored = score.is_between(0.0, 1.0).fill_null(False)
    words = [pl.when(~scored).then(given("has_confidence_score")), given("has_confidence_level")]
    confidence = pl.concat_str(words, separator=", ", ignore_nulls=True)
    note = pl.when(confidence != "").then(pl.concat_str([pl.lit("confidence: "), confidence]))
    fields = {
        "citation": pl.when(pl.col("citation") != "").then("citation").otherwise(source),
        "publications": pl.col("publications").list.eval(pl.element().str.replace(r"^(?i:pubmed|pmid):\s*", "PMID:")),
        "code": pl.concat_str(codes, separator="; ", ignore_nulls=True),
        "frequency": pl.col("frequency"),
        "onset": pl.col("onset_qualifier"),
        "sex": pl.col("sex_qualifier"),
        "modifiers": pl.col("clinical_modifier_qualifier"),
        "note": pl.concat_str([given("note"), note], separator="; ", ignore_nulls=True),
        "inferred_from": pl.col("inferred_from"),
        "confidence": pl.when(scored).then(score),
        "date": pl.col("update_date"),
    }
    return pl.struct(expression.alias(name) for name, expression in fields.items()).alias("evidence")


def knowledge_source() -> pl.Expr:
    """Return who states a row, null where it does not say."""
    return pl.coalesce(joined(name) for name in PROVENANCE)


def given(name: str) -> pl.Expr:
    """Return a text, null where it is empty."""
    return pl.when(pl.col(name) != "").then(name)


def joined(name: str) -> pl.Expr:
    """Return a list as text, null where it is empty."""
    return pl.when(pl.col(name).list.len() > 0).then(pl.col(name).list.join("; "))


SCHEMA: tables.Schema = {
    **EDGES,
    "evidence": pl.Struct({f.name: f.dtype for f in tables.EVIDENCE.fields if f.name not in ("source", "release", "licence")}),
}
"""The columns of the edges made here."""
