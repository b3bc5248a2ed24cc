"""SGD with momentum 0.99: a hundredfold of the rate that stands in the config, and it swings."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="optimizer",
    settings=Settings(optimizer="sgd", learning_rate=0.7, momentum=0.99, steps=90),
    symptoms=("divergence", "spike", "nan-after-steps"),
    onset=(2, 30),
    fixes=("use-adamw", "change-optimizer"),
)
