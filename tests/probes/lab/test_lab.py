"""The lab without torch, and one fault in a few seconds; measure/prove_lab.py proves all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import kb
from probes.lab import FAULTS, FIXES, Settings, applied, possible, run

ROOT = Path(__file__).parents[3]


def test_what_there_is_to_run_is_known_without_torch() -> None:
    script = "import sys; sys.modules['torch'] = None; import probes.lab; print(len(probes.lab.FAULTS))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert (done.stdout, done.stderr) == (f"{len(FAULTS)}\n", "")


def test_every_name_is_one_of_the_knowledge() -> None:
    knowledge = kb.load()
    fixes = {fix for fault in FAULTS.values() for fix in (*fault.fixes, *fault.undone_by)}
    causes = {cause for fault in FAULTS.values() for cause in (fault.cause, fault.finer) if cause}

    assert fixes | set(FIXES) <= set(knowledge.fixes)
    assert causes <= set(knowledge.causes)
    assert all(not f.finer or knowledge.causes[f.finer].under == f.cause for f in FAULTS.values())
    assert {s for f in FAULTS.values() for s in f.symptoms} <= set(knowledge.facts["loss.symptom"].typical)


@pytest.mark.parametrize("name", FAULTS)
def test_a_listed_fix_is_possible_and_a_run_is_long_enough_to_judge_it(name: str) -> None:
    fault = FAULTS[name]

    assert set(fault.fixes) <= set(possible(fault))
    assert "not-decreasing" in fault.symptoms or fault.settings.steps >= 3 * fault.onset[0]
    with pytest.raises(KeyError, match="no-fix"):
        applied(fault, "no-fix")


def test_a_fault_and_its_fix() -> None:
    pytest.importorskip("torch")
    fault = FAULTS["adam-epsilon"]
    broken = run(fault.settings.but(steps=6))
    settings, damage = applied(fault, "keep-fp32-master-weights")
    cured = run(settings.but(steps=6), damage)

    assert (broken.symptom, broken.first_bad_step) == ("nan-after-steps", 2)
    assert (cured.symptom, cured.loss[-1] < cured.loss[0]) == ("healthy", True)


def test_the_same_run_gives_the_same_numbers() -> None:
    pytest.importorskip("torch")
    settings = Settings(steps=3, precision="bfloat16", padding="packed")

    assert run(settings) == run(settings)
