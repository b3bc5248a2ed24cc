"""Weights and optimizer states in float16, where Adam's epsilon of 1e-8 is 0: the first 0/0 is NaN."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-weights",
    finer="adam-epsilon",
    settings=Settings(precision="float16", weights="float16", steps=60),
    symptoms=("nan-after-steps",),
    onset=(2, 2),
    fixes=("keep-fp32-master-weights", "use-fp32", "use-bf16", "raise-adam-epsilon", "change-optimizer"),
)
