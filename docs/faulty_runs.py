"""The faulty kinds, each at strengths 0, 1 and 2 from hard to see to plain: see runs.py."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from runs import FILTERED, LAST, MEANS, NAN, Made, Row, evaluated, ordinary, overflows, scaled, spike

VISIBLE = (*MEANS, *LAST)  # forms that print NaN
NORMED = ("mmengine", "megatron", *LAST)  # of these, those that print a gradient norm
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
    plain = next(row.step for row, fall in zip(rows, falls, strict=True) if fall < 0.75)
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
    steps = ordinary(rng, ("mmengine", "deepspeed", *LAST))
    start = steps.at((0.6, 0.2, 0)[strength])
    steps.losses[start:] = steps.norms[start:] = [0.0] * (steps.count - start)
    truth = {"loss.symptom": "zero", "loss.hidden_nan": (None, False)}
    return Made(steps.rows(), steps.form, truth, steps.window(start))


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
    start, width = steps.at(rng.uniform(0.3, 0.7)), rng.randint(2, 8) * steps.every
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
    eval_only_nan,
    nan_at_generation,
)
