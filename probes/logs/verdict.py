"""What a rule says of a run."""

from __future__ import annotations

import dataclasses

LEAST = 5  # points; fewer show whether numbers are finite, but no course


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A symptom of `loss.symptom`, and the index in the run of the first point that shows it.

    `hidden_nan` is None where nothing tells; `assumed` where only the Trainer's default filter does.
    `repeated`: from the first point on, the data are those of the epoch's begin.
    """

    symptom: str
    first: int | None = None
    hidden_nan: bool | None = None
    assumed: bool = False
    repeated: bool = False
