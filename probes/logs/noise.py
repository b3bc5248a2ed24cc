"""Robust statistics: what is usual in a curve, whatever a few wild points do."""

from __future__ import annotations

import math
import typing

# Four printed digits and the luck of a batch make 1 % the least that can be called noise.
LEAST_SPREAD = 0.01


def median(values: typing.Iterable[float]) -> float:
    """The middle of the values, of which there must be at least one."""
    return median_of_sorted(sorted(values))


def median_of_sorted(ordered: typing.Sequence[float]) -> float:
    """The same of values that are in order already."""
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


def jump(values: typing.Sequence[float], width: int) -> tuple[int, float, float]:
    """Where the values rise most at once: the first index behind, and the levels before and behind.

    The levels are medians of `width` values on either side; the place is where the fewest of these lie
    on the wrong side of the middle between the levels. There must be at least two values.
    """
    places = range(min(width, len(values) // 2), len(values) - min(width, len(values) // 2) + 1)
    sides = {at: (median(values[max(0, at - width) : at]), median(values[at : at + width])) for at in places}
    best = max(places, key=lambda at: sides[at][1] - sides[at][0])
    low, high = sides[best]
    start, middle = max(0, best - width), (low + high) / 2
    high_ones = [value > middle for value in values[start : best + width]]
    wrong = [sum(high_ones[:at]) + high_ones[at:].count(False) for at in range(len(high_ones))]
    return start + wrong.index(min(wrong)), low, high


def by_chance(found: int, expected: float) -> float:
    """How likely `found` events or more are where each comes by itself and so many are expected (Poisson)."""
    fewer, exactly = 0.0, math.exp(-expected)  # which is 0 above 745: then all is taken for chance
    for count in range(found):
        fewer += exactly
        exactly *= expected / (count + 1)
    return max(0.0, 1 - fewer)
