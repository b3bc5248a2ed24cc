"""Healthy runs that look odd: what people (and rules) take for a fault. See run.py."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

from measure.made_runs.run import LAST, MEANS, NAN, Made, Row, Steps, evaluated, ordinary, overflows, scaled

# A log of too few points, or of a loss without a course, may be left unjudged.
WELL = {"loss.symptom": ("healthy", None), "data.repeated": (None, False)}


def _made(steps: Steps, norms: bool = True, rows: list[Row] | None = None) -> Made:
    return Made(rows or steps.rows(norms), steps.form, WELL)


def usual(rng: random.Random) -> Made:
    return _made(ordinary(rng))


def without_norms(rng: random.Random) -> Made:
    return _made(ordinary(rng), norms=False)


def small_batches(rng: random.Random) -> Made:
    return _made(ordinary(rng, LAST, (200, 800), noise=(0.3, 0.5), every=(1,)))


def uneven_lengths(rng: random.Random) -> Made:
    """Most samples are alike and some cost three times as much."""
    steps = ordinary(rng, points=(150, 500), noise=(0.05, 0.2), every=(1, 5))
    share = rng.uniform(0.02, 0.15)
    steps.losses = [loss * (rng.uniform(2, 3.5) if rng.random() < share else 1) for loss in steps.losses]
    return _made(steps)


def epoch_staircase(rng: random.Random) -> Made:
    steps = ordinary(rng, start=1.8, end=1.6, epochs=3.0, noise=(0.03, 0.1))
    for part, factor in ((1, 0.65), (2, 0.4)):
        start = part * steps.count // 3
        steps.losses[start:] = [loss * factor / (0.65 if part == 2 else 1) for loss in steps.losses[start:]]
    return _made(steps)


def gradient_blip(rng: random.Random) -> Made:
    steps = ordinary(rng)
    place = rng.randrange(10, steps.count // steps.every - 3)
    steps.norms[(place + 1) * steps.every - 1] *= rng.uniform(15, 80)
    return _made(steps)


def hard_batch(rng: random.Random) -> Made:
    steps = ordinary(rng, noise=(0.05, 0.25), every=(1,))
    steps.losses[rng.randrange(20, steps.count - 20)] *= rng.uniform(2, 3)
    return _made(steps)


def continued_pretraining(rng: random.Random) -> Made:
    level = rng.uniform(1.6, 2.6)
    return _made(ordinary(rng, start=level, end=0.99 * level, noise=(0.01, 0.06), points=(60, 400)))


def first_skips(rng: random.Random) -> Made:
    steps = ordinary(rng, ("trainer", "mmengine", "deepspeed"))
    steps.extra = overflows(steps.every, 65536, rng.randint(2, 9))
    for step in range(rng.randint(1, 3) * steps.every):
        steps.norms[step] = math.inf
    return _made(steps)


def scale_finds_its_level(rng: random.Random) -> Made:
    """A dynamic scale is doubled every so often and halved at the next overflow."""
    steps = ordinary(rng, ("mmengine", "deepspeed"))
    for share in (0.2, 0.4, 0.6, 0.8):
        steps.extra += overflows(steps.at(share), 65536, 1)
    return _made(steps)


def interrupted(rng: random.Random) -> Made:
    """Resumed from a checkpoint some points back, with the data where it was."""
    steps = ordinary(rng, points=(80, 200))
    rows, stop = steps.rows(), int(rng.uniform(0.4, 0.8) * steps.count / steps.every)
    return _made(steps, rows=[*rows[:stop], *rows[stop - rng.randint(2, 10) :]])


def overcome(rng: random.Random) -> Made:
    """It went to NaN, was started again from a checkpoint at half the rate, and got through."""
    steps = ordinary(rng, (*MEANS, *LAST), points=(80, 200))
    rows, stop = steps.rows(), int(rng.uniform(0.3, 0.6) * steps.count / steps.every)
    dead = [replace(row, loss=NAN, grad_norm=NAN) for row in rows[stop : stop + 5]]
    return _made(steps, rows=[*rows[:stop], *dead, *rows[stop - 8 :]])


def resumed_without_overlap(rng: random.Random) -> Made:
    steps = ordinary(rng, ("trainer", "mmengine"), points=(80, 200))
    steps.rates[steps.at(0.5) :] = [rate * 0.9 for rate in steps.rates[steps.at(0.5) :]]
    return _made(steps)


def cosine_restarts(rng: random.Random) -> Made:
    steps = ordinary(rng, noise=(0.02, 0.08), points=(100, 200))
    for start in (steps.at(1 / 3), steps.at(2 / 3)):
        for step in range(start, steps.count):
            steps.losses[step] *= 1 + 0.1 * math.exp((start - step) / (8 * steps.every))
    return _made(steps)


def curriculum(rng: random.Random) -> Made:
    """Harder data from time to time: a step of at most a fifth."""
    steps = ordinary(rng, noise=(0.02, 0.1))
    for share in (0.3, 0.6):
        scaled(steps, steps.at(share), [rng.uniform(1.05, 1.2)])
    return _made(steps)


def long_warm_up(rng: random.Random) -> Made:
    """The rate climbs for a third of the run, and nothing much happens until then."""
    steps = ordinary(rng, points=(100, 200))
    warm, first = steps.at(0.35), steps.losses[: 3 * steps.every]
    steps.losses = [*rng.choices(first, k=warm), *steps.losses[: steps.count - warm]]
    steps.rates = [max(steps.rates) * min(1.0, (step + 1) / warm) for step in range(steps.count)]
    return _made(steps)


def bump_in_warm_up(rng: random.Random) -> Made:
    steps = ordinary(rng, noise=(0.01, 0.06))
    warm = max(3 * steps.every, steps.at(0.05))
    for step in range(steps.count):
        steps.losses[step] *= 1 + 0.12 * math.exp(-(((step - warm) / warm) ** 2))
    return _made(steps)


def few_points(rng: random.Random) -> Made:
    return _made(ordinary(rng, points=(4, 9)))


def logged_rarely(rng: random.Random) -> Made:
    return _made(ordinary(rng, points=(10, 30), every=(50, 100), noise=(0.01, 0.05)))


def with_evaluations(rng: random.Random) -> Made:
    steps = ordinary(rng, ("trainer", "trainer_state", "json_lines", "plain", "table"))
    evaluated(steps, rng.randint(4, 12), rng.uniform(1.0, 1.3))
    return _made(steps)


def from_scratch(rng: random.Random) -> Made:
    """Pre-training begins where every token is as likely as another."""
    steps = ordinary(rng, ("megatron", "plain", "mmengine"), points=(100, 400), noise=(0.01, 0.03))
    start, end = math.log(rng.choice((32_000, 50_257, 128_256))), rng.uniform(2.9, 3.6)
    steps.losses = [
        (end + (start - end) * (1 + 15 * step / steps.count) ** -1.5) * math.exp(rng.gauss(0, 0.015))
        for step in range(steps.count)
    ]
    return _made(steps)


def learnt_by_heart(rng: random.Random) -> Made:
    """Ten epochs over a small set: down to the last printed digit."""
    steps = ordinary(rng, epochs=10.0, points=(100, 300), noise=(0.05, 0.2))
    steps.losses = [
        2 * math.exp(-rng.uniform(9.5, 10.5) * step / steps.count) * math.exp(rng.gauss(0, 0.1))
        for step in range(steps.count)
    ]
    return _made(steps)


def same_order_each_epoch(rng: random.Random) -> Made:
    """Nobody shuffles: every epoch repeats the batches of the last, which is as it was meant."""
    steps = ordinary(rng, points=(120, 200), epochs=3.0, noise=(0.005, 0.02), every=(5, 10))
    hard = [math.exp(rng.gauss(0, 0.3)) for _ in range(steps.count // 3 + 1)]
    steps.losses = [loss * hard[step % len(hard)] for step, loss in enumerate(steps.losses)]
    return _made(steps)


def preference(rng: random.Random) -> Made:
    steps = ordinary(rng, ("trainer", "trainer_state"), start=0.693, end=0.25, noise=(0.05, 0.15))
    rows = [replace(row, reward=0.5) if row.loss is not None else row for row in steps.rows()]
    return _made(steps, rows=rows)


def policy_gradient(rng: random.Random) -> Made:
    steps = ordinary(rng, ("trainer", "trainer_state"))
    rows = [
        replace(row, loss=rng.choice((0.0, rng.gauss(0, 0.05))), reward=rng.uniform(0, 1))
        for row in steps.rows()
    ]
    return _made(steps, rows=rows)


def rounded_to_bfloat16(rng: random.Random) -> Made:
    """A loss that was computed in bfloat16 has three digits: neighbours are often equal."""
    steps = ordinary(rng, LAST, every=(1, 10), noise=(0.02, 0.1))
    return _made(steps, rows=[replace(row, loss=round((row.loss or 0) * 128) / 128) for row in steps.rows()])


def printed_by_every_rank(rng: random.Random) -> Made:
    steps = ordinary(rng, ("plain", "mmengine"))
    rows = [
        replace(row, loss=(row.loss or 0) * math.exp(rng.gauss(0, 0.05)))
        for row in steps.rows()
        for _ in range(2)
    ]
    return _made(steps, rows=rows)


def new_format(rng: random.Random) -> Made:
    """A template that the model never saw: a high start that is gone within some points."""
    steps = ordinary(rng, every=(1, 5))
    start = rng.uniform(3, 7)
    steps.losses = [
        loss + start * math.exp(-step / (6 * steps.every)) for step, loss in enumerate(steps.losses)
    ]
    return _made(steps)


KINDS: tuple[Callable[[random.Random], Made], ...] = (
    usual,
    without_norms,
    small_batches,
    uneven_lengths,
    epoch_staircase,
    gradient_blip,
    hard_batch,
    continued_pretraining,
    first_skips,
    scale_finds_its_level,
    interrupted,
    overcome,
    resumed_without_overlap,
    cosine_restarts,
    curriculum,
    long_warm_up,
    bump_in_warm_up,
    few_points,
    logged_rarely,
    with_evaluations,
    from_scratch,
    learnt_by_heart,
    same_order_each_epoch,
    preference,
    policy_gradient,
    rounded_to_bfloat16,
    printed_by_every_rank,
    new_format,
)
