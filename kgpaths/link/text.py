"""Cut text into tokens that know their place, and fold each token to the key it is looked up by.

Offsets always index the original text: nothing is ever rewritten before it is cut. Folding joins spellings that mean the
same word (case, plural, UK and US, possessive, Greek letter, Roman numeral); a key need not be a word, it need only be the
same on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from kgpaths.link.spelling import BRITISH, EPITHETS, GREEK, IRREGULAR_PLURALS, LATIN_PLURALS, OUR_WORDS, ROMAN, ROMAN_BEFORE

MAX_FOLDED = 64  # a longer run of letters is no word; folding it would only cost time

# "anti-inflammatory" is one word, "beta-blocker" two: a bound prefix before a lower-case word is joined to it
_PREFIXES = "non|pre|post|anti|hyper|hypo|micro|macro|sub|inter|intra|extra|semi|multi|re|co|un|para|peri|supra|trans|ultra|over|under|auto"
_TOKEN = re.compile(rf"(?:(?i:{_PREFIXES})-(?=[A-Za-z][a-z]{{2}}))?(?:[^\W\d_][\u0300-\u036f]*)+(?:['’][sS]\b)?|\d+(?:\.\d+)*")
_BREAK = re.compile(r"[;:!?()\[\]\n\r]")
_FULL_STOP = re.compile(r"\.[\s\"'”’]")
_UPPER_PLURAL = re.compile(r"(?:[A-Z0-9]{2,})s")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text, in columns: ``text[starts[i]:ends[i]] == raw[i]``.

    ``keys`` are folded for lookup; ``exact`` keep the case, for abbreviations and gene symbols. ``glued`` tells that
    nothing stands between a token and the one before it ("B" and "12" in "B12"), so that no match starts or ends inside.
    ``broken`` tells that a full stop, bracket, semicolon or line end stands there, so that no match reaches across.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    raw: tuple[str, ...]
    keys: tuple[str, ...]
    exact: tuple[str, ...]
    glued: tuple[bool, ...]
    broken: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.raw)

    def gap(self, index: int) -> str:
        """Return what stands between token ``index - 1`` and token ``index``."""
        return self.text[self.ends[index - 1] : self.starts[index]] if index else self.text[: self.starts[0]]


def tokenize(text: str) -> Tokens:
    """Cut ``text`` into runs of letters and numbers; the article "the" is left out, as aliases drop it at will."""
    starts: list[int] = []
    ends: list[int] = []
    raw: list[str] = []
    keys: list[str] = []
    exact: list[str] = []
    before = ""
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in ("the", "The"):
            before = ""
            continue
        key, cased = fold(word)
        if word in ("I", "V", "X") and before in ROMAN_BEFORE:
            key = ROMAN[word]
        starts.append(match.start())
        ends.append(match.end())
        raw.append(word)
        keys.append(key)
        exact.append(cased)
        before = key
    glued = tuple(i > 0 and starts[i] == ends[i - 1] for i in range(len(raw)))
    broken = tuple(
        i > 0
        and starts[i] - ends[i - 1] > 1
        and _breaks(text[ends[i - 1] : starts[i]], raw[i - 1])
        and not _within_name(text, starts[i - 1], ends[i - 1])
        for i in range(len(raw))
    )
    return Tokens(text, tuple(starts), tuple(ends), tuple(raw), tuple(keys), tuple(exact), glued, broken)


def _breaks(gap: str, before: str) -> bool:
    """Tell whether a gap ends a phrase; the stop of "S. aureus" and "St. Louis" does not."""
    return gap != " " and (_BREAK.search(gap) is not None or (_FULL_STOP.search(gap) is not None and len(before) > 2))


def _within_name(text: str, start: int, end: int) -> bool:
    """Tell whether a token stands in brackets set within a name: the "D" of "Rho(D) immune globulin"."""
    return text[start - 1 : start] == "(" and text[end : end + 2] == ") " and text[max(start - 2, 0) : start - 1].isalnum()


@lru_cache(maxsize=100_000)
def fold(word: str) -> tuple[str, str]:
    """Return the folded key of one token and its cased form without possessive or plural "s"."""
    cased = word[:-2] if len(word) > 2 and word[-2] in "'’" else word
    if _UPPER_PLURAL.fullmatch(cased):
        cased = cased[:-1]
    if len(word) > MAX_FOLDED or cased[0].isdigit():
        return cased.lower(), cased
    if cased in ROMAN and len(cased) > 1:
        return ROMAN[cased], cased
    key = cased.lower()
    if not key.isascii():
        key = "".join(GREEK.get(c, c) for c in unicodedata.normalize("NFKD", key) if not unicodedata.combining(c))
    return american(singular(key.replace("-", ""))), cased


def singular(word: str) -> str:
    """Return a form that a word shares with its plural: "biopsies" and "biopsy", "metastases" and "metastasis"."""
    if word in IRREGULAR_PLURALS:
        word = IRREGULAR_PLURALS[word]
    if len(word) <= 3:
        return word
    for ending, base in LATIN_PLURALS:
        if word.endswith(ending) and len(word) > len(ending) and word not in EPITHETS:
            return _strip_s(word[: -len(ending)] + base)
    return _strip_s(word)


def _strip_s(word: str) -> str:
    """Cut a plural ending, and the "e" or "is" that its singular has in the same place."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 5 and word.endswith("oes"):
        return word[:-2]
    if len(word) > 4 and word.endswith(("ses", "sis", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 4 and word.endswith(("se", "xe", "che", "ze")):
        return word[:-1]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word


_ISE = re.compile(r"is(e|ed|er|ing|ation|ational|)$")
_OUR = re.compile("(" + "|".join(OUR_WORDS) + ")our")


def american(word: str) -> str:
    """Fold British spelling into American: oedema, haem-, leuco-, sulph-, tumour, fibre, -ise."""
    if len(word) < 4:
        return word
    if word in BRITISH:
        return BRITISH[word]
    if "ae" in word or "oe" in word:
        if "manoeuv" in word:
            word = word.replace("manoeuv", "maneuv")
        if len(word) > 4:
            word = word.replace("ae", "e").replace("oe", "e")
    if "our" in word:
        word = _OUR.sub(r"\1or", word)
    if "leuc" in word:
        word = word.replace("leucocyt", "leukocyt").replace("leucop", "leukop").replace("leucod", "leukod")
    if "sulph" in word:
        word = word.replace("sulph", "sulf")
    if len(word) > 6 and "is" in word:
        word = _ISE.sub(r"iz\1", word)
    return word
