"""Which concept is a kind of which, as files of an ontology state it: to give a pair "parent-child" its direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kgpaths.errors import InputError
from kgpaths.sources.curies import normalise
from kgpaths.sources.delimited import Delimited
from kgpaths.sources.files import where
from kgpaths.sources.obo import Term, read_obo


class Hierarchy:
    """The is_a links of ontologies, by CURIE; a replaced id stands for the one in use."""

    def __init__(self) -> None:
        self.parents: dict[str, tuple[str, ...]] = {}
        self.current: dict[str, str] = {}  # replaced id -> id in use

    def add(self, links: Iterable[tuple[str, str]]) -> None:
        """Add pairs of child and parent."""
        for child, parent in links:
            if parent not in (known := self.parents.get(child, ())):
                self.parents[child] = (*known, parent)

    def descends(self, children: Iterable[str], parents: Iterable[str]) -> bool:
        """Tell whether one of the children is, directly or not, a kind of one of the parents."""
        stack = [known for curie in children if (known := self.current.get(curie, curie)) in self.parents]
        if not stack:
            return False
        wanted = {self.current.get(curie, curie) for curie in parents}
        seen = set(stack)
        while stack:
            for parent in self.parents.get(stack.pop(), ()):
                if parent in wanted:
                    return True
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return False


def read_hierarchies(paths: Sequence[Path]) -> Hierarchy:
    """Read OBO files, or tables whose first two columns are child and parent; other columns and a header are passed over.

    Raises InputError for a file that is neither.
    """
    hierarchy = Hierarchy()
    for path in paths:
        if path.name.removesuffix(".gz").endswith(".obo"):
            add_terms(hierarchy, [term for term in read_obo(path)[1] if not term.obsolete])
        else:
            hierarchy.add(pairs(path))
    return hierarchy


def add_terms(hierarchy: Hierarchy, terms: Sequence[Term]) -> None:
    """Add the is_a links and the secondary ids of OBO terms in use."""
    for term in terms:
        child = normalise(term.id) or term.id
        hierarchy.add((child, normalise(parent) or parent) for parent in term.ids("is_a"))
        hierarchy.current.update((normalise(alt) or alt, child) for alt in term.ids("alt_id"))


def pairs(path: Path) -> list[tuple[str, str]]:
    """Return the pairs of a table. Raises InputError for a row whose first two fields are no CURIEs."""
    separator = "," if path.name.removesuffix(".gz").endswith(".csv") else "\t"
    header = Delimited((path,), separator, quoted=True).columns()
    if len(header) < 2:
        raise InputError("has one column", where=str(path), mend="give a .obo file, or child and parent in two columns")
    names = tuple(f"column_{i}" for i in range(len(header)))
    found = []
    for frame in Delimited((path,), separator, header=names, quoted=True).batches(names[:2]):
        for child, parent, row in frame.iter_rows():
            ids = normalise(child), normalise(parent)
            if ids[0] is not None and ids[1] is not None:
                found.append((ids[0], ids[1]))
            elif row > 1:
                raise InputError(
                    f"no pair of ids: {child!r}, {parent!r}", where=where(path, row), mend="child and parent as CURIEs, e.g. MONDO:0000004"
                )
    return found
