"""Choose which aliases of a graph may be linked, where, and in which form they are looked up."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kgpaths.graph.files import damaged_derived
from kgpaths.link.dictionary import EXACT, FOLDED, IN_OPTION, IN_TEXT, INVERTED, WHOLE_OPTION, AliasIndex, Entry, build_index
from kgpaths.link.stopwords import ORDINARY, SYMBOLS
from kgpaths.link.text import tokenize
from kgpaths.link.wordlists import table_text
from kgpaths.model import digest

if TYPE_CHECKING:
    from kgpaths.graph import Graph

VERSION = 2  # raise when the rules of this file or the folding change what is indexed

FINDINGS = frozenset(
    (
        *("Disease", "PhenotypicFeature", "DiseaseOrPhenotypicFeature", "ChemicalEntity", "Drug", "Treatment", "ExposureEvent"),
        *("Bacterium", "Virus", "Fungus", "OrganismTaxon", "Protein", "Gene"),
        *("BiologicalProcess", "PhysiologicalProcess", "PathologicalProcess"),
    )
)
"""Categories that say something of the patient. Others (anatomy, tests, codes, inheritance) are linked in options alone."""

NEVER = frozenset({"ClinicalModifier", "ClinicalCourse"})
"""Categories that qualify a finding and are none: "acute", "mild", "progressive"."""

_GENERIC_ROOTS = ("HP:0000001", "HP:0000118", "HP:0012823", "HP:0031797", "HP:0040279", "HP:0000005", "HP:0032443", "HP:0032223")
_GENERIC_CHILDREN = "HP:0000118"  # its children are the organ systems: "Abnormality of the eye"
_MODIFIER_ROOTS = ("HP:0012823", "HP:0031797", "HP:0040279")

_VAGUE_CODE = re.compile(
    r"^other\b|\bother specified\b|\bunspecified\b|\bnot elsewhere classified\b|\bNEC\b|"
    r"\bencounter\b|\bsequela\b|\bwithout mention\b|\bclassified elsewhere\b",
    re.IGNORECASE,
)
_CELL_MARKER = re.compile(r"CD\d")  # in a vignette "CD4" counts cells
_LONG_CODE = 8  # tokens; a longer title is coding language


def open_index(graph: Graph) -> AliasIndex:
    """Open the alias index of ``graph``, building it beside the graph the first time, and again where it is damaged."""
    name = "aliases-" + digest([VERSION, graph.hash, table_text("spelling.txt"), table_text("stopwords.txt")], 16)
    folder: Path = graph.derived(name)
    if damaged_derived(folder, whole=False):
        shutil.rmtree(folder, ignore_errors=True)
        build_index(entries(graph), folder)
    return AliasIndex(folder)


def entries(graph: Graph) -> Iterator[Entry]:
    """Yield an entry for every way an alias of ``graph`` may be looked up."""
    generic = generic_concepts(graph)
    for alias in graph.aliases():
        if alias.index in generic:
            continue
        category = graph.category(alias.index)
        use = WHOLE_OPTION | IN_OPTION | (IN_TEXT if category in FINDINGS else 0)
        if category in NEVER or (category == "InformationContentEntity" and is_vague_code(alias.text, alias.scope)):
            continue
        if category == "Gene" and _CELL_MARKER.match(alias.text):
            use = WHOLE_OPTION | IN_OPTION
        if tokenize(alias.text).keys in ORDINARY:
            use = WHOLE_OPTION
        for form in forms(alias.text, category):
            yield Entry(alias.index, alias.text, alias.scope, form, use)


def generic_concepts(graph: Graph) -> frozenset[int]:
    """Return the concepts too general to be a finding: HPO's roots, organ systems, modifiers, courses and frequencies."""
    found: set[int] = {graph.index(curie) for curie in _GENERIC_ROOTS if curie in graph}
    for curie in _MODIFIER_ROOTS:
        if curie in graph:
            found.update(graph.descendants(graph.index(curie)))
    if _GENERIC_CHILDREN in graph:
        found.update(_children(graph, graph.index(_GENERIC_CHILDREN)))
    return frozenset(found)


def _children(graph: Graph, concept: int) -> list[int]:
    """Return the concepts directly below ``concept``."""
    if "subclass_of" not in graph.predicates:
        return []
    begin, end = int(graph.inn.indptr[concept]), int(graph.inn.indptr[concept + 1])
    code = graph.predicates.index("subclass_of")
    return [int(n) for n, p in zip(graph.inn.neighbour[begin:end], graph.inn.predicate[begin:end], strict=True) if int(p) == code]


def is_vague_code(title: str, scope: str = "label") -> bool:
    """Tell whether a classification's title is coding language: "Other ...", "..., unspecified", very long, or an inclusion term like "Axis"."""
    return bool(_VAGUE_CODE.search(title)) or len(tokenize(title)) > _LONG_CODE or (scope != "label" and len(title) <= 5)


def forms(alias: str, category: str) -> tuple[int, ...]:
    """Return the forms ``alias`` is looked up in; none where it is too short or ambiguous.

    Abbreviations and gene symbols keep their case; of two letters they are too ambiguous for anything but the authored
    table. Everything else is folded, and a name with one comma is turned round as well.
    """
    if is_abbreviation(alias) or (category == "Gene" and is_symbol(alias)):
        bare = re.sub(r"\W", "", alias)
        usable = len(bare) >= 3 and bare not in SYMBOLS and sum(c.isalpha() for c in bare) >= 2 - any(c.isdigit() for c in bare)
        return (EXACT,) if usable else ()
    keys = tokenize(alias).keys
    if sum(len(k) for k in keys if not k.isdigit()) < 3 or (len(keys) > 1 and all(k in _PARTICLES or k.isdigit() for k in keys)):
        return ()
    return (FOLDED, INVERTED) if alias.count(", ") == 1 else (FOLDED,)


_PARTICLES = frozenset(("a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "to", "with", "without", "not", "no", "type"))
_LETTERS = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=4096)
def is_abbreviation(alias: str) -> bool:
    """Tell whether ``alias`` is written in capitals and short enough not to be a title in capitals ("OBESITY")."""
    runs = _LETTERS.findall(alias)
    capitals = [run[:-1] if run.endswith("s") and run[:-1].isupper() and len(run) > 2 else run for run in runs]
    if not runs or any(not run.isupper() for run in capitals):
        return False
    longest = max(map(len, capitals))
    return longest <= (4 if " " in alias else 6)


def is_symbol(alias: str) -> bool:
    """Tell whether a gene's alias is a symbol rather than a name: one word that is not a long lower-case one."""
    return " " not in alias and not (alias.islower() and len(alias) > 6)
