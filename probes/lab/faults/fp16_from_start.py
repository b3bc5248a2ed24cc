"""Activations exceed 65504 from the start, as of a model made in bfloat16: float16 is NaN at once."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-overflow",
    finer="bf16-model-in-fp16",
    settings=Settings(precision="float16", headroom=2.0, overflows_at="residual", steps=60),
    symptoms=("nan-from-start", "nan-after-steps"),
    onset=(1, 3),
    fixes=("use-bf16", "use-fp32"),
)
