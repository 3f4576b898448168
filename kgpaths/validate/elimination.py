"""Elimination: each speaks of its own option, by a reason that holds for this patient."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Citation, Flaw, Step
from kgpaths.validate.answer import plain
from kgpaths.validate.connected import reach
from kgpaths.validate.context import Case, ends_of, flaw
from kgpaths.validate.lexicon import IMPOSSIBLE
from kgpaths.vocabulary import is_predicate, predicate_of

NAME = "elimination"


def check(case: Case) -> Iterator[Flaw]:
    """Yield eliminations that do not name their option, speak of another, or hold a thing against it that the question does not bear out."""
    done = {step.option for step in case.draft.steps if step.kind == "elimination"}
    for option in case.draft.question.options:
        if option.key not in done and option.key != case.draft.conclusion and option.key not in case.draft.question.answer_keys:
            yield flaw(NAME, "missing", f"nothing is said of option {option.key!r}")
    inferred = {c.predicate for step in case.draft.steps if step.kind == "inference" for c in step.citations}
    for step in case.draft.steps:
        if step.kind == "elimination":
            if not names_option(case, step):
                yield flaw(NAME, "option_unnamed", f"the step does not name option {step.option!r}", step.index)
            yield from check_claim(step)
            own = reach(case.option_curies(step.option), [step])
            for citation in step.citations:
                if citation.kind in ("edge", "absence"):
                    yield from check_reason(case, step, citation, own, inferred)
                elif citation.kind == "mention" and citation.stance == "denied":
                    yield from check_lacking(case, step, citation)


def names_option(case: Case, step: Step) -> bool:
    """Tell whether a step names the option it speaks of: by its text, or by a concept the option is linked to."""
    own, text = case.option_curies(step.option), plain(case.source_text(f"option:{step.option}") or "")
    return f" {text} " in f" {plain(step.text)} " or any(named.curies & own for named in case.namer.found(step.text)) or bool(own & ends_of(step))


def check_claim(step: Step) -> Iterator[Flaw]:
    """Yield "rules out" and its like where no denial or contraindication is cited; beside an absence, ``citation`` yields it."""
    strong = any(c.negated or opposes(c) for c in step.citations)
    if not strong and all(c.kind != "absence" for c in step.citations) and (found := IMPOSSIBLE.search(step.text)):
        yield flaw(NAME, "overclaimed", f"{found[0]!r} claims more than what is cited", step.index, found.span())


def opposes(citation: Citation) -> bool:
    """Tell whether a cited predicate speaks against what it relates, as a contraindication does."""
    return is_predicate(citation.predicate) and predicate_of(citation.predicate).polarity == "opposes"


def check_reason(case: Case, step: Step, citation: Citation, own: set[str], inferred: set[str]) -> Iterator[Flaw]:
    """Yield a cited triple that is not the option's, or speaks against it by what the patient does not have."""
    ends = {citation.subject, citation.object}
    if not ends & own:
        yield flaw(NAME, "other_option", f"{citation.subject!r} and {citation.object!r} are not what option {step.option!r} names", step.index)
    elif citation.kind == "absence":
        if lacked := sorted((ends - own) & case.absent - case.has):
            yield flaw(NAME, "by_absent", f"the patient has no {lacked[0]!r} either, so that its absence speaks for the option", step.index)
    elif citation.negated:
        if not (ends - case.option_curies(step.option)) & case.has:
            yield flaw(NAME, "baseless", "the graph denies for the option what the patient does not have", step.index)
    elif opposes(citation) and citation.predicate not in inferred and citation.object not in case.has:
        yield flaw(NAME, "baseless", f"the patient does not have {citation.object!r}", step.index)


def check_lacking(case: Case, step: Step, citation: Citation) -> Iterator[Flaw]:
    """Yield where an option is ruled out by the lack of what the patient has, or of what the step relates to no option."""
    if citation.subject in case.has:
        yield flaw(NAME, "by_present", "the patient has the finding that is said to be missing", step.index)
    elif one_sided(case, step, citation.subject):
        yield flaw(NAME, "one_sided", f"the patient's lack of {citation.subject!r} speaks against the conclusion as much", step.index)
    elif not any(citation.subject in case.wider(end) for end in ends_of(step)):
        yield flaw(NAME, "unrelated", f"that {citation.subject!r} is missing says nothing of option {step.option!r}", step.index)


def one_sided(case: Case, step: Step, lacked: str) -> bool:
    """Tell whether all that is recorded for the option and lacked here with ``lacked`` is recorded for the conclusion, too."""
    held = [
        c.object for c in step.citations if c.kind == "edge" and not c.negated and c.predicate == "has_phenotype" and lacked in case.wider(c.object)
    ]
    known = [curie for curie in case.gold_curies if curie in case.graph]
    return bool(held) and all(
        any(not edge.negated for curie in known for edge in case.graph.lookup(curie, "has_phenotype", finding)) for finding in held
    )
