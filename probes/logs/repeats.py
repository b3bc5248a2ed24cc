"""Data that come a second time within an epoch: a resumed run that began it anew."""

from __future__ import annotations

import math
import typing

from probes.logs.curve import BUCKETS
from probes.logs.noise import median
from probes.logs.point import Point

LEAST = 15  # points that must follow each other; of fewer, chance makes a likeness
MOST = 60  # points that are compared; a likeness of so many leaves no doubt
# Standard errors. Each of some thousand places is tried, and 6 happen by chance once in 10**9.
SURE = 6.0


def repeated(run: typing.Sequence[Point]) -> int | None:
    """The index of the point from which on the losses follow those of the epoch's begin, or None.

    A batch keeps its difficulty: whether its loss is above or below its neighbours' is much the same
    the second time. So the steps from point to point there are correlated with the first ones. Two
    series of independent values have correlated differences by sqrt(1.5 / n) (each difference shares
    a value with the next); steps are cut at three deviations, since two hard batches make a likeness by
    themselves. Only the first epoch is looked at: the next one repeats its data rightly, where nobody
    shuffles, and a log without epochs cannot tell. Of a longer log only extremes are kept (curve.py).
    """
    first = [point for point in run if point.epoch is not None and point.epoch < 1]
    course = [math.log(point.loss) for point in first if point.loss is not None and point.loss > 0]
    if len(course) != len(first) or not 2 * LEAST <= len(course) <= BUCKETS:
        return None
    steps = [two - one for one, two in zip(course, course[1:])]
    most = 3 * 1.4826 * median([abs(step) for step in steps])
    steps = [max(-most, min(most, step)) for step in steps]
    likeness = {
        start: _likeness(steps[: min(MOST, start - 1, len(steps) - start)], steps[start:])
        for start in range(LEAST + 1, len(steps) - LEAST + 1)
    }
    best = max(likeness, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] > SURE else None


def _likeness(one: typing.Sequence[float], two: typing.Sequence[float]) -> float:
    """The correlation of `one` with as much of `two`, in its standard errors (Fisher's z)."""
    count = len(one)
    mean, other = sum(one) / count, sum(two[:count]) / count
    shared = sum((a - mean) * (b - other) for a, b in zip(one, two))
    size = math.sqrt(sum((a - mean) ** 2 for a in one) * sum((b - other) ** 2 for b in two[:count]))
    return math.atanh(max(-0.999, min(0.999, shared / size))) * math.sqrt((count - 3) / 1.5) if size else 0.0
