"""The names of a layer did not match the checkpoint, so it was initialised anew."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from probes.lab.model import Llama


class Fresh(Damage):
    """The head has random weights."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """Normal with a standard deviation of 1, as an embedding is made."""
        import torch

        generator = torch.Generator().manual_seed(settings.seed)
        model.lm_head.weight.data.normal_(0, 1, generator=generator)


FAULT = Fault(
    cause="corrupt-weights",
    settings=Settings(steps=60, learning_rate=1e-4),
    symptoms=("too-high", "not-decreasing"),
    onset=(1, 1),
    fixes=("replace-checkpoint",),
    damage=Fresh(),
    undone_by={"replace-checkpoint": NONE},
)
