"""How often a float16 loss scaler skips before its first step: told by one backward pass in float32.

The scaler multiplies the loss, halves its scale at each overflow and tries again. So the largest gradient,
of a weight or of what goes through a module, says how many halvings it takes until all fit below 65504.
"""

from __future__ import annotations

import dataclasses
import math
import typing

from probes.headroom import LARGEST, PURE, products
from probes.headroom.quiet import quiet, run, watched
from probes.report import Fact

SCALE = 65536.0  # what torch.amp.GradScaler begins with


@dataclasses.dataclass(frozen=True)
class Gradients:
    """The largest gradient of one backward pass, and whose it is."""

    largest: float
    where: str

    def first_skips(self) -> int | None:
        """How many steps a dynamic scale that begins with SCALE skips; None when no scale helps."""
        if not math.isfinite(self.largest):
            return None
        if not self.largest:
            return 0
        return max(0, math.ceil(math.log2(SCALE * self.largest / LARGEST)))


def measure(
    model: typing.Any,
    batch: typing.Any,
    loss: typing.Callable[[typing.Any], typing.Any] | None = None,
    training: str = PURE,
) -> Gradients:
    """One backward pass of an nn.Module; `loss` makes a loss of its output, which else has one itself.

    In mixed precision only the gradients of matrix products are float16, and count. No .grad is touched.
    """
    import torch

    counted = {name for name, _ in model.named_modules()} if training == PURE else products(torch, model)
    peaks: list[tuple[str, typing.Any]] = []

    def seen(name: str, side: str, tensor: typing.Any) -> None:
        if tensor.requires_grad and name in counted:
            place = f"{name or 'the model'} ({side})"
            tensor.register_hook(lambda gradient: peaks.append((place, _largest(torch, gradient))))

    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    with quiet(torch, model), watched(torch, model, seen), torch.enable_grad():
        out = run(model, batch)
        value = loss(out) if loss else out.loss
        gradients = torch.autograd.grad(value, [weight for _, weight in named], allow_unused=True)
    for (name, _), gradient in zip(named, gradients):
        if gradient is not None and name.rpartition(".")[0] in counted:
            peaks.append((name, _largest(torch, gradient)))
    found = Gradients(0.0, "")
    for place, peak in peaks:
        magnitude = float(peak)
        if not math.isfinite(magnitude):
            return Gradients(math.inf, place)
        found = Gradients(magnitude, place) if magnitude > found.largest else found
    return found


def facts(found: Gradients, name: str) -> list[Fact]:
    """The number of first skips, where some scale ends them."""
    skips = found.first_skips()
    source = f"{name}, {found.largest:.4g} at {found.where}"
    return [] if skips is None else [Fact("probe.first_skips", skips, source)]


def _largest(torch: typing.Any, gradient: typing.Any) -> typing.Any:
    low, high = torch.aminmax(gradient.detach())
    return torch.maximum(-low, high)
