"""SGD at a rate that it would need to keep up with AdamW, without clipping: the gradients explode."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="optimizer",
    finer="sgd-on-a-transformer",
    settings=Settings(optimizer="sgd", learning_rate=2.0, max_grad_norm=None, steps=90),
    symptoms=("nan-after-steps", "divergence", "inf", "spike"),
    onset=(2, 30),
    fixes=("use-adamw", "change-optimizer", "lower-learning-rate"),
)
