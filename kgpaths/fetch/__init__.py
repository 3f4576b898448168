"""Fetch a public graph from its publisher: resumably, verified, with its licence, and no byte twice.

What was fetched stands in ``fetched.json`` beside the files. Where the publisher states no checksum, the one of the first
fetch is kept there and trusted from then on: a file that later comes otherwise is refused until the user accepts it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from kgpaths.fetch.archives import unpack
from kgpaths.fetch.recipe import BAD, PART, RECORD, STATE, FetchError, File, Recipe, load_recipe, recipe_names, recipes_folder
from kgpaths.fetch.record import FIRST_USE, Entry, Record
from kgpaths.fetch.transfer import Opener, Origin, Progress, beside, discard, download, unchanged, web_opener, writing

__all__ = ["FIRST_USE", "FetchError", "Fetched", "FetchedFile", "Recipe", "fetch", "load_recipe", "recipe_names", "recipes_folder"]

UNPACKING = ".unpacking"
READ = 1 << 20

State = Literal["fetched", "already there", "unchanged"]


@dataclass(frozen=True)
class FetchedFile:
    """One file as it now lies in the folder. ``checked`` names what vouches for it: the publisher's checksum, or FIRST_USE."""

    path: Path
    size: int
    sha256: str
    checked: str
    state: State
    unpacked: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """A recipe's files, complete and verified, in ``folder``."""

    recipe: Recipe
    folder: Path
    files: tuple[FetchedFile, ...]


@dataclass(frozen=True)
class Digest:
    """What a file is known by; ``md5`` is empty where it was not asked for."""

    size: int
    sha256: str
    md5: str = ""


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def fetch(
    name_or_path: str | Path,
    out: Path,
    *,
    progress: Progress = silent,
    accept_changed: bool = False,
    timeout: float = 30.0,
    opener: Opener | None = None,
) -> Fetched:
    """Bring the files of a recipe into the folder ``out`` and return them, verified.

    A killed fetch is taken up by the next; a file that is there and right is not fetched again. ``timeout`` is in seconds,
    for each answer of the server. ``accept_changed`` asks the publisher anew for files without a checksum of his, takes
    what has changed, and replaces files of unknown origin. Raises InputError for a faulty recipe, FetchError else.
    """
    recipe = load_recipe(name_or_path)
    with locked(out):
        folder = out.resolve()
        job = Job(recipe, folder, Record(folder, recipe), opener or web_opener(), timeout, accept_changed, progress)
        return Fetched(recipe, folder, tuple(job.bring(file) for file in recipe.files))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make ``folder`` and hold its lock: two processes never write one file; a killed process lets go of it."""
    if folder.exists() and not folder.is_dir():
        raise FetchError("is a file, not a folder", where=str(folder), mend="choose another --out")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FetchError("another process is fetching into this folder", where=str(folder), mend="wait for it, or choose another --out") from None
        yield
    finally:
        os.close(handle)


@dataclass(frozen=True)
class Job:
    """The fetching of one recipe's files into one folder."""

    recipe: Recipe
    folder: Path
    record: Record
    opener: Opener
    timeout: float
    accept_changed: bool
    progress: Progress

    def bring(self, file: File) -> FetchedFile:
        """Return ``file`` in its place, fetched only if it is not there, and unpacked where the recipe says so."""
        target, entry = self.inside(file.path), self.record.get(file.path)
        if entry and not target.exists() and self.only_archive_is_gone(file, entry):
            return self.described(file, target, "already there")
        state: State = self.there(file, target, entry) or self.get(file, target)
        if file.unpack:
            self.unpacked(file, target)
        return self.described(file, target, state)

    def inside(self, name: str) -> Path:
        """Return the place of a file in the folder; raises FetchError where a link there leads out of it."""
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder):
            raise FetchError(f"{name!r} leads out of the folder", where=str(self.folder), mend="remove the link, or choose another --out")
        if path.exists() and not path.is_file():
            raise FetchError("is in the way: not a file", where=str(path), mend="choose another --out")
        return path

    def there(self, file: File, target: Path, entry: Entry | None) -> State | None:
        """Tell whether the file that is there will do, or is to be fetched. Raises FetchError where it must not be written over."""
        if not target.exists():
            return None
        found = self.digest(target, f"checking {file.path} (MB)", md5=bool(file.md5))
        right = not against_publisher(file, found) if file.pinned else bool(entry and entry.sha256 == found.sha256)
        if file.pinned and right:
            if not entry or entry.sha256 != found.sha256:
                self.save(file, found, Origin(file.url))
            return "already there"
        if not entry and not self.accept_changed:
            why = "and is not the one of the recipe" if file.pinned else "and its publisher states no checksum"
            raise unknown(target, why)
        if not entry or not right:
            return None  # a file of ours that was damaged since comes again, and must be as the first time
        if entry.url != file.url and not self.accept_changed:
            raise FetchError(f"comes from {entry.url}, the recipe now says {file.url}", where=str(target), mend="--accept-changed fetches it")
        if not self.accept_changed:
            return "already there"
        origin = Origin(entry.url, entry.etag, entry.last_modified)
        same = entry.url == file.url and unchanged(file, origin, opener=self.opener, timeout=self.timeout)
        return "unchanged" if same else None

    def get(self, file: File, target: Path) -> State:
        """Download the file, verify the whole of it, and only then give it its name."""
        part = beside(target, PART)
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        again = True
        while True:
            done = download(file, target, opener=self.opener, timeout=self.timeout, progress=self.progress)
            found = self.digest(part, f"verifying {file.path} (MB)", md5=bool(file.md5))
            fault = against_publisher(file, found)
            changed = "" if fault else self.changed(file, found)
            if not fault and not changed:
                break
            if again and (done.reused == "some" or (fault and done.reused == "all")):
                discard(target)  # the beginning may be of another version than the rest: once more, from the start
                again = False
                continue
            if changed:
                mend = f"--accept-changed takes it without a second download; remove {part.name} to fetch it anew"
                raise FetchError(changed, where=file.url, mend=mend)
            bad = beside(target, BAD)
            with writing(part):
                part.replace(bad)
            discard(target)
            raise FetchError(fault, where=file.url, mend=f"kept as {bad.name}; it changed at its publisher, or on the way")
        self.save(file, found, done.origin)  # before it has its name: a kill in between leaves a part that fits the record
        with writing(target):
            part.replace(target)
            beside(target, STATE).unlink(missing_ok=True)
            beside(target, BAD).unlink(missing_ok=True)
        return "fetched"

    def changed(self, file: File, found: Digest) -> str:
        """Return how a file without a publisher's checksum differs from the first time, or an empty text."""
        entry = self.record.get(file.path)
        if file.pinned or self.accept_changed or not entry or entry.sha256 == found.sha256:
            return ""
        return f"{file.path} has changed since it was first fetched: sha256 {entry.sha256} expected, got {found.sha256}"

    def digest(self, path: Path, label: str, *, md5: bool = False) -> Digest:
        """Return size and hashes of a file, read from the disk."""
        strong, weak, done = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        try:
            total = path.stat().st_size
            with path.open("rb") as stream:
                while piece := stream.read(READ):
                    strong.update(piece)
                    if md5:
                        weak.update(piece)
                    done += len(piece)
                    self.progress(label, done // 1_000_000, total // 1_000_000)
        except OSError as error:
            raise FetchError(f"cannot be read: {error.strerror}", where=str(path)) from None
        return Digest(done, strong.hexdigest(), weak.hexdigest() if md5 else "")

    def save(self, file: File, found: Digest, origin: Origin) -> None:
        """Record a file. What came out of an earlier archive of its name stays known as ours, but is out of date."""
        old = self.record.get(file.path)
        unpacked = {} if not old else old.unpacked if old.sha256 == found.sha256 else dict.fromkeys(old.unpacked, "")
        self.record.save(
            file.path,
            Entry(
                url=file.url,
                size=found.size,
                sha256=found.sha256,
                checked=checked_by(file),
                etag=origin.etag,
                last_modified=origin.last_modified,
                fetched=datetime.now(UTC).isoformat(timespec="seconds"),
                unpacked=unpacked,
            ),
        )

    def described(self, file: File, target: Path, state: State) -> FetchedFile:
        """Return a file as the record has it."""
        entry = self.record.get(file.path)
        assert entry is not None
        return FetchedFile(target, entry.size, entry.sha256, checked_by(file), state, tuple(self.folder / name for name in entry.unpacked))

    def only_archive_is_gone(self, file: File, entry: Entry) -> bool:
        """Tell whether the user removed an archive whose members are all there: they need no second download."""
        if not file.unpack or self.accept_changed or entry.url != file.url:
            return False
        known = entry.sha256 == file.sha256 if file.sha256 else not file.md5
        return known and self.members_are_there(entry)

    def members_are_there(self, entry: Entry) -> bool:
        """Tell whether all unpacked files are there as they came out of the archive."""
        return bool(entry.unpacked) and all(
            self.inside(name).exists() and self.digest(self.inside(name), f"checking {name} (MB)").sha256 == sha256
            for name, sha256 in entry.unpacked.items()
        )

    def unpacked(self, file: File, target: Path) -> None:
        """Unpack an archive beside itself, all members or none, unless they are there."""
        entry = self.record.get(file.path)
        assert file.unpack is not None and entry is not None
        if self.members_are_there(entry):
            return
        aside = self.folder / UNPACKING
        shutil.rmtree(aside, ignore_errors=True)
        try:
            with writing(aside):
                aside.mkdir()
            names = unpack(target, file.unpack, aside, taken=[other.path for other in self.recipe.files], progress=self.progress)
            hashes = {name: self.digest(aside / name, f"verifying {name} (MB)").sha256 for name in names}
            for name in names:
                if self.inside(name).exists() and name not in entry.unpacked and not self.accept_changed:
                    raise unknown(self.folder / name, "and would be written over")
            self.record.save(file.path, entry.model_copy(update={"unpacked": hashes}))
            for name in names:
                with writing(self.folder / name):
                    (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (aside / name).replace(self.folder / name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def unknown(target: Path, why: str) -> FetchError:
    """Return the error for a file that may be the user's own."""
    return FetchError(f"is there, is not in {RECORD} {why}", where=str(target), mend="remove it, choose another --out, or --accept-changed")


def checked_by(file: File) -> str:
    """Return what vouches for a file."""
    return "the publisher's sha256" if file.sha256 else "the publisher's md5" if file.md5 else FIRST_USE


def against_publisher(file: File, found: Digest) -> str:
    """Return how a file differs from what its publisher states, or an empty text."""
    for name, expected, got in (("size", file.size, found.size), ("sha256", file.sha256, found.sha256), ("md5", file.md5, found.md5)):
        if expected is not None and expected != got:
            return f"{file.path} is not what its publisher states: {name} {expected} expected, got {got}"
    return ""
