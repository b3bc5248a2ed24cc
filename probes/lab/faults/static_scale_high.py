"""A fixed loss scale so high that every gradient overflows in float16: every step is left out."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="loss-scale",
    finer="static-loss-scale",
    settings=Settings(precision="float16", loss_scale=2.0**24, steps=60),
    symptoms=("gradient-spike", "not-decreasing"),
    onset=(1, 10),
    fixes=("tune-loss-scale", "use-bf16", "use-fp32"),
)
