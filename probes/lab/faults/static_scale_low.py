"""A fixed loss scale so low that most gradients are 0 in float16; Adam blows up the few that are left."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="loss-scale",
    finer="static-loss-scale",
    settings=Settings(precision="float16", loss_scale=2.0**-12, steps=150),
    symptoms=("divergence", "not-decreasing", "spike"),
    onset=(1, 60),
    fixes=("tune-loss-scale", "use-bf16", "use-fp32", "lower-learning-rate"),
)
