"""Read SSSOM mappings: pairs of ids with the predicate that relates them. Our crosswalk, and MONDO's own files."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.crosswalks import aliases, nodes
from kgpaths.sources.curies import normalised
from kgpaths.sources.delimited import Delimited, blocks, delimited
from kgpaths.sources.files import ROW, Tsv, read_tsv
from kgpaths.sources.ontology_meaning import stated_release
from kgpaths.sources.tables import SourceInfo, SourceTables
from kgpaths.vocabulary import CATEGORIES

PREDICATES = {
    "skos:exactMatch": "exact_match",
    "owl:equivalentClass": "exact_match",
    "owl:sameAs": "exact_match",
    "skos:closeMatch": "close_match",
    "skos:broadMatch": "broad_match",
    "rdfs:subClassOf": "broad_match",
    "skos:narrowMatch": "narrow_match",
    "oboInOwl:hasDbXref": "xref",
}
"""Mapping predicate -> what a cross-reference of ours says."""

RELATED = "skos:relatedMatch"
"""Says that two are associated; by SKOS it is disjoint with an exact match, so it denies one."""

DENIABLE = tuple(name for name, ours in PREDICATES.items() if ours in ("exact_match", "close_match", "xref"))
"""Predicates whose denial (``predicate_modifier`` Not) says that two are not the same: not one thing, not even alike."""

REQUIRED = ("subject_id", "predicate_id", "object_id")
OPTIONAL = ("subject_label", "object_label", "predicate_modifier", "mapping_justification", "confidence")
NO_TERM = "sssom:NoTermFound"
OBSOLETE = "(?i)^obsoleted?[ _]"
"""How OBO ontologies, MONDO among them, begin the label of a term that is no longer in use."""

_HEADER = re.compile(r"^#\s*(license|mapping_set_version|mapping_set_id|mapping_set_title):\s*(.*?)\s*$")
_LICENCES = {"https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0", "https://creativecommons.org/licenses/by/4.0/": "CC-BY-4.0"}


def read_sssom(path: Path) -> pl.DataFrame:
    """Read a mapping set, plain or ``.gz``, as a cross-reference frame.

    What the set says not to be the same (``predicate_modifier`` Not, ``RELATED``) is ``denied``; a denial of another kind is left out.
    Raises InputError for an id that is no CURIE, or a predicate that is none of ``PREDICATES``.
    """
    file = _read(path)
    file.fail_where(normalised("subject_id").is_null(), "subject_id", "is no CURIE")
    file.fail_where(normalised("object_id").is_null(), "object_id", "is no CURIE")
    file.fail_where(
        ~pl.col("predicate_id").is_in([*PREDICATES, RELATED]),
        "predicate_id",
        "is no mapping predicate we know",
        f"use one of {', '.join(PREDICATES)}",
    )
    file.fail_where(~pl.col("predicate_modifier").is_in(["", "Not"]), "predicate_modifier", "is neither empty nor Not")
    rows = file.rows.filter(~other_denial())
    return rows.select(id=normalised("subject_id"), xref=normalised("object_id"), predicate=meant()).unique(maintain_order=True)


def other_denial() -> pl.Expr:
    """Tell which rows deny something that two may be and not be the same: that one is broader, or related."""
    return (pl.col("predicate_modifier") == "Not") & pl.col("predicate_id").is_in([*PREDICATES, RELATED]) & ~pl.col("predicate_id").is_in(DENIABLE)


def meant() -> pl.Expr:
    """Return what a cross-reference of ours says for a mapping."""
    stated = pl.col("predicate_id").replace_strict({**PREDICATES, RELATED: "denied"}, default=None, return_dtype=pl.String)
    return pl.when(pl.col("predicate_modifier") == "Not").then(pl.lit("denied")).otherwise(stated)


def read_sssom_source(
    path: Path, *, subjects_category: str = "", obsolete: bool = False, release: str = "", limit: int | None = None
) -> SourceTables:
    """Read a mapping set of anybody's as a source: cross-references, and with ``subjects_category`` its subjects as nodes.

    MONDO's sets bear MONDO's names in ``subject_label``, and map terms it has given up: left out unless ``obsolete``, as
    they would keep an id from the term in use. What a set says not to be the same is ``denied``, which forbids the merge
    whatever else says so; a denial of another kind, and what could not be mapped, is counted. A row whose ids are no CURIEs
    or whose predicate is none of ``PREDICATES`` is rejected. Raises InputError where the file is no SSSOM.
    """
    if subjects_category and subjects_category not in CATEGORIES:
        raise InputError(f"{subjects_category!r} is no category of Biolink", where=str(path), mend="as Disease, PhenotypicFeature, Drug")
    file = _file(path)
    info = sssom_info(*file.paths)
    rows = judged(pl.concat(list(file.batches(REQUIRED, optional=OPTIONAL, limit=limit))), obsolete)
    sound = rows.filter(pl.col("reason").is_null() & pl.col("left_out").is_null())
    stated = mapped(sound)
    xrefs = stated.unique(maintain_order=True)
    counted = rows.drop_nulls("left_out").group_by("left_out").len().sort("left_out").rows()
    named = (
        sound.filter(meant() != "denied")
        .select(id=normalised("subject_id"), alias="subject_label")
        .filter(pl.col("alias") != "")
        .unique(maintain_order=True)
    )
    named = named if subjects_category else named.clear()
    detail = pl.concat_str(["subject_id", "predicate_modifier", "predicate_id", "object_id"], separator=" ")
    wrong = rows.filter(pl.col("reason").is_not_null() & pl.col("left_out").is_null())
    repeated = stated.height - xrefs.height
    return SourceTables(
        SourceInfo(info.name, release or info.release, info.licence, info.url, info.files),
        nodes=nodes(named, subjects_category),
        edges=tables.empty(tables.EDGES),
        aliases=aliases(named),
        xrefs=xrefs,
        rejected=wrong.select(file=pl.lit(file.path.name), row=ROW, reason="reason", detail=detail),
        left_out={**dict(counted), **({"repeated_row": repeated} if repeated else {})},
    )


def judged(rows: pl.DataFrame, obsolete: bool) -> pl.DataFrame:
    """Return the rows with what speaks against each: a ``reason`` to reject it, or why the set itself leaves it out."""
    is_old = pl.any_horizontal(pl.col("subject_label", "object_label").str.contains(OBSOLETE))
    no_curie = normalised("subject_id").is_null() | normalised("object_id").is_null()
    return rows.with_columns(
        left_out=pl.when(pl.any_horizontal(pl.col("subject_id", "object_id") == NO_TERM))
        .then(pl.lit("no_term_found"))
        .when(other_denial())
        .then(pl.lit("other_denial"))
        .when(is_old & pl.lit(not obsolete))
        .then(pl.lit("obsolete_term")),
        reason=pl.when(no_curie)
        .then(pl.lit("bad_id"))
        .when(~pl.col("predicate_id").is_in([*PREDICATES, RELATED]))
        .then(pl.lit("unknown_predicate"))
        .when(~pl.col("predicate_modifier").is_in(["", "Not"]))
        .then(pl.lit("unknown_modifier")),
    )


def mapped(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as cross-references, each with what supports it."""
    return rows.select(
        id=normalised("subject_id"),
        xref=normalised("object_id"),
        predicate=meant(),
        justification="mapping_justification",
        confidence=pl.col("confidence").cast(pl.Float64, strict=False),
    )


def sssom_info(*paths: Path) -> SourceInfo:
    """Return a mapping set's name, release and licence as its header states them."""
    stated = {m.group(1): m.group(2).strip("\"'") for line in _comments(*paths) if (m := _HEADER.match(line))}
    licence = stated.get("license", "")
    name = stated.get("mapping_set_title") or paths[0].name.split(".")[0]
    return SourceInfo(
        name,
        stated_release(stated.get("mapping_set_version", "")),
        _LICENCES.get(licence, licence),
        stated.get("mapping_set_id", ""),
        {path.name: tables.sha256(path) for path in paths},
    )


def _comments(*paths: Path) -> list[str]:
    """Return the lines before the table."""
    lines: list[str] = []
    for _, block in blocks(*paths):
        for line in block.split(b"\n"):
            if not line.startswith(b"#"):
                return lines
            lines.append(line.decode(errors="replace"))
    return lines


def _file(path: Path) -> Delimited:
    return delimited(path, "\t", comment="#")


def _read(path: Path) -> Tsv:
    return read_tsv(path, REQUIRED, ("predicate_modifier",))
