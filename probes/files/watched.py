"""What probes/watch.py notes at the first bad value: its series judged as a log's, its sights as facts."""

from __future__ import annotations

import dataclasses
import math
import typing

from probes import headroom, logs
from probes.checkpoints.parts import HUGE
from probes.checkpoints.weights import HUGE_ROW, TINY_ROW
from probes.logs import anomaly
from probes.report import ASSUMED, Fact, ReadError, Report

KIND = "watch"
# bitsandbytes names its classes so; the facts name optimizers as the Trainer's options do.
OPTIMIZERS = {
    "adamw8bit": "adamw_8bit",
    "pagedadamw8bit": "paged_adamw_8bit",
    "pagedadamw32bit": "paged_adamw_32bit",
}

Said = typing.Iterator[tuple[str, tuple[typing.Any, str]]]  # a fact's id; its value and its source


class Place(typing.NamedTuple):
    """What goes into a module ("in") or comes out of it ("out"): its format, its largest magnitude.

    `multiplies`: a matrix product's.
    """

    module: str
    side: str
    form: str
    multiplies: bool
    largest: float


def read(data: typing.Mapping[str, typing.Any], name: str) -> Report:
    """What a note says, as one report. Raises ReadError, one line, where it is damaged."""
    try:
        points = [_point(row) for row in data["series"]]
        course = anomaly.judge(points, name)
        step = points[-1].step if points else 0
        batch = f"{name}, the batch of step {step}"
        passed = [_place(row) for row in data.get("passed", ())]
        facts = {fact.id: fact for fact in (*course.facts, *_gradient_first(points, name))}
        said: dict[str, tuple[typing.Any, str]] = {}
        said.update(_settings(data["seen"], points, name))
        said.update(_weights(data["weights"], f"{name}, the weights as the watch began"))
        said.update(_batch(data.get("batch", ()), data.get("accumulation"), bool(step and step > 1), batch))
        said.update(_machine(data, name))
        said.update(_origin(data, points, passed, batch))
        said.update({fact: (value, f"{name}, told to the watch") for fact, value in data["told"].items()})
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ReadError(
            f"{name}: a damaged note of probes/watch.py ({error!r}), let it write another"
        ) from error
    facts.update(
        {fact: Fact(fact, value, source) for fact, (value, source) in said.items() if _is_plain(value)}
    )
    shown = passed[: headroom.MOST_PEAKS]
    peaks = tuple((f"{place.module} ({place.side})", place.largest) for place in shown)
    return dataclasses.replace(course, kind=KIND, facts=tuple(facts.values()), peaks=peaks)


def _point(row: typing.Sequence[typing.Any]) -> logs.Point:
    step, loss, grad_norm, rate, _, scale, _ = row
    return logs.Point(
        step=int(step),
        loss=None if loss is None else float(loss),
        grad_norm=float(grad_norm),
        learning_rate=float(rate),
        loss_scale=None if scale is None else float(scale),
        line=int(step),
    )


def _place(row: typing.Sequence[typing.Any]) -> Place:
    module, side, form, multiplies, largest = row
    return Place(str(module), str(side), str(form), bool(multiplies), float(largest))


def _gradient_first(points: typing.Sequence[logs.Point], name: str) -> list[Fact]:
    """The watch ended the run at a gradient that is no number: the loss would have followed."""
    last = points[-1] if points else logs.Point()
    if last.grad_norm is None or math.isfinite(last.grad_norm) or not math.isfinite(last.loss or 0.0):
        return []
    if last.loss_scale is not None:  # the scaler's skips: the series says what they mean
        return []
    where = f"{name}:{last.step}"
    symptom = "nan-after-steps" if len(points) > 1 else "nan-from-start"
    return [
        Fact("loss.symptom", symptom, f"{where}, the gradient is not finite, the loss follows", ASSUMED),
        Fact("loss.first_bad_step", last.step or 0, where, ASSUMED),
        Fact("gradient.trend", "non-finite", where),
    ]


def _settings(seen: typing.Mapping[str, typing.Any], points: typing.Sequence[logs.Point], name: str) -> Said:
    where = f"{name}, as it ran"
    for fact, value in seen.items():
        if fact == "optimizer.name":
            value = OPTIMIZERS.get(str(value).lower(), str(value).lower())
        yield fact, (value, where)
    rates = [point.learning_rate for point in points if point.learning_rate]
    if rates:
        yield "optimizer.learning_rate", (max(rates), where)


def _weights(found: typing.Mapping[str, typing.Any], where: str) -> Said:
    largest = float(found["largest"])
    scan = "clean" if largest < HUGE else "damaged"
    yield "checkpoint.scan", (scan, f"{where}: the largest is {largest:.3g}")
    if math.isfinite(largest):
        yield "checkpoint.largest", (largest, where)
    least, usual, most = (float(one) for one in found.get("rows", (0, 0, 0)))
    if usual:
        rows = "huge" if most >= HUGE_ROW * usual else "untrained" if least < TINY_ROW * usual else "trained"
        yield "checkpoint.rows", (rows, where)


def _batch(
    figures: typing.Iterable[typing.Mapping[str, typing.Any]],
    accumulation: int | None,
    later: bool,
    where: str,
) -> Said:
    """Of the bad batch. That all its labels are masked says so of every batch only where it is the first."""
    figures = list(figures)
    if accumulation:
        yield "batch.accumulation", (accumulation, where)
    if figures and figures[0]["shape"]:
        yield "batch.per_device", (figures[0]["shape"][0], where)
    for one in figures:
        if "masked" in one:
            masked, rows = one["masked"]
            share = "none" if not masked else "some" if later or masked < rows else "all"
            yield "data.fully_masked", (share, f"{where}: {masked} of {rows} samples")
        left, right = one.get("padded", (False, False))
        if left or right:
            yield "data.padding", ("left" if left else "right", where)
    wide = [one for one in figures if one["format"].startswith(("float", "bfloat"))]
    bad = [
        one for one in wide if not (math.isfinite(float(one["low"])) and math.isfinite(float(one["high"])))
    ]
    # An additive mask is -inf on purpose.
    bad = [one for one in bad if not (float(one["low"]) == -math.inf and float(one["high"]) <= 0)]
    if wide:
        yield "data.nonfinite", (bool(bad), f"{where}: {bad[0]['name']}" if bad else where)


def _machine(data: typing.Mapping[str, typing.Any], name: str) -> Said:
    where = f"{name}, where it ran"
    for package, version in data["versions"].items():
        yield f"version.{package}", (version, where)
    gpu = data["gpu"]
    if gpu:
        major, minor = gpu["capability"]
        yield "gpu.name", (gpu["name"], where)
        yield "gpu.memory_gib", (round(gpu["memory"] / 2**30, 1), where)
        yield "gpu.capability", (f"{major}.{minor}", where)
        yield "gpu.bf16", (major >= 8, where)


def _origin(
    data: typing.Mapping[str, typing.Any],
    points: typing.Sequence[logs.Point],
    passed: list[Place],
    where: str,
) -> Said:
    """Where the first number came up that is none, and how near the activations came to float16's end."""
    weights, gradients = data.get("bad_weights", ()), data.get("bad_gradients", ())
    inner = [place for place in passed if place.module or place.side == "in"]  # its output may be the loss
    first = next((place for place in inner if not math.isfinite(place.largest)), None)
    loss_is_bad = bool(points) and not math.isfinite(points[-1].loss or 0.0)
    origin = at = ""
    if weights:
        origin, at = "weights", f"{weights[0]}, one of {len(weights)}"
    elif first and first is inner[0]:
        origin, at = "input", "what the model is given"
    elif first:
        # What goes into attention's last product comes out of no module: the scores made it.
        module, _, leaf = first.module.rpartition(".")
        inside = first.side == "in" and ("att" in module.lower() or leaf in ("o_proj", "out_proj", "wo"))
        origin, at = "attention" if inside else "activation", f"{first.module} ({first.side}, {first.form})"
    elif loss_is_bad and inner:
        origin, at = "loss", "the loss: what goes into it is finite"
    elif gradients and not loss_is_bad:
        origin, at = "gradient", f"{gradients[-1]}, one of {len(gradients)}"
    if origin:
        yield "probe.origin", (origin, f"{where}: {at}")
        yield "probe.first_bad", (at, where)
    if "float32" in data:
        yield "precision.float32_ok", (data["float32"], f"{where}, once more in float32")
    yield from _headroom(data, inner, first, where)


def _headroom(
    data: typing.Mapping[str, typing.Any], inner: list[Place], first: Place | None, where: str
) -> Said:
    """Of a whole pass, or of one that left float16."""
    mixed = data["seen"].get("precision.compute") != data["seen"].get("precision.weights")
    counted = [place for place in inner if place.multiplies or not mixed]
    finite = [place for place in counted if math.isfinite(place.largest)]
    # Out of finite numbers a product is not finite only where it left the format.
    left = (
        first
        and not data.get("bad_weights")
        and (math.isinf(first.largest) or (first.multiplies and first.side == "out"))
    )
    if first and left and first.form == "float16":
        yield "probe.headroom", ("exceeds", f"{where}: {first.module} ({first.side})")
    elif finite:
        top = max(finite, key=lambda place: place.largest)
        state = headroom.state(top.largest)
        if state != "safe" or first is None:
            yield "probe.headroom", (state, f"{where}: {top.largest:.4g} at {top.module} ({top.side})")


def _is_plain(value: typing.Any) -> bool:
    """A number that is none is no fact's value: JSON holds it as a text."""
    return isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))
