"""Keep what was read of a source, so that a build reads only what has changed.

An entry is named by the reader's code and options, and by name, size and time of the files it is given. Reading UMLS
takes minutes; its tables take a gigabyte here, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kgpaths.errors import GraphError
from kgpaths.graph.build import version
from kgpaths.sources.tables import Batches, SourceInfo, SourceTables, gathered

if TYPE_CHECKING:
    from kgpaths.graph.recipe import Source

DONE = "source.json"
"""Written last: an entry without it is half-written."""

LARGE = ("edges", "aliases", "rejected")
WHOLE = ("nodes", "xrefs")


def cached(source: Source, folder: Path) -> SourceTables:
    """Return a source's tables from the cache, reading the source first where they are not there. Raises what reading raises."""
    entry = folder / f"{source.type}-{signature(source)}"
    if not (entry / DONE).is_file():
        store(source.read(), entry)
    try:
        return load(entry)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):  # damaged: read again
        shutil.rmtree(entry, ignore_errors=True)
        store(source.read(), entry)
        return load(entry)


def signature(source: Source) -> str:
    """Return what names a source's entry: code, options, and the files below its paths as they are now."""
    package = Path(__file__).resolve().parents[1]
    code = [package / "vocabulary.py", *sorted((package / "sources").rglob("*.py")), *sorted((package / "sources").rglob("*.tsv"))]
    hasher = hashlib.sha256(f"{version()}\0".encode())
    for path in code:
        hasher.update(path.name.encode() + b"\0" + path.read_bytes())
    hasher.update(json.dumps(source.plain(), sort_keys=True).encode())
    for value in source.options.values():
        for path in value if isinstance(value, tuple) else (value,):
            if isinstance(path, Path):
                hasher.update(json.dumps(states(path)).encode())
    return hasher.hexdigest()[:16]


def states(path: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of a file, or of all files of a folder; of a YAML file also those beside it that it may name."""
    beside = path.parent if path.suffix in (".yaml", ".yml") else path
    files = [beside] if beside.is_file() else sorted(p for p in beside.rglob("*") if p.is_file())
    return [(str(p.relative_to(beside)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]


def store(tables: SourceTables, entry: Path) -> None:
    """Write a source's tables, all or nothing."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=".", suffix=".partial", dir=entry.parent))
    except OSError as error:
        raise GraphError(f"cannot be written: {error.strerror}", where=str(entry.parent), mend="set KGPATHS_HOME, or use --no-cache") from error
    try:
        for name in WHOLE:
            getattr(tables, name).write_parquet(half / f"{name}.parquet", compression="lz4")
        for name in LARGE:
            for number, frame in enumerate(gathered(getattr(tables, name))):
                frame.write_parquet(half / f"{name}-{number:04}.parquet", compression="lz4")
        about: dict[str, Any] = {"info": asdict(tables.info), "left_out": dict(tables.left_out), "settled": tables.settled}
        (half / DONE).write_text(json.dumps(about, indent=2), encoding="utf-8")
        if entry.exists():
            shutil.rmtree(entry)
        half.replace(entry)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def load(entry: Path) -> SourceTables:
    """Open an entry."""
    about = json.loads((entry / DONE).read_text(encoding="utf-8"))
    nodes, xrefs = (pl.read_parquet(entry / f"{name}.parquet") for name in WHOLE)
    edges, aliases, rejected = (kept(entry, name) for name in LARGE)
    return SourceTables(SourceInfo(**about["info"]), nodes, edges, aliases, xrefs, rejected, about["left_out"], about["settled"])


def kept(entry: Path, name: str) -> Batches:
    """Return a large table of an entry."""
    files = sorted(entry.glob(f"{name}-*.parquet"))
    return Batches(lambda: (pl.read_parquet(file) for file in files))
