"""What HPO knows of PrimeKG's phenotypes: their branch, and the diseases that are terms of HPO themselves."""

from __future__ import annotations

import re
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
    term_of: dict[str, str]  # label or exact synonym, as ``plain`` writes it -> the one term of that name
    hierarchy: Hierarchy

    def named(self, names: Iterable[str]) -> str:
        """Return the term that bears one of the names of a disease, empty where none or several do."""
        found = {term for name in names if (term := self.term_of.get(plain(name)))}
        return found.pop() if len(found) == 1 else ""

    def are_kin(self, term: str, other: str) -> bool:
        """Tell whether two terms are one, or one of them is the other's parent.

        PrimeKG made diseases of the terms that are diseases of MONDO, and of HPO's links between such a term and another
        one "phenotype present": "diabetes" with the phenotype "neonatal diabetes". These are no annotations.
        """
        term, other = (self.hierarchy.current.get(one, one) for one in (term, other))
        return term == other or other in self.hierarchy.parents.get(term, ()) or term in self.hierarchy.parents.get(other, ())


_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10"}
_TYPE = re.compile(rf"\b(type )({'|'.join(_ROMAN)})\b")


def plain(name: str) -> str:
    """Return a name as names are compared: small letters, "type 2" for "type II", without MONDO's "(disease)"."""
    return _TYPE.sub(lambda found: found[1] + _ROMAN[found[2]], name.lower().removesuffix(" (disease)"))


_JOINS = re.compile(r"\b(?:with|without|and|or|due to)\b|[,/]")
_EITHER = re.compile(r"\w+ and/or \w+ ")  # "idiopathic and/or familial"
_GOES_ON = re.compile(r"(?: type)? \d+\w?|, (?!.*\b(?:with|and)\b)[^,]+| due to .+| without .+")


def is_kind_by_name(disease: str, finding: str) -> bool:
    """Tell whether a disease is a kind of the finding by its name alone: "idiopathic NAME", "NAME due to ...", "NAME, noncirrhotic".

    That it has the finding then says nothing; a name that joins the finding with another one says something.
    """
    before, found, after = plain(disease).rpartition(plain(finding))
    alone = not before or (before.endswith(" ") and (_EITHER.fullmatch(before) is not None or _JOINS.search(before) is None))
    return bool(found) and alone and (not after or _GOES_ON.fullmatch(after) is not None)


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
            names.setdefault(plain(name), set()).add(term.id)
    return Phenotypes(
        branch=branch,
        category={term: BRANCHES[root] for term, root in branch.items()},
        term_of={name: found.pop() for name, found in names.items() if len(found) == 1},
        hierarchy=hierarchy,
    )
