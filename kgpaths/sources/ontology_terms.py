"""What an ontology says, whatever format it says it in: the reader of each format fills these, ``ontology.py`` makes tables of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from kgpaths.sources.curies import normalise


@dataclass
class Entry:
    """One term as its file states it: ids as CURIEs in our spelling where they are ids, as written where they may not be."""

    id: str
    row: int | None = None  # its line, where the format has lines
    name: str = ""
    definition: str = ""
    namespace: str = ""
    obsolete: bool = False
    defined: bool = False  # by a logical definition, which no edge can say
    replaced_by: list[str] = field(default_factory=list)
    consider: list[str] = field(default_factory=list)
    alt_ids: list[str] = field(default_factory=list)
    synonyms: list[tuple[str, str, str]] = field(default_factory=list)  # text, scope, type as the file has it
    xrefs: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # as written, with the sources that qualify it
    matches: list[tuple[str, str]] = field(default_factory=list)  # name of a skos mapping property, id as written
    parents: list[str] = field(default_factory=list)  # as written
    relations: list[tuple[str, str]] = field(default_factory=list)  # relation as the file names it, id as written


@dataclass
class Relation:
    """What a file says of a relation it uses: a name that reads, and its CURIE where it has one."""

    name: str
    curie: str = ""


@dataclass
class Ontology:
    """A file's terms in file order, and what it says of itself."""

    id: str = ""  # "hp", "doid/subsets/DO_rare_slim", or an IRI
    version: str = ""
    licence: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    synonym_types: dict[str, str] = field(default_factory=dict)  # type as the file has it -> what it is called
    left_out: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[int | None, str, str]] = field(default_factory=list)  # row, reason, detail

    def entry(self, written: str, row: int | None = None) -> Entry | None:
        """Return the entry of an id, made where it is new; a second stanza of an id adds to the first. None for no id."""
        curie = compact(written)
        if curie is None:
            self.rejected.append((row, "bad_id", f"{written}: is no CURIE and no IRI of a known vocabulary"))
            return None
        return self.entries.setdefault(curie, Entry(curie, row))

    def type_name(self, written: str) -> str:
        """Return what a synonym's type is called: a name we know it by, the label of one that is an id, else its own name."""
        curie = compact(written) if ":" in written else None
        if curie is None:
            return fragment(written).lower()
        return SYNONYM_TYPES.get(curie) or slug(self.synonym_types.get(written, "")) or slug(fragment(written))


SYNONYM_TYPES = {
    "OMO:0003000": "abbreviation",
    "OMO:0003001": "ambiguous",
    "OMO:0003002": "dubious",
    "OMO:0003003": "layperson",
    "OMO:0003004": "plural_form",
    "OMO:0003005": "uk_spelling",
    "OMO:0003006": "misspelling",
    "OMO:0003012": "acronym",
}
"""The types that OBO ontologies share, which not every file declares; named as HPO names its own."""

# IRI -> prefix, for spellings of an IRI that the prefix map does not have
_IRIS = {
    "https://omim.org/phenotypicSeries/PS": "OMIM.PS",
    "https://www.omim.org/phenotypicSeries/PS": "OMIM.PS",
    "https://omim.org/entry/": "OMIM",
    "https://www.omim.org/entry/": "OMIM",
    "http://omim.org/entry/": "OMIM",
    "http://identifiers.org/mesh/": "MESH",
    "http://identifiers.org/medgen/": "MEDGEN",
    "http://identifiers.org/snomedct/": "SNOMEDCT",
    "http://linkedlifedata.com/resource/umls/id/": "UMLS",
    "https://icd.who.int/browse10/2019/en#/": "ICD10",
}
_PURL = re.compile(r"^https?://purl\.obolibrary\.org/obo/([A-Za-z][A-Za-z0-9.]*)_([A-Za-z0-9]+)$")


@lru_cache(maxsize=1 << 16)
def compact(written: str) -> str | None:
    """Return a CURIE or IRI as a CURIE in our spelling, None where it is neither or stands for no vocabulary."""
    written = written.strip()
    if "://" not in written:
        return normalise(written)
    for iri, prefix in _IRIS.items():
        if written.startswith(iri):
            return normalise(f"{prefix}:{written.removeprefix(iri)}")
    known = normalise(written) or normalise(written.replace("https://", "http://", 1))
    if known is None and (found := _PURL.match(written)):
        known = normalise(":".join(found.groups()))
    return known


def fragment(iri: str) -> str:
    """Return the last part of an IRI, or a name as it is."""
    return re.split(r"[#/]", iri.rstrip("#/"))[-1]


def slug(name: str) -> str:
    """Return a name as predicates are written: ``disease has location`` as ``disease_has_location``."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
