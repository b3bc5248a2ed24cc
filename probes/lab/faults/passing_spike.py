"""Three batches of a text unlike all that the model has seen: the loss leaps up, and comes back by itself.

Clipping is on, the run is watched already, and there is nothing to cure.
"""

from __future__ import annotations

import dataclasses
import typing

from probes.lab.damage import Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import BEGIN

if typing.TYPE_CHECKING:
    from probes.lab.batches import Batch

STRANGE = (40, 41, 42)


class Strange(Damage):
    """Every letter is another one, as in a script that the model does not know."""

    def batch(self, batch: Batch, step: int) -> Batch:
        """The text of three batches in the middle."""
        if step not in STRANGE:
            return batch
        tokens, labels = (
            numbers.where((numbers < 0) | (numbers >= BEGIN), (numbers * 7 + 131) % BEGIN)
            for numbers in (batch.tokens, batch.labels)
        )
        return dataclasses.replace(batch, tokens=tokens, labels=labels)


FAULT = Fault(
    cause="exploding-gradients",
    finer="passing-spike",
    settings=Settings(skip_nonfinite=True, steps=130),
    symptoms=("spike",),
    onset=(STRANGE[0], STRANGE[-1]),
    fixes=(),
    damage=Strange(),
)
