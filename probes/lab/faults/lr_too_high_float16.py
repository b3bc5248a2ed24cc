"""The same rate in float16: the weights grow until an activation overflows."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="lr-too-high",
    settings=Settings(
        precision="float16", learning_rate=3e-2, headroom=0.3, overflows_at="residual", steps=90
    ),
    symptoms=("nan-after-steps",),
    onset=(2, 30),
    fixes=("lower-learning-rate",),
)
