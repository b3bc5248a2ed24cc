"""4-bit weights computed in float16 for a model of bfloat16's range: the products overflow."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="quantization",
    finer="qlora-compute-dtype",
    settings=Settings(
        precision="float16",
        quantized=True,
        lora_rank=8,
        learning_rate=3e-3,
        headroom=2.0,
        overflows_at="residual",
        steps=60,
    ),
    symptoms=("nan-from-start", "nan-after-steps"),
    onset=(1, 3),
    fixes=("change-quantization", "use-bf16", "use-fp32"),
)
