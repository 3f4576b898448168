from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.errors import InputError
from kgpaths.sources.hierarchy import Hierarchy, read_hierarchies


def test_descent_is_transitive_and_of_any_member() -> None:
    hierarchy = Hierarchy()
    hierarchy.add([("A:1", "A:2"), ("A:2", "A:3"), ("A:2", "A:3"), ("A:3", "A:1"), ("B:1", "A:2")])  # a loop, and a link stated twice
    assert hierarchy.parents["A:2"] == ("A:3",)
    assert hierarchy.descends(["A:1"], ["A:3"]) and hierarchy.descends(["X:1", "B:1"], ["X:2", "A:3"])
    assert not hierarchy.descends(["A:1"], ["B:1"]) and not hierarchy.descends(["X:1"], ["X:1"])
    assert not hierarchy.descends(["B:1"], ["B:1"])  # nothing is a kind of itself


def test_obo_terms_link_by_is_a_and_by_their_secondary_ids(tmp_path: Path) -> None:
    terms = ["id: HP:0000001", "id: HP:0000002\nis_a: HP:0000001 ! one\nalt_id: HP:0000009", "id: HP:0000003\nis_a: HP:0000002\nis_obsolete: true"]
    (tmp_path / "x.obo").write_text("format-version: 1.2\n\n" + "".join(f"[Term]\n{term}\n\n" for term in terms), encoding="utf-8")
    hierarchy = read_hierarchies([tmp_path / "x.obo"])
    assert hierarchy.descends(["HP:0000009"], ["HP:0000001"])
    assert not hierarchy.descends(["HP:0000003"], ["HP:0000001"])  # obsolete


def test_tables_may_have_a_header_and_more_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mondoid,parentid,id\nMONDO:0000004,MONDO:0002816,1\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text('"DOID:1"\t"DOID:2"\n', encoding="utf-8")
    hierarchy = read_hierarchies([tmp_path / "a.csv", tmp_path / "b.tsv"])
    assert hierarchy.parents == {"MONDO:0000004": ("MONDO:0002816",), "DOID:1": ("DOID:2",)}


def test_a_table_of_names_is_no_hierarchy(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\tlabel\nDOID:1\tpain\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.tsv, row 2: no pair of ids: 'DOID:1', 'pain'"):
        read_hierarchies([tmp_path / "a.tsv"])


def test_the_real_parent_tables(shared: Path) -> None:
    hierarchy = read_hierarchies([shared / "mondo" / "mondo_parent.csv.gz", shared / "disease_ontology" / "doid_is_a.tsv"])
    links = [(child, parent) for child, parents in hierarchy.parents.items() for parent in parents]
    assert sum(child.startswith("MONDO:") for child, _ in links) == 38_369
    assert sum(child.startswith("DOID:") for child, _ in links) == 12_296
    assert hierarchy.descends(["MONDO:0000004"], ["MONDO:0000001"])  # adrenocortical insufficiency is a disease
