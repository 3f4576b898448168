"""English grammar that the writer needs: number, articles, lists. Pure rules over words, no dictionary to download.

Medical nouns come from Latin and Greek, so number is read off the endings with a short list of exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def word_set(text: str) -> frozenset[str]:
    """Return the words of ``text``: how the lists below stay readable."""
    return frozenset(text.split())


_PREPOSITIONS = word_set(
    "of de du in with without to on for from by at due during after before under over involving resembling secondary following between within than"
)
_BEFORE_GERUND = ("difficulty", "trouble", "inability")  # "difficulty climbing stairs"
_SINGULAR = word_set(
    "diabetes measles mumps shingles rickets herpes caries rabies scabies facies tabes series species lens pons forceps biceps triceps "
    "pancreas atlas gas pes ascites news torsades deferens psoas iridis cutaneous"
)
_PLURAL = word_set(
    "teeth feet children people men women mice genitalia ganglia bacteria phenomena criteria data mitochondria spermatozoa diverticula "
    "ilia ischia emboli thrombi calculi cocci bacilli fungi nevi nuclei villi bronchi stimuli staphylococci streptococci rami ova septa "
    "sheep cattle deer rouleaux crura alveoli atria ventriculi lumina flagella cilia"
)
_GENITIVES = word_set("placentae vulvae vitae corneae retinae coronae tunicae")  # "abruptio placentae" is one abruption
_SINGULAR_ENDINGS = ("ss", "us", "is", "os", "'s", "’s")
_PLURAL_ENDINGS = ("ae", "mata", "ines")
_VOWEL_BUT_CONSONANT = re.compile(r"^(?:eu|ewe|one|u(?:bi|ni(?!n|m)|r[aeio]|s[eu]|t[ei]|v[eu]))", re.IGNORECASE)
_SILENT_H = ("hour", "honest", "honor", "honour", "heir")
_SPOKEN_AS_WORD = word_set("HELLP SARS MERS NASH LADA MELAS MERRF NARP LEOPARD FAST SIDS MODY SLAP RICE SIRS")
_LETTERS_WITH_VOWEL_SOUND = "AEFHILMNORSX"


def head(phrase: str) -> str:
    """Return the word that decides the number of a noun phrase: the last one before its first preposition."""
    words = re.sub(r"\([^)]*\)", " ", phrase).replace(",", " ").split()
    for i, word in enumerate(words):
        if i and (word.lower() in _PREPOSITIONS or (word.endswith("ing") and words[i - 1].lower() in _BEFORE_GERUND)):
            return words[i - 1]
    while len(words) > 1 and words[-1].lower() in _GENITIVES:
        words.pop()
    return words[-1] if words else ""


def is_plural(phrase: str) -> bool:
    """Tell whether a noun phrase takes a plural verb: "petechiae" and "hallucinations" do, "diabetes" and "measles" do not."""
    words = phrase.split()
    if len(words) == 3 and words[1].lower() == "and":  # "nausea and vomiting"
        return True
    word = head(phrase)
    if re.fullmatch(r"[A-Z0-9-]{2,}s", word):  # "NSAIDs", against "AIDS"
        return True
    if word.isupper():
        return False
    lowered = word.lower().split("-")[-1]
    if lowered in _PLURAL:
        return True
    if lowered in _SINGULAR or lowered.endswith(_SINGULAR_ENDINGS):
        return False
    return lowered.endswith(_PLURAL_ENDINGS) or (lowered.endswith("s") and len(lowered) > 3)


def article(phrase: str) -> str:
    """Return "a" or "an" as the first word sounds: "an MRI", "a HELLP syndrome", "a urinary tract infection", "an hour"."""
    first = phrase.split()[0] if phrase.split() else ""
    token = re.split(r"[-/]", first)[0]
    if re.match(r"^(?:8|11(?!\d)|18(?!\d))", token):
        return "an"
    if token[:1].isdigit():
        return "a"
    if (token.isupper() and token not in _SPOKEN_AS_WORD and len(token) <= 5) or (len(token) > 1 and token[1:2].isupper() and token[0].isupper()):
        return "an" if token[0] in _LETTERS_WITH_VOWEL_SOUND and token not in _SPOKEN_AS_WORD else "a"
    lowered = token.lower()
    if lowered.startswith(_SILENT_H):
        return "an"
    if _VOWEL_BUT_CONSONANT.match(lowered):
        return "a"
    return "an" if lowered[:1] in "aeiou" else "a"


def separators(count: int, word: str = "and") -> tuple[str, ...]:
    """Return what stands before each of ``count`` listed items, with the Oxford comma: ("", ", ", ", and ")."""
    if count == 2:
        return ("", f" {word} ")
    return tuple("" if i == 0 else f", {word} " if i == count - 1 else ", " for i in range(count))


def join(items: Sequence[str], word: str = "and") -> str:
    """Return items as one list in prose: "fever, cough, and chills"."""
    return "".join(before + item for before, item in zip(separators(len(items), word), items, strict=True))


def capitalise(sentence: str) -> str:
    """Return the sentence with its first letter large, unless its first word has a form of its own ("pH", "mRNA")."""
    first = sentence.split(" ", 1)[0]
    if re.match(r"[a-z]{1,2}[A-Z0-9]", first):
        return sentence
    return sentence[:1].upper() + sentence[1:]
