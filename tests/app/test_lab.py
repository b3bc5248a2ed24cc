from __future__ import annotations

import json

import pytest

from app.cli import main
from probes.lab import FAULTS


def test_the_list_names_each_fault_its_cause_and_its_fixes(capsys):
    assert main(["lab", "list", "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [row["id"] for row in rows] == list(FAULTS)
    assert all(row.keys() >= {"cause", "fixes"} for row in rows)
    assert [row["id"] for row in rows if not row["fixes"]] == ["passing-spike"]  # it passes by itself


def test_a_run_says_what_the_log_shows(capsys):
    pytest.importorskip("torch")
    assert main(["lab", "run", "nan-weight", "--seed", "3", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)  # NaN is no JSON

    assert (found["symptom"], found["first_bad_step"]) == ("nan-from-start", 1)
    assert set(found["loss"]) == {"nan"}
    assert len(found["loss"]) == len(found["grad_norm"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such"], "whynan: no fault is called no-such, on the command line, see `whynan lab list`\n"),
        (
            ["nan-weight", "--fix", "disable-p2p"],
            "whynan: disable-p2p is no fix that the lab can apply, fault",
        ),
        (
            ["nan-weight", "--fix", "use-fp32"],
            "whynan: use-fp32 changes nothing here, fault nan-weight, take one",
        ),
    ],
)
def test_what_cannot_be_run_is_one_line(words, said, capsys):
    assert main(["lab", "run", *words]) == 2
    error = capsys.readouterr().err

    assert error.startswith(said)
    assert error.count("\n") == 1
