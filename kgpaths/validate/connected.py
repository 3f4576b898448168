"""Connected: cited edges lead from what the patient has to the conclusion, and no inference stands apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kgpaths.model import Citation, Flaw, Step
from kgpaths.validate.context import Case, flaw

NAME = "connected"


def check(case: Case) -> Iterator[Flaw]:
    """Yield an unreached conclusion, and inferences that join nothing, come before their premise or lead nowhere."""
    steps = case.draft.steps
    inferences = [step for step in steps if step.kind == "inference"]
    told = {c.subject for step in steps if step.kind == "finding" for c in step.citations if c.kind == "mention" and c.stance != "denied"}
    if not led_to(case, frozenset(told) & case.present, inferences):
        index = next((step.index for step in steps if step.kind == "conclusion"), -1)
        yield flaw(NAME, "unreached", "no cited edges join a finding that is present and told to the conclusion", index)
    yield from check_order(inferences, frozenset(told) & case.grounds)
    yield from check_dead_ends(case, inferences)


def asserted(step: Step) -> list[Citation]:
    """Return the edges a step cites as holding."""
    return [c for c in step.citations if c.kind == "edge" and not c.negated]


def reach(start: Iterable[str], steps: Iterable[Step]) -> set[str]:
    """Return the concepts joined to ``start`` by the asserted edges that ``steps`` cite, in either direction."""
    edges = [(c.subject, c.object) for step in steps for c in asserted(step)]
    reached, grown = set(start), True
    while grown:
        grown = False
        for a, b in edges:
            if (a in reached) != (b in reached):
                reached |= {a, b}
                grown = True
    return reached


def led_to(case: Case, start: frozenset[str], inferences: Sequence[Step]) -> bool:
    """Tell whether the inferences lead from ``start`` to the conclusion's concept, or cite the finding that it is itself."""
    spoken = {end for step in inferences for c in asserted(step) for end in (c.subject, c.object)}
    spoken |= {c.subject for step in inferences for c in step.citations if c.kind == "mention"}
    return bool(reach(start, inferences) & case.gold_curies & spoken)


def check_order(inferences: Sequence[Step], start: frozenset[str]) -> Iterator[Flaw]:
    """Yield inferences that rest on nothing told before them: nothing at all, or only what comes later."""
    known, every = set(start), reach(start, inferences)
    for step in inferences:
        known = reach(known, [step])
        loose = [c for c in asserted(step) if not {c.subject, c.object} <= known]
        if any(not {c.subject, c.object} <= every for c in loose):
            yield flaw(NAME, "orphan", "no finding leads to what this step speaks of", step.index)
        elif loose:
            yield flaw(NAME, "premise_later", "this step rests on what is only said after it", step.index)


def check_dead_ends(case: Case, inferences: Sequence[Step]) -> Iterator[Flaw]:
    """Yield inferences to a concept that is neither a finding nor the conclusion and from which nothing leads on."""
    allowed = case.grounds | case.gold_curies
    edges = {(c.subject, c.object): step.index for step in inferences for c in asserted(step)}
    while True:
        degree = Counter(end for pair in {frozenset(pair) for pair in edges} for end in pair)
        dead = [pair for pair in edges if any(degree[end] == 1 and end not in allowed for end in pair)]
        if not dead:
            return
        for pair in dead:
            yield flaw(NAME, "dead_end", f"{pair[0]} and {pair[1]} lead no finding to the conclusion", edges.pop(pair))
