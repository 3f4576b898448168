"""What a recipe is: where a publisher keeps a graph, under which terms, and how to know that it arrived whole.

Recipes ship with the package (``ontologies/recipes/``); a user may write one, and so may a stranger: a recipe names
files inside one folder and http addresses, and nothing else.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from kgpaths.config import Settings
from kgpaths.errors import InputError, KgpathsError

RECORD = "fetched.json"
PART, STATE, BAD = ".part", ".part.json", ".bad"
LARGEST_RECIPE = 1 << 20

Option = str | int | float | bool | list[str] | None
Digest256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Digest128 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class FetchError(KgpathsError):
    """A file cannot be fetched, is not what its publisher or an earlier fetch says it is, or cannot be unpacked."""


def plain(text: str) -> str:
    """Return ``text`` if a terminal can show it: a recipe's words are printed, and must not steer the terminal."""
    if not text.strip() or any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text if c != "\n"):
        raise ValueError("must be printable text")
    return text.strip()


def web_address(text: str) -> str:
    """Return ``text`` if it is an https or http address without user name or password."""
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("must be an address without spaces, in ASCII")
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http"):
        raise ValueError("must begin with https:// or http://")
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("must name a host, without user name or password")
    _ = parts.port  # raises ValueError where it is no port
    return text


def file_name(text: str) -> str:
    """Return ``text`` if it is a plain path inside the folder that no other file of a fetch takes."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*", text):
        raise ValueError("must be a relative path of letters, digits and ._+- within the folder")
    if is_reserved(text):
        raise ValueError("is a name that fetching uses itself")
    return text


def is_reserved(name: str) -> bool:
    """Tell whether ``name`` is one of those fetching keeps for itself, in whatever case a file system sees them."""
    lower = name.lower()
    return lower == RECORD or lower.endswith((PART, STATE, BAD)) or lower.split("/")[0].startswith(".unpack")


Text = Annotated[str, AfterValidator(plain)]
Address = Annotated[str, AfterValidator(web_address)]
FileName = Annotated[str, AfterValidator(file_name)]


class Unpack(Settings):
    """How a fetched archive is unpacked into the folder."""

    format: Literal["zip", "tar.gz"]
    members: tuple[Text, ...] = Field((), description="names in the archive, * and ? allowed; none for all")


class File(Settings):
    """One file of a publisher. Without ``sha256`` and ``md5`` the publisher states no checksum, and the first fetch sets one."""

    url: Address
    path: FileName = Field(description="its place in the folder")
    size: int | None = Field(None, ge=0, description="bytes, where the publisher's file does not move")
    sha256: Digest256 | None = None
    md5: Digest128 | None = Field(None, description="for publishers that state no better one")
    unpack: Unpack | None = None

    @property
    def pinned(self) -> bool:
        """Whether the publisher's checksum is known."""
        return bool(self.sha256 or self.md5)


class Recipe(Settings):
    """A public graph or mapping set: its files, its terms and the reader of kgpaths that takes it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Text
    files: tuple[File, ...] = Field(min_length=1)
    licence: Text = Field(description="SPDX id where there is one, and what else a user must know")
    licence_url: Address
    citation: Text
    homepage: Address
    release: Text
    source: dict[str, Option] = Field(default_factory=dict, description="reader and options of a graph recipe")
    note: Text | None = None

    @model_validator(mode="after")
    def files_do_not_meet(self) -> Recipe:
        """Refuse two files of one name, and a file that would have to be a folder, too."""
        seen: list[str] = []
        for file in self.files:
            name = file.path.lower()
            if any(name == other or name.startswith(f"{other}/") or other.startswith(f"{name}/") for other in seen):
                raise ValueError(f"two files meet at {file.path!r}")
            seen.append(name)
        return self

    @property
    def size(self) -> int | None:
        """The bytes of all files together, where all are known."""
        sizes = [file.size for file in self.files]
        return sum(size for size in sizes if size is not None) if None not in sizes else None


def recipes_folder() -> Path:
    """Return the folder of the shipped recipes: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "ontologies" / "recipes", package.parent / "ontologies" / "recipes")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise InputError("the recipes are missing", where=str(candidates[0]), mend="reinstall kgpaths")


def recipe_names() -> list[str]:
    """Return the names of the shipped recipes."""
    return sorted(path.stem for path in recipes_folder().glob("*.yaml"))


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Return a shipped recipe by its name, or a user's by its path.

    Raises InputError naming file, row and field of a recipe that cannot be used.
    """
    given = str(name_or_path)
    names = recipe_names()
    if given in names:
        return read_recipe(recipes_folder() / f"{given}.yaml")
    if isinstance(name_or_path, Path) or "/" in given or given.endswith((".yaml", ".yml")):
        return read_recipe(Path(name_or_path))
    near = get_close_matches(given.lower(), names, 1)
    mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}; a file of your own ends in .yaml"
    raise InputError(f"no recipe has the name {given!r}", mend=mend)


def read_recipe(path: Path) -> Recipe:
    """Read and check one recipe file."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_RECIPE + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), mend="kgpaths kg fetch --list shows the recipes") from None
    if len(content) > LARGEST_RECIPE:
        raise InputError("is too large for a recipe", where=str(path))
    try:
        loaded = yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError("is not YAML", where=f"{path}{f', row {mark.line + 1}' if mark else ''}") from None
    if not isinstance(loaded, dict):
        raise InputError("is not a mapping of keys to values", where=str(path))
    try:
        return Recipe.model_validate(loaded)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        got = f" (got {str(first['input'])[:80]!r})" if field and first["type"] != "missing" else ""
        message = first["msg"].removeprefix("Value error, ")
        mend = "put it in quotation marks" if first["type"] == "string_type" and not isinstance(first["input"], list | dict) else ""
        raise InputError(message[0].lower() + message[1:] + got, where=f"{path}, field {field or 'files'}", mend=mend) from None
