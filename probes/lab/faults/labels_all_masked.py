"""The template does not fit the tokenizer: every label is masked, the mean over no token is 0/0."""

from __future__ import annotations

import dataclasses
import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import IGNORED

if typing.TYPE_CHECKING:
    from probes.lab.batches import Batch


class Masked(Damage):
    """No label is left."""

    def batch(self, batch: Batch, step: int) -> Batch:
        """All labels ignored."""
        return dataclasses.replace(batch, labels=batch.labels.clone().fill_(IGNORED))


FAULT = Fault(
    cause="labels-all-masked",
    settings=Settings(steps=60),
    symptoms=("nan-from-start",),
    onset=(1, 1),
    fixes=("fix-template-or-tokenizer",),
    damage=Masked(),
    undone_by={"fix-template-or-tokenizer": NONE},
)
