"""Read an ontology in OBO text."""

from __future__ import annotations

import re
from pathlib import Path

from kgpaths.errors import InputError
from kgpaths.sources.delimited import chunks
from kgpaths.sources.files import where
from kgpaths.sources.obo import Document, Term, check_end, parse, qualifiers, quoted, unescape
from kgpaths.sources.ontology_terms import Entry, Ontology, Relation, compact

MATCHES = frozenset({"exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"})
"""SKOS's mapping properties, which files write as ``skos:exactMatch``, ``exactMatch`` or ``mondo:exactMatch``."""

PARTIAL = frozenset({"gci_relation", "gci_filler", "cardinality", "minCardinality", "maxCardinality", "all_only"})
"""Qualifiers of a relation that holds for some only, never, or for nothing else: more than a plain edge can say."""

_VALUE = re.compile(r'^(\S+)\s+(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_LICENCE = re.compile(r"https?://creativecommons\.org/[\w./-]*\w")
_DAY = re.compile(r"^(\d\d):(\d\d):(\d{4})\b")


def read_text(path: Path) -> str:
    """Return a file's text. Raises InputError where it is not UTF-8, damaged, or packed beyond all proportion."""
    content = b"".join(chunks(path)).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", where=where(path, content.count(b"\n", 0, error.start) + 1), mend="save it as UTF-8") from None


def read_obo(path: Path) -> Ontology:
    """Return what an OBO file says. Raises InputError where it holds no term."""
    text = read_text(path)
    check_end(path, text)
    document = parse(text)
    if not document.terms:
        raise InputError("holds no [Term] stanza", where=str(path), mend="is it OBO text and complete?")
    found = Ontology()
    about(found, document)
    found.rejected += [(line, "malformed_line", text) for line, text in document.stray]
    for typedef in document.typedefs:
        known = [curie for written in (typedef.id, *typedef.ids("xref")) if ":" in written and (curie := compact(written))]
        found.relations[typedef.id] = Relation(typedef.first("name") or typedef.id, known[0] if known else "")
    for stated in document.header.get("synonymtypedef", ()):
        name, _, text = stated.partition(" ")
        found.synonym_types[name] = quoted(text) or name
    for term in document.terms:
        entry = found.entry(term.id, term.line)
        if entry:
            fill(entry, term, found)
    return found


def about(found: Ontology, document: Document) -> None:
    """Note id, version and licence as the header states them; without a version, the file's date."""
    header = {tag: values[0].strip() for tag, values in document.header.items()}
    day = _DAY.match(header.get("date", ""))
    found.id = header.get("ontology", "")
    found.version = header.get("data-version", "") or ("-".join(reversed(day.groups())) if day else "")
    for stated in document.header.get("property_value", ()):
        said = _VALUE.match(stated)
        if said and last(said.group(1)) == "license":
            found.licence = unescape(said.group(2) or said.group(3))
    for remark in document.header.get("remark", ()):  # where files before 2016 have it
        if not found.licence and (address := _LICENCE.search(remark)):
            found.licence = address.group()


def last(name: str) -> str:
    """Return the last part of a property's name, ``skos:exactMatch`` or an IRI."""
    return re.split(r"[:#/]", name)[-1]


def fill(entry: Entry, term: Term, found: Ontology) -> None:
    """Add what a stanza says to its entry."""
    entry.name = entry.name or term.first("name")
    entry.definition = entry.definition or term.definition
    entry.namespace = entry.namespace or term.first("namespace")
    entry.obsolete = entry.obsolete or term.obsolete
    entry.defined = entry.defined or "intersection_of" in term.tags or "union_of" in term.tags
    for tag, ids in (("replaced_by", entry.replaced_by), ("consider", entry.consider), ("alt_id", entry.alt_ids)):
        ids += [compact(written) or written for written in term.ids(tag)]
    entry.parents += [unescape(written) for written in term.ids("is_a")]
    entry.synonyms += synonyms(term)
    entry.matches += [("exactMatch", unescape(written)) for written in term.ids("equivalent_to")]
    for value in term.tags.get("xref", ()):
        sources = tuple(text for key, text in qualifiers(value) if key == "source")
        entry.xrefs.append((unescape(value.split(" ", 1)[0]), sources))
    for value in term.tags.get("property_value", ()):
        stated = _VALUE.match(value)
        if stated and (name := last(stated.group(1))) in MATCHES:
            entry.matches.append((name, unescape(stated.group(2) or stated.group(3))))
    for value in term.tags.get("relationship", ()):
        relation, _, rest = value.partition(" ")
        target = rest.strip().split(" ", 1)[0]
        if any(key in PARTIAL for key, _ in qualifiers(value)):
            found.left_out["partial_relation"] += 1
        elif target:
            entry.relations.append((relation, unescape(target)))
        else:
            found.rejected.append((term.line, "bad_relation", f"{entry.id} relationship {value}: names no term"))


def synonyms(term: Term) -> list[tuple[str, str, str]]:
    """Return the synonyms; where no type stands after the scope, the one that DO gives as a qualifier."""
    given = [dict(qualifiers(value)).get("synonymtypedef", "") for value in term.tags.get("synonym", ()) if quoted(value) is not None]
    return [(text, scope, kind or extra) for (text, scope, kind), extra in zip(term.synonyms(), given, strict=True)]
