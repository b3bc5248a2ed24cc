"""A hand-written masked mean divides by the number of labels: without any, the gradient is NaN too."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.faults.empty_answers import Empty
from probes.lab.settings import Settings
from probes.lab.text import IGNORED

if typing.TYPE_CHECKING:
    from torch import Tensor


class MaskedMean(Empty):
    """Some answers are empty, which PyTorch's own loss would survive."""

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The sum over the labels by their number, with nothing in case that is 0."""
        from torch.nn import functional

        labels = labels[:, 1:].flatten()
        mask = (labels != IGNORED).float()
        each = functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels.clamp(min=0), reduction="none")
        return (each * mask).sum() / mask.sum()


class Guarded(Empty):
    """The same data under a loss that asks for labels first."""

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """0 where there is no label."""
        if bool((labels[:, 1:] == IGNORED).all()):
            return logits.sum() * 0
        return Damage.loss(self, logits, labels)


FAULT = Fault(
    cause="custom-loss",
    settings=Settings(batch=1, accumulation=4, steps=90),
    symptoms=("nan-after-steps", "nan-from-start"),
    onset=(1, 30),
    fixes=("fix-custom-loss", "drop-fully-masked-samples"),
    damage=MaskedMean(24),
    undone_by={"fix-custom-loss": Guarded(24), "drop-fully-masked-samples": NONE},
)
