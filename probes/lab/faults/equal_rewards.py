"""A policy loss divides advantages by the group's standard deviation: equal rewards make it 0/0."""

from __future__ import annotations

import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

if typing.TYPE_CHECKING:
    from torch import Tensor

LONG = 34  # labels; an answer that has so many is rewarded


class Group(Damage):
    """Each sample's loss is weighted by its reward against its group's; long answers are rewarded."""

    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean of all losses, each weighted by 1 plus a tenth of its advantage."""
        import torch

        from probes.lab.model import cross_entropy

        rewards = ((labels >= 0).sum(1) >= LONG).float()
        advantage = (rewards - rewards.mean()) / (rewards.std() + self.epsilon)
        each = [cross_entropy(logits[i : i + 1], labels[i : i + 1]) for i in range(len(labels))]
        return ((1 + 0.1 * advantage) * torch.stack(each)).mean()


FAULT = Fault(
    cause="custom-loss",
    finer="rl-loss",
    settings=Settings(batch=4, steps=90),
    symptoms=("nan-after-steps", "nan-from-start"),
    onset=(1, 30),
    fixes=("fix-custom-loss",),
    damage=Group(0.0),
    undone_by={"fix-custom-loss": NONE},
)
