"""A rate that needs a warm-up is given from the first step on, when the moments of Adam know nothing yet."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="no-warmup",
    settings=Settings(learning_rate=2.5e-2, warmup=0, decay=True, steps=90),
    symptoms=("spike", "divergence"),
    onset=(2, 15),
    well=Settings(learning_rate=2.5e-2, warmup=30, decay=True, steps=90),
    fixes=("warm-up-learning-rate", "lower-learning-rate"),
)
