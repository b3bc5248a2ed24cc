"""The lab's shipped results against its claims and the knowledge; the runs are measure/run_lab.py's."""

from __future__ import annotations

import json

import pytest

import kb
from measure import proofs, prove_lab
from probes.lab import FAULTS

RESULTS = json.loads(prove_lab.RESULTS.read_text(encoding="utf-8"))
KNOWLEDGE = kb.load()
WELL = {"symptom": "healthy", "first_bad_step": None, "steps": 60, "first": "2.6", "end": "1.0"}
BROKEN = {**WELL, "symptom": "nan-after-steps", "first_bad_step": 10}


def test_every_claim_of_the_lab_is_borne_out_by_its_runs() -> None:
    assert list(prove_lab.gaps(RESULTS)) == []


def test_every_fault_was_run_with_several_orders_of_the_data() -> None:
    assert {name: len(RESULTS[name][""]) for name in FAULTS if len(RESULTS[name][""]) < 2} == {}


def test_the_chances_of_the_knowledge_are_what_the_runs_give() -> None:
    for entry, tallies in prove_lab.proofs(RESULTS).items():
        cause = KNOWLEDGE.causes[entry]
        counted = {fix: (count.runs, count.cured) for fix, count in tallies.items() if fix in cause.fixes}
        assert {fix: (p.runs, p.cured) for fix, p in cause.proved.items()} == counted, entry
        for fix, proof in cause.proved.items():
            now = proofs.chance(proof.guess, proof.runs, proof.cured)
            assert cause.fixes[fix] == pytest.approx(min(now, 0.98), abs=0.006), (entry, fix)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"symptom": "spike"}, False),
        ({"steps": 29}, False),  # less than three times the onset
        ({"end": "1.9"}, False),  # hardly fell
        ({"end": "0.1"}, False),  # learnt what was not there
    ],
)
def test_cured_is_healthy_long_enough_and_learning(changes: dict[str, object], expected: bool) -> None:
    assert prove_lab.cured({**WELL, **changes}, BROKEN, WELL) is expected


def test_a_file_of_the_knowledge_keeps_all_but_its_chances() -> None:
    before = "id: a\nfixes: {use-bf16: usually, use-fp32: .9}\nreferences: []\n"
    rows = {"use-bf16": (5, 5, 0.85, proofs.chance(0.85, 5, 5))}
    after = proofs.rewritten(before, rows)

    assert "fixes: {use-bf16: .93, use-fp32: .9}" in after or "fixes: {use-bf16: .92, use-fp32: .9}" in after
    assert "  use-bf16: {runs: 5, cured: 5, guess: .85}" in after
    assert proofs.rewritten(after, rows) == after
    assert after.endswith("references: []\n")


def test_the_plan_holds_only_what_is_missing() -> None:
    everything = list(prove_lab.plan(KNOWLEDGE, {}))
    first = everything[0]
    taken = {first["fault"]: {first["fix"]: {str(first["seed"]): WELL}}}

    assert list(prove_lab.plan(KNOWLEDGE, taken)) == everything[1:]
