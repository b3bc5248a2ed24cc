"""Robust statistics: what is usual in a curve, whatever a few wild points do."""

from __future__ import annotations

import math
import typing

# Four printed digits and the luck of a batch make 1 % the least that can be called noise.
LEAST_SPREAD = 0.01


def median(values: typing.Sequence[float]) -> float:
    """The middle of the values, of which there must be at least one."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def spread(values: typing.Sequence[float]) -> float:
    """The noise from one point to the next, as a standard deviation; `values` are logarithms.

    The median step between neighbours, times 1.4826 (a normal curve's deviation over its median) and
    over the root of 2 (two noisy ends). A trend, a staircase or a spike hardly moves it.
    """
    steps = [abs(later - earlier) for earlier, later in zip(values, values[1:])]
    return max(LEAST_SPREAD, 1.4826 * median(steps) / math.sqrt(2)) if steps else LEAST_SPREAD


def running_median(values: typing.Sequence[float], reach: int) -> list[float]:
    """The median of each value and its `reach` neighbours on either side."""
    return [median(values[max(0, index - reach) : index + reach + 1]) for index in range(len(values))]
