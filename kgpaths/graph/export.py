"""Write a graph in other programs' formats, part by part: KGX, CSV, networkx's node-link JSON, files for neo4j-admin.

An export is a folder: the graph's files, LICENCES.txt with the terms of every source, and README.txt on how to read them. They
are written beside their final names and moved there when all are whole. The same graph gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from kgpaths.errors import ConfigError, GraphError, InputError
from kgpaths.graph.columns import Columns, Concepts, Edges
from kgpaths.graph.files import ARRAYS
from kgpaths.graph.manifest import MANIFEST

if TYPE_CHECKING:
    from kgpaths.graph.store import Graph

Part = TypeVar("Part", Concepts, Edges)
Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many

WRITERS = {
    "kgx": "kgpaths.graph.export_kgx",
    "csv": "kgpaths.graph.export_csv",
    "networkx": "kgpaths.graph.export_json",
    "neo4j-admin": "kgpaths.graph.export_neo4j",
}
"""Format -> module with ``FILES``, their names, and ``write(columns, folder, progress)``, which returns what README.txt says of them."""

FORMATS = tuple(WRITERS)
LICENCES, README = "LICENCES.txt", "README.txt"
RESTRICTED = "  restricted: not to be sent to others\n"
UNSTATED = "not stated"
PARTIAL = ".export.partial"  # what a killed export leaves; the next one removes it


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def export(graph: Graph, format: str, out: Path, *, progress: Progress = silent) -> list[Path]:
    """Write ``graph`` into the folder ``out`` in one of ``FORMATS`` and return the files' paths.

    An earlier export of the same format is replaced; a fault or kill leaves it as it was, or no file. Raises ConfigError for an
    unknown format, InputError where files of others are in the way, and GraphError where nothing can be written.
    """
    if format not in WRITERS:
        raise ConfigError(f"no format {format!r}", mend=f"one of {', '.join(FORMATS)}")
    writer = import_module(WRITERS[format])
    names = (*writer.FILES, LICENCES, README)
    title = f"{format} export of the graph {graph.name} {graph.release}".rstrip()
    with together(out, format, names) as folder:
        about = writer.write(Columns(graph), folder, progress)
        (folder / LICENCES).write_text(licences(graph), encoding="utf-8", newline="\n")
        (folder / README).write_text(f"{title}\ngraph hash {graph.hash}\n\n{about}", encoding="utf-8", newline="\n")
    return [out / name for name in names]


@contextmanager
def together(out: Path, format: str, names: Sequence[str]) -> Iterator[Path]:
    """Yield an empty folder within ``out``; when the block ends well, its files of these names are moved into ``out``, in this order."""
    half = out / PARTIAL
    there = out.exists()
    make_way(out, format, names)
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        yield half
        for name in names:
            with (half / name).open("rb") as stream:
                os.fsync(stream.fileno())
        for name in names:
            (half / name).replace(out / name)
    except (OSError, PolarsError) as error:
        raise GraphError(f"cannot be written: {error}", where=str(out), mend="may you write there, and is the disk full?") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
        if not there:
            with suppress(OSError):
                out.rmdir()  # fails where something was written


def make_way(out: Path, format: str, names: Sequence[str]) -> None:
    """Raise InputError where files of these names are not those of an earlier export of this format, and within a graph's folder."""
    if (out / ARRAYS).is_dir() and (out / MANIFEST).is_file():
        raise InputError("is a graph's folder", where=str(out), mend="choose another folder")
    existing = [name for name in names if (out / name).exists()]
    with suppress(OSError):
        if (out / README).read_text(encoding="utf-8", errors="replace").startswith(f"{format} export of the graph "):
            return
    if existing:
        raise InputError(f"holds other files of these names: {', '.join(existing)}", where=str(out), mend="choose another folder")


def licences(graph: Graph) -> str:
    """Return the terms of every source: those the manifest lists, and those that evidence names besides."""
    parts = Columns(graph).all_evidence("source", "release", "licence")
    listed = [(s.name, s.release or UNSTATED, s.licence or UNSTATED, s.url or UNSTATED, s.restricted) for s in graph.manifest.sources]
    stated = {tuple(value or UNSTATED for value in row) for part in parts for row in part.unique().iter_rows()} - {row[:3] for row in listed}
    rows = listed + [(name, release, licence, UNSTATED, False) for name, release, licence in sorted(stated)]
    blocks = (f"{name}\n  release: {release}\n  licence: {licence}\n  url: {url}\n{RESTRICTED * kept}" for name, release, licence, url, kept in rows)
    return "This graph holds the work of these sources, each under its own terms.\n\n" + "\n".join(blocks)


def write_table(path: Path, parts: Iterable[Part], spelt: Callable[[Part], pl.DataFrame], tell: Callable[[int], None], **how: Any) -> None:
    """Write a table of text part by part; ``how`` is what polars' ``write_csv`` takes. A missing value is an empty field."""
    done = 0
    with path.open("wb") as stream:
        for part in parts:
            spelt(part).write_csv(stream, include_header=not done, **how)
            done += part.frame.height
            tell(done)


def each(edges: Edges, values: pl.Series) -> pl.Series:
    """Return the distinct values that each edge's evidence has, in order; ``values`` are texts or lists, one for each row of evidence."""
    flat = pl.DataFrame({"edge": edges.statements.owner(), "value": values.gather(edges.statements.values["of"])})
    if isinstance(values.dtype, pl.List):
        flat = flat.explode("value")
    found = flat.filter(pl.col("value") != "").unique(maintain_order=True).group_by("edge", maintain_order=True).agg("value")
    places = pl.DataFrame({"edge": np.arange(edges.frame.height)})
    return places.join(found, on="edge", how="left", maintain_order="left")["value"].fill_null([])
