"""Read CMS's General Equivalence Mappings: what ICD-9-CM codes become in ICD-10, and back, with their flags.

A row is a source code, a target code and five flags: approximate, no map, combination, scenario, choice list. It is no
crosswalk of one code to one. "Identical" pairs are ``exact_match`` where every row on the pair says so and neither code is
identical to another one; else a single translation is a ``close_match``, as the flag does not tell which of the two is
broader. A row of a combination maps its source to a *set* of targets, one of each choice list of a scenario: no pair of
them matches in any sense, so they keep a predicate of their own, from the code that is translated to the part of its
translation. A code without translation gives no edge; it is marked and counted. The ICD-10 codes are bare nodes: where another
source names them, it is that source's node which has the edges and the mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources.delimited import chunks
from kgpaths.sources.files import ROW, where
from kgpaths.sources.icd10cm import CATEGORY
from kgpaths.sources.tables import NODES

COMBINATION = "ICD9CM:combination_maps_to"
FLAGS = "approximate, no map and combination 0 or 1, scenario and choice list a digit"

_ROW = r"^\s*(\S+)\s+(\S+)\s+(\S+)\s*$"
_FLAGS = r"^([01])([01])([01])(\d)(\d)$"
_STATED = {
    "left": pl.String,  # the ICD-9 code, whichever side was translated
    "right": pl.String,  # the ICD-10 code
    "forward": pl.Boolean,  # from ICD-9 to ICD-10
    "approximate": pl.Boolean,
    "no_map": pl.Boolean,
    "combination": pl.Boolean,
    "code": pl.String,  # "I9gem 10000"
    "note": pl.String,
}


@dataclass(frozen=True)
class Part:
    """Diagnoses or procedures of both classifications: their prefixes, files and codes without dot, as regular expressions."""

    kind: str
    prefix: str
    ending: str  # of the title files' names
    pattern: str  # of an ICD-9 code, its two groups left and right of the dot
    target: str  # the prefix of ICD-10
    target_pattern: str
    gems: tuple[tuple[str, bool], ...]  # in the names of the mapping files, and whether they lead from ICD-9 to ICD-10

    def curie(self, column: str) -> pl.Expr:
        """Return the CURIE of a code as CMS writes it: "25000" is ICD9CM:250.00; null where it is none."""
        return dotted(self.prefix, self.pattern, column)

    def target_curie(self, column: str) -> pl.Expr:
        """Return the CURIE of an ICD-10 code; null where it is none."""
        return dotted(self.target, self.target_pattern, column)


DIAGNOSES = Part(
    "diagnosis",
    "ICD9CM",
    "DX",
    r"^(\d{3}|V\d{2}|E\d{3})(\d{0,2})$",
    "ICD10CM",
    r"^([A-Z][0-9A-Z]{2})([0-9A-Z]{0,4})$",
    (("I9gem", True), ("I10gem", False)),
)
PROCEDURES = Part("procedure", "ICD9PCS", "SG", r"^(\d{2})(\d{0,2})$", "ICD10PCS", r"^([0-9A-Z]{7})()$", (("i9pcs", True), ("pcsi9", False)))
PARTS = (DIAGNOSES, PROCEDURES)


def dotted(prefix: str, pattern: str, column: str) -> pl.Expr:
    """Return the CURIE of a code that is written without its dot, null where it does not fit the pattern."""
    code = pl.col(column).str.to_uppercase()  # CMS writes a few targets in lower case
    left, right = code.str.extract(pattern, 1), code.str.extract(pattern, 2)
    return pl.when(right == "").then(pl.format("{}:{}", pl.lit(prefix), left)).otherwise(pl.format("{}:{}.{}", pl.lit(prefix), left, right))


def one_file(folder: Path, name: re.Pattern[str]) -> Path | None:
    """Return the file whose name fits, in a folder or one of its own. Raises InputError where several do."""
    found = sorted(path for pattern in ("*", "*/*") for path in folder.glob(pattern) if name.fullmatch(path.name) and path.is_file())
    if len(found) > 1:
        raise InputError(f"has several files of one kind: {', '.join(p.name for p in found)}", where=str(folder), mend="keep one release in a folder")
    return found[0] if found else None


def files_of(folder: Path, part: Part) -> dict[tuple[str, bool], Path]:
    """Return the mapping files of a part, by what is in their names."""
    found = {gem: one_file(folder, re.compile(rf"(?i).*{gem[0]}.*\.txt(\.gz)?")) for gem in part.gems}
    return {gem: path for gem, path in found.items() if path}


def lines_of(path: Path, limit: int | None = None) -> pl.DataFrame:
    """Return the lines of a file of CMS that are not empty, with their row.

    CMS writes Latin-1 and says so nowhere ("Ménière's disease", code 386.0); a copy that somebody saved again may be UTF-8.
    Windows-1252 is read, which has the letters of Latin-1 in its places.
    """
    content = b"".join(chunks(path)).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, error.start) + 1
            raise InputError("is neither UTF-8 nor Latin-1 text", where=where(path, row), mend="take CMS's own file") from None
    lines = pl.DataFrame({"line": text.split("\n")[:limit]}).with_row_index(ROW, offset=1)
    return lines.select(pl.col(ROW).cast(pl.Int64), "line").filter(pl.col("line").str.strip_chars() != "")


def rejections(path: Path, judged: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that have a reason as rejected ones, with their line."""
    return judged.filter(pl.col("reason").is_not_null()).select(file=pl.lit(path.name), row=ROW, reason="reason", detail="line")


def read_gem(path: Path, gem: tuple[str, bool], part: Part, known: pl.Series, limit: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of a mapping file as ``_STATED``, and those that cannot be used.

    Raises InputError for a row without three fields, or whose flags are not five digits.
    """
    fields = [pl.col("line").str.extract(_ROW, i).alias(name) for i, name in enumerate(("source", "target", "flags"), start=1)]
    digits = [pl.col("flags").str.extract(_FLAGS, i).alias(name) for i, name in enumerate(("a", "n", "c", "scenario", "choice"), start=1)]
    rows = lines_of(path, limit).with_columns(fields).with_columns(digits)
    for column, what, mend in (("flags", "has not three fields", "source code, target code, flags"), ("a", "has flags of another kind", FLAGS)):
        if rows[column].has_nulls():
            row, line, flags = rows.filter(pl.col(column).is_null()).select(ROW, "line", "flags").row(0)
            raise InputError(f"{what}: {(flags or line)[:60]!r}", where=where(path, row, "flags" if flags else ""), mend=mend)
    name, forward = gem
    nothing = pl.col("target").str.to_lowercase().is_in(["nodx", "nopcs"])
    ours, other = ("source", "target") if forward else ("target", "source")
    rows = rows.with_columns(pl.when(~nothing).then("target").alias("target"), nothing=nothing)  # "NODX" is of a code's form
    nothing = pl.col("nothing")
    rows = rows.with_columns(
        left=part.curie(ours),
        right=part.target_curie(other),
        forward=pl.lit(forward),
        approximate=pl.col("a") == "1",
        no_map=pl.col("n") == "1",
        combination=pl.col("c") == "1",
        code=pl.format("{} {}", pl.lit(name), "flags"),
        note=spelled(),
    )
    grouped = (pl.col("scenario") != "0") & (pl.col("choice") != "0")
    single = (pl.col("scenario") == "0") & (pl.col("choice") == "0")
    coherent = (nothing == pl.col("no_map")) & pl.when("combination").then(grouped & ~pl.col("no_map")).otherwise(single)
    needed = pl.col("left" if forward else "right").is_not_null() & (pl.col("no_map") | pl.col("right" if forward else "left").is_not_null())
    unknown = pl.col("left").is_not_null() & (~pl.col("no_map") | forward) & pl.col("left").is_in(known.implode()).not_()
    reason = pl.when(~coherent).then(pl.lit("bad_flags")).when(~needed).then(pl.lit("bad_code")).when(unknown).then(pl.lit("unknown_code"))
    judged = rows.with_columns(reason=reason)
    return judged.filter(pl.col("reason").is_null()).select(list(_STATED)), rejections(path, judged)


def spelled() -> pl.Expr:
    """Return the flags in words: "approximate; combination scenario 1 choice list 2"."""
    degree = pl.when(pl.col("a") == "1").then(pl.lit("approximate")).otherwise(pl.lit("identical"))
    cluster = pl.format("; combination scenario {} choice list {}", "scenario", "choice")
    return degree + pl.when(pl.col("c") == "1").then(cluster).otherwise(pl.lit(""))


def empty() -> pl.DataFrame:
    """Return no statements."""
    return pl.DataFrame(schema=_STATED)


def edges(stated: pl.DataFrame) -> pl.DataFrame:
    """Return the statements as mapping edges: a row each, those on one pair under one predicate."""
    pair = ["left", "right"]
    single = stated.filter(~pl.col("no_map") & ~pl.col("combination"))
    identical = single.group_by(pair, maintain_order=True).agg(pl.col("approximate").any().not_().alias("exact")).filter("exact")
    alone = [pl.len().over(end) == 1 for end in pair]
    exact = identical.filter(*alone).with_columns(predicate=pl.lit("exact_match")).select(*pair, "predicate")
    matches = single.join(exact, on=pair, how="left", maintain_order="left").with_columns(pl.col("predicate").fill_null("close_match"))
    parts = stated.filter(~pl.col("no_map") & pl.col("combination")).with_columns(predicate=pl.lit(COMBINATION))
    forward = matches.with_columns(forward=pl.lit(True))  # a match has no direction: from ICD-9-CM whichever file states it
    ends = {
        "subject": pl.when("forward").then("left").otherwise("right"),
        "object": pl.when("forward").then("right").otherwise("left"),
    }
    return pl.concat([forward, parts]).select(
        ends["subject"].alias("subject"), "predicate", ends["object"].alias("object"), evidence=pl.struct("code", "note")
    )


def targets(stated: pl.DataFrame) -> pl.DataFrame:
    """Return the ICD-10 codes that are mapped, or said to have no translation, as nodes without a name, which texts do not link to."""
    codes = stated.select(id="right").drop_nulls().unique(maintain_order=True).sort("id")
    return codes.select(
        "id",
        category=pl.lit(CATEGORY),
        name=pl.lit(""),
        definition=pl.lit(""),
        semantic_types=pl.lit([], dtype=NODES["semantic_types"]),
        linkable=pl.lit(False),
    )


def with_no_map(nodes: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Return the nodes, those without translation marked by what they have none into: ``no_icd10cm_map``, ``no_icd9pcs_map``."""
    without = pl.concat([stated.filter("no_map")[side] for side in ("left", "right")]).drop_nulls()
    into = {one: f"no_{other.lower()}_map" for part in PARTS for one, other in ((part.prefix, part.target), (part.target, part.prefix))}
    mark = pl.col("id").str.extract("^([^:]+)").replace_strict(into, return_dtype=pl.String)
    marked = pl.when(pl.col("id").is_in(without.implode())).then(pl.concat_list("semantic_types", mark)).otherwise("semantic_types")
    return nodes.with_columns(semantic_types=marked)
