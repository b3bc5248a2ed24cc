"""A custom loss takes the logarithm of a softmax in float16: what rounds to 0 becomes Inf."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import IGNORED

if typing.TYPE_CHECKING:
    from torch import Tensor


class HalfSoftmax(Damage):
    """Two steps where the library has one safe one."""

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """-log(softmax(logits)) of the label, the softmax in float16."""
        from torch.nn import functional

        from probes.lab.arithmetic import rounded

        chances = rounded(logits[:, :-1].softmax(-1), "float16")
        return functional.nll_loss(chances.log().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)


FAULT = Fault(
    cause="custom-loss",
    settings=Settings(precision="float16", loss_scale="dynamic", steps=60),
    symptoms=("nan-from-start", "inf", "nan-after-steps", "loss-scale-exhausted", "gradient-spike"),
    onset=(1, 20),
    fixes=("fix-custom-loss",),
    damage=HalfSoftmax(),
    undone_by={"fix-custom-loss": NONE},
)
