"""Hostile drafts: whatever a row holds, the validator returns flaws, soon, and never raises."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgpaths.graph.store import Graph
from kgpaths.model import Draft, Flaw, Mention, Step
from kgpaths.validate import validate
from tests.validate.drafts import edge_citation, first, with_citation, with_options, with_step

SECONDS = 2.0
HUGE = 10_000_000


def judged(draft: Draft, graph: Graph) -> tuple[Flaw, ...]:
    """Return the flaws of a draft that must have an error, be judged in time, and be writable as JSON."""
    begun = perf_counter()
    judgement = validate(draft, graph)
    taken = perf_counter() - begun
    assert not judgement.accepted
    assert taken < SECONDS, f"{taken:.1f} s"
    for flaw in judgement.flaws:
        flaw.model_dump_json()
        assert len(flaw.detail) < 4000
    return judgement.flaws


@pytest.mark.parametrize("text", ["a" * HUGE, " " * HUGE, "a " * (HUGE // 2), "(" * HUGE, "1 of " * (HUGE // 5), "not " * (HUGE // 4), "." * HUGE])
def test_ten_megabytes_of_step(text: str, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for kind in ("finding", "inference", "elimination", "conclusion"):
        assert any(flaw.code == "too_large" for flaw in judged(with_step(draft, first(draft, kind), text=text), rich))


def test_ten_megabytes_anywhere_else(drafts: dict[str, Draft], rich: Graph) -> None:
    draft, long = drafts["diagnosis"], "a " * (HUGE // 2)
    question = draft.question
    for changed in (question.model_copy(update={"text": question.text + long}), question.model_copy(update={"context": long})):
        judged(draft.model_copy(update={"question": changed}), rich)
    judged(with_options(draft, lambda option: option.model_copy(update={"text": long})), rich)
    judged(draft.model_copy(update={"conclusion": long}), rich)
    link = draft.links[0]
    for forged in (link.model_copy(update={"alias": long}), link.model_copy(update={"mention": link.mention.model_copy(update={"text": long})})):
        judged(draft.model_copy(update={"links": (forged, *draft.links[1:])}), rich)
    step = first(draft, "inference")
    for field in ("edge_id", "content_hash", "subject", "predicate", "object"):
        judged(with_citation(draft, step, step.citations[0], **{field: long}), rich)
    finding = first(draft, "finding")
    for field in ("where", "subject"):
        judged(with_citation(draft, finding, edge_citation(finding, "mention"), **{field: long}), rich)
    judged(with_step(draft, step, option=long), rich)


def test_a_draft_too_large_keeps_its_statuses(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    judgement = validate(with_step(draft, draft.steps[1], text="a" * HUGE), rich)
    assert {step.status for step in judgement.draft.steps} == {"unchecked"}


CONTROL = "".join(map(chr, range(32))) + "\x7f\u202e\u200b\ufeff\ufffd"
WORDS = [
    CONTROL,
    "\ud800",
    "\udfff\ud800",
    "a\ud800b" * 100,
    "İ" * 700,  # lower case is longer than upper case
    "ß" * 700,
    "\u0301" * 1400,
    "🩺" * 700,
    "\n" * 1400,
    "ﷺ" * 1400,
    "",
    "\\",
    "(" * 1400,
    "[" * 1400,
    "x" * 1400,
    "is as " * 230,
    "has been " * 150,
    "inhibitor-" * 140,
    "is a-b " * 200,
    "not " * 350,
    "no, " * 350,
    "1 of " * 280,
    "1 - " * 350,
    "1" + " " * 1398,
    "0." * 700,
    "a " * 700,
    "&" * 1400,
    "<a" * 700,
    "\\u" * 700,
    "edge " * 280,
    "A:" * 700,
    "most x " * 200,
    "rules x " * 170,
    "very frequent x " * 90,
    "only " * 280,
]


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_strange_words_anywhere(words: str, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for step in draft.steps:
        judged(with_step(draft, step, text=words), rich)
    step = first(draft, "inference")
    citation = step.citations[0]
    assert citation.anchors
    for role in ("subject", "object", "relation"):
        span = getattr(citation.anchors, role).model_copy(update={"start": 0, "end": len(words), "text": words})
        judged(
            with_step(
                draft, step, text=words, citations=(citation.model_copy(update={"anchors": citation.anchors.model_copy(update={role: span})}),)
            ),
            rich,
        )
    for field in ("edge_id", "content_hash", "subject", "predicate", "object"):
        judged(with_citation(draft, step, citation, **{field: words}), rich)
    judged(draft.model_copy(update={"conclusion": words}), rich)
    judged(draft.model_copy(update={"links": tuple(link.model_copy(update={"curie": words}) for link in draft.links)}), rich)
    judged(draft.model_copy(update={"links": tuple(link.model_copy(update={"alias": words}) for link in draft.links)}), rich)
    judged(with_options(draft, lambda option: option.model_copy(update={"text": words})), rich)
    judged(with_options(draft, lambda option: option.model_copy(update={"key": words})), rich)
    judged(draft.model_copy(update={"question": draft.question.model_copy(update={"text": words})}), rich)


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_a_question_of_one_strange_word_repeated(words: str, drafts: dict[str, Draft], rich: Graph) -> None:
    text = (words * (99_999 // max(len(words), 1)))[:99_999]
    mention = Mention(where="text", start=0, end=len(text), text=text[:4000])
    draft = drafts["diagnosis"]
    links = tuple(link.model_copy(update={"mention": mention}) for link in draft.links)
    judged(draft.model_copy(update={"question": draft.question.model_copy(update={"text": text}), "links": links}), rich)
    if words:
        judged(draft.model_copy(update={"question": draft.question.model_copy(update={"text": text + draft.question.text})}), rich)


@pytest.mark.parametrize("offset", [-1, -(10**9), -(10**40), 10**9, 10**18, 10**40])
def test_absurd_offsets(offset: int, drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for field in ("start", "end"):
        for step in (first(draft, "inference"), first(draft, "elimination", "D")):
            for citation in step.citations:
                if citation.anchors:
                    for role in ("subject", "object", "relation"):
                        span = getattr(citation.anchors, role).model_copy(update={field: offset})
                        judged(with_citation(draft, step, citation, anchors=citation.anchors.model_copy(update={role: span})), rich)
                else:
                    judged(with_citation(draft, step, citation, **{field: offset}), rich)
        forged = tuple(link.model_copy(update={"mention": link.mention.model_copy(update={field: offset})}) for link in draft.links)
        judged(draft.model_copy(update={"links": forged}), rich)
        judged(draft.model_copy(update={"facts": tuple(fact.model_copy(update={field: offset}) for fact in draft.facts)}), rich)
    judged(with_step(draft, draft.steps[1], index=offset), rich)


def test_empty_drafts(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    for field in ("steps", "links", "supports"):
        judged(draft.model_copy(update={field: ()}), rich)
    judged(draft.model_copy(update={"question": draft.question.model_copy(update={"options": ()})}), rich)
    judged(draft.model_copy(update={"question": draft.question.model_copy(update={"options": (), "text": ""}), "supports": (), "links": ()}), rich)
    for step in draft.steps:
        judged(with_step(draft, step, text=""), rich)
    judged(Draft(id="", question=draft.question.model_copy(update={"text": "", "options": (), "answer_keys": ()})), rich)


def test_thousands_of_everything(drafts: dict[str, Draft], rich: Graph) -> None:
    draft = drafts["diagnosis"]
    step = first(draft, "inference")
    judged(with_step(draft, step, citations=step.citations * 3000), rich)
    judged(draft.model_copy(update={"steps": draft.steps * 2000}), rich)
    judged(draft.model_copy(update={"links": draft.links * 3000}), rich)
    judged(draft.model_copy(update={"facts": draft.facts * 3000}), rich)
    judged(draft.model_copy(update={"supports": draft.supports * 3000}), rich)
    support = draft.supports[1]
    path = support.paths[0].model_copy(update={"hops": support.paths[0].hops * 3000})
    for paths in (support.paths * 3000, (path,), (path,) * 10):
        judged(draft.model_copy(update={"supports": (draft.supports[0], support.model_copy(update={"paths": paths}), *draft.supports[2:])}), rich)
    question = draft.question.model_copy(update={"options": draft.question.options * 3000})
    judged(draft.model_copy(update={"question": question}), rich)


def test_as_many_as_are_allowed(drafts: dict[str, Draft], rich: Graph) -> None:
    """At the limits everything is still checked, and in time."""
    draft = drafts["diagnosis"]
    step = first(draft, "elimination", "D")
    long = (step.text + " ") * 6
    steps = tuple(Step(index=i, kind="elimination", text=long[:1500], citations=step.citations, option="D") for i in range(99))
    judged(draft.model_copy(update={"steps": (*steps, draft.steps[-1])}), rich)
    judged(draft.model_copy(update={"links": draft.links * (5000 // len(draft.links))}), rich)
    many = tuple(c.model_copy(update={"content_hash": str(i)}) for i in range(495 // len(step.citations)) for c in step.citations)
    judged(with_step(draft, step, citations=many, text=long[:1500]), rich)


def paths_of(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where each leaf of a JSON value stands."""
    if isinstance(value, dict):
        return [path for key, inner in value.items() for path in paths_of(inner, (*at, key))]
    if isinstance(value, list):
        return [path for i, inner in enumerate(value) for path in paths_of(inner, (*at, i))] + [at]
    return [at]


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    """Set the leaf of a JSON value at ``path``."""
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


STRINGS = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789abcdef", min_size=20, max_size=20),
    st.sampled_from(
        ["", "text", "context", "option:A", "option:Z", "X:scurvy", "X:pica", "causes", "affects", "treats", "edge", "absence", "mention"]
    ),
    st.sampled_from(["denied", "asserted", "absent", "present", "family", "A", "B", "Z", "not recorded for", "fatigue", "always", "3 of 40"]),
)
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.integers(-5, 120))
FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_field_changed_in_any_way_is_judged(data: st.DataObject, drafts: dict[str, Draft], rich: Graph) -> None:
    """One to four leaves of a good draft's JSON are replaced, dropped or repeated; what is still a draft is judged."""
    name = data.draw(st.sampled_from(sorted(drafts)))
    value = json.loads(drafts[name].model_dump_json())
    for _ in range(data.draw(st.integers(1, 4))):
        places = paths_of(value)
        place = places[data.draw(st.integers(0, len(places) - 1))]
        old = value
        for key in place:
            old = old[key]
        if isinstance(old, list):
            new: Any = data.draw(st.sampled_from([[], old[::-1], old * 2, old[1:], old[:1] * 3]))
        elif isinstance(old, bool):
            new = not old
        elif isinstance(old, int):
            new = data.draw(NUMBERS)
        elif isinstance(old, float):
            new = data.draw(FLOATS)
        else:
            new = data.draw(st.one_of(STRINGS, st.none())) if old is None or isinstance(old, str) else old
        if place:
            put(value, place, new)
    try:
        draft = Draft.model_validate(value)
    except ValueError:
        return
    begun = perf_counter()
    judgement = validate(draft, rich)
    assert perf_counter() - begun < SECONDS
    assert len(judgement.draft.steps) == len(draft.steps)
    for flaw in judgement.flaws:
        flaw.model_dump_json()
