"""Weights in bfloat16 without a master copy: an update of less than half a spacing is lost."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-weights",
    finer="bf16-weights",
    settings=Settings(
        precision="bfloat16", weights="bfloat16", learning_rate=1e-5, task="capitals", steps=60
    ),
    symptoms=("not-decreasing",),
    onset=(1, 60),
    well=Settings(precision="bfloat16", learning_rate=1e-5, task="capitals", steps=60),
    fixes=("keep-fp32-master-weights", "use-fp32"),
)
