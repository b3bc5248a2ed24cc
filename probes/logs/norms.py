"""What gradient norms show beside their trend: NaN that they do not share, one that stands out, no noise."""

from __future__ import annotations

import bisect
import math
import typing

from probes.logs.noise import median, median_of_sorted
from probes.logs.point import Point
from probes.logs.trends import Found, is_averaged
from probes.logs.verdict import LEAST


def beside_nan(run: typing.Sequence[Point]) -> Found:
    """`gradient.beside_nan`: whether norms are numbers where the loss is NaN.

    A NaN that goes into the backward pass comes out as one. It does not go in where the mean was taken over
    no label (its gradient is 0), or where only what is printed is wrong.
    """
    norms = [
        (math.isfinite(point.grad_norm), point.line)
        for point in run
        if point.grad_norm is not None and point.loss is not None and math.isnan(point.loss)
    ]
    if not norms:
        return None
    finite = [line for is_number, line in norms if is_number]
    return ("finite", finite[0]) if 2 * len(finite) > len(norms) else ("non-finite", norms[0][1])


def hundredfold(points: typing.Sequence[Point]) -> tuple[bool, int] | None:
    """`gradient.hundredfold`: one norm a hundred times the usual, and the ones before it as ever.

    One batch, or one damaged number, does that; a rate that is too high takes some steps to it.
    """
    norms = [
        (point.grad_norm, point.line)
        for point in points
        if point.grad_norm is not None and 0 < point.grad_norm < math.inf
    ]
    usual: list[float] = []  # the norms so far, in order of size
    for index, (norm, line) in enumerate(norms):
        if index >= LEAST:
            middle = median_of_sorted(usual)
            if norms[index - 1][0] < 3 * middle and norm > 100 * middle:
                return True, line
        bisect.insort(usual, norm)
    return None


def standing_still(run: typing.Sequence[Point]) -> tuple[bool, int] | None:
    """`gradient.standing_still`: the norms form a line without the batches' noise, and not a level one.

    What is the same from step to step is not the gradient of that step's batch alone: a buffer was not
    emptied, or is stale.
    """
    norms = [point for point in run if point.grad_norm is not None and 0 < point.grad_norm < math.inf]
    sizes = [math.log(point.grad_norm or 1.0) for point in norms]
    if len(sizes) < 2 * LEAST or is_averaged(run):
        return None
    bends = [abs(one - 2 * two + three) for one, two, three in zip(sizes, sizes[1:], sizes[2:])]
    moved = max(sizes) - min(sizes) > math.log(1.2)
    return (True, norms[-1].line) if moved and median(bends) < 0.01 else None
