"""Tell which recorded modes of inheritance are no truth about the disease, and why.

HPO's annotations give OMIM's entries for susceptibilities and for families with a common disease a Mendelian mode: schizophrenia
"autosomal dominant". The entry is right and the sentence about the disease wrong, so such a mode is kept and never told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from kgpaths.sources.files import read_tsv

TABLE = Path(__file__).with_name("inheritance.tsv")
COLUMNS = ("disease", "mondo", "name", "told", "reason", "source")

MENDELIAN = frozenset(
    {
        *("HP:0034345", "HP:0000006", "HP:0000007", "HP:0032113"),  # autosomal
        *("HP:0001417", "HP:0001419", "HP:0001423", "HP:0001450", "HP:0034339", "HP:0034340", "HP:0034341"),  # of the sex chromosomes
        "HP:0001427",  # mitochondrial
        *("HP:0003829", "HP:4000158", "HP:4000159", "HP:4000160", "HP:0034950"),  # how often such a variant shows
    }
)
"""Mendelian inheritance with its kinds, and penetrance, which stands and falls with it; a test holds them against hp.obo."""
MULTIFACTORIAL = frozenset({"HP:0001426", "HP:0010982"})
"""Non-Mendelian (of old, multifactorial) and polygenic inheritance; digenic and oligogenic ones contradict no Mendelian mode."""

_SUSCEPTIBILITY = re.compile(r",? susceptibility(?: to)?(?:,|$| \w*\d)|, susceptibility|quantitative trait locus", re.IGNORECASE)

REASONS = {
    "complex": "families or loci of a disease that is multifactorial",
    "acquired": "families of a condition that is mostly sporadic or acquired",
    "somatic": "families of a condition that is mostly of somatic variants",
    "susceptibility": "a susceptibility, which is no disease",
    "mendelian": "recorded beside Mendelian inheritance",
    "contradicted": "recorded beside multifactorial inheritance",
}
"""Reason of a row, or of a rule -> on what the mode rests, as the edge's qualifier says it."""


class Verdict(NamedTuple):
    """What readers decided of a disease's Mendelian modes."""

    told: bool
    reason: str


@cache
def verdicts() -> dict[str, Verdict]:
    """Return the verdicts by id of the disease, MONDO's id beside that of HPO's annotations."""
    found = {}
    for disease, mondo, _, told, reason, _ in read_tsv(TABLE, COLUMNS).rows.select(COLUMNS).iter_rows():
        found.update(dict.fromkeys(filter(None, (disease, mondo)), Verdict(told == "true", reason)))
    return found


def is_susceptibility(name: str) -> bool:
    """Tell whether a name is that of a susceptibility ("gout, susceptibility to"), and not of a disease that brings one with it."""
    return _SUSCEPTIBILITY.search(name) is not None


def doubt(disease: str, names: Iterable[str], mode: str, modes: Collection[str]) -> str:
    """Return why a disease's mode is not told, empty where it is: readers' verdict first, then its names, then its other ``modes``."""
    verdict = verdicts().get(disease)
    if mode in MULTIFACTORIAL:
        return REASONS["mendelian"] if verdict and verdict.told else ""
    if mode not in MENDELIAN:
        return ""
    if verdict:
        return "" if verdict.told else REASONS[verdict.reason]
    if any(is_susceptibility(name) for name in names):
        return REASONS["susceptibility"]
    return REASONS["contradicted"] if MULTIFACTORIAL & set(modes) else ""


def doubts(modes: Mapping[str, Collection[str]], names: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], str]:
    """Return disease and mode of all that are not told, with the reason; ``modes`` and ``names`` are those of each disease."""
    pairs = ((disease, mode) for disease, all_modes in modes.items() for mode in all_modes)
    found = {pair: doubt(pair[0], names.get(pair[0], ()), pair[1], modes[pair[0]]) for pair in pairs}
    return {pair: reason for pair, reason in found.items() if reason}
