"""Read HPO's annotations: what is seen in which disease (phenotype.hpoa), and which genes stand behind it.

Rows of one disease and term are pooled into one edge with all their evidence. Looked for and not seen (0/n) and NOT are
the same thing, a negated edge; only a 0/n beside a positive row counts into its frequency instead (3/10 and 0/5 are 3/15).
A mode of inheritance that is no truth about the disease (``inheritance.py``) bears that as a qualifier and is not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import frequency, inheritance, tables
from kgpaths.sources.curies import normalised
from kgpaths.sources.files import ROW, Tsv, read_tsv, where
from kgpaths.sources.tables import SourceInfo, SourceTables

COLUMNS = (
    *("database_id", "disease_name", "qualifier", "hpo_id", "reference", "evidence"),
    *("onset", "frequency", "sex", "modifier", "aspect", "biocuration"),
)
GENE_COLUMNS = ("ncbi_gene_id", "gene_symbol", "hpo_id", "disease_id")

PREDICATES = {
    "P": "has_phenotype",
    "I": "has_mode_of_inheritance",
    "C": "has_clinical_course",
    "M": "has_clinical_modifier",
    "H": "has_past_medical_history",
}
"""Aspect of a row -> predicate."""

_HP_ID = r"HP:\d{7}"
_TRIPLE = ("subject", "predicate", "object")


@dataclass(frozen=True)
class Diseases:
    """The disease annotations as tables, and the (disease, term) pairs with a positive row of aspect P."""

    tables: SourceTables
    positive: pl.DataFrame  # disease, term


def read_diseases(path: Path, ids: pl.DataFrame, info: SourceInfo) -> Diseases:
    """Read phenotype.hpoa: diseases, their names, and one edge per disease, predicate, term and polarity.

    ``ids`` maps every HPO id, replaced ones included, to the id in use. Every row is used or stands in ``rejected``.
    Raises InputError for a value outside the format.
    """
    file = read_tsv(path, COLUMNS)
    check_format(file)
    rows = (
        file.rows.with_row_index("order")
        .join(ids, left_on="hpo_id", right_on="id", how="left", maintain_order="left")
        .with_columns(normalised("database_id"), *frequency.parsed("frequency"))
    )
    bad_frequency = (pl.col("frequency") != "") & ~frequency.is_valid()
    repeated = (
        pl.struct(pl.exclude("order", ROW, "biocuration")).is_duplicated() & ~pl.struct(pl.exclude("order", ROW, "biocuration")).is_first_distinct()
    )
    reason = (
        pl.when(pl.col("term").is_null())
        .then(pl.lit("unknown_term"))
        .when(bad_frequency)
        .then(pl.lit("bad_frequency"))
        .when(repeated)  # the same patients stated twice must not count twice
        .then(pl.lit("duplicate_row"))
    )
    rows = rows.with_columns(reason=reason)
    used = polarity(rows.filter(pl.col("reason").is_null()))
    rejected = rows.filter(pl.col("reason").is_not_null()).select(
        pl.lit(path.name).alias("file"),
        pl.col(ROW).alias("row"),
        "reason",
        pl.format("{} {} {} {}", "database_id", "hpo_id", "reference", "frequency").str.strip_chars().alias("detail"),
    )
    nodes, aliases = disease_nodes(rows)
    edges = doubted(annotation_edges(used, info), aliases)
    part = SourceTables(info, nodes, edges, aliases, tables.empty(tables.XREFS), rejected)
    positive = used.filter((pl.col("aspect") == "P") & ~pl.col("negated")).select(disease="subject", term="object").unique(maintain_order=True)
    return Diseases(part, positive)


def check_format(file: Tsv) -> None:
    """Raise InputError for the first value that is not what the format says."""
    file.fail_where(~pl.col("database_id").str.contains(r"^(OMIM|ORPHA|DECIPHER):\d+$"), "database_id", "is no OMIM, ORPHA or DECIPHER id")
    file.fail_where(pl.col("disease_name").str.strip_chars() == "", "disease_name", "is empty")
    file.fail_where(~pl.col("qualifier").is_in(["", "NOT"]), "qualifier", "is neither empty nor NOT")
    file.fail_where(~pl.col("hpo_id").str.contains(f"^{_HP_ID}$"), "hpo_id", "is no HPO id")
    file.fail_where(~pl.col("onset").str.contains(f"^({_HP_ID})?$"), "onset", "is no HPO id")
    file.fail_where(~pl.col("modifier").str.contains(f"^({_HP_ID}(;{_HP_ID})*)?$"), "modifier", "is no list of HPO ids")
    file.fail_where(~pl.col("aspect").is_in(list(PREDICATES)), "aspect", f"is none of {', '.join(PREDICATES)}")


def polarity(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with subject, predicate, object and ``negated``.

    A NOT row is negated. A 0/n row is negated unless a positive row of the same triple stands beside it.
    """
    denied = pl.col("qualifier") == "NOT"
    absent = frequency.is_absent()
    rows = rows.with_columns(subject=pl.col("database_id"), predicate=pl.col("aspect").replace_strict(PREDICATES), object=pl.col("term"))
    return rows.with_columns(negated=denied | (absent & ~(~denied & ~absent).any().over(_TRIPLE)))


def annotation_edges(rows: pl.DataFrame, info: SourceInfo) -> pl.DataFrame:
    """Pool the rows into edges, evidence in file order, counts summed, edges sorted by triple and polarity."""
    references = pl.col("reference").str.split(";").list.eval(pl.element().filter(pl.element() != ""))
    of_database = pl.element().str.contains(r"^(OMIM|ORPHA|DECIPHER):")
    stated = rows.with_columns(
        publications=references.list.eval(pl.element().filter(~of_database)),
        citation=references.list.eval(pl.element().filter(of_database)).list.join("; "),
        date=pl.col("biocuration").str.extract(r"\[(\d{4}-\d{2}-\d{2})\][^\[]*$").fill_null(""),
        modifiers=pl.when(pl.col("modifier") == "")
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.col("modifier").str.split(";").list.unique(maintain_order=True)),
    )
    given = ("publications", "citation", "date", "modifiers", "frequency", "onset", "sex")
    evidence = tables.evidence(info, code=pl.col("evidence"), **{name: pl.col(name) for name in given})
    pooled = stated.group_by(*_TRIPLE, "negated", maintain_order=True).agg(*frequency.pooled("frequency"), evidence)
    return (
        pooled.with_columns(frequency.assembled(), qualifiers=tables.plain_edge()["qualifiers"]).select(list(tables.EDGES)).sort(*_TRIPLE, "negated")
    )


def doubted(edges: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """Return the edges, modes of inheritance that are no truth about the disease with the reason as a qualifier."""
    inherited = edges.filter(pl.col("predicate") == PREDICATES["I"], ~pl.col("negated"))
    modes = dict(inherited.group_by("subject").agg("object").iter_rows())
    names = dict(aliases.filter(pl.col("id").is_in(list(modes))).group_by("id").agg("alias").iter_rows())
    rows = [(*pair, PREDICATES["I"], False, reason) for pair, reason in inheritance.doubts(modes, names).items()]
    key = ["subject", "object", "predicate", "negated"]
    reasons = pl.DataFrame(rows, schema={**dict.fromkeys(key[:3], pl.String), "negated": pl.Boolean, "reason": pl.String}, orient="row")
    qualifier = pl.concat_list(pl.struct(pl.lit("association_basis_qualifier").alias("key"), pl.col("reason").alias("value")))
    told = pl.when(pl.col("reason").is_null()).then("qualifiers").otherwise(qualifier)
    return edges.join(reasons, on=key, how="left", maintain_order="left").with_columns(qualifiers=told).select(list(tables.EDGES))


def disease_nodes(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return diseases with their most used name, the first in the file where two are equal, and the others as aliases."""
    names = (
        rows.with_columns(name=pl.col("disease_name").str.strip_chars())
        .group_by(id="database_id", name="name")
        .agg(pl.len().alias("uses"), pl.col("order").min())
        .sort("id", pl.col("uses"), "order", descending=[False, True, False])
        .with_columns(scope=pl.when(pl.col("id").is_first_distinct()).then(pl.lit("label")).otherwise(pl.lit("exact")))
    )
    nodes = names.filter(pl.col("scope") == "label").select(
        "id",
        pl.lit("Disease").alias("category"),
        "name",
        pl.lit("").alias("definition"),
        pl.lit([], dtype=pl.List(pl.String)).alias("semantic_types"),
        pl.lit(True).alias("linkable"),
    )
    return nodes, names.select("id", alias="name", scope="scope", kind=pl.lit(""))


def read_genes(path: Path, ids: pl.DataFrame, positive: pl.DataFrame, info: SourceInfo) -> SourceTables:
    """Read genes_to_phenotype.txt: gene-disease associations, and the phenotypes inferred from them.

    The file repeats a disease's phenotypes for each of its genes, negative rows as if positive and inheritance beside
    phenotypes; an inferred edge is made only where ``positive`` holds the pair, and names the disease. Rows that give no
    phenotype edge stand in ``rejected`` with the reason; all rows give their gene-disease edge.
    """
    file = read_tsv(path, GENE_COLUMNS)
    file.fail_where(~pl.col("ncbi_gene_id").str.contains(r"^\d+$"), "ncbi_gene_id", "is no NCBI gene id")
    file.fail_where(~pl.col("disease_id").str.contains(r"^(OMIM|ORPHA|DECIPHER):\d+$"), "disease_id", "is no OMIM, ORPHA or DECIPHER id")
    known = positive.with_columns(stands=pl.lit(True))
    rows = (
        file.rows.join(ids, left_on="hpo_id", right_on="id", how="left", maintain_order="left")
        .with_columns(normalised("disease_id"), gene=pl.format("NCBIGene:{}", "ncbi_gene_id"))
        .join(known, left_on=["disease_id", "term"], right_on=["disease", "term"], how="left", maintain_order="left")
    )
    genes = rows.unique("gene", keep="first").sort("gene")
    if (renamed := rows.select("gene", "gene_symbol").unique().filter(pl.col("gene").is_duplicated()).sort("gene", "gene_symbol")).height:
        raise InputError(f"gene {renamed['gene'][0]} has several symbols", where=where(path, field="gene_symbol"))
    rejected = rows.filter(pl.col("stands").is_null()).select(
        pl.lit(path.name).alias("file"),
        pl.col(ROW).alias("row"),
        pl.when(pl.col("term").is_null()).then(pl.lit("unknown_term")).otherwise(pl.lit("no_positive_phenotype")).alias("reason"),
        pl.format("{} {} {}", "gene", "disease_id", "hpo_id").alias("detail"),
    )
    return SourceTables(
        info,
        nodes=genes.select(
            pl.col("gene").alias("id"),
            pl.lit("Gene").alias("category"),
            pl.col("gene_symbol").alias("name"),
            pl.lit("").alias("definition"),
            pl.lit([], dtype=pl.List(pl.String)).alias("semantic_types"),
            pl.lit(True).alias("linkable"),
        ),
        edges=gene_edges(rows, info),
        aliases=genes.select(
            pl.col("gene").alias("id"), pl.col("gene_symbol").alias("alias"), pl.lit("label").alias("scope"), pl.lit("symbol").alias("kind")
        ),
        xrefs=tables.empty(tables.XREFS),
        rejected=rejected,
    )


def gene_edges(rows: pl.DataFrame, info: SourceInfo) -> pl.DataFrame:
    """Return gene-disease edges (associated, never causes) and gene-phenotype edges with one evidence per disease."""
    associated = (
        rows.select(subject="gene", predicate=pl.lit("gene_associated_with_condition"), object="disease_id")
        .unique()
        .sort("subject", "object")
        .select(*_TRIPLE, evidence=pl.concat_list(tables.evidence(info)))
    )
    inferred = (
        rows.filter(pl.col("stands"))
        .select(subject="gene", predicate=pl.lit("has_phenotype"), object="term", disease="disease_id")
        .unique()
        .sort("subject", "object", "disease")
        .group_by(*_TRIPLE, maintain_order=True)
        .agg(tables.evidence(info, inferred_from=pl.col("disease")))
    )
    return pl.concat([associated, inferred]).with_columns(**tables.plain_edge()).select(list(tables.EDGES))
