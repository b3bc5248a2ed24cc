"""A loss curve, thinned to what an eye needs, and as short codes for a link."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[int, float]

# Losses are rounded on a logarithmic scale, 200 codes to a factor of e: half a percent, well under a pixel.
_PER_E = 200
_NAN, _INF = "n", "i"


def thin(curve: Sequence[Point], most: int, keep: int | None = None) -> tuple[Point, ...]:
    """At most `most` points, evenly spread; the ends, and the points round step `keep`, always stay."""
    if len(curve) <= most:
        return tuple(curve)
    chosen = {0, len(curve) - 1}
    if keep is not None:
        at = next((i for i, (step, _) in enumerate(curve) if step >= keep), len(curve) - 1)
        chosen |= {i for i in range(at - 4, at + 4) if 0 <= i < len(curve)}
    spread = most - len(chosen)
    chosen |= {round(i * (len(curve) - 1) / max(spread - 1, 1)) for i in range(spread)}
    return tuple(curve[i] for i in sorted(chosen))


def pack(curve: Sequence[Point]) -> list[int | str]:
    """The curve as one flat list: the step's difference, then the loss code's difference, point by point."""
    packed: list[int | str] = []
    last_step, last_code = 0, 0
    for step, loss in curve:
        packed.append(step - last_step)
        last_step = step
        if math.isfinite(loss):
            code = _code(loss)
            packed.append(code - last_code)
            last_code = code
        else:
            packed.append(_NAN if math.isnan(loss) else _INF)
    return packed


def unpack(packed: Sequence[int | str]) -> tuple[Point, ...]:
    """The curve that `pack` made. Raises ValueError on anything else."""
    if len(packed) % 2:
        raise ValueError("half a point")
    curve: list[Point] = []
    step, code = 0, 0
    for difference, loss in zip(packed[::2], packed[1::2], strict=True):
        step += _whole(difference)
        if loss in (_NAN, _INF):
            curve.append((step, math.nan if loss == _NAN else math.inf))
            continue
        code += _whole(loss)
        curve.append((step, _loss(code)))
    return tuple(curve)


def _whole(number: int | str) -> int:
    if type(number) is not int or abs(number) > 10**12:
        raise ValueError(f"{number!r} is no step and no loss")
    return number


def _code(loss: float) -> int:
    """The loss as a whole number, in steps of half a percent; 0 stays 0, and signs are kept."""
    return round(math.copysign(math.log1p(abs(loss) * 1000) * _PER_E, loss))


def _loss(code: int) -> float:
    if abs(code) > 100 * _PER_E:
        raise ValueError("a loss out of all bounds")
    return math.copysign(math.expm1(abs(code) / _PER_E) / 1000, code)
