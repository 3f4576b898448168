"""Read an ontology in OWL, as RDF/XML.

The triples come from ``pyoxigraph``, which streams them and knows all of RDF/XML; whichever way a file states them, the
same terms result. It takes a file that is cut off for a complete one and gives no lines, so the bytes pass an XML parser
on their way, which finds both, and refuses entities that could grow.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from kgpaths.errors import InputError
from kgpaths.sources.delimited import chunks
from kgpaths.sources.files import where
from kgpaths.sources.ontology_obo import MATCHES
from kgpaths.sources.ontology_terms import Entry, Ontology, Relation, compact, fragment

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

RDF, RDFS, OWL = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2002/07/owl#"
OBO, OBO_IN_OWL = "http://purl.obolibrary.org/obo/", "http://www.geneontology.org/formats/oboInOwl#"

SYNONYMS = {
    f"{OBO_IN_OWL}hasExactSynonym": "exact",
    f"{OBO_IN_OWL}hasBroadSynonym": "broad",
    f"{OBO_IN_OWL}hasNarrowSynonym": "narrow",
    f"{OBO_IN_OWL}hasRelatedSynonym": "related",
}
XREF = f"{OBO_IN_OWL}hasDbXref"
# what is read of a file, by property; everything else passes by
WANTED = {
    **{f"{RDF}{name}": name for name in ("type",)},
    **{f"{RDFS}{name}": name for name in ("label", "subClassOf")},
    **{f"{OWL}{name}": name for name in ("deprecated", "equivalentClass", "versionIRI", "versionInfo", "onProperty", "someValuesFrom")},
    **{f"{OWL}{name}": name for name in ("annotatedSource", "annotatedProperty", "annotatedTarget")},
    **{f"{OBO_IN_OWL}{name}": name for name in ("hasDbXref", "hasAlternativeId", "hasOBONamespace", "consider", "source", "hasSynonymType")},
    **{iri: f"synonym:{scope}" for iri, scope in SYNONYMS.items()},
    **{f"http://www.w3.org/2004/02/skos/core#{name}": name for name in sorted(MATCHES)},
    **{f"{OBO}mondo#{name}": name for name in sorted(MATCHES)},
    f"{OBO}IAO_0000115": "definition",
    f"{OBO}IAO_0100001": "replaced_by",
    "http://purl.org/dc/terms/license": "license",
    "http://purl.org/dc/elements/1.1/license": "license",
}
ENTITY = 512  # characters an entity of a DTD may stand for: a namespace, as Protégé abbreviates them

Facts = dict[str, list[tuple[str, Any]]]  # subject -> what is said of it: name in WANTED, node or literal


class Checked(io.RawIOBase):
    """A file's bytes, unpacked, each seen by an XML parser before it is handed on."""

    def __init__(self, path: Path) -> None:
        self.path, self.rest, self.chunks = path, b"", chunks(path)
        self.parser = expat.ParserCreate()
        self.parser.EntityDeclHandler = self.entity
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer. Raises InputError for what is not well-formed."""
        while not self.rest and not self.ended:
            piece = next(self.chunks, b"")
            self.ended = not piece
            try:
                self.parser.Parse(piece, self.ended)
            except expat.ExpatError as error:
                raise InputError(f"is not well-formed XML: {expat.ErrorString(error.code)}", where=where(self.path, error.lineno)) from None
            self.rest = piece
        room = memoryview(buffer)
        count = min(len(room), len(self.rest))
        room[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count

    def entity(self, name: str, parameter: bool, value: str | None, base: str | None, system: str, public: str | None, notation: str | None) -> None:
        """Refuse an entity that is more than an abbreviation: one from elsewhere, of others, or long."""
        if parameter or value is None or len(value) > ENTITY or any(c in value for c in "&%<"):
            raise InputError(
                f"declares the entity {name!r}, which is no mere abbreviation of a namespace",
                where=where(self.path, self.parser.CurrentLineNumber),
                mend="write the file anew without a DTD, as ROBOT or the OWL API does",
            )


@dataclass
class Axioms:
    """Notes on statements: (term, property, value) -> the sources that qualify a cross-reference, the type of a synonym."""

    sources: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    types: dict[tuple[str, str, str], str] = field(default_factory=dict)


def read_owl(path: Path, language: str = "en") -> Ontology:
    """Return what an OWL file says in ``language`` or in none.

    Raises InputError where it is no RDF/XML, has no class, or names nothing in the language.
    """
    facts = read_facts(path)
    found, notes = Ontology(), axioms(facts)
    classes = [iri for iri, said in facts.items() if not iri.startswith("_:") and has_type(said, "Class")]
    for iri, said in facts.items():
        if has_type(said, "Ontology"):
            found.id = found.id or iri
            found.version = found.version or next((o.value for kind in ("versionIRI", "versionInfo") for k, o in said if k == kind), "")
            found.licence = found.licence or next((o.value for k, o in said if k == "license"), "")
        elif has_type(said, "ObjectProperty") or has_type(said, "AnnotationProperty"):
            label = spoken([o for k, o in said if k == "label"], language)
            found.relations[iri] = Relation(label[0] if label else fragment(iri), compact(iri) or "")
            found.synonym_types[iri] = label[0] if label else ""
    check_language(path, language, [o for iri in classes for k, o in facts[iri] if k == "label"])
    for iri in classes:
        if iri != f"{OWL}Thing" and (entry := found.entry(iri)):
            fill(entry, iri, facts, notes, found, language)
    if not found.entries:
        raise InputError("holds no owl:Class", where=str(path), mend="is it an ontology in RDF/XML?")
    return found


def check_language(path: Path, language: str, labels: list[Any]) -> None:
    """Raise InputError where no label is in the language. English, which nobody need ask for, may be in texts that say no language."""
    tags = {(getattr(label, "language", None) or "").split("-")[0] for label in labels}
    if language not in tags and not (language == "en" and (not tags or "" in tags)):
        there = ", ".join(sorted(tags - {""})) or "none that is stated"
        raise InputError(f"has no label in the language {language!r}", where=str(path), mend=f"its labels are in: {there}")


def read_facts(path: Path) -> Facts:
    """Return what is wanted of a file's triples, by subject in file order."""
    from pyoxigraph import BlankNode, RdfFormat, parse

    facts: Facts = {}
    try:
        for triple in parse(io.BufferedReader(Checked(path), 1 << 16), format=RdfFormat.RDF_XML, base_iri="urn:kgpaths:file", lenient=True):
            kind = WANTED.get(triple.predicate.value)
            if kind is not None:
                subject = triple.subject
                key = f"_:{subject.value}" if isinstance(subject, BlankNode) else subject.value
                facts.setdefault(key, []).append((kind, triple.object))
    except (SyntaxError, ValueError) as error:
        raise InputError(f"is no RDF/XML: {error.args[0]}", where=str(path), mend="kgpaths reads OWL as RDF/XML in UTF-8") from None
    return facts


def has_type(said: list[tuple[str, Any]], name: str) -> bool:
    """Tell whether a subject is of a class of OWL's."""
    return any(kind == "type" and node.value == OWL + name for kind, node in said)


def axioms(facts: Facts) -> Axioms:
    """Return the notes on cross-references and synonyms, and take them out of the facts."""
    notes = Axioms()
    for key in [key for key, said in facts.items() if key.startswith("_:") and has_type(said, "Axiom")]:
        said = facts.pop(key)
        whole = {kind: node.value for kind, node in said}
        try:
            of = (whole["annotatedSource"], whole["annotatedProperty"], whole["annotatedTarget"])
        except KeyError:  # an axiom on something that is not read
            continue
        if of[1] == XREF:
            notes.sources.setdefault(of, []).extend(node.value for kind, node in said if kind == "source")
        elif of[1] in SYNONYMS and "hasSynonymType" in whole:
            notes.types[of] = whole["hasSynonymType"]
    return notes


def spoken(literals: list[Any], language: str) -> list[str]:
    """Return the texts in the language, then those in none; others are left aside."""
    tagged = [(getattr(text, "language", None) or "", text.value) for text in literals]
    return [value for tag, value in tagged if tag.split("-")[0] == language] + [value for tag, value in tagged if not tag]


def fill(entry: Entry, iri: str, facts: Facts, notes: Axioms, found: Ontology, language: str) -> None:
    """Add what is said of a class to its entry."""
    said = facts[iri]
    for kind, texts in grouped(said).items():
        heard = spoken(texts, language)
        found.left_out["other_language"] += len(texts) - len(heard)
        if kind == "label":
            entry.name, *others = heard or [""]
            entry.synonyms += [(other, "exact", "") for other in others]
        elif kind == "definition":
            entry.definition = heard[0] if heard else ""
        else:
            scope = kind.partition(":")[2]
            of = next(name for name, known in SYNONYMS.items() if known == scope)
            entry.synonyms += [(text, scope, notes.types.get((iri, of, text), "")) for text in heard]
    for kind, node in said:
        if kind == "hasDbXref":
            entry.xrefs.append((node.value, tuple(notes.sources.get((iri, XREF, node.value), ()))))
        elif kind in MATCHES:
            entry.matches.append((kind, node.value))
        elif kind == "deprecated":
            entry.obsolete = node.value in ("true", "1")
        elif kind == "hasOBONamespace":
            entry.namespace = node.value
        elif kind in ("hasAlternativeId", "replaced_by", "consider"):
            ids = {"hasAlternativeId": entry.alt_ids, "replaced_by": entry.replaced_by, "consider": entry.consider}[kind]
            ids.append(compact(node.value) or node.value)
        elif kind == "equivalentClass":
            if is_named(node):
                entry.matches.append(("exactMatch", node.value))
            else:
                entry.defined = True
        elif kind == "subClassOf":
            add_parent(entry, node, facts, found)


def grouped(said: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Return the texts of a term by what they are."""
    texts: dict[str, list[Any]] = {}
    for kind, node in said:
        if kind in ("label", "definition") or kind.startswith("synonym:"):
            texts.setdefault(kind, []).append(node)
    return texts


def is_named(node: Any) -> bool:
    """Tell whether a node has an IRI or is a literal, rather than being blank."""
    from pyoxigraph import BlankNode

    return not isinstance(node, BlankNode)


def add_parent(entry: Entry, node: Any, facts: Facts, found: Ontology) -> None:
    """Add a superclass: a named one is a parent, "some" of a named one a relation; what says more is counted."""
    if is_named(node):
        if node.value != f"{OWL}Thing":
            entry.parents.append(node.value)
        return
    said = facts.get(f"_:{node.value}", [])
    relation = [o for k, o in said if k == "onProperty" and is_named(o)]
    target = [o for k, o in said if k == "someValuesFrom" and is_named(o)]
    if relation and target:
        entry.relations.append((relation[0].value, target[0].value))
    else:
        found.left_out["partial_relation"] += 1
