"""Whether words name a concept: by a known alias, in any inflection, or by the question's own words for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from kgpaths.graph.store import Graph
from kgpaths.model import Draft

ARTICLES = frozenset({"a", "an", "the", "of", "and", "or"})
EXPANSIONS = {"&": " and ", "’": "'", "–": "-"}
WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
BREAK = re.compile(r"[,;.:!?()\[\]“”\"\n]")  # a name in prose does not reach across
LONGEST_NAME = 12  # words
SHORTEST_WORD = 3  # letters: shorter words alone are too ambiguous to be taken for a name


class Named(NamedTuple):
    """Words of a text that name one of a draft's concepts, and which it may be."""

    start: int
    end: int
    curies: frozenset[str]


def stem(word: str) -> str:
    """Return ``word`` without plural ending: "biopsies" and "biopsy" are one, "diabetes" and "virus" stay whole enough."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def unaccented(text: str) -> str:
    """Return ``text`` in lower case, its letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c)) if not text.isascii() else text.lower()


@lru_cache(maxsize=200_000)
def normal(text: str) -> frozenset[str]:
    """Return the stemmed words of ``text`` as a set: case, order, accents, hyphens, possessives, articles and plurals aside."""
    for old, new in EXPANSIONS.items():
        text = text.replace(old, new)
    text = re.sub(r"'s\b|'", "", unaccented(text))
    return frozenset(stem(word) for word in re.findall(r"[^\W_]+", text) if word not in ARTICLES)


class Namer:
    """Tells whether words name a concept of one graph, remembering each concept's aliases."""

    def __init__(self, graph: Graph, draft: Draft) -> None:
        self.graph = graph
        self.draft = draft
        self._found: dict[str, tuple[Named, ...]] = {}
        self._known: dict[str, frozenset[frozenset[str]]] = {}
        self._words = self._from_question(draft)

    def _from_question(self, draft: Draft) -> dict[str, set[frozenset[str]]]:
        """Return the question's own words for each linked concept, where the link's alias is one of the graph's."""
        words: dict[str, set[frozenset[str]]] = {}
        for link in draft.links:
            if normal(link.alias) in self.aliases(link.curie):
                words.setdefault(link.curie, set()).add(normal(link.mention.text))
                if link.mention.where.startswith("option:"):
                    key = link.mention.where.removeprefix("option:")
                    words[link.curie] |= {normal(option.text) for option in draft.question.options if option.key == key}
        return words

    def aliases(self, curie: str) -> frozenset[frozenset[str]]:
        """Return the normal forms of a concept's name and synonyms; none for an unknown CURIE.

        A mode of inheritance is also named without that word: "autosomal dominant".
        """
        if curie not in self._known:
            if curie in self.graph:
                concept = self.graph.concept(curie)
                forms = {normal(text) for text in (concept.name, *(s.text for s in concept.synonyms))}
                if concept.category == "GeneticInheritance":
                    forms |= {form - {"inheritance"} for form in forms if form != {"inheritance"}}
                self._known[curie] = frozenset(forms)
            else:
                self._known[curie] = frozenset()
        return self._known[curie]

    def is_alias(self, words: str, curie: str) -> bool:
        """Tell whether ``words`` are a name the graph has for a concept."""
        return normal(words) in self.aliases(curie)

    def names(self, words: str, curie: str) -> bool:
        """Tell whether ``words`` name the concept ``curie``."""
        said = normal(words)
        return bool(said) and (said in self.aliases(curie) or said in self._words.get(curie, ()))

    def loosely(self, text: str, curie: str) -> bool:
        """Tell whether ``text`` has the words of one of a concept's names, in whatever order and punctuation."""
        words = normal(text)
        return any(form and form <= words for form in (*self.aliases(curie), *self._words.get(curie, ())))

    @cached_property
    def _forms(self) -> dict[frozenset[str], set[str]]:
        """The draft's concepts, linked and cited, by the normal forms of their names."""
        cited = (end for step in self.draft.steps for c in step.citations for end in (c.subject, c.object) if end)
        forms: dict[frozenset[str], set[str]] = {}
        for curie in dict.fromkeys((*(link.curie for link in self.draft.links), *cited)):
            for form in (*self.aliases(curie), *self._words.get(curie, ())):
                if form and (len(form) > 1 or len(next(iter(form))) >= SHORTEST_WORD):
                    forms.setdefault(form, set()).add(curie)
        return forms

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset().union(*self._forms)

    def found(self, text: str) -> tuple[Named, ...]:
        """Return the words of ``text`` that name one of the draft's concepts, the longest at each place, from left to right."""
        if text not in self._found:
            self._found[text] = tuple(self._find(text))
        return self._found[text]

    def _find(self, text: str) -> Iterator[Named]:
        for run in self._runs(text):
            i = 0
            while i < len(run):
                match = next((j for j in range(min(len(run), i + LONGEST_NAME), i, -1) if _form(run[i:j]) in self._forms), None)
                if match is None or not run[i][2]:
                    i += 1
                    continue
                yield Named(run[i][0], run[match - 1][1], frozenset(self._forms[_form(run[i:match])]))
                i = match

    def _runs(self, text: str) -> Iterator[list[tuple[int, int, str]]]:
        """Yield stretches of words that all occur in names, without a break: place and stem of each, the stem of an article empty."""
        run: list[tuple[int, int, str]] = []
        for match in WORD.finditer(text):
            word = re.sub(r"['’]s$", "", unaccented(match[0]))
            word = "" if word in ARTICLES else stem(word)
            if run and BREAK.search(text, run[-1][1], match.start()):
                yield run
                run = []
            if word in self._vocabulary or (run and not word):
                run.append((match.start(), match.end(), word))
            elif run:
                yield run
                run = []
        if run:
            yield run


def _form(run: list[tuple[int, int, str]]) -> frozenset[str]:
    """Return the normal form of words, none where they end with an article."""
    return frozenset(word for _, _, word in run if word) if run[-1][2] else frozenset()
