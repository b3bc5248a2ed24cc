from __future__ import annotations

from pathlib import Path

import pytest

from kb.check import check


def problems(folder: Path, claims: str) -> list[str]:
    (folder / "tree.test.yaml").write_text(claims)
    return [str(problem) for problem in check(folder) if problem.path == "tree.test.yaml"]


@pytest.mark.parametrize(
    "claims",
    [
        "rate:\n  loss.symptom: [nan, '*']\n",
        "bf16:\n  precision: [float16]\n",  # which stands behind another question
        "precision:\n  loss.symptom: [nan]\n",
    ],
)
def test_a_claim_that_the_tree_keeps(folder: Path, claims: str) -> None:
    assert problems(folder, claims) == []


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        (
            "precision:\n  loss.symptom: [nan, zero]\n",
            "2:23: precision is not asked after loss.symptom = zero",
        ),
        ("bf16:\n  precision: [bfloat16]\n", "2:15: bf16 is not asked after precision = bfloat16"),
        ("colour:\n  precision: [float16]\n", "2:15: colour is not asked after precision = float16"),
        ("bf16:\n  colour: [red]\n", "2:12: bf16 is not asked after colour = red"),
        ("bf16: [precision]\n", "1:1: Input should be a valid dictionary"),
        ("bf16: [precision\n", "not YAML"),
    ],
)
def test_a_claim_that_it_does_not_keep_is_placed(folder: Path, claims: str, message: str) -> None:
    (found,) = problems(folder, claims)

    assert message in found


def test_a_branch_that_is_cut_off_contradicts_a_claim(folder: Path) -> None:
    claims = "precision:\n  loss.symptom: [nan]\n"
    assert problems(folder, claims) == []
    tree = folder / "tree.yaml"
    tree.write_text(tree.read_text().replace("      - precision\n", "", 1))

    assert problems(folder, claims) == [
        "tree.test.yaml:2:18: precision is not asked after loss.symptom = nan"
    ]
