import math
import random

import pytest

from probes.logs.level import height, level
from probes.logs.point import Point


def run(losses):
    return [Point(step=place, loss=loss, line=place) for place, loss in enumerate(losses, 1)]


def flat(height, noise, count=12):
    rng = random.Random(0)
    return run([height * math.exp(rng.gauss(0, noise)) for _ in range(count)])


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (flat(math.log(32_000), 0.003), ("near-ln-vocabulary", 1)),
        (flat(math.log(151_936), 0.003), ("near-ln-vocabulary", 1)),
        (run([10.9, 10.6, 10.1, 9.6, 9.1, 8.7, 8.3]), None),  # the middle of the first five is lower
        (run([11.0, 10.9, 10.7, 10.4, 10.0, 9.6, 9.2]), ("near-ln-vocabulary", 1)),
        (flat(10.8, 0.15), None),  # uneven batches: a loss of 1.35 times 8
        (flat(1.9, 0.003), None),
        (run([10.4, 10.4, 10.4]), None),
    ],
    ids=str,
)
def test_a_guess_among_all_tokens_is_even_and_costs_the_logarithm_of_the_vocabulary(points, found):
    assert level(points, points) == found


@pytest.mark.parametrize(
    ("losses", "evaluations", "found"),
    [
        ([7.6] * 10 + [7.2] * 10, {6: 1.9, 16: 1.8}, ("times-accumulation", 16)),
        ([1.9] * 20, {6: 1.9, 16: 1.8}, None),
        ([7.6] * 20, {6: 1.9}, None),  # once may be a bad moment
        ([7.6] * 10 + [3.0] * 10, {6: 1.9, 16: 1.1}, ("times-accumulation", 16)),
        ([20.0] * 10 + [3.0] * 10, {6: 1.9, 16: 1.1}, None),  # falls on its way to the evaluation
        ([7.6] * 20, {3: 1.9, 4: 1.9}, None),  # too early to know the training's level
    ],
    ids=str,
)
def test_a_sum_over_accumulation_steps_is_a_multiple_of_every_evaluation(losses, evaluations, found):
    train = [Point(step=line, loss=loss, line=line) for line, loss in enumerate(losses, 1)]
    points = train + [Point(eval_loss=loss, line=line) for line, loss in evaluations.items()]

    assert level(train, sorted(points, key=lambda point: point.line)) == found


def test_no_sum_of_sound_losses_is_above_a_thousand():
    assert height(run([21.0, 20.0])) == ("above-guess", 1)
    assert height(run([2.6e7, 2.2e7])) == ("absurd", 1)


def test_what_falls_through_the_height_of_a_guess_is_none():
    assert level(run([16.3, 11.2, 10.3, 10.2, 10.2, 10.2]), []) is None
