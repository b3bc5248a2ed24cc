"""A chip flips an exponent bit of one number now and then: the gradient explodes, or is not finite."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

AFTER, BIT = 8, 1 << 30


class Flip(Damage):
    """The highest bit of the exponent, in one gradient, every tenth step."""

    def gradient(self, gradient: Tensor, step: int) -> Tensor:
        """One number with the bit turned over."""
        import torch

        if step % 10 == AFTER:
            bits = gradient.view(torch.int32)
            bits[::40_000] ^= BIT
        return gradient


FAULT = Fault(
    cause="hardware",
    finer="faulty-gpu",
    settings=Settings(max_grad_norm=None, optimizer="sgd", learning_rate=0.1, steps=60),
    symptoms=("nan-after-steps", "inf", "divergence"),
    onset=(AFTER, AFTER + 12),
    fixes=("change-gpu",),
    damage=Flip(),
    undone_by={"change-gpu": NONE},
    simulated=True,
)
