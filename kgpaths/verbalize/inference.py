"""What each finding supports for one option: paths taken apart into sentences, premises before what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgpaths.model import Hop, Path
from kgpaths.verbalize.prose import MAX_SENTENCES, Sentence
from kgpaths.verbalize.sentences import Teller
from kgpaths.vocabulary import predicate_of

MAX_LISTED = 4


@dataclass(frozen=True)
class Unit:
    """Hops that are said in one breath: one hop, or a step up or down a hierarchy with the relation that follows it."""

    first: tuple[Hop, ...]  # alike but for their sources
    second: Hop | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(hop.source for hop in self.first)

    @property
    def target(self) -> str:
        return self.second.target if self.second else self.first[0].target


def inference_steps(paths: Sequence[Path], teller: Teller) -> list[list[Sentence]]:
    """Return the steps that lead along ``paths``: one per concept reached, of at most three sentences each."""
    steps: list[list[Sentence]] = []
    for target_units in in_order(units(paths)):
        sentences = [sentence for unit in target_units for sentence in tell(unit, teller)]
        steps += [sentences[i : i + MAX_SENTENCES] for i in range(0, len(sentences), MAX_SENTENCES)]
    return steps


def without_detours(paths: Sequence[Path]) -> list[Path]:
    """Return the paths without those that only narrow a general finding down to another finding, whose own path says it all."""
    starts = {path.start for path in paths}
    kept = []
    for path in paths:
        narrowed = path.start
        for hop in path.hops:
            if hop.edge.predicate != "subclass_of" or not hop.inverted:
                break
            narrowed = hop.target
            if narrowed in starts:
                break
        if narrowed == path.start or narrowed not in starts:
            kept.append(path)
    return kept


def tell(unit: Unit, teller: Teller) -> list[Sentence]:
    """Return the sentences of one unit."""
    if unit.second:
        return teller.folded(unit.first, unit.second)
    parts = [unit.first[i : i + MAX_LISTED] for i in range(0, len(unit.first), MAX_LISTED)]
    return [teller.plain(part) for part in parts]


def units(paths: Sequence[Path]) -> list[Unit]:
    """Return what the paths say, each edge once, hops that differ only in their source put together."""
    alone = {hop.edge.id for path in paths for i, hop in enumerate(path.hops) if not _leads_in(path, i - 1)}
    groups: dict[tuple[object, ...], list[tuple[Hop, Hop | None]]] = {}
    seen: set[str] = set()
    led_by: dict[str, tuple[object, ...]] = {}  # the one group that each folded relation is said in
    for path in paths:
        i = 0
        while i < len(path.hops):
            hop, second = path.hops[i], None
            if _leads_in(path, i) and path.hops[i + 1].edge.id not in alone and led_by.setdefault(path.hops[i + 1].edge.id, alike(hop)) == alike(hop):
                second = path.hops[i + 1]
            i += 2 if second else 1
            if hop.edge.id not in seen:
                seen.add(hop.edge.id)
                groups.setdefault((alike(hop), second.edge.id if second else ""), []).append((hop, second))
    return [Unit(tuple(hop for hop, _ in group), group[0][1]) for group in groups.values()]


def _leads_in(path: Path, i: int) -> bool:
    """Tell whether hop ``i`` only leads from one concept to a kind or twin of it, and a relation proper follows."""
    if not 0 <= i < len(path.hops) - 1:
        return False
    roles = [predicate_of(hop.edge.predicate).role for hop in path.hops[i : i + 2]]
    return roles[0] in ("taxonomy", "mapping") and roles[1] == "clinical"


def alike(hop: Hop) -> tuple[object, ...]:
    """Return what hops must share to be said as one list."""
    way = tuple(sorted({e.inferred_from for e in hop.edge.evidence}))
    return hop.edge.predicate, hop.inverted, hop.target, hop.edge.negated, hop.edge.qualifiers, way


def in_order(found: Sequence[Unit]) -> list[list[Unit]]:
    """Return units by the concept they lead to, a concept before all that is inferred from it.

    Where paths run against each other no such order exists, and the first not yet told goes on.
    """
    waiting: dict[str, list[Unit]] = {}
    for unit in found:
        waiting.setdefault(unit.target, []).append(unit)
    ordered = []
    while waiting:
        ready = (t for t, group in waiting.items() if not any(s in waiting and s != t for unit in group for s in unit.sources))
        ordered.append(waiting.pop(next(ready, next(iter(waiting)))))
    return ordered


def last_relation(path: Path) -> Hop | None:
    """Return the last hop of a path that is no mere hierarchy or mapping: what joins the option's concept to the rest."""
    return next((hop for hop in reversed(path.hops) if predicate_of(hop.edge.predicate).role == "clinical"), None)
