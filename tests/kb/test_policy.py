"""The next step against the exact optimum of small random models, found by dynamic programming."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest

from kb.diagnosis import answers
from kb.policy import Ask, Question, Stop, Try, next_step, repair_cost

ESCALATE = 400.0


def model(seed: int, causes: int = 5, fixes: int = 5, questions: int = 3) -> tuple[np.ndarray, ...]:
    """Beliefs (H,), cure (H, F), minutes (F,), yes/no tables (Q, H, 2), question minutes (Q,)."""
    rng = np.random.default_rng(seed)
    belief = rng.dirichlet(np.ones(causes))
    cure = np.where(rng.random((causes, fixes)) < 0.4, rng.uniform(0.2, 1.0, (causes, fixes)), 0.0)
    yes = rng.uniform(0.02, 0.98, (questions, causes))
    return (
        belief,
        cure,
        rng.lognormal(3.3, 0.5, fixes),
        np.stack([yes, 1 - yes], axis=2),
        rng.uniform(1, 6, questions),
    )


def optimum(
    belief: np.ndarray, cure: np.ndarray, minutes: np.ndarray, tables: np.ndarray, asking: np.ndarray
) -> float:
    """The least expected cost of repair, over all orders of questions and fixes."""

    @cache
    def cost(weights: tuple[float, ...], tried: frozenset[int], asked: frozenset[int]) -> float:
        left = np.array(weights)
        total = left.sum()
        best = ESCALATE * total
        for fix in set(range(len(minutes))) - tried:
            after = left * (1 - cure[:, fix])
            if after.sum() < total - 1e-12:
                best = min(best, minutes[fix] * total + cost(tuple(after), tried | {fix}, asked))
        for fact in set(range(len(asking))) - asked:
            answers = (left * tables[fact][:, value] for value in (0, 1))
            best = min(
                best, asking[fact] * total + sum(cost(tuple(a), tried, asked | {fact}) for a in answers)
            )
        return float(best)

    return cost(tuple(belief), frozenset(), frozenset())


def follow(
    belief: np.ndarray, cure: np.ndarray, minutes: np.ndarray, tables: np.ndarray, asking: np.ndarray
) -> float:
    """The expected cost of doing what next_step says, to the end."""

    def cost(left: np.ndarray, fixes: list[int], facts: list[int]) -> float:
        total = float(left.sum())
        if total < 1e-12:
            return 0.0
        ratio = left @ cure / minutes
        fixes = sorted(fixes, key=lambda fix: -ratio[fix])
        questions = [Question(str(fact), asking[fact], tables[fact]) for fact in facts]
        names = [str(fix) for fix in fixes]
        step, _ = next_step(left / total, cure[:, fixes], minutes[fixes], names, questions, ESCALATE)
        if isinstance(step, Ask):
            fact = int(step.fact)
            rest = [other for other in facts if other != fact]
            return asking[fact] * total + sum(cost(left * tables[fact][:, v], fixes, rest) for v in (0, 1))
        if isinstance(step, Try):
            fix = int(step.fix)
            rest = [other for other in fixes if other != fix]
            return float(minutes[fix]) * total + cost(left * (1 - cure[:, fix]), rest, facts)
        return ESCALATE * total

    return cost(belief, list(range(len(minutes))), list(range(len(asking))))


def test_following_the_next_step_costs_little_more_than_the_optimum() -> None:
    gaps = []
    for seed in range(12):
        best = optimum(*model(seed))
        gaps.append(follow(*model(seed)) / best - 1)

    assert min(gaps) > -1e-9  # nothing beats the optimum
    assert sum(gaps) / len(gaps) < 0.05


def test_repair_cost_of_independent_fixes_is_the_sum_over_their_order() -> None:
    belief = np.array([[0.6, 0.3, 0.1]])
    cure = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])

    cost = repair_cost(belief, cure, np.array([10.0, 20.0]), escalate=100.0)

    assert cost == pytest.approx([10 + 0.4 * 20 + 0.1 * 100])


def test_a_fix_that_is_not_worth_its_minutes_is_not_tried() -> None:
    belief, cure = np.array([0.01, 0.99]), np.array([[1.0], [0.0]])

    step, cost = next_step(belief, cure, np.array([60.0]), ["fix"], [], escalate=100.0)

    assert (step, cost) == (Stop(), 100.0)


def test_a_question_that_changes_nothing_is_not_asked() -> None:
    belief, cure, minutes = np.array([0.5, 0.5]), np.eye(2), np.array([10.0, 10.0])
    useless = Question("useless", 1.0, np.array([[0.5, 0.5], [0.5, 0.5]]))
    telling = Question("telling", 1.0, np.array([[1.0, 0.0], [0.0, 1.0]]))

    assert isinstance(next_step(belief, cure, minutes, ["a", "b"], [useless], 100.0)[0], Try)
    step, cost = next_step(belief, cure, minutes, ["a", "b"], [useless, telling], 100.0)
    assert step == Ask("telling", pytest.approx(15.0 - 11.0))
    assert cost == pytest.approx(11.0)


def test_beliefs_are_weighed_row_by_row_alike() -> None:
    random.seed(0)
    belief, cure, minutes, _, _ = model(3)
    other = model(4)[0]

    together = repair_cost(np.stack([belief, other]), cure, minutes, ESCALATE)

    assert together == pytest.approx(
        [repair_cost(row[None, :], cure, minutes, ESCALATE)[0] for row in (belief, other)]
    )


def test_a_question_that_few_can_answer_is_worth_less() -> None:
    belief, cure, minutes = np.array([0.5, 0.5]), np.eye(2), np.array([10.0, 10.0])
    telling = np.eye(2)
    rare = Question("rare", 1.0, answers(telling, 0.3))
    common = Question("common", 1.0, answers(telling, 0.9))

    step, cost = next_step(belief, cure, minutes, ["a", "b"], [rare, common], 100.0)

    # Whoever cannot say goes on as if nothing had been asked: 0.9 x 10 + 0.1 x 15, or asks the rare one, too.
    assert step == Ask("common", pytest.approx(15.0 - cost))
    assert cost == pytest.approx(1 + 0.9 * 10 + 0.1 * min(15, 1 + 0.3 * 10 + 0.7 * 15))
    assert answers(telling, 1.0) is telling
