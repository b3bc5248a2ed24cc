"""The kinds with NaN, Inf or 0. Strengths 0, 1 and 2 go from hard to see to plain. See run.py."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from measure.made_runs.run import (
    FILTERED,
    LAST,
    NAN,
    NORMED,
    VISIBLE,
    Made,
    Row,
    evaluated,
    ordinary,
    overflows,
    scaled,
    spike,
)

TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/opt/train/generate.py", line 88, in <module>\n'
    "    output = model.generate(**inputs, do_sample=True)\n"
    "RuntimeError: probability tensor contains either `inf`, `nan` or element < 0\n"
)
MINIMUM = "Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.\n"


def nan_from_start(rng: random.Random, strength: int) -> Made:
    count = (2, 12, 60)[strength]
    steps = ordinary(rng, VISIBLE, points=(count, count))
    steps.losses = steps.norms = [NAN] * steps.count
    return Made(steps.rows(), steps.form, {"loss.symptom": "nan-from-start"}, (1, steps.every))


def nan_after_calm(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, NORMED)
    start = steps.at((0.15, 0.5, 0.9)[strength])
    steps.losses[start:] = steps.norms[start:] = [NAN] * (steps.count - start)
    truth = {"loss.symptom": "nan-after-steps", "loss.before": "calm", "gradient.trend": "steady"}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


def nan_after_climbing_norm(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, NORMED)
    start = steps.at(rng.uniform(0.5, 0.9))
    climb = int(0.3 * start)
    for step in range(start - climb, start):
        steps.norms[step] *= (8, 25, 200)[strength] ** ((step - start + climb) / climb)
    steps.losses[start:] = steps.norms[start:] = [NAN] * (steps.count - start)
    truth = {"loss.symptom": "nan-after-steps", "gradient.trend": "climbing"}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


def nan_after_spikes(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, VISIBLE, noise=(0.03, 0.08))
    start = steps.at(rng.uniform(0.5, 0.9))
    for place in rng.sample(range(2, 18, 3), 4):
        spike(steps, start - place * steps.every, (2.5, 4, 10)[strength], 0.6)
    steps.losses[start:] = steps.norms[start:] = [NAN] * (steps.count - start)
    truth = {"loss.symptom": "nan-after-steps", "loss.before": "spiky"}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


def nan_after_rising(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, VISIBLE, noise=(0.03, 0.08))
    start, width = steps.at(rng.uniform(0.5, 0.9)), 10 * steps.every
    rise = [(1.6, 3, 10)[strength] ** (step / width) for step in range(width)]
    scaled(steps, start - width, rise)
    steps.losses[start:] = steps.norms[start:] = [NAN] * (steps.count - start)
    truth = {"loss.symptom": "nan-after-steps", "loss.before": "rising"}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


def nan_after_falling_scale(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, ("mmengine", "deepspeed"))
    start, times = steps.at(rng.uniform(0.6, 0.9)), (4, 8, 12)[strength]
    for time in range(times):
        place = start - (times - time) * 2 * steps.every
        steps.extra += overflows(place, 65536 / 2**time, 1)
    steps.losses[start:] = steps.norms[start:] = [NAN] * (steps.count - start)
    truth = {"loss.symptom": "nan-after-steps", "loss_scale.trend": "falling"}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


def scale_exhausted(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, ("mmengine", "deepspeed", "trainer"))
    start = steps.at((0.8, 0.4, 0.05)[strength])
    steps.extra = overflows(start, 65536, 17, least=1.0)
    rows = [row for row in steps.rows() if row.step <= start]
    truth = {"loss.symptom": "loss-scale-exhausted", "loss_scale.trend": "exhausted"}
    return Made(rows, steps.form, truth, tail=MINIMUM if strength else "")


def filtered_zero(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, FILTERED, noise=(0.02, 0.1))
    start = steps.at(rng.uniform(0.2, 0.8)) + rng.randrange(steps.every)
    end = min(steps.count, start + (4, 12, steps.count)[strength] * steps.every)
    steps.losses = [*steps.losses[:start], *[NAN] * (end - start)]
    steps.norms[start:] = [NAN] * (steps.count - start)
    truth = {"loss.symptom": "zero", "loss.hidden_nan": True}
    return Made(steps.rows(norms=rng.random() < 0.5), steps.form, truth, steps.window(start, after=1))


def filtered_masked(rng: random.Random, strength: int) -> Made:
    """Batches without any label: NaN in the loss, an exact 0 in the gradient, and the weights live on."""
    steps = ordinary(rng, FILTERED, points=(80, 200), every=(5, 10))
    for step in range(steps.count):
        if rng.random() < (0.06, 0.15, 0.4)[strength]:
            steps.losses[step], steps.norms[step] = NAN, 0.0
    rows = steps.rows()
    first = next(row.step for row in rows if row.grad_norm == 0.0)
    truth = {"loss.symptom": "intermittent-nan", "loss.hidden_nan": True}
    return Made(rows, steps.form, truth, (steps.every, first))


def filtered_dips(rng: random.Random, strength: int) -> Made:
    """Runs of such batches, as in data that is sorted by length, and no gradient norm is printed."""
    steps = ordinary(rng, FILTERED, points=(80, 200), noise=(0.01, 0.04), every=(10,))
    clean = steps.rows()
    for row in range(2, len(clean)):
        if rng.random() < 0.25:
            count = (4, 6, 9)[strength]
            start = row * steps.every + rng.randint(0, steps.every - count)
            steps.losses[start : start + count] = [NAN] * count
    rows = steps.rows(norms=False)
    falls = [(row.loss or 0) / (was.loss or 1) for row, was in zip(rows, clean, strict=True)]
    hidden = next(row.step for row, fall in zip(rows, falls, strict=True) if fall < 1)
    plain = next((row.step for row, fall in zip(rows, falls, strict=True) if fall < 0.75), rows[-1].step)
    truth = {"loss.symptom": "intermittent-nan", "loss.hidden_nan": True}
    return Made(rows, steps.form, truth, (hidden, plain))


def intermittent_nan(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, VISIBLE)
    rows = range(steps.count // steps.every)
    bad = sorted(rng.sample(rows[2:-2], max(2, int((0.03, 0.1, 0.3)[strength] * len(rows)))))
    for row in bad:
        steps.losses[(row + 1) * steps.every - 1] = NAN
    return Made(
        steps.rows(), steps.form, {"loss.symptom": "intermittent-nan"}, steps.window(bad[0] * steps.every)
    )


def infinite(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, ("mmengine", "deepspeed", *LAST))
    start = (steps.count - steps.every, steps.at(rng.uniform(0.3, 0.8)), 0)[strength]
    steps.losses[start:] = steps.norms[start:] = [math.inf] * (steps.count - start)
    return Made(steps.rows(), steps.form, {"loss.symptom": "inf"}, steps.window(start))


def true_zero(rng: random.Random, strength: int) -> Made:
    """Not in a CSV, which does not say whether it went through a Trainer's filter."""
    steps = ordinary(rng, ("mmengine", "deepspeed", "plain"))
    start = steps.at((0.6, 0.2, 0)[strength])
    steps.losses[start:] = steps.norms[start:] = [0.0] * (steps.count - start)
    truth = {"loss.symptom": "zero", "loss.hidden_nan": (None, False)}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


def eval_only_nan(rng: random.Random, strength: int) -> Made:
    steps = ordinary(rng, ("trainer", "trainer_state", "json_lines", "plain"))
    evaluated(steps, 6)
    good = (5, 2, 0)[strength]
    steps.extra = [
        *steps.extra[:good],
        *(Row(row.step, eval_loss=NAN, epoch=row.epoch) for row in steps.extra[good:]),
    ]
    return Made(steps.rows(), steps.form, {"loss.symptom": "eval-only-nan"})


def nan_at_generation(rng: random.Random, strength: int) -> Made:
    count = (8, 40, 200)[strength]
    steps = ordinary(rng, points=(count, count))
    form = "trainer" if steps.form == "trainer_state" else steps.form  # a traceback stands in no JSON
    return Made(steps.rows(), form, {"loss.symptom": "nan-at-generation"}, tail=TRACEBACK)


KINDS: tuple[Callable[[random.Random, int], Made], ...] = (
    nan_from_start,
    nan_after_calm,
    nan_after_climbing_norm,
    nan_after_spikes,
    nan_after_rising,
    nan_after_falling_scale,
    scale_exhausted,
    filtered_zero,
    filtered_masked,
    filtered_dips,
    intermittent_nan,
    infinite,
    true_zero,
    eval_only_nan,
    nan_at_generation,
)
