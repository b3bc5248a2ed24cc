"""Prompts that fill the maximum length: the answers are cut off, and all labels with them."""

from __future__ import annotations

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import Sample


class Long(Damage):
    """Some prompts are long."""

    def text(self, samples: list[Sample]) -> list[Sample]:
        """Every eighth prompt is three times as long as it was."""
        return [
            Sample((sample.prompt * 3)[:70], sample.answer) if place % 8 == 0 else sample
            for place, sample in enumerate(samples)
        ]


FAULT = Fault(
    cause="labels-all-masked",
    finer="truncated-answers",
    settings=Settings(batch=1, accumulation=2, max_length=48, steps=120),
    symptoms=("intermittent-nan",),
    onset=(1, 40),
    fixes=("raise-max-length", "drop-fully-masked-samples"),
    damage=Long(),
    undone_by={"drop-fully-masked-samples": NONE},
)
