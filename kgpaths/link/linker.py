"""Link a question: what its text and context say of the patient, and what each option names."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kgpaths.link.abbreviations import Definitions
from kgpaths.link.aliases import FINDINGS, open_index
from kgpaths.link.assertion import readings
from kgpaths.link.dictionary import IN_OPTION, IN_TEXT, WHOLE_OPTION, Candidate, Match
from kgpaths.link.disambiguate import OPTION_ORDER, SCOPE_SCORES, TEXT_ORDER, Chooser
from kgpaths.link.doubts import Doubt, around, in_order
from kgpaths.link.facts import patient_facts
from kgpaths.link.leadin import expected, lead_in
from kgpaths.link.measure import ANALYTES, is_measured, is_reagent
from kgpaths.link.mentions import Expansions, MentionFinder, longest, usable
from kgpaths.link.narrow import LEAST_SHARE, is_narrowed, is_turned, share_named
from kgpaths.link.stopwords import LEAD_IN, ROUTES
from kgpaths.link.text import Tokens, tokenize
from kgpaths.link.values import METHOD, values
from kgpaths.model import Assertion, Fact, Link, LinkedQuestion, Mention, Question, Rejection

if TYPE_CHECKING:
    from kgpaths.config import LinkSettings
    from kgpaths.graph import Graph

CODE = "InformationContentEntity"
PROPOSED = "proposed"
"""The method of a link whose words somebody else pointed out."""
PLACES = ("AnatomicalEntity", "Cell")
Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Option:
    """An option's tokens, all its matches, and the one that is the whole of it."""

    key: str
    tokens: Tokens
    matches: tuple[Match, ...]
    whole: Match | None


class Linker:
    """Find the concepts of a graph in questions. Opening reads nothing but the index's headers."""

    def __init__(self, graph: Graph, settings: LinkSettings) -> None:
        """Open the alias index of ``graph``, building it the first time (seconds)."""
        self._graph, self._settings = graph, settings
        self._finder = MentionFinder(open_index(graph))
        self._chooser = Chooser(graph)
        self._definitions = Definitions()

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return what this linker cannot do for want of an optional package, for the run's manifest."""
        return self._definitions.skipped

    def link(self, question: Question) -> LinkedQuestion | Rejection:
        """Link ``question``; a rejection where nothing can be reasoned from or to."""
        if not question.options:
            return _rejection(question, "no_options", "the question has no options to choose among")
        linked = self.read(question)
        return self.refusal(linked) or linked

    def read(self, question: Question) -> LinkedQuestion:
        """Return what text, context and options of ``question`` name, however little it is."""
        tokens = tokenize(question.text)
        asks = lead_in(tokens)
        defined = self._finder.defined(self._definitions.find(f"{question.context}\n{question.text}"))
        known = patient_facts(question)
        links, unlinked = self._text(tokens, "text", defined, asks, known)
        if question.context:
            more, rest = self._text(tokenize(question.context), "context", defined, (), known)
            links, unlinked = more + links, rest + unlinked
        lead = " ".join(question.text[tokens.starts[begin] : tokens.ends[end - 1]] for begin, end in asks)
        links += self._options(question, expected(lead), defined)
        return LinkedQuestion(question=question, links=tuple(links), unlinked=tuple(unlinked), facts=known)

    def refusal(self, linked: LinkedQuestion) -> Rejection | None:
        """Return the rejection of a question with nothing to be reasoned from or to."""
        question = linked.question
        if not linked.findings():
            return _rejection(question, "no_finding", "no concept of the graph is stated of the patient in text or context")
        missing = [key for key in question.answer_keys if not linked.option_curies(key)]
        if missing and len(missing) == len(question.answer_keys):
            texts = "; ".join(f"{key}: {question.option_text(key)}" for key in missing)
            return _rejection(question, "answer_not_linked", f"no concept of the graph is named by the right option ({texts})")
        return None

    def _text(self, tokens: Tokens, where: str, defined: Expansions, asks: Spans, known: Sequence[Fact]) -> tuple[list[Link], list[Mention]]:
        """Return the links of a text in order, and the mentions that were seen and not linked. What is measured is read by its value."""
        measured = self._values(tokens, where, known)
        taken = {place for link in measured for place in range(link.mention.start, link.mention.end)}
        found = [m for m in longest(tokens, usable(self._finder.find(tokens, defined), IN_TEXT)) if not _only_asks(tokens, m, asks)]
        found = [m for m in found if taken.isdisjoint(range(tokens.starts[m.first], tokens.ends[m.last]))]
        links, unlinked = self._stated(tokens, where, found)
        return sorted([*links, *measured], key=lambda link: link.mention.start), unlinked

    def _stated(self, tokens: Tokens, where: str, found: Sequence[Match]) -> tuple[list[Link], list[Mention]]:
        """Return the links of what was found in a text, with what the text says of each, and the mentions that are not to be linked."""
        links: list[Link] = []
        unlinked: list[Mention] = []
        for match, reading in zip(found, readings(tokens, [(m.first, m.last) for m in found]), strict=True):
            mention = _mention(tokens, match, where, reading.assertion)
            chosen = self._chooser.choose(match.candidates, (), TEXT_ORDER)
            denied_in_part = reading.assertion == "absent" and is_narrowed(tokens, match)
            if chosen is None or reading.of_nobody or denied_in_part or self._is_test(tokens, match, chosen):
                unlinked.append(mention)
            else:
                links.append(self._link(mention, match, chosen))
        return links, unlinked

    def proposed(self, linked: LinkedQuestion, spans: Sequence[str]) -> LinkedQuestion:
        """Return the question with those of ``spans`` linked that stand in its text, are names of a finding, and are not linked yet.

        What the text says of them, and which of them are no findings there, is decided by the rules for all mentions. They find what is
        an ordinary word too ("cold"), or part of a longer name that is not meant.
        """
        question = linked.question
        defined = self._finder.defined(self._definitions.find(f"{question.context}\n{question.text}"))
        links, unlinked = list(linked.links), list(linked.unlinked)
        for where, text in (("context", question.context), ("text", question.text)):
            tokens = tokenize(text)
            taken = {place for link in links if link.mention.where == where for place in range(link.mention.start, link.mention.end)}
            matches = {(match.first, match.last): match for match in self._finder.find(tokens, defined)}
            free = [matches[place] for place in places_of(tokens, spans) if place in matches]
            free = [m for m in free if taken.isdisjoint(range(tokens.starts[m.first], tokens.ends[m.last]))]
            new, _ = self._stated(tokens, where, [m for m in longest(tokens, list(map(self._nameable, free))) if m.candidates])
            now = {(link.mention.start, link.mention.end) for link in new}
            unlinked = [m for m in unlinked if m.where != where or (m.start, m.end) not in now]
            links += [link.model_copy(update={"method": PROPOSED}) for link in new]
        return linked.model_copy(update={"links": in_order(links, linked), "unlinked": tuple(unlinked)})

    def _nameable(self, match: Match) -> Match:
        """Return a match with the candidates that are findings where somebody says that one is meant. Genes have names like words."""
        named = FINDINGS - {"Gene", "Protein"}
        return replace(match, candidates=tuple(c for c in match.candidates if c.use & IN_TEXT or self._chooser.category(c) in named))

    def doubts(self, linked: LinkedQuestion, most: int) -> tuple[Doubt, ...]:
        """Return the mentions that concepts of several names share an alias for, each with at most ``most`` of them."""
        question = linked.question
        defined = self._finder.defined(self._definitions.find(f"{question.context}\n{question.text}"))
        found: list[Doubt] = []
        texts = [("context", question.context, IN_TEXT), ("text", question.text, IN_TEXT)]
        for where, text, use in (*texts, *((f"option:{o.key}", o.text, IN_OPTION | WHOLE_OPTION) for o in question.options)):
            tokens = tokenize(text)
            matches = {(tokens.starts[m.first], tokens.ends[m.last]): m for m in usable(self._finder.find(tokens, defined), use)}
            links = {(link.mention.start, link.mention.end): link for link in linked.links if link.mention.where == where and link.method != METHOD}
            mentions = [link.mention for link in links.values()] + [mention for mention in linked.unlinked if mention.where == where]
            for mention in sorted(mentions, key=lambda m: m.start):
                place = (mention.start, mention.end)
                if place in matches and (doubt := self._doubt(tokens, mention, matches[place], links.get(place), most)):
                    found.append(doubt)
        return tuple(found)

    def _doubt(self, tokens: Tokens, mention: Mention, match: Match, link: Link | None, most: int) -> Doubt | None:
        """Return what a mention may be linked to, where that is in doubt. One that was left unlinked is, unless what it says is the reason."""
        if link is None:
            reading = readings(tokens, [(match.first, match.last)])[0]
            denied_in_part = reading.assertion == "absent" and is_narrowed(tokens, match)
            if mention.where.startswith("option:") or reading.of_nobody or denied_in_part:
                return None
        fitting = [c for c in match.candidates if self._chooser.category(c) != CODE and not self._is_test(tokens, match, c)]
        best: dict[str, Candidate] = {}
        for candidate in self._chooser.ranked(fitting, OPTION_ORDER if mention.where.startswith("option:") else TEXT_ORDER):
            best.setdefault(self._graph.curie(candidate.concept), candidate)
        names = {self._graph.concept_name(candidate.concept).casefold() for candidate in best.values()}
        if len(names) < 2 or (link is not None and link.curie not in list(best)[:most]):
            return None
        share = link.score / SCOPE_SCORES[best[link.curie].scope] if link else 1.0
        made = [self._link(mention, match, candidate) for candidate in list(best.values())[:most]]
        choices = [link if link and one.curie == link.curie else one.model_copy(update={"score": round(one.score * share, 4)}) for one in made]
        return Doubt(mention, tuple(choices), link.curie if link else "", around(tokens.text, mention))

    def _values(self, tokens: Tokens, where: str, known: Sequence[Fact]) -> list[Link]:
        """Return the links of measured values that are findings; a value that is denied or of nobody is none."""
        found = [value for value in values(tokens.text, known) if value.finding in self._graph]
        places = [(bisect_left(tokens.starts, value.start), bisect_right(tokens.ends, value.end) - 1) for value in found]
        links = []
        for value, place, reading in zip(found, places, readings(tokens, places), strict=True):
            if place[0] <= place[1] and not reading.of_nobody and reading.assertion != "absent":
                text = tokens.text[value.start : value.end]
                mention = Mention(where=where, start=value.start, end=value.end, text=text, assertion=reading.assertion)
                index = self._graph.index(value.finding)
                name = self._graph.concept_name(index)
                links.append(Link(mention=mention, curie=self._graph.curie(index), score=1.0, method=METHOD, alias=name))
        return links

    def _is_test(self, tokens: Tokens, match: Match, chosen: Candidate) -> bool:
        """Tell whether the mention names a test and not a finding."""
        return is_measured(tokens, match.last) if self._chooser.category(chosen) in ANALYTES else is_reagent(tokens, match.last)

    def _options(self, question: Question, wanted: tuple[str, ...], defined: Expansions) -> list[Link]:
        """Return the links of all options. Those that name one thing whole decide how the others are read."""
        options = [self._option(option.key, tokenize(option.text), defined) for option in question.options]
        leaning = _agreed(wanted, self._shared([option.whole.candidates for option in options if option.whole]))
        return [link for option in options for link in self._option_links(option, leaning)]

    def _option(self, key: str, tokens: Tokens, defined: Expansions) -> _Option:
        matches = self._finder.find(tokens, defined)
        whole = {(m.first, m.last): m for m in usable(matches, WHOLE_OPTION) if m.candidates}
        return _Option(key, tokens, matches, next((whole[place] for place in _whole_places(tokens) if place in whole), None))

    def _option_links(self, option: _Option, leaning: tuple[str, ...]) -> list[Link]:
        """Return one link where the whole option is an alias, else one for each concept named inside it.

        A code that is the whole option gives way to a concept inside it of the category the options should have: codes
        lead nowhere in the graph.
        """
        chosen = self._chooser.choose(option.whole.candidates, leaning, OPTION_ORDER) if option.whole else None
        whole = [(option.whole, chosen)] if option.whole and chosen else []
        if chosen is None or self._chooser.category(chosen) == CODE:
            parts = self._parts(option, leaning)
            if not whole or any(self._chooser.category(part) in leaning for _, part in parts):
                return [self._option_link(option, match, part, (match.last - match.first + 1) / len(option.tokens)) for match, part in parts]
        return [self._option_link(option, match, candidate, 1.0) for match, candidate in whole]

    def _option_link(self, option: _Option, match: Match, chosen: Candidate, share: float) -> Link:
        """Return an option's link, its score damped by the share of the option that the match covers."""
        link = self._link(_mention(option.tokens, match, f"option:{option.key}", "present"), match, chosen)
        return link.model_copy(update={"score": round(link.score * share, 4)})

    def _parts(self, option: _Option, leaning: tuple[str, ...]) -> list[tuple[Match, Candidate]]:
        """Return the concepts named inside an option; only those of the categories it should have, where there are any.

        What is wrong with a part of the body is not the part: "gallbladder cancer" names no gallbladder.
        """
        found = []
        for match in longest(option.tokens, [m for m in usable(option.matches, IN_OPTION) if m.candidates]):
            chosen = self._chooser.choose(match.candidates, leaning, OPTION_ORDER)
            if chosen is None or _is_general(option.tokens, match):
                continue
            if not is_turned(option.tokens, match, analyte=self._chooser.category(chosen) in ANALYTES):
                found.append((match, chosen))
        places = [category for category in PLACES if category not in leaning]
        found = [(match, chosen) for match, chosen in found if self._chooser.category(chosen) not in places]
        clinical = [(match, chosen) for match, chosen in found if self._chooser.category(chosen) != CODE]
        fitting = [(match, chosen) for match, chosen in clinical if self._chooser.category(chosen) in leaning]
        parts = fitting or clinical or found
        return parts if share_named(option.tokens, [match for match, _ in parts]) >= LEAST_SHARE else []

    def _shared(self, options: Sequence[tuple[Candidate, ...]]) -> tuple[str, ...]:
        """Return the categories at least half of the whole-matched options could have, commonest first."""
        counts: dict[str, int] = {}
        for candidates in options:
            for category in sorted({self._chooser.category(c) for c in candidates} - {CODE}):
                counts[category] = counts.get(category, 0) + 1
        shared = [c for c, n in counts.items() if 2 * n >= len(options) and n > 1]
        return tuple(sorted(shared, key=lambda c: (-counts[c], OPTION_ORDER.index(c) if c in OPTION_ORDER else len(OPTION_ORDER), c)))

    def _link(self, mention: Mention, match: Match, chosen: Candidate) -> Link:
        curie = self._graph.curie(chosen.concept)
        return Link(mention=mention, curie=curie, score=SCOPE_SCORES[chosen.scope], method=match.method, alias=chosen.alias)


def places_of(tokens: Tokens, spans: Sequence[str]) -> list[tuple[int, int]]:
    """Return the token ranges where ``spans`` stand word for word, whatever white space is between."""
    found: dict[tuple[int, int], None] = {}
    for span in spans:
        words = r"\s+".join(map(re.escape, span.split()))
        for one in re.finditer(rf"(?<!\w){words}(?!\w)", tokens.text) if words else ():
            first, last = bisect_left(tokens.starts, one.start()), bisect_right(tokens.ends, one.end()) - 1
            if first <= last:
                found[first, last] = None
    return list(found)


def _whole_places(tokens: Tokens) -> list[tuple[int, int]]:
    """Return the token ranges that count as the whole option: all, without parentheses at the end, without route or dose words."""
    if not len(tokens):
        return []
    first, last = 0, len(tokens) - 1
    opening = tokens.text.find("(", tokens.ends[0])
    places = [(first, last)]
    if opening >= 0:
        places.append((first, max(i for i in range(len(tokens)) if tokens.ends[i] <= opening)))
    while first < last and tokens.keys[first] in ROUTES:
        first += 1
        places.append((first, last))
    while last > first and tokens.keys[last] in ROUTES:
        last -= 1
        places.append((first, last))
    return places


def _mention(tokens: Tokens, match: Match, where: str, assertion: Assertion) -> Mention:
    start, end = tokens.starts[match.first], tokens.ends[match.last]
    return Mention(where=where, start=start, end=end, text=tokens.text[start:end], assertion=assertion)


def _is_general(tokens: Tokens, match: Match) -> bool:
    return all(key in LEAD_IN for key in tokens.keys[match.first : match.last + 1])


def _only_asks(tokens: Tokens, match: Match, asks: Spans) -> bool:
    """Tell whether a mention is the lead-in's own words: "adverse effect", "diagnosis"."""
    return any(begin <= match.first < end for begin, end in asks) and _is_general(tokens, match)


def _agreed(wanted: tuple[str, ...], shared: tuple[str, ...]) -> tuple[str, ...]:
    """Return what lead-in and siblings agree on, where they do; else what the siblings share; else what the lead-in asks."""
    return tuple(c for c in shared if c in wanted) or shared or wanted


def _rejection(question: Question, code: str, detail: str) -> Rejection:
    return Rejection(id=f"{question.id}:link", question_id=question.id, stage="link", code=code, detail=detail, question=question)
