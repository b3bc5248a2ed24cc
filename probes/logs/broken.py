"""Losses that are no numbers: NaN, Inf, exact zeros, and NaN behind the Trainer's filter."""

from __future__ import annotations

import math
import typing

from probes.logs.noise import median, running_median, spread
from probes.logs.point import Point
from probes.logs.trends import is_averaged
from probes.logs.verdict import Verdict

Run = typing.Sequence[Point]

# A loss below this prints as 0.0 by and by: memorised data, not a fault.
FADED = 0.01


def not_finite(run: Run, hides_nan: bool) -> Verdict | None:
    """NaN and Inf that the log prints."""
    flags = [not math.isfinite(_loss(point)) for point in run]
    if not any(flags):
        return None
    first = flags.index(True)
    infinite = sum(math.isinf(_loss(point)) for point in run)
    # An Inf turns into NaN a step later; it is the symptom where it is most of what one sees.
    if math.isinf(_loss(run[first])) and 2 * infinite >= sum(flags):
        return Verdict("inf", first)
    if not _lasts(flags[first:]):
        return Verdict("intermittent-nan", first)
    return Verdict("nan-after-steps" if first else "nan-from-start", first)


def zero(run: Run, hides_nan: bool) -> Verdict | None:
    """Losses of exactly 0.

    The Trainer's filter (`hides_nan`) adds no non-finite loss to the mean it prints, so steps of
    nothing but NaN print 0.0. The gradient norm, which it does not touch, tells NaN from a true 0.
    """
    flags = [point.loss == 0 for point in run]
    if not any(flags):
        return None
    first = flags.index(True)
    norms = [point.grad_norm for point in run if point.loss == 0 and point.grad_norm is not None]
    dead = any(not math.isfinite(norm) for norm in norms)
    before = [_loss(point) for point in run[max(0, first - 5) : first]]
    rewarded = any(point.reward is not None for point in run)  # a policy gradient's loss is about 0
    if not dead and (rewarded or (before and median(before) < FADED)):
        return None
    hidden: bool | None = None
    if norms:
        hidden = dead or (first > 0 and hides_nan and not any(norms))
    elif first > 0 and hides_nan:
        hidden = True
    assumed = hidden is True and not norms
    if _lasts(flags[first:]):
        return Verdict("zero", _onset(run, first) if hidden else first, hidden, assumed)
    if hidden:
        first = next(index for index, point in enumerate(run) if not point.loss or _is_dead(point))
        return Verdict("intermittent-nan", first, hidden, assumed)
    return Verdict("zero", first, hidden) if sum(flags) >= 3 else None


def unlabelled(run: Run, hides_nan: bool) -> Verdict | None:
    """Gradient norms of exactly 0 between others, in a log whose filter hides NaN.

    PyTorch's mean over no label at all is NaN and its gradient exactly 0, so the weights live on. It
    takes two, after the first norm: steps that a loss scaler skips at first may have none to print.
    """
    if not hides_nan or any(point.reward is not None for point in run):  # equal rewards give no gradient
        return None
    norms = [(index, point.grad_norm) for index, point in enumerate(run) if point.grad_norm is not None]
    usual = median([norm for _, norm in norms if math.isfinite(norm)] or [0.0])
    still = [index for index, norm in norms if norm == 0]
    begun = next((index for index, norm in norms if norm != 0), len(run))
    if usual < 1e-3 or sum(index > begun for index in still) < 2:
        return None
    return Verdict("intermittent-nan", still[0], hidden_nan=True)


def dips(run: Run, hides_nan: bool) -> Verdict | None:
    """Losses below their neighbours, where the Trainer's filter left NaN out of a mean.

    Only in a log that is calm (10 % from point to point, 5 % where it may be single steps): there, means
    over several steps do not fall by 15 % and come back, and never without others that rise as far.
    """
    if not hides_nan or len(run) < 20 or any(_loss(point) <= 0 for point in run):
        return None
    course = [math.log(_loss(point)) for point in run]
    usual = running_median(course, 7)
    away = [value - middle for value, middle in zip(course, usual)]
    noise = max(0.01, 1.4826 * median([value for value in away if value >= 0]))  # no dip is above
    depth = max(-math.log(0.85), 6 * noise)
    low = [index for index, value in enumerate(away) if value < -depth]
    high = sum(value > depth for value in away)
    dead = any(_is_dead(run[index]) for index in low)
    if noise > (0.1 if is_averaged(run) else 0.05) or not 3 <= len(low) <= 0.45 * len(run):
        return None
    if 4 * high > len(low) or (len(low) < 5 and not dead and not _sinks(away, max(0.1, 3 * noise))):
        return None
    if low[-1] - low[0] < len(run) / 4:  # all in one place: the curve does something else there
        return None
    return Verdict("intermittent-nan", low[0], hidden_nan=True, assumed=not dead)


def _sinks(away: list[float], limit: float) -> bool:
    """Whether, by three deviations, more values are far below than above, where chance puts as many."""
    low, high = sum(value < -limit for value in away), sum(value > limit for value in away)
    return low - high > 3 * math.sqrt(low + high)


def _lasts(flags: list[bool]) -> bool:
    """Whether what began with the first flag stayed: no good point after it, or a long bad end."""
    trailing = next((index for index, flag in enumerate(reversed(flags)) if not flag), len(flags))
    return trailing == len(flags) or (trailing >= 5 and 2 * trailing >= len(flags))


def _onset(run: Run, first: int) -> int:
    """Where hidden NaN began: the mean of the logged steps before the first 0 may hold some already."""
    while first > 0 and _is_dead(run[first - 1]):
        first -= 1
    before = [_loss(point) for point in run[max(0, first - 9) : first]]
    if len(before) >= 6 and before[-1] > 0 and min(before[:-1]) > 0:
        course = [math.log(loss) for loss in before[:-1]]
        # A dip of 15 % that noise does not explain, as for `dips`.
        if math.log(before[-1]) < median(course) + min(math.log(0.85), -4 * spread(course)):
            return first - 1
    return first


def _is_dead(point: Point) -> bool:
    """Whether no gradient came of the point's last step: not a finite one, or exactly 0."""
    return point.grad_norm is not None and (point.grad_norm == 0 or not math.isfinite(point.grad_norm))


def _loss(point: Point) -> float:
    return math.nan if point.loss is None else point.loss
