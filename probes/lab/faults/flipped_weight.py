"""An exponent bit of one weight of the checkpoint is flipped: finite, and 2 to the power of 60 too large."""

import dataclasses

from probes.lab.faults import nan_weight

FAULT = dataclasses.replace(
    nan_weight.FAULT,
    settings=nan_weight.FAULT.settings.but(steps=90),
    damage=nan_weight.Spoiled(2.0**55),
    symptoms=(
        "nan-from-start",
        "inf",
        "not-decreasing",
        "too-high",
        "divergence",
        "spike",
        "nan-after-steps",
    ),
    onset=(1, 5),
)
