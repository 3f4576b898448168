"""Put the parts of a release together: concepts, names, relations and codes as one source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgpaths.errors import InputError
from kgpaths.sources.tables import NODES, Batches, SourceInfo, SourceTables
from kgpaths.sources.umls.concepts import LEFT_OUT, Concepts, concepts
from kgpaths.sources.umls.edges import Edges
from kgpaths.sources.umls.mappings import Mappings
from kgpaths.sources.umls.meaning import asked_types, definitions, described, read_types, retired
from kgpaths.sources.umls.names import Choice, Names, alias_batches, choose_names, code_xrefs, term_types
from kgpaths.sources.umls.relations import Relations, read_inverses
from kgpaths.sources.umls.release import LICENCE, Ledger, Release, find_release


def read_umls(
    folder: Path,
    *,
    languages: Sequence[str] = ("ENG",),
    vocabularies: Sequence[str] = (),
    leave_out_vocabularies: Sequence[str] = (),
    suppressible: bool = False,
    semantic_types: Sequence[str] = (),
    relations: Sequence[str] = (),
    release: str = "",
    limit: int | None = None,
) -> SourceTables:
    """Read a UMLS Metathesaurus or RxNorm release; names and relations come as ``Batches``, so that it never is whole in memory.

    ``folder`` is META (or rrf) or the folder above it; files are plain, ``.gz``, or split. ``languages`` are the release's
    three letters, the first one names the concepts; ``vocabularies`` its source abbreviations (SAB), empty for all.
    ``suppressible`` takes obsolete and suppressed names and relations in. ``semantic_types`` (TUI, name, or tree number with
    all below) and ``relations`` (REL or RELA, either direction) keep only those; by default relations that say nothing of
    their concepts (siblings, forms of names, lists) are left out. Raises InputError for what is missing, cut off or
    misspelt.
    """
    if not languages:
        raise InputError("names no language", where="languages", mend='for example ["ENG"]')
    found = find_release(folder)
    for needed in ("STY", "REL"):
        found.table(needed)
    choice = Choice(tuple(languages), frozenset(vocabularies), frozenset(leave_out_vocabularies), suppressible)
    ledger = Ledger()
    types = term_types(found)
    names = choose_names(found, choice, types, ledger, limit)
    typed = read_types(found, ledger, pl.Series(names.known), limit)
    best = names.best
    if semantic_types:
        of_type = typed.rows.filter(pl.col("kind").is_in(asked_types(semantic_types)))["CUI"]
        best = best.filter(pl.col("CUI").is_in(of_type.implode()))
    count_left_out(names, best, ledger)
    numbered = concepts(best["CUI"], names.known, found.layout)
    about = described(typed, numbered)
    coded = code_xrefs(names.codes, numbered)
    has_hpo = numbered.ids.is_in(coded.filter(pl.col("xref").str.starts_with("HP:"))["id"].unique().implode())
    finding = pl.col("category") == "ClinicalFinding"  # one that HPO has is no normal or absent one
    about = about.with_columns(category=pl.when(finding & has_hpo).then(pl.lit("PhenotypicFeature")).otherwise("category"))
    defined = definitions(found, choice, numbered, names.languages, ledger, limit)
    nodes = node_table(numbered, best["STR"], about, defined)
    xrefs = pl.concat([coded, retired(found, numbered, ledger, limit)])
    info, levels = describe(found, release, hashed=limit is None)
    categories = sorted(set(about["category"]))
    said = Relations(choice, frozenset(r.lower() for r in relations), read_inverses(found), found.has("DOC"), levels, found.layout.name, categories)
    check_asked(said, relations)
    edges = Edges(found, numbered, places(about["category"], categories), names.atoms, said, ledger)
    asked = not said.asked or "mapped_to" in said.asked
    mapped = Mappings(found, choice, numbered, xrefs, codes_aside(names, numbered, coded), levels, ledger, asked=asked)
    label = best["STR"]
    return SourceTables(
        info,
        nodes=nodes,
        edges=Batches(lambda: chain(edges.batches(limit), mapped.batches(limit))),
        aliases=Batches(lambda: alias_batches(found, choice, types, numbered, label, ledger, limit)),
        xrefs=xrefs,
        rejected=Batches(ledger.rejected),
        left_out=ledger,
    )


def places(values: pl.Series, among: Sequence[str]) -> NDArray[np.int64]:
    """Return where each value stands among those given."""
    place = {value: n for n, value in enumerate(among)}
    return np.array(values.replace_strict(place, return_dtype=pl.Int64).to_numpy(), dtype=np.int64)


def codes_aside(names: Names, concepts: Concepts, coded: pl.DataFrame) -> NDArray[np.uint64]:
    """Return the hashes of the codes that name no concept that is read because the options, or the release's marks, put what they name aside."""
    of_concepts = names.codes.filter(pl.Series(concepts.at(names.codes["CUI"]) == LEFT_OUT))["xref"].hash().to_numpy()
    return np.setdiff1d(np.concatenate([names.aside, of_concepts]), coded["xref"].hash().to_numpy())


def check_asked(telling: Relations, relations: Sequence[str]) -> None:
    """Raise InputError for a relation asked for whose inverse nobody tells: its name is misspelt, or the file that would tell is missing."""
    known = {name.lower() for name in telling.inverses}
    if missing := [name for name in relations if name.lower() not in known]:
        what = f"is no relation of the release: {missing[0]!r}"
        if not telling.documented:
            what = f"is no relation whose inverse is known without the release's MRDOC: {missing[0]!r}"
        raise InputError(what, where="relations", mend="name a REL (CHD) or a RELA (may_treat)")


def count_left_out(names: Names, best: pl.DataFrame, ledger: Ledger) -> None:
    """Count the concepts of the release that do not become nodes."""
    ledger.begin("concepts")
    ledger.count("concepts", "concept_without_name_asked_for", len(names.known) - names.best.height)
    ledger.count("concepts", "concept_other_semantic_type", names.best.height - best.height)


def node_table(concepts: Concepts, names: pl.Series, about: pl.DataFrame, defined: pl.DataFrame) -> pl.DataFrame:
    """Return the concepts as nodes."""
    texts = pl.DataFrame({"at": pl.int_range(len(concepts.ids), dtype=pl.Int32, eager=True)}).join(
        defined, on="at", how="left", maintain_order="left"
    )
    frame = pl.DataFrame({"id": concepts.ids, "name": names, "definition": texts["definition"].fill_null("")}).hstack(about)
    return frame.select(*NODES)


def describe(release: Release, stated: str, *, hashed: bool) -> tuple[SourceInfo, dict[str, str]]:
    """Return the release as a source, and the restriction level of each vocabulary that MRSAB lists.

    A Metathesaurus does not state its release among its tables; the newest vocabulary came with it (IMETA).
    """
    rows = release.whole("SAB", ("RSAB", "SVER", "IMETA", "SRL", "CURVER")).filter(pl.col("CURVER") != "N")
    levels = {str(sab): str(level) for sab, level in rows.select("RSAB", "SRL").iter_rows() if level}
    own = rows.filter(pl.col("RSAB") == release.layout.own)["SVER"].to_list()
    version = stated or next(filter(None, own), "") or max(rows["IMETA"], default="")
    return SourceInfo(release.layout.name, version, LICENCE, release.layout.url, release.hashes() if hashed else {}, restricted=True), levels
