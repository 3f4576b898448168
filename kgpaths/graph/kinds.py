"""What an id may stand for, by its prefix and by what its source calls it.

An id of which no source has a node is known by its prefix alone. MONDO's are diseases and HPO's are phenotypes: a
cross-reference of a phenotype that leads to MONDO's id by way of some third id does not make the disease a phenotype.
"""

from __future__ import annotations

from functools import cache

from kgpaths.vocabulary import is_a

Kinds = frozenset[str] | None
"""Categories, any of which a thing may be; None is any at all, and no category at all is a contradiction."""

STANDS_FOR: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("MONDO", "DOID", "ORPHA", "OMIM.PS", "DECIPHER"), ("Disease",)),
    "OMIM": ("Disease", "GeneOrGeneProduct"),
    "HP": ("PhenotypicFeature", "GeneticInheritance", "ClinicalCourse", "ClinicalModifier"),
    **dict.fromkeys(("NCBIGene", "HGNC"), ("GeneOrGeneProduct",)),
}
"""Prefix -> what its ids stand for. A prefix of mixed content (UMLS, MESH, SNOMEDCT, NCIT, MEDDRA, EFO) is not here: it tells nothing."""


@cache
def kinds_of(prefix: str, category: str | None) -> Kinds:
    """Return what an id of this prefix may be whose node has this category; None for an id without a node.

    Where prefix and category contradict each other, it is nothing: who calls a MONDO id a phenotype may mean either.
    """
    told = STANDS_FOR.get(prefix)
    kinds = None if told is None else frozenset(told)
    return kinds if category is None else both(frozenset((category,)), kinds)


@cache
def both(a: Kinds, b: Kinds) -> Kinds:
    """Return what a thing may be that is one of ``a`` and one of ``b``: of a category and a kind of it, the kind."""
    if a is None or b is None:
        return b if a is None else a
    return frozenset(x if is_a(x, y) else y for x in a for y in b if is_a(x, y) or is_a(y, x))


@cache
def tells_nothing(prefix: str, category: str) -> bool:
    """Tell whether the prefix of an id says no more of a thing of this category than the category does."""
    return both(frozenset((category,)), kinds_of(prefix, None)) == frozenset((category,))
