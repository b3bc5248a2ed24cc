"""Samples as batches: padded or packed, and what each position may look at."""

from __future__ import annotations

import dataclasses
import math
import random
import typing

import torch
from torch import Tensor

from probes.lab.text import IGNORED, LONGEST, PAD, Sample


@dataclasses.dataclass(frozen=True)
class Batch:
    """Tokens and labels (B, T), and the bias (B, 1, T, T): 0 where a position may look, -inf where not."""

    tokens: Tensor
    labels: Tensor
    bias: Tensor

    def part(self, index: int, of: int) -> Batch:
        """Every `of`-th sample from `index` on: a rank's or a micro-batch's share."""
        return Batch(self.tokens[index::of], self.labels[index::of], self.bias[index::of])


def stream(
    samples: typing.Sequence[Sample], size: int, seed: int, padding: str, longest: int = LONGEST
) -> typing.Iterator[Batch]:
    """Batches of `size` samples without end, each epoch in a new order. `padding`: right, left or packed."""
    order = random.Random(seed)  # noqa: S311 (an order, not a secret)
    queue: list[Sample] = []
    while True:
        while len(queue) < 4 * size:
            queue += order.sample(list(samples), len(samples))
        if padding == "packed":
            yield packed(queue, size, longest)
        else:
            yield padded([queue.pop() for _ in range(size)], padding, longest)


def padded(samples: typing.Sequence[Sample], side: str, longest: int = LONGEST) -> Batch:
    """One sample a row."""
    rows = [sample.tokens(longest) for sample in samples]
    length = max(len(prompt) + len(answer) for prompt, answer in rows)
    tokens, labels = torch.full((len(rows), length), PAD), torch.full((len(rows), length), IGNORED)
    owners = torch.full((len(rows), length), -1)
    for row, (prompt, answer) in enumerate(rows):
        count = len(prompt) + len(answer)
        begin = length - count if side == "left" else 0
        tokens[row, begin : begin + count] = torch.tensor(prompt + answer)
        labels[row, begin + len(prompt) : begin + count] = torch.tensor(answer)
        owners[row, begin : begin + count] = 0
    return Batch(tokens, labels, sight(owners))


def packed(queue: list[Sample], size: int, longest: int = LONGEST) -> Batch:
    """`size` rows of `longest` tokens without padding; takes what it needs from the end of the queue."""
    tokens, labels, owners = (torch.zeros(size, longest, dtype=torch.long) for _ in range(3))
    for row in range(size):
        at = number = 0
        while at < longest:
            prompt, answer = queue.pop().tokens(longest)
            whole, learnt = prompt + answer, [IGNORED] * len(prompt) + answer
            end = min(longest, at + len(whole))
            tokens[row, at:end] = torch.tensor(whole[: end - at])
            labels[row, at:end] = torch.tensor(learnt[: end - at])
            owners[row, at:end] = number
            at, number = end, number + 1
    return Batch(tokens, labels, sight(owners))


def sight(owners: Tensor) -> Tensor:
    """The bias of samples that see themselves and nothing later; `owners` (B, T) numbers them, -1 is padding.

    Padding sees itself, so that no row is all -inf.
    """
    length = owners.shape[1]
    same = owners[:, :, None] == owners[:, None, :]
    allowed = same & (owners >= 0)[:, None, :] & torch.ones(length, length, dtype=torch.bool).tril()
    allowed |= torch.eye(length, dtype=torch.bool)
    return torch.zeros(allowed.shape).masked_fill(~allowed, -math.inf)[:, None]
