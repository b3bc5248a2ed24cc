"""What a step costs: a person's minutes, and the machine's until the run is again where it broke."""

from __future__ import annotations

from collections.abc import Mapping

from kb.model import Fix, Knowledge, Plain, key

# What a person may tell of their own run; none of it is needed.
STEP_SECONDS, STEPS_LOST, FIRST_BAD = "run.step_seconds", "run.steps_lost", "loss.first_bad_step"
GPUS, GPU_HOUR, PERSON_HOUR = "gpu.count", "price.gpu_hour", "price.person_hour"


def minutes(knowledge: Knowledge, fix: Fix, facts: Mapping[str, Plain]) -> float:
    """Minutes to apply a fix and to see whether it helped: for most a restart, and the way back."""
    own = (values.get(key(facts[fact])) for fact, values in fix.minutes_where.items() if fact in facts)
    applying = next((known for known in own if known is not None), fix.minutes)
    return applying + (knowledge.policy.restart_minutes + replay(facts) if fix.restart else 0.0)


def replay(facts: Mapping[str, Plain]) -> float:
    """Minutes from the last good checkpoint, or from the start, to the step that broke; 0 while not known."""
    steps = _number(facts, STEPS_LOST)
    if steps is None:
        steps = _number(facts, FIRST_BAD)
    return (steps or 0.0) * (_number(facts, STEP_SECONDS) or 0.0) / 60


def money(minutes: float, facts: Mapping[str, Plain]) -> float | None:
    """What these minutes cost in the currency of the known prices: all GPUs wait, and a person works.

    None where no price is known.
    """
    gpu, person = _number(facts, GPU_HOUR), _number(facts, PERSON_HOUR)
    if gpu is None and person is None:
        return None
    hour = (gpu or 0.0) * (_number(facts, GPUS) or 1.0) + (person or 0.0)
    return minutes / 60 * hour


def _number(facts: Mapping[str, Plain], name: str) -> float | None:
    """A number that is known and not negative; a band ("late") is none."""
    value = facts.get(name)
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    return float(value) if known and value is not None else None
