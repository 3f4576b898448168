"""Links: what the row says of the question stands there, is said there in that way, and is a name of the concept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from kgpaths.link.abbreviations import table
from kgpaths.link.assertion import readings
from kgpaths.link.facts import patient_facts
from kgpaths.link.text import tokenize
from kgpaths.link.values import METHOD, values
from kgpaths.model import Flaw, Link
from kgpaths.validate.context import Case, flaw, stands
from kgpaths.validate.naming import normal

LONGEST_ABBREVIATION = 8  # letters


def check(case: Case) -> Iterator[Flaw]:
    """Yield links and facts whose words, offsets, assertion or concept are not what they claim."""
    sound: list[Link] = []
    for link in case.draft.links:
        mention = link.mention
        if not stands(mention.text, case.source_text(mention.where), mention.start, mention.end):
            yield flaw("links", "text_differs", f"{mention.text!r} does not stand at {mention.where!r}[{mention.start}:{mention.end}]")
        else:
            sound.append(link)
        if link.curie not in case.graph:
            yield flaw("links", "concept_missing", f"{link.curie!r} is not in the graph")
        elif normal(link.alias) not in case.namer.aliases(link.curie):
            yield flaw("links", "alias_unknown", f"{link.alias!r} is no name of {link.curie}")
        elif not (measured(case, link) if link.method == METHOD else says(case, link)):
            yield flaw("links", "alias_unsaid", f"{mention.text!r} does not say {link.alias!r}")
    for where in ("text", "context"):
        yield from check_assertions(case, where, [link for link in sound if link.mention.where == where])
    for fact in case.draft.facts:
        if not stands(fact.text, case.source_text(fact.where), fact.start, fact.end):
            yield flaw("links", "text_differs", f"{fact.text!r} does not stand at {fact.where!r}[{fact.start}:{fact.end}]")
        elif fact.value.isdigit() and fact.value not in fact.text:
            yield flaw("links", "fact_differs", f"{fact.text!r} does not say {fact.value!r}")
    if len(set(case.draft.links)) != len(case.draft.links):
        yield flaw("links", "link_twice", "one mention is linked to one concept twice")
    yield from check_names(case)


def check_names(case: Case) -> Iterator[Flaw]:
    """Yield where the row names a concept otherwise than the graph, or has names and leaves one out."""
    named = case.draft.concepts
    for name in named:
        if name.curie in case.graph:
            concept = case.graph.concept(name.curie)
            if (name.name, name.category) != (concept.name, concept.category):
                yield flaw("links", "concept_differs", f"{name.curie} is {concept.name!r}, not {name.name!r}")
    if named and tuple(name.curie for name in named) != case.draft.curies():
        yield flaw("links", "concept_differs", "the concepts named are not those of the row")


def measured(case: Case, link: Link) -> bool:
    """Tell whether the value that stands there is the finding, read again from the question's own words, age and sex."""
    mention = link.mention
    found = values(case.source_text(mention.where) or "", patient_facts(case.draft.question))
    findings = [value.finding for value in found if (value.start, value.end) == (mention.start, mention.end)]
    return any(finding in case.graph and case.graph.concept(finding).curie == link.curie for finding in findings)


def says(case: Case, link: Link) -> bool:
    """Tell whether a mention's words are those of the alias, another name of the concept, or short for the alias."""
    words = link.mention.text
    if normal(words) == normal(link.alias) or case.namer.is_alias(words, link.curie):
        return True
    short = tokenize(words)
    if short.keys == tokenize(link.alias).keys:
        return True
    return normal(link.alias) in {normal(long) for long in table().get(short.exact, ())} or abbreviates(words, link.alias)


def abbreviates(short: str, long: str) -> bool:
    """Tell whether ``short`` has capitals and its letters stand in ``long`` in their order, beginning with the first."""
    letters = [c for c in short.removesuffix("s") if c.isalnum()]
    if not 2 <= len(letters) <= LONGEST_ABBREVIATION or sum(c.isupper() for c in letters) < 2 or long[:1].lower() != letters[0].lower():
        return False
    rest = iter(long.lower())
    return all(letter.lower() in rest for letter in letters)


def check_assertions(case: Case, where: str, links: list[Link]) -> Iterator[Flaw]:
    """Yield where the text says of a mention something else than the link: a denied finding is not the patient's."""
    if not links:
        return
    tokens = tokenize(case.source_text(where) or "")
    places = [(bisect_left(tokens.starts, link.mention.start), bisect_right(tokens.ends, link.mention.end) - 1) for link in links]
    whole = [(link, place) for link, place in zip(links, places, strict=True) if place[0] <= place[1]]
    for (link, _), reading in zip(whole, readings(tokens, [place for _, place in whole]), strict=True):
        if reading.of_nobody or reading.assertion != link.mention.assertion:
            said = "nobody's" if reading.of_nobody else reading.assertion
            yield flaw("links", "assertion_differs", f"{link.mention.text!r} is {said} in the question, not {link.mention.assertion}")
