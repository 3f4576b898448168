"""Single edges of Hetionet that are not told whatever their metaedge: refused treatments, and side effects that are the indication.

These are faults of the data, found by reading it, and not a weak basis: ``as_stated`` does not open them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kgpaths.sources.files import read_tsv
from kgpaths.sources.numbered import Keys, objects, subjects

REFUSED = Path(__file__).with_name("hetionet_refused.tsv")
OWN = Path(__file__).with_name("hetionet_own.tsv")

TREATING = ("CtD", "CpD")
NO_TREATMENT = "PharmacotherapyDB alone: readers found no label or guideline that says so"
INDICATION = "a drug label that names what the drug is given for"


def refused() -> dict[tuple[str, str], str]:
    """Return drug and disease of the treatments that readers refused, with the reason."""
    rows = read_tsv(REFUSED, ("drug", "disease", "reason", "source")).rows
    return {(drug, disease): f"{reason} ({source})" for drug, disease, reason, source, _ in rows.iter_rows()}


def refused_keys(keys: Keys, number: Mapping[str, int]) -> dict[str, Keys]:
    """Return the refused ones of treatments, reason by reason; ``number`` is that of each CURIE."""
    found: dict[str, list[int]] = {}
    for (drug, disease), reason in refused().items():
        if drug in number and disease in number:
            found.setdefault(reason, []).append(number[drug] << 32 | number[disease])
    parts = {reason: keys[np.isin(keys, np.array(pairs, dtype=np.int64))] for reason, pairs in sorted(found.items())}
    return {reason: part for reason, part in parts.items() if len(part)}


def own_keys(effects: Keys, treated: Keys, number: Mapping[str, int], names: Sequence[str], kinds: Sequence[str]) -> Keys:
    """Return those of side effects that are what the drug treats: of one name with the disease, or held to be it by the table."""
    disease_of = {name.lower(): n for n, (name, kind) in enumerate(zip(names, kinds, strict=True)) if kind == "Disease"}
    effect_of = ((name.lower(), n) for n, (name, kind) in enumerate(zip(names, kinds, strict=True)) if kind == "Side Effect")
    same = [(disease_of[name], n) for name, n in effect_of if name in disease_of]
    pairs: list[int] = []
    for drug, disease, effect, _ in read_tsv(OWN, ("drug", "disease", "side_effect")).rows.iter_rows():
        if effect in number and disease in number:
            same.append((number[disease], number[effect]))
        elif effect in number and drug in number:
            pairs.append(number[drug] << 32 | number[effect])
    drugs, diseases = subjects(treated), objects(treated)
    given = [np.array(pairs, dtype=np.int64), *(drugs[diseases == disease] << 32 | effect for disease, effect in same)]
    return effects[np.isin(effects, np.concatenate(given))]
