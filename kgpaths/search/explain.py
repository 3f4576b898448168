"""Explanations: for each option the one hypothesis that joins most of the findings to it.

A hypothesis is a concept on the way to the option: the disease a drug treats, the drug a mechanism belongs to, or the
option itself. Every finding is joined to it by evidence of at most one clinical relation (with is_a and mapping steps), and
it to the option by one chain that all findings share: one relation, or two where the intent says through what. So an option
is never held up by unrelated paths glued together.

One finding contributes  weight * score(path) * d ** w * informativeness * exp(-charges):
score(path)      of the whole path from the finding to the option (``score``);
d ** w           gives back the damping by the degree d of the phenotype or other effect the patient has, which is the same for
                 every option; how much that tells is the next term's to say;
informativeness  of the finding, or of the kind of it that the path goes through if that tells less (``score.informativeness``);
charges          the cost of the last relation for what is asked (``intent``), ``GIVEN`` where the finding is a drug taken for
                 something, and ``STATED`` where the finding is the hypothesis itself.
Contributions are alternative evidence, so they combine by noisy-or: 1 - prod(1 - contribution). Every finding that the hypothesis
leaves unexplained takes ``UNEXPLAINED * weight`` of what remains away, so that one telling finding does not outdo a disease that
explains them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgpaths.config import SearchSettings
from kgpaths.search.arcs import GIVEN_FOR, Arcs
from kgpaths.search.expand import FORBIDDEN, Array, Reach, expand
from kgpaths.search.intent import OFF_INTENT_COST, STATED_COST, Intent
from kgpaths.search.paths import Found, disjoint, joined, meet
from kgpaths.search.score import UNIT, fixed
from kgpaths.vocabulary import predicate_of

EVIDENCE_HOPS = 3  # is_a or mapping, relation, is_a or mapping
GIVEN = int(fixed(6.0))  # of a remedy that leads to what it is for: that it is given tells little of what it is given for
UNEXPLAINED = 0.25  # share of the support that a finding takes away which the hypothesis does not explain
STATED = int(fixed(0.5))  # of a finding that is the hypothesis: named, not proved, to be what the question is about


@dataclass(frozen=True)
class Finding:
    """A concept of the vignette that may support, with its weight in (0, 1]."""

    node: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """A hypothesis for an option's concept: per finding (by its number) what it contributes and by which path."""

    concept: int
    hypothesis: int
    contributions: dict[int, float]
    paths: dict[int, Found]
    score: float


@dataclass(frozen=True)
class Evidence:
    """Pairs of half paths that join a finding to an option's concept, one row each; ``chain`` is the row of the shared half."""

    finding: Array
    prefix: Array
    chain: Array
    cost: Array  # as evidence: with informativeness and charges


def usable_kinds(arcs: Arcs, intent: Intent) -> NDArray[np.bool_]:
    """Mark the kinds a question may walk.

    Harm, by a remedy alone or by two together, is walked only where that is what is asked; and from a condition to its remedies only
    where a remedy is asked for or lies on the way, as nobody says that the patient takes them.
    """
    harm = [harms(kind.predicate) and kind.predicate not in intent.opposing for kind in arcs.kinds]
    asked = {*intent.last, *intent.via}
    remedy = [bool(intent.last) and kind.inverted and kind.predicate in GIVEN_FOR and str(kind) not in asked for kind in arcs.kinds]
    return ~np.array(harm, dtype=np.bool_) & ~np.array(remedy, dtype=np.bool_)


def harms(predicate: str) -> bool:
    """Tell whether a predicate says that a remedy does harm; that two drugs interact leads from neither to what it is given for."""
    return predicate_of(predicate).polarity == "opposes" or predicate == "pharmacologically_interacts_with"


def entry_costs(arcs: Arcs, intent: Intent) -> Array:
    """Return what each kind costs as the last clinical relation at the option; the last entry is for none at all."""
    other = FORBIDDEN if intent.required else int(fixed(OFF_INTENT_COST)) if intent.last else 0
    costs = [int(fixed(intent.last[str(kind)])) if str(kind) in intent.last else other for kind in arcs.kinds]
    return np.array([*costs, FORBIDDEN if intent.required else int(fixed(STATED_COST))], dtype=np.int64)


class Explainer:
    """The half paths of one question: its findings and all its options' concepts, each expanded once."""

    def __init__(self, arcs: Arcs, findings: Sequence[Finding], concepts: Sequence[int], intent: Intent, settings: SearchSettings) -> None:
        self.arcs, self.findings, self.settings = arcs, tuple(findings), settings
        self.concepts = tuple(dict.fromkeys(concepts))
        ceiling = int(fixed(settings.max_cost))
        usable, self.entry = usable_kinds(arcs, intent), entry_costs(arcs, intent)
        via = np.array([str(kind) in intent.via for kind in arcs.kinds], dtype=np.bool_)
        reach = Reach(settings.max_hops, 2 if intent.via else 1, ceiling, settings.budget, narrowing=False)
        self.chains = expand(arcs, self.concepts, reach, usable=usable, entry=self.entry, via=via, reverse=True)
        reach = Reach(min(EVIDENCE_HOPS, settings.max_hops), 1, ceiling, settings.budget, narrowing=False)
        self.prefixes = expand(arcs, [f.node for f in self.findings], reach, usable=usable)
        self.ceiling = ceiling
        taken = np.array([arcs.drug[f.node] for f in self.findings], dtype=np.bool_)[self.prefixes.seed]
        narrowed = self.prefixes.narrowed(arcs, np.flatnonzero(taken))  # a class of drugs is not yet each of its members
        wanted = np.zeros(len(arcs.hub), dtype=np.bool_)
        wanted[self.chains.node] = True
        self.from_stated = np.array([*(str(kind) in intent.from_stated for kind in arcs.kinds), False], dtype=np.bool_)
        self.near = np.flatnonzero(wanted[self.prefixes.node] & ~narrowed)
        self.weight = np.array([f.weight for f in self.findings])
        self.unexplained = np.log1p(-UNEXPLAINED * np.minimum(self.weight, 1.0))  # of each finding, ln of what remains without it
        self.known: dict[int, tuple[Evidence, Evidence]] = {}

    @property
    def truncated(self) -> bool:
        """Whether the budget of arcs ended before the search did."""
        return self.chains.truncated or self.prefixes.truncated

    def evidence(self, concept: int) -> tuple[Evidence, Evidence]:
        """Return the evidence for a concept itself, and the evidence through chains that lead to it."""
        if concept not in self.known:
            mine = np.flatnonzero(self.chains.seed == self.concepts.index(concept))
            depth = self.chains.depth[mine]
            related = self.chains.relation[mine] != self.arcs.none
            self.known[concept] = self.join(mine[depth == 0]), self.join(mine[(depth > 0) & related])
        return self.known[concept]

    def join(self, chain_rows: Array) -> Evidence:
        """Join the findings' half paths to these chains, and weigh each pair as evidence."""
        prefixes, chains, arcs = self.prefixes, self.chains, self.arcs
        f, b = meet(arcs, prefixes, self.near, chains, chain_rows, self.ceiling)
        keep = (prefixes.depth[f] + chains.depth[b] <= self.settings.max_hops) & disjoint(prefixes, f, chains, b)
        f, b = f[keep], b[keep]
        stated = (prefixes.clinical[f] == 0) & (chains.depth[b] > 0)
        first = np.where(prefixes.clinical[f] > 0, prefixes.relation[f], chains.open[b])
        cost = prefixes.cost[f] + chains.cost[b] + prefixes.charge[f] + np.where(stated, STATED, 0) + np.where(arcs.given[first], GIVEN, 0)
        cost = cost + np.where(chains.relation[b] == arcs.none, self.entry[prefixes.relation[f]], 0)
        keep = (cost < FORBIDDEN) & ~((prefixes.clinical[f] > 0) & self.from_stated[chains.relation[b]])
        f, b, cost = f[keep], b[keep], cost[keep]
        order = np.lexsort((f, cost, prefixes.seed[f], b))
        f, b, cost = f[order], b[order], cost[order]
        best = np.ones(len(f), dtype=np.bool_)
        best[1:] = (b[1:] != b[:-1]) | (prefixes.seed[f[1:]] != prefixes.seed[f[:-1]])
        return Evidence(finding=prefixes.seed[f[best]], prefix=f[best], chain=b[best], cost=cost[best])

    def without(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return ln(1 - contribution) of every piece of evidence."""
        without: NDArray[np.float64] = np.log1p(-np.minimum(self.weight[evidence.finding] * np.exp(-evidence.cost / UNIT), 1 - 1e-12))
        return without

    def ranked(self, concept: int) -> list[tuple[float, int]]:
        """Return (score, chain row) of every hypothesis for a concept, best first; ties go to the shorter, then the lower row."""
        direct, chained = self.evidence(concept)
        alone, left = np.zeros(len(self.findings)), self.unexplained.copy()
        alone[direct.finding], left[direct.finding] = self.without(direct), 0.0
        own = -np.expm1(alone.sum()) * np.exp(left.sum())
        rows, place = np.unique(chained.chain, return_inverse=True)
        # a finding that the chain explains is counted by the chain, the others by what they say of the concept itself
        gained = np.bincount(place, weights=self.without(chained) - alone[chained.finding], minlength=len(rows))
        covered = np.bincount(place, weights=left[chained.finding], minlength=len(rows))
        scores = -np.expm1(alone.sum() + gained) * np.exp(left.sum() - covered)
        found = [(float(own), int(direct.chain[0]))] if len(direct.chain) else []
        found += zip(scores.tolist(), rows.tolist(), strict=True)
        depth = self.chains.depth
        return sorted(found, key=lambda item: (-item[0], int(depth[item[1]]), int(self.chains.cost[item[1]]), item[1]))

    def explanation(self, concept: int, chain: int) -> Explanation:
        """Spell out one hypothesis: per finding its contribution and path, through the chain where there is one, else direct."""
        direct, chained = self.evidence(concept)
        contributions: dict[int, float] = {}
        paths: dict[int, Found] = {}
        for evidence in (direct, chained):
            for row in np.flatnonzero((evidence.chain == chain) | (self.chains.depth[evidence.chain] == 0)).tolist():
                finding = int(evidence.finding[row])
                contributions[finding] = self.findings[finding].weight * float(np.exp(-evidence.cost[row] / UNIT))
                paths[finding] = joined(self.arcs, self.prefixes, int(evidence.prefix[row]), self.chains, int(evidence.chain[row]))
        left = [self.unexplained[n] for n in range(len(self.findings)) if n not in contributions]
        score = noisy_or([contributions[n] for n in sorted(contributions)]) * float(np.exp(sum(left)))
        return Explanation(concept, int(self.chains.node[chain]), contributions, paths, score)


def noisy_or(contributions: Sequence[float]) -> float:
    """Combine alternative evidence: 1 - prod(1 - c)."""
    rest = 1.0
    for contribution in contributions:
        rest *= 1.0 - contribution
    return 1.0 - rest


def all_hold(factors: Sequence[float]) -> float:
    """Combine evidence that must all hold: the product."""
    product = 1.0
    for factor in factors:
        product *= factor
    return product
