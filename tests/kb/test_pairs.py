from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import kb

# Each of the two faults nearly always shows its own fact, which nearly nobody else shows.
FACTS = {"precision": "float16", "rate": 1.0}


@pytest.fixture
def clear(folder: Path) -> kb.Knowledge:
    """The small base, where each cause has a fact that the other cannot bring about."""
    facts = yaml.safe_load((folder / "facts.yaml").read_text())
    facts["precision"]["typical"] = {"float16": 0.001, "bfloat16": 0.999}
    facts["rate"]["typical"] = {"usual": 0.999, "high": 0.001}
    (folder / "facts.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True))
    return kb.load(folder)


def test_two_causes_that_each_explain_a_fact_of_their_own_are_likely_both_true(clear: kb.Knowledge) -> None:
    pair = kb.explain(clear, FACTS).together

    assert pair is not None
    assert sorted(pair.causes) == ["overflow", "too-fast"]
    # policy.two_faults x P(float16 | overflow) x P(high | too-fast), against either one alone
    both = 0.03 * 0.98 * 0.7
    alone = 0.97 * (0.5 * 0.98 * 0.001 + 0.4 * 0.001 * 0.7 + 0.1 * 0.001 * 0.001)
    assert pair.probability == pytest.approx(both / (both + alone), rel=1e-3)


@pytest.mark.parametrize(
    "facts", [{}, {"precision": "float16"}, {"rate": 1.0}, {"precision": "bfloat16", "rate": 1e-5}]
)
def test_one_fault_is_enough_for_what_one_fault_explains(clear: kb.Knowledge, facts: dict[str, Any]) -> None:
    assert kb.explain(clear, facts).together is None


def test_a_fix_that_cures_one_of_two_faults_and_failed_leaves_both_likely(clear: kb.Knowledge) -> None:
    pair = kb.explain(clear, FACTS, tried={"use-bf16": "no-change"}).together

    assert pair is not None
    assert pair.causes[0] == "too-fast"  # the one that was not treated yet


def test_a_base_without_double_faults_never_names_a_pair(folder: Path) -> None:
    policy = yaml.safe_load((folder / "policy.yaml").read_text()) | {"two_faults": 0}
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy))

    assert kb.explain(kb.load(folder), FACTS).together is None
