"""Copies from one GPU to another arrive torn: the gradients that the ranks add up are partly garbage."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

AFTER = 5


class Torn(Damage):
    """From the fifth step on, a page of each sum holds other bits."""

    def gradient(self, gradient: Tensor, step: int) -> Tensor:
        """1024 numbers read as if their two halves were swapped."""
        import torch

        if step > AFTER:
            page = gradient[4096:5120].view(torch.int16)
            page.copy_(page.view(-1, 2).flip(1).reshape(-1))
        return gradient


FAULT = Fault(
    cause="hardware",
    finer="peer-copies",
    settings=Settings(ranks=2, batch=4, steps=60),
    symptoms=("nan-after-steps", "inf", "divergence", "gradient-spike"),
    onset=(AFTER, AFTER + 6),
    fixes=("disable-p2p", "repair-environment", "change-gpu"),
    damage=Torn(),
    undone_by={"disable-p2p": NONE, "repair-environment": NONE, "change-gpu": NONE},
    simulated=True,
)
