"""Connected: cited edges lead from what the patient has to the conclusion, and no inference stands apart."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Flaw, Step
from kgpaths.validate.context import Case, flaw


def check(case: Case) -> Iterator[Flaw]:
    """Yield an unreached conclusion, inferences that join nothing, and eliminations by what the patient has or has not."""
    inferences = [step for step in case.draft.steps if step.kind == "inference"]
    reached = reach(case.present, inferences)
    if not reached & case.gold_curies:
        yield flaw("connected", "unreached", "no cited edges join a present finding to the conclusion")
    for step in inferences:
        ends = edge_ends(step)
        if ends and not ends & reached:
            yield flaw("connected", "orphan", "no finding leads to what this step speaks of", step.index)
    for step in case.draft.steps:
        if step.kind == "elimination":
            yield from check_elimination(case, step)


def edge_ends(step: Step) -> set[str]:
    """Return the concepts at the ends of the step's asserted edges."""
    return {end for c in step.citations if c.kind == "edge" and not c.negated for end in (c.subject, c.object)}


def reach(start: frozenset[str], steps: list[Step]) -> set[str]:
    """Return the concepts joined to ``start`` by the asserted edges that ``steps`` cite, in either direction."""
    edges = [(c.subject, c.object) for step in steps for c in step.citations if c.kind == "edge" and not c.negated]
    reached, grown = set(start), True
    while grown:
        grown = False
        for a, b in edges:
            if (a in reached) != (b in reached):
                reached |= {a, b}
                grown = True
    return reached


def check_elimination(case: Case, step: Step) -> Iterator[Flaw]:
    """Yield where an option is ruled out by a thing the question does not say, or that speaks of another option."""
    option = {link.curie for link in case.draft.links if link.mention.where == f"option:{step.option}"}
    for citation in step.citations:
        if citation.kind == "absence" and not {citation.subject, citation.object} & (option | reached_by(step, option)):
            yield flaw("connected", "elimination_other", f"{citation.subject} is not what option {step.option} names", step.index)
        denied_mention = citation.kind == "mention" and citation.stance == "denied"
        if denied_mention and citation.subject in case.present and citation.subject not in case.absent:
            yield flaw("connected", "elimination_by_present", "the patient has the finding that is said to be missing", step.index)


def reached_by(step: Step, option: set[str]) -> set[str]:
    """Return the concepts that the step's own asserted edges join to the option."""
    return reach(frozenset(option), [step])
