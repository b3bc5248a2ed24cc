import math

from probes.logs import curve
from probes.logs.curve import AROUND, BUCKETS, Curve, in_order, thin
from probes.logs.point import Point


def collected(losses):
    made = Curve()
    for step, loss in enumerate(losses):
        made.add(Point(step=step, loss=loss, line=step + 1))
    return made.points()


def test_a_log_of_usual_length_is_kept_whole():
    losses = [2.0, 1.9, math.inf, 1.8, 0.0]

    assert [point.loss for point in collected(losses)] == losses


def test_a_long_log_is_thinned_evenly_and_keeps_its_extremes():
    losses = [2.0 + 0.001 * (step % 7) for step in range(10 * BUCKETS)]
    losses[33_333], losses[44_444] = 9.0, 0.1

    points = collected(losses)

    assert len(points) <= 3 * BUCKETS
    assert {9.0, 0.1} <= {point.loss for point in points}
    assert points == sorted(points, key=lambda point: point.step)
    assert sum(point.step < 5 * BUCKETS for point in points) / len(points) == 0.5


def test_every_point_around_the_first_bad_one_is_kept():
    losses = [2.0] * 20_000 + [math.nan] * 20_000

    steps = {point.step for point in collected(losses)}

    assert set(range(20_000 - AROUND, 20_000 + AROUND)) <= steps


def test_the_place_in_the_log_orders_points_of_one_line():
    made = Curve()
    for step in range(3 * BUCKETS):
        made.add(Point(step=step, loss=0.0 if step == 100 else 1.0, line=1))

    steps = [point.step for point in made.points()]

    assert steps == sorted(steps)


def test_thinning_for_the_chart_keeps_its_limit_and_the_bad_window():
    points = [Point(step=step, loss=1.0) for step in range(10_000)]

    kept = thin(points, 2_000, 7_000)

    assert len(kept) <= 2_000
    assert {7_000 - AROUND, 7_000, 7_000 + AROUND - 1} <= {point.step for point in kept}
    assert thin(points[:50], 2_000, None) == points[:50]


def test_extremes_count_nan_as_highest():
    points = [(place, Point(loss=loss)) for place, loss in enumerate([1.0, math.nan, 3.0, 0.5])]

    assert [place for place, _ in curve._extremes(points)] == [0, 1, 3]


def test_points_of_two_curves_come_in_the_order_of_the_log():
    one, other = Curve(), Curve()
    for line in (1, 4):
        one.add(Point(loss=1.0, line=line))
    other.add(Point(eval_loss=1.0, line=3))

    assert [point.line for point in in_order(one, other)] == [1, 3, 4]
