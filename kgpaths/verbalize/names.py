"""Words for the concepts of one question: as the question words them where it does, else the concept's own readable name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kgpaths.graph.store import Graph
from kgpaths.model import Concept, Link, LinkedQuestion
from kgpaths.verbalize.casing import ORGANISMS, Casing
from kgpaths.verbalize.english import is_plural
from kgpaths.verbalize.labels import readable
from kgpaths.verbalize.prose import Noun, Piece

_PLACES = ("AnatomicalEntity", "Cell")
_MACHINES = ("receptor", "channel", "transporter", "exchanger", "pump", "subunit", "complex", "proteasome", "ribosome", "cotransporter", "symporter")


class Names:
    """Name concepts in the middle of a sentence, each always in the same words."""

    def __init__(self, graph: Graph, casing: Casing, linked: LinkedQuestion) -> None:
        self.graph = graph
        self.casing = casing
        self._question = linked.question
        self._said: dict[str, str] = {}
        for link in linked.links:
            if link.curie not in self._said and is_alias(link):
                self._said[link.curie] = self._as_worded(link)

    def text(self, curie: str) -> str:
        """Return the words for a concept."""
        if curie not in self._said:
            concept = self.graph.concept(curie)
            self._said[curie] = self.casing.mid_sentence(readable(plainest(concept)), concept.category)
        return self._said[curie]

    def of(self, curie: str, text: str = "") -> Noun:
        """Return a concept as a noun phrase named by its CURIE, in other words where ``text`` is given."""
        words = text or self.text(curie)
        category = self.category(curie)
        if category == "GeneticInheritance":
            words = words.removesuffix(" inheritance")  # its phrases bring the word along
        plural = category not in ORGANISMS and category != "Gene" and is_plural(words)
        definite = not plural and (category in _PLACES or (category == "Protein" and words.endswith(_MACHINES))) and not words.startswith("the ")
        return Noun((Piece("the "), Piece(words, curie)) if definite else (Piece(words, curie),), plural)

    def category(self, curie: str) -> str:
        """Return a concept's category."""
        return self.graph.category(self.graph.index(curie))

    def option(self, key: str, curies: Iterable[str] = ()) -> str:
        """Return an option's whole text as it is written in the middle of a sentence."""
        category = next((self.category(curie) for curie in curies), "")
        words = re.sub(r"\s+", " ", self._question.option_text(key)).strip().rstrip(".")
        return self.casing.mid_sentence(words, category)

    def _as_worded(self, link: Link) -> str:
        """Return a mention's own words, without the capital letter that only the start of a sentence or option gave it."""
        words = re.sub(r"\s+", " ", link.mention.text).strip()
        if link.mention.where in ("text", "context"):
            source = self._question.text if link.mention.where == "text" else self._question.context
            if not re.search(r"(?:^|[.?!:;]|\n)[\s\"“(]*$", source[: link.mention.start]):
                return words
        return self.casing.mid_sentence(words, self.category(link.curie))


def is_alias(link: Link) -> bool:
    """Tell whether a mention's words are the alias that matched, so that they can stand for the concept anywhere."""
    return folded(link.mention.text) == folded(link.alias)


def folded(text: str) -> str:
    """Return words without case, hyphens and plural endings."""
    return " ".join(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in re.findall(r"[^\W_]+", text.casefold()))


def plainest(concept: Concept) -> str:
    """Return the name of a concept, or an exact synonym where the name is a catalogue's heading (inverted, bracketed, shouted)."""
    if not _catalogued(concept.name):
        return concept.name
    exact = [s.text for s in concept.synonyms if s.scope == "exact" and not s.kind and len(s.text) > 5 and not _catalogued(s.text)]
    return exact[0] if exact else concept.name


def _catalogued(name: str) -> bool:
    return any(c in name for c in ",;([") or name.endswith(" NOS") or (name.isupper() and len(name) > 6)
