"""The phrase tables: complete, well formed, and in agreement once filled."""

import itertools
import re

import pytest

from kgpaths.verbalize.phrases import READINGS, reading
from kgpaths.verbalize.phrasing import Chooser, phrase
from kgpaths.verbalize.prose import Noun, Piece, listed, noun
from kgpaths.vocabulary import PREDICATES


def text(pattern: str, subject: Noun, object_: Noun) -> str:
    return "".join(piece.text for piece in phrase(pattern, subject, object_, "r"))


def test_every_predicate_has_three_phrases_each_way() -> None:
    spoken = {name for name, predicate in PREDICATES.items() if predicate.role not in ("coding", "context")}
    assert set(READINGS) == spoken
    for name in spoken:
        assert len(set(READINGS[name].forward)) >= 3 and len(set(READINGS[name].inverted)) >= 3, name


@pytest.mark.parametrize("name", sorted(PREDICATES))
def test_phrases_name_both_ends_and_one_relation(name: str) -> None:
    read = reading(name)
    for pattern in (*read.forward, *read.inverted, *read.denied, *read.absent):
        assert pattern.count("{S}") == pattern.count("{O}") == pattern.count("[") == pattern.count("]") == 1, pattern
        assert not re.search(r"[{}\[\]/]", text(pattern, noun("gout", "s"), noun("fever", "o"))), pattern


@pytest.mark.parametrize("name", sorted(READINGS))
def test_negations_stand_inside_the_relation(name: str) -> None:
    for pattern in (*READINGS[name].denied, *READINGS[name].absent):
        said = [piece.text for piece in phrase(pattern, noun("gout", "s"), noun("fever", "o"), "r") if piece.name == "r"]
        assert len(said) == 1 and re.search(r"\b(?:not|absent)\b", said[0]), pattern


def test_only_causes_says_causes() -> None:
    causal = re.compile(r"\bcause/s|\bcaused\b|\bcause\b")
    found = {name for name, read in READINGS.items() if any(causal.search(p) for p in (*read.forward, *read.inverted))}
    assert found == {"causes", "caused_by_deficiency_of", "has_adverse_event"}


def test_verbs_agree_with_the_end_before_them() -> None:
    fever, chills = noun("fever", "a"), noun("chills", "b")
    pattern = "{O} [{is}{both} recorded for] {S}"
    gout = noun("gout", "g")
    assert text(pattern, gout, fever) == "fever is recorded for gout"
    assert text(pattern, gout, chills) == "chills are recorded for gout"
    assert text(pattern, gout, listed([fever, chills])) == "fever and chills are both recorded for gout"
    assert text(pattern, gout, listed([fever, chills, noun("pain", "c")])) == "fever, chills, and pain are recorded for gout"
    assert text("{S} [cause/s] {O}", chills, fever) == "chills cause fever"
    assert text("{S} [{has} {its} basis in] {O}", gout, fever) == "gout has its basis in fever"


def test_nouns_agree_too() -> None:
    aspirin, statins = noun("aspirin", "a"), noun("statins", "s")
    target, purpura = noun("COX-1", "t"), noun("purpura", "p")
    assert text("{S} [{is a:inhibitor} of] {O}", aspirin, target) == "aspirin is an inhibitor of COX-1"
    assert text("{S} [{is a:inhibitor} of] {O}", statins, target) == "statins are inhibitors of COX-1"
    assert text("{S} [{is a:kind} of] {O}", noun("petechiae", "x"), purpura) == "petechiae are a kind of purpura"
    assert text("{S} [{is a:kind} of] {O}", listed([aspirin, target]), purpura) == "aspirin and COX-1 are kinds of purpura"
    assert text("{S} [{is not a:recorded finding} of] {O}", statins, purpura) == "statins are not recorded findings of purpura"


def test_the_relation_is_one_piece() -> None:
    pieces = phrase("{O} [{is}{both} recorded for] {S}", noun("gout", "s"), listed([noun("fever", "a"), noun("chills", "b")]), "r")
    assert Piece("are both recorded for", "r") in pieces


def test_no_phrase_twice_running() -> None:
    for seed in range(20):
        chooser = Chooser(seed, "q")
        chosen = [chooser.choose(("a", "b", "c")) for _ in range(12)]
        assert all(x != y for x, y in itertools.pairwise(chosen))
    assert Chooser(1, "q").choose(("only",)) == "only"
