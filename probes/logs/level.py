"""What the height of a loss says by itself: a guess among all tokens, or a sum that was meant as a mean."""

from __future__ import annotations

import collections
import math
import typing

from probes.logs.noise import median, spread
from probes.logs.point import Point
from probes.logs.trends import Found
from probes.logs.verdict import LEAST

# Nats that guessing costs: from 32,000 tokens (Llama 2) to 256,000 (Gemma), with room for what the first
# steps have learnt and for a start that is a bit worse than an even guess.
GUESS = (math.log(32_000) * 0.98, math.log(256_000) * 1.03)
# A guess costs every token the same, so batches hardly differ. What differs more is no guess.
EVEN = 0.03
# No training loss is so many times its evaluation; the least accumulation that shows beyond doubt is 4.
SUMMED = 2.5
ABSURD = 1_000  # nats; a guess among the largest vocabulary, summed over 64 accumulation steps, costs 800


def level(run: typing.Sequence[Point], points: typing.Sequence[Point]) -> Found:
    """`loss.level` of a run whose losses are numbers; `points` holds the evaluations too."""
    return _times_accumulation(points) or _near_ln_vocabulary(run)


def height(run: typing.Sequence[Point]) -> Found:
    """`loss.height` of a run whose first losses are above what guessing costs.

    A loss that is summed where a mean was meant may be that high; one above ABSURD comes of wrong numbers.
    """
    first = run[0].loss or 0.0
    return ("absurd" if first > ABSURD else "above-guess"), run[0].line


def _times_accumulation(points: typing.Sequence[Point]) -> Found:
    """Whether the training loss is a multiple of the evaluation's, and the same at every evaluation.

    Some versions of the Trainer print the sum over the accumulation steps (transformers issue 34263).
    """
    ratios, line = [], 0
    near: collections.deque[float] = collections.deque(maxlen=LEAST)
    for point in points:
        if point.loss is not None and math.isfinite(point.loss):
            near.append(point.loss)
        if point.eval_loss is not None and point.eval_loss > 0 and len(near) == LEAST:
            ratios.append(median(near) / point.eval_loss)
            line = point.line
    steady = len(ratios) >= 2 and min(ratios) > SUMMED and max(ratios) < 1.5 * min(ratios)
    return ("times-accumulation", line) if steady else None


def _near_ln_vocabulary(run: typing.Sequence[Point]) -> Found:
    """Whether the first losses are what a guess among all tokens costs."""
    first = [point.loss for point in run[: 2 * LEAST] if point.loss is not None and point.loss > 0]
    if len(first) < LEAST or not GUESS[0] < median(first[:LEAST]) < GUESS[1]:
        return None
    even = spread([math.log(loss) for loss in first]) < EVEN and max(first) < 1.1 * GUESS[1]
    return ("near-ln-vocabulary", run[0].line) if even else None
