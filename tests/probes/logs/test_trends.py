import math

import pytest

from probes.logs import trends
from probes.logs.point import Point

NAN, INF = math.nan, math.inf


def losses(*values):
    return [Point(loss=value, line=line) for line, value in enumerate(values, 1)]


def norms(*values):
    return [Point(loss=1.0, grad_norm=value, line=line) for line, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (losses(2.0, 1.9, 1.95, 1.9, 1.85, 1.9), ("calm", 6)),
        (losses(2.0, 1.9, 1.9, 1.9, 2.0, 2.2, 2.5, 2.9), ("rising", 8)),
        (losses(2.0, 1.9, 1.95, 3.9, 1.9, 1.85, 4.2, 1.9, 1.9, 1.8), ("spiky", 7)),
        (losses(10.8, 6.0, 4.0, 3.5, 3.4, 3.3, 3.3, 3.2), ("calm", 8)),
        (losses(2.0, 1.9, 1.9, 1.9), None),
    ],
)
def test_the_loss_before_it_went_bad(points, found):
    assert trends.before(points) == found


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (norms(3.0, 1.2, 0.9, 0.8, 0.9, 0.85, 0.8, 0.9), ("steady", 8)),
        (norms(0.8, 0.9, 0.8, 0.9, 0.8, 0.9, 2.0, 4.0, 9.0, 20.0), ("climbing", 10)),
        (norms(0.8, 0.9, 0.8, 0.9, 0.8, 30.0, 0.9, 0.8, 0.9, 0.8), ("spiking", 6)),
        (norms(0.9, 0.8, NAN), ("non-finite", 3)),
        (norms(INF), ("non-finite", 1)),
        (norms(0.0, 0.0, 0.0), ("zero", 3)),
        (norms(INF, INF, 1.0, 0.9, 0.8, 0.9, 0.8), ("steady", 7)),
        (norms(0.9, 0.8), None),
        ([], None),
        ([Point(loss=NAN, grad_norm=NAN, line=1)] * 9, None),
        ([Point(loss=NAN, grad_norm=0.0, line=1)] * 9, ("zero", 1)),
    ],
)
def test_the_gradient_norm_before_the_loss_went_bad(points, found):
    assert trends.gradient(points) == found


def overflows(*scales, first=1):
    return [Point(loss_scale=float(scale), line=line) for line, scale in enumerate(scales, first)]


def logged(count, first, scale=None):
    return [Point(loss=1.0, loss_scale=scale, line=first + place) for place in range(count)]


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (logged(9, 1), None),
        (logged(9, 1, 1.0), None),  # bfloat16 in Megatron
        (logged(9, 1, 65536.0), ("steady", 9)),
        (overflows(65536, 32768, 16384) + logged(9, 4), ("first-skips", 3)),
        (overflows(65536, 32768, 16384) + logged(4, 4), None),
        (overflows(65536, 32768, 16384), None),
        (logged(8, 1) + overflows(512, 256, 128, first=9) + logged(2, 12), ("falling", 11)),
        (logged(3, 1, 4.0) + overflows(2, 1, 1, 0.5, first=4), ("exhausted", 7)),
        (
            [
                point
                for first in (1, 11, 21)
                for point in logged(9, first) + overflows(32768, first=first + 9)
            ],
            ("steady", 30),
        ),
    ],
)
def test_the_loss_scale(points, found):
    assert trends.loss_scale(points) == found


def rates(*values, first=None):
    return [
        Point(learning_rate=value, line=line, step=None if first is None else first + line - 1)
        for line, value in enumerate(values, 1)
    ]


def test_the_peak_learning_rate_counts_where_it_stays_or_has_passed():
    assert trends.peak_rate(rates(1e-5, 2e-5, 2e-5, 2e-5)) == (2e-5, 2)
    assert trends.peak_rate(rates(1e-5, 2e-5, 1.9e-5, 1.8e-5)) == (2e-5, 2)
    assert trends.peak_rate(rates(2e-5, 1.9e-5, 1.8e-5, first=1)) == (2e-5, 1)
    assert trends.peak_rate(rates(2e-5, 1.9e-5, 1.8e-5, first=700)) is None  # it was higher before
    assert trends.peak_rate(rates(2e-5, 1.9e-5, 1.8e-5)) is None
    assert trends.peak_rate(rates(1e-5, 2e-5)) is None
    assert trends.peak_rate(rates(0.0, 0.0)) is None


def test_of_a_later_part_of_the_run_the_highest_rate_is_a_guess():
    assert trends.later_rate(rates(2e-5, 1.9e-5, 1.8e-5, first=700)) == (2e-5, 1)
    assert trends.later_rate(rates(1e-5, 2e-5, 1.9e-5)) is None
    assert trends.later_rate(rates(2e-5, 1.9e-5)) is None


def test_a_loss_that_ends_at_a_new_high_rises():
    turned = [2.38, 1.66, 2.09, 1.84, 2.7, 2.83, 2.99, 2.87]  # of eight points a spread says little
    assert trends.before([Point(loss=loss, line=line) for line, loss in enumerate(turned, 1)]) == (
        "rising",
        8,
    )
    swings = [2.38, 1.66, 2.99, 1.84, 2.7, 2.83, 1.99, 2.87]
    assert trends.before([Point(loss=loss, line=line) for line, loss in enumerate(swings, 1)]) == ("calm", 8)


def norms(*values):
    return [Point(loss=2.0, grad_norm=norm, line=line) for line, norm in enumerate(values, 1)]


def test_one_batch_that_throws_the_weights_away_is_no_climb():
    before = (6.1, 5.6, 4.2, 4.5, 4.0, 4.0, 3.8, 3.7, 3.9)
    assert trends.gradient(norms(*before, 3.0, 3.4, 3.0, 3.1, 3.3, 6190.0, 76.1)) == ("spiking", 15)
    assert trends.gradient(norms(*before, 5.0, 9.0, 18.0, 31.0, 83.0, 219.0, 576.1)) == ("climbing", 16)


def test_a_warm_up_shows_in_the_learning_rate():
    assert trends.warm_up(rates(1e-6, 2e-6, 3e-6, 4e-6, 4e-6)) == (True, 4)
    assert trends.warm_up(rates(2e-5, 2e-5, 2e-5, 2e-5)) is None
    assert trends.warm_up([]) is None


def test_no_warm_up_shows_in_the_first_step():
    assert trends.warm_up(rates(2e-5, 1.9e-5, 1.8e-5, 1.7e-5, first=1)) == (False, 1)
    assert trends.warm_up(rates(2e-5, 2e-5, 2e-5, 2e-5, first=1)) == (False, 1)
    assert trends.warm_up(rates(2e-5, 2e-5, 2e-5, 2e-5, first=10)) is None
    assert trends.warm_up(rates(2e-5, 2e-5, 2e-5, 2e-5, first=1), counted=True) is None


def test_a_norm_beside_a_zero_that_hides_nan_says_nothing_new():
    point = Point(loss=0.0, grad_norm=NAN, line=1)
    mean = Point(loss=1.4, grad_norm=NAN, line=1)

    assert trends.gradient([point]) is None
    assert trends.gradient([mean]) == ("non-finite", 1)
    assert trends.gradient([mean], hidden=True) is None


def test_a_loss_breaks_at_once_or_over_several_steps():
    def run(*values):
        return [Point(step=line, loss=value, line=line) for line, value in enumerate(values, 1)]

    calm = [1.4, 1.3, 1.35, 1.3, 1.32]
    assert trends.broke(run(*calm, 82.0, 59.0), 5) == ("at-once", 6)
    assert trends.broke(run(*calm, 1.9, 2.6, 3.8, 7.0), 5) == ("climbing", 9)
    assert trends.broke(run(*calm, 1.5, 1.6), 5) is None
    assert trends.broke(run(1.4, 80.0), 1) is None
