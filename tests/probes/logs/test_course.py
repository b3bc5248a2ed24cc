"""Curves made at random, each kind in lengths and strengths: the faulty are named, the healthy are not."""

import math
import random

import pytest

from probes.logs.anomaly import symptom
from probes.logs.point import Point

SEEDS = range(12)


def falling(rng, count, start=2.2, end=1.2, noise=0.05):
    return [
        (end + (start - end) * math.exp(-5 * step / count)) * math.exp(rng.gauss(0, noise))
        for step in range(count)
    ]


def norms(rng, count, noise=0.25):
    return [0.8 * (1 + 2 * math.exp(-step / 3)) * math.exp(rng.gauss(0, noise)) for step in range(count)]


def made(losses, gradients=None, every=10, epochs=1.0):
    count = len(losses)
    return [
        Point(
            step=every * (place + 1),
            loss=loss,
            grad_norm=gradients[place] if gradients else None,
            epoch=epochs * (place + 1) / count,
            line=place + 1,
        )
        for place, loss in enumerate(losses)
    ]


def means(losses, over=10):
    return [sum(losses[start : start + over]) / over for start in range(0, len(losses), over)]


def uneven(rng, count, share):
    return [loss * (rng.uniform(2, 4) if rng.random() < share else 1) for loss in falling(rng, count)]


def usual(rng, count, noise):
    return made(falling(rng, count, noise=noise), norms(rng, count))


def single_samples(rng, count, noise):
    return made(falling(rng, count, start=1.6, noise=noise), norms(rng, count, 0.6), every=1)


def uneven_steps(rng, count, share):
    return made(uneven(rng, count, share), norms(rng, count, 0.6), every=1)


def uneven_means(rng, count, share):
    return made(means(uneven(rng, 10 * count, share)))


def epoch_staircase(rng, count, noise):
    levels = [(1.8, 1.2, 0.7)[3 * step // count] for step in range(count)]
    return made([level * math.exp(rng.gauss(0, noise)) for level in levels], epochs=3.0)


def flat_continued_pretraining(rng, count, noise):
    return made([1.9 * math.exp(rng.gauss(0, noise)) for _ in range(count)], norms(rng, count))


def learnt_by_heart(rng, count, noise):
    losses = [2 * math.exp(-10 * step / count) * math.exp(rng.gauss(0, noise)) for step in range(count)]
    return made([round(loss, 4) for loss in losses], epochs=10.0)


def one_gradient_blip(rng, count, factor):
    gradients = norms(rng, count)
    gradients[rng.randrange(8, count - 5)] = factor
    return made(falling(rng, count), gradients)


def first_steps_skipped(rng, count, skips):
    gradients = norms(rng, count)
    gradients[:skips] = [math.inf] * skips
    return made(falling(rng, count), gradients)


def pretraining_from_scratch(rng, count, noise):
    return made(falling(rng, count, start=10.8, end=3.2, noise=noise))


def unlucky_data_order(rng, count, rise):
    losses = falling(rng, count, start=1.8, end=1.5)
    return made([loss * (rise if 8 * step // count % 2 else 1) for step, loss in enumerate(losses)])


def preference(rng, count, noise):
    losses = [0.05 + 0.64 * math.exp(-3 * step / count) for step in range(count)]
    return made([loss * math.exp(rng.gauss(0, noise)) for loss in losses])


def restarted(rng, count, part):
    first, again = usual(rng, count, 0.05), usual(rng, count, 0.05)
    return first[: int(part * count)] + again[int(part * count / 2) :]


HEALTHY = [
    *((usual, count, noise) for count in (10, 50, 400) for noise in (0.02, 0.1)),
    *((single_samples, count, noise) for count in (10, 50, 400) for noise in (0.3, 0.5)),
    *((uneven_steps, count, share) for count in (200, 600) for share in (0.02, 0.2)),
    *((uneven_means, count, share) for count in (50, 200) for share in (0.05, 0.2)),
    *((epoch_staircase, count, noise) for count in (30, 300) for noise in (0.05, 0.1)),
    *((flat_continued_pretraining, count, noise) for count in (20, 200, 600) for noise in (0.02, 0.1)),
    *((learnt_by_heart, count, noise) for count in (100, 300) for noise in (0.1, 0.2)),
    *((one_gradient_blip, count, factor) for count in (50, 200) for factor in (20, 200)),
    *((first_steps_skipped, count, skips) for count in (50, 200) for skips in (1, 8)),
    *((pretraining_from_scratch, count, 0.02) for count in (50, 400)),
    *((unlucky_data_order, 400, rise) for rise in (1.05, 1.12)),
    *((preference, count, 0.1) for count in (30, 100)),
    *((restarted, count, part) for count in (40, 200) for part in (0.5, 0.9)),
]


@pytest.mark.parametrize(("kind", "count", "strength"), HEALTHY)
def test_healthy_oddities_stay_healthy(kind, count, strength):
    for seed in SEEDS:
        run = kind(random.Random(seed), count, strength)

        assert symptom(run, hides_nan=True).symptom == "healthy", seed


def diverges(rng, count, factor):
    losses, start = falling(rng, count), rng.randrange(count // 3, count // 2)
    return made(
        [loss * factor ** max(0.0, (step - start) / (count - start)) for step, loss in enumerate(losses)]
    )


def sticks_high(rng, count, level):
    losses, start = falling(rng, count), rng.randrange(count // 3, 2 * count // 3)
    return made(losses[:start] + [level * math.exp(rng.gauss(0, 0.02)) for _ in losses[start:]])


def spikes(rng, count, factor):
    losses, start = falling(rng, count), rng.randrange(count // 3, 2 * count // 3)
    decay = max(2, count // 50)
    rises = [
        1 + (factor - 1) * math.exp((start - step) / decay) if step >= start else 1 for step in range(count)
    ]
    return made([loss * rise for loss, rise in zip(losses, rises, strict=True)])


def spike_after_spike(rng, count, factor):
    losses = falling(rng, count, noise=0.03)
    for start in (20, 30, 45, 60):
        for behind, share in enumerate((1, 0.5, 0.25)):
            losses[start + behind] *= 1 + (factor - 1) * share
    return made(losses, every=1)


def spikes_at_once(rng, count, factor):
    losses = [1.9 * math.exp(rng.gauss(0, 0.02)) for _ in range(count)]
    rises = [1.0, *(1 + (factor - 1) * math.exp(-max(0, abs(step - 2) - 1) / 3) for step in range(1, count))]
    return made([loss * rise for loss, rise in zip(losses, rises, strict=True)], every=1)


def shifts(rng, count, factor):
    losses, start = falling(rng, count, start=1.6), rng.randrange(count // 3, 2 * count // 3)
    return made([loss * (factor if step >= start else 1) for step, loss in enumerate(losses)])


def stuck(rng, count, level):
    return made([level * math.exp(rng.gauss(0, 0.001)) for _ in range(count)])


def summed(rng, count, factor):
    return made([factor * loss for loss in falling(rng, count, end=1.8)])


def leaks(rng, count, level):
    return made([2 * math.exp(-step) + level * math.exp(rng.gauss(0, 0.1)) for step in range(count)])


def gradient_jumps(rng, count, factor):
    gradients = norms(rng, count)
    for step in rng.sample(range(10, count), 1 if factor > 1e6 else 5):
        gradients[step] = factor
    return made(falling(rng, count), gradients)


def gradient_dies(rng, count, share):
    gradients = [math.nan if rng.random() < share else norm for norm in norms(rng, count)]
    return made(falling(rng, count), [*gradients[:-1], math.nan])


FAULTY = [
    *(("divergence", diverges, count, factor) for count in (40, 100, 400) for factor in (2, 4, 20)),
    *(("divergence", sticks_high, count, level) for count in (30, 100, 400) for level in (7.5, 11)),
    *(("spike", spikes, count, factor) for count in (50, 100, 400) for factor in (3, 5, 50)),
    *(("spike", spike_after_spike, count, factor) for count in (80, 200) for factor in (3, 8)),
    *(("spike", spikes_at_once, count, factor) for count in (20, 100) for factor in (2, 3)),
    *(("level-shift", shifts, count, factor) for count in (60, 100, 400) for factor in (1.8, 2.2)),
    *(("not-decreasing", stuck, count, level) for count in (20, 100) for level in (math.log(2), 4.0, 10.9)),
    *(("too-high", summed, count, factor) for count in (10, 100) for factor in (8, 32)),
    *(("too-low", leaks, count, level) for count in (10, 100) for level in (0.001, 0.01)),
    *(("gradient-spike", gradient_jumps, count, factor) for count in (50, 200) for factor in (100, 1e8)),
    *(("gradient-spike", gradient_dies, count, share) for count in (20, 200) for share in (0.3, 1.0)),
]


@pytest.mark.parametrize(("name", "kind", "count", "strength"), FAULTY)
def test_faulty_curves_are_named(name, kind, count, strength):
    for seed in SEEDS:
        run = kind(random.Random(seed), count, strength)

        assert symptom(run, hides_nan=True).symptom == name, seed


@pytest.mark.parametrize("count", [40, 100, 400])
def test_the_first_bad_point_is_where_the_curve_leaves(count):
    for seed in SEEDS:
        rng = random.Random(seed)  # as in sticks_high: the noise is drawn before the start
        falling(rng, count)
        start = rng.randrange(count // 3, 2 * count // 3)

        found = symptom(sticks_high(random.Random(seed), count, 7.5))

        assert found.first == start, seed


def test_four_points_that_only_rise_and_threefold_are_enough():
    assert symptom(made([2.183, 3.3851, 9.2042, 50.7927])).symptom == "divergence"
    assert symptom(made([2.0, 2.1, 2.2, 2.3])) is None


def test_too_few_points_show_no_course():
    assert symptom(made([2.0, 1.9, 9.0])) is None
    assert symptom([]) is None


@pytest.mark.parametrize(
    ("losses", "rates", "name"),
    [
        ([2.12, 2.51, 2.80, 2.88, 2.97, 2.96], None, "divergence"),  # the first mean is the lowest
        ([2.12, 2.01, 1.90, 1.88, 1.87, 1.96], None, "healthy"),
        ([1.17, 1.15, 1.16, 2.30, 3.03, 1.07, 1.10, 1.11, 1.04, 0.99, 0.97, 0.96, 0.96], None, "spike"),
        ([1227.0, 146.8, 3.58, 2.52, 2.91, 2.05], None, "too-high"),  # learnt away soon
        ([1.81, 25.4, 37.9, 34.7, 30.3, 24.0], None, "divergence"),  # and did not begin high
        ([5.27, 5.27, 5.30, 5.25, 5.35, 5.28], None, "not-decreasing"),
        ([5.27, 5.27, 5.30, 5.25, 5.35, 5.28], [1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 6e-6], "healthy"),  # warm-up
    ],
)
def test_few_means_over_ten_steps_show_as_much_as_many_steps(losses, rates, name):
    run = [
        Point(step=10 * place, loss=loss, learning_rate=rates[place - 1] if rates else 1e-5, line=place)
        for place, loss in enumerate(losses, 1)
    ]

    assert symptom(run).symptom == name


def test_what_is_learnt_in_a_few_steps_without_an_epoch_leaks():
    losses = [6.0, 5.7, 4.6, 3.8, 2.8, 1.7, 0.8, 0.3, 0.05, 0.012, 0.008, *[0.004] * 30]

    assert symptom([Point(step=step, loss=loss) for step, loss in enumerate(losses, 1)]).symptom == "too-low"
    late = [3.0] * 20 + losses
    assert symptom([Point(step=step, loss=loss) for step, loss in enumerate(late, 1)]).symptom != "too-low"
