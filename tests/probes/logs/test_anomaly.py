import math

import pytest

from probes.logs.anomaly import judge
from probes.logs.point import Point
from probes.report import ASSUMED, Fact

NAN = math.nan
GOOD = [2.0, 1.95, 1.9, 1.92, 1.88, 1.85, 1.86, 1.8, 1.82, 1.79]


def points(losses, first=10, every=10, line=1):
    return [
        Point(step=first + every * place, loss=loss, line=line + place) for place, loss in enumerate(losses)
    ]


def test_every_fact_carries_the_line_that_decides_it():
    report = judge(points([1.825, NAN, NAN]), "train.log")

    assert report.facts == (
        Fact("loss.symptom", "nan-after-steps", "train.log:2"),
        Fact("loss.first_bad_step", 20, "train.log:2"),
        Fact("loss.last_good", 1.825, "train.log:1"),
    )
    assert [unknown.id for unknown in report.unknown] == ["gradient.trend"]


def test_steps_that_were_only_counted_are_assumed():
    report = judge(points([1.825, NAN], first=1, every=1), "train.log", counted=True)

    assert Fact("loss.first_bad_step", 2, "train.log:2", ASSUMED) in report.facts


def test_a_zero_behind_the_trainers_filter_is_seen_and_the_nan_is_assumed():
    report = judge(points([1.825, 0.0, 0.0]), "train.log", hides_nan=True)

    assert report.facts[:2] == (
        Fact("loss.symptom", "zero", "train.log:2"),
        Fact("loss.hidden_nan", True, "train.log:2", ASSUMED),
    )


def test_zeros_from_the_start_leave_open_whether_they_are_nan():
    report = judge(points([0.0, 0.0]), "train.log", hides_nan=True)

    assert report.values() == {"loss.symptom": "zero", "loss.first_bad_step": 10}
    assert [unknown.id for unknown in report.unknown] == ["gradient.trend", "loss.hidden_nan"]


def test_too_short_a_log_is_unknown_not_healthy():
    report = judge(points(GOOD[:4]), "train.log")

    assert report.values() == {}
    assert report.unknown[0].id == "loss.symptom"
    assert report.unknown[0].why == "4 logged losses, and it takes 5 to see a course"


def test_a_run_with_rewards_is_judged_by_nan_alone():
    rewarded = [Point(step=step, loss=0.0, reward=0.5, grad_norm=1.0, line=step) for step in range(1, 20)]

    assert judge(rewarded, "train.log").unknown[0].why.startswith("a loss below 0, or of a run with rewards")
    assert judge([*rewarded, Point(step=20, loss=NAN, reward=0.5, line=20)], "train.log").values() == {
        "loss.symptom": "nan-after-steps",
        "loss.first_bad_step": 20,
        "loss.last_good": 0.0,
        "gradient.trend": "steady",
    }


@pytest.mark.parametrize(
    ("more", "messages", "symptom"),
    [
        ([Point(eval_loss=NAN, line=11)], {}, "eval-only-nan"),
        ([Point(eval_loss=1.9, line=11)], {}, "healthy"),
        ([], {"probability-tensor": 11}, "nan-at-generation"),
        ([], {"loss-scale-minimum": 11, "probability-tensor": 12}, "loss-scale-exhausted"),
        ([Point(loss_scale=scale, line=11) for scale in (4.0, 2.0, 1.0)], {}, "loss-scale-exhausted"),
        ([Point(step=110, loss=NAN, line=11)], {"probability-tensor": 12}, "nan-after-steps"),
    ],
    ids=str,
)
def test_what_comes_after_a_healthy_training_loss(more, messages, symptom):
    assert judge([*points(GOOD), *more], "train.log", messages=messages).values()["loss.symptom"] == symptom


def test_a_loss_that_is_a_multiple_of_every_evaluation_is_too_high():
    log = [*points([4 * loss for loss in GOOD]), *(Point(eval_loss=1.8, line=line) for line in (11, 12))]

    assert judge(log, "train.log").facts[:3] == (
        Fact("loss.symptom", "too-high", "train.log:12"),
        Fact("loss.level", "times-accumulation", "train.log:12"),
        Fact("loss.first_bad_step", 10, "train.log:1"),
    )


def test_data_that_come_again_are_said_where_they_begin():
    batches = [
        2.0,
        1.7,
        2.3,
        1.9,
        2.2,
        1.6,
        2.4,
        1.8,
        2.1,
        1.75,
        2.25,
        1.85,
        1.65,
        2.35,
        1.95,
        2.05,
        1.7,
        2.4,
    ]
    losses = [*batches, *(0.9 * loss for loss in batches)]
    log = [Point(step=step, loss=loss, epoch=step / 100, line=step) for step, loss in enumerate(losses, 1)]

    assert judge(log, "train.log").facts[:3] == (
        Fact("loss.symptom", "level-shift", "train.log:19"),
        Fact("data.repeated", True, "train.log:19"),
        Fact("loss.first_bad_step", 19, "train.log:19"),
    )


def test_a_restart_that_got_past_the_trouble_has_overcome_it():
    log = [*points([*GOOD[:5], NAN, NAN]), *points(GOOD, first=40, line=20)]

    assert judge(log, "train.log").values()["loss.symptom"] == "healthy"


def test_a_restart_that_did_not_get_as_far_yet_proves_nothing():
    log = [*points([*GOOD, NAN, NAN]), *points(GOOD[:5], first=40, line=20)]

    assert judge(log, "train.log").values()["loss.first_bad_step"] == 110


def test_a_restart_that_broke_is_what_counts():
    log = [*points(GOOD), *points([2.0, NAN], line=20)]

    assert judge(log, "train.log").values()["loss.first_bad_step"] == 20


def test_a_restart_on_broken_weights_shows_where_they_broke():
    first = [Point(step=n, loss=2.0 if n < 2 else math.nan, line=n) for n in range(4)]
    again = [Point(step=n, loss=math.nan, line=10 + n) for n in range(3)]
    facts = judge([*first, *again], "train.log").values()
    assert (facts["loss.symptom"], facts["loss.first_bad_step"]) == ("nan-after-steps", 2)


def test_an_excerpt_that_begins_late_does_not_say_where_it_broke():
    report = judge([Point(step=n, loss=math.nan, line=n) for n in range(1461, 1466)], "train.log")
    (symptom,) = (fact for fact in report.facts if fact.id == "loss.symptom")
    assert symptom.state == "assumed"
    assert "loss.first_bad_step" not in report.values()


def test_a_scaled_loss_shows_float16_and_a_scale_of_one_does_not():
    def values(scale):
        return judge([Point(step=1, loss=2.0, loss_scale=scale, line=1)], "train.log").values()

    assert values(65536.0) == {"precision.compute": "float16"}
    assert values(1.0) == {}


def test_the_curve_has_at_most_2000_points_and_all_around_the_first_bad_one():
    report = judge(points([2.0] * 9_000 + [NAN] * 1_000, first=1, every=1), "train.log")

    assert len(report.curve) <= 2_000
    assert {8_950, 9_000, 9_001, 9_050} <= {step for step, _ in report.curve}


def test_nothing_at_all_is_unknown():
    report = judge([], "train.log")

    assert (report.facts, report.curve) == ((), ())
    assert [unknown.id for unknown in report.unknown] == ["loss.symptom"]


@pytest.mark.parametrize(("rate", "name"), [(0.3, "sgd"), (2e-5, None)])
def test_a_rate_that_only_sgd_takes_says_so(rate, name):
    run = [Point(step=step, loss=2.0, learning_rate=rate, line=step) for step in range(1, 6)]
    told = {fact.id: (fact.value, fact.state) for fact in judge(run, "train.log").facts}
    assert told.get("optimizer.name") == (name and (name, ASSUMED))


@pytest.mark.parametrize(("norm", "said"), [(6.1, True), (math.nan, None), (None, None)])
def test_a_first_update_that_breaks_the_weights_had_a_gradient_in_order(norm, said):
    run = [Point(step=1, loss=2.6, grad_norm=norm, line=1)]
    run += [Point(step=step, loss=math.nan, grad_norm=math.nan, line=step) for step in range(2, 9)]

    facts = {fact.id: fact.value for fact in judge(run, "train.log").facts}

    assert facts.get("loss.first_update") is said


def test_the_mean_of_a_window_says_that_some_step_was_well():
    dead = [Point(step=10 * at, loss=0.0, grad_norm=math.nan, line=at) for at in range(2, 9)]
    begun = [Point(step=10, loss=1.4, grad_norm=math.nan, line=1), *dead]

    for run, onset in ((begun, "after-steps"), (dead, "from-start")):
        facts = {fact.id: fact.value for fact in judge(run, "train.log", hides_nan=True).facts}
        assert (facts["loss.symptom"], facts["loss.onset"]) == ("zero", onset)
        assert "gradient.trend" not in facts
