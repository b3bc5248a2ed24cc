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

    _U8 = numpy.uint64
except ImportError:
    numpy = None  # type: ignore[assignment]

_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}
MOST_ROWS = 5  # of those that are named
_KEY, _MIXED = 16, 0x9E3779B97F4A7C15  # the bytes by which rows are told apart, and what mixes their halves


@dataclasses.dataclass(frozen=True)
class Large:
    """What is above a limit: how many NaN and Inf, where first (MOST_ROWS of them), the largest number."""

    nan: int
    inf: int
    places: tuple[int, ...]
    largest: int


def largest(window: memoryview, width: int) -> int:
    """The largest magnitude among the values of `width` bytes."""
    signed, unsigned = _views(window, width)
    if numpy is None:
        return max(max(signed), max(unsigned) & _mask(width))
    return max(int(signed.max()), int(unsigned.max()) & _mask(width))


def by_row(window: memoryview, width: int, row: int) -> tuple[list[int], list[int]]:
    """Of each row of `row` values the largest magnitude, and a key of it and the first bytes."""
    line = row * width
    if numpy is None:
        rows = [window[begin : begin + line] for begin in range(0, len(window), line)]
        peaks = [largest(one, width) for one in rows]
        return peaks, [_key(one, peak) for one, peak in zip(rows, peaks)]
    starts = numpy.arange(0, len(window) // width, row)
    signed, unsigned = (numpy.maximum.reduceat(view, starts) for view in _views(window, width))
    peaks = numpy.maximum(signed, (unsigned & _mask(width)).view(signed.dtype))
    heads = numpy.frombuffer(window, "u1").reshape(-1, line)[:, :_KEY]
    if line < _KEY:
        heads = numpy.pad(heads, ((0, 0), (0, _KEY - line)))
    one, two = numpy.ascontiguousarray(heads).view("<u8").T
    return peaks.tolist(), ((one * _U8(_MIXED) ^ two) + peaks.astype("u8") * _U8(_MIXED)).tolist()


def _key(row: memoryview, peak: int) -> int:
    head = bytes(row[:_KEY]).ljust(_KEY, b"\0")
    one, two = int.from_bytes(head[:8], "little"), int.from_bytes(head[8:], "little")
    return ((one * _MIXED & 2**64 - 1 ^ two) + peak * _MIXED) & 2**64 - 1


def above(window: memoryview, dtype: Dtype, limit: int) -> Large:
    """The values from `limit` on, which is at most the first magnitude that is not finite."""
    _, unsigned = _views(window, dtype.width)
    mask, inf = _mask(dtype.width), dtype.not_finite
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
    _, unsigned = _views(window, dtype.width)
    mask, normal = _mask(dtype.width), dtype.normal
    if numpy is None:
        return sum(0 < value & mask < normal for value in unsigned)
    magnitudes = unsigned & mask
    return int(((magnitudes > 0) & (magnitudes < normal)).sum())


def _mask(width: int) -> int:
    return (1 << 8 * width - 1) - 1


def _views(window: memoryview, width: int) -> tuple[typing.Any, typing.Any]:
    """The values as signed and as unsigned integers."""
    if numpy is None:
        code = _SIGNED[width]
        return window.cast(code), window.cast(code.upper())
    return numpy.frombuffer(window, f"<i{width}"), numpy.frombuffer(window, f"<u{width}")
