"""One diagnosis: causes by belief, fixes by what they are worth, and the next step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from kb import belief as beliefs
from kb.belief import NONE, Array, Evidence, Space
from kb.graph import walk
from kb.model import Knowledge, Plain
from kb.policy import Ask, Question, Stop, Try, next_step
from kb.standing import Standing, ranked, standing


@dataclass(frozen=True)
class Diagnosis:
    """Causes and fixes best first, the next step, and what going on from here is expected to cost (minutes).

    `causes` holds (id, probability); they add up to at most 1, the rest is none of these. `fixes` holds
    (id, probability that it helps, cost in minutes); those in `impossible`, which cannot be done here, come
    last. `after` is the probability that a fix helps once all those before it have failed. `evidence` says
    for each cause which facts speak for and against it, and `finer` names the finer cause or advisory that
    holds most of its probability, where one does. `path` and `open` are nodes of the tree.
    """

    causes: tuple[tuple[str, float], ...]
    fixes: tuple[tuple[str, float, float], ...]
    after: Mapping[str, float]
    next: Ask | Try | Stop
    expected_cost: float
    evidence: Mapping[str, tuple[Evidence, ...]]
    finer: Mapping[str, str]
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
    case = standing(knowledge, facts, tried or {}, assumed)
    active, posterior = case.active, case.posterior
    passed, open_ = walk(knowledge, facts, skipped)
    order = ranked(knowledge, case)
    left = [active.fixes.index(row.fix) for row in order if row.fix not in case.impossible]
    step, expected = next_step(
        posterior,
        active.cure[:, left],
        case.costs[left],
        [active.fixes[i] for i in left],
        questions(knowledge, active, open_),
        knowledge.policy.escalate_minutes,
    )
    if isinstance(step, Try):  # where fixes overlap, the best one to try next need not lead by P/C
        first = step.fix
        order = tuple(sorted(order, key=lambda row: row.fix != first))
    if "worked" in case.tried.values():
        step, expected = Stop(), 0.0
    return Diagnosis(
        causes=_causes(active, posterior),
        fixes=tuple((row.fix, row.chance, row.minutes) for row in order),
        after={row.fix: row.after for row in order},
        next=step,
        expected_cost=expected,
        evidence=_evidence(case, facts),
        finer=_finer(case),
        impossible=case.impossible,
        path=tuple(passed),
        open=tuple(open_),
    )


def _causes(active: Space, posterior: Array) -> tuple[tuple[str, float], ...]:
    sums: dict[str, float] = {}
    for cause, probability in zip(active.of, posterior, strict=True):
        if cause != NONE:
            sums[cause] = sums.get(cause, 0.0) + float(probability)
    return tuple(sorted(sums.items(), key=lambda item: -item[1]))


def _finer(case: Standing) -> dict[str, str]:
    sums = dict(_causes(case.active, case.posterior))
    return {
        of: name
        for name, of, probability in zip(case.active.ids, case.active.of, case.posterior, strict=True)
        if name != of and probability > sums[of] / 2
    }


def questions(knowledge: Knowledge, active: Space, open_: Collection[str]) -> list[Question]:
    """The open nodes' facts that a person can be asked for."""
    asked = {knowledge.tree.nodes[name].fact: None for name in open_}  # in the tree's order, each once
    facts = [knowledge.facts[name] for name in asked]
    return [
        Question(
            fact.id, fact.minutes, answers(beliefs.likelihood(knowledge, active, fact.id)[1], fact.known)
        )
        for fact in facts
        if fact.question and fact.typical
    ]


def answers(table: Array, known: float) -> Array:
    """P(answer | hypothesis), (H, V) or (H, V + 1): "don't know" is an answer, as likely under each cause."""
    if known == 1:
        return table
    unknown = np.full((len(table), 1), 1 - known)
    return np.concatenate([known * table, unknown], axis=1)


def _evidence(case: Standing, facts: Mapping[str, Plain]) -> dict[str, tuple[Evidence, ...]]:
    """For each cause the facts by strength, for or against, as its likeliest finer cause has them."""
    active = case.active
    factors = {name: beliefs.factors(active, column) for name, column in case.columns.items()}
    ledger: dict[str, tuple[Evidence, ...]] = {}
    for cause in dict.fromkeys(active.of):
        rows = [i for i, parent in enumerate(active.of) if parent == cause]
        lead = max(rows, key=lambda i: case.posterior[i])
        items = [Evidence(name, facts[name], float(ratio[lead])) for name, ratio in factors.items()]
        ledger[cause] = tuple(sorted(items, key=lambda item: -abs(np.log(item.factor))))
    return ledger
