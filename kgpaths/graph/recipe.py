"""Build a graph from a recipe: a YAML file that lists sources, their options and mappings.

    name: my-graph
    sources:
      - type: hpo
      - type: umls
        path: /data/2026AA/META
        vocabularies: [SNOMEDCT_US, MSH]
    mappings:
      - type: sssom
        path: mondo_exactmatch_doid.sssom.tsv

A source's options are the keyword arguments of its reader. Where two sources speak of one id, the first given names it.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from kgpaths.errors import ConfigError, InputError
from kgpaths.sources import plainyaml
from kgpaths.sources.curies import PREFIXES

if TYPE_CHECKING:
    from kgpaths.graph.manifest import GraphManifest
    from kgpaths.sources.tables import SourceTables

Progress = Callable[[str], None]

READERS = {
    "umls": "umls:read_umls",
    "icd10cm": "icd10cm:read_icd10cm",
    "claml": "claml:read_claml",
    "icd9cm": "icd9cm:read_icd9cm",
    "hpo": "hpo:read_hpo",
    "ontology": "ontology:read_ontology",
    "primekg": "primekg:read_primekg",
    "hetionet": "hetionet:read_hetionet",
    "kgx": "kgx:read_kgx",
    "csv": "own_csv:read_own_csv",
    "core": "core:read_core",
    "sssom": "sssom:read_sssom_source",
    "table": "crosswalks:read_table",
}
"""Type of a source -> module and function below ``kgpaths.sources``."""

INTERNAL = ("limit", "info")  # parameters of readers that no recipe sets
DRY_ROWS = 1000


@dataclass(frozen=True)
class Source:
    """One entry of a recipe: a reader and its options, checked and complete."""

    type: str
    options: Mapping[str, Any]  # every option of the reader, defaults included
    where: str  # its place in the recipe, for errors

    @property
    def reader(self) -> Callable[..., SourceTables]:
        """The function that reads it."""
        return reader(self.type)

    def read(self, limit: int | None = None) -> SourceTables:
        """Read the source, or the first ``limit`` rows of each of its files."""
        if limit is None:
            return self.reader(**self.options)
        if "limit" not in inspect.signature(self.reader).parameters:
            return self.reader(**self.options)
        return self.reader(**self.options, limit=limit)

    def plain(self) -> dict[str, Any]:
        """Return the entry as the manifest keeps it."""
        return {
            "type": self.type,
            **{"path" if name == "folder" else name: plain(value) for name, value in self.options.items() if value is not None},
        }


@dataclass(frozen=True)
class Recipe:
    """What a graph is made of."""

    name: str
    release: str
    sources: tuple[Source, ...]

    def plain(self) -> dict[str, Any]:
        """Return the recipe as the manifest keeps it: every option spelt out."""
        return {"name": self.name, "release": self.release, "sources": [source.plain() for source in self.sources]}


def reader(kind: str) -> Callable[..., SourceTables]:
    """Return the reader of a type of source, importing it."""
    module, _, function = READERS[kind].partition(":")
    found: Callable[..., SourceTables] = getattr(import_module(f"kgpaths.sources.{module}"), function)
    return found


def plain(value: Any) -> Any:
    """Return an option's value as JSON has it."""
    if isinstance(value, Path):
        return str(value)
    return [plain(one) for one in value] if isinstance(value, tuple | list) else value


def read_recipe(path: Path) -> Recipe:
    """Read a recipe. Paths in it are taken from its folder.

    Raises InputError where the file is no YAML, ConfigError for a key, type or option that is unknown or of the wrong kind.
    """
    try:
        loaded = plainyaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), mend="docs/graphs.md shows a recipe") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), mend="give the recipe's file") from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=str(path), mend="save it as UTF-8") from None
    except plainyaml.YamlError as error:
        raise InputError(error.what, where=f"{path}, row {error.row}" if error.row else str(path), mend="docs/graphs.md shows a recipe") from None
    if not isinstance(loaded, dict):
        raise InputError("is not a mapping of keys to values", where=str(path), mend="it begins with name: and sources:")
    known = {"name": str, "release": str, "sources": list, "mappings": list}
    for key, value in loaded.items():
        if key not in known:
            raise ConfigError(f"unknown key {key!r}", where=str(path), mend=nearest(str(key), known))
        if value and not isinstance(value, known[key]):
            raise ConfigError(
                f"{key} has the wrong form", where=str(path), mend="a list of entries, each with a type" if known[key] is list else "a text"
            )
    entries = [(f"{path}, {part} {n}", entry) for part in ("sources", "mappings") for n, entry in enumerate(loaded.get(part) or [], 1)]
    sources = tuple(make_source(entry, where, path.parent) for where, entry in entries)
    if not sources:
        raise ConfigError("names no source", where=str(path), mend="sources: is a list of entries, each with a type")
    return Recipe(loaded.get("name") or path.stem, loaded.get("release") or "", sources)


def single(kind: str, path: str, options: Mapping[str, Any], name: str = "") -> Recipe:
    """Return the recipe of one source, as flags give it."""
    given = {"type": kind, **({"path": path} if path else {}), **options}
    return Recipe(name or kind, "", (make_source(given, f"source {kind}", Path()),))


def make_source(entry: object, where: str, folder: Path) -> Source:
    """Return a checked entry. Raises ConfigError for whatever is wrong with it."""
    if not isinstance(entry, dict) or "type" not in entry:
        raise ConfigError("has no type", where=where, mend=f"type: is one of {', '.join(READERS)}")
    kind = entry["type"]
    if not isinstance(kind, str) or kind not in READERS:
        raise ConfigError(f"unknown type {kind!r}", where=where, mend=nearest(str(kind), READERS))
    function = reader(kind)
    hints = get_type_hints(function)
    parameters = {name: p for name, p in inspect.signature(function).parameters.items() if name not in INTERNAL}
    renamed = {("path" if name == "folder" else name): name for name in parameters}  # a folder is given as path, too
    options: dict[str, Any] = {p.name: p.default for p in parameters.values() if p.default is not p.empty}
    for key, value in entry.items():
        if key == "type":
            continue
        if key not in renamed:
            raise ConfigError(f"unknown option {key!r} of {kind}", where=where, mend=nearest(str(key), renamed))
        options[renamed[key]] = checked(value, hints[renamed[key]], f"{where}, {key}", folder)
    for shown, name in renamed.items():
        if name not in options:
            raise ConfigError(f"{kind} needs the option {shown!r}", where=where, mend=f"add {shown}: to the entry")
    return Source(kind, options, where)


def checked(value: Any, hint: Any, where: str, folder: Path) -> Any:
    """Return a value of the kind an option asks for; relative paths are taken from ``folder``."""
    several = "Sequence" in str(hint)
    if several and isinstance(value, str):
        value = [value]
    try:
        found = TypeAdapter(hint, config=ConfigDict(strict=False)).validate_python(value)
    except ValidationError as error:
        raise ConfigError(f"has the wrong form: {error.errors()[0]['msg'].lower()}", where=where, mend=f"it is {value!r}") from None
    if several:
        return tuple(folder / one if isinstance(one, Path) else one for one in found)
    return folder / found if isinstance(found, Path) else found


def nearest(key: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """Return what to write instead of an unknown key."""
    close = get_close_matches(key, list(known), 1)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"


def build(recipe: Recipe, out: Path, *, cache: Path | None = None, progress: Progress) -> GraphManifest:
    """Build a recipe's graph in the folder ``out``. With ``cache``, sources that are unchanged are not read again."""
    from kgpaths.graph.build import build_graph
    from kgpaths.graph.cache import cached
    from kgpaths.graph.files import check_target

    check_target(out)
    tables = []
    for source in recipe.sources:
        if cache:
            tables.append(cached(source, cache, progress))
        else:
            progress(f"reading {source.type}")
            tables.append(source.read())
    return build_graph(tables, [], out, recipe.name, release=recipe.release, recipe=recipe.plain(), progress=progress)


@dataclass(frozen=True)
class Look:
    """What the first rows of a source hold."""

    source: Source
    name: str
    counts: Mapping[str, int]
    prefixes: Mapping[str, int]  # of the nodes' ids
    references: Mapping[str, int]  # prefixes of ids that nodes, edges and mappings refer to and that are no nodes here
    unknown: tuple[str, ...]  # prefixes that no map knows
    rejected: Mapping[str, tuple[int, str]]  # reason -> how many, an example


def look(source: Source, rows: int = DRY_ROWS) -> Look:
    """Read the first rows of a source. Raises what reading raises: the columns are checked on the way."""
    from kgpaths.sources.tables import batches

    tables = source.read(rows)
    edges = 0
    own, others = set(tables.nodes["id"]), Counter(curie for end in ("id", "xref") for curie in tables.xrefs[end])
    for frame in batches(tables.edges):
        edges += frame.height
        others.update(frame["subject"].to_list())
        others.update(frame["object"].to_list())
    references = Counter(curie.partition(":")[0] for curie in others if curie not in own)
    names = sum(frame.height for frame in batches(tables.aliases))
    prefixes = Counter(curie.partition(":")[0] for curie in tables.nodes["id"])
    counts = {"nodes": tables.nodes.height, "edges": edges, "names": names, "cross-references": tables.xrefs.height}
    reasons: dict[str, tuple[int, str]] = {}
    for frame in batches(tables.rejected):
        for file, row, reason, detail in frame.select("file", "row", "reason", "detail").iter_rows():
            number, example = reasons.get(reason, (0, ""))
            reasons[reason] = number + 1, example or f"{file}{f', row {row}' if row is not None else ''}: {detail}"
    unknown = tuple(sorted(prefix for prefix in {*prefixes, *references} if prefix not in PREFIXES))
    title = f"{tables.info.name} {tables.info.release}".strip()
    return Look(source, title, counts, dict(prefixes.most_common()), dict(references.most_common()), unknown, reasons)
