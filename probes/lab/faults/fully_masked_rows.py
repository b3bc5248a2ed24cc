"""Left padding under a mask of -inf: a position may look at nothing, and that softmax is NaN."""

from __future__ import annotations

import dataclasses
import math
import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import PAD

if typing.TYPE_CHECKING:
    from probes.lab.batches import Batch


class Blind(Damage):
    """The rows of padding are hidden from themselves too."""

    def batch(self, batch: Batch, step: int) -> Batch:
        """-inf in the whole row of each padded position."""
        hidden = (batch.tokens == PAD)[:, None, :, None]
        return dataclasses.replace(batch, bias=batch.bias.masked_fill(hidden, -math.inf))


FAULT = Fault(
    cause="padding-or-mask",
    finer="fully-masked-rows",
    settings=Settings(padding="left", kernel="eager", steps=60),
    symptoms=("nan-from-start", "nan-after-steps"),
    onset=(1, 10),
    fixes=("fix-padding-or-mask", "change-attention-kernel"),
    damage=Blind(),
    undone_by={"fix-padding-or-mask": NONE},
)
