"""Whether words name a concept: by a known alias, in any inflection, or by the question's own words for it."""

from __future__ import annotations

import re
from functools import lru_cache

from kgpaths.graph.store import Graph
from kgpaths.model import Draft

ARTICLES = frozenset({"a", "an", "the", "of", "and", "or"})
EXPANSIONS = {"&": " and ", "’": "'", "–": "-"}


def stem(word: str) -> str:
    """Return ``word`` without plural ending: "biopsies" and "biopsy" are one, "diabetes" and "virus" stay whole enough."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


@lru_cache(maxsize=200_000)
def normal(text: str) -> frozenset[str]:
    """Return the stemmed words of ``text`` as a set: case, order, hyphens, possessives, articles and plurals aside."""
    for old, new in EXPANSIONS.items():
        text = text.replace(old, new)
    text = re.sub(r"'s\b|'", "", text.lower())
    return frozenset(stem(word) for word in re.findall(r"[^\W_]+", text) if word not in ARTICLES)


class Namer:
    """Tells whether words name a concept of one graph, remembering each concept's aliases."""

    def __init__(self, graph: Graph, draft: Draft) -> None:
        self.graph = graph
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
        """Return the normal forms of a concept's name and synonyms; none for an unknown CURIE."""
        if curie not in self._known:
            if curie in self.graph:
                concept = self.graph.concept(curie)
                self._known[curie] = frozenset(normal(text) for text in (concept.name, *(s.text for s in concept.synonyms)))
            else:
                self._known[curie] = frozenset()
        return self._known[curie]

    def names(self, words: str, curie: str) -> bool:
        """Tell whether ``words`` name the concept ``curie``."""
        said = normal(words)
        return bool(said) and (said in self.aliases(curie) or said in self._words.get(curie, ()))
