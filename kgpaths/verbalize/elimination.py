"""Why an option fits worse: what speaks against it, what it lacks, and what it explains all the same.

A finding the patient has is never held against an option unless the source itself denies it there. Where nothing
recorded tells an option from the answer, the step says so and claims nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kgpaths.graph.store import Graph
from kgpaths.model import Citation, Edge, Hop, Link, LinkedQuestion, OptionSupport, Path
from kgpaths.search.intent import intent_of
from kgpaths.verbalize.absence import Absences
from kgpaths.verbalize.english import is_plural
from kgpaths.verbalize.findings import quote
from kgpaths.verbalize.inference import alike, last_relation, tell, units
from kgpaths.verbalize.prose import MAX_SENTENCES, Noun, Piece, Sentence, listed
from kgpaths.verbalize.sentences import Teller
from kgpaths.verbalize.wording import likely
from kgpaths.vocabulary import TOLD_QUALIFIERS, fits, predicate_of

MAX_LACKING = 3
MAX_CONCEDED = 3
LESSER = ("treats", "ameliorates_condition")
Triple = tuple[str, str, str]


@dataclass(frozen=True)
class Case:
    """What every elimination of one question is made with."""

    graph: Graph
    linked: LinkedQuestion
    teller: Teller
    absences: Absences
    gold: OptionSupport
    said: tuple[str, ...]  # present findings the draft names

    def absent_link(self, curie: str) -> Link | None:
        """Return the denied mention of a concept, or of what it is a kind of, which is then absent as well; none where it is present, too."""
        wider = {curie, *(self.graph.curie(i) for i in self.graph.ancestors(self.graph.index(curie)))}
        said = [link for link in self.linked.links if not link.mention.where.startswith("option:")]
        present = {link.curie for link in said if link.mention.assertion == "present"}
        links = [link for link in said if link.mention.assertion == "absent" and link.curie not in present]
        return next((link for link in links if link.curie == curie), next((link for link in links if link.curie in wider), None))

    def of_answer(self, finding: str) -> bool:
        """Tell whether a finding, or a kind of it, is recorded for the answer, so that its absence tells the answer from nothing."""
        i = self.graph.index(finding)
        kinds = (finding, *(self.graph.curie(k) for k in self.graph.descendants(i)))
        return any(not edge.negated for curie in self.gold.curies for kind in kinds for edge in self.graph.lookup(curie, "has_phenotype", kind))


def eliminate(case: Case, support: OptionSupport) -> list[Sentence]:
    """Return one to three sentences on an option that is not the answer."""
    own = tuple(curie for curie in support.curies if curie not in case.gold.curies)
    if not own:
        return [_undecided(case, support)]
    sentences = against(case, support, own)
    spoken = {end for sentence in sentences for c in sentence.claims for end in (c.citation.subject, c.citation.object)}
    lacking = missing(case, support, own, spoken)
    if lacking and len(sentences) < MAX_SENTENCES:
        sentences += _lacking(case, support, *lacking)
    elif sentences and (shared := _shared_findings(case, support, own)):
        sentences = [shared, *sentences]
    return sentences[:MAX_SENTENCES] or [_undecided(case, support)]


def against(case: Case, support: OptionSupport, own: Sequence[str]) -> list[Sentence]:
    """Return what the source itself holds against the option: denied findings, contraindications, findings the patient lacks."""
    opposing = intent_of(case.linked.question).opposing
    edges = [hop.edge for hop in support.contradicted if hop.edge.predicate not in opposing]
    denied = [edge for edge in edges if edge.negated and (edge.subject in own or edge.object in own)]
    harmful = [edge for edge in edges if not edge.negated and predicate_of(edge.predicate).polarity == "opposes"]
    lacked = [edge for edge in edges if not edge.negated and edge.predicate == "has_phenotype" and edge.subject in own]
    sentences = _denied(case, denied, own)
    for edge in harmful[:1]:
        sentences += _harmful(case, edge, own)
    return sentences + _lacked(case, lacked)


def _denied(case: Case, edges: Sequence[Edge], own: Sequence[str]) -> list[Sentence]:
    """Return that the source denies findings of the patient for the option: those that share relation and condition with the first."""
    if not edges:
        return []
    option = next(curie for curie in own if curie in (edges[0].subject, edges[0].object))
    key = (edges[0].predicate, edges[0].qualifiers, edges[0].subject == option)
    same = [edge for edge in edges if option in (edge.subject, edge.object) and (edge.predicate, edge.qualifiers, edge.subject == option) == key]
    sentence = case.teller.deny(same[:MAX_LACKING], option)
    return [_with_patient(case, sentence, same[0], ", but ", ("it is present here", "this patient has it"))] if len(same) == 1 else [sentence]


def _with_patient(case: Case, sentence: Sentence, edge: Edge, link: str, same: Sequence[str]) -> Sentence:
    """Return a sentence on an edge with the clause that the patient has its object, in words of ``same``, or a kind of it."""
    object_ = case.graph.index(edge.object)
    held = [one for one in case.linked.findings() if one.curie in case.graph and object_ in _and_wider(case.graph, one.curie)]
    held.sort(key=lambda one: one.curie != edge.object)
    if not held or edge.qualifiers:
        return sentence
    clause = case.teller.chooser.choose(same) if held[0].curie == edge.object else f"this patient has {case.teller.names.text(held[0].curie)}"
    if case.teller.names.of(edge.object).plural:
        for one, many in (("which is", "which are"), ("it is", "they are"), ("has it", "has them"), (" is present", " are present")):
            clause = clause.replace(one, many)
    before = link if held[0].curie == edge.object or link == ", but " else ", and "
    return sentence.followed_by(Sentence((Piece(clause),), quotes=(quote(held[0]),)), before)


def _and_wider(graph: Graph, curie: str) -> tuple[int, ...]:
    """Return a concept with what it is a kind of."""
    i = graph.index(curie)
    return (i, *graph.ancestors(i))


def _harmful(case: Case, edge: Edge, own: Sequence[str]) -> list[Sentence]:
    """Return that a remedy, or the class it belongs to, must not be used in what the patient has."""
    sentences = [case.teller.state([Hop(edge=edge)])] if edge.subject in own else []
    for curie in () if sentences else own:
        for kind in case.graph.lookup(curie, "subclass_of", edge.subject)[:1]:
            sentences = case.teller.folded([Hop(edge=kind)], Hop(edge=edge))
    link = ", "
    same: tuple[str, ...] = ("as is the case here", "as in this patient")
    if case.teller.names.category(edge.object) in ("Disease", "PhenotypicFeature"):
        same = ("which is present here", "which this patient has")
        if edge.subject not in own:  # the sentence already has its "which"
            link, same = ", and ", (f"{case.teller.names.text(edge.object)} is present here",)
    return [*sentences[:-1], *(_with_patient(case, one, edge, link, same) for one in sentences[-1:])]


def _lacked(case: Case, edges: Sequence[Edge]) -> list[Sentence]:
    """Return that findings often seen in the option are absent in the patient."""
    telling = [edge for edge in edges if likely(edge.frequency) and not case.of_answer(edge.object)]
    pairs = [(edge, link) for edge in telling if (link := case.absent_link(edge.object))]
    pairs = [pair for pair in pairs if pair[0].subject == pairs[0][0].subject and pair[0].qualifiers == pairs[0][0].qualifiers][:2]
    if not pairs:
        return []
    stated = case.teller.state([Hop(edge=edge, inverted=True) for edge, _ in pairs])
    absent = {link.curie: link for _, link in pairs}
    same = all(edge.object == link.curie for edge, link in pairs)
    clause = _not_here(listed([case.teller.names.of(curie) for curie in absent], "or"), same, case)
    return [stated.followed_by(Sentence((Piece(clause),), quotes=tuple(quote(link) for link in absent.values())), ", but ")]


def _not_here(absent: Noun, same: bool, case: Case) -> str:
    """Return the clause that the patient lacks what was just named, or what that is a kind of."""
    many = absent.plural or absent.count > 1
    if not same:
        return f"this patient has no {absent.text}"
    if absent.count == 2:
        return case.teller.chooser.choose(("this patient has neither", "neither is present here"))
    return case.teller.chooser.choose(
        ("this patient has none", "they are absent here") if many else ("it is absent here", "this patient does not have it")
    )


def missing(case: Case, support: OptionSupport, own: Sequence[str], spoken: Collection[str] = ()) -> tuple[str, list[Triple]] | None:
    """Return one of the option's concepts with what is recorded for the answer, but truly not for this concept.

    It is the answer's own relations with the option in the answer's place, so that the two are told apart by what the
    question asks; where none is missing, the patient's findings are tried as findings of the option. What has been
    ``spoken`` of already is left out.
    """
    near = {path.start for path in support.paths if len(path.hops) <= 2}
    for curie in own:
        triples = [t for t in _substituted(case, curie, near) if not {t[0], t[2]} - {curie} & set(spoken)]
        triples = [t for t in triples if case.absences.telling(*t) and case.absences.holds(*t, option=curie)]
        if triples:
            return curie, [t for t in triples if (t[1], t[0] == curie) == (triples[0][1], triples[0][0] == curie)][:MAX_LACKING]
    return None


def _substituted(case: Case, curie: str, near: set[str]) -> list[Triple]:
    """Return the answer's last relations with ``curie`` in place of the answer's concept, where the predicate admits it."""
    found: dict[Triple, None] = {}
    narrowed: dict[Triple, None] = {}  # the patient is not said to have this very kind of finding, so these come second
    category = case.teller.names.category
    for path in case.gold.paths:
        last = last_relation(path)
        if last is None or path.start in near:
            continue
        edge = last.edge
        triple = (curie, edge.predicate, edge.object) if last.inverted else (edge.subject, edge.predicate, curie)
        if fits(predicate_of(edge.predicate), category(triple[0]), category(triple[2])) and triple[0] != triple[2]:
            (narrowed if _narrowed(path) else found).setdefault(triple)
    found = found or narrowed
    if not found and category(curie) == "Disease":
        for finding in case.said:
            if finding not in near and category(finding) == "PhenotypicFeature":
                found.setdefault((curie, "has_phenotype", finding))
    return list(found)


def _narrowed(path: Path) -> bool:
    """Tell whether a path's first step goes down to a special kind of the finding that the option's relation then speaks of."""
    return len(path.hops) == 2 and path.hops[0].edge.predicate == "subclass_of" and path.hops[0].inverted


def _lacking(case: Case, support: OptionSupport, curie: str, triples: Sequence[Triple]) -> list[Sentence]:
    """Return what is not recorded for the option, after what is recorded for it all the same."""
    conceded = _conceded(case, support, curie, triples)
    if not conceded:
        return [case.teller.lack(triples, curie, case.graph.hash)]
    stated = conceded.claims[0].citation
    if (stated.subject, stated.object) == (triples[0][0], triples[0][2]):  # a lesser treatment of the very same thing
        lack = case.teller.lack(triples, curie, case.graph.hash, pronoun=True, pattern="{S} [{is} not recorded as first-line treatment]")
    else:
        lack = case.teller.lack(triples, curie, case.graph.hash, pronoun=stated.predicate == triples[0][1])
    return [conceded.followed_by(lack, ", but ")]


def _conceded(case: Case, support: OptionSupport, curie: str, triples: Sequence[Triple]) -> Sentence | None:
    """Return which of the findings the draft names are recorded for the option too, or in what lesser way it serves."""
    if shared := _shared_findings(case, support, (curie,)):
        return shared
    subject, predicate, object_ = triples[0]
    lesser = [e for p in LESSER for e in case.graph.lookup(subject, p, object_) if not e.negated and tellable(e)]
    if predicate == "first_line_treatment_for" and subject == curie and lesser and len(triples) == 1:
        return case.teller.state([Hop(edge=lesser[0])])
    return None


def tellable(edge: Edge) -> bool:
    """Tell whether all that restricts an edge can be put into words."""
    return all(q.key in TOLD_QUALIFIERS for q in edge.qualifiers)


def _shared_findings(case: Case, support: OptionSupport, own: Sequence[str]) -> Sentence | None:
    """Return which of the findings the draft names are recorded for one of the option's concepts too."""
    hops = [path.hops[0] for path in support.paths if len(path.hops) == 1 and path.hops[0].target in own and path.start in case.said]
    same = [h for h in hops if alike(h) == alike(hops[0])]
    return case.teller.state(same[:MAX_CONCEDED], often=False, end=" as well") if same else None


def _undecided(case: Case, support: OptionSupport) -> Sentence:
    """Return an honest sentence where nothing recorded speaks against the option."""
    text = case.teller.names.option(support.option, support.curies)
    option_text = case.linked.question.option_text(support.option)
    cited = Citation(kind="fact", where=f"option:{support.option}", start=0, end=len(option_text))
    choose = case.teller.chooser.choose
    if not support.curies:
        words = choose(("nothing is on record here for {} or against {it}", "what is recorded here says nothing of {}, for or against"))
    elif set(support.curies) <= set(case.gold.curies):
        words = choose(("what is recorded does not tell {} apart", "{} {is} not told apart by what is recorded here"))
    elif conceded := _shared(case, support):
        words = choose(("this does not tell it apart", "that is no reason to prefer it"))
        return conceded.followed_by(Sentence((Piece(words),)), ", so " if "apart" in words else ", but ")
    elif support.score > 0:
        words = choose(("what is recorded here speaks less for {}", "less of what is recorded here speaks for {}"))
    else:
        words = choose(("what is recorded here does not settle whether {} would fit", "whether {} would fit is not settled by what is recorded here"))
    return Sentence((Piece(_number(words, text)),), quotes=(cited,))


def _number(words: str, text: str) -> str:
    """Return ``words`` about an option's text with their verb and pronoun in its number."""
    many = not text.startswith("“") and is_plural(text)
    return words.format(text, **{"is": "are" if many else "is", "it": "them" if many else "it"})


def _shared(case: Case, support: OptionSupport) -> Sentence | None:
    """Return what is recorded for the option as for the answer, or what else leads to it within two steps."""
    near = [path for path in support.paths if len(path.hops) in (1, 2) and path.start in {link.curie for link in case.linked.findings()}]
    direct = [path.hops[0] for path in near if len(path.hops) == 1]
    listed_ = [h for h in direct if alike(h) == alike(direct[0])][:MAX_CONCEDED]
    quotes = tuple(quote(link) for link in case.linked.findings() if link.curie in {h.source for h in listed_})
    if listed_:
        stated = case.teller.state(listed_, often=False, end=" as well")
        return Sentence(stated.pieces, stated.claims, quotes)
    for last in filter(None, map(last_relation, case.gold.paths)):
        for curie in support.curies:
            subject, object_ = (curie, last.edge.object) if last.inverted else (last.edge.subject, curie)
            for edge in case.graph.lookup(subject, last.edge.predicate, object_):
                if not edge.negated and tellable(edge):
                    return case.teller.state([Hop(edge=edge, inverted=last.inverted)], often=False, end=" as well")
    for path in (path for path in near if not _narrowed(path)):
        sentences = tell(units([path])[0], case.teller)
        if len(units([path])) == 1 and len(sentences) == 1:
            return Sentence(
                sentences[0].pieces, sentences[0].claims, tuple(quote(link) for link in case.linked.findings() if link.curie == path.start)
            )
    return None
