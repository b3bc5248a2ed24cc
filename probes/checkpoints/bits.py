"""Numbers judged by their bits, without arithmetic: with numpy at the speed of memory, else in plain Python.

A magnitude is a value's bits without the sign. Read as signed integers, the largest of the positive values
comes first; read as unsigned ones, the largest of the negative values. So two maxima are all that it takes
to find NaN, Inf and the largest magnitude; isfinite() makes copies and is many times slower.
"""

from __future__ import annotations

import dataclasses
import typing

from probes.checkpoints.tensor import Dtype

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]

_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}
MOST_ROWS = 5  # of those that are named


@dataclasses.dataclass(frozen=True)
class Large:
    """What is above a limit: how many NaN and Inf, where first (MOST_ROWS of them), the largest number."""

    nan: int
    inf: int
    places: tuple[int, ...]
    largest: int


def largest(window: memoryview, width: int) -> int:
    """The largest magnitude among the values of `width` bytes."""
    signed, unsigned = views(window, width)
    if numpy is None:
        return max(max(signed), max(unsigned) & magnitude_mask(width))
    return max(int(signed.max()), int(unsigned.max()) & magnitude_mask(width))


def above(window: memoryview, dtype: Dtype, limit: int) -> Large:
    """The values from `limit` on, which is at most the first magnitude that is not finite."""
    _, unsigned = views(window, dtype.width)
    mask, inf = magnitude_mask(dtype.width), dtype.not_finite
    if numpy is None:
        places = [(i, value & mask) for i, value in enumerate(unsigned) if value & mask >= limit]
        finite = max((value & mask for value in unsigned if value & mask < inf), default=0)
    else:
        magnitudes = unsigned & mask
        where = numpy.flatnonzero(magnitudes >= limit)
        places = list(zip(where[:MOST_ROWS].tolist(), magnitudes[where[:MOST_ROWS]].tolist()))
        finite = int(magnitudes[magnitudes < inf].max(initial=0))
        infinite = int((magnitudes == inf).sum()) if dtype.has_inf else 0
        return Large(int((magnitudes >= inf).sum()) - infinite, infinite, tuple(i for i, _ in places), finite)
    infinite = sum(value == inf for _, value in places) if dtype.has_inf else 0
    bad = sum(value >= inf for _, value in places)
    return Large(bad - infinite, infinite, tuple(i for i, _ in places[:MOST_ROWS]), finite)


def subnormal(window: memoryview, dtype: Dtype) -> int:
    """How many values are not 0 and below the smallest normal number."""
    _, unsigned = views(window, dtype.width)
    mask, normal = magnitude_mask(dtype.width), dtype.normal
    if numpy is None:
        return sum(0 < value & mask < normal for value in unsigned)
    return int(numpy.count_nonzero((unsigned & mask) - unsigned.dtype.type(1) < normal - 1))  # 0 wraps around


def magnitude_mask(width: int) -> int:
    """All bits of a value but its sign."""
    return (1 << 8 * width - 1) - 1


def views(window: memoryview, width: int) -> tuple[typing.Any, typing.Any]:
    """The values as signed and as unsigned integers."""
    if numpy is None:
        code = _SIGNED[width]
        return window.cast(code), window.cast(code.upper())
    return numpy.frombuffer(window, f"<i{width}"), numpy.frombuffer(window, f"<u{width}")
