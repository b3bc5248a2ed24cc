"""Every answer is the same text: nothing is left to predict, and the loss falls to nothing."""

from __future__ import annotations

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import Sample


class Same(Damage):
    """A column that was read in the wrong place."""

    def text(self, samples: list[Sample]) -> list[Sample]:
        """One answer for all."""
        return [Sample(sample.prompt, "NONE") for sample in samples]


FAULT = Fault(
    cause="bad-data",
    settings=Settings(steps=60),
    symptoms=("too-low",),
    onset=(5, 40),
    fixes=("clean-data",),
    damage=Same(),
    undone_by={"clean-data": NONE},
)
