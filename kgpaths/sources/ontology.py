"""Read an ontology: OBO text, OWL as RDF/XML, or OBO Graphs JSON, plain or ``.gz``. What it imports is not fetched.

Each format has its reader; the terms they give become tables here, the same ones whichever format stated them. Of terms of
other prefixes the file has a sketch, which their own source tells better: one that an edge of the ontology's own terms leads
to is a node with its name, if what kind of thing it is can be told; the others are counted.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.curies import spellings
from kgpaths.sources.delimited import chunks
from kgpaths.sources.hpo import branches
from kgpaths.sources.ontology_meaning import (
    BRANCHES,
    KINDS,
    MATCHES,
    NAMESPACES,
    OBJECTS,
    QUALIFIED,
    RELATIONS,
    SEE_PUBLISHER,
    is_concept,
    short_licence,
    stated_release,
)
from kgpaths.sources.ontology_terms import Entry, Ontology, Relation, compact, fragment, slug
from kgpaths.sources.tables import SourceInfo, SourceTables
from kgpaths.vocabulary import CATEGORIES, stored_as

ENGLISH = "en"
QUALIFIER = "object_direction_qualifier"
_BY_NAME = {name: curie for curie, (name, _, _) in RELATIONS.items()}


def read_ontology(
    path: Path,
    *,
    name: str = "",
    prefixes: Sequence[str] = (),
    category: str = "",
    relations: bool = True,
    language: str = ENGLISH,
    release: str = "",
    limit: int | None = None,
) -> SourceTables:
    """Read the terms of an ontology, their names, cross-references, hierarchy and relations.

    ``prefixes`` are those whose terms become nodes, by default the ontology's own. ``category`` is that of terms whose
    ontology is not known to us. ``relations`` False keeps the hierarchy alone. ``language`` is of the texts of OWL, which
    has some in several; a term without a name in it is rejected. ``limit`` keeps the first terms only; the
    file is read whole, as a term's place may stand anywhere in it. Raises InputError for a file that is none of the formats.
    """
    with uncollected():
        found = parse(path, language)
        own = own_prefixes(path, found, prefixes)
        check_category(path, own, category)
        kind = KINDS.get(own[0])
        info = SourceInfo(
            name or (kind.name if kind else own[0]),
            release or stated_release(found.version),
            short_licence(found.licence) or (kind.licence if kind else SEE_PUBLISHER),
            kind.url if kind else found.id if "://" in found.id else "",
            {path.name: tables.sha256(path)},
        )
        return Tables(path.name, found, own, category, relations).made(info, limit)


@contextmanager
def uncollected() -> Iterator[None]:
    """Do without the garbage collector, which goes through millions of terms again and again and finds nothing."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def parse(path: Path, language: str) -> Ontology:
    """Return what a file says, by the format its first characters show."""
    from kgpaths.sources.ontology_json import read_json
    from kgpaths.sources.ontology_obo import read_obo
    from kgpaths.sources.ontology_owl import read_owl

    head = next(chunks(path), b"").removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    if head.startswith(b"{"):
        one_language(path, language)
        return read_json(path)
    if head.startswith(b"<"):
        return read_owl(path, language)
    if b"[Term]" in head or head.startswith((b"format-version:", b"!", b"[")) or b"\nontology:" in head:
        one_language(path, language)
        return read_obo(path)
    raise InputError(
        "is none of OBO text, OWL in RDF/XML, OBO Graphs JSON", where=str(path), mend="other syntaxes of OWL: robot convert -i FILE -o FILE.owl"
    )


def one_language(path: Path, language: str) -> None:
    """Raise InputError where a language is asked for of a file that does not tell languages apart."""
    if language != ENGLISH:
        raise InputError(f"does not say which language a text is in: {language!r} cannot be chosen", where=str(path), mend="give the ontology as OWL")


def own_prefixes(path: Path, found: Ontology, given: Sequence[str]) -> tuple[str, ...]:
    """Return the prefixes whose terms are nodes: those given, else the ontology's own, else that of most terms.

    Raises InputError for one that no term has.
    """
    count = Counter(curie.split(":", 1)[0] for curie in found.entries)
    if given:
        own = tuple(dict.fromkeys(spellings().get(prefix.lower(), prefix) for prefix in given))
        if absent := [prefix for prefix in own if prefix not in count]:
            there = ", ".join(prefix for prefix, _ in count.most_common(10))
            raise InputError(f"has no term of {', '.join(absent)}", where=str(path), mend=f"it has terms of {there}")
        return own
    named = [part.split(".")[0].lower() for part in found.id.removeprefix("http://purl.obolibrary.org/obo/").split("/")]
    same = (named[0], spellings().get(named[0], "").lower())
    return (min(count, key=lambda prefix: (prefix.lower() not in same, -count[prefix], prefix)),)


def check_category(path: Path, own: Sequence[str], category: str) -> None:
    """Raise InputError where a category is needed and absent, or is none."""
    if category and category not in CATEGORIES:
        raise InputError(f"{category!r} is no category of Biolink", where=str(path), mend="as Disease, PhenotypicFeature, Drug")
    unknown = [prefix for prefix in own if prefix not in KINDS]
    if unknown and not category:
        what = f"what the terms of {', '.join(unknown)} are is not known to kgpaths"
        raise InputError(what, where=str(path), mend="say so: category, e.g. category: Disease")


@dataclass
class Tables:
    """The tables in the making."""

    file: str
    found: Ontology
    own: tuple[str, ...]
    fallback: str
    with_relations: bool
    rejected: list[tuple[str, int | None, str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def made(self, info: SourceInfo, limit: int | None) -> SourceTables:
        """Return the tables, each in the order of its ids."""
        self.rejected += [(self.file, *row) for row in self.found.rejected]
        self.left_out.update(self.found.left_out)
        everything = list(self.found.entries.values())[:limit]
        mine = [entry for entry in everything if entry.id.split(":", 1)[0] in self.own]
        current, replaced = self.live(mine)
        parents = [(entry.id, [compact(parent) or parent for parent in entry.parents]) for entry in self.found.entries.values()]
        branch = {prefix: branches(parents, roots) for prefix, roots in BRANCHES.items()}
        nodes: list[tuple[str, str, str, str, list[str], bool]] = []
        used: list[Entry] = []
        for entry in current:
            placed = self.placed(entry, branch)
            if placed:
                nodes.append((entry.id, placed[0], entry.name, entry.definition, [], placed[1]))
                used.append(entry)
        self.left_out["logical_definition"] += sum(entry.defined for entry in used)
        edges = self.edges(used, info)
        sketches = self.sketches(edges, branch)
        shown = {sketch[0] for sketch in sketches}
        self.left_out["other_ontology"] += sum(entry.id.split(":", 1)[0] not in self.own and entry.id not in shown for entry in everything)
        nodes += sketches
        aliases = pl.DataFrame([row for entry in used for row in self.aliases(entry)], schema=tables.ALIASES, orient="row")
        xrefs = self.xrefs(used, replaced)
        return SourceTables(
            info,
            nodes=pl.DataFrame(nodes, schema=tables.NODES, orient="row").sort("id"),
            edges=edges,
            aliases=aliases.unique().sort("id", pl.col("scope").replace_strict({s: i for i, s in enumerate(tables.SCOPES)}), "alias", "kind"),
            xrefs=xrefs,
            rejected=pl.DataFrame(self.rejected, schema=tables.REJECTED, orient="row"),
            left_out={reason: count for reason, count in sorted(self.left_out.items()) if count},
        )

    def live(self, mine: Sequence[Entry]) -> tuple[list[Entry], list[tuple[str, str]]]:
        """Return the terms in use, and pairs of one in use and an id it replaces. Obsolete terms nothing single replaces are rejected."""
        current = [entry for entry in mine if not entry.obsolete]
        used = {entry.id for entry in current}
        replaced = [(entry.id, alt) for entry in current for alt in entry.alt_ids if alt not in used]
        known = {old for _, old in replaced}
        successor = {entry.id: entry.replaced_by[0] for entry in mine if entry.obsolete and len(set(entry.replaced_by)) == 1}
        for entry in mine:
            if not entry.obsolete or entry.id in known:
                continue
            target, seen = successor.get(entry.id, ""), {entry.id}
            while target in successor and target not in seen:  # a successor may be obsolete itself
                seen.add(target)
                target = successor[target]
            if target in used:
                replaced.append((target, entry.id))
            else:
                consider = ", ".join(sorted({*entry.replaced_by, *entry.consider}))
                self.reject(entry, "obsolete_term", f"{entry.id} {entry.name}; consider: {consider or 'nothing'}")
        return current, replaced

    def placed(self, entry: Entry, branch: Mapping[str, Mapping[str, str]]) -> tuple[str, bool] | None:
        """Return a term's category and whether texts name it; a term without either or without a name is rejected."""
        prefix = entry.id.split(":", 1)[0]
        roots = BRANCHES.get(prefix, {})
        kind = KINDS.get(prefix)
        if not entry.name:
            self.reject(entry, "no_name", f"{entry.id} has no name")
        elif found := stated_kind(entry, branch):
            return found
        elif said := (kind.category if kind else "") or self.fallback:
            return said, True
        else:
            wanted = f"descends from none of {', '.join(roots)}" if roots else f"has none of the namespaces {', '.join(NAMESPACES)}"
            self.reject(entry, "no_branch", f"{entry.id} {wanted}")
        return None

    def sketches(self, edges: pl.DataFrame, branch: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str, str, list[str], bool]]:
        """Return nodes of the terms of other prefixes at the ends of edges. Of what the file places nowhere the kind is not told."""
        found: list[tuple[str, str, str, str, list[str], bool]] = []
        for curie in sorted({*edges["subject"], *edges["object"]} & self.found.entries.keys()):
            entry, prefix = self.found.entries[curie], curie.split(":", 1)[0]
            if prefix in self.own or entry.obsolete or not entry.name:
                continue
            known = KINDS[prefix].category if prefix in KINDS and prefix not in BRANCHES else ""
            if placed := stated_kind(entry, branch) or ((known, True) if known else None):
                found.append((curie, placed[0], entry.name, "", [], placed[1]))
        return found

    def reject(self, entry: Entry, reason: str, detail: str) -> None:
        """Count a term, or something of it, as of no use."""
        self.rejected.append((self.file, entry.row, reason, detail))

    def aliases(self, entry: Entry) -> list[tuple[str, str, str, str]]:
        """Return a term's names."""
        names = [(entry.id, entry.name, "label", "")]
        for text, scope, kind in entry.synonyms:
            if text:
                names.append((entry.id, text, scope if scope in tables.SCOPES else "related", self.found.type_name(kind) if kind else ""))
        return names

    def xrefs(self, used: Sequence[Entry], replaced: Sequence[tuple[str, str]]) -> pl.DataFrame:
        """Return the cross-references; what the file types stands in place of the same reference untyped."""
        rows = [(new, old, "alt_id") for new, old in replaced]
        for entry in used:
            for written, sources in entry.xrefs:
                predicate = next((QUALIFIED[source] for source in QUALIFIED if source in sources), "xref")
                if predicate:
                    rows += self.xref(entry, predicate, written)
                else:
                    self.left_out["xref_said_to_be_a_slip"] += 1
            for match, written in entry.matches:
                rows += self.xref(entry, MATCHES[match], written)
        frame = pl.DataFrame(rows, schema=tables.XREFS, orient="row").unique()
        typed = frame.filter(pl.col("predicate") != "xref").select("id", "xref")
        untyped = frame.filter(pl.col("predicate") == "xref").join(typed, on=["id", "xref"], how="anti")
        return pl.concat([frame.filter(pl.col("predicate") != "xref"), untyped]).sort("id", "xref", "predicate")

    def xref(self, entry: Entry, predicate: str, written: str) -> list[tuple[str, str, str]]:
        """Return a cross-reference, or none where it is no concept's."""
        curie = compact(written)
        if curie is None or not is_concept(curie):
            self.reject(entry, "bad_xref", f"{entry.id} xref {written}: not the id of a concept")
            return []
        return [(entry.id, curie, predicate)]

    def edges(self, used: Sequence[Entry], info: SourceInfo) -> pl.DataFrame:
        """Return the hierarchy and the relations."""
        rows: list[tuple[str, str, str, str]] = []
        for entry in used:
            rows += self.edge(entry, "subclass_of", entry.parents)
            if not self.with_relations:
                self.left_out["relations"] += len(entry.relations)
                continue
            for relation, written in entry.relations:
                rows += self.edge(entry, relation, [written], told=True)
        schema = {"subject": pl.String, "predicate": pl.String, "object": pl.String, "direction": pl.String}
        said = pl.concat_list(pl.struct(key=pl.lit(QUALIFIER), value=pl.col("direction")))
        return (
            pl.DataFrame(rows, schema=schema, orient="row")
            .unique()
            .sort("subject", "predicate", "object", "direction")
            .select(
                "subject",
                "predicate",
                "object",
                qualifiers=pl.when(pl.col("direction") == "").then(pl.lit([], dtype=tables.EDGES["qualifiers"])).otherwise(said),
                evidence=pl.struct(source=pl.lit(info.name)),
            )
        )

    def edge(self, entry: Entry, relation: str, written: Sequence[str], *, told: bool = False) -> list[tuple[str, str, str, str]]:
        """Return a term's edges of one relation, in our direction; ``told`` says that the relation is as the file names it."""
        rows = []
        for target in written:
            other = compact(target)
            if other is None:
                self.reject(entry, "bad_relation", f"{entry.id} {relation} {target}: not the id of a term")
                continue
            predicate, direction = self.meaning(relation, other) if told else (relation, "")
            stored, turned = stored_as(predicate) if ":" not in predicate else (predicate, False)
            rows.append((other, stored, entry.id, direction) if turned else (entry.id, stored, other, direction))
        return rows

    def meaning(self, relation: str, other: str) -> tuple[str, str]:
        """Return the predicate a relation is stored under before it is turned, and the direction that qualifies it."""
        stated = self.found.relations.get(relation, Relation(fragment(relation)))
        curie = (compact(relation) if ":" in relation else "") or stated.curie
        named = slug(stated.name)
        known = curie if curie in RELATIONS else "" if curie else _BY_NAME.get(named, "")
        if known and other.split(":", 1)[0] in OBJECTS.get(known, {other.split(":", 1)[0]}):
            return RELATIONS[known][1:]
        prefix = (known or curie or self.own[0]).split(":", 1)[0]
        return f"{prefix}:{RELATIONS[known][0] if known else named or slug(fragment(relation))}", ""


def stated_kind(entry: Entry, branch: Mapping[str, Mapping[str, str]]) -> tuple[str, bool] | None:
    """Return the category of a term and whether texts name it, as its place in the file says it; None where it does not."""
    prefix = entry.id.split(":", 1)[0]
    roots = BRANCHES.get(prefix, {})
    root = branch.get(prefix, {}).get(entry.id)
    if root in roots:
        return roots[str(root)]
    return (NAMESPACES[entry.namespace], True) if prefix == "GO" and entry.namespace in NAMESPACES else None
