from probes.logs.point import Point
from probes.logs.steps import Counter, attempts


def placed(*points):
    counter = Counter()
    return [counter.place(point).step for point in points], counter.counted


def test_steps_of_the_log_are_kept():
    assert placed(Point(step=10), Point(step=20)) == ([10, 20], False)


def test_points_without_a_step_are_counted():
    assert placed(Point(), Point(), Point()) == ([1, 2, 3], True)


def test_counting_goes_on_from_the_last_step_that_was_printed():
    assert placed(Point(step=5), Point(), Point(), Point(step=200)) == ([5, 6, 7, 200], True)


def test_a_counter_that_starts_anew_in_each_epoch_goes_on():
    points = [Point(step=step, epoch=epoch) for epoch in (0.0, 1.0) for step in (50, 100)]

    assert placed(*points) == ([50, 100, 150, 200], False)


def test_a_restart_goes_back():
    assert placed(Point(step=100, epoch=1.0), Point(step=50, epoch=0.5)) == ([100, 50], False)


def test_a_restart_without_steps_goes_back_with_its_epoch():
    epochs = (0.1, 0.2, 0.3, 0.4, 0.1, 0.2)

    assert placed(*(Point(epoch=epoch) for epoch in epochs)) == ([1, 2, 3, 4, 2, 3], True)


def steps(runs):
    return [[point.step for point in run] for run in runs]


def test_one_run_is_one_attempt():
    assert steps(attempts([Point(step=1), Point(step=2)])) == [[1, 2]]


def test_a_restart_from_a_checkpoint_keeps_the_part_that_it_goes_on_from():
    points = [Point(step=step) for step in (10, 20, 30, 40, 20, 30)]

    assert steps(attempts(points)) == [[10, 20, 30], [10, 20, 30, 40]]


def test_ranks_that_print_in_turn_are_no_restarts():
    points = [Point(step=step) for step in (1, 1, 2, 1, 2, 2, 3, 3) * 60]

    assert len(attempts(points)) == 1


def test_an_empty_log_has_one_empty_attempt():
    assert attempts([]) == [[]]
