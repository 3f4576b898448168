"""Every phrase the template has, said right and then broken in turn: each break must be an error.

The writer's phrases are read here only to be held against the validator, which never sees them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgpaths.config import ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Citation, Draft, Edge, Question, Step
from kgpaths.validate.citation import check
from kgpaths.validate.context import Case
from kgpaths.verbalize.phrases import DIRECTIONS, MECHANISMS, READINGS
from kgpaths.verbalize.phrasing import phrase
from kgpaths.verbalize.prose import Claim, Noun, Piece, Sentence, step
from kgpaths.verbalize.sentences import claim
from kgpaths.verbalize.wording import patterns
from kgpaths.vocabulary import PREDICATES
from tests.graphs import graph_of, line

CLINICAL = sorted(READINGS)
ACTIONS = [("activity", direction, mechanism) for mechanism, (_, _, direction) in sorted(MECHANISMS.items())]
ACTIONS += [(aspect, direction, "") for aspect in ("activity", "abundance", "synthesis", "secretion") for direction in sorted(DIRECTIONS)]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Alpha and omega related by every predicate; gamma and delta by every predicate denied; nothing of epsilon."""
    lines = [line("alpha", predicate, "omega") for predicate in CLINICAL]
    lines += [line("gamma", predicate, "delta", negated=True) for predicate in CLINICAL]
    lines += [line("epsilon", "causes", "zeta")]
    for aspect, direction, mechanism in ACTIONS:
        qualifiers = {"object_aspect_qualifier": aspect, "object_direction_qualifier": direction, "causal_mechanism_qualifier": mechanism}
        lines.append(line("alpha", "affects", "omega", **{k: v for k, v in qualifiers.items() if v}))
    return graph_of(tmp_path_factory.mktemp("phrases"), *lines)


def flaws(graph: Graph, said: Step) -> set[str]:
    draft = Draft(id="d", question=Question(id="q", dataset="t", text="?"), steps=(said,))
    return {flaw.code for flaw in check(Case(draft, graph, ValidateSettings()))}


def edge_of(graph: Graph, subject: str, predicate: str, object_: str, **qualifiers: str) -> Edge:
    found = graph.lookup(f"X:{subject}", predicate, f"X:{object_}")
    return next(e for e in found if {q.key: q.value for q in e.qualifiers} == qualifiers)


def said(pattern: str, cited: Claim, subject: str, object_: str, *, plural: bool = False) -> Step:
    """Return a step that fills ``pattern`` with the names of these two, citing ``cited``."""
    ends = [Noun((Piece(name, f"X:{name}"),), plural, 2 if plural else 1) for name in (subject, object_)]
    pieces = phrase(pattern, ends[0], ends[1], cited.relation)
    return step(0, "inference", [Sentence(pieces, (cited,))])


def positive(graph: Graph) -> Iterator[tuple[str, Edge]]:
    for predicate in CLINICAL:
        edge = edge_of(graph, "alpha", predicate, "omega")
        yield from ((pattern, edge) for inverted in (False, True) for pattern in patterns(edge, inverted=inverted))
    for aspect, direction, mechanism in ACTIONS:
        qualifiers = {"object_aspect_qualifier": aspect, "object_direction_qualifier": direction, "causal_mechanism_qualifier": mechanism}
        edge = edge_of(graph, "alpha", "affects", "omega", **{k: v for k, v in qualifiers.items() if v})
        yield from ((pattern, edge) for inverted in (False, True) for pattern in patterns(edge, inverted=inverted))


def test_each_phrase_said_right_is_clean(graph: Graph) -> None:
    for plural in (False, True):
        for pattern, edge in positive(graph):
            assert flaws(graph, said(pattern, claim(edge, "r"), "alpha", "omega", plural=plural)) == set(), pattern


def test_each_phrase_with_its_ends_exchanged_is_an_error(graph: Graph) -> None:
    for pattern, edge in positive(graph):
        if not PREDICATES[edge.predicate].symmetric and "associated with" not in pattern and "linked to" not in pattern:  # these go both ways
            assert "direction" in flaws(graph, said(pattern, claim(edge, "r"), "omega", "alpha")), pattern


def test_each_phrase_with_a_negation_is_an_error(graph: Graph) -> None:
    for pattern, edge in positive(graph):
        for broken in (pattern.replace("[", "not [", 1), pattern.replace("[", "[never ", 1)):
            assert "polarity" in flaws(graph, said(broken, claim(edge, "r"), "alpha", "omega")), broken


def test_each_phrase_with_another_name_is_an_error(graph: Graph) -> None:
    for pattern, edge in positive(graph):
        for ends in (("epsilon", "omega"), ("alpha", "epsilon")):
            cited = claim(edge, "r")
            wrong = Claim(cited.citation, f"X:{ends[0]}", f"X:{ends[1]}", "r")
            assert "names_other" in flaws(graph, said(pattern, wrong, *ends)), pattern


def test_each_phrase_that_cites_another_predicate_is_an_error(graph: Graph) -> None:
    """Pairs of predicates for which English has a phrase in common are listed; no other pair is let pass."""
    shared = {
        frozenset(("exact_match", "close_match")),  # "used here for the same thing as"
        frozenset(("has_phenotype", "has_mode_of_inheritance")),  # "is recorded for"
        frozenset(("has_adverse_event", "causes")),  # "can be caused by"
        frozenset(("subclass_of", "broad_match")),  # "includes"
    }
    for pattern, edge in positive(graph):
        for other in CLINICAL:
            if other != edge.predicate and frozenset((other, edge.predicate)) not in shared:
                wrong = edge_of(graph, "alpha", other, "omega")
                assert flaws(graph, said(pattern, claim(wrong, "r"), "alpha", "omega")), (pattern, edge.predicate, other)


@pytest.mark.parametrize("predicate", CLINICAL)
def test_a_denied_edge_is_clean_when_denied_and_an_error_when_asserted(graph: Graph, predicate: str) -> None:
    edge = edge_of(graph, "gamma", predicate, "delta")
    for pattern in READINGS[predicate].denied:
        assert flaws(graph, said(pattern, claim(edge, "r"), "gamma", "delta")) == set(), pattern
    for pattern in READINGS[predicate].forward:
        assert "polarity" in flaws(graph, said(pattern, claim(edge, "r"), "gamma", "delta")), pattern


@pytest.mark.parametrize("predicate", CLINICAL)
def test_an_absence_is_clean_when_true_and_an_error_when_the_graph_has_the_edge(graph: Graph, predicate: str) -> None:
    for pattern in READINGS[predicate].absent:
        for subject, object_, expected in (("zeta", "epsilon", False), ("alpha", "omega", True)):
            triple = Citation(
                kind="absence", subject=f"X:{subject}", predicate=predicate, object=f"X:{object_}", graph_hash=graph.hash, stance="denied"
            )
            found = flaws(graph, said(pattern, Claim(triple, triple.subject, triple.object, "r"), subject, object_))
            assert ("absence_false" in found) == expected, pattern
            assert found <= {"absence_false"}, pattern
            elsewhere = triple.model_copy(update={"graph_hash": "another"})
            assert "other_graph" in flaws(graph, said(pattern, Claim(elsewhere, triple.subject, triple.object, "r"), subject, object_))


def test_an_absence_said_as_an_impossibility_is_an_error(graph: Graph) -> None:
    triple = Citation(kind="absence", subject="X:zeta", predicate="has_phenotype", object="X:epsilon", graph_hash=graph.hash, stance="denied")
    pattern = "{O} [{is} not recorded for] {S}, so it cannot occur there"
    assert "absence_overclaimed" in flaws(graph, said(pattern, Claim(triple, "X:zeta", "X:epsilon", "r"), "zeta", "epsilon"))
