"""What a search for paths is asked and what it answers: which edges may be walked, and the routes found.

A ``Walk`` is said once and understood by every path finder, be its graph a folder here or in a server. It is about
edges and categories alone: prices and the rules of good argument are the search's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kgpaths.errors import InputError
from kgpaths.vocabulary import CATEGORIES, PREDICATES, is_a, is_predicate, predicate_of, stored_as

WALKED = frozenset(name for name, p in PREDICATES.items() if p.role in ("clinical", "taxonomy") or name in ("exact_match", "close_match"))
"""The predicates that are walked unless others are asked for: clinical ones, is_a, and what says that two concepts are the same."""

MOST_HOPS, MOST_ROUTES = 8, 1_000_000
LIMIT = 1_000  # routes, where nothing else is said

Names = frozenset[str] | None
"""Predicates or categories; None stands for any."""

NONE: frozenset[str] = frozenset()
ANY = "*"
_ARROW = re.compile(r"(<?)-(.*)-(>?)")


@dataclass(frozen=True)
class Leg:
    """What one hop may be: predicates walked from subject to object, those walked from object to subject, and where it may lead."""

    along: Names = WALKED
    against: Names = WALKED
    to: Names = None  # categories

    @classmethod
    def of(cls, predicates: Iterable[str] = (), *, forward: bool = True, backward: bool = True, to: Iterable[str] = ()) -> Leg:
        """Return a leg from names as people say them: none for ``WALKED``, ``*`` for any, inverses ("treated_by") turned round.

        ``forward`` and ``backward`` say which way the names may be read; a symmetric one reads both ways. Categories stand for their
        descendants too. Raises InputError for a name that no edge or concept can bear.
        """
        names = tuple(predicates) or tuple(sorted(WALKED))
        if ANY in names:
            return cls(None if forward else NONE, None if backward else NONE, categories(to))
        along: set[str] = set()
        against: set[str] = set()
        for name in names:
            stored, turned = stored_name(name)
            symmetric = predicate_of(stored).symmetric
            if symmetric or (backward if turned else forward):
                along.add(stored)
            if symmetric or (forward if turned else backward):
                against.add(stored)
        return cls(frozenset(along), frozenset(against), categories(to))


@dataclass(frozen=True)
class Walk:
    """Which routes count. NOT edges and edges with a qualifier that is never put into words (``vocabulary``) are in none.

    Without a ``pattern`` every hop is ``leg``, whose categories are those of the concepts between the ends. With one, a route
    has exactly its hops, the last of which says what the target must be, as ``start`` does of the source.
    """

    leg: Leg = Leg()
    pattern: tuple[Leg, ...] = ()
    start: Names = None

    @classmethod
    def of(cls, predicates: Iterable[str] = (), *, through: Iterable[str] = ()) -> Walk:
        """Return the walk over some predicates, either way, through concepts of some categories; see ``Leg.of`` for the names."""
        return cls(Leg.of(predicates, to=through))

    @classmethod
    def metapath(cls, text: str) -> Walk:
        """Read a pattern: ``Drug -treats|prevents-> Disease <-causes- * -- Gene``, its parts set apart by spaces.

        ``-p->`` is walked from subject to object, ``<-p-`` from object to subject, ``-p-`` either way; ``--`` is any predicate
        of ``WALKED`` and ``-*-`` any at all; ``*`` is any category. Raises InputError where it cannot be read.
        """
        parts = text.split()
        if len(parts) % 2 == 0 or len(parts) < 3:
            raise InputError(f"cannot read the metapath {text!r}", mend='for example "Drug -treats-> Disease -has_phenotype-> *"')
        ends = [named(part) for part in parts[::2]]
        legs = (leg_of(arrow, to) for arrow, to in zip(parts[1::2], ends[1:], strict=True))
        return cls(pattern=tuple(legs), start=categories(ends[0]))

    def legs(self, hops: int) -> tuple[Leg, ...]:
        """Return what each hop of a route of this many hops may be."""
        if self.pattern or not hops:
            return self.pattern
        return (self.leg,) * (hops - 1) + (replace(self.leg, to=None),)

    def lengths(self, max_hops: int) -> tuple[int, ...]:
        """Return how many hops a route between different concepts may have. Raises InputError where the pattern has more than are allowed."""
        if len(self.pattern) > max_hops:
            raise InputError(f"the metapath has {len(self.pattern)} hops, at most {max_hops} are allowed", mend=f"allow up to {MOST_HOPS}")
        return (len(self.pattern),) if self.pattern else tuple(range(1, max_hops + 1))

    def starts_at(self, category: str) -> bool:
        """Tell whether a route may begin at a concept of this category."""
        return self.start is None or category in self.start

    def ends_at(self, category: str) -> bool:
        """Tell whether a route may end at a concept of this category."""
        wanted = self.pattern[-1].to if self.pattern else None
        return wanted is None or category in wanted


USUAL = Walk()
"""Over ``WALKED`` predicates, either way, through anything."""


@dataclass(frozen=True)
class Route:
    """A path as it was found, without a score: concepts, and for each hop the edge's id, predicate, and whether it is walked inverted."""

    nodes: tuple[str, ...]
    edges: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    inverted: tuple[bool, ...] = ()

    @property
    def hops(self) -> int:
        return len(self.edges)

    @property
    def order(self) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        """The place of a route among others: by hops, then node ids, then edge ids."""
        return self.hops, self.nodes, self.edges


def check_bounds(max_hops: int, limit: int) -> None:
    """Raise InputError where a bound is no whole number or out of range: both become part of queries."""
    for name, value, low, high in (("max_hops", max_hops, 0, MOST_HOPS), ("limit", limit, 1, MOST_ROUTES)):
        if type(value) is not int or not low <= value <= high:
            raise InputError(f"{name} is {value!r}", mend=f"a whole number from {low} to {high:,}")


def unknown_concept(curie: str, where: str, mend: str = "give the id of a concept of this graph: kgpaths kg search finds it by name") -> InputError:
    """Return the error of a search from or to what is no concept."""
    return InputError(f"no concept has the id {curie!r}", where=where if where.isprintable() else repr(where), mend=mend)


def stored_name(predicate: str) -> tuple[str, bool]:
    """Return the name a predicate is stored under and whether its ends change places. Raises InputError where no edge can bear it."""
    stored, turned = stored_as(predicate)
    if not is_predicate(stored):
        raise InputError(f"no predicate is named {predicate!r}", mend="use Biolink's names, or a source's own with its prefix")
    return stored, turned


def categories(names: Iterable[str]) -> Names:
    """Return the categories with their descendants, or None, any, where there are none. Raises InputError for what is no category."""
    wanted = tuple(names)
    for name in wanted:
        if name != ANY and name not in CATEGORIES:
            raise InputError(f"no category is named {name!r}", mend="use Biolink's names, such as Disease or Drug")
    if not wanted or ANY in wanted:
        return None
    return frozenset(category for category in CATEGORIES if any(is_a(category, name) for name in wanted))


def leg_of(arrow: str, to: Iterable[str]) -> Leg:
    """Read one hop of a metapath."""
    read = _ARROW.fullmatch(arrow)
    if read is None or (read[1] and read[3]):
        raise InputError(f"cannot read the hop {arrow!r} of a metapath", mend="for example -treats->, <-treats- or -treats|causes-")
    return Leg.of(named(read[2]), forward=not read[1], backward=not read[3], to=to)


def named(part: str) -> tuple[str, ...]:
    """Return the names that a part of a metapath lists."""
    return tuple(filter(None, part.split("|")))
