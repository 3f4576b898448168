"""Link a question: what its text and context say of the patient, and what each option names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgpaths.link import abbreviations
from kgpaths.link.aliases import open_index
from kgpaths.link.assertion import readings
from kgpaths.link.dictionary import IN_OPTION, IN_TEXT, WHOLE_OPTION, Candidate, Match
from kgpaths.link.disambiguate import OPTION_ORDER, SCOPE_SCORES, TEXT_ORDER, Chooser
from kgpaths.link.facts import facts
from kgpaths.link.leadin import expected, lead_in
from kgpaths.link.measure import ANALYTES, is_measured, is_reagent
from kgpaths.link.stopwords import LEAD_IN, ROUTES
from kgpaths.link.text import Tokens, tokenize
from kgpaths.model import Assertion, Fact, Link, LinkedQuestion, Mention, Question, Rejection

if TYPE_CHECKING:
    from kgpaths.config import LinkSettings
    from kgpaths.graph import Graph


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch of tokens with the concept chosen for it; ``chosen`` is None where nothing could be decided."""

    first: int
    last: int
    chosen: Candidate | None
    method: str


class Linker:
    """Find the concepts of a graph in questions. Opening reads nothing but the index's headers."""

    def __init__(self, graph: Graph, settings: LinkSettings) -> None:
        """Open the alias index of ``graph``, building it the first time (seconds)."""
        self._graph, self._settings = graph, settings
        self._index = open_index(graph)
        self._chooser = Chooser(graph)
        self._definitions = abbreviations.Definitions()
        self._expansions: dict[tuple[str, ...], tuple[Candidate, ...]] = {}

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return what this linker cannot do for want of an optional package, for the run's manifest."""
        return self._definitions.skipped

    def link(self, question: Question) -> LinkedQuestion | Rejection:
        """Link text, context and options of ``question``; a rejection where nothing can be reasoned from or to."""
        if not question.options:
            return _rejection(question, "no_options", "the question has no options to choose among")
        tokens = tokenize(question.text)
        asks = lead_in(tokens)
        local = self._definitions.find(question.text) if not question.context else self._definitions.find(f"{question.context}\n{question.text}")
        links, unlinked = self._text(tokens, "text", local, asks)
        if question.context:
            more, rest = self._text(tokenize(question.context), "context", local, ())
            links, unlinked = more + links, rest + unlinked
        lead = " ".join(question.text[tokens.starts[a] : tokens.ends[b - 1]] for a, b in asks)
        for link in self._options(question, expected(lead), local):
            links.append(link)
        linked = LinkedQuestion(question=question, links=tuple(links), unlinked=tuple(unlinked), facts=_facts_of(question))
        return self._refusal(linked) or linked

    def _refusal(self, linked: LinkedQuestion) -> Rejection | None:
        question = linked.question
        if not linked.findings():
            return _rejection(question, "no_finding", "no concept of the graph is stated of the patient in text or context")
        missing = [key for key in question.answer_keys if not linked.option_curies(key)]
        if missing and len(missing) == len(question.answer_keys):
            texts = "; ".join(f"{key}: {question.option_text(key)}" for key in missing)
            return _rejection(question, "answer_not_linked", f"no concept of the graph is named by the right option ({texts})")
        return None

    def _text(self, tokens: Tokens, where: str, local: Mapping[str, str], asks: Iterable[tuple[int, int]]) -> tuple[list[Link], list[Mention]]:
        """Return the links of a text in order, and the mentions that were seen and not linked."""
        asking = [range(*span) for span in asks]
        found = [f for f in self._select(tokens, IN_TEXT, (), local) if not _only_asks(tokens, f, asking)]
        said = readings(tokens, [(f.first, f.last) for f in found])
        links: list[Link] = []
        unlinked: list[Mention] = []
        for item, reading in zip(found, said, strict=True):
            mention = _mention(tokens, item, where, reading.assertion)
            if item.chosen is None or reading.of_nobody or self._is_value(tokens, item):
                unlinked.append(mention)
            else:
                links.append(self._link(mention, item))
        return links, unlinked

    def _is_value(self, tokens: Tokens, item: _Found) -> bool:
        """Tell whether the mention names a test and not a finding."""
        if item.chosen is None:
            return False
        return is_measured(tokens, item.last) if self._chooser.category(item.chosen) in ANALYTES else is_reagent(tokens, item.last)

    def _options(self, question: Question, wanted: tuple[str, ...], local: Mapping[str, str]) -> list[Link]:
        """Return the links of all options. Those that name one thing whole decide how the others are read."""
        tokens = {option.key: tokenize(option.text) for option in question.options}
        whole = {key: self._whole(t, local) for key, t in tokens.items()}
        shared = self._shared_categories([m.candidates for m in whole.values() if m])
        leaning = _merge(wanted, shared)
        links: list[Link] = []
        for option in question.options:
            key, match = option.key, whole[option.key]
            chosen = self._chooser.choose(match.candidates, leaning, OPTION_ORDER) if match else None
            if match and chosen and self._chooser.category(chosen) != "InformationContentEntity":
                found = [_Found(match.first, match.last, chosen, self._method(tokens[key], match, local))]
            else:  # a code leads nowhere in the graph; a concept named inside the option may
                parts = self._parts(tokens[key], leaning, local)
                coded = [_Found(match.first, match.last, chosen, "dictionary")] if match and chosen else []
                found = coded if coded and not any(p.chosen and self._chooser.category(p.chosen) in leaning for p in parts) else parts
            links += [self._option_link(tokens[key], f, key, match is not None) for f in found]
        return links

    def _option_link(self, tokens: Tokens, item: _Found, key: str, whole: bool) -> Link:
        """Return an option's link; the score of a part is damped by how much of the option it covers."""
        link = self._link(_mention(tokens, item, f"option:{key}", "present"), item)
        share = (item.last - item.first + 1) / len(tokens)
        return link if whole or share >= 1 else link.model_copy(update={"score": round(link.score * share, 4)})

    def _method(self, tokens: Tokens, match: Match, local: Mapping[str, str]) -> str:
        short = tokens.exact[match.first : match.last + 1]
        return "abbreviation" if short in abbreviations.table() or " ".join(short) in local else "dictionary"

    def _shared_categories(self, options: Sequence[tuple[Candidate, ...]]) -> tuple[str, ...]:
        """Return the categories at least half of the whole-matched options could have, commonest first."""
        counts: dict[str, int] = {}
        for candidates in options:
            for category in sorted({self._chooser.category(c) for c in candidates} - {"InformationContentEntity"}):
                counts[category] = counts.get(category, 0) + 1
        shared = [c for c, n in counts.items() if 2 * n >= len(options) and n > 1]
        return tuple(sorted(shared, key=lambda c: (-counts[c], OPTION_ORDER.index(c) if c in OPTION_ORDER else 99, c)))

    def _whole(self, tokens: Tokens, local: Mapping[str, str]) -> Match | None:
        """Return the match that is the whole option, leaving aside routes and what stands in parentheses at the end."""
        if not len(tokens):
            return None
        first, last = 0, len(tokens) - 1
        opening = tokens.text.find("(", tokens.ends[0])
        outside = max((i for i in range(len(tokens)) if opening < 0 or tokens.ends[i] <= opening), default=last)
        places = [(first, last), (first, outside)]
        while first < last and tokens.keys[first] in ROUTES:
            first += 1
            places.append((first, last))
        while last > first and tokens.keys[last] in ROUTES:
            last -= 1
            places.append((first, last))
        matches = {(m.first, m.last): m for m in self._matches(tokens, WHOLE_OPTION, local)}
        return next((matches[place] for place in places if place in matches), None)

    def _parts(self, tokens: Tokens, leaning: tuple[str, ...], local: Mapping[str, str]) -> list[_Found]:
        """Return the concepts named inside an option; only those of the categories it should have, where there are any."""
        found = [f for f in self._select(tokens, IN_OPTION, leaning, local) if f.chosen and not _general(tokens, f)]
        clinical = [f for f in found if f.chosen and self._chooser.category(f.chosen) != "InformationContentEntity"]
        fitting = [f for f in clinical if f.chosen and self._chooser.category(f.chosen) in leaning]
        return fitting or clinical or found

    def _matches(self, tokens: Tokens, use: int, local: Mapping[str, str]) -> list[Match]:
        """Return all matches usable here, with abbreviations expanded in place of what their letters would name."""
        found = {(m.first, m.last): m for m in self._index.matches(tokens)}
        found.update({(m.first, m.last): m for m in self._abbreviated(tokens, local)})
        usable = []
        for place in sorted(found):
            candidates = tuple(c for c in found[place].candidates if c.use & use)
            if candidates or (not found[place].candidates and use == IN_TEXT):
                usable.append(Match(*place, candidates))
        return usable

    def _abbreviated(self, tokens: Tokens, local: Mapping[str, str]) -> Iterable[Match]:
        """Yield a match for every abbreviation, without candidates where the graph lacks what it stands for."""
        known = abbreviations.table()
        defined = {tokenize(short).exact: (long,) for short, long in local.items()}
        for i in range(len(tokens)):
            for width in (1, 2, 3):
                if i + width > len(tokens) or (i + width < len(tokens) and tokens.glued[i + width]) or tokens.glued[i]:
                    continue
                short = tokens.exact[i : i + width]
                if short in defined:
                    candidates = self._expand(defined[short])
                elif short in known:
                    if short not in self._expansions:
                        self._expansions[short] = self._expand(known[short])
                    candidates = self._expansions[short]
                else:
                    continue
                yield Match(i, i + width - 1, candidates)

    def _expand(self, expansions: tuple[str, ...]) -> tuple[Candidate, ...]:
        return next((found for long in expansions if (found := self._index.lookup(long))), ())

    def _select(self, tokens: Tokens, use: int, leaning: tuple[str, ...], local: Mapping[str, str]) -> list[_Found]:
        """Return the matches that do not overlap, longest first and then leftmost, each with its concept."""
        taken = bytearray(len(tokens))
        order = TEXT_ORDER if use == IN_TEXT else OPTION_ORDER
        found: list[_Found] = []
        matches = self._matches(tokens, use, local)
        for match in sorted(matches, key=lambda m: (m.first - m.last, -_letters(tokens, m), m.first)):
            if any(taken[match.first : match.last + 1]):
                continue
            taken[match.first : match.last + 1] = b"\x01" * (match.last - match.first + 1)
            found.append(_Found(match.first, match.last, self._chooser.choose(match.candidates, leaning, order), self._method(tokens, match, local)))
        return sorted(found, key=lambda f: f.first)

    def _link(self, mention: Mention, item: _Found) -> Link:
        chosen = item.chosen
        assert chosen is not None  # callers have asked
        return Link(
            mention=mention, curie=self._graph.curie(chosen.concept), score=SCOPE_SCORES[chosen.scope], method=item.method, alias=chosen.alias
        )


def _letters(tokens: Tokens, match: Match) -> int:
    return tokens.ends[match.last] - tokens.starts[match.first]


def _mention(tokens: Tokens, item: _Found, where: str, assertion: Assertion) -> Mention:
    start, end = tokens.starts[item.first], tokens.ends[item.last]
    return Mention(where=where, start=start, end=end, text=tokens.text[start:end], assertion=assertion)


def _general(tokens: Tokens, item: _Found) -> bool:
    return all(key in LEAD_IN for key in tokens.keys[item.first : item.last + 1])


def _only_asks(tokens: Tokens, item: _Found, asking: Sequence[range]) -> bool:
    """Tell whether a mention is the lead-in's own words: "adverse effect", "diagnosis"."""
    return any(item.first in span for span in asking) and _general(tokens, item)


def _merge(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Return what both name, where they agree at all; else what the siblings share; else what the lead-in asks."""
    both = tuple(c for c in second if c in first)
    return both or second or first


def _facts_of(question: Question) -> tuple[Fact, ...]:
    """Return age and sex as the context states them, then those only the text states."""
    found = {fact.kind: fact for fact in facts(question.text, "text")}
    found.update({fact.kind: fact for fact in facts(question.context, "context")})
    return tuple(sorted(found.values(), key=lambda fact: (fact.where, fact.start)))


def _rejection(question: Question, code: str, detail: str) -> Rejection:
    return Rejection(id=f"{question.id}:link", question_id=question.id, stage="link", code=code, detail=detail, question=question)
