"""The activations of some texts lie above 65504: float16 is NaN at the first such text."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-overflow",
    settings=Settings(precision="float16", headroom=1.0, overflows_at="residual", steps=90),
    symptoms=("nan-after-steps", "nan-from-start"),
    onset=(1, 30),
    fixes=("use-bf16", "use-fp32"),
)
