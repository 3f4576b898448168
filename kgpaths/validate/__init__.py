"""The validator: one file a check, each a function from a case to flaws. Reads neither the writers nor their phrases."""

from __future__ import annotations

from dataclasses import dataclass

from kgpaths.config import ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Flaw, Step, StepStatus
from kgpaths.validate import answer, citation, connected, contrast, coverage, elimination, faithful, form, grounds, links, strength
from kgpaths.validate.context import Case, Check

CHECKS: dict[str, Check] = {
    "form": form.check,
    "links": links.check,
    "citation": citation.check,
    "faithful": faithful.check,
    "connected": connected.check,
    "elimination": elimination.check,
    "answer": answer.check,
    "strength": strength.check,
    "coverage": coverage.check,
    "contrast": contrast.check,
    "grounds": grounds.check,
}
CONTRADICTED = frozenset(
    (
        *("polarity", "absence_false", "direction", "relation_other", "names_other", "stance", "disputed"),
        *("mention_polarity", "experiencer", "age", "sex", "by_present", "not_gold", "refused"),
        *("count", "percent", "frequency", "universal"),
    )
)
"""Codes of errors that say the opposite of the graph or the question; other flaws leave a step unsupported."""


@dataclass(frozen=True)
class Judgement:
    """A draft with its steps' statuses, and the flaws found."""

    draft: Draft
    flaws: tuple[Flaw, ...]

    @property
    def accepted(self) -> bool:
        """Whether no flaw is an error."""
        return not any(flaw.severity == "error" for flaw in self.flaws)


def validate(draft: Draft, graph: Graph, settings: ValidateSettings | None = None) -> Judgement:
    """Check ``draft`` against the pinned ``graph`` and return it with step statuses and flaws.

    Raises nothing for a bad draft: whatever is wrong with it is a flaw. One too large to be meant for reading is not checked
    further, and its steps keep the status they came with.
    """
    case = Case(draft, graph, settings or ValidateSettings())
    if any(form.too_large(draft)):
        return Judgement(draft, tuple(form.check(case)))
    flaws = tuple(flaw for check in CHECKS.values() for flaw in check(case))
    steps = tuple(step.model_copy(update={"status": status(step, flaws)}) for step in draft.steps)
    return Judgement(draft.model_copy(update={"steps": steps}), flaws)


def status(step: Step, flaws: tuple[Flaw, ...]) -> StepStatus:
    """Name a step by its worst flaw: contradicted, unsupported, else supported, or inferred for a conclusion."""
    mine = [flaw for flaw in flaws if flaw.step == step.index]
    if any(flaw.code in CONTRADICTED and flaw.severity == "error" for flaw in mine):
        return "contradicted"
    if mine:
        return "unsupported"
    return "inferred" if step.kind == "conclusion" else "supported"
