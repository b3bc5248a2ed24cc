"""A release adds the loss up over the micro-batches and does not divide: it is four times too high."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

PARTS = 4


class Summed(Damage):
    """The division by the number of micro-batches is missing."""

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean times the number of micro-batches, which the loop divides by."""
        return super().loss(logits, labels) * PARTS


FAULT = Fault(
    cause="library-bug",
    finer="summed-loss",
    settings=Settings(accumulation=PARTS, batch=2, task="capitals", steps=60),
    symptoms=("too-high",),
    onset=(1, 3),
    fixes=("upgrade-library", "downgrade-library"),
    damage=Summed(),
    undone_by={"upgrade-library": NONE, "downgrade-library": NONE},
    simulated=True,
)
