"""Read the files of a ``.tar.gz`` where they lie: nothing is unpacked to disk, so no name in the archive can leave a folder."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kgpaths.errors import InputError
from kgpaths.sources.files import BOMB_BYTES, BOMB_RATIO

ENDINGS = (".tar.gz", ".tgz", ".tar")
_PIECE = 1 << 20


def is_archive(path: Path) -> bool:
    """Tell by its name whether a path is an archive."""
    return path.name.lower().endswith(ENDINGS)


def members(archive: Path) -> list[Member]:
    """Return the regular files of an archive in its order; links, devices and sparse files are none. Raises InputError."""
    with _opened(archive) as tar:
        return [Member(archive, entry.name) for entry in tar if entry.isreg() and not entry.issparse()]


class Member:
    """A file within an archive, with as much of ``pathlib.Path`` as reading it in pieces takes."""

    def __init__(self, archive: Path, place: str) -> None:
        self.archive, self.place = archive, place
        self.name = PurePosixPath(place).name
        self.suffix = PurePosixPath(place).suffix

    def __str__(self) -> str:
        return f"{self.archive}/{self.place}"

    def __lt__(self, other: Member) -> bool:
        return self.place < other.place

    def stat(self) -> object:
        """Return the archive's size and the like: what its packed content is measured against."""
        return self.archive.stat()

    def as_path(self) -> Path:
        """Return itself as what ``delimited.blocks`` takes."""
        return cast(Path, self)

    @contextmanager
    def open(self, mode: str = "rb") -> Iterator[IO[bytes]]:
        """Open the file for reading from its start. Raises OSError for a damaged archive, as a path does for a damaged file."""
        try:
            with _opened(self.archive) as tar:
                for entry in tar:
                    if entry.name == self.place and entry.isreg() and not entry.issparse():
                        stream = tar.extractfile(entry)
                        if stream is not None:
                            yield stream
                            return
                raise FileNotFoundError(f"{self} is gone")
        except tarfile.TarError as error:
            raise OSError(str(error)) from error


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open an archive as a stream. Raises InputError where it is missing, damaged, or unpacks out of all proportion."""
    try:
        packed = not archive.name.lower().endswith(".tar")
        allowed = max(BOMB_BYTES, BOMB_RATIO * archive.stat().st_size)
        with gzip.open(archive) if packed else archive.open("rb") as stream:
            counted = cast("IO[bytes]", _Counted(cast("IO[bytes]", stream), archive, allowed))
            with tarfile.open(fileobj=counted, mode="r|", bufsize=_PIECE) as tar:
                yield tar
    except FileNotFoundError:
        raise InputError("no such file", where=str(archive)) from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(archive), mend="is it complete, and a .tar.gz?") from error


class _Counted:
    """A stream that refuses to give more than it may."""

    def __init__(self, stream: IO[bytes], archive: Path, allowed: int) -> None:
        self._stream, self._archive, self._left = stream, archive, allowed

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(_PIECE if size < 0 else size)
        self._left -= len(piece)
        if self._left < 0:
            raise InputError(
                f"unpacks to more than {BOMB_RATIO} times its size: not read any further",
                where=str(self._archive),
                mend="unpack it yourself if it is sound",
            )
        return piece
