from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import kb


def probabilities(diagnosis: kb.Diagnosis) -> dict[str, float]:
    return {cause: round(probability, 6) for cause, probability in diagnosis.causes}


def change(folder: Path, name: str, **changes: Any) -> None:
    data = yaml.safe_load((folder / name).read_text())
    (folder / name).write_text(yaml.safe_dump(data | changes, allow_unicode=True))


def test_without_facts_belief_is_the_prior_and_none_of_these_keeps_its_share(folder: Path) -> None:
    assert probabilities(kb.diagnose(kb.load(folder), {})) == {"overflow": 0.5, "too-fast": 0.4}


def test_belief_is_bayes_rule_by_hand(folder: Path) -> None:
    found = probabilities(kb.diagnose(kb.load(folder), {"precision": "float16", "loss.symptom": "nan"}))

    # prior x P(float16 | .) x P(nan | .): what a cause does not speak of is as is typical.
    weights = {"overflow": 0.5 * 0.98 * 0.85, "too-fast": 0.4 * 0.4 * 0.5, "none": 0.1 * 0.4 * 0.5}
    total = sum(weights.values())
    assert found == {
        cause: pytest.approx(weights[cause] / total, abs=1e-6) for cause in ("overflow", "too-fast")
    }


def test_what_signs_leave_open_is_shared_out_as_is_typical(folder: Path) -> None:
    found = probabilities(kb.diagnose(kb.load(folder), {"rate": 1e-5}))

    weights = {"overflow": 0.5 * 0.9, "too-fast": 0.4 * 0.3, "none": 0.1 * 0.9}
    assert found["too-fast"] == pytest.approx(weights["too-fast"] / sum(weights.values()), abs=1e-6)


def test_a_fix_that_failed_speaks_against_the_causes_that_it_cures(folder: Path) -> None:
    found = probabilities(kb.diagnose(kb.load(folder), {}, tried={"use-bf16": "no-change"}))

    weights = {"overflow": 0.5 * 0.15, "too-fast": 0.4 * 0.95, "none": 0.1}
    assert found["overflow"] == pytest.approx(weights["overflow"] / sum(weights.values()), abs=1e-6)


def test_a_tried_fix_is_done_with_and_one_that_worked_ends_the_search(folder: Path) -> None:
    knowledge = kb.load(folder)

    assert [fix for fix, _, _ in kb.diagnose(knowledge, {}, tried={"use-bf16": "worse"}).fixes] == [
        "lower-rate"
    ]
    solved = kb.diagnose(knowledge, {}, tried={"use-bf16": "worked"})
    assert (solved.next, solved.expected_cost) == (kb.Stop(), 0.0)


def test_fixes_are_ordered_by_chance_over_cost_and_a_restart_costs(folder: Path) -> None:
    fixes = kb.diagnose(kb.load(folder), {}).fixes

    assert fixes == (
        ("use-bf16", pytest.approx(0.5 * 0.85 + 0.4 * 0.05), 15.0),
        ("lower-rate", pytest.approx(0.4 * 0.9), 20.0),
    )


def test_a_fix_that_cannot_be_done_here_comes_last_with_the_reason(folder: Path) -> None:
    found = kb.diagnose(kb.load(folder), {"precision": "float16", "bf16": False})

    assert [fix for fix, _, _ in found.fixes] == ["lower-rate", "use-bf16"]
    assert found.impossible == {"use-bf16": ("bf16",)}


def test_the_documents_own_fixes_come_first_among_equals(folder: Path) -> None:
    change(folder, "causes/precision/overflow.yaml", fixes={"use-bf16": 0.5, "lower-rate": 0.5})
    change(folder, "causes/optimizer/too-fast.yaml", fixes={"use-bf16": 0.5, "lower-rate": 0.5})
    change(folder, "fixes/lower-rate.yaml", minutes=15, document="solutions-3")

    assert [fix for fix, _, _ in kb.diagnose(kb.load(folder), {}).fixes] == ["lower-rate", "use-bf16"]


def test_facts_of_one_group_count_once(folder: Path) -> None:
    facts = yaml.safe_load((folder / "facts.yaml").read_text())
    facts["precision"]["group"] = facts["bf16"]["group"] = "format"
    (folder / "facts.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True))
    knowledge = kb.load(folder)

    both = kb.diagnose(knowledge, {"precision": "float16", "bf16": True})

    assert probabilities(both) == probabilities(kb.diagnose(knowledge, {"precision": "float16"}))


def test_a_fact_that_another_has_told_counts_for_nothing_beside_it(folder: Path) -> None:
    facts = yaml.safe_load((folder / "facts.yaml").read_text())
    facts["precision"]["told_by"] = {"weather": ["rain"]}
    (folder / "facts.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True))
    knowledge = kb.load(folder)
    nothing, alone, both = (
        probabilities(kb.diagnose(knowledge, known))
        for known in ({}, {"precision": "float16"}, {"precision": "float16", "weather": "rain"})
    )

    assert both == nothing != alone


def test_a_value_may_count_as_another_and_what_says_so_is_spent(folder: Path) -> None:
    facts = yaml.safe_load((folder / "facts.yaml").read_text())
    facts["precision"]["weighed_as"] = [
        {"from": {"precision": "float16", "weather": "rain"}, "value": "bfloat16"},
        {"from": {"precision": "float32"}, "value": "unknown"},
    ]
    (folder / "facts.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True))
    knowledge = kb.load(folder)
    nothing, as_it_is, other, hidden, unknown = (
        probabilities(kb.diagnose(knowledge, known))
        for known in (
            {},
            {"precision": "float16"},
            {"precision": "bfloat16"},
            {"precision": "float16", "weather": "rain"},
            {"precision": "float32"},
        )
    )

    assert hidden == other != as_it_is
    assert unknown == nothing


def test_a_failed_fix_clears_its_cause_only_as_far_as_fixes_are_applied_right(folder: Path) -> None:
    def believed() -> tuple[float, float, float]:
        knowledge = kb.load(folder)
        facts = {"precision": "float16"}
        untried, failed = (kb.diagnose(knowledge, facts, tried) for tried in ({}, {"use-bf16": "no-change"}))
        helps = {fix: chance for fix, chance, _ in untried.fixes}["use-bf16"]
        return probabilities(untried)["overflow"], probabilities(failed)["overflow"], helps

    always = believed()
    with (folder / "policy.yaml").open("a") as policy:
        policy.write("applied: 0.6\n")
    seldom = believed()

    assert always[1] < seldom[1] < seldom[0] == always[0]
    assert seldom[2] == pytest.approx(always[2])  # what is shown: if it is applied as it is meant


def test_a_default_that_nobody_wrote_down_moves_belief_less(folder: Path) -> None:
    knowledge = kb.load(folder)
    facts = {"precision": "float16"}

    sure, doubtful = kb.diagnose(knowledge, facts), kb.diagnose(knowledge, facts, assumed=["precision"])

    assert probabilities(kb.diagnose(knowledge, {}))["overflow"] < probabilities(doubtful)["overflow"]
    assert probabilities(doubtful)["overflow"] < probabilities(sure)["overflow"]


def test_facts_outside_the_vocabulary_count_for_nothing(folder: Path) -> None:
    knowledge = kb.load(folder)

    assert probabilities(
        kb.diagnose(knowledge, {"weather": "rain", "precision": "float12"})
    ) == probabilities(kb.diagnose(knowledge, {}))


def test_evidence_says_by_what_factor_a_fact_speaks_for_a_cause(folder: Path) -> None:
    found = kb.diagnose(kb.load(folder), {"precision": "float16"})

    (item,) = found.evidence["overflow"]
    everywhere = 0.5 * 0.98 + 0.4 * 0.4 + 0.1 * 0.4
    assert (item.fact, item.value, item.factor) == ("precision", "float16", pytest.approx(0.98 / everywhere))


def test_a_finer_cause_counts_for_the_one_above_it(folder: Path) -> None:
    change(folder, "causes/optimizer/too-fast.yaml", under="overflow")

    assert probabilities(kb.diagnose(kb.load(folder), {})) == {"overflow": 0.9}


def test_an_affected_version_is_a_hypothesis_of_its_own(folder: Path) -> None:
    text = {"en": "text", "zh": "文本"}
    facts = yaml.safe_load((folder / "facts.yaml").read_text()) | {"version.lib": {"kind": "text"}}
    (folder / "facts.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True))
    (folder / "advisories/lib").mkdir(parents=True)
    advisory = {
        "id": "bug",
        "title": text,
        "package": "lib",
        "affected": ">=1.2,<1.4",
        "cause": "too-fast",
        "prior": 0.6,
    }
    (folder / "advisories/lib/bug.yaml").write_text(yaml.safe_dump(advisory, allow_unicode=True))
    knowledge = kb.load(folder)

    before = probabilities(kb.diagnose(knowledge, {"version.lib": "1.4.0"}))
    after = probabilities(kb.diagnose(knowledge, {"version.lib": "1.3.1+cu121"}))

    assert before == {"overflow": 0.5, "too-fast": 0.4}
    assert after == {"overflow": 0.3, "too-fast": 0.6}


def saved(folder: Path, known: float) -> float:
    """What the question that is asked first saves when so many can answer it; 0: it is not asked."""
    facts = yaml.safe_load((folder / "facts.yaml").read_text())
    asked = kb.diagnose(kb.load(folder), {"loss.symptom": "nan"}).next
    assert isinstance(asked, kb.Ask)
    change(folder, "facts.yaml", **{asked.fact: facts[asked.fact] | {"known": known}})
    step = kb.diagnose(kb.load(folder), {"loss.symptom": "nan"}).next
    return step.saves if step == kb.Ask(asked.fact, step.saves) else 0.0


def test_a_question_that_few_can_answer_is_worth_less(folder: Path) -> None:
    asked = kb.diagnose(kb.load(folder), {"loss.symptom": "nan"}).next

    assert asked.saves == saved(folder, 1)
    assert asked.saves > saved(folder, 0.7) > 0
    assert saved(folder, 0) == 0


def test_dont_know_is_an_answer_that_tells_nothing(folder: Path) -> None:
    """What a question gains is in proportion to those who can answer; its minutes are spent in any case."""
    all_can, most, fewer = (saved(folder, known) for known in (1, 0.9, 0.8))

    assert all_can - most == pytest.approx(most - fewer, abs=1e-6)
