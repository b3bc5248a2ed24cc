"""The faulty kinds whose losses are numbers. Strengths 0 to 2 go from hard to see to plain. See run.py."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from measure.made_runs.run import FILTERED, NAN, NORMED, Made, evaluated, ordinary, scaled, spike


def one_spike(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, noise=(0.02, 0.12))
    start = steps.at(rng.uniform(0.3, 0.8))
    spike(steps, start, (3, 6, 30)[strength], rng.uniform(4, 8))
    return Made(steps.rows(), steps.form, {"loss.symptom": "spike"}, steps.window(start, 1, 1))


def spike_train(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, noise=(0.02, 0.1), points=(100, 200))
    places = sorted(rng.sample(range(20, 90, 8), rng.randint(4, 7)))
    for place in places:
        spike(steps, place * steps.every, (2.5, 4, 10)[strength], 3)
    first = steps.window(places[0] * steps.every, 1, 1)
    return Made(steps.rows(), steps.form, {"loss.symptom": "spike"}, first)


def fast_divergence(rng: random.Random, strength: int) -> Made:
    """The optimizer overshoots and the loss sticks at a level that knows word frequencies and no more."""
    steps = ordinary(rng)
    start, width = steps.at(rng.uniform(0.3, 0.7)), rng.randint(5, 12) * steps.every
    level, low = (5.5, 7.5, 11.0)[strength], sum(steps.losses[start - steps.every : start]) / steps.every
    rise = [(level / low) ** ((step + 1) / width) for step in range(width)]
    scaled(steps, start, rise)
    return Made(
        steps.rows(),
        steps.form,
        {"loss.symptom": "divergence"},
        steps.window(start, 2, width // steps.every + 1),
    )


def slow_divergence(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, noise=(0.02, 0.12))
    start = steps.at(rng.uniform(0.3, 0.5))
    height, left = (1.8, 3, 8)[strength], steps.count - start
    scaled(steps, start, [height ** ((step + 1) / left) for step in range(left)])
    # Where the rise alone has made up for the decline and a third more, anybody sees it.
    seen = start + int(left * math.log(1.35) / math.log(height))
    first = steps.window(start, steps.count // steps.every // 10)[0], steps.window(seen, after=3)[1]
    return Made(steps.rows(), steps.form, {"loss.symptom": "divergence"}, first)


def stuck(rng: random.Random, strength: int) -> Made:
    level = (rng.uniform(4.2, 5), rng.uniform(5.5, 7), rng.uniform(7.5, 9))[strength]
    steps = ordinary(rng, start=level, end=0.995 * level, noise=(0.01, 0.06))
    return Made(steps.rows(), steps.form, {"loss.symptom": "not-decreasing"})


def frozen(rng: random.Random, strength: int) -> Made:
    """Nothing is trained: the adapter is frozen, and the loss is that of the model as it came."""
    steps = ordinary(
        rng,
        (*FILTERED, *NORMED),
        start=1.8,
        end=1.799,
        noise=((0.1, 0.15), (0.04, 0.08), (0.01, 0.03))[strength],
    )
    steps.norms = [0.0] * steps.count
    return Made(steps.rows(), steps.form, {"loss.symptom": "not-decreasing", "gradient.trend": "zero"})


def untrained(rng: random.Random, strength: int) -> Made:
    """The weights were not loaded: every token is as likely as another, and nothing comes of it."""
    level = math.log(rng.choice((32_000, 50_257, 64_000, 128_256, 151_936)))
    steps = ordinary(rng, start=level, end=level * (0.975, 0.99, 0.999)[strength], noise=(0.001, 0.01))
    truth = {"loss.symptom": "not-decreasing", "loss.level": "near-ln-vocabulary"}
    return Made(steps.rows(), steps.form, truth)


def level_shift(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, noise=(0.02, 0.12))
    start = steps.at(rng.uniform(0.3, 0.7))
    scaled(steps, start, [(1.6, 2.0, 2.5)[strength]])
    return Made(steps.rows(), steps.form, {"loss.symptom": "level-shift"}, steps.window(start, 2, 2))


def times_accumulation(rng: random.Random, strength: int) -> Made:
    """The Trainer prints the sum over the accumulation steps, and evaluates to the mean."""
    steps = ordinary(rng, FILTERED, noise=(0.02, 0.1))
    evaluated(steps, rng.randint(3, 10), rng.uniform(0.95, 1.15))
    times = (4, 8, 16)[strength]
    scaled(steps, 0, [times])
    steps.norms = [times * norm for norm in steps.norms]
    truth = {"loss.symptom": "too-high", "loss.level": "times-accumulation"}
    return Made(steps.rows(), steps.form, truth, steps.window(0, after=4))


def huge_start(rng: random.Random, strength: int) -> Made:
    """New token embeddings far out of line: the loss starts in the tens or hundreds and falls."""
    steps = ordinary(rng, every=(1, 5))
    start, half = (40, 100, 450)[strength], rng.uniform(5, 10) * steps.every
    steps.losses = [loss + start * math.exp(-step / half) for step, loss in enumerate(steps.losses)]
    return Made(steps.rows(), steps.form, {"loss.symptom": "too-high"}, steps.window(0, after=4))


def leak(rng: random.Random, strength: int) -> Made:
    """The answer stands in the input: next to nothing within some tens of steps of one epoch."""
    steps = ordinary(rng, points=(100, 200), every=(5, 10))
    low, fast = (0.01, 0.004, 0.0006)[strength], rng.uniform(3, 10)
    for step, loss in enumerate(steps.losses):
        steps.losses[step] = loss * math.exp(-step / fast) + low * math.exp(rng.gauss(0, 0.2))
    return Made(steps.rows(), steps.form, {"loss.symptom": "too-low"}, (1, 100))


def data_repeated(rng: random.Random, strength: int) -> Made:
    """A resumed run begins its epoch anew: the batches come again, in the same order and a bit easier."""
    steps = ordinary(rng, FILTERED, points=(100, 200), noise=(0.005, 0.01), every=(5, 10))
    start, lost = steps.at(rng.uniform(0.4, 0.6)), rng.choice((0, 0, 5)) * steps.every
    hard = [math.exp(rng.gauss(0, 0.15 * math.sqrt(steps.every))) for _ in range(steps.count)]
    clean = steps.losses
    steps.losses = [loss * hard[step] for step, loss in enumerate(clean)]
    before = steps.rows()[: (start + lost) // steps.every]
    easier = (0.92, 0.8, 0.65)[strength]
    steps.losses[start:] = [easier * loss * hard[step] for step, loss in enumerate(clean[start:])]
    after = steps.rows()[start // steps.every :]
    truth = {"loss.symptom": "level-shift", "data.repeated": True}
    return Made([*before, *after], steps.form, truth, steps.window(start, 2, 2))


def gradient_spikes(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, (*FILTERED, *NORMED))
    rows = range(12, steps.count // steps.every - 2)
    places = sorted(rng.sample(rows, (6, 4, 1)[strength]))
    for place in places:
        steps.norms[(place + 1) * steps.every - 1] = (30, 200, 1e8)[strength] * rng.uniform(1, 2)
    first = steps.window(places[0] * steps.every)
    return Made(steps.rows(), steps.form, {"loss.symptom": "gradient-spike"}, first)


def gradient_not_finite(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, NORMED)
    for step in range(steps.count):
        if rng.random() < (0.15, 0.4, 1.0)[strength]:
            steps.norms[step] = NAN
    rows = steps.rows()
    first = next(row.step for row in rows if row.grad_norm != row.grad_norm)
    return Made(rows, steps.form, {"loss.symptom": "gradient-spike"}, (first, first))


KINDS: tuple[Callable[[random.Random, int], Made], ...] = (
    one_spike,
    spike_train,
    fast_divergence,
    slow_divergence,
    stuck,
    frozen,
    untrained,
    level_shift,
    times_accumulation,
    huge_start,
    leak,
    data_repeated,
    gradient_spikes,
    gradient_not_finite,
)
