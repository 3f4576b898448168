"""The files of a graph folder and how they are written: tables as Parquet for everyone, arrays to be memory-mapped."""

from __future__ import annotations

import errno
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


JUNK = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What file managers leave in any folder."""


SEALS = "files.json"
"""In a derived folder: its files with their sizes and hashes."""


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` that takes its place when the block ends well.

    A fault or kill leaves the old folder, or none; what a killed writer left is taken away by the next. Where ``target`` is a
    link, what it leads to is replaced. Raises GraphError where that is something other than a graph.
    """
    target = target.resolve()
    check_target(target)
    with half_folder(target.parent, target.name) as half:
        half.chmod(0o755)  # mkdtemp's 0700 would lock others out of a shared graph
        try:
            yield half
            put_in_place(half, target)
        except (OSError, PolarsError) as error:
            raise GraphError(f"cannot be written: {error}", where=str(target.parent), mend="is the disk full?") from error


def check_target(target: Path) -> None:
    """Raise GraphError where no graph can be put at ``target``: best told before hours of work, not after."""
    target = target.resolve()
    if target.parent.is_dir():
        restore(target)
    if target.exists() and not may_be_replaced(target):
        raise GraphError("is in the way: not a graph folder", where=str(target), mend="choose another folder, or remove it")
    there = next(folder for folder in target.parents if folder.exists())
    try:
        Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=there)).rmdir()
    except OSError as error:
        raise GraphError(f"cannot be written: {error.strerror}", where=str(there), mend="choose a folder you may write to") from None


@contextmanager
def half_folder(parent: Path, name: str) -> Iterator[Path]:
    """Yield a new folder ``.NAME.….partial`` for what is being written, and remove it afterwards. Raises GraphError where there can be none."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with alone(parent):
            sweep(parent, name)
            half = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".partial", dir=parent))
            lock = locked(half)
    except OSError as error:
        raise GraphError(f"cannot be written: {error.strerror}", where=str(parent), mend="choose a folder you may write to") from error
    try:
        yield half
    finally:
        os.close(lock)
        shutil.rmtree(half, ignore_errors=True)


def sweep(parent: Path, name: str) -> None:
    """Remove the half-written folders of killed writers: those that nobody keeps locked."""
    for half in parent.glob(f".{glob.escape(name)}.*.partial"):
        with suppress(OSError):
            os.close(locked(half, wait=False))
            shutil.rmtree(half, ignore_errors=True)


def locked(folder: Path, *, wait: bool = True) -> int:
    """Lock a folder and return what to close when done. Raises OSError where another has it and is not waited for."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def may_be_replaced(target: Path) -> bool:
    """Tell whether ``target`` is an empty folder, or a graph's and nothing else's: a run has a manifest, too."""
    if not target.is_dir():
        return False
    names = {path.name for path in target.iterdir()} - set(JUNK)
    if not names:
        return True
    ours = {MANIFEST, ARRAYS, DERIVED}
    return ARRAYS in names and "edges.parquet" in names and all(name in ours or name.endswith(".parquet") for name in names)


def put_in_place(half: Path, target: Path) -> None:
    """Move ``half`` to ``target``; a folder that is there steps aside first and is removed last."""
    with alone(target.parent):
        aside = half.with_suffix(".replaced")
        if target.exists():
            target.replace(aside)
        try:
            half.replace(target)
        except OSError:
            if aside.exists():
                aside.replace(target)
            raise
    shutil.rmtree(aside, ignore_errors=True)


def restore(target: Path) -> None:
    """Bring back the folder that a kill left aside between the two moves of ``put_in_place``; remove those that have been replaced."""
    asides = sorted(target.parent.glob(f".{glob.escape(target.name)}.*.replaced"))
    if asides:
        with alone(target.parent), suppress(OSError):
            if not target.exists():
                asides.pop().replace(target)
        for aside in asides:
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold off others that would move folders within ``folder``."""
    lock = locked(folder)
    try:
        yield
    finally:
        os.close(lock)


def seal_derived(folder: Path) -> None:
    """Write down size and hash of each file of a folder that was derived from a graph, so that damage is found."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    hashes = file_hashes(folder)
    (folder / SEALS).write_text(json.dumps({name: [sizes[name], hashes[name]] for name in sorted(sizes)}, indent=2), encoding="utf-8")


def damaged_derived(folder: Path, *, whole: bool) -> list[str]:
    """Return the files of a sealed folder that are not as they were written: by their sizes, or also by their hashes (``whole``).

    A folder without a seal, or whose seal cannot be read, is damaged as such.
    """
    try:
        seals = json.loads((folder / SEALS).read_text(encoding="utf-8"))
        there = {path.name: path.stat().st_size for path in folder.iterdir() if path.name != SEALS}
        hashes = {name: value for name, value in file_hashes(folder).items() if name != SEALS} if whole else {}
        odd = {name for name in {*there, *seals} if name not in there or name not in seals or there[name] != seals[name][0]}
        return sorted(odd | {name for name, value in hashes.items() if name in seals and seals[name][1] != value})
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return [SEALS]


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
