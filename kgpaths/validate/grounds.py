"""Grounds: the conclusion rests on enough, and the other options are set aside for reasons."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Flaw, OptionSupport, Path, Step
from kgpaths.validate.context import Case, flaw
from kgpaths.validate.elimination import opposes
from kgpaths.vocabulary import PREDICATES, predicate_of

RISKS = frozenset(("has_complication", "associated_with_increased_likelihood_of"))


def check(case: Case) -> Iterator[Flaw]:
    """Yield a conclusion that hangs on one common finding or on mere risk, options that cannot be compared, and eliminations without a reason."""
    draft = case.draft
    gold = next((support for support in draft.supports if support.option == draft.conclusion), None)
    starts = {path.start for path in gold.paths} if gold else set()
    if gold and len(starts) == 1 and is_sign(case, min(starts)) and gold.score < case.settings.single_finding:
        yield flaw("grounds", "one_finding", f"one finding alone leads to the conclusion, with support {gold.score:.3f}")
    if gold and gold.paths and all(map(guesses, gold.paths)):
        yield flaw("grounds", "only_risk", "nothing the patient has is explained: the conclusion hangs on what it may have led to")
    others = [support for support in draft.supports if support.option != draft.conclusion]
    unlinked = [support.option for support in others if not support.curies]
    if 2 * len(unlinked) > len(others):
        yield flaw(
            "grounds", "options_unlinked", f"options {', '.join(unlinked)} name no concept, so the conclusion is compared with next to nothing"
        )
    eliminations = [step for step in draft.steps if step.kind == "elimination"]
    empty = [step for step in eliminations if not has_reason(step)]
    shared = {support.option for support in others if starts and starts == direct(gold) <= direct(support)}
    if rivals := sorted({step.option for step in empty} & shared):
        yield flaw("grounds", "rival_unanswered", f"all that leads to the conclusion leads to {', '.join(rivals)} as well, and nothing sets it aside")
    for step in empty:
        yield flaw("grounds", "elimination_empty", "the option is set aside without a reason", step.index, severity="warning")
    if 2 * len(empty) > len(eliminations):
        yield flaw("grounds", "eliminations_empty", f"{len(empty)} of {len(eliminations)} options are set aside without a reason")


def direct(support: OptionSupport | None) -> set[str]:
    """Return the findings that are recorded for an option itself."""
    return {path.start for path in support.paths if len(path.hops) == 1} if support else set()


def guesses(path: Path) -> bool:
    """Tell whether a path begins with what a finding may lead to, and reasons on from that: from diabetes to a coma nobody saw."""
    relations = [hop for hop in path.hops if hop.edge.predicate in PREDICATES and predicate_of(hop.edge.predicate).role == "clinical"]
    return len(relations) > 1 and not relations[0].inverted and relations[0].edge.predicate in RISKS


def is_sign(case: Case, curie: str) -> bool:
    """Tell whether a concept is a sign or symptom: a stated disease, drug or exposure is ground enough."""
    return curie not in case.graph or case.graph.category(case.graph.index(curie)) == "PhenotypicFeature"


def has_reason(step: Step) -> bool:
    """Tell whether an elimination rests on what tells the option apart: a missing edge, a denied one, harm, or what the patient lacks.

    What is recorded for the option as well concedes something and sets nothing aside.
    """
    return any(c.kind == "absence" or c.stance == "denied" or opposes(c) for c in step.citations)
