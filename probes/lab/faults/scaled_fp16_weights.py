"""Float16 weights, and a scaler that lets them pass: Adam's second moment vanishes, and 0/0 is NaN."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="fp16-weights",
    finer="scaled-fp16-weights",
    settings=Settings(precision="float16", weights="float16", loss_scale="dynamic", steps=60),
    symptoms=("nan-after-steps",),
    onset=(2, 10),
    fixes=("keep-fp32-master-weights", "use-fp32", "use-bf16", "raise-adam-epsilon", "change-optimizer"),
)
