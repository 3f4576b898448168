"""The vocabulary is Biolink's where Biolink has it: held against the model file of the biolink-model wheel."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgpaths.vocabulary import CATEGORIES, PREDICATES, QUALIFIERS, fits, is_a

BIOLINK = sorted(name for name, p in PREDICATES.items() if not p.ours)
OURS = sorted(name for name, p in PREDICATES.items() if p.ours)


@cache
def biolink() -> dict[str, Any]:
    spec = importlib.util.find_spec("biolink_model")  # a namespace package, so it has no file of its own
    assert spec and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # twenty times faster where libyaml is there
    loaded: dict[str, Any] = yaml.load((folder / "schema" / "biolink_model.yaml").read_text(encoding="utf-8"), Loader=loader)
    return loaded


def slot(name: str) -> dict[str, Any]:
    found: dict[str, Any] = biolink()["slots"].get(name.replace("_", " ")) or biolink()["slots"][name]
    return found


def camel(words: str | None) -> str | None:
    return "".join(w[:1].upper() + w[1:] for w in words.split()) if words else None


def ancestors(name: str) -> list[str]:
    """All ancestors of a Biolink class, its mixins included, in CamelCase."""
    classes, found, queue = {camel(k): v for k, v in biolink()["classes"].items()}, [], [name]
    while queue:
        here = classes[queue.pop(0)] or {}
        for parent in [here.get("is_a"), *(here.get("mixins") or ())]:
            if parent and camel(parent) not in found:
                found.append(camel(parent))
                queue.append(camel(parent))
    return found


@pytest.mark.parametrize("category", sorted(CATEGORIES))
def test_categories_are_biolink_classes_with_their_ancestors(category: str) -> None:
    assert set(CATEGORIES[category]) == set(ancestors(category)) & set(CATEGORIES)


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
