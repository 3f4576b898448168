"""``fetched.json``: where each file of a folder comes from, its hash, when it came, and the terms it comes under."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import Field, ValidationError

from kgpaths.config import Settings
from kgpaths.fetch.recipe import PART, RECORD, Digest256, FetchError, Recipe
from kgpaths.fetch.transfer import beside, writing

FIRST_USE = "first use"


class Entry(Settings):
    """What is known of one file."""

    url: str
    size: int
    sha256: Digest256
    checked: str = Field(description="what vouches for it: the publisher's checksum, or the first use")
    etag: str = ""
    last_modified: str = ""
    fetched: str = Field(description="UTC time")
    unpacked: dict[str, str] = Field(default_factory=dict, description="name -> SHA-256 of what came out of it; empty where that is out of date")


class Stored(Settings):
    """The file's content."""

    recipe: str
    title: str
    release: str
    licence: str
    licence_url: str
    citation: str
    homepage: str
    files: dict[str, Entry] = Field(default_factory=dict)


class Record:
    """The record of one folder. Raises FetchError where it is damaged, or another recipe's."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.path = folder / RECORD
        terms = recipe.model_dump(include=set(Stored.model_fields) - {"recipe", "files"})
        self.stored = Stored(recipe=recipe.name, **terms)
        try:
            old = Stored.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return
        except OSError as error:
            raise FetchError(f"cannot be read: {error.strerror}", where=str(self.path)) from None
        except ValidationError:
            mend = "remove it; files without a publisher's checksum then have to be fetched again with --accept-changed"
            raise FetchError("is damaged", where=str(self.path), mend=mend) from None
        if old.recipe != recipe.name:
            raise FetchError(f"belongs to {old.recipe!r}, not to {recipe.name!r}", where=str(self.path), mend="choose another --out")
        self.stored = self.stored.model_copy(update={"files": old.files})

    def get(self, name: str) -> Entry | None:
        """Return what is known of a file."""
        return self.stored.files.get(name)

    def save(self, name: str, entry: Entry) -> None:
        """Write down one file, atomically."""
        self.stored = self.stored.model_copy(update={"files": {**self.stored.files, name: entry}})
        half = beside(self.path, PART)
        with writing(self.path):
            with half.open("w", encoding="utf-8") as stream:
                stream.write(json.dumps(self.stored.model_dump(), indent=2, ensure_ascii=False) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            half.replace(self.path)
