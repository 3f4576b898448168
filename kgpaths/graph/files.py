"""The files of a graph folder and how they are written: tables as Parquet for everyone, arrays to be memory-mapped."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from polars.exceptions import PolarsError

from kgpaths.errors import GraphError
from kgpaths.graph.manifest import MANIFEST

if TYPE_CHECKING:
    import polars as pl

ARRAYS = "arrays"
"""Sub-folder of what ``Graph`` maps into memory; made from the Parquet tables' rows, in their order."""

DERIVED = "derived"
"""Sub-folder of what others compute from a graph: alias indexes, weights. Not part of the graph or its hash."""


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` that takes its place when the block ends well.

    A fault or kill leaves the old folder, or none. Raises GraphError where ``target`` is something other than a graph.
    """
    target = target.absolute()
    if target.exists() and not may_be_replaced(target):
        raise GraphError("is in the way: not a graph folder", where=str(target), mend="choose another folder, or remove it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    except OSError as error:
        raise GraphError(f"cannot be written: {error.strerror}", where=str(target.parent), mend="choose a folder you may write to") from error
    half.chmod(0o755)  # mkdtemp's 0700 would lock others out of a shared graph
    try:
        yield half
        put_in_place(half, target)
    except (OSError, PolarsError) as error:
        raise GraphError(f"cannot be written: {error}", where=str(target.parent), mend="is the disk full?") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


def may_be_replaced(target: Path) -> bool:
    """Tell whether ``target`` is an empty folder, or a graph's and nothing else's: a run has a manifest, too."""
    if not target.is_dir():
        return False
    names = {path.name for path in target.iterdir()}
    if not names:
        return True
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    ours = {MANIFEST, ARRAYS, DERIVED}
    return isinstance(manifest, dict) and "content_hash" in manifest and all(name in ours or name.endswith(".parquet") for name in names)


def put_in_place(half: Path, target: Path) -> None:
    """Move ``half`` to ``target``; a folder that is there steps aside first and is removed last."""
    aside = half.with_suffix(".replaced")
    if target.exists():
        target.replace(aside)
    try:
        half.replace(target)
    except OSError:
        if not (target / MANIFEST).exists():  # else another build of the same target came first: its graph stays
            if aside.exists():
                aside.replace(target)
            raise
    shutil.rmtree(aside, ignore_errors=True)


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a graph folder but its manifest and what others derived from it."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    hashes = {}
    for path, name in names.items():
        if name != MANIFEST and not name.startswith(f"{DERIVED}/"):
            with path.open("rb") as stream:
                hashes[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashes


def save_array(folder: Path, name: str, array: np.ndarray[Any, Any]) -> None:
    """Write one array to be memory-mapped."""
    np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)


def load_array(folder: Path, name: str) -> np.ndarray[Any, Any]:
    """Map one array into memory, read-only. Raises OSError where the file is missing, ValueError that names it where it is damaged."""
    path = folder / f"{name}.npy"
    try:
        array: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path.name}: {error}") from None
    return array.view(np.ndarray)  # plain views are quicker to index than memmap objects


def save_columns(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Write a table as one uncompressed Arrow batch: any row can be read from the mapped file without reading others."""
    table = frame.to_arrow().combine_chunks()
    with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def load_columns(folder: Path, name: str) -> dict[str, Any]:
    """Map a table into memory: one Arrow array per column. Raises OSError or ValueError as ``load_array`` does."""
    path = folder / f"{name}.arrow"
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no such file", str(path))  # Arrow's own error does not hold the name
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path.name}: {error}") from None
    # pa.nulls, not pa.array: that looks for pandas and, where it is installed, imports it, for half a second
    return {name: table.column(name).chunk(0) if table.num_rows else pa.nulls(0, table.schema.field(name).type) for name in table.column_names}
