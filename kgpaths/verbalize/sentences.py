"""Sentences that state edges: several of one kind as a list, a chain folded into one, and what they cite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgpaths.model import Citation, Edge, Hop
from kgpaths.verbalize.names import Names, folded
from kgpaths.verbalize.phrases import Patterns, reading
from kgpaths.verbalize.phrasing import Chooser, phrase
from kgpaths.verbalize.prose import Claim, Noun, Piece, Sentence, listed
from kgpaths.verbalize.wording import by_way_of, condition, frequency, in_brackets, patterns
from kgpaths.vocabulary import predicate_of

_SORTS = {
    "PhenotypicFeature": "the finding ",
    "Disease": "the disease ",
    "InformationContentEntity": "the diagnostic category ",
    "Gene": "the gene ",
    "Protein": "the protein ",
    "Drug": "the drug ",
    "ChemicalEntity": "the substance ",
}


@dataclass(frozen=True)
class Teller:
    """What every sentence of a draft is made with."""

    names: Names
    chooser: Chooser

    def tail(self, edge: Edge) -> str:
        """Return what an edge holds under: population, stage, severity, and the disease an inferred edge stands on."""
        diseases = dict.fromkeys(e.inferred_from for e in edge.evidence if e.inferred_from)
        return condition(edge) + by_way_of(self.names.text(curie) for curie in list(diseases)[:2] if curie in self.names.graph)

    def state(self, hops: Sequence[Hop], *, often: bool = True, end: str = "") -> Sentence:
        """Return one sentence for hops that share predicate, direction, target and condition; ``end`` closes it."""
        first, occasion = hops[0], reading(hops[0].edge.predicate).occasion
        words = [frequency(hop.edge.frequency, occasion, plural=False) if often else "" for hop in hops]
        alike = len(set(words)) == 1
        sources = [self._source(hop, "" if alike else in_brackets(hop.edge.frequency, occasion)) for hop in hops]
        source, target = listed(sources), self._target(first)
        often_words = frequency(first.edge.frequency, occasion, plural=source.plural) if often and alike else ""
        pattern = self.chooser.choose(self._fitting(first, often_words))
        pieces = _filled(pattern, first, source, target)
        return Sentence(_ended(pieces, self.tail(first.edge) + often_words + end), tuple(claim(hop.edge, relation(first.edge)) for hop in hops))

    def _fitting(self, hop: Hop, often: str) -> Patterns:
        """Return a hop's phrases that go with how often it is said and with the number of its target."""
        found = patterns(hop.edge, inverted=hop.inverted)
        if hop.edge.predicate == "subclass_of" and self._is_class(hop.edge.object):
            return ("{S} [belong/s to] the {O}", "{S} [{is} among] the {O}")  # "aspirin belongs to the salicylates"
        return tuple(p for p in found if not (often and "finding" in p)) or found

    def _is_class(self, curie: str) -> bool:
        """Tell whether a concept is a class of remedies named in the plural, which its members belong to."""
        return self.names.category(curie) in ("Drug", "ChemicalEntity", "Treatment") and self.names.kind(curie).plural

    def _target(self, hop: Hop) -> Noun:
        """Return the words for where a hop leads; as a kind where it leads up a hierarchy."""
        return self.names.kind(hop.target) if hop.edge.predicate == "subclass_of" and not hop.inverted else self.names.of(hop.target)

    def _source(self, hop: Hop, often: str) -> Noun:
        named = self.names.kind(hop.source) if hop.edge.predicate == "subclass_of" and hop.inverted else self.names.of(hop.source)
        return Noun((*named.pieces, Piece(f" ({often})")), named.plural) if often else named

    def same(self, hops: Sequence[Hop]) -> Sentence:
        """Return one sentence for hops that map concepts onto another, which may bear the same name."""
        first = hops[0]
        sources, target = [self.names.of(hop.source) for hop in hops], self.names.of(first.target)
        if any(folded(source.text) == folded(target.text) for source in sources):
            sorts = [_SORTS.get(self.names.category(curie), "") for curie in (first.source, first.target)]
            if sorts[0] != sorts[1]:
                sources = [Noun((Piece(sorts[0]), *source.pieces), source.plural) for source in sources]
                target = Noun((Piece(sorts[1]), *target.pieces), target.plural)
            else:
                sources = [Noun((*source.pieces, Piece(" in one source")), source.plural) for source in sources]
                target = Noun((*target.pieces, Piece(" in another")), target.plural)
        pattern = self.chooser.choose(patterns(first.edge, inverted=first.inverted))
        return Sentence(_filled(pattern, first, listed(sources), target), tuple(claim(hop.edge, relation(first.edge)) for hop in hops))

    def plain(self, hops: Sequence[Hop], *, often: bool = True) -> Sentence:
        """Return one sentence for hops of one kind, whatever their kind."""
        return self.same(hops) if predicate_of(hops[0].edge.predicate).role == "mapping" else self.state(hops, often=often)

    def folded(self, first: Sequence[Hop], second: Hop) -> list[Sentence]:
        """Return a chain of two hops as one sentence where English allows: "tachypnea is a kind of Y, which is recorded for Z"."""
        role = "{O}" if second.inverted else "{S}"
        middle = self.names.of(second.source)
        often = frequency(second.edge.frequency, reading(second.edge.predicate).occasion, plural=middle.plural)
        leading = tuple(p for p in self._fitting(second, often) if p.startswith(role))
        if not leading:
            return [self.plain(first), self.state([second])]
        end = self.tail(second.edge) + often
        if first[0].edge.predicate == "subclass_of" and first[0].inverted and len(first) == 1:
            return [self._kind_first(first[0], second, self.chooser.choose(leading), end)]
        which = Noun((Piece("which"),), middle.plural)
        clause = _filled(self.chooser.choose(leading), second, which, self.names.of(second.target))
        return [self.plain(first).followed_by(Sentence(_ended(clause, end), (claim(second.edge, relation(second.edge)),)), ", ")]

    def _kind_first(self, kind: Hop, second: Hop, pattern: str, end: str) -> Sentence:
        """Return a chain that starts with a broader finding: "focal seizure, which is a kind of seizure, is recorded for Z"."""
        special, broad = self.names.of(kind.target), self.names.kind(kind.source)
        verb = "are" if special.plural else "is"
        aside = (Piece(", which "), Piece(f"{verb} a kind of", relation(kind.edge)), Piece(" "), *broad.pieces, Piece(","))
        clause = _filled(pattern, second, Noun((*special.pieces, *aside), special.plural), self.names.of(second.target))
        return Sentence(_ended(clause, end), (claim(kind.edge, relation(kind.edge)), claim(second.edge, relation(second.edge))))

    def deny(self, edges: Sequence[Edge], option: str) -> Sentence:
        """Return one sentence for NOT edges of one predicate that have ``option`` at the same end."""
        first = edges[0]
        own = self.names.of(option)
        if first.subject == option:
            subject, object_ = own, listed([self.names.of(edge.object) for edge in edges])
        else:
            subject, object_ = listed([self.names.of(edge.subject) for edge in edges]), own
        pieces = phrase(self.chooser.choose(reading(first.predicate).denied), subject, object_, relation(first))
        counted = first.frequency if len(edges) == 1 else None
        often = f" in any of {counted.m} reported patients" if counted and not counted.n and counted.m and counted.m > 1 else ""
        return Sentence(_ended(pieces, self.tail(first) + often), tuple(claim(edge, relation(first)) for edge in edges))

    def lack(self, triples: Sequence[tuple[str, str, str]], option: str, graph_hash: str, *, pronoun: bool = False, pattern: str = "") -> Sentence:
        """Return one sentence that the graph holds none of ``triples``, which share predicate and ``option`` at one end.

        With ``pronoun`` the option is "it"; the words it stands for are in an earlier clause, as are those of an end that
        ``pattern`` leaves out.
        """
        predicate, at_subject = triples[0][1], triples[0][0] == option
        others = listed([self.names.of(o if at_subject else s) for s, _, o in triples])
        own = self.names.of(option)
        absent = reading(predicate).absent
        pattern = pattern or self.chooser.choose(absent[:2] if pronoun else absent)  # the third does not go well with "it"
        if pronoun:
            leads = pattern.startswith("{S}" if at_subject else "{O}")
            own = Noun((Piece(("they" if leads else "them") if own.plural else "it"),), own.plural)
        label = f"absent {predicate}"
        pieces = phrase(pattern, own if at_subject else others, others if at_subject else own, label)
        return Sentence(pieces, tuple(Claim(_absence(t, graph_hash), t[0], t[2], label) for t in triples))


def relation(edge: Edge) -> str:
    """Return the name of the piece that carries an edge's relation."""
    return f"relation {edge.id}"


def claim(edge: Edge, label: str) -> Claim:
    """Return the claim of an edge whose relation's words are named ``label``; a NOT edge is denied."""
    citation = Citation(
        kind="edge",
        edge_id=edge.id,
        content_hash=edge.content_hash,
        subject=edge.subject,
        predicate=edge.predicate,
        object=edge.object,
        negated=edge.negated,
        stance="denied" if edge.negated else "asserted",
    )
    return Claim(citation, edge.subject, edge.object, label)


def _absence(triple: tuple[str, str, str], graph_hash: str) -> Citation:
    subject, predicate, object_ = triple
    return Citation(kind="absence", subject=subject, predicate=predicate, object=object_, graph_hash=graph_hash, stance="denied")


def _filled(pattern: str, hop: Hop, source: Noun, target: Noun) -> tuple[Piece, ...]:
    """Return a hop's phrase with its ends in their places."""
    subject, object_ = (target, source) if hop.inverted else (source, target)
    return phrase(pattern, subject, object_, relation(hop.edge))


def _ended(pieces: tuple[Piece, ...], end: str) -> tuple[Piece, ...]:
    return (*pieces, Piece(end)) if end else pieces
