"""Reentrant checkpointing of blocks whose input needs no gradient: the adapters get none, the loss stays."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="gradient-checkpointing",
    finer="frozen-inputs",
    settings=Settings(lora_rank=8, checkpointing=True, learning_rate=3e-3, steps=60),
    symptoms=("not-decreasing",),
    onset=(1, 60),
    fixes=("change-gradient-checkpointing",),
)
