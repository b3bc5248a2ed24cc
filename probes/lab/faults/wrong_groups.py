"""A 4-bit kernel that reads each group's scale one group too far."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from probes.lab.model import Llama


class Shifted(Damage):
    """The scales belong to other weights."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """Quantizes with scales from some rows further on."""
        from probes.lab.weights import four_bits

        for product in model.products():
            if product is not model.lm_head:
                product.weight.data = four_bits(product.weight.data, shift=7)


FAULT = Fault(
    cause="quantization",
    settings=Settings(quantized=True, lora_rank=8, learning_rate=3e-4, steps=60),
    symptoms=("not-decreasing", "too-high"),
    onset=(1, 60),
    fixes=("change-quantization",),
    damage=Shifted(),
    undone_by={"change-quantization": NONE},
    simulated=True,
)
