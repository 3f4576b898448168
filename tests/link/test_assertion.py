"""What a text says of a mention: one sentence a row, mentions in ``[brackets]``, what is expected of each in order."""

from __future__ import annotations

import re

import pytest

from kgpaths.link.assertion import readings, sentences
from kgpaths.link.text import tokenize

P, A, M, F, H, C = "present", "absent", "possible", "family", "historical", "hypothetical"
NOBODY = "of nobody"

SENTENCES = [
    # absent, through lists
    ("He denies [fever], [chills], or [night sweats].", A, A, A),
    ("There is no [jugular venous distention] or [pulsus paradoxus].", A, A),
    ("She has no [fever], [cough], [dyspnea].", A, A, A),
    ("He has no [hypertension], [coronary artery disease], or history of [stroke].", A, A, A),
    ("The lungs are clear, and there is no [wheezing], [cyanosis], or [tracheal deviation].", A, A, A),
    ("Without [wheezing], [rash], or [goiter].", A, A, A),
    ("He takes neither [antiretroviral therapy] nor [prednisone].", A, A),
    ("There is no evidence of [ascites].", A),
    ("Urinalysis is negative for [nitrites].", A),
    ("Physical exam is notable for an absence of [tenderness].", A),
    ("She has never had [seizures].", A),
    ("She doesn't have [fever].", A),
    ("He does not drink [alcohol].", A),
    ("He has not had [chest pain] or [palpitations].", A, A),
    ("The pain is not associated with [nausea], [vomiting], or [cough].", A, A, A),
    ("[Dyspnea] is absent.", A),
    ("[Bowel sounds] and [reflexes] are absent.", A, A),
    ("[Antinuclear antibody] and [rheumatoid factor] are negative.", A, A),
    ("A [pregnancy] test is negative.", A),
    ("[Rheumatoid factor] negative; [splenomegaly] present.", A, P),
    ("[PT], [aPTT], and [fibrinogen] are normal.", A, A, A),
    ("[Hearing loss] was ruled out.", A),
    ("No [rash] was seen.", A),
    # what ends a denial
    ("She has no [fever] but has a [cough].", A, P),
    ("There is no evidence of [ascites], although [jaundice] is present.", A, P),
    ("She has no history of [asthma] and takes [metoprolol].", A, P),
    ("No [fever] was noted, and she reports [headache].", A, P),
    ("There is [hepatomegaly], and [ascites] is absent.", P, A),
    ("His symptoms include [fever] without [chills], and [vomiting] is noted.", P, A, P),
    ("Injection without [exudate], red lips, a [strawberry tongue], and [rash].", A, P, P),
    ("She has no [fever]. She has a [cough].", A, P),
    ("There is no [goiter]; [tremor] is fine.", A, P),
    ("He has no complaints other than [cough].", P),
    ("The [chest pain] did not radiate, and [abdominal pain] is worse.", P, P),
    ("He denies [chest pain], reports [dyspnea], and takes [aspirin].", A, P, P),
    # pseudo-negation
    ("There was no increase in [dyspnea].", P),
    ("He has not only [fever] but also [cough].", P, P),
    ("His [fever] has not responded to [amoxicillin].", P, P),
    ("He has not improved after 2 days of [amoxicillin].", P),
    ("The examination is normal except for [splenomegaly].", P),
    ("She has no complaints and the [pregnancy] is uneventful.", P),
    ("The [fever] no longer responds to [acetaminophen].", P, P),
    # possible
    ("[Pneumonia] was not excluded.", M),
    ("[Pneumonia] cannot be ruled out.", M),
    ("We cannot rule out [pneumonia].", M),
    ("Chest x-ray shows possible [pneumonia].", M),
    ("Findings are suspicious for [sarcoidosis].", M),
    ("Which is the most probable cause of the [paralysis]?", P),
    # family
    ("His mother has [diabetes] and his father died of [stroke].", F, F),
    ("There is a family history of [gout].", F),
    ("Family history is significant for [breast cancer] in her mother.", F),
    ("His maternal uncle and brother had [hemophilia].", F),
    ("His father, who has [hypertension], is healthy.", F),
    ("There is [diabetes] in her father.", F),
    ("Her sister's [lupus] is severe, and she has [rash].", F, P),
    ("Her mother had similar [headaches]. She has [fever].", F, P),
    ("There is no family history of [gout].", NOBODY),
    ("Family history is negative for [kidney disease].", NOBODY),
    ("His parents have no [weakness].", NOBODY),
    ("His mother noticed a [rash] yesterday.", P),
    ("His mother reports that he has had [fever].", P),
    ("A boy is brought to the clinic by his mother with [fever] and a [rash].", P, P),
    # historical, and the history that is still the patient's
    ("She has a history of [hypertension] and type 2 [diabetes].", P, P),
    ("Past medical history is significant for [hypertension] and a [stroke].", P, H),
    ("He has a history of [myocardial infarction].", H),
    ("A 3-day history of [fever].", P),
    ("He was treated for [gonorrhea] 5 years ago.", H),
    ("She had [asthma] as a child.", H),
    ("History is significant for [hypertension], [leukemia] as a child, and [gout].", P, H, P),
    ("He had an [upper respiratory tract infection] 10 days ago.", H),
    ("He has had [chest pain] that began 3 days ago.", P),
    ("He was diagnosed with [hypertension] 10 years ago.", P),
    ("He lost consciousness after a [seizure] 1 hour ago.", P),
    ("A man with [diabetes] who had a [stroke] 2 years ago comes in with [fever].", P, H, P),
    ("He quit [smoking] 15 years ago.", H),
    ("Which medication used to treat [depression] is best?", P),
    # hypothetical
    ("She takes [aspirin] to prevent [stroke].", P, C),
    ("She should return if she develops [fever].", C),
    ("He is at increased risk for [stroke].", C),
    ("A test for [syphilis] is positive.", C),
    ("She is allergic to [penicillin].", C),
    ("He receives the [influenza] vaccine.", C),
    ("He received [hepatitis A] and [yellow fever] vaccines.", C, C),
    ("She had [measles], [mumps], and [rubella] immunizations.", C, C, C),
    ("He has [asthma] and received vaccines.", P),
    ("He undergoes an exercise stress test for a 1-week history of [chest pain].", P),
    ("A girl is being evaluated for [shortness of breath].", P),
]


def read(marked: str) -> list[str]:
    """Return what is read of each bracketed mention."""
    text, spans = "", []
    for piece in re.split(r"(\[[^]]*\])", marked):
        if piece.startswith("["):
            spans.append((len(text), len(text) + len(piece) - 2))
            piece = piece[1:-1]
        text += piece
    tokens = tokenize(text)
    mentions = [(tokens.starts.index(start), tokens.ends.index(end)) for start, end in spans]
    return [NOBODY if r.of_nobody else r.assertion for r in readings(tokens, mentions)]


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row[0][:60])
def test_reading(row: tuple[str, ...]) -> None:
    assert read(row[0]) == list(row[1:])


def test_mentions_may_come_in_any_order() -> None:
    tokens = tokenize("No fever. Cough is present.")
    assert [r.assertion for r in readings(tokens, [(2, 2), (1, 1)])] == ["present", "absent"]


def test_sentences_end_at_stops_and_lines_not_at_titles_or_decimals() -> None:
    tokens = tokenize("Dr. Smith saw him. Temperature is 38.5 C.\nPulse is 90. S. aureus grew.")
    words = [tokens.raw[a:b] for a, b in sentences(tokens)]
    assert [w[0] for w in words] == ["Dr", "Temperature", "Pulse", "S"]


def test_nothing_to_read() -> None:
    assert readings(tokenize(""), []) == []
    assert sentences(tokenize("")) == []
