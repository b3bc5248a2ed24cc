"""An exponent bit of one weight of the head is flipped: it is finite, and 2 to the power of 32 too large."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from probes.lab.model import Llama


class Flipped(Damage):
    """No scan for NaN finds it."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """One weight in the row of the letter e."""
        model.lm_head.weight.data[ord("e"), 5] *= 2.0**32


FAULT = Fault(
    cause="corrupt-weights",
    settings=Settings(steps=60),
    symptoms=("too-high",),
    onset=(1, 1),
    fixes=("replace-checkpoint",),
    damage=Flipped(),
    undone_by={"replace-checkpoint": NONE},
)
