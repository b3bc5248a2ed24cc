"""AdamW at a hundred times its usual rate: the loss jumps, and stays as high as guessing letters."""

from probes.lab.fault import Fault
from probes.lab.settings import Settings

FAULT = Fault(
    cause="lr-too-high",
    settings=Settings(learning_rate=5e-2, decay=True, steps=90),
    symptoms=("spike", "divergence", "not-decreasing"),
    onset=(2, 30),
    fixes=("lower-learning-rate",),
)
