"""Nouns as readable text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import fill, wrap

from kgpaths.graph.walk import Route
from kgpaths.model import Draft, Edge, Example, Flaw, Hop, Link, OptionSupport, Path, Question, Rejection
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
    word = f"not: {reads(hop.edge.predicate)}" if hop.edge.negated else reads(hop.edge.predicate)
    return f" <-{word}- {name(hop.target)}" if hop.inverted else f" -{word}-> {name(hop.target)}"


def reads(predicate: str) -> str:
    """Return how a predicate reads in a chain."""
    known = PREDICATES.get(predicate)
    return known.reads if known else predicate


def route_text(route: Route, name: Name) -> str:
    """Return a path that was found between two concepts as a chain of names and relations."""
    chain = name(route.nodes[0])
    for node, predicate, inverted in zip(route.nodes[1:], route.predicates, route.inverted, strict=True):
        chain += f" <-{reads(predicate)}- {name(node)}" if inverted else f" -{reads(predicate)}-> {name(node)}"
    return chain


def edge_note(edge: Edge) -> str:
    """Return what else an edge says: how often, under which conditions, by whom, and its id."""
    stated = "; ".join(edge.frequency.texts) if edge.frequency else ""
    parts = [stated, *(f"{q.key} {q.value}" for q in edge.qualifiers), ", ".join(sorted({e.source for e in edge.evidence})), edge.id]
    return "; ".join(part for part in parts if part)


def on_one_line(text: str) -> str:
    """Return a text that a terminal takes as text: line ends and control characters of names are shown, not obeyed."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def path_text(path: Path, name: Name) -> str:
    """Return a path as a chain of names and relations."""
    return name(path.start) + "".join(hop_text(hop, name) for hop in path.hops)


def support_lines(support: OptionSupport, question: Question, name: Name) -> Iterator[str]:
    """Yield what the graph says for one option: its score, its paths with theirs, what speaks against it and what is not reached."""
    keys = [option.key for option in question.options]
    text = question.option_text(support.option) if support.option in keys else question.answer_text
    yield f"{support.option}. {text}: support {support.score:.3f}"
    for path in support.paths:
        yield f"   {path.score:.3f}  {path_text(path, name)}"
    for hop in support.contradicted:
        yield f"   against: {name(hop.source)}{hop_text(hop, name)}"
    if support.missing:
        yield "   not reached: " + ", ".join(name(curie) for curie in support.missing)


def paths_text(draft: Draft) -> str:
    """Return the paths of a draft as chains, option by option."""
    return "\n".join(line for support in draft.supports for line in ("", *support_lines(support, draft.question, draft_names(draft))))


def checks_text(checks: Iterable[str], flaws: Iterable[Flaw]) -> str:
    """Return what each check says: passed, or what it warns of or holds against the draft."""
    found = list(flaws)
    passed = [check for check in checks if all(flaw.check != check for flaw in found)]
    told = ([f"{', '.join(passed)} passed"] if passed else []) + [f"{flaw.severity} of {flaw.check}: {flaw.code}" for flaw in found]
    return fill("checks: " + "; ".join(told), WIDTH, subsequent_indent="   ")


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


def example_text(example: Example, *, paths: bool = False) -> str:
    """Return a whole example, readable: question, reasoning with citations, where it comes from, and its paths where they are wanted."""
    draft = example.draft
    origin = example.provenance
    lines = [question_text(draft.question), "", *draft_lines(draft), *([paths_text(draft)] if paths else []), ""]
    made = f"graph {origin.graph_name} {origin.graph_hash[:12]}, run {origin.run_id}"
    lines.append(f"margin {example.margin:.3f}, rank {example.rank}, {example.difficulty}; {made}")
    lines += [checks_text(example.checks, example.flaws), *(flaw_text(flaw) for flaw in example.flaws)]
    return "\n".join(lines)


def rejection_text(rejection: Rejection) -> str:
    """Return a rejection: stage, code, detail, and the draft with its paths and flaws where there was one."""
    lines = [f"rejected at {rejection.stage}: {rejection.code}: {rejection.detail}"]
    if draft := rejection.draft:
        lines = [question_text(draft.question), "", *draft_lines(draft), paths_text(draft), "", *lines]
    elif rejection.question:
        lines = [question_text(rejection.question), "", *lines]
    return "\n".join(lines + [flaw_text(flaw) for flaw in rejection.flaws])
