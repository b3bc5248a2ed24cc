"""Two faults at once: whether a pair of causes explains the facts better than any single one.

Belief holds one fault at a time, which is nearly always so. Where each of two causes has facts of its own
that the other cannot have brought about, both may be true, and curing one leaves the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kb.belief import NONE, WORKED, Array, Space
from kb.model import Knowledge
from kb.standing import Standing

# Pairs are built from the hypotheses that explain some fact best; the others cannot be half of one.
MOST = 12


@dataclass(frozen=True)
class Pair:
    """Two causes, the likelier one first, and P(both | facts)."""

    causes: tuple[str, str]
    probability: float


def pairs(knowledge: Knowledge, case: Standing) -> Pair | None:
    """The likeliest two faults where two are likelier than one; None otherwise.

    A fact counts for a pair as for the one of the two that says something of it, or, where both do, as for
    either with equal chance. A fix that failed cured not both of them. The prior of a pair is the product of
    both, scaled so that all pairs add up to `policy.two_faults`.
    """
    active, both = case.active, knowledge.policy.two_faults
    couples = _couples(case)
    if not couples or not case.columns or not both:
        return None
    single = active.prior * np.prod(list(case.columns.values()), axis=0)
    double = np.array([active.prior[a] * active.prior[b] for a, b in couples]) / _products(active)
    for name, column in case.columns.items():
        double *= [_chance(active, name, column, couple) for couple in couples]
    for fix in [fix for fix, outcome in case.tried.items() if WORKED.get(outcome) is False]:
        cure = active.cure[:, active.fixes.index(fix)]
        single = single * (1 - cure)
        double *= [1 - cure[a] * cure[b] for a, b in couples]
    total = both * double.sum() + (1 - both) * single.sum()
    if both * double.sum() <= 0.5 * total:
        return None
    best = int(double.argmax())
    first, second = sorted(couples[best], key=lambda h: -case.posterior[h])
    return Pair((active.of[first], active.of[second]), float(both * double[best] / total))


def _couples(case: Standing) -> list[tuple[int, int]]:
    """Pairs of hypotheses under different causes, among those that explain some fact best."""
    active = case.active
    ratios = [column / column[-1] for column in case.columns.values()] or [np.zeros(len(active.ids))]
    named = [int(i) for i in np.argsort(-np.max(ratios, axis=0)) if active.of[i] != NONE and active.prior[i]]
    return [(a, b) for a, b in combinations(named[:MOST], 2) if active.of[a] != active.of[b]]


def _chance(active: Space, fact: str, column: Array, couple: tuple[int, int]) -> float:
    says = [column[h] for h in couple if (entry := active.entries[h]) and fact in entry.signs]
    return float(np.mean(says)) if says else float(column[-1])  # what is typical: none of these has it


def _products(active: Space) -> float:
    """The sum of prior products over all pairs of different causes."""
    sums: dict[str, float] = {}
    for cause, p in zip(active.of, active.prior, strict=True):
        if cause != NONE:
            sums[cause] = sums.get(cause, 0.0) + float(p)
    return (sum(sums.values()) ** 2 - sum(p**2 for p in sums.values())) / 2 or 1.0
