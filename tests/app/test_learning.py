from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import kb
from app.cli import main
from app.link import encode
from app.session import Session
from app.store import Store, connect
from kb.load import HERE

SESSION = Session().answer("loss.symptom", "nan-after-steps").answer("precision.compute", "float16")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the knowledge, to be changed."""
    return Path(shutil.copytree(HERE, tmp_path / "kb", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    opened = connect(f"sqlite:///{tmp_path}/whynan.db")
    yield opened
    opened.close()


def learnt(capsys, folder: Path) -> tuple[str, list[str]]:
    """The diff and the lines on standard error."""
    database = f"sqlite:///{folder.parent}/whynan.db"
    assert main(["kb", "--kb", str(folder), "learn", "--database", database]) == 0
    out, err = capsys.readouterr()
    return out, err.splitlines()


def tell(kept: Store, fix: str, outcome: str, times: int) -> None:
    for _ in range(times):
        name, _ = kept.save(encode(SESSION))
        assert kept.record(name, fix, outcome)


def test_outcomes_become_a_diff_with_counts_and_no_file_is_touched(capsys, folder, kept):
    tell(kept, "use-bf16", "worked", 15)
    tell(kept, "lower-learning-rate", "no-change", 15)
    before = {path: path.read_text() for path in folder.rglob("*.yaml")}

    diff, counts = learnt(capsys, folder)
    assert {path: path.read_text() for path in folder.rglob("*.yaml")} == before
    assert "+++ b/kb/causes/precision/fp16-overflow.yaml\n" in diff
    assert [
        line for line in counts if line.startswith("fp16-overflow: prior ") and "runs told of" in line
    ] != []
    assert [line for line in counts if line.startswith("fp16-overflow: use-bf16 ") and "worked" in line] != []


def test_the_diff_applies_to_sound_knowledge_that_has_moved_as_told(capsys, folder, kept):
    tell(kept, "use-bf16", "worked", 20)
    old = kb.load(folder)
    diff, _ = learnt(capsys, folder)
    subprocess.run(["git", "apply", "-p1"], input=diff, text=True, cwd=folder.parent, check=True)

    new = kb.load(folder)
    assert new.causes["fp16-overflow"].prior > old.causes["fp16-overflow"].prior
    assert new.causes["fp16-overflow"].fixes["use-bf16"] > old.causes["fp16-overflow"].fixes["use-bf16"]
    assert new.causes["fp16-overflow"].counted.told > 5
    assert new.policy.learned_until > 0
    assert sum(c.prior for c in new.causes.values()) == pytest.approx(
        sum(c.prior for c in old.causes.values()), abs=0.02
    )


def test_what_was_learnt_is_not_learnt_again(capsys, folder, kept):
    tell(kept, "use-bf16", "worked", 20)
    diff, _ = learnt(capsys, folder)
    subprocess.run(["git", "apply", "-p1"], input=diff, text=True, cwd=folder.parent, check=True)

    assert learnt(capsys, folder) == ("", ["whynan: no new outcome changes a figure by 0.005 or more"])


def test_without_outcomes_nothing_is_proposed(capsys, folder, kept):
    kept.save(encode(SESSION))

    assert learnt(capsys, folder) == ("", ["whynan: no new outcome changes a figure by 0.005 or more"])


def test_a_run_told_of_twice_by_way_of_a_child_is_one_run(capsys, folder, kept):
    for _ in range(20):
        first, _ = kept.save(encode(SESSION))
        child, _ = kept.save(encode(SESSION.answer("lora.enabled", True)), first)
        kept.record(first, "use-bf16", "worked")
        kept.record(child, "use-bf16", "worked")
    _, counts = learnt(capsys, folder)

    (line,) = (line for line in counts if line.startswith("fp16-overflow: prior "))
    heard = float(line.partition(" of ")[2].partition(" ")[0])
    assert 18 < heard <= 20


def test_a_run_told_of_in_two_rounds_is_one_run(capsys, folder, kept, monkeypatch):
    """The outcome is told again, of the same diagnosis or of its child."""
    clock = [1_700_000_000]
    monkeypatch.setattr("app.store.time.time", lambda: clock[0])
    names = [kept.save(encode(SESSION))[0] for _ in range(20)]
    for name in names:
        kept.record(name, "use-bf16", "no-change")
    diff, _ = learnt(capsys, folder)
    subprocess.run(["git", "apply", "-p1"], input=diff, text=True, cwd=folder.parent, check=True)
    first = kb.load(folder).causes["fp16-overflow"].counted.told

    clock[0] += 60
    for name in names[:10]:
        kept.record(name, "use-bf16", "worked")
    for name in names[10:]:
        child, _ = kept.save(encode(SESSION.answer("lora.enabled", True)), name)
        kept.record(child, "use-bf16", "worked")
    diff, lines = learnt(capsys, folder)
    subprocess.run(["git", "apply", "-p1"], input=diff, text=True, cwd=folder.parent, check=True)
    after = kb.load(folder)

    assert any("of 20 runs told of" in line for line in lines)
    assert after.causes["fp16-overflow"].counted.told > first + 5
    heard = sum(cause.counted.told for cause in after.causes.values() if cause.counted)
    assert 17 < heard <= 20
    assert learnt(capsys, folder) == ("", ["whynan: no new outcome changes a figure by 0.005 or more"])


def test_a_database_that_cannot_be_used_is_one_line(capsys, folder):
    assert main(["kb", "--kb", str(folder), "learn", "--database", "nonsense"]) == 2
    assert capsys.readouterr().err.startswith("whynan: --database, is no address, ")
