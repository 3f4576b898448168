"""Write the tables of these pages from what they describe: the nouns, the configuration, the core's files, the graph.

``python docs/make_tables.py`` writes them, ``--check`` only tells which page is behind. A table stands between
``<!-- table: NAME -->`` and ``<!-- end -->``. What a field means is written by hand in the table's last column and is kept.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from kgpaths import model, resolve
from kgpaths.config import RunConfig
from kgpaths.graph.manifest import GraphManifest
from kgpaths.sources.core import core_folder
from kgpaths.vocabulary import PREDICATES

DOCS = Path(__file__).parent
PAGES = ("schema.md", "howto.md", "graph.md")
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.S)
ROW = re.compile(r"^\| `([^`]+)` \|.*\| ([^|]*) \|$", re.M)
SCALARS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def refreshed(page: str, graph: GraphManifest) -> str:
    """Return ``page`` with its tables as they should be, meanings kept."""

    def table(found: re.Match[str]) -> str:
        begin, name, end = found.groups()
        kind, _, argument = name.partition(":")
        makers: dict[str, Callable[[], list[str]]] = {
            "noun": lambda: noun_table(getattr(model, argument), dict(ROW.findall(found[0]))),
            "config": config_table,
            "core-predicates": core_predicates,
            "core-categories": core_categories,
            "core-questions": core_questions,
            "sources": lambda: source_table(graph),
            "graph-predicates": lambda: graph_predicates(graph),
        }
        return begin + "\n".join(makers[kind]()) + "\n" + end

    return BLOCK.sub(table, page)


def noun_table(noun: type[BaseModel], meanings: dict[str, str]) -> list[str]:
    """Return one row per field of a noun; a field without a meaning yet gets an empty one."""
    rows = [(f"`{name}`", type_text(field.annotation), default_text(field), meanings.get(name, "")) for name, field in noun.model_fields.items()]
    return markdown(("field", "type", "default", "meaning"), rows)


def type_text(annotation: Any) -> str:
    """Return a field's type in words, nouns as links to their tables."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin is Literal:
        return ", ".join(f"`{a}`" for a in args)
    if origin in (Union, UnionType):
        return " or ".join(type_text(a) for a in args if a is not NoneType) + " or null"
    if origin is tuple:
        return f"list of {type_text(args[0])}"
    return f"[{annotation.__name__}](#{annotation.__name__.lower()})"


def default_text(field: Any) -> str:
    """Return a field's default, or that it must be given."""
    if field.default is PydanticUndefined:
        return "must be given"
    if field.default == () or field.default is None or field.default == "":
        return "empty" if field.default is not None else "null"
    return f"`{json.dumps(field.default)}`"


def config_table() -> list[str]:
    """Return one row per configuration key."""
    values, keys = resolve.flatten(RunConfig()), resolve.keys()
    return markdown(("key", "default", "meaning"), [(f"`{key}`", f"`{json.dumps(values[key])}`", keys[key]) for key in keys])


def core_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the core's tables."""
    with (core_folder() / name).open(encoding="utf-8", newline="") as stream:
        lines = (line for line in stream if not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def core_predicates() -> list[str]:
    """Return the core's edges by predicate, with those that are negated."""
    rows = core_rows("edges.tsv")
    found = Counter(row["predicate"].partition(":")[2] for row in rows)
    denied = Counter(row["predicate"].partition(":")[2] for row in rows if row["negated"] == "true")
    table = [(f"`{name}`", PREDICATES[name].reads, f"{n:,}", f"{denied[name]:,}" if denied[name] else "") for name, n in ordered(found)]
    return markdown(("predicate", "reads", "edges", "of them NOT"), [*table, ("all", "", f"{len(rows):,}", f"{sum(denied.values()):,}")])


def core_categories() -> list[str]:
    """Return the core's concepts by category, with those that have a cross-reference."""
    rows = core_rows("nodes.tsv")
    found = Counter(row["category"].partition(":")[2] for row in rows)
    joined = Counter(row["category"].partition(":")[2] for row in rows if row["xref"])
    table = [(f"`{name}`", f"{n:,}", f"{joined[name]:,}" if joined[name] else "") for name, n in ordered(found)]
    return markdown(("category", "concepts", "with a cross-reference"), [*table, ("all", f"{len(rows):,}", f"{sum(joined.values()):,}")])


def core_questions() -> list[str]:
    """Return the shipped questions by set, with those that the graph cannot answer."""
    text = (core_folder() / "questions.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    found = Counter(row.get("set") or "none" for row in rows)
    unanswerable = Counter(row.get("set") or "none" for row in rows if row.get("expected"))
    return markdown(
        ("set", "questions", "of them not to be answered"), [(f"`{name}`", str(n), str(unanswerable[name] or "")) for name, n in ordered(found)]
    )


def source_table(graph: GraphManifest) -> list[str]:
    """Return the graph's sources with their terms, and what each brought before merging."""
    rows = [
        (s.name, s.release or "with the package", s.licence, f"{s.nodes:,}", f"{s.edges:,}", f"{s.aliases:,}", f"{s.xrefs:,}") for s in graph.sources
    ]
    table = markdown(("source", "release", "licence", "concepts", "edges", "names", "cross-references"), rows)
    return [*table, "", f"Merged: **{graph.concepts:,} concepts, {graph.edges:,} edges**; {graph.conflicts:,} links were refused."]


def graph_predicates(graph: GraphManifest) -> list[str]:
    """Return the merged graph's edges by predicate."""
    return markdown(("predicate", "edges"), [(f"`{name}`", f"{n:,}") for name, n in ordered(Counter(graph.predicates))])


def ordered(found: Counter[str]) -> list[tuple[str, int]]:
    """Return names with their numbers, most first, then by name."""
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)]


def main() -> int:
    """Write the pages, or with ``--check`` name those that are behind."""
    from kgpaths.graph.embedded import open_embedded

    graph, behind = open_embedded().manifest, []
    for name in PAGES:
        path = DOCS / name
        old = path.read_text(encoding="utf-8")
        new = refreshed(old, graph)
        if new != old:
            behind.append(name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    print(("behind: " if "--check" in sys.argv else "written: ") + (", ".join(behind) or "nothing"))
    return int(bool(behind) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
