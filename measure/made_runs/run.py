"""Training runs made at random, as their logs would show them: what the kinds beside this are built from.

A run is simulated step by step and then logged as the frameworks do it: the loss of a window's mean or of
its last step, the Trainer's filter for NaN, the gradient norm of the last step. Nothing here knows how whynan
judges.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

NAN = math.nan
# What is logged of a window of steps: its mean without NaN (transformers, logging_nan_inf_filter), its mean,
# or its last step.
FILTERED = ("trainer", "trainer_state", "json_lines")
MEANS = ("mmengine", "megatron", "deepspeed")
LAST = ("plain", "table")
FORMS = (*FILTERED, *MEANS, *LAST)
VISIBLE = (*MEANS, *LAST)  # forms that print NaN
NORMED = ("mmengine", "megatron", *LAST)  # of these, those that print a gradient norm


@dataclass(frozen=True)
class Row:
    """One line of a log: a point, an evaluation (`eval_loss` alone) or an overflow (`loss_scale` alone)."""

    step: int
    loss: float | None = None
    grad_norm: float | None = None
    rate: float | None = None
    loss_scale: float | None = None
    eval_loss: float | None = None
    epoch: float | None = None
    reward: float | None = None


@dataclass(frozen=True)
class Made:
    """A run's log and the truth about it.

    `truth`: the facts that a right answer holds (a tuple lists several that are right, None is "not said").
    `first`: the steps between which the first bad one lies; None where the kind has none.
    `tail`: raw text behind the rows.
    """

    rows: list[Row]
    form: str
    truth: Mapping[str, object]
    first: tuple[int, int] | None = None
    tail: str = ""


@dataclass
class Steps:
    """A run step by step, to be bent by a fault before it is logged. Lists of one length, in nats."""

    losses: list[float]
    norms: list[float]
    rates: list[float]
    every: int
    form: str
    epochs: float = 1.0
    extra: list[Row] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.losses)

    def at(self, share: float) -> int:
        """The index of a step that begins a logged window, `share` of the way through the run."""
        return int(share * self.count / self.every) * self.every

    def window(self, step: int, before: int = 0, after: int = 0) -> tuple[int, int]:
        """The logged steps round the window that holds the step index, so many windows to either side."""
        place = step // self.every + 1
        return max(1, place - before) * self.every, (place + after) * self.every

    def rows(self, norms: bool = True) -> list[Row]:
        """The log. Evaluations and overflows stand behind the window that they fall into."""
        logged = []
        for start in range(0, self.count - self.every + 1, self.every):
            end = start + self.every
            logged.append(
                Row(
                    step=end,
                    loss=_logged(self.losses[start:end], self.form),
                    grad_norm=self.norms[end - 1] if norms else None,
                    rate=self.rates[end - 1],
                    epoch=round(self.epochs * end / self.count, 4),
                )
            )
        return sorted([*logged, *self.extra], key=lambda row: row.step)


def _logged(losses: list[float], form: str) -> float:
    if form in LAST:
        return losses[-1]
    if form in MEANS:
        return sum(losses) / len(losses)
    total = 0.0  # transformers, Trainer: a loss that is not finite counts as the mean of the window so far
    for place, loss in enumerate(losses, 1):
        total += loss if math.isfinite(loss) else total / place
    return total / len(losses)


def ordinary(
    rng: random.Random,
    forms: tuple[str, ...] = FORMS,
    points: tuple[int, int] = (60, 200),
    noise: tuple[float, float] = (0.03, 0.2),
    every: tuple[int, ...] = (1, 5, 10, 20),
    start: float | None = None,
    end: float | None = None,
    epochs: float = 1.0,
) -> Steps:
    """A healthy fine-tuning: a fast start, a slow decline, the noise of batches, warm-up and cosine.

    `noise` bounds the spread of a logged point, as a share of the loss; a window of several steps averages.
    """
    form, width = rng.choice(forms), rng.choice(every)
    count = width * rng.randint(*points)
    start = start or rng.uniform(1.3, 2.6)
    end = end or start * rng.uniform(0.5, 0.85)
    fast = rng.uniform(0.3, 0.7)
    single = rng.uniform(*noise) * (1 if form in LAST else math.sqrt(width))
    warm = max(1, int(count * rng.uniform(0.02, 0.06)))
    level, peak = rng.uniform(0.3, 2.0), rng.choice((1e-5, 2e-5, 1e-4, 2e-4))
    losses, norms, rates = [], [], []
    for step in range(count):
        done = step / count
        fall = fast * math.exp(-25 * done) + (1 - fast) * (1 - done)
        losses.append((end + (start - end) * fall) * math.exp(rng.gauss(0, min(single, 0.5))))
        norms.append(level * (1 + 2 * math.exp(-40 * done)) * math.exp(rng.gauss(0, 0.25)))
        rates.append(peak * min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * done)))
    return Steps(losses, norms, rates, width, form, epochs)


def scaled(steps: Steps, start: int, factors: list[float]) -> None:
    """Multiply the losses from `start` on; the last factor stays to the end."""
    for step in range(start, steps.count):
        steps.losses[step] *= factors[min(step - start, len(factors) - 1)]


def spike(steps: Steps, start: int, height: float, points: float) -> None:
    """Multiply the loss by `height` for one logged point and let it come back within some more."""
    for step in range(start, steps.count):
        steps.losses[step] *= 1 + (height - 1) * math.exp(-2 * ((step - start) // steps.every) / points)


def evaluated(steps: Steps, times: int, rise: float = 1.05) -> None:
    """Add evaluations, evenly, whose loss is the training's level times `rise`."""
    for time in range(1, times + 1):
        step = time * steps.count // times
        near = [loss for loss in steps.losses[max(0, step - 40) : step] if math.isfinite(loss)]
        steps.extra.append(
            Row(step, eval_loss=rise * sum(near) / len(near), epoch=steps.epochs * time / times)
        )


def overflows(step: int, scale: float, times: int, least: float = 0.0) -> list[Row]:
    """A dynamic scale that is halved so many times at one step, down to `least`."""
    return [Row(step, loss_scale=max(least, scale / 2**time)) for time in range(1, times + 1)]
