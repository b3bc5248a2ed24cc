"""A sample of measure/mutations.py: what a wrong number, sign, cure, patch or branch is caught by."""

from __future__ import annotations

import kb
from measure import mutations

KNOWLEDGE = kb.load()
SAID = mutations.beside(KNOWLEDGE)


def caught(mutant: mutations.Mutant) -> bool:
    return (
        mutations.miscounted(mutant.knowledge)
        or mutations.patch_fails(KNOWLEDGE, mutant.knowledge)
        or mutations.contradicted(mutant, SAID)
    )


def test_nearly_every_change_is_caught_without_a_case() -> None:
    sample = list(mutations.mutants(KNOWLEDGE))[::37]
    missed = [f"{mutant.kind} {mutant.where}" for mutant in sample if not caught(mutant)]

    assert len(sample) > 50
    assert len(missed) <= len(sample) // 10, missed


def test_nearly_every_small_tuning_passes() -> None:
    sample = list(mutations.tunings(KNOWLEDGE))[::29]
    flagged = [f"{mutant.kind} {mutant.where}" for mutant in sample if caught(mutant)]

    assert len(flagged) <= len(sample) // 10, flagged
