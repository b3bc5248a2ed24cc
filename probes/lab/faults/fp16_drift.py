"""An activation below 65504 grows beyond it as the model learns: float16 overflows after some steps."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-overflow",
    settings=Settings(
        precision="float16", headroom=0.75, learning_rate=4e-3, overflows_at="residual", steps=130
    ),
    symptoms=("nan-after-steps",),
    onset=(10, 40),
    fixes=("use-bf16", "use-fp32", "lower-learning-rate"),
)
