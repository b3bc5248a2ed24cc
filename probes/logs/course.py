"""Losses that are numbers but do not go where a healthy run's go.

All levels are compared as logarithms, since the noise of a loss grows with the loss. What a healthy
run may do decides each threshold: see the comment beside it.
"""

from __future__ import annotations

import math
import typing

from probes.logs.noise import by_chance, jump, median, running_median, spread
from probes.logs.point import Point
from probes.logs.repeats import repeated
from probes.logs.trends import is_averaged
from probes.logs.verdict import LEAST, Verdict

Run = typing.Sequence[Point]

RANDOM_GUESS = 12.5  # nats; guessing among 256,000 tokens, the largest usual vocabulary, costs 12.45
UNTRAINED = 3.5  # nats; natural text costs a pretrained model less, so a flat loss above it is stuck
COIN = math.log(2)  # where a loss over pairs or yes-and-no answers starts
AT_ONCE = 15  # steps in which not even a handful of samples is learnt by heart
IMPLAUSIBLE = 0.02  # nats; a perplexity of 1.02 before the data was seen once: the answer leaks


def too_high(run: Run) -> Verdict | None:
    """Worse than guessing from the first points on, or from the first one down: it may be learnt away soon.

    A mean over the first steps may hold a spike among them: then it takes a second point above a guess.
    """
    losses = _losses(run)
    falls = losses[0] >= losses[1] >= losses[2] and losses[2 if not is_averaged(run) else 0] > RANDOM_GUESS
    high = losses[0] > RANDOM_GUESS / 2 and median(losses[:LEAST]) > RANDOM_GUESS
    return Verdict("too-high", 0) if falls or high else None


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
    start, low, high = jump(course, width)
    # A shift is most of the rise, happens from one point to the next, and is below threefold.
    before, after = median(course[max(0, start - 3) : start]), median(course[start : start + 3])
    abrupt = (
        high - low > max(rise / 2, 5 * error)
        and before < low + (high - low) / 3
        and after > high - (high - low) / 3
    )
    if abrupt:
        tail = course[start:]
        third = max(1, len(tail) // 3)
        level = median(tail[-third:]) - median(tail[:third]) < (high - low) / 4
        shifted = len(tail) >= LEAST and high - low < math.log(3) and level
        return Verdict("level-shift" if shifted else "divergence", start)
    # A climb begins where it is past a fifth for good, as one sees it in the plot.
    seen = usual[lowest] + min(rise / 4, max(math.log(1.2), 4 * error))
    left = max(index for index, value in enumerate(usual) if value <= seen)
    return Verdict("divergence", min(left + 1, count - 1))


def risen(run: Run) -> Verdict | None:
    """The first mean over several steps is the lowest, and all others are clearly above it.

    A healthy run's first mean has the start of training in it and is the highest.
    """
    course = _course(run)
    if not is_averaged(run) or len(course) >= 20:
        return None
    later = course[1:]
    up = min(later) > course[0] + math.log(1.1) and median(later) > course[0] + math.log(1.3)
    return Verdict("divergence", 1) if up else None


def spike(run: Run) -> Verdict | None:
    """Points far above what came before and what comes after, or a log that ends high up.

    One hard batch is no spike. A lone point counts where it is rare, a mean over several steps, and
    twofold (a single step: tenfold). A hard batch is gone with the next one, and a spike takes some
    points to come back: it takes a row of two (single steps: three), one of them double or two half as
    much again. The row is longer where the data is so uneven that chance would line them up, and two
    are enough where there are more such rows than by chance.
    """
    course = _course(run)
    count, noise, averaged = len(course), spread(course), is_averaged(run)
    heights = _heights(course)
    lone = max(math.log(2 if averaged else 10), 10 * noise)
    if heights[-1] > lone:
        return Verdict("divergence", count - 1)
    rows = _rows([height > max(math.log(1.2), 3 * noise) for height in heights])
    lengths = [len(row) for row in rows]
    share = max(1, sum(lengths) - max(lengths, default=0)) / count
    least = 2 if averaged else 3
    while count * share**least > 0.05:  # so often would chance make such a row in this log
        least += 1
    # A row begins as often as a raised point comes by itself, in even and in uneven data.
    alone = len(rows) / (count - sum(lengths) + len(rows))
    if by_chance(sum(lengths) - len(rows), alone * sum(lengths)) < 1e-4:
        least = 2
    double, half = max(math.log(2), 6 * noise), max(math.log(1.5), 6 * noise)
    firsts = []
    for row in rows:
        top = sorted(heights[index] for index in row)[-2:]
        # The only two means that stand out, each near twice what is before and behind, are no hard batches.
        tall = averaged and len(rows) == 1 and len(row) >= 2 and top[0] > max(math.log(1.8), 6 * noise)
        if tall or (len(row) >= least and (top[-1] > double or top[0] > half)):
            firsts.append(row[0])
    singles = [row[0] for row in rows if len(row) == 1 and heights[row[0]] > half]
    if len(singles) <= max(2, count // 200):
        firsts += [index for index in singles if heights[index] > lone]
    return Verdict("spike", min(firsts)) if firsts else None


def _heights(course: list[float]) -> list[float]:
    """How far each value is above what came before and what comes after; a slow recovery is no level."""
    width = max(5, min(25, len(course) // 8))
    heights = [0.0]
    for index in range(1, len(course)):
        before = course[max(0, index - width) : index]
        after = course[index + 1 : index + 1 + 3 * width]  # wide, to have its middle behind a slow recovery
        level = median(before) if index > width else min(before)  # an early spike would be its own middle
        heights.append(course[index] - max(level, median(after or before)))
    return heights


def _rows(flags: list[bool]) -> list[list[int]]:
    """The indices of the flags that are set, neighbours together."""
    rows: list[list[int]] = []
    for index in [index for index, flag in enumerate(flags) if flag]:
        if rows and rows[-1][-1] == index - 1:
            rows[-1].append(index)
        else:
            rows.append([index])
    return rows


def too_low(run: Run) -> Verdict | None:
    """Next to nothing before the data can have been learnt by heart."""
    losses = _losses(run)
    for index, point in enumerate(run[: 1 - LEAST]):
        # A leak shows within tens of steps; a small data set is learnt by heart no sooner than it was seen.
        if (point.step or 0) > 100 or (point.epoch or 0) > 0.5:
            return None
        late = len(run) < 20 or 10 * (point.step or 0) > (run[-1].step or 0)
        seen_again = point.epoch is None and late and (point.step or 0) > AT_ONCE
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
    # Six means over several steps show as much as twenty steps; while the rate still rises, none is telling.
    rates = [point.learning_rate for point in run if point.learning_rate is not None]
    warming = bool(rates) and rates[-1] > 1.5 * rates[0]
    if len(losses) < (6 if is_averaged(run) and not warming and (run[-1].step or 0) >= 60 else 20):
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
    high = [index for index, height in heights if height > max(math.log(10), 6 * noise)]
    absurd = [index for index, height in heights if height > max(math.log(1000), 8 * noise)]
    # The first steps of a new head or adapter have large gradients in healthy runs.
    high = [index for index in high if index >= LEAST]
    return Verdict("gradient-spike", min([*high, *absurd])) if len(high) >= 3 or absurd else None


def _losses(run: Run) -> list[float]:
    return [point.loss or 0.0 for point in run]


def _course(run: Run) -> list[float]:
    return [math.log(max(loss, 1e-4)) for loss in _losses(run)]  # 1e-4: the last digit that is printed
