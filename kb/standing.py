"""Where a case stands: what may be wrong, how likely each is, and which fixes are worth what here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from kb import belief as beliefs
from kb.belief import Array, Space
from kb.costs import minutes
from kb.model import Fix, Knowledge, Plain, key


@dataclass(frozen=True, eq=False)
class Standing:
    """`columns`: each fact's P(its value | hypothesis), (H,). `posterior`: (H,). `costs`: minutes, (F,).

    `impossible` maps the fixes that cannot be done here to the needs that are not met.
    """

    active: Space
    columns: Mapping[str, Array]
    posterior: Array
    costs: Array
    impossible: Mapping[str, tuple[str, ...]]
    tried: Mapping[str, str]


@dataclass(frozen=True)
class Ranked:
    """A fix in its place: P(it helps), the same once all before it have failed, and its cost in minutes."""

    fix: str
    chance: float
    after: float
    minutes: float


def standing(
    knowledge: Knowledge,
    facts: Mapping[str, Plain],
    tried: Mapping[str, str],
    assumed: Collection[str] = (),
) -> Standing:
    """The case that `facts` and the outcomes of `tried` fixes describe; `assumed` facts are only defaults."""
    active = beliefs.space(knowledge, facts)
    columns = beliefs.weigh(knowledge, active, facts, assumed)
    return Standing(
        active=active,
        columns=columns,
        posterior=beliefs.belief(active, columns, tried),
        costs=np.array([minutes(knowledge, knowledge.fixes[fix], facts) for fix in active.fixes]),
        impossible={f.id: unmet for f in knowledge.fixes.values() if (unmet := _unmet(f, facts))},
        tried=tried,
    )


def ranked(knowledge: Knowledge, case: Standing) -> tuple[Ranked, ...]:
    """The fixes that were not tried yet, best first, impossible ones last.

    The order is by chance over cost, each fix as it stands once those before it have failed: two fixes for
    the same cause are rarely the best two. A fix's chance is that it helps if it is applied as it is meant.
    Among equals the document's own fixes lead.
    """
    active, costs = case.active, case.costs
    alone = case.posterior @ active.cure / knowledge.policy.applied
    still = case.posterior.copy()  # P(hypothesis, and everything before has failed)
    left = [i for i, fix in enumerate(active.fixes) if fix not in case.tried]
    order: list[Ranked] = []
    while left:
        chances = still @ active.cure

        def worth(i: int, chances: Array = chances) -> tuple[bool, float, bool]:
            fix = active.fixes[i]
            value = float(f"{chances[i] / costs[i]:.9e}")  # rounded, so that equals are equal
            return fix not in case.impossible, value, knowledge.fixes[fix].document is not None

        best = max(left, key=worth)
        left.remove(best)
        after = float(chances[best] / still.sum()) / knowledge.policy.applied
        order.append(Ranked(active.fixes[best], float(alone[best]), after, float(costs[best])))
        if active.fixes[best] not in case.impossible:
            still = still * (1 - active.cure[:, best])
    return tuple(order)


def _unmet(fix: Fix, facts: Mapping[str, Plain]) -> tuple[str, ...]:
    """The needs of a fix that are known not to be met; what is not known is not held against it."""
    return tuple(
        name for name, wanted in fix.needs.items() if name in facts and key(facts[name]) != key(wanted)
    )
