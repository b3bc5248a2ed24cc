"""A 4-bit kernel that takes the two halves of a byte in the wrong order: each pair of weights changes
places.
"""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from probes.lab.model import Llama


class Shifted(Damage):
    """The packing belongs to another version of the tool."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """Swaps the neighbours of every pair."""
        for product in model.products():
            if product is not model.lm_head:
                weight = product.weight.data
                weight.copy_(weight.view(-1, 2).flip(1).reshape(weight.shape))


FAULT = Fault(
    cause="quantization",
    settings=Settings(quantized=True, lora_rank=8, learning_rate=3e-4, task="capitals", steps=60),
    symptoms=("not-decreasing", "too-high"),
    onset=(1, 60),
    fixes=("change-quantization",),
    damage=Shifted(),
    undone_by={"change-quantization": NONE},
    simulated=True,
)
