"""Read SSSOM mappings: pairs of ids with the predicate that relates them. Our crosswalk, and MONDO's own files."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from kgpaths.sources import tables
from kgpaths.sources.curies import normalised
from kgpaths.sources.files import Tsv, read_tsv
from kgpaths.sources.tables import SourceInfo

PREDICATES = {
    "skos:exactMatch": "exact_match",
    "owl:equivalentClass": "exact_match",
    "skos:closeMatch": "close_match",
    "skos:broadMatch": "broad_match",
    "skos:narrowMatch": "narrow_match",
    "skos:relatedMatch": "xref",
    "oboInOwl:hasDbXref": "xref",
}
"""Mapping predicate -> what a cross-reference of ours says; a related match says no more than an untyped one."""

_HEADER = re.compile(r"^#\s*(license|mapping_set_version|mapping_set_id|mapping_set_title):\s*(.*?)\s*$")
_LICENCES = {"https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0", "https://creativecommons.org/licenses/by/4.0/": "CC-BY-4.0"}


def read_sssom(path: Path) -> pl.DataFrame:
    """Read a mapping set, plain or ``.gz``, as a cross-reference frame.

    Mappings that the set itself denies (``predicate_modifier`` Not) are left out. Raises InputError for an id that is no
    CURIE, or a predicate that is none of ``PREDICATES``.
    """
    file = _read(path)
    file.fail_where(normalised("subject_id").is_null(), "subject_id", "is no CURIE")
    file.fail_where(normalised("object_id").is_null(), "object_id", "is no CURIE")
    file.fail_where(
        ~pl.col("predicate_id").is_in(list(PREDICATES)), "predicate_id", "is no mapping predicate we know", f"use one of {', '.join(PREDICATES)}"
    )
    file.fail_where(~pl.col("predicate_modifier").is_in(["", "Not"]), "predicate_modifier", "is neither empty nor Not")
    return (
        file.rows.filter(pl.col("predicate_modifier") == "")
        .select(
            id=normalised("subject_id"),
            xref=normalised("object_id"),
            predicate=pl.col("predicate_id").replace_strict(PREDICATES, return_dtype=pl.String),
        )
        .unique(maintain_order=True)
    )


def sssom_info(path: Path) -> SourceInfo:
    """Return a mapping set's name, release and licence as its header states them."""
    stated = {m.group(1): m.group(2).strip("\"'") for line in _read(path).comments if (m := _HEADER.match(line))}
    licence = stated.get("license", "")
    name = stated.get("mapping_set_title") or path.name.split(".")[0]
    return SourceInfo(
        name,
        stated.get("mapping_set_version", ""),
        _LICENCES.get(licence, licence),
        stated.get("mapping_set_id", ""),
        {path.name: tables.sha256(path)},
    )


def _read(path: Path) -> Tsv:
    return read_tsv(path, ("subject_id", "predicate_id", "object_id"), ("predicate_modifier",))
