"""Write kgpaths/biolink/*.tsv from the Biolink model of the ``biolink-model`` wheel: its classes and its predicates.

The package needs a few columns of a file of a megabyte and reads them at every start. A test holds them to the model.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "kgpaths" / "biolink"


@cache
def model() -> dict[str, Any]:
    """Return the model file."""
    spec = importlib.util.find_spec("biolink_model")  # a namespace package, so it has no file of its own
    assert spec and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # twenty times faster where libyaml is there
    loaded: dict[str, Any] = yaml.load((folder / "schema" / "biolink_model.yaml").read_text(encoding="utf-8"), Loader=loader)
    return loaded


def camel(words: str | None) -> str:
    """Return a class's name as categories spell it."""
    return "".join(w[:1].upper() + w[1:] for w in words.split()) if words else ""


def ancestors(name: str) -> list[str]:
    """Return all ancestors of a class, its mixins included, nearest first."""
    found: list[str] = []
    queue = [name]
    while queue:
        here = model()["classes"][queue.pop(0)] or {}
        for parent in [here.get("is_a"), *(here.get("mixins") or ())]:
            if parent and parent not in found:
                found.append(parent)
                queue.append(parent)
    return found


def classes() -> dict[str, tuple[str, ...]]:
    """Return what a node can be: the named things, and the mixins they have, each with its ancestors among these."""
    things = {name for name in model()["classes"] if name == "named thing" or "named thing" in ancestors(name)}
    kept = things | {mixin for name in things for mixin in ancestors(name) if model()["classes"][mixin].get("mixin")}
    return {camel(name): tuple(camel(a) for a in ancestors(name) if a in kept) for name in sorted(kept)}


def lineage(name: str) -> list[str]:
    """Return a slot and its ancestors."""
    found = []
    while name:
        found.append(name)
        name = (model()["slots"].get(name) or {}).get("is_a")
    return found


def predicates() -> list[tuple[str, str, str, str, str, str]]:
    """Return name, inverse, "symmetric" or "", the name it is stored under, domain and range of each predicate in use."""
    slots = {name: slot or {} for name, slot in model()["slots"].items() if "related to" in lineage(name)}
    inverse = {name: slot["inverse"] for name, slot in slots.items() if "inverse" in slot}
    inverse |= {other: name for name, other in inverse.items() if other not in inverse}
    rows = []
    for name, slot in sorted(slots.items()):
        if slot.get("deprecated"):
            continue
        other = name if slot.get("symmetric") else inverse.get(name, "")
        turned = other in slots and other != name and bool((slots[other].get("annotations") or {}).get("canonical_predicate"))
        row = (name, other, "symmetric" if slot.get("symmetric") else "", other if turned else name)
        rows.append((*(text.replace(" ", "_") for text in row), camel(slot.get("domain")), camel(slot.get("range"))))
    return rows


def tsv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as text."""
    return "\n".join("\t".join(row) for row in (header, *rows)) + "\n"


def tables() -> dict[str, str]:
    """Return the files by name."""
    return {
        "classes.tsv": tsv(("class", "ancestors"), ((name, "|".join(above)) for name, above in classes().items())),
        "predicates.tsv": tsv(("predicate", "inverse", "symmetric", "stored_as", "domain", "range"), predicates()),
    }


if __name__ == "__main__":
    for file, text in tables().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
