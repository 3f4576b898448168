"""Aids beside writing, driven by hand: what each asks, what an answer changes, and that an unusable one changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kgpaths.aids import Aids, against, asker_of
from kgpaths.config import AidSettings, LLMSettings, RunConfig
from kgpaths.graph.store import Graph
from kgpaths.inflight import Asking
from kgpaths.llm.request import Answer, Ask, Reply
from kgpaths.model import OptionSupport, Question
from kgpaths.opinions import Choice, Opinion, Opinions, Proposal, Unanswered, tally
from kgpaths.pipeline import Begun, begin
from kgpaths.runs import Outcome
from tests.small import small_graph, write_questions

Model = Callable[[str, int], Any]
"""What a model of these tests says to an aid, the how manieth time it is asked: JSON, or words."""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(tmp_path_factory.mktemp("small"))


@pytest.fixture
def begun(tmp_path: Path, graph: Graph) -> Callable[..., Begun]:
    """Return a function that begins a run with aids, on the small graph."""

    def made(**aid: Any) -> Begun:
        questions = write_questions(tmp_path / "questions.jsonl")
        config = RunConfig(questions=str(questions), graph=str(graph.path), out=str(tmp_path / "run"), llm=LLMSettings(models=("m",)))
        return begin(config.model_copy(update={"aid": AidSettings(**aid)}))

    return made


def driven(task: Asking[Any], model: Model) -> tuple[Any, list[list[str]]]:
    """Return what a task returns, and what it asked, round by round."""
    rounds: list[list[str]] = []
    count: dict[str, int] = {}

    def answer(ask: Ask) -> Answer:
        aid = ask.request.schema_name
        count[aid] = count.get(aid, -1) + 1
        said = model(aid, count[aid])
        text = said if isinstance(said, str) else json.dumps(said)
        reply = Reply(text=text, prompt_tokens=10, completion_tokens=1)
        return Answer(reply, ask.check(text), (reply,))

    try:
        asks = next(task)
        while True:
            rounds.append([ask.request.schema_name for ask in asks])
            asks = task.send(tuple(map(answer, asks)))
    except StopIteration as end:
        return end.value, rounds


def outcome(begun: Begun, model: Model, question: str = "q-diagnosis") -> tuple[Outcome, list[list[str]]]:
    """Return what becomes of one question, and what was asked."""
    return driven(begun.stages.answer(asked(begun, question)), model)


def asked(begun: Begun, id: str) -> Question:
    return next(question for question in begun.questions if question.id == id)


def rubbish(aid: str, time: int) -> str:
    return "verdict: correct. The answer is B, keep 1, NONE."


GOOD: dict[str, Any] = {
    "mentions": {"spans": []},
    "paths": {"keep": [1, 2, 3, 4]},
    "attempt": {"reason": "", "answer": "B"},
    "answer": {"answer": "B"},
    "judge": {"reason": "It follows.", "steps": [], "verdict": "correct"},
}


def good(aid: str, time: int) -> Any:
    return GOOD[aid]


def test_all_is_off_by_default_and_nothing_is_asked(begun: Callable[..., Begun]) -> None:
    assert AidSettings() == RunConfig().aid and not RunConfig().aid.on and not RunConfig().asks
    off = begun()
    assert (off.asker, off.stages.aids, asker_of(off.config)) == (None, None, None)
    assert "aids" not in off.identity.inputs and not [key for key in off.identity.config if key.startswith("aid.")]
    found, rounds = outcome(off, rubbish)
    assert found.examples and rounds == [] and found.usage is None and found.opinions is None


def test_every_aid_has_a_switch_and_its_own_hash(begun: Callable[..., Begun]) -> None:
    aids: dict[str, Any] = {"mentions": True, "links": True, "paths": True, "difficulty": 2, "answer": True, "judge": True}
    begins = {aid: begun(**{aid: value}) for aid, value in aids.items()}
    assert len({one.identity.inputs["aids"] for one in begins.values()}) == len({one.run_id for one in begins.values()}) == len(aids)
    assert all(one.asker and len(one.asker.prompts) == 1 for one in begins.values())
    assert begun(judge=True).run_id == begins["judge"].run_id != begun(judge=True, reject=True).run_id
    assert begun(reject=True, model="other").asker is None  # of themselves they ask nothing


def test_who_is_asked() -> None:
    llm, on = LLMSettings(models=("a", "b")), {"judge": True}
    template = RunConfig(llm=llm, aid=AidSettings(**on))
    assert template.served.models == ("a",) and template.asks
    other = RunConfig(llm=llm, aid=AidSettings(**on, model="c"))
    assert other.served.models == ("c",)
    writing = other.model_copy(update={"write": other.write.model_copy(update={"writer": "llm"})})
    assert writing.served.models == ("a", "b", "c")
    assert writing.model_copy(update={"aid": AidSettings(model="c")}).served.models == ("a", "b")
    asker = asker_of(writing)
    assert asker is not None and asker.model == "c"


EVERY = {"mentions": True, "links": True, "paths": True, "difficulty": 3, "answer": True, "judge": True}


def test_what_is_asked_when_and_what_is_said_goes_into_the_row(begun: Callable[..., Begun]) -> None:
    found, rounds = outcome(begun(**EVERY), good)
    assert rounds == [["mentions"], ["paths"], ["attempt", "attempt", "attempt", "answer", "judge"]]
    (example,) = found.examples
    paths = sum(len(support.paths) for support in example.draft.supports)
    assert found.opinions == Opinions(
        question_id="q-diagnosis",
        model="m",
        paths=paths,
        paths_kept=paths,
        attempts=("B", "B", "B"),
        difficulty=0.0,
        drafts=(Opinion(draft_id=example.draft.id, answer="B", agrees=True, verdict="correct", reason="It follows."),),
    )
    assert found.usage and (found.usage.calls, found.usage.tokens) == (7, 77)


@pytest.mark.parametrize("question", ["q-diagnosis", "q-treatment", "q-no-finding", "q-not-linked", "q-no-path", "q-prefers-other"])
def test_rubbish_changes_nothing_even_where_opinions_reject(begun: Callable[..., Begun], question: str) -> None:
    plain, _ = outcome(begun(), rubbish, question)
    found, rounds = outcome(begun(**EVERY, reject=True), rubbish, question)
    assert [e.draft for e in found.examples] == [e.draft for e in plain.examples]
    assert (found.rejection, found.drafts) == (plain.rejection, plain.drafts)
    assert found.opinions and found.usage and found.usage.calls == sum(map(len, rounds)) >= 1
    aids = [one.aid for one in found.opinions.unanswered]
    assert len(aids) == sum(map(len, rounds)) and aids[0] == "mentions"
    assert found.opinions.unanswered[0].why == "it holds no whole JSON object with spans"
    assert found.opinions.difficulty is None and found.opinions.attempts == ()
    assert all((one.answer, one.agrees, one.verdict) == (None, None, "") for one in found.opinions.drafts)


def test_a_refusal_is_told_as_such(begun: Callable[..., Begun]) -> None:
    stages = begun(judge=True).stages
    task = stages.answer(asked(begun(), "q-diagnosis"))
    next(task)
    refused = Reply(fault="refusal", detail="I cannot help with that.", prompt_tokens=5)
    with pytest.raises(StopIteration) as end:
        task.send((Answer(refused, "refusal", (refused, refused)),))
    found = end.value.value
    assert found.examples and found.usage.tokens == 10
    assert found.opinions.unanswered == (Unanswered(aid="judge", why="I cannot help with that."),)


def test_mentions_are_linked_by_our_rules_and_the_rest_is_dropped(begun: Callable[..., Begun], graph: Graph) -> None:
    one = begun(mentions=True)
    assert one.stages.aids
    linked = one.stages.linker.read(asked(one, "q-diagnosis"))
    bare = linked.model_copy(update={"links": tuple(link for link in linked.links if link.mention.text not in ("pica", "splenomegaly"))})
    heard = one.stages.aids.heard(linked.question)
    said = {"mentions": {"spans": ["pica", "splenomegaly", "30-year-old", "chest pain"]}}
    found, _ = driven(one.stages.aids.read(bare, heard), lambda aid, _: said[aid])
    assert [(link.mention, link.curie) for link in found.links] == [(link.mention, link.curie) for link in linked.links]
    assert heard.opinions.proposals == (
        Proposal(text="pica", curies=("X:pica",)),
        Proposal(text="splenomegaly", curies=("X:splenomegaly",)),
        Proposal(text="30-year-old"),
        Proposal(text="chest pain"),
    )


def test_what_does_not_stand_in_the_text_saves_no_question(begun: Callable[..., Begun]) -> None:
    one = begun(mentions=True)
    found, rounds = outcome(one, lambda aid, _: {"spans": ["fatigue"]}, "q-no-finding")
    assert rounds == [["mentions"]] and found.rejection and found.rejection.code == "no_finding"
    bare = asked(one, "q-no-finding").model_copy(update={"options": ()})
    found, rounds = driven(one.stages.answer(bare), rubbish)
    assert rounds == [] and found.rejection.code == "no_options" and found.opinions is None


def test_paths_are_chosen_from_those_there_are_and_one_of_each_option_stays(begun: Callable[..., Begun]) -> None:
    one = begun(paths=True)
    plain, _ = outcome(begun(), rubbish)
    before = {support.option: support.paths for support in plain.examples[0].draft.supports}
    assert [len(before[key]) for key in "ABC"] == [1, 3, 0]
    found, _ = outcome(one, lambda aid, _: {"keep": [3, 4]})
    after = {support.option: support.paths for support in found.examples[0].draft.supports}
    assert after == {"A": before["A"], "B": before["B"][1:], "C": ()}
    assert found.opinions and (found.opinions.paths, found.opinions.paths_kept) == (4, 3)
    nothing, _ = outcome(one, lambda aid, _: {"keep": []})
    assert nothing.opinions and nothing.opinions.paths_kept == 2
    assert [support.paths for support in nothing.examples[0].draft.supports] == [before["A"], before["B"][:1], ()]
    invented, _ = outcome(one, lambda aid, _: {"keep": [1, 5]})
    assert invented.examples[0].draft == plain.examples[0].draft
    assert invented.opinions and invented.opinions.unanswered == (Unanswered(aid="paths", why="keep[1] is no whole number from 1 to 4"),)


def test_paths_that_cannot_carry_the_answer_are_put_back(begun: Callable[..., Begun]) -> None:
    """One sign alone leads to the answer then, which is too little where its support is below ``validate.single_finding``."""
    one = begun(paths=True)
    one.config = one.config.model_copy(update={"validation": one.config.validation.model_copy(update={"single_finding": 1.0})})
    plain, _ = outcome(replace(one, asker=None), rubbish)
    found, _ = outcome(one, lambda aid, _: {"keep": [2]})
    assert plain.examples and [e.draft for e in found.examples] == [e.draft for e in plain.examples]
    assert found.opinions and (found.opinions.paths, found.opinions.paths_kept) == (4, 4)
    assert [one.aid for one in found.opinions.unanswered] == ["paths"]


def test_difficulty_is_the_share_of_wrong_attempts_that_can_be_read(begun: Callable[..., Begun]) -> None:
    said = ["A", "B", "D", "C", "B"]
    found, rounds = outcome(begun(difficulty=5), lambda aid, time: {"reason": "", "answer": said[time]})
    assert rounds == [["attempt"] * 5] and found.opinions
    assert (found.opinions.attempts, found.opinions.difficulty) == (("A", "B", "C", "B"), 0.5)
    assert found.opinions.unanswered == (Unanswered(aid="difficulty", why="answer is none of A, B, C"),)
    rejected, rounds = outcome(begun(difficulty=5), rubbish, "q-prefers-other")
    assert rounds == [] and rejected.opinions is None  # only of what is published


@pytest.mark.parametrize(
    ("answer", "verdict", "steps", "code", "details"),
    [
        ("A", "correct", [], "opinion.answer", ["to a model, the reasoning leads to option A"]),
        ("NONE", "correct", [], "opinion.answer", ["to a model, the reasoning leads to no option"]),
        ("B", "flawed", [2], "opinion.judge", ["a model calls it flawed: Why."]),
        ("B", "harmful", [], "opinion.judge", ["a model calls it harmful: Why."]),
        ("A", "harmful", [1, 3], "opinion.answer", ["to a model, the reasoning leads to option A", *["a model calls it harmful: Why."] * 2]),
    ],
)
def test_an_opinion_rejects_only_where_it_is_let(
    begun: Callable[..., Begun], answer: str, verdict: str, steps: list[int], code: str, details: list[str]
) -> None:
    said = {"answer": {"answer": answer}, "judge": {"reason": "Why.", "steps": steps, "verdict": verdict}}
    told, _ = outcome(begun(answer=True, judge=True), lambda aid, _: said[aid])
    found, _ = outcome(begun(answer=True, judge=True, reject=True), lambda aid, _: said[aid])
    assert told.examples and told.rejection is None and told.opinions == found.opinions
    assert found.opinions and found.opinions.drafts[0].steps == tuple(step - 1 for step in steps)
    assert not found.examples and found.rejection and found.rejection.draft == told.examples[0].draft
    assert (found.rejection.stage, found.rejection.code, found.rejection.detail) == ("validate", code, details[0])
    assert [flaw.detail for flaw in found.rejection.flaws if flaw.check == "opinion"] == details
    assert [flaw.step for flaw in found.rejection.flaws if flaw.code == "judge"] == (
        [step - 1 for step in steps] or ([-1] if verdict != "correct" else [])
    )


def test_nothing_stands_against_a_draft_of_which_nothing_was_said() -> None:
    assert against(Opinion(draft_id="d")) == against(Opinion(draft_id="d", answer="B", agrees=True, verdict="correct")) == ()


def test_the_manifest_counts_what_was_said() -> None:
    rows = [
        Opinions(
            question_id="1",
            model="m",
            proposals=(Proposal(text="a", curies=("X:a",)), Proposal(text="b")),
            choices=(Choice(where="text", start=0, end=1, text="a", before="X:a", after=""),),
            paths=9,
            paths_kept=4,
            attempts=("A", "B"),
            difficulty=0.5,
            drafts=(Opinion(draft_id="d", answer="A", agrees=False, verdict="flawed"), Opinion(draft_id="e", agrees=True, verdict="correct")),
        ),
        Opinions(question_id="2", model="m", attempts=("A",), difficulty=1.0, unanswered=(Unanswered(aid="judge", why="x"),)),
    ]
    assert tally(rows) == {
        "questions": 2,
        "proposed": 2,
        "proposed_linked": 1,
        "choices": 1,
        "choices_changed": 1,
        "paths": 9,
        "paths_kept": 4,
        "difficulty": 0.75,
        "answer": {"agrees": 1, "differs": 1},
        "judge": {"correct": 1, "flawed": 1},
        "unanswered": {"judge": 1},
    }
    assert tally(rows[:0]) == {"questions": 0}


def test_more_paths_than_can_be_numbered_are_all_told(begun: Callable[..., Begun], graph: Graph) -> None:
    one = begun(paths=True)
    assert one.stages.aids
    plain, _ = outcome(begun(), rubbish)
    (_, support, _) = plain.examples[0].draft.supports
    many: tuple[OptionSupport, ...] = (support.model_copy(update={"paths": support.paths * 34}),)
    aids: Aids = one.stages.aids
    question = asked(one, "q-diagnosis")
    assert driven(aids.paths(question, many, aids.heard(question)), rubbish) == (many, [])
    single = (support.model_copy(update={"paths": support.paths[:1]}),)
    assert driven(aids.paths(question, single, aids.heard(question)), rubbish) == (single, [])


def test_the_page_names_every_field_of_the_row() -> None:
    page = (Path(__file__).parents[1] / "docs" / "llm.md").read_text(encoding="utf-8")
    table = page.partition("| field of `opinions.jsonl` |")[2].partition("\n\n")[0]
    firsts = [name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert firsts == list(Opinions.model_fields)
    told = set(re.findall(r"`(\w+)`", table))
    for noun in (Proposal, Choice, Opinion, Unanswered):
        assert set(noun.model_fields) <= told, noun
