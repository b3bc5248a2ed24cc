from __future__ import annotations

import math
from pathlib import Path

import pytest

import kb
from kb.explain import Check, Flip, Hinge


def test_an_answer_flips_first_place_exactly_where_the_diagnosis_with_it_has_another_first_fix(
    knowledge: kb.Knowledge,
) -> None:
    facts = {"loss.symptom": "nan-after-steps", "precision.compute": "bfloat16", "deepspeed.enabled": True}
    flips = kb.explain(knowledge, facts).flips
    lead = kb.diagnose(knowledge, facts).fixes[0][0]

    assert flips
    for flip in flips:
        value = {"true": True, "false": False}.get(flip.value, flip.value)
        then = kb.diagnose(knowledge, {**facts, flip.fact: value}, skipped=())
        ranked = [
            (chance / minutes, fix) for fix, chance, minutes in then.fixes if fix not in then.impossible
        ]
        assert (flip.fix != lead, max(ranked)[1]) == (True, flip.fix), flip


def test_flips_hinges_and_checks_of_a_small_base_by_hand(folder: Path) -> None:
    knowledge = kb.load(folder)

    found = kb.explain(knowledge, {"precision": "bfloat16"})

    # overflow is all but ruled out, so lower-rate leads; without that fact use-bf16 is worth more.
    assert found.hinges == (Hinge("precision", "use-bf16"),)
    assert found.flips == ()
    assert found.unchecked["too-fast"] == ()  # it is all but sure, nothing more would tell
    assert [check.fact for check in found.unchecked["overflow"]] == ["rate", "loss.symptom"]
    assert found.together is None


def test_a_check_is_worth_the_information_it_would_carry_if_the_cause_were_true(folder: Path) -> None:
    check = kb.explain(kb.load(folder), {}).unchecked["too-fast"][0]

    # P(high) = .7 under the cause and .1 elsewhere; the cause has .4 of the belief.
    high, usual = 0.4 * 0.7 + 0.6 * 0.1, 0.4 * 0.3 + 0.6 * 0.9
    nats = 0.7 * math.log(0.7 / high) + 0.3 * math.log(0.3 / usual)
    assert check == Check("rate", pytest.approx(nats))


def test_a_flip_says_how_likely_the_answer_is(folder: Path) -> None:
    flips = kb.explain(kb.load(folder), {"loss.symptom": "zero"}).flips

    (high,) = [flip for flip in flips if flip.fact == "rate"]
    belief = {"overflow": 0.5 * 0.15, "too-fast": 0.4 * 0.5, "none": 0.1 * 0.5}
    total = sum(belief.values())
    chance = (belief["too-fast"] * 0.3 + (total - belief["too-fast"]) * 0.9) / total
    assert high == Flip("rate", "usual", pytest.approx(chance), "use-bf16")


def test_once_a_fix_is_tried_it_neither_leads_nor_flips(folder: Path) -> None:
    found = kb.explain(kb.load(folder), {}, tried={"use-bf16": "no-change"})

    assert "use-bf16" not in {flip.fix for flip in found.flips}
