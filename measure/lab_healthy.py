"""Healthy runs of the lab that look odd: what people, and rules, take for a fault.

Each is right by its making: nothing in it is broken. measure/lab.py counts those that whynan calls abnormal.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from probes.lab import Damage, Settings
from probes.lab.batches import Batch
from probes.lab.damage import NONE
from probes.lab.text import Sample
from probes.lab.text import samples as originals


class Few(Damage):
    """A small data set, seen again and again: the loss steps down at each epoch."""

    def text(self, samples: list[Sample]) -> list[Sample]:
        """So few that an epoch has 15 steps."""
        return samples[:120]


class Longer(Damage):
    """A curriculum: the samples grow."""

    def batch(self, batch: Batch, step: int) -> Batch:
        """From a part of each sample to all of it."""
        width = min(batch.tokens.shape[1], 40 + step)
        return Batch(batch.tokens[:, :width], batch.labels[:, :width], batch.bias[..., :width, :width])


class Known(Damage):
    """The text that the model was pre-trained on: there is nothing left to learn."""

    def text(self, samples: list[Sample]) -> list[Sample]:
        """As it stands."""
        return list(originals())


class HardBatch(Damage):
    """One batch whose gradient is some twenty times the usual, which clipping takes care of."""

    def gradient(self, gradient: Tensor, step: int) -> Tensor:
        """At one step in the middle."""
        return 20 * gradient if step == 30 else gradient


# What was asked for, what is special about the data, and the steps in which it ran.
Odd = tuple[Settings, Damage, tuple[int, ...]]
USUAL = Settings(steps=60)
ALL = tuple(range(1, 61))
HEALTHY: Mapping[str, Odd] = {
    "usual": (USUAL, NONE, ALL),
    "small-batch": (USUAL.but(batch=2, learning_rate=3e-4), NONE, ALL),
    "one-sample": (USUAL.but(batch=1, learning_rate=2e-4, steps=90), NONE, tuple(range(1, 91))),
    "staircase": (USUAL.but(steps=75), Few(), tuple(range(1, 76))),
    # Killed at step 40, and on from the checkpoint of step 30, on the same data.
    "resumed": (USUAL, NONE, (*ALL[:40], *ALL[30:])),
    "curriculum": (USUAL, Longer(), ALL),
    "scaler-skips": (
        USUAL.but(precision="float16", loss_scale="dynamic", headroom=0.2, overflows_at="residual"),
        NONE,
        ALL,
    ),
    "flat-continuation": (USUAL.but(learning_rate=1e-5), Known(), ALL),
    "hard-batch": (USUAL, HardBatch(), ALL),
    "bfloat16": (USUAL.but(precision="bfloat16"), NONE, ALL),
    "lora": (USUAL.but(lora_rank=8, learning_rate=3e-3), NONE, ALL),
    "qlora": (USUAL.but(lora_rank=8, learning_rate=3e-3, quantized=True, precision="bfloat16"), NONE, ALL),
    "sgd": (USUAL.but(optimizer="sgd", learning_rate=0.05), NONE, ALL),
    "adafactor": (USUAL.but(optimizer="adafactor"), NONE, ALL),
    "long-warm-up": (USUAL.but(warmup=45), NONE, ALL),
    "left-padding": (USUAL.but(padding="left", accumulation=2, batch=4), NONE, ALL),
    "packed": (USUAL.but(padding="packed", batch=4), NONE, ALL),
    "unclipped": (USUAL.but(max_grad_norm=None), NONE, ALL),
}
SEEDS = 3
