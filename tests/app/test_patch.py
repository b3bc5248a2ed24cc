from __future__ import annotations

import subprocess
from pathlib import Path

from app.patch import diff, patch
from kb.model import Knowledge

SCRIPT = """\
from transformers import TrainingArguments

args = TrainingArguments(
    output_dir="out",
    fp16=True,  # T4
)
"""


def test_the_users_own_file_is_changed_and_nothing_else_of_it(knowledge: Knowledge) -> None:
    found = patch(knowledge.fixes["use-bf16"], {"train.py": SCRIPT}, "transformers")

    assert found is not None
    assert found.framework == "transformers"
    after = found.files["train.py"]
    assert "fp16=False,  # T4" in after
    assert "bf16=True" in after
    assert 'output_dir="out"' in after


def test_a_diff_is_one_that_git_applies(knowledge: Knowledge, tmp_path: Path) -> None:
    found = patch(knowledge.fixes["use-bf16"], {"train.py": SCRIPT}, "transformers")
    assert found is not None
    (tmp_path / "train.py").write_text(SCRIPT)

    subprocess.run(["git", "apply", "-"], input=found.diff.encode(), cwd=tmp_path, check=True)

    assert (tmp_path / "train.py").read_text() == found.files["train.py"]


def test_without_a_file_an_example_for_the_framework_is_shown(knowledge: Knowledge) -> None:
    fix = knowledge.fixes["use-bf16"]

    example = patch(fix, {}, "llamafactory")

    assert example is not None
    assert (example.framework, example.files) == ("llamafactory", {})
    assert "+bf16: true" in example.diff
    assert patch(fix, {}, "trl") == patch(fix, {}, "transformers")
    assert patch(fix, {}, None) is None


def test_a_file_of_another_kind_is_left_alone(knowledge: Knowledge) -> None:
    assert patch(knowledge.fixes["use-bf16"], {"notes.yaml": "groceries: milk\n"}, None) is None


def test_a_file_without_a_newline_at_its_end_is_said_to_have_none() -> None:
    assert diff("a: 1", "a: 2", "x").splitlines()[-2:] == ["+a: 2", "\\ No newline at end of file"]
