"""alpha at 256 times the rank: every update of the adapter is multiplied by 256."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="lora-config",
    settings=Settings(lora_rank=8, lora_alpha=2048.0, learning_rate=3e-3, steps=90),
    symptoms=("spike", "divergence", "not-decreasing"),
    onset=(1, 30),
    fixes=("change-lora-config",),
)
