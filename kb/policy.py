"""What to do next: ask, try or stop, by the expected cost of repair (ECR).

The order of fixes is chance over cost, P/C (Kadane and Simon, 1977), which is optimal for independent fixes.
A question is asked when it lowers the expected cost of repair (Heckerman, Breese and Rommelse, 1995).
Beliefs come as rows, so that all answers to all questions are weighed in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb import exact
from kb.belief import Array


@dataclass(frozen=True)
class Ask:
    """Ask for a fact; `saves` is by how many minutes the answer lowers the expected cost of repair."""

    fact: str
    saves: float = 0.0


@dataclass(frozen=True)
class Try:
    """Try a fix; `saves` is how many minutes it is cheaper, on the whole, than handing the case over now."""

    fix: str
    saves: float = 0.0


@dataclass(frozen=True)
class Stop:
    """Nothing in the base is worth its cost any more: hand the case to an expert."""

    saves: float = 0.0


@dataclass(frozen=True)
class Question:
    """A fact that can be asked for: minutes, and P(value | hypothesis) as (H, V)."""

    fact: str
    minutes: float
    table: Array


def repair_cost(belief: Array, cure: Array, minutes: Array, escalate: float) -> Array:
    """The expected minutes of trying fixes in P/C order, and handing the case over when that is cheaper.

    belief: (B, H), rows sum to 1; cure: (H, F); minutes: (F,), not below 1e-9. Returns (B,).
    """
    rows, fixes = len(belief), len(minutes)
    left = belief.copy()  # (B, H): P(hypothesis and nothing tried so far cured it)
    available = np.ones((rows, fixes), dtype=np.bool_)
    spent: list[Array] = []
    survive: list[Array] = [left.sum(axis=1)]
    for _ in range(fixes):
        ratio = np.where(available, left @ cure / minutes, -1.0)  # (B, F)
        best = ratio.argmax(axis=1)
        if (ratio.max(axis=1) * escalate < survive[-1]).all():
            break  # no fix pays any more, nor do several: together they cure at most the sum of each alone
        spent.append(minutes[best] * survive[-1])
        left = left * (1 - cure[:, best].T)
        available[np.arange(rows), best] = False
        survive.append(left.sum(axis=1))
    cost = escalate * survive[-1]
    for step in reversed(range(len(spent))):
        cost = np.minimum(escalate * survive[step], spent[step] + cost)
    result: Array = cost
    return result


def next_step(
    belief: Array,
    cure: Array,
    minutes: Array,
    fixes: Sequence[str],
    questions: Sequence[Question],
    escalate: float,
) -> tuple[Ask | Try | Stop, float]:
    """The best next step and the expected minutes of going on from here.

    belief: (H,). `fixes`, with their columns of `cure` and their `minutes`, come best first. The best fixes
    and the most telling questions are weighed exactly, as many as fit; beyond those one question is looked
    ahead, and the fixes go by P/C.
    """
    now = float(repair_cost(belief[None, :], cure, minutes, escalate)[0])
    myopic = asking_costs(belief, cure, minutes, questions, escalate)
    few = min(len(fixes), exact.MOST_FIXES)
    telling = _telling(questions, myopic, few)
    tables, costs = [q.table for q in telling], [q.minutes for q in telling]
    trying, asking = exact.optimum(belief, cure[:, :few], minutes[:few], tables, costs, escalate)

    options: list[tuple[float, Ask | Try | Stop]] = [(escalate, Stop())]
    options += [(now, Try(fix, escalate - now)) for fix in fixes[:1]]
    options += [
        (cost, Try(fix, escalate - cost)) for fix, cost in zip(fixes, map(float, trying), strict=False)
    ]
    options += [(cost, Ask(fact, now - cost)) for fact, cost in myopic.items()]
    options += [(cost, Ask(q.fact, now - cost)) for q, cost in zip(telling, map(float, asking), strict=True)]
    expected, step = min(options, key=lambda option: round(option[0], 6))
    return step, expected


def _telling(questions: Sequence[Question], myopic: dict[str, float], fixes: int) -> list[Question]:
    """The questions whose answers would save most, as many as the exact table has room for."""
    chosen: list[Question] = []
    for question in sorted(questions, key=lambda q: myopic[q.fact]):
        if exact.fits(fixes, [*(q.table for q in chosen), question.table]):
            chosen.append(question)
    return chosen


def asking_costs(
    belief: Array, cure: Array, minutes: Array, questions: Sequence[Question], escalate: float
) -> dict[str, float]:
    """For each question: its own minutes, and the expected cost of repair by P/C once it is answered."""
    if not questions:
        return {}
    joint = np.concatenate([question.table.T * belief for question in questions])  # (all answers, H)
    chance = joint.sum(axis=1)
    likely = chance > 1e-12
    cost = np.zeros(len(chance))
    cost[likely] = repair_cost(joint[likely] / chance[likely, None], cure, minutes, escalate)
    expected = np.split(chance * cost, np.cumsum([q.table.shape[1] for q in questions])[:-1])
    return {q.fact: q.minutes + float(part.sum()) for q, part in zip(questions, expected, strict=True)}
