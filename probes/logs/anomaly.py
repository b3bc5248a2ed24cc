"""The judge: what a run's points say, as facts with the line that decides each."""

from __future__ import annotations

import math
import typing

from probes.logs import broken, course, norms, trends
from probes.logs.curve import thin
from probes.logs.level import height, level
from probes.logs.point import Point
from probes.logs.steps import attempts
from probes.logs.verdict import LEAST, Verdict
from probes.report import ASSUMED, MEASURED, Fact, Report, Unknown, Value

SHOWN = 2_000  # points of the curve in a report

RISES = ("divergence", "spike")
LATE = 100  # a log that is bad throughout and begins after this step is an excerpt
# The first rule that speaks decides; what cannot be a course comes before what can.
BROKEN = (broken.not_finite, broken.zero, broken.unlabelled, broken.dips)
COURSE = (
    course.too_high,
    course.climb,
    course.risen,
    course.spike,
    course.too_low,
    course.again,
    course.flat,
    course.gradient_spike,
)


def judge(
    points: typing.Sequence[Point],
    name: str,
    hides_nan: bool = False,
    counted: bool = False,
    messages: typing.Mapping[str, int] | None = None,
) -> Report:
    """The report on a log's points, which come in the order of the log.

    `hides_nan`: the log went through the Trainer's filter. `counted`: the steps are not the log's but
    number its points. `messages`: known messages and the line of each, the most telling first.
    """
    messages = messages or {}
    run, verdict = _decide(points, hides_nan)
    verdict, line = _beyond_training(verdict, run, points, messages)
    bad = run[verdict.first] if verdict and verdict.first is not None else None
    before = run[: verdict.first] if verdict else run  # all of it, where no point is bad
    facts: list[Fact] = []

    def say(fact: str, found: tuple[Value | None, int] | None, state: str = MEASURED) -> None:
        if found and found[0] is not None:
            facts.append(Fact(fact, found[0], f"{name}:{found[1]}", state))

    if verdict:
        filtered = ASSUMED if verdict.assumed else MEASURED
        sure = MEASURED if verdict.symptom == "zero" else filtered
        sure = ASSUMED if bad and _is_excerpt(run, verdict, counted) else sure
        say("loss.symptom", (verdict.symptom, line), sure)
        say("loss.hidden_nan", (verdict.hidden_nan, line), filtered)
        say("loss.onset", (_onset(run, verdict), line), filtered)
        say("data.repeated", (verdict.repeated or None, line))
        summed = level(run, points)
        say("loss.level", summed)
        say("loss.height", height(run) if verdict.symptom == "too-high" and not summed else None)
        say("loss.first_update", _first_update(run, verdict))
    if bad and verdict and not _is_excerpt(run, verdict, counted):
        say("loss.first_bad_step", (bad.step, bad.line), ASSUMED if counted else MEASURED)
    if bad:
        say("loss.last_good", (before[-1].loss, before[-1].line) if before else None)
        say("loss.before", trends.before(before))
        say("loss.break", trends.broke(run, len(before)) if verdict and verdict.symptom in RISES else None)
    hidden = bool(verdict and verdict.hidden_nan) and len(run) > 1 and trends.is_averaged(run)
    say("gradient.trend", trends.gradient([*before, bad] if before and bad else run, hidden))
    say("gradient.beside_nan", norms.beside_nan(run))
    say("gradient.hundredfold", norms.hundredfold(run))
    say("gradient.standing_still", norms.standing_still(run))
    at_minimum = messages.get("loss-scale-minimum")
    say("loss_scale.trend", ("exhausted", at_minimum) if at_minimum else trends.loss_scale(points))
    scaled = next((point for point in points if (point.loss_scale or 0) > 1), None)
    say("precision.compute", ("float16", scaled.line) if scaled else None)  # nothing else needs scaling
    half = next((point for point in points if point.dtype), None)
    for fact in ("precision.compute", "precision.weights"):
        say(fact, (half.dtype, half.line) if half else None)
    rate = trends.peak_rate(points)
    say("optimizer.learning_rate", rate)
    say("optimizer.learning_rate", None if rate else trends.later_rate(points), ASSUMED)
    say("optimizer.name", ("sgd", rate[1]) if rate and rate[0] >= trends.OF_SGD else None, ASSUMED)
    say("schedule.warmup", trends.warm_up(points, counted))
    say("log.message", next(iter(messages.items()), None))
    shown = thin(run, SHOWN, verdict.first if verdict else None)
    return Report(
        name=name,
        kind="log",
        facts=tuple(facts),
        unknown=tuple(_unknown(run, verdict, hides_nan)),
        curve=tuple((point.step or 0, point.loss) for point in shown if point.loss is not None),
    )


def _decide(points: typing.Sequence[Point], hides_nan: bool) -> tuple[list[Point], Verdict | None]:
    """The attempt that counts, and its symptom.

    That is the newest one in which something is wrong, except that a newer one which got further
    without trouble has overcome it. Where that one is NaN throughout, and the one before broke on its way,
    it went on with the NaN of the other.
    """
    runs = attempts([point for point in points if point.loss is not None])
    chosen, verdict = runs[0], symptom(runs[0], hides_nan)
    for run in runs[1:]:
        if verdict and verdict.symptom != "healthy":
            break
        if run and (run[-1].step or 0) > (chosen[-1].step or 0):
            chosen, verdict = run, symptom(run, hides_nan)
    if verdict and verdict.symptom == "nan-from-start":
        for run in runs[1:]:
            earlier = symptom(run, hides_nan)
            if earlier and earlier.symptom == "nan-after-steps":
                return run, earlier
    return chosen, verdict


def symptom(run: typing.Sequence[Point], hides_nan: bool = False) -> Verdict | None:
    """What the losses of one run show, or None where they are too few or of a kind without a course."""
    for broken_rule in BROKEN:
        if found := broken_rule(run, hides_nan):
            return found
    # A policy gradient's loss, and any loss below 0, goes up and down in healthy runs.
    if any(point.reward is not None or (point.loss or 0) < 0 for point in run):
        return None
    # Of four points one log in 24 only rises by chance, but not threefold.
    rising = all((one.loss or 0) < (two.loss or 0) for one, two in zip(run, run[1:]))
    if LEAST - 1 <= len(run) < 2 * LEAST and rising and (run[-1].loss or 0) > 3 * (run[0].loss or 0):
        return Verdict("divergence", 1)
    if len(run) < LEAST:
        return None
    for course_rule in COURSE:
        if found := course_rule(run):
            return found
    return Verdict("healthy")


def _onset(run: typing.Sequence[Point], verdict: Verdict) -> str | None:
    """`loss.onset` where a 0 hides NaN: a mean above 0 holds some step that was well."""
    if verdict.symptom != "zero" or not verdict.hidden_nan or verdict.first is None:
        return None
    return "after-steps" if verdict.first > 0 or run[0].loss else "from-start"


def _first_update(run: typing.Sequence[Point], verdict: Verdict) -> tuple[bool, int] | None:
    """`loss.first_update`: the first step was well, its gradient too, and the second one is not a number."""
    nan = verdict.symptom in ("nan-after-steps", "inf") or verdict.hidden_nan
    if not nan or verdict.first != 1 or (run[0].step, run[1].step) != (1, 2):
        return None
    norm = run[0].grad_norm  # without one, the gradient may have been broken already
    return (True, run[1].line) if math.isfinite(math.nan if norm is None else norm) else None


def _is_excerpt(run: typing.Sequence[Point], verdict: Verdict, counted: bool) -> bool:
    """Whether what is shown is bad throughout and begins late: where it went wrong stands above it."""
    late = not counted and bool(run) and (run[0].step or 0) > LATE
    return late and verdict.first == 0 and verdict.symptom in ("nan-from-start", "zero")


def _beyond_training(
    verdict: Verdict | None,
    run: typing.Sequence[Point],
    points: typing.Sequence[Point],
    messages: typing.Mapping[str, int],
) -> tuple[Verdict | None, int]:
    """What evaluation, the loss scaler and generation add where the course of the training loss is well.

    Gives the verdict and the line that decides it.
    """
    if verdict and verdict.symptom != "healthy":
        return verdict, run[verdict.first].line if verdict.first is not None else run[-1].line
    for point in points:
        if point.eval_loss is not None and not math.isfinite(point.eval_loss):
            return Verdict("eval-only-nan"), point.line
    height = level(run, points)
    if height and height[0] == "times-accumulation":
        return Verdict("too-high", 0), height[1]
    for message, found in (
        ("loss-scale-minimum", "loss-scale-exhausted"),
        ("probability-tensor", "nan-at-generation"),
    ):
        if message in messages:
            return Verdict(found), messages[message]
    scale = trends.loss_scale(points)
    if scale and scale[0] == "exhausted":
        return Verdict("loss-scale-exhausted"), scale[1]
    return verdict, run[-1].line if run else 0


def _unknown(
    run: typing.Sequence[Point], verdict: Verdict | None, hides_nan: bool
) -> typing.Iterator[Unknown]:
    """What the log does not tell, and how to make the next one tell it."""
    if verdict is None and len(run) >= LEAST:
        yield Unknown(
            "loss.symptom",
            "a loss below 0, or of a run with rewards, says nothing by its course",
            "look at reward, kl and grad_norm, or compare with a run that went well",
        )
    elif verdict is None:
        yield Unknown(
            "loss.symptom",
            f"{len(run)} logged losses, and it takes {LEAST} to see a course",
            "give a longer log, or set logging_steps=1",
        )
    if run and not any(point.grad_norm is not None for point in run):
        yield Unknown(
            "gradient.trend",
            "no gradient norm in the log",
            "have it logged: transformers 4.38 or newer prints grad_norm, mmengine does where it clips",
        )
    if verdict and verdict.symptom == "zero" and verdict.hidden_nan is None and hides_nan:
        yield Unknown(
            "loss.hidden_nan",
            "the Trainer prints NaN as 0.0, and no gradient norm tells them apart",
            "set logging_nan_inf_filter=False and logging_steps=1, and run a few steps",
        )
