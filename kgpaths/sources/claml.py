"""Read a classification in ClaML 2 or 3, as WHO publishes ICD-10 and BfArM ICD-10-GM: classes, terms, hierarchy, references.

Titles are the long ones where there are two, as C05.0 is "Malignant neoplasm: Hard palate" and not "Hard palate". What a
class excludes keeps a predicate of its own: WHO's exclusions say that a condition is classified elsewhere, not whether
both may be coded (ICD-10-CM's excludes1 and excludes2). "Use additional code" means what it means in ICD-10-CM. A dagger
code has its asterisk code, in this direction wherever it is stated.

Modifiers give codes their characters. One that begins with "." is a fourth character: E10 and ".0" make E10.0. A bare one
is a fifth, made where a class or the code made of it states it and its fourth place is filled: J44.0 and "1". Elsewhere WHO
offers it "in a supplementary character position", which is no code; ``left_out`` counts these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.claml_xml import Class, Document, ModifiedBy, Reference, Rubric, read_document
from kgpaths.sources.curies import normalise
from kgpaths.sources.icd10cm import CATEGORY, Entry
from kgpaths.sources.icd_notes import Listing
from kgpaths.sources.tables import SourceInfo, SourceTables

URL = "https://icd.who.int/browse10/"
LICENCE = "copyright World Health Organization; use under the licence it was downloaded with"
USAGES = {"aster": "asterisk"}  # ClaML's name -> ours
TERMS = ("preferred", "preferredLong", "definition", "inclusion")  # names; they say nothing of other codes unless they refer to them
RULES = ("exclusion", "coding-hint")
ASTERISK = "has_asterisk_code"
MADE, MODIFIERS, WIDE = 250_000, 8, 100
"""Codes that modifiers may make, modifiers a class inherits, codes a reference names: more is an accident or an attack."""

_CODED = re.compile(r"[A-Z]\d\d(\.[\d-]|-[A-Z]\d\d)")  # "lesion specified before N00.-": no name
_CODE = re.compile(r"\b[A-Z]\d\d\b")
_LISTED = re.compile(r"\([A-Z]\d\d[^()]*\)")  # codes in parentheses that are not marked up as references
_SUFFIX = re.compile(r"(?<![\w.])(\.\d)(?![\w.])")  # "F10-F19 with common fourth character .7"
_USE = re.compile(r"(?i)use\s+additional\b")


@dataclass
class Node:
    """A class in its place, or a code made of one and a modifier's characters."""

    code: str
    title: str
    kind: str  # chapter, block, category, subcategory, or extended (fifth character of a modifier)
    above: tuple[str, ...]
    usage: str
    rubrics: Sequence[Rubric]
    linkable: bool
    made: bool = False


@dataclass
class Reading:
    """What a file gives: nodes by code, parents before children, what cannot be used, and what was put aside."""

    nodes: dict[str, Node] = field(default_factory=dict)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_claml(path: Path, *, prefix: str = "ICD10", language: str = "", release: str = "", limit: int | None = None) -> SourceTables:
    """Read a ClaML file, plain, ``.gz`` or in a ``.zip``, its codes under ``prefix``.

    ``language`` picks among labels, by default the language the file says it is in. Raises InputError for what is no ClaML,
    for a document that declares entities, and where no title is in the language.
    """
    if not re.fullmatch(r"[\w.-]+", prefix):
        raise InputError(f"is no prefix of a CURIE: {prefix!r}", where=str(path), mend="for example ICD10 or ICD10GM")
    prefix = (normalise(f"{prefix}:0") or prefix).removesuffix(":0")
    document = read_document(path, language, limit)
    if language and not any(name.lower().split("-")[0] == language.lower().split("-")[0] for name in document.languages):
        found = ", ".join(sorted(name for name in document.languages if name)) or "none stated"
        raise InputError(f"has no label in language {language!r}", where=str(path), mend=f"its labels are in: {found}")
    reading = Reading()
    arrange(document, reading, complete=limit is None)
    licence = f"{LICENCE}; {document.copyright}" if document.copyright else LICENCE
    info = SourceInfo(document.name or "ICD-10", release or document.release, licence, URL, {path.name: tables.sha256(path)})
    rows = list(statements(reading, prefix))
    aliases = alias_frame(reading, prefix)
    reading.left_out["label_in_another_language"] = document.unread
    return SourceTables(
        info,
        nodes=node_frame(reading, prefix),
        edges=edge_frame(rows, prefix),
        aliases=aliases,
        xrefs=tables.empty(tables.XREFS),
        rejected=pl.DataFrame([(path.name, None, *r) for r in reading.rejected], schema=tables.REJECTED, orient="row"),
        left_out={reason: count for reason, count in sorted(reading.left_out.items()) if count},
    )


def arrange(document: Document, reading: Reading, *, complete: bool) -> None:
    """Put the classes in their order, parents first, and make the codes that modifiers ask for.

    Raises InputError for classes that are above themselves.
    """
    classes = unique(document, reading)
    parents = above(classes, reading, complete)
    children: dict[str, list[str]] = {}
    for code, supers in parents.items():
        children.setdefault(supers[0] if supers else "", []).append(code)
    stack: list[tuple[str, tuple[ModifiedBy, ...]]] = [(code, ()) for code in reversed(children.get("", []))]
    while stack:
        code, inherited = stack.pop()
        found, below = classes[code], sorted(children.get(code, []), reverse=True)
        kind = ("subcategory" if "." in code else "category") if found.kind == "category" else found.kind
        title = found.first("preferredLong") or found.first("preferred")
        reading.left_out["class_without_title"] += not title  # named by its code, as others stand below it
        reading.nodes[code] = node = Node(code, title or code, kind, parents[code], found.usage, found.rubrics, linkable=bool(title))
        own = found.modified
        passed = [m for m in inherited if m.modifier not in found.excluded]
        for made in modified(node, own, passed, document, reading, leaf=not below):
            if made.code not in classes:
                reading.nodes.setdefault(made.code, made)
        if len(reading.nodes) > len(classes) + MADE:
            raise InputError(f"modifiers make more than {MADE:,} codes", where="ClaML", mend="a modifier has ten characters or so")
        stack += [(child, (*own, *passed)[:MODIFIERS]) for child in below]
    if circular := [code for code in classes if code not in reading.nodes]:
        raise InputError(f"class {circular[0]} is above itself", where="ClaML", mend="SuperClass must not lead round in a circle")


def unique(document: Document, reading: Reading) -> dict[str, Class]:
    """Return the classes by code; of two with one code the first holds."""
    classes: dict[str, Class] = {}
    for found in document.classes:
        if found.code in classes:
            reading.rejected.append(("duplicate_class", f"{found.kind} {found.code}"))
        else:
            classes[found.code] = found
    return classes


def above(classes: dict[str, Class], reading: Reading, complete: bool) -> dict[str, tuple[str, ...]]:
    """Return the classes above each: its SuperClass, else the class that lists it as SubClass."""
    listed: dict[str, list[str]] = {}
    for found in classes.values():
        for code in found.below:
            listed.setdefault(code, []).append(found.code)
            if code not in classes and complete:
                reading.rejected.append(("unknown_subclass", f"{found.code} lists {code}"))
    parents: dict[str, tuple[str, ...]] = {}
    for found in classes.values():
        stated = list(dict.fromkeys(found.above or listed.get(found.code, [])))
        parents[found.code] = tuple(code for code in stated if code in classes)
        reading.rejected += [("unknown_superclass", f"{found.code} is below {code}") for code in stated if code not in classes]
    return parents


def modified(
    base: Node, own: Sequence[ModifiedBy], inherited: Sequence[ModifiedBy], document: Document, reading: Reading, *, leaf: bool
) -> Iterator[Node]:
    """Yield the codes made of a class and its modifiers' characters: fourth ones of its own or above, fifth ones of its own."""
    fourth: list[tuple[str, list[Class]]] = []
    fifth: list[tuple[str, list[Class]]] = []
    for use in own:
        found = characters(use, document)
        if not found:
            reading.rejected.append(("unknown_modifier", f"{base.code} is modified by {use.modifier}, which has no such characters"))
        else:
            (fourth if found[0].code.startswith(".") else fifth).append((use.modifier, found))
    fourth += [(use.modifier, found) for use in inherited if (found := characters(use, document)) and found[0].code.startswith(".")]
    placed = False
    if base.kind == "category":
        for modifier, found in fourth[:1]:
            placed = bool(fifth)
            for character in found:
                yield (node := made_of(base, character, "subcategory"))
                then = [c for _, later in fifth[:1] for c in later if f"{modifier} {character.code}" not in c.not_after]
                yield from (made_of(node, c, "extended") for c in then)
    elif leaf and len(base.code.partition(".")[2]) == 1:
        placed = bool(fifth)
        yield from (made_of(base, c, "extended") for _, found in fifth[:1] for c in found)
    reading.left_out["supplementary_character"] += len(fifth) - placed


def characters(use: ModifiedBy, document: Document) -> list[Class]:
    """Return the characters of a modifier that a class admits."""
    found = document.characters.get(use.modifier, [])
    return found if use.valid is None else [c for c in found if c.code in use.valid]


def made_of(base: Node, character: Class, kind: str) -> Node:
    """Return a class with a further character."""
    title = f"{base.title}: {character.first('preferred') or character.code}"
    return Node(base.code + character.code, title, kind, (base.code,), character.usage, character.rubrics, linkable=kind != "extended", made=True)


def statements(reading: Reading, prefix: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield subject, predicate, object, kind of rubric and its text, codes without prefix."""
    listing = Listing(Entry(n.code, n.title, n.kind, n.above[0] if n.above else "") for n in reading.nodes.values())
    for node in reading.nodes.values():
        yield from ((node.code, "subclass_of", code, "", "") for code in node.above)
        for rubric in node.rubrics:
            rule = rubric.kind in RULES
            references: Sequence[Reference] = rubric.references
            if rule and not references:
                references = [Reference(text, "", "", False) for text in _LISTED.findall(rubric.text)]
            if not references and rule:
                reading.rejected.append(("names_no_code", f"{node.code} {rubric.kind}: {rubric.text}"))
            elif not references and rubric.kind not in TERMS:
                reading.left_out[f"{rubric.kind or 'unnamed'}_rubric"] += 1
            for reference in references:
                named = codes_of(reference, listing)
                others = [code for code in named if code != node.code]
                if not 0 < len(others) <= WIDE:
                    unknown = "unknown_code" if _CODE.search(reference.text) else "names_no_code"
                    reason = "names_too_many_codes" if others else "names_itself" if named else unknown
                    reading.rejected.append((reason, f"{node.code} {rubric.kind}: {rubric.text}"))
                    continue
                predicate = predicate_of(rubric, reference, prefix)
                for code in others:
                    ends = (code, node.code) if reference.usage == "dagger" and predicate.endswith(ASTERISK) else (node.code, code)
                    yield ends[0], predicate, ends[1], rubric.kind, rubric.text


def predicate_of(rubric: Rubric, reference: Reference, prefix: str) -> str:
    """Return what a reference says of its class."""
    if rubric.kind == "exclusion":
        return f"{prefix}:excludes"
    if _USE.match(rubric.text):
        return "icd_use_additional"
    return f"{prefix}:{ASTERISK if reference.usage in ('aster', 'dagger') else 'refers_to'}"


def codes_of(reference: Reference, listing: Listing) -> list[str]:
    """Return the codes a reference names: as printed, ranges resolved, else the one it is filed under."""
    codes = listing.named(reference.text)
    several = [code for code in codes if "-" not in code or code in listing.children]
    exact = listing.with_suffix(several, _SUFFIX.findall(reference.text))
    return exact or codes or [reference.code] * (reference.code in listing.span)


def node_frame(reading: Reading, prefix: str) -> pl.DataFrame:
    """Return the nodes. A block of one category is not linkable: it bears the category's own title."""
    rows = []
    for n in reading.nodes.values():
        first, dash, last = n.code.partition("-")
        types = [n.kind, *([USAGES.get(n.usage, n.usage)] if n.usage else []), *(["modified"] if n.made else [])]
        definition = "" if n.made else next((r.text for r in n.rubrics if r.kind == "definition"), "")
        rows.append((f"{prefix}:{n.code}", CATEGORY, n.title, definition, types, n.linkable and not (dash and first == last)))
    return pl.DataFrame(rows, schema=tables.NODES, orient="row")


def alias_frame(reading: Reading, prefix: str) -> pl.DataFrame:
    """Return titles as labels and inclusion terms of categories as narrow synonyms.

    What a block or a modifier includes is a table of contents, "sarcoidosis" for a whole block; what points to other codes
    is no name. A title that needs the one above it to be understood is only related: "Hard palate" is no neoplasm.
    """
    rows = []
    for n in reading.nodes.values():
        curie = f"{prefix}:{n.code}"
        rows.append((curie, n.title, "label", ""))
        for rubric in n.rubrics:
            if rubric.kind == "preferred" and not n.made and rubric.name not in ("", n.title):
                rows.append((curie, rubric.name, "related", "short_title"))
            elif rubric.kind == "inclusion":
                aside = "of_a_modifier" if n.made else "of_a_group" if n.kind not in ("category", "subcategory") else ""
                aside = aside or ("is_no_name" if not rubric.name or _CODED.search(rubric.name) else "")
                if aside:
                    reading.left_out[f"inclusion_{aside}"] += 1
                else:
                    rows.append((curie, rubric.name, "narrow", "inclusion_term"))
    return pl.DataFrame(rows, schema=tables.ALIASES, orient="row").unique(maintain_order=True)


def edge_frame(rows: list[tuple[str, str, str, str, str]], prefix: str) -> pl.DataFrame:
    """Return the statements as edges, each with the rubric it rests on."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("subject", "predicate", "object", "code", "note"), pl.String), orient="row")
    subject, object = (pl.concat_str(pl.lit(f"{prefix}:"), end).alias(end) for end in ("subject", "object"))
    return frame.unique(maintain_order=True).select(subject, "predicate", object, evidence=pl.struct("code", "note"))
