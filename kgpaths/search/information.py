"""How much a concept tells: by its place in the is_a hierarchy, and by how many diseases have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgpaths.search import score

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


def ragged(owner: Longs, start: Longs, stop: Longs) -> tuple[Longs, Longs]:
    """Spell out the ranges ``start:stop``: for every number in them its owner and itself."""
    count = stop - start
    position = np.arange(int(count.sum()), dtype=np.int64) + np.repeat(start - (np.cumsum(count) - count), count)
    return np.repeat(owner, count), position


def descendant_pairs(n: int, child: Ints, parent: Ints) -> tuple[Longs, Longs]:
    """Return every (descendant, ancestor) by is_a, each pair once however many ways lead there, and cycles notwithstanding."""
    order = np.argsort(child, kind="stable")
    child_, parent_ = child[order].astype(np.int64), parent[order].astype(np.int64)
    start = np.searchsorted(child_, np.arange(n + 1))
    pairs = new = np.unique(child_ * n + parent_)
    while len(new):
        below, above = np.divmod(new, n)
        owner, place = ragged(below, start[above], start[above + 1])
        new = np.setdiff1d(np.unique(owner * n + parent_[place]), pairs, assume_unique=True)
        pairs = np.union1d(pairs, new)
    below, above = np.divmod(pairs, n)
    return below[below != above], above[below != above]


def information(n: int, pairs: tuple[Longs, Longs]) -> NDArray[np.float32]:
    """Return the intrinsic information content of every concept (``score.information_content``); 1 outside the hierarchy."""
    below, above = pairs
    concepts = len(np.unique(np.concatenate([below, above])))
    content: NDArray[np.float64] = score.information_content(np.bincount(above, minlength=n), concepts)
    return np.clip(content, 0.0, 1.0).astype(np.float32)


def surprise(n: int, bearer: Ints, borne: Ints, pairs: tuple[Longs, Longs]) -> Ints:
    """Return -ln ``score.informativeness`` of every concept as a finding, in ``score.UNIT``.

    Phenotypes differ by how many have them or a kind of them; what is no phenotype says all it can.
    """
    bearers = len(np.unique(bearer))
    counts = np.bincount(borne, minlength=n)
    below, above = pairs
    # one bearer of two kinds counts twice for their parent: an upper bound, and exact sets would cost seconds
    counts = counts + np.bincount(above, weights=counts[below], minlength=n)
    told = score.informativeness(np.minimum(counts, bearers), bearers)
    return np.asarray(score.fixed(-np.log(told)), dtype=np.int32)
