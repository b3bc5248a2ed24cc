import math
import random

import pytest

from probes.logs.point import Point
from probes.logs.repeats import repeated

SEEDS = range(10)


def run(losses, epochs=1.0):
    return [
        Point(step=place, loss=loss, epoch=epochs * place / (len(losses) + 1), line=place)
        for place, loss in enumerate(losses, 1)
    ]


def batches(rng, count):
    return [2 * math.exp(rng.gauss(0, 0.1)) for _ in range(count)]


def again(rng, losses):
    return [0.9 * loss * math.exp(rng.gauss(0, 0.01)) for loss in losses]


@pytest.mark.parametrize(("before", "after"), [(60, 20), (40, 40), (30, 200)])
def test_batches_that_come_again_are_known_by_their_ups_and_downs(before, after):
    for seed in SEEDS:
        rng = random.Random(seed)
        first = batches(rng, before)
        new = batches(rng, max(0, after - before))  # those that the first attempt did not reach

        assert repeated(run(first + again(rng, first)[:after] + new)) == before, seed


def test_new_batches_are_none_of_the_old():
    for seed in SEEDS:
        assert repeated(run(batches(random.Random(seed), 200))) is None, seed


def test_a_few_hard_batches_make_no_likeness():
    for seed in SEEDS:
        rng = random.Random(seed)
        losses = [loss * (4 if rng.random() < 0.03 else 1) for loss in batches(rng, 300)]

        assert repeated(run(losses)) is None, seed


def test_the_next_epoch_repeats_its_data_rightly():
    rng = random.Random(0)
    first = batches(rng, 40)

    assert repeated(run(first + again(rng, first), epochs=2.0)) is None


def test_a_log_without_epochs_cannot_tell():
    rng = random.Random(0)
    first = batches(rng, 40)
    points = [Point(step=step, loss=loss) for step, loss in enumerate(first + again(rng, first))]

    assert repeated(points) is None


def test_equal_losses_and_short_logs_are_no_repetition():
    assert repeated(run([2.0] * 100)) is None
    assert repeated(run([2.0, 1.9] * 8)) is None
    assert repeated([]) is None
