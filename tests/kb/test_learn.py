from __future__ import annotations

from collections import Counter

import pytest

from kb.learn import SURELY, WEIGHT, Learnt, Run, learn, spread, told, totals
from kb.model import Knowledge

FACTS = {"loss.symptom": "nan-after-steps", "precision.compute": "float16"}


def run(**tried: str) -> Run:
    outcomes = {fix.replace("_", "-"): outcome for fix, outcome in tried.items()}
    return Run(FACTS, (), outcomes, outcomes)


def test_a_solved_run_counts_once_over_all_causes_and_leans_to_what_the_fix_cures(
    knowledge: Knowledge,
) -> None:
    learnt = learn(knowledge, [run(use_bf16="worked")])

    assert 0.9 < sum(learnt.causes.values()) <= 1
    assert learnt.causes.most_common(1)[0][0] == "fp16-overflow"


def test_a_run_that_nothing_solved_counts_for_what_its_failure_leaves_likely(knowledge: Knowledge) -> None:
    failed, solved = learn(knowledge, [run(use_bf16="no-change")]), learn(knowledge, [run(use_bf16="worked")])

    assert 0.5 < sum(failed.causes.values()) < 1
    assert failed.causes["fp16-overflow"] < solved.causes["fp16-overflow"] / 2
    assert failed.failed["fp16-overflow", "use-bf16"] > 0
    assert failed.worked == {}


def test_another_symptom_counts_for_nothing(knowledge: Knowledge) -> None:
    assert learn(knowledge, [run(use_bf16="other-symptom")]) == Learnt()


def test_a_chance_of_cure_moves_as_a_beta_of_forty_cases() -> None:
    learnt = Learnt()
    learnt.worked["a", "b"], learnt.failed["a", "b"] = 8.0, 2.0  # type: ignore[assignment]

    assert learnt.cure("a", "b", 0.5) == pytest.approx((WEIGHT * 0.5 + 8) / (WEIGHT + 10))
    assert learnt.cure("a", "other", 0.5) == 0.5


def test_only_outcomes_told_of_here_are_counted_but_all_are_evidence(knowledge: Knowledge) -> None:
    both = {"use-bf16": "no-change", "clip-gradients": "worked"}
    learnt = learn(knowledge, [Run(FACTS, (), both, ("clip-gradients",))])

    assert {fix for _, fix in learnt.worked} == {"clip-gradients"}
    assert learnt.failed == {}
    assert (
        learnt.causes["fp16-overflow"]
        < learn(knowledge, [run(clip_gradients="worked")]).causes["fp16-overflow"]
    )


def test_a_run_that_more_is_told_of_is_still_one(knowledge: Knowledge) -> None:
    first = run(use_bf16="no-change")
    more = run(use_bf16="no-change", clip_gradients="worked")
    again = run(use_bf16="worked")
    for then in (more, again):
        learnt = learn(knowledge, [then]).less(learn(knowledge, [first]))
        sums = learn(knowledge, [first])
        for mine, other in ((sums.causes, learnt.causes), (sums.worked, learnt.worked)):
            mine.update(other)
        assert sums.causes == pytest.approx(learn(knowledge, [then]).causes)
        assert sums.worked == pytest.approx(learn(knowledge, [then]).worked)


def test_what_is_taken_back_leaves_a_chance() -> None:
    learnt = Learnt()
    learnt.worked["a", "b"], learnt.failed["a", "b"] = -90.0, 60.0  # type: ignore[assignment]

    assert learnt.cure("a", "b", 0.9) == SURELY


def test_a_hundred_solved_runs_of_one_cause_make_it_more_common(knowledge: Knowledge) -> None:
    here = {c.id: c.counted.here for c in knowledge.causes.values() if c.counted}
    before = totals(knowledge, here, told(knowledge))
    after = totals(knowledge, here, told(knowledge) | {"hardware": 100.0})

    assert after["hardware"] > 3 * before["hardware"]
    for shares in (before, after):
        assert sum(shares.values()) == pytest.approx(1 - knowledge.policy.none_of_these)
    assert sum(spread(knowledge, after).values()) == pytest.approx(sum(after.values()))


def test_a_failure_counts_as_far_as_the_fix_was_applied() -> None:
    learnt = Learnt(worked=Counter({("a", "b"): 6.0}), failed=Counter({("a", "b"): 4.0}))

    # Of ten tries six were applied as meant, and all of those helped: the four failures say little.
    assert learnt.cure("a", "b", 0.99, applied=0.6) > 0.98
    assert learnt.cure("a", "b", 0.99) < 0.92
