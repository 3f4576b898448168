"""Keep what was read of a source, so that a build reads only what has changed.

An entry is named by the reader's code and options, and by name, size and times of the files it reads. It holds the hashes of
its own tables: one that lost a file, or a bit, is read again. Reading UMLS takes minutes; its tables take a gigabyte here, and
may be deleted at any time. Of each source, read with the same options, the two newest entries are kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kgpaths.errors import GraphError
from kgpaths.graph.build import version
from kgpaths.graph.embedded import package_files
from kgpaths.graph.files import file_hashes, half_folder
from kgpaths.sources.own_spec import read_spec
from kgpaths.sources.tables import Batches, SourceInfo, SourceTables, gathered

if TYPE_CHECKING:
    from kgpaths.graph.recipe import Source

DONE = "source.json"
"""Written last: an entry without it is half-written."""

LARGE = ("edges", "aliases", "rejected")
WHOLE = ("nodes", "xrefs")
KEPT = 2  # entries of one source: another build may still be reading the older one
DAMAGED = (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError)

Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Show no progress."""


def cached(source: Source, folder: Path, progress: Progress = silent) -> SourceTables:
    """Return a source's tables from the cache, reading the source first where they are not there. Raises what reading raises.

    Where the cache cannot be written, what was read is returned all the same.
    """
    entry = folder / f"{source.type}-{definition(source)}-{signature(source)}"
    with suppress(*DAMAGED):
        tables = load(entry)
        progress(f"taking {source.type} from the cache")
        return tables
    progress(f"reading {source.type}")
    read = source.read()
    try:
        store(read, entry)
    except (OSError, GraphError, pl.exceptions.PolarsError) as error:
        progress(f"the cache cannot be written, {source.type} is used without it: {str(error).splitlines()[0]}")
        return read
    prune(entry)
    return load(entry)


def definition(source: Source) -> str:
    """Return what names a source whatever state its files are in."""
    return hashlib.sha256(json.dumps(source.plain(), sort_keys=True).encode()).hexdigest()[:8]


def signature(source: Source) -> str:
    """Return what names the state of a source: the code that reads it, and its files as they are now."""
    package = Path(__file__).resolve().parents[1]
    code = [package / "vocabulary.py", *sorted((package / "sources").rglob("*.py")), *sorted((package / "sources").rglob("*.tsv"))]
    hasher = hashlib.sha256(f"{version()}\0".encode())
    for path in code:
        hasher.update(path.name.encode() + b"\0" + path.read_bytes())
    for path in inputs(source):
        hasher.update(json.dumps(state(path)).encode())
    return hasher.hexdigest()[:16]


def inputs(source: Source) -> Iterator[Path]:
    """Yield the files a source is read from: those it is given, all of a folder it is given, and the data of packages.

    Raises InputError where a YAML that names the others cannot be read.
    """
    yield from package_files()
    for value in source.options.values():
        for path in value if isinstance(value, tuple) else (value,):
            if isinstance(path, Path):
                yield from [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    if source.type == "csv":
        spec = read_spec(source.options["path"])
        for table in [*(n.table for n in spec.nodes), *(e.table for e in spec.edges)]:
            yield from table.text.paths


def state(path: Path) -> tuple[str, int, int, int, int]:
    """Return what changes when a file does: a time that was set back shows in the time of its last change."""
    found = path.stat()
    return str(path), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def store(tables: SourceTables, entry: Path) -> None:
    """Write a source's tables, all or nothing. Raises GraphError, OSError or what polars raises."""
    with half_folder(entry.parent, entry.name) as half:
        for name in WHOLE:
            getattr(tables, name).write_parquet(half / f"{name}.parquet", compression="lz4")
        for name in LARGE:
            for number, frame in enumerate(gathered(getattr(tables, name))):
                frame.write_parquet(half / f"{name}-{number:04}.parquet", compression="lz4")
        about: dict[str, Any] = {"info": asdict(tables.info), "left_out": dict(tables.left_out), "settled": tables.settled}
        about["tables"] = file_hashes(half)
        (half / DONE).write_text(json.dumps(about, indent=2), encoding="utf-8")
        if entry.exists():
            shutil.rmtree(entry)
        half.replace(entry)


def prune(entry: Path) -> None:
    """Remove older entries of the same source."""
    kin = sorted(entry.parent.glob(f"{entry.name.rpartition('-')[0]}-*"), key=lambda path: (path == entry, path.stat().st_mtime_ns))
    for old in kin[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load(entry: Path) -> SourceTables:
    """Open an entry. Raises one of ``DAMAGED`` where it is not as it was written, or not there."""
    about = json.loads((entry / DONE).read_text(encoding="utf-8"))
    found = {name: value for name, value in file_hashes(entry).items() if name != DONE}
    if found != about["tables"]:
        raise ValueError("not as it was written")
    nodes, xrefs = (pl.read_parquet(entry / f"{name}.parquet") for name in WHOLE)
    edges, aliases, rejected = (kept(entry, name) for name in LARGE)
    return SourceTables(SourceInfo(**about["info"]), nodes, edges, aliases, xrefs, rejected, about["left_out"], about["settled"])


def kept(entry: Path, name: str) -> Batches:
    """Return a large table of an entry."""
    files = sorted(entry.glob(f"{name}-*.parquet"))
    return Batches(lambda: (pl.read_parquet(file) for file in files))
