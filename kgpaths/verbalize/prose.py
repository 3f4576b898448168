"""Sentences built from pieces, so that every anchor's offsets come from construction and never from a search afterwards.

A piece is a stretch of words with a name: the CURIE it stands for, or a relation's label. A claim says which pieces name
the subject, object and relation of what is cited; a claim may lean on words of an earlier sentence of the same step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kgpaths.model import Anchors, Citation, Span, Step, StepKind
from kgpaths.verbalize.english import capitalise, is_plural, separators

MAX_SENTENCES = 3


@dataclass(frozen=True)
class Piece:
    """Words with the name of what they stand for; plain words have none."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class Noun:
    """A noun phrase: its pieces, whether its verb is plural, and how many things it lists."""

    pieces: tuple[Piece, ...]
    plural: bool = False
    count: int = 1

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Claim:
    """A citation still without anchors, and the names of the pieces that will be its anchors."""

    citation: Citation
    subject: str
    object: str
    relation: str


@dataclass(frozen=True)
class Sentence:
    """One sentence without its full stop, what it claims of the graph, and what it takes from the question."""

    pieces: tuple[Piece, ...]
    claims: tuple[Claim, ...] = ()
    quotes: tuple[Citation, ...] = field(default=())

    def followed_by(self, other: Sentence, link: str) -> Sentence:
        """Return both as one sentence, joined by ``link``."""
        return Sentence((*self.pieces, Piece(link), *other.pieces), self.claims + other.claims, self.quotes + other.quotes)


def plain(text: str) -> Sentence:
    """Return a sentence that claims nothing."""
    return Sentence((Piece(text),))


def noun(text: str, name: str = "", singular: bool = False) -> Noun:
    """Return words as a noun phrase, its number read off the words unless ``singular``."""
    return Noun((Piece(text, name),), plural=not singular and is_plural(text))


def listed(nouns: Sequence[Noun], word: str = "and") -> Noun:
    """Return several noun phrases as one list; the verb after "A and B" is plural, after "A or B" as the last asks."""
    if len(nouns) == 1:
        return nouns[0]
    pieces: list[Piece] = []
    for before, item in zip(separators(len(nouns), word), nouns, strict=True):
        pieces += [Piece(before)] if before else []
        pieces += item.pieces
    return Noun(tuple(pieces), plural=word == "and" or nouns[-1].plural, count=sum(item.count for item in nouns))


def step(index: int, kind: StepKind, sentences: Sequence[Sentence], option: str = "") -> Step:
    """Return a step: sentences set one after the other, each claim with the exact spans of its words."""
    text, citations = "", []
    spans: dict[str, Span] = {}
    for sentence in sentences:
        text += " " if text else ""
        start = len(text)
        own: dict[str, Span] = {}
        for piece in sentence.pieces:
            if piece.name and piece.text:
                own.setdefault(piece.name, Span(start=len(text), end=len(text) + len(piece.text), text=piece.text))
            text += piece.text
        text = text[:start] + capitalise(text[start:]) + "."
        own = {name: Span(start=s.start, end=s.end, text=text[s.start : s.end]) for name, s in own.items()}
        spans |= own
        citations += [_anchored(claim, spans) for claim in sentence.claims]
        citations += sentence.quotes
    return Step(index=index, kind=kind, text=text, citations=tuple(citations), option=option)


def _anchored(claim: Claim, spans: dict[str, Span]) -> Citation:
    anchors = Anchors(subject=spans[claim.subject], object=spans[claim.object], relation=spans[claim.relation])
    return claim.citation.model_copy(update={"anchors": anchors})
