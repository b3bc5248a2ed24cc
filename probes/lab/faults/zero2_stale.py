"""ZeRO-2's shards keep the gradient of the steps before: it is added to and never set back to 0."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor


class Stale(Damage):
    """A buffer that nobody clears."""

    def __init__(self) -> None:
        self.kept: Tensor | None = None

    def reduced(self, shares: typing.Sequence[Tensor], settings: Settings, step: int) -> Tensor | None:
        """The mean, plus all that came before."""
        import torch

        whole = torch.stack(list(shares)).mean(0)
        if step > 1 and self.kept is not None:
            whole += self.kept
        self.kept = whole.clone()
        return whole


FAULT = Fault(
    cause="deepspeed-zero",
    settings=Settings(
        zero_stage=2, ranks=4, batch=2, optimizer="sgd", learning_rate=0.1, max_grad_norm=None, steps=60
    ),
    symptoms=("nan-after-steps", "divergence", "inf", "spike"),
    onset=(1, 30),
    fixes=("change-zero-stage", "upgrade-library", "clip-gradients"),
    damage=Stale(),
    undone_by={"upgrade-library": NONE},
    simulated=True,
)
