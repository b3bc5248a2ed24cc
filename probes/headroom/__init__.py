"""How near a model's activations come to 65504, the largest number of float16: one forward pass with hooks.

It runs in the format that the model has, float32 or bfloat16, and tells which module would overflow first in
float16, before a GPU hour is spent. What a fused kernel keeps inside (attention scores) is not seen.
"""

from __future__ import annotations

import dataclasses
import math
import typing

from probes.headroom.quiet import quiet, run, watched
from probes.report import Fact, Report

LARGEST = 65504.0
# From here on float16 rounds to inf: half a spacing above its largest number (IEEE 754-2019, section 4.3.1).
OVERFLOWS = 65520.0
AT_RISK = 0.5  # of LARGEST; training moves activations by so much: see docs/measured.md
MOST_PEAKS = 2000

MIXED, PURE = "mixed", "pure"


@dataclasses.dataclass(frozen=True)
class Peak:
    """The largest magnitude that went into a module ("in") or came out of it ("out"); NaN counts as inf.

    `multiplies`: a matrix product's, which autocast computes in float16 while the rest stays in float32.
    """

    module: str
    side: str
    largest: float
    multiplies: bool


@dataclasses.dataclass(frozen=True)
class Headroom:
    """The peaks of one forward pass, in the order in which they came."""

    peaks: tuple[Peak, ...]

    def largest(self, training: str = PURE) -> Peak | None:
        """The largest peak in mixed precision (autocast), or in a model that is float16 throughout."""
        return max(self._counted(training), key=lambda peak: peak.largest, default=None)

    def first_overflow(self, training: str = PURE) -> Peak | None:
        """The first peak that float16 does not hold."""
        return next((peak for peak in self._counted(training) if peak.largest >= OVERFLOWS), None)

    def state(self, training: str = PURE) -> str:
        """exceeds, at-risk or safe."""
        top = self.largest(training)
        return "safe" if top is None else state(top.largest)

    def _counted(self, training: str) -> list[Peak]:
        return [peak for peak in self.peaks if training == PURE or peak.multiplies]


def state(largest: float) -> str:
    """exceeds, at-risk or safe, by the largest magnitude of a pass."""
    if largest < AT_RISK * LARGEST:
        return "safe"
    return "exceeds" if largest >= OVERFLOWS else "at-risk"


def measure(model: typing.Any, batch: typing.Any) -> Headroom:
    """One forward pass of an nn.Module. `batch` is a dict (keywords), a tuple (positions) or one argument.

    The model stays as it is: see probes.headroom.quiet. A hook costs one aminmax, which waits for no GPU.
    """
    import torch

    multiplying = products(torch, model)
    names: list[tuple[str, str]] = []
    bounds: list[typing.Any] = []

    def seen(name: str, side: str, tensor: typing.Any) -> None:
        names.append((name, side))
        bounds.append(torch.stack(torch.aminmax(tensor.detach())))

    with quiet(torch, model), watched(torch, model, seen), torch.no_grad():
        run(model, batch)
    return Headroom(
        tuple(
            Peak(name, side, _magnitude(*pair), name in multiplying)
            for (name, side), pair in zip(names, _read(torch, bounds))
        )
    )


def products(torch: typing.Any, model: typing.Any) -> set[str]:
    """The names of the modules that multiply matrices."""
    kinds = (torch.nn.Linear, torch.nn.modules.conv._ConvNd)
    return {name for name, module in model.named_modules() if isinstance(module, kinds)}


def report(found: Headroom, name: str, training: str = PURE) -> Report:
    """The measurement as a fact and as bars, one for each module in the order of the pass."""
    top = found.largest(training)
    first = found.first_overflow(training)
    where = [name]
    if top is not None:
        where.append(f"{top.largest:.4g} at {top.module or 'the model'} ({top.side})")
    if first is not None:
        where.append(f"first beyond float16: {first.module or 'the model'} ({first.side})")
    bars: dict[str, float] = {}
    for peak in found._counted(training):
        bars[peak.module] = max(bars.get(peak.module, 0.0), peak.largest)
    return Report(
        name,
        "headroom",
        (Fact("probe.headroom", found.state(training), ", ".join(where)),),
        peaks=tuple(bars.items())[:MOST_PEAKS],
    )


def _read(torch: typing.Any, bounds: list[typing.Any]) -> list[list[float]]:
    """Pairs of numbers out of tensors of two. A GPU is waited for once, not once a pair."""
    pairs: list[list[float]] = [[]] * len(bounds)
    for device in {bound.device for bound in bounds}:
        places = [place for place, bound in enumerate(bounds) if bound.device == device]
        together = torch.stack([bounds[place].float() for place in places]).tolist()
        for place, pair in zip(places, together):
            pairs[place] = pair
    return pairs


def _magnitude(low: float, high: float) -> float:
    return math.inf if math.isnan(low) or math.isnan(high) else max(abs(low), abs(high))
