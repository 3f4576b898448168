"""The vocabulary is Biolink's where Biolink has it: held against the model file of the biolink-model wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kgpaths.vocabulary import CATEGORIES, PREDICATES, QUALIFIERS, fits, is_a, is_predicate, predicate_of, stored_as

BIOLINK = sorted(name for name, p in PREDICATES.items() if not p.ours)
OURS = sorted(name for name, p in PREDICATES.items() if p.ours)


def make_biolink() -> ModuleType:
    """The script that draws the package's tables from the model."""
    spec = importlib.util.spec_from_file_location("make_biolink", Path(__file__).parent.parent / "docs" / "make_biolink.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = make_biolink()
biolink, camel = MAKE.model, MAKE.camel


@pytest.mark.parametrize("name", ["classes.tsv", "predicates.tsv"])
def test_the_tables_are_those_of_the_model(name: str) -> None:
    assert (MAKE.FOLDER / name).read_text(encoding="utf-8") == MAKE.tables()[name], "python docs/make_biolink.py"


def slot(name: str) -> dict[str, Any]:
    found: dict[str, Any] = biolink()["slots"].get(name.replace("_", " ")) or biolink()["slots"][name]
    return found


@pytest.mark.parametrize("name", BIOLINK)
def test_predicate_is_a_canonical_biolink_slot(name: str) -> None:
    found, canonical = slot(name), PREDICATES[name]
    assert not found.get("deprecated")
    assert bool(found.get("symmetric")) == canonical.symmetric
    inverse = found.get("inverse") or next((k for k, v in biolink()["slots"].items() if v and v.get("inverse") == name.replace("_", " ")), None)
    assert canonical.inverse == (name if canonical.symmetric else (inverse or "").replace(" ", "_"))
    domain, range_ = camel(found.get("domain")), camel(found.get("range"))
    if domain == range_ == "OntologyClass":  # a mixin that most categories do not carry; HPO's phenotypes among them
        domain = range_ = None
    assert canonical.domain == ((domain,) if domain else ("NamedThing",))
    assert canonical.range == ((range_,) if range_ else ("NamedThing",))


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_is_not_in_biolink_and_has_a_reason(name: str) -> None:
    assert name.replace("_", " ") not in biolink()["slots"]
    assert name not in biolink()["slots"]
    assert len(PREDICATES[name].ours) > 20
    assert set(PREDICATES[name].domain) | set(PREDICATES[name].range) <= set(CATEGORIES)


def test_inverses_are_no_predicates_of_their_own() -> None:
    """Each relation is stored one way only, the canonical one."""
    for predicate in PREDICATES.values():
        assert predicate.symmetric == (predicate.inverse == predicate.name)
        assert predicate.symmetric or predicate.inverse not in PREDICATES


def test_opposing_predicates_never_support() -> None:
    assert {n for n, p in PREDICATES.items() if p.polarity == "opposes"} == {"contraindicated_in", "exacerbates_condition"}


def test_qualifiers_are_biolink_slots() -> None:
    ours = {"population_context_qualifier", "stage_qualifier", "severity_qualifier"}
    for name in QUALIFIERS:
        assert name.replace("_", " ") in biolink()["slots"] or name in ours


def test_domain_and_range() -> None:
    assert is_a("Drug", "ChemicalOrDrugOrTreatment") and not is_a("Disease", "Drug")
    assert fits(PREDICATES["treats"], "Drug", "Disease") and not fits(PREDICATES["treats"], "Disease", "Drug")
    with pytest.raises(KeyError):
        is_a("Nonsense", "Drug")


def test_a_category_is_its_ancestors() -> None:
    assert is_a("Drug", "ChemicalEntity") and is_a("Drug", "ChemicalOrDrugOrTreatment") and not is_a("Disease", "Drug")
    assert "Entity" not in CATEGORIES and "Association" not in CATEGORIES


def test_what_biolink_has_and_we_cannot_tell_is_neither_walked_nor_told() -> None:
    known = predicate_of("expressed_in")
    assert (known.role, known.polarity, known.inverse, known.reads, known.range) == (
        "other", "neutral", "expresses", "expressed in", ("AnatomicalEntity",),
    )  # fmt: skip
    assert predicate_of("interacts_with").symmetric and not known.symmetric
    assert predicate_of("treats") is PREDICATES["treats"]


def test_a_foreign_predicate_keeps_its_prefix() -> None:
    known = predicate_of("UMLS:has_scale_type")
    assert (known.name, known.role, known.reads, known.symmetric) == ("UMLS:has_scale_type", "other", "has scale type", False)
    assert is_predicate("UMLS:x") and is_predicate("treats") and is_predicate("expressed_in")
    for name in ("no_such_thing", "", ":x", "UMLS:"):
        assert not is_predicate(name)
        with pytest.raises(KeyError):
            predicate_of(name)


@pytest.mark.parametrize(
    ("name", "stored", "turned"),
    [
        ("treated_by", "treats", True),
        ("treats", "treats", False),
        ("part_of", "has_part", True),
        ("expresses", "expressed_in", True),
        ("complication_of", "has_complication", True),
        ("interacts_with", "interacts_with", False),
        ("UMLS:x", "UMLS:x", False),
    ],
)
def test_each_relation_is_stored_one_way(name: str, stored: str, turned: bool) -> None:
    assert stored_as(name) == (stored, turned)
    assert stored_as(stored) == (stored, False)
