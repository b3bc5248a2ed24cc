import math

import pytest

from probes.logs import broken
from probes.logs.point import Point
from probes.logs.verdict import Verdict

NAN, INF = math.nan, math.inf


def run(losses, norms=None):
    norms = norms or [None] * len(losses)
    return [
        Point(step=10 * place, loss=loss, grad_norm=norm, line=place)
        for place, (loss, norm) in enumerate(zip(losses, norms, strict=True), 1)
    ]


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([2.0, 1.9, 1.8], None),
        ([NAN], Verdict("nan-from-start", 0)),
        ([NAN, NAN, NAN], Verdict("nan-from-start", 0)),
        ([1.8250, NAN, NAN], Verdict("nan-after-steps", 1)),
        ([2.0, 1.9, NAN], Verdict("nan-after-steps", 2)),
        ([2.0, NAN, 1.9, 1.8, NAN, 1.7], Verdict("intermittent-nan", 1)),
        ([NAN, 1.9, 1.8, 1.7], Verdict("intermittent-nan", 0)),
        ([2.0, NAN, 1.9, NAN, NAN, NAN, NAN, NAN], Verdict("nan-after-steps", 1)),
        ([2.0, INF], Verdict("inf", 1)),
        ([2.0, INF, INF, NAN], Verdict("inf", 1)),
        ([2.0, INF, NAN, NAN, NAN], Verdict("nan-after-steps", 1)),
    ],
)
def test_losses_that_are_not_finite(losses, verdict):
    assert broken.not_finite(run(losses), False) == verdict


@pytest.mark.parametrize(
    ("losses", "norms", "verdict"),
    [
        ([2.0, 1.9], None, None),
        ([0.0, 0.0], None, Verdict("zero", 0)),
        ([0.0, 0.0], [0.0, 0.0], Verdict("zero", 0, hidden_nan=False)),
        ([0.0, 0.0], [NAN, NAN], Verdict("zero", 0, hidden_nan=True)),
        ([2.0, 1.9, 0.0, 0.0], [1.0, 0.9, NAN, NAN], Verdict("zero", 2, hidden_nan=True)),
        ([2.0, 1.9, 0.0, 0.0], [1.0, 0.9, 0.0, 0.0], Verdict("zero", 2, hidden_nan=True)),
        ([2.0, 1.9, 0.0, 0.0], [1.0, 0.9, 1.1, 1.0], Verdict("zero", 2, hidden_nan=False)),
        ([2.0, 1.9, 0.0, 0.0], None, Verdict("zero", 2, hidden_nan=True, assumed=True)),
        ([2.0, 0.0, 1.9, 1.8, 1.7], None, Verdict("intermittent-nan", 1, hidden_nan=True, assumed=True)),
    ],
    ids=str,
)
def test_zeros_of_the_trainer(losses, norms, verdict):
    assert broken.zero(run(losses, norms), True) == verdict


def test_zeros_of_a_log_without_the_filter_hide_nothing():
    assert broken.zero(run([2.0, 1.9, 0.0, 0.0]), False) == Verdict("zero", 2)
    assert broken.zero(run([2.0, 0.0, 1.9, 1.8, 1.7]), False) is None


def test_hidden_nan_begins_with_the_gradient_norm_or_with_the_dip_before_the_first_zero():
    dead = run([2.0, 1.9, 1.1, 0.0, 0.0], [1.0, 1.0, NAN, NAN, NAN])
    dip = run([2.0, 2.0, 1.9, 1.9, 1.9, 1.9, 1.1, 0.0, 0.0])

    assert broken.zero(dead, True) == Verdict("zero", 2, hidden_nan=True)
    assert broken.zero(dip, True) == Verdict("zero", 6, hidden_nan=True, assumed=True)


def test_a_loss_learnt_by_heart_fades_to_zero_and_is_well():
    losses = [math.exp(-step) for step in range(10)]

    assert broken.zero(run([*losses, 0.0, 0.0, 0.0]), True) is None


def test_the_loss_of_a_policy_gradient_may_be_zero():
    points = [Point(step=step, loss=0.0, grad_norm=3.1, reward=0.2, line=step) for step in range(1, 9)]

    assert broken.zero(points, True) is None


def test_dips_of_a_calm_log_of_the_trainer_are_hidden_nan():
    losses = [2.0 - 0.01 * (step % 3) for step in range(40)]
    for step in (5, 11, 17, 23, 29, 35):
        losses[step] = 1.2

    assert broken.dips(run(losses), True) == Verdict("intermittent-nan", 5, hidden_nan=True, assumed=True)
    assert broken.dips(run(losses), False) is None


def test_dips_of_an_uneven_log_are_its_data():
    losses = [(2.0, 1.2, 2.9, 1.6)[step % 4] for step in range(40)]

    assert broken.dips(run(losses), True) is None


def test_a_gradient_of_exactly_0_between_others_is_a_batch_without_labels_behind_the_filter():
    losses = [2.0 - 0.01 * step for step in range(12)]
    some = run(losses, [0.9, 0.8, 0.0, 0.9, 0.8, 0.9, 0.0, 0.8, 0.9, 0.8, 0.9, 0.8])
    one = run(losses, [0.9, 0.8, 0.0, *[0.9] * 9])
    first = run(losses, [0.0, 0.0, 0.0, *[0.9] * 9])

    assert broken.unlabelled(some, True) == Verdict("intermittent-nan", 2, hidden_nan=True)
    assert broken.unlabelled(some, False) is None
    assert broken.unlabelled(one, True) is None
    assert broken.unlabelled(first, True) is None
    assert broken.unlabelled(run(losses, [0.0] * 12), True) is None


def test_few_deep_dips_count_where_many_shallow_ones_lie_below_and_none_above():
    losses = [2.0 - 0.01 * (step % 3) for step in range(60)]
    deep = {7: 1.2, 27: 1.1, 47: 1.2}
    shallow = dict.fromkeys(range(4, 60, 6), 1.75)
    few, many = (
        [other.get(step, loss) for step, loss in enumerate(losses)] for other in (deep, deep | shallow)
    )

    assert broken.dips(run(few), True) is None
    assert broken.dips(run(many), True) == Verdict("intermittent-nan", 7, hidden_nan=True, assumed=True)
