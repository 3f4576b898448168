"""Merge concepts that are the same thing, link by link, best evidence first.

The transitive closure of plain cross-references collapses into cliques of thousands, so every link is judged on its
own: typed exact matches first, then untyped cross-references that are one-to-one both ways within one category. A link
that would join two ids of one prefix is refused, reported, and only that link; so is one that would join two ids which a
source denies to be the same. Codes of a classification and phenotype-disease pairs are never merged: their links become
mapping edges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kgpaths.graph.kinds import Kinds, both, kinds_of
from kgpaths.vocabulary import CATEGORIES, is_a

PREFERENCE = (
    *("HP", "MONDO", "OMIM", "ORPHA", "DOID", "DECIPHER"),
    *("NCBIGene", "HGNC", "UBERON", "CHEBI"),
    *("ICD10CM", "UMLS", "MESH", "SNOMEDCT"),
)
"""Whose id names a merged concept, first come first. Other prefixes follow in alphabetical order, our own comes last."""

OURS = "KGPATHS"
CODE_PREFIXES = frozenset({"ICD10CM", "ICD10", "ICD10PCS", "ICD11", "ICD9", "ICD9CM", "ICD9PCS"})
CODE_CATEGORY = "InformationContentEntity"

LOOSE = "loose"
"""An untyped cross-reference that says of its ends neither that they are the same nor how they are alike: with a code that is
not the only one on either side, or between two kinds of things."""

MAPPED_AS = {
    "exact_match": "exact_match",
    "xref": "close_match",
    "close_match": "close_match",
    "broad_match": "broad_match",
    LOOSE: "related_to_at_concept_level",
}
"""Mapping predicate of a cross-reference that is not merged; ``narrow_match`` is a broad match turned round.

Loose ones get what Biolink has above all matches, which is kept, but neither walked nor told: the 134 kinds of deafness that
DO refers to the code H90.3 are not that code, nor one another.
"""

DENIED = "denied"
SAME = ("exact_match", "xref")
"""Cross-references that may join their ends, and that a denial refuses."""

Denials = Mapping[str, Mapping[str, int]]
"""Id -> ids it is not the same as, each with the number of the first source that says so. Both ways round."""


class Link(NamedTuple):
    """A cross-reference between two ids, with the numbers of the source that states it and of the reason it gives."""

    a: str
    b: str
    predicate: str
    source: int
    reason: int = 0


class Conflict(NamedTuple):
    """A link that was refused or set aside, why, and by what it came."""

    a: str
    b: str
    reason: str  # one of conflicts.REASONS
    via: str


class Match(NamedTuple):
    """A mapping edge to be: two concepts by preferred id, and the cross-reference it comes from."""

    subject: str
    predicate: str  # one of MAPPED_AS
    object: str
    source: int
    stated: str  # the cross-reference's own predicate
    reason: int = 0  # the number of the reason its source gives


@dataclass(frozen=True)
class Merged:
    """What became of the ids: clusters, replaced ids, links left over as mappings, and refusals."""

    members: dict[str, tuple[str, ...]]  # preferred id -> all ids of the concept, preferred first
    category: dict[str, str]  # preferred id -> category
    concept: dict[str, str]  # any id, replaced ones too -> preferred id
    replaced: dict[str, str]  # replaced id -> the id in use
    mappings: list[Match]
    conflicts: list[Conflict]


def prefix_of(curie: str) -> str:
    """Return the prefix of a CURIE."""
    return curie.split(":", 1)[0]


def preference(curie: str) -> tuple[int, str, str]:
    """Return the sort key of the preferred order."""
    prefix = prefix_of(curie)
    rank = len(PREFERENCE) + 1 if prefix == OURS else PREFERENCE.index(prefix) if prefix in PREFERENCE else len(PREFERENCE)
    return rank, prefix, curie


@dataclass
class Clusters:
    """Union-find over ids that keeps, for each cluster, its id of each prefix, its category, and what it may be at all."""

    category_of: Mapping[str, str]  # of the ids that are nodes; others are hubs
    denials: Denials = field(default_factory=dict)
    parent: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, dict[str, str]] = field(default_factory=dict)
    category: dict[str, str | None] = field(default_factory=dict)  # that of the nodes, None where there is none
    kinds: dict[str, Kinds] = field(default_factory=dict)

    def find(self, curie: str) -> str:
        """Return the root of an id's cluster, adding the id when it is new."""
        if curie not in self.parent:
            self.parent[curie] = curie
            self.prefixes[curie] = {prefix_of(curie): curie}
            self.category[curie] = category = self.category_of.get(curie)
            self.kinds[curie] = kinds_of(prefix_of(curie), category)
            return curie
        root = curie
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[curie] != root:
            self.parent[curie], curie = root, self.parent[curie]
        return root

    def clash(self, a: str, b: str) -> tuple[str, str] | None:
        """Return two ids of one prefix that joining these roots would bring together, the first in order."""
        ours, theirs = self.prefixes[a], self.prefixes[b]
        shared = sorted(ours.keys() & theirs.keys())
        return (ours[shared[0]], theirs[shared[0]]) if shared else None

    def denial(self, a: str, b: str) -> tuple[str, str, int] | None:
        """Return two ids in the clusters of these roots that are denied to be the same, the first in order, and by which source."""
        theirs = set(self.prefixes[b].values())
        found = ((one, other, source) for one in self.prefixes[a].values() for other, source in self.denials.get(one, {}).items() if other in theirs)
        return min(found, default=None)

    def may_be_one(self, a: str, b: str, *, typed: bool) -> bool:
        """Tell whether the things of these roots may be one, by their categories and by what their ids stand for."""
        kinds = both(self.kinds[a], self.kinds[b])
        return (kinds is None or bool(kinds)) and compatible(self.category[a], self.category[b], typed=typed)

    def thing(self, root: str) -> str:
        """Return what a root's cluster is, as the conflicts table says it."""
        kinds = self.kinds[root]
        told = self.category[root] or " or ".join(sorted(kinds or ())) or "unknown"
        return told if kinds is None or kinds else f"{told} (not by its prefix)"

    def join(self, a: str, b: str) -> None:
        """Join two roots; the smaller id stays root, the more specific category holds."""
        keep, gone = min(a, b), max(a, b)
        self.parent[gone] = keep
        self.prefixes[keep] |= self.prefixes.pop(gone)
        self.kinds[keep] = both(self.kinds[keep], self.kinds.pop(gone))
        mine, other = self.category[keep], self.category.pop(gone)
        if mine is None or (other is not None and is_a(other, mine)):
            self.category[keep] = other


def merge(category_of: Mapping[str, str], links: Sequence[Link], sources: Sequence[str] = (), names: Mapping[str, str] | None = None) -> Merged:
    """Merge the nodes of ``category_of`` along ``links``; ``sources`` names the links' sources for the report.

    Of several typed matches into one prefix only one can hold: those that are one-to-one go first, then those whose ends
    bear one of ``names`` (by node), then the rest in the order of their ids.
    """
    conflicts: list[Conflict] = []
    replaced = settle_replaced([k for k in links if k.predicate == "alt_id"], category_of, sources, conflicts)
    usable = {k._replace(a=replaced.get(k.a, k.a), b=replaced.get(k.b, k.b)) for k in links if k.predicate != "alt_id"}
    denials = denied_by(k for k in usable if k.predicate == DENIED)
    live = undenied(sorted(k for k in usable if k.a != k.b and k.predicate != DENIED), denials, sources, conflicts)
    clusters = Clusters(category_of, denials)
    left: list[Link] = []
    typed, ambiguous = one_to_one([k for k in live if k.predicate == "exact_match"])
    for link in typed:
        try_link(clusters, link, sources, conflicts, left)
    ambiguous.sort(key=lambda k: not same_name(clusters, k, names or {}))
    for link in ambiguous:
        try_link(clusters, link, sources, conflicts, left)
    single, many = one_to_one([k for k in live if k.predicate == "xref"])
    for link in single:
        try_link(clusters, link, sources, conflicts, left)
    for link in many:
        if is_code(link.a, category_of) or is_code(link.b, category_of):
            left.append(link._replace(predicate=LOOSE))
        elif link.a in category_of and link.b in category_of:
            conflicts.append(Conflict(link.a, link.b, "not_one_to_one", told(link.predicate, link.source, sources)))
    left += [k for k in live if k.predicate not in ("exact_match", "xref")]
    return settle(clusters, replaced, left, conflicts)


def settle_replaced(links: Iterable[Link], nodes: Container[str], sources: Sequence[str], conflicts: list[Conflict]) -> dict[str, str]:
    """Return each replaced id with the id in use. An id that is a node itself, or that two ids claim, stays with the first."""
    replaced: dict[str, str] = {}
    for link in sorted(set(links)):
        if link.b in nodes:
            conflicts.append(Conflict(link.a, link.b, "alt_id_in_use", told(link.predicate, link.source, sources)))
        elif replaced.setdefault(link.b, link.a) != link.a:
            via = f"{told(link.predicate, link.source, sources)}: replaced by {replaced[link.b]} already"
            conflicts.append(Conflict(link.a, link.b, "alt_id_of_two", via))
    return {old: in_use(old, replaced) for old in replaced}


def in_use(old: str, replaced: Mapping[str, str]) -> str:
    """Return the id at the end of a chain of replacements; of ids that replace each other, the last before the chain comes round."""
    seen = {old}
    new = replaced[old]
    while new in replaced and new not in seen:
        seen.add(new)
        new = replaced[new]
    return new


def denied_by(links: Iterable[Link]) -> Denials:
    """Return what the links deny."""
    denials: dict[str, dict[str, int]] = {}
    for link in sorted(links, key=lambda k: k.source):
        for one, other in ((link.a, link.b), (link.b, link.a)):
            denials.setdefault(one, {}).setdefault(other, link.source)
    return denials


def undenied(links: Sequence[Link], denials: Denials, sources: Sequence[str], conflicts: list[Conflict]) -> list[Link]:
    """Return the links without those that a source denies: one conflict for each pair of ids."""
    kept: list[Link] = []
    reported: set[frozenset[str]] = set()
    for link in links:
        if link.predicate not in SAME or link.b not in denials.get(link.a, ()):
            kept.append(link)
        elif (pair := frozenset((link.a, link.b))) not in reported:
            reported.add(pair)
            via = f"{told(link.predicate, link.source, sources)}: {no(denials[link.a][link.b], sources)}"
            conflicts.append(Conflict(link.a, link.b, DENIED, via))
    return kept


def no(source: int, sources: Sequence[str]) -> str:
    """Return who denies, as the conflicts table says it."""
    return f"denied by {sources[source]}" if source < len(sources) else "denied"


def one_to_one(links: Sequence[Link]) -> tuple[list[Link], list[Link]]:
    """Split links by whether, between their two prefixes, each end has the other alone. Both directions count as one."""
    pairs = {frozenset((k.a, k.b)): k for k in reversed(links)}  # the first of each pair
    count: Counter[tuple[str, str]] = Counter()
    for link in pairs.values():
        count[link.a, prefix_of(link.b)] += 1
        count[link.b, prefix_of(link.a)] += 1
    single: list[Link] = []
    many: list[Link] = []
    for link in sorted(pairs.values()):
        alone = count[link.a, prefix_of(link.b)] == 1 and count[link.b, prefix_of(link.a)] == 1
        (single if alone else many).append(link)
    return single, many


def same_name(clusters: Clusters, link: Link, names: Mapping[str, str]) -> bool:
    """Tell whether the clusters of a link's ends bear one name, case aside."""
    ours, theirs = (
        {names[curie].casefold() for curie in clusters.prefixes[clusters.find(end)].values() if names.get(curie)} for end in (link.a, link.b)
    )
    return not ours.isdisjoint(theirs)


def try_link(clusters: Clusters, link: Link, sources: Sequence[str], conflicts: list[Conflict], left: list[Link]) -> None:
    """Join the two clusters of a link, or refuse it, or keep it as a mapping."""
    if is_code(link.a, clusters.category_of) or is_code(link.b, clusters.category_of):
        left.append(link)
        return
    a, b = clusters.find(link.a), clusters.find(link.b)
    if a == b:
        return
    typed = link.predicate == "exact_match"
    if denial := clusters.denial(a, b):
        one, other, source = denial
        via = f"{told(link.predicate, link.source, sources)}: {one} and {other}, {no(source, sources)}"
        conflicts.append(Conflict(link.a, link.b, DENIED, via))
    elif not clusters.may_be_one(a, b, typed=typed):
        via = f"{told(link.predicate, link.source, sources)}: {clusters.thing(a)} and {clusters.thing(b)}"
        conflicts.append(Conflict(link.a, link.b, "category", via))
        left.append(link if typed else link._replace(predicate=LOOSE))
    elif clash := clusters.clash(a, b):
        conflicts.append(Conflict(link.a, link.b, "same_prefix", f"{told(link.predicate, link.source, sources)}: {clash[0]} and {clash[1]}"))
    else:
        clusters.join(a, b)


def is_code(curie: str, category_of: Mapping[str, str]) -> bool:
    """Tell whether an id is a code of a classification."""
    return prefix_of(curie) in CODE_PREFIXES or category_of.get(curie) == CODE_CATEGORY


def compatible(a: str | None, b: str | None, *, typed: bool) -> bool:
    """Tell whether two categories may be one concept: equal, or by a typed match one a kind of the other. A hub has none."""
    if a is None or b is None or a == b:
        return True
    return typed and a in CATEGORIES and b in CATEGORIES and (is_a(a, b) or is_a(b, a))


def told(predicate: str, source: int, sources: Sequence[str]) -> str:
    """Return where a link comes from, as the conflicts table says it."""
    return f"{sources[source] if source < len(sources) else ''} {predicate}".strip()


def settle(clusters: Clusters, replaced: Mapping[str, str], left: Sequence[Link], conflicts: list[Conflict]) -> Merged:
    """Name every cluster that holds a node, resolve all ids, and turn the links left over into mappings between concepts."""
    groups: dict[str, list[str]] = {}
    for curie in {**clusters.category_of, **clusters.parent}:
        groups.setdefault(clusters.find(curie), []).append(curie)
    members: dict[str, tuple[str, ...]] = {}
    category: dict[str, str] = {}
    concept: dict[str, str] = {}
    for root, ids in groups.items():
        kind = clusters.category[root]
        if kind is None:  # hubs among themselves: no node, no concept
            continue
        ids.sort(key=preference)
        members[ids[0]], category[ids[0]] = tuple(ids), kind
        concept.update(dict.fromkeys(ids, ids[0]))
    concept.update({old: concept[new] for old, new in replaced.items() if new in concept and old not in concept})
    mappings: set[Match] = set()
    for link in left:
        a, b = concept.get(link.a), concept.get(link.b)
        if a is not None and b is not None and a != b:
            mappings.add(as_match(a, b, link.predicate, link.source, link.reason))
    return Merged(members, category, concept, {old: new for old, new in replaced.items() if old in concept}, sorted(mappings), sorted(conflicts))


def as_match(a: str, b: str, predicate: str, source: int, reason: int) -> Match:
    """Return the mapping between two concepts that a link leaves; a narrow match is a broad one turned round."""
    if predicate == "narrow_match":
        return Match(b, "broad_match", a, source, predicate, reason)
    return Match(a, MAPPED_AS[predicate], b, source, "xref" if predicate == LOOSE else predicate, reason)
