"""One sample a step at a rate that suits many: every update follows a single text."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="batch-size",
    settings=Settings(optimizer="sgd", batch=1, learning_rate=0.33, max_grad_norm=None, steps=120),
    symptoms=("spike", "divergence", "gradient-spike", "not-decreasing"),
    onset=(1, 60),
    fixes=("accumulate-gradients", "lower-learning-rate", "clip-gradients"),
)
