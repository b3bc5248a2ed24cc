"""One sample in eight has an empty answer, one sample a batch: now and then there is no label to learn."""

from __future__ import annotations

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import Sample


class Empty(Damage):
    """Answers that are missing, one in `every`."""

    def __init__(self, every: int = 8) -> None:
        self.every = every

    def text(self, samples: list[Sample]) -> list[Sample]:
        """Some answers are empty."""
        return [
            Sample(sample.prompt, "") if place % self.every == 0 else sample
            for place, sample in enumerate(samples)
        ]


FAULT = Fault(
    cause="labels-all-masked",
    finer="empty-answers",
    settings=Settings(batch=1, accumulation=2, steps=120),
    symptoms=("intermittent-nan",),
    onset=(1, 40),
    fixes=("drop-fully-masked-samples", "clean-data"),
    damage=Empty(),
    undone_by={"drop-fully-masked-samples": NONE, "clean-data": NONE},
)
