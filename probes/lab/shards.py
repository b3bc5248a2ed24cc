"""ZeRO in one process: how the ranks' gradients become one, bucket by bucket (arXiv:1910.02054).

From stage 2 on, a rank keeps the gradient of its own part only. With overlap_comm, a bucket is reduced on a
stream of its own while the backward pass fills the next one: the place where a missing wait does harm.
"""

from __future__ import annotations

import typing

import torch
from torch import Tensor

from probes.lab.damage import Damage
from probes.lab.settings import Settings

BUCKETS = 8


def reduced(shares: typing.Sequence[Tensor], settings: Settings, damage: Damage, step: int) -> Tensor:
    """The mean of the micro-batches' and ranks' gradients; `shares` holds all of them, each (weights,)."""
    if settings.zero_stage == 2:
        found = damage.reduced(shares, settings, step)
        if found is not None:
            return found
    return torch.stack(list(shares)).mean(0) if len(shares) > 1 else shares[0].clone()
