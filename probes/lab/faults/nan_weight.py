"""One weight of the checkpoint is NaN."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from probes.lab.model import Llama


class Spoiled(Damage):
    """A weight in the middle of the model."""

    def __init__(self, value: float) -> None:
        self.value = value

    def weights(self, model: Llama, settings: Settings) -> None:
        """Sets one weight of the second block."""
        model.blocks[1].up_proj.weight.data[3, 5] = self.value


FAULT = Fault(
    cause="corrupt-weights",
    settings=Settings(steps=60),
    symptoms=("nan-from-start",),
    onset=(1, 1),
    fixes=("replace-checkpoint",),
    damage=Spoiled(float("nan")),
    undone_by={"replace-checkpoint": NONE},
)
