"""A fused feed-forward kernel puts its sums out in float16 although the run is in bfloat16."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

    from probes.lab.model import Llama


def half(sums: Tensor) -> Tensor:
    """Rounded to float16."""
    from probes.lab.arithmetic import rounded

    return rounded(sums, "float16")


class Half(Damage):
    """The kernel, in all blocks."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """Put in where the settings ask for fused kernels."""
        for block in model.blocks:
            block.down_proj.product = half if settings.fused else None


FAULT = Fault(
    cause="fused-kernel",
    settings=Settings(precision="bfloat16", fused=True, headroom=2.0, overflows_at="residual", steps=60),
    symptoms=("nan-from-start", "nan-after-steps"),
    onset=(1, 3),
    fixes=("change-fused-kernel", "upgrade-library"),
    damage=Half(),
    undone_by={"upgrade-library": NONE},
    simulated=True,
)
