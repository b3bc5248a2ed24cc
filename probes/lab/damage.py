"""What may be broken though no setting says so: a checkpoint, the data, a kernel, a library, a chip."""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from torch import Tensor

    from probes.lab.batches import Batch
    from probes.lab.model import Llama
    from probes.lab.settings import Settings
    from probes.lab.text import Sample


class Damage:
    """Nothing is broken. A fault overrides the place where it strikes."""

    def text(self, samples: list[Sample]) -> list[Sample]:
        """The data set."""
        return samples

    def weights(self, model: Llama, settings: Settings) -> None:
        """The model before the first step, changed in place."""

    def batch(self, batch: Batch, step: int) -> Batch:
        """A micro-batch."""
        return batch

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of logits (B, T, V) and labels (B, T)."""
        from probes.lab.model import cross_entropy

        return cross_entropy(logits, labels)

    def reduced(self, shares: typing.Sequence[Tensor], settings: Settings, step: int) -> Tensor | None:
        """What ZeRO's stage 2 makes of the ranks' gradients; None is the mean."""
        return None

    def gradient(self, gradient: Tensor, step: int) -> Tensor:
        """The gradient of all weights, (weights,)."""
        return gradient

    def after(self, model: Llama, step: int) -> None:
        """The model after an update, changed in place."""


NONE = Damage()
