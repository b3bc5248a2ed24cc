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
    """The noise of the values, which are logarithms, as a standard deviation.

    How far each value is from the line through its neighbours: the median of these bends, times
    1.4826 (a normal curve's deviation over its median) and over the root of 6 (noise of 1, -2 and 1
    times a value). Neither a trend, a staircase nor a spike with its slow recovery moves it much.
    """
    bends = [abs(one - 2 * two + three) for one, two, three in zip(values, values[1:], values[2:])]
    return max(LEAST_SPREAD, 1.4826 * median(bends) / math.sqrt(6)) if bends else LEAST_SPREAD


def running_median(values: typing.Sequence[float], reach: int) -> list[float]:
    """The median of each value and its `reach` neighbours on either side."""
    return [median(values[max(0, index - reach) : index + reach + 1]) for index in range(len(values))]


def by_chance(found: int, expected: float) -> float:
    """How likely at least `found` events are where so many are expected, and each comes by itself (Poisson)."""
    fewer = sum(expected**count / math.factorial(count) for count in range(min(found, 100)))
    return max(0.0, 1 - math.exp(-expected) * fewer)
