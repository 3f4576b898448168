"""Where the words of an anchor stand, when they stand in more places than one."""

from __future__ import annotations

import pytest

from kgpaths.model import Span
from kgpaths.verbalize.placing import anchors_of
from kgpaths.verbalize.replies import Cite


def placed(text: str, subject: str, object_: str, relation: str, *, turned: bool = False) -> list[tuple[int, str]]:
    anchors = anchors_of(text, Cite("E1", subject, object_, relation), turned=turned)
    assert anchors is not None
    return [(span.start, span.text) for span in (anchors.subject, anchors.object, anchors.relation)]


def test_the_nearest_words_of_one_sentence_are_taken() -> None:
    text = "Fever is common. Rash and fever are recorded for measles; rash is recorded for scarlet fever."
    assert placed(text, "fever", "measles", "are recorded for") == [(26, "fever"), (49, "measles"), (32, "are recorded for")]
    assert placed(text, "rash", "scarlet fever", "is recorded for") == [(58, "rash"), (79, "scarlet fever"), (63, "is recorded for")]


def test_words_do_not_overlap_where_they_need_not() -> None:
    text = "Iron deficiency is a cause of iron deficiency anemia."
    assert placed(text, "iron deficiency", "iron deficiency anemia", "is a cause of")[0] == (0, "Iron deficiency")
    assert placed(text, "iron deficiency anemia", "iron deficiency", "is a cause of")[1] == (0, "Iron deficiency")


def test_a_word_is_not_found_within_another() -> None:
    assert placed("Hyperkalemia differs: kalemia causes it here, kal too.", "kal", "kalemia", "causes")[0] == (46, "kal")


def test_letter_case_and_quotes_are_set_aside_and_the_span_is_as_it_stands() -> None:
    text = "Crohn’s disease is recorded with FEVER."
    assert placed(text, "crohn's disease", "fever", "Is recorded with") == [(0, "Crohn’s disease"), (33, "FEVER"), (16, "is recorded with")]


def test_a_pronoun_stands_for_the_words_said_last_before_it() -> None:
    text = "Digoxin helps; digoxin inhibits the pump, and it raises calcium. Digoxin is old."
    assert placed(text, "it=digoxin", "calcium", "raises") == [(15, "digoxin"), (56, "calcium"), (49, "raises")]


@pytest.mark.parametrize("subject", ["it=calcium", "they=digoxin", "it=", "it", "quinidine"])
def test_what_does_not_stand_there_has_no_place_or_is_itself(subject: str) -> None:
    start, text = placed("Digoxin inhibits the pump, and it raises calcium.", subject, "calcium", "raises")[0]
    assert (start, text) == {"it": (31, "it"), "it=calcium": (-1, "calcium")}.get(subject, (-1, subject))


def test_turned_changes_the_ends() -> None:
    text = "Fever is recorded for measles."
    assert placed(text, "fever", "measles", "is recorded for", turned=True)[:2] == [(22, "measles"), (0, "Fever")]


@pytest.mark.parametrize("missing", ["subject", "object", "relation"])
def test_a_missing_anchor_is_none(missing: str) -> None:
    words = {"subject": "fever", "object": "measles", "relation": "is recorded for"} | {missing: ""}
    assert anchors_of("Fever is recorded for measles.", Cite("E1", **words)) is None


def test_words_that_stand_nowhere_are_kept_without_a_place() -> None:
    anchors = anchors_of("Fever is recorded for measles.", Cite("E1", "rash", "measles", "is recorded for"))
    assert anchors is not None and anchors.subject == Span(start=-1, end=-1, text="rash") and anchors.object.start == 22


def test_a_text_of_one_word_repeated_is_soon_done() -> None:
    assert placed("it " * 400, "it", "it", "it")[0] == (0, "it")
