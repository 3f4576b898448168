"""Contrast: stored paths and scores are the graph's, and what it prefers is said."""

from __future__ import annotations

from typing import Any

import pytest

from kgpaths.config import ValidateSettings
from kgpaths.graph.store import Graph
from kgpaths.model import Draft, OptionSupport, Path, Qualifier
from tests.validate.drafts import codes, flaws


def supported(draft: Draft, key: str, **changes: Any) -> Draft:
    """Return the draft with the support of one option changed."""
    return draft.model_copy(update={"supports": tuple(s.model_copy(update=changes) if s.option == key else s for s in draft.supports)})


def gold(draft: Draft) -> OptionSupport:
    return next(support for support in draft.supports if support.option == draft.conclusion)


def repathed(draft: Draft, path: Path, **changes: Any) -> Draft:
    """Return the draft with one path of the conclusion's support changed."""
    paths = tuple(p.model_copy(update=changes) if p is path else p for p in gold(draft).paths)
    return supported(draft, draft.conclusion, paths=paths)


def rehopped(draft: Draft, **changes: Any) -> Draft:
    """Return the draft with the edge of a first hop changed."""
    path = gold(draft).paths[0]
    hop = path.hops[0]
    return repathed(draft, path, hops=(hop.model_copy(update={"edge": hop.edge.model_copy(update=changes)}), *path.hops[1:]))


def test_supports_are_those_of_the_options(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for supports in ((), draft.supports[1:], draft.supports[::-1], (*draft.supports, draft.supports[0])):
        assert "contrast.options_missing" in codes(draft.model_copy(update={"supports": supports}), rich)
    assert "contrast.option_concepts" in codes(supported(draft, "B", curies=()), rich)
    assert "contrast.option_concepts" in codes(supported(draft, "A", curies=("X:scurvy",)), rich)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.01, 0.0])
def test_a_score_that_cannot_be_is_found(score: float, drafts: dict[str, Draft], rich: Graph) -> None:
    found = codes(supported(drafts["diagnosis"], "B", score=score), rich)
    assert "contrast.score" in found
    assert not found & {"contrast.graph_prefers_other", "contrast.undecided"}  # nothing is compared with what is no score


def test_support_without_a_path_is_found(drafts: dict[str, Draft], rich: Graph) -> None:
    assert "contrast.score" in codes(supported(drafts["diagnosis"], "B", paths=()), rich)
    assert "contrast.score" in codes(supported(drafts["diagnosis"], "C", score=0.2), rich)


@pytest.mark.parametrize("score", [0.0, 1.0, float("nan"), float("-inf")])
def test_a_paths_score_is_what_the_graph_gives(score: float, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert "contrast.score" in codes(repathed(draft, gold(draft).paths[0], score=score), rich)


def test_a_paths_parts_are_what_the_graph_gives(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    path = gold(draft).paths[0]
    assert "contrast.score" in codes(repathed(draft, path, parts=()), rich)
    forged = (path.parts[0].model_copy(update={"value": 0.0}), *path.parts[1:])
    assert "contrast.score" in codes(repathed(draft, path, parts=forged), rich)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0" * 20},
        {"id": "nonsense"},
        {"content_hash": "0" * 20},
        {"predicate": "causes"},
        {"negated": True},
        {"subject": "X:scurvy"},
        {"object": "X:scurvy"},
        {"qualifiers": (Qualifier(key="stage_qualifier", value="late"),)},
    ],
)
def test_an_edge_of_a_path_is_the_graphs(changes: dict[str, Any], drafts: dict[str, Draft], rich: Graph) -> None:
    assert "contrast.path_edge" in codes(rehopped(drafts["diagnosis"], **changes), rich)


def test_an_edge_against_an_option_is_the_graphs(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    support = next(s for s in draft.supports if s.contradicted)
    hop = support.contradicted[0]
    forged = hop.model_copy(update={"edge": hop.edge.model_copy(update={"content_hash": "0"})})
    assert "contrast.path_edge" in codes(supported(draft, support.option, contradicted=(forged,)), rich)


def test_a_path_goes_on_from_where_it_is_to_where_it_says(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["chain"]
    path = next(path for path in gold(draft).paths if len(path.hops) == 2)
    assert "contrast.path_broken" in codes(repathed(draft, path, hops=path.hops[::-1]), rich)
    assert "contrast.path_broken" in codes(repathed(draft, path, hops=path.hops[:1]), rich)
    assert "contrast.path_broken" in codes(repathed(draft, path, hops=path.hops[1:]), rich)
    assert "contrast.path_broken" in codes(repathed(draft, path, hops=()), rich)
    turned = path.hops[0].model_copy(update={"inverted": not path.hops[0].inverted})
    assert "contrast.path_broken" in codes(repathed(draft, path, hops=(turned, *path.hops[1:])), rich)
    back = path.hops[0].model_copy(update={"inverted": not path.hops[0].inverted})
    assert "contrast.path_broken" in codes(repathed(draft, path, hops=(path.hops[0], back, *path.hops)), rich)


def test_a_path_over_a_denied_edge_is_broken(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    support = next(s for s in draft.supports if any(hop.edge.negated for hop in s.contradicted))
    denied = next(hop for hop in support.contradicted if hop.edge.negated)
    hop = denied.model_copy(update={"inverted": True})
    path = support.paths[0].model_copy(update={"start": hop.source, "hops": (hop,)})
    assert "contrast.path_broken" in codes(supported(draft, support.option, paths=(path,)), rich)


def test_a_path_leads_from_a_finding_to_its_option(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    other = next(s for s in draft.supports if s.option == "A")
    assert "contrast.path_ends" in codes(supported(draft, "B", paths=other.paths), rich)
    path = gold(draft).paths[0]
    links = tuple(link for link in draft.links if link.curie != path.start)
    assert "contrast.path_ends" in codes(draft.model_copy(update={"links": links}), rich)


def test_what_is_missing_is_a_finding_and_not_explained(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    assert "contrast.missing_forged" in codes(supported(draft, "B", missing=("X:fatigue",)), rich)
    assert "contrast.missing_forged" in codes(supported(draft, "B", missing=("X:scurvy",)), rich)
    assert "contrast.missing_forged" in codes(supported(draft, "A", missing=("X:splenomegaly",)), rich)


def test_the_graphs_preference_is_measured_against_the_margin(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = supported(drafts["diagnosis"], "A", score=0.6)

    def found(margin: float) -> set[str]:
        return {flaw.code for flaw in flaws(draft, rich, ValidateSettings(margin=margin))} & {"graph_prefers_other", "undecided"}

    standing = (0.6 - gold(draft).score) / 0.6
    assert found(0.0) == found(standing - 0.01) == {"graph_prefers_other"}
    assert found(standing + 0.01) == set()
    tied = supported(drafts["diagnosis"], "A", score=gold(drafts["diagnosis"]).score)
    assert "contrast.undecided" in codes(tied, rich)
    assert {f.code for f in flaws(drafts["diagnosis"], rich, ValidateSettings(support=0.99))} >= {"support_too_low"}
