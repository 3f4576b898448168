"""Tokens keep their place, and spellings of one word share a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgpaths.link.text import tokenize


def keys(text: str) -> tuple[str, ...]:
    return tokenize(text).keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oedema", "edema"),
        ("haemorrhages", "hemorrhage"),
        ("anaemia", "anemia"),
        ("diarrhoea", "diarrhea"),
        ("tumours", "tumor"),
        ("paediatric", "pediatric"),
        ("oesophagus", "esophagus"),
        ("leucocytosis", "leukocytosis"),
        ("sulphonamide", "sulfonamide"),
        ("generalised", "generalized"),
        ("fibres", "fiber"),
        ("goitre", "goiter"),
        ("behavioural", "behavioral"),
        ("biopsies", "biopsy"),
        ("metastases", "metastasis"),
        ("diagnoses", "diagnosis"),
        ("diseases", "disease"),
        ("headaches", "headache"),
        ("rashes", "rash"),
        ("viruses", "virus"),
        ("abscesses", "abscess"),
        ("vertebrae", "vertebra"),
        ("diverticula", "diverticulum"),
        ("staphylococci", "staphylococcus"),
        ("varices", "varix"),
        ("feet", "foot"),
        ("xanthomata", "xanthoma"),
        ("Crohn's disease", "Crohn disease"),
        ("Graves’ disease", "Graves disease"),
        ("Guillain–Barré", "Guillain-Barre"),
        ("ST-segment", "ST segment"),
        ("non-tender", "nontender"),
        ("anti-inflammatory", "antiinflammatory"),
        ("pre-eclampsia", "preeclampsia"),
        ("α-thalassaemia", "alpha thalassemia"),
        ("type II diabetes", "type 2 diabetes"),
        ("factor V Leiden", "factor 5 Leiden"),
        ("vitamin B12", "vitamin B-12"),
        ("pain in the chest", "pain in chest"),
    ],
)
def test_spellings_of_one_word_share_a_key(one: str, other: str) -> None:
    assert keys(one) == keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pneumoniae", "pneumonia"),  # a species, not a plural
        ("giardiasis", "giardia"),
        ("leishmaniasis", "leishmania"),
        ("hypertension", "hypotension"),
        ("IV antibiotics", "V antibiotics"),
        ("vitamin D", "vitamin"),
        ("virus", "viru"),
    ],
)
def test_different_words_keep_different_keys(one: str, other: str) -> None:
    assert keys(one) != keys(other)


def test_tokens_know_their_place() -> None:
    tokens = tokenize("The patient's β2-agonist, 38.5°C; (B12)")
    assert [tokens.text[s:e] for s, e in zip(tokens.starts, tokens.ends, strict=True)] == list(tokens.raw)
    assert tokens.raw == ("patient's", "β", "2", "agonist", "38.5", "C", "B", "12")
    assert tokens.keys == ("patient", "beta", "2", "agonist", "38.5", "c", "b", "12")
    assert tokens.glued == (False, False, True, False, False, False, False, True)
    assert tokens.broken == (False, False, False, False, False, False, True, False)


def test_exact_form_keeps_case_and_drops_plural_s() -> None:
    assert tokenize("NSAIDs, UTI's and MIs").exact == ("NSAID", "UTI", "and", "MI")


def test_full_stop_breaks_a_phrase_and_an_initial_does_not() -> None:
    assert tokenize("the toe. The pain").broken == (False, True)
    assert tokenize("S. aureus").broken == (False, False)


@given(st.text())
def test_offsets_index_the_original_text(text: str) -> None:
    tokens = tokenize(text)
    assert tuple(text[s:e] for s, e in zip(tokens.starts, tokens.ends, strict=True)) == tokens.raw
    assert list(tokens.starts) == sorted(tokens.starts)


def test_a_megabyte_of_letters_is_one_token() -> None:
    assert tokenize("a" * 1_000_000).ends == (1_000_000,)
