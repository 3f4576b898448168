"""How clearly the graph prefers the gold option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kgpaths.model import OptionSupport


class Contrast(NamedTuple):
    margin: float  # in [-1, 1]
    rank: int  # 1 is best


def contrast(supports: Sequence[OptionSupport], gold_key: str) -> Contrast:
    """Return margin and rank of the gold option among all.

    margin = (gold - best other) / max(gold, best other), 0 where neither has support: 1 where only the gold option has any, 0 at
    a tie, -1 where only others have. It is relative because scores of vignettes with few or common findings are small
    throughout. Ties count against the gold option in its rank. Raises KeyError where no support has the key.
    """
    scores = {support.option: support.score for support in supports}
    gold = scores.pop(gold_key)
    best = max(scores.values(), default=0.0)
    top = max(gold, best)
    margin = (gold - best) / top if top > 0 else 0.0
    return Contrast(margin=margin, rank=1 + sum(score >= gold for score in scores.values()))
