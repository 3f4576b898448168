"""The first step: who the patient is and what the question says of the patient, in the question's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kgpaths.model import Citation, Fact, Link, LinkedQuestion, Stance
from kgpaths.verbalize.english import article
from kgpaths.verbalize.names import Names
from kgpaths.verbalize.phrasing import Chooser
from kgpaths.verbalize.prose import Noun, Piece, Sentence, listed

MAX_SAID = 8
_HAD = frozenset({"Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "PathologicalProcess", "InformationContentEntity"})
_PEOPLE = re.compile(r"^(?:man|woman|boy|girl|infant|newborn|neonate|child|male|female|teenager|adolescent)$", re.IGNORECASE)
_ADULT = 18


def quote(link: Link) -> Citation:
    """Return the citation of a mention, denied where the question denies it."""
    mention = link.mention
    stance: Stance = "denied" if mention.assertion == "absent" else "asserted"
    return Citation(kind="mention", where=mention.where, start=mention.start, end=mention.end, subject=link.curie, stance=stance)


def quote_fact(fact: Fact) -> Citation:
    """Return the citation of a fact of the question."""
    return Citation(kind="fact", where=fact.where, start=fact.start, end=fact.end)


def said(linked: LinkedQuestion, wanted: Iterable[str], assertion: str) -> list[Link]:
    """Return the question's links to ``wanted`` concepts with one assertion, one per concept, in text order."""
    wanted = set(wanted)
    found: dict[str, Link] = {}
    for link in linked.links:
        mention = link.mention
        if mention.assertion == assertion and link.curie in wanted and not mention.where.startswith("option:"):
            found.setdefault(link.curie, link)
    return list(found.values())


def finding_sentences(linked: LinkedQuestion, names: Names, chooser: Chooser, used: Sequence[str], lacking: Sequence[str]) -> list[Sentence]:
    """Return one to three sentences on the patient: what is there, what else plays a part, what is absent."""
    present = said(linked, used, "present")
    had = [link for link in present if names.category(link.curie) in _HAD]
    other = [link for link in present if link not in had]
    family = [link for link in said(linked, used, "family") if link.curie not in {one.curie for one in present}]
    absent = said(linked, lacking, "absent")
    who, who_cited = _patient(linked.facts)
    sentences = []
    if had:
        openings = (f"{who} presents with ", f"{who} has ", f"the findings in {who} include ")
        ill = any(names.category(link.curie) == "Disease" for link in had)
        before = openings[1] if ill else chooser.choose(openings)
        sentences.append(_sentence(before, had, names, linked, extra=who_cited))
    if other:
        alone = f"the case of {who} involves " if who_cited else "the question turns on "
        before = chooser.choose(("the case also involves ", "the vignette also mentions ")) if had else alone
        sentences.append(_sentence(before, other, names, linked, extra=() if had else who_cited))
    if family:
        sentences.append(_sentence("the family history includes ", family, names, linked))
    if absent:
        sentences.append(_denied(absent, names, linked, chooser))
    return _at_most_three(sentences) or [Sentence((Piece(f"the question concerns {who}"),), quotes=who_cited)]


def _at_most_three(sentences: list[Sentence]) -> list[Sentence]:
    if len(sentences) > 3:
        return [sentences[0].followed_by(sentences[1], "; "), *sentences[2:]]
    return sentences


def _sentence(before: str, links: Sequence[Link], names: Names, linked: LinkedQuestion, extra: tuple[Citation, ...] = ()) -> Sentence:
    nouns = [worded(link, names, linked) for link in links]
    return Sentence((Piece(before), *listed(nouns).pieces), quotes=(*extra, *map(quote, links)))


def _denied(links: Sequence[Link], names: Names, linked: LinkedQuestion, chooser: Chooser) -> Sentence:
    nouns = [worded(link, names, linked, bare=True) for link in links]
    quotes = tuple(map(quote, links))
    alike = len({noun.plural for noun in nouns}) == 1
    pattern = chooser.choose(("there {} no ", "the patient has no ", "") if alike else ("the patient has no ", ""))
    if pattern:
        return Sentence((Piece(pattern.format("are" if nouns[0].plural else "is")), *listed(nouns, "or").pieces), quotes=quotes)
    every = listed(nouns)
    return Sentence((*every.pieces, Piece(" are absent" if every.plural else " is absent")), quotes=quotes)


def worded(link: Link, names: Names, linked: LinkedQuestion, *, bare: bool = False) -> Noun:
    """Return a finding in the question's words, with its article; a value or verb is named and then quoted in brackets."""
    mention = link.mention
    words = names.text(link.curie)
    if names.stands_alone(link):
        source = linked.question.text if mention.where == "text" else linked.question.context
        counted = re.search(r"\b(an?) $", source[: mention.start], re.IGNORECASE)
        noun = names.of(link.curie)
        return Noun((Piece(f"{article(words)} "), *noun.pieces), noun.plural) if counted and not bare and not noun.plural else noun
    noun = names.of(link.curie)
    text = re.sub(r"\s+", " ", mention.text).strip()
    if any(c.isdigit() for c in text):
        text = re.sub(r"\s+(?:is|was|of|are|were)\s+", " ", names.casing.mid_sentence(text))
        return Noun((*noun.pieces, Piece(f" ({text})")), noun.plural)
    return Noun((*noun.pieces, Piece(f" (“{text}”)")), noun.plural)


def _patient(facts: Sequence[Fact]) -> tuple[str, tuple[Citation, ...]]:
    """Return words for the patient from age and sex, with the facts they rest on."""
    age = next((f for f in facts if f.kind == "age"), None)
    sex = next((f for f in facts if f.kind == "sex"), None)
    cited = tuple(quote_fact(fact) for fact in (age, sex) if fact)
    old = _age(age) if age else ""
    person = _person(sex, age) if sex else "patient"
    return (f"this {old}{person}" if cited else "the patient"), cited


def _age(fact: Fact) -> str:
    """Return an age as an adjective with a space behind: "28-year-old "; empty where the fact is worded in another way."""
    if re.fullmatch(r"\d+(?:\.\d+)?", fact.value) and (unit := fact.unit.rstrip("s")) in ("year", "month", "week", "day", "hour"):
        return f"{fact.value}-{unit}-old "
    if re.fullmatch(r"[\w.]+-(?:year|month|week|day|hour)-old", fact.text):
        return f"{fact.text} "
    return ""


def _person(sex: Fact, age: Fact | None) -> str:
    """Return "man", "girl", "newborn" and so on, as the question says it or as sex and age have it."""
    word = sex.text.lower().strip()
    if word in ("boy", "girl") and _is_grown(age):  # an age and a sex of two people
        return "patient"
    if _PEOPLE.match(word):
        return {"male": "male patient", "female": "female patient"}.get(word, word)
    male = sex.value.lower() in ("male", "m", "man", "boy")
    if age is None:
        return "male patient" if male else "female patient"
    return ("man" if male else "woman") if _is_grown(age) else ("boy" if male else "girl")


def _is_grown(age: Fact | None) -> bool:
    """Tell whether a stated age is an adult's."""
    try:
        return age is not None and age.unit.startswith("year") and float(age.value) >= _ADULT
    except ValueError:
        return False
