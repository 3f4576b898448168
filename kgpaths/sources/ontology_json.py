"""Read an ontology in OBO Graphs JSON, as ROBOT writes it and the OBO Foundry publishes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgpaths.errors import InputError
from kgpaths.sources.files import where
from kgpaths.sources.ontology_obo import MATCHES, read_text
from kgpaths.sources.ontology_terms import Entry, Ontology, Relation, compact, fragment

SCOPES = {"hasExactSynonym": "exact", "hasBroadSynonym": "broad", "hasNarrowSynonym": "narrow", "hasRelatedSynonym": "related"}
IS_A = ("is_a", "subClassOf", "rdfs:subClassOf", "http://www.w3.org/2000/01/rdf-schema#subClassOf")


def read_json(path: Path) -> Ontology:
    """Return what an OBO Graphs document says. Raises InputError where it is none."""
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}", where=where(path, error.lineno), mend="is it complete?") from None
    except RecursionError:
        raise InputError("is nested too deeply to be OBO Graphs JSON", where=str(path)) from None
    try:
        found = Ontology()
        for graph in listed(document, "graphs"):
            add_graph(found, graph)
    except (TypeError, UnicodeEncodeError) as error:
        raise InputError(f"is not OBO Graphs JSON: {error}", where=str(path), mend="a document has graphs, a graph nodes and edges") from None
    if not found.entries:
        raise InputError("holds no node of type CLASS", where=str(path), mend="is it OBO Graphs JSON?")
    return found


def listed(given: Any, key: str) -> list[Any]:
    """Return a list within a JSON object, empty where it is absent. Raises TypeError for anything else."""
    if not isinstance(given, dict):
        raise TypeError(f"{key!r} is sought in {str(given)[:60]!r}, which is no object")
    value = given.get(key)
    if value is not None and not isinstance(value, list):
        raise TypeError(f"{key!r} is no list: {str(value)[:60]!r}")
    return value or []


def stated(given: Any, key: str) -> str:
    """Return a text within a JSON object, empty where it is absent. Raises TypeError for anything else, UnicodeEncodeError for half a character."""
    if not isinstance(given, dict):
        raise TypeError(f"{key!r} is sought in {str(given)[:60]!r}, which is no object")
    value = given.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{key!r} is no text: {str(value)[:60]!r}")
    value.encode()
    return value


def inner(given: Any, key: str) -> dict[str, Any]:
    """Return an object within a JSON object, empty where it is absent. Raises TypeError for anything else."""
    if not isinstance(given, dict):
        raise TypeError(f"{key!r} is sought in {str(given)[:60]!r}, which is no object")
    value = given.get(key)
    if value is not None and not isinstance(value, dict):
        raise TypeError(f"{key!r} is no object: {str(value)[:60]!r}")
    return value or {}


def properties(meta: Any) -> Iterator[tuple[str, str]]:
    """Yield the annotations of a node or graph: last part of the property, value."""
    for given in listed(meta, "basicPropertyValues"):
        yield fragment(stated(given, "pred")), stated(given, "val")


def add_graph(found: Ontology, graph: Any) -> None:
    """Add a graph: its properties first, as nodes and edges name them."""
    meta = inner(graph, "meta")
    found.id = found.id or stated(graph, "id")
    said = dict(properties(meta))
    found.version = found.version or stated(meta, "version") or said.get("versionInfo", "")
    found.licence = found.licence or said.get("license", "")
    nodes = listed(graph, "nodes")
    for node in nodes:
        if stated(node, "type") == "PROPERTY":
            iri, label = stated(node, "id"), stated(node, "lbl")
            found.relations[iri] = Relation(label or fragment(iri), compact(iri) or "")
            found.synonym_types[iri] = label
    for node in nodes:
        if stated(node, "type") == "CLASS" and (entry := found.entry(stated(node, "id"))):
            add_node(entry, node)
    for edge in listed(graph, "edges"):
        add_edge(found, edge)
    for defined in listed(graph, "logicalDefinitionAxioms"):
        if (curie := compact(stated(defined, "definedClassId"))) in found.entries:
            found.entries[str(curie)].defined = True
    for same in listed(graph, "equivalentNodesSets"):
        ids = sorted(str(node) for node in listed(same, "nodeIds"))
        for place, one in enumerate(ids):
            if entry := found.entries.get(compact(one) or ""):  # of two terms of this file the first states it
                entry.matches += [("exactMatch", other) for at, other in enumerate(ids) if at > place or compact(other) not in found.entries]


def add_node(entry: Entry, node: Any) -> None:
    """Add what a node says to its entry."""
    meta = inner(node, "meta")
    entry.name = entry.name or stated(node, "lbl")
    entry.definition = entry.definition or stated(inner(meta, "definition"), "val")
    entry.obsolete = entry.obsolete or meta.get("deprecated") is True
    for given in listed(meta, "synonyms"):
        entry.synonyms.append((stated(given, "val"), SCOPES.get(fragment(stated(given, "pred")), "related"), stated(given, "synonymType")))
    for given in listed(meta, "xrefs"):
        sources = tuple(value for name, value in properties(inner(given, "meta")) if name == "source")
        entry.xrefs.append((stated(given, "val"), sources))
    for name, value in properties(meta):
        if name in MATCHES:
            entry.matches.append((name, value))
        elif name == "hasOBONamespace":
            entry.namespace = value
        elif name in ("hasAlternativeId", "IAO_0100001", "consider"):
            ids = {"hasAlternativeId": entry.alt_ids, "IAO_0100001": entry.replaced_by, "consider": entry.consider}[name]
            ids.append(compact(value) or value)


def add_edge(found: Ontology, edge: Any) -> None:
    """Add an edge to the entry of its subject; edges between properties and of what is no class are none of a term's."""
    subject = found.entries.get(compact(stated(edge, "sub")) or "")
    if subject is None:
        return
    if stated(edge, "pred") in IS_A:
        subject.parents.append(stated(edge, "obj"))
    else:
        subject.relations.append((stated(edge, "pred"), stated(edge, "obj")))
