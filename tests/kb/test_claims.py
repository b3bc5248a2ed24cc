from __future__ import annotations

from pathlib import Path

import pytest

import kb
from kb.check import check
from kb.claims import CURES, SAYS, Claims, factor, holds, word, wrong

CASES = "- {name: a, facts: {precision: float16}, expect: first}\n- {name: b, expect: low}\n"


@pytest.fixture
def knowledge(folder: Path) -> kb.Knowledge:
    return kb.load(folder)


def found(knowledge: kb.Knowledge, says: dict[str, dict[str, str]], cures: dict[str, str]) -> list[str]:
    claims = Claims.model_validate({"name": "a", "says": says, "cures": cures})
    return [message for _, message in wrong(knowledge, knowledge.causes["overflow"], claims)]


def test_an_answer_is_worth_what_the_ledger_shows(knowledge: kb.Knowledge) -> None:
    (shown,) = kb.diagnose(knowledge, {"precision": "float16"}).evidence["overflow"]

    assert factor(knowledge, "overflow", "precision", "float16") == shown.factor
    assert factor(knowledge, "overflow", "precision", "float17") is None


def test_what_holds_is_not_mentioned(knowledge: kb.Knowledge) -> None:
    says = {"precision": {"float16": "for", "bfloat16": "strongly against"}}

    assert found(knowledge, says, {"use-bf16": "usually"}) == []


@pytest.mark.parametrize(
    ("says", "cures", "message"),
    [
        ({"precision": {"float16": "against"}}, {}, "precision = float16 is claimed as 'against', by the"),
        ({"precision": {"float17": "for"}}, {}, "no fact 'precision' has a value 'float17'"),
        ({"colour": {"red": "for"}}, {}, "no fact 'colour' has a value 'red'"),
        ({}, {"use-bf16": "seldom"}, "use-bf16 is claimed to cure it seldom, by its chance it does usually"),
        ({}, {"pray": "seldom"}, "pray is claimed to cure it seldom, it is not among the fixes"),
    ],
)
def test_what_the_numbers_contradict_is_said(
    knowledge: kb.Knowledge, says: dict[str, dict[str, str]], cures: dict[str, str], message: str
) -> None:
    (said,) = found(knowledge, says, cures)

    assert message in said


def test_the_words_leave_no_gap_and_close_to_a_word_is_good_enough() -> None:
    for ranges in (SAYS, CURES):
        ends = list(ranges.values())
        assert [low for low, _ in ends[1:]] == [high for _, high in ends[:-1]]
        assert all(word(ranges, (low + min(high, 10)) / 2) == name for name, (low, high) in ranges.items())
    assert holds(SAYS["for"], 4.3)
    assert not holds(SAYS["for"], 4.5)


def test_the_check_names_the_line_of_a_claim(folder: Path) -> None:
    path = folder / "causes/precision/overflow.test.yaml"
    path.write_text(
        CASES
        + "- name: c\n  says:\n    precision: {float16: against}\n  cures:\n    use-bf16: now and then\n"
    )
    assert any(
        str(problem).startswith("causes/precision/overflow.test.yaml:7:5: 2.cures.use-bf16: Input should be")
        for problem in check(folder)
    )

    path.write_text(path.read_text().replace("now and then", "usually"))
    assert any(
        str(problem).startswith(
            "causes/precision/overflow.test.yaml:5:17: precision = float16 is claimed as 'against'"
        )
        for problem in check(folder)
    )
