"""Read the short YAML that says what the columns of a user's own tables are; ``own_csv.py`` reads the tables themselves."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import plainyaml
from kgpaths.sources.delimited import Delimited, delimited
from kgpaths.sources.files import inside, read_text
from kgpaths.sources.kgx_edges import stored_predicate
from kgpaths.sources.tables import SCOPES
from kgpaths.vocabulary import CATEGORIES, PREDICATES, QUALIFIERS, is_predicate

SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
BY_ENDING = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}
LEAVE_OUT = "leave out"
NOT = "not "


@dataclass(frozen=True)
class Ids:
    """A column of ids: with a prefix of its own, or made of names."""

    column: str
    prefix: str = ""
    of_names: bool = False


@dataclass(frozen=True)
class Items:
    """A column of one or several values; each may lack its prefix."""

    column: str
    separator: str = ""  # empty: one value
    prefix: str = ""
    kind: str = ""  # the scope of synonyms, the field of cross-references


@dataclass(frozen=True)
class Term:
    """A category or predicate: one for all rows, or a column with what its values mean."""

    constant: str = ""
    column: str = ""
    meaning: Mapping[str, str] | None = None
    default: str = ""  # of a category that is empty or unknown


@dataclass(frozen=True)
class End:
    """Subject or object of an edge; with a column of names it is a node by itself."""

    ids: Ids
    name: str = ""
    category: Term | None = None


@dataclass(frozen=True)
class Table:
    """A file, its columns, and those of them that are used."""

    file: str  # as the YAML names it
    text: Delimited
    columns: tuple[str, ...]
    used: dict[str, None]

    def column(self, section: Section, key: str, name: str) -> str:
        """Return a column's name and remember that it is used. Raises InputError where there is no such column."""
        if name not in self.columns:
            section.fail(f"{self.file} has no column {name!r}", nearest(name, self.columns), key)
        self.used[name] = None
        return name

    def blocks(self, limit: int | None) -> Iterator[pl.DataFrame]:
        """Yield the rows in blocks, the columns used as text."""
        return self.text.batches(list(self.used), limit=limit)


@dataclass(frozen=True)
class NodeTable:
    table: Table
    ids: Ids
    name: str
    category: Term
    definition: str
    synonyms: tuple[Items, ...]
    xrefs: tuple[Items, ...]


@dataclass(frozen=True)
class EdgeTable:
    table: Table
    subject: End
    predicate: Term
    object: End
    texts: Mapping[str, str]  # KGX field -> column
    publications: tuple[Items, ...]


@dataclass(frozen=True)
class Spec:
    name: str
    licence: str
    release: str
    url: str
    restricted: bool
    prefix: str
    nodes: tuple[NodeTable, ...]
    edges: tuple[EdgeTable, ...]


TEXTS = {
    "negated": "negated",
    "confidence": "has_confidence_score",
    "date": "update_date",
    "citation": "citation",
    "note": "note",
    "frequency": "frequency_qualifier",
    "onset": "onset_qualifier",
    "sex": "sex_qualifier",
}
"""Key of an edge table -> KGX field."""


class Section:
    """A mapping of the YAML whose every key is known. Errors name the file and the place in it."""

    def __init__(self, path: Path, place: str, value: Any, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.path, self.place = path, place
        if not isinstance(value, dict):
            self.fail(f"must have keys, not {reprlib.repr(value)}", mend=f"keys: {', '.join((*required, *optional))}")
        self.values: dict[str, Any] = value
        for key in self.values:
            if key not in (*required, *optional):
                self.fail(f"unknown key {key!r}", mend=nearest(key, (*required, *optional)))
        for key in required:
            if key not in self.values:
                self.fail(f"key {key!r} is missing")

    def fail(self, what: str, mend: str = "", key: str = "") -> NoReturn:
        """Raise InputError for this place."""
        place = ".".join(filter(None, (self.place, key)))
        raise InputError(what, where=f"{self.path}, {place}" if place else str(self.path), mend=mend)

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (key in self.values and not value.strip()):
            self.fail(f"must be a text, not {reprlib.repr(value)}", key=key)
        return str(value).strip()

    def flag(self, key: str, default: bool) -> bool:
        """Return a truth value."""
        value = self.text(key, str(default)).lower()
        if value not in ("true", "false", "yes", "no"):
            self.fail(f"must be true or false, not {value!r}", key=key)
        return value in ("true", "yes")

    def one_or_more(self, key: str) -> list[Any]:
        """Return a list's items, or the one value in its place."""
        value = self.values.get(key, [])
        return value if isinstance(value, list) else [value]

    def at(self, key: str) -> str:
        """Return the place of a key."""
        return ".".join(filter(None, (self.place, key)))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return what a misspelt word may have meant, as an error's last words."""
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6) or [n for n in names if n.lower().startswith(word.lower())][:1]
    listed = f"one of {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}"
    return f"did you mean {close[0]!r}?" if close else listed


def read_spec(path: Path) -> Spec:
    """Read and check the YAML, the tables' headers with it. Raises InputError naming the key, with the nearest right one."""
    try:
        loaded = plainyaml.load(read_text(path))
    except plainyaml.YamlError as error:
        where = f"{path}, row {error.row}" if error.row else str(path)
        raise InputError(error.what, where=where, mend="give the short YAML that names the columns") from None
    top = Section(path, "", loaded, ("name", "licence", "edges"), ("release", "url", "restricted", "prefix", "nodes"))
    prefix = prefix_of(top, "prefix")
    return Spec(
        top.text("name"),
        top.text("licence"),
        top.text("release"),
        top.text("url"),
        top.flag("restricted", False),
        prefix,
        tuple(_nodes(path, place, value) for place, value in _numbered(top, "nodes")),
        tuple(_edges(path, place, value, prefix) for place, value in _numbered(top, "edges")),
    )


def _numbered(section: Section, key: str) -> list[tuple[str, Any]]:
    """Return the items of a key with their places: "nodes", or "nodes[2]" where there are several."""
    values = section.one_or_more(key)
    return [(f"{section.at(key)}[{i}]" if len(values) > 1 else section.at(key), value) for i, value in enumerate(values, 1)]


def prefix_of(section: Section, key: str) -> str:
    """Return an id prefix. Raises InputError where it could not stand before a colon."""
    prefix = section.text(key).removesuffix(":")
    if any(c.isspace() or c in ':/"' for c in prefix):
        section.fail(f"{prefix!r} is no prefix", mend="letters and digits, e.g. LOCAL", key=key)
    return prefix


def _nodes(path: Path, place: str, value: Any) -> NodeTable:
    """Return a table of nodes."""
    section = Section(path, place, value, ("file", "id", "category"), ("separator", "quoted", "name", "definition", "synonyms", "xrefs"))
    table = _table(section)
    return NodeTable(
        table,
        _ids(section, "id", table),
        _column(section, "name", table),
        _term(section, "category", table),
        _column(section, "definition", table),
        tuple(_items(path, at, one, table, ("scope",)) for at, one in _numbered(section, "synonyms")),
        tuple(_items(path, at, one, table, ("exact",)) for at, one in _numbered(section, "xrefs")),
    )


def _edges(path: Path, place: str, value: Any, prefix: str) -> EdgeTable:
    """Return a table of edges."""
    optional = ("separator", "quoted", *TEXTS, "publications", "qualifiers")
    section = Section(path, place, value, ("file", "subject", "predicate", "object"), optional)
    table = _table(section)
    qualifiers = Section(path, section.at("qualifiers"), section.values.get("qualifiers", {}), (), [q for q in QUALIFIERS if q != "qualifiers"])
    texts = {field: _column(section, key, table) for key, field in TEXTS.items() if key in section.values}
    texts |= {key: _column(qualifiers, key, table) for key in qualifiers.values}
    return EdgeTable(
        table,
        _end(section, "subject", table, prefix),
        _term(section, "predicate", table),
        _end(section, "object", table, prefix),
        texts,
        tuple(_items(path, at, one, table) for at, one in _numbered(section, "publications")),
    )


def _table(section: Section) -> Table:
    """Return a section's file with its columns, read from the file's first line."""
    file = section.text("file")
    path = inside(section.path.parent, file)
    ending = Path(file.removesuffix(".gz")).suffix.lower()
    given = section.values.get("separator", BY_ENDING.get(ending, ""))
    separator = SEPARATORS.get(str(given), given)
    if not isinstance(separator, str) or len(separator) != 1 or not separator.isascii() or separator in '"\n\r':
        what = f"{reprlib.repr(given)} is no separator" if given else f"what separates the columns of {file} is not known"
        section.fail(what, f"one of {', '.join(SEPARATORS)}", "separator")
    quoted = section.flag("quoted", separator != "\t")
    text = delimited(path, separator, quoted=quoted)
    return Table(file, text, text.columns(), {})


def _column(section: Section, key: str, table: Table) -> str:
    """Return the column a key names, empty where the key is not given."""
    return table.column(section, key, section.text(key)) if key in section.values else ""


def _ids(section: Section, key: str, table: Table) -> Ids:
    """Return a column of ids: its name, or ``{column: ..., prefix: ...}``."""
    value = section.values[key]
    if isinstance(value, str):
        return Ids(_column(section, key, table))
    inner = Section(section.path, section.at(key), value, ("column",), ("prefix",))
    return Ids(_column(inner, "column", table), prefix_of(inner, "prefix"))


def _end(section: Section, key: str, table: Table, prefix: str) -> End:
    """Return an edge's end: a column of ids, or ``{column, prefix, name, category}``; without ``column``, ids are made of names."""
    value = section.values[key]
    if isinstance(value, str):
        return End(Ids(_column(section, key, table)))
    inner = Section(section.path, section.at(key), value, (), ("column", "prefix", "name", "category"))
    name, own = _column(inner, "name", table), prefix_of(inner, "prefix")
    if not name and "column" not in inner.values:
        inner.fail("names no column", mend="column: for ids, name: for names")
    if bool(name) != ("category" in inner.values):
        inner.fail("name and category go together: they make nodes of the edges' ends")
    ids = Ids(_column(inner, "column", table) or name, own, of_names="column" not in inner.values)
    if ids.of_names and not (own or prefix):
        inner.fail("ids made of names need a prefix", mend="prefix: LOCAL, here or at the top")
    return End(ids, name, _term(inner, "category", table) if name else None)


def _items(path: Path, place: str, value: Any, table: Table, more: tuple[str, ...] = ()) -> Items:
    """Return a column of values: its name, or ``{column, separator, prefix}`` and ``scope`` or ``exact``."""
    section = Section(path, place, {"column": value} if isinstance(value, str) else value, ("column",), ("separator", "prefix", *more))
    separator = section.values.get("separator", "")
    separator = SEPARATORS.get(str(separator), separator)
    if not isinstance(separator, str) or ("separator" in section.values and not separator):
        section.fail(f"{reprlib.repr(separator)} is no separator", f"{', '.join(SEPARATORS)}, or the characters themselves", "separator")
    kind = ""
    if "scope" in more:
        kind = section.text("scope", "exact")
        if kind not in SCOPES[1:]:
            section.fail(f"{kind!r} is no scope", nearest(kind, SCOPES[1:]), "scope")
    if "exact" in more:
        kind = "same_as" if section.flag("exact", False) else "xref"
    return Items(_column(section, "column", table), separator, prefix_of(section, "prefix"), kind)


def _term(section: Section, key: str, table: Table) -> Term:
    """Return a category or predicate: a known one for all rows, else a column, or ``{column, map, default}``."""
    value = section.values[key]
    check = _category if key == "category" else _predicate
    if isinstance(value, str):
        known = value.strip() in CATEGORIES if key == "category" else is_known(value)
        if known:
            return Term(constant=check(section, key, value))
        if value.strip() not in table.columns:
            words = [*table.columns, *(CATEGORIES if key == "category" else PREDICATES)]
            section.fail(f"{value!r} is neither a {key} nor a column of {table.file}", nearest(value, words), key)
        return Term(column=table.column(section, key, value.strip()))
    optional = ("map", "default") if key == "category" else ("map",)
    inner = Section(section.path, section.at(key), value, ("column",), optional)
    meaning = inner.values.get("map", {})
    if not isinstance(meaning, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in meaning.items()):
        inner.fail(f"must give a {key} for each value", mend=f"map: {{VALUE: {'Disease' if key == 'category' else 'treats'}}}", key="map")
    default = check(inner, "default", inner.text("default")) if "default" in inner.values else ""
    return Term(column=_column(inner, "column", table), meaning={k: check(inner, "map", v) for k, v in meaning.items()}, default=default)


def _category(section: Section, key: str, text: str) -> str:
    """Return a category of Biolink. Raises InputError for another one."""
    name = text.strip().removeprefix("biolink:")
    if name not in CATEGORIES:
        section.fail(f"{name!r} is no category", nearest(name, CATEGORIES), key)
    return name


def is_known(text: str) -> bool:
    """Tell whether a text is a predicate of Biolink's or ours, or one with another prefix; "not " may stand before it."""
    name = text.strip().removeprefix(NOT).strip()
    stored = stored_predicate(name, "")[0]
    return is_predicate(stored) and not (":" in stored and stored.startswith(("biolink:", "kgpaths:")))


def _predicate(section: Section, key: str, text: str) -> str:
    """Return a predicate, "not " before it where the row denies it, or LEAVE_OUT. Raises InputError for another text."""
    if text.strip() != LEAVE_OUT and not is_known(text):
        section.fail(f"{text!r} is no predicate", f"{nearest(text, PREDICATES)}; one of your own bears a prefix: LOCAL:name", key)
    return text.strip()
