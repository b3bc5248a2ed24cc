"""What led up to it: the course of the loss, the gradient norm, the loss scale and the learning rate."""

from __future__ import annotations

import math
import typing

from probes.logs.noise import median, spread
from probes.logs.point import Point
from probes.logs.verdict import LEAST

Found = typing.Optional[tuple[str, int]]  # a fact's value, and the line that decides it

LOOK_BACK = 20  # logged points "just before": kb/facts.yaml asks people for as many
OF_SGD = 0.05  # no other optimizer takes such a rate to a language model's weights
FIRST_STEPS = 5  # of a decay, which take next to nothing of the peak
FIRST_SKIPS = 20  # a scaler that starts at 2**32 may halve that often before the first step it takes


def is_averaged(run: typing.Sequence[Point]) -> bool:
    """Whether a logged point stands for several steps."""
    gaps = [(two.step or 0) - (one.step or 0) for one, two in zip(run, run[1:])]
    return median(gaps) > 1


def before(points: typing.Sequence[Point]) -> Found:
    """`loss.before`, of the good points that end where the loss went bad."""
    losses = [
        (math.log(point.loss), point.line)
        for point in points[-LOOK_BACK:]
        if point.loss is not None and 0 < point.loss < math.inf
    ]
    if len(losses) < LEAST:
        return None
    course, line = [loss for loss, _ in losses], losses[-1][1]
    # The last of single steps may be the first bad one, which no rise led up to.
    noise, tail = spread(course), max(2 if is_averaged(points) else 3, len(course) // 4)
    rise = median(course[-tail:]) - median(course[:-tail])
    # A tenth is what a person would see in the plot; three deviations is what noise would not do.
    if rise > max(math.log(1.1), 3 * noise / math.sqrt(tail)) or _at_a_new_high(course):
        return "rising", line
    level = median(course)
    usual = 1.4826 * median(
        [abs(value - level) for value in course]
    )  # of so few points, jumps spoil a spread
    jumps = [
        losses[index][1]
        for index in range(1, len(course) - 1)
        if course[index] - max(course[index - 1], course[index + 1]) > max(math.log(1.5), 6 * usual)
    ]
    return ("spiky", jumps[-1]) if jumps else ("calm", line)


def _at_a_new_high(course: typing.Sequence[float]) -> bool:
    """Whether the last three or more are above all before, the start of training among them, by a tenth.

    Of so many in any order chance puts the largest last in one case of 50 at most.
    """
    count = len(course)
    for tail in range(3, count - 2):
        before, end = course[:-tail], course[-tail:]
        if math.comb(count, tail) >= 50 and min(end) > max(before):
            return median(end) - median(before) > math.log(1.1)
    return False


def gradient(points: typing.Sequence[Point], hidden: bool = False) -> Found:
    """`gradient.trend`, of the points up to the first bad one (all, where that is the first point).

    A norm that is not finite says nothing new where the loss is not either, nor where the loss is a 0 that
    hides NaN (`hidden`: or a mean that leaves NaN out); one of exactly 0 says that the mean was taken over no
    label.
    """
    last = points[-1] if points else Point()
    if last.grad_norm == 0 and last.loss is not None and not math.isfinite(last.loss):
        return "zero", last.line
    norms = [
        (point.grad_norm, point.line)
        for point in points
        if point.grad_norm is not None and (math.isfinite(point.grad_norm) or _is_well(point, hidden))
    ]
    dead = [line for norm, line in norms[-LEAST:] if not math.isfinite(norm)]
    finite = [(norm, line) for norm, line in norms if math.isfinite(norm)]
    # A loss scaler's skipped steps print Inf at first: with a good end they are no trend.
    skips = len(norms) <= FIRST_SKIPS and math.isfinite(norms[-1][0]) if norms else False
    if dead and not skips:
        return "non-finite", dead[0]
    if len(finite) >= 3 and median([norm for norm, _ in finite]) < 1e-6:
        return "zero", finite[-1][1]
    sizes = [(math.log(norm), line) for norm, line in finite if norm > 0]
    if len(sizes) < LEAST:
        return None
    course = [size for size, _ in sizes]
    level, noise, tail = median(course), spread(course), max(2, len(course) // 5)
    # Threefold over several points; a healthy norm falls after the start and then stays.
    error = 1.25 * noise * math.sqrt(2 / tail)  # of the difference of two medians
    climbs = median(course[-tail:]) - median(course[: -2 * tail] or course[:tail]) > max(
        math.log(3), 5 * error
    )
    jumps = [line for size, line in sizes[3:] if size - level > max(math.log(10), 6 * noise)]
    # One batch that throws the weights away shows in its own norm and in those that come of it: from one
    # point to the next it rises tenfold, and was as usual until then.
    steps = [two - one for one, two in zip(course, course[1:])]
    thrown = (
        jumps
        and max(steps[-tail:]) > math.log(10)
        and median(course[-2 * tail : -tail]) < level + math.log(2)
    )
    if climbs and not thrown:
        return "climbing", sizes[-1][1]
    return ("spiking", jumps[0]) if jumps else ("steady", sizes[-1][1])


def broke(run: typing.Sequence[Point], first: int) -> Found:
    """`loss.break` of a run of single steps whose losses rise at index `first`, or some steps behind it."""
    losses = [point.loss or 0.0 for point in run]
    if first < LEAST or is_averaged(run):
        return None
    usual = median(losses[first - LEAST : first])
    place = next((index for index in range(first, len(run)) if losses[index] > 3 * usual), None)
    if place is None:
        return None
    return ("at-once" if losses[place - 1] < 1.5 * usual else "climbing"), run[place].line


def _is_well(point: Point, hidden: bool) -> bool:
    """Whether the loss is one beside which a norm that is not finite says something."""
    return point.loss is None or (math.isfinite(point.loss) and point.loss != 0 and not hidden)


def loss_scale(points: typing.Sequence[Point]) -> Found:
    """`loss_scale.trend`, of all points in the order of the log. A scale that stays at 1 is none."""
    scales = [(point.loss_scale, point) for point in points if point.loss_scale is not None]
    if not scales or max(scale for scale, _ in scales) <= 1:
        return None
    falls, previous = [], math.inf
    for scale, point in scales:
        # A line about the scale alone is about an overflow; ranks repeat it, hysteresis keeps the scale.
        if scale < previous and (previous < math.inf or point.loss is None):
            falls.append(point)
        previous = scale
    lowest, at = min(((scale, point.line) for scale, point in scales), key=lambda pair: pair[0])
    if lowest <= 1 and len(falls) >= 3:
        return "exhausted", at
    logged = [point.line for point in points if point.loss is not None]
    if not falls:
        return ("steady", scales[-1][1].line) if len(scales) >= LEAST else None
    if not logged:  # nothing shows how the run went on
        return ("falling", falls[-1].line) if len(falls) > FIRST_SKIPS else None
    until_last = sum(line < falls[-1].line for line in logged)
    length = logged[-1] - logged[0]  # in lines: of a large log's points not all are here
    early = until_last <= 3 or 10 * (falls[-1].line - logged[0]) <= length
    if len(falls) <= FIRST_SKIPS and early:
        # With the last line an overflow, nobody knows whether it was the last one.
        return ("first-skips", falls[-1].line) if len(logged) - until_last >= LEAST else None
    # An overflow now and then is how a dynamic scale finds its level; falling is three without a rise.
    late = [point for point in falls if point.line >= logged[0] + length / 2]
    lost = len(late) >= 3 and scales[-1][0] <= 8 * lowest
    return ("falling", late[-1].line) if lost else ("steady", scales[-1][1].line)


def peak_rate(points: typing.Sequence[Point]) -> tuple[float, int] | None:
    """The peak learning rate, where the log shows it twice, or shows it rise to it and fall again: one that
    comes last may still have risen, one that comes first is the peak only where the log has the first steps.
    """
    rates = [point for point in points if point.learning_rate is not None]
    top = max(
        (point.learning_rate or 0.0 for point in rates if math.isfinite(point.learning_rate or 0.0)),
        default=0.0,
    )
    at = [index for index, point in enumerate(rates) if point.learning_rate == top]
    if top <= 0 or not at:
        return None
    passed = at[-1] < len(rates) - 1 and (at[0] > 0 or (rates[0].step or FIRST_STEPS) < FIRST_STEPS)
    return (top, rates[at[0]].line) if len(at) >= 2 or passed else None


def later_rate(points: typing.Sequence[Point]) -> tuple[float, int] | None:
    """The highest learning rate of a log that has a later part of the run alone: the peak was no lower."""
    rates = [(point.learning_rate, point.line) for point in points if point.learning_rate is not None]
    falls = len(rates) >= 3 and all(one[0] > two[0] for one, two in zip(rates, rates[1:]))
    return rates[0] if falls and math.isfinite(rates[0][0]) else None


def warm_up(points: typing.Sequence[Point], counted: bool = False) -> tuple[bool, int] | None:
    """Whether the learning rate is warmed up: it rises three times from below half its peak.

    It is not where the first step has the peak already, and the next ones no more. `counted`: the steps are
    not the log's own.
    """
    rates = [(point.learning_rate, point.line) for point in points if point.learning_rate is not None]
    first = rates[:4]
    begins = len(first) == 4 and first[0][0] > 0 and points[0].step == 1 and not counted
    if begins and all(rate <= first[0][0] for rate, _ in rates):
        return False, first[0][1]
    rising = len(first) == 4 and all(one[0] < two[0] for one, two in zip(first, first[1:]))
    shown = rising and first[0][0] < 0.5 * max(rate for rate, _ in rates)
    return (True, first[-1][1]) if shown else None
