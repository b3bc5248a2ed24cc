"""A fused attention kernel in float16 does not take the row's maximum off: a score above 11 is Inf."""

from __future__ import annotations

import typing

from probes.lab.damage import Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

    from probes.lab.model import Llama


def naive(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """exp(scores) over its sum, as the formula stands in a textbook."""
    from probes.lab.arithmetic import rounded

    scores = rounded((q @ k.mT / q.shape[-1] ** 0.5 + bias).exp(), "float16")
    return scores / scores.sum(-1, keepdim=True) @ v


class Naive(Damage):
    """The kernel, in all blocks."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """Puts the kernel in where the settings ask for a fused one."""
        for block in model.blocks:
            if settings.kernel == "sdpa":
                block.attend = naive


FAULT = Fault(
    cause="attention-kernel",
    settings=Settings(precision="float16", kernel="sdpa", steps=60),
    symptoms=("nan-from-start", "nan-after-steps"),
    onset=(1, 20),
    fixes=("change-attention-kernel",),
    damage=Naive(),
    simulated=True,
)
