"""ZeRO-2 with overlap_comm reads a bucket too early: what lay in memory is added to the gradient."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

AFTER, BUCKETS = 6, 8


class Garbage(Damage):
    """A race that is lost once, at some step after the sixth."""

    def reduced(self, shares: typing.Sequence[Tensor], settings: Settings, step: int) -> Tensor | None:
        """The mean, with one bucket full of what float32 makes of arbitrary bits."""
        import torch

        if not settings.overlap_comm or step != AFTER + settings.seed % 5:
            return None
        whole = torch.stack(list(shares)).mean(0)
        bucket = whole.chunk(BUCKETS)[step % BUCKETS]
        bits = torch.randint(-(2**31), 2**31, bucket.shape, generator=torch.Generator().manual_seed(step))
        bucket.copy_(bits.to(torch.int32).view(torch.float32))
        return whole


FAULT = Fault(
    cause="deepspeed-zero",
    settings=Settings(zero_stage=2, ranks=4, batch=2, steps=60),
    symptoms=("nan-after-steps",),
    onset=(AFTER, AFTER + 6),
    fixes=("change-zero-stage", "tune-zero-settings", "upgrade-library", "monitor-training"),
    damage=Garbage(),
    undone_by={"upgrade-library": NONE},
    simulated=True,
)
