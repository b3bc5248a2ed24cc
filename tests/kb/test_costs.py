from __future__ import annotations

from pathlib import Path

import pytest

import kb
from kb.costs import minutes, money, replay


def test_a_fix_with_a_restart_costs_the_way_back_to_the_bad_step(folder: Path) -> None:
    knowledge = kb.load(folder)
    run = {"run.step_seconds": 6.0, "loss.first_bad_step": 200}

    assert minutes(knowledge, knowledge.fixes["use-bf16"], {}) == 10 + 5
    assert minutes(knowledge, knowledge.fixes["use-bf16"], run) == 10 + 5 + 20
    assert minutes(knowledge, knowledge.fixes["lower-rate"], run) == 20  # it needs no restart


def test_a_fix_may_cost_less_for_whom_a_fact_holds() -> None:
    knowledge = kb.load()
    fix = knowledge.fixes["use-fp32"]
    restart = knowledge.policy.restart_minutes

    assert minutes(knowledge, fix, {"model.language": True}) == fix.minutes + restart
    assert minutes(knowledge, fix, {"model.language": False}) == 8 + restart


def test_a_checkpoint_shortens_the_way_back() -> None:
    run = {"run.step_seconds": 6.0, "loss.first_bad_step": 200, "run.steps_lost": 50}

    assert replay(run) == 5.0


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"run.step_seconds": 6.0},
        {"loss.first_bad_step": 20},
        {"run.step_seconds": 6.0, "loss.first_bad_step": "late"},
    ],
)
def test_what_is_not_known_costs_nothing(facts: dict[str, float | str]) -> None:
    assert replay(facts) == 0.0


def test_money_is_for_all_gpus_and_a_person() -> None:
    prices = {"price.gpu_hour": 2.5, "gpu.count": 8, "price.person_hour": 40}

    assert money(30, prices) == 30.0
    assert money(30, {"price.gpu_hour": 2.5}) == 1.25
    assert money(30, {"gpu.count": 8}) is None


def test_where_every_try_is_dear_a_question_is_worth_more(folder: Path) -> None:
    knowledge = kb.load(folder)
    long = {"loss.symptom": "nan", "run.step_seconds": 10.0, "run.steps_lost": 300}

    assert kb.diagnose(knowledge, long).next != kb.diagnose(knowledge, {"loss.symptom": "nan"}).next
