"""Words for the concepts of one question: as the question words them where it does, else the concept's own readable name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from kgpaths.graph.store import Graph
from kgpaths.model import Concept, Link, LinkedQuestion
from kgpaths.verbalize.casing import ORGANISMS, Casing, titled
from kgpaths.verbalize.english import article, is_plural, word_set
from kgpaths.verbalize.labels import readable
from kgpaths.verbalize.prose import Noun, Piece

MAX_WORDS = 12
_ORDER = re.compile(
    r"(?:administer|begin|start|initiate|give|perform|order|obtain|stop|continue|refer|discontinue|increase the|decrease the|add|switch|schedule|"
    r"prescribe|"
    r"recommend|reassure|measure|repeat|place|remove|observe|admit|discharge|tell|ask|inform|do|send|check|evaluate|treat|withhold|replace|contact|report|"
    r"request|advise|explain|proceed|monitor|apply|use|insert|avoid|take|no|it|the patient)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\b(?:is|are|has|have|was|will|should|does|consists|contains|causes|leads)\b")
_VERB = re.compile(r"\b(?:is|are|was|were|shows?|his|her|their)\b|^\w+ed$|^\w+s \w+ly$", re.IGNORECASE)
_CONDITIONS = ("PhenotypicFeature", "Disease", "DiseaseOrPhenotypicFeature")
_ADJECTIVES = ("ic", "ed", "able", "ible", "ous", "ive", "less", "ful", "ish", "ile")
_ADJECTIVE_WORDS = word_set("pale obese drowsy sleepy tired weak deaf blind mute numb stiff dizzy short thin clumsy")
_HERDS = ("sheep", "cattle", "deer")
_PLACES = ("AnatomicalEntity", "Cell")
_MACHINES = ("receptor", "channel", "transporter", "exchanger", "pump", "subunit", "complex", "proteasome", "ribosome", "cotransporter", "symporter")
_CLASSES = (
    "inhibitor",
    "blocker",
    "agonist",
    "antagonist",
    "antidepressant",
    "antipsychotic",
    "diuretic",
    "antibiotic",
    "agent",
    "drug",
    "analog",
    "opioid",
    "triptan",
    "statin",
    "macrolide",
    "fluoroquinolone",
    "cephalosporin",
    "aminoglycoside",
    "benzodiazepine",
    "barbiturate",
    "bisphosphonate",
    "sulfonylurea",
    "glucocorticoid",
    "corticosteroid",
    "fibrate",
    "nitrate",
)
_DEVICES = ("catheter", "device", "pacemaker", "stent", "graft", "valve", "prosthesis", "shunt")


class Names:
    """Name concepts in the middle of a sentence, each always in the same words."""

    def __init__(self, graph: Graph, casing: Casing, linked: LinkedQuestion) -> None:
        self.graph = graph
        self.casing = casing
        self._question = linked.question
        self._said: dict[str, str] = {}
        self._options = [link.curie for link in linked.links if link.mention.where.startswith("option:")]  # options are of one kind
        for link in linked.links:
            if link.curie not in self._said and self.stands_alone(link):
                self._said[link.curie] = self._as_worded(link)

    def stands_alone(self, link: Link) -> bool:
        """Tell whether a mention's words are an alias and a noun, so that they can stand for the concept anywhere."""
        if not is_alias(link):
            return False
        word = link.mention.text.lower()
        concept = self.graph.concept(link.curie)
        names = {name.lower() for name in (concept.name, *(s.text for s in concept.synonyms))}
        if concept.category not in _CONDITIONS or not word.isalpha() or word == concept.name.lower():
            return True
        derived = {f"{word}ness", f"{word[:-1]}iness", f"{word[:-1]}ity", f"{word.removesuffix('s')}ing"}
        return not (word.endswith(_ADJECTIVES) or word in _ADJECTIVE_WORDS or derived & names)

    def text(self, curie: str) -> str:
        """Return the words for a concept."""
        if curie not in self._said:
            concept = self.graph.concept(curie)
            self._said[curie] = self.casing.mid_sentence(readable(plainest(concept)), concept.category)
        return self._said[curie]

    def of(self, curie: str, text: str = "", *, bare: bool = False) -> Noun:
        """Return a concept as a noun phrase named by its CURIE, in other words where ``text`` is given, ``bare`` of any article."""
        words = text or self.text(curie)
        category = self.category(curie)
        if category == "GeneticInheritance":
            words = words.removesuffix(" inheritance")  # its phrases bring the word along
        plural = (
            (category not in ORGANISMS or words in _HERDS)
            and category != "Gene"
            and not (category == "Disease" and "," in words)
            and is_plural(words)
        )
        before = "" if plural or bare else self._article(curie, category, words)
        return Noun((Piece(before), Piece(words, curie)) if before else (Piece(words, curie),), plural)

    def kind(self, curie: str) -> Noun:
        """Return a concept as what another is a kind of: without article, and in the singular where its own name is."""
        own = self.casing.mid_sentence(readable(plainest(self.graph.concept(curie))), self.category(curie))
        return self.of(curie, own if self.of(curie).plural and not is_plural(own) else "", bare=True)

    def _article(self, curie: str, category: str, words: str) -> str:
        """Return the article that a thing of the body or a class of drugs needs: "the P2Y12 receptor", "an ACE inhibitor"."""
        if category in _PLACES or (category == "Protein" and words.endswith(_MACHINES)):
            return "the "
        if category == "Drug" and words.endswith(_CLASSES) and self.graph.descendants(self.graph.index(curie)):
            return f"{article(words)} "
        if category in ("Treatment", "ExposureEvent", "DiagnosticAid") and words.endswith(_DEVICES):
            return f"{article(words)} "
        return ""

    def category(self, curie: str) -> str:
        """Return a concept's category."""
        return self.graph.category(self.graph.index(curie))

    def option(self, key: str, curies: Iterable[str] = ()) -> str:
        """Return an option's whole text as it is written in the middle of a sentence; what is no noun phrase is quoted."""
        category = next((self.category(curie) for curie in (*curies, *self._options)), "")
        words = re.sub(r"\s+", " ", self._question.option_text(key)).strip(' "“”').rstrip(".")
        if _ORDER.match(words) or _CLAUSE.search(words) or words.count(",") > 1 or len(words.split()) > MAX_WORDS:
            return f"“{words}”"
        return self.casing.mid_sentence(words, category if category in ORGANISMS and len(words.split()) <= 3 else "")

    def _as_worded(self, link: Link) -> str:
        """Return a mention's own words, without the capital letter that only the start of a sentence or option gave it."""
        words = re.sub(r"\s+", " ", link.mention.text).strip()
        if link.mention.where in ("text", "context"):
            source = self._question.text if link.mention.where == "text" else self._question.context
            if not re.search(r"(?:^|[.?!:;]|\n)[\s\"“(]*$", source[: link.mention.start]):
                return self.casing.mid_sentence(words) if titled(words.split()) else words
        return self.casing.mid_sentence(words, self.category(link.curie))


def is_alias(link: Link) -> bool:
    """Tell whether a mention's words are the alias that matched, and no verb ("vomited"), so that they can stand for the concept anywhere."""
    return folded(link.mention.text) == folded(link.alias) and not _VERB.search(link.mention.text)


def folded(text: str) -> str:
    """Return words without case, accents, hyphens and plural endings."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = (word[:-3] + "y" if word.endswith("ies") else word for word in re.findall(r"[^\W_]+", bare))
    return " ".join(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words)


def plainest(concept: Concept) -> str:
    """Return the name of a concept, or an exact synonym where the name is a catalogue's heading (inverted, bracketed, shouted)."""
    if not _catalogued(concept.name):
        return concept.name
    long = concept.name.count(",") > 1  # a list of features that has become a name: its abbreviation reads better
    exact = [s.text for s in concept.synonyms if s.scope == "exact" and (long or (not s.kind and len(s.text) > 5)) and not _catalogued(s.text)]
    return exact[0] if exact else concept.name


def _catalogued(name: str) -> bool:
    return any(c in name for c in ",;([") or name.endswith(" NOS") or (name.isupper() and len(name) > 6)
