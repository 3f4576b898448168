"""The replies that cost and acceptance are measured with: authored ones pass or fail as they say, the scribe's pass where it makes no mistake."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from random import Random
from time import perf_counter
from typing import Any

import pytest

from kgpaths.config import LinkSettings, SearchSettings
from kgpaths.graph.store import Graph
from kgpaths.link.linker import Linker
from kgpaths.llm.request import Request
from kgpaths.llm.wire import Capabilities, body_of
from kgpaths.model import Flaw, Rejection
from kgpaths.search.support import search
from kgpaths.sources.core import core_folder
from kgpaths.sources.questions import BadRow, read_questions
from kgpaths.validate import Judgement, validate
from kgpaths.verbalize.llm import LLMWriter
from kgpaths.verbalize.numbered import Numbering, Sheet
from kgpaths.verbalize.template import TemplateWriter
from tests.llm import authored, scribe
from tests.llm.authored import Authored

AUTHORED = [one for question in authored.questions() for one in question.replies]
SAMPLE = 30  # questions that the scribe is measured with


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
        return validate(self.writer.draft(self.sheets[question], text), self.graph)

    def fails(self, question: str, text: str) -> set[str]:
        """Return which checks find errors in a reply, with their codes."""
        if self.writer.check(text):
            return {authored.UNREADABLE}
        return {f"{flaw.check}.{flaw.code}" for flaw in errors(self.judge(question, text).flaws)}

    def refined(self, question: str, text: str) -> dict[str, Any]:
        """Return the body of the request to mend a reply."""
        flaws = () if self.writer.check(text) else self.judge(question, text).flaws
        return body_of(self.writer.refine(self.sheets[question], self.request(question), text, flaws), Capabilities())


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
    case = scribe.read(bench.body(one.question))
    assert case is not None
    assert bench.fails(one.question, authored.text_of(one, case)) == one.fails


def test_replies_follow_from_the_body_alone_and_every_one_is_given(bench: Bench) -> None:
    for question in authored.questions():
        case = scribe.read(bench.body(question.id))
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
    plain = scribe.read(body_of(request, Capabilities()))
    assert plain is not None and len(plain.records) == 15 and plain.right == "C"
    for form in (
        Capabilities(api="responses"),
        Capabilities(role="user", structured="none"),
        Capabilities(role="developer", structured="json_object"),
    ):
        assert scribe.read(body_of(request, form)) == plain


def test_a_request_to_mend_gets_a_reply_too(bench: Bench) -> None:
    for question in authored.questions():
        case = scribe.read(bench.body(question.id))
        assert case is not None
        texts = [authored.text_of(one, case) for one in question.replies]
        for text in texts:
            refined = bench.refined(question.id, text)
            assert authored.reply(refined) in texts
            assert authored.mending(refined) in [other for other in texts if other != text]


def test_a_line_that_the_prompt_lacks_is_an_error(bench: Bench) -> None:
    case = scribe.read(bench.body("kgq-f014"))
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
    made = 0
    for question in sample[::2]:
        case = scribe.read(bench.body(question))
        assert case is not None
        written = scribe.compose(case)
        if bench.judge(question, json.dumps(written)).accepted and mistake(case, written, Random(1)):
            made += 1
            assert not bench.judge(question, json.dumps(written)).accepted, question
    assert made >= 3


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
