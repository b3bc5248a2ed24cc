"""One batch has a gradient hundreds of times as large, and nothing clips it: SGD throws the weights away."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

AT, TIMES = 15, 300.0


class Outlier(Damage):
    """A batch whose loss is weighted wrong."""

    def gradient(self, gradient: Tensor, step: int) -> Tensor:
        """Scaled at one step."""
        return gradient * TIMES if step == AT else gradient


FAULT = Fault(
    cause="exploding-gradients",
    settings=Settings(optimizer="sgd", learning_rate=0.1, max_grad_norm=None, steps=60),
    symptoms=("nan-after-steps", "inf", "divergence"),
    onset=(AT, AT + 5),
    fixes=("clip-gradients", "clean-data", "use-adamw", "change-optimizer"),
    damage=Outlier(),
    undone_by={"clean-data": NONE},
)
