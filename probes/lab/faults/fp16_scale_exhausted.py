"""The forward pass overflows in float16, and a dynamic loss scale is halved in vain to its end."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-overflow",
    settings=Settings(
        precision="float16", loss_scale="dynamic", headroom=1.5, overflows_at="residual", steps=60
    ),
    symptoms=("loss-scale-exhausted", "nan-from-start"),
    onset=(1, 20),
    fixes=("use-bf16", "use-fp32"),
)
