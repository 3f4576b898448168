"""Prompt files: text with variables under a front matter, kgpaths' own or a user's in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kgpaths.errors import ConfigError
from kgpaths.model import digest

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<front>.*?)^---[ \t]*\r?$\n?(?P<text>.*)\Z", re.DOTALL | re.MULTILINE)
_KEYS = {"name", "version", "variables", "schema"}


@dataclass(frozen=True)
class Prompt:
    """One prompt file: its text with variables as ``{{name}}``, and the JSON schema of the reply where it asks for one."""

    name: str
    version: int
    text: str
    file: str
    hash: str  # of the whole file, front matter included
    variables: frozenset[str] = frozenset()
    schema: Mapping[str, Any] = field(default_factory=dict)

    def fill(self, **values: str) -> str:
        """Return the text with every variable in its place; values are never looked into, whatever they hold.

        Raises ConfigError, naming the file, for a variable that is missing or unknown.
        """
        if missing := sorted(self.variables - values.keys()):
            raise ConfigError(f"prompt variable {missing[0]!r} is missing", where=self.file)
        if unknown := sorted(values.keys() - self.variables):
            raise ConfigError(f"prompt variable {unknown[0]!r} is unknown", where=self.file, mend=f"it has {listed(self.variables)}")
        return _VARIABLE.sub(lambda found: values[found[1]], self.text)


def prompts_folder() -> Path:
    """Return the folder of our own prompts: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "prompts", package.parent / "prompts")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise ConfigError("the prompts are missing", where=str(candidates[0]), mend="reinstall kgpaths")


class Prompts:
    """The prompts of a run: each from the user's ``folder`` where it stands there, else our own. Every file is read once."""

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder) if folder else None
        if self.folder and not self.folder.is_dir():
            raise ConfigError("is no folder", where=folder, mend="write.prompts names a folder with prompt files, or nothing")
        self._read: dict[str, Prompt] = {}

    def get(self, name: str, variables: Iterable[str] = ()) -> Prompt:
        """Return prompt ``name``, whose text is to have just these ``variables``. Raises ConfigError where it has not."""
        if name not in self._read:
            own = prompts_folder() / f"{name}.md"
            theirs = self.folder / f"{name}.md" if self.folder else own
            self._read[name] = read(theirs if theirs.is_file() else own)
        prompt, known = self._read[name], frozenset(variables)
        if unknown := sorted(prompt.variables - known):
            raise ConfigError(f"prompt variable {unknown[0]!r} is unknown", where=prompt.file, mend=f"it may have {listed(known)}")
        if missing := sorted(known - prompt.variables):
            raise ConfigError(f"prompt variable {missing[0]!r} is missing", where=prompt.file, mend=f"the text is to have {listed(known)}")
        return prompt


def read(path: Path) -> Prompt:
    """Return the prompt of a file. Raises ConfigError, naming it, where it is no prompt or its variables are not those it declares."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError(f"cannot be read: {why}", where=str(path), mend="a prompt is a text file NAME.md") from None
    found = _FRONT.match(content)
    if found is None:
        raise ConfigError("has no front matter", where=str(path), mend="begin with ---, name: and version:, and --- again")
    front = header(found["front"], path)
    text = found["text"].replace("\r\n", "\n").strip()
    used, declared = frozenset(_VARIABLE.findall(text)), frozenset(front.get("variables") or ())
    if unknown := sorted(used - declared):
        raise ConfigError(f"prompt variable {unknown[0]!r} is unknown", where=str(path), mend=f"the front matter declares {listed(declared)}")
    if missing := sorted(declared - used):
        raise ConfigError(f"prompt variable {missing[0]!r} is missing", where=str(path), mend="the front matter declares it, the text has it not")
    return Prompt(front["name"], front["version"], text, str(path), digest(content), declared, front.get("schema") or {})


def header(text: str, path: Path) -> dict[str, Any]:
    """Return a front matter. Raises ConfigError where it is no YAML, or a key is unknown, missing or of the wrong type."""
    try:
        front = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"the front matter is no YAML: {str(error).splitlines()[0]}", where=str(path)) from None
    if not isinstance(front, dict):
        raise ConfigError("the front matter has no keys", where=str(path), mend="it begins with name: and version:")
    if unknown := sorted(map(str, front.keys() - _KEYS)):
        raise ConfigError(f"unknown key {unknown[0]!r}", where=str(path), mend=f"keys are {listed(_KEYS)}")
    if front.get("name") != path.stem:
        raise ConfigError(f"its name is {front.get('name')!r}", where=str(path), mend=f"name: {path.stem}, as the file's")
    if type(front.get("version")) is not int:
        raise ConfigError(f"its version is {front.get('version')!r}", where=str(path), mend="version: 1, raised with every change")
    variables = front.get("variables") or []
    if not isinstance(variables, list) or not all(isinstance(name, str) for name in variables):
        raise ConfigError("its variables are no list of names", where=str(path), mend="variables: [one, two]")
    if not isinstance(front.get("schema") or {}, dict):
        raise ConfigError("its schema is no JSON schema", where=str(path), mend="schema: an object with type: object")
    return front


def listed(names: Iterable[str]) -> str:
    """Return names for a message."""
    return ", ".join(sorted(names)) or "none"


def hash_of(prompts: Iterable[Prompt]) -> str:
    """Return the hash of prompts as a row records it: it changes with any change of any of their files."""
    return digest(sorted((prompt.name, prompt.hash) for prompt in prompts), 20)
