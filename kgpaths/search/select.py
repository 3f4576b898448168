"""Which paths of an explanation are shown: few, one per finding, and such that they read as one chain."""

from __future__ import annotations

from kgpaths.search.explain import Explanation

NEGLIGIBLE = 0.05  # of the best contribution


def select(explanation: Explanation, most: int) -> tuple[int, ...]:
    """Return the numbers of at most ``most`` findings whose paths to show, best first.

    Paths through the hypothesis come before paths that pass it by, so that an explanation reads as one chain; among these
    the findings that contribute most come first. What contributes next to nothing beside the best is not worth a sentence.
    """
    shared = {number: explanation.hypothesis in found.nodes for number, found in explanation.paths.items()}
    order = sorted(explanation.paths, key=lambda number: (not shared[number], -explanation.contributions[number], explanation.paths[number]))
    least = NEGLIGIBLE * max(explanation.contributions.values(), default=0.0)
    return tuple(number for number in order if explanation.contributions[number] >= least)[:most]
