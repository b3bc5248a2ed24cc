"""Try it: a user's own numbers on the lab's small model, with and without a fix. Needs no torch to plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kb.model import Plain
from probes.lab import FIXES, Damage, Settings, Trace

STEPS = {1: 80, 2: 60, 3: 45, 4: 40}  # by accumulation, so that both runs together take less than a minute
# The lab's model is some ten thousand times smaller than those that people fine-tune, and takes larger steps:
# its healthy AdamW rates are 5e-4 to 1e-3 (LoRA 3e-3), theirs 1e-5 to 2e-5 (2e-4). SGD's are the same.
LARGER, LARGER_LORA = 50.0, 15.0
# Models pre-trained in bfloat16 have activations near float16's end; the small one has to be lent some.
LENT = 0.98
MOST_BATCH, MOST_ACCUMULATION = 8, 4
OPTIMIZERS = {"adam": "adam", "sgd": "sgd", "adafactor": "adafactor"}  # the lab's; all others go as AdamW
# What a person may set, in this order: the facts that a plan is made of.
FACTS = (
    "precision.compute",
    "precision.weights",
    "optimizer.name",
    "optimizer.learning_rate",
    "optimizer.max_grad_norm",
    "optimizer.epsilon",
    "schedule.warmup",
    "batch.per_device",
    "batch.accumulation",
    "lora.enabled",
)

Note = tuple[str, dict[str, Any]]  # a word of words.yaml and its fields


@dataclass(frozen=True)
class Plan:
    """What is run: the lab's settings for the user's numbers, and what was changed for the small model."""

    settings: Settings
    notes: tuple[Note, ...]

    def fixes(self) -> tuple[str, ...]:
        """The fixes that change something about this run."""
        return tuple(fix for fix, change in FIXES.items() if change(self.settings) != self.settings)


def plan(facts: Mapping[str, Plain]) -> Plan:
    """The run that fits the facts; what they do not say is as in the lab's healthy run.

    Raises ValueError, one line, for a learning rate that is no positive number.
    """
    notes: list[Note] = []
    compute = str(facts.get("precision.compute", "float32"))
    precision = {"float16": "float16", "bfloat16": "bfloat16", "float8": "bfloat16"}.get(compute, "float32")
    if compute == "float8":
        notes.append(("tryit.note_float8", {}))
    weights = str(facts.get("precision.weights", "float32"))
    weights = weights if weights == precision else "float32"
    asked = str(facts.get("optimizer.name", "adamw"))
    optimizer = OPTIMIZERS.get(asked, "adamw")
    if optimizer == "adamw" and "adamw" not in asked:
        notes.append(("tryit.note_optimizer", {"optimizer": asked}))
    lora = facts.get("lora.enabled") is True
    factor = 1.0 if optimizer == "sgd" else LARGER_LORA if lora else LARGER
    usual = {"sgd": 0.05}.get(optimizer, 3e-3 if lora else Settings().learning_rate) / factor
    rate = _number(facts.get("optimizer.learning_rate", usual))
    if factor > 1:
        notes.append(("tryit.note_rate", {"yours": f"{rate:g}", "here": f"{rate * factor:g}"}))
    batch, accumulation = _count(facts, "batch.per_device", 8), _count(facts, "batch.accumulation", 1)
    fewer = min(batch, MOST_BATCH), min(accumulation, MOST_ACCUMULATION)
    if fewer != (batch, accumulation):
        notes.append(("tryit.note_batch", {"batch": fewer[0], "accumulation": fewer[1]}))
    half = precision == "float16"
    if half:
        notes.append(("tryit.note_activations", {}))
    clip = facts.get("optimizer.max_grad_norm", 1.0)
    settings = Settings(
        precision=precision,
        weights=weights,
        loss_scale="dynamic" if half and weights == "float32" else None,
        optimizer=optimizer,
        learning_rate=rate * factor,
        epsilon=_number(facts.get("optimizer.epsilon", 1e-8)),
        max_grad_norm=None if clip == "none" else _number(clip),
        warmup=5 if facts.get("schedule.warmup", True) is True else 0,
        batch=fewer[0],
        accumulation=fewer[1],
        lora_rank=8 if lora else 0,
        headroom=LENT if half else None,
        overflows_at="residual",
        steps=STEPS[fewer[1]],
    )
    return Plan(settings, tuple(notes))


@dataclass(frozen=True)
class Outcome:
    """Both runs; `fixed` is None where no fix was asked for."""

    bare: Trace
    fixed: Trace | None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data; what is no number becomes "nan", "inf", "-inf"."""
        return {"without": self.bare.to_json(), "with": self.fixed.to_json() if self.fixed else None}


class _Told(Damage):
    """Breaks nothing: tells after each step."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell

    def after(self, model: Any, step: int) -> None:
        """A step is done."""
        self._tell(step)


def run(planned: Plan, fix: str | None, progress: Callable[[str, int, int], None]) -> Outcome:
    """Trains without the fix and with it. `progress` is told which run it is, the steps done, of how many.

    Raises KeyError for a fix that changes nothing here, ImportError without torch.
    """
    if fix is not None and fix not in planned.fixes():
        raise KeyError(fix)
    from probes.lab import run as train

    changed = FIXES[fix](planned.settings) if fix else None
    whole = planned.settings.steps * planned.settings.accumulation
    whole += changed.steps * changed.accumulation if changed else 0
    bare = train(
        planned.settings, _Told(lambda step: progress("without", _work(planned.settings, step), whole))
    )
    before = _work(planned.settings, planned.settings.steps)
    fixed = (
        train(changed, _Told(lambda step: progress("with", before + _work(changed, step), whole)))
        if changed
        else None
    )
    return Outcome(bare, fixed)


def _work(settings: Settings, step: int) -> int:
    return step * settings.accumulation


def _count(facts: Mapping[str, Plain], name: str, usual: int) -> int:
    return max(1, int(_number(facts.get(name, usual))))


def _number(value: Plain) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{value} is no positive number")
    return number
