"""Nouns as readable text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import fill, wrap

from kgpaths.model import Draft, Example, Flaw, Hop, Link, Path, Question, Rejection
from kgpaths.vocabulary import PREDICATES

WIDTH = 100
Name = Callable[[str], str]  # CURIE -> name


def draft_names(draft: Draft) -> Name:
    """Return a function that names the concepts of a draft."""
    names = {concept.curie: concept.name for concept in draft.concepts}
    return lambda curie: names.get(curie, curie)


def question_text(question: Question) -> str:
    """Return the question with its options, the gold one marked."""
    lines = [f"Question {question.id}", fill(question.text, WIDTH)]
    lines += [f"  {'*' if option.key in question.answer_keys else ' '} {option.key}. {option.text}" for option in question.options]
    return "\n".join(lines)


def hop_text(hop: Hop, name: Name) -> str:
    """Return one hop as " -relation-> concept", the arrow in the edge's stored direction."""
    predicate = PREDICATES.get(hop.edge.predicate)
    reads = predicate.reads if predicate else hop.edge.predicate
    word = f"not: {reads}" if hop.edge.negated else reads
    return f" <-{word}- {name(hop.target)}" if hop.inverted else f" -{word}-> {name(hop.target)}"


def path_text(path: Path, name: Name) -> str:
    """Return a path as a chain of names and relations."""
    return name(path.start) + "".join(hop_text(hop, name) for hop in path.hops)


def link_text(link: Link) -> str:
    """Return one link: the words, what they were linked to, how, and their assertion."""
    mention = link.mention
    return f"{mention.where:<9} {mention.text!r} -> {link.curie} ({link.alias}) by {link.method}, {link.score:.2f}, {mention.assertion}"


def draft_lines(draft: Draft) -> Iterator[str]:
    """Yield the steps of a draft with what each cites."""
    name = draft_names(draft)
    for step in draft.steps:
        yield from wrap(f"{step.index + 1}. {step.text}", WIDTH, subsequent_indent="   ")
        edges = [c for c in step.citations if c.kind == "edge"]
        absences = [c for c in step.citations if c.kind == "absence"]
        mentions = len(step.citations) - len(edges) - len(absences)
        parts = [f"{c.edge_id} ({name(c.subject)} {'NOT ' if c.negated else ''}{c.predicate} {name(c.object)})" for c in edges]
        parts += [f"absent ({name(c.subject)} {c.predicate} {name(c.object)})" for c in absences]
        if mentions:
            parts.append(f"{mentions} words of the question")
        yield f"   [{step.status}] " + ("; ".join(parts) if parts else "no citation")


def flaw_text(flaw: Flaw) -> str:
    """Return one flaw as a line."""
    where = f"step {flaw.step + 1}" if flaw.step >= 0 else "draft"
    return f"{flaw.severity}: {flaw.check}.{flaw.code}, {where}: {flaw.detail}"


def example_text(example: Example) -> str:
    """Return a whole example, readable: question, reasoning with citations, and where it comes from."""
    draft = example.draft
    origin = example.provenance
    lines = [question_text(draft.question), "", *draft_lines(draft), ""]
    made = f"graph {origin.graph_name} {origin.graph_hash[:12]}, run {origin.run_id}"
    lines.append(f"margin {example.margin:.3f}, rank {example.rank}, {example.difficulty}; {made}")
    lines += [flaw_text(flaw) for flaw in example.flaws]
    return "\n".join(lines)


def rejection_text(rejection: Rejection) -> str:
    """Return a rejection: stage, code, detail, and the draft with its flaws where there was one."""
    lines = [f"rejected at {rejection.stage}: {rejection.code}: {rejection.detail}"]
    if rejection.draft:
        lines = [question_text(rejection.draft.question), "", *draft_lines(rejection.draft), "", *lines]
    elif rejection.question:
        lines = [question_text(rejection.question), "", *lines]
    return "\n".join(lines + [flaw_text(flaw) for flaw in rejection.flaws])
