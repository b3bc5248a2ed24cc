import math
import random

import pytest

from probes.logs.noise import LEAST_SPREAD, by_chance, jump, median, running_median, spread


def test_the_median():
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert median([4.0, 1.0, 2.0, 3.0]) == 2.5
    assert median([7.0]) == 7.0


def test_the_spread_is_the_deviation_of_the_noise_whatever_the_trend():
    rng = random.Random(1)
    values = [rng.gauss(0, 0.1) - 0.001 * index for index in range(2_000)]

    assert spread(values) == pytest.approx(0.1, rel=0.1)


def test_a_staircase_and_a_spike_hardly_move_the_spread():
    rng = random.Random(1)
    values = [rng.gauss(0, 0.1) - (index // 100) + (5 if index == 42 else 0) for index in range(400)]

    assert spread(values) == pytest.approx(0.1, rel=0.15)


def test_the_spread_is_never_nothing():
    assert spread([1.0] * 10) == spread([1.0]) == spread([]) == LEAST_SPREAD


def test_the_running_median_keeps_edges():
    assert running_median([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 1) == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    assert math.isclose(running_median([0.0, 9.0, 0.0], 1)[1], 0.0)


def test_a_jump_is_found_where_it_is_and_with_its_levels():
    assert jump([1.0, 1.1, 0.9, 1.0, 3.0, 3.1, 2.9, 3.0], 4) == (4, 1.0, 3.0)
    assert jump([1.0, 1.1, 1.0, 0.9, 1.0, 2.0, 2.1, 2.0], 3) == (5, 1.0, 2.0)
    assert jump([1.0, 2.0], 5) == (1, 1.0, 2.0)


def test_events_by_chance_follow_poisson():
    assert by_chance(0, 2.0) == 1.0
    assert by_chance(1, 2.0) == pytest.approx(1 - math.exp(-2))
    assert by_chance(3, 0.1) == pytest.approx(1.547e-4, rel=1e-3)
    assert by_chance(1, 0.0) == 0.0
    assert by_chance(5_000, 2_500.0) == 1.0  # beyond what exp can tell
