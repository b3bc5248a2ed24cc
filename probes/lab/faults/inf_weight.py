"""One weight of the checkpoint is Inf."""

import dataclasses

from probes.lab.faults import nan_weight

FAULT = dataclasses.replace(nan_weight.FAULT, damage=nan_weight.Spoiled(float("inf")))
