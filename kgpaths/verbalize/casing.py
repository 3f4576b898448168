"""Which words keep their capital letter in the middle of a sentence.

Sources write names as headings ("Hyperkalemia", "Wilson disease"). What is a proper name is read from the graph itself: a
word that other aliases write large in mid-phrase is one, a word that they write small is none. A short list of eponyms and
a rule for "X disease" help where the graph is too small to tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from kgpaths.verbalize.english import word_set

ORGANISMS = frozenset({"Bacterium", "Virus", "Fungus", "OrganismTaxon"})
VERBATIM = ORGANISMS | {"Gene"}  # names that are written as they stand

_EPONYMS = word_set(
    "rocky addison alport alzheimer babinski barrett basedow behçet behcet bowen brudzinski brugada burkitt chagas charcot christmas coombs "
    "crohn cushing darier dravet duchenne dupuytren ebola ebstein ehlers eisenmenger epstein ewing fabry fallot fanconi felty "
    "friedreich gaucher gilbert goodpasture graves guillain hashimoto heberden hirschsprung hodgkin horner huntington hurler janeway "
    "kaposi kawasaki kernig klinefelter koplik korsakoff krabbe lambert leber leigh lesch lhermitte lyme lynch mallory marfan meckel "
    "menetrier meniere ménière mobitz murphy noonan osler osgood paget parkinson pompe prader raynaud rett reye rinne romberg roth "
    "rovsing sjogren sjögren sturge takayasu tay tourette trousseau turner valsalva waldenström waldenstrom weber wegener wernicke "
    "lewy bruton whipple williams wilms wilson wolff zenker zollinger african american asian ashkenazi jewish european japanese mediterranean "
    "mexican german french english latin greek west gram"
)
_AMBIGUOUS = word_set("down still best bell brown hunter pick fox gray white price potter rose wood little battle cotton land stein good")
_EPONYM_HEADS = word_set("disease syndrome sign palsy anomaly phenomenon tumor tumour lymphoma contracture nodes spots cyst test ataxia chorea law")
_GREEK = word_set("alpha beta gamma delta epsilon kappa lambda mu")
_COMMON_ENDINGS = (
    *("al", "ic", "ous", "ive", "ar", "ary", "ory", "ed", "ing", "oid", "ile", "ent", "ant", "ine", "one", "ase", "oma", "emia", "aemia"),
    *("itis", "osis", "ia", "ion", "ment", "ness", "ity", "sis", "less", "able", "ible", "in", "gen", "ism", "uria", "penia", "ate", "ide", "ol"),
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


class Casing:
    """Tell proper names from headings by how a graph's aliases write them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._small: Counter[str] = Counter()
        self._large: Counter[str] = Counter()
        for text in texts:
            self._read(text)

    def _read(self, text: str) -> None:
        words = list(_WORD.finditer(text))
        if not words or (words[0].group()[0].isupper() and not any(w.group()[0].islower() and len(w.group()) > 3 for w in words[1:])):
            return  # one word alone or a title in capitals tells nothing
        for i, word in enumerate(words):
            token = word.group()
            if token[0].islower():
                self._small[token] += 1
            elif i and text[max(0, word.start() - 2)] not in ".:;([" and text[word.start() - 1] not in "([":
                self._large[token.lower()] += 1

    def is_proper(self, word: str, following: str = "") -> bool:
        """Tell whether ``word`` keeps its capital letter; ``following`` is the word after it."""
        bare = word.strip("()[],;:.")
        if bare.split("-")[0].lower() in _GREEK:
            return False  # "alpha-1 antitrypsin"
        if len(bare) <= 1 or any(c.isdigit() for c in bare) or any(c.isupper() for c in bare[1:]):
            return True  # "X", "C3", "HIV", "IgA", "Guillain-Barré"
        if bare.endswith(("'s", "’s")) or len(bare.split("-")[0]) == 1:
            return True  # "Crohn's", "X-linked"
        low = bare.lower()
        after = following.lower().strip("()[],;:.")
        if low in _EPONYMS or low.split("-")[0] in _EPONYMS or (low in _AMBIGUOUS and after in _EPONYM_HEADS):
            return True
        small, large = self._small[low], self._large[low]
        if small or large:
            return large > small
        double = following[:1].isupper() and (after in _EPONYMS or self._large[after] > self._small[after])  # "Miller Fisher syndrome"
        return (after in _EPONYM_HEADS or double) and not low.endswith(_COMMON_ENDINGS)

    def mid_sentence(self, text: str, category: str = "") -> str:
        """Return a name as it is written in the middle of a sentence: "Hyperkalemia" small, "Wilson disease" as it is."""
        if category in VERBATIM or not text:
            return text
        words = text.split(" ")
        if _shouted(words):
            words = [self._unshout(word) for word in words]
        elif titled(words):
            words = [self._small_unless_proper(words, i) for i in range(len(words))]
        words[0] = self._small_unless_proper(words, 0)
        return " ".join(words)

    def _small_unless_proper(self, words: list[str], i: int) -> str:
        following = words[i + 1] if i + 1 < len(words) else ""
        if words[i].startswith("Anti-"):
            return f"anti-{words[i].removeprefix('Anti-')}"
        return words[i] if self.is_proper(words[i], following) else words[i].lower()

    def _unshout(self, word: str) -> str:
        low = word.lower()
        if any(c.isdigit() for c in word) or len(word) <= 3 or re.fullmatch(r"[IVX]+", word):
            return word
        return low.capitalize() if self.is_proper(low.capitalize()) else low


def _shouted(words: list[str]) -> bool:
    letters = [word for word in words if len(word) > 3 and word.isalpha()]
    return bool(letters) and all(word.isupper() for word in letters) and any(len(word) > 6 for word in letters)


def titled(words: list[str]) -> bool:
    """Tell whether words are written like a title, each with a capital letter."""
    long = [word for word in words if len(word) > 3]
    return len(long) > 1 and all(word[0].isupper() for word in long)
