"""What whynan's own reader of logs says of a run of the lab."""

from __future__ import annotations

import typing

from probes.logs.anomaly import judge
from probes.logs.point import Point

NOT_JUDGED = "unknown"


def judged(
    loss: typing.Sequence[float],
    grad_norm: typing.Sequence[float],
    loss_scale: typing.Sequence[float],
    lr: typing.Sequence[float],
    epochs: float,
    exhausted: bool = False,
) -> tuple[str, int | None]:
    """The symptom and the first bad step. `epochs` is what a step is of one; `exhausted`: the loss scaler
    gave up, as DeepSpeed's does.
    """
    points = [
        Point(
            step=step,
            line=step,
            loss=one,
            grad_norm=norm,
            loss_scale=scale if scale > 0 else None,
            learning_rate=rate,
            epoch=step * epochs,
        )
        for step, (one, norm, scale, rate) in enumerate(zip(loss, grad_norm, loss_scale, lr), start=1)
    ]
    messages = {"loss-scale-minimum": len(points)} if exhausted else {}
    facts = judge(points, "lab", messages=messages).values()
    symptom = facts.get("loss.symptom", NOT_JUDGED)
    first = facts.get("loss.first_bad_step")
    if symptom == "loss-scale-exhausted" and first is None:
        first = len(points)
    return str(symptom), first if isinstance(first, int) else None
