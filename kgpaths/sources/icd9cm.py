"""Read ICD-9-CM as CMS left it (version 32, 2014): titles of diagnoses and procedures, and the mappings to ICD-10.

CMS lists valid codes only, no chapters and no headers, so a code hangs below another only where both have a title. The
General Equivalence Mappings that lie beside the titles are read in ``gems.py``; the ICD-10 codes they name are nodes without
a name, which ``icd10cm`` in the same recipe gives those of ICD-10-CM.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import gems, tables
from kgpaths.sources.files import ROW, where
from kgpaths.sources.gems import DIAGNOSES, PARTS, Part, lines_of
from kgpaths.sources.icd10cm import CATEGORY
from kgpaths.sources.tables import SourceInfo, SourceTables

NAME = "ICD-9-CM"
LICENCE = "public domain (US government work of CMS and CDC/NCHS)"
URL = "https://www.cms.gov/medicare/coding-billing/icd-10-codes"

_TITLE = r"^(\S+)\s+(\S.*?)\s*$"
_VERSION = re.compile(r"(?i)^CMS(\d+)_")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


def read_icd9cm(folder: Path, *, release: str = "", limit: int | None = None) -> SourceTables:
    """Read the title files of a folder and, where they are there, its mapping files.

    Long titles name the codes, short ones are their synonyms. Raises InputError where the titles of diagnoses are
    missing, where a mapping file has no titles to go with it, and for a line of another shape.
    """
    found = {part: part_files(folder, part) for part in PARTS}
    if not any(found[DIAGNOSES][length] for length in ("LONG", "SHORT")):
        raise InputError("has no CMS32_DESC_LONG_DX.txt", where=str(folder), mend="unpack CMS's version 32 full and abbreviated code titles there")
    paths: list[Path] = []
    titles, mappings, rejected = [], [], []
    for part, files in found.items():
        named = {length: path for length, path in files.items() if path}
        if not named:
            continue
        for length, path in named.items():
            frame, bad = read_titles(path, part, limit)
            titles.append(frame.with_columns(length=pl.lit(length), part=pl.lit(part.kind)))
            rejected.append(bad)
        paths += named.values()
    nodes, aliases = title_frames(pl.concat(titles))
    for part, files in found.items():
        for gem, path in gems.files_of(folder, part).items():
            if not any(files.values()):
                raise InputError(f"has {path.name}, but no titles of {part.kind}s", where=str(folder), mend=f"add CMS32_DESC_LONG_{part.ending}.txt")
            frame, bad = gems.read_gem(path, gem, part, nodes["id"], limit)
            mappings.append(frame)
            rejected.append(bad)
            paths.append(path)
    info = SourceInfo(NAME, release or stated_release(paths), LICENCE, URL, {p.name: tables.sha256(p) for p in paths})
    stated = pl.concat([gems.empty(), *mappings])
    return SourceTables(
        info,
        nodes=gems.with_no_map(pl.concat([nodes, gems.targets(stated)]), stated),
        edges=pl.concat([hierarchy(nodes), gems.edges(stated)]),
        aliases=aliases,
        xrefs=tables.empty(tables.XREFS),
        rejected=pl.concat(rejected),
        left_out={"no_map": int(stated["no_map"].sum())} if stated["no_map"].any() else {},
    )


def part_files(folder: Path, part: Part) -> dict[str, Path | None]:
    """Return the files of long and short titles. Raises InputError where there are several of a kind."""
    return {length: gems.one_file(folder, re.compile(rf"(?i)CMS\d*_DESC_{length}_{part.ending}\b.*\.txt(\.gz)?")) for length in ("LONG", "SHORT")}


def read_titles(path: Path, part: Part, limit: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the codes of a file as CURIEs with their titles, and the rows that cannot be used."""
    lines = lines_of(path, limit).with_columns(code=pl.col("line").str.extract(_TITLE, 1), title=pl.col("line").str.extract(_TITLE, 2))
    if lines["title"].has_nulls():
        row, text = lines.filter(pl.col("title").is_null()).select(ROW, "line").row(0)
        raise InputError(f"has no code and title: {text[:60]!r}", where=where(path, row), mend="a line is a code, blanks and a title")
    lines = lines.with_columns(id=part.curie("code"))
    bad = (
        pl.when(pl.col("id").is_null()).then(pl.lit("bad_code")).when(pl.col("id").is_first_distinct().not_()).then(pl.lit("duplicate_code"))
    ).alias("reason")
    judged = lines.with_columns(bad)
    return judged.filter(pl.col("reason").is_null()).select("id", "title"), gems.rejections(path, judged)


def title_frames(titles: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return nodes, named by their long title where there is one, and aliases."""
    named = titles.group_by("id", maintain_order=True).agg(name=pl.col("title").first(), part=pl.col("part").first())
    nodes = named.select(
        "id",
        category=pl.lit(CATEGORY),
        name="name",
        definition=pl.lit(""),
        semantic_types=pl.concat_list("part"),
        linkable=pl.lit(True),
    )
    labels = named.select("id", alias="name", scope=pl.lit("label"), kind=pl.lit(""))
    short = titles.filter(pl.col("length") == "SHORT").join(named.select("id", "name"), on="id", maintain_order="left")
    short = short.filter(pl.col("title") != pl.col("name"))
    return nodes, pl.concat([labels, short.select("id", alias="title", scope=pl.lit("exact"), kind=pl.lit("short_title"))])


def hierarchy(nodes: pl.DataFrame) -> pl.DataFrame:
    """Return each code below the longest code that it begins with, of those that have a title."""
    known = set(nodes["id"])
    below = []
    for curie in nodes["id"]:
        shorter = (curie[:end] for end in range(len(curie) - 1, 0, -1))
        below += [(curie, above) for above in shorter if above in known][:1]
    frame = pl.DataFrame(below, schema={"subject": pl.String, "object": pl.String}, orient="row")
    return frame.select("subject", pl.lit("subclass_of").alias("predicate"), "object", evidence=pl.struct(code=pl.lit(""), note=pl.lit("")))


def stated_release(paths: list[Path]) -> str:
    """Return the versions that the names of the files state: "v32, GEM 2018"."""
    versions = sorted({f"v{found.group(1)}" for path in paths if (found := _VERSION.match(path.name))})
    years = sorted({found.group() for path in paths if not _VERSION.match(path.name) and (found := _YEAR.search(path.name))})
    return ", ".join([*versions, *(f"GEM {year}" for year in years)])
