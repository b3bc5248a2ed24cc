"""Optimizers on one flat vector of weights, each in the format in which it keeps its numbers.

An update is a function of the vector, its gradient and the learning rate, in place. `form` is "float32" where
there is a master copy, and a format of sixteen bits where weights and optimizer states are kept in that.
"""

from __future__ import annotations

import typing

import torch
from torch import Tensor

from probes.lab.arithmetic import to_format
from probes.lab.settings import Settings

DECAY = 0.01
Update = typing.Callable[[Tensor, Tensor, float], None]


def adam(size: int, settings: Settings, decay: float = 0.0) -> Update:
    """Adam, or with `decay` AdamW (arXiv:1711.05101). In float16 an epsilon of 1e-8 is 0: 0/0 at first."""
    form, one, two = settings.weights, 0.9, 0.999
    mean, square = torch.zeros(size), torch.zeros(size)
    epsilon = to_format(torch.tensor(settings.epsilon), form)
    step = 0

    def update(weights: Tensor, gradient: Tensor, rate: float) -> None:
        nonlocal step
        step += 1
        gradient = to_format(gradient, form)
        mean.copy_(to_format(mean.lerp(gradient, 1 - one), form))
        square.copy_(to_format(square * two + to_format(gradient * gradient, form) * (1 - two), form))
        corrected = to_format(to_format(square.sqrt(), form) / (1 - two**step) ** 0.5, form)
        change = to_format(mean / (corrected + epsilon), form) * (rate / (1 - one**step))
        weights.copy_(to_format(weights * (1 - rate * decay) - change, form))

    return update


def adamw(size: int, settings: Settings) -> Update:
    """The usual one."""
    return adam(size, settings, DECAY)


def sgd(size: int, settings: Settings) -> Update:
    """With momentum where the settings have some."""
    velocity = torch.zeros(size)

    def update(weights: Tensor, gradient: Tensor, rate: float) -> None:
        velocity.mul_(settings.momentum).add_(gradient)
        weights.copy_(to_format(weights - rate * velocity, settings.weights))

    return update


def adafactor(size: int, settings: Settings) -> Update:
    """Adafactor's two safeguards, of which none is Adam's: the update is clipped by its own root mean square,
    and no epsilon stands beside a small root (arXiv:1804.04235, sections 6 and 7). Not factored: the model is
    small.
    """
    square = torch.zeros(size)
    step = 0

    def update(weights: Tensor, gradient: Tensor, rate: float) -> None:
        nonlocal step
        step += 1
        keep = 1 - step**-0.8
        square.mul_(keep).add_(gradient * gradient + 1e-30, alpha=1 - keep)
        change = gradient * square.rsqrt()
        change /= max(1.0, float(change.square().mean().sqrt()))
        weights.copy_(to_format(weights - rate * change, settings.weights))

    return update


OPTIMIZERS: dict[str, typing.Callable[[int, Settings], Update]] = {
    "adamw": adamw,
    "adam": adam,
    "sgd": sgd,
    "adafactor": adafactor,
}
