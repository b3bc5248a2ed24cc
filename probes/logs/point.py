"""One logged point of a training run, and what the frameworks call its numbers."""

from __future__ import annotations

import dataclasses
import typing

# Repeats are bounded, so that a hostile line costs no more than its length.
NUMBER = (
    r"[-+]?(?:\d{1,30}(?:\.\d{0,30})?(?:[eE][-+]?\d{1,4})?|\.\d{1,30}|[nN][aA][nN]|[iI]nf(?:inity)?|INF)"
    r"(?!\w|\.\d)"
)

FIELDS = {
    "loss": (
        "loss", "train_loss", "train/loss", "training loss", "training_loss", "lm loss", "reduced_train_loss",
        "train_loss_step", "total_loss",
    ),
    "eval_loss": (
        "eval_loss", "eval/loss", "val_loss", "val/loss", "valid_loss", "validation loss", "validation_loss",
    ),
    "grad_norm": ("grad_norm", "train/grad_norm", "grad norm", "gnorm", "gradient_norm", "global_grad_norm"),
    "learning_rate": ("lr", "learning_rate", "train/learning_rate", "learning rate", "base_lr"),
    "loss_scale": ("loss_scale", "loss scale"),
    "step": (
        "step", "global_step", "train/global_step", "current_steps", "global_step/max_steps", "iter",
        "iteration",
    ),
    "epoch": ("epoch", "train/epoch"),
    # Only policy-gradient and preference runs print one, and their loss is no cross entropy.
    "reward": ("reward", "train/reward", "rewards/chosen", "rewards/accuracies"),
}  # fmt: skip
NAMES = {name: field for field, names in FIELDS.items() for name in names}


@dataclasses.dataclass(frozen=True)
class Point:
    """What one line of a log says. None is what the line does not say; `line` counts from 1."""

    step: int | None = None
    loss: float | None = None
    grad_norm: float | None = None
    learning_rate: float | None = None
    loss_scale: float | None = None
    eval_loss: float | None = None
    line: int = 0
    epoch: float | None = None
    reward: float | None = None
    dtype: str | None = None  # of a loss that is printed as a tensor, where it is bfloat16 or float16


def from_pairs(
    pairs: typing.Iterable[tuple[str, str | float]], line: int, step: int | None = None
) -> Point | None:
    """The point that (name, number) pairs make, or None where none is a loss or its like.

    Names that nobody gave a field are passed over; of two names of one field the first counts.
    `step` is used where the pairs hold none.
    """
    found: dict[str, typing.Any] = {}
    for name, number in pairs:
        field = NAMES.get(name)
        if field and field not in found:
            found[field] = float(number)
    if not found.keys() & {"loss", "eval_loss", "grad_norm", "loss_scale"}:
        return None
    own = found.pop("step", None)
    if own is not None and abs(own) < 1e12:  # which nan and inf are not
        step = int(own)
    return Point(step=step, line=line, **found)
