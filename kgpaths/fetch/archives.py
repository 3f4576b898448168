"""Unpack an archive that may mean harm: no way out of the folder, no links or devices, and no more than a sane amount.

Everything is first written to a folder of its own; what calls this moves it into place, so that a fault leaves nothing.
"""

from __future__ import annotations

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

from kgpaths.fetch.recipe import FetchError, Unpack, is_reserved
from kgpaths.fetch.transfer import CHUNK, Progress, writing

RATIO = 100
"""How many times its own size an archive may unpack to. Tables pack about tenfold, the tightest deflate a thousandfold."""
FREE = 100_000_000  # bytes that need no such ratio
MOST_MEMBERS = 10_000


def unpack(archive: Path, how: Unpack, into: Path, *, taken: Sequence[str] = (), progress: Progress) -> list[str]:
    """Unpack the wanted members of ``archive`` into the empty folder ``into`` and return their names, in order.

    ``taken`` are names that no member may have. Raises FetchError for a damaged archive, a member that is missing,
    stands twice, is no plain file or would lie outside the folder, and for one that unpacks to too much.
    """
    budget = Budget(archive)
    opened = zip_members(archive, how, budget) if how.format == "zip" else tar_members(archive, how, budget)
    names: list[str] = []
    seen = {name.lower() for name in taken}
    try:
        for name, source in opened:
            safe = checked(name, archive)
            if safe.lower() in seen:
                raise FetchError(f"member {name!r} stands twice, or has the name of another file", where=str(archive))
            seen.add(safe.lower())
            names.append(safe)
            pour(source, into / safe, budget, lambda done, safe=safe: progress(f"unpacking {safe} (MB)", done // 1_000_000, 0))
    except FetchError:
        raise
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise FetchError(f"is damaged: {error or type(error).__name__}", where=str(archive), mend="remove it and fetch it again") from None
    except (NotImplementedError, RuntimeError) as error:
        raise FetchError(f"cannot be unpacked: {error}", where=str(archive)) from None
    lacking = [pattern for pattern in how.members if not any(fnmatchcase(name, pattern) for name in names)]
    if lacking or not names:
        raise FetchError(f"holds no member {lacking[0]!r}" if lacking else "holds no file", where=str(archive), mend=budget.others())
    return names


class Budget:
    """How much may come out of an archive, all members together."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.most = FREE + RATIO * archive.stat().st_size
        self.written = 0
        self.members: list[str] = []

    def member(self, name: str) -> None:
        """Count a member."""
        self.members.append(name)
        if len(self.members) > MOST_MEMBERS:
            raise FetchError(f"holds more than {MOST_MEMBERS:,} members", where=str(self.archive))

    def check(self, size: int) -> None:
        """Raise FetchError where ``size`` bytes are more than there should be."""
        if size > self.most:
            raise FetchError(
                f"unpacks to more than {self.most:,} bytes", where=str(self.archive), mend="it looks like a bomb; unpack it by hand if not"
            )

    def others(self) -> str:
        """Return what the archive does hold, for a message."""
        return f"it holds {', '.join(repr(name[:60]) for name in self.members[:5])}{', ...' if len(self.members) > 5 else ''}" if self.members else ""


class Metered:
    """A stream that ends in FetchError where more comes out of it than the budget, whoever reads it."""

    def __init__(self, stream: gzip.GzipFile, budget: Budget) -> None:
        self.stream, self.budget, self.done = stream, budget, 0

    def read(self, size: int = -1) -> bytes:
        """Read as any stream does."""
        piece = self.stream.read(CHUNK if size < 0 else size)
        self.done += len(piece)
        self.budget.check(self.done)
        return piece


def wanted(name: str, how: Unpack) -> bool:
    """Tell whether the recipe asks for a member."""
    return not how.members or any(fnmatchcase(name, pattern) for pattern in how.members)


def bare(name: str) -> str:
    """Return a member's name as the recipe gives it: many archives begin each with ``./``."""
    return name.removeprefix("./")


def zip_members(archive: Path, how: Unpack, budget: Budget) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the wanted members of a zip file."""
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            name = bare(member.filename)
            budget.member(name)
            if member.is_dir() or not wanted(name, how):
                continue
            mode = stat.S_IFMT(member.external_attr >> 16)
            if mode not in (0, stat.S_IFREG):
                raise FetchError(f"member {name!r} is a link or device", where=str(archive))
            with opened.open(member) as source:
                yield name, source


def tar_members(archive: Path, how: Unpack, budget: Budget) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the wanted members of a tar.gz file, reading it once from start to end."""
    with gzip.open(archive) as packed:
        metered: Any = Metered(packed, budget)
        with tarfile.open(fileobj=metered, mode="r|", bufsize=CHUNK) as opened:
            for member in opened:
                name = bare(member.name)
                budget.member(name)
                if member.isdir() or not wanted(name, how):
                    continue
                source = opened.extractfile(member) if member.isreg() else None
                if source is None:
                    raise FetchError(f"member {name!r} is a link or device", where=str(archive))
                yield name, source
        while metered.read():  # the checksum stands at the very end
            pass


def checked(name: str, archive: Path) -> str:
    """Return a member's name if it lies inside the folder and is none that fetching uses itself."""
    parts = name.split("/")
    if "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts) or Path(name).is_absolute():
        raise FetchError(f"member {name!r} would lie outside the folder", where=str(archive))
    if is_reserved(name):
        raise FetchError(f"member {name!r} has a name that fetching uses itself", where=str(archive))
    return name


def pour(source: IO[bytes], target: Path, budget: Budget, progress: Any) -> None:
    """Write one member, counting what really comes out of it: what its header says is not believed."""
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = target.open("xb")
    done = 0
    with stream:
        while piece := source.read(CHUNK):
            done += len(piece)
            budget.written += len(piece)
            budget.check(budget.written)
            with writing(target):
                stream.write(piece)
            progress(done)
        with writing(target):
            stream.flush()
