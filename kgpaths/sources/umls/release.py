"""Find the files of a release and what each of their columns is, and keep count of every row that does not become one of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.delimited import Delimited, delimited
from kgpaths.sources.files import ROW, found_parts, parts

LICENCE = "UMLS Metathesaurus licence"

_CONCEPT = "CUI LAT TS LUI STT SUI ISPREF AUI SAUI SCUI SDUI SAB TTY CODE STR SRL SUPPRESS CVF"
_VOCABULARY = "VCUI RCUI VSAB RSAB SON SF SVER VSTART VEND IMETA RMETA SLC SCC SRL TFR CFR CXTY TTYL ATNL LAT CENC CURVER SABIN SSN SCIT"
# as the UMLS Reference Manual documents them (chapter 3), and the RxNorm Technical Documentation (section 12)
UMLS_COLUMNS = {
    "CONSO": _CONCEPT,
    "CUI": "CUI1 VER REL RELA MAPREASON CUI2 MAPIN",
    "DEF": "CUI AUI ATUI SATUI SAB DEF SUPPRESS CVF",
    "DOC": "DOCKEY VALUE TYPE EXPL",
    "FILES": "FIL DES FMT CLS RWS BTS",
    "MAP": "MAPSETCUI MAPSETSAB MAPSUBSETID MAPRANK MAPID MAPSID FROMID FROMSID FROMEXPR FROMTYPE FROMRULE FROMRES REL RELA TOID TOSID TOEXPR TOTYPE"
    " TORULE TORES MAPRULE MAPRES MAPTYPE MAPATN MAPATV CVF",
    "RANK": "RANK SAB TTY SUPPRESS",
    "REL": "CUI1 AUI1 STYPE1 REL CUI2 AUI2 STYPE2 RELA RUI SRUI SAB SL RG DIR SUPPRESS CVF",
    "SAB": _VOCABULARY,
    "SAT": "CUI LUI SUI METAUI STYPE CODE ATUI SATUI ATN SAB ATV SUPPRESS CVF",
    "STY": "CUI TUI STN STY ATUI CVF",
}
RXNORM_COLUMNS = {  # its RX prefixes left away, so that both releases are read alike
    "CONSO": _CONCEPT,
    "CUI": "CUI1 VER_START VER_END CARDINALITY CUI2",
    "DOC": "DOCKEY VALUE TYPE EXPL",
    "REL": "CUI1 AUI1 STYPE1 REL CUI2 AUI2 STYPE2 RELA RUI SRUI SAB SL DIR RG SUPPRESS CVF",
    "SAB": _VOCABULARY,
    "STY": "CUI TUI STN STY ATUI CVF",
}


@dataclass(frozen=True)
class Layout:
    """How one of the two releases names its files and its concepts."""

    name: str
    url: str
    before: str  # of the files' names
    columns: Mapping[str, str]
    prefix: str  # of the CURIEs
    own: str  # the vocabulary the release itself writes


UMLS = Layout("UMLS", "https://www.nlm.nih.gov/research/umls/", "MR", UMLS_COLUMNS, "UMLS", "MTH")
RXNORM = Layout("RxNorm", "https://www.nlm.nih.gov/research/umls/rxnorm/", "RXN", RXNORM_COLUMNS, "RXNORM", "RXNORM")

_FOLDERS = ("", "META", "rrf")  # a release is unpacked as 2024AA/META/MRCONSO.RRF or RxNorm_full/rrf/RXNCONSO.RRF


@dataclass(frozen=True)
class Release:
    """The files of a release, and the columns and numbers of rows that MRFILES states of them."""

    folder: Path
    layout: Layout
    stated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    def file(self, table: str) -> Path:
        """Return where a table is expected, e.g. ``MRCONSO.RRF`` for ``CONSO``."""
        return self.folder / f"{self.layout.before}{table}.RRF"

    def has(self, table: str) -> bool:
        """Tell whether the release has a table. Raises InputError where it has some parts of one."""
        return table in self.layout.columns and bool(found_parts(self.file(table)))

    def table(self, table: str) -> Delimited:
        """Return a table's file with its columns. Raises InputError where there is none."""
        columns = self.stated.get(self.file(table).name, tuple(self.layout.columns[table].split()))
        return delimited(self.file(table), "|", header=columns, ends=True)

    def batches(self, table: str, columns: Sequence[str], limit: int | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows of a table, none where the release lacks it. Raises InputError at its end where rows are missing."""
        if not self.has(table):
            return
        file, read = self.file(table), 0
        for frame in self.table(table).batches(columns, limit=limit):
            read += frame.height
            yield frame
        if limit is None and read < self.rows.get(file.name, 0):
            raise InputError(
                f"has {read:,} rows, {self.rows[file.name]:,} by {self.file('FILES').name}",
                where=str(file),
                mend=f"it is cut off, or its last part is missing; if you cut it yourself, take {self.file('FILES').name} away",
            )

    def whole(self, table: str, columns: Sequence[str]) -> pl.DataFrame:
        """Return a small table as one frame."""
        schema = {**dict.fromkeys(columns, pl.String), ROW: pl.Int64}
        return pl.concat([pl.DataFrame(schema=schema), *self.batches(table, columns)])

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file that is read, two at a time: the large ones have gigabytes."""
        paths = [path for table in sorted(self.layout.columns) if self.has(table) for path in parts(self.file(table))]
        with ThreadPoolExecutor(2) as pool:
            return dict(zip((p.name for p in paths), pool.map(tables.sha256, paths), strict=True))


def find_release(folder: Path) -> Release:
    """Return the release in a folder or in its META or rrf folder. Raises InputError where there is none."""
    for place in _FOLDERS:
        for layout in (UMLS, RXNORM):
            release = Release(folder / place, layout)
            if release.has("CONSO"):
                return Release(release.folder, layout, *stated(release))
    raise InputError(
        "holds no MRCONSO.RRF and no RXNCONSO.RRF",
        where=str(folder),
        mend="name the folder META of an unpacked release, or rrf of an unpacked RxNorm",
    )


def stated(release: Release) -> tuple[dict[str, tuple[str, ...]], dict[str, int]]:
    """Return the columns and the number of rows of each file as MRFILES states them; a later release may order columns anew."""
    files = list(release.whole("FILES", ("FIL", "FMT", "RWS")).iter_rows())
    columns = {name: tuple(columns.split(",")) for name, columns, *_ in files}
    return columns, {name: int(rows) for name, _, rows, _ in files if rows.isdecimal()}


class Ledger(Mapping[str, int]):
    """What was put aside, counted by reason, and the rows that cannot be used.

    Each part of the reading has its own page, begun anew when that part is gone through again, so that no row counts twice.
    """

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.frames: dict[str, list[pl.DataFrame]] = {}

    def begin(self, page: str) -> None:
        """Begin a page anew."""
        self.counts[page], self.frames[page] = Counter(), []

    def count(self, page: str, reason: str, rows: int) -> None:
        """Count rows that an option or the source's own mark puts aside."""
        if rows:
            self.counts[page][reason] += rows

    def count_by(self, page: str, reasons: pl.Series) -> None:
        """Count rows by the reason each has; null is none."""
        for reason, rows in reasons.drop_nulls().value_counts(sort=False).iter_rows():
            self.count(page, reason, rows)

    def reject(self, page: str, file: str, rows: pl.DataFrame, reason: str, *detail: str) -> None:
        """Write down rows that cannot be used, with the columns that tell why."""
        if rows.height:
            told = pl.concat_str(detail, separator=" ").str.strip_chars()
            self.frames[page].append(
                rows.select(pl.lit(file).alias("file"), pl.col(ROW).alias("row"), pl.lit(reason).alias("reason"), told.alias("detail"))
            )

    def rejected(self) -> Iterator[pl.DataFrame]:
        """Yield the rejected rows, page by page."""
        for page in sorted(self.frames):
            yield from self.frames[page]

    def totals(self) -> Counter[str]:
        """Return the counts of all pages."""
        return sum(self.counts.values(), Counter())

    def __getitem__(self, reason: str) -> int:
        totals = self.totals()
        if reason not in totals:
            raise KeyError(reason)
        return totals[reason]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.totals()))

    def __len__(self) -> int:
        return len(self.totals())
