"""What HPO knows of PrimeKG's phenotypes: their branch, and the diseases that are terms of HPO themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kgpaths.sources.hierarchy import Hierarchy, add_terms
from kgpaths.sources.hpo import BRANCHES, branches, live
from kgpaths.sources.obo import read_obo


@dataclass(frozen=True)
class Phenotypes:
    """HPO's terms by id, replaced ids with them."""

    branch: dict[str, str]  # its root
    category: dict[str, tuple[str, bool]]  # category, linkable
    term_of: dict[str, str]  # name in lower case, label or exact synonym -> the one term of that name
    hierarchy: Hierarchy

    def named(self, names: Iterable[str]) -> str:
        """Return the term that bears one of the names of a disease, empty where none or several do."""
        found = {term for name in names if (term := self.term_of.get(name.lower().removesuffix(" (disease)")))}
        return found.pop() if len(found) == 1 else ""

    def are_kin(self, term: str, other: str) -> bool:
        """Tell whether one of two terms is the other's parent.

        PrimeKG made diseases of the terms that are diseases of MONDO, and of HPO's links between such a term and another
        one "phenotype present": "diabetes" with the phenotype "neonatal diabetes". These are no annotations.
        """
        other = self.hierarchy.current.get(other, other)
        return other in self.hierarchy.parents.get(term, ()) or term in self.hierarchy.parents.get(other, ())


def read_phenotypes(path: Path, hierarchy: Hierarchy) -> Phenotypes:
    """Read the terms of ``hp.obo`` and add their links to the hierarchy."""
    _, terms = read_obo(path)
    current, replaced, _ = live(terms)
    add_terms(hierarchy, current)
    hierarchy.current.update(replaced)
    branch = branches(((term.id, term.ids("is_a")) for term in current), BRANCHES)
    branch.update({old: branch[new] for old, new in replaced.items() if new in branch})
    names: dict[str, set[str]] = {}
    for term in current:
        for name in (term.first("name"), *(text for text, scope, _ in term.synonyms() if scope == "exact")):
            names.setdefault(name.lower(), set()).add(term.id)
    return Phenotypes(
        branch=branch,
        category={term: BRANCHES[root] for term, root in branch.items()},
        term_of={name: found.pop() for name, found in names.items() if len(found) == 1},
        hierarchy=hierarchy,
    )
