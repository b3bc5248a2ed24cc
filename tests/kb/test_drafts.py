from __future__ import annotations

from pathlib import Path

import pytest

from kb.check import check
from kb.drafts import update

NAME = "causes/precision/overflow.test.yaml"
CASES = """\
- name: a   # a case that nobody touches
  facts: {precision: float16}
  expect: first
- name: b
  expect: low
"""
CLAIMS = """\
- name: what each answer says of it, and how often each fix cures it
  says:
    precision: {float16: for, bfloat16: strongly against}
    loss.symptom: {nan: for, zero: against}
  cures:
    use-bf16: usually
"""


@pytest.fixture
def path(folder: Path) -> Path:
    path = folder / NAME
    path.write_text(CASES)
    return path


def test_a_cause_without_claims_gets_them(folder: Path, path: Path) -> None:
    assert update(folder) == [path]
    assert path.read_text() == CASES + CLAIMS
    assert [problem for problem in check(folder) if problem.path == NAME] == []
    assert update(folder) == []


def test_only_what_no_longer_holds_or_is_missing_changes(folder: Path, path: Path) -> None:
    path.write_text(
        f"{CASES}- name: in my words\n"
        "  says:\n"
        "    precision: {bfloat16: strongly against}  # this one alone\n"
        "    loss.symptom: {nan: against}  # by the book\n"
        "    rate: {high: strongly for}\n"  # no sign of it any more
        "  cures:\n"
        "    use-bf16: seldom\n"
        "- name: c\n"
        "  expect: low\n"
    )
    assert update(folder) == [path]

    assert path.read_text() == (
        f"{CASES}- name: in my words\n"
        "  says:\n"
        "    precision: {bfloat16: strongly against}  # this one alone\n"
        "    loss.symptom: {nan: for, zero: against}  # by the book\n"
        "  cures:\n"
        "    use-bf16: usually\n"
        "- name: c\n"
        "  expect: low\n"
    )


def test_a_new_sign_gets_a_line(folder: Path, path: Path) -> None:
    path.write_text(
        CASES + CLAIMS.replace("    loss.symptom: {nan: for, zero: against}\n", "    # by hand\n")
    )
    update(folder)

    assert "    # by hand\n    loss.symptom: {nan: for, zero: against}\n  cures:\n" in path.read_text()


def test_a_line_of_a_case_that_looks_like_a_claim_stays(folder: Path, path: Path) -> None:
    cases = CASES.replace(
        "  facts: {precision: float16}\n", "  facts:\n    loss.symptom: zero\n    precision: float16\n"
    )
    path.write_text(cases + CLAIMS.replace("for, zero: against", "against, zero: against"))

    assert update(folder) == [path]
    assert path.read_text() == cases + CLAIMS


def test_a_missing_line_is_put_where_the_knowledge_has_it(folder: Path, path: Path) -> None:
    path.write_text(CASES + CLAIMS.replace("    precision: {float16: for, bfloat16: strongly against}\n", ""))

    assert update(folder) == [path]
    assert path.read_text() == CASES + CLAIMS


def test_what_is_no_yaml_is_left_alone(folder: Path, path: Path) -> None:
    path.write_text("- name: [\n")

    assert update(folder) == []
    assert path.read_text() == "- name: [\n"
