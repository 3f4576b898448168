"""The replies that cost and acceptance are measured with: authored ones pass or fail as they say, the scribe's pass where it makes no mistake."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from time import perf_counter
from typing import Any
from urllib.request import Request as Posted
from urllib.request import urlopen

import pytest

from kgpaths.config import LinkSettings, SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.link.linker import Linker
from kgpaths.llm.request import Message, Request
from kgpaths.llm.tokens import count, prompt_tokens
from kgpaths.llm.wire import Capabilities, body_of
from kgpaths.model import Flaw, Rejection
from kgpaths.search.support import search
from kgpaths.sources.core import core_folder
from kgpaths.sources.questions import BadRow, read_questions
from kgpaths.validate import Judgement, validate
from kgpaths.verbalize.llm import LLMWriter
from kgpaths.verbalize.numbered import Numbering, Sheet
from kgpaths.verbalize.replies import Written, mended, written
from kgpaths.verbalize.template import TemplateWriter
from tests.llm import authored, scribe
from tests.llm.authored import Authored
from tests.llm.reading import read
from tests.llm.server import serving

AUTHORED = [one for question in authored.questions() for one in question.replies]
SAMPLE = 30  # questions that the scribe is measured with
FLAWS = (
    Flaw(check="elimination", code="missing", severity="error", detail="nothing is said of option 'A'"),
    Flaw(check="form", code="markup", severity="error", detail="'**' is no prose", step=2),
)


class Bench:
    """What judges replies: the writer and the checks, with a sheet for every question that the template writes an accepted draft of."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.writer = graph, LLMWriter("m")
        template = TemplateWriter(graph)
        linker, numbering = Linker(graph, LinkSettings()), Numbering(graph, template)
        self.sheets: dict[str, Sheet] = {}
        self.categories: dict[str, str] = {}
        for question in read_questions(core_folder() / "questions.jsonl"):
            assert not isinstance(question, BadRow)
            linked = linker.link(question)
            supports = linked if isinstance(linked, Rejection) else search(graph, linked, SearchSettings())
            if not isinstance(linked, Rejection) and not isinstance(supports, Rejection) and self.accepts(template.write(linked, supports)):
                self.sheets[question.id] = numbering.sheet(linked, supports)
                self.categories[question.id] = question.category

    def accepts(self, draft: Any) -> bool:
        """Tell whether a draft passes."""
        return validate(draft, self.graph).accepted

    def request(self, question: str) -> Request:
        """Return what a model is asked of a question."""
        return self.writer.request(self.sheets[question])

    def body(self, question: str, **changed: Any) -> dict[str, Any]:
        """Return what is sent."""
        return body_of(self.request(question), Capabilities()) | changed

    def judge(self, question: str, text: str) -> Judgement:
        """Return what the checks say of a reply."""
        return self.judge_written(question, written(text))

    def judge_written(self, question: str, reply: Written) -> Judgement:
        """Return what the checks say of a reply as it was read, or as it was mended."""
        return validate(self.writer.draft(self.sheets[question], reply), self.graph)

    def fails(self, question: str, text: str) -> set[str]:
        """Return which checks find errors in a reply, with their codes."""
        if self.writer.check(text):
            return {authored.UNREADABLE}
        return {f"{flaw.check}.{flaw.code}" for flaw in errors(self.judge(question, text).flaws)}

    def refined(self, question: str, text: str) -> dict[str, Any]:
        """Return the body of the request to mend a reply."""
        return body_of(self.writer.refine(self.sheets[question], 0, written(text), self.judge(question, text).flaws), Capabilities())

    def mended(self, question: str, text: str, mends: str) -> Judgement:
        """Return what the checks say of a reply with what mends it."""
        assert self.writer.check_mended(mends) == ""
        return self.judge_written(question, mended(mends).into(written(text)))


def errors(flaws: Iterable[Flaw]) -> list[Flaw]:
    """Return the flaws that reject."""
    return [flaw for flaw in flaws if flaw.severity == "error"]


@pytest.fixture(scope="session")
def bench(embedded: Graph) -> Bench:
    """Return what judges replies; opening the linker and linking every core question takes some 20 seconds."""
    return Bench(embedded)


@pytest.fixture(scope="session")
def sample(bench: Bench) -> list[str]:
    """Return questions of every kind."""
    every = list(bench.sheets)
    return every[:: len(every) // SAMPLE][:SAMPLE]


def test_there_are_enough_replies_and_about_half_of_them_fail(bench: Bench) -> None:
    failing = [one for one in AUTHORED if one.fails]
    assert len(AUTHORED) >= 44
    assert 0.4 <= len(failing) / len(AUTHORED) <= 0.6
    assert len(authored.questions()) >= 20
    assert len({bench.categories[one.question] for one in AUTHORED}) >= 7
    assert {one.style for one in AUTHORED} == {"tutor", "concise", "differential", "think"}


def test_mistakes_are_of_many_kinds() -> None:
    found = Counter(code for one in AUTHORED for code in one.fails)
    wanted = {
        *("citation.direction", "citation.relation_other", "citation.polarity", "citation.stance", "citation.edge_missing"),
        *("citation.anchor_not_verbatim", "citation.uncited", "citation.absence_overclaimed", "citation.names_other", "citation.qualifier_unsaid"),
        *("faithful.polarity", "faithful.age", "faithful.uncited_finding", "strength.frequency", "strength.count", "strength.certainty"),
        *("elimination.missing", "elimination.other_option", "answer.not_gold", "answer.leak", "answer.early"),
        *("connected.premise_later", "connected.orphan", "form.markup", authored.UNREADABLE),
    }
    assert wanted <= found.keys()


@pytest.mark.parametrize("one", AUTHORED, ids=lambda one: one.name)
def test_an_authored_reply_passes_or_fails_as_it_says(bench: Bench, one: Authored) -> None:
    case = read(bench.body(one.question))
    assert case is not None
    assert bench.fails(one.question, authored.text_of(one, case)) == one.fails


def test_replies_follow_from_the_body_alone_and_every_one_is_given(bench: Bench) -> None:
    for question in authored.questions():
        case = read(bench.body(question.id))
        assert case is not None
        given = {authored.reply(bench.body(question.id, temperature=number / 40)) for number in range(40)}
        assert given == {authored.text_of(one, case) for one in question.replies}
        assert authored.reply(bench.body(question.id)) == authored.reply(bench.body(question.id))


def test_a_question_is_told_by_how_it_begins(bench: Bench) -> None:
    shipped = {question.id: question.text for question in read_questions(core_folder() / "questions.jsonl") if not isinstance(question, BadRow)}
    for question in authored.questions():
        assert [id for id, text in shipped.items() if text.startswith(question.asks)] == [question.id]


def test_questions_are_known_in_whatever_form_they_are_sent(bench: Bench) -> None:
    request = bench.request("kgq-f001")
    plain = read(body_of(request, Capabilities()))
    assert plain is not None and len(plain.records) == 15 and plain.right == "C"
    refine = bench.writer.refine(bench.sheets["kgq-f001"], 0, written(scribe.honest(bench.body("kgq-f001"))), FLAWS)
    refined = read(body_of(refine, Capabilities()))
    assert refined is not None and replace(refined, draft=(), found=()) == plain
    assert [(line.number, line.kind, line.option) for line in refined.draft[-2:]] == [(7, "elimination", "E"), (8, "conclusion", "C")]
    assert refined.found == (0, 3)
    for form in (
        Capabilities(api="responses"),
        Capabilities(role="user", structured="none"),
        Capabilities(role="developer", structured="json_object"),
    ):
        assert read(body_of(request, form)) == plain and read(body_of(refine, form)) == refined


MENDED = [one for one in AUTHORED if one.fails - {authored.UNREADABLE}]


def test_every_reply_that_fails_says_how_it_is_mended() -> None:
    assert len(MENDED) >= 25 and {one.name for one in AUTHORED if one.mends} == {one.name for one in MENDED}
    numbers = [(mend["number"], len(one.said["steps"])) for one in MENDED for mend in one.mends]
    assert any(number == 0 for number, _ in numbers) and all(0 <= number <= last for number, last in numbers)
    assert len(numbers) <= 2 * len(MENDED)  # the steps that need it alone


@pytest.mark.parametrize("one", MENDED, ids=lambda one: one.name)
def test_an_authored_reply_passes_with_what_mends_it_and_not_without(bench: Bench, one: Authored) -> None:
    case = read(bench.body(one.question))
    assert case is not None
    text = authored.text_of(one, case)
    assert not errors(bench.mended(one.question, text, authored.mends_of(one, case)).flaws)
    assert mended(authored.unmended(one, case)).into(written(text)) == written(text)


def test_a_request_to_mend_gets_what_mends_three_times_of_four(bench: Bench) -> None:
    in_vain = 0
    for one in MENDED:
        case = read(bench.body(one.question))
        assert case is not None
        refined = bench.refined(one.question, authored.text_of(one, case))
        given = Counter(authored.reply(refined | {"temperature": number / 40}) for number in range(40))
        assert set(given) == {authored.mends_of(one, case), authored.unmended(one, case)}
        in_vain += given[authored.unmended(one, case)]
    assert 0.2 <= in_vain / (40 * len(MENDED)) <= 0.3


def test_a_draft_that_nobody_wrote_is_not_mended(bench: Bench) -> None:
    case = read(bench.body("kgq-f014"))
    assert case is not None
    with pytest.raises(LookupError, match=r"kgq-f014: no reply of ours is the draft that is to be mended"):
        authored.reply(bench.refined("kgq-f014", json.dumps(scribe.compose(case))))


def test_a_line_that_the_prompt_lacks_is_an_error(bench: Bench) -> None:
    case = read(bench.body("kgq-f014"))
    other = next(one for one in AUTHORED if one.question == "kgq-f016")
    assert case is not None
    with pytest.raises(LookupError, match=r"kgq-f016-1-differential: .*no line of the prompt"):
        authored.text_of(other, case)


def test_what_nobody_wrote_a_reply_to_the_scribe_answers(bench: Bench, sample: list[str]) -> None:
    known = {question.id for question in authored.questions()}
    other = next(question for question in sample if question not in known)
    assert authored.reply(bench.body(other)) == scribe.reply(bench.body(other))
    assert json.loads(authored.reply({"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_object"}})) == {
        "colour": "blue"
    }


def test_the_scribe_passes_where_it_makes_no_mistake(bench: Bench, sample: list[str]) -> None:
    texts = {question: scribe.honest(bench.body(question)) for question in sample}
    assert not any(bench.writer.check(text) for text in texts.values())
    assert sum(bench.judge(question, text).accepted for question, text in texts.items()) >= 0.7 * SAMPLE


@pytest.mark.parametrize("mistake", scribe.MISTAKES, ids=lambda mistake: mistake.__name__)
def test_each_mistake_of_the_scribe_is_found(bench: Bench, sample: list[str], mistake: scribe.Mistake) -> None:
    texts = spoiled(bench, sample[::2], mistake)
    assert not [question for question, text in texts.items() if bench.judge(question, text).accepted]
    assert len(texts) >= 3


@pytest.mark.parametrize("mistake", scribe.MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_scribe_mends_each_mistake_with_few_steps(bench: Bench, sample: list[str], mistake: scribe.Mistake) -> None:
    for question, text in spoiled(bench, sample[::2], mistake).items():
        mends = scribe.honest(bench.refined(question, text))
        assert bench.mended(question, text, mends).accepted, question
        assert len(mended(mends).steps) <= 3 < len(written(text).steps), question


def spoiled(bench: Bench, questions: Iterable[str], mistake: scribe.Mistake) -> dict[str, str]:
    """Return replies of the scribe with one mistake, to those questions that its reply without it passes of."""
    found = {}
    for question in questions:
        case = read(bench.body(question))
        assert case is not None
        made = scribe.compose(case)
        if bench.judge(question, json.dumps(made)).accepted and mistake(case, made, Random(1)):
            found[question] = json.dumps(made)
    return found


def test_the_scribe_makes_a_mistake_as_often_as_it_is_told(bench: Bench, sample: list[str]) -> None:
    asked = [bench.body(question) for question in sample]
    sent_back = [bench.refined(question, scribe.reply(bench.body(question), 1.0)) for question in sample]
    for bodies, least, most in ((asked, 0.42, 0.58), (sent_back, 0.18, 0.32)):
        many = [body | {"temperature": number / 10} for body in bodies for number in range(10)]
        assert least <= sum(scribe.reply(body) != scribe.honest(body) for body in many) / len(many) <= most
    assert all(scribe.reply(body, 1.0) != scribe.honest(body) for body in asked)


def test_the_scribe_is_quick(bench: Bench, sample: list[str]) -> None:
    seconds = []
    for question in sample:
        body, begun = bench.body(question), perf_counter()
        scribe.reply(body)
        seconds.append(perf_counter() - begun)
    assert sorted(seconds)[SAMPLE // 2] < 0.003


def test_the_server_counts_tokens_as_they_are_where_it_is_told_to(bench: Bench) -> None:
    request = bench.request("kgq-f001")
    for form, schema in ((Capabilities(), request.json_schema), (Capabilities(structured="none"), "")):
        body = body_of(request, form)
        with serving(counted=True, latency=0.0, replies="tests.llm.scribe:reply") as server:
            sent = Posted(f"{server.base_url}/chat/completions", json.dumps(body).encode())
            used = json.loads(urlopen(sent, timeout=10).read())["usage"]
        messages = [Message(role=turn["role"], text=turn["content"]) for turn in body["messages"]]
        assert used["prompt_tokens"] == prompt_tokens(messages, schema)
        assert used["completion_tokens"] == count(scribe.reply(body))
        assert used["total_tokens"] == used["prompt_tokens"] + used["completion_tokens"]
        assert used["completion_tokens_details"]["reasoning_tokens"] == used["prompt_tokens_details"]["cached_tokens"] == 0
