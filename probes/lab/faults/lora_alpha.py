"""alpha at sixty-four times the rank: every update of the adapter is multiplied by 64."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="lora-config",
    settings=Settings(lora_rank=8, lora_alpha=1024.0, learning_rate=3e-3, steps=90),
    symptoms=("spike", "divergence", "not-decreasing"),
    onset=(1, 30),
    fixes=("change-lora-config", "lower-learning-rate"),
)
