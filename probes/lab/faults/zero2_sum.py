"""ZeRO-2 adds the gradients of the ranks up and does not divide: every update is four times too large."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor


class Sum(Damage):
    """A sum where the mean is meant; under AdamW with clipping nobody would see it."""

    def reduced(self, shares: typing.Sequence[Tensor], settings: Settings, step: int) -> Tensor | None:
        """The sum over the ranks."""
        import torch

        return torch.stack(list(shares)).sum(0)


FAULT = Fault(
    cause="deepspeed-zero",
    settings=Settings(
        zero_stage=2, ranks=4, batch=2, optimizer="sgd", learning_rate=0.3, max_grad_norm=None, steps=90
    ),
    symptoms=("nan-after-steps", "divergence", "inf", "spike"),
    onset=(1, 30),
    fixes=("change-zero-stage", "upgrade-library", "use-adamw", "lower-learning-rate", "clip-gradients"),
    damage=Sum(),
    undone_by={"upgrade-library": NONE},
    simulated=True,
)
