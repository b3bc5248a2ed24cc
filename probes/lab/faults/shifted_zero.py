"""A 4-bit kernel whose zero point is off by one, as a tool's older files under its newer kernel."""

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
        """Each weight is a step of its scale too large."""
        from probes.lab.weights import four_bits

        if settings.quantized:
            for product in model.products():
                product.weight.data = four_bits(product.weight.data, zero=1)


FAULT = Fault(
    cause="quantization",
    settings=Settings(quantized=True, lora_rank=8, learning_rate=3e-4, steps=60),
    symptoms=("too-high",),
    onset=(1, 1),
    well=Settings(lora_rank=8, learning_rate=3e-4, steps=60),
    fixes=("change-quantization",),
    damage=Shifted(),
    undone_by={"change-quantization": NONE},
    simulated=True,
)
