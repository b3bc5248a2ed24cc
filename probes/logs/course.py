"""Losses that are numbers but do not go where a healthy run's go.

All levels are compared as logarithms, since the noise of a loss grows with the loss. What a healthy
run may do decides each threshold: see the comment beside it.
"""

from __future__ import annotations

import math
import typing

from probes.logs.noise import by_chance, median, running_median, spread
from probes.logs.point import Point
from probes.logs.repeats import repeated
from probes.logs.verdict import LEAST, Verdict

Run = typing.Sequence[Point]

RANDOM_GUESS = 12.5  # nats; guessing among 256,000 tokens, the largest usual vocabulary, costs 12.45
UNTRAINED = 3.5  # nats; natural text costs a pretrained model less, so a flat loss above it is stuck
COIN = math.log(2)  # where a loss over pairs or yes-and-no answers starts
IMPLAUSIBLE = 0.02  # nats; a perplexity of 1.02 before the data was seen once: the answer leaks


def too_high(run: Run) -> Verdict | None:
    """Worse than guessing from the first points on."""
    return Verdict("too-high", 0) if median(_losses(run)[:LEAST]) > RANDOM_GUESS else None


def climb(run: Run) -> Verdict | None:
    """The end is above the lowest level and stays there: a divergence, or a shift to another level.

    Data in an unlucky order moves a healthy loss by some 10 to 20 %, so it takes 30 % (50 % where
    few points are known), five standard errors and a tenth of a nat.
    """
    course = _course(run)
    count, noise = len(course), spread(course)
    width = max(3, min(25, count // 8), min(100, count // 20))
    usual = running_median(course, width // 2)
    lowest = min(range(count - width), key=usual.__getitem__)
    end = median(course[-width:])
    rise = end - usual[lowest]
    error = 1.25 * noise * math.sqrt(2 / width)  # of the difference of two medians
    if rise < max(math.log(1.3 if count >= 20 else 1.5), 5 * error):
        return None
    if math.exp(end) - math.exp(usual[lowest]) < 0.1:
        return None
    left = _last_below(usual, usual[lowest] + rise / 4)
    arrived = next(
        index
        for index in range(left, count)
        if usual[index] >= usual[lowest] + 0.75 * rise or index + 1 == count
    )
    tail = course[arrived:]
    third = max(1, len(tail) // 3)
    drift = median(tail[-third:]) - median(tail[:third])
    # A shift happens within a few points, is below threefold, and what follows it is level.
    abrupt = arrived - left <= max(2, count // 50)
    if abrupt and len(tail) >= LEAST and rise < math.log(3) and drift < rise / 4:
        return Verdict("level-shift", left + 1)
    if not abrupt:  # a slow climb begins where it is past a tenth, as one would see it in the plot
        left = min(left, _last_below(usual, usual[lowest] + max(math.log(1.1), 3 * error)))
    return Verdict("divergence", left + 1)


def spike(run: Run) -> Verdict | None:
    """Points far above what came before and what comes after, or a log that ends high up.

    One hard batch is no spike. A lone point counts where it is rare, a mean over several steps, and
    twofold (a single step: tenfold). Neighbours count where there are two (single steps: three), and
    more where the data is so uneven that chance alone would line them up. Many count where more of
    them than by chance take a point or two to come back: a hard batch is gone with the next one.
    """
    course = _course(run)
    count, noise = len(course), spread(course)
    width = max(5, min(25, count // 8))
    heights: dict[int, float] = {}
    for index in range(1, count):
        before = course[max(0, index - width) : index]
        after = course[index + 1 : index + 1 + 3 * width]  # wide, to have its middle behind a slow recovery
        level = median(before) if index > width else min(before)  # an early spike would be its own middle
        heights[index] = course[index] - max(level, median(after or before))
    high = [index for index in heights if heights[index] > max(math.log(1.5), 6 * noise)]
    averaged = _is_averaged(run)
    lone = max(math.log(2 if averaged else 10), 10 * noise)
    if heights.get(count - 1, 0.0) > lone:
        return Verdict("divergence", count - 1)
    groups: list[list[int]] = []
    for index in high:
        if groups and groups[-1][-1] == index - 1:
            groups[-1].append(index)
        else:
            groups.append([index])
    longest = max(map(len, groups), default=0)
    share = max(1, len(high) - longest) / count
    row = 2 if averaged else 3
    while count * share**row > 0.05:  # so often would chance make such a row in this log
        row += 1
    singles = [group[0] for group in groups if len(group) == 1]
    firsts = [group[0] for group in groups if len(group) >= row]
    if len(singles) <= max(2, count // 200):
        firsts += [index for index in singles if heights[index] > lone]
    raised = {index for index, height in heights.items() if height > max(math.log(1.2), 3 * noise)}
    slow = [index for index in high if index + 1 in raised]
    if by_chance(len(slow), len(high) * (len(raised) - len(slow)) / count) < 1e-4:
        firsts += slow
    return Verdict("spike", min(firsts)) if firsts else None


def too_low(run: Run) -> Verdict | None:
    """Next to nothing before the data can have been learnt by heart."""
    losses = _losses(run)
    for index, point in enumerate(run[: 1 - LEAST]):
        # A leak shows within tens of steps; a small data set is learnt by heart no sooner than it was seen.
        if (point.step or 0) > 100 or (point.epoch or 0) > 0.5:
            return None
        seen_again = point.epoch is None and (len(run) < 20 or 10 * (point.step or 0) > (run[-1].step or 0))
        if median(losses[index : index + LEAST]) < IMPLAUSIBLE and (not seen_again or index == 0):
            return Verdict("too-low", index)
    return None


def again(run: Run) -> Verdict | None:
    """Data that come a second time are a bit easier: the loss steps down to where it does not belong."""
    start = repeated(run)
    return None if start is None else Verdict("level-shift", start, repeated=True)


def flat(run: Run) -> Verdict | None:
    """Nothing is learnt. A flat loss at the level of natural text is none: continued pretraining is so."""
    losses = _losses(run)
    norms = [point.grad_norm for point in run if point.grad_norm is not None]
    if len(norms) >= LEAST and max(norms) < 1e-6:
        return Verdict("not-decreasing")
    # Different batches never give the same loss to four digits, unless the input does not matter.
    if len(losses) >= 10 and max(losses) - min(losses) < 1e-4 * max(losses):
        return Verdict("not-decreasing")
    if len(losses) < 20:
        return None
    if all(abs(loss - COIN) < 0.005 for loss in losses):
        return Verdict("not-decreasing")
    quarter = len(losses) // 4
    end = median(losses[-quarter:])
    return Verdict("not-decreasing") if end > UNTRAINED and end > 0.97 * median(losses[:quarter]) else None


def gradient_spike(run: Run) -> Verdict | None:
    """A gradient norm that jumps or is not finite while the loss looks well.

    One blip is healthy: it takes three of tenfold, or one of a thousandfold, as no batch makes it but
    a damaged number does. A loss scaler's skipped steps show as Inf: it takes one point in twenty.
    """
    norms = [(index, point.grad_norm) for index, point in enumerate(run) if point.grad_norm is not None]
    dead = [index for index, norm in norms if not math.isfinite(norm)]
    persists = dead and dead[-1] >= 10 and 20 * len(dead) >= len(norms)
    if len(dead) >= 3 and (persists or len(dead) == len(norms)):
        return Verdict("gradient-spike", dead[0])
    sizes = [(index, math.log(norm)) for index, norm in norms if math.isfinite(norm) and norm > 0]
    if len(sizes) < 2 * LEAST:
        return None
    level, noise = median([size for _, size in sizes]), spread([size for _, size in sizes])
    usual = running_median([size for _, size in sizes], 10)
    heights = [(index, size - max(middle, level)) for (index, size), middle in zip(sizes, usual)]
    high = [index for index, height in heights if height > max(math.log(10), 8 * noise)]
    absurd = [index for index, height in heights if height > max(math.log(1000), 8 * noise)]
    # The first steps of a new head or adapter have large gradients in healthy runs.
    high = [index for index in high if index >= LEAST]
    return Verdict("gradient-spike", min([*high, *absurd])) if len(high) >= 3 or absurd else None


def _last_below(values: list[float], limit: float) -> int:
    """The index of the last value that is not above the limit."""
    return max(index for index, value in enumerate(values) if value <= limit)


def _is_averaged(run: Run) -> bool:
    """Whether a logged point stands for several steps."""
    gaps = [(two.step or 0) - (one.step or 0) for one, two in zip(run, run[1:])]
    return median(gaps) > 1


def _losses(run: Run) -> list[float]:
    return [point.loss or 0.0 for point in run]


def _course(run: Run) -> list[float]:
    return [math.log(max(loss, 1e-4)) for loss in _losses(run)]  # 1e-4: the last digit that is printed
