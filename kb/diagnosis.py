"""One diagnosis: causes by belief, fixes by what they are worth, and the next step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from kb import belief as beliefs
from kb.belief import NONE, Array, Evidence, Space
from kb.graph import walk
from kb.model import Fix, Knowledge, Plain, key
from kb.policy import Ask, Question, Stop, Try, next_step


@dataclass(frozen=True)
class Diagnosis:
    """Causes and fixes best first, the next step, and what going on from here is expected to cost (minutes).

    `causes` holds (id, probability); they add up to at most 1, the rest is none of these. `fixes` holds
    (id, probability that it helps, cost in minutes); those in `impossible`, which cannot be done here, come
    last. `evidence` says for each cause which facts speak for and against it. `path` and `open` are nodes of
    the tree.
    """

    causes: tuple[tuple[str, float], ...]
    fixes: tuple[tuple[str, float, float], ...]
    next: Ask | Try | Stop
    expected_cost: float
    evidence: Mapping[str, tuple[Evidence, ...]]
    impossible: Mapping[str, tuple[str, ...]]
    path: tuple[str, ...]
    open: tuple[str, ...]


def diagnose(
    knowledge: Knowledge,
    facts: Mapping[str, Plain],
    tried: Mapping[str, str] | None = None,
    skipped: Collection[str] = (),
    assumed: Collection[str] = (),
) -> Diagnosis:
    """What is wrong, what to do, and what to do next.

    `tried` maps fixes to worked, no-change, worse or other-symptom; `skipped` are facts that the person does
    not know; `assumed` are facts that are only a framework's default. Facts outside the vocabulary count for
    nothing. Once a fix has worked there is nothing left to do.
    """
    tried = tried or {}
    active = beliefs.space(knowledge, facts)
    columns = beliefs.weigh(knowledge, active, facts, assumed)
    posterior = beliefs.belief(active, columns, tried)
    passed, open_ = walk(knowledge, facts, skipped)

    impossible = {f.id: unmet for f in knowledge.fixes.values() if (unmet := _unmet(f, facts))}
    costs = np.array([cost(knowledge, knowledge.fixes[fix]) for fix in active.fixes])
    ranked = tuple(
        row for row in _ranked(knowledge, active, posterior, costs, impossible) if row[0] not in tried
    )
    left = [active.fixes.index(fix) for fix, _, _ in ranked if fix not in impossible]
    step, expected = next_step(
        posterior,
        active.cure[:, left],
        costs[left],
        [active.fixes[i] for i in left],
        _questions(knowledge, active, open_),
        knowledge.policy.escalate_minutes,
    )
    if isinstance(step, Try):  # where fixes overlap, the best one to try next need not lead by P/C
        first = step.fix
        ranked = tuple(sorted(ranked, key=lambda row: row[0] != first))
    if "worked" in tried.values():
        step, expected = Stop(), 0.0
    return Diagnosis(
        causes=_causes(active, posterior),
        fixes=ranked,
        next=step,
        expected_cost=expected,
        evidence=_evidence(active, columns, posterior, facts),
        impossible=impossible,
        path=tuple(passed),
        open=tuple(open_),
    )


def cost(knowledge: Knowledge, fix: Fix) -> float:
    """Minutes to apply a fix and to see whether it helped, a restart of the job included."""
    return fix.minutes + (knowledge.policy.restart_minutes if fix.restart else 0.0)


def _causes(active: Space, posterior: Array) -> tuple[tuple[str, float], ...]:
    sums: dict[str, float] = {}
    for cause, probability in zip(active.of, posterior, strict=True):
        if cause != NONE:
            sums[cause] = sums.get(cause, 0.0) + float(probability)
    return tuple(sorted(sums.items(), key=lambda item: -item[1]))


def _ranked(
    knowledge: Knowledge,
    active: Space,
    posterior: Array,
    costs: Array,
    impossible: Mapping[str, tuple[str, ...]],
) -> tuple[tuple[str, float, float], ...]:
    """Chance over cost, best first, each as it stands once those before it have failed; impossible ones last.

    Two fixes for the same cause are rarely the best two: where the first has failed, the cause is less likely.
    Among equals the document's own fixes lead. The probability shown is that of the fix alone, tried now.
    """
    alone = posterior @ active.cure
    still = posterior.copy()  # P(hypothesis, and everything before failed)
    order: list[int] = []
    left = set(range(len(active.fixes)))
    while left:
        chances = still @ active.cure

        def worth(i: int, chances: Array = chances) -> tuple[bool, float, bool, int]:
            fix = active.fixes[i]
            value = float(f"{chances[i] / costs[i]:.9e}")  # rounded, so that equals are equal
            return fix not in impossible, value, knowledge.fixes[fix].document is not None, -i

        best = max(left, key=worth)
        left.remove(best)
        order.append(best)
        if active.fixes[best] not in impossible:
            still = still * (1 - active.cure[:, best])
    return tuple((active.fixes[i], float(alone[i]), float(costs[i])) for i in order)


def _unmet(fix: Fix, facts: Mapping[str, Plain]) -> tuple[str, ...]:
    """The needs of a fix that are known not to be met; what is not known is not held against it."""
    return tuple(
        name for name, wanted in fix.needs.items() if name in facts and key(facts[name]) != key(wanted)
    )


def _questions(knowledge: Knowledge, active: Space, open_: Collection[str]) -> list[Question]:
    """The open nodes' facts that a person can be asked for."""
    asked = {knowledge.tree.nodes[name].fact: None for name in open_}  # in the tree's order, each once
    return [
        Question(name, knowledge.facts[name].minutes, beliefs.likelihood(knowledge, active, name)[1])
        for name in asked
        if knowledge.facts[name].question and knowledge.facts[name].typical
    ]


def _evidence(
    active: Space, columns: Mapping[str, Array], posterior: Array, facts: Mapping[str, Plain]
) -> dict[str, tuple[Evidence, ...]]:
    """For each cause the facts by strength, for or against, as its likeliest finer cause has them."""
    factors = {name: beliefs.factors(active, column) for name, column in columns.items()}
    ledger: dict[str, tuple[Evidence, ...]] = {}
    for cause in dict.fromkeys(active.of):
        rows = [i for i, parent in enumerate(active.of) if parent == cause]
        lead = max(rows, key=lambda i: posterior[i])
        items = [Evidence(name, facts[name], float(ratio[lead])) for name, ratio in factors.items()]
        ledger[cause] = tuple(sorted(items, key=lambda item: -abs(np.log(item.factor))))
    return ledger
