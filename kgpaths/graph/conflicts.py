"""Read the links that a build refused or set aside, with the names of what they would have joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from kgpaths.errors import GraphError, InputError
from kgpaths.graph.store import BUILD, Graph

CONFLICTS = "conflicts.parquet"
REASONS = {
    "same_prefix": "would join two ids of one prefix",
    "denied": "would join two ids that a source denies to be the same",
    "category": "between two kinds of things; a mapping edge where both are concepts",
    "not_one_to_one": "an untyped cross-reference that is not one-to-one",
    "alt_id_in_use": "a replaced id that is a concept of its own",
    "alt_id_of_two": "a replaced id that two concepts claim",
}


@dataclass(frozen=True)
class Refused:
    """A link that was refused. A name is empty where the graph has no concept of that id."""

    a: str
    a_name: str
    b: str
    b_name: str
    reason: str
    via: str


def conflict_counts(graph: Graph) -> dict[str, int]:
    """Return how many links were refused for each reason, most first. Raises GraphError where the table is missing or damaged."""
    counts = dict(read(graph, ["reason"])["reason"].value_counts().iter_rows())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def refused_links(graph: Graph, reason: str = "", limit: int | None = None) -> Iterator[Refused]:
    """Yield the first ``limit`` links that were refused, of one reason or of all.

    Raises GraphError where the table is missing or damaged, InputError for a reason that no link has.
    """
    links = read(graph, ["a", "b", "reason", "via"])
    if reason:
        known = links["reason"].unique().sort().to_list()
        if reason not in known:
            raise InputError(f"no link was refused for {reason!r}", where=str(graph.path), mend=f"there are {', '.join(known) or 'none at all'}")
        links = links.filter(pl.col("reason") == reason)
    for a, b, why, via in links.head(len(links) if limit is None else limit).iter_rows():
        yield Refused(a, name_of(graph, a), b, name_of(graph, b), why, via)


def name_of(graph: Graph, curie: str) -> str:
    """Return the name of the concept an id stands for, empty where there is none."""
    return graph.concept_name(graph.index(curie)) if curie in graph else ""


def read(graph: Graph, columns: list[str]) -> pl.DataFrame:
    """Read columns of the table."""
    try:
        return pl.read_parquet(graph.path / CONFLICTS, columns=columns)
    except (OSError, pl.exceptions.PolarsError) as error:
        what = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
        raise GraphError(what, where=str(graph.path / CONFLICTS), mend=f"build it again; {BUILD}") from error
